"""One run of a plan: its name, its journal, and what the journal says of every host."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nornir_anyconnect.asa.capture import masked
from nornir_anyconnect.asa.config_commands import Shows, observe
from nornir_anyconnect.change.journal import (
    Journal,
    JournalError,
    author,
    default_directory,
    holds_a_record,
    next_sequence,
    read,
)
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.plan.check import PlanCheck
from nornir_anyconnect.change.plan.file import plan_text, read_plan
from nornir_anyconnect.change.transaction import Change, Saving
from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.remedies.kinds import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nornir.core.inventory import Host

    from nornir_anyconnect.asa.config_commands import PlannedCommand
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.change.plan.model import Plan, PlannedDevice

SCHEMA = "nornir-anyconnect/run/1"
_TAIL = 256 * 1024
"""Bytes; the last record of a journal that ended is far smaller."""
_EXACT = frozenset({"run", "plan_id", "plan", "saving", "commands", "inverse", "line", "lines", "mode", "state"})
"""What this tool wrote itself and must find again to the letter: names that look like secrets are names.

A secret cannot stand in it: it is masked where a configuration is read, and a masked line is never sent.
"""


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
    noted_at: str | None = None
    """When the journal heard of its state last, ISO 8601, by the clock of the machine that ran it."""

    @property
    def unfinished(self) -> bool:
        """The run was killed in the middle of it."""
        return self.begun and not self.ended

    @property
    def in_force(self) -> bool:
        """The change is, or may be, on the device."""
        return self.state in (State.APPLIED, State.INDETERMINATE) or self.unfinished


def known_after(known: HostRecord, event: str, data: dict[str, Any]) -> HostRecord:
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


class Run:
    """A run with its journal open.

    Args:
        name: of the run; also the token of objects it creates.
        plan: what it carries out.
        journal: open for writing.
        saving: whether to save.
        records: what the journal said of each host when the run was opened.

    """

    def __init__(
        self, name: str, plan: Plan, journal: Journal, saving: Saving, records: dict[str, HostRecord] | None = None
    ) -> None:
        self.name = name
        self.plan = plan
        self.journal = journal
        self.saving = saving
        self.records = records or {}
        self.rehearsal = False
        self.not_written: JournalError | None = None
        """Why the journal lacks its end, where it does."""
        self.inventory: Mapping[str, Host] = {}
        """Where the other unit of a failover pair is found, beside the hosts that a task runs on."""
        self._hidden = _Hidden(())

    @classmethod
    def start(
        cls,
        plan: Plan,
        *,
        directory: Path | None = None,
        ticket: str | None = None,
        saving: Saving | None = None,
        secrets_known: Iterable[str] = (),
        rehearsal: bool = False,
    ) -> Self:
        """Begin a new run of a plan.

        Args:
            plan: what to carry out.
            directory: where journals are kept.
            ticket: number of the change request.
            saving: whether to save.
            secrets_known: texts that must never be written.
            rehearsal: for a dry run, which leaves no journal behind.

        Raises:
            PlanError: the plan is a preview.
            JournalError: the journal cannot be written.

        """
        plan.refuse_preview()
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{plan.id[:8]}-{secrets.token_hex(2)}"
        if rehearsal:
            directory = Path(tempfile.mkdtemp(prefix="nornir-anyconnect-"))
        folder = directory or default_directory()
        path = folder / f"{name}.jsonl"
        hidden = _Hidden(secrets_known)
        journal = Journal(path, hidden, _EXACT)
        saving = saving or Saving()
        journal.append(
            "begin",
            run=name,
            sequence=next_sequence(folder),
            plan_id=plan.id,
            plan=plan_text(plan),
            ticket=ticket,
            by=author(),
            saving={"wanted": saving.wanted, "foreign_changes": saving.foreign_changes},
        )
        run = cls(name, plan, journal, saving)
        run._hidden = hidden
        run.rehearsal = rehearsal
        return run

    @classmethod
    def resume(cls, path: Path, *, secrets_known: Iterable[str] = ()) -> Self:
        """Open an earlier run again, to verify it, take it back or settle what was killed.

        Raises:
            JournalError: its journal cannot be read, was altered, or is held by another process.

        """
        hidden = _Hidden(secrets_known)
        journal = Journal(path, hidden, _EXACT)
        try:
            plan, saving, records = _read_run(path)
        except BaseException:
            journal.close()
            raise
        run = cls(path.stem, plan, journal, saving, records)
        run._hidden = hidden
        return run

    def note_for(self, planned: PlannedDevice) -> Callable[..., None]:
        """The journal as one host's transaction sees it."""
        key = planned.label

        def note(event: str, **data: object) -> None:
            written = self.journal.append(event, key, **data)
            self.records[key] = known_after(self.records.get(key, HostRecord()), event, written.data)

        return note

    def never_write(self, words: Iterable[str]) -> None:
        """Texts that must not stand in the journal from now on, whoever says them."""
        self._hidden.add(words)

    def hides(self, text: str) -> str:
        """The text without any of them."""
        return self._hidden(text)

    def record(self, planned: PlannedDevice) -> HostRecord:
        """What was known of this host when the run was opened."""
        return self.records.get(planned.label, HostRecord())

    def commands(self, planned: PlannedDevice) -> tuple[PlannedCommand, ...]:
        """The typed commands as they were sent, or as the plan holds them."""
        return self.record(planned).commands or planned.commands_of(self.name)

    def change_of(self, planned: PlannedDevice) -> Change:
        """What a transaction needs: the commands, and the two questions it asks of a configuration."""
        holds = PlanCheck(planned, self.plan.options)
        return Change(planned.commands_of(self.name), check=holds.rederive, misjudged=holds.misjudged)

    def as_it_was(self, planned: PlannedDevice) -> Change:
        """What the run did, for taking it back: neither drift nor verdict matters any more."""
        pair = len(planned.serials) > 1
        return Change(self.commands(planned), check=lambda _: None, misjudged=lambda _: None, replicated=pair)

    def close(self) -> None:
        """End the run: its last hash is what goes into the ticket.

        Never raises: what became of the hosts must be told, even where the journal's disk is full.
        """
        left = [name for name, each in self.records.items() if each.unfinished]
        try:
            self.journal.append("end", unfinished=left)
        except JournalError as error:
            self.not_written = error
        self.journal.close()
        if self.rehearsal:
            shutil.rmtree(self.journal.path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Hidden:
    """Takes known secrets, and what looks like one, out of a text."""

    def __init__(self, known: Iterable[str]) -> None:
        self._words: frozenset[str] = frozenset()
        self.add(known)

    def add(self, words: Iterable[str]) -> None:
        self._words |= {each for each in words if each}

    def __call__(self, text: str) -> str:
        for word in sorted(self._words, key=len, reverse=True):
            text = text.replace(word, "*****")
        return "\n".join(masked(line) for line in text.split("\n"))


def _read_run(path: Path) -> tuple[Plan, Saving, dict[str, HostRecord]]:
    plan = saving = None
    hosts: dict[str, HostRecord] = {}
    for record in read(path):
        if record.event == "begin":
            # it was valid when the run began; a run may be taken back long after its plan expired
            began = datetime.fromisoformat(record.time)
            plan = read_plan(record.data["plan"], path.name, now=began)
            saving = Saving(**record.data["saving"])
        if record.host is not None:
            known = known_after(hosts.get(record.host, HostRecord()), record.event, record.data)
            hosts[record.host] = replace(known, noted_at=record.time)
    if plan is None or saving is None:
        raise JournalError(f"the journal {path.name} has no beginning", "it holds no run; nothing was sent")
    return plan, saving, hosts


@dataclass(frozen=True, slots=True)
class MadeChange:
    """What a run changed on one device or context, and when."""

    names: tuple[str, ...]
    """Of the inventory."""
    context: str | None
    group_policies: frozenset[str]
    """Those whose users get other MTUs by it."""
    commands: tuple[PlannedCommand, ...]
    clock: datetime | None
    """By the device's own clock, taken for UTC as the stamps of its log are."""
    at: datetime
    """By the clock of the machine that ran it; it may be a little later."""

    def in_force(self, config: RunningConfig) -> bool:
        """The configuration still shows all of it."""
        return all(each.shows is Shows.AFTER for each in observe(config, self.commands))


def changes_made(directory: Path, since: datetime) -> list[MadeChange]:
    """What the runs in that folder changed; those that ended before ``since`` are left out, like altered journals."""
    found: list[MadeChange] = []
    for path in sorted(directory.glob("*.jsonl")):
        try:
            if path.stat().st_mtime < since.timestamp():
                continue
            plan, _, records = _read_run(path)
        except (OSError, AnyConnectError):
            continue  # what it may know is not known, and nothing is taken for past
        for planned in plan.changes:
            record = records.get(planned.label, HostRecord())
            if record.state is State.APPLIED and record.noted_at is not None:
                found.append(
                    MadeChange(
                        (planned.name, *planned.also_named),
                        planned.context,
                        frozenset(
                            each.group_policy
                            for each in planned.outlook
                            if each.group_policy and each.before != each.after
                        ),
                        record.commands,
                        datetime.fromisoformat(record.changed_at) if record.changed_at else None,
                        datetime.fromisoformat(record.noted_at),
                    )
                )
    return found


def unfinished_runs(plan: Plan, directory: Path) -> list[Path]:
    """Journals of runs, of this or any other plan, that were killed in the middle of a device of this plan.

    Raises:
        JournalError: one of them was altered.

    """
    wanted = {each.label for each in plan.changes}
    found = []
    for path in sorted(directory.glob("*.jsonl")):
        if holds_a_record(path) and not _ended_well(path):
            _, _, records = _read_run(path)
            if any(key in wanted and record.unfinished for key, record in records.items()):
                found.append(path)
    return found


def _ended_well(path: Path) -> bool:
    """A look at the last line, so that years of runs cost little."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        *_, last = file.read().splitlines() or [b""]
    try:
        record = json.loads(last)["record"]
    except (ValueError, KeyError, TypeError):
        return False
    return bool(record["event"] == "end" and not record["data"].get("unfinished", True))
