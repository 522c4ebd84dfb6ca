"""`audit`, `doctor` and `trust-hosts` against the simulated fleet, over SSH on loopback."""

import json
import subprocess
from pathlib import Path

import pytest

from tests import warm

pytestmark = pytest.mark.fleet

PASSWORD = "demo-password"
ENABLE = "demo-enable"


@pytest.fixture(scope="module")
def inventory(tmp_path_factory):
    """A running fleet and the inventory that fits it."""
    folder = tmp_path_factory.mktemp("fleet")
    command = [
        warm.python(),
        "-m",
        "mock_devices",
        "--inventory",
        str(folder / "inventory"),
        "--record",
        str(folder / "record"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("ready")
        yield folder / "inventory"
        process.terminate()


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", PASSWORD)
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", ENABLE)


@pytest.fixture
def strangers(inventory, tmp_path):
    """The same inventory, but no host key is known."""
    folder = tmp_path / "strangers"
    folder.mkdir()
    for file in inventory.glob("*.yaml"):
        text = file.read_text().replace(str(inventory / "known_hosts"), str(folder / "known_hosts"))
        (folder / file.name).write_text(text.replace(str(inventory), str(folder)))
    return folder


def test_every_host_ends_in_one_state_and_a_pair_is_one_device(cli, inventory):
    run = cli("audit", "--inventory", inventory, "--format", "json")
    assert run.code == 1
    names = [device["name"] for device in run.json["devices"]]
    hosts = [line.rstrip(":") for line in (inventory / "hosts.yaml").read_text().splitlines() if line.startswith("fw-")]
    merged = {"fw-paris-b"}
    assert set(names) == set(hosts) - merged
    assert run.json["summary"]["devices"] == len(set(hosts) - merged)
    paris = next(device for device in run.json["devices"] if device["name"] == "fw-paris-a")
    assert "the same chassis as fw-paris-b: counted once" in paris["warnings"]
    contexts = [device["context"] for device in run.json["devices"] if device["name"] == "fw-tokyo"]
    assert contexts == sorted(contexts)
    assert len(contexts) > 1
    assert run.json["summary"]["failed_devices"] == 0


def test_nothing_but_reading_was_sent(cli, inventory):
    cli("audit", "--inventory", inventory, "--limit", "fw-london", "--format", "json")
    (record,) = [each for each in (inventory.parent / "record").iterdir() if "london" in each.name]
    assert " config " not in record.read_text()


def test_passwords_and_users_stay_out(cli, inventory):
    run = cli("audit", "--inventory", inventory, "--limit", "fw-london", "--pseudonymise-users", "-v")
    assert PASSWORD not in run.out + run.err
    assert "staff-" not in run.out


def test_without_evidence_nothing_is_observed(cli, inventory):
    run = cli("audit", "--inventory", inventory, "--limit", "fw-london", "--no-evidence", "--format", "json")
    assert {finding["evidence"] is None for finding in run.json["devices"][0]["findings"]} == {True}


def test_an_unknown_host_key_is_exit_3_and_named(cli, strangers):
    run = cli("audit", "--inventory", strangers, "--limit", "fw-london", "--format", "json")
    assert run.code == 3
    (device,) = run.json["devices"]
    assert device["status"] == "failed"
    assert "no password was sent" in device["errors"][0]
    assert run.err.startswith("failed: fw-london: ")
    assert "Traceback" not in run.err


def test_a_fleet_of_strangers_is_one_line(cli, strangers):
    hosts = strangers / "hosts.yaml"
    hosts.write_text(
        hosts.read_text().replace("hostname: 127.0.0.1", "hostname: localhost", 1)
    )  # not all of one address
    run = cli("audit", "--inventory", strangers)
    (line,) = run.err.splitlines()
    assert line.count("fw-") == 13
    assert "the host key is not known in " in line
    assert cli("doctor", "--inventory", strangers).out.count("NOT ready") == 1


def test_an_unreachable_host_does_not_keep_the_others_from_being_judged(cli, inventory, tmp_path):
    for file in inventory.glob("*.yaml"):
        text = (
            file.read_text()
            .replace(str(inventory), str(tmp_path))
            .replace(str(tmp_path / "known_hosts"), str(inventory / "known_hosts"))
        )
        (tmp_path / file.name).write_text(text)
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text(
        "dead:\n  hostname: 127.0.0.1\n  port: 1\n  groups: [asa]\n" + hosts.read_text().replace("---\n", "")
    )
    run = cli("audit", "--inventory", tmp_path, "--limit", "dead,fw-london", "--format", "json")
    assert run.code == 3
    assert [(each["name"], each["status"]) for each in run.json["devices"]] == [("dead", "failed"), ("fw-london", "ok")]
    assert "unreachable" in run.err
    assert "dead" in run.err


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (["--limit", "nobody"], "the inventory has no host nobody"),
        (["--filter", "site=Atlantis"], "no host is left"),
        (["--workers", "0"], "--workers 0 is out of range"),
        (["--assume", "hearsay"], "'hearsay' is not an assumption set"),
        (["--format", "pdf"], "audit has no format 'pdf'"),
        (["--settings", "missing.yaml"], "missing.yaml: No such file"),
    ],
)
def test_a_wrong_call_reaches_no_device(cli, inventory, argv, cause):
    run = cli("audit", "--inventory", inventory, *argv)
    assert (run.code, run.out) == (2, "")
    assert cause in run.err.splitlines()[0]


