"""What one SSH server sends, before the library sees it: counted, its key exchange read for the error that names it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.platforms.asa_ssh.endpoint import LOGIN_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.platforms.asa_ssh import algorithms

_KEXINIT, _COOKIE = 20, 16
_OFFERED = ("key exchange", "host key", "cipher", "cipher", "MAC", "MAC")
"""The first lists of a key exchange's first packet; source: RFC 4253, section 7.1."""


class GuardedSocket:
    """A socket that counts what comes in, and ends where that is too much; everything else is the socket's own."""

    def __init__(self, sock: Any, most: int = LOGIN_BYTES) -> None:
        self._sock = sock
        self._left = most
        self.flooded = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    @property
    def _closed(self) -> bool:
        """Paramiko looks at this one."""
        return bool(getattr(self._sock, "_closed", getattr(self._sock, "closed", False)))

    def recv(self, size: int) -> bytes:
        """As a socket does; nothing more once the peer has sent too much."""
        if self._left <= 0:
            self.flooded = True
            return b""
        data: bytes = self._sock.recv(min(size, self._left))
        self._left -= len(data)
        return data

    def allow(self, more: int) -> None:
        """So many bytes from now on."""
        self._left = more

    def close(self) -> None:
        """End it; where the link of the jump host has ended before there is nobody left to say goodbye to."""
        with contextlib.suppress(OSError, EOFError):
            self._sock.close()

    def cut(self) -> None:
        """End every wait on it, from any thread."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


class Wire(asyncio.Protocol):
    """Everything that one server sends: counted, its offer read, then handed to the library.

    Args:
        sock: connected; None where a jump host carries it.
        jump: that jump host's connection.
        most: bytes that it may send.

    """

    def __init__(self, sock: socket.socket | None, jump: Any = None, most: int = LOGIN_BYTES) -> None:
        self.sock = sock
        self.flooded = False
        self.offered: algorithms.Offer = {}
        self._jump = jump
        self._left = most
        self._taken = False
        self._head: bytearray | None = bytearray()
        self._library: Any = None
        self._transport: Any = None

    async def create_connection(self, library: Callable[[], Any], host: str, port: int) -> tuple[Any, Any]:
        """What asyncssh asks of whatever carries a connection."""
        self._taken = True
        self._library = library()
        if self._jump is not None:
            await self._jump.create_connection(lambda: self, host, port, encoding=None)
        else:
            await asyncio.get_running_loop().create_connection(lambda: self, sock=self.sock)
        return self._transport, self._library

    def allow(self, more: int) -> None:
        """So many bytes from now on."""
        self._left = more

    def cut(self) -> None:
        """End every wait on it, from any thread; never raises."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """In the loop's thread: close a socket that no connection was made of."""
        if self.sock is not None and not self._taken:
            self.sock.close()

    def connection_made(self, transport: Any) -> None:
        """As of asyncio."""
        self._transport = transport
        self._library.connection_made(transport)

    def session_started(self) -> None:
        """As of a channel of the jump host."""

    def data_received(self, data: bytes, _datatype: object = None) -> None:
        """As of asyncio; nothing more once the peer has sent too much."""
        self._left -= len(data)
        if self._left < 0:
            self.flooded = True
            self._transport.abort()
            return
        if self._head is not None:
            self._read_offer(self._head, data)
        self._library.data_received(data)

    def eof_received(self) -> Any:
        """As of asyncio."""
        return self._library.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """As of asyncio."""
        self._library.connection_lost(exc)

    def pause_writing(self) -> None:
        """As of asyncio."""
        self._library.pause_writing()

    def resume_writing(self) -> None:
        """As of asyncio."""
        self._library.resume_writing()

    def _read_offer(self, head: bytearray, data: bytes) -> None:
        """The algorithms in the server's first packet, which follows its version line in the clear."""
        head += data
        start = 0
        while not head.startswith(b"SSH-", start):
            start = head.find(b"\n", start) + 1
            if not start:
                return
        begin = head.find(b"\n", start) + 1
        end = begin + 4 + int.from_bytes(head[begin : begin + 4], "big")
        if not begin or len(head) < end:
            return
        padding = int.from_bytes(head[begin + 4 : begin + 5], "big")
        self._head = None
        self.offered = _offer_of(bytes(head[begin + 5 : end])[: -padding or None])


def _offer_of(packet: bytes) -> algorithms.Offer:
    """What SSH_MSG_KEXINIT holds; nothing where it is another packet or ends early."""
    if packet[:1] != bytes([_KEXINIT]):
        return {}
    at = 1 + _COOKIE
    found: dict[str, tuple[str, ...]] = {}
    for kind in _OFFERED:
        end = at + 4 + int.from_bytes(packet[at : at + 4], "big")
        if end > len(packet):
            return {}
        found[kind] = tuple(packet[at + 4 : end].decode("ascii", "replace").split(","))
        at = end
    return found
