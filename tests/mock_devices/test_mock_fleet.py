"""Fleets: listening, host keys, sessions, recording, failover, inventory, the command line."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import asyncssh
import pytest
import yaml

from mock_devices import FleetError
from mock_devices.fleet import Fleet, loopback
from mock_devices.host_keys import host_key, rsa_key
from mock_devices.inventory import write_inventory
from mock_devices.spec import expand, read_fleet
from tests import warm

OLD_CLIENT = {
    "kex_algs": ["diffie-hellman-group14-sha1"],
    "encryption_algs": ["aes128-cbc"],
    "mac_algs": ["hmac-sha1"],
    "server_host_key_algs": ["ssh-rsa"],
}
PAIR = [
    {"name": "a", "hostname": "fw", "serial": "S1", "failover": {"unit": "primary", "role": "active", "mate": "b"}},
    {"name": "b", "hostname": "fw", "serial": "S2", "failover": {"unit": "secondary", "role": "standby", "mate": "a"}},
]


def test_the_sixth_session_is_refused_and_counted(fleet_of, connect):
    device = fleet_of().devices["fw"]
    clients = [connect(device) for _ in range(5)]
    with pytest.raises((asyncssh.ConnectionLost, ConnectionError)):
        connect(device)
    assert (device.logins.refused, device.logins.peak) == (1, 5)
    clients[0].enable()
    assert len([line for line in clients[0].answer("show ssh sessions") if " IN " in line]) == 5
    assert clients[0].answer("show resource usage resource ssh")[1].split() == ["SSH", "5", "5", "5", "1", "System"]
    clients[1].close()
    assert connect(device).greeting.endswith("fw> ")


def test_a_mistake_of_the_simulator_ends_the_session(fleet_of, connect, caplog):
    device = fleet_of().devices["fw"]
    client = connect(device)

    def fail(received):
        raise RuntimeError("the disk is full")

    device.on_received = fail
    assert not client.type("show clock").endswith("> ")
    assert "session 1 of fw failed" in caplog.text


def test_every_line_is_recorded_with_session_and_mode_and_no_password(fleet_of, connect, tmp_path):
    device = fleet_of(record=tmp_path).devices["fw"]
    first = connect(device)
    first.enable("wrong-guess")
    first.type("secret")
    connect(device).type("show clock")
    first.type("configure terminal")
    first.type("group-policy STAFF attributes")
    first.type("end")
    expected = [
        "1 exec enable",
        "1 password ****",
        "1 password ****",
        "2 exec show clock",
        "1 exec configure terminal",
        "1 config group-policy STAFF attributes",
        "1 config end",
    ]
    assert [str(each) for each in device.received] == expected
    assert (tmp_path / "fw.txt").read_text().splitlines() == expected


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
def test_old_box_speaks_only_old_algorithms(fleet_of, connect):
    device = fleet_of({"name": "fw", "host_key": "rsa", "old_algorithms": True}).devices["fw"]
    with pytest.raises((asyncssh.Error, ConnectionError)):
        connect(device, kex_algs=["curve25519-sha256"])
    assert device.logins.auth_started == 0
    assert connect(device, **OLD_CLIENT).greeting.endswith("fw> ")


def test_host_keys_stay_the_same_over_restarts():
    assert host_key("fw", "fw", "ed25519").get_fingerprint() == host_key("fw", "fw", "ed25519").get_fingerprint()
    assert host_key("fw", "fw", "ed25519").get_fingerprint() != host_key("fx", "fw", "ed25519").get_fingerprint()
    before = rsa_key("fw").get_fingerprint()
    rsa_key.cache_clear()
    assert rsa_key("fw").get_fingerprint() == before


def test_active_unit_replicates_and_saves_its_mate(fleet_of, connect):
    devices = fleet_of(*PAIR).devices
    client = connect(devices["a"])
    client.enable()
    for line in ("configure terminal", "sysopt connection tcpmss 1300", "end"):
        client.type(line)
    assert devices["b"].running_config() == devices["a"].running_config()
    assert "sysopt connection tcpmss 1300" not in devices["b"].startup_config()
    client.type("write memory")
    assert "sysopt connection tcpmss 1300" in devices["b"].startup_config()


def test_standby_unit_warns_and_does_not_replicate(fleet_of, connect):
    devices = fleet_of(*PAIR).devices
    client = connect(devices["b"])
    client.enable()
    warning = client.answer("configure terminal")
    assert warning[1] == "\tConfiguration Replication is NOT performed from Standby unit to Active unit."
    client.type("sysopt connection tcpmss 1300")
    assert "tcpmss 1300" in devices["b"].running_config()
    assert "tcpmss 1300" not in devices["a"].running_config()


def test_show_failover_names_roles_and_serials(fleet_of, connect):
    devices = fleet_of(*PAIR).devices
    client = connect(devices["b"])
    client.enable()
    shown = client.type("show failover")
    assert "Failover On " in shown
    assert "Serial Number: Ours S2, Mate S1" in shown
    assert "This host: Secondary - Standby Ready" in shown
    assert "Other host: Primary - Active" in shown
    devices["a"].fail_over()
    assert "This host: Secondary - Active" in client.type("show failover")


def test_prompt_shows_priority_and_state_where_configured(fleet_of, connect):
    entries = [{**entry, "config": "prompt hostname priority state\n"} for entry in PAIR]
    assert connect(fleet_of(*entries).devices["b"]).greeting.endswith("fw/sec/stby> ")


def test_cluster_units_say_what_they_are(enabled):
    client = enabled(cluster={"group": "CL", "unit": "unit-1-2", "state": "data"})
    assert '    This is "unit-1-2" in state SLAVE' in client.answer("show cluster info")


def test_count_gives_names_serials_and_mates_of_their_own():
    specs = expand(read_fleet({"defaults": {"release": "9.12(4)"}, "devices": PAIR}), 5)
    assert [spec.name for spec in specs] == ["a", "b", "a-2", "b-2", "a-3"]
    assert specs[2].failover.mate == "b-2"
    assert len({spec.serial for spec in specs}) == 5


def test_loopback_addresses_differ():
    assert len({loopback(index) for index in range(5000)}) == 5000


@pytest.mark.parametrize(
    ("entry", "cause"),
    [
        ({"name": "fw"}, "release"),
        ({"name": "fw", "release": "9"}, "not an ASA release"),
        ({"name": "fw", "release": "9.12(4)", "colour": "red"}, "colour"),
        ({"name": "fw", "release": "9.12(4)", "faults": [{"kind": "gremlin"}]}, "gremlin"),
        ({"name": "fw", "release": "9.12(4)", "config": "missing.cfg"}, r"missing\.cfg"),
    ],
)
def test_a_wrong_fleet_names_the_device_and_the_cause(entry, cause):
    with pytest.raises(FleetError, match=cause):
        read_fleet({"devices": [entry]})


def test_a_taken_port_is_an_error(fleet_of):
    with socket.socket() as holder:
        holder.bind((loopback(0), 0))
        holder.listen()
        with pytest.raises(OSError, match=r"cannot listen on 127\.10\.0\.1:\d+: .* in use"):
            fleet_of(port=holder.getsockname()[1])


def test_inventory_fits_and_holds_no_password(fleet_of, tmp_path):
    fleet = fleet_of(
        {"name": "fw"}, {"name": "old", "host_key": "rsa", "old_algorithms": True, "inventory": {"site": "X"}}
    )
    fleet.write_inventory(tmp_path)
    hosts = yaml.safe_load((tmp_path / "hosts.yaml").read_text())
    groups = yaml.safe_load((tmp_path / "groups.yaml").read_text())
    assert hosts["fw"]["port"] == fleet.devices["fw"].port
    assert hosts["old"]["groups"] == ["legacy_asa"]
    assert hosts["old"]["data"] == {"anyconnect": {"site": "X"}}
    assert groups["legacy_asa"]["connection_options"]["anyconnect_asa"]["extras"] == {
        "known_hosts": str(tmp_path / "known_hosts"),
        "legacy_ssh": True,
    }
    assert yaml.safe_load((tmp_path / "defaults.yaml").read_text()) == {"username": "admin"}
    assert not any(b"secret" in file.read_bytes() or b"pw" in file.read_bytes() for file in tmp_path.glob("*.yaml"))


def test_known_hosts_of_the_inventory_verifies(fleet_of, connect, tmp_path):
    fleet = fleet_of()
    fleet.write_inventory(tmp_path)
    known = str(tmp_path / "known_hosts")
    assert connect(fleet.devices["fw"], known_hosts=known).greeting.endswith("fw> ")
    fleet.devices["fw"].set_fault("changed-host-key")
    started = fleet.devices["fw"].logins.auth_started
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        connect(fleet.devices["fw"], known_hosts=known)
    assert fleet.devices["fw"].logins.auth_started == started


def test_packaged_inventory_describes_the_packaged_fleet(tmp_path):
    folder = Path(__file__).parents[2] / "inventory"
    fleet = Fleet()
    for number, device in enumerate(fleet.devices.values()):
        device.port = 20_001 + number
    write_inventory(fleet.devices.values(), tmp_path, shown_as="inventory")
    for file in sorted(tmp_path.iterdir()):
        assert (folder / file.name).read_text() == file.read_text(), file.name


def test_command_line_says_ready_and_stops_on_sigterm(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_devices", "--count", "15", "--inventory", tmp_path / "inv", "--record", tmp_path / "rec",
         "--port", str(21_000 + os.getpid() % 10_000)],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "ready 15 devices\n"
        hosts = yaml.safe_load((tmp_path / "inv" / "hosts.yaml").read_text())
        assert len(hosts) == 15
        assert len({host["hostname"] for host in hosts.values()}) == 15
        assert len(list((tmp_path / "rec").iterdir())) == 15
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
        process.stdout.close()


def test_command_line_refuses_a_fleet_that_is_none(tmp_path):
    wrong = tmp_path / "fleet.yaml"
    wrong.write_text("devices: []\n")
    done = subprocess.run(
        [warm.python(), "-m", "mock_devices", "--fleet", wrong], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.endswith(
        "python -m mock_devices: error: argument --fleet: a fleet file needs a list named 'devices'\n"
    )


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (["--fleet", "page.md"], "argument --fleet: page.md is not YAML"),
        (["--fleet", "text.yaml"], "argument --fleet: 'defaults' and each of 'devices' are 'key: value' lines"),
        (["--port", "99999"], "argument --port: 99999 is no port: 1 to 65535"),
        (["--port", "0"], "argument --port: 0 is no port"),
        (["--count", "0"], "argument --count: 0 is too few: at least 1"),
        (["--count", "-2"], "argument --count: -2 is too few"),
        (["--count", "x"], "argument --count: invalid number value: 'x'"),
        (["--latency", "-1"], "argument --latency: -1 is no delay: 0 or more seconds"),
        (["--latency", "nan"], "argument --latency: nan is no delay"),
    ],
)
def test_a_wrong_call_is_told_in_the_words_of_argparse(tmp_path, argv, cause):
    (tmp_path / "page.md").write_text("# A page\n\n`code` - [x]: *y*\n")
    (tmp_path / "text.yaml").write_text("devices: [fw-one]\n")
    done = subprocess.run(
        [warm.python(), "-m", "mock_devices", *argv], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"python -m mock_devices: error: {cause}" in done.stderr
    assert "Traceback" not in done.stderr


def test_asynchronous_fleet_listens_inside_its_context_only():
    async def visit():
        async with Fleet({"defaults": {"release": "9.12(4)"}, "devices": [{"name": "fw"}]}, ephemeral=True) as fleet:
            device = fleet.devices["fw"]
            _, writer = await asyncio.open_connection(device.address, device.port)
            writer.close()
            await writer.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(device.address, device.port)

    asyncio.run(visit())


def test_latency_delays_each_reply(fleet_of, connect):
    client = connect(fleet_of(latency=0.15).devices["fw"])
    started = time.monotonic()
    client.type("show curpriv")
    assert time.monotonic() - started >= 0.15
