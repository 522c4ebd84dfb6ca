"""A fleet in several processes is the fleet it is in one: same addresses, pairs together, one end for all."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from mock_devices.fleet import loopback, shares
from mock_devices.processes import usual
from mock_devices.spec import expand, read_fleet

FLEET = {
    "defaults": {"release": "9.12(4)", "users": {"admin": {"password": "pw"}}, "enable_password": "secret"},
    "devices": [
        {"name": "a", "hostname": "fw", "failover": {"unit": "primary", "role": "active", "mate": "b"}},
        {"name": "b", "hostname": "fw", "failover": {"unit": "secondary", "role": "standby", "mate": "a"}},
        {"name": "c"},
    ],
}
PORT, ITS_PORT = (first + os.getpid() % 10_000 for first in (21_000, 11_000))
"""Of the fleet that tests share, and of one that a test ends."""


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def started(folder, port):
    (folder / "fleet.yaml").write_text(yaml.safe_dump(FLEET))
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_devices", "--fleet", folder / "fleet.yaml", "--count", "5", "--processes", "2",
         "--inventory", folder / "inv", "--record", folder / "rec", "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "ready 5 devices\n"
    process.folder = folder
    process.servers = [
        pid for pid in children(process.pid) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    yield process
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with started(tmp_path_factory.mktemp("shared"), PORT) as process:
        yield process


@pytest.fixture
def spread(tmp_path):
    with started(tmp_path, ITS_PORT) as process:
        yield process


def test_every_device_listens_where_it_would_in_one_process(shared, connect):
    hosts = yaml.safe_load((shared.folder / "inv" / "hosts.yaml").read_text())
    assert [(name, each["hostname"]) for name, each in hosts.items()] == [
        (name, loopback(index)) for index, name in enumerate(("a", "b", "c", "a-2", "b-2"))
    ]
    assert len(shared.servers) == 2
    for each in hosts.values():
        assert connect(SimpleNamespace(address=each["hostname"], port=PORT)).greeting.endswith("> ")


def test_the_units_of_a_pair_share_a_process_and_replicate(shared, connect):
    active, standby = (connect(SimpleNamespace(address=loopback(index), port=PORT)) for index in (3, 4))
    active.enable()
    for line in ("configure terminal", "sysopt connection tcpmss 1300", "end"):
        active.type(line)
    standby.enable()
    assert "sysopt connection tcpmss 1300" in standby.answer("show running-config sysopt")


def test_sigterm_ends_all_of_them(spread):
    spread.send_signal(signal.SIGUSR1)
    spread.send_signal(signal.SIGTERM)
    assert spread.wait(timeout=60) == 0
    assert not any(map(alive, spread.servers))


def test_a_process_that_dies_ends_the_fleet(spread):
    os.kill(spread.servers[0], signal.SIGKILL)
    assert spread.wait(timeout=60) == 2
    assert spread.stderr.read() == "mock_devices: a process of the fleet has died\n"
    assert not any(map(alive, spread.servers))


def test_a_port_that_is_taken_is_told_once(shared):
    done = subprocess.run(
        [sys.executable, "-m", "mock_devices", "--fleet", shared.folder / "fleet.yaml", "--processes", "2", "--port", str(PORT)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mock_devices: [Errno 98] cannot listen on {loopback(0)}:{PORT}: Address already in use\n"


def test_shares_keep_pairs_together():
    specs = expand(read_fleet(FLEET), 7)
    assert shares(specs, 1) == [0] * 7
    assert shares(specs, 2) == [0, 0, 0, 1, 1, 1, 0]


def test_a_small_fleet_needs_one_process(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert [usual(devices) for devices in (1, 150, 250, 10_000)] == [1, 1, 2, 4]
