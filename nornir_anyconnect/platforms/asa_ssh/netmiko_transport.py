"""netmiko's channel without netmiko's login, bounded in time and size.

netmiko builds the SSH session and nothing more: its ASA login would enter configuration mode. The socket that is
handed to it counts what comes in, and is what a deadline cuts: paramiko waits in places that know no time limit.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import paramiko
from netmiko.cisco import CiscoAsaSSH

from nornir_anyconnect.errors import DeviceError, IncompleteReplyError, LinkLostError
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.login_gate import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

_CHUNK = 65536
LOGIN_BYTES = 1 << 20
"""Bytes that a server may send before the login is through: greetings, key exchange and banners."""
REPLIES_PER_HOST = 4
"""Longest replies that one session may bring in all."""


LOG = "nornir_anyconnect.ssh"
logging.getLogger(LOG).addHandler(logging.NullHandler())

LEGACY: dict[str, list[str]] = {
    "kex": ["diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
    "keys": ["ssh-rsa"],
    "pubkeys": ["ssh-rsa"],
    "ciphers": ["3des-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1-96"],
}
"""What is offered only to a host with ``legacy_ssh: true``; source: RFC 9142, RFC 8332."""

_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}


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

    def cut(self) -> None:
        """End every wait on it, from any thread."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


class Handshake(paramiko.Transport):  # type: ignore[misc, unused-ignore]
    """Remembers what the server offered, for the error that names it."""

    offered: Mapping[str, list[str]] = {}
    turn: Callable[[], AbstractContextManager[Attempt]]

    def start_client(self, event: Any = None, timeout: float | None = None) -> None:
        """As paramiko does; and it says so where the time is over."""
        super().start_client(event, timeout)
        if event is None and not self.initial_kex_done:
            raise paramiko.SSHException(f"no key exchange within {timeout:g} s")

    def auth_password(self, *args: Any, **kwargs: Any) -> list[str]:
        """One attempt, in its turn."""
        with self._in_turn():
            allowed: list[str] = super().auth_password(*args, **kwargs)
        return allowed

    def auth_publickey(self, *args: Any, **kwargs: Any) -> list[str]:
        """One attempt, in its turn."""
        with self._in_turn():
            allowed: list[str] = super().auth_publickey(*args, **kwargs)
        return allowed

    @contextlib.contextmanager
    def _in_turn(self) -> Iterator[None]:
        """The gate is told what the server said of the credential, and nothing where it said nothing."""
        with self.turn() as attempt:
            try:
                yield
            except paramiko.AuthenticationException as error:
                attempt.refused = self.is_active() and "timeout" not in str(error).lower()
                raise
            attempt.accepted = self.is_authenticated()

    def _really_parse_kex_init(self, m: Any, ignore_first_byte: bool = False) -> dict[str, Any]:
        parsed: dict[str, Any] = super()._really_parse_kex_init(m, ignore_first_byte)
        self.offered = {
            "key exchange": list(parsed["kex_algo_list"]),
            "host key": list(parsed["server_key_algo_list"]),
            "cipher": list(parsed["server_encrypt_algo_list"]),
            "MAC": list(parsed["server_mac_algo_list"]),
        }
        return parsed


