"""Events -> what was observed per device and group policy, over a stream and in bounded memory.

Tolerates lost, late (``window``) and repeated lines, many devices and users interleaved. Every table has a bound that
honest logs do not reach, so that a forged one cannot fill the memory.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence.observations import DeviceObservations
from nornir_anyconnect.evidence.session import LargePackets, Session, bounds
from nornir_anyconnect.evidence.sightings import Span
from nornir_anyconnect.evidence.tallies import OTHERS, DeviceTally, GroupTally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.evidence.observations import Incident

MAX_SESSIONS = 100_000
MAX_DEVICES = 4096
MAX_USERS = 200_000
MAX_TIMELINES = 1000
"""Incidents that keep their timeline, per device; the later ones keep their numbers."""
MAX_HANDSHAKES = 20_000
SILENCE = 3600
"""Seconds that ``dtls-lost`` may be silent, unless told otherwise."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _remember(table: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    """The value kept under the key, else ``value``; the oldest key goes where the table is full."""
    if key not in table and len(table) >= MAX_HANDSHAKES:
        table.popitem(last=False)
    return table.setdefault(key, value)


_REMARKS: dict[type[ev.Event], str] = {
    ev.DtlsDisabled: "DTLS disabled",
    ev.ConnectionClosing: "closing",
    ev.StaleConnectionClosed: "a stale connection was closed",
    ev.SessionLost: "the session lost its connection",
    ev.SessionResumed: "the session was resumed",
}


def _remark(event: ev.UserEvent) -> str | None:
    """What the timeline says of a message that changes nothing."""
    match event:
        case ev.DtlsDisabled() | ev.ConnectionClosing():
            return f"{_REMARKS[type(event)]}: {event.reason}"
        case ev.ClientMessage():
            return event.text
    return _REMARKS.get(type(event))


class Collector:
    """Takes events in and sums up.

    Args:
        shortest: seconds from coming up to the reconnect of ``dtls-never-up``, at least.
        longest: the same, at most.
        silence: seconds that ``dtls-lost`` may be silent where no line says that the UDP connection ended.
        window: seconds that a line may arrive late.

    """

    def __init__(
        self, *, shortest: float = 30, longest: float = 120, silence: float = SILENCE, window: float = 10
    ) -> None:
        self._bounds = bounds(shortest, longest, silence)
        self._window = timedelta(seconds=window)
        self._sighted: dict[str, Span] = {}
        self._devices: dict[str, DeviceTally] = {}
        self._sessions: OrderedDict[tuple[str, str, str], Session] = OrderedDict()
        self._assigned: dict[tuple[str, str], tuple[str, str, str]] = {}
        self._handshakes: OrderedDict[tuple[str, str, int], str] = OrderedDict()
        self._suites: OrderedDict[tuple[str, str], set[tuple[str, str]]] = OrderedDict()

    def feed(self, event: ev.Event) -> None:
        """Takes one event; its turn comes once the device's clock is ``window`` further."""
        device = self._devices.get(event.device)
        if device is None:
            name = event.device if len(self._devices) < MAX_DEVICES else OTHERS
            device = self._devices.setdefault(name, DeviceTally(self._window))
        device.lines += 1
        if (time := event.time) is not None:
            if device.first is None or time < device.first:
                device.first = time
            if device.last is None or time > device.last:
                device.last = time
        for due in device.buffer.push(event):
            self._take(device, due)

    def sighted(self, name: str, span: Span) -> None:
        """A log holds lines of a device over that time, whatever they say."""
        if name in self._sighted or len(self._sighted) < MAX_DEVICES:
            self._sighted[name] = self._sighted.get(name, Span(None, None)).widened(span.first).widened(span.last)

    def finish(self) -> dict[str, DeviceObservations]:
        """All that was observed, by device; the collector is at its end."""
        for device in self._devices.values():
            for due in device.buffer.drain():
                self._take(device, due)
        while self._sessions:
            self._sessions.popitem()[1].settle()
        found = {name: device.observations(name) for name, device in self._devices.items()}
        for name, span in self._sighted.items():
            seen = found.get(name, DeviceObservations(name))
            begins, ends = span.widened(seen.first).widened(seen.last)
            found[name] = replace(seen, met=True, log_begins=begins, log_ends=ends)
        return dict(sorted(found.items()))

    def _take(self, device: DeviceTally, event: ev.Event) -> None:
        if isinstance(event, ev.UserEvent):
            self._take_user(device, event)
        elif isinstance(event, ev.PathMtuExceeded):
            self._take_path_mtu(device, event)
        elif isinstance(event, ev.Handshake):
            if event.version:
                tunnel = "dtls" if event.version.upper().startswith("DTLS") else "tls"
                _remember(self._handshakes, (event.device, event.address, event.port), tunnel)
        elif isinstance(event, ev.CipherChosen):
            chosen = self._handshakes.get((event.device, event.address, event.port))
            if chosen:
                _remember(self._suites, (event.device, event.address), set()).add((chosen, event.suite))

    def _take_user(self, device: DeviceTally, event: ev.UserEvent) -> None:
        key = (event.device, event.user, event.address)
        if isinstance(event, ev.SessionStarted) and (old := self._sessions.get(key)) and old.is_before(event.time):
            self._forget(key, old)
        if isinstance(event, ev.SessionEnded | ev.SessionLost | ev.SessionResumed):
            # their group is the tunnel group: they say nothing of the group policy
            self._take_known(event, key)
            return
        group = device.group(event.group_policy)
        user = event.user if event.user and event.user != ev.HIDDEN else f"{ev.HIDDEN} ({event.address})"
        if len(group.logged) < MAX_USERS:
            group.logged.add(user)
        if isinstance(event, ev.LargePacketReceived):
            group.received.add(event.packet, event.threshold, without_udp=False, count=event.count)
            return
        session = self._session(key, group)
        if isinstance(event, ev.LargePacketSent):
            session.large_packet(event)
            device.witness(event.threshold, event.user, event.address)
            if len(group.users) < MAX_USERS:
                group.users.add(user)
        elif isinstance(event, ev.NewConnection):
            incident = self._new_connection(session, event)
            if incident is not None:
                self._keep(device, group, incident, user)
            if self._suites and (suites := self._suites.pop((event.device, event.address), None)):
                group.ciphers |= suites
        else:
            self._take_other(session, group, event, key)

    def _take_known(
        self, event: ev.SessionEnded | ev.SessionLost | ev.SessionResumed, key: tuple[str, str, str]
    ) -> None:
        known = self._sessions.get(key)
        if known is None:
            return
        if not isinstance(event, ev.SessionEnded):
            known.note(event, _REMARKS[type(event)])
        elif known.is_ended_by(event):
            self._forget(key, known)

    def _new_connection(self, session: Session, event: ev.NewConnection) -> Incident | None:
        if event.protocol == "UDP":
            session.udp_up(event)
        elif event.protocol == "TCP" and event.message == "722033":
            session.first_up(event)
        elif event.protocol == "TCP":
            return session.new_tcp(event)
        return None

    def _take_other(self, session: Session, group: GroupTally, event: ev.UserEvent, key: tuple[str, str, str]) -> None:
        if isinstance(event, ev.AddressAssigned):
            self._unassign(key, session)
            session.assigned_up(event)
            for address in session.assigned:
                self._assigned[event.device, address] = key
        elif isinstance(event, ev.ConnectionState):
            group.compression |= event.compression
            if event.protocol == "UDP" and event.established:
                session.udp_up(event)
            elif event.protocol == "UDP":
                session.udp_lost(event)
            elif event.protocol == "TCP" and event.established:
                session.established(event)
        elif remark := _remark(event):
            group.dtls_disabled += isinstance(event, ev.DtlsDisabled)
            session.note(event, remark)

    def _take_path_mtu(self, device: DeviceTally, event: ev.PathMtuExceeded) -> None:
        key = self._assigned.get((event.device, event.destination))
        session = self._sessions.get(key) if key else None
        if session is None or key is None:
            if len(device.unjoined) < LargePackets.MAX_KINDS:
                device.unjoined[event.packet, event.effective_mtu] += event.count
            return
        session.path_mtu(event)
        device.witness(event.effective_mtu, key[1], key[2])

    def _session(self, key: tuple[str, str, str], group: GroupTally) -> Session:
        session = self._sessions.get(key)
        if session is None:
            if len(self._sessions) >= MAX_SESSIONS:
                self._forget(*next(iter(self._sessions.items())))
            session = self._sessions[key] = Session(group.sent, group.by_path_mtu, self._bounds)
        else:
            self._sessions.move_to_end(key)
        session.sent, session.by_path_mtu = group.sent, group.by_path_mtu
        return session

    def _forget(self, key: tuple[str, str, str], session: Session) -> None:
        session.settle()
        del self._sessions[key]
        self._unassign(key, session)

    def _unassign(self, key: tuple[str, str, str], session: Session) -> None:
        for address in session.assigned:
            if self._assigned.get((key[0], address)) == key:
                del self._assigned[key[0], address]

    @staticmethod
    def _keep(device: DeviceTally, group: GroupTally, incident: Incident, user: str) -> None:
        if device.timelines >= MAX_TIMELINES:
            incident = replace(incident, timeline=())
        device.timelines += 1
        group.incidents.append(incident)
        if len(group.users) < MAX_USERS:
            group.users.add(user)


def observe(
    events: Iterable[ev.Event],
    *,
    shortest: float = 30,
    longest: float = 120,
    silence: float = SILENCE,
    window: float = 10,
) -> dict[str, DeviceObservations]:
    """What the events show, by device; the arguments (seconds) as those of :class:`Collector`."""
    collector = Collector(shortest=shortest, longest=longest, silence=silence, window=window)
    for event in events:
        collector.feed(event)
    return collector.finish()


def timeline(incident: Incident) -> list[str]:
    """What led to the reconnect, line by line: seconds since the session came up, message id, what happened."""
    start = incident.connected_at
    lines = []
    for entry in incident.timeline:
        offset = f"{(entry.time - start).total_seconds():+8.0f} s" if entry.time and start else " " * 10
        lines.append(f"{offset}  {entry.message}  {entry.text}")
    return lines
