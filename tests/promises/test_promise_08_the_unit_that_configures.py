"""Promise 8: a standby, failed or syncing unit, a data unit or an FTD is never configured; the role is read again."""

import pytest

from tests.promises.conftest import CONFIG, box
from tests.waiting import eventually

pytestmark = pytest.mark.fleet
PAIR = ["edge.cfg", "failover.cfg", "ciphers_sha256.cfg", "staff_default.cfg"]


def pair():
    both = {"release": "9.16(4)38", "config": PAIR, "hostname": "fw-pair"}
    return (
        box("fw-a", failover={"unit": "primary", "role": "active", "mate": "fw-b"}, **both),
        box("fw-b", failover={"unit": "secondary", "role": "standby", "mate": "fw-a"}, **both),
    )


def test_a_pair_is_configured_through_its_active_unit_only(site):
    here = site(*pair())
    assert here.apply(here.plan())["fw-a"].state == "applied"
    assert {name for name, mode, _ in here.configured} == {"fw-a"}


@pytest.mark.parametrize("step", ["connect", "show:2", "show running-config tunnel-group"])
def test_a_role_that_flips_before_the_first_line_is_refused(site, step):
    here = site(*pair())
    plan = here.plan()
    here.fleet.devices["fw-a"].set_fault("standby", None if step == "connect" else step)
    outcome = here.apply(plan)["fw-a"]
    assert outcome.state == "refused", outcome
    assert "standby" in outcome.reason
    assert here.configured == []


def test_a_flip_after_the_last_look_is_a_hard_stop_in_configuration_mode(site):
    here = site(*pair())
    plan = here.plan()
    before = here.texts()
    here.fleet.devices["fw-a"].set_fault("standby", "configure")
    outcome = here.apply(plan)["fw-a"]
    assert outcome.state == "refused", outcome
    assert "NOT performed" in outcome.reason
    assert {line for _, mode, line in here.heard if mode == "config"} <= {"terminal pager 0", "exit"}
    assert here.texts() == before


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"cluster": {"group": "G", "unit": "u2", "state": "data"}}, "cluster data"),
        ({"platform": "ftd", "ftd_version": "7.4.2", "release": "9.20(2)10"}, "FMC"),
    ],
)
def test_a_data_unit_and_an_ftd_are_refused_by_the_device_even_where_the_plan_did_not_know(site, entry, word):
    here = site(box())
    plan = here.plan()
    other = site(box(**entry))
    outcome = other.apply(plan)["fw-one"]
    assert outcome.state == "refused", outcome
    assert word in outcome.reason
    assert other.configured == []


def test_without_failover_a_box_counts_as_active(site):
    here = site(box(config=CONFIG))
    assert here.apply(here.plan())["fw-one"].state == "applied"


@pytest.mark.parametrize("gone", [False, True], ids=["flipped", "dead"])
def test_after_a_failover_the_active_unit_is_verified_and_taken_back(site, gone):
    here = site(*pair())
    before = here.texts()
    assert here.apply(here.plan())["fw-a"].state == "applied"
    first, second = here.fleet.devices["fw-a"], here.fleet.devices["fw-b"]
    first.fail_over()
    if gone:
        first.set_fault("refuse-connection", "connect")
    sent = len(here.configured)
    assert here.verify()["fw-a"].state == "verified"
    assert here.rollback()["fw-a"].state == "rolled-back"
    assert {name for name, _, _ in here.configured[sent:]} <= {"fw-a", "fw-b"}
    assert any(line == "no anyconnect mtu" for line in (each.text for each in second.received))
    assert here.texts()["fw-b", ""] == before["fw-b", ""]
    # a busy box notices a moment later that somebody has left
    eventually(lambda: not any(device.logins.current for device in here.fleet.devices.values()))
