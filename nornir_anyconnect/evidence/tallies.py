"""What is being summed per device and group policy while a log is read; every table has a bound."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, Incident, LargePacket
from nornir_anyconnect.evidence.reorder import ReorderBuffer
from nornir_anyconnect.evidence.session import LargePackets

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime, timedelta

MAX_GROUPS = 4096
OTHERS = "(others)"
"""Where devices and group policies beyond the bound are counted."""
_CORROBORATE = 2
"""Users or public addresses that must have met a threshold before it counts: one forged line is not two."""
_Kind = tuple[int, int, bool]
"""Packet, threshold, without UDP."""


def _large_packets(counts: Counter[_Kind], sent: Container[_Kind], known: Container[int]) -> tuple[LargePacket, ...]:
    """Counted packets; those in ``sent`` by 722036, and those with a threshold in ``known`` corroborated."""
    return tuple(
        LargePacket(*kind, count=count, corroborated=kind[1] in known, sent=kind in sent)
        for kind, count in sorted(counts.items())
    )


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
        self.compression = False
        self.dtls_disabled = 0

    def observations(self, name: str, known: Container[int]) -> GroupObservations:
        """What came together of the group policy ``name``; ``known`` holds the corroborated thresholds."""
        # 602101 and 722036 tell of the same drop: whichever was logged more often saw more of them
        sent = self.sent.counts | self.by_path_mtu.counts
        return GroupObservations(
            group_policy=name,
            users=frozenset(self.users),
            large_packets=_large_packets(sent, self.sent.counts, known),
            incidents=tuple(self.incidents),
            compression=self.compression,
            ciphers=frozenset(self.ciphers),
            received_large=_large_packets(self.received.counts, self.received.counts, known),
            logged_users=len(self.logged),
            dtls_disabled=self.dtls_disabled,
        )


class DeviceTally:
    """What is being summed for one device."""

    def __init__(self, window: timedelta) -> None:
        self.groups: dict[str, GroupTally] = {}
        self.buffer = ReorderBuffer(window)
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

    def group(self, name: str) -> GroupTally:
        """The tally of a group policy."""
        group = self.groups.get(name)
        if group is None:
            if len(self.groups) >= MAX_GROUPS:
                name = OTHERS
            group = self.groups.setdefault(name, GroupTally())
        return group

    def observations(self, name: str) -> DeviceObservations:
        """What came together of the device."""
        known = {threshold for threshold, met in self.witnesses.items() if len(met) >= _CORROBORATE}
        return DeviceObservations(
            device=name,
            groups={group: tally.observations(group, known) for group, tally in sorted(self.groups.items())},
            effective_mtus=tuple(sorted(self.unjoined)),
            first=self.first,
            last=self.last,
            lines=self.lines,
            met=self.lines > 0,
            log_begins=self.first,
            log_ends=self.last,
        )
