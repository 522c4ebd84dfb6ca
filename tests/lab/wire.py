"""The largest inner packet that travels in one piece, read off the wire between router and client."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from tests.lab.network import (
    CLIENT,
    INSIDE,
    OUTSIDE_ADDRESS,
    PORT,
    ROUTER,
    SERVER_ADDRESS,
    TO_CLIENT,
    Network,
)

_EVERY_FRAME, _IPV4 = 0x0003, b"\x08\x00"  # what leaves an interface is seen only by a tap on every protocol
_IP_AND_UDP = 28
_IP_MTU_DISCOVER, _PMTUDISC_PROBE = 10, 3  # DF set, whatever was learnt about the path (linux/in.h)
_DISCARD = 9


@dataclass(frozen=True)
class Pieces:
    """How one inner packet travelled: payload bytes of each TCP segment, or of each IP packet with UDP."""

    tcp: tuple[int, ...]
    udp: tuple[int, ...]
    """Bytes of every IP packet (header included) that carried a piece of a datagram."""


class Wire:
    """Sends inner packets from the inside server and watches them pass the router."""

    def __init__(self, net: Network, client_address: str) -> None:
        with net.inside(ROUTER):
            self._tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_FRAME))
            self._tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            self._tap.bind((TO_CLIENT, _EVERY_FRAME))
            self._tap.setblocking(False)
        with net.inside(INSIDE):
            self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sender.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_PROBE)
            self._sender.bind((SERVER_ADDRESS, 0))
        with net.inside(CLIENT):
            self._receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._receiver.bind((client_address, _DISCARD))
            self._receiver.settimeout(0.5)
        self._target = (client_address, _DISCARD)

    def close(self) -> None:
        """Close the sockets."""
        for each in (self._tap, self._sender, self._receiver):
            each.close()

    def arrives(self, size: int) -> bool:
        """Send one inner packet of ``size`` bytes, DF set; whether the client got it."""
        self._sender.sendto(bytes(size - _IP_AND_UDP), self._target)
        try:
            return len(self._receiver.recv(2048)) == size - _IP_AND_UDP
        except TimeoutError:
            return False

    def pieces(self, size: int) -> Pieces | None:
        """How an inner packet of ``size`` bytes travels; None where it does not arrive."""
        self._frames()
        if not self.arrives(size):
            return None
        tcp: list[int] = []
        udp: list[int] = []
        for frame in self._frames():
            header = (frame[0] & 15) * 4
            if socket.inet_ntoa(frame[12:16]) != OUTSIDE_ADDRESS:
                continue
            total = struct.unpack("!H", frame[2:4])[0]
            if frame[9] == socket.IPPROTO_UDP:
                udp.append(total)
            elif frame[9] == socket.IPPROTO_TCP and struct.unpack("!H", frame[header : header + 2])[0] == PORT:
                payload = total - header - (frame[header + 12] >> 4) * 4
                tcp += [payload] if payload else []
        return Pieces(tuple(tcp), tuple(udp))

    def largest(self, sizes: range) -> int:
        """The largest size that still travels in one TCP segment or one unfragmented datagram.

        Goes up size by size and stops at the first that does not.

        Raises:
            RuntimeError: already the first does not.

        """
        found = None
        for size in sizes:
            how = self.pieces(size)
            if how is None or len(how.tcp) + len(how.udp) != 1:
                if found is None:
                    raise RuntimeError(f"an inner packet of {size} bytes already travels as {how}")
                return found
            found = size
        raise RuntimeError(f"inner packets up to {found} bytes all travel in one piece")

    def _frames(self) -> list[bytes]:
        frames = []
        while True:
            try:
                frame = self._tap.recv(65536)
            except BlockingIOError:
                return frames
            frames += [frame[14:]] if frame[12:14] == _IPV4 else []
