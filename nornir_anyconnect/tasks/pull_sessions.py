"""``pull_sessions``: who is connected over which tunnels, and what the device drops meanwhile."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.commands import Show, ShowCommand
from nornir_anyconnect.device import open_session
from nornir_anyconnect.errors import RejectedError
from nornir_anyconnect.evidence.device import observe_device

if TYPE_CHECKING:
    from nornir_anyconnect.device.session import Session


def pull_sessions(task: Task, *, detail: bool = False, interval: float = 0) -> Result:
    """Read the sessions, their summary and the drop counters; the texts are not kept.

    Args:
        task: Nornir's.
        detail: the detailed form, which names the exact suites, and is long where thousands are connected.
        interval: seconds between two samples of ``show asp drop``, which make a rate; 0 takes one sample.

    Returns:
        A result that holds :class:`~nornir_anyconnect.evidence.observations.DeviceObservations`; changes nothing.

    Raises:
        DeviceError: the device could not be reached, or refused to show its sessions.

    """
    session = open_session(task.host, task.nornir.config)
    drops = _drops(session)
    began = time.monotonic()
    show = Show.SESSIONS_DETAIL if detail else Show.SESSIONS
    reply = session.send(ShowCommand(show))
    if reply.refusal:
        raise RejectedError(
            f"{task.host.name} refused '{show}': {reply.refusal}", "give this login the right to see VPN sessions"
        )
    summary = session.send(ShowCommand(Show.SESSIONS_SUMMARY))
    if interval > 0 and drops:
        time.sleep(max(0.0, interval - (time.monotonic() - began)))
        drops += _drops(session)
    seen = observe_device(
        task.host.name,
        sessions_text=reply.text,
        summary_text=None if summary.refusal else summary.text,
        asp_drop=drops,
    )
    return Result(host=task.host, result=seen)


def _drops(session: Session) -> list[tuple[datetime, str]]:
    """One sample; none where this login may not see the counters."""
    reply = session.send(ShowCommand(Show.ASP_DROP))
    return [] if reply.refusal else [(datetime.now(UTC), reply.text)]
