"""What a server sends before the library sees it: counted to the byte, its offer read however it comes in pieces."""

import asyncio
import socket
from types import SimpleNamespace

import pytest

from nornir_anyconnect.platforms.asa_ssh.wire import Wire, _offer_of

LISTS = ["kex-a,kex-b", "ssh-ed25519", "c-out,c", "c-in", "mac-out", "mac-in", "none", "none", "", ""]
OFFER = {"key exchange": ("kex-a", "kex-b"), "host key": ("ssh-ed25519",), "cipher": ("c-in",), "MAC": ("mac-in",)}


def payload(lists=LISTS, kind=20):
    return bytes([kind]) + bytes(range(16)) + b"".join(len(each).to_bytes(4, "big") + each.encode() for each in lists)


def packet(content):
    padded = b"\x04" + content + bytes(4)
    return len(padded).to_bytes(4, "big") + padded


GREETING = b"Authorized users only\r\nSSH-2.0-Cisco-1.25\r\n"
STREAM = GREETING + packet(payload()) + packet(b"\x1e next")


class Library:
    """The protocol that the bytes are handed to; and the transport that it would be given."""

    def __init__(self):
        self.heard, self.aborted = [], False

    def __getattr__(self, name):
        return lambda *given: (self.heard.append((name, *given)), f"said to {name}")[1]

    def abort(self):
        self.aborted = True

    @property
    def data(self):
        return b"".join(data for name, data in self.heard if name == "data_received")


def wired(most=10_000):
    wire, library = Wire(None, most=most), Library()
    wire._library = library
    wire.connection_made(library)
    return wire, library


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
def test_the_offer_is_read_however_it_is_cut_and_all_of_it_handed_on(size):
    wire, library = wired()
    for at in range(0, len(STREAM), size):
        wire.data_received(STREAM[at : at + size])
    assert wire.offered == OFFER
    assert library.data == STREAM


def test_nothing_is_said_to_be_offered_before_the_packet_is_whole():
    wire, _ = wired()
    end = len(GREETING + packet(payload()))
    for at in range(end - 1):
        wire.data_received(STREAM[at : at + 1])
        assert wire.offered == {}
    wire.data_received(STREAM[end - 1 : end])
    assert wire.offered == OFFER


@pytest.mark.parametrize(
    "content", [payload(kind=21), payload()[:17], payload(LISTS[:5]), payload()[:40], b"\x14", b""]
)
def test_another_packet_or_one_that_ends_early_offers_nothing(content):
    wire, library = wired()
    wire.data_received(GREETING + packet(content))
    assert wire.offered == {}
    assert library.data == GREETING + packet(content)


@pytest.mark.parametrize(("padding", "offered"), [(0, OFFER), (4, OFFER), (255, {})])
def test_what_pads_a_packet_is_none_of_it_also_where_it_would_be_more_than_that(padding, offered):
    content = payload(LISTS[:6])
    padded = bytes([padding]) + content + bytes(min(padding, 4))
    wire, _ = wired()
    wire.data_received(GREETING + len(padded).to_bytes(4, "big") + padded + packet(payload()) * 3)
    assert wire.offered == offered


def test_only_the_first_packet_is_an_offer():
    wire, _ = wired()
    wire.data_received(GREETING + packet(payload(kind=21)))
    wire.data_received(GREETING + packet(payload()))
    assert wire.offered == {}


def test_a_list_may_end_with_its_packet_and_not_later():
    whole = payload(LISTS[:6])
    assert _offer_of(whole) == OFFER
    assert _offer_of(whole[:-1]) == {}


def test_a_server_may_send_so_much_and_not_a_byte_more():
    wire, library = wired(most=10)
    wire.data_received(b"x" * 10)
    assert (wire.flooded, library.aborted, library.data) == (False, False, b"x" * 10)
    wire.allow(5)
    wire.data_received(b"y" * 5)
    wire.data_received(b"z")
    assert (wire.flooded, library.aborted, library.data) == (True, True, b"x" * 10 + b"y" * 5)


def test_the_library_hears_of_everything_that_happens():
    wire, library = wired()
    lost = OSError("lost")
    assert wire.eof_received() == "said to eof_received"
    wire.pause_writing()
    wire.resume_writing()
    wire.connection_lost(lost)
    wire.session_started()
    assert library.heard == [
        ("connection_made", library), ("eof_received",), ("pause_writing",), ("resume_writing",), ("connection_lost", lost),
    ]  # fmt: skip


def test_a_jump_host_carries_the_connection_in_bytes():
    asked = []

    async def carry(protocol, host, port, **how):
        asked.append((protocol(), host, port, how))
        protocol().connection_made("channel")

    wire, library = Wire(None, jump=SimpleNamespace(create_connection=carry)), Library()
    assert asyncio.run(wire.create_connection(lambda: library, "fw1", 22)) == ("channel", library)
    assert asked == [(wire, "fw1", 22, {"encoding": None})]
    wire.cut()
    wire.release()


def test_a_socket_is_closed_where_no_connection_was_made_of_it_and_cut_whenever():
    ours, theirs = socket.socketpair()
    with theirs:
        wire = Wire(ours)
        wire.cut()
        assert theirs.recv(1) == b""
        wire.release()
        assert ours.fileno() == -1
        wire.cut()


def test_a_socket_of_which_a_connection_was_made_is_closed_by_that_alone():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    wire, library = Wire(ours), Library()

    async def connect():
        transport, found = await wire.create_connection(lambda: library, "fw1", 22)
        wire.release()
        assert (found, ours.fileno() >= 0, transport.is_closing()) == (library, True, False)
        transport.abort()
        await asyncio.sleep(0)

    with theirs:
        asyncio.run(connect())
    assert library.heard[0][0] == "connection_made"
