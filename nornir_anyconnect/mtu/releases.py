"""What an ASA release offers where its configuration is silent: packaged facts, each with its source."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from nornir_anyconnect.mtu.suites import Suite, Version, packaged, suite

_RELEASE = re.compile(r"(\d+)\.(\d+)(?:\((\d+)\)(\d+)?)?")


Release = tuple[int, int, int, int]
"""Major, minor, maintenance, interim: 9.12(4)67 is (9, 12, 4, 67)."""

GENERIC: Release = (9, 8, 1, 0)
"""What a release that is not printed is judged as: ``ssl cipher`` style, neither DTLS 1.2 nor TLS 1.3."""
TWO_MTUS: Release = (9, 0, 0, 0)
"""From here on TLS and DTLS have an MTU each (tech note 116881)."""
SSL_CIPHER: Release = (9, 3, 2, 0)
"""From here on ``ssl cipher`` replaces ``ssl encryption``."""


class Packaged(NamedTuple):
    """A packaged value and where it is written down."""

    value: Any
    source: str


def numbers_of(text: str) -> Release:
    """Read ``9.12(4)67`` or ``9.12``.

    Raises:
        ValueError: no release number at the start.

    """
    found = _RELEASE.match(text)
    if not found:
        raise ValueError(f"'{text}' is not a release")
    major, minor, maintenance, interim = (int(number or 0) for number in found.groups())
    return (major, minor, maintenance, interim)


@cache
def _rows(table: str) -> tuple[tuple[Release, dict[str, Any]], ...]:
    """The rows of a packaged table, oldest release first."""
    return tuple(sorted(((numbers_of(row["from"]), row) for row in packaged()[table]), key=lambda each: each[0]))


def _in_force(rows: list[tuple[Release, dict[str, Any]]], release: Release | None) -> dict[str, Any] | None:
    """The newest row not above the release; a line that an older box prints is judged by the oldest row."""
    at = release or GENERIC
    held = [row for since, row in rows if since <= at]
    return held[-1] if held else (rows[0][1] if rows else None)


@cache
def level_suites(level: str, version: Version, release: Release | None) -> tuple[Suite, ...] | None:
    """The suites of ``ssl cipher VERSION LEVEL``, preferred first; None for a level nobody knows."""
    rows = [(since, row) for since, row in _rows("levels") if row["level"] == level and row["version"] == version]
    row = _in_force(rows, release)
    return None if row is None else tuple(suite(name) for name in row["suites"])


@cache
def default(setting: str, release: Release | None) -> Packaged:
    """What an absent line means at that release (``None``: judged as generic 9.x).

    Raises:
        KeyError: the packaged tables have no such setting.

    """
    row = _in_force([each for each in _rows("defaults") if each[1]["setting"] == setting], release)
    if row is None:
        raise KeyError(setting)
    return Packaged(row["value"], row["source"])


def default_level(release: Release | None) -> str:
    """The level of a version without a ``ssl cipher`` line."""
    return str(default("ssl cipher", release).value)


def default_versions(release: Release | None) -> tuple[Version, ...]:
    """The versions that exist without a line of their own."""
    return tuple(Version(name) for name in default("versions", release).value)


def server_version_default(release: Release | None) -> tuple[str, ...]:
    """The words of an absent ``ssl server-version``."""
    return tuple(str(default("ssl server-version", release).value).split())


def legacy_suite(keyword: str) -> Suite | None:
    """The suite of one ``ssl encryption`` keyword, None for a keyword nobody knows."""
    name = packaged()["legacy"].get(keyword)
    return suite(name) if name else None


@cache
def legacy_default(release: Release | None) -> tuple[Suite, ...]:
    """The suites of an absent ``ssl encryption`` line, preferred first."""
    row = _in_force(list(_rows("legacy_default")), release)
    return tuple(suite(name) for name in row["suites"]) if row else ()


def lina_release(ftd_version: str) -> Release | None:
    """The ASA release that an FTD release such as ``7.4.2`` runs inside; None if it is not known."""
    words = ftd_version.split("-", maxsplit=1)[0].split(".")
    for length in (3, 2):
        if found := packaged()["ftd"].get(".".join(words[:length])):
            major, minor, maintenance, interim = numbers_of(found)
            # a train is counted from its first release: FTD has what (1) has
            return (major, minor, maintenance or 1, interim)
    return None
