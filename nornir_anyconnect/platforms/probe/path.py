"""One head-end on one path: a TCP connection or two, and a handful of datagrams; never a login.

At most :data:`DATAGRAMS` datagrams, and two TCP connections of about eight packets each: 40 packets a host.
Nothing is sent anywhere but to the address of the name that was given.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.probe import Dtls, Probe, Tls
from nornir_anyconnect.platforms.probe import handshake

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.platforms.probe.handshake import Answer

DATAGRAMS = 22
LINK = 1500
"""Bytes of the largest packet that is tried."""
_TRIES = 2
_LONGEST_ANSWER = 65536
_TCP_INFO_WORDS = 24
"""32-bit words of Linux's ``struct tcp_info`` up to and with ``tcpi_reordering``, after 8 bytes of flags."""
_SND_MSS, _PMTU = 2, 13
_TIMESTAMPS, _TIMESTAMPS_BYTES = 1, 12

# linux/in.h and linux/in6.h; Python names none of them
_DONT_FRAGMENT = {
    socket.AF_INET: (socket.IPPROTO_IP, 10, 14, 28),  # IP_MTU_DISCOVER, IP_MTU; bytes of IP and UDP header
    socket.AF_INET6: (socket.IPPROTO_IPV6, 23, 24, 48),
}
_PROBE = 3
"""``IP_PMTUDISC_PROBE``: DF is set, and what the kernel has learnt of the path before does not count."""
_TCP_HEADERS = {socket.AF_INET: 40, socket.AF_INET6: 60}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a client offers: names of suites, and whether it speaks TLS 1.3."""

    tls: tuple[str, ...]
    dtls: tuple[str, ...]
    tls13: bool


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for one answer, for a connection, and for all of a host."""

    answer: float = 1.0
    connect: float = 5.0
    whole: float = 40.0


def probe_head_end(host: str, port: int, at: str, offer: Offer, patience: Patience) -> Probe:
    """What is answered there.

    Args:
        host: a name or an address.
        port: TCP and UDP.
        at: the time, as it is to be shown.
        offer: of the client that is played.
        patience: how long is waited.

    """
    nothing = Probe(host, port, at)
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        return nothing
    ends = time.monotonic() + patience.whole
    probe = replace(nothing, address=str(address[0]))
    try:
        probe = _over_tcp(probe, family, address, offer, patience)
    except OSError:
        return probe
    return _over_udp(probe, _Datagrams(family, address, offer.dtls, patience.answer, ends))


def largest(answered: Callable[[int], bool], told: Callable[[], int | None], low: int, high: int) -> int:
    """The largest size that is answered, by bisection; the first try is the largest of all.

    Args:
        answered: whether a packet of so many bytes is.
        told: bytes that a router on the way says it carries; believed only once it was tried.
        low: bytes that are known to be answered.
        high: bytes of the largest that is tried.

    """
    size = high
    while low < high:
        if answered(size):
            low = size
            size = (low + high + 1) // 2
            continue
        high = size - 1
        carried = told()
        if carried is not None and low <= carried <= high:
            size = high = carried
        else:
            size = (low + high + 1) // 2
    return low


class _SpentError(Exception):
    """No datagram, or no time, is left."""


class _Datagrams:
    """ClientHellos over UDP, each from a port of its own: a late answer is never that to another."""

    def __init__(
        self, family: int, address: tuple[object, ...], suites: tuple[str, ...], wait: float, ends: float
    ) -> None:
        self._family, self._address, self.suites = family, address, suites
        self._wait, self._ends = wait, ends
        self._level, self._discover, self._mtu, self.headers = _DONT_FRAGMENT[socket.AddressFamily(family)]
        self.sent = 0
        self.carried: int | None = None

    def ask(self, size: int = 0) -> Answer | None:
        """What comes back to a ClientHello in an IP packet of so many bytes, DF set; 0: as it is, DF as it comes.

        Raises:
            _SpentError: before it was told.

        """
        self.carried = None
        for _ in range(_TRIES):
            if self.sent >= DATAGRAMS or time.monotonic() >= self._ends:
                raise _SpentError
            with socket.socket(self._family, socket.SOCK_DGRAM) as sender:
                if size:
                    sender.setsockopt(self._level, self._discover, _PROBE)
                sender.connect(self._address)
                try:
                    sender.send(handshake.dtls_client_hello(self.suites, size - self.headers if size else 0))
                    self.sent += 1
                    if (answer := self._answer(sender)) is not None:
                        return answer
                except OSError as error:
                    if error.errno != errno.EMSGSIZE:
                        return None  # the port is closed, or the network unreachable
                    # an interface or, by ICMP, a router carries less
                    self.carried = sender.getsockopt(self._level, self._mtu)
                    return None
        return None

    def _answer(self, sender: socket.socket) -> Answer | None:
        until = time.monotonic() + self._wait
        while (left := until - time.monotonic()) > 0:
            sender.settimeout(left)
            try:
                answer = handshake.dtls_answer(sender.recv(_LONGEST_ANSWER))
            except TimeoutError:
                return None
            if answer is not None:
                return answer
        return None


