"""``history list | show | diff | trend``: earlier audits."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nornir_anyconnect.cli import options
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


def _open(url: str | None, settings_file: str | None, output: str) -> "History":
    from nornir_anyconnect.history.store import History
    from nornir_anyconnect.settings import load_settings

    options.text_or_json("history", output)
    return History(url or load_settings(settings_file).history, create=False)


def _print(output: str, data: Any, lines: list[str]) -> None:
    from nornir_anyconnect.workflows.outputs import to_stdout

    if output == "json":
        to_stdout(json.dumps(data, indent=2, sort_keys=True) + "\n")
    else:
        to_stdout("".join(f"{harmless(line)}\n" for line in lines))


def _counts(summary: dict[str, int]) -> str:
    return "  ".join(f"{name.replace('_', ' ')} {summary[name]}" for name in _COUNTS if name in summary)


def list_audits(
    *,
    history: Url = None,
    settings_file: options.SettingsFile = None,
    output: options.TextOrJson = "text",
    last: Last = 30,
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> None:
    """The kept audits, newest first."""
    from nornir_anyconnect.history.compare import entries

    found = entries(_open(history, settings_file, output), last)
    data = [{"audit": e.number, "generated_at": e.generated_at, "summary": e.summary} for e in found]
    lines = [f"{e.number:>5}  {e.generated_at}  {_counts(e.summary)}" for e in found]
    _print(output, data, lines or ["the history is empty: keep an audit with --keep"])


def show(
    number: Annotated[int, typer.Argument(metavar="AUDIT", help="Its number, see 'history list'.")],
    *,
    history: Url = None,
    settings_file: options.SettingsFile = None,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> None:
    """The findings of one kept audit."""
    from nornir_anyconnect.history.compare import rows

    found = rows(_open(history, settings_file, output), number)
    lines = [
        f"{row['verdict']:<15} {row['device']}{'/' if row['context'] else ''}{row['context']}  {row['scope']} "
        f"{row['name']}  {row['reason']}  TLS {row['tls_mtu'] or '-'}  DTLS {row['dtls_mtu'] or '-'}  "
        f"users hit {row['users']}"
        for row in found
    ]
    _print(output, found, lines or ["this audit has no findings"])


def diff(
    before: Annotated[int | None, typer.Argument(metavar="[BEFORE]", help="The older audit.")] = None,
    after: Annotated[int | None, typer.Argument(metavar="[AFTER]", help="The newer one.")] = None,
    *,
    history: Url = None,
    settings_file: options.SettingsFile = None,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """What is new, fixed, still open or not judged; of the last two audits unless two are named."""
    from nornir_anyconnect.history.compare import diff as compare

    if (before is None) != (after is None):
        raise UsageError("one audit cannot be compared with nothing", "name two audits, or none for the last two")
    found = compare(_open(history, settings_file, output), before, after)
    names = [f"audit {each.number} ({each.generated_at})" for each in (found.before, found.after)]
    lines = [" -> ".join(names)]
    for title, items in (
        ("new", found.new),
        ("fixed", found.fixed),
        ("not judged", found.not_judged),
        ("still open", found.still_open),
    ):
        lines += [f"{title}: {len(items)}", *(f"  {item}" for item in items)]
    _print(output, found.to_dict(), lines)
    return ExitCode.FINDINGS if found.new else ExitCode.CLEAN


def trend(
    *,
    device: Annotated[str | None, typer.Option(help="Only this device.")] = None,
    group_policy: Annotated[str | None, typer.Option(help="Only this group policy.")] = None,
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    history: Url = None,
    settings_file: options.SettingsFile = None,
    output: options.TextOrJson = "text",
    last: Last = 30,
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> None:
    """Verdict counts per audit, oldest first, and what keeps coming back."""
    from nornir_anyconnect.history.compare import flapping
    from nornir_anyconnect.history.compare import trend as points_of

    opened = _open(history, settings_file, output)
    points = points_of(opened, device=device, group_policy=group_policy, site=site, limit=last)
    again = flapping(opened, [point.audit for point in points], device=device, group_policy=group_policy, site=site)
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
    _print(output, data, lines or ["the history is empty: keep an audit with --keep"])


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    family = typer.Typer(help="Earlier audits: what is new, fixed, still open.", rich_markup_mode=None)
    family.command("list")(list_audits)
    family.command("show")(show)
    family.command("diff")(diff)
    family.command("trend")(trend)
    app.add_typer(family, name="history")
