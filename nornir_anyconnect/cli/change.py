"""``apply``, ``verify``, ``rollback``: the only commands that can change a device, and how it is looked after."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.cli.exit_codes import ExitCode, highest
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir.core import Nornir
    from nornir.core.task import AggregatedResult

    from nornir_anyconnect.change.planned import Plan
    from nornir_anyconnect.change.run import HostChange, Run
    from nornir_anyconnect.runners.waves import Progress, WavesRunner

JournalFolder = Annotated[
    str | None, typer.Option("--journal", metavar="DIR", help="Where runs are kept [default: your state folder].")
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Name of a run, or 'last'.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for the number of devices.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show every line that would be sent; send none.")]
SAVE = ("never", "verified")
_CODES = {
    "indeterminate": ExitCode.INDETERMINATE,
    "reverted": ExitCode.REVERTED,
    "failed": ExitCode.NOT_WHOLLY,
    "refused": ExitCode.NOT_WHOLLY,
}


def apply(
    plan_file: Annotated[str, typer.Argument(metavar="PLAN", help="What 'plan --out' wrote.")],
    *,
    inventory: options.Inventory = None,
    limit: options.Limit = None,
    dry_run: DryRun = False,
    canary: Annotated[int, typer.Option(min=0, help="Devices changed first, alone.")] = 1,
    wave_percent: Annotated[float, typer.Option(min=0.1, max=100, help="Size of a wave, percent of all.")] = 10,
    wave_size: Annotated[int, typer.Option(min=1, help="The most devices in one wave.")] = 10,
    max_failures: Annotated[int, typer.Option(min=0, help="Failed devices that are tolerated.")] = 0,
    soak: Annotated[float, typer.Option(min=0, help="Seconds between the canary and the waves.")] = 300,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds a device may take before it is taken back.")] = 300,
    stop_file: Annotated[str | None, typer.Option(help="The run stops before the next device once it exists.")] = None,
    save: Annotated[str, typer.Option(metavar="never|verified", help="write memory after the read-back.")] = "never",
    save_foreign_changes: Annotated[
        bool, typer.Option("--save-foreign-changes", help="Save although somebody else's changes are unsaved.")
    ] = False,
    ticket: Annotated[str | None, typer.Option(help="Number of the change request, for the journal.")] = None,
    yes: Yes = False,
    journal: JournalFolder = None,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Carry out exactly that plan: canary, soak, waves; anything doubtful is taken back."""
    from nornir_anyconnect.change.planfile import load_plan
    from nornir_anyconnect.change.run import Run
    from nornir_anyconnect.change.transaction import Saving
    from nornir_anyconnect.runners.waves import WavesRunner
    from nornir_anyconnect.tasks.change_plan import apply_plan

    options.text_or_json("apply", output)
    if save not in SAVE:
        raise UsageError(f"--save {save} is not known", f"use one of {', '.join(SAVE)}")
    plan = load_plan(Path(plan_file))
    nornir = _hosts_of(plan, inventory, limit)
    folder = _folder(journal)
    if not dry_run:
        _settle_unfinished(plan, folder, nornir)
        _confirm(len(nornir.inventory.hosts), "change", yes=yes)
    saving = Saving(wanted=save == "verified", foreign_changes=save_foreign_changes)
    with Run.start(
        plan,
        directory=folder,
        ticket=ticket,
        saving=saving,
        rehearsal=dry_run,
    ) as run:
        runner = WavesRunner(
            canary=canary,
            wave_percent=wave_percent,
            wave_size=wave_size,
            max_failures=max_failures,
            soak=0 if dry_run else soak,
            deadline=deadline * 2,
            stop_file=stop_file,
            hold=None if dry_run else lambda names: _bad_signs(nornir, run, names),
            on_progress=_tell,
        )
        result = nornir.with_runner(runner).run(
            task=apply_plan, run=run, dry_run=dry_run, deadline=deadline, on_failed=True
        )
        return _report(run, plan, result, runner, output)


