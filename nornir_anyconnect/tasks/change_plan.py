"""Carry a plan out, verify it, take it back: one Nornir task per verb, one transaction per device or context."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.commands import Show
from nornir_anyconnect.asa.config_commands import Shows, inverse_of, lines_to_type, observe
from nornir_anyconnect.change.device import Channel, only_writer
from nornir_anyconnect.change.outcome import HostChange, State, Why, ended
from nornir_anyconnect.change.transaction import Notes, Transaction
from nornir_anyconnect.change.user_tally import Tally, as_data, device_time, in_words, tally, watched
from nornir_anyconnect.errors import AnyConnectError, GateError
from nornir_anyconnect.platforms import platform_of
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT, current, host_deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nornir.core.configuration import Config
    from nornir.core.inventory import Host

    from nornir_anyconnect.change.plan.model import PlannedDevice
    from nornir_anyconnect.change.run import Run
    from nornir_anyconnect.platforms.protocols import DeviceReader, DeviceWriter

logger = logging.getLogger(__name__)

TO_REACH_IT = 60.0
"""Seconds for logging in, beside what its contexts take."""


@dataclass(frozen=True, slots=True)
class HostChanges:
    """Everything that a task did to one host of the inventory."""

    host: str
    changes: tuple[HostChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of a run."""
        return {"host": self.host, "devices": [each.to_dict() for each in self.changes]}

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return "\n".join(str(each) for each in self.changes) or f"{self.host}: nothing planned"


def is_dry_run(task: Task, asked: bool | None) -> bool:
    """Dry-run is sticky: the global flag or the argument, any True wins (promise 2)."""
    return bool(task.global_dry_run) or bool(asked)


def apply_plan(task: Task, *, run: Run, dry_run: bool | None = None, deadline: float = 300) -> Result:
    """Nornir task: carry out what the run's plan holds for this host.

    Args:
        task: Nornir's.
        run: from ``Run.start(load_plan(path))``; it holds the plan and the journal.
        dry_run: show what would be sent; Nornir's global flag counts as well, any True wins.
        deadline: seconds after which a change that is under way is taken back.

    Returns:
        ``result`` is :class:`HostChanges`; ``applied``, ``diff`` and ``plan_id`` are set.

    """
    dry = is_dry_run(task, dry_run) or run.rehearsal

    def carry_out(planned: PlannedDevice, connect: Callable[[], Channel]) -> HostChange:
        note = _seen_out(run.note_for(planned))
        channels: list[Channel] = []

        def connect_and_count() -> Channel:
            channels.append(connect())
            if len(channels) == 1 and not dry:
                _count_before(channels[0], planned, note)
            return channels[-1]

        change = run.change_of(planned)
        outcome = Transaction(change, connect_and_count, note, run.saving, deadline=deadline).apply(dry_run=dry)
        if outcome.state is State.APPLIED:
            _note_the_time(channels[-1], note)
        return HostChange(planned.name, planned.context, outcome)

    changed = (State.APPLIED,)
    verb = _Verb(work=carry_out, changed=changed, dry=dry, per_context=2 * deadline, doubt_stops=True)
    return _each_planned(task, run, verb)


def rollback_plan(
    task: Task,
    *,
    run: Run,
    dry_run: bool | None = None,
    deadline: float = 300,
    only_unfinished: bool = False,
    save_foreign_changes: bool = False,
) -> Result:
    """Nornir task: take back what the run did to this host, where the device still shows it.

    Arguments as for :func:`apply_plan`, with a run from ``Run.resume(path)``. Run it with ``on_failed=True``.
    ``only_unfinished`` settles what a killed run left in the middle and touches nothing else.
    ``save_foreign_changes``: a saved change is taken back in the startup configuration as well, although that
    saves somebody else's unsaved changes; the word that was said for the apply does not count here.
    """
    dry = is_dry_run(task, dry_run)

    def take_back(planned: PlannedDevice, connect: Callable[[], Channel]) -> HostChange:
        record = run.record(planned)
        if not record.in_force or (only_unfinished and not record.unfinished):
            state = record.state or State.NOT_STARTED
            return HostChange(planned.name, planned.context, ended(State.UNCHANGED, Why.LEFT, left=state))
        if dry:
            lines = lines_to_type(inverse_of(run.commands(planned)))
            return HostChange(planned.name, planned.context, ended(State.NOT_STARTED, Why.DRY_ROLLBACK, lines))
        transaction = Transaction(
            run.as_it_was(planned),
            connect,
            _seen_out(run.note_for(planned)),
            replace(run.saving, foreign_changes=save_foreign_changes),
            announced=record.announced,
            deadline=deadline,
        )
        in_doubt = record.state is State.INDETERMINATE
        outcome = transaction.recover() if record.unfinished else transaction.rollback(in_doubt=in_doubt)
        return HostChange(planned.name, planned.context, outcome)

    changed = (State.ROLLED_BACK, State.REVERTED)
    verb = _Verb(work=take_back, changed=changed, dry=dry, per_context=2 * deadline, either_unit=True)
    return _each_planned(task, run, verb)


