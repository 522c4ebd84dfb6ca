"""``apply``, ``verify``, ``rollback``: the only commands that can change a device, and how a run of them ended."""

import json
import os
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.masking import without_secrets
from nornir_anyconnect.report.sanitise import harmless, pasteable
from nornir_anyconnect.report.sentences import count as how_many
from nornir_anyconnect.workflows.exit_codes import ExitCode
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nornir.core import Nornir

    from nornir_anyconnect.change.outcome import HostChange
    from nornir_anyconnect.change.run import Run
    from nornir_anyconnect.runners.waves import Progress
    from nornir_anyconnect.workflows.change_run import ApplyOptions, RunEnd

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


@dataclass(frozen=True)
class _Hosts:
    """Which hosts of a plan, and the inventory that holds them."""

    inventory: options.Inventory = None
    limit: options.Limit = None
    _ask_pass: options.AskPass = False

    def all(self) -> "Nornir":
        """All hosts of the inventory."""
        from nornir_anyconnect.settings import load_settings
        from nornir_anyconnect.workflows.inventory import inventory_of

        return inventory_of(self.inventory or load_settings().inventory)


@dataclass(frozen=True)
class _Asked:
    """Whether anybody is asked first, where the journal is kept, and how the result is printed."""

    yes: Yes = False
    journal: JournalFolder = None
    output: options.TextOrJson = "text"


@dataclass(frozen=True)
class _Looking:
    """The same for who only looks."""

    journal: JournalFolder = None
    host_timeout: options.HostTimeout = 300
    output: options.TextOrJson = "text"


@dataclass(frozen=True)
class _Carrying:
    """How a plan is carried out."""

    dry_run: DryRun = False
    canary: Annotated[int, typer.Option(min=0, help="Devices changed first, alone.")] = 1
    canary_host: Annotated[
        str | None, typer.Option("--canary-host", metavar="HOST", help="The device that is changed first.")
    ] = None
    wave_percent: Annotated[float, typer.Option(min=0.1, max=100, help="Size of a wave, percent of all.")] = 10
    wave_size: Annotated[int, typer.Option(min=1, help="The most devices in one wave.")] = 10
    max_failures: Annotated[int, typer.Option(min=0, help="Failed devices that are tolerated.")] = 0
    soak: Annotated[float, typer.Option(min=0, help="Seconds between the canary and the waves.")] = 300
    deadline: Annotated[float, typer.Option(min=1, help="Seconds a device may take before it is taken back.")] = 300
    stop_file: Annotated[str | None, typer.Option(help="The run stops before the next device once it exists.")] = None
    save: Annotated[str, typer.Option(metavar="never|verified", help="write memory after the read-back.")] = "never"
    save_foreign_changes: SaveForeign = False
    ticket: Annotated[str | None, typer.Option(help="Number of the change request, for the journal.")] = None

    @property
    def understood(self) -> "ApplyOptions":
        """The same for the workflow.

        Raises:
            UsageError: ``--save`` is neither of its words.

        """
        from nornir_anyconnect.change.transaction import Saving
        from nornir_anyconnect.workflows.change_run import ApplyOptions

        if self.save not in SAVE:
            raise UsageError(f"--save {self.save} is not known", f"use one of {', '.join(SAVE)}")
        return ApplyOptions(
            canary=self.canary,
            canary_host=self.canary_host,
            wave_percent=self.wave_percent,
            wave_size=self.wave_size,
            max_failures=self.max_failures,
            soak=self.soak,
            deadline=self.deadline,
            stop_file=self.stop_file,
            saving=Saving(wanted=self.save == "verified", foreign_changes=self.save_foreign_changes),
            ticket=self.ticket,
            dry_run=self.dry_run,
        )


@dataclass(frozen=True)
class _TakingBack:
    """How a run is taken back."""

    dry_run: DryRun = False
    deadline: Annotated[float, typer.Option(min=1, help="Seconds a device may take.")] = 300
    save_foreign_changes: SaveForeign = False


