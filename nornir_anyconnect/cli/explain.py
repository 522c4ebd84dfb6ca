"""``explain``: one finding taken apart, with this box's own numbers."""

from dataclasses import dataclass
from typing import Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.workflows.exit_codes import ExitCode


@dataclass(frozen=True)
class _Asked:
    """Which finding is taken apart."""

    tunnel_group: Annotated[
        str | None, typer.Option("--tunnel-group", metavar="NAME", help="The tunnel group; the worst finding without.")
    ] = None
    host: Annotated[
        str | None, typer.Option("--host", metavar="NAME", help="A host of the inventory, in place of PATH.")
    ] = None
    inventory: options.Inventory = None


@dataclass(frozen=True)
class _Shown:
    """How it is shown."""

    pseudonymise_users: options.Pseudonymise = False
    settings_file: options.SettingsFile = None
    output: options.TextOrJson = "text"


def explain(
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="A running-config, or - .")] = None,
    *,
    asked: _Asked,
    evidence: options.GivenEvidence,
    judging: options.Judging,
    shown: _Shown,
    _verbosity: options.Verbosity,
) -> int:
    """Take one finding apart: the derivation, the reconnect as a timeline, the cause, and what each fix changes."""
    if (path is None) == (asked.host is None):
        raise UsageError("explain takes one PATH, or a --host of the inventory", "give one of the two")
    options.text_or_json("explain", shown.output)
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.report import FailOn
    from nornir_anyconnect.report.screen import on_screen
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.explain_finding import ExplainOptions, explain_host, explain_saved
    from nornir_anyconnect.workflows.known_changes import KnownChanges
    from nornir_anyconnect.workflows.outputs import Output, style, to_stdout

    settings = load_settings(shown.settings_file)
    how = ExplainOptions(
        judging=judging.under(settings),
        tunnel_group=asked.tunnel_group,
        pseudonymise=shown.pseudonymise_users or settings.pseudonymise_users,
        evidence=progress.evidence(evidence.files, single=True),
        known=KnownChanges(settings.history),
    )
    if asked.host is None:
        explained = explain_saved(str(path), how)
    else:
        explained = explain_host(asked.host, asked.inventory or settings.inventory, how)
    if shown.output == "json":
        to_stdout(explained.to_json())
    else:
        to_stdout(on_screen(explained.to_text(), style(Output("text", None), FailOn.NEVER)))
    return ExitCode.CLEAN if explained.device.status == "ok" else ExitCode.NOT_WHOLLY
