"""The change of one device: gate, inverse on disk, one line at a time, read back, or taken back.

    gate ──refused──▶ nothing was sent
     │
     ├─ unchanged: the device already shows what is wanted
     ▼
    the inverse is on disk (journal, fsync)
     ▼
    configure terminal ─▶ line ─▶ line ─▶ … ─▶ leave ─▶ read back ──as intended──▶ save if asked ─▶ applied
                           │       any doubt: a rejected line, an unexpected word, a lost link,
                           ▼       a value that did not stick, a verdict that is not the predicted one
                   read back, undo what the device shows of ours, read back
                           ├─ as before ─▶ reverted
                           └─ else ──────▶ indeterminate: both values and the exact lines to type are named

Nothing here knows SSH: a ``Device`` is what a transaction may ask of a firewall, and no more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from nornir_anyconnect.asa.config_commands import Shows, begun, inverse_of, lines_to_send, lines_to_type, observe
from nornir_anyconnect.change.outcome import Outcome, Reason, Refusal, State, Why, because, ended, refused
from nornir_anyconnect.errors import (
    GateError,
    IncompleteReplyError,
    LinkLostError,
    RejectedError,
    ReplyTimeoutError,
)
from nornir_anyconnect.remedies.kinds import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nornir_anyconnect.asa.commands import Command
    from nornir_anyconnect.asa.config_commands import ConfigCommand, CreatedObject, Observation, PlannedCommand
    from nornir_anyconnect.asa.grammar import Mode
    from nornir_anyconnect.asa.running_config import RunningConfig


class Device(Protocol):
    """One logged-in device or context, as far as a transaction needs it. All methods raise AnyConnectError."""

    def check_identity(self) -> None:
        """Refuse (GateError) unless this is the planned box and context, an ASA, and the unit that configures."""

    def read(self) -> RunningConfig:
        """What it is configured to do now, proved complete."""

    def startup_differs(self) -> bool:
        """Whether running and startup configuration differ."""

    def sessions_on(self, created: CreatedObject) -> int:
        """Users connected through an object that a run created."""

    def configure(self) -> None:
        """Enter configuration mode; GateError where the unit must not be configured."""

    def send(self, line: Command, mode: Mode) -> str:
        """Send one line in exactly that sub-mode; whatever the device says to it, empty if nothing."""

    def leave(self) -> None:
        """Leave configuration mode; nothing happens outside of it."""

    def save(self) -> None:
        """``write memory``."""


class Notes(Protocol):
    """The journal, as seen by one host: returns when the record is on disk."""

    def __call__(self, event: str, **data: object) -> None:
        """Write one record."""


TAKING_BACK_TRIES = 2
"""The session at hand, and one more login where its link is gone."""
TAKING_BACK_SECONDS = 300
"""Time for the inverse, counted from its start: a change that ran out of time is still taken back."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done to one device or context.

    Args:
        commands: with the values before and after.
        check: refuses (GateError) a configuration that no longer leads to these commands.
        misjudged: says how a re-judged configuration differs from what the plan predicted, or None.
        replicated: the device hands its lines on to a mate.

    """

    commands: tuple[PlannedCommand, ...]
    check: Callable[[RunningConfig], object]
    misjudged: Callable[[RunningConfig], str | None]
    replicated: bool = False


@dataclass(frozen=True, slots=True)
class Saving:
    """Whether to save, and whether unsaved changes of other people may be saved along (an explicit word)."""

    wanted: bool = False
    foreign_changes: bool = False


def _refused(error: GateError) -> Outcome:
    return ended(State.REFUSED, Why.REFUSED, cause=error.cause, remedy=error.remedy, refusal=error.refusal)


class Transaction:
    """One change of one device.

    Args:
        change: what is to be done.
        connect: logs in and returns the device; called again where the link was lost.
        note: writes to the journal.
        saving: whether and what to save.
        announced: how many lines of the change an earlier attempt of the same run announced.
        deadline: seconds after which no further line is sent and the change is taken back.

    """

    def __init__(
        self,
        change: Change,
        connect: Callable[[], Device],
        note: Notes,
        saving: Saving | None = None,
        *,
        announced: int = 0,
        deadline: float = 300,
    ) -> None:
        self._change = change
        self._commands = change.commands
        self._connect = connect
        self._note = note
        self._inverse_under_way = False
        self._saving = saving or Saving()
        self._announced = announced
        self._left_in_doubt = False
        self._in_the_middle = False
        """A line may have been sent that nobody has read back."""
        self._ends = time.monotonic() + deadline

    def apply(self, *, dry_run: bool = False) -> Outcome:
        """Carry the change out, or show what would be sent. Never raises: a host ends in exactly one state."""
        lines = lines_to_type(self._commands)
        try:
            device = self._login()
            if self._gate(device):
                reasons = [because(Why.SHOWN_ALREADY)]
                if self._saving.wanted and device.startup_differs():
                    reasons.append(because(Why.UNSAVED_NOT_OURS))
                return self._end(Outcome(State.UNCHANGED, tuple(reasons)), dry_run=dry_run)
            if dry_run:
                return ended(State.NOT_STARTED, Why.DRY_RUN, lines, count=len(lines))
            self._note_intent()
            device.check_identity()  # the role may have changed since the gate
            device.configure()
        except GateError as error:
            return self._end(_refused(error), dry_run=dry_run)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not leave the host without a state
            return self._end(ended(State.FAILED, Why.NOTHING_SENT, error=_words(error)), dry_run=dry_run)
        try:
            self._send(device, self._commands)
            device.leave()
            self._confirm(device.read())
            device.check_identity()  # a unit that lost its role meanwhile did not hand every line on to its mate
        except Exception as error:  # noqa: BLE001 - whatever it is, a line may have been sent
            return self._end(self._take_back(because(Why.PROBLEM, error=_words(error))))
        return self._end(Outcome(State.APPLIED, self._save(device), lines))

    def rollback(self, *, in_doubt: bool = False) -> Outcome:
        """Take the change back where the device still shows it. Never raises.

        Args:
            in_doubt: an earlier attempt left it so, and so it stays where it cannot be looked at.

        """
        self._in_the_middle = self._left_in_doubt = in_doubt
        try:
            foreign = self._greet()
        except Exception as error:  # noqa: BLE001 - as in apply
            if in_doubt:
                return self._end(self._in_doubt((because(Why.STILL_IN_DOUBT, error=_words(error)),)))
            if isinstance(error, GateError):
                return self._end(_refused(error))
            return self._end(ended(State.FAILED, Why.NOTHING_SENT, error=_words(error)))
        outcome = self._take_back()
        if outcome.state is State.REVERTED:
            outcome = replace(self._saved_too(outcome, foreign=foreign), state=State.ROLLED_BACK)
        return self._end(outcome)

    def recover(self) -> Outcome:
        """Settle a host whose run was killed: whatever the device shows of it is taken back."""
        if not self._announced:
            return self._end(ended(State.REVERTED, Why.KILLED_BEFORE))
        self._in_the_middle = True
        try:
            foreign = self._greet()
        except Exception as error:  # noqa: BLE001 - as in apply
            return self._end(self._in_doubt((because(Why.KILLED_UNREAD, error=_words(error)),)))
        outcome = self._take_back(because(Why.KILLED))
        if outcome.state is State.REVERTED:
            outcome = self._saved_too(outcome, foreign=foreign)
        return self._end(outcome)

    def _greet(self) -> bool:
        """Log in to take something back; True where saving would save more than that."""
        device = self._login()
        device.check_identity()
        return self._foreign_changes(device)

    def _foreign_changes(self, device: Device) -> bool:
        return self._saving.wanted and not self._saving.foreign_changes and device.startup_differs()

    def _saved_too(self, outcome: Outcome, *, foreign: bool) -> Outcome:
        """What was saved is taken back in the startup configuration as well, but nobody else's change is saved."""
        if not (self._saving.wanted and self._announced):
            return outcome
        try:
            if not foreign:
                told = self._save(self._device)
            else:
                differs = self._device.startup_differs()
                told = (because(Why.UNSAVED_FOREIGN if differs else Why.NEVER_SAVED),)
        except Exception as error:  # noqa: BLE001 - it was taken back and read back all the same
            told = (because(Why.UNSAVED, error=_words(error)),)
        return replace(outcome, reasons=(*outcome.reasons, *told))

    def _login(self) -> Device:
        self._device = self._connect()
        return self._device

    def _gate(self, device: Device) -> bool:
        """Refuse what must not be changed; True where there is nothing left to do."""
        device.check_identity()
        config = device.read()
        seen = observe(config, self._commands)
        if all(each.shows is Shows.AFTER for each in seen):
            return True
        moved = [str(each) for each in seen if each.shows is not Shows.BEFORE]
        if moved:
            raise refused(Refusal.MOVED, moved="; ".join(moved))
        self._change.check(config)
        if self._foreign_changes(device):
            raise refused(Refusal.FOREIGN_CHANGES)
        return False

    def _note_intent(self) -> None:
        self._write(
            "intent",
            commands=[encode(command) for command in self._commands],
            inverse=list(lines_to_type(inverse_of(self._commands))),
            saving=self._saving.wanted,
        )

    def _send(self, device: Device, commands: Sequence[ConfigCommand]) -> None:
        """One line at a time; the next one only after the device took the last one without a word."""
        for mode, line in lines_to_send(commands):
            if time.monotonic() > self._ends:
                raise ReplyTimeoutError(f"out of time before '{line.text}'", "give the device more time (--deadline)")
            self._write("sending", line=line.text, mode=str(mode))
            self._announced += not self._inverse_under_way
            self._in_the_middle = True
            said = device.send(line, mode).strip()
            self._write("reply", line=line.text, text=said)
            if said:
                raise RejectedError(f"the device answered '{line.text}' with: {said}", "see the journal's transcript")

    def _confirm(self, config: RunningConfig) -> None:
        """Success is what was read back, not what was accepted."""
        wrong = [str(each) for each in observe(config, self._commands) if each.shows is not Shows.AFTER]
        self._write("read-back", differs=wrong)
        if wrong:
            raise RejectedError("accepted but not stored: " + "; ".join(wrong), "see the journal's transcript")
        misjudged = self._change.misjudged(config)
        if misjudged:
            raise RejectedError(f"the effect is not the predicted one: {misjudged}", "plan again")

    def _take_back(self, *why: Reason) -> Outcome:
        """Undo what the device shows of ours; only that, and only if nothing else stands in its place."""
        self._ends = time.monotonic() + TAKING_BACK_SECONDS
        self._inverse_under_way = True
        for attempt in range(TAKING_BACK_TRIES):
            try:
                self._write("taking-back", why="; ".join(str(each) for each in why))
                device = self._login() if attempt else self._device
                device.leave()
                device.check_identity()
                return self._undo(device, why)
            except (LinkLostError, ReplyTimeoutError, IncompleteReplyError) as error:
                doubt = because(Why.LINK_LOST, error=str(error))
            except GateError as error:
                if not self._in_the_middle:
                    return _refused(error)
                doubt = because(Why.NOT_NOW, error=str(error))
                break
            except Exception as error:  # noqa: BLE001 - nothing may hide that the device is in doubt
                doubt = because(Why.NOT_TAKEN_BACK, error=_words(error))
                break
        return self._in_doubt((*why, doubt))

    def _undo(self, device: Device, why: tuple[Reason, ...]) -> Outcome:
        config = device.read()
        ours = begun(self._commands, self._announced)  # what was never announced is somebody else's, however alike
        seen = observe(config, ours)
        foreign = tuple(each for each in seen if each.shows is Shows.OTHER)
        if foreign:
            return self._in_doubt((*why, because(Why.SOMEBODY_ELSE, shown=foreign)))
        undo = inverse_of(each.command for each in seen if each.shows is not Shows.BEFORE or self._said_again(each))
        self._refuse_if_in_use(device, undo)
        if undo:
            device.check_identity()
            device.configure()
            self._send(device, undo)
            device.leave()
            config = device.read()
            device.check_identity()  # as after the change itself
        left = [each.command for each in observe(config, ours) if each.shows is not Shows.BEFORE]
        differs = observe(config, inverse_of(left))
        self._write("read-back", differs=[str(each) for each in differs])
        if left:
            return self._in_doubt((*why, because(Why.INVERSE_NOT_KEPT, shown=differs)), left)
        return Outcome(State.REVERTED, why or (because(Why.AS_BEFORE),), lines_to_type(undo))

    def _said_again(self, seen: Observation) -> bool:
        """A unit that lost its role in the middle took lines that its mate never heard: said again they reach both."""
        return self._change.replicated and self._left_in_doubt and seen.command.creates is None

    def _refuse_if_in_use(self, device: Device, undo: Sequence[ConfigCommand]) -> None:
        for command in undo:
            if command.removes and (users := device.sessions_on(command.removes)):
                raise refused(Refusal.IN_USE, users=users, name=command.removes.name)

    def _save(self, device: Device) -> tuple[Reason, ...]:
        """Save if asked; a save that fails leaves the change in force and is reported."""
        if not self._saving.wanted:
            return ()
        try:
            device.save()
            device.check_identity()  # a unit that lost its role saved for itself alone
        except Exception as error:  # noqa: BLE001 - the change itself stands and was read back
            return (because(Why.UNSAVED, error=_words(error)),)
        return (because(Why.SAVED),)

    def _in_doubt(self, why: tuple[Reason, ...], left: Sequence[ConfigCommand] = ()) -> Outcome:
        """What is known, and the exact lines that a person types to take it back."""
        ours = left or begun(self._commands, self._announced) or self._commands
        return Outcome(State.INDETERMINATE, why, lines_to_type(inverse_of(ours)))

    def _write(self, event: str, **data: object) -> None:
        """To the journal, on disk; only a device that is being taken back goes on when the disk is full."""
        try:
            self._note(event, **data)
        except Exception:
            if not self._inverse_under_way:
                raise

    def _end(self, outcome: Outcome, *, dry_run: bool = False) -> Outcome:
        if dry_run:
            return outcome
        try:
            self._note("outcome", state=str(outcome.state), reason=outcome.reason, lines=list(outcome.lines))
        except Exception as error:  # noqa: BLE001 - the outcome is true all the same; it must not be lost with the journal
            return replace(outcome, reasons=(*outcome.reasons, because(Why.PROBLEM, error=_words(error))))
        return outcome


def _words(error: Exception) -> str:
    """What went wrong, also where it has no words of its own."""
    return str(error) or type(error).__name__
