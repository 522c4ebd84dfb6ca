"""A run: what its journal holds, who may open it again, and which runs were killed in the middle of a device."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from test_plan import TEXT, given_input

from nornir_anyconnect.asa.config_commands import applied
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.change import run as run_module
from nornir_anyconnect.change.journal import Journal, JournalError, read
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.plan.file import content_id
from nornir_anyconnect.change.plan.making import make_plan
from nornir_anyconnect.change.run import Run, changes_made, unfinished_runs
from nornir_anyconnect.change.transaction import Saving
from nornir_anyconnect.errors import PlanError
from nornir_anyconnect.remedies.kinds import encode

PLAN = make_plan([given_input()])


def start(folder, plan=PLAN, **more):
    return Run.start(plan, directory=folder, **more)


def killed(folder, plan=PLAN, *events):
    """A run that ends without a word; what it noted of its first device before."""
    run = start(folder, plan)
    note(run, "intent", *events)
    run.journal.close()
    return run.journal.path


def note(run, *events):
    write = run.note_for(run.plan.changes[0])
    for event in events:
        data = {"intent": {"commands": [], "inverse": []}, "outcome": {"state": "applied", "reason": "", "lines": []}}
        write(event, **data.get(event, {}))


def test_the_name_of_a_run_is_its_time_its_plan_and_a_word_of_its_own(tmp_path):
    with start(tmp_path) as run, start(tmp_path) as other:
        assert re.fullmatch(rf"\d{{8}}T\d{{12}}-{PLAN.id[:8]}-[0-9a-f]{{4}}", run.name)
        assert run.name != other.name
        assert run.journal.path == tmp_path / f"{run.name}.jsonl"


def test_a_preview_cannot_be_carried_out(tmp_path):
    with pytest.raises(PlanError, match="preview"):
        start(tmp_path, make_plan([given_input(serials=(), path="fw1.cfg")]))
    assert list(tmp_path.iterdir()) == []


def test_a_run_begins_with_its_plan_and_ends_with_what_it_left(tmp_path):
    with start(tmp_path, ticket="CHG1", saving=Saving(wanted=True)) as run:
        note(run, "intent")
    begin, _, end = read(run.journal.path)
    assert (begin.event, begin.data["ticket"], begin.data["plan_id"]) == ("begin", "CHG1", PLAN.id)
    assert begin.data["saving"] == {"wanted": True, "foreign_changes": False}
    assert (end.event, end.data) == ("end", {"unfinished": ["fw1"]})


def test_a_run_that_ended_may_be_opened_by_anybody(tmp_path):
    with start(tmp_path) as run:
        pass
    Journal(run.journal.path).close()


def test_a_run_opened_again_is_the_run_that_was(tmp_path):
    with start(tmp_path, saving=Saving(wanted=True)) as run:
        note(run, "intent", "sending", "outcome")
    with Run.resume(run.journal.path) as again:
        assert (again.name, again.plan, again.saving) == (run.name, PLAN, Saving(wanted=True))
        assert again.record(PLAN.changes[0]).state is State.APPLIED
        assert not again.rehearsal
    assert run.journal.path.is_file()


def test_a_journal_without_a_beginning_holds_no_run_and_is_let_go(tmp_path):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        journal.append("sending", "fw1", line="anyconnect mtu 1287")
    with pytest.raises(JournalError, match="has no beginning"):
        Run.resume(path)
    Journal(path).close()


def test_a_rehearsal_leaves_nothing_behind(tmp_path):
    with start(tmp_path, rehearsal=True) as run:
        folder = run.journal.path.parent
        assert folder != tmp_path
        assert run.rehearsal
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_hidden_whenever_it_became_known(tmp_path):
    with start(tmp_path, secrets_known=["hunter2"]) as run:
        run.never_write(["hunter2-longer", ""])
        run.journal.append("said", text="hunter2, hunter2-longer\n password cleartext9")
        assert run.hides("hunter2-longer or hunter2") == "***** or *****"
    text = run.journal.path.read_text("utf-8")
    assert "hunter2" not in text
    assert "-longer" not in text
    assert "cleartext9" not in text
    with Run.resume(run.journal.path, secrets_known=["hunter3"]) as again:
        assert again.hides("hunter3") == "*****"


def test_the_commands_are_those_that_were_sent_else_those_of_the_plan(tmp_path):
    (planned,) = PLAN.changes
    with start(tmp_path) as run:
        derived = run.commands(planned)
        assert len(derived) == 2
        write = run.note_for(planned)
        write("intent", commands=[encode(planned.commands[0])], inverse=[])
        assert run.commands(planned) == derived[:1]


def test_a_run_that_was_killed_in_the_middle_of_a_planned_device_is_found(tmp_path):
    found = [killed(tmp_path), killed(tmp_path, PLAN, "sending")]
    killed(tmp_path, PLAN, "sending", "outcome")
    killed(tmp_path, make_plan([given_input(name="fw2", serials=("B1",))]), "sending")
    with start(tmp_path):
        pass
    (tmp_path / "killed-before-a-word.jsonl").touch()
    assert unfinished_runs(PLAN, tmp_path) == found


def test_a_run_that_ended_with_a_device_in_the_middle_is_found(tmp_path):
    with start(tmp_path) as run:
        note(run, "intent")
    assert unfinished_runs(PLAN, tmp_path) == [run.journal.path]


def test_a_run_whose_last_line_is_torn_is_looked_at(tmp_path):
    path = killed(tmp_path, PLAN, "sending")
    with path.open("ab") as file:
        file.write(b'{"record": {"event": "e')
    assert unfinished_runs(PLAN, tmp_path) == [path]


def test_years_of_runs_that_ended_well_are_not_read(tmp_path, monkeypatch):
    for _ in range(3):
        with start(tmp_path):
            pass
    monkeypatch.setattr(run_module, "_read_run", lambda path: pytest.fail(f"reads {path}"))
    assert unfinished_runs(PLAN, tmp_path) == []


AGES_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def made(folder, state="applied", plan=PLAN):
    """A run that ended, of its first device in that state."""
    with start(folder, plan) as run:
        write = run.note_for(plan.changes[0])
        write("intent", commands=[encode(each) for each in plan.changes[0].commands], inverse=[])
        write("before", changed_at="2026-03-01T12:00:00+00:00", tally={})
        write("sending", line="anyconnect mtu 1287", mode="config-group-webvpn")
        write("outcome", state=state, reason="", lines=[])
    return run.journal.path


def test_a_change_is_known_as_long_as_the_device_shows_all_of_it(tmp_path):
    device = PLAN.changes[0]
    guests, *sales = device.outlook
    calm = replace(PLAN, devices=(replace(device, outlook=(replace(guests, after=guests.before), *sales)),))
    path = made(tmp_path, plan=replace(calm, id=content_id(calm)))
    (found,) = changes_made(tmp_path, AGES_AGO)
    assert (found.names, found.context, found.group_policies) == (("fw1",), None, {"Sales Staff"})
    assert found.clock == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert found.at == datetime.fromisoformat([*read(path)][-2].time)
    config, (first, *_) = parse(TEXT), PLAN.changes[0].commands
    assert found.in_force(applied(config, PLAN.changes[0].commands))
    assert not found.in_force(applied(config, [first]))
    assert not found.in_force(config)


def test_what_was_taken_back_altered_or_ended_before_then_is_no_change_that_is_known(tmp_path):
    made(tmp_path, "rolled-back")
    assert changes_made(tmp_path, AGES_AGO) == []
    path = made(tmp_path)
    for ended, known in ((1_800_000_000, 1), (1_799_999_999, 0)):
        os.utime(path, (ended, ended))
        assert len(changes_made(tmp_path, datetime.fromtimestamp(1_800_000_000, UTC))) == known
    last = made(tmp_path)
    last.write_text(last.read_text().replace("applied", "appl1ed"))
    assert len(changes_made(tmp_path, AGES_AGO)) == 1, "the one that is whole"
