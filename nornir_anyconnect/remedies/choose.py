"""Which remedy ``auto`` picks for a finding, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import Finding, Verdict
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.remedies.remedy import EXPLAINED, Kind, Remedy

if TYPE_CHECKING:
    from collections.abc import Sequence

AUTO = "auto"
FIXES = (AUTO, Kind.MTU, Kind.DF_BIT_IGNORE, Kind.TCPMSS, Kind.TLS_ONLY_GROUP)
"""What ``--fix`` accepts."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The remedy to plan for a finding, or None; ``why`` is one sentence either way."""

    remedy: Remedy | None
    why: str
    blocked_by: tuple[str, ...] = ()


def waived(finding: Finding) -> Choice | None:
    """A finding that somebody accepted stays as it is; None where nobody did."""
    if finding.waiver is None:
        return None
    owner, reason, expires = (finding.waiver[key] for key in ("owner", "reason", "expires"))
    return Choice(None, f"accepted by {owner} until {expires}: {reason} (say --include-waived to plan it all the same)")


def choose(finding: Finding, remedies: Sequence[Remedy], fix: str = AUTO) -> Choice:
    """Pick the remedy for one finding.

    ``auto`` takes what closes the gap under all standing sets with the fewest people concerned: the
    MTU, then a ``tcpmss`` that somebody allowed. Fragmentation is its last resort: it only mitigates.
    It never creates a tunnel group, because users would have to choose it.

    Raises:
        UsageError: no fix of that name.

    """
    if fix not in FIXES:
        raise UsageError(f"'{fix}' is not a fix", f"use one of {', '.join(FIXES)}")
    by_kind = {each.kind: each for each in remedies}
    if fix != AUTO:
        return _asked_for(by_kind.get(Kind(fix)), Kind(fix))
    if finding.verdict is not Verdict.AT_RISK:
        return Choice(None, f"nothing is planned for a finding that is {finding.verdict}")
    closing = [by_kind[kind] for kind in (Kind.MTU, Kind.TCPMSS) if kind in by_kind]
    for remedy in closing:
        if remedy.closes and not remedy.blocked_by:
            return Choice(remedy, _WHY[remedy.kind])
    first = closing[0] if closing else None
    fragments = by_kind.get(Kind.DF_BIT_IGNORE)
    if fragments is not None and not fragments.blocked_by and first is not None:
        return Choice(fragments, f"the {first.kind} remedy cannot be used ({_because(first)}): {_WHY[fragments.kind]}")
    if first is None:
        return Choice(None, "no remedy closes this finding")
    return Choice(None, _because(first), first.blocked_by)


_WHY = {
    Kind.MTU: "one line closes the gap under every standing assumption set",
    Kind.TCPMSS: "it closes the gap under every standing assumption set, and it was allowed",
    Kind.DF_BIT_IGNORE: "fragments let the packets pass, the adapter is still reconfigured",
}


def _asked_for(remedy: Remedy | None, kind: Kind) -> Choice:
    if remedy is None:
        return Choice(None, _NOT_OFFERED[kind])
    if remedy.blocked_by:
        return Choice(None, _because(remedy), remedy.blocked_by)
    return Choice(remedy, f"{kind} was asked for")


_NOT_OFFERED = {
    Kind.MTU: "no safe MTU is known, or it is set already",
    Kind.DF_BIT_IGNORE: "df-bit-ignore is on already",
    Kind.TCPMSS: "no value of tcpmss closes the gap under every standing assumption set",
    Kind.TLS_ONLY_GROUP: "only a tunnel group can have a second one beside it",
    Kind.DTLS_PORT: "DTLS listens on its usual port",
}


def _because(remedy: Remedy) -> str:
    if not remedy.blocked_by:
        return f"it closes the gap only under {', '.join(remedy.closes_under) or 'no assumption set'}"
    return "; ".join(EXPLAINED[each] for each in remedy.blocked_by)
