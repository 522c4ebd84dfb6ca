"""A fleet with users on it, by command: audit, plan, canary, soak, apply, nobody stalls any more, verify, rollback."""

import json

import pytest

from nornir_anyconnect.change.journal import read
from nornir_anyconnect.cli import main
from nornir_anyconnect.workflows.change_run import Soak
from tests.amounts import of

pytest_plugins = ["nornir_anyconnect.testing"]
pytestmark = [pytest.mark.waits, pytest.mark.fleet]

BOX = ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]
HIT = {"users": 2, "tunnel_group": "STAFF", "dtls": "blocked"}
WELL = {"users": 1, "tunnel_group": "STAFF", "dtls": "open"}
FLEET = {
    "defaults": {"release": "9.12(4)67", "traffic": [HIT, WELL]},
    "devices": [
        {"name": "box", "serial": "JAD31", "config": BOX},
        {"name": "sha", "serial": "JAD32", "config": ["edge.cfg", "ciphers_sha256.cfg", "staff_default.cfg"]},
        {
            "name": "contexts",
            "serial": "JAD33",
            "config": "system.cfg",
            "contexts": {"admin": "admin.cfg", "sales": BOX},
            "traffic": [HIT | {"context": "sales"}, WELL | {"context": "sales"}],
        },
    ],
}
COUNT = of(6, 12, 100)


def where(device):
    return "sales" if device.spec.is_multi else None


def newcomers(fleet, name):
    """Users whose path blocks DTLS log in on every device; who of them stalls and reconnects within ten minutes?"""
    for device in fleet.devices.values():
        for number in range(2):
            device.add_user(f"{name}-{number}", "STAFF", context=where(device), dtls="blocked", at=5 + number)
    fleet.run_traffic(10)
    return {
        (device.name, user)
        for device in fleet.devices.values()
        for user, _ in device.users_hit(where(device))
        if user.startswith(name)
    }


def in_configuration_mode(fleet):
    return [
        str(line)
        for device in fleet.devices.values()
        for line in device.received
        if line.mode == "config" or line.text.startswith(("conf", "write"))
    ]


