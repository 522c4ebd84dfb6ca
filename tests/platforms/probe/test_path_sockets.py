"""What the probe does with its sockets, on sockets of our own: options, retries, ends, and whose answer is believed."""

import errno
import math
import socket
import struct
import sys
from types import SimpleNamespace

import pytest

from nornir_anyconnect.evidence.probe import Cause, Dtls, Probe, Tls
from nornir_anyconnect.platforms.probe import handshake, path
from nornir_anyconnect.platforms.probe.handshake import SUITES, Answer
from nornir_anyconnect.platforms.probe.path import Offer, Patience
from tests.platforms.probe.test_probe_handshake import HELLO_VERIFY

NOTHING = Probe("fw.example", 443, "now")
OFFER = Offer(tuple(SUITES), tuple(SUITES), tls13=True)
V4, V6 = ("192.0.2.1", 443), ("2001:db8::1", 443, 0, 0)


class Socket:
    """One that says its pieces (an exception is raised, nothing is a time-out), and remembers what was done with it."""

    def __init__(self, *pieces, mtu=0, on_connect=None, on_send=None):
        self.pieces, self.mtu = list(pieces), mtu
        self.on_connect, self.on_send = on_connect, on_send
        self.options, self.sent, self.waits, self.connected, self.closed = [], [], [], None, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def setsockopt(self, *option):
        self.options.append(option)

    def getsockopt(self, *option):
        self.options.append(option)
        return self.mtu

    def settimeout(self, seconds):
        self.waits.append(seconds)

    def connect(self, address):
        self.connected = address
        if self.on_connect:
            raise self.on_connect

    def send(self, data):
        assert self.connected
        self.sent.append(data)
        if self.on_send:
            raise self.on_send

    sendall = send

    def recv(self, _most):
        piece = self.pieces.pop(0) if self.pieces else TimeoutError()
        if isinstance(piece, Exception):
            raise piece
        return piece

    def close(self):
        self.closed = True


class Clock:
    """Moves by ``step`` whenever somebody looks at it."""

    def __init__(self, step=0.0):
        self.now, self.step = 100.0, step

    def monotonic(self):
        self.now += self.step
        return self.now


@pytest.fixture
def sockets(monkeypatch):
    """Sockets that are opened one after the other: sockets(Socket(), ...)."""

    def prepare(*made):
        left = list(made)
        opened = []

        def open_one(family, kind):
            opened.append((family, kind))
            return left.pop(0)

        monkeypatch.setattr(path.socket, "socket", open_one)
        return opened

    return prepare


def datagrams(family=socket.AF_INET, address=V4, ends=math.inf):
    return path._Datagrams(family, address, OFFER.dtls, 0.5, ends)


@pytest.mark.parametrize(
    ("family", "address", "options", "headers"),
    [
        (socket.AF_INET, V4, (socket.IPPROTO_IP, 10, 3), 28),
        (socket.AF_INET6, V6, (socket.IPPROTO_IPV6, 23, 3), 48),
    ],
)
def test_a_size_is_that_of_the_ip_packet_and_goes_out_unfragmented(family, address, options, headers, sockets):
    first, second = Socket(HELLO_VERIFY), Socket(HELLO_VERIFY)
    opened = sockets(first, second)
    asked = datagrams(family, address)
    assert asked.ask().kind == "hello-verify-request"
    assert asked.ask(1400).kind == "hello-verify-request"
    assert opened == [(family, socket.SOCK_DGRAM)] * 2
    assert (first.options, second.options) == ([], [options])
    assert (first.connected, first.closed, second.closed) == (address, True, True)
    assert len(first.sent[0]) == len(handshake.dtls_client_hello(OFFER.dtls))
    assert len(second.sent[0]) == 1400 - headers
    assert asked.sent == 2


@pytest.mark.parametrize(
    ("family", "address", "mtu"),
    [(socket.AF_INET, V4, (socket.IPPROTO_IP, 14)), (socket.AF_INET6, V6, (socket.IPPROTO_IPV6, 24))],
)
def test_what_the_way_carries_is_believed_of_the_kernel_once_and_not_sent_again(family, address, mtu, sockets):
    narrow = Socket(on_send=OSError(errno.EMSGSIZE, "too long"), mtu=1380)
    sockets(narrow, Socket(HELLO_VERIFY))
    asked = datagrams(family, address)
    assert asked.ask(1500) is None
    assert (asked.carried, asked.sent, narrow.options[-1]) == (1380, 0, mtu)
    assert asked.ask(1380) is not None
    assert asked.carried is None


def test_a_closed_port_is_asked_once_and_a_silent_one_twice_each_from_a_port_of_its_own(sockets):
    refused = Socket(ConnectionRefusedError(errno.ECONNREFUSED, "refused"))
    opened = sockets(refused, Socket(), Socket(), Socket())
    asked = datagrams()
    assert asked.ask(1500) is None
    assert (len(opened), asked.carried, refused.options) == (1, None, [(socket.IPPROTO_IP, 10, 3)])
    assert asked.ask() is None
    assert (len(opened), asked.sent) == (3, 3)


