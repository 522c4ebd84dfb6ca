"""Pull what a device is configured to do and what it saw: the one way in which audit, plan and runbooks read it.

Changes nothing, keeps no text.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.commands import Show
from nornir_anyconnect.errors import InventoryError, RejectedError
from nornir_anyconnect.platforms import platform_of
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT, host_deadline
from nornir_anyconnect.platforms.protocols import NOTHING_FORESEEN, Foreseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir.core.inventory import Host

    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.evidence.session import Bounds
    from nornir_anyconnect.platforms.protocols import Configuration, DeviceReader, Identity


@dataclass(frozen=True, slots=True)
class PulledContext:
    """One context, or the whole box in single mode."""

    name: str | None
    configuration: Configuration

    @property
    def config(self) -> RunningConfig:
        """The typed configuration."""
        return self.configuration.running


@dataclass(frozen=True, slots=True)
class PulledDevice:
    """What one box answered."""

    name: str
    identity: Identity
    contexts: tuple[PulledContext, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON; the texts are left out on purpose."""
        return {
            "name": self.name,
            "hostname": self.identity.hostname,
            "serials": list(self.identity.serials),
            "asa_version": self.identity.release,
            "role": str(self.identity.role),
            "contexts": [
                {
                    "context": each.name,
                    "sections": dict(each.configuration.sizes),
                    "refused": list(each.configuration.refused),
                }
                for each in self.contexts
            ],
        }

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.identity.hostname} {self.identity.release or ''} {self.identity.role}"]
        for each in self.contexts:
            size = sum(characters for _, characters in each.configuration.sizes)
            lines.append(f"  {each.name or 'single context'}: {size} characters")
        return "\n".join(lines)


def pull_config(task: Task, *, full: bool = False, host_timeout: float = HOST_TIMEOUT) -> Result:
    """Nornir task: the configuration as typed values; changes nothing.

    Args:
        task: Nornir's.
        full: the whole running configuration instead of the sections the audit needs.
        host_timeout: seconds that the whole of the host may take.

    Returns:
        ``result`` is a :class:`PulledDevice`.

    Raises:
        AnyConnectError: the device could not be read.

    """
    with reading(task, host_timeout, Foreseen(configuration=True, whole=full)) as reader:
        identity = reader.identity()
        contexts = tuple(
            PulledContext(name, configuration_of(reader, name, whole=full))
            for name in contexts_of(reader, task.host, identity)
        )
    return Result(host=task.host, result=PulledDevice(task.host.name, identity, contexts), changed=False)


@contextmanager
def reading(
    task: Task, host_timeout: float = HOST_TIMEOUT, foreseen: Foreseen = NOTHING_FORESEEN
) -> Iterator[DeviceReader]:
    """The task's host, by its platform, for a while; cut after so many seconds, whatever it is doing then."""
    with (
        host_deadline(host_timeout, task.host.name),
        platform_of(task.host).reading(task.host, task.nornir.config, foreseen=foreseen) as reader,
    ):
        yield reader


def contexts_of(reader: DeviceReader, host: Host, identity: Identity) -> Iterator[str | None]:
    """The contexts to be read, ``None`` for a box without; the system execution space holds no VPN and is left out.

    Raises:
        InventoryError: ``data.anyconnect`` has another shape.
        RejectedError: the inventory names a context that the device does not have.
        DeviceError: the device does not tell its contexts.

    """
    if not identity.multiple:
        yield None
        return
    yield from wanted_contexts(host, reader.contexts())


def configuration_of(reader: DeviceReader, context: str | None, *, whole: bool = False) -> Configuration:
    """What a context is configured to do; the reader stands in it afterwards.

    Raises:
        DeviceError: it could not be entered or read.

    """
    if context is not None:
        reader.enter(context)
    return reader.configuration(whole=whole)


