"""How a run ended: every device of the plan in one state, in words, as JSON and as an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from nornir_anyconnect.change.host import HostChange
from nornir_anyconnect.change.outcome import Outcome, State
from nornir_anyconnect.change.run import SCHEMA
from nornir_anyconnect.cli import outputs
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.errors import NotStartedError
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from nornir.core.task import AggregatedResult

    from nornir_anyconnect.change.planned import Plan
    from nornir_anyconnect.change.run import Run
    from nornir_anyconnect.runners.waves import WavesRunner

_CODES = {
    State.INDETERMINATE: ExitCode.INDETERMINATE,
    State.REVERTED: ExitCode.REVERTED,
    State.FAILED: ExitCode.NOT_WHOLLY,
    State.REFUSED: ExitCode.NOT_WHOLLY,
}
_ACCENT = {
    State.APPLIED: "green",
    State.VERIFIED: "green",
    State.ROLLED_BACK: "green",
    State.REVERTED: "yellow",
    State.REFUSED: "yellow",
    State.FAILED: "red",
    State.INDETERMINATE: "red",
}
_NOT_PLANNED = "the plan changes nothing here"


def report(
    run: Run, result: AggregatedResult, runner: WavesRunner, output: str, *, chosen: Collection[str]
) -> ExitCode:
    """Print the result, name on standard error what needs somebody, and return the exit code.

    Args:
        run: that has just ended.
        result: of its Nornir task.
        runner: that ran it.
        output: ``text`` or ``json``.
        chosen: names of the hosts that it was to work on.

    """
    changes = states(run.plan, result, chosen)
    if output == "json":
        data: dict[str, Any] = {"schema": SCHEMA, "run": run.name, "plan": run.plan.id, "dry_run": run.rehearsal}
        data["devices"] = [each.to_dict() for each in changes]
        if runner.stopped:
            data["stopped"] = runner.stopped
        text = json.dumps(data, indent=2) + "\n"
    else:
        text = "\n".join(_lines(run, changes)) + "\n"
    outputs.to_stdout(text)
    tell(changes)
    if run.not_written is not None:
        TERMINAL.error(run.not_written.cause, run.not_written.remedy)
    if not run.rehearsal:
        TERMINAL.note(f"run {run.name}, last hash of its journal {run.journal.head}")
    return code_of(changes, runner)


def tell(changes: list[HostChange]) -> None:
    """Name on standard error what is in doubt, with the lines to type, and what is not saved."""
    for each in changes:
        if each.outcome.state is State.INDETERMINATE:
            TERMINAL.error(f"{each} - to take it back, type after configure terminal:", "")
            for line in each.outcome.lines:
                TERMINAL.warning(f"    {line}")
        elif _unsaved(each):
            TERMINAL.warning(f"{each}")


def code_of(changes: list[HostChange], runner: WavesRunner) -> ExitCode:
    """The exit code of a run."""
    codes = [_CODES.get(each.outcome.state, ExitCode.CLEAN) for each in changes]
    codes += [ExitCode.NOT_WHOLLY for each in changes if _unsaved(each)]
    if runner.stopped and any(each.outcome.state is State.NOT_STARTED for each in changes):
        codes.append(ExitCode.NOT_WHOLLY)
    code = highest(codes)
    if runner.interrupted and code is not ExitCode.INDETERMINATE:
        return ExitCode.INTERRUPTED
    return code


def _unsaved(change: HostChange) -> bool:
    return "unsaved: " in change.outcome.reason


def states(plan: Plan, result: AggregatedResult, chosen: Collection[str] | None = None) -> list[HostChange]:
    """Every device of the plan in exactly one state, in the plan's order; ``chosen`` are the hosts of this run."""
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
    ended = []
    for each in plan.devices:
        if not each.fixes:
            default = Outcome(State.UNCHANGED, _NOT_PLANNED)
        elif chosen is not None and each.name not in chosen:
            default = Outcome(State.NOT_STARTED, "it is not in --limit")
        else:
            default = why.get(each.name, Outcome(State.NOT_STARTED, "an earlier context of this box needs somebody"))
        ended.append(found.get(each.key, HostChange(each.name, each.context, default)))
    return ended


def _lines(run: Run, changes: list[HostChange]) -> Iterator[str]:
    shown = [each for each in changes if each.outcome.reason != _NOT_PLANNED]
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
        yield f"  {len(changes) - len(shown)} more in the plan, which changes nothing on them: {names}"


def _users(change: HostChange) -> Iterator[str]:
    """What befell the users of every changed policy before the change and since."""
    if change.after is None:
        return
    yield _row("group policy", "", ("sessions", "TLS only", "came up", "dropped", "reconnects"))
    for policy, after in change.after.items():
        for when, counts in (("before", (change.before or {}).get(policy)), ("since", after)):
            if counts is not None:
                yield _row(policy, when, (counts.get(key, 0) for key in _COUNTED))


_COUNTED = ("sessions", "tls_only", "came_up", "large_packets", "reconnects")


def _row(policy: str, when: str, cells: Iterable[object]) -> str:
    return harmless(f"      {policy:<20} {when:<6}" + "".join(f"{cell!s:>11}" for cell in cells))


def _coloured(state: State) -> str:
    plain = not sys.stdout.isatty() or not TERMINAL.color or "NO_COLOR" in os.environ
    accent = _ACCENT.get(state)
    return str(state) if plain or accent is None else typer.style(str(state), fg=accent)
