"""``audit``: the same judgement over a Nornir inventory, pulled over SSH; never changes anything."""

from typing import Annotated

import typer

from nornir_anyconnect.cli import options


def audit(
    *,
    inventory: options.Inventory = None,
    filters: options.Filters = None,
    limit: options.Limit = None,
    workers: options.Workers = None,
    host_timeout: options.HostTimeout = 300,
    _ask_pass: options.AskPass = False,
    no_evidence: Annotated[
        bool, typer.Option("--no-evidence", help="Do not ask for log buffer, sessions and drop counters.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Pull the whole configuration, not just the sections that matter.")
    ] = False,
    syslog: options.Syslog = None,
    client_log: options.ClientLog = None,
    debug_log: options.DebugLog = None,
    probe: options.ProbeFile = None,
    assume: options.Assume = None,
    client_mtu: options.ClientMtu = 1500,
    client: options.Client = "secure-client-5",
    formats: options.Formats = None,
    fail_on: options.FailOnLevel = None,
    details: options.Details = False,
    only: options.Only = None,
    pseudonymise_users: options.Pseudonymise = False,
    hide_users: options.HideUsers = False,
    keep: options.Keep = False,
    settings_file: options.SettingsFile = None,
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Judge every ASA of an inventory over SSH; never changes anything."""
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.lock import only_one
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.evidence_files import EvidenceFiles
    from nornir_anyconnect.workflows.finish_audit import FinishAudit, ReportOptions
    from nornir_anyconnect.workflows.fleet import FleetOptions, audit_fleet, sites_of
    from nornir_anyconnect.workflows.inventory import choose_hosts, load_inventory
    from nornir_anyconnect.workflows.known_changes import KnownChanges
    from nornir_anyconnect.workflows.side_effects import say_what_is_left_out

    settings = load_settings(settings_file)
    # a part of the fleet is no night: everything else would count as not judged any more
    part = "--filter" if filters is not None else "--limit" if limit else ""
    files = EvidenceFiles(syslog or (), client_log or (), debug_log or (), probe or ())
    wanted = ReportOptions(
        # the reports of the settings are those of the whole fleet
        formats=formats or (() if part else settings.formats),
        fail_on=fail_on,
        pseudonymise=pseudonymise_users,
        hide_users=hide_users,
        keep=keep or (settings.history is not None and not part),
        push=keep or not part,
        whole=not part and not settings.filter,
        inputs=files.paths,
        details=details,
        only=options.verdicts(only),
        subject=[
            *(["--inventory", inventory] if inventory else []),
            *(word for each in filters or () for word in ("--filter", each)),
            *(word for each in limit or () for word in ("--limit", each)),
        ],
    )
    audited = FinishAudit(settings, wanted)
    how = FleetOptions(
        assume=assume or settings.assume,
        client_mtu=client_mtu,
        client=client,
        evidence=settings.evidence and not no_evidence,
        full=full,
        workers=options.at_once(workers, settings.workers),
        host_timeout=host_timeout,
    )
    options.judging(how.assume, client_mtu=client_mtu, client=client)
    nornir = choose_hosts(
        load_inventory(inventory or settings.inventory), options.filters(filters, settings), limit or ()
    )
    hosts = nornir.inventory.hosts
    logs = progress.evidence(files, single=len(hosts) == 1)
    say_what_is_left_out(settings, part=part, keep=keep)
    with only_one(settings.lock):
        with progress.hosts(len(hosts)) as bar:
            found = audit_fleet(
                nornir,
                how,
                logged=logs.of if logs else None,
                known=KnownChanges(settings.history),
                on_host=lambda failed: bar.advance(failed=int(failed)),
            )
        devices = list(found.devices)
        if logs is not None:
            devices = [logs.with_client_logs(device, [device.name]) for device in devices]
            logs.note_the_rest()
        return audited.finish(devices, sites_of(nornir), interrupted=found.interrupted)


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("audit")(audit)
