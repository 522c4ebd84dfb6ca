"""What a journal says of a host after any number of attempts: a change on the device is never forgotten."""

import pytest
from test_plan import given_input

from nornir_anyconnect.change.journal import find_run
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.plan.making import make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.remedies.kinds import encode


@pytest.fixture
def run(tmp_path):
    return Run.start(make_plan([given_input()]), directory=tmp_path)


def note(run, *events):
    (planned,) = run.plan.changes
    write = run.note_for(planned)
    for event in events:
        match event:
            case "intent":
                write("intent", commands=[encode(each) for each in planned.commands], inverse=[])
            case "sending":
                write("sending", line="anyconnect mtu 1287", mode="config-group-webvpn")
            case state:
                write("outcome", state=state, reason="", lines=[])
    return run.record(planned)


APPLIED = ("intent", "sending", "applied")


@pytest.mark.parametrize("attempt", ["refused", "failed", "unchanged"])
def test_an_attempt_that_sent_nothing_leaves_the_change_in_force(run, attempt):
    record = note(run, *APPLIED, attempt)
    assert record.in_force
    assert record.state is State.APPLIED
    assert not note(run, "sending", "rolled-back").in_force


@pytest.mark.parametrize("attempt", ["refused", "failed"])
def test_a_killed_host_that_could_not_be_settled_is_still_unfinished(run, tmp_path, attempt):
    note(run, "intent", "sending", attempt)
    run.close()
    with Run.resume(find_run("last", tmp_path)) as again:
        (planned,) = again.plan.changes
        assert again.record(planned).unfinished
        assert not note(again, "sending", "reverted").in_force


def test_what_was_refused_before_the_first_line_is_settled(run):
    record = note(run, "intent", "refused")
    assert not record.unfinished
    assert not record.in_force


def test_the_lines_of_the_change_are_counted_and_those_of_its_inverse_are_not(run):
    (planned,) = run.plan.changes
    write = run.note_for(planned)
    assert note(run, "intent").announced == 0
    assert note(run, "sending", "sending").announced == 2
    write("taking-back", why="")
    assert note(run, "sending", "reverted").announced == 2
    assert note(run, "intent", "sending").announced == 1
