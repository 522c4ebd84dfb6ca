"""What an ASA release offers where its configuration is silent: packaged facts, each with its source."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from nornir_anyconnect.mtu.suites import Suite, Version, packaged, suite

_RELEASE = re.compile(r"(\d+)\.(\d+)(?:\((\d+)\)(\d+)?)?")


Release = tuple[int, int, int, int]
"""Major, minor, maintenance, interim: 9.12(4)67 is (9, 12, 4, 67)."""

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
    rows = ((numbers_of(row["from"]), row) for row in packaged("releases")[table])
    return tuple(sorted(rows, key=lambda each: each[0]))


def _in_force(rows: list[tuple[Release, dict[str, Any]]], release: Release | None) -> list[dict[str, Any]]:
    """The rows that count, the newest first: of a release that is not known every one, so that no risk is hidden.

    Of one that is known the newest not above it: a release newer than the table is judged as the newest row, and a
    line that an older box prints as the oldest.
    """
    if release is None:
        return [row for _, row in reversed(rows)]
    held = [row for since, row in rows if since <= release]
    return held[-1:] or [row for _, row in rows[:1]]


def _together(rows: list[dict[str, Any]], key: str) -> tuple[str, ...]:
    """What any of the rows lists, each once."""
    return tuple(dict.fromkeys(name for row in rows for name in row[key]))


@cache
def level_suites(level: str, version: Version, release: Release | None) -> tuple[Suite, ...] | None:
    """The suites of ``ssl cipher VERSION LEVEL``, preferred first; None for a level nobody knows."""
    rows = [(since, row) for since, row in _rows("levels") if row["level"] == level and row["version"] == version]
    return tuple(suite(name) for name in _together(_in_force(rows, release), "suites")) if rows else None


@cache
def default(setting: str, release: Release | None) -> Packaged:
    """What an absent line means at that release; of one that is not known, at the newest.

    Raises:
        KeyError: the packaged tables have no such setting.

    """
    rows = _in_force(_defaults(setting), release)
    if not rows:
        raise KeyError(setting)
    return Packaged(rows[0]["value"], rows[0]["source"])


def _defaults(setting: str) -> list[tuple[Release, dict[str, Any]]]:
    return [each for each in _rows("defaults") if each[1]["setting"] == setting]


def default_level(release: Release | None) -> str:
    """The level of a version without a ``ssl cipher`` line."""
    return str(default("ssl cipher", release).value)


def default_versions(release: Release | None) -> tuple[Version, ...]:
    """The versions that exist without a line of their own; of a release that is not known all that some have."""
    return tuple(Version(name) for name in _together(_in_force(_defaults("versions"), release), "value"))


def server_version_default(release: Release | None) -> tuple[str, ...]:
    """The words of an absent ``ssl server-version``; of a release that is not known those that exclude least."""
    return tuple(str(_in_force(_defaults("ssl server-version"), release)[-1]["value"]).split())


def legacy_suite(keyword: str) -> Suite | None:
    """The suite of one ``ssl encryption`` keyword, None for a keyword nobody knows."""
    name = packaged("suites")["legacy"].get(keyword)
    return suite(name) if name else None


@cache
def legacy_default(release: Release | None) -> tuple[Suite, ...]:
    """The suites of an absent ``ssl encryption`` line, preferred first."""
    return tuple(suite(name) for name in _together(_in_force(list(_rows("legacy_default")), release), "suites"))


@cache
def lina_release(ftd_version: str) -> Release | None:
    """The ASA release inside an FTD release such as ``7.4.2``; inside one that is not listed, that of the one before.

    An FTD newer than the table is judged as the newest; of one that is no number nothing is known.
    """
    inside = sorted((_ftd(name), numbers_of(found)) for name, found in packaged("releases")["ftd"].items())
    try:
        asked = _ftd(ftd_version.split("-", maxsplit=1)[0])
    except ValueError:
        return None
    major, minor, maintenance, interim = next((found for ftd, found in reversed(inside) if ftd <= asked), inside[0][1])
    # a train is counted from its first release: FTD has what (1) has
    return (major, minor, maintenance or 1, interim)


def _ftd(version: str) -> tuple[int, ...]:
    """``7.4.2`` as numbers.

    Raises:
        ValueError: it is none.

    """
    return tuple(int(number) for number in version.split("."))
