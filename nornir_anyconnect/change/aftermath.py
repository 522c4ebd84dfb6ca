"""What happened to the users of the changed policies since the change.

Sessions that were up before keep their old MTU until they reconnect, and nobody is logged off: only what
befalls sessions that came up after the change says anything about it.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.evidence.device import observe_device
from nornir_anyconnect.evidence.events import AddressAssigned, LargePacketSent, NewConnection, SessionStarted, UserEvent
from nornir_anyconnect.evidence.syslog import SyslogReader

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOCK = re.compile(r"(\d{1,2}:\d\d:\d\d)(?:\.\d+)?\s+\S+\s+\w{3}\s+(\w{3})\s+(\d{1,2})\s+(\d{4})")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one group policy; users, sessions and packets."""

    sessions: int = 0
    tls_only: int = 0
    large_packets: int = 0
    reconnects: int = 0

    def to_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.sessions} sessions, {self.tls_only} without DTLS, "
            f"{self.large_packets} large packets, {self.reconnects} reconnects"
        )


def device_time(clock: str) -> datetime | None:
    """Read ``show clock``: the device's local time, as its log stamps have it (taken for UTC as those are)."""
    found = _CLOCK.search(clock)
    if found is None:
        return None
    stamp = f"{found[1]} {found[2]} {found[3]} {found[4]}"
    return datetime.strptime(stamp, "%H:%M:%S %b %d %Y").replace(tzinfo=UTC)


def tally(
    policies: Iterable[str], logging_text: str, sessions_text: str, since: datetime | None = None
) -> dict[str, Tally]:
    """Count per group policy; with ``since`` only what befell sessions that came up after it.

    Args:
        policies: names of the group policies to count for.
        logging_text: ``show logging``.
        sessions_text: ``show vpn-sessiondb anyconnect``, plain or detailed.
        since: device time of the change.

    """
    seen = observe_device("device", logging_text=logging_text, sessions_text=sessions_text)
    drops = _drops_since(logging_text, since) if since else None
    counted = {}
    for name in policies:
        group = seen.groups.get(name)
        if group is None:
            counted[name] = Tally()
            continue
        incidents = [
            each
            for each in group.incidents
            if since is None or (each.connected_at is not None and each.connected_at >= since)
        ]
        packets = drops.get(name, 0) if drops is not None else sum(each.count for each in group.large_packets)
        counted[name] = Tally(group.sessions, len(group.tls_only_users), packets, len(incidents))
    return counted


def _drops_since(logging_text: str, since: datetime) -> dict[str, int]:
    """722036 per group policy, of sessions that came up at or after ``since``."""
    came_up: dict[tuple[str, str], datetime] = {}
    counts: dict[str, int] = {}
    for event in SyslogReader(device="device").read([logging_text.encode(errors="replace")]):
        if not isinstance(event, UserEvent) or event.time is None:
            continue
        key = (event.user, event.address)
        if isinstance(event, AddressAssigned | SessionStarted) or (
            isinstance(event, NewConnection) and key not in came_up
        ):
            came_up[key] = event.time
        elif isinstance(event, LargePacketSent) and came_up.get(key, datetime.min.replace(tzinfo=UTC)) >= since:
            counts[event.group_policy] = counts.get(event.group_policy, 0) + event.count
    return counts


def in_words(counted: dict[str, Tally]) -> str:
    """One line for people."""
    return "; ".join(f"{name}: {counts}" for name, counts in counted.items()) or "no policy was counted"


def as_data(counted: dict[str, Tally] | None) -> dict[str, Any] | None:
    """For JSON; null where nothing could be counted."""
    return None if counted is None else {name: each.to_dict() for name, each in counted.items()}
