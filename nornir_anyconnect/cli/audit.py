"""``audit``: the same judgement over a Nornir inventory, pulled over SSH; never changes anything."""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import NotStartedError
from nornir_anyconnect.workflows.exit_codes import ExitCode

if TYPE_CHECKING:
    from nornir.core import Nornir
    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult

    from nornir_anyconnect.audit.finding import DeviceAudit


def audit(
    *,
    inventory: options.Inventory = None,
    filters: options.Filters = None,
    limit: options.Limit = None,
    workers: options.Workers = None,
    no_evidence: Annotated[
        bool, typer.Option("--no-evidence", help="Do not ask for log buffer, sessions and drop counters.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Pull the whole configuration, not just the sections that matter.")
    ] = False,
    syslog: options.Syslog = None,
    client_log: options.ClientLog = None,
    debug_log: options.DebugLog = None,
    assume: options.Assume = None,
    formats: options.Formats = None,
    fail_on: options.FailOnLevel = None,
    pseudonymise_users: options.Pseudonymise = False,
    keep: options.Keep = False,
    settings_file: options.SettingsFile = None,
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Judge every ASA of an inventory over SSH; never changes anything."""
    from nornir_anyconnect.cli import fleet
    from nornir_anyconnect.cli.evidence import read_evidence
    from nornir_anyconnect.lock import only_one
    from nornir_anyconnect.workflows.finish_audit import conclusion, settings_of
    from nornir_anyconnect.workflows.history_writer import say_what_is_left_out

    settings = settings_of(settings_file)
    # a part of the fleet is no night: everything else would count as not judged any more
    part = "--filter" if filters is not None else "--limit" if limit else ""
    concluded = conclusion(
        formats or settings.formats or None,
        fail_on,
        pseudonymise=pseudonymise_users,
        keep=keep or (settings.history is not None and not part),
        command="audit",
        settings=settings,
        push=keep or not part,
        whole=not part and not settings.filter,
        inputs=[*(syslog or ()), *(client_log or ()), *(debug_log or ())],
    )
    assumed = assume or settings.assume
    options.judging(assumed, 4)
    given = [f"{key}={value}" for key, value in settings.filter.items()] if filters is None else filters
    nornir = fleet.chosen(fleet.load(inventory or settings.inventory), given, limit or ())
    at_once = options.at_once(workers, settings.workers)
    logs = read_evidence(syslog or (), client_log or (), debug_log or (), single=len(nornir.inventory.hosts) == 1)
    asked: dict[str, Any] = {"assume": assumed, "evidence": settings.evidence and not no_evidence, "full": full}
    if logs is not None:
        asked["logged"] = logs.of
    say_what_is_left_out(settings, part=part, keep=keep)
    with only_one(settings.lock):
        devices, interrupted = _audited(nornir, at_once, asked)
        if logs is not None:
            devices = [logs.with_client_logs(device, [device.name]) for device in devices]
            logs.note_the_rest()
        if interrupted:
            concluded = replace(concluded, keep=False, push=False)
        code = concluded.of(devices, _sites(nornir))
    return ExitCode.INTERRUPTED if interrupted else code


def _audited(nornir: "Nornir", workers: int, asked: dict[str, Any]) -> "tuple[list[DeviceAudit], bool]":
    """Every host ends in exactly one state, also where its turn never came."""
    from nornir_anyconnect.audit.chassis import once_per_chassis
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.cli.fleet import ChassisRunner
    from nornir_anyconnect.tasks.audit_mtu import audit_mtu, failed_device

    devices: list[DeviceAudit] = []
    left = set(nornir.inventory.hosts)
    lock = threading.Lock()
    with progress.hosts(len(left)) as bar:

        def on_host(host: "Host", result: "MultiResult") -> None:
            problem = result.exception
            found = (failed_device(host.name, problem),) if isinstance(problem, Exception) else result[0].result.devices
            with lock:
                devices.extend(found)
                left.discard(host.name)
                bar.advance(failed=int(result.failed))

        runner = ChassisRunner(workers, on_host)
        nornir.with_runner(runner).run(task=audit_mtu, **asked)
    not_started = NotStartedError("interrupted before its turn came", "run the audit again")
    devices += [failed_device(name, not_started) for name in sorted(left)]
    return once_per_chassis(devices), runner.interrupted


def _sites(nornir: "Nornir") -> dict[str, str]:
    found = {name: (host.get("anyconnect") or {}).get("site") for name, host in nornir.inventory.hosts.items()}
    return {name: str(site) for name, site in found.items() if site}


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("audit")(audit)
