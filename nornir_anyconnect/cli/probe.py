"""``probe``: does DTLS get through from here? A handful of packets, no login."""

from dataclasses import dataclass
from typing import Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest


@dataclass(frozen=True)
class _Probing:
    """Who is asked beside, what is held against it, and for how long."""

    from_inventory: Annotated[
        bool,
        typer.Option(
            "--from-inventory",
            help="Those of the inventory: data.anyconnect.public, else the group-urls of the configuration.",
        ),
    ] = False
    control: Annotated[
        list[str] | None,
        typer.Option("--control", metavar="FILE", help="JSON of a probe of the same head-ends from another network."),
    ] = None
    seconds: Annotated[
        float, typer.Option("--timeout", min=0.1, max=60, metavar="SECONDS", help="Wait so long for each answer.")
    ] = 1.0


def probe(
    heads: Annotated[
        list[str] | None, typer.Argument(metavar="HOST[:PORT]", help="Head-ends, as clients reach them.")
    ] = None,
    *,
    probing: _Probing,
    hosts: options.Hosts,
    _ask_pass: options.AskPass = False,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT[=FILE]", help="text, json or prometheus; repeatable."),
    ] = None,
    _verbosity: options.Verbosity,
) -> int:
    """Ask head-ends, from where you sit, what they answer on TCP and UDP: at most 40 packets each, no login."""
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.evidence.probe import Cause
    from nornir_anyconnect.platforms.probe.path import Patience
    from nornir_anyconnect.report import PROBE_FORMATS, FailOn
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows import outputs, probe_hosts

    targets = outputs.outputs(formats, PROBE_FORMATS, "probe", probing.control or ())
    controls = [each for file in probing.control or () for each in probe_hosts.controls_of(file)]
    chosen = [probe_hosts.target_of(each) for each in heads or ()]
    at_once = hosts.at_once()
    failed: dict[str, str] = {}
    if probing.from_inventory:
        found, failed = probe_hosts.public_names(hosts.chosen(load_settings().inventory), at_once)
        chosen += found
    elif not chosen:
        raise UsageError("probe names no head-end", "give HOST[:PORT], or --from-inventory")
    with progress.hosts(len(set(chosen))) as bar:
        report = probe_hosts.probe_all(
            chosen,
            controls,
            at_once,
            Patience(answer=probing.seconds),
            bar.ended,
        )
    written = outputs.emit(
        targets, lambda target: PROBE_FORMATS.render(target.format, report, outputs.style(target, FailOn.AT_RISK))
    )
    codes = {Cause.DTLS_REACHABLE: ExitCode.CLEAN, Cause.DTLS_BLOCKED: ExitCode.FINDINGS}
    said = [codes.get(each.cause, ExitCode.NOT_WHOLLY) for each in report.probes]
    return highest([written, options.name_failed(failed), *said])
