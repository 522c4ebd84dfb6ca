"""Judge one device of the inventory: which tunnel groups stall and reconnect, and why. Changes nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.finding import DeviceAudit, Status
from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.evidence.device_evidence import merge
from nornir_anyconnect.masking import without_secrets
from nornir_anyconnect.mtu.assumptions import assumption_set
from nornir_anyconnect.mtu.clients import USUAL, client_named
from nornir_anyconnect.mtu.derive import DEFAULT_LINK
from nornir_anyconnect.platforms import one_after_the_other
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT
from nornir_anyconnect.platforms.protocols import Foreseen
from nornir_anyconnect.tasks.pull import EVERYTHING, configuration_of, contexts_of, pull_evidence, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nornir.core.inventory import Host

    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.context import Options
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.platforms.protocols import Configuration, DeviceReader, Identity

    Leave = Literal["nothing", "hit", "everything"]
    Logged = Callable[[tuple[str, ...], tuple[str, ...]], DeviceObservations]
    CutAtChanges = Callable[[DeviceObservations, tuple[str, ...], str | None, RunningConfig], DeviceObservations]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeenDevice:
    """What one device or context answered: all that judging it needs."""

    host: str
    names: tuple[str, ...]
    public: tuple[str, ...]
    """What its clients call it, as the inventory has it."""
    context: str | None
    identity: Identity
    pulled: Configuration
    observed: DeviceObservations | None

    @property
    def was_hit(self) -> bool:
        """Whether it saw anybody stall: only then does it matter what was changed before."""
        groups = self.observed.groups.values() if self.observed is not None else ()
        return any(group.large_packets or group.incidents for group in groups)

    def judged(
        self, options: Options, logged: Logged | None = None, cut_at_changes: CutAtChanges | None = None
    ) -> DeviceAudit:
        """The device with its findings; arguments as of :func:`audit_mtu`."""
        from nornir_anyconnect.remedies.propose import assess_config  # noqa: PLC0415 - loads the parser, and with it TTP

        observed = self.observed
        if logged is not None:
            given = logged(self.names, (*self.public, *self.pulled.running.url_hosts))
            observed = given if observed is None else merge(observed, given)
        if observed is not None and cut_at_changes is not None:
            observed = cut_at_changes(observed, self.names, self.context, self.pulled.running)
        device = assess_config(self.pulled.running, self.host, observed, options)
        unknown = ", ".join(f"'{line}'" for line in self.pulled.refused)
        refused = (notice("refused-by-release", commands=unknown),) if unknown else ()
        doubted = (notice("asked-one-by-one", doubt=self.pulled.doubt),) if self.pulled.doubt is not None else ()
        return replace(
            device,
            context=self.context,
            serials=self.identity.serials or device.serials,
            warnings=(*device.warnings, *refused, *doubted),
        )


@dataclass(frozen=True, slots=True)
class HostAudit:
    """One host of the inventory, judged: one device, or several contexts."""

    host: str
    devices: tuple[DeviceAudit, ...]
    unjudged: tuple[SeenDevice, ...] = ()
    """What was left to be judged where more is known; see ``leave`` of :func:`audit_mtu`."""

    @property
    def failed(self) -> bool:
        """Something of it could not be read."""
        return any(device.status is Status.FAILED for device in self.devices)

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of an audit."""
        return {"host": self.host, "devices": [device.to_dict() for device in self.devices]}

    def __str__(self) -> str:
        from nornir_anyconnect.report.task_lines import audit_lines  # noqa: PLC0415 - Nornir's start must stay cheap

        return "\n".join(audit_lines(self.devices))

    def __repr__(self) -> str:
        return str(self)