def apply(
    plan_file: Annotated[str, typer.Argument(metavar="PLAN", help="What 'plan --out' wrote.")],
    *,
    hosts: _Hosts,
    carrying: _Carrying,
    asked: _Asked,
    _verbosity: options.Verbosity,
) -> int:
    """Carry out exactly that plan: canary, soak, waves; anything doubtful is taken back."""
    from nornir_anyconnect.change.plan.file import load_plan
    from nornir_anyconnect.workflows.change_run import apply_run, intent, settle_unfinished
    from nornir_anyconnect.workflows.inventory import planned_hosts

    options.text_or_json("apply", asked.output)
    how = carrying.understood
    plan = load_plan(Path(plan_file))
    everyone = hosts.all()
    nornir = planned_hosts(plan, everyone, hosts.limit)
    count = len(nornir.inventory.hosts)
    folder = _folder(asked.journal)
    if not how.dry_run:
        _confirm(count, "change", yes=asked.yes, what=intent(tuple(nornir.inventory.hosts), how))
        code = settle_unfinished(plan, folder, nornir, everyone)
        if code is not ExitCode.CLEAN:
            return code
    with _progress(count, soak=0 if how.dry_run else how.soak) as told:
        end = apply_run(plan, nornir, everyone, how, folder=folder, on_progress=told)
    code = _report(end, asked.output)
    if end.changed and not how.dry_run:
        said = {"inventory": hosts.inventory, "journal": asked.journal}
        where = [word for name, given in said.items() if given for word in (f"--{name}", str(given))]

        def command(verb: str) -> str:
            return pasteable(("nornir-anyconnect", verb, end.run.name, *where))

        TERMINAL.note(f"look at the users later: {command('verify')}")
        if not how.saving.wanted:
            TERMINAL.note("nothing was saved (--save never): a reload takes the device back to what it was")
        TERMINAL.note(f"take it back: {command('rollback')}")
    return code


def verify(
    run_name: RunName,
    *,
    hosts: _Hosts,
    looking: _Looking,
    _verbosity: options.Verbosity,
) -> int:
    """Is the configuration as intended, and what happened to the users since? Changes nothing."""
    from nornir_anyconnect.workflows.change_run import drops, open_run, verify_run
    from nornir_anyconnect.workflows.inventory import planned_hosts

    options.text_or_json("verify", looking.output)
    everyone = hosts.all()
    with open_run(run_name, _folder(looking.journal)) as run:
        nornir = planned_hosts(run.plan, everyone, hosts.limit)
        with _progress(len(nornir.inventory.hosts)) as told:
            end = verify_run(run, nornir, everyone, host_timeout=looking.host_timeout, on_progress=told)
    code = _report(end, looking.output)
    return ExitCode.FINDINGS if code is ExitCode.CLEAN and drops(end.changes) else code


def rollback(
    run_name: RunName,
    *,
    hosts: _Hosts,
    taking_back: _TakingBack,
    asked: _Asked,
    _verbosity: options.Verbosity,
) -> int:
    """Take a run back, device by device, where the device still shows what the run wrote."""
    from nornir_anyconnect.workflows.change_run import RollbackOptions, open_run, rollback_run
    from nornir_anyconnect.workflows.inventory import planned_hosts

    options.text_or_json("rollback", asked.output)
    everyone = hosts.all()
    with open_run(run_name, _folder(asked.journal)) as run:
        nornir = planned_hosts(run.plan, everyone, hosts.limit)
        count = len(nornir.inventory.hosts)
        if not taking_back.dry_run:
            _confirm(count, "take back", yes=asked.yes)
        with _progress(count) as told:
            how = RollbackOptions(taking_back.dry_run, taking_back.deadline, taking_back.save_foreign_changes)
            end = rollback_run(run, nornir, everyone, how, on_progress=told)
    return _report(end, asked.output)


@contextmanager
def _progress(total: int, *, soak: float = 0) -> "Iterator[Callable[[Progress], None]]":
    """A bar on a terminal, a line per device elsewhere."""
    from nornir_anyconnect.cli import progress

    seen = 0
    with progress.hosts(total) as bar:

        def told(now: "Progress") -> None:
            nonlocal seen
            bar.ended(now.failed > seen)
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


