"""The SSH side of a device: logins, sessions and their terminals, over asyncssh."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import warnings
from typing import TYPE_CHECKING, Any

import asyncssh
from asyncssh.constants import MSG_IGNORE

from mock_devices.faults import Moment
from mock_devices.host_keys import host_key
from mock_devices.shell import Shell
from mock_devices.shows import session_limit
from mock_devices.terminal import Close, Drop, Hang, Pause, Text, joined

if TYPE_CHECKING:
    from mock_devices.device import Device

# a box plays an old key exchange only where the fleet file says so
warnings.filterwarnings("ignore", "Diffie-Hellman over finite fields")

OLD = {
    "kex_algs": ["diffie-hellman-group14-sha1"],
    "encryption_algs": ["aes256-cbc", "aes128-cbc", "3des-cbc"],
    "mac_algs": ["hmac-sha1"],
}
"""What an ASA of the 8.x days offers."""
SERVER_VERSION = "Cisco-1.25"
FLUSH = 0.01
"""Seconds that the kernel gets to send what was written before a link is cut."""
LINGER_OFF = struct.pack("ii", 1, 0)


class Door(asyncssh.SSHServer):  # type: ignore[misc]  # asyncssh is not type-checked here
    """Decides who comes in."""

    def __init__(self, device: Device, latency: float) -> None:
        self._device = device
        self._latency = latency
        self._counted = False
        self._connection: Any = None
        self._user = ""

    def connection_made(self, conn: Any) -> None:
        """Count the connection; no further than the box has sessions."""
        logins = self._device.logins
        self._connection = conn
        _say_only_what_is_meant(conn)
        logins.connections += 1
        if logins.current >= session_limit(self._device):
            logins.refused += 1
            conn.abort()
            return
        self._counted = True
        logins.current += 1
        logins.peak = max(logins.peak, logins.current)

    def connection_lost(self, _exc: Exception | None) -> None:
        """A session slot is free again."""
        if self._counted:
            self._device.logins.current -= 1

    def begin_auth(self, username: str) -> bool:
        """The client took the host key and wants to come in; a password is always asked for."""
        self._user = username
        self._device.logins.auth_started += 1
        return True

    def password_auth_supported(self) -> bool:
        """As an ASA with ``aaa authentication ssh console LOCAL``."""
        return True

    def kbdint_auth_supported(self) -> bool:
        """Passwords only."""
        return False

    def public_key_auth_supported(self) -> bool:
        """Passwords only."""
        return False

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether the password is the user's."""
        device, logins = self._device, self._device.logins
        logins.attempts += 1
        if self._latency:
            await asyncio.sleep(self._latency)
        faults = {fault.kind for fault in device.faults.at(Moment(device.sessions + 1, "login"))}
        if "hang" in faults:
            await asyncio.Event().wait()
        if "drop-link" in faults:
            self._connection.abort()
            return False
        account = device.spec.users.get(username)
        known = account is not None and account.password == password and "wrong-password" not in faults
        if device.faults.standing("one-time-password"):
            known = known and password not in device.used_passwords
            if known:
                device.used_passwords.add(password)
        if known:
            logins.successes += 1
        else:
            logins.failures += 1
        return known

    def session_requested(self) -> Terminal:
        """A shell."""
        return Terminal(self._device, self._user, self._latency, self._connection)


def _say_only_what_is_meant(connection: Any) -> None:
    """The library puts an empty packet before each of its own, which no ASA does: half of all packets."""
    send = connection.send_packet

    def sent(kind: int, *parts: bytes, **how: Any) -> None:
        if kind != MSG_IGNORE:
            send(kind, *parts, **how)

    connection.send_packet = sent


