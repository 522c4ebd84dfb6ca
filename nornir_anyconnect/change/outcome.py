"""How the change of a device ended: the one state of a host, and why, as codes with parameters.

Nobody reads the words: who must know whether a change is unsaved asks the code. The words are made where an
outcome is printed, in the journal as in a report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.asa.chassis import label_of
from nornir_anyconnect.errors import GateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nornir_anyconnect.audit.observable import Observable


class State(StrEnum):
    """The one state in which a host ends."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    VERIFIED = "verified"
    REVERTED = "reverted"
    ROLLED_BACK = "rolled-back"
    REFUSED = "refused"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    NOT_STARTED = "not-started"


class Why(StrEnum):
    """Why it ended so; the parameters of each stand in braces in its words."""

    NOT_PLANNED = "not-planned"
    NOT_CHOSEN = "not-chosen"
    CONTEXT_BEFORE = "context-before"
    NOT_STARTED = "not-started"
    SHOWN_ALREADY = "shown-already"
    DRY_RUN = "dry-run"
    DRY_ROLLBACK = "dry-rollback"
    REFUSED = "refused"
    UNEXPECTED = "unexpected"
    NOTHING_SENT = "nothing-sent"
    PROBLEM = "problem"
    AS_BEFORE = "as-before"
    LEFT = "left"
    KILLED = "killed"
    KILLED_BEFORE = "killed-before"
    KILLED_UNREAD = "killed-unread"
    STILL_IN_DOUBT = "still-in-doubt"
    LINK_LOST = "link-lost"
    NOT_NOW = "not-now"
    NOT_TAKEN_BACK = "not-taken-back"
    SOMEBODY_ELSE = "somebody-else"
    INVERSE_NOT_KEPT = "inverse-not-kept"
    SAVED = "saved"
    NEVER_SAVED = "never-saved"
    UNSAVED = "unsaved"
    UNSAVED_NOT_OURS = "unsaved-not-ours"
    UNSAVED_FOREIGN = "unsaved-foreign"
    AS_INTENDED = "as-intended"
    NOT_AS_INTENDED = "not-as-intended"
    NOT_FINISHED = "not-finished"
    NOT_VERIFIED = "not-verified"


_WORDS: dict[Why, str] = {
    Why.NOT_PLANNED: "the plan changes nothing here",
    Why.NOT_CHOSEN: "it is not in --limit",
    Why.CONTEXT_BEFORE: "an earlier context of this box needs somebody",
    Why.NOT_STARTED: "{cause}",
    Why.SHOWN_ALREADY: "the device already shows what is wanted",
    Why.DRY_RUN: "dry run: {count} lines would be sent",
    Why.DRY_ROLLBACK: "dry run: what the device still shows of it would be taken back",
    Why.REFUSED: "{cause}; {remedy}",
    Why.UNEXPECTED: "unexpected {error}",
    Why.NOTHING_SENT: "nothing was sent: {error}",
    Why.PROBLEM: "{error}",
    Why.AS_BEFORE: "as before",
    Why.LEFT: "this run left it {left}",
    Why.KILLED: "the run was killed",
    Why.KILLED_BEFORE: "the run was killed before its first line",
    Why.KILLED_UNREAD: "the run was killed, and the device cannot be read: {error}",
    Why.STILL_IN_DOUBT: "it was left in doubt, and still is: {error}",
    Why.LINK_LOST: "the link was lost: {error}",
    Why.NOT_NOW: "it may not be taken back now: {error}",
    Why.NOT_TAKEN_BACK: "taking it back failed: {error}",
    Why.SOMEBODY_ELSE: "somebody else changed it since; {shown}",
    Why.INVERSE_NOT_KEPT: "the inverse did not stick; {shown}",
    Why.SAVED: "saved",
    Why.NEVER_SAVED: "it was never saved",
    Why.UNSAVED: "unsaved: {error}",
    Why.UNSAVED_NOT_OURS: ("unsaved: running and startup configuration differ, and this run wrote nothing to save"),
    Why.UNSAVED_FOREIGN: "unsaved: running and startup configuration differed before it was taken back",
    Why.AS_INTENDED: "as intended; {users}",
    Why.NOT_AS_INTENDED: "not as intended: {shown}",
    Why.NOT_FINISHED: "this run did not finish it: {shown}",
    Why.NOT_VERIFIED: "could not be verified: {error}",
}


class Refusal(StrEnum):
    """The gate that refused a device before its first line; its parameters stand in braces in its words."""

    PREVIEW = "preview"
    OTHER_CHASSIS = "other-chassis"
    OTHER_CONTEXT = "other-context"
    FTD = "ftd"
    WRONG_UNIT = "wrong-unit"
    BUSY = "busy"
    MOVED = "moved"
    DRIFT = "drift"
    OTHER_DERIVATION = "other-derivation"
    WIDER_REACH = "wider-reach"
    OTHER_TUNNELS = "other-tunnels"
    FOREIGN_CHANGES = "foreign-changes"
    IN_USE = "in-use"


