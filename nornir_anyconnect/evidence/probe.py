"""What a head-end answered on one path, from where somebody sits: ``probe`` asks, ``check`` and ``audit`` use it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = "nornir-anyconnect/probe/1"


class Cause(StrEnum):
    """What a probe says of DTLS on its path."""

    DTLS_REACHABLE = "dtls-reachable"
    DTLS_BLOCKED = "dtls-blocked"
    """Only where a probe from another place shows that the same head-end answers."""
    NO_ANSWER = "no-answer"
    """Blocked, or the head-end does not answer strangers: one place alone cannot tell."""
    TCP_UNREACHABLE = "tcp-unreachable"


@dataclass(frozen=True, slots=True)
class Tls:
    """What the head-end chose out of a current client's offer, over TCP.

    Args:
        version: in the ASA's spelling; None where it refused.
        suite: its name, or its number (``0x1301``).
        certificate: the first name of its certificate.
        alert: description of the alert it refused with (RFC 5246, 7.2).

    """

    version: str | None = None
    suite: str | None = None
    certificate: str | None = None
    alert: int | None = None


@dataclass(frozen=True, slots=True)
class Dtls:
    """What came back to a ClientHello over UDP.

    Args:
        answer: ``hello-verify-request``, ``server-hello`` or ``alert``.
        version: as of a ServerHello.
        suite: as of a ServerHello.
        alert: description of the alert.

    """

    answer: str
    version: str | None = None
    suite: str | None = None
    alert: int | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One head-end, probed once.

    Args:
        host: as it was named.
        port: TCP and UDP.
        at: ISO 8601.
        address: that was probed; None where the name has none.
        tcp: whether a TCP connection was accepted.
        mss: bytes, of its SYN-ACK; None where this system does not tell.
        mss_at_least: the prober's own interface is the limit: the head-end's may be larger.
        tls: what it chose; None where it said nothing of TLS.
        dtls: what it answered; None where nothing came back.
        path_mtu: bytes of the largest IP packet towards it that was answered; None where none was looked for.
        path_mtu_exact: nothing larger gets through; else the search ended before it was over.
        datagrams: how many were sent.
        control: a probe from another place got an answer over UDP.

    """

    host: str
    port: int
    at: str
    address: str | None = None
    tcp: bool = False
    mss: int | None = None
    mss_at_least: bool = False
    tls: Tls | None = None
    dtls: Dtls | None = None
    path_mtu: int | None = None
    path_mtu_exact: bool = True
    datagrams: int = 0
    control: bool = False

    @property
    def cause(self) -> Cause:
        """What it says of DTLS."""
        if self.dtls is not None:
            return Cause.DTLS_REACHABLE
        if not self.tcp:
            return Cause.TCP_UNREACHABLE
        return Cause.DTLS_BLOCKED if self.control else Cause.NO_ANSWER

    def beside(self, controls: Iterable[Probe]) -> Probe:
        """With what probes from another place say of the same head-end."""
        same = (each for each in controls if (each.host.lower(), each.port) == (self.host.lower(), self.port))
        return replace(self, control=any(each.dtls is not None for each in same))

    def to_dict(self) -> dict[str, Any]:
        """As the JSON shows it."""
        return {
            "host": self.host,
            "port": self.port,
            "address": self.address,
            "at": self.at,
            "cause": str(self.cause),
            "tcp": self.tcp,
            "mss": self.mss,
            "mss_at_least": self.mss_at_least,
            "tls": self.tls and {key: getattr(self.tls, key) for key in Tls.__slots__},
            "dtls": self.dtls and {key: getattr(self.dtls, key) for key in Dtls.__slots__},
            "path_mtu": self.path_mtu,
            "path_mtu_exact": self.path_mtu_exact,
            "datagrams": self.datagrams,
            "control": self.control,
        }


_WORST_FIRST = (Cause.DTLS_BLOCKED, Cause.NO_ANSWER, Cause.TCP_UNREACHABLE, Cause.DTLS_REACHABLE)


def worst(causes: Iterable[Cause]) -> Cause | None:
    """What needs somebody first: one path that is blocked counts, however many are not."""
    return min(causes, key=_WORST_FIRST.index, default=None)


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What one call of ``probe`` found, in the order of its arguments."""

    probes: tuple[Probe, ...]
    generated_at: str
    tool_version: str

    def to_dict(self) -> dict[str, Any]:
        """As the JSON shows it."""
        return {
            "schema": SCHEMA,
            "generated_at": self.generated_at,
            "tool_version": self.tool_version,
            "probes": [each.to_dict() for each in self.probes],
        }


def is_probes(text: str) -> bool:
    """Whether a text begins like what ``probe --format json`` writes."""
    return SCHEMA in text[:200]


def probes_of(text: str) -> tuple[Probe, ...]:
    """What ``probe --format json`` wrote.

    Raises:
        ValueError: it is something else, or was changed into something else.

    """
    answer = json.loads(text)
    if not isinstance(answer, dict) or answer.get("schema") != SCHEMA or not isinstance(answer.get("probes"), list):
        raise ValueError(f"it is not {SCHEMA}")
    return tuple(_probe(each) for each in answer["probes"])


def _probe(row: Any) -> Probe:
    if not isinstance(row, dict):
        raise ValueError("a probe is no object")  # noqa: TRY004 - of a text, like every other
    return Probe(
        host=_is(row, "host", str),
        port=_is(row, "port", int),
        at=_is(row, "at", str),
        address=_may(row, "address", str),
        tcp=_is(row, "tcp", bool),
        mss=_may(row, "mss", int),
        mss_at_least=_is(row, "mss_at_least", bool),
        tls=_tls(_may(row, "tls", dict)),
        dtls=_dtls(_may(row, "dtls", dict)),
        path_mtu=_may(row, "path_mtu", int),
        path_mtu_exact=_is(row, "path_mtu_exact", bool),
        datagrams=_is(row, "datagrams", int),
        control=_is(row, "control", bool),
    )


def _tls(row: dict[str, Any] | None) -> Tls | None:
    if row is None:
        return None
    version, suite, certificate = (_may(row, key, str) for key in ("version", "suite", "certificate"))
    return Tls(version, suite, certificate, _may(row, "alert", int))


def _dtls(row: dict[str, Any] | None) -> Dtls | None:
    if row is None:
        return None
    return Dtls(_is(row, "answer", str), _may(row, "version", str), _may(row, "suite", str), _may(row, "alert", int))


def _is(row: dict[str, Any], key: str, kind: type) -> Any:
    value = row.get(key)
    if type(value) is not kind:
        raise ValueError(f"'{key}' of a probe is not as it was written")
    return value


def _may(row: dict[str, Any], key: str, kind: type) -> Any:
    return None if row.get(key) is None else _is(row, key, kind)
