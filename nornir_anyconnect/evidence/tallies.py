"""What is being summed for one device and one group policy, in bounded memory, until the log is at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, Incident, LargePacket, Met
from nornir_anyconnect.evidence.session import LargePackets

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime

    from nornir_anyconnect.evidence import events as ev

MAX_USERS = 200_000
MAX_GROUPS = 4096
MAX_TIMELINES = 1000
"""Incidents that keep their timeline, per device; the later ones keep their numbers."""
OTHERS = "(others)"
"""Where devices and group policies beyond the bound are counted."""
_CORROBORATE = 2
"""Users or public addresses that must have met a threshold before it counts: one forged line is not two."""
_Kind = tuple[int, int, bool]
"""Packet, threshold, without UDP."""


def _large_packets(
    counts: Counter[_Kind], sent: LargePackets, other: LargePackets, known: Container[int]
) -> tuple[LargePacket, ...]:
    """Counted packets; those of ``sent`` by 722036, and those with a threshold in ``known`` corroborated."""
    return tuple(
        LargePacket(
            *kind, count=count, corroborated=kind[1] in known, sent=kind in sent.counts,
            by_user=_by_user(sent.users.get(kind, {}), other.users.get(kind, {})),
        )
        for kind, count in sorted(counts.items())
    )  # fmt: skip


def _by_user(sent: dict[str, Met], other: dict[str, Met]) -> dict[str, Met]:
    """Both messages tell of the same packets: of each user whichever was logged more often."""
    return {
        user: max((each[user] for each in (sent, other) if user in each), key=lambda met: met.count)
        for user in (*sent, *(each for each in other if each not in sent))
    }


class GroupTally:
    """What is being summed for one group policy."""

    def __init__(self) -> None:
        self.sent = LargePackets()
        self.by_path_mtu = LargePackets()
        self.received = LargePackets()
        self.users: set[str] = set()
        self.logged: set[str] = set()
        self.incidents: list[Incident] = []
        self.ciphers: set[tuple[str, str]] = set()
        self.suspected: list[Incident] = []
        self.compression = False
        self.uncompressed = False
        self.dtls_disabled = 0

    def hit(self, user: str) -> None:
        """A user met a large packet, or had to reconnect."""
        if len(self.users) < MAX_USERS:
            self.users.add(user)

    def log(self, user: str) -> None:
        """Some line speaks of a user."""
        if len(self.logged) < MAX_USERS:
            self.logged.add(user)

    def suspect(self, incident: Incident) -> None:
        """A reconnect that counts where the log holds no drop at all."""
        if len(self.suspected) < MAX_TIMELINES:
            self.suspected.append(incident)

    def note_compression(self, event: ev.ConnectionState) -> None:
        """722022 and 722023 say whether the connection compresses."""
        self.compression |= event.compression
        self.uncompressed |= not event.compression

    def observations(self, name: str, known: Container[int], *, no_drop: bool) -> GroupObservations:
        """What came together of the group policy ``name``; ``known`` holds the corroborated thresholds."""
        # 602101 and 722036 tell of the same drop: whichever was logged more often saw more of them
        sent = self.sent.counts | self.by_path_mtu.counts
        return GroupObservations(
            group_policy=name,
            users=frozenset(self.users),
            large_packets=_large_packets(sent, self.sent, self.by_path_mtu, known),
            incidents=tuple(self.incidents),
            suspected=tuple(self.suspected) if no_drop else (),
            compression=self.compression,
            uncompressed=self.uncompressed,
            ciphers=frozenset(self.ciphers),
            received_large=_large_packets(self.received.counts, self.received, self.received, known),
            logged_users=len(self.logged),
            dtls_disabled=self.dtls_disabled,
        )


class DeviceTally:
    """What is being summed for one device."""

    def __init__(self) -> None:
        self.groups: dict[str, GroupTally] = {}
        self.unjoined: Counter[tuple[int, int]] = Counter()
        self.witnesses: dict[int, set[tuple[str, str]]] = {}
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.lines = 0
        self.timelines = 0

    def witness(self, threshold: int, user: str, address: str) -> None:
        """A user at a public address met a threshold, however often: more than two need not be told apart."""
        if threshold not in self.witnesses and len(self.witnesses) >= LargePackets.MAX_KINDS:
            return
        known = self.witnesses.setdefault(threshold, set())
        if len(known) < _CORROBORATE:
            known.add((user, address))

    def keep(self, group: GroupTally, incident: Incident) -> None:
        """Takes an incident of one of its group policies."""
        if self.timelines >= MAX_TIMELINES:
            incident = replace(incident, timeline=())
        self.timelines += 1
        group.incidents.append(incident)

    def count_unjoined(self, event: ev.PathMtuExceeded) -> None:
        """602101 of nobody known."""
        if len(self.unjoined) < LargePackets.MAX_KINDS:
            self.unjoined[event.packet, event.effective_mtu] += event.count

    def group(self, name: str) -> GroupTally:
        """The tally of a group policy."""
        group = self.groups.get(name)
        if group is None:
            if len(self.groups) >= MAX_GROUPS:
                name = OTHERS
            group = self.groups.setdefault(name, GroupTally())
        return group

    def observations(self, name: str, *, notices_only: bool) -> DeviceObservations:
        """What came together of the device; of a log without any drop a reconnect is all there is to see."""
        no_drop = notices_only or not any(group.sent.counts for group in self.groups.values())
        known = {threshold for threshold, met in self.witnesses.items() if len(met) >= _CORROBORATE}
        return DeviceObservations(
            device=name,
            groups={
                group: tally.observations(group, known, no_drop=no_drop) for group, tally in sorted(self.groups.items())
            },
            effective_mtus=tuple(sorted(self.unjoined)),
            first=self.first,
            last=self.last,
            lines=self.lines,
            met=self.lines > 0,
            log_begins=self.first,
            log_ends=self.last,
        )
