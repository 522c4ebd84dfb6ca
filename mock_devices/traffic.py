"""Simulated users on simulated time: they connect, lose or never get DTLS, transfer, stall, reconnect.

A user of the fleet file's ``traffic`` list, or of ``Device.add_user``:

    users           how many of the kind (names: the tunnel group's and a number), or name: one
    tunnel_group    where they log in
    group_policy    what the directory hands out instead of the tunnel group's default
    dtls            open | blocked (UDP never arrives) | lost (after lost_after seconds)
    does            download | upload | idle
    icmp            filtered (the server never hears of the smaller MTU) | passes
    at              seconds from the beginning of the run; the N-th of several comes N seconds later
    stays           seconds, then the user leaves; returns_after: seconds, then the user comes back
    context         on a multi-context box
"""

from __future__ import annotations

import heapq
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from itertools import count
from typing import TYPE_CHECKING, Any

from mock_devices.ciphers import negotiated
from mock_devices.entitlement import NotAllowedError, as_typed, entitlement, entrance, tcpmss
from mock_devices.syslog import Syslog
from mock_devices.traffic_text import duration
from mock_devices.truth import Path, Truth, dtls_mtu, tls_mtu
from mock_devices.world import VpnSession, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mock_devices.clock import Clock
    from mock_devices.release import Release
    from mock_devices.tree import ConfigTree

DTLS_COMES_UP = 2
GIVES_DTLS_UP = 60
"""Seconds after which a client stops trying DTLS and takes the TLS MTU [tech note]."""
FIRST_TRANSFER = 5
BETWEEN_TRANSFERS = 20
RETRANSMISSIONS = (1, 3, 7, 15, 31)
"""Seconds after a lost packet at which TCP sends it again."""
DEAD_PEER = 30
RECONNECTS_AFTER_LOSS = 12
FILE = 200_000
SWELLS_BY = 11
"""Bytes that compression adds to a packet of random data."""
TWO_MTUS_SINCE = (9, 0, 0, 0)
PATHS = ("open", "blocked", "lost")
HABITS = ("download", "upload", "idle")


@dataclass(frozen=True, slots=True)
class Person:
    """One user, where and how; times in seconds."""

    name: str
    tunnel_group: str
    group_policy: str | None = None
    dtls: str = "open"
    does: str = "download"
    icmp: str = "filtered"
    at: float = 0.0
    stays: float | None = None
    returns_after: float | None = None
    lost_after: float = 120.0

    def __post_init__(self) -> None:
        if self.dtls not in PATHS or self.does not in HABITS or self.icmp not in ("filtered", "passes"):
            raise ValueError(f"user {self.name}: unknown path or habit")

    @property
    def speaks(self) -> bool:
        """Whether this user's client announces a reconnect (some versions do, some do not)."""
        return zlib.crc32(self.name.encode()) % 2 == 0


def people(entry: Mapping[str, Any]) -> list[Person]:
    """The users of one entry of a ``traffic`` list.

    Raises:
        ValueError: an unknown key or value.

    """
    settings = {key: value for key, value in entry.items() if key not in ("users", "name", "context")}
    try:
        if "name" in entry:
            return [Person(str(entry["name"]), **settings)]
        first = Person("", **settings)
    except TypeError as wrong:
        raise ValueError(f"traffic: {wrong}") from wrong
    start = str(first.tunnel_group).lower().replace(" ", "-")
    return [
        replace(first, name=f"{start}-{first.dtls}-{number}", at=first.at + number)
        for number in range(1, int(entry.get("users", 1)) + 1)
    ]


def _squeezed(session: VpnSession) -> str:
    return "with" if session.compression else "without"


