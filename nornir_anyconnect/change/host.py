"""One device or context of a run: what the journal says of it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.change.outcome import Outcome, State
from nornir_anyconnect.remedies.kinds import decode

if TYPE_CHECKING:
    from nornir_anyconnect.asa.config_commands import PlannedCommand
    from nornir_anyconnect.audit.observable import Observable

_AS_BEFORE = (State.REVERTED, State.ROLLED_BACK)
_LEFT_ALONE = (State.UNCHANGED, State.REFUSED, State.FAILED, State.NOT_STARTED)
"""An attempt that ended like this sent nothing: what an earlier one left on the device is there still."""


@dataclass(frozen=True, slots=True)
class HostRecord:
    """What the journal says of one device or context.

    ``begun``: its inverse is on disk, so a line may have been sent. ``ended``: its outcome is known.
    ``sent``: a line was announced since, and nothing was seen to be as before again.
    ``announced``: how many lines of the change were; ``undoing``: those that come now are of its inverse.
    """

    begun: bool = False
    ended: bool = False
    sent: bool = False
    announced: int = 0
    undoing: bool = False
    state: State | None = None
    commands: tuple[PlannedCommand, ...] = ()
    changed_at: str | None = None
    """The device's own clock at the change, ISO 8601."""
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def unfinished(self) -> bool:
        """The run was killed in the middle of it."""
        return self.begun and not self.ended

    @property
    def in_force(self) -> bool:
        """The change is, or may be, on the device."""
        return self.state in (State.APPLIED, State.INDETERMINATE) or self.unfinished


def after(known: HostRecord, event: str, data: dict[str, Any]) -> HostRecord:
    """What is known of a host once one more record of it is read."""
    match event:
        case "intent":
            commands = tuple(decode(each) for each in data["commands"])
            return HostRecord(begun=True, commands=commands, changed_at=known.changed_at, before=known.before)
        case "sending":
            return replace(known, sent=True, announced=known.announced + (not known.undoing))
        case "taking-back":
            return replace(known, undoing=True)
        case "outcome":
            state = State(data["state"])
            if known.sent and state in _LEFT_ALONE:
                return known
            return replace(known, ended=True, sent=known.sent and state not in _AS_BEFORE, state=state)
        case "changed":
            return replace(known, changed_at=data["changed_at"])
        case "before":
            return replace(known, changed_at=data["changed_at"], before=data["tally"])
    return known


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
        return f"{self.name}/{self.context}" if self.context else self.name

    def __str__(self) -> str:
        return f"{self.label}: {self.outcome.state}" + (f" ({self.outcome.reason})" if self.outcome.reason else "")
