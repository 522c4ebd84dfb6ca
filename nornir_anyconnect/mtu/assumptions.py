"""The named assumption sets: one choice on each of the three axes that public sources leave open.

Source: Cisco tech note 116881, the ASA configuration guide and RFC 5246/7905/8446 disagree or are
silent on these points; see ``docs/how-it-works.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import product
from typing import Any

from nornir_anyconnect.errors import UsageError


class Accounting(StrEnum):
    """How an AEAD suite is charged: like a block suite, or what its record really costs."""

    ASA = "asa"
    RECORD = "record"


class MssSource(StrEnum):
    """Where the TLS path comes from: ``sysopt connection tcpmss``, or the interface alone."""

    SYSOPT = "sysopt"
    INTERFACE = "interface"


class DefaultCap(StrEnum):
    """What an absent ``anyconnect mtu`` caps: nothing, or both tunnels at 1406 bytes."""

    NONE = "none"
    BUILT_IN = "1406"


@dataclass(frozen=True, slots=True)
class AssumptionSet:
    """One choice on every axis."""

    name: str
    accounting: Accounting
    mss_source: MssSource
    default_cap: DefaultCap

    def __hash__(self) -> int:
        """Derivations are kept by it: as cheap as the hash of its name, which is known."""
        return hash(self.name)

    @property
    def combination(self) -> str:
        """The choice spelled out, as calibration names it: ``accounting/mss/cap``."""
        return "/".join(getattr(self, each.name) for each in fields(self)[1:])


TECHNOTE = AssumptionSet("technote", Accounting.ASA, MssSource.SYSOPT, DefaultCap.NONE)
GUIDE = AssumptionSet("guide", Accounting.ASA, MssSource.INTERFACE, DefaultCap.BUILT_IN)
RFC = AssumptionSet("rfc", Accounting.RECORD, MssSource.SYSOPT, DefaultCap.NONE)

STANDING: tuple[AssumptionSet, ...] = (TECHNOTE, GUIDE, RFC)
"""The sets under which verdict and certainty are computed."""

_MEASURED_GUIDE = (9, 10, 1, 0)


def primary_set(release: tuple[int, int, int, int] | None, *, ftd: bool) -> AssumptionSet:
    """The set that public measurements support for a release: ``guide`` from 9.10(1) on and for every FTD.

    What supports it: a CONNECT answer with X-CSTP-MTU 1367 and X-DTLS-MTU 1390 for ECDHE-RSA-AES256-GCM-SHA384, and
    602101 pairs of 1406 / 1367, each to the byte at default settings; two editions of Cisco's "About the TCP MSS" say
    the same of the MSS. What supports ``technote``, also where the release is not known: the note itself (9.0, 9.1).
    """
    measured = ftd or (release is not None and release >= _MEASURED_GUIDE)
    return GUIDE if measured else TECHNOTE


def in_order(primary: AssumptionSet) -> tuple[AssumptionSet, ...]:
    """The sets that ship, the primary one first."""
    return (primary, *(each for each in STANDING if each is not primary))


AXES: dict[str, Any] = {
    "accounting": Accounting,
    "mss": MssSource,
    "cap": DefaultCap,
}
"""As they are asked for, in the order of the fields of a set."""
COMBINATIONS: tuple[AssumptionSet, ...] = tuple(
    AssumptionSet("/".join(choice), *choice) for choice in product(*AXES.values())
)
"""All eight, which calibration searches."""

_BY_NAME = {each.name: each for each in (*STANDING, *COMBINATIONS)}


def assumption_set(text: str) -> AssumptionSet:
    """Read ``technote``, ``asa/sysopt/none`` or ``accounting=asa,mss=sysopt,cap=none``.

    Axes that the long form leaves out are those of ``technote``.

    Raises:
        UsageError: no set, axis or value of that name.

    """
    if text in _BY_NAME:
        return _BY_NAME[text]
    chosen = dict(zip(AXES, TECHNOTE.combination.split("/"), strict=True))
    spelled = ",".join(f"{axis}={'|'.join(values)}" for axis, values in AXES.items())
    for part in text.split(","):
        axis, equals, value = part.strip().partition("=")
        if not equals or axis not in AXES or value not in list(AXES[axis]):
            raise UsageError(
                f"'{text}' is not an assumption set",
                f"use one of {', '.join(each.name for each in STANDING)}, or {spelled}",
            )
        chosen[axis] = value
    return _BY_NAME["/".join(chosen.values())]