class Client(paramiko.SSHClient):  # type: ignore[misc, unused-ignore]
    """Knows one server's keys and refuses every other.

    Args:
        known: the server's keys by type.
        name: as known_hosts writes it.
        turn: waits until this credential may be tried; held only while the server judges it.
        patience: seconds for each answer to a request for a channel, a terminal and a shell.

    """

    def __init__(
        self,
        known: Mapping[str, paramiko.PKey],
        name: str,
        turn: Callable[[], AbstractContextManager[Attempt]] = lambda: contextlib.nullcontext(Attempt()),
        patience: float = 30.0,
    ) -> None:
        super().__init__()
        self.known = known
        self.name = name
        self.turn = turn
        self.patience = patience
        self.handshake: Handshake | None = None
        self.set_log_channel(LOG)
        self.set_missing_host_key_policy(paramiko.RejectPolicy())
        for kind, key in known.items():
            self.get_host_keys().add(name, kind, key)

    def connect(self, *args: Any, **kwargs: Any) -> None:
        """As paramiko does, over our transport."""
        super().connect(*args, transport_factory=self.make, **kwargs)

    def make(self, *args: Any, **kwargs: Any) -> Handshake:
        """The transport of this connection."""
        self.handshake = Handshake(*args, **kwargs)
        self.handshake.turn = self.turn
        # ask for the kind of key that is known, or a server with several keys shows another one
        wanted = [each for kind in self.known for each in _SIGNATURES.get(kind, (kind,))]
        rest = [each for each in self.handshake._preferred_keys if each not in wanted]  # noqa: SLF001 - no public way
        self.handshake._preferred_keys = (*wanted, *rest)  # noqa: SLF001 - as above
        return self.handshake

    def invoke_shell(self, *args: Any, **kwargs: Any) -> paramiko.Channel:
        """A terminal and a shell; paramiko itself would wait for either without end.

        Raises:
            paramiko.SSHException: the server does not grant them, or not in time.

        """
        transport: paramiko.Transport = self.get_transport()
        with deadline.host_deadline(self.patience, self.name) as ours:
            ours.cut_with(transport.sock.cut)
            try:
                channel = transport.open_session(timeout=self.patience)
                channel.settimeout(self.patience)
                channel.get_pty(*args, **kwargs)
                channel.invoke_shell()
            except (paramiko.SSHException, OSError, EOFError) as error:
                if ours.over:
                    raise paramiko.SSHException(f"no terminal within {self.patience:g} s") from error
                raise
        return channel


class NetmikoChannel(CiscoAsaSSH):  # type: ignore[misc, unused-ignore]
    """netmiko without its login: nothing is written before the dialogue writes."""

    def __init__(self, client: Client, **kwargs: Any) -> None:
        self._client = client
        super().__init__(**kwargs)

    def _build_ssh_client(self) -> Client:
        return self._client

    def _try_session_preparation(self, force_data: bool = True) -> None:
        pass

    def cleanup(self, command: str = "") -> None:
        """The session has said goodbye already; netmiko would look for configuration mode here."""


class SshTransport:
    """Bytes over one SSH session; satisfies ``session.Transport``."""

    def __init__(self, channel: NetmikoChannel, sock: GuardedSocket, jump: Jump | None = None) -> None:
        self._netmiko = channel
        self._channel: paramiko.Channel = channel.remote_conn
        self._sock = sock
        self._jump = jump

    def read(self, timeout: float) -> bytes:
        """What has arrived, after at most ``timeout`` seconds; empty if nothing did.

        Raises:
            LinkLostError: the session has ended.
            IncompleteReplyError: it brought more than it may.

        """
        self._channel.settimeout(timeout)
        try:
            data: bytes = self._channel.recv(_CHUNK)
        except TimeoutError:
            return b""
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._lost("the SSH session ended") from error
        if not data:
            raise self._lost("the device closed the SSH session")
        return data

    def now(self) -> float:
        """The clock that ``read`` waits by."""
        return time.monotonic()

    def write(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            LinkLostError: the session has ended.

        """
        try:
            self._channel.sendall(data)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._lost("the SSH session ended") from error

    def cut(self) -> None:
        """End every wait on it, from any thread; never raises."""
        self._sock.cut()
        if self._jump is not None:
            self._jump.sock.cut()

    def close(self) -> None:
        """End the session; never raises."""
        self._netmiko.disconnect()
        if self._jump is not None:
            self._jump.client.close()

    def _lost(self, what: str) -> DeviceError:
        if self._sock.flooded:
            return IncompleteReplyError(
                "the device sent more than one session may bring; the rest was not read",
                "look at what it prints, or raise reply_limit",
            )
        return LinkLostError(what, "look at the device's log and its SSH limits")


@dataclass(frozen=True, slots=True)
class Jump:
    """The server in between."""

    client: Client
    sock: GuardedSocket
