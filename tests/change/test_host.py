"""One device of a run: what is known of it, and what people and programs are told."""

import pytest

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.observable import Observable
from nornir_anyconnect.change.outcome import HostChange, Outcome, State, Why, because
from nornir_anyconnect.change.run import HostRecord
from nornir_anyconnect.change.run import known_after as after


def record(*events):
    known = HostRecord()
    for event in events:
        name, data = event if isinstance(event, tuple) else (event, {})
        known = after(known, name, data)
    return known


def ended(state):
    return ("outcome", {"state": state})


INTENT = ("intent", {"commands": []})


def test_a_device_of_which_nothing_is_said_is_as_it_was():
    known = record()
    assert not known.in_force
    assert not known.unfinished
    assert known.state is None


def test_what_was_taken_back_leaves_nothing_to_remember():
    known = record(INTENT, "sending", ended("rolled-back"))
    assert (known.state, known.sent) == (State.ROLLED_BACK, False)
    assert after(known, *ended("refused")).state is State.REFUSED


def test_a_change_that_sent_nothing_has_sent_nothing():
    assert not record(INTENT, ended("indeterminate")).sent


def test_the_time_of_the_change_and_the_counts_before_it_are_kept():
    known = record(("before", {"changed_at": "2024-05-06T12:00:00+00:00", "tally": {"GP": {}}}), INTENT)
    assert (known.changed_at, known.before) == ("2024-05-06T12:00:00+00:00", {"GP": {}})
    assert after(known, "changed", {"changed_at": "2024-05-06T12:00:05+00:00"}) == after(
        record(("before", {"changed_at": "2024-05-06T12:00:05+00:00", "tally": {"GP": {}}})), *INTENT
    )


def test_an_event_that_says_nothing_of_the_device_changes_nothing():
    assert record(INTENT, ("read-back", {"differs": []})) == record(INTENT)


def change(state=State.APPLIED, reason="", lines=(), context=None, **more):
    reasons = (because(Why.PROBLEM, error=reason),) if reason else ()
    return HostChange("fw1", context, Outcome(state, reasons, lines), **more)


@pytest.mark.parametrize("state", State)
def test_a_device_that_is_not_as_it_was_asked_for_has_failed(state):
    failed = {"failed", "refused", "reverted", "indeterminate"}
    assert change(state).failed is (state.value in failed)


def test_as_data():
    assert change(State.REVERTED, "why", ("a", "b"), "red").to_dict() == {
        "name": "fw1",
        "context": "red",
        "state": "reverted",
        "reason": "why",
        "lines": ["a", "b"],
    }


@pytest.mark.parametrize(("before", "now"), [({}, None), (None, {}), ({"GP": {}}, {"GP": {}})])
def test_counts_stand_in_the_data_where_anything_was_counted(before, now):
    data = change(before=before, after=now).to_dict()
    assert (data["before"], data["after"]) == (before, now)


def test_whether_drops_would_show_stands_in_the_data_where_somebody_looked():
    data = change(watched=Observable("no", notice("no-log-given"))).to_dict()
    assert data["observable"] == {"answer": "no", "reason": "no log of this device was given"}


def test_in_words():
    assert str(change()) == "fw1: applied"
    assert str(change(State.REFUSED, "drift", context="red")) == "fw1/red: refused (drift)"


@pytest.mark.parametrize("code", Why)
def test_every_code_has_words_and_needs_only_what_it_names(code):
    names = ("cause", "remedy", "error", "left", "shown", "users", "count")
    text = str(because(code, **{name: f"<{name}>" for name in names}))
    assert text
    assert "{" not in text


def test_a_reason_that_was_looked_through_for_secrets_keeps_its_code():
    unsaved = Outcome(State.APPLIED, (because(Why.UNSAVED, error="it said hunter2"),))
    hidden = unsaved.hidden(lambda text: text.replace("hunter2", "*****"))
    assert hidden.unsaved
    assert hidden.reason == "unsaved: it said *****"


def test_words_that_look_like_another_code_mean_nothing():
    said = Outcome(State.APPLIED, (because(Why.PROBLEM, error="unsaved: the plan changes nothing here"),))
    assert not said.unsaved
    assert not said.not_planned