def audit_mtu(
    task: Task,
    *,
    assume: str | None = None,
    evidence: bool = True,
    full: bool = False,
    on_device: Callable[[DeviceAudit], None] | None = None,
    logged: Logged | None = None,
    cut_at_changes: CutAtChanges | None = None,
    host_timeout: float = HOST_TIMEOUT,
    client_mtu: int = DEFAULT_LINK,
    client: str = USUAL,
    leave: Leave = "nothing",
) -> Result:
    """Nornir task: pull what is needed, judge it, keep the findings and none of the text.

    Args:
        task: Nornir's.
        assume: one assumption set instead of the three standing ones.
        evidence: also ask for log buffer, sessions and drop counters.
        full: pull the whole running configuration instead of the sections that matter.
        on_device: called with each device or context as soon as it is judged, from the worker's thread.
        logged: what a log server or a probe saw of the device that has these names (of the inventory, of the box, its
            address) and that clients reach at these.
        cut_at_changes: puts aside what was seen before a change: ``KnownChanges().applied_to``.
        host_timeout: seconds that the whole of the host may take.
        client_mtu: the widest packet that clients' own networks carry, bytes.
        client: the generation of clients whose likely pair is told; ``any`` for none.
        leave: what is returned unjudged, for somebody who knows of logs and earlier changes: ``nothing``, devices
            that saw somebody ``hit``, or ``everything``.

    Returns:
        ``result`` is a :class:`HostAudit`; a host that could not be read holds a failed device with its error,
        and ``failed`` is set.

    Raises:
        UsageError: no assumption set or client of that name.

    """
    wanted = _Wanted(judging(assume, client_mtu, client), evidence, full, logged, cut_at_changes, host_timeout, leave)
    devices: list[DeviceAudit] = []
    left: list[SeenDevice] = []
    for device in _audit_host(task, wanted):
        if isinstance(device, SeenDevice):
            left.append(device)
            continue
        devices.append(device)
        _hand_on(on_device, device)
    audit = HostAudit(task.host.name, tuple(devices), tuple(left))
    return Result(host=task.host, result=audit, changed=False, failed=audit.failed)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked of an audit."""

    options: Options
    evidence: bool
    whole: bool
    logged: Logged | None
    cut_at_changes: CutAtChanges | None
    host_timeout: float
    leave: Leave


def judging(assume: str | None, client_mtu: int, client: str) -> Options:
    """How to judge; arguments as of :func:`audit_mtu`.

    Raises:
        UsageError: no assumption set or client of that name.

    """
    from nornir_anyconnect.audit.context import Options  # noqa: PLC0415 - Nornir's start must stay cheap

    return Options(
        assume=assumption_set(assume) if assume else None, client_mtu=client_mtu, client=client_named(client)
    )


def _audit_host(task: Task, wanted: _Wanted) -> Iterator[DeviceAudit | SeenDevice]:
    """Every host ends in exactly one state, whatever happens (promise 21)."""
    host = task.host
    try:
        foreseen = Foreseen(configuration=True, whole=wanted.whole, observations=EVERYTHING if wanted.evidence else ())
        with reading(task, wanted.host_timeout, foreseen) as reader:
            identity = reader.identity()
            with one_after_the_other(identity.serials):
                yield from _audit_contexts(reader, host, identity, wanted)
    except Exception as error:  # noqa: BLE001 - one box must not keep the others from their verdict
        yield failed_device(host.name, error)


def _audit_contexts(
    reader: DeviceReader, host: Host, identity: Identity, wanted: _Wanted
) -> Iterator[DeviceAudit | SeenDevice]:
    for name in contexts_of(reader, host, identity):
        try:
            pulled = configuration_of(reader, name, whole=wanted.whole)
            observed = pull_evidence(reader, host.name) if wanted.evidence else None
            called = (host.name, identity.hostname, host.hostname or "", pulled.running.context or "")
            seen = SeenDevice(host.name, tuple(filter(None, called)), _public(host), name, identity, pulled, observed)
            later = wanted.leave == "everything" or (wanted.leave == "hit" and seen.was_hit)
            yield seen if later else seen.judged(wanted.options, wanted.logged, wanted.cut_at_changes)
        except Exception as error:  # noqa: BLE001 - one context must not keep the others from their verdict
            yield failed_device(host.name, error, context=name, identity=identity)
            if not reader.alive:
                return


def _public(host: Host) -> tuple[str, ...]:
    """``data.anyconnect.public``: a name or several."""
    given = (host.get("anyconnect") or {}).get("public") or ()
    return tuple(str(each) for each in ([given] if isinstance(given, str) else given))


def failed_device(
    name: str, error: Exception, *, context: str | None = None, identity: Identity | None = None
) -> DeviceAudit:
    """A device that could not be judged. Of an unexpected error only the kind is told: its text may hold a secret."""
    if isinstance(error, AnyConnectError):
        words = f"{error.code}: {error.cause}" + (f"; {error.remedy}" if error.remedy else "")
    else:
        logger.error("%s: unexpected %s", name, type(error).__name__, exc_info=logger.isEnabledFor(logging.DEBUG))
        words = f"internal: unexpected {type(error).__name__}; run again with -vv and report it"
    platform = "ftd" if identity is not None and identity.ftd else "asa"
    return DeviceAudit(
        name=name,
        context=context,
        asa_version=identity.release if identity else None,
        platform=platform,
        status=Status.FAILED,
        errors=(without_secrets(words),),
        serials=identity.serials if identity else (),
    )


def _hand_on(on_device: Callable[[DeviceAudit], None] | None, device: DeviceAudit) -> None:
    if on_device is None:
        return
    try:
        on_device(device)
    except Exception:
        logger.exception("%s: its result could not be handed on; the audit goes on", device.name)
