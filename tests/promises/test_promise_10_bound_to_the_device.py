"""Promise 10: swapped boxes are refused at every connect of a run, over real SSH."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from tests.promises.conftest import box

pytestmark = pytest.mark.fleet
NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXT = "ASA Version 9.12(4)\nmtu outside 1500\nwebvpn\n enable outside\n anyconnect enable\n: end\n"


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


def test_two_names_of_one_box_give_the_same_plan_in_any_order():
    boxes = [_named(name, serial) for name, serial in (("b", "S1"), ("a", "S1"), ("d", "S2"), ("c", "S3"))]
    plans = {make_plan(order, now=NOW).id for order in itertools.permutations(boxes)}
    assert len(plans) == 1


def test_a_standby_that_is_read_first_does_not_change_the_order():
    boxes = [_named("b", "S1"), replace(_named("c", "S2"), configurable=False), _named("d", "S3")]
    for order in itertools.permutations(boxes):
        assert [each.name for each in make_plan(order, now=NOW).devices] == ["b", "c", "d"]


def _named(name, serial):
    config = parse(TEXT)
    return PlanInput(config, replace(judge(config, name), serials=(serial,)))
