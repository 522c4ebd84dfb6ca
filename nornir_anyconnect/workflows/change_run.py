"""A run over the hosts of a plan: apply with canary, soak and waves, verify, rollback; how it ended, and its code."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.change.journal import default_directory, find_run
from nornir_anyconnect.change.outcome import HostChange, Outcome, State, Why, ended
from nornir_anyconnect.change.run import Run, unfinished_runs
from nornir_anyconnect.change.transaction import Saving
from nornir_anyconnect.errors import GateError, NotStartedError, UsageError
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT
from nornir_anyconnect.runners.chassis import ChassisRunner
from nornir_anyconnect.runners.waves import WavesRunner
from nornir_anyconnect.tasks.change_plan import apply_plan, rollback_plan, verify_plan
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest
from nornir_anyconnect.workflows.inventory import chassis_in_plan, longest_change
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from nornir.core import Nornir
    from nornir.core.task import AggregatedResult, MultiResult

    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.runners.waves import Progress

_MOST_NAMED = 8
_CODES = {
    State.INDETERMINATE: ExitCode.INDETERMINATE,
    State.REVERTED: ExitCode.REVERTED,
    State.FAILED: ExitCode.NOT_WHOLLY,
    State.REFUSED: ExitCode.NOT_WHOLLY,
}


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How a plan is carried out; the defaults are the careful ones. ``canary`` ... ``stop_file`` as of ``WavesRunner``.

    Args:
        canary: chassis changed first, alone.
        canary_host: the host that is the first of them.
        wave_percent: size of a wave in percent of all.
        wave_size: the most chassis in one wave.
        max_failures: failed hosts that are tolerated.
        soak: seconds between the canary and the waves.
        deadline: seconds a device or context may take before it is taken back.
        stop_file: the run stops before the next host once it exists.
        saving: whether the change is saved.
        ticket: number of the change request, for the journal.
        dry_run: every line is shown and none is sent.

    """

    canary: int = 1
    canary_host: str | None = None
    wave_percent: float = 10
    wave_size: int = 10
    max_failures: int = 0
    soak: float = 300
    deadline: float = 300
    stop_file: str | None = None
    saving: Saving = field(default_factory=Saving)
    ticket: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: every device of the plan in exactly one state, in the plan's order."""

    run: Run
    changes: tuple[HostChange, ...]
    stopped: str | None = None
    """Why it ended early, or None."""
    interrupted: bool = False
    changed: bool = False
    """Something was changed on a device."""
    nothing_to_take_back: bool = False
    """It was to take a run back, and there was nothing of it on any device."""

    @property
    def code(self) -> ExitCode:
        """The exit code of the run."""
        codes = [_CODES.get(each.outcome.state, ExitCode.CLEAN) for each in self.changes]
        codes += [ExitCode.NOT_WHOLLY for each in self.changes if each.outcome.unsaved]
        if self.stopped and any(each.outcome.state is State.NOT_STARTED for each in self.changes):
            codes.append(ExitCode.NOT_WHOLLY)
        if self.nothing_to_take_back:
            codes.append(ExitCode.FINDINGS)
        code = highest(codes)
        if self.interrupted and code is not ExitCode.INDETERMINATE:
            return ExitCode.INTERRUPTED
        return code


def tell_who_needs_somebody(changes: Iterable[HostChange]) -> None:
    """Name on standard error what is in doubt, with the lines to type, and what is not saved."""
    for each in changes:
        if each.outcome.state is State.INDETERMINATE:
            TERMINAL.error(f"{each} - to take it back, type after configure terminal:", "")
            for line in each.outcome.lines:
                TERMINAL.warning(f"    {line}")
        elif each.outcome.unsaved:
            TERMINAL.warning(f"{each}")


def states(plan: Plan, result: AggregatedResult, chosen: Collection[str] | None = None) -> tuple[HostChange, ...]:
    """Every device of the plan in exactly one state, in the plan's order; ``chosen`` are the hosts of this run."""
    found: dict[tuple[str, str | None], HostChange] = {}
    why: dict[str, Outcome] = {}
    for name, results in result.items():
        problem: Any = results[0].exception
        if isinstance(problem, NotStartedError):
            why[name] = ended(State.NOT_STARTED, Why.NOT_STARTED, cause=problem.cause)
        elif problem is not None:
            why[name] = ended(State.FAILED, Why.UNEXPECTED, error=type(problem).__name__)
        else:
            found |= {(each.name, each.context): each for each in results[0].result.changes}
    told = []
    for each in plan.devices:
        if not each.fixes:
            default = ended(State.UNCHANGED, Why.NOT_PLANNED)
        elif chosen is not None and each.name not in chosen:
            default = ended(State.NOT_STARTED, Why.NOT_CHOSEN)
        else:
            default = why.get(each.name, ended(State.NOT_STARTED, Why.CONTEXT_BEFORE))
        told.append(found.get(each.key, HostChange(each.name, each.context, default)))
    return tuple(told)