def _over_udp(probe: Probe, datagrams: _Datagrams) -> Probe:
    try:
        answer = datagrams.ask()
    except _SpentError:
        answer = None
    if answer is None:
        return replace(probe, datagrams=datagrams.sent)
    probe = replace(probe, dtls=Dtls(answer.kind, answer.version, answer.suite, answer.alert))
    if sys.platform != "linux":  # the only system whose socket options are known here
        return replace(probe, datagrams=datagrams.sent)
    passed = len(handshake.dtls_client_hello(datagrams.suites)) + datagrams.headers

    def answered(size: int) -> bool:
        nonlocal passed
        there = datagrams.ask(size) is not None
        passed = max(passed, size) if there else passed
        return there

    try:
        # a head-end that has had enough of us looks like a narrow path: the last that passed must pass again
        exact = largest(answered, lambda: datagrams.carried, passed, LINK) == LINK or answered(passed)
    except _SpentError:
        exact = False
    return replace(probe, path_mtu=passed, path_mtu_exact=exact, datagrams=datagrams.sent)


def _over_tcp(probe: Probe, family: int, address: tuple[object, ...], offer: Offer, patience: Patience) -> Probe:
    """The SYN-ACK and the ServerHello; a certificate that TLS 1.3 hides is asked for once more, in TLS 1.2.

    Raises:
        OSError: no connection.

    """
    with _connected(family, address, patience.connect) as stream:
        mss, at_least = _mss(stream, _TCP_HEADERS[socket.AddressFamily(family)])
        probe = replace(probe, tcp=True, mss=mss, mss_at_least=at_least)
        answer, certificate = _said(stream, probe.host, offer, patience, tls13=offer.tls13)
    if answer is not None and answer.version == "tlsv1.3":
        try:
            with _connected(family, address, patience.connect) as stream:
                certificate = _said(stream, probe.host, offer, patience, tls13=False)[1]
        except OSError:
            certificate = None
    if answer is None:
        return probe
    name = handshake.certificate_name(certificate) if certificate else None
    return replace(probe, tls=Tls(answer.version, answer.suite, name, answer.alert))


def _connected(family: int, address: tuple[object, ...], seconds: float) -> socket.socket:
    stream = socket.socket(family, socket.SOCK_STREAM)
    try:
        stream.settimeout(seconds)
        stream.connect(address)
    except BaseException:
        stream.close()
        raise
    return stream


def _said(
    stream: socket.socket, host: str, offer: Offer, patience: Patience, *, tls13: bool
) -> tuple[Answer | None, bytes | None]:
    """The answer to a ClientHello and the server's certificate; what a silent or a rambling peer said until then."""
    until = time.monotonic() + patience.connect
    received = b""
    over = False
    try:
        stream.sendall(handshake.tls_client_hello(offer.tls, _server_name(host), tls13=tls13))
        while not over and len(received) < _LONGEST_ANSWER and (left := until - time.monotonic()) > 0:
            stream.settimeout(left)
            more = stream.recv(_LONGEST_ANSWER)
            received += more
            over = not more or handshake.tls_answer(received)[2]
    except OSError:
        pass  # it hung up or fell silent; what it said before counts
    answer, certificate, _ = handshake.tls_answer(received)
    return answer, certificate


def _server_name(host: str) -> str | None:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return None


def _mss(stream: socket.socket, headers: int) -> tuple[int | None, bool]:
    """MSS that the SYN-ACK named, bytes, and whether our own interface hides a larger one."""
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return None, False
    size = 8 + 4 * _TCP_INFO_WORDS
    info = stream.getsockopt(socket.IPPROTO_TCP, option, size)
    if len(info) < size:
        return None, False
    words = struct.unpack_from(f"={_TCP_INFO_WORDS}I", info, 8)
    # the kernel's is what is left beside the time stamps that both agreed on
    mss = words[_SND_MSS] + (_TIMESTAMPS_BYTES if info[5] & _TIMESTAMPS else 0)
    return mss, mss >= words[_PMTU] - headers
