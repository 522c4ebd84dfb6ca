"""SSH to one device: netmiko's channel under our own login, host keys first, one attempt per credential.

netmiko builds the SSH session and nothing more: its ASA login would enter configuration mode. A socket
with TCP_NODELAY is handed to it, which saves the delayed acknowledgements of every exchange.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import paramiko
from netmiko.cisco import CiscoAsaSSH
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoTimeoutException

from nornir_anyconnect.errors import (
    AlgorithmError,
    CredentialError,
    DeviceError,
    HostKeyError,
    LinkLostError,
    ReplyTimeoutError,
    UnreachableError,
)
from nornir_anyconnect.platforms.asa_ssh.handshake import LEGACY, LOG, Client
from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey, key_of, known_keys, name_of
from nornir_anyconnect.platforms.asa_ssh.options import JumpHost, Options
from nornir_anyconnect.platforms.login_gate import Attempt, LoginGate, gate

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 65536


class _Channel(CiscoAsaSSH):  # type: ignore[misc, unused-ignore]
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

    def __init__(self, channel: _Channel, jump: paramiko.SSHClient | None = None) -> None:
        self._netmiko = channel
        self._channel: paramiko.Channel = channel.remote_conn
        self._jump = jump

    def read(self, timeout: float) -> bytes:
        """What has arrived, after at most ``timeout`` seconds; empty if nothing did.

        Raises:
            LinkLostError: the session has ended.

        """
        self._channel.settimeout(timeout)
        try:
            data: bytes = self._channel.recv(_CHUNK)
        except TimeoutError:
            return b""
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise LinkLostError("the SSH session ended", "look at the device's log and its SSH limits") from error
        if not data:
            raise LinkLostError("the device closed the SSH session", "look at the device's log and its SSH limits")
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
            raise LinkLostError("the SSH session ended", "look at the device's log and its SSH limits") from error

    def close(self) -> None:
        """End the session; never raises."""
        self._netmiko.disconnect()
        if self._jump is not None:
            self._jump.close()


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """One SSH server, and the one way in which we authenticate there."""

    hostname: str
    port: int
    username: str
    options: Options
    credential: dict[str, Any] = field(repr=False)
    fingerprint: str = field(repr=False)
    """What tells this credential from another one; goes nowhere but into the login gate."""

    @property
    def name(self) -> str:
        """As known_hosts writes it."""
        return name_of(self.hostname, self.port)


def open_ssh(
    hostname: str, port: int, *, username: str, password: str | None, options: Options, login_gate: LoginGate = gate
) -> SshTransport:
    """Connect, verify the host key, log in with one attempt, and open a shell.

    Raises:
        UnreachableError: no TCP or SSH session.
        AlgorithmError: nothing in common; names what the device offers.
        HostKeyError: unknown or changed key; no password was sent.
        CredentialError: refused, or not tried since it was refused elsewhere too often.

    """
    jump = _jump(options.jump_host, username, password, options, login_gate) if options.jump_host else None
    try:
        device = _endpoint((hostname, port), username, password, options.key_file, options)
        client = Client(known_keys(options.known_hosts, device.name), device.name)
        sock = _socket(hostname, port, options.connect_timeout, jump)
        try:
            with login_gate.attempt(hostname, username, device.fingerprint) as attempt:
                channel = _log_in(device, client, sock, attempt)
        except BaseException:
            client.close()
            sock.close()
            raise
    except BaseException:
        if jump is not None:
            jump.close()
        raise
    return SshTransport(channel, jump)


def _log_in(device: _Endpoint, client: Client, sock: Any, attempt: Attempt) -> _Channel:
    try:
        channel = _Channel(
            client,
            device_type="cisco_asa", host=device.hostname, port=device.port, username=device.username, sock=sock,
            conn_timeout=device.options.connect_timeout, auth_timeout=device.options.login_timeout,
            banner_timeout=device.options.login_timeout, ssh_strict=True, allow_auto_change=False,
            disabled_algorithms=None if device.options.legacy_ssh else LEGACY, **device.credential,
        )  # fmt: skip
    except (NetmikoAuthenticationException, NetmikoTimeoutException) as error:
        raise _explained(error.__context__ or error, client, device, attempt) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        if client.handshake is None or not client.handshake.is_authenticated():
            raise _explained(error, client, device, attempt) from error
        attempt.accepted = True
        raise UnreachableError(
            f"{device.hostname} accepted the login but opened no session ({error})",
            "an ASA has five SSH sessions: see 'show ssh sessions'",
        ) from error
    attempt.accepted = True
    return channel


def _endpoint(
    place: tuple[str, int], username: str, password: str | None, key_file: Path | None, options: Options
) -> _Endpoint:
    """With a key the password only unlocks the key and never travels; without one it is the one attempt."""
    hostname, port = place
    if key_file is None and not password:
        raise CredentialError(f"{hostname}: there is no password", "set NORNIR_ANYCONNECT_PASSWORD or a key_file")
    credential: dict[str, Any] = {"password": password}
    if key_file is not None:
        try:
            credential = {"pkey": _unlocked(key_file, password)}
        except Exception as error:
            raise CredentialError(f"the key file {key_file} cannot be used: {error}", "check key_file") from error
    return _Endpoint(hostname, port, username, options, credential, str(key_file or password))


def _unlocked(key_file: Path, password: str | None) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(key_file)
    except (TypeError, ValueError, paramiko.PasswordRequiredException):
        if not password:
            raise
        return paramiko.PKey.from_path(key_file, password.encode())


def _socket(hostname: str, port: int, timeout: float, jump: paramiko.SSHClient | None) -> Any:
    try:
        if jump is not None:
            return jump.get_transport().open_channel(
                "direct-tcpip", (hostname, port), ("127.0.0.1", 0), timeout=timeout
            )
        sock = socket.create_connection((hostname, port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, EOFError, UnicodeError, paramiko.SSHException) as error:
        raise UnreachableError(
            f"{hostname}:{port} cannot be reached: {_said(error)}", "check the address, the port and the path to it"
        ) from error
    return sock


def _jump(
    jump: JumpHost, username: str, password: str | None, options: Options, login_gate: LoginGate
) -> paramiko.SSHClient:
    server = _endpoint((jump.hostname, jump.port), jump.username or username, password, jump.key_file, options)
    client = Client(known_keys(options.known_hosts, server.name), server.name)
    with login_gate.attempt(jump.hostname, server.username, server.fingerprint) as attempt:
        sock = _socket(jump.hostname, jump.port, options.connect_timeout, None)
        try:
            client.connect(
                jump.hostname, jump.port, server.username, allow_agent=False, look_for_keys=False, sock=sock,
                timeout=options.connect_timeout, auth_timeout=options.login_timeout,
                banner_timeout=options.login_timeout, disabled_algorithms=LEGACY, **server.credential,
            )  # fmt: skip
        except (paramiko.SSHException, OSError, EOFError) as error:
            client.close()
            raise _explained(error, client, server, attempt) from error
        attempt.accepted = True
    return client


def _explained(error: BaseException, client: Client, server: _Endpoint, attempt: Attempt) -> DeviceError:
    """What went wrong, in the words of a network engineer."""
    host = server.hostname
    if isinstance(error, paramiko.BadHostKeyException):
        shown, known = key_of(server.name, error.key), key_of(server.name, error.expected_key)
        return HostKeyError(
            f"{host} shows the host key {shown.type} {shown.fingerprint}, "
            f"known is {known.type} {known.fingerprint}; no password was sent",
            "find out why it changed; then learn it with trust-hosts",
        )
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return _incompatible(error, client, server)
    if isinstance(error, paramiko.AuthenticationException):
        if "timeout" in str(error).lower():
            return ReplyTimeoutError(f"{host} did not answer the login", "look at its AAA servers")
        attempt.refused = True
        return CredentialError(
            f"{host} refused the login of this user", "check the user name and password; it was tried once"
        )
    if isinstance(error, paramiko.SSHException) and "not found in known_hosts" in str(error):
        return HostKeyError(
            f"the host key of {host} is not known in {server.options.known_hosts}; no password was sent",
            "look at its fingerprint and learn it with trust-hosts",
        )
    return UnreachableError(
        f"{host}:{server.port} gives no SSH session: {_said(error)}", "check that it is an SSH server"
    )


_KINDS = {"kex algorithm": "key exchange", "host key": "host key", "ciphers": "cipher", "macs": "MAC"}
"""paramiko's words for what is not in common, and ours."""


