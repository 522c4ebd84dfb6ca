"""SSH sessions over asyncssh: all of them in one event loop, each read by the thread that works on its host.

The thread dials, waits for its turn to try a credential, and reads with a time limit; the loop moves bytes.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

import asyncssh

from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.asa_ssh import algorithms
from nornir_anyconnect.platforms.asa_ssh.endpoint import COLUMNS, ROWS, TERMINAL, Endpoint, lost
from nornir_anyconnect.platforms.asa_ssh.event_loop import sessions
from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey
from nornir_anyconnect.platforms.asa_ssh.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

    from nornir_anyconnect.platforms.login_gate import LoginGate

# many ASAs know no other key exchange, and whoever runs an audit can do nothing about it
warnings.filterwarnings("ignore", "Diffie-Hellman over finite fields")
asyncssh.set_log_level("WARNING")
logging.getLogger("asyncssh").addHandler(logging.NullHandler())
T = TypeVar("T")
WINDOW = 1 << 19
"""Bytes that a device may send before anybody has read them."""
GOODBYE = 2.0
"""Seconds that a connection gets to close in good order."""


class Login(asyncssh.SSHClient):  # type: ignore[misc, unused-ignore]
    """Knows one server's keys, and gives its credential once, when it is told to.

    Args:
        server: the one.
        key: to log in with; without it the password.

    """

    def __init__(self, server: Endpoint, key: Any = None) -> None:
        self.server = server
        self.shown: HostKey | None = None
        self.asked = threading.Event()
        """Set when the server is ready to judge the credential, and where it will never be."""
        self._key = key
        self._turn: asyncio.Future[None] | None = None
        self.spent = False
        """Whether the server has been told, or is about to be."""

    def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: Any) -> bool:
        """Of a key that is not known: remember and refuse it."""
        kind, data = key.export_public_key("openssh").decode().split()[:2]
        self.shown = HostKey(self.server.name, kind, data)
        return False

    def go(self) -> None:
        """It is this credential's turn."""
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)

    async def public_key_auth_requested(self) -> Any:
        """The key, once."""
        return self._key if await self._may_try() else None

    async def password_auth_requested(self) -> str | None:
        """The password, once."""
        return self.server.password if await self._may_try() else None

    def kbdint_auth_requested(self) -> str:
        """Any method that asks for a password."""
        return ""

    async def kbdint_challenge_received(
        self, _name: str, _instructions: str, _lang: str, prompts: list[tuple[str, bool]]
    ) -> list[str] | None:
        """The password for the one question that asks for it."""
        if not prompts:
            return []
        if len(prompts) > 1 or "password" not in prompts[0][0].lower() or not await self._may_try():
            return None
        return [self.server.password or ""]

    async def _may_try(self) -> bool:
        if self.spent:
            return False
        self.spent = True
        self._turn = asyncio.get_running_loop().create_future()
        self.asked.set()
        await self._turn
        return True


class Screen(asyncssh.SSHClientSession):  # type: ignore[misc, unused-ignore]
    """What a device prints, until the thread that works on it takes it."""

    def __init__(self) -> None:
        self.ended = False
        self._parts: list[bytes] = []
        self._size = 0
        self._changed = threading.Condition()
        self._channel: Any = None
        self._paused = False

    def connection_made(self, chan: Any) -> None:
        """As of asyncssh."""
        self._channel = chan

    def data_received(self, data: bytes, _datatype: object) -> None:
        """Keep it; no more than a device may send before it is read."""
        with self._changed:
            self._parts.append(data)
            self._size += len(data)
            if self._size >= WINDOW and not self._paused:
                self._paused = True
                self._channel.pause_reading()
            self._changed.notify()

    def connection_lost(self, _exc: Exception | None) -> None:
        """As of asyncssh."""
        self.end()

    def end(self) -> None:
        """Nothing more comes; from any thread."""
        with self._changed:
            self.ended = True
            self._changed.notify()

    def take(self, timeout: float) -> bytes:
        """What has arrived, after at most so many seconds."""
        with self._changed:
            if not self._parts and not self.ended:
                self._changed.wait(timeout)
            data = b"".join(self._parts)
            self._parts, self._size = [], 0
            resume, self._paused = self._paused, False
        if resume:
            sessions.call(self._channel.resume_reading)
        return data

    def write(self, data: bytes) -> None:
        """In the loop's thread; what cannot be sent any more is told by the end of the session."""
        with contextlib.suppress(OSError):
            self._channel.write(data)


