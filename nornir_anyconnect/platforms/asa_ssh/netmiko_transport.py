"""netmiko's channel without netmiko's login, bounded in time and size.

netmiko builds the SSH session and nothing more: its ASA login would enter configuration mode. The socket that is
handed to it counts what comes in, and is what a deadline cuts: paramiko waits in places that know no time limit.
"""

from __future__ import annotations

import base64
import contextlib
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import paramiko
from netmiko.cisco import CiscoAsaSSH
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoTimeoutException

from nornir_anyconnect.errors import AnyConnectError, DeviceError
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.asa_ssh import algorithms
from nornir_anyconnect.platforms.asa_ssh.endpoint import LOG, Endpoint, lost
from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey
from nornir_anyconnect.platforms.asa_ssh.wire import GuardedSocket
from nornir_anyconnect.platforms.login_gate import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from nornir_anyconnect.platforms.login_gate import LoginGate

_CHUNK = 65536
_DISABLED: dict[str, list[str]] = {
    "kex": list(algorithms.LEGACY["key exchange"]),
    "keys": list(algorithms.LEGACY["host key"]),
    "pubkeys": list(algorithms.LEGACY["host key"]),
    "ciphers": list(algorithms.LEGACY["cipher"]),
    "macs": list(algorithms.LEGACY["MAC"]),
}
"""paramiko's names for what only a host with ``legacy_ssh: true`` is offered."""


class Handshake(paramiko.Transport):  # type: ignore[misc, unused-ignore]
    """Remembers what the server offered, for the error that names it."""

    offered: algorithms.Offer = MappingProxyType({})
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
            "key exchange": tuple(parsed["kex_algo_list"]),
            "host key": tuple(parsed["server_key_algo_list"]),
            "cipher": tuple(parsed["server_encrypt_algo_list"]),
            "MAC": tuple(parsed["server_mac_algo_list"]),
        }
        return parsed


class Client(paramiko.SSHClient):  # type: ignore[misc, unused-ignore]
    """Knows one server's keys and refuses every other.

    Args:
        server: the one.
        turn: waits until this credential may be tried; held only while the server judges it.

    """

    def __init__(
        self,
        server: Endpoint,
        turn: Callable[[], AbstractContextManager[Attempt]] = lambda: contextlib.nullcontext(Attempt()),
    ) -> None:
        super().__init__()
        self.server = server
        self.turn = turn
        self.known = server.known
        self.handshake: Handshake | None = None
        self.set_log_channel(LOG)
        self.set_missing_host_key_policy(paramiko.RejectPolicy())
        for kind, key in self.known.items():
            with contextlib.suppress(paramiko.SSHException, ValueError):  # a damaged key makes nobody known
                self.get_host_keys().add(server.name, kind, _key(key))

    def connect(self, *args: Any, **kwargs: Any) -> None:
        """As paramiko does, over our transport."""
        super().connect(*args, transport_factory=self.make, **kwargs)

    def make(self, *args: Any, **kwargs: Any) -> Handshake:
        """The transport of this connection."""
        self.handshake = Handshake(*args, **kwargs)
        self.handshake.turn = self.turn
        preferred = self.handshake._preferred_keys  # noqa: SLF001 - no public way
        self.handshake._preferred_keys = algorithms.known_first(preferred, self.known)  # noqa: SLF001 - as above
        return self.handshake

    def invoke_shell(self, *args: Any, **kwargs: Any) -> paramiko.Channel:
        """A terminal and a shell; paramiko itself would wait for either without end.

        Raises:
            paramiko.SSHException: the server does not grant them, or not in time.

        """
        transport: paramiko.Transport = self.get_transport()
        patience = self.server.options.login_timeout
        with deadline.host_deadline(patience, self.server.name) as ours:
            ours.cut_with(transport.sock.cut)
            try:
                channel = transport.open_session(timeout=patience)
                channel.settimeout(patience)
                channel.get_pty(*args, **kwargs)
                channel.invoke_shell()
            except (paramiko.SSHException, OSError, EOFError) as error:
                if ours.over:
                    raise paramiko.SSHException(f"no terminal within {patience:g} s") from error
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
        return lost(what, flooded=self._sock.flooded)


@dataclass(frozen=True, slots=True)
class Jump:
    """The server in between."""

    client: Client
    sock: GuardedSocket


def open_channel(device: Endpoint, jump: Endpoint | None, login_gate: LoginGate) -> SshTransport:
    """As ``ssh.open_ssh``."""
    between = _between(jump, login_gate) if jump is not None else None
    try:
        credential = _credential(device)
        client = Client(device, device.turn(login_gate))
        sock = _socket(device, between)
        try:
            channel = _log_in(device, credential, client, sock)
        except BaseException:
            sock.cut()
            client.close()
            sock.close()
            raise
    except BaseException:
        if between is not None:
            between.client.close()
        raise
    sock.allow(device.session_bytes)
    return SshTransport(channel, sock, between)