def _incompatible(error: Exception, client: Client, server: _Endpoint) -> AlgorithmError:
    offered = dict(client.handshake.offered) if client.handshake else {}
    kind = next((ours for theirs, ours in _KINDS.items() if theirs in str(error)), None)
    if kind in offered:
        offered = {kind: offered[kind]}
    listed = "; ".join(f"{name}: {', '.join(values)}" for name, values in offered.items())
    remedy = "update its SSH settings" if server.options.legacy_ssh else "set legacy_ssh: true for this host"
    return AlgorithmError(f"{server.hostname} offers only algorithms that are not used here ({listed})", remedy)


def server_key(hostname: str, port: int = 22, *, timeout: float = 15.0, legacy_ssh: bool = False) -> HostKey:
    """The host key a server presents; nothing is authenticated, no user name is sent.

    Raises:
        UnreachableError: no TCP or SSH session.
        AlgorithmError: nothing in common.

    """
    server = _Endpoint(hostname, port, "", Options(legacy_ssh=legacy_ssh), {}, "")
    client = Client({}, server.name)
    sock = _socket(hostname, port, timeout, None)
    transport = client.make(sock, disabled_algorithms=None if legacy_ssh else LEGACY)
    transport.set_log_channel(LOG)
    transport.banner_timeout = timeout
    try:
        transport.start_client(timeout=timeout)
        return key_of(server.name, transport.get_remote_server_key())
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise _explained(error, client, server, Attempt()) from error
    finally:
        transport.close()


def _said(error: BaseException) -> str:
    """What went wrong, without the number of the error; some errors say nothing, then their kind."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
