"""``audit``: the same judgement over a Nornir inventory, pulled over SSH; never changes anything."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError

if TYPE_CHECKING:
    from nornir_anyconnect.settings import Dask, Settings

RunnerName = Annotated[
    str | None,
    typer.Option("--runner", metavar="threads|dask", help="Who reads the devices: this process, or a Dask cluster."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tls://HOST:8786 [default: processes here]."
    ),
]


@dataclass(frozen=True)
class _Pulling:
    """Who reads the devices, and what of them."""

    runner: RunnerName = None
    scheduler: Scheduler = None
    no_evidence: Annotated[
        bool, typer.Option("--no-evidence", help="Do not ask for log buffer, sessions and drop counters.")
    ] = False
    full: Annotated[
        bool, typer.Option("--full", help="Pull the whole configuration, not just the sections that matter.")
    ] = False

    def cluster(self, settings: "Settings") -> "Dask | None":
        """The cluster that reads them; None means threads of this process.

        Raises:
            UsageError: no runner of that name, or a scheduler for one that needs none.

        """
        chosen = self.runner or ("dask" if self.scheduler else settings.runner)
        if chosen not in ("threads", "dask"):
            raise UsageError(f"there is no runner '{chosen}'", "use --runner threads or --runner dask")
        if chosen == "threads":
            if self.scheduler:
                raise UsageError("--scheduler goes with --runner dask", "leave one of them out")
            return None
        return settings.dask.at(self.scheduler) if self.scheduler else settings.dask


def audit(
    *,
    hosts: options.HostsLoggedIn,
    pulling: _Pulling,
    evidence: options.GivenEvidence,
    judging: options.LiveJudging,
    reporting: options.Reporting,
    _verbosity: options.Verbosity,
) -> int:
    """Judge every ASA of an inventory over SSH; never changes anything."""
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.lock import only_one
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.finish_audit import FinishAudit
    from nornir_anyconnect.workflows.fleet import FleetOptions, audit_fleet, sites_of
    from nornir_anyconnect.workflows.known_changes import KnownChanges
    from nornir_anyconnect.workflows.side_effects import say_what_is_left_out

    settings = load_settings(reporting.settings_file)
    # a part of the fleet is no night: everything else would count as not judged any more
    part = "--filter" if hosts.filters is not None else "--limit" if hosts.limit else ""
    files = evidence.files
    asked = reporting.as_of("audit")
    wanted = replace(
        asked,
        # the reports of the settings are those of the whole fleet
        formats=asked.formats or (() if part else settings.formats),
        keep=asked.keep or (settings.history is not None and not part),
        push=asked.keep or not part,
        whole=not part and not settings.filter,
        inputs=files.paths,
        subject=hosts.words,
    )
    audited = FinishAudit(settings, wanted)
    how = FleetOptions(
        assume=judging.assume or settings.assume,
        client_mtu=judging.client_mtu,
        client=judging.client or settings.client,
        evidence=settings.evidence and not pulling.no_evidence,
        full=pulling.full,
        workers=hosts.at_once(settings.workers),
        host_timeout=hosts.host_timeout,
        dask=pulling.cluster(settings),
    )
    judging.under(settings)  # what is wrong with it is said before any device is asked
    nornir = hosts.chosen(settings.inventory, settings.filters)
    count = len(nornir.inventory.hosts)
    logs = progress.evidence(files, single=count == 1)
    say_what_is_left_out(settings, part=part, keep=asked.keep)
    with only_one(settings.lock):
        with progress.hosts(count) as bar:
            found = audit_fleet(
                nornir,
                how,
                logged=logs.of if logs else None,
                known=KnownChanges(settings.history),
                on_host=bar.ended,
            )
        devices = found.devices
        if logs is not None:
            devices = [logs.with_client_logs(device, [device.name]) for device in devices]
            logs.note_the_rest()
        return audited.finish(devices, sites_of(nornir), interrupted=found.interrupted)
