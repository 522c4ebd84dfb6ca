"""One user's session as the log tells it: a state machine that ends in an incident, in drops, or in nothing.

Source of both patterns: Cisco tech note 116881.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.evidence.observations import Incident, Met, TimelineEntry

if TYPE_CHECKING:
    from datetime import datetime

    from nornir_anyconnect.evidence import events as ev

SAME_LOGIN = timedelta(seconds=10)
"""722051 and 722033 of one login are at most this far apart."""
MAX_TIMELINE = 16
_MAX_PENDING = 64


class Bounds(NamedTuple):
    """What makes a reconnect an incident."""

    shortest: timedelta
    """From coming up to the reconnect of ``dtls-never-up``, at least."""
    longest: timedelta
    """The same, at most."""
    silence: timedelta
    """Where no line says that the UDP connection ended: between two large packets, and from the last of them to the
    new connection, at most. Packets further apart do not belong to one stall."""


def bounds(shortest: float = 30, longest: float = 120, silence: float = 3600) -> Bounds:
    """The same out of seconds."""
    return Bounds(timedelta(seconds=shortest), timedelta(seconds=longest), timedelta(seconds=silence))


USUAL = bounds()


class LargePackets:
    """How often each (packet, threshold, without UDP) was met, and by whom; bounded: a forged log may hold any."""

    MAX_KINDS = 1000
    MAX_USERS = 20_000
    """Users kept of all kinds together."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[int, int, bool]] = Counter()
        self.users: dict[tuple[int, int, bool], dict[str, Met]] = {}
        self._kept = 0

    def add(
        self,
        packet: int,
        threshold: int,
        *,
        without_udp: bool,
        count: int,
        user: str = "",
        dialled_at: datetime | None = None,
    ) -> None:
        """Counts packets of one kind, of a user who connected then; kinds beyond the bound are left out."""
        key = (packet, threshold, without_udp)
        if key not in self.counts and len(self.counts) >= self.MAX_KINDS:
            return
        self.counts[key] += count
        users = self.users.setdefault(key, {})
        if user in users:
            users[user] = users[user].and_then(Met(count, dialled_at))
        elif user and self._kept < self.MAX_USERS:
            users[user] = Met(count, dialled_at)
            self._kept += 1


