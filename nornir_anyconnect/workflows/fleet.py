"""A task over a fleet: audit it, plan for it, see whether it is ready, look at one host; each ends in one state."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nornir.core.task import Result

from nornir_anyconnect.audit.audit_report import AuditReport, once_per_chassis
from nornir_anyconnect.audit.device_store import DeviceStore
from nornir_anyconnect.errors import AnyConnectError, NotStartedError, UsageError
from nornir_anyconnect.mtu.clients import USUAL
from nornir_anyconnect.mtu.derive import DEFAULT_LINK
from nornir_anyconnect.platforms import platform_of
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT, host_deadline
from nornir_anyconnect.report import generated_at
from nornir_anyconnect.runners.chassis import ChassisRunner
from nornir_anyconnect.tasks.audit_mtu import HostAudit, audit_mtu, failed_device, judging
from nornir_anyconnect.tasks.plan_fix import HostPlan, plan_fix
from nornir_anyconnect.version import __version__
from nornir_anyconnect.workflows.dask_cluster import dask_runner
from nornir_anyconnect.workflows.inventory import inventory_of, must_hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from nornir.core import Nornir
    from nornir.core.inventory import Host
    from nornir.core.task import AggregatedResult, MultiResult, Task

    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.change.plan.making import PlanInput
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey
    from nornir_anyconnect.platforms.protocols import Checkup
    from nornir_anyconnect.remedies.options import RemedyOptions
    from nornir_anyconnect.runners.dask import DaskRunner
    from nornir_anyconnect.settings import Dask
    from nornir_anyconnect.tasks.audit_mtu import Logged
    from nornir_anyconnect.workflows.known_changes import KnownChanges

    OnHost = Callable[[bool], object]
    """Told of each host that has ended, and whether it failed."""

WORKERS = 20
"""Chassis that are talked to at once where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """How a fleet is audited.

    Args:
        assume: one assumption set instead of the three standing ones.
        evidence: also ask for log buffer, sessions and drop counters.
        full: pull the whole running configuration instead of the sections that matter.
        workers: chassis at once.
        host_timeout: seconds that the whole of one host may take.
        client_mtu: the widest packet that clients' own networks carry, bytes.
        client: the generation of clients whose likely pair is told; ``any`` for none.
        dask: the cluster that reads it; None means threads of this process.

    """

    assume: str | None = None
    evidence: bool = True
    full: bool = False
    workers: int = WORKERS
    host_timeout: float = HOST_TIMEOUT
    client_mtu: int = DEFAULT_LINK
    client: str = USUAL
    dask: Dask | None = None


@dataclass(frozen=True, slots=True)
class FleetAudit:
    """Every device of a fleet, judged; ``interrupted``: some turns never came, those devices say so."""

    devices: Sequence[DeviceAudit]
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """What a plan over a fleet is made from, and why which hosts are not in it."""

    inputs: tuple[PlanInput, ...]
    failed: dict[str, str]


def _unheard(_failed: bool) -> None:
    """Nobody watches."""


def _each_host(
    nornir: Nornir,
    task: Callable[..., Result],
    workers: int,
    ended: Callable[[Host, MultiResult], None],
    **arguments: Any,
) -> ChassisRunner:
    """Run a task on every host; ``ended`` is told of each one, one call at a time."""
    lock = threading.Lock()

    def one_at_a_time(host: Host, result: MultiResult) -> None:
        with lock:
            ended(host, result)

    runner = ChassisRunner(workers, one_at_a_time)
    nornir.with_runner(runner).run(task=task, **arguments)
    return runner


def _get_ready() -> None:
    """Load what judges a box while the first one is logged in to, which is mostly waiting."""

    def load() -> None:
        with suppress(Exception):  # whoever needs it meets the same error, and tells it
            from nornir_anyconnect.remedies.propose import get_ready

            get_ready()

    threading.Thread(target=load, name="getting ready").start()


def _of(result: MultiResult) -> Any:
    """What the task returned."""
    return result[0].result


