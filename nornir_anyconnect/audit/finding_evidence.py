"""What was seen of one finding's users, and what it proves: the fault, compression, or settings of the past.

722036 alone proves nothing: compression of incompressible data causes it too. What tells them apart is the threshold.
One that is a TLS MTU is the fault; one that is the DTLS MTU is compression, with or without a later reconnect. Packets
above the adapter MTU that the configuration allows now were seen under other settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import FindingEvidence, PastEvidence
from nornir_anyconnect.audit.observable import observable
from nornir_anyconnect.evidence.events import name_of
from nornir_anyconnect.evidence.probe import worst

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.calibrate import Model
    from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, Incident, LargePacket
    from nornir_anyconnect.mtu.assumptions import AssumptionSet

_CORROBORATE = 2
"""Users, or public addresses, that a log file must show before it outranks the arithmetic: one line can be forged."""


class Drop(Enum):
    """What a packet that met a smaller threshold tells."""

    PREDICTED = auto()
    """The threshold is a TLS MTU, and the adapter may send such a packet: the fault, as computed."""
    UNEXPLAINED = auto()
    """The adapter may send such a packet; the threshold is no MTU of this configuration."""
    COMPRESSED = auto()
    PAST = auto()
    """Larger than the adapter MTU that the configuration allows now."""
    NONE = auto()
    """No larger than the threshold: no such packet is dropped, whoever wrote the line."""


@dataclass(frozen=True)
class Expected:
    """What the configuration of one finding lets the log show.

    Args:
        model: what the box could show.
        sets: the assumption sets that stand.
        conf: the ``anyconnect mtu`` in force, bytes; None where none is set.
        dtls: users get DTLS at all.
        compression: the policy turns compression on.

    """

    model: Model
    sets: tuple[AssumptionSet, ...]
    conf: int | None
    dtls: bool
    compression: bool

    @cached_property
    def adapter(self) -> int | None:
        """The largest adapter MTU that any combination allows, bytes; None where none can be computed."""
        return self.model.largest_adapter(self.conf, dtls=self.dtls)

    def drop(self, packet: int, threshold: int, *, without_udp: bool, compression: bool) -> Drop:
        """What a packet of that size over that threshold (bytes) tells."""
        if packet <= threshold:
            return Drop.NONE
        compression = compression or self.compression
        above = self.adapter is not None and packet > self.adapter
        if above and not compression and self.model.predicts(packet, threshold, self.sets, None):
            # the usual remedy makes the TLS MTU of before the DTLS MTU of now: what it cured is not compression
            return Drop.PAST
        if self.model.is_dtls_mtu(threshold, self.conf) and not (
            without_udp and self.model.predicts(packet, threshold, self.sets, self.conf)
        ):
            return Drop.COMPRESSED
        if above:
            return Drop.COMPRESSED if compression else Drop.PAST
        if self.model.predicts(packet, threshold, self.sets, self.conf):
            return Drop.PREDICTED
        return Drop.UNEXPLAINED


@dataclass(frozen=True)
class Seen:
    """What was seen of a group policy, or of one user of it, each drop weighed against what is expected.

    Args:
        group: what was seen of the policy.
        expected: what the configuration lets the log show.
        user: of this user alone, where the finding is a user's.
        before: what was seen of the policy before a change of it that is known.

    """

    group: GroupObservations
    expected: Expected
    user: str | None = None
    before: GroupObservations | None = None

    @cached_property
    def _incidents(self) -> list[tuple[Incident, Drop]]:
        return [
            (each, self._incident(each)) for each in self.group.incidents if self.user is None or each.user == self.user
        ]

    def _incident(self, incident: Incident) -> Drop:
        if incident.packet is None or incident.threshold is None:
            return Drop.UNEXPLAINED
        without_udp = incident.kind == "dtls-never-up"
        # what a reconnect follows is not compression for the mere reason that the policy turns it on
        return self.expected.drop(incident.packet, incident.threshold, without_udp=without_udp, compression=False)

    @cached_property
    def _packets(self) -> list[tuple[LargePacket, Drop]]:
        """Of a user only the incidents are known to be the user's."""
        if self.user is not None:
            return []
        return [
            (
                each,
                self.expected.drop(
                    each.packet, each.threshold, without_udp=each.without_udp, compression=self.group.compression
                ),
            )
            for each in self.group.large_packets
        ]

    def incidents(self, *drops: Drop) -> list[Incident]:
        """The reconnects whose drops tell one of these."""
        return [each for each, drop in self._incidents if drop in drops]

    @property
    def large_packets(self) -> int:
        """Packets dropped, whatever they tell."""
        if self.user is not None:
            return sum(each.large_packets for each, _ in self._incidents)
        return sum(each.count for each in self.group.large_packets)

    def _met(self) -> Iterable[tuple[int, int]]:
        yield from ((each.packet, each.threshold) for each, _ in self._packets)
        for each, _ in self._incidents:
            if each.packet is not None and each.threshold is not None:
                yield each.packet, each.threshold

    @cached_property
    def proving(self) -> list[LargePacket]:
        """The packets that prove the fault by themselves: predicted, without UDP, no compression."""
        if self.group.compression or self.expected.compression:
            return []
        return [each for each, drop in self._packets if drop is Drop.PREDICTED and each.sent and each.without_udp]

    @cached_property
    def observed(self) -> tuple[int, int] | None:
        """The TLS and the adapter MTU (bytes) that reconnects show, whatever the arithmetic says.

        Of a log file they count only where two users, or one at two public addresses, met them.
        """
        shown = [each for each in self.incidents(Drop.PREDICTED, Drop.UNEXPLAINED) if each.packet and each.threshold]
        own = {(each.packet, each.threshold) for each in self.group.large_packets if each.own}
        sure = [each for each in shown if (each.packet, each.threshold) in own]
        witnesses = {(each.user, each.address) for each in shown}
        if len(witnesses) >= _CORROBORATE:
            sure = shown
        sizes = [(each.threshold or 0, each.packet or 0) for each in sure]
        return (min(tls for tls, _ in sizes), max(packet for _, packet in sizes)) if sizes else None

    def _users(self, packets: Iterable[LargePacket], incidents: Iterable[Incident]) -> frozenset[str]:
        users = {name_of(each.user, each.address) for each in incidents}
        for packet in packets:
            users |= packet.users or self.group.users
        return frozenset(users if self.user is None else users & {self.user})

    def evidence(self, config: RunningConfig, device: DeviceObservations, *, at_risk: bool) -> FindingEvidence:
        """What stands beside the finding.

        Args:
            config: decides whether a drop would show.
            device: all that was seen of the device.
            at_risk: the finding says so, or that nothing is known; what is safe is not confirmed.

        """
        real = self.incidents(Drop.PREDICTED, Drop.UNEXPLAINED)
        confirmed = at_risk and bool(self.incidents(Drop.PREDICTED) or self.proving or self.observed)
        users = self._users(self.proving, real)
        answer = observable(config, device, found=bool(self.large_packets or self._incidents or self.before))
        waited = [each.stalled for each in real if each.stalled is not None]
        begins, ends = device.log_begins or device.first, device.log_ends or device.last
        tls_only = self.group.tls_only_users if self.user is None else self.group.tls_only_users & {self.user}
        suspected = [each for each in self.group.suspected if self.user in (None, each.user)]
        return FindingEvidence(
            confirmed=confirmed,
            observable=answer.answer,
            observable_reason=answer.reason,
            span=(begins.isoformat(), ends.isoformat()) if begins and ends else None,
            large_packets=self.large_packets,
            thresholds=tuple(sorted({threshold for _, threshold in self._met()})),
            packet_sizes=tuple(sorted({packet for packet, _ in self._met()})),
            users=len(users),
            user_names=tuple(sorted(users)),
            reconnects=len(real),
            lost=sum(each.kind == "dtls-lost" for each in real),
            stalled=median(waited) if waited else None,
            tls_only_sessions=len(tls_only),
            sessions=self.group.sessions if self.user is None else len(tls_only),
            suspected=len(suspected),
            past=self._past(device),
            probe=worst(each.cause for each in device.probes),
        )

    @property
    def _proving_before(self) -> list[LargePacket]:
        """Packets that were dropped before a known change, where neither UDP nor compression explains it."""
        if self.before is None or self.before.compression or self.user is not None:
            return []
        return [
            each
            for each in self.before.large_packets
            if each.sent and each.without_udp and each.packet > each.threshold
        ]

    def _past(self, device: DeviceObservations) -> PastEvidence | None:
        packets = [each for each, drop in self._packets if drop is Drop.PAST]
        incidents = self.incidents(Drop.PAST)
        if self.before is not None:
            incidents += [each for each in self.before.incidents if self.user in (None, each.user)]
            packets += self._proving_before
        if not (packets or incidents):
            return None
        times = [each.reconnected_at for each in incidents if each.reconnected_at is not None]
        times += [met.dialled_at for each in packets for met in each.by_user.values() if met.dialled_at is not None]
        last = max(times, default=device.last)
        return PastEvidence(
            users=len(self._users(packets, incidents)),
            reconnects=len(incidents),
            last=last.isoformat() if last else None,
        )