def verify(
    run_name: RunName,
    *,
    inventory: options.Inventory = None,
    limit: options.Limit = None,
    journal: JournalFolder = None,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Is the configuration as intended, and what happened to the users since? Changes nothing."""
    from nornir_anyconnect.change.journal import find_run
    from nornir_anyconnect.change.run import Run
    from nornir_anyconnect.tasks.change_plan import verify_plan

    options.text_or_json("verify", output)
    with Run.resume(find_run(run_name, _folder(journal))) as run:
        nornir = _hosts_of(run.plan, inventory, limit)
        runner = _one_wave()
        result = nornir.with_runner(runner).run(task=verify_plan, run=run, on_failed=True)
        code = _report(run, run.plan, result, runner, output)
        return highest([code, ExitCode.FINDINGS]) if _drops(result) and code is ExitCode.CLEAN else code


def rollback(
    run_name: RunName,
    *,
    inventory: options.Inventory = None,
    limit: options.Limit = None,
    dry_run: DryRun = False,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds a device may take.")] = 300,
    yes: Yes = False,
    journal: JournalFolder = None,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Take a run back, device by device, where the device still shows what the run wrote."""
    from nornir_anyconnect.change.journal import find_run
    from nornir_anyconnect.change.run import Run
    from nornir_anyconnect.tasks.change_plan import rollback_plan

    options.text_or_json("rollback", output)
    with Run.resume(find_run(run_name, _folder(journal))) as run:
        nornir = _hosts_of(run.plan, inventory, limit)
        if not dry_run:
            _confirm(len(nornir.inventory.hosts), "take back", yes=yes)
        runner = _one_wave(deadline * 2)
        result = nornir.with_runner(runner).run(
            task=rollback_plan, run=run, dry_run=dry_run, deadline=deadline, on_failed=True
        )
        return _report(run, run.plan, result, runner, output)


def _one_wave(deadline: float = 600) -> "WavesRunner":
    """Ten at a time to the end, whatever happens to one of them."""
    from nornir_anyconnect.runners.waves import WavesRunner

    return WavesRunner(
        canary=0, soak=0, wave_percent=100, wave_size=10, max_failures=sys.maxsize, deadline=deadline, on_progress=_tell
    )


def _folder(journal: str | None) -> Path:
    from nornir_anyconnect.change.journal import default_directory, volatile

    folder = Path(journal) if journal else default_directory()
    if volatile(folder):
        TERMINAL.warning(f"the journal folder {folder} is in memory: it will not survive a reboot (see --journal)")
    return folder


def _hosts_of(plan: "Plan", inventory: str | None, limit: list[str] | None) -> "Nornir":
    """The hosts that the plan changes.

    Raises:
        UsageError: the plan changes nothing, or the inventory lacks a host of it.

    """
    from nornir_anyconnect.cli import fleet

    names = list(dict.fromkeys(each.name for each in plan.changes))
    if not names:
        raise UsageError("this plan changes nothing", "see what it says of each finding that stays as it is")
    nornir = fleet.load(inventory or fleet.DEFAULT_INVENTORY)
    missing = [name for name in names if name not in nornir.inventory.hosts]
    if missing:
        raise UsageError(f"the inventory lacks {', '.join(missing)}", "name the inventory that the plan was made over")
    planned = fleet.chosen(nornir, limit=[",".join(names)])
    if not limit:
        return planned
    wanted = {name.strip() for each in limit for name in each.split(",")}
    if not wanted & set(names):
        raise UsageError("the plan changes none of the hosts in --limit", f"it changes {', '.join(names)}")
    return fleet.chosen(planned, limit=[",".join(name for name in names if name in wanted)])


def _confirm(count: int, verb: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"nobody was asked whether to {verb} {count} devices", "add --yes, or run it on a terminal")
    sys.stderr.write(f"About to {verb} {count} devices. Type their number to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != str(count):
        raise UsageError("the number of devices was not confirmed", "nothing was sent")


def _settle_unfinished(plan: "Plan", folder: Path, nornir: "Nornir") -> None:
    """A run of this plan that was killed is taken back before another one begins."""
    from nornir_anyconnect.change.run import Run, unfinished_runs
    from nornir_anyconnect.tasks.change_plan import rollback_plan

    for path in unfinished_runs(plan, folder):
        TERMINAL.warning(f"run {path.stem} was killed: what it left in the middle is settled first")
        with Run.resume(path) as run:
            names = {each.name for each in plan.changes if run.record(each).unfinished}
            chosen = nornir.filter(filter_func=lambda host, names=names: host.name in names)
            runner = _one_wave()
            result = chosen.with_runner(runner).run(task=rollback_plan, run=run, only_unfinished=True, on_failed=True)
            _report(run, plan, result, runner, "text", quiet=True)


def _bad_signs(nornir: "Nornir", run: "Run", names: "Sequence[str]") -> str | None:
    """A look at changed devices during the soak: is it still as intended, and did new sessions drop packets?"""
    from nornir.plugins.runners import ThreadedRunner

    from nornir_anyconnect.tasks.change_plan import verify_plan

    chosen = nornir.filter(filter_func=lambda host: host.name in names)
    result = chosen.with_runner(ThreadedRunner(len(names))).run(task=verify_plan, run=run, on_failed=True)
    for name, results in result.items():
        if results.exception is not None:
            return f"{name} could not be looked at: {results.exception}"
        for change in results[0].result.changes:
            if change.failed:
                return str(change)
    return next(iter(_drops(result)), None)


def _drops(result: "AggregatedResult") -> list[str]:
    """New 722036 in the changed policies, in words."""
    found = []
    for results in result.values():
        if results.exception is not None:
            continue
        for change in results[0].result.changes:
            for policy, counts in (change.after or {}).items():
                if counts["large_packets"] or counts["reconnects"]:
                    found.append(
                        f"{change.name}: since the change {counts['large_packets']} large packets and "
                        f"{counts['reconnects']} reconnects in {policy}"
                    )
    return found


def _tell(progress: "Progress") -> None:
    TERMINAL.note(f"wave {progress.wave}: {progress.done} done, {progress.failed} failed, {progress.left} left")


def _report(
    run: "Run", plan: "Plan", result: "AggregatedResult", runner: "WavesRunner", output: str, *, quiet: bool = False
) -> int:
    """Every device of the plan in exactly one state; what is in doubt on standard error, with the lines to type."""
    from nornir_anyconnect.change.run import SCHEMA

    run.close()
    changes = _states(plan, result)
    if not quiet:
        if output == "json":
            data = {"schema": SCHEMA, "run": run.name, "devices": [each.to_dict() for each in changes]}
            if runner.stopped:
                data["stopped"] = runner.stopped
            typer.echo(json.dumps(data, indent=2))
        else:
            typer.echo("\n".join(_lines(run, changes)))
    if runner.stopped:
        TERMINAL.warning(f"the run stopped: {runner.stopped}")
    for each in changes:
        if each.outcome.state == "indeterminate":
            TERMINAL.error(f"{each} - type this to take it back:", "\n       ".join(each.outcome.lines))
    TERMINAL.note(f"run {run.name}, last hash of its journal {run.journal.head}")
    codes = [_CODES.get(str(each.outcome.state), ExitCode.CLEAN) for each in changes]
    if any(each.outcome.state == "not-started" for each in changes) and runner.stopped:
        codes.append(ExitCode.NOT_WHOLLY)
    code = highest(codes)
    if runner.interrupted and code is not ExitCode.INDETERMINATE:
        return ExitCode.INTERRUPTED
    return code


def _states(plan: "Plan", result: "AggregatedResult") -> "list[HostChange]":
    from nornir_anyconnect.change.run import HostChange
    from nornir_anyconnect.change.transaction import Outcome, State
    from nornir_anyconnect.errors import NotStartedError

    found: dict[tuple[str, str | None], HostChange] = {}
    why: dict[str, Outcome] = {}
    for name, results in result.items():
        problem: Any = results[0].exception
        if isinstance(problem, NotStartedError):
            why[name] = Outcome(State.NOT_STARTED, problem.cause)
        elif problem is not None:
            why[name] = Outcome(State.FAILED, f"unexpected {type(problem).__name__}")
        else:
            found |= {(each.name, each.context): each for each in results[0].result.changes}
    states = []
    for each in plan.devices:
        default = why.get(each.name, Outcome(State.NOT_STARTED, "it was not its turn"))
        if not each.fixes:
            default = Outcome(State.UNCHANGED, "the plan changes nothing here")
        states.append(found.get(each.key, HostChange(each.name, each.context, default)))
    return states


def _lines(run: "Run", changes: "list[HostChange]") -> list[str]:
    from nornir_anyconnect.report.sanitise import harmless

    lines = [f"run {run.name}"]
    for each in changes:
        lines.append(f"  {each}")
        lines += [f"      {line}" for line in each.outcome.lines]
    return [harmless(line) for line in lines]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("apply")(apply)
    app.command("verify")(verify)
    app.command("rollback")(rollback)
