"""What was observed, summed per device and group policy: the hand-over from evidence to audit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.evidence.events import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from nornir_anyconnect.evidence.probe import Probe


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, for people to read."""

    time: datetime | None
    message: str
    """The syslog id, such as ``722036``."""
    text: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One reconnect that a user suffered; ``seconds`` from coming up to the new connection."""

    kind: str
    """``dtls-never-up`` or ``dtls-lost``; ``suspected`` where nothing but the reconnect is seen."""
    device: str
    group_policy: str
    user: str
    connected_at: datetime | None
    reconnected_at: datetime | None
    seconds: float | None
    large_packets: int
    threshold: int | None
    packet: int | None
    address: str | None = None
    stalled: float | None = None
    """Seconds without DTLS before the new connection: from coming up, or from losing DTLS."""
    dialled_at: datetime | None = None
    """When the client last connected before it, and so took the MTU that its adapter had. Not in the JSON."""
    timeline: tuple[TimelineEntry, ...] = ()
    """From coming up to the reconnect; at most a screen."""

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of ``logs``."""
        return {
            "kind": self.kind,
            "device": self.device,
            "group_policy": self.group_policy,
            "user": self.user,
            "connected_at": self.connected_at.isoformat() if self.connected_at else None,
            "reconnected_at": self.reconnected_at.isoformat() if self.reconnected_at else None,
            "seconds": self.seconds,
            "stalled": self.stalled,
            "large_packets": self.large_packets,
            "threshold": self.threshold,
            "packet": self.packet,
        }


@dataclass(frozen=True, slots=True)
class Met:
    """One user's packets of one kind: how many, and when the client that met the latest of them had connected.

    Where no line tells when it did, the time of the latest of them; None where one of them has no time.
    """

    count: int
    dialled_at: datetime | None = None

    def and_then(self, other: Met) -> Met:
        """Both together."""
        unknown = self.dialled_at is None or other.dialled_at is None
        latest = None if unknown else max(filter(None, (self.dialled_at, other.dialled_at)))
        return Met(self.count + other.count, latest)


@dataclass(frozen=True, slots=True)
class LargePacket:
    """A packet size met with a TLS MTU (bytes), and how often; ``without_udp``: on a session without DTLS."""

    packet: int
    threshold: int
    without_udp: bool
    count: int = 1
    corroborated: bool = field(default=True, compare=False)
    """The device's own log, read from it, shows the threshold, or two users or public addresses met it."""
    sent: bool = field(default=True, compare=False)
    """722036 says so; else 602101 alone, which other tunnels of the box cause as well."""
    by_user: Mapping[str, Met] = field(default_factory=dict, compare=False)
    """Whose packets they were, as far as it is known."""
    own: bool = field(default=False, compare=False)
    """Read from the device itself: nobody forged it on the way."""

    @property
    def users(self) -> frozenset[str]:
        """Whose packets they were, as far as it is known."""
        return frozenset(self.by_user)


@dataclass(frozen=True, slots=True)
class DebugNumbers:
    """The box's own computation, out of a pasted ``debug webvpn anyconnect`` transcript. Bytes."""

    tls_mtu: int | None = None
    dtls_mtu: int | None = None
    computed_tls_mtu: int | None = None
    computed_dtls_mtu: int | None = None
    conf_mtu: int | None = None
    base_mtu: int | None = None
    """The link MTU the box started from."""
    tcp_mss: int | None = None
    path_mtu: int | None = None
    tls_suite: str | None = None
    """The suite of the TLS tunnel, where the text names it: what a CONNECT answer says holds for its suites alone."""
    dtls_suite: str | None = None
    not_understood: int = 0
    """Lines that were not understood."""


@dataclass(frozen=True, slots=True)
class GroupObservations:
    """All that was seen of one group policy on one device."""

    group_policy: str
    users: frozenset[str] = frozenset()
    """Users with at least one 722036 or one incident."""
    large_packets: tuple[LargePacket, ...] = ()
    incidents: tuple[Incident, ...] = ()
    tls_only_users: frozenset[str] = frozenset()
    """Connected now with SSL-Tunnel and no DTLS-Tunnel."""
    sessions: int = 0
    """Connected now."""
    suspected: tuple[Incident, ...] = ()
    """Reconnects of sessions without UDP in a log that holds notices only: the drops would not show in it."""
    compression: bool = False
    """A session of the policy shows compression: 722036 alone then proves nothing."""
    uncompressed: bool = False
    """A session of the policy shows that it does not compress."""
    ciphers: frozenset[tuple[str, str]] = frozenset()
    """(tunnel, suite) pairs that sessions or 725012 show as negotiated; tunnel is ``tls`` or ``dtls``."""
    received_large: tuple[LargePacket, ...] = ()
    """722035: sent by clients above the threshold."""
    logged_users: int = 0
    """Distinct users whose sessions the log shows, hit or not (a lower bound where names are hidden)."""
    dtls_disabled: int = 0
    """722043: sessions for which no suite could carry DTLS."""

    @property
    def hit(self) -> frozenset[str]:
        """Users with an incident, or with drops that neither UDP nor compression explains."""
        reconnected = {name_of(incident.user, incident.address) for incident in self.incidents}
        if self.compression or not self.uncompressed:
            return frozenset(reconnected)
        alone = (kind.users for kind in self.large_packets if kind.without_udp and kind.sent)
        return frozenset(reconnected.union(*alone))

    def to_dict(self) -> dict[str, Any]:
        """Counts, sizes in bytes, and every incident."""
        return {
            "group_policy": self.group_policy,
            "users": sorted(self.users),
            "large_packets": sum(kind.count for kind in self.large_packets),
            "thresholds": sorted({kind.threshold for kind in self.large_packets}),
            "packet_sizes": sorted({kind.packet for kind in self.large_packets}),
            "incidents": [incident.to_dict() for incident in self.incidents],
            "sessions": self.sessions,
            "tls_only_users": sorted(self.tls_only_users),
            "compression": self.compression,
            "ciphers": [list(pair) for pair in sorted(self.ciphers)],
        }


