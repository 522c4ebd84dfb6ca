"""``pull_logs``: what a device's own log buffer shows."""

from __future__ import annotations

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.commands import Show, ShowCommand
from nornir_anyconnect.device import open_session
from nornir_anyconnect.errors import RejectedError
from nornir_anyconnect.evidence.device import observe_device


def pull_logs(task: Task, *, shortest: float = 30, longest: float = 120) -> Result:
    """Read ``show logging`` once and sum it up; the text itself is not kept.

    Args:
        task: Nornir's.
        shortest: seconds from coming up to the reconnect, at least.
        longest: the same, at most.

    Returns:
        A result that holds :class:`~nornir_anyconnect.evidence.observations.DeviceObservations`; changes nothing.

    Raises:
        DeviceError: the device could not be reached, or refused.

    """
    session = open_session(task.host, task.nornir.config)
    reply = session.send(ShowCommand(Show.LOGGING))
    if reply.refusal:
        raise RejectedError(
            f"{task.host.name} refused '{Show.LOGGING}': {reply.refusal}", "give this login the right to read the log"
        )
    seen = observe_device(task.host.name, logging_text=reply.text, shortest=shortest, longest=longest)
    return Result(host=task.host, result=seen)
