"""Every playbook as a user runs it: a process of its own, from the project's folder, over the simulated fleet."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from mock_devices.fleet import start_fleet
from nornir_anyconnect.lock import only_one
from tests import warm

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ROOT / "playbooks"
SCREEN = 80
pytestmark = pytest.mark.fleet

LOGIN = {"users": {"audit": {"password": "demo-password", "privilege": 15}}, "enable_password": "demo-enable"}
BOXES = [
    {"name": name, "release": "9.12(4)67", "serial": f"JAD{name}", "inventory": {"site": site}}
    | {"config": ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]}
    for name, site in (("fw-one", "London"), ("fw-two", "Oslo"))
]


@pytest.fixture
def fleet(tmp_path):
    with start_fleet({"devices": BOXES, "defaults": LOGIN}) as started:
        started.write_inventory(tmp_path / "inventory")
        yield started


@pytest.fixture
def run(tmp_path):
    """Run a playbook in the folder of the test."""

    def start(name, *argv, **environ):
        return subprocess.run(
            [warm.python(), str(PLAYBOOKS / name), *map(str, argv)],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "XDG_STATE_HOME": str(tmp_path / "state"),
                "XDG_DATA_HOME": str(tmp_path / "data"),
                "NORNIR_ANYCONNECT_PASSWORD": "demo-password",
                "NORNIR_ANYCONNECT_ENABLE": "demo-enable",
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return start


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.py")), ids=lambda path: path.name)
def test_a_playbook_fits_a_screen_and_explains_itself(path, run):
    assert len(path.read_text().splitlines()) <= SCREEN
    if path.name != "scheduled_audit.py":
        done = run(path.name, "--help")
        assert done.returncode == 0
        assert path.read_text().splitlines()[0].strip('"') in done.stdout


def test_audit_writes_the_page(run, fleet, tmp_path):
    done = run("audit.py")
    assert done.returncode == 1, done.stderr
    assert "STAFF" in done.stdout
    assert 'id="data"' in (tmp_path / "audit.html").read_text()
    fleet.devices["fw-two"].set_fault("refuse-connection")
    assert run("audit.py").returncode == 3


def test_preview_and_remediate_change_the_box_and_take_it_back(run, fleet):
    before = {name: device.running_config() for name, device in fleet.devices.items()}
    done = run("preview.py", "--fix", "mtu")
    assert done.returncode == 0, done.stderr
    assert "anyconnect mtu" in done.stdout

    dry = run("remediate.py", "plan.yaml", "--ticket", "CHG1")
    assert dry.returncode == 0, dry.stderr
    assert "anyconnect mtu" in dry.stdout
    assert {name: device.running_config() for name, device in fleet.devices.items()} == before

    done = run("remediate.py", "plan.yaml", "--ticket", "CHG1", "--soak", "0", "--commit")
    assert done.returncode == 0, done.stdout + done.stderr
    for name, device in fleet.devices.items():
        assert device.running_config() != before[name]
        assert f"{name}: applied" in done.stdout
        assert f"{name}: verified" in done.stdout

    done = run("remediate.py", "--rollback", "--commit")
    assert done.returncode == 0, done.stdout + done.stderr
    for name, device in fleet.devices.items():
        assert f"{name}: rolled-back" in done.stdout
        assert device.running_config() == before[name]


def test_a_preview_names_the_box_that_it_could_not_plan_for(run, fleet):
    fleet.devices["fw-two"].set_fault("refuse-connection")
    done = run("preview.py")
    assert done.returncode == 3
    assert "not planned: fw-two: " in done.stderr
    assert "fw-one" in done.stdout


@pytest.mark.parametrize("argv", [[], ["plan.yaml", "--rollback"]])
def test_remediate_wants_either_a_plan_or_a_rollback(run, argv):
    done = run("remediate.py", *argv)
    assert done.returncode == 2
    assert "name a plan, or --rollback" in done.stderr


@pytest.mark.parametrize("name", ["audit.py", "preview.py"])
def test_the_folder_of_an_inventory_will_do(run, fleet, name):
    assert run(name, "--inventory", "inventory").returncode in (0, 1)


WRONG = [
    (["audit.py", "--inventory", "none"], "there is no inventory none"),
    (["audit.py", "--inventory", "page.md"], "page.md is not a Nornir config file"),
    (["preview.py", "--inventory", "page.md"], "page.md is not a Nornir config file"),
    (["preview.py", "--fix", "foo"], "there is no fix 'foo'"),
    (["remediate.py", "page.md"], "page.md is not a plan of this tool"),
    (["remediate.py", "none.yaml"], "cannot read none.yaml"),
    (["remediate.py", "--rollback", "--inventory", "none"], "there is no inventory none"),
    (["remediate.py", "--rollback"], ""),
]


@pytest.mark.parametrize(("argv", "cause"), WRONG, ids=lambda each: each[0] if isinstance(each, list) else "")
def test_a_wrong_call_ends_as_the_commands_do(run, fleet, tmp_path, argv, cause):
    (tmp_path / "page.md").write_text("A page, and no plan.\n")
    done = run(*argv)
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: {cause}")
    assert second.startswith("  fix: ")


def test_a_page_that_cannot_be_written_takes_no_result_with_it(run, fleet):
    done = run("audit.py", "--out", "nowhere/audit.html")
    assert done.returncode == 2
    assert "STAFF" in done.stdout
    assert done.stderr.startswith("error: nowhere/audit.html: No such file")


@pytest.fixture
def settings(tmp_path):
    """The settings that ship, as a user copies them."""
    (tmp_path / "nornir-anyconnect.yaml").write_text((PLAYBOOKS / "nornir-anyconnect.yaml").read_text())


def test_two_nights_of_the_scheduled_audit(run, fleet, settings, tmp_path):
    first = run("scheduled_audit.py")
    assert first.returncode == 1, first.stderr
    assert first.stdout == ""
    assert {"audit.html", "audit.json", "nornir_anyconnect.prom", "nights.sqlite"} <= {
        p.name for p in tmp_path.iterdir()
    }
    assert not (tmp_path / "changes.json").exists()

    fleet.devices["fw-one"].configure("group-policy DfltGrpPolicy attributes", "webvpn", "anyconnect mtu 1200")
    second = run("scheduled_audit.py", "nornir-anyconnect.yaml")
    told = json.loads((tmp_path / "changes.json").read_text())
    assert {each["device"] for each in told["fixed"]} == {"fw-one"}
    assert told["new"] == []
    assert f"since audit 1: 0 new, {len(told['fixed'])} fixed" in second.stderr
    after = json.loads((tmp_path / "audit.json").read_text())
    assert after["summary"]["at_risk"] == len(told["still_open"])


def test_the_scheduled_audit_keeps_to_the_filter_and_the_environment(run, fleet, settings, tmp_path):
    assert run("scheduled_audit.py", NORNIR_ANYCONNECT_FILTER="{site: Oslo}").returncode == 1
    audit = json.loads((tmp_path / "audit.json").read_text())
    assert [device["name"] for device in audit["devices"]] == ["fw-two"]


def test_two_scheduled_audits_never_overlap(run, fleet, settings, tmp_path):
    with only_one(tmp_path / "audit.lock"):
        done = run("scheduled_audit.py")
    assert done.returncode == 2
    assert "another audit is running" in done.stderr
    assert all(device.logins.attempts == 0 for device in fleet.devices.values())


def test_wrong_settings_are_told_in_two_lines(run, tmp_path):
    (tmp_path / "s.yaml").write_text("inventroy: here\n")
    done = run("scheduled_audit.py", "s.yaml")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: s.yaml: there is no setting 'inventroy'",
        "  fix: did you mean 'inventory'?",
    ]


def test_the_settings_that_ship_hold_no_secret():
    data = yaml.safe_load((PLAYBOOKS / "nornir-anyconnect.yaml").read_text())
    assert not {"password", "enable", "token"} & {str(key).lower() for key in data}