def audit_fleet(
    nornir: Nornir,
    options: FleetOptions | None = None,
    *,
    logged: Logged | None = None,
    known: KnownChanges | None = None,
    on_host: OnHost = _unheard,
) -> FleetAudit:
    """Judge every host, each chassis once.

    Args:
        nornir: the hosts.
        options: how.
        logged: what a log server saw of the device that has these names.
        known: earlier changes; None means that none is known.
        on_host: told of each host that has ended, one call at a time.

    Raises:
        UsageError: no assumption set of that name.

    """
    options = options or FleetOptions()
    devices = DeviceStore()
    left = set(nornir.inventory.hosts)
    judge = judging(options.assume, options.client_mtu, options.client)
    cut = known.applied_to if known is not None else None

    def ended(host: Host, result: MultiResult) -> None:
        problem = result.exception
        if isinstance(problem, Exception):
            devices.add(failed_device(host.name, problem))
        else:
            for device in (*_of(result).devices, *(each.judged(judge, logged, cut) for each in _of(result).unjudged)):
                devices.add(device)
        left.discard(host.name)
        on_host(result.failed)

    how: dict[str, Any] = {
        "assume": options.assume,
        "evidence": options.evidence,
        "full": options.full,
        "host_timeout": options.host_timeout,
        "client_mtu": options.client_mtu,
        "client": options.client,
    }
    runner: ChassisRunner | DaskRunner
    if options.dask is None:
        _get_ready()
        runner = _each_host(nornir, audit_mtu, options.workers, ended, logged=logged, cut_at_changes=cut, **how)
    else:
        # logs and earlier changes are known here, and not where the devices are read
        leave = "everything" if logged is not None else "hit" if cut is not None else "nothing"
        runner = dask_runner(options.dask, options.workers, ended)
        nornir.with_runner(runner).run(task=audit_mtu, leave=leave, **how)
    not_started = NotStartedError("interrupted before its turn came", "run the audit again")
    for name in sorted(left):
        devices.add(failed_device(name, not_started))
    return FleetAudit(once_per_chassis(devices), runner.interrupted)


def plan_fleet(
    nornir: Nornir,
    options: RemedyOptions,
    fleet: FleetOptions | None = None,
    *,
    on_host: OnHost = _unheard,
) -> FleetPlan:
    """Pull and judge every host as a plan needs it; sends nothing but show commands.

    Args:
        nornir: the hosts.
        options: the fix, and the explicit words that lift blocks.
        fleet: how many at once and for how long; how they are judged ``options`` say.
        on_host: told of each host that has ended, one call at a time.

    """
    inputs: list[PlanInput] = []
    failed: dict[str, str] = dict.fromkeys(nornir.inventory.hosts, "not started")

    def ended(host: Host, result: MultiResult) -> None:
        problem = result.exception
        on_host(result.failed)
        if problem is None:
            inputs.extend(_of(result).inputs)
            failed.pop(host.name)
        elif isinstance(problem, AnyConnectError):
            failed[host.name] = problem.cause
        else:
            failed[host.name] = f"unexpected {type(problem).__name__}"

    fleet = fleet or FleetOptions()
    _get_ready()
    runner = _each_host(nornir, plan_fix, fleet.workers, ended, options=options, host_timeout=fleet.host_timeout)
    runner.pass_interrupt_on()  # a plan of a part of the hosts would look whole
    return FleetPlan(tuple(inputs), failed)


def sites_of(nornir: Nornir) -> dict[str, str]:
    """``data.anyconnect.site`` by host name, where it is set."""
    found = {name: (host.get("anyconnect") or {}).get("site") for name, host in nornir.inventory.hosts.items()}
    return {name: str(site) for name, site in found.items() if site}


def audit_report(result: AggregatedResult) -> AuditReport:
    """The report over what ``nornir.run(task=audit_mtu)`` returned, each chassis once."""
    devices = once_per_chassis(device for _, audit in _audits(result) for device in audit.devices)
    failed = [
        failed_device(name, host.exception)
        for name, host in result.items()
        if isinstance(host.exception, Exception) and not isinstance(host[0].result, HostAudit)
    ]
    return AuditReport((*devices, *failed), generated_at(), __version__)


def findings_of(result: AggregatedResult) -> Iterator[tuple[Host, DeviceAudit, Finding]]:
    """Every finding of ``nornir.run(task=audit_mtu)``, each chassis once, with the host and the device it is of.

    A host that could not be read has none: see ``audit_report(result)``, which holds it as a failed device.
    """
    host_of = {device.name: host for host, audit in _audits(result) for device in audit.devices}
    for device in once_per_chassis(device for _, audit in _audits(result) for device in audit.devices):
        for finding in device.findings:
            yield host_of[device.name], device, finding


def _audits(result: AggregatedResult) -> Iterator[tuple[Host, HostAudit]]:
    for one in result.values():
        if one and one[0].host is not None and isinstance(one[0].result, HostAudit):
            yield one[0].host, one[0].result


