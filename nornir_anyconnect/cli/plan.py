"""``plan``: the dry-run change preview, over saved configurations or an inventory; sends nothing but show commands."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options, outputs
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.errors import AnyConnectError, SourceError, UsageError
from nornir_anyconnect.report.fail_on import FailOn
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest, of_devices

if TYPE_CHECKING:
    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult

    from nornir_anyconnect.change.plan import PlanInput
    from nornir_anyconnect.change.planned import Plan, Words
    from nornir_anyconnect.sources.configs import ConfigText, Unread

FIXES = ("auto", "mtu", "df-bit-ignore", "tcpmss", "tls-only-group")
FORMATS = ("text", "json", "markdown", "html")


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
    assume: options.Assume = None,
    assume_complete: options.AssumeComplete = False,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT[=FILE]", help=f"{', '.join(FORMATS)}; repeatable."),
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
    from nornir_anyconnect.change.plan import make_plan
    from nornir_anyconnect.change.planfile import dump_plan
    from nornir_anyconnect.change.planned import Words
    from nornir_anyconnect.report.pseudonyms import Pseudonyms
    from nornir_anyconnect.workflows.finish_audit import judged, settings_of

    if paths and (inventory or filters or limit):
        raise UsageError("a plan is made over PATHs or over an inventory, not both", "leave one of them out")
    if fix not in FIXES:
        raise UsageError(f"there is no fix '{fix}'", f"use one of {', '.join(FIXES)}")
    if pseudonymise_users and out is not None:
        raise UsageError("a plan under pseudonyms cannot be applied", "leave out --out, or --pseudonymise-users")
    settings = settings_of(settings_file)
    targets = outputs.outputs(formats, FORMATS, "plan")
    words = Words(
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
    )
    words.options()
    if paths:
        inputs, code = _from_files(paths, words)
    else:
        inputs, code = _from_fleet(inventory or settings.inventory, filters, limit, workers, words)
    if not inputs:
        return code  # nothing was read: an empty plan would only look like a result
    devices, kept = judged([each.device for each in inputs], settings, keep=keep)
    made = make_plan((replace(each, device=device) for each, device in zip(inputs, devices, strict=True)), words=words)
    codes = [code, kept, of_devices(devices, fail_on) if fail_on is not FailOn.NEVER else ExitCode.CLEAN]
    if out is not None:
        dump_plan(made, Path(out))
        if made.changes and not made.preview_only:
            where = f" --inventory {inventory}" if inventory else ""
            TERMINAL.note(f"nothing was sent; see every line first: nornir-anyconnect apply {out} --dry-run{where}")
    shown = Pseudonyms().plan(made) if pseudonymise_users or settings.pseudonymise_users else made
    return highest([*codes, outputs.emit(targets, lambda target: _rendered(shown, target.format))])


def _from_files(paths: list[str], words: "Words") -> "tuple[list[PlanInput], ExitCode]":
    from nornir_anyconnect.assess import config_of
    from nornir_anyconnect.audit.judge import judge
    from nornir_anyconnect.change.plan import PlanInput
    from nornir_anyconnect.workflows.config_files import each_saved, told_apart

    inputs: list[PlanInput] = []
    failed: dict[str, str] = {}

    def take(source: "ConfigText") -> None:
        config = config_of(source.text, source.path)
        judged = judge(config, source.name, None, words.options().judging)
        inputs.append(PlanInput(config, replace(judged, path=source.path)))

    def unread(source: "Unread") -> None:
        failed[source.path] = source.cause

    code = each_saved(paths, take, unread)
    code = highest([code, options.name_failed(failed)])
    if not inputs and code is ExitCode.CLEAN:
        raise SourceError(f"no ASA configuration in {', '.join(paths)}", "save 'show running-config' there")
    devices = told_apart([each.device for each in inputs])
    return [replace(each, device=device) for each, device in zip(inputs, devices, strict=True)], code


def _from_fleet(
    inventory: str, filters: list[str] | None, limit: list[str] | None, workers: int | None, words: "Words"
) -> "tuple[list[PlanInput], ExitCode]":
    import threading

    from nornir_anyconnect.cli import fleet, progress
    from nornir_anyconnect.tasks.plan_fix import plan_fix

    nornir = fleet.chosen(fleet.load(inventory), filters or (), limit or ())
    inputs: list[PlanInput] = []
    failed: dict[str, str] = dict.fromkeys(nornir.inventory.hosts, "not started")
    lock = threading.Lock()
    with progress.hosts(len(failed)) as bar:

        def on_host(host: "Host", result: "MultiResult") -> None:
            problem = result.exception
            with lock:
                bar.advance(failed=int(result.failed))
                if problem is None:
                    inputs.extend(result[0].result.inputs)
                    failed.pop(host.name)
                elif isinstance(problem, AnyConnectError):
                    failed[host.name] = problem.cause
                else:
                    failed[host.name] = f"unexpected {type(problem).__name__}"

        nornir.with_runner(fleet.ChassisRunner(workers or 20, on_host)).run(task=plan_fix, words=words)
    return inputs, options.name_failed(failed)


def _rendered(made: "Plan", name: str) -> str:
    if name == "json":
        from nornir_anyconnect.change.planfile import to_dict

        return json.dumps(to_dict(made), indent=2) + "\n"
    from nornir_anyconnect.report import plan_text

    return {"text": plan_text.text, "markdown": plan_text.markdown, "html": plan_text.html}[name](made)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("plan")(plan)