@dataclass(frozen=True, slots=True)
class DeviceObservations:
    """All that was seen of one device."""

    device: str
    groups: dict[str, GroupObservations] = field(default_factory=dict)
    """By group policy."""
    before: dict[str, GroupObservations] = field(default_factory=dict)
    """By group policy, what was seen before a change of it that is known: no evidence of what is in force now."""
    effective_mtus: tuple[tuple[int, int], ...] = ()
    """(packet bytes, effective mtu) of 602101 that no user could be joined to."""
    debug: tuple[DebugNumbers, ...] = ()
    probes: tuple[Probe, ...] = ()
    """What it answered to ``probe``."""
    no_fragment_drops: int | None = None
    """``mp-svc-no-fragment`` of ``show asp drop``."""
    no_fragment_rate: float | None = None
    """The same per second, from two samples."""
    first: datetime | None = None
    last: datetime | None = None
    lines: int = 0
    """Log lines seen of this device that tell of VPN users; with ``show logging`` all that it holds."""
    met: bool = False
    """A log holds lines of this device, whatever they say."""
    log_begins: datetime | None = None
    """The earliest line met of this device, whatever it says."""
    log_ends: datetime | None = None
    """The latest."""
    level: int | None = None
    """The highest level met of its messages: a log of notices ends at 5."""
    own_log: bool = False
    """It is the device's own buffer, of which nothing was picked out by id or level."""
    left_out: tuple[str, ...] = ()
    """Ids that every session brings, and that a log lacks in which its sessions begin: messages were left out."""
    no_beginning: bool = False
    """No session begins in its logs: nothing tells which messages they would hold."""
    unreadable: int = 0
    """Lines that carry a wanted id and could not be read."""
    untimed: int = 0
    """Messages read that have no time: what came before what cannot be told of them."""
    torn: int = 0
    """Logs that begin or end in the middle of a line."""
    missing: int = 0
    """Files that are missing between the rotations of its logs."""
    unread: int = 0
    """Files beside its logs that could not be read at all: they may be logs too, of whichever device."""
    others: tuple[str, ...] = ()
    """Whose logs were given, where none is of this device."""
    buffer_wrapped: bool | None = None
    """``show logging`` held fewer messages than it counted."""
    buffer_level: str | None = None
    """The level that ``show logging`` says the buffer keeps, such as ``informational`` or ``disabled``."""
    ssl_tunnels: int | None = None
    """Active SSL-Tunnels of ``show vpn-sessiondb``; more of them than ``dtls_tunnels`` means that users fell back."""
    dtls_tunnels: int | None = None

    @property
    def own(self) -> DeviceObservations:
        """What of its numbers the device itself said, or an engineer gave for it: a log file may have been forged."""
        groups = {
            name: replace(group, large_packets=tuple(each for each in group.large_packets if each.own))
            for name, group in self.groups.items()
        }
        return replace(self, groups=groups)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        groups = self.groups.values()
        return (
            f"{self.device}: {self.lines} log lines, "
            f"{sum(kind.count for group in groups for kind in group.large_packets)} large packets, "
            f"{sum(len(group.incidents) for group in groups)} reconnects, "
            f"{sum(group.sessions for group in groups)} sessions, "
            f"{sum(len(group.tls_only_users) for group in groups)} users without DTLS"
        )

    def to_dict(self) -> dict[str, Any]:
        """For people and programs: per group policy the counts, the thresholds and every incident."""
        return {
            "device": self.device,
            "lines": self.lines,
            "unreadable": self.unreadable,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "buffer_wrapped": self.buffer_wrapped,
            "buffer_level": self.buffer_level,
            "no_fragment_drops": self.no_fragment_drops,
            "no_fragment_rate": self.no_fragment_rate,
            "ssl_tunnels": self.ssl_tunnels,
            "dtls_tunnels": self.dtls_tunnels,
            "effective_mtus": [list(pair) for pair in self.effective_mtus],
            "groups": [group.to_dict() for group in self.groups.values()],
        }
