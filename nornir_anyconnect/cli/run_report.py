"""How a run ended, printed: every device of the plan in one state, in words or as JSON."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.run import SCHEMA
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.workflows.change_run import tell_who_needs_somebody
from nornir_anyconnect.workflows.outputs import to_stdout
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nornir_anyconnect.change.outcome import HostChange
    from nornir_anyconnect.change.run import Run
    from nornir_anyconnect.workflows.change_run import RunEnd
    from nornir_anyconnect.workflows.exit_codes import ExitCode

_ACCENT = {
    State.APPLIED: "green",
    State.VERIFIED: "green",
    State.ROLLED_BACK: "green",
    State.REVERTED: "yellow",
    State.REFUSED: "yellow",
    State.FAILED: "red",
    State.INDETERMINATE: "red",
}


def report(end: RunEnd, output: str) -> ExitCode:
    """Print how a run ended, name on standard error what needs somebody, and return the exit code."""
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


def _lines(run: Run, changes: Sequence[HostChange]) -> Iterator[str]:
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
        yield f"  {len(changes) - len(shown)} more in the plan, which changes nothing on them: {names}"


def _users(change: HostChange) -> Iterator[str]:
    """What befell the users of every changed policy before the change and since."""
    if change.after is None:
        return
    yield _row("group policy", "", ("sessions", "TLS only", "came up", "dropped", "reconnects", "users hit"))
    for policy, after in change.after.items():
        for when, counts in (("before", (change.before or {}).get(policy)), ("since", after)):
            if counts is not None:
                yield _row(policy, when, (counts.get(key, 0) for key in _COUNTED))


_COUNTED = ("sessions", "tls_only", "came_up", "large_packets", "reconnects", "hit")


def _row(policy: str, when: str, cells: Iterable[object]) -> str:
    return harmless(f"      {policy:<20} {when:<6}" + "".join(f"{cell!s:>11}" for cell in cells))


def _coloured(state: State) -> str:
    plain = not sys.stdout.isatty() or not TERMINAL.color or "NO_COLOR" in os.environ
    accent = _ACCENT.get(state)
    return str(state) if plain or accent is None else typer.style(str(state), fg=accent)
