"""How a change ended, in words and as data."""

import pickle

import pytest

from nornir_anyconnect.change.outcome import HostChange, Outcome, Refusal, State, Why, because, ended, refused
from nornir_anyconnect.errors import GateError, NoSlotError


def test_what_is_several_things_is_said_one_after_the_other_and_an_error_without_words_by_its_name():
    assert str(because(Why.NOT_VERIFIED, error=ValueError("no reply"))) == "could not be verified: no reply"
    assert str(because(Why.NOT_VERIFIED, error=TimeoutError())) == "could not be verified: TimeoutError"
    assert str(because(Why.NOT_AS_INTENDED, shown=("a", "b"))) == "not as intended: a; b"
    assert str(because(Why.NOT_AS_INTENDED, shown=["a"])) == "not as intended: a"
    assert str(because(Why.NOT_AS_INTENDED, shown="")) == "not as intended: "


def test_reasons_follow_each_other():
    outcome = Outcome(State.FAILED, (because(Why.NOT_FINISHED, shown="a"), because(Why.NOT_VERIFIED, error="b")))
    assert outcome.reason == "this run did not finish it: a; could not be verified: b"
    assert Outcome(State.FAILED).reason == ""


def test_a_secret_that_a_device_says_is_hidden_in_every_reason():
    outcome = Outcome(State.FAILED, (because(Why.NOT_VERIFIED, error="pw"), because(Why.NOT_FINISHED, shown=("pw",))))
    hidden = outcome.hidden(lambda text: text.replace("pw", "****"))
    assert hidden.reason == "could not be verified: ****; this run did not finish it: ****"
    assert hidden.state is State.FAILED


@pytest.mark.parametrize("code", [Why.UNSAVED, Why.UNSAVED_NOT_OURS, Why.UNSAVED_FOREIGN])
def test_what_a_reload_would_lose_is_known_by_its_code(code):
    assert ended(State.APPLIED, code, error="").unsaved
    assert not ended(State.APPLIED, Why.NOT_PLANNED).unsaved
    assert ended(State.APPLIED, Why.NOT_PLANNED).not_planned
    assert not ended(State.APPLIED, code, error="").not_planned


SAID = dict.fromkeys(
    ("name", "found", "planned", "role", "cluster", "serial", "folder", "moved", "parts", "lines", "kind", "findings",
     "users"), "it",
)  # fmt: skip


@pytest.mark.parametrize("code", Refusal)
def test_every_gate_says_what_is_wrong_what_to_do_and_which_it_is(code):
    error = refused(code, **SAID)
    assert error.cause
    assert error.remedy
    assert "{" not in error.cause + error.remedy
    assert error.refusal == code
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.cause, again.remedy, again.refusal) == (GateError, error.cause, error.remedy, code)
    outcome = ended(State.REFUSED, Why.REFUSED, cause=error.cause, remedy=error.remedy, refusal=error.refusal)
    assert (outcome.refusal, outcome.hidden(str).refusal) == (code, code)


def test_who_was_not_refused_by_a_gate_of_ours_names_none():
    assert ended(State.REFUSED, Why.PROBLEM, error="busy").refusal == ""
    assert NoSlotError("no session is left", "wait").refusal == ""


def test_an_outcome_with_one_reason_keeps_its_lines():
    outcome = ended(State.APPLIED, Why.NOT_FINISHED, ("webvpn",), shown="x")
    assert (outcome.state, outcome.reason, outcome.lines) == (
        State.APPLIED, "this run did not finish it: x", ("webvpn",),
    )  # fmt: skip


@pytest.mark.parametrize("state", State)
def test_a_host_failed_where_it_is_not_as_was_asked_for(state):
    change = HostChange("fw", None, Outcome(state))
    assert change.failed is (state in {State.FAILED, State.REFUSED, State.REVERTED, State.INDETERMINATE})


def test_a_host_is_shown_with_its_context_and_its_reason_where_it_has_one():
    outcome = ended(State.FAILED, Why.NOT_FINISHED, ("exit",), shown="x")
    assert str(HostChange("fw", "ctx", outcome)) == f"fw/ctx: {State.FAILED} (this run did not finish it: x)"
    assert str(HostChange("fw", None, Outcome(State.APPLIED))) == f"fw: {State.APPLIED}"
    data = HostChange("fw", None, outcome).to_dict()
    assert data == {
        "name": "fw", "context": None, "state": "failed", "reason": "this run did not finish it: x", "lines": ["exit"],
    }  # fmt: skip
    counted = HostChange("fw", None, outcome, after={"GP": 1}).to_dict()
    assert (counted["before"], counted["after"]) == (None, {"GP": 1})
    assert "before" in HostChange("fw", None, outcome, before={"GP": 1}).to_dict()
