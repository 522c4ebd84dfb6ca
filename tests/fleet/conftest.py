import contextlib
from collections.abc import Iterator

import pytest
from nornir import InitNornir

from mock_devices.fleet import start_fleet
from nornir_anyconnect.platforms.asa_ssh.asyncssh_transport import AsyncsshTransport
from nornir_anyconnect.platforms.asa_ssh.netmiko_transport import SshTransport
from nornir_anyconnect.platforms.asa_ssh.options import TRANSPORTS
from nornir_anyconnect.platforms.login_gate import gate

PASSWORD, ENABLE = "demo-password", "demo-enable"


@pytest.fixture(autouse=True)
def _fresh_credentials(monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", PASSWORD)
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", ENABLE)
    monkeypatch.delenv("NORNIR_ANYCONNECT_USERNAME", raising=False)
    gate.forget()
    yield
    gate.forget()


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    """Every library that can speak SSH for us."""
    return request.param


@pytest.fixture
def silences_count_once(monkeypatch):
    """By the sessions' clock no time passes before the fault has happened: a slow machine is no silent device.

    Then each look at a device that says nothing takes as long as it may, the next one twice as long, and nobody waits.
    """

    def begin(fault):
        skipped, step = [0.0], [1]

        def patient(read):
            def look(self, timeout):
                if not timeout:  # only what lies ready is wanted
                    return read(self, 0)
                while not (data := read(self, 0.2)):
                    if fault.fired:
                        skipped[0] += timeout * step[0]
                        step[0] *= 2
                        return data
                step[0] = 1
                return data

            return look

        for transport in (AsyncsshTransport, SshTransport):
            monkeypatch.setattr(transport, "read", patient(transport.read))
            monkeypatch.setattr(transport, "now", lambda self: skipped[0])

    return begin


@pytest.fixture
def start(tmp_path):
    """Start a fleet and a Nornir over it: start(names=[...], count=N, latency=S, workers=N, transport="netmiko")."""
    with contextlib.ExitStack() as stack:

        def begin(source=None, *, count=None, latency=0.0, workers=20, **extras):
            fleet = stack.enter_context(start_fleet(source, count=count, latency=latency, record=tmp_path / "record"))
            config = fleet.write_inventory(tmp_path / "inventory")
            runner = {"plugin": "threaded", "options": {"num_workers": workers}}
            nornir = InitNornir(config_file=str(config), runner=runner, logging={"enabled": False})
            for group in nornir.inventory.groups.values():
                if "anyconnect_asa" in group.connection_options:
                    group.connection_options["anyconnect_asa"].extras.update(extras)
            stack.callback(nornir.close_connections)
            return fleet, nornir

        yield begin