def apply_run(
    plan: Plan,
    nornir: Nornir,
    inventory: Nornir,
    options: ApplyOptions,
    *,
    folder: Path,
    on_progress: Callable[[Progress], None] | None = None,
) -> RunEnd:
    """Carry out a plan: canary, soak, waves; anything doubtful is taken back.

    Args:
        plan: what to do.
        nornir: the hosts of the plan that are to be changed, see ``planned_hosts``.
        inventory: all hosts: the other unit of a failover pair is found there.
        options: how.
        folder: where journals are kept.
        on_progress: told whenever a host has ended.

    Raises:
        UsageError: the canary is none of the hosts.
        PlanError: the plan is a preview, or does not agree with itself.
        JournalError: the journal cannot be written.

    """
    if options.canary_host is not None and options.canary_host not in nornir.inventory.hosts:
        known = ", ".join(nornir.inventory.hosts)
        raise UsageError(f"the canary {options.canary_host} is none of the hosts to change", f"use one of {known}")
    look = Soak(nornir)
    dry = options.dry_run
    with Run.start(plan, directory=folder, ticket=options.ticket, saving=options.saving, rehearsal=dry) as run:
        run.inventory = inventory.inventory.hosts
        runner = WavesRunner(
            canary=options.canary,
            canary_host=options.canary_host,
            wave_percent=options.wave_percent,
            wave_size=options.wave_size,
            max_failures=options.max_failures,
            soak=0 if dry else options.soak,
            deadline=longest_change(plan, options.deadline),
            key=chassis_in_plan(plan),
            stop_file=options.stop_file,
            hold=None if dry else lambda names: look.bad_signs(run, names),
            on_progress=on_progress,
            on_stop=tell_stop,
        )
        result = nornir.with_runner(runner).run(
            task=apply_plan, run=run, dry_run=dry, deadline=options.deadline, on_failed=True
        )
    return _ended(run, result, runner, nornir)


def intent(names: Sequence[str], options: ApplyOptions) -> str:
    """What an apply will do, in one sentence: devices, canary, waves, soak, saving."""
    order = sorted(names, key=lambda name: name != options.canary_host)
    shown = ", ".join(order[:_MOST_NAMED]) + (
        f" and {len(order) - _MOST_NAMED} more" if len(order) > _MOST_NAMED else ""
    )
    canary, left = order[: options.canary], len(order) - options.canary
    size = max(1, min(options.wave_size, int(len(order) * options.wave_percent / 100)))
    steps = [f"canary {', '.join(canary)}"] if canary else []
    if left > 0:
        steps += [f"{options.soak:g} s of soak"] if canary and options.soak else []
        steps.append(f"then {left} in waves of {size}" if left > size else f"then {left}")
    saved = "saved once verified" if options.saving.wanted else "nothing is saved"
    return f"{shown}: {', '.join(steps)}; {saved}"


def open_run(name: str = "last", folder: Path | None = None) -> Run:
    """An earlier run, to verify it or to take it back; a context manager.

    Args:
        name: of the run, its file, or ``last``.
        folder: where journals are kept; None means the user's state folder.

    Raises:
        JournalError: there is none, or it cannot be read, was altered, or is held by another process.

    """
    return Run.resume(find_run(name, folder or default_directory()))


def verify_run(
    run: Run,
    nornir: Nornir,
    inventory: Nornir,
    *,
    host_timeout: float = HOST_TIMEOUT,
    on_progress: Callable[[Progress], None] | None = None,
) -> RunEnd:
    """Is the configuration as intended, and what happened to the users since? Arguments as of ``apply_run``."""
    run.inventory = inventory.inventory.hosts
    runner = _one_wave(run.plan, on_progress)
    result = nornir.with_runner(runner).run(task=verify_plan, run=run, host_timeout=host_timeout, on_failed=True)
    return _ended(run, result, runner, nornir)


@dataclass(frozen=True, slots=True)
class RollbackOptions:
    """How a run is taken back.

    Args:
        dry_run: every line is shown and none is sent.
        deadline: seconds a device or context may take.
        save_foreign_changes: a saved change is taken back in the startup configuration too, whatever else is unsaved.

    """

    dry_run: bool = False
    deadline: float = 300
    save_foreign_changes: bool = False


