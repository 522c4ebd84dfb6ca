"""Joins what was observed to the finding it proves, by group policy."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import FindingEvidence
from nornir_anyconnect.audit.observable import observable
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.calibrate import Model
    from nornir_anyconnect.mtu.assumptions import AssumptionSet


def of_user(group: GroupObservations, user: str) -> GroupObservations:
    """What of a policy's observations is proved to be one user's: the incidents."""
    incidents = tuple(each for each in group.incidents if each.user == user)
    packets = tuple(
        LargePacket(each.packet, each.threshold, without_udp=True, count=each.large_packets)
        for each in incidents
        if each.packet is not None and each.threshold is not None
    )
    return GroupObservations(
        group_policy=group.group_policy,
        users=group.users & {user},
        large_packets=packets,
        incidents=incidents,
        tls_only_users=group.tls_only_users & {user},
        sessions=len(group.tls_only_users & {user}),
        compression=group.compression,
    )


def proves(packet: LargePacket, model: Model, standing: tuple[AssumptionSet, ...], conf: int | None) -> bool:
    """Whether a 722036 without DTLS is what the model predicts.

    Its threshold is a TLS MTU of a standing set, and the packet is above it and at most the adapter MTU.
    """
    fits = {each.combination for each in model.packet(packet, conf, compression=False)}
    return packet.sent and packet.without_udp and any(each.combination in fits for each in standing)


def evidence_of(
    config: RunningConfig,
    seen: DeviceObservations,
    group: GroupObservations,
    *,
    model: Model | None,
    standing: tuple[AssumptionSet, ...],
    conf: int | None,
    compression: bool,
) -> FindingEvidence:
    """What was seen of one finding's users.

    ``confirmed`` needs an incident, or a 722036 that the model predicts while compression is off: compression of
    incompressible data causes it too. 602101 alone confirms nothing.
    """
    confirmed = bool(group.incidents) or (
        model is not None
        and not (compression or group.compression)
        and any(proves(each, model, standing, conf) for each in group.large_packets)
    )
    packets = sum(each.count for each in group.large_packets)
    answer, reason = observable(config, seen, found=bool(packets or group.incidents))
    waited = [each.stalled for each in group.incidents if each.stalled is not None]
    begins, ends = seen.log_begins or seen.first, seen.log_ends or seen.last
    span = (begins.isoformat(), ends.isoformat()) if begins and ends else None
    return FindingEvidence(
        confirmed=confirmed,
        observable=answer,
        observable_reason=reason,
        span=span,
        large_packets=packets,
        thresholds=tuple(sorted({each.threshold for each in group.large_packets})),
        packet_sizes=tuple(sorted({each.packet for each in group.large_packets})),
        users=len(group.users),
        user_names=tuple(sorted(group.users)),
        reconnects=len(group.incidents),
        lost=sum(each.kind == "dtls-lost" for each in group.incidents),
        stalled=median(waited) if waited else None,
        tls_only_sessions=len(group.tls_only_users),
        sessions=group.sessions,
    )
