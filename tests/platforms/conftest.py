import asyncio
import contextlib
import threading

import asyncssh
import pytest

from mock_devices.fleet import start_fleet
from nornir_anyconnect.platforms.asa_ssh.options import TRANSPORTS
from nornir_anyconnect.platforms.login_gate import gate
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def _credentials_of_the_tests(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "demo-password")
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "demo-enable")
    monkeypatch.delenv("NORNIR_ANYCONNECT_USERNAME", raising=False)


@pytest.fixture(name="eventually")
def _eventually():
    """Wait until something is so: eventually(lambda: ...)."""
    return eventually


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    """Every library that can speak SSH for us: what a connection promises, it promises over each."""
    return request.param


BOXES = {
    "devices": [
        {"name": "fw-one", "release": "9.12(4)", "users": {"audit": {"password": "demo-password", "privilege": 1}}},
        {"name": "fw-old", "release": "8.4(7)", "old_algorithms": True, "host_key": "rsa"},
        {"name": "ftd-one", "release": "9.16(4)", "platform": "ftd", "ftd_version": "7.0.4"},
    ],
    "defaults": {"users": {"audit": {"password": "demo-password"}}, "enable_password": "demo-enable"},
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Three simulated boxes; ``known_hosts`` holds their keys."""
    with start_fleet(BOXES) as running:
        running.known_hosts = running.write_inventory(tmp_path_factory.mktemp("fleet")).with_name("known_hosts")
        yield running


@pytest.fixture
def box(fleet, eventually):
    """The first of them, as if nobody had logged in yet."""
    gate.forget()
    device = fleet.devices["fw-one"]
    device.received.clear()
    yield device
    device.clear_faults()
    device.ssh_users.clear()
    gate.forget()
    eventually(lambda: device.logins.current == 0)


class Server:
    """A plain SSH server: one password (``silent`` is never answered), one key, no shell for the user ``crowded``.

    ``twofold`` is asked for a code as well.
    """

    def __init__(self, host_keys, known_hosts):
        self.asked, self.connections, self.port, self.right = [], [], 0, "right"
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_keys, self.known_hosts = host_keys, known_hosts

    @property
    def open(self):
        return len(self.connections)

    def line(self, key):
        """A line of known_hosts: this server shows that key."""
        kind, public = key.export_public_key().decode().split()[:2]
        return f"[127.0.0.1]:{self.port} {kind} {public}\n"


class Door(asyncssh.SSHServer):
    def __init__(self, server):
        self.server, self.user = server, ""

    def connection_made(self, conn):
        self.connection = conn
        self.server.connections.append(conn)

    def connection_lost(self, exc):
        self.server.connections.remove(self.connection)

    def begin_auth(self, username):
        self.user = username
        self.server.asked.append(("user", username))
        return True

    def password_auth_supported(self):
        return self.user != "twofold"

    def kbdint_auth_supported(self):
        return self.user == "twofold"

    def get_kbdint_challenge(self, username, lang, submethods):
        return "", "", "", [("Password: ", False), ("Code: ", False)]

    def validate_kbdint_response(self, username, responses):
        self.server.asked.append(("code", *responses))
        return False

    def public_key_auth_supported(self):
        return True

    async def validate_password(self, username, password):
        self.server.asked.append(("password", password))
        if password == "silent":
            await asyncio.Event().wait()
        return password == self.server.right

    def validate_public_key(self, username, key):
        known = key == self.server.user_key.convert_to_public()
        self.server.asked.append(("key", known))
        return known

    def session_requested(self):
        return False if self.user == "crowded" else Echo()

    def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
        self.server.asked.append(("forward", dest_port))
        return True


class Echo(asyncssh.SSHServerSession):
    """Says what it is told; ``bye`` ends the session."""

    def connection_made(self, chan):
        self.channel = chan

    def pty_requested(self, term_type, term_size, term_modes):
        return True

    def shell_requested(self):
        return True

    def data_received(self, data, datatype):
        self.channel.write(data)
        if data == b"bye":
            self.channel.exit(0)


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Start a plain SSH server on loopback: serve(host keys, what asyncssh takes besides)."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    async def start(server, options):
        return await asyncssh.create_server(lambda: Door(server), "127.0.0.1", 0, **options)

    async def stop(server, acceptor):
        acceptor.close()
        await acceptor.wait_closed()
        left = list(server.connections)
        for connection in left:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in left))

    with contextlib.ExitStack() as stack:

        def begin(*host_keys, **options):
            host_keys = host_keys or (asyncssh.generate_private_key("ssh-ed25519"),)
            server = Server(host_keys, tmp_path_factory.mktemp("server") / "known_hosts")
            options = {"encoding": None, "line_editor": False, "server_host_keys": list(host_keys), **options}
            acceptor = run(start(server, options))
            stack.callback(lambda: run(stop(server, acceptor)))
            server.port = acceptor.get_port()
            server.known_hosts.write_text(server.line(host_keys[0]))
            return server

        yield begin
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


@pytest.fixture(scope="module")
def _server(serve):
    return serve()


@pytest.fixture
def server(_server, eventually):
    """A plain SSH server that nobody has asked anything yet."""
    eventually(lambda: _server.open == 0)
    _server.asked.clear()
    yield _server
    eventually(lambda: _server.open == 0)