def plan_of(result: AggregatedResult, options: RemedyOptions | None = None) -> Plan:
    """The plan over what ``nornir.run(task=plan_fix)`` returned; a host that failed is not in it.

    Raises:
        UsageError: one alias for several tunnel groups.

    """
    from nornir_anyconnect.change.plan.making import make_plan

    planned = [one[0].result for one in result.values() if one and isinstance(one[0].result, HostPlan)]
    options = options or (planned[0].plan.options if planned else None)
    return make_plan((each for host in planned for each in host.inputs), options=options)


def seen_on_host(name: str, inventory: str) -> tuple[RunningConfig, DeviceObservations]:
    """Pull the configuration of one host, and what the host says it saw.

    Raises:
        UsageError: no such host, or one with several contexts.
        AnyConnectError: the device could not be read.

    """
    nornir = inventory_of(inventory)
    must_hold(nornir, [name])
    (result,) = nornir.filter(name=name).run(task=_seen).values()
    if result.exception is not None:
        raise result.exception
    seen: tuple[RunningConfig, DeviceObservations] = result[0].result
    return seen


def _seen(task: Task) -> Result:
    from nornir_anyconnect.tasks.pull import configuration_of, contexts_of, pull_evidence, reading

    with reading(task) as reader:
        names = tuple(contexts_of(reader, task.host, reader.identity()))
        if len(names) != 1:
            listed = ", ".join(str(each) for each in names) or "none"
            raise UsageError(
                f"{task.host.name} has {len(names)} contexts",
                f"name one under data.anyconnect.context of the host: {listed}",
            )
        config = configuration_of(reader, names[0]).running
        return Result(host=task.host, result=(config, pull_evidence(reader, task.host.name)))


# ---- is every host ready, and which key does it present? Changes nothing, on no device -----------------


def examine_fleet(nornir: Nornir, workers: int, on_host: OnHost, host_timeout: float = HOST_TIMEOUT) -> list[Checkup]:
    """Every host as an audit would find it, by name."""
    found: list[Checkup] = []

    def ended(_host: Host, result: MultiResult) -> None:
        if result.exception is not None:
            raise result.exception
        found.append(_of(result))
        on_host(not found[-1].well)

    _each_host(nornir, _examine, workers, ended, host_timeout=host_timeout).pass_interrupt_on()
    return sorted(found, key=lambda each: each.host)


def _examine(task: Task, host_timeout: float) -> Result:
    with host_deadline(host_timeout, task.host.name):
        return Result(host=task.host, result=platform_of(task.host).examine(task.host, task.nornir.config))


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """The key that a host presents now; ``state`` against its known_hosts is new, known or changed."""

    host: str
    known_hosts: Path
    key: HostKey
    state: str


def presented_keys(nornir: Nornir, workers: int, on_host: OnHost) -> tuple[list[PresentedKey], dict[str, str]]:
    """The keys that the hosts present, by name, and why which host presented none."""
    shown: list[PresentedKey] = []
    failed: dict[str, str] = {}

    def ended(host: Host, result: MultiResult) -> None:
        if result.exception is None:
            shown.append(_of(result))
        else:
            failed[host.name] = str(result.exception)
        on_host(result.failed)

    _each_host(nornir, _presented, workers, ended).pass_interrupt_on()
    return sorted(shown, key=lambda each: each.host), failed


def _presented(task: Task) -> Result:
    """No user name and no password is sent."""
    with host_deadline(HOST_TIMEOUT, task.host.name):
        return Result(host=task.host, result=_presented_key(task.host))


def _presented_key(host: Host) -> PresentedKey:
    from nornir_anyconnect.platforms.asa_ssh.connection import SSH_PORT
    from nornir_anyconnect.platforms.asa_ssh.host_keys import known_keys
    from nornir_anyconnect.platforms.asa_ssh.options import check_host, effective_connection
    from nornir_anyconnect.platforms.asa_ssh.ssh import server_key

    chosen = check_host(host)
    if chosen.jump_host is not None:
        raise AnyConnectError("it is reached through a jump host", "learn its key on the jump host")
    given = host.get_connection_parameters(effective_connection(host))
    key = server_key(given.hostname or host.name, given.port or SSH_PORT, chosen)
    known = known_keys(chosen.known_hosts, key.name)
    same = known.get(key.type)
    alike = same is not None and same.base64 == key.base64
    state = "new" if not known else "known" if alike else "changed"
    return PresentedKey(host.name, chosen.known_hosts, key, state)
