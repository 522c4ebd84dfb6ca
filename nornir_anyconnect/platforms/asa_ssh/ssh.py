"""SSH to one device: our own login, host keys first, one attempt per credential; what goes wrong, in plain words.

A socket with TCP_NODELAY is handed to the library, which saves the delayed acknowledgements of every exchange.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import paramiko
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoTimeoutException

from nornir_anyconnect.errors import (
    AlgorithmError,
    AnyConnectError,
    CredentialError,
    HostKeyError,
    ReplyTimeoutError,
    UnreachableError,
)
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey, key_of, known_keys, name_of
from nornir_anyconnect.platforms.asa_ssh.netmiko_transport import (
    LEGACY,
    LOG,
    LOGIN_BYTES,
    REPLIES_PER_HOST,
    Client,
    GuardedSocket,
    Jump,
    NetmikoChannel,
    SshTransport,
)
from nornir_anyconnect.platforms.asa_ssh.options import JumpHost, Options
from nornir_anyconnect.platforms.login_gate import LoginGate, gate

if TYPE_CHECKING:
    from pathlib import Path


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
        login_gate.refuse_spent(hostname, username, device.fingerprint)
        client = _client(device, login_gate)
        sock = _socket(hostname, port, options.connect_timeout, jump)
        try:
            channel = _log_in(device, client, sock)
        except BaseException:
            sock.cut()
            client.close()
            sock.close()
            raise
    except BaseException:
        if jump is not None:
            jump.client.close()
        raise
    sock.allow(int(options.reply_limit * REPLIES_PER_HOST * 2**20))
    return SshTransport(channel, sock, jump)


def _client(server: _Endpoint, login_gate: LoginGate) -> Client:
    return Client(
        known_keys(server.options.known_hosts, server.name),
        server.name,
        lambda: login_gate.attempt(server.hostname, server.username, server.fingerprint),
        server.options.login_timeout,
    )


def _log_in(device: _Endpoint, client: Client, sock: GuardedSocket) -> NetmikoChannel:
    try:
        return NetmikoChannel(
            client,
            device_type="cisco_asa", host=device.hostname, port=device.port, username=device.username, sock=sock,
            conn_timeout=device.options.connect_timeout, auth_timeout=device.options.login_timeout,
            banner_timeout=device.options.login_timeout, ssh_strict=True, allow_auto_change=False,
            disabled_algorithms=None if device.options.legacy_ssh else LEGACY, **device.credential,
        )  # fmt: skip
    except (NetmikoAuthenticationException, NetmikoTimeoutException) as error:
        raise _explained(error.__context__ or error, client, device, sock) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        if client.handshake is None or not client.handshake.is_authenticated():
            raise _explained(error, client, device, sock) from error
        raise UnreachableError(
            f"{device.hostname} accepted the login but opened no session ({_said(error)})",
            "an ASA has five SSH sessions: see 'show ssh sessions'",
        ) from error


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


def _socket(hostname: str, port: int, timeout: float, jump: Jump | None) -> GuardedSocket:
    """Connected, and cut when the host's time is over."""
    sock: Any
    try:
        if jump is not None:
            sock = jump.client.get_transport().open_channel(
                "direct-tcpip", (hostname, port), ("127.0.0.1", 0), timeout=timeout
            )
        else:
            sock = socket.create_connection((hostname, port), timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, EOFError, UnicodeError, paramiko.SSHException) as error:
        raise UnreachableError(
            f"{hostname}:{port} cannot be reached: {_said(error)}", "check the address, the port and the path to it"
        ) from error
    guarded = GuardedSocket(sock)
    if (ours := deadline.current()) is not None and jump is None:
        ours.cut_with(guarded.cut)
    return guarded


def _jump(jump: JumpHost, username: str, password: str | None, options: Options, login_gate: LoginGate) -> Jump:
    server = _endpoint((jump.hostname, jump.port), jump.username or username, password, jump.key_file, options)
    login_gate.refuse_spent(jump.hostname, server.username, server.fingerprint)
    client = _client(server, login_gate)
    sock = _socket(jump.hostname, jump.port, options.connect_timeout, None)
    try:
        client.connect(
            jump.hostname, jump.port, server.username, allow_agent=False, look_for_keys=False, sock=sock,
            timeout=options.connect_timeout, auth_timeout=options.login_timeout,
            banner_timeout=options.login_timeout, disabled_algorithms=LEGACY, **server.credential,
        )  # fmt: skip
    except (paramiko.SSHException, OSError, EOFError) as error:
        sock.cut()
        client.close()
        raise _explained(error, client, server, sock) from error
    except BaseException:
        sock.cut()
        client.close()
        raise
    sock.allow(int(options.reply_limit * REPLIES_PER_HOST * 2 * 2**20))
    return Jump(client, sock)


def _explained(error: BaseException, client: Client, server: _Endpoint, sock: GuardedSocket) -> AnyConnectError:
    """What went wrong, in the words of a network engineer."""
    host = server.hostname
    if (ours := deadline.current()) is not None and ours.over:
        return ours.error()
    if isinstance(error, AnyConnectError):
        return error
    if sock.flooded:
        return UnreachableError(
            f"{host}:{server.port} sent more than {LOGIN_BYTES >> 20} MB before the login was through",
            "check that it is the device's SSH server",
        )
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
        raise _explained(error, client, server, sock) from error
    finally:
        sock.cut()
        transport.close()


def _said(error: BaseException) -> str:
    """What went wrong, without the number of the error; some errors say nothing, then their kind."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
