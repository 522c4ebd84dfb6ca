"""What happened to the users of the changed policies since the change.

Sessions that were up before keep their old MTU until they reconnect, and nobody is logged off: only what
befalls sessions that came up after the change says anything about it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.observable import Observable, logged
from nornir_anyconnect.evidence.device_evidence import observe_device
from nornir_anyconnect.evidence.device_output.counters import log_buffer
from nornir_anyconnect.evidence.events import AddressAssigned, LargePacketSent, NewConnection, SessionStarted, UserEvent
from nornir_anyconnect.evidence.known_changes import cut_at
from nornir_anyconnect.evidence.observations import GroupObservations
from nornir_anyconnect.evidence.syslog.reader import SyslogReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.asa.running_config import LoggingSettings

_CLOCK = re.compile(r"(\d{1,2}:\d\d:\d\d)(?:\.\d+)?\s+\S+\s+\w{3}\s+(\w{3})\s+(\d{1,2})\s+(\d{4})")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one group policy; users, sessions and packets."""

    sessions: int = 0
    """Connected now."""
    came_up: int = 0
    """Sessions that the log shows coming up in the time that is counted."""
    tls_only: int = 0
    """Connected now without DTLS."""
    large_packets: int = 0
    reconnects: int = 0
    hit: int = 0
    """Users with a reconnect, or with packets dropped of a session without UDP that does not compress."""

    def to_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)


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
    begin = since or datetime.min.replace(tzinfo=UTC)
    came_up, drops = _in_the_log(logging_text, begin)
    counted = {}
    for name in policies:
        group = seen.groups.get(name, GroupObservations(name))
        incidents = [
            each
            for each in group.incidents
            if since is None or (each.connected_at is not None and each.connected_at >= since)
        ]
        packets = drops[name] if since else sum(each.count for each in group.large_packets)
        hit = len(cut_at(seen, {name: begin}).groups.get(name, group).hit)
        counted[name] = Tally(group.sessions, came_up[name], len(group.tls_only_users), packets, len(incidents), hit)
    return counted


def _in_the_log(logging_text: str, since: datetime) -> tuple[Counter[str], Counter[str]]:
    """Per group policy: sessions that came up at or after ``since``, and 722036 of those."""
    came_up: dict[tuple[str, str], datetime] = {}
    sessions: Counter[str] = Counter()
    drops: Counter[str] = Counter()
    for event in SyslogReader(device="device").read([logging_text.encode(errors="replace")]):
        if not isinstance(event, UserEvent) or event.time is None:
            continue
        key = (event.user, event.address)
        if isinstance(event, AddressAssigned):
            came_up[key] = event.time
            sessions[event.group_policy] += event.time >= since
        elif isinstance(event, SessionStarted) or (isinstance(event, NewConnection) and key not in came_up):
            came_up[key] = event.time
        elif isinstance(event, LargePacketSent) and key in came_up and came_up[key] >= since:
            drops[event.group_policy] += event.count
    return sessions, drops


def watched(logging: LoggingSettings, logging_text: str, since: datetime | None) -> Observable:
    """Whether a drop since the change would show in the log buffer. No evidence is not "nobody hit".

    Args:
        logging: as configured now.
        logging_text: ``show logging``.
        since: device time of the change.

    """
    if since is None:
        return Observable("no", notice("clock-not-known"))
    buffer = log_buffer(logging_text)
    if buffer is None:
        return Observable("no", notice("log-not-readable"))
    if buffer.level == "disabled":
        return Observable("no", notice("no-log-buffer"))
    # only the buffer is read here: a syslog server may know more
    answer = logged(replace(logging, trap=None))
    if answer.answer != "yes" or not buffer.wrapped:
        return answer
    stamps = (each.time for each in SyslogReader(device="device").read([logging_text.encode(errors="replace")]))
    oldest = min((each for each in stamps if each is not None), default=None)
    if oldest is not None and oldest <= since:
        return answer
    return Observable("unknown", notice("buffer-wrapped-since-change"))


def in_words(counted: dict[str, Tally], watch: Observable) -> str:
    """What became of the users since the change, in one sentence."""
    hit = [
        f"{_many(counts.large_packets, 'large packet')} and {_many(counts.reconnects, 'reconnect')} in {name}"
        for name, counts in counted.items()
        if counts.large_packets or counts.reconnects
    ]
    came_up = sum(each.came_up for each in counted.values())
    if hit:
        return "since the change " + "; ".join(hit)
    if watch.answer == "no":
        return f"drops are not observable: {watch.why}"
    if not came_up:
        told = "no session came up since the change: no user has put it to the test yet"
    else:
        told = f"{_many(came_up, 'session')} came up since the change, with no large packet and no reconnect"
    return f"{told} ({watch.why})" if watch.why else told


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def as_data(counted: dict[str, Tally] | None) -> dict[str, Any] | None:
    """For JSON; null where nothing could be counted."""
    return None if counted is None else {name: each.to_dict() for name, each in counted.items()}