class Terminal(asyncssh.SSHServerSession[str]):  # type: ignore[misc]  # asyncssh is not type-checked here
    """Plays a shell's actions to the client, each byte after the link's latency."""

    def __init__(self, device: Device, user: str, latency: float, connection: Any) -> None:
        device.sessions += 1
        self._number = device.sessions
        self._device = device
        self._user = user
        self._latency = latency
        self._connection = connection
        self._arrived: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
        self._channel: Any = None
        self._task: asyncio.Task[None] | None = None
        self._sent = 0

    def connection_made(self, chan: Any) -> None:
        """The channel to write to."""
        self._channel = chan

    def pty_requested(self, *_terminal: Any) -> bool:
        """Any terminal will do."""
        return True

    def shell_requested(self) -> bool:
        """The only thing an ASA offers."""
        return True

    def session_started(self) -> None:
        """Greet."""
        self._device.ssh_users[self._number] = self._user
        self._task = asyncio.get_running_loop().create_task(self._talk())
        self._task.add_done_callback(self._ended)

    def data_received(self, data: str, _datatype: Any) -> None:
        """Characters, which reach the box after the latency."""
        self._arrived.put_nowait((asyncio.get_running_loop().time() + self._latency, data))

    def eof_received(self) -> bool:
        """The client has gone."""
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """Nobody listens any more."""
        self._device.ssh_users.pop(self._number, None)
        if self._task:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A mistake of the simulator ends the session loudly, rather than leave the client waiting."""
        if not task.cancelled() and (mistake := task.exception()):
            self._connection.abort()
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"session {self._number} of {self._device.name} failed", "exception": mistake}
            )

    async def _talk(self) -> None:
        shell = Shell(self._device, self._number, self._user)
        if not await self._play(shell.greet()):
            return
        while True:
            due, data = await self._arrived.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if not await self._play(shell.feed(data)):
                return

    async def _play(self, actions: Any) -> bool:
        """Do what the shell says; False when that ended the session."""
        # where a link is cut after so many bytes, what follows them never happens
        cut = self._device.faults.link_limit(self._number)
        for action in actions if cut else joined(actions):
            match action:
                case Text(text):
                    if not self._write(text):
                        await self._drop()
                        return False
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Hang():
                    await asyncio.Event().wait()
                case Drop():
                    await self._drop()
                    return False
                case Close():
                    await asyncio.sleep(0)  # a client that has already gone ends this task here
                    self._channel.exit(0)
                    self._connection.close()
                    return False
        return True

    async def _drop(self) -> None:
        """End the link without a goodbye, once what was said before is on the wire."""
        await asyncio.sleep(FLUSH)
        self._connection.abort()

    def _write(self, text: str) -> bool:
        if self._channel.is_closing():
            return False
        limit = self._device.faults.link_limit(self._number)
        if limit:
            left = int(limit.options["after"]) - self._sent
            if len(text) >= left:
                limit.fired += 1
                self._channel.write(text[: max(left, 0)])
                return False
        self._sent += len(text)
        self._channel.write(text)
        return True


class Listener:
    """A device's SSH port."""

    def __init__(self, device: Device, latency: float) -> None:
        self._device = device
        self._latency = latency
        self._socket = socket.socket()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[Any] = set()

    def open(self, address: str, port: int) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            OSError: somebody else has the port.

        """
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setblocking(False)
        try:
            self._socket.bind((address, port))
            self._socket.listen(100)
        except OSError as error:
            self._socket.close()
            raise OSError(error.errno, f"cannot listen on {address}:{port}: {error.strerror}") from error
        self._device.address, self._device.port = self._socket.getsockname()
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._accept)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        for connection in list(self._connections):
            connection.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            client, _ = self._socket.accept()
            client.setblocking(False)
            task = asyncio.get_running_loop().create_task(self._serve(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket) -> None:
        faults = {fault.kind for fault in self._device.faults.at(Moment(self._device.sessions + 1, "connect"))}
        if faults & {"refuse-connection", "drop-link"}:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_OFF)
            client.close()
            return
        if "hang" in faults:
            with client:
                await asyncio.Event().wait()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(asyncssh.Error, OSError):
            connection = await asyncssh.run_server(client, **self._options())
            self._connections.add(connection)
            try:
                await connection.wait_closed()
            finally:
                self._connections.discard(connection)

    def _options(self) -> dict[str, Any]:
        device, faults = self._device, self._device.faults
        name = f"{device.name}, key changed" if faults.standing("changed-host-key") else device.name
        entry = name if faults.standing("changed-host-key") else device.spec.entry
        pair = asyncssh.load_keypairs([host_key(name, entry, device.spec.host_key)])[0]
        old = device.spec.old_algorithms or faults.standing("old-algorithms")
        if old and device.spec.host_key == "rsa":
            pair.host_key_algorithms = (b"ssh-rsa",)
        return {
            "server_factory": lambda: Door(device, self._latency),
            "server_host_keys": [pair],
            "server_version": SERVER_VERSION,
            "encoding": "utf-8",
            "errors": "replace",
            "line_editor": False,
            "login_timeout": 60,
            "allow_scp": False,
            "agent_forwarding": False,
            "gss_host": None,
            **({"kex_algs": list(device.spec.key_exchange)} if device.spec.key_exchange else {}),
            **(OLD if old else {}),
        }
