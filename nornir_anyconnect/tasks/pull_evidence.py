"""Ask a device what it saw: its log buffer, its sessions, its drop counters. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.commands import Show, ShowCommand
from nornir_anyconnect.device.connection import closing_session
from nornir_anyconnect.evidence.device import observe_device
from nornir_anyconnect.tasks.pull_config import wanted_contexts

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


@dataclass(frozen=True, slots=True)
class Observed:
    """What one device or one of its contexts saw; the texts are not kept."""

    host: str
    contexts: tuple[tuple[str | None, DeviceObservations], ...]

    def to_dict(self) -> dict[str, Any]:
        """Counts per group policy; user names are left out."""
        return {
            "host": self.host,
            "contexts": [
                {
                    "context": context,
                    "log_lines": seen.lines,
                    "no_fragment_drops": seen.no_fragment_drops,
                    "groups": {
                        name: {
                            "users": len(group.users),
                            "sessions": group.sessions,
                            "tls_only_sessions": len(group.tls_only_users),
                            "large_packets": sum(packet.count for packet in group.large_packets),
                            "reconnects": len(group.incidents),
                        }
                        for name, group in seen.groups.items()
                    },
                }
                for context, seen in self.contexts
            ],
        }

    def __str__(self) -> str:
        lines = []
        for context, seen in self.contexts:
            lines.append(f"{self.host}{f'/{context}' if context else ''}: {seen.lines} log lines")
            lines += [
                f"  {name}: {group.sessions} sessions, {len(group.tls_only_users)} without DTLS, "
                f"{len(group.incidents)} reconnects"
                for name, group in seen.groups.items()
            ]
        return "\n".join(lines)


def pull_logs(task: Task) -> Result:
    """Nornir task: what the device's log buffer and drop counters say; ``result`` is :class:`Observed`.

    Raises:
        AnyConnectError: the device could not be read.

    """
    return _observe(task, (Show.LOGGING, Show.ASP_DROP))


def pull_sessions(task: Task) -> Result:
    """Nornir task: who is connected now, and how; ``result`` is :class:`Observed`.

    Raises:
        AnyConnectError: the device could not be read.

    """
    return _observe(task, (Show.SESSIONS_DETAIL, Show.SESSIONS_SUMMARY))


def _observe(task: Task, wanted: tuple[Show, ...]) -> Result:
    host = task.host
    seen: list[tuple[str | None, DeviceObservations]] = []
    with closing_session(host, task.nornir.config) as session:
        for context in wanted_contexts(host, names) if (names := session.contexts()) else (None,):
            if context is not None:
                session.change_to(context)
            seen.append((context, pull_evidence(session, host.name, wanted)))
    return Result(host=host, result=Observed(host.name, tuple(seen)), changed=False)