def test_the_last_datagram_and_the_last_moment_are_kept_to(sockets, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(path, "time", clock)
    sockets(*(Socket(HELLO_VERIFY) for _ in range(3)))
    asked = datagrams(ends=100.5)
    asked.sent = path.DATAGRAMS - 1
    assert asked.ask() is not None
    with pytest.raises(path._SpentError):
        asked.ask()
    late = datagrams(ends=100.5)
    clock.now = 100.5
    with pytest.raises(path._SpentError):
        late.ask()


def test_what_is_no_answer_is_passed_over_while_there_is_time(monkeypatch):
    monkeypatch.setattr(path, "time", Clock(step=0.125))
    talks = Socket(b"noise", HELLO_VERIFY)
    assert datagrams()._answer(talks).kind == "hello-verify-request"
    assert talks.waits == [0.375, 0.25]
    noisy = Socket(*[b"noise"] * 9)
    assert datagrams()._answer(noisy) is None
    assert noisy.waits == [0.375, 0.25, 0.125]


class Path:
    """Datagrams on a path that carries so many bytes; a ``router`` says so. After ``enough`` nothing is answered."""

    headers, suites = 28, OFFER.dtls

    def __init__(self, carries=1500, *, router=None, enough=99, spent=99):
        self.carries, self.router, self.enough, self.spent = carries, router, enough, spent
        self.sent, self.carried, self.sizes = 0, None, []

    def ask(self, size=0):
        if self.sent >= self.spent:
            raise path._SpentError
        self.sent += 1
        self.sizes.append(size)
        through = size <= self.carries and self.sent <= self.enough
        self.carried = None if size <= self.carries else self.router
        return Answer("server-hello", "dtlsv1.2", "AES256-SHA", 7) if through else None


FIRST = len(handshake.dtls_client_hello(OFFER.dtls)) + 28


@pytest.mark.parametrize(
    ("way", "mtu", "exact"),
    [
        (Path(), 1500, True),
        (Path(1300), 1300, True),
        (Path(1300, router=1300), 1300, True),
        (Path(FIRST), FIRST, True),
        (Path(enough=1), FIRST, False),
        (Path(1300, enough=4), None, False),
        (Path(spent=1), FIRST, False),
    ],
)
def test_the_path_mtu_is_exact_where_the_last_that_passed_passes_again(way, mtu, exact):
    found = path._over_udp(NOTHING, way)
    assert (found.path_mtu, found.path_mtu_exact) == (mtu or found.path_mtu, exact)
    assert found.dtls == Dtls("server-hello", "dtlsv1.2", "AES256-SHA", 7)
    assert found.datagrams == way.sent
    if way.router:
        assert way.sizes == [0, 1500, 1300, 1300]


@pytest.mark.parametrize("way", [Path(enough=0), Path(spent=0)])
def test_where_nothing_comes_back_no_size_is_looked_for(way):
    found = path._over_udp(NOTHING, way)
    assert (found.dtls, found.path_mtu, found.datagrams) == (None, None, way.sent)


def test_where_the_options_of_sockets_are_not_known_no_size_is_looked_for(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    found = path._over_udp(NOTHING, Path())
    assert (found.dtls.answer, found.path_mtu, found.datagrams) == ("server-hello", None, 1)


def test_the_first_address_of_a_name_is_asked_and_one_that_takes_no_connection_is_not_asked_over_udp(monkeypatch):
    both = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", V6), (socket.AF_INET, socket.SOCK_STREAM, 6, "", V4)]
    monkeypatch.setattr(path.socket, "getaddrinfo", lambda *_, **__: both)
    reached = []

    def refuse(*where):
        reached.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(path, "_connected", refuse)
    found = path.probe_head_end("fw.example", 443, "now", OFFER, Patience(connect=3))
    assert reached == [(socket.AF_INET6, V6, 3)]
    assert (found.address, found.cause, found.datagrams) == ("2001:db8::1", Cause.TCP_UNREACHABLE, 0)


def over_tcp(monkeypatch, *said, family=socket.AF_INET):
    """A probe over TCP to a head-end that says this to one connection after the other; and how it was asked."""
    left, asked = list(said), []

    def answer(_stream, _host, _offer, _patience, *, tls13):
        asked.append(tls13)
        return left.pop(0)

    def connected(*_):
        if left and isinstance(left[0], Exception):
            raise left[0]
        return Socket()

    monkeypatch.setattr(path, "_connected", connected)
    monkeypatch.setattr(path, "_mss", lambda _stream, headers: (1500 - headers, True))
    monkeypatch.setattr(path, "_said", answer)
    monkeypatch.setattr(handshake, "certificate_name", lambda der: der.decode())
    return path._over_tcp(NOTHING, family, V4, OFFER, Patience()), asked


TLS12, TLS13 = Answer("server-hello", "tlsv1.2", "AES256-SHA", 3), Answer("server-hello", "tlsv1.3", "0x1301")


@pytest.mark.parametrize(
    ("said", "tls", "asked"),
    [
        ([(None, None)], None, [True]),
        ([(TLS12, b"fw")], Tls("tlsv1.2", "AES256-SHA", "fw", 3), [True]),
        ([(TLS12, None)], Tls("tlsv1.2", "AES256-SHA", None, 3), [True]),
        ([(TLS13, None), (TLS12, b"fw")], Tls("tlsv1.3", "0x1301", "fw"), [True, False]),
        ([(TLS13, None), (None, None)], Tls("tlsv1.3", "0x1301"), [True, False]),
        ([(TLS13, None), ConnectionRefusedError()], Tls("tlsv1.3", "0x1301"), [True]),
    ],
)
def test_a_certificate_that_tls_13_hides_is_asked_for_once_more_in_tls_12(said, tls, asked, monkeypatch):
    found, how = over_tcp(monkeypatch, *said)
    assert (found.tls, how) == (tls, asked)
    assert (found.tcp, found.mss, found.mss_at_least) == (True, 1460, True)


def test_the_headers_of_a_packet_are_those_of_its_ip_version(monkeypatch):
    found, _ = over_tcp(monkeypatch, (None, None), family=socket.AF_INET6)
    assert found.mss == 1440


def test_a_connection_waits_so_long_and_is_closed_where_there_is_none(sockets):
    good, bad = Socket(), Socket(on_connect=TimeoutError())
    opened = sockets(good, bad)
    assert path._connected(socket.AF_INET, V4, 5.0) is good
    assert (good.waits, good.connected, good.closed) == ([5.0], V4, False)
    with pytest.raises(TimeoutError):
        path._connected(socket.AF_INET, V4, 5.0)
    assert bad.closed
    assert opened == [(socket.AF_INET, socket.SOCK_STREAM)] * 2


@pytest.fixture
def spelled(monkeypatch):
    """An answer is told from the letters that came: A an answer, C a certificate, O that nothing more is needed."""

    def read(stream):
        return (TLS12 if b"A" in stream else None), (b"C" if b"C" in stream else None), b"O" in stream

    monkeypatch.setattr(handshake, "tls_answer", read)


def heard(stream, monkeypatch, step=0.0, host="fw.example"):
    stream.connected = V4
    monkeypatch.setattr(path, "time", Clock(step))
    return path._said(stream, host, OFFER, Patience(connect=1.0), tls13=True)


@pytest.mark.usefixtures("spelled")
@pytest.mark.parametrize(
    ("pieces", "said", "left"),
    [
        ([b"A", b"CO", b"more"], (TLS12, b"C"), 1),
        ([b"A", b"", b"C"], (TLS12, None), 1),
        ([b"A", ConnectionResetError(), b"C"], (TLS12, None), 1),
        ([], (None, None), 0),
    ],
)
def test_an_answer_is_read_until_it_is_whole_or_the_peer_hangs_up(pieces, said, left, monkeypatch):
    stream = Socket(*pieces)
    assert heard(stream, monkeypatch) == said
    assert len(stream.pieces) == left


@pytest.mark.usefixtures("spelled")
def test_a_rambling_peer_is_heard_for_so_long_and_so_much(monkeypatch):
    slow = Socket(*[b"A"] * 9)
    assert heard(slow, monkeypatch, step=0.25) == (TLS12, None)
    assert slow.waits == [0.75, 0.5, 0.25]
    much = Socket(*[b"A" * 2**15] * 9)
    assert heard(much, monkeypatch) == (TLS12, None)
    assert len(much.pieces) == 7


@pytest.mark.usefixtures("spelled")
@pytest.mark.parametrize("host", ["fw.example", "192.0.2.1", "2001:db8::1", "fe80::1%eth0"])
def test_a_name_is_asked_for_and_an_address_is_not(host, monkeypatch):
    stream = Socket(b"O")
    heard(stream, monkeypatch, host=host)
    assert (host.encode() in stream.sent[0]) is (host == "fw.example")


def tcp_info(*, mss, pmtu, options=0, words=24):
    return bytes([1, 0, 0, 0, 0, options, 0, 0]) + struct.pack(
        f"={words}I", *(mss if n == 2 else pmtu if n == 13 else n + 9000 for n in range(words))
    )


@pytest.mark.parametrize(
    ("info", "mss"),
    [
        (tcp_info(mss=1380, pmtu=1500), (1380, False)),
        (tcp_info(mss=1368, pmtu=1500, options=1), (1380, False)),
        (tcp_info(mss=1368, pmtu=1500, options=6), (1368, False)),
        (tcp_info(mss=1448, pmtu=1500, options=3), (1460, True)),
        (tcp_info(mss=1459, pmtu=1500), (1459, False)),
        (tcp_info(mss=1380, pmtu=1500, words=23), (None, False)),
    ],
)
def test_the_mss_is_the_kernels_with_what_time_stamps_take(info, mss, monkeypatch):
    monkeypatch.setattr(path.socket, "TCP_INFO", 11, raising=False)
    assert path._mss(SimpleNamespace(getsockopt=lambda *_: info[: _[2]]), 40) == mss


def test_a_system_that_does_not_tell_has_no_mss(monkeypatch):
    monkeypatch.delattr(path.socket, "TCP_INFO", raising=False)
    assert path._mss(None, 40) == (None, False)