class Connection:
    """One SSH connection, and the wire under it."""

    def __init__(self, server: Endpoint, wire: Wire) -> None:
        self.server = server
        self.wire = wire
        self.ssh: Any = None

    def close(self) -> None:
        """In good order, or after a moment without it; never waits, never raises."""
        if self.ssh is not None:
            sessions.start(_close(self.ssh))
        elif self.wire.sock is not None:
            self.wire.cut()


async def _close(ssh: Any) -> None:
    ssh.close()
    try:
        await asyncio.wait_for(ssh.wait_closed(), GOODBYE)
    except (TimeoutError, asyncssh.Error, OSError):
        ssh.abort()


class AsyncsshTransport:
    """Bytes over one SSH session; satisfies ``conversation.Transport``."""

    def __init__(self, screen: Screen, device: Connection, jump: Connection | None = None) -> None:
        self._screen = screen
        self._device = device
        self._jump = jump

    def read(self, timeout: float) -> bytes:
        """What has arrived, after at most ``timeout`` seconds; empty if nothing did.

        Raises:
            LinkLostError: the session has ended.
            IncompleteReplyError: it brought more than it may.

        """
        data = self._screen.take(timeout)
        if not data and self._screen.ended:
            raise lost("the device closed the SSH session", flooded=self._device.wire.flooded)
        return data

    def now(self) -> float:
        """The clock that ``read`` waits by."""
        return time.monotonic()

    def write(self, data: bytes) -> None:
        """Send all of it; it never waits, since what is sent ahead is bounded.

        Raises:
            LinkLostError: the session has ended.

        """
        if self._screen.ended:
            raise lost("the SSH session ended", flooded=self._device.wire.flooded)
        sessions.call(self._screen.write, data)

    def cut(self) -> None:
        """End every wait on it, from any thread; never raises."""
        self._screen.end()
        for each in (self._device, self._jump):
            if each is not None:
                each.wire.cut()

    def close(self) -> None:
        """End the session; never raises."""
        self._screen.end()
        for each in (self._device, self._jump):
            if each is not None:
                each.close()


def open_channel(device: Endpoint, jump: Endpoint | None, login_gate: LoginGate) -> AsyncsshTransport:
    """As ``ssh.open_ssh``."""
    key = _key(device)
    between = _log_in(jump, _key(jump), None, login_gate) if jump is not None else None
    try:
        connection = _log_in(device, key, between, login_gate)
        try:
            screen = _shell(connection)
        except BaseException:
            connection.wire.cut()
            connection.close()
            raise
    except BaseException:
        if between is not None:
            between.close()
        raise
    connection.wire.allow(device.session_bytes)
    if between is not None:
        between.wire.allow(device.session_bytes * 2)
    return AsyncsshTransport(screen, connection, between)


def presented_key(server: Endpoint) -> HostKey:
    """As ``ssh.server_key``."""
    wire, login = Wire(server.dial()), Login(server)
    connecting = _started(_connect(server, login, wire, None, known={}), wire.cut)
    error = _failure_of(connecting, server.options.connect_timeout, wire)
    if login.shown is None:
        raise _explained(error, server, login, wire)
    return login.shown


def _log_in(server: Endpoint, key: Any, between: Connection | None, login_gate: LoginGate) -> Connection:
    """Connect and log in with one attempt."""
    wire = Wire(server.dial()) if between is None else Wire(None, between.ssh)
    cut = wire.cut if between is None else between.wire.cut
    connection, login = Connection(server, wire), Login(server, key)
    connecting = _started(_connect(server, login, wire, key, known=server.known), cut)
    connecting.add_done_callback(lambda _: login.asked.set())
    try:
        if not login.asked.wait(server.options.login_timeout):
            raise TimeoutError(f"no key exchange within {server.options.login_timeout:g} s")
        if not connecting.done():
            with server.turn(login_gate)() as attempt:
                sessions.call(login.go)
                try:
                    connecting.result(server.options.login_timeout)
                except asyncssh.PermissionDenied:
                    attempt.refused = True
                    raise
                attempt.accepted = True
        connection.ssh = connecting.result(0)
    except BaseException as error:
        connecting.cancel()
        cut()
        sessions.call(wire.release)
        if isinstance(error, AnyConnectError) or not isinstance(error, Exception):
            raise
        if isinstance(error, TimeoutError) and login.spent:
            raise server.silent() from error
        raise _explained(error, server, login, wire) from error
    return connection


