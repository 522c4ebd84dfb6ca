"""``apply``, ``verify``, ``rollback``: the only commands that can change a device, and how it is looked after."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.masking import without_secrets
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.workflows.exit_codes import ExitCode
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nornir.core import Nornir

    from nornir_anyconnect.runners.waves import Progress

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
    _ask_pass: options.AskPass = False,
    dry_run: DryRun = False,
    canary: Annotated[int, typer.Option(min=0, help="Devices changed first, alone.")] = 1,
    canary_host: Annotated[
        str | None, typer.Option("--canary-host", metavar="HOST", help="The device that is changed first.")
    ] = None,
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
    from nornir_anyconnect.change.plan.file import load_plan
    from nornir_anyconnect.change.transaction import Saving
    from nornir_anyconnect.cli.run_report import report
    from nornir_anyconnect.workflows.change_run import ApplyOptions, apply_run, intent, settle_unfinished
    from nornir_anyconnect.workflows.inventory import planned_hosts

    options.text_or_json("apply", output)
    if save not in SAVE:
        raise UsageError(f"--save {save} is not known", f"use one of {', '.join(SAVE)}")
    how = ApplyOptions(
        canary=canary,
        canary_host=canary_host,
        wave_percent=wave_percent,
        wave_size=wave_size,
        max_failures=max_failures,
        soak=soak,
        deadline=deadline,
        stop_file=stop_file,
        saving=Saving(wanted=save == "verified", foreign_changes=save_foreign_changes),
        ticket=ticket,
        dry_run=dry_run,
    )
    plan = load_plan(Path(plan_file))
    hosts = _inventory(inventory)
    nornir = planned_hosts(plan, hosts, limit)
    count = len(nornir.inventory.hosts)
    folder = _folder(journal)
    if not dry_run:
        _confirm(count, "change", yes=yes, what=intent(tuple(nornir.inventory.hosts), how))
        code = settle_unfinished(plan, folder, nornir, hosts)
        if code is not ExitCode.CLEAN:
            return code
    with _progress(count, soak=0 if dry_run else soak) as told:
        end = apply_run(plan, nornir, hosts, how, folder=folder, on_progress=told)
    code = report(end, output)
    if end.changed and not dry_run:
        where = "".join(
            f" --{name} {given}" for name, given in (("inventory", inventory), ("journal", journal)) if given
        )
        TERMINAL.note(f"look at the users later: nornir-anyconnect verify {end.run.name}{where}")
        if not how.saving.wanted:
            TERMINAL.note("nothing was saved (--save never): a reload takes the device back to what it was")
        TERMINAL.note(f"take it back: nornir-anyconnect rollback {end.run.name}{where}")
    return code


def verify(
    run_name: RunName,
    *,
    inventory: options.Inventory = None,
    limit: options.Limit = None,
    _ask_pass: options.AskPass = False,
    journal: JournalFolder = None,
    host_timeout: options.HostTimeout = 300,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Is the configuration as intended, and what happened to the users since? Changes nothing."""
    from nornir_anyconnect.cli.run_report import report
    from nornir_anyconnect.workflows.change_run import drops, open_run, verify_run
    from nornir_anyconnect.workflows.inventory import planned_hosts

    options.text_or_json("verify", output)
    hosts = _inventory(inventory)
    with open_run(run_name, _folder(journal)) as run:
        nornir = planned_hosts(run.plan, hosts, limit)
        with _progress(len(nornir.inventory.hosts)) as told:
            end = verify_run(run, nornir, hosts, host_timeout=host_timeout, on_progress=told)
    code = report(end, output)
    return ExitCode.FINDINGS if code is ExitCode.CLEAN and drops(end.changes) else code


def rollback(
    run_name: RunName,
    *,
    inventory: options.Inventory = None,
    limit: options.Limit = None,
    _ask_pass: options.AskPass = False,
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
    from nornir_anyconnect.cli.run_report import report
    from nornir_anyconnect.workflows.change_run import open_run, rollback_run
    from nornir_anyconnect.workflows.inventory import planned_hosts

    options.text_or_json("rollback", output)
    hosts = _inventory(inventory)
    with open_run(run_name, _folder(journal)) as run:
        nornir = planned_hosts(run.plan, hosts, limit)
        count = len(nornir.inventory.hosts)
        if not dry_run:
            _confirm(count, "take back", yes=yes)
        with _progress(count) as told:
            end = rollback_run(
                run,
                nornir,
                hosts,
                dry_run=dry_run,
                deadline=deadline,
                save_foreign_changes=save_foreign_changes,
                on_progress=told,
            )
    return report(end, output)


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


def _folder(journal: str | None) -> Path:
    from nornir_anyconnect.change.journal import default_directory, volatile

    folder = Path(journal) if journal else default_directory()
    if volatile(folder):
        TERMINAL.warning(f"the journal folder {folder} is in memory: it will not survive a reboot (see --journal)")
    return folder


def _inventory(inventory: str | None) -> "Nornir":
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.inventory import load_inventory

    return load_inventory(inventory or load_settings().inventory)


def _confirm(count: int, verb: str, *, yes: bool, what: str = "") -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"nobody was asked whether to {verb} {count} devices", "add --yes, or run it on a terminal")
    told = without_secrets(harmless(f" ({what})")) if what else ""
    sys.stderr.write(f"About to {verb} {count} devices{told}. Type their number to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != str(count):
        raise UsageError("the number of devices was not confirmed", "nothing was sent")


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("apply")(apply)
    app.command("verify")(verify)
    app.command("rollback")(rollback)