def test_the_default_inventory_is_missed_by_name(cli):
    run = cli("audit")
    assert run.code == 2
    assert run.err.startswith("error: there is no inventory inventory/config.yaml\n  fix: ")


def test_explain_a_host(cli, inventory):
    run = cli("explain", "--host", "fw-london", "--tunnel-group", "STAFF", "--inventory", inventory)
    assert run.code == 0
    assert "  TLS MTU 1315 bytes with AES256-SHA\n" in run.out


def test_explain_weighs_what_the_host_has_seen(cli, inventory):
    told = cli("explain", "--host", "fw-london", "--tunnel-group", "STAFF", "--inventory", inventory).out
    assert "confirmed: 5 user(s) hit, 5 reconnect(s)" in told
    assert "something between these clients and the ASA blocks UDP (4 of 5 reconnects seen" in told
    assert "Evidence confirms it." in told


def test_doctor_finds_everything_well(cli, inventory):
    run = cli("doctor", "--inventory", inventory, "--limit", "fw-london,fw-rome", "--format", "json")
    assert (run.code, run.err) == (0, "")
    for host in run.json["hosts"]:
        assert (host["well"], host["key_known"], host["logged_in"]) == (True, True, True)
        assert host["free_slots"] == 4


def test_doctor_says_one_line_of_a_healthy_host_and_how_many_are_ready(cli, inventory):
    run = cli("doctor", "--inventory", inventory, "--limit", "fw-london,fw-rome")
    assert run.code == 0
    first, second, last = run.out.splitlines()
    assert first.startswith("fw-london: ready (9.")
    assert second.startswith("fw-rome: ready (")
    assert last == "2 of 2 ready"
    assert "  login: works" in cli("doctor", "--inventory", inventory, "--limit", "fw-rome", "--details").out


@pytest.mark.parametrize("command", ["doctor", "audit"])
def test_a_password_that_is_missing_is_one_line_for_all_hosts(cli, inventory, monkeypatch, command):
    monkeypatch.delenv("NORNIR_ANYCONNECT_PASSWORD")
    run = cli(command, "--inventory", inventory, "--limit", "fw-london,fw-rome")
    assert run.code == 3
    (line,) = run.err.splitlines()
    assert line.startswith("failed: fw-london, fw-rome: ")
    assert "there is no password for the user 'audit'" in line


