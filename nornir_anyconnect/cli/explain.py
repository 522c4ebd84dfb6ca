"""``explain``: one finding taken apart, with this box's own numbers."""

from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import SourceError, UsageError
from nornir_anyconnect.workflows.exit_codes import ExitCode

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.sources.configs import ConfigText


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
    assume_complete: options.AssumeComplete = False,
    assume: options.Assume = None,
    ip_version: options.IpVersion = 4,
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
    from nornir_anyconnect.cli.evidence import names_of, read_evidence
    from nornir_anyconnect.cli.outputs import to_stdout
    from nornir_anyconnect.report import explanation
    from nornir_anyconnect.workflows.finish_audit import settings_of

    settings = settings_of(settings_file)
    judging = options.judging(assume or settings.assume, ip_version, complete=assume_complete)
    evidence = read_evidence(syslog or (), client_log or (), debug_log or (), single=True)
    if path is not None:
        from nornir_anyconnect.asa.parser import parse
        from nornir_anyconnect.assess import assess_text

        source = _one_text(path)
        seen = evidence.of(names_of(source.name, source.text)) if evidence else None
        device = assess_text(source.text, source.name, observations=seen, options=judging, path=source.path)
        config = parse(source.text)
    else:
        from nornir_anyconnect.assess import assess_config
        from nornir_anyconnect.cli.fleet import seen_on_host
        from nornir_anyconnect.evidence.device_output.observe import merge

        config, seen = seen_on_host(str(host), inventory or settings.inventory)
        if evidence:
            seen = merge(seen, evidence.of([str(host), config.hostname or str(host)]))
        device = assess_config(config, str(host), seen, judging)
    finding = _finding(device, tunnel_group)
    group = seen.groups.get(finding.group_policy or "") if seen else None
    if pseudonymise_users or settings.pseudonymise_users:
        from nornir_anyconnect.report.pseudonyms import Pseudonyms

        at = device.findings.index(finding)
        device = Pseudonyms().device(device)
        finding = device.findings[at]
    explained = explanation.explain(config, device, finding, group)
    to_stdout(explained.to_json() if output == "json" else explained.to_text())
    return ExitCode.CLEAN if device.status == "ok" else ExitCode.NOT_WHOLLY


def _one_text(path: str) -> "ConfigText":
    from nornir_anyconnect.sources.configs import Unread, config_texts

    found = [each for each in config_texts([path]) if not (isinstance(each, Unread) and each.left_out)]
    if len(found) != 1:
        raise SourceError(f"{path} holds {len(found)} files", "name the one configuration to explain")
    (source,) = found
    if isinstance(source, Unread):
        raise SourceError(source.cause, source.remedy)
    return source


def _finding(device: "DeviceAudit", tunnel_group: str | None) -> "Finding":
    found = [each for each in device.findings if tunnel_group is None or each.name == tunnel_group]
    found.sort(key=lambda each: each.scope != "tunnel-group")
    if not found:
        names = ", ".join(each.name for each in device.findings) or "none"
        raise UsageError(f"{device.name} has no tunnel group '{tunnel_group}'", f"it has {names}")
    return found[0] if tunnel_group is not None else device.findings[0]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("explain")(explain)
