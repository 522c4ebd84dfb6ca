"""Ask a device what it saw: its log buffer, its sessions, its drop counters. Changes nothing, keeps no text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.commands import Show
from nornir_anyconnect.errors import RejectedError
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT
from nornir_anyconnect.tasks.pull_config import reading

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.platforms.protocols import DeviceReader

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
    **bounds: Any,
) -> DeviceObservations:
    """What the context in which the reader stands has seen; what it refuses to show is left out.

    Args:
        reader: the device.
        name: what the device is called in the report.
        wanted: which show commands to ask; the plain sessions only where the detailed ones are not shown.
        needed: the one without which there is nothing to tell.
        interval: seconds between two samples of ``show asp drop``, which make a rate; 0 takes one sample.
        **bounds: ``shortest`` and ``longest`` seconds from coming up to a reconnect.

    Raises:
        RejectedError: the device refused what was needed.
        DeviceError: the device could not be asked.

    """
    shown = reader.observations(wanted, interval=interval)
    for show, words in shown.refused:
        if show == needed:
            raise RejectedError(f"{name} refused '{show}': {words}", _NEEDS[needed])
    return shown.observed(name, **bounds)


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
    with reading(task, host_timeout) as reader:
        seen = pull_evidence(
            reader, task.host.name, (Show.LOGGING,), needed=Show.LOGGING, shortest=shortest, longest=longest
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