def rollback_run(
    run: Run,
    nornir: Nornir,
    inventory: Nornir,
    options: RollbackOptions,
    *,
    on_progress: Callable[[Progress], None] | None = None,
) -> RunEnd:
    """Take a run back, where the device still shows what the run wrote. Arguments as of ``apply_run``."""
    run.inventory = inventory.inventory.hosts
    runner = _one_wave(run.plan, on_progress, options.deadline)
    result = nornir.with_runner(runner).run(
        task=rollback_plan,
        run=run,
        dry_run=options.dry_run,
        deadline=options.deadline,
        save_foreign_changes=options.save_foreign_changes,
        on_failed=True,
    )
    end = _ended(run, result, runner, nornir)
    idle = all(each.outcome.state in (State.UNCHANGED, State.NOT_STARTED) for each in end.changes)
    return replace(end, nothing_to_take_back=idle and not options.dry_run)


def settle_unfinished(plan: Plan, folder: Path, nornir: Nornir, inventory: Nornir) -> ExitCode:
    """What a killed run of this plan left in the middle is taken back before another one begins.

    Raises:
        GateError: it was a run of another plan; who applies this one has not seen that one.

    """
    for path in unfinished_runs(plan, folder):
        with Run.resume(path) as run:
            run.inventory = inventory.inventory.hosts
            if run.plan.id != plan.id:
                raise GateError(
                    f"run {run.name} of another plan was killed in the middle of a device of this one",
                    f"take it back first: nornir-anyconnect rollback {run.name}",
                )
            TERMINAL.warning(f"run {run.name} was killed: what it left in the middle is taken back first")
            names = {each.name for each in plan.changes if run.record(each).unfinished} & set(nornir.inventory.hosts)
            chosen = nornir.filter(filter_func=lambda host, names=names: host.name in names)
            runner = _one_wave(plan, None)
            result = chosen.with_runner(runner).run(task=rollback_plan, run=run, only_unfinished=True, on_failed=True)
            changes = tuple(each for each in states(plan, result, names) if each.name in names)
            for each in changes:
                TERMINAL.note(str(each))
            tell_who_needs_somebody(changes)
            code = RunEnd(run, changes, runner.stopped, runner.interrupted).code
        if code not in (ExitCode.CLEAN, ExitCode.REVERTED):
            return code
    return ExitCode.CLEAN


def tell_stop(why: str) -> None:
    """Said once, when a run ends early."""
    TERMINAL.warning(f"the run stops: {why}; devices in flight are finished or taken back")


def _ended(run: Run, result: AggregatedResult, runner: WavesRunner, nornir: Nornir) -> RunEnd:
    return RunEnd(
        run,
        states(run.plan, result, tuple(nornir.inventory.hosts)),
        runner.stopped,
        runner.interrupted,
        any(each.changed for each in result.values()),
    )


def _one_wave(plan: Plan, told: Callable[[Progress], None] | None, deadline: float = 300) -> WavesRunner:
    """Ten at a time to the end, whatever happens to one of them."""
    return WavesRunner(
        canary=0,
        soak=0,
        wave_percent=100,
        wave_size=10,
        max_failures=sys.maxsize,
        deadline=longest_change(plan, deadline),
        key=chassis_in_plan(plan),
        on_progress=told,
        on_stop=tell_stop,
    )


class Soak:
    """Looks at changed devices between canary and waves: still as intended, and did new sessions drop packets?"""

    def __init__(self, nornir: Nornir) -> None:
        self._nornir = nornir
        self._told: set[str] = set()

    def bad_signs(self, run: Run, names: Sequence[str]) -> str | None:
        """Why the run must stop, or None; what cannot be seen is said once."""
        found: dict[str, MultiResult] = {}
        runner = ChassisRunner(len(names), lambda host, result: found.__setitem__(host.name, result))
        chosen = self._nornir.filter(filter_func=lambda host: host.name in names)
        chosen.with_runner(runner).run(task=verify_plan, run=run, on_failed=True)
        looked: list[HostChange] = []
        for name, results in found.items():
            if results.exception is not None:
                return f"{name} could not be looked at: {results.exception}"
            for change in results[0].result.changes:
                if change.failed:
                    return str(change)
                looked.append(change)
                if str(change) not in self._told:
                    self._told.add(str(change))
                    with suppress(Exception):  # a terminal that is gone is no bad sign
                        TERMINAL.note(str(change))
        return next(iter(drops(looked)), None)


def drops(changes: Iterable[HostChange]) -> list[str]:
    """New 722036 and reconnects in the changed policies, in words."""
    return [
        f"{change.name}: since the change {counts['large_packets']} large packets and "
        f"{counts['reconnects']} reconnects in {policy}"
        for change in changes
        for policy, counts in (change.after or {}).items()
        if counts["large_packets"] or counts["reconnects"]
    ]