@pytest.fixture
def command(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    said = []

    def run(fleet, *arguments, expect=0):
        code = main([*map(str, arguments), "--inventory", str(fleet.inventory)])
        out, err = capsys.readouterr()
        said.append(out + err)
        assert code == expect, err
        return json.loads(out)

    yield run
    written = [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.suffix in (".jsonl", ".yaml", ".json")]
    for secret in ("demo-password", "demo-enable", "Y2FuYXJ5LW5ldmVyLXNob3c="):
        assert not any(secret in text for text in [*said, *written]), secret


def test_the_whole_story_on_a_fleet_with_users(anyconnect_fleet, command, tmp_path):
    fleet = anyconnect_fleet(FLEET, count=COUNT)
    everybody = {(name, f"{{}}-{number}") for name in fleet.devices for number in range(2)}
    before = fleet.configurations()

    audit = command(fleet, "audit", "--format", "json", "--workers", "20", expect=1)
    assert audit["summary"]["confirmed"] == COUNT
    assert audit["summary"]["users_affected"] == 2 * COUNT

    plan = tmp_path / "plan.yaml"
    planned = command(fleet, "plan", "--out", plan, "--format", "json")
    assert sum(bool(each["commands"]) for each in planned["devices"]) == COUNT
    rehearsed = command(fleet, "apply", plan, "--dry-run", "--journal", "runs", "--format", "json")
    lines = {each["name"]: each["lines"] for each in rehearsed["devices"] if each["lines"]}
    assert len(lines) == COUNT
    assert all(each[-1].startswith("anyconnect mtu ") for each in lines.values())
    # plan and dry run: not one configuration byte
    assert in_configuration_mode(fleet) == []
    assert fleet.configurations() == before
    assert not list(tmp_path.glob("runs/*.jsonl"))

    # these connect half a minute before the change, and drop packets after it: the old MTU is still theirs
    for device in fleet.devices.values():
        device.add_user("just-before", "STAFF", context=where(device), dtls="blocked", at=5)
    fleet.run_traffic(0.5)
    applied = command(
        fleet, "apply", plan, "--yes", "--canary", "1", "--wave-percent", "25", "--soak", "3", "--ticket", "CHG-1", "--journal", "runs",
        "--format", "json",
    )  # fmt: skip
    changed = {each["name"] for each in applied["devices"] if each["state"] == "applied"}
    assert changed == set(fleet.devices)
    _one_canary_then_the_soak(tmp_path / "runs" / f"{applied['run']}.jsonl")

    assert newcomers(fleet, "after") == set()
    assert {user for d in fleet.devices.values() for user, _ in d.users_hit(where(d))} >= {"just-before"}
    verified = command(fleet, "verify", "last", "--journal", "runs", "--format", "json")
    told = [each for each in verified["devices"] if each["name"] in changed and each["state"] != "unchanged"]
    assert {each["state"] for each in told} == {"verified"}
    for each in told:
        counts = each["after"]["GP-STAFF"]
        assert (counts["large_packets"], counts["reconnects"]) == (0, 0), each
        assert counts["sessions"] >= 2

    undone = command(fleet, "rollback", "last", "--yes", "--journal", "runs", "--format", "json")
    assert {each["name"] for each in undone["devices"] if each["state"] == "rolled-back"} == changed
    assert fleet.configurations() == before
    # it was the change that helped: without it they stall again
    assert newcomers(fleet, "later") == {(name, user.format("later")) for name, user in everybody}


def test_who_connects_while_the_lines_are_typed_is_not_counted_against_the_change(anyconnect_fleet, command, tmp_path):
    fleet = anyconnect_fleet(FLEET, count=1)
    plan = tmp_path / "plan.yaml"
    command(fleet, "plan", "--out", plan, "--format", "json")
    device = fleet.devices["box"]

    def somebody_connects(received):
        if received.text == "configure terminal":
            device.add_user("in-between", "STAFF", dtls="blocked", at=1)
            device.run_traffic(0.1)

    device.on_received = somebody_connects
    command(fleet, "apply", plan, "--yes", "--soak", "0", "--journal", "runs", "--format", "json")
    fleet.run_traffic(5)
    assert "in-between" in {user for user, _ in device.users_hit()}
    (told,) = command(fleet, "verify", "last", "--journal", "runs", "--format", "json")["devices"]
    assert told["state"] == "verified"
    assert (told["after"]["GP-STAFF"]["large_packets"], told["after"]["GP-STAFF"]["reconnects"]) == (0, 0)


def _one_canary_then_the_soak(journal):
    records = [record for record in read(journal) if record.host]
    first = next(record.host for record in records if record.event == "sending")
    ended = next(record for record in records if record.host == first and record.event == "outcome")
    others = [record for record in records if record.host != first and record.event == "sending"]
    assert len({record.host for record in others}) == COUNT - 1
    assert all(record.seq > ended.seq for record in others)


def test_users_who_still_drop_packets_on_the_canary_stop_the_run(anyconnect_fleet, command, tmp_path, monkeypatch):
    """The canary takes the line; somebody undoes its effect for one user, who then drops packets in the soak."""
    fleet = anyconnect_fleet(FLEET, count=3)
    plan = tmp_path / "plan.yaml"
    command(fleet, "plan", "--out", plan, "--format", "json")
    canary = fleet.devices["box"]
    canary.configure("username gil password not-a-real-one", "username gil attributes", "webvpn", "anyconnect mtu 1406")

    look = Soak.bad_signs

    def drops_in_the_soak(self, run, names):
        canary.add_user("gil", "STAFF", dtls="blocked", at=1)
        canary.run_traffic(3)
        return look(self, run, names)

    monkeypatch.setattr(Soak, "bad_signs", drops_in_the_soak)
    stopped = command(
        fleet, "apply", plan, "--yes", "--soak", "1", "--journal", "runs", "--format", "json", expect=3
    )  # fmt: skip
    states = {each["name"]: each["state"] for each in stopped["devices"] if each["context"] in (None, "sales")}
    assert states == {"box": "applied", "sha": "not-started", "contexts": "not-started"}
    assert "large packet" in stopped["stopped"]
    assert "anyconnect mtu" not in fleet.devices["sha"].running_config().split("group-policy GP-PARTNER")[0]