def test_doctor_says_once_what_keeps_many_hosts_from_being_ready(cli, inventory, monkeypatch):
    monkeypatch.delenv("NORNIR_ANYCONNECT_PASSWORD")
    asked = ("doctor", "--inventory", inventory, "--limit", "fw-london,fw-rome")
    assert cli(*asked).out.splitlines() == [
        "fw-london, fw-rome: NOT ready for an audit",
        "  problem: there is no password for the user 'audit'",
        "  fix: set NORNIR_ANYCONNECT_PASSWORD, say --ask-pass, or name a key_file",
        "0 of 2 ready",
    ]
    assert cli(*asked, "--details").out.count("  fingerprint: ") == 2


def test_logins_that_were_not_tried_are_one_line(cli, inventory, monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "mistyped")
    run = cli("audit", "--inventory", inventory)
    assert run.code == 3
    (line,) = [line for line in run.err.splitlines() if "not tried" in line]
    assert line.count("fw-") == 10
    assert "127.0.0.1 refused the login of the user 'audit'; check the user name and password" in run.err
    assert "the login of the user 'audit' was already refused 3 times" in line


def test_doctor_says_what_is_wrong_and_trust_hosts_mends_it(cli, strangers):
    ill = cli("doctor", "--inventory", strangers, "--limit", "fw-london")
    assert ill.code == 3
    assert "fw-london: NOT ready for an audit" in ill.out
    assert "  host key: not known: learn it with trust-hosts" in ill.out
    assert ill.err.startswith("failed: fw-london: ")
    learnt = cli("trust-hosts", "--inventory", strangers, "--limit", "fw-london", "--yes")
    assert learnt.code == 0
    assert " new\n" in learnt.out
    assert learnt.err == f"1 key(s) learnt into {strangers / 'known_hosts'}\n"
    assert cli("trust-hosts", "--inventory", strangers, "--limit", "fw-london").out.endswith(" known\n")
    assert cli("doctor", "--inventory", strangers, "--limit", "fw-london").code == 0


def test_a_changed_key_is_not_learnt_without_a_word(cli, strangers):
    cli("trust-hosts", "--inventory", strangers, "--limit", "fw-oslo,fw-vienna", "--yes")
    known = strangers / "known_hosts"
    lines = {line.split()[0]: line.split() for line in known.read_text().splitlines() if line}
    hosts = (strangers / "hosts.yaml").read_text()
    oslo, vienna = (
        f"[127.0.0.1]:{hosts.split(name + ':')[1].split('port: ')[1].split()[0]}" for name in ("fw-oslo", "fw-vienna")
    )
    lines[oslo][2] = lines[vienna][2]
    known.write_text("".join(" ".join(words) + "\n" for words in lines.values()))
    run = cli("trust-hosts", "--inventory", strangers, "--limit", "fw-oslo", "--yes")
    assert run.code == 3
    assert "changed" in run.out
    assert cli("trust-hosts", "--inventory", strangers, "--limit", "fw-oslo", "--yes", "--replace").code == 0
    assert cli("trust-hosts", "--inventory", strangers, "--limit", "fw-oslo").out.endswith(" known\n")


def test_sites_and_history(cli, inventory):
    run = cli("audit", "--inventory", inventory, "--limit", "fw-london", "--keep", "--format", "json=night.json")
    assert run.code == 1
    assert json.loads(Path("night.json").read_text())["summary"]["devices"] == 1
    assert run.err.splitlines()[-2:] == ["written: night.json", "kept as audit 1"]


def test_thirteen_boxes_fit_on_a_screen_and_the_answer_comes_first(cli, inventory, screens):
    run = cli("audit", "--inventory", inventory)
    for lines in (run.out.splitlines(), *screens()):
        assert len(lines) <= 60
        assert "firewalls were hit; one line per group policy cures" in " ".join(lines[:2])
        assert any(line.startswith("next: nornir-anyconnect plan --inventory ") for line in lines[-3:])