def presented_key(server: Endpoint) -> HostKey:
    """As ``ssh.server_key``."""
    client = Client(server)
    patience = server.options.connect_timeout
    sock = _socket(server, None)
    transport = client.make(sock, disabled_algorithms=_disabled(server))
    transport.set_log_channel(LOG)
    transport.banner_timeout = patience
    try:
        transport.start_client(timeout=patience)
        return _shown(server, transport.get_remote_server_key())
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise _explained(error, client, sock) from error
    finally:
        sock.cut()
        transport.close()


def _log_in(device: Endpoint, credential: dict[str, Any], client: Client, sock: GuardedSocket) -> NetmikoChannel:
    options = device.options
    try:
        return NetmikoChannel(
            client,
            device_type="cisco_asa", host=device.hostname, port=device.port, username=device.username, sock=sock,
            conn_timeout=options.connect_timeout, auth_timeout=options.login_timeout,
            banner_timeout=options.login_timeout, ssh_strict=True, allow_auto_change=False,
            disabled_algorithms=_disabled(device), **credential,
        )  # fmt: skip
    except (NetmikoAuthenticationException, NetmikoTimeoutException) as error:
        raise _explained(error.__context__ or error, client, sock) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        if client.handshake is None or not client.handshake.is_authenticated():
            raise _explained(error, client, sock) from error
        raise device.no_shell(error) from error


def _between(jump: Endpoint, login_gate: LoginGate) -> Jump:
    """Log in to the server in between."""
    credential = _credential(jump)
    client = Client(jump, jump.turn(login_gate))
    sock = _socket(jump, None)
    try:
        client.connect(
            jump.hostname, jump.port, jump.username, allow_agent=False, look_for_keys=False, sock=sock,
            timeout=jump.options.connect_timeout, auth_timeout=jump.options.login_timeout,
            banner_timeout=jump.options.login_timeout, disabled_algorithms=_disabled(jump), **credential,
        )  # fmt: skip
    except (paramiko.SSHException, OSError, EOFError) as error:
        sock.cut()
        client.close()
        raise _explained(error, client, sock) from error
    except BaseException:
        sock.cut()
        client.close()
        raise
    sock.allow(jump.session_bytes * 2)
    return Jump(client, sock)


def _socket(server: Endpoint, between: Jump | None) -> GuardedSocket:
    """Connected, and cut when the host's time is over."""
    if between is None:
        guarded = GuardedSocket(server.dial())
        if (ours := deadline.current()) is not None:
            ours.cut_with(guarded.cut)
        return guarded
    place = (server.hostname, server.port)
    try:
        carrier: paramiko.Transport = between.client.get_transport()
        return GuardedSocket(
            carrier.open_channel("direct-tcpip", place, ("127.0.0.1", 0), timeout=server.options.connect_timeout)
        )
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise server.unreachable(error) from error


def _credential(server: Endpoint) -> dict[str, Any]:
    if server.key_file is None:
        return {"password": server.password}
    try:
        return {"pkey": _unlocked(server.key_file, server.password)}
    except Exception as error:
        raise server.unusable(error) from error


def _unlocked(key_file: Path, password: str | None) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(key_file)
    except (TypeError, ValueError, paramiko.PasswordRequiredException):
        if not password:
            raise
        return paramiko.PKey.from_path(key_file, password.encode())


def _disabled(server: Endpoint) -> dict[str, list[str]] | None:
    return None if server.options.legacy_ssh else _DISABLED


def _explained(error: BaseException, client: Client, sock: GuardedSocket) -> AnyConnectError:
    """What went wrong, in the words of a network engineer."""
    server = client.server
    if isinstance(error, AnyConnectError):
        return error
    if not sock.flooded:
        if isinstance(error, paramiko.BadHostKeyException):
            return server.wrong_key(_shown(server, error.key))
        if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
            return server.incompatible(client.handshake.offered if client.handshake else {})
        if isinstance(error, paramiko.BadAuthenticationType):
            return server.unasked()
        if isinstance(error, paramiko.AuthenticationException):
            return server.silent() if "timeout" in str(error).lower() else server.refused()
        if isinstance(error, paramiko.SSHException) and "not found in known_hosts" in str(error):
            return server.wrong_key(None)
    return server.no_session(error, flooded=sock.flooded)


def _shown(server: Endpoint, key: paramiko.PKey) -> HostKey:
    """A server's key as presented."""
    return HostKey(server.name, key.get_name(), key.get_base64())


def _key(key: HostKey) -> paramiko.PKey:
    return paramiko.PKey.from_type_string(key.type, base64.b64decode(key.base64))