def _confirm(count: int, verb: str, *, yes: bool, what: str = "") -> None:
    if yes:
        return
    devices = how_many(count, "device")
    if not sys.stdin.isatty():
        raise UsageError(f"nobody was asked whether to {verb} {devices}", "add --yes, or run it on a terminal")
    told = without_secrets(harmless(f" ({what})")) if what else ""
    sys.stderr.write(f"About to {verb} {devices}{told}. Type their number to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != str(count):
        raise UsageError("the number of devices was not confirmed", "nothing was sent")


# ---- how a run ended ---------------------------------------------------------------------------------

_ACCENT = {
    State.APPLIED: "green",
    State.VERIFIED: "green",
    State.ROLLED_BACK: "green",
    State.REVERTED: "yellow",
    State.REFUSED: "yellow",
    State.FAILED: "red",
    State.INDETERMINATE: "red",
}


def _report(end: "RunEnd", output: str) -> ExitCode:
    """Print how a run ended, name on standard error what needs somebody, and return the exit code."""
    from nornir_anyconnect.change.run import SCHEMA
    from nornir_anyconnect.workflows.change_run import tell_who_needs_somebody
    from nornir_anyconnect.workflows.outputs import to_stdout

    run = end.run
    if output == "json":
        data: dict[str, Any] = {"schema": SCHEMA, "run": run.name, "plan": run.plan.id, "dry_run": run.rehearsal}
        data["devices"] = [each.to_dict() for each in end.changes]
        if end.stopped:
            data["stopped"] = end.stopped
        text = json.dumps(data, indent=2) + "\n"
    else:
        text = "\n".join(_lines(run, end.changes)) + "\n"
    to_stdout(text)
    tell_who_needs_somebody(end.changes)
    if end.nothing_to_take_back:
        TERMINAL.warning(f"nothing was taken back: run {run.name} left no change on these devices")
    if run.not_written is not None:
        TERMINAL.error(run.not_written.cause, run.not_written.remedy)
    if not run.rehearsal:
        TERMINAL.note(f"run {run.name}, last hash of its journal {run.journal.head}")
    return end.code


def _lines(run: "Run", changes: "Sequence[HostChange]") -> "Iterator[str]":
    shown = [each for each in changes if not each.outcome.not_planned]
    if run.rehearsal:
        yield "dry run: nothing was sent"
    else:
        counted = Counter(each.outcome.state for each in shown)
        yield f"run {run.name}: {', '.join(f'{number} {state}' for state, number in counted.items())}"
    for each in shown:
        reason = harmless(f" ({each.outcome.reason})") if each.outcome.reason else ""
        yield f"  {harmless(each.label)}: {_coloured(each.outcome.state)}{reason}"
        yield from (f"      {harmless(line)}" for line in each.outcome.lines)
        yield from _users(each)
    if len(changes) > len(shown):
        names = ", ".join(harmless(each.label) for each in changes if each not in shown)
        yield f"  {len(changes) - len(shown)} more in the plan, which changes nothing there: {names}"


def _users(change: "HostChange") -> "Iterator[str]":
    """What befell the users of every changed policy before the change and since."""
    if change.after is None:
        return
    yield _row("group policy", "", ("sessions", "TLS only", "came up", "dropped", "reconnects", "users hit"))
    for policy, after in change.after.items():
        for when, counts in (("before", (change.before or {}).get(policy)), ("since", after)):
            if counts is not None:
                yield _row(policy, when, (counts.get(key, 0) for key in _COUNTED))


_COUNTED = ("sessions", "tls_only", "came_up", "large_packets", "reconnects", "hit")


def _row(policy: str, when: str, cells: "Iterable[object]") -> str:
    return harmless(f"      {policy:<20} {when:<6}" + "".join(f"{cell!s:>11}" for cell in cells))


def _coloured(state: State) -> str:
    plain = not sys.stdout.isatty() or not TERMINAL.color or "NO_COLOR" in os.environ
    accent = _ACCENT.get(state)
    return str(state) if plain or accent is None else typer.style(str(state), fg=accent)
