"""``explain``: one finding taken apart, with this box's own numbers."""

from typing import Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.workflows.exit_codes import ExitCode


def explain(
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="A running-config, or - .")] = None,
    *,
    tunnel_group: Annotated[
        str | None, typer.Option("--tunnel-group", metavar="NAME", help="The tunnel group; the worst finding without.")
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", metavar="NAME", help="A host of the inventory, in place of PATH.")
    ] = None,
    inventory: options.Inventory = None,
    syslog: options.Syslog = None,
    client_log: options.ClientLog = None,
    debug_log: options.DebugLog = None,
    probe: options.ProbeFile = None,
    assume_complete: options.AssumeComplete = False,
    assume: options.Assume = None,
    ip_version: options.IpVersion = 4,
    client_mtu: options.ClientMtu = 1500,
    client: options.Client = "secure-client-5",
    pseudonymise_users: options.Pseudonymise = False,
    settings_file: options.SettingsFile = None,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Take one finding apart: the derivation, the reconnect as a timeline, the cause, and what each fix changes."""
    if (path is None) == (host is None):
        raise UsageError("explain takes one PATH, or a --host of the inventory", "give one of the two")
    options.text_or_json("explain", output)
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.evidence_files import EvidenceFiles
    from nornir_anyconnect.workflows.explain_finding import explain_host, explain_saved
    from nornir_anyconnect.workflows.known_changes import KnownChanges
    from nornir_anyconnect.workflows.outputs import to_stdout

    settings = load_settings(settings_file)
    judging = options.judging(
        assume or settings.assume, ip_version, complete=assume_complete, client_mtu=client_mtu, client=client
    )
    hidden = pseudonymise_users or settings.pseudonymise_users
    files = EvidenceFiles(syslog or (), client_log or (), debug_log or (), probe or ())
    evidence = progress.evidence(files, single=True)
    known = KnownChanges(settings.history)
    if host is None:
        explained = explain_saved(str(path), tunnel_group, judging, evidence, pseudonymise=hidden, known=known)
    else:
        asked = inventory or settings.inventory
        explained = explain_host(host, asked, tunnel_group, judging, evidence, pseudonymise=hidden, known=known)
    to_stdout(explained.to_json() if output == "json" else explained.to_text())
    return ExitCode.CLEAN if explained.device.status == "ok" else ExitCode.NOT_WHOLLY


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("explain")(explain)