def verify_plan(task: Task, *, run: Run, host_timeout: float = HOST_TIMEOUT) -> Result:
    """Nornir task: is the configuration as intended, and what happened to the users since? Changes nothing.

    ``run`` comes from ``Run.resume(path)``. Run it with ``on_failed=True``. ``host_timeout``: seconds that the
    whole of the host may take.
    """

    def look(planned: PlannedDevice, connect: Callable[[], Channel]) -> HostChange:
        record = run.record(planned)
        if not record.in_force:
            outcome = ended(State.UNCHANGED, Why.LEFT, left=record.state or State.NOT_STARTED)
            return HostChange(planned.name, planned.context, outcome)
        try:
            channel = connect()
            channel.check_identity()
            config = channel.read()
            since = datetime.fromisoformat(record.changed_at) if record.changed_at else None
            logging_text, after = _count(channel.device, planned, since)
        except AnyConnectError as error:
            outcome = ended(State.FAILED, Why.NOT_VERIFIED, error=str(error))
            return HostChange(planned.name, planned.context, outcome)
        watch = watched(config.logging, logging_text, since)
        seen = observe(config, run.commands(planned))
        wrong = tuple(each for each in seen if each.shows is not Shows.AFTER)
        if not wrong:
            outcome = ended(State.VERIFIED, Why.AS_INTENDED, users=in_words(after or {}, watch))
        elif record.state is State.APPLIED:
            outcome = ended(State.FAILED, Why.NOT_AS_INTENDED, shown=wrong)
        else:
            lines = lines_to_type(inverse_of(each.command for each in seen if each.shows is not Shows.BEFORE))
            outcome = ended(State.INDETERMINATE, Why.NOT_FINISHED, lines, shown=wrong)
        return HostChange(planned.name, planned.context, outcome, record.before or None, as_data(after), watch)

    return _each_planned(task, run, _Verb(work=look, per_context=host_timeout, either_unit=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verb:
    """What is done with each planned device or context of a host.

    Args:
        work: does it; it logs in with what it is handed.
        changed: the states in which it changed something.
        dry: it only shows.
        per_context: seconds that one of them may take, with what it takes to be taken back.
        doubt_stops: a device in doubt stops the run.
        either_unit: of a failover pair the unit that is active now, whichever was when it was planned.

    """

    work: Callable[[PlannedDevice, Callable[[], Channel]], HostChange]
    changed: tuple[State, ...] = ()
    dry: bool = False
    per_context: float
    doubt_stops: bool = False
    either_unit: bool = False


def _each_planned(task: Task, run: Run, verb: _Verb) -> Result:
    """All contexts of a host one after the other, in one session that is closed in the end."""
    planned = [each for each in run.plan.changes if each.name == task.host.name]
    done: list[HostChange] = []
    hosts = [task.host, *(_mates(task, run, planned) if verb.either_unit else ())]
    for host in hosts:
        run.never_write(platform_of(host).secrets(host))
    try:
        with (
            only_writer((serial for each in planned for serial in each.serials), run.journal.path.parent),
            host_deadline(TO_REACH_IT + verb.per_context * len(planned), task.host.name),
        ):
            try:
                for each in planned:
                    done.append(_in_one_state(verb.work, each, _connector(hosts, task.nornir.config, each)))
                    if done[-1].outcome.state is State.INDETERMINATE:
                        break  # nothing more is sent to a box in doubt
            finally:
                for host in hosts:
                    platform_of(host).close(host)
    except GateError as error:
        refused = ended(State.REFUSED, Why.PROBLEM, error=str(error))
        done = [HostChange(each.name, each.context, refused) for each in planned]
    done = [replace(each, outcome=each.outcome.hidden(run.hides)) for each in done]
    outcomes = [each.outcome.state for each in done]
    did = any(state in verb.changed for state in outcomes)
    would = verb.dry and any(each.outcome.lines for each in done)
    doubt = next((str(each) for each in done if each.outcome.state is State.INDETERMINATE), None)
    return Result(
        host=task.host,
        result=HostChanges(task.host.name, tuple(done)),
        changed=did or would,
        failed=any(each.failed for each in done),
        diff="\n".join(each.diff for each in planned),
        applied=did,
        plan_id=run.plan.id,
        stop_run=doubt if verb.doubt_stops else None,
    )


def _in_one_state(
    work: Callable[[PlannedDevice, Callable[[], Channel]], HostChange],
    planned: PlannedDevice,
    connect: Callable[[], Channel],
) -> HostChange:
    """A mistake of ours costs no other context its state; a transaction itself never raises."""
    try:
        return work(planned, connect)
    except Exception as error:
        logger.exception("%s: unexpected", planned.name)
        outcome = ended(State.FAILED, Why.UNEXPECTED, error=f"{type(error).__name__}: {error}")
        return HostChange(planned.name, planned.context, outcome)


def _mates(task: Task, run: Run, planned: Sequence[PlannedDevice]) -> list[Host]:
    """The hosts under which the other unit of a failover pair is known."""
    known = {**task.nornir.inventory.hosts, **run.inventory}
    names = dict.fromkeys(name for each in planned for name in each.also_named)
    return [known[name] for name in names if name in known]


def _connector(hosts: Sequence[Host], configuration: Config, planned: PlannedDevice) -> Callable[[], Channel]:
    """Logs in; called again, it drops the old session first (one session per chassis)."""
    calls = 0

    def connect() -> Channel:
        nonlocal calls
        for host in hosts if calls else ():
            platform_of(host).close(host)
        calls += 1
        device = _active_unit(hosts, configuration)
        if calls == 1:
            device.leave_one_free()
        return Channel(device, planned)

    return connect


def _active_unit(hosts: Sequence[Host], configuration: Config) -> DeviceWriter:
    """The first host that answers and is the unit that takes configuration; the last one as it is."""
    host, *mates = hosts
    platform = platform_of(host)
    if not mates:
        return platform.open_writer(host, configuration)
    try:
        device = platform.open_writer(host, configuration)
        if device.identity().may_be_configured:
            return device
    except AnyConnectError as error:
        logger.info("%s: %s; its mate is asked", host.name, error)
    platform.close(host)
    return _active_unit(mates, configuration)


def _seen_out(note: Notes) -> Notes:
    """From the first word of a change or of its inverse on no signal cuts the host: it is finished or taken back."""

    def write(event: str, **data: object) -> None:
        if event in ("intent", "taking-back") and (deadline := current()):
            deadline.see_it_out()
        note(event, **data)

    return write


def _policies(planned: PlannedDevice) -> list[str]:
    return sorted({each.group_policy for each in planned.outlook if each.group_policy})


def _count_before(channel: Channel, planned: PlannedDevice, note: Callable[..., None]) -> None:
    """What there is to compare with later; a device that refuses to tell does not stop the change."""
    channel.check_identity()
    clock = _clock(channel)
    _, counted = _count(channel.device, planned, None)
    note("before", changed_at=clock, tally=as_data(counted) or {})


def _note_the_time(channel: Channel, note: Callable[..., None]) -> None:
    """Sessions that came up before the last line keep their old MTU: what befalls them says nothing of the change."""
    with contextlib.suppress(AnyConnectError):  # the time from before the change is noted already
        if clock := _clock(channel):
            note("changed", changed_at=clock)


def _clock(channel: Channel) -> str | None:
    """The device's own time, ISO 8601; None where it does not tell."""
    clock = device_time(channel.device.clock())
    return clock.isoformat() if clock else None


def _count(device: DeviceReader, planned: PlannedDevice, since: datetime | None) -> tuple[str, dict[str, Tally] | None]:
    """``show logging`` and what is counted in it; None where the device tells nothing of its sessions."""
    shown = device.observations((Show.LOGGING, Show.SESSIONS))
    text = shown.logging or ""
    return text, None if shown.sessions is None else tally(_policies(planned), text, shown.sessions, since)
