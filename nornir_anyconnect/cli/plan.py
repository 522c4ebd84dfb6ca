"""``plan``: the dry-run change preview, over saved configurations or an inventory; sends nothing but show commands."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.report import FailOn
from nornir_anyconnect.report.sanitise import pasteable
from nornir_anyconnect.workflows import outputs
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest, of_devices
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from nornir.core import Nornir

    from nornir_anyconnect.change.plan.making import PlanInput
    from nornir_anyconnect.remedies.options import RemedyOptions
    from nornir_anyconnect.workflows.fleet import FleetOptions

FIXES = ("auto", "mtu", "df-bit-ignore", "tcpmss", "tls-only-group")


@dataclass(frozen=True)
class _Fixing:
    """Which fix, and the explicit words that lift blocks."""

    fix: Annotated[str, typer.Option("--fix", metavar="KIND", help=f"One of {', '.join(FIXES)}.")] = "auto"
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="Write the plan that 'apply' takes.")] = None
    include_default_policy: Annotated[
        bool,
        typer.Option("--include-default-policy", help="DfltGrpPolicy may be changed: it reaches all that inherit."),
    ] = False
    accept_global: Annotated[
        bool, typer.Option("--accept-global", help="sysopt connection tcpmss may be changed: it reaches the whole box.")
    ] = False
    accept_external: Annotated[
        bool, typer.Option("--accept-external", help="tls-only-group although SAML or a server decides about users.")
    ] = False
    accept_model_mismatch: Annotated[
        bool,
        typer.Option("--accept-model-mismatch", help="Somebody looked at numbers of the device that nothing explains."),
    ] = False
    include_waived: Annotated[
        bool, typer.Option("--include-waived", help="Plan findings too that a waiver accepts.")
    ] = False
    alias: Annotated[
        str | None, typer.Option("--alias", help="group-alias of a tls-only-group; {group} is the original's name.")
    ] = None
    url: Annotated[
        str | None, typer.Option("--url", help="group-url of a tls-only-group; {group} is the original's name.")
    ] = None


@dataclass(frozen=True)
class _Judging:
    """How it is judged."""

    assume: options.Assume = None
    ip_version: options.IpVersion = 4
    client_mtu: options.ClientMtu = 1500
    assume_complete: options.AssumeComplete = False


@dataclass(frozen=True)
class _Reporting:
    """What is done with the plan."""

    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT[=FILE]", help="text, json, ndjson, markdown or html; repeatable."),
    ] = None
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", metavar="LEVEL", help="Exit code 1 from this finding on, as for check.")
    ] = FailOn.NEVER
    pseudonymise_users: options.Pseudonymise = False
    keep: options.Keep = False
    settings_file: options.SettingsFile = None


def plan(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH...]", help="Saved running-configs: the plan is a preview.")
    ] = None,
    *,
    fixing: _Fixing,
    hosts: options.HostsLoggedIn,
    judging: _Judging,
    reporting: _Reporting,
    _verbosity: options.Verbosity,
) -> int:
    """Preview the change of every device: commands, inverse, diff, MTUs before and after. Changes nothing."""
    from nornir_anyconnect.change.plan.file import save_plan
    from nornir_anyconnect.change.plan.making import make_plan
    from nornir_anyconnect.remedies.kinds import must_be_a_fix
    from nornir_anyconnect.remedies.options import RemedyOptions
    from nornir_anyconnect.report import PLAN_FORMATS, render_plan
    from nornir_anyconnect.report.pseudonyms import Pseudonyms
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.config_files import plan_inputs
    from nornir_anyconnect.workflows.finish_audit import waived_and_kept

    if paths and (hosts.inventory or hosts.filters or hosts.limit):
        raise UsageError("a plan is made over PATHs or over an inventory, not both", "leave one of them out")
    if reporting.pseudonymise_users and fixing.out is not None:
        raise UsageError("a plan under pseudonyms cannot be applied", "leave out --out, or --pseudonymise-users")
    settings = load_settings(reporting.settings_file)
    targets = outputs.outputs(reporting.formats, PLAN_FORMATS, "plan")
    chosen = RemedyOptions(
        fix=fixing.fix,
        include_default_policy=fixing.include_default_policy,
        accept_global=fixing.accept_global,
        accept_external=fixing.accept_external,
        accept_model_mismatch=fixing.accept_model_mismatch,
        include_waived=fixing.include_waived,
        alias=fixing.alias,
        url=fixing.url,
        assume=judging.assume or settings.assume,
        assume_complete=judging.assume_complete,
        ip_version=options.ip_version_of(judging.ip_version),
        client_mtu=options.client_mtu_of(judging.client_mtu),
    )
    must_be_a_fix(fixing.fix)
    if paths:
        inputs, failed, code = plan_inputs(paths, chosen)
    else:
        from nornir_anyconnect.workflows.fleet import FleetOptions

        nornir = hosts.chosen(settings.inventory, settings.filters)
        how = FleetOptions(workers=hosts.at_once(settings.workers), host_timeout=hosts.host_timeout)
        inputs, failed = _over_fleet(nornir, chosen, how)
        code = ExitCode.CLEAN
    code = highest([code, options.name_failed(failed)])
    if not inputs:
        return code  # nothing was read: an empty plan would only look like a result
    devices, kept = waived_and_kept([each.device for each in inputs], settings, keep=reporting.keep)
    waiving = (replace(each, device=device) for each, device in zip(inputs, devices, strict=True))
    made = make_plan(waiving, options=chosen)
    fail_on = reporting.fail_on
    codes = [code, kept, of_devices(devices, fail_on)]
    if fixing.out is not None:
        save_plan(made, Path(fixing.out))
        if made.changes and not made.preview_only:
            where = ("--inventory", hosts.inventory) if hosts.inventory else ()
            command = pasteable(("nornir-anyconnect", "apply", fixing.out, "--dry-run", *where))
            TERMINAL.note(f"nothing was sent; see every line first: {command}")
    shown = Pseudonyms().plan(made) if reporting.pseudonymise_users or settings.pseudonymise_users else made
    written = outputs.emit(targets, lambda target: render_plan(target.format, shown, outputs.style(target, fail_on)))
    return highest([*codes, written])


def _over_fleet(
    nornir: "Nornir", chosen: "RemedyOptions", how: "FleetOptions"
) -> "tuple[list[PlanInput], dict[str, str]]":
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.workflows.fleet import plan_fleet

    with progress.hosts(len(nornir.inventory.hosts)) as bar:
        found = plan_fleet(
            nornir,
            chosen,
            how,
            on_host=bar.ended,
        )
    return list(found.inputs), found.failed