class Session:
    """What is known of one user at one public address on one device.

    Args:
        user: who it is, for people.
        sent: where the packets of 722036 go once it is clear whether the session had UDP.
        by_path_mtu: where those of 602101 go.
        bounds: what makes a reconnect an incident.

    """

    __slots__ = (
        "_bounds", "_came_up", "_dialled_at", "_first_large", "_large", "_last_large", "_login", "_lost", "_lost_at",
        "_met_at", "_packet", "_pending", "_suspected", "_threshold", "_timeline", "_udp", "_up", "assigned",
        "by_path_mtu", "doubtful", "sent", "user",
    )  # fmt: skip

    def __init__(self, user: str, sent: LargePackets, by_path_mtu: LargePackets, bounds: Bounds) -> None:
        self._bounds = bounds
        self.user = user
        self.sent = sent
        self.by_path_mtu = by_path_mtu
        self.assigned: tuple[str, ...] = ()
        self.doubtful = False
        """A UDP connection of this user was logged, and nobody can tell when."""
        self._pending: dict[tuple[LargePackets, int, int], int] | None = None
        self._met_at: datetime | None = None
        self._dialled_at: datetime | None = None
        self._came_up = False
        self._suspected = False
        self._up: datetime | None = None
        self._login: datetime | None = None
        self._udp = False
        self._lost = False
        self._lost_at: datetime | None = None
        self._large = 0
        self._first_large: datetime | None = None
        self._last_large: datetime | None = None
        self._packet = 0
        self._threshold = 0
        self._timeline: list[TimelineEntry] = []

    @property
    def without_udp(self) -> bool:
        """Whether what is sent goes over TLS; False as well where the log does not show how the session came up."""
        return not self.doubtful and (self._lost or (self._came_up and not self._udp))

    def note(self, event: ev.Event, text: str) -> None:
        """Keeps an entry for the timeline."""
        if len(self._timeline) < MAX_TIMELINE:
            self._timeline.append(TimelineEntry(event.time, event.message, text))

    def large_packet(self, event: ev.LargePacketSent) -> None:
        """722036."""
        self._await(self.sent, event.packet, event.threshold, event)
        if self._udp and not self._lost and not self._recent(event.time):
            self._forget_packets()
        if not self._large:
            self._first_large = event.time
            self.note(event, f"a packet of {event.packet} bytes is too large for {event.threshold}")
        self._large += event.count
        self._last_large = event.time
        self._packet, self._threshold = event.packet, event.threshold

    def path_mtu(self, event: ev.PathMtuExceeded) -> None:
        """602101, joined through the assigned address."""
        self._await(self.by_path_mtu, event.packet, event.effective_mtu, event)

    def udp_up(self, event: ev.UserEvent) -> None:
        """A UDP connection, by any message that tells of one: what was dropped before is over."""
        if not self._udp or self._lost:
            self.note(event, "UDP connection")
        self.settle(without_udp=self._lost)
        self._udp, self._lost, self._lost_at = True, False, None
        self._forget_packets()

    def udp_lost(self, event: ev.UserEvent) -> None:
        """A UDP connection ended; packets that were too large shortly before are of the same silence."""
        if self._lost:
            return
        self._udp, self._lost, self._lost_at = True, True, event.time
        if self._large and self._recent(event.time):
            self._lost_at = self._first_large or event.time
        else:
            self._forget_packets()
        self.note(event, "UDP connection ended")

    def first_up(self, event: ev.UserEvent) -> None:
        """722033 over TCP: a session that did not exist."""
        if self._up is None or event.time is None or event.time - self._up > SAME_LOGIN:
            self._restart(event)
            self._login = event.time

    def assigned_up(self, event: ev.AddressAssigned) -> None:
        """722051: a session comes up, or one that is up gets its address again."""
        self.assigned = tuple(address for address in (event.ipv4, event.ipv6) if address)
        old = self._up is not None and event.time is not None and event.time - self._up > self._bounds.longest
        if not self._came_up or (old and not self._recent(event.time)):
            self._restart(event)
            self._login = event.time

    def established(self, event: ev.UserEvent) -> None:
        """722022 over TCP: tells that the session came up only where nothing else has."""
        if not self._came_up:
            self._restart(event)

    def new_tcp(self, event: ev.NewConnection) -> Incident | None:
        """722032 or 722034 over TCP: the reconnect, if there is something that it ends.

        A session comes up with 722034. 722032 replaces a connection of one that is up, and starts no clock anew.
        """
        if event.time is not None and self._up is not None and event.time <= self._up:
            return None  # a late copy of what is known
        found = self._incident(event)
        if found:
            self.settle(without_udp=True)
        if found or event.message == "722034":
            self._restart(event)
        else:
            self.note(event, "new TCP connection")
        self._dialled_at = event.time
        return found

    def suspicious(self, event: ev.UserEvent) -> bool:
        """Whether a session without UDP and without a drop reconnects after as long as an incident takes, and once."""
        now, up = event.time, self._up
        if self._suspected or self._large or self._udp or self.doubtful or not self._came_up:
            return False
        return now is not None and up is not None and self._bounds.shortest <= now - up <= self._bounds.longest

    def suspected(self, event: ev.UserEvent) -> Incident:
        """The reconnect of which a log without the drops shows no more than that it came."""
        self._suspected = True
        return self._reconnect("suspected", event, self._up)

    def settle(self, *, without_udp: bool | None = None) -> None:
        """Hands the large packets over to the tally."""
        if self._pending:
            alone = self.without_udp if without_udp is None else without_udp
            at = self._dialled_at or self._met_at
            for (tally, packet, threshold), count in self._pending.items():
                tally.add(packet, threshold, without_udp=alone, count=count, user=self.user, dialled_at=at)
            self._pending = None

    def is_ended_by(self, event: ev.SessionEnded) -> bool:
        """Whether a 113019 is of this session: one that arrives late, or lasted longer, is of the one before."""
        if event.time is None or self._up is None:
            return True
        if event.seconds and self._login:
            began = event.time - timedelta(seconds=event.seconds)
            return self._up <= event.time and began >= self._login - SAME_LOGIN
        return self._up <= event.time

    def is_before(self, time: datetime | None) -> bool:
        """Whether the session came up so long before ``time`` that what starts then is another one."""
        return time is not None and self._up is not None and time - self._up > SAME_LOGIN

    def _await(
        self, tally: LargePackets, packet: int, threshold: int, event: ev.LargePacketSent | ev.PathMtuExceeded
    ) -> None:
        if self._pending is None or len(self._pending) >= _MAX_PENDING:
            self.settle()
            self._pending = {}
        key = (tally, packet, threshold)
        self._pending[key] = self._pending.get(key, 0) + event.count
        self._met_at = event.time

    def _restart(self, event: ev.UserEvent) -> None:
        self.settle()
        self._timeline = []
        self.note(event, "TCP connection")
        self._came_up, self._up, self._dialled_at = True, event.time, event.time
        self._suspected = False
        self._udp, self._lost, self._lost_at = False, False, None
        self._forget_packets()

    def _forget_packets(self) -> None:
        self._large, self._first_large, self._last_large = 0, None, None

    def _recent(self, time: datetime | None) -> bool:
        if not self._large:
            return False
        if time is None or self._last_large is None:
            return False
        return time - self._last_large <= self._bounds.silence

    def _incident(self, event: ev.NewConnection) -> Incident | None:
        now, up = event.time, self._up
        if not self._large or self.doubtful or now is None:
            return None  # without a time nobody can tell what came before what
        if self._udp:
            since = self._lost_at if self._lost else self._first_large
            if not (self._lost or self._recent(now)) or (since and since > now):
                return None
        else:
            since = up
            if up is None or not self._bounds.shortest <= now - up <= self._bounds.longest:
                return None
        self.note(event, "new TCP connection: the client reconnects")
        return self._reconnect("dtls-lost" if self._udp else "dtls-never-up", event, since)

    def _reconnect(self, kind: str, event: ev.UserEvent, since: datetime | None) -> Incident:
        now, up = event.time, self._up
        return Incident(
            kind=kind,
            device=event.device,
            group_policy=event.group_policy,
            user=event.user,
            connected_at=up,
            reconnected_at=now,
            seconds=(now - up).total_seconds() if now and up else None,
            # nobody stalls before the session is up: lines that overtook its login are not counted from
            stalled=(now - max(since, up or since)).total_seconds() if now and since else None,
            large_packets=self._large,
            threshold=self._threshold if self._large else None,
            packet=self._packet if self._large else None,
            address=event.address,
            dialled_at=self._dialled_at,
            timeline=tuple(self._timeline),
        )
