"""Promise 10: swapped boxes are refused at every connect of a run, over real SSH."""

import pytest

from tests.promises.conftest import box

pytestmark = pytest.mark.fleet


def _swap(here):
    hosts = here.nornir.inventory.hosts
    hosts["fw-a"].port, hosts["fw-b"].port = hosts["fw-b"].port, hosts["fw-a"].port


def test_two_swapped_boxes_hear_no_line(site):
    here = site(box("fw-a"), box("fw-b"))
    plan = here.plan()
    _swap(here)
    outcomes = here.apply(plan)
    assert {outcome.state for outcome in outcomes.values()} == {"refused"}
    assert "serial number SN-fw-b, planned was SN-fw-a" in outcomes["fw-a"].reason
    assert here.configured == []


def test_boxes_swapped_after_the_apply_are_not_taken_back(site):
    here = site(box("fw-a"), box("fw-b"))
    here.apply(here.plan())
    after = here.texts()
    _swap(here)
    assert {outcome.state for outcome in here.verify().values()} == {"failed"}
    assert {outcome.state for outcome in here.rollback().values()} == {"refused"}
    assert here.texts() == after


def test_a_box_swapped_under_a_lost_link_is_not_touched(site):
    """The second login of one transaction is checked as well: what it finds there is another box."""
    here = site(box("fw-a"), box("fw-b"))
    plan = here.plan()
    before = here.fleet.devices["fw-b"].running_config()
    first, second = here.fleet.devices["fw-a"], here.fleet.devices["fw-b"]

    def swapped(received):
        if received.text.startswith("anyconnect mtu"):
            here.nornir.inventory.hosts["fw-a"].port = second.port

    first.on_received = swapped
    first.set_fault("drop-link", "anyconnect mtu", done=True)
    outcome = here.apply(plan, nornir=here.nornir.filter(name="fw-a"))["fw-a"]
    assert outcome.state == "indeterminate", outcome
    assert "serial number" in outcome.reason
    assert "no anyconnect mtu" in outcome.lines
    assert second.running_config() == before


def test_the_context_is_asked_of_the_device(site):
    here = site(
        box(
            "fw-multi",
            release="9.16(4)38",
            config="system.cfg",
            contexts={"admin": "admin.cfg", "sales": ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]},
        )
    )
    plan = here.plan()
    assert [each.context for each in plan.changes] == ["sales"]
    assert here.apply(plan)["fw-multi"].state == "applied"
    assert "anyconnect mtu" in here.fleet.devices["fw-multi"].running_config("sales").split("GP-PARTNER")[0]
    assert "anyconnect mtu" not in here.fleet.devices["fw-multi"].running_config("admin")