def _started(work: Coroutine[Any, Any, T], cut: Callable[[], None]) -> Future[T]:
    """Run it in the loop's thread; when the host's time is over nobody waits for it any more, however busy that is."""
    future = sessions.start(work)
    if (ours := deadline.current()) is not None:
        ours.cut_with(cut)
        ours.cut_with(future.cancel)
    return future


async def _connect(server: Endpoint, login: Login, wire: Wire, key: Any, known: dict[str, HostKey]) -> Any:
    trusted = [each for each in map(_public, known.values()) if each is not None]
    offer = server.offer
    return await asyncssh.connect(
        server.hostname, server.port, tunnel=wire, config=None, client_factory=lambda: login,
        username=server.username or "nobody", password=None, client_keys=None, agent_path=None, gss_host=None,
        public_key_auth=key is not None, password_auth=key is None, kbdint_auth=key is None, host_based_auth=False,
        known_hosts=(trusted, [], []), x509_trusted_certs=None, login_timeout=0, connect_timeout=None,
        kex_algs=offer["key exchange"], encryption_algs=offer["cipher"], mac_algs=offer["MAC"],
        server_host_key_algs=algorithms.known_first(offer["host key"], known), compression_algs=None,
        signature_algs=offer["host key"],
    )  # fmt: skip


def _shell(connection: Connection) -> Screen:
    """A terminal and a shell."""
    server = connection.server
    screen = Screen()
    opening = _started(
        connection.ssh.create_session(
            lambda: screen,
            term_type=TERMINAL,
            term_size=(COLUMNS, ROWS),
            request_pty="force",
            encoding=None,
            window=WINDOW,
        ),
        connection.wire.cut,
    )
    try:
        opening.result(server.options.login_timeout)
    except TimeoutError as error:
        opening.cancel()
        raise server.no_shell(TimeoutError(f"no terminal within {server.options.login_timeout:g} s")) from error
    except (asyncssh.Error, OSError, concurrent.futures.CancelledError) as error:
        raise server.no_shell(error) from error
    return screen


def _failure_of(connecting: Future[Any], patience: float, wire: Wire) -> Exception:
    """Why a connection that was only to show a key ended."""
    try:
        connecting.result(patience)
    except TimeoutError:
        return TimeoutError(f"no key exchange within {patience:g} s")
    except Exception as error:  # noqa: BLE001 - whatever it is, there is no key
        return error
    finally:
        connecting.cancel()
        wire.cut()
        sessions.call(wire.release)
    return ConnectionError("it asks for no login")


def _explained(error: BaseException, server: Endpoint, login: Login, wire: Wire) -> AnyConnectError:
    """What went wrong, in the words of a network engineer."""
    if isinstance(error, asyncssh.ChannelOpenError):  # of the jump host, which carries this connection
        return server.unreachable(error)
    if not wire.flooded:
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return server.wrong_key(login.shown)
        if isinstance(error, asyncssh.PermissionDenied):
            return server.refused() if login.spent else server.unasked()
        if algorithms.not_in_common(wire.offered, server.offer) is not None:
            return server.incompatible(wire.offered)
    return server.no_session(error, flooded=wire.flooded)


def _key(server: Endpoint) -> Any:
    if server.key_file is None:
        return None
    try:
        try:
            return asyncssh.read_private_key(server.key_file)
        except asyncssh.KeyImportError:
            if not server.password:
                raise
            return asyncssh.read_private_key(server.key_file, server.password)
    except Exception as error:
        raise server.unusable(error) from error


def _public(key: HostKey) -> Any:
    """None where it is damaged: then nobody is known by it."""
    try:
        return asyncssh.import_public_key(f"{key.type} {key.base64}")
    except asyncssh.KeyImportError:
        return None
