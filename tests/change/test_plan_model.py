"""What a plan says where nobody said anything, and what its id depends on."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
from test_plan import given_input, plan_of

from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.change.plan.file import content_id
from nornir_anyconnect.change.plan.model import PlannedDevice, state_of
from nornir_anyconnect.mtu.derive import Numbers
from nornir_anyconnect.remedies.options import RemedyOptions


def test_no_word_that_lifts_a_block_is_said_unasked():
    said = asdict(RemedyOptions())
    assert said.pop("fix") == "auto"
    assert said.pop("ip_version") == 4
    assert said.pop("client_mtu") == 1500
    assert {name for name, value in said.items() if value not in (False, None)} == set()
    assert not RemedyOptions().judging.assume_complete


def test_a_device_is_named_with_its_context_and_is_no_preview_unless_somebody_says_so():
    device = PlannedDevice("fw1", "red", "ASA5525", "9.12(4)", ("JAD1",))
    assert device.key == ("fw1", "red")
    assert not device.preview_only


def test_a_finding_that_is_not_there_has_no_state():
    assert state_of(None) == {}


@pytest.mark.parametrize(
    ("primary", "certainty"),
    [("rfc", "primary-assumptions"), ("technote", "other-assumptions"), (None, "other-assumptions")],
)
def test_a_state_is_as_certain_as_the_set_that_measurements_support(primary, certainty):
    numbers = {"technote": Numbers(1400, 1400), "rfc": Numbers(1390, 1400)}
    finding = SimpleNamespace(
        standing=numbers, verdict=Verdict.AT_RISK, reason="why", certainty="all-assumptions", primary_set=primary
    )
    assert state_of(finding) == {
        "verdict": "at-risk", "reason": "why", "certainty": certainty,
        "mtus": {"technote": {"tls": 1400, "dtls": 1400}, "rfc": {"tls": 1390, "dtls": 1400}},
    }  # fmt: skip
    finding.certainty = None
    assert state_of(finding)["certainty"] is None


def test_the_id_depends_on_the_content_and_not_on_who_planned_it_when():
    plan = plan_of(given_input())
    assert content_id(replace(plan, id="other", tool_version="0.0.1")) == plan.id
    assert content_id(replace(plan, warnings=("beware",))) != plan.id
