"""Ask a device what it saw: its log buffer, its sessions, its drop counters. Changes nothing, keeps no text."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.commands import Show, ShowCommand
from nornir_anyconnect.errors import RejectedError
from nornir_anyconnect.evidence.device_output.observe import observe_device
from nornir_anyconnect.platforms.asa_ssh.connection import closing_session

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.platforms.asa_ssh.session import Session


EVERYTHING = (Show.LOGGING, Show.SESSIONS_DETAIL, Show.SESSIONS, Show.SESSIONS_SUMMARY, Show.ASP_DROP)
_SESSIONS = (Show.SESSIONS_DETAIL, Show.SESSIONS)
_NEEDS = {
    Show.LOGGING: "give this login the right to read the log",
    Show.SESSIONS: "give this login the right to see VPN sessions",
    Show.SESSIONS_DETAIL: "give this login the right to see VPN sessions",
}


def pull_evidence(
    session: Session,
    name: str,
    wanted: tuple[Show, ...] = EVERYTHING,
    *,
    needed: Show | None = None,
    interval: float = 0,
    **bounds: Any,
) -> DeviceObservations:
    """What the context in which the session stands has seen; what it refuses to show is left out.

    Args:
        session: an open session.
        name: what the device is called in the report.
        wanted: which show commands to ask; the plain sessions only where the detailed ones are not shown.
        needed: the one without which there is nothing to tell.
        interval: seconds between two samples of ``show asp drop``, which make a rate; 0 takes one sample.
        **bounds: ``shortest`` and ``longest`` seconds from coming up to a reconnect.

    Raises:
        RejectedError: the device refused what was needed.
        DeviceError: the device could not be asked.

    """

    def shown(show: Show) -> str | None:
        if show not in wanted:
            return None
        reply = session.send(ShowCommand(show))
        if reply.refusal and show is needed:
            raise RejectedError(f"{name} refused '{show}': {reply.refusal}", _NEEDS[show])
        return None if reply.refusal else reply.text

    def drops() -> list[tuple[datetime, str]]:
        text = shown(Show.ASP_DROP)
        return [(datetime.now(UTC), text)] if text else []

    began = time.monotonic()
    dropped = drops()
    logging = shown(Show.LOGGING)
    sessions = next((text for show in _SESSIONS if (text := shown(show)) is not None), None)
    summary = shown(Show.SESSIONS_SUMMARY)
    if interval > 0 and dropped:
        time.sleep(max(0.0, interval - (time.monotonic() - began)))
        dropped += drops()
    return observe_device(
        name, logging_text=logging, sessions_text=sessions, summary_text=summary, asp_drop=dropped, **bounds
    )


def pull_logs(task: Task, *, shortest: float = 30, longest: float = 120) -> Result:
    """Nornir task: read ``show logging`` once and sum it up.

    Args:
        task: Nornir's.
        shortest: seconds from coming up to the reconnect, at least.
        longest: the same, at most.

    Returns:
        A result that holds :class:`~nornir_anyconnect.evidence.observations.DeviceObservations`; changes nothing.

    Raises:
        DeviceError: the device could not be reached, or refused to show its log.

    """
    with closing_session(task.host, task.nornir.config) as session:
        seen = pull_evidence(
            session, task.host.name, (Show.LOGGING,), needed=Show.LOGGING, shortest=shortest, longest=longest
        )
    return Result(host=task.host, result=seen)


def pull_sessions(task: Task, *, detail: bool = False, interval: float = 0) -> Result:
    """Nornir task: who is connected over which tunnels, and what the device drops meanwhile.

    Args:
        task: Nornir's.
        detail: the detailed form, which names the exact suites, and is long where thousands are connected.
        interval: seconds between two samples of ``show asp drop``, which make a rate; 0 takes one sample.

    Returns:
        A result that holds :class:`~nornir_anyconnect.evidence.observations.DeviceObservations`; changes nothing.

    Raises:
        DeviceError: the device could not be reached, or refused to show its sessions.

    """
    show = Show.SESSIONS_DETAIL if detail else Show.SESSIONS
    with closing_session(task.host, task.nornir.config) as session:
        wanted = (Show.ASP_DROP, show, Show.SESSIONS_SUMMARY)
        seen = pull_evidence(session, task.host.name, wanted, needed=show, interval=interval)
    return Result(host=task.host, result=seen)
