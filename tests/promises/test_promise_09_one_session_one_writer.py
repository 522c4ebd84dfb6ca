"""Promise 9: one SSH session and one writer per chassis; one of a box's five sessions is always left free."""

import subprocess
from types import SimpleNamespace

import pytest
import yaml
from nornir.core.inventory import Host

from nornir_anyconnect import audit_mtu, plan_fix
from nornir_anyconnect.asa.chassis import by_chassis
from nornir_anyconnect.change.plan.file import load_plan
from nornir_anyconnect.platforms.asa_ssh import PLATFORM
from nornir_anyconnect.workflows.inventory import chassis_in_plan, longest_change
from tests import warm
from tests.mock_devices.conftest import Client
from tests.promises.conftest import PASSWORD, box

pytestmark = pytest.mark.fleet


@pytest.fixture
def occupy():
    """Log in to a box as other administrators do, and stay."""
    clients = []

    def take(device, count):
        clients.extend(Client(device, user="audit", password=PASSWORD) for _ in range(count))
        for client in clients:
            client.read()

    yield take
    for client in clients:
        client.close()


def test_a_run_never_holds_two_sessions_of_a_box(site):
    here = site(box("fw-a"), box("fw-b"))
    here.apply(here.plan())
    here.verify()
    here.rollback()
    assert [device.logins.peak for device in here.fleet.devices.values()] == [1, 1]


def test_the_last_free_session_is_left_to_others(site, occupy):
    here = site()
    plan = here.plan()
    device = here.fleet.devices["fw-one"]
    occupy(device, 4)
    outcome = here.apply(plan)["fw-one"]
    assert outcome.state == "refused", outcome
    assert "one" in outcome.reason
    assert here.configured == []
    refused = here.nornir.run(plan_fix, on_failed=True)["fw-one"][0].exception
    audited = here.nornir.run(audit_mtu, on_failed=True)["fw-one"][0].result.devices[0]
    assert "ours is the last one" in str(refused)
    assert audited.errors[0].startswith("no-slot:")
    assert device.logins.refused == 0


def test_verify_and_rollback_leave_the_last_free_session_too(site, occupy):
    here = site()
    here.apply(here.plan())
    changed = here.texts()
    occupy(here.fleet.devices["fw-one"], 4)
    for outcome in (here.verify()["fw-one"], here.rollback()["fw-one"]):
        assert outcome.state in ("failed", "refused"), outcome
        assert "ours is the last one" in outcome.reason
    assert here.texts() == changed


def test_two_names_of_one_box_are_one_box_in_every_wave():
    def planned(name, *serials):
        return SimpleNamespace(name=name, serials=serials)

    def host(name):
        return Host(name)

    changes = (
        planned("a", "S1"),
        planned("b", "S2", "S3"),
        planned("a2", "S1"),
        planned("c", "S3"),
        planned("d", "S4"),
    )
    key = chassis_in_plan(SimpleNamespace(changes=changes))
    groups = by_chassis([host(each) for each in ("a", "b", "a2", "c", "d")], key)
    assert [[each.name for each in group] for group in groups] == [["a", "a2"], ["b", "c"], ["d"]]
    assert longest_change(SimpleNamespace(changes=(*changes, planned("d"))), 300) == 1200


def test_doctor_says_that_an_audit_would_be_refused(site):
    here = site()
    host, device = here.nornir.inventory.hosts["fw-one"], here.fleet.devices["fw-one"]
    device.ssh_users.update(dict.fromkeys(range(90, 93), "others"))
    found = PLATFORM.examine(host, here.nornir.config)
    assert (found.free_slots, found.well) == (1, True)
    device.ssh_users.update(dict.fromkeys(range(90, 94), "others"))
    found = PLATFORM.examine(host, here.nornir.config)
    assert (found.free_slots, found.well) == (0, False)
    assert "ours is the last one" in found.problem


def test_with_three_others_there_is_room(site, occupy):
    here = site()
    plan = here.plan()
    occupy(here.fleet.devices["fw-one"], 3)
    assert here.apply(plan)["fw-one"].state == "applied"


def test_a_box_with_no_session_left_is_not_pressed(site, occupy):
    here = site()
    plan = here.plan()
    device = here.fleet.devices["fw-one"]
    occupy(device, 5)
    assert here.apply(plan)["fw-one"].state == "failed"
    assert device.logins.refused == 1
    assert here.configured == []


def test_two_hosts_that_lead_to_one_box_are_changed_one_after_the_other(site, cli, tmp_path):
    """Two contexts of one chassis under two names: the serial numbers of the plan say that it is one."""
    contexts = {name: ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"] for name in ("sales", "lab")}
    here = site(box("fw-multi", release="9.16(4)38", config="system.cfg", contexts={"admin": "admin.cfg", **contexts}))
    hosts = tmp_path / "inventory" / "hosts.yaml"
    text = hosts.read_text()
    first = text.replace("fw-multi:", "fw-sales:")
    second = text.replace("---\n", "").replace("fw-multi:", "fw-lab:")
    hosts.write_text(first + second)
    groups = here.inventory.parent
    data = yaml.safe_load(hosts.read_text())
    for name, context in (("fw-sales", "sales"), ("fw-lab", "lab")):
        data[name]["data"] = {"anyconnect": {"context": context}}
    hosts.write_text(yaml.safe_dump(data))
    device = here.fleet.devices["fw-multi"]
    journal = ("--journal", tmp_path / "journal")
    assert cli("plan", "--inventory", groups, "--out", "plan.yaml", "--workers", 1)[0] == 0
    device.logins.peak = 0
    code, out, err = cli(
        "apply", "plan.yaml", "--inventory", groups, "--yes", "--canary", 0, "--wave-percent", 100, *journal
    )
    assert code == 0, err
    assert out.count(": applied") == 2
    assert device.logins.peak == 1
    assert cli("rollback", "last", "--inventory", groups, "--yes", *journal)[0] == 0
    assert device.logins.peak == 1
    # a runbook's own runner knows nothing of serial numbers
    outcomes = here.apply(load_plan(tmp_path / "plan.yaml"), nornir=here.again())
    assert {name: str(each.state) for name, each in outcomes.items()} == {"fw-sales": "applied", "fw-lab": "applied"}
    assert device.logins.peak == 1


def test_a_second_process_is_refused_while_the_first_writes(site):
    here = site()
    plan = here.plan()
    here.runs.mkdir()
    script = (
        "import sys; from pathlib import Path; from nornir_anyconnect.change.device import only_writer\n"
        f"with only_writer(['SN-fw-one'], Path({str(here.runs)!r})): print('held', flush=True); sys.stdin.readline()"
    )
    other = subprocess.Popen([warm.python(), "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with other:
        assert other.stdout.readline() == "held\n"
        outcome = here.apply(plan)["fw-one"]
        other.communicate("\n")
    assert outcome.state == "refused", outcome
    assert "another run is working on the chassis SN-fw-one" in outcome.reason
    assert here.configured == []
    assert here.apply(plan)["fw-one"].state == "applied"