_PLAN_AGAIN = "plan again and look at what changed"
_REFUSALS: dict[Refusal, tuple[str, str]] = {
    Refusal.PREVIEW: (
        "the plan for {name} is a preview: it knows no serial number",
        "plan over an inventory, so that the device itself is asked",
    ),
    Refusal.OTHER_CHASSIS: (
        "{name} has serial number {found}, planned was {planned}",
        "check the inventory's address, or plan again",
    ),
    Refusal.OTHER_CONTEXT: (
        "the session is in context {found}, planned was {planned}",
        "check the inventory's context",
    ),
    Refusal.FTD: ("it is an FTD: its configuration belongs to the management center (FMC)", "change it there"),
    Refusal.WRONG_UNIT: (
        "this unit may not be configured: failover {role}{cluster}",
        "plan and apply on the active unit (the control unit of a cluster)",
    ),
    Refusal.BUSY: (
        "another run is working on the chassis {serial} (its lock is in {folder})",
        "wait for it to end; nothing was sent by this one",
    ),
    Refusal.MOVED: ("drift: {moved}", _PLAN_AGAIN),
    Refusal.DRIFT: ("drift since the plan was made: {parts}", _PLAN_AGAIN),
    Refusal.OTHER_DERIVATION: ("{name}: what was planned is not what is derived now: {lines}", _PLAN_AGAIN),
    Refusal.WIDER_REACH: ("{name}: {kind} would also reach {findings}, which the plan does not name", _PLAN_AGAIN),
    Refusal.OTHER_TUNNELS: ("{name}: the L2L tunnels are not those that the plan names", _PLAN_AGAIN),
    Refusal.FOREIGN_CHANGES: (
        "running and startup configuration already differ: saving would save somebody else's changes",
        "save or discard them first, apply with --save never, or add --save-foreign-changes",
    ),
    Refusal.IN_USE: (
        "{users} users are connected through {name}, which would be removed",
        "wait until they have left, or move them; nobody is logged off",
    ),
}


def refused(code: Refusal, **parameters: object) -> GateError:
    """The error of that gate, to be raised."""
    cause, remedy = _REFUSALS[code]
    return GateError(cause.format_map(parameters), remedy, code)


_UNSAVED = frozenset({Why.UNSAVED, Why.UNSAVED_NOT_OURS, Why.UNSAVED_FOREIGN})


class Reason(NamedTuple):
    """One code and its parameters; ``str`` gives the words for people."""

    code: Why
    parameters: Mapping[str, object]

    def __str__(self) -> str:
        return _WORDS[self.code].format_map({name: _said(value) for name, value in self.parameters.items()})

    def hidden(self, hide: Callable[[str], str]) -> Reason:
        """The same with every parameter as text that was looked through for secrets."""
        return Reason(self.code, {name: hide(_said(value)) for name, value in self.parameters.items()})


def because(code: Why, **parameters: object) -> Reason:
    """A reason."""
    return Reason(code, parameters)


def _said(value: object) -> str:
    """In words; what is several things is said one after the other, an error without words by its name."""
    if isinstance(value, tuple | list):
        return "; ".join(str(each) for each in value)
    return str(value) or (type(value).__name__ if isinstance(value, Exception) else "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. ``lines``: sent (applied), to be sent (dry run), or to be typed (indeterminate)."""

    state: State
    reasons: tuple[Reason, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why, in words."""
        return "; ".join(str(each) for each in self.reasons)

    @property
    def unsaved(self) -> bool:
        """It is in force, and a reload would lose it although saving was asked for."""
        return any(each.code in _UNSAVED for each in self.reasons)

    @property
    def refusal(self) -> str:
        """The gate that refused it, one of ``Refusal``; empty where none of ours did."""
        return next((str(each.parameters["refusal"]) for each in self.reasons if each.code is Why.REFUSED), "")

    @property
    def not_planned(self) -> bool:
        """The plan changes nothing here."""
        return any(each.code is Why.NOT_PLANNED for each in self.reasons)

    def hidden(self, hide: Callable[[str], str]) -> Outcome:
        """The same without a secret: a device may say anything, our own password too."""
        return replace(self, reasons=tuple(each.hidden(hide) for each in self.reasons))


def ended(state: State, code: Why, lines: tuple[str, ...] = (), **parameters: object) -> Outcome:
    """An outcome with one reason."""
    return Outcome(state, (because(code, **parameters),), lines)


@dataclass(frozen=True, slots=True)
class HostChange:
    """How one device or context ended."""

    name: str
    context: str | None
    outcome: Outcome
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    watched: Observable | None = None
    """Whether drops since the change would show at all; None where nobody looked."""

    @property
    def failed(self) -> bool:
        """It is not in the state that was asked for."""
        return self.outcome.state in (State.FAILED, State.REFUSED, State.REVERTED, State.INDETERMINATE)

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of a run."""
        data: dict[str, Any] = {
            "name": self.name,
            "context": self.context,
            "state": str(self.outcome.state),
            "reason": self.outcome.reason,
            "lines": list(self.outcome.lines),
        }
        if self.before is not None or self.after is not None:
            data |= {"before": self.before, "after": self.after}
        if self.watched is not None:
            data["observable"] = {"answer": self.watched.answer, "reason": self.watched.why}
        return data

    @property
    def label(self) -> str:
        """The device, with its context where it has one."""
        return label_of(self.name, self.context)

    def __str__(self) -> str:
        return f"{self.label}: {self.outcome.state}" + (f" ({self.outcome.reason})" if self.outcome.reason else "")
