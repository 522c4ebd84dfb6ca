"""``apply``, ``verify``, ``rollback``: the only commands that can change a device, and how it is looked after."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.errors import GateError, UsageError
from nornir_anyconnect.workflows.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nornir.core import Nornir

    from nornir_anyconnect.change.planned import Plan
    from nornir_anyconnect.runners.waves import Progress, WavesRunner

JournalFolder = Annotated[
    str | None, typer.Option("--journal", metavar="DIR", help="Where runs are kept [default: your state folder].")
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Name of a run, or 'last'.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for the number of devices.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show every line that would be sent; send none.")]
SaveForeign = Annotated[
    bool, typer.Option("--save-foreign-changes", help="Save although somebody else's changes are unsaved.")
]
SAVE = ("never", "verified")


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
    save_foreign_changes: SaveForeign = False,
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
    from nornir_anyconnect.cli.run_report import report
    from nornir_anyconnect.runners.waves import WavesRunner
    from nornir_anyconnect.tasks.change_plan import apply_plan
    from nornir_anyconnect.workflows.planned_hosts import chassis, hosts_of, longest
    from nornir_anyconnect.workflows.soak import Soak

    options.text_or_json("apply", output)
    if save not in SAVE:
        raise UsageError(f"--save {save} is not known", f"use one of {', '.join(SAVE)}")
    plan = load_plan(Path(plan_file))
    hosts = _inventory(inventory)
    nornir = hosts_of(plan, hosts, limit)
    names = tuple(nornir.inventory.hosts)
    folder = _folder(journal)
    if not dry_run:
        _confirm(len(names), "change", yes=yes)
        code = _settle_unfinished(plan, folder, nornir, hosts)
        if code is not ExitCode.CLEAN:
            return code
    saving = Saving(wanted=save == "verified", foreign_changes=save_foreign_changes)
    look = Soak(nornir)
    with (
        Run.start(
            plan,
            directory=folder,
            ticket=ticket,
            saving=saving,
            rehearsal=dry_run,
        ) as run,
        _progress(len(names), soak=0 if dry_run else soak) as told,
    ):
        run.inventory = hosts.inventory.hosts
        runner = WavesRunner(
            canary=canary,
            wave_percent=wave_percent,
            wave_size=wave_size,
            max_failures=max_failures,
            soak=0 if dry_run else soak,
            deadline=longest(plan, deadline),
            key=chassis(plan),
            stop_file=stop_file,
            hold=None if dry_run else lambda names: look.bad_signs(run, names),
            on_progress=told,
            on_stop=_tell_stop,
        )
        result = nornir.with_runner(runner).run(
            task=apply_plan, run=run, dry_run=dry_run, deadline=deadline, on_failed=True
        )
    code = report(run, result, runner, output, chosen=names)
    if result and any(each.changed for each in result.values()) and not dry_run:
        where = "".join(
            f" --{name} {given}" for name, given in (("inventory", inventory), ("journal", journal)) if given
        )
        TERMINAL.note(f"look at the users later: nornir-anyconnect verify {run.name}{where}")
        TERMINAL.note(f"take it back: nornir-anyconnect rollback {run.name}{where}")
    return code


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
    from nornir_anyconnect.cli.run_report import report
    from nornir_anyconnect.tasks.change_plan import verify_plan
    from nornir_anyconnect.workflows.planned_hosts import hosts_of
    from nornir_anyconnect.workflows.soak import drops

    options.text_or_json("verify", output)
    hosts = _inventory(inventory)
    with Run.resume(find_run(run_name, _folder(journal))) as run:
        run.inventory = hosts.inventory.hosts
        nornir = hosts_of(run.plan, hosts, limit)
        names = tuple(nornir.inventory.hosts)
        with _progress(len(names)) as told:
            runner = _one_wave(run.plan, told)
            result = nornir.with_runner(runner).run(task=verify_plan, run=run, on_failed=True)
    code = report(run, result, runner, output, chosen=names)
    return ExitCode.FINDINGS if code is ExitCode.CLEAN and drops(result) else code


def rollback(
    run_name: RunName,
    *,
    inventory: options.Inventory = None,
    limit: options.Limit = None,
    dry_run: DryRun = False,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds a device may take.")] = 300,
    save_foreign_changes: SaveForeign = False,
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
    from nornir_anyconnect.cli.run_report import report
    from nornir_anyconnect.tasks.change_plan import rollback_plan
    from nornir_anyconnect.workflows.planned_hosts import hosts_of

    options.text_or_json("rollback", output)
    hosts = _inventory(inventory)
    with Run.resume(find_run(run_name, _folder(journal))) as run:
        run.inventory = hosts.inventory.hosts
        nornir = hosts_of(run.plan, hosts, limit)
        names = tuple(nornir.inventory.hosts)
        if not dry_run:
            _confirm(len(names), "take back", yes=yes)
        with _progress(len(names)) as told:
            runner = _one_wave(run.plan, told, deadline)
            result = nornir.with_runner(runner).run(
                task=rollback_plan,
                run=run,
                dry_run=dry_run,
                deadline=deadline,
                save_foreign_changes=save_foreign_changes,
                on_failed=True,
            )
    return report(run, result, runner, output, chosen=names)


def _one_wave(plan: "Plan", told: "Callable[[Progress], None] | None", deadline: float = 300) -> "WavesRunner":
    """Ten at a time to the end, whatever happens to one of them."""
    from nornir_anyconnect.runners.waves import WavesRunner
    from nornir_anyconnect.workflows.planned_hosts import chassis, longest

    return WavesRunner(
        canary=0,
        soak=0,
        wave_percent=100,
        wave_size=10,
        max_failures=sys.maxsize,
        deadline=longest(plan, deadline),
        key=chassis(plan),
        on_progress=told,
        on_stop=_tell_stop,
    )


@contextmanager
def _progress(total: int, *, soak: float = 0) -> "Iterator[Callable[[Progress], None]]":
    """A bar on a terminal, a line per device elsewhere."""
    from nornir_anyconnect.cli import progress

    seen = 0
    with progress.hosts(total) as bar:

        def told(now: "Progress") -> None:
            nonlocal seen
            bar.advance(failed=now.failed - seen)
            seen = now.failed
            if not sys.stderr.isatty():
                TERMINAL.note(f"{now.done} done, {now.failed} failed, {now.left} left")
            if soak and now.wave == 0 and now.left and not now.failed:
                TERMINAL.note(f"canary: soaking for {soak:g} seconds before the waves begin")

        yield told


def _tell_stop(why: str) -> None:
    TERMINAL.warning(f"the run stops: {why}; devices in flight are finished or taken back")


def _folder(journal: str | None) -> Path:
    from nornir_anyconnect.change.journal import default_directory, volatile

    folder = Path(journal) if journal else default_directory()
    if volatile(folder):
        TERMINAL.warning(f"the journal folder {folder} is in memory: it will not survive a reboot (see --journal)")
    return folder


def _inventory(inventory: str | None) -> "Nornir":
    from nornir_anyconnect.cli import fleet
    from nornir_anyconnect.settings import load_settings

    return fleet.load(inventory or load_settings().inventory)


def _confirm(count: int, verb: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"nobody was asked whether to {verb} {count} devices", "add --yes, or run it on a terminal")
    sys.stderr.write(f"About to {verb} {count} devices. Type their number to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != str(count):
        raise UsageError("the number of devices was not confirmed", "nothing was sent")


def _settle_unfinished(plan: "Plan", folder: Path, nornir: "Nornir", inventory: "Nornir") -> ExitCode:
    """What a killed run of this plan left in the middle is taken back before another one begins.

    Raises:
        GateError: it was a run of another plan; who applies this one has not seen that one.

    """
    from nornir_anyconnect.change.run import Run, unfinished_runs
    from nornir_anyconnect.cli.run_report import code_of, states, tell
    from nornir_anyconnect.tasks.change_plan import rollback_plan

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
            changes = [each for each in states(plan, result, names) if each.name in names]
            for each in changes:
                TERMINAL.note(str(each))
            tell(changes)
            code = code_of(changes, runner)
        if code not in (ExitCode.CLEAN, ExitCode.REVERTED):
            return code
    return ExitCode.CLEAN


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("apply")(apply)
    app.command("verify")(verify)
    app.command("rollback")(rollback)
