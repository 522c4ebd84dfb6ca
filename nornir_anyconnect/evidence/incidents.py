"""Events -> what was observed per device and group policy, in bounded memory.

The events come in the order of their times (``merged_log``), of many devices and users interleaved; lines may be
missing. Every table has a bound that honest logs do not reach, so that a forged one cannot fill the memory.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence.coverage import INFORMATIONAL
from nornir_anyconnect.evidence.observations import DeviceObservations, Incident
from nornir_anyconnect.evidence.session import USUAL, Bounds, Session
from nornir_anyconnect.evidence.syslog.messages import ASA_MESSAGES
from nornir_anyconnect.evidence.syslog.sightings import Sighting
from nornir_anyconnect.evidence.tallies import OTHERS, DeviceTally, GroupTally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_SESSIONS = 100_000
MAX_DEVICES = 4096
MAX_HANDSHAKES = 20_000
_Who = tuple[str, str, str]
"""Device, user and public address."""
_OF_TUNNEL_GROUP = (ev.SessionEnded, ev.SessionLost, ev.SessionResumed)
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _remember(table: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    """The value kept under the key, else ``value``; the oldest key goes where the table is full."""
    if key not in table and len(table) >= MAX_HANDSHAKES:
        table.popitem(last=False)
    return table.setdefault(key, value)


def _name(event: ev.UserEvent) -> str:
    return ev.name_of(event.user, event.address)


class Collector:
    """Takes events in, the oldest first, and sums up.

    Args:
        bounds: what makes a reconnect an incident.

    """

    def __init__(self, bounds: Bounds = USUAL) -> None:
        self._bounds = bounds
        self._sighted: dict[str, Sighting] = {}
        self._devices: dict[str, DeviceTally] = {}
        self._sessions: OrderedDict[_Who, Session] = OrderedDict()
        self._assigned: dict[tuple[str, str], _Who] = {}
        self._handshakes: OrderedDict[tuple[str, str, int], str] = OrderedDict()
        self._suites: OrderedDict[tuple[str, str], set[tuple[str, str]]] = OrderedDict()
        self._udp_at_some_time: set[_Who] = set()
        self._takers: dict[type[ev.Event], Callable[[DeviceTally, Any], None]] = {
            ev.LargePacketSent: self._sent,
            ev.LargePacketReceived: self._received,
            ev.NewConnection: self._new_connection,
            ev.ConnectionState: self._state,
            ev.AddressAssigned: self._assigned_address,
            ev.SessionStarted: self._started,
            ev.SessionEnded: self._of_tunnel_group,
            ev.SessionLost: self._of_tunnel_group,
            ev.SessionResumed: self._of_tunnel_group,
            ev.PathMtuExceeded: self._path_mtu,
            ev.Handshake: self._handshake,
            ev.CipherChosen: self._cipher,
        }

    def feed(self, event: ev.Event) -> None:
        """Takes one event, none of whose device is older than those before."""
        device = self._device(event)
        if event.time is not None:
            device.first = device.first or event.time
            device.last = event.time
        take = self._takers.get(type(event))
        if take is not None:
            take(device, event)
        elif isinstance(event, ev.UserEvent):
            self._remarked(device, event)

    def feed_untimed(self, events: Iterable[ev.Event]) -> None:
        """Takes messages without a time, before all others: of them nobody can tell what came before what.

        They show drops and users, and no reconnect. A packet went over TLS only where its user never had UDP.
        """
        events = list(events)
        came_up: set[_Who] = set()
        for event in events:
            device = self._device(event)
            if isinstance(event, ev.UserEvent) and not isinstance(event, _OF_TUNNEL_GROUP):
                self._note_untimed(self._log_user(device, event), event, came_up)
        for event in events:
            device = self._devices.get(event.device) or self._devices[OTHERS]
            if isinstance(event, ev.PathMtuExceeded):
                device.count_unjoined(event)
            elif isinstance(event, ev.LargePacketSent):
                key, user = (event.device, event.user, event.address), _name(event)
                alone = key in came_up and key not in self._udp_at_some_time
                group = device.group(event.group_policy)
                group.sent.add(event.packet, event.threshold, without_udp=alone, count=event.count, user=user)
                device.witness(event.threshold, event.user, event.address)
                group.hit(user)

    def _note_untimed(self, group: GroupTally, event: ev.UserEvent, came_up: set[_Who]) -> None:
        known = None
        match event:
            case ev.LargePacketReceived():
                group.received.add(event.packet, event.threshold, without_udp=False, count=event.count)
            case ev.NewConnection(protocol="UDP") | ev.ConnectionState(protocol="UDP"):
                known = self._udp_at_some_time
            case ev.NewConnection(protocol="TCP") | ev.AddressAssigned():
                known = came_up
            case ev.DtlsDisabled():
                group.dtls_disabled += 1
        if known is not None and len(known) < MAX_SESSIONS:
            known.add((event.device, event.user, event.address))
        if isinstance(event, ev.ConnectionState):
            group.note_compression(event)

    def sighted(self, name: str, sighting: Sighting) -> None:
        """A log holds lines of a device over that time, whatever they say."""
        if name in self._sighted or len(self._sighted) < MAX_DEVICES:
            self._sighted.setdefault(name, Sighting()).add(sighting)

    def finish(self) -> dict[str, DeviceObservations]:
        """All that was observed, by device; the collector is at its end."""
        while self._sessions:
            self._sessions.popitem()[1].settle()
        found = {}
        for name, device in self._devices.items():
            level = self._sighted[name].level if name in self._sighted else None
            found[name] = device.observations(name, notices_only=level is not None and level < INFORMATIONAL)
        for name, sighting in self._sighted.items():
            seen = found.get(name, DeviceObservations(name))
            begins, ends = sighting.span.widened(seen.first).widened(seen.last)
            found[name] = replace(seen, met=True, level=sighting.level, log_begins=begins, log_ends=ends)
        return dict(sorted(found.items()))

    def _device(self, event: ev.Event) -> DeviceTally:
        device = self._devices.get(event.device)
        if device is None:
            name = event.device if len(self._devices) < MAX_DEVICES else OTHERS
            device = self._devices.setdefault(name, DeviceTally())
        device.lines += 1
        return device

    def _log_user(self, device: DeviceTally, event: ev.UserEvent) -> GroupTally:
        group = device.group(event.group_policy)
        group.log(_name(event))
        return group

    def _started(self, device: DeviceTally, event: ev.SessionStarted) -> None:
        key = (event.device, event.user, event.address)
        if (old := self._sessions.get(key)) and old.is_before(event.time):
            self._forget(key, old)
        self._session(device, event)

    def _of_tunnel_group(self, _device: DeviceTally, event: ev.UserEvent) -> None:
        """The group that it names is the tunnel group: it says nothing of the group policy."""
        key = (event.device, event.user, event.address)
        known = self._sessions.get(key)
        if known is None:
            return
        if not isinstance(event, ev.SessionEnded):
            known.note(event, event.remark())
        elif known.is_ended_by(event):
            self._forget(key, known)

    def _received(self, device: DeviceTally, event: ev.LargePacketReceived) -> None:
        group = self._log_user(device, event)
        group.received.add(event.packet, event.threshold, without_udp=False, count=event.count)

    def _sent(self, device: DeviceTally, event: ev.LargePacketSent) -> None:
        group, session = self._session(device, event)
        session.large_packet(event)
        device.witness(event.threshold, event.user, event.address)
        group.hit(session.user)

    def _new_connection(self, device: DeviceTally, event: ev.NewConnection) -> None:
        group, session = self._session(device, event)
        if event.protocol == "UDP":
            session.udp_up(event)
        elif event.protocol == "TCP" and event.message == "722033":
            session.first_up(event)
        elif event.protocol == "TCP":
            self._suspect(group, session, event)
            incident = session.new_tcp(event)
            if incident is not None:
                device.keep(group, incident)
                group.hit(session.user)
        if self._suites and (suites := self._suites.pop((event.device, event.address), None)):
            group.ciphers |= suites

    @staticmethod
    def _suspect(group: GroupTally, session: Session, event: ev.UserEvent) -> None:
        if session.suspicious(event):
            group.suspect(session.suspected(event))

    def _state(self, device: DeviceTally, event: ev.ConnectionState) -> None:
        group, session = self._session(device, event)
        group.note_compression(event)
        if event.protocol == "UDP" and event.established:
            session.udp_up(event)
        elif event.protocol == "UDP":
            session.udp_lost(event)
        elif event.protocol == "TCP" and event.established:
            self._suspect(group, session, event)
            session.established(event)

    def _assigned_address(self, device: DeviceTally, event: ev.AddressAssigned) -> None:
        _, session = self._session(device, event)
        key = (event.device, event.user, event.address)
        self._unassign(key, session)
        session.assigned_up(event)
        for address in session.assigned:
            self._assigned[event.device, address] = key

    def _remarked(self, device: DeviceTally, event: ev.UserEvent) -> None:
        group, session = self._session(device, event)
        if remark := event.remark():
            group.dtls_disabled += isinstance(event, ev.DtlsDisabled)
            session.note(event, remark)

    def _path_mtu(self, device: DeviceTally, event: ev.PathMtuExceeded) -> None:
        key = self._assigned.get((event.device, event.destination))
        session = self._sessions.get(key) if key else None
        if session is None or key is None:
            device.count_unjoined(event)
            return
        session.path_mtu(event)
        device.witness(event.effective_mtu, key[1], key[2])

    def _handshake(self, _device: DeviceTally, event: ev.Handshake) -> None:
        if event.version:
            tunnel = "dtls" if event.version.upper().startswith("DTLS") else "tls"
            _remember(self._handshakes, (event.device, event.address, event.port), tunnel)

    def _cipher(self, _device: DeviceTally, event: ev.CipherChosen) -> None:
        chosen = self._handshakes.get((event.device, event.address, event.port))
        if chosen:
            _remember(self._suites, (event.device, event.address), set()).add((chosen, event.suite))

    def _session(self, device: DeviceTally, event: ev.UserEvent) -> tuple[GroupTally, Session]:
        """The session that an event is of, and the tally of its group policy, which knows the user from then on."""
        key = (event.device, event.user, event.address)
        group = device.group(event.group_policy)
        session = self._sessions.get(key)
        if session is None:
            if len(self._sessions) >= MAX_SESSIONS:
                self._forget(*next(iter(self._sessions.items())))
            session = self._sessions[key] = Session(_name(event), group.sent, group.by_path_mtu, self._bounds)
            session.doubtful = key in self._udp_at_some_time
            group.log(session.user)
        else:
            self._sessions.move_to_end(key)
            if session.sent is not group.sent:
                session.sent, session.by_path_mtu = group.sent, group.by_path_mtu
                group.log(session.user)
        return group, session

    def _forget(self, key: _Who, session: Session) -> None:
        session.settle()
        del self._sessions[key]
        self._unassign(key, session)

    def _unassign(self, key: _Who, session: Session) -> None:
        for address in session.assigned:
            if self._assigned.get((key[0], address)) == key:
                del self._assigned[key[0], address]


def observe(events: Iterable[ev.Event], bounds: Bounds = USUAL) -> dict[str, DeviceObservations]:
    """What the events of one log show, by device, in whatever order they come and each as often as it comes.

    They are sorted in memory.
    """
    collector = Collector(bounds)
    timed, untimed = in_order(events)
    collector.feed_untimed(untimed)
    for event in timed:
        collector.feed(event)
    return collector.finish()


def in_order(events: Iterable[ev.Event]) -> tuple[list[ev.Event], list[ev.Event]]:
    """Those with a time, the oldest first and cause before effect within a second; and those without."""
    timed, untimed = [], []
    for event in events:
        if event.time is None:
            untimed.append(event)
        else:
            timed.append((int(event.time.timestamp()), ASA_MESSAGES.rank(event), event.message, str(event), event))
    return [each[4] for each in sorted(timed)], untimed


def timeline(incident: Incident) -> list[str]:
    """What led to the reconnect, line by line: seconds since the session came up, message id, what happened."""
    start = incident.connected_at
    lines = []
    for entry in incident.timeline:
        offset = f"{(entry.time - start).total_seconds():+8.0f} s" if entry.time and start else " " * 10
        lines.append(f"{offset}  {entry.message}  {entry.text}")
    return lines
