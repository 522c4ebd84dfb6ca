"""``plan``: the dry-run change preview, over saved configurations or an inventory; sends nothing but show commands."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.report import FailOn
from nornir_anyconnect.workflows import outputs
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest, of_devices
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from nornir.core import Nornir

    from nornir_anyconnect.change.plan.making import PlanInput
    from nornir_anyconnect.remedies.options import RemedyOptions

FIXES = ("auto", "mtu", "df-bit-ignore", "tcpmss", "tls-only-group")


def plan(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH...]", help="Saved running-configs: the plan is a preview.")
    ] = None,
    *,
    fix: Annotated[str, typer.Option("--fix", metavar="KIND", help=f"One of {', '.join(FIXES)}.")] = "auto",
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="Write the plan that 'apply' takes.")] = None,
    include_default_policy: Annotated[
        bool,
        typer.Option("--include-default-policy", help="DfltGrpPolicy may be changed: it reaches all that inherit."),
    ] = False,
    accept_global: Annotated[
        bool, typer.Option("--accept-global", help="sysopt connection tcpmss may be changed: it reaches the whole box.")
    ] = False,
    accept_external: Annotated[
        bool, typer.Option("--accept-external", help="tls-only-group although SAML or a server decides about users.")
    ] = False,
    accept_model_mismatch: Annotated[
        bool,
        typer.Option("--accept-model-mismatch", help="Somebody looked at numbers of the device that nothing explains."),
    ] = False,
    include_waived: Annotated[
        bool, typer.Option("--include-waived", help="Plan findings too that a waiver accepts.")
    ] = False,
    alias: Annotated[
        str | None, typer.Option("--alias", help="group-alias of a tls-only-group; {group} is the original's name.")
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="group-url of a tls-only-group; {group} is the original's name.")
    ] = None,
    inventory: options.Inventory = None,
    filters: options.Filters = None,
    limit: options.Limit = None,
    workers: options.Workers = None,
    host_timeout: options.HostTimeout = 300,
    _ask_pass: options.AskPass = False,
    assume: options.Assume = None,
    ip_version: options.IpVersion = 4,
    client_mtu: options.ClientMtu = 1500,
    assume_complete: options.AssumeComplete = False,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT[=FILE]", help="text, json, ndjson, markdown or html; repeatable."),
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", metavar="LEVEL", help="Exit code 1 from this finding on, as for check.")
    ] = FailOn.NEVER,
    pseudonymise_users: options.Pseudonymise = False,
    keep: options.Keep = False,
    settings_file: options.SettingsFile = None,
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
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
    from nornir_anyconnect.workflows.inventory import choose_hosts, load_inventory

    if paths and (inventory or filters or limit):
        raise UsageError("a plan is made over PATHs or over an inventory, not both", "leave one of them out")
    if pseudonymise_users and out is not None:
        raise UsageError("a plan under pseudonyms cannot be applied", "leave out --out, or --pseudonymise-users")
    settings = load_settings(settings_file)
    targets = outputs.outputs(formats, PLAN_FORMATS, "plan")
    chosen = RemedyOptions(
        fix=fix,
        include_default_policy=include_default_policy,
        accept_global=accept_global,
        accept_external=accept_external,
        accept_model_mismatch=accept_model_mismatch,
        include_waived=include_waived,
        alias=alias,
        url=url,
        assume=assume or settings.assume,
        assume_complete=assume_complete,
        ip_version=options.ip_version_of(ip_version),
        client_mtu=options.client_mtu_of(client_mtu),
    )
    must_be_a_fix(fix)
    if paths:
        inputs, failed, code = plan_inputs(paths, chosen)
    else:
        hosts = load_inventory(inventory or settings.inventory)
        nornir = choose_hosts(hosts, options.filters(filters, settings), limit or ())
        inputs, failed = _over_fleet(nornir, chosen, options.at_once(workers, settings.workers), host_timeout)
        code = ExitCode.CLEAN
    code = highest([code, options.name_failed(failed)])
    if not inputs:
        return code  # nothing was read: an empty plan would only look like a result
    devices, kept = waived_and_kept([each.device for each in inputs], settings, keep=keep)
    waiving = (replace(each, device=device) for each, device in zip(inputs, devices, strict=True))
    made = make_plan(waiving, options=chosen)
    codes = [code, kept, of_devices(devices, fail_on) if fail_on is not FailOn.NEVER else ExitCode.CLEAN]
    if out is not None:
        save_plan(made, Path(out))
        if made.changes and not made.preview_only:
            where = f" --inventory {inventory}" if inventory else ""
            TERMINAL.note(f"nothing was sent; see every line first: nornir-anyconnect apply {out} --dry-run{where}")
    shown = Pseudonyms().plan(made) if pseudonymise_users or settings.pseudonymise_users else made
    written = outputs.emit(targets, lambda target: render_plan(target.format, shown, outputs.style(target, fail_on)))
    return highest([*codes, written])


def _over_fleet(
    nornir: "Nornir", chosen: "RemedyOptions", workers: int, host_timeout: float
) -> "tuple[list[PlanInput], dict[str, str]]":
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.workflows.fleet import plan_fleet

    with progress.hosts(len(nornir.inventory.hosts)) as bar:
        found = plan_fleet(
            nornir,
            chosen,
            workers=workers,
            host_timeout=host_timeout,
            on_host=lambda failed: bar.advance(failed=int(failed)),
        )
    return list(found.inputs), found.failed


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("plan")(plan)
