"""A client that types at a simulated ASA over real SSH and reads what comes back."""

import asyncio
import re

import asyncssh
import pytest

from mock_devices import start_fleet

WAITS = re.compile(r"(?:[\w./-]*(?:\([\w-]+\))?[>#] |[Pp]assword: |<--- More --->|later: )\Z")
CONFIG = """\
interface GigabitEthernet0/0
 nameif outside
mtu outside 1500
logging enable
logging timestamp
logging buffered informational
webvpn
 enable outside
 anyconnect enable
ssl cipher tlsv1.2 custom "AES256-SHA"
ssl cipher dtlsv1 custom "AES256-SHA"
ssl cipher dtlsv1.2 custom "AES256-SHA"
ssl server-version tlsv1.2
group-policy STAFF internal
group-policy STAFF attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect ask none default anyconnect
group-policy "Two Words" internal
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy STAFF
"""


class Client:
    """One SSH session; every method blocks."""

    def __init__(self, device, password="pw", user="admin", **options):
        self._loop = asyncio.new_event_loop()
        self._device = device
        try:
            self._run(self._connect(user, password, options))
        except BaseException:
            self._loop.close()
            raise

    async def _connect(self, user, password, options):
        self._connection = await asyncssh.connect(
            self._device.address,
            self._device.port,
            username=user,
            password=password,
            **{"known_hosts": None, "client_keys": None, "config": None, **options},
        )
        self._process = await self._connection.create_process(term_type="vt100")

    def _run(self, work):
        return self._loop.run_until_complete(asyncio.wait_for(work, 10))

    async def _read(self, end, patience):
        text = ""
        while not end.search(text):
            try:
                piece = await asyncio.wait_for(self._process.stdout.read(4096), patience)
            except asyncssh.ConnectionLost:
                break
            if not piece:
                break
            text += piece
        return text

    def read(self, end=WAITS, patience=5.0):
        return self._run(self._read(end, patience)).replace("\r\n", "\n")

    def write(self, text):
        self._process.stdin.write(text)

    def type(self, line, **how):
        """Send a line; what comes back after its echo, up to the next prompt."""
        self.write(line + "\r")
        return self.read(**how)

    def answer(self, line):
        """The lines between the echo and the prompt."""
        return self.type(line).split("\n")[1:-1]

    def prompt(self, line):
        """The prompt after a line."""
        return self.type(line).split("\n")[-1]

    def enable(self, password="secret"):
        self.type("enable")
        return self.type(password)

    def close(self):
        async def leave():
            self._connection.abort()
            await self._connection.wait_closed()

        if not self._loop.is_closed():
            self._run(leave())
            self._loop.close()


@pytest.fixture
def fleet_of():
    """Start a fleet from entries; what an entry leaves out is a 9.12 box with one user."""
    running = []

    def start(*entries, **how):
        defaults = {
            "release": "9.12(4)",
            "config": CONFIG,
            "users": {"admin": {"password": "pw"}},
            "enable_password": "secret",
        }
        fleet = start_fleet({"defaults": defaults, "devices": list(entries) or [{"name": "fw"}]}, **how)
        running.append(fleet)
        return fleet

    yield start
    for fleet in running:
        fleet.stop()


@pytest.fixture
def connect():
    """Open sessions that are closed at the end."""
    clients = []

    def start(device, **how):
        client = Client(device, **how)
        clients.append(client)
        client.greeting = client.read()
        return client

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def enabled(fleet_of, connect):
    """A privileged session on one box, without pager; the box is ``client.device``."""

    def start(**entry):
        device = fleet_of({"name": "fw", **entry}).devices["fw"]
        client = connect(device)
        client.enable()
        client.type("terminal pager 0")
        client.device = device
        return client

    return start
