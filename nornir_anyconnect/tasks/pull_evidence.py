"""Ask a device what it saw: its log buffer, its sessions, its drop counters. Changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.commands import Show, ShowCommand
from nornir_anyconnect.evidence.device import observe_device

if TYPE_CHECKING:
    from nornir_anyconnect.device.session import Session
    from nornir_anyconnect.evidence.observations import DeviceObservations


EVERYTHING = (Show.LOGGING, Show.SESSIONS_DETAIL, Show.SESSIONS_SUMMARY, Show.ASP_DROP)


def pull_evidence(session: Session, name: str, wanted: tuple[Show, ...] = EVERYTHING) -> DeviceObservations:
    """What the context in which the session stands has seen; what it refuses to show is left out.

    Args:
        session: an open session.
        name: what the device is called in the report.
        wanted: which show commands to ask; where the detailed sessions are refused, the plain ones are asked.

    """

    def shown(show: Show, simpler: Show | None = None) -> str | None:
        if show not in wanted and simpler is None:
            return None
        reply = session.send(ShowCommand(show))
        if reply.refusal and simpler is not None:
            reply = session.send(ShowCommand(simpler))
        return None if reply.refusal else reply.text

    drops = shown(Show.ASP_DROP)
    return observe_device(
        name,
        logging_text=shown(Show.LOGGING),
        sessions_text=shown(Show.SESSIONS_DETAIL, Show.SESSIONS) if Show.SESSIONS_DETAIL in wanted else None,
        summary_text=shown(Show.SESSIONS_SUMMARY),
        asp_drop=((datetime.now(UTC), drops),) if drops else (),
    )
