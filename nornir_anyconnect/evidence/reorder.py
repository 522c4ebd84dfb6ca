"""Syslog over UDP arrives shuffled: a bounded buffer that hands events on in the order of their time stamps."""

from __future__ import annotations

import heapq
from datetime import timedelta
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence import events as ev

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

MAX_WAITING = 20_000
"""Events that wait at most, whatever their stamps say."""
_CLOCK_SET_BACK = timedelta(days=1)

_RANKS: dict[type[ev.Event], int] = {
    ev.SessionEnded: 0,
    ev.SessionStarted: 0,
    ev.AddressAssigned: 1,
    ev.LargePacketSent: 3,
    ev.LargePacketReceived: 3,
    ev.PathMtuExceeded: 3,
}


def _rank(event: ev.Event) -> int:
    """The order within one second, which is as fine as most stamps are: a cause comes before what follows from it."""
    if isinstance(event, ev.NewConnection):
        if event.protocol == "UDP":
            return 6
        return 1 if event.message == "722033" else 5
    if isinstance(event, ev.ConnectionState):
        return 6 if event.protocol == "UDP" and event.established else 2
    return _RANKS.get(type(event), 2)


class ReorderBuffer:
    """Of one device; events are let out once one is ``window`` later than they are."""

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._waiting: list[tuple[datetime, int, int, ev.Event]] = []
        self._latest: datetime | None = None
        self._arrived = 0

    def push(self, event: ev.Event) -> Iterator[ev.Event]:
        """Takes an event in, and lets those out whose turn it is. One without a stamp passes at once."""
        time = event.time
        if time is None:
            yield event
            return
        latest = self._latest
        if latest is not None and time < latest - _CLOCK_SET_BACK:
            # a forged or a wrong stamp in the future must not let everything after it pass unsorted
            yield from self.drain()
            latest = None
        if latest is None or time > latest:
            self._latest = latest = time
        self._arrived += 1
        heapq.heappush(self._waiting, (time, _rank(event), self._arrived, event))
        due = latest - self._window
        while self._waiting and (self._waiting[0][0] < due or len(self._waiting) > MAX_WAITING):
            yield heapq.heappop(self._waiting)[3]

    def drain(self) -> Iterator[ev.Event]:
        """Lets everything out, at the end of the stream."""
        while self._waiting:
            yield heapq.heappop(self._waiting)[3]
        self._latest = None
