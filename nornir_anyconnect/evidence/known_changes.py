"""What was seen of a device, cut at a change that somebody knows of: what came before proves nothing of what is now.

A client takes the MTU of its adapter when it connects. So it is not the time of a packet that counts, but when the
client that met it had last connected; what has no time counts as seen since.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.events import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, Incident, LargePacket


def cut_at(seen: DeviceObservations, changed: Mapping[str, datetime]) -> DeviceObservations:
    """The observations with all that was seen before the changes put aside, in ``before``.

    Args:
        seen: of one device.
        changed: when each group policy was changed, in the time of the device's log.

    """
    groups, before = dict(seen.groups), dict(seen.before)
    for policy in changed.keys() & groups.keys():
        groups[policy], earlier = _cut(groups[policy], changed[policy])
        if earlier.large_packets or earlier.incidents:
            before[policy] = earlier
    return replace(seen, groups=groups, before=before)


def _cut(group: GroupObservations, at: datetime) -> tuple[GroupObservations, GroupObservations]:
    """What was seen since, and what before. Who is connected, and how, is of now."""
    since = [each for each in group.incidents if not _is_before(_dialled_at(each), at)]
    before = [each for each in group.incidents if _is_before(_dialled_at(each), at)]
    halves = [_cut_packet(each, at) for each in group.large_packets]
    return (
        _of(group, since, (later for later, _ in halves)),
        replace(
            _of(group, before, (earlier for _, earlier in halves)), tls_only_users=frozenset(), sessions=0, suspected=()
        ),
    )


def _of(
    group: GroupObservations, incidents: Iterable[Incident], packets: Iterable[LargePacket | None]
) -> GroupObservations:
    incidents, kept = tuple(incidents), tuple(each for each in packets if each is not None)
    users = {name_of(each.user, each.address) for each in incidents}.union(*(each.users for each in kept))
    # a packet of which nobody knows whose it is may be anybody's
    nameless = any(not each.by_user for each in kept)
    return replace(
        group, incidents=incidents, large_packets=kept, users=group.users if nameless else group.users & users
    )


def _cut_packet(packet: LargePacket, at: datetime) -> tuple[LargePacket | None, LargePacket | None]:
    """The packets of users who connected since, and of those who all had before."""
    earlier = {user: met for user, met in packet.by_user.items() if _is_before(met.dialled_at, at)}
    later = {user: met for user, met in packet.by_user.items() if user not in earlier}
    count = min(packet.count, sum(met.count for met in earlier.values()))
    if not earlier:
        return packet, None
    if not later and count == packet.count:
        return None, packet
    return (
        replace(packet, by_user=later, count=max(1, packet.count - count)),
        replace(packet, by_user=earlier, count=count),
    )


def _dialled_at(incident: Incident) -> datetime | None:
    return incident.dialled_at or incident.connected_at or incident.reconnected_at


def _is_before(time: datetime | None, at: datetime) -> bool:
    return time is not None and time < at
