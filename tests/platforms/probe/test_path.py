"""The search for the path MTU, and hostile peers on loopback."""

import socket
import threading
from contextlib import contextmanager

from hypothesis import example, given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.probe import Cause
from nornir_anyconnect.platforms.probe.handshake import SUITES
from nornir_anyconnect.platforms.probe.path import DATAGRAMS, Offer, Patience, largest, probe_head_end
from tests.platforms.probe.test_probe_handshake import HELLO_VERIFY

OFFER = Offer(tuple(SUITES), tuple(SUITES), tls13=True)
HASTY = Patience(answer=0.2, connect=0.5, whole=30)
"""For peers that say nothing: what is waited out is short."""
PATIENT = Patience(answer=30, connect=30, whole=100)
"""For peers that answer: however slow the machine is."""


@example(200, 326, 1296, False)
@given(st.integers(200, 1500), st.integers(200, 1500), st.one_of(st.none(), st.integers(0, 2000)), st.booleans())
def test_the_search_ends_at_the_largest_whatever_a_router_says(low, real, lie, honest):
    low, real = min(low, real), max(low, real)
    asked = []

    def answered(size):
        asked.append(size)
        return size <= real

    found = largest(answered, lambda: real if honest else lie, low, 1500)
    if honest or lie is None or not low <= lie < real:
        assert found == real
    else:
        assert low <= found <= real  # a forged "carries less" makes the answer smaller, never larger than what passed
    assert found == low or found in asked
    assert len(asked) <= 13  # the largest, eleven halvings of what is left, and one for a lie


@contextmanager
def peer(*, tcp=None, udp=None):
    """A head-end on loopback: what it does with a connection, and what it answers to a datagram."""
    stream = socket.create_server(("127.0.0.1", 0))
    port = stream.getsockname()[1]
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", port))
    seen = []
    over = threading.Event()

    def accept():
        while True:
            try:
                connection, _ = stream.accept()
            except OSError:
                return
            with connection:
                if tcp is not None:
                    tcp(connection, over)

    def answer():
        while True:
            data, sender = datagrams.recvfrom(65535)
            if over.is_set():
                return
            seen.append(len(data))
            for each in udp(data) if udp else ():
                datagrams.sendto(each, sender)

    threads = [threading.Thread(target=each, daemon=True) for each in (accept, answer)]
    for each in threads:
        each.start()
    try:
        yield port, seen
    finally:
        over.set()
        stream.shutdown(socket.SHUT_RDWR)
        stream.close()
        datagrams.sendto(b"", ("127.0.0.1", port))
        for each in threads:
            each.join()
        datagrams.close()


def probed(port, patience=HASTY):
    return probe_head_end("127.0.0.1", port, "now", OFFER, patience)


def silent(connection, over):
    connection.settimeout(0.05)
    while not over.is_set():
        try:
            if not connection.recv(65536):
                return
        except TimeoutError:
            continue
        except OSError:
            return


def flood(connection, over):
    try:
        while not over.is_set():
            connection.sendall(b"\x16\x03\x03\x40\x00" + bytes(0x4000))
    except OSError:
        return


def test_a_silent_peer_ends_and_says_nothing_of_tls():
    with peer(tcp=silent) as (port, seen):
        found = probed(port)
    assert (found.cause, found.tls, len(seen)) == (Cause.NO_ANSWER, None, 2)


def test_a_flood_is_not_read_to_its_end():
    with peer(tcp=flood) as (port, _):
        assert probed(port).cause is Cause.NO_ANSWER


def test_a_peer_that_hangs_up_at_once_is_reached():
    with peer() as (port, _):
        assert probed(port, Patience(answer=0.2)).tcp


def test_garbage_and_our_own_hello_thrown_back_are_no_answer():
    with peer(tcp=silent, udp=lambda data: [data, b"", bytes(2000)]) as (port, _):
        assert probed(port).cause is Cause.NO_ANSWER


def test_an_answer_behind_garbage_counts():
    with peer(udp=lambda _data: [b"garbage", HELLO_VERIFY]) as (port, seen):
        found = probed(port, PATIENT)
    assert (found.cause, found.path_mtu, found.path_mtu_exact) == (Cause.DTLS_REACHABLE, 1500, True)
    assert max(seen) == 1500 - 28


def test_a_peer_that_has_had_enough_is_no_narrow_path():
    count = []

    def once(_data):
        count.append(1)
        return [HELLO_VERIFY] if len(count) <= 1 else []

    with peer(udp=once) as (port, seen):
        found = probed(port)
    assert found.dtls is None or not found.path_mtu_exact
    assert len(seen) <= DATAGRAMS


def test_a_name_without_an_address_is_said_to_have_none():
    found = probe_head_end("nowhere.invalid", 443, "now", OFFER, HASTY)
    assert (found.cause, found.address) == (Cause.TCP_UNREACHABLE, None)


def test_the_whole_ends_in_time():
    with peer(udp=lambda _data: [HELLO_VERIFY]) as (port, seen):
        found = probed(port, Patience(answer=30, whole=0))
    assert (found.tcp, found.dtls, seen) == (True, None, [])