def wanted_contexts(host: Host, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``data.anyconnect.context`` (a name or a list), else all.

    Raises:
        InventoryError: ``data.anyconnect`` has another shape.
        RejectedError: the inventory names a context that the device does not have.

    """
    ours = host.get("anyconnect") or {}
    wanted = ours.get("context") if isinstance(ours, dict) else ours
    if not isinstance(ours, dict) or isinstance(wanted, dict):
        raise InventoryError(
            f"{host.name}: data.anyconnect of the inventory is not as it must be",
            "write 'key: value' lines under it, and 'context:' with a name or a list of names",
        )
    if not wanted:
        return names
    chosen = tuple(str(each) for each in (wanted if isinstance(wanted, list | tuple) else [wanted]))
    missing = [name for name in chosen if name not in names]
    if missing:
        raise RejectedError(
            f"{host.name} has no context {', '.join(missing)}", f"correct data.anyconnect.context: {', '.join(names)}"
        )
    return chosen


# ---- what it saw: its log buffer, its sessions, its drop counters -------------------------------------

EVERYTHING = (Show.LOGGING, Show.SESSIONS_DETAIL, Show.SESSIONS, Show.SESSIONS_SUMMARY, Show.ASP_DROP)
_NEEDS = {
    Show.LOGGING: "give this login the right to read the log",
    Show.SESSIONS: "give this login the right to see VPN sessions",
    Show.SESSIONS_DETAIL: "give this login the right to see VPN sessions",
}


def pull_evidence(
    reader: DeviceReader,
    name: str,
    wanted: tuple[Show, ...] = EVERYTHING,
    *,
    needed: Show | None = None,
    interval: float = 0,
    bounds: Bounds | None = None,
) -> DeviceObservations:
    """What the context in which the reader stands has seen; what it refuses to show is left out.

    Args:
        reader: the device.
        name: what the device is called in the report.
        wanted: which show commands to ask; the plain sessions only where the detailed ones are not shown.
        needed: the one without which there is nothing to tell.
        interval: seconds between two samples of ``show asp drop``, which make a rate; 0 takes one sample.
        bounds: what makes a reconnect an incident, where that is not what usually does.

    Raises:
        RejectedError: the device refused what was needed.
        DeviceError: the device could not be asked.

    """
    shown = reader.observations(wanted, interval=interval)
    for show, words in shown.refused:
        if show == needed:
            raise RejectedError(f"{name} refused '{show}': {words}", _NEEDS[needed])
    return shown.observed(name, bounds)


def pull_logs(task: Task, *, shortest: float = 30, longest: float = 120, host_timeout: float = HOST_TIMEOUT) -> Result:
    """Nornir task: read ``show logging`` once and sum it up.

    Args:
        task: Nornir's.
        shortest: seconds from coming up to the reconnect, at least.
        longest: the same, at most.
        host_timeout: seconds that the whole of the host may take.

    Returns:
        A result that holds :class:`~nornir_anyconnect.evidence.observations.DeviceObservations`; changes nothing.

    Raises:
        DeviceError: the device could not be reached, or refused to show its log.

    """
    from nornir_anyconnect.evidence.session import bounds  # noqa: PLC0415 - Nornir's start stays cheap

    with reading(task, host_timeout) as reader:
        seen = pull_evidence(
            reader, task.host.name, (Show.LOGGING,), needed=Show.LOGGING, bounds=bounds(shortest, longest)
        )
    return Result(host=task.host, result=seen)


def pull_sessions(
    task: Task, *, detail: bool = False, interval: float = 0, host_timeout: float = HOST_TIMEOUT
) -> Result:
    """Nornir task: who is connected over which tunnels, and what the device drops meanwhile.

    Args:
        task: Nornir's.
        detail: the detailed form, which names the exact suites, and is long where thousands are connected.
        interval: seconds between two samples of ``show asp drop``, which make a rate; 0 takes one sample.
        host_timeout: seconds that the whole of the host may take, beside the interval.

    Returns:
        A result that holds :class:`~nornir_anyconnect.evidence.observations.DeviceObservations`; changes nothing.

    Raises:
        DeviceError: the device could not be reached, or refused to show its sessions.

    """
    show = Show.SESSIONS_DETAIL if detail else Show.SESSIONS
    with reading(task, host_timeout + interval) as reader:
        wanted = (Show.ASP_DROP, show, Show.SESSIONS_SUMMARY)
        seen = pull_evidence(reader, task.host.name, wanted, needed=show, interval=interval)
    return Result(host=task.host, result=seen)