class Traffic:
    """The users of one context, on the device's clock."""

    def __init__(self, tree: ConfigTree, world: World, clock: Clock, box: Release, truth: Truth) -> None:
        self._tree = tree
        self._world = world
        self._clock = clock
        self._box = box
        self._truth = truth
        self._log = Syslog(tree, world)
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._now = clock.now()

    def add(self, person: Person) -> None:
        """A user who connects ``at`` seconds into the next run."""
        self._after(person.at, lambda: self._connect(person), start=self._clock.now())

    def run(self, seconds: float) -> None:
        """Let simulated time pass; the device's clock moves with it."""
        end = self._clock.now() + timedelta(seconds=seconds)
        while self._events and self._events[0][0] <= end:
            self._now, _, happen = heapq.heappop(self._events)
            happen()
        self._now = end

    def _after(self, seconds: float, happen: Callable[[], None], start: datetime | None = None) -> None:
        when = (start or self._now) + timedelta(seconds=seconds)
        heapq.heappush(self._events, (when, next(self._order), happen))

    def _later(self, seconds: float, session: VpnSession, happen: Callable[[], None]) -> None:
        """Something that happens only if the session is still the same connection by then."""
        epoch = session.connection

        def if_still_there() -> None:
            if session in self._world.sessions and session.connection == epoch:
                happen()

        self._after(seconds, if_still_there)

    def _say(self, number: int, session: VpnSession, text: str) -> None:
        self._log.of_session(self._now, number, session, text)

    def _connect(self, person: Person) -> None:
        door = entrance(self._tree)
        self._world.indexes += 1
        index = self._world.indexes
        session = VpnSession(
            user=person.name, group_policy="", tunnel_group=person.tunnel_group,
            assigned=self._address(person.tunnel_group), public=f"198.18.{index // 250}.{index % 250 + 1}",
            index=index, login=self._now, tls=("", ""), dtls=None, tls_mtu=0, dtls_mtu=None, adapter_mtu=0,
        )  # fmt: skip
        session.assigned_v6 = self._address_v6(person.tunnel_group, index)
        offered = self._agree(person, session)
        self._world.sessions.append(session)
        self._world.count("session", len(self._world.sessions))
        self._world.count("ssl", len(self._world.sessions))
        self._log.handshake(self._now, session, door.nameif, session.tls)
        self._say(113039, session, "AnyConnect parent session started.")
        self._say(
            722051,
            session,
            f"IPv4 Address <{session.assigned}> IPv6 address <{session.assigned_v6 or '::'}> assigned to session",
        )
        self._say(722033, session, "First TCP SVC connection established for SVC session.")
        self._say(722022, session, f"TCP SVC connection established {_squeezed(session)} compression")
        if offered is not None and person.dtls != "blocked":
            self._later(DTLS_COMES_UP, session, lambda: self._dtls_up(person, session, offered, door.nameif))
        elif offered is not None:
            self._later(GIVES_DTLS_UP, session, lambda: self._give_dtls_up(person, session))
        self._later(FIRST_TRANSFER, session, lambda: self._transfer(person, session))
        if person.stays is not None:
            self._after(person.stays, lambda: self._leave(person, session))

    def _agree(self, person: Person, session: VpnSession) -> tuple[str, str] | None:
        """Settle MTUs and suites as configured now; the DTLS suite if DTLS is offered."""
        gets = entitlement(self._tree, self._box, person.tunnel_group, person.name, person.group_policy)
        if not gets.ssl_client:
            raise NotAllowedError(f"group policy {gets.group_policy} does not allow the SSL client")
        door = entrance(self._tree)
        tls, dtls = negotiated(self._tree, self._box)
        if tls is None:
            raise NotAllowedError("no TLS cipher suite is left")
        path = Path(door.link, tcpmss(self._tree), gets.mtu)
        session.group_policy, session.tls = gets.group_policy, tls
        session.df_bit_ignore, session.compression = gets.df_bit_ignore, gets.compression
        session.tls_mtu = tls_mtu(tls[1], tls[0], path, self._truth)
        wanted = gets.dtls and door.dtls
        if wanted and dtls is None:
            self._say(722043, session, "DTLS disabled: unable to negotiate cipher.")
        offered = dtls if wanted else None
        session.dtls_mtu = dtls_mtu(offered[1], offered[0], path, self._truth) if offered else None
        if self._box < TWO_MTUS_SINCE and session.dtls_mtu is not None:
            session.dtls_mtu = session.tls_mtu
        session.adapter_mtu = session.dtls_mtu or session.tls_mtu
        return offered

    def _pool(self, tunnel_group: str, keyword: str) -> str | None:
        """The pool that a tunnel group names."""
        header = (f"tunnel-group {as_typed(tunnel_group)} general-attributes",)
        lines = self._tree.children(header)
        return next((line.split()[-1] for line in lines if line.startswith(keyword + " ")), None)

    def _address(self, tunnel_group: str) -> str:
        pool = self._pool(tunnel_group, "address-pool")
        first = next((line.split()[4] for line in self._tree.lines(f"ip local pool {pool}")), "10.99.0.10-")
        taken = {session.assigned for session in self._world.sessions}
        address = IPv4Address(first.partition("-")[0])
        while str(address) in taken:
            address += 1
        return str(address)

    def _address_v6(self, tunnel_group: str, index: int) -> str | None:
        pool = self._pool(tunnel_group, "ipv6-address-pool")
        first = next((line.split()[4] for line in self._tree.lines(f"ipv6 local pool {pool}")), None)
        return str(IPv6Address(first.partition("/")[0]) + index) if first else None

    def _dtls_up(self, person: Person, session: VpnSession, dtls: tuple[str, str], nameif: str) -> None:
        session.dtls = dtls
        self._world.count("dtls", sum(1 for each in self._world.sessions if each.dtls))
        self._log.handshake(self._now, session, nameif, dtls)
        self._say(722033, session, "First UDP SVC connection established for SVC session.")
        self._say(722022, session, "UDP SVC connection established without compression")
        if person.dtls == "lost":
            self._later(person.lost_after, session, lambda: self._lose_dtls(person, session))

    def _lose_dtls(self, person: Person, session: VpnSession) -> None:
        session.path_is_dead = True
        self._later(DEAD_PEER, session, lambda: self._notice_loss(person, session))

    def _notice_loss(self, person: Person, session: VpnSession) -> None:
        session.dtls, session.path_is_dead = None, False
        if person.speaks:
            self._say(722023, session, "UDP SVC connection terminated without compression")
        self._later(1, session, lambda: self._transfer(person, session))
        if session.adapter_mtu > session.tls_mtu:
            self._later(RECONNECTS_AFTER_LOSS, session, lambda: self._reconnect(person, session))

    def _give_dtls_up(self, person: Person, session: VpnSession) -> None:
        if session.adapter_mtu > session.tls_mtu:
            self._reconnect(person, session)

    def _reconnect(self, person: Person, session: VpnSession) -> None:
        """The client comes again only to put the TLS MTU on its adapter."""
        if person.speaks:
            self._say(722011, session, "SVC Message: 16/NOTICE: Reconnecting the VPN tunnel.")
            self._say(722032, session, "New TCP SVC connection replacing old connection.")
        else:
            self._say(722037, session, "SVC closing connection: Transport closing.")
            self._say(722023, session, f"TCP SVC connection terminated {_squeezed(session)} compression")
            self._say(716058, session, "AnyConnect session lost connection. Waiting to resume.")
            self._say(716059, session, f"AnyConnect session resumed connection from IP <{session.public}>.")
            self._say(722034, session, "New TCP SVC connection, no existing connection.")
        self._say(722022, session, f"TCP SVC connection established {_squeezed(session)} compression")
        session.connection += 1
        self._agree(person, session)
        session.dtls, session.adapter_mtu = None, session.tls_mtu
        self._world.count("ssl", len(self._world.sessions))
        self._world.reconnects.append((person.name, session.group_policy))
        self._later(1, session, lambda: self._transfer(person, session))

    def _transfer(self, person: Person, session: VpnSession) -> None:
        """A file, in packets as large as the adapter takes; what the server sends carries the DF bit."""
        if person.does == "idle":
            return
        if person.does == "upload":
            session.received += FILE
        elif session.dtls is None and not session.fits and not session.server_knows:
            self._stall(person, session)
            return
        elif not session.path_is_dead:
            session.sent += FILE
            self._swell(session)
        self._later(BETWEEN_TRANSFERS, session, lambda: self._transfer(person, session))

    def _swell(self, session: VpnSession) -> None:
        """What cannot be compressed grows: the box complains of a large packet that is no stall."""
        if session.compression and session.dtls is None:
            large, threshold = session.tls_mtu + SWELLS_BY, session.tls_mtu
            self._say(722036, session, f"Transmitting large packet {large} (threshold {threshold}).")

    def _stall(self, person: Person, session: VpnSession) -> None:
        """The first packet is lost; the server hears of it, or sends it again and again."""
        self._drop(person, session)
        if session.server_knows:
            self._later(1, session, lambda: self._transfer(person, session))
            return
        for seconds in RETRANSMISSIONS:
            self._later(seconds, session, lambda: self._drop(person, session))
        self._later(RETRANSMISSIONS[-1] * 2, session, lambda: self._transfer(person, session))

    def _drop(self, person: Person, session: VpnSession) -> None:
        packet, threshold = session.adapter_mtu, session.tls_mtu
        self._say(722036, session, f"Transmitting large packet {packet} (threshold {threshold}).")
        self._log.write(
            self._now,
            602101,
            f"PMTU-D packet {packet} bytes greater than effective mtu {threshold}, "
            f"dest_addr={session.assigned}, src_addr=10.1.1.80, prot=TCP",
        )
        self._world.drops["mp-svc-no-fragment"] += 1
        self._world.dropped.append((person.name, session.group_policy))
        session.server_knows = person.icmp == "passes"

    def _leave(self, person: Person, session: VpnSession) -> None:
        if session not in self._world.sessions:
            return
        self._world.sessions.remove(session)
        self._say(722037, session, "SVC closing connection: User Requested.")
        self._say(722023, session, f"TCP SVC connection terminated {_squeezed(session)} compression")
        if session.dtls:
            self._say(722023, session, "UDP SVC connection terminated without compression")
        self._log.write(
            self._now,
            113019,
            f"Group = {session.tunnel_group}, Username = {session.user}, IP = {session.public}, "
            f"Session disconnected. Session Type: SSL, Duration: {duration(self._now - session.login)}, "
            f"Bytes xmt: {session.sent}, Bytes rcv: {session.received}, Reason: User Requested",
        )
        if person.returns_after is not None:
            self._after(person.returns_after, lambda: self._connect(person))
