"""``history list | show | diff | trend | report``: earlier audits."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.cli.app import flat
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.workflows.exit_codes import ExitCode

if TYPE_CHECKING:
    from nornir_anyconnect.history.store import History

Url = Annotated[
    str | None, typer.Option("--history", metavar="PATH|URL", help="The history; the settings' or your own by default.")
]
Last = Annotated[int, typer.Option(min=1, help="How many audits.")]
_COUNTS = ("devices", "failed_devices", "at_risk", "mitigated", "safe", "unknown", "confirmed", "users_affected")


@dataclass(frozen=True)
class _Asked:
    """Which history, and how it is printed."""

    history: Url = None
    settings_file: options.SettingsFile = None
    output: options.TextOrJson = "text"

    def opened(self) -> "History":
        """The history that is asked for, or that of the settings."""
        from nornir_anyconnect.history.store import History
        from nornir_anyconnect.settings import load_settings

        options.text_or_json("history", self.output)
        return History(self.history or load_settings(self.settings_file).history, create=False)

    def print(self, data: Any, lines: list[str]) -> None:
        """One of the two."""
        from nornir_anyconnect.workflows.outputs import to_stdout

        if self.output == "json":
            to_stdout(json.dumps(data, indent=2, sort_keys=True) + "\n")
        else:
            to_stdout("".join(f"{harmless(line)}\n" for line in lines))


def _counts(summary: dict[str, int]) -> str:
    return "  ".join(f"{name.replace('_', ' ')} {summary[name]}" for name in _COUNTS if name in summary)


def list_audits(
    *,
    asked: _Asked,
    last: Last = 30,
    _verbosity: options.Verbosity,
) -> None:
    """The kept audits, newest first."""
    from nornir_anyconnect.history.compare import entries

    found = entries(asked.opened(), last)
    data = [{"audit": e.number, "generated_at": e.generated_at, "summary": e.summary} for e in found]
    lines = [f"{e.number:>5}  {e.generated_at}  {_counts(e.summary)}" for e in found]
    asked.print(data, lines or ["the history is empty: keep an audit with --keep"])


def show(
    number: Annotated[int, typer.Argument(metavar="AUDIT", help="Its number, see 'history list'.")],
    *,
    asked: _Asked,
    _verbosity: options.Verbosity,
) -> None:
    """The findings of one kept audit."""
    from nornir_anyconnect.history.compare import rows

    found = rows(asked.opened(), number)
    lines = [
        f"{row['verdict']:<15} {row['device']}{'/' if row['context'] else ''}{row['context']}  {row['scope']} "
        f"{row['name']}  {row['reason']}  TLS {row['tls_mtu'] or '-'}  DTLS {row['dtls_mtu'] or '-'}  "
        f"users hit {row['users']}"
        for row in found
    ]
    asked.print(found, lines or ["this audit has no findings"])


def diff(
    before: Annotated[int | None, typer.Argument(metavar="[BEFORE]", help="The older audit.")] = None,
    after: Annotated[int | None, typer.Argument(metavar="[AFTER]", help="The newer one.")] = None,
    *,
    asked: _Asked,
    _verbosity: options.Verbosity,
) -> int:
    """What is new, fixed, still open or not judged; of the last two audits unless two are named."""
    from nornir_anyconnect.history.compare import diff as compare

    if (before is None) != (after is None):
        raise UsageError("one audit cannot be compared with nothing", "name two audits, or none for the last two")
    found = compare(asked.opened(), before, after)
    names = [f"audit {each.number} ({each.generated_at})" for each in (found.before, found.after)]
    lines = [" -> ".join(names)]
    for title, items in (
        ("new", found.new),
        ("fixed", found.fixed),
        ("not judged", found.not_judged),
        ("still open", found.still_open),
    ):
        lines += [f"{title}: {len(items)}", *(f"  {item}" for item in items)]
    asked.print(found.to_dict(), lines)
    return ExitCode.FINDINGS if found.new else ExitCode.CLEAN


@dataclass(frozen=True)
class _Part:
    """Of which part of the fleet."""

    device: Annotated[str | None, typer.Option(help="Only this device.")] = None
    group_policy: Annotated[str | None, typer.Option(help="Only this group policy.")] = None
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None


def trend(
    *,
    part: _Part,
    asked: _Asked,
    last: Last = 30,
    _verbosity: options.Verbosity,
) -> None:
    """Verdict counts per audit, oldest first, and what keeps coming back."""
    from nornir_anyconnect.history.compare import Part, flapping
    from nornir_anyconnect.history.compare import trend as points_of

    opened = asked.opened()
    chosen = Part(part.device, part.group_policy, part.site)
    points = points_of(opened, chosen, last)
    again = flapping(opened, [point.audit for point in points], chosen)
    data = {
        "points": [{"audit": p.audit, "generated_at": p.generated_at, "counts": p.counts} for p in points],
        "flapping": [{**item.to_dict(), "opened": times} for item, times in again.items()],
    }
    top = max((p.counts.get("at_risk", 0) for p in points), default=0)
    lines = [
        f"{p.generated_at}  at risk {p.counts.get('at_risk', 0):>6}  "
        + "#" * round(40 * p.counts.get("at_risk", 0) / (top or 1))
        for p in points
    ]
    lines += [f"flapping: {item}, opened {times} times" for item, times in again.items()]
    asked.print(data, lines or ["the history is empty: keep an audit with --keep"])


def report(
    *,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder that the pages are written into.")],
    history: Url = None,
    settings_file: options.SettingsFile = None,
    last: Last = 30,
    _verbosity: options.Verbosity,
) -> None:
    """Static pages: the trend, what is new and fixed since when, and one page per device."""
    from pathlib import Path

    from nornir_anyconnect.history.pages import pages
    from nornir_anyconnect.workflows.outputs import write_page
    from nornir_anyconnect.workflows.terminal import TERMINAL

    folder = Path(out)
    number = 0
    for name, text in pages(_Asked(history, settings_file).opened(), last):
        write_page(folder / name, text)
        number += 1
    TERMINAL.note(f"written: {folder / 'index.html'} and {number - 1} page(s) of devices")


history = typer.Typer(help="Earlier audits: what is new, fixed, still open.", rich_markup_mode=None)
history.command("list")(flat(list_audits))
history.command("show")(flat(show))
history.command("diff")(flat(diff))
history.command("trend")(flat(trend))
history.command("report")(flat(report))
