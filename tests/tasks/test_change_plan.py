"""Apply, verify and take back as Nornir tasks, on a box in memory: what is sent, what is told, and what is closed."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest
from nornir.core.inventory import ConnectionOptions, Defaults, Host
from nornir.core.task import Task

from nornir_anyconnect.asa.commands import Show
from nornir_anyconnect.asa.config_commands import applied
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.change.device import only_writer
from nornir_anyconnect.change.journal import read
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.plan.making import make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.change.transaction import Saving
from nornir_anyconnect.errors import GateError, LinkLostError, UnreachableError
from nornir_anyconnect.platforms.asa_ssh.credentials import secrets_of
from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice
from nornir_anyconnect.platforms.deadline import current, host_deadline
from nornir_anyconnect.platforms.protocols import Identity, Role
from nornir_anyconnect.tasks import change_plan
from tests.change.test_plan import TEXT, given_input

PLAN = make_plan([given_input()])
(PLANNED,) = PLAN.changes
BEFORE = parse(TEXT)
AFTER = applied(BEFORE, PLANNED.commands)
SAID = {
    Show.CLOCK: "12:00:00.000 UTC Mon May 6 2024",
    Show.LOGGING: "    Buffer logging: level informational, 0 messages logged\n",
    Show.SESSIONS: "Username     : ann    Index        : 1\nGroup Policy : Guests    Tunnel Group : Guests\n",
}


class Box:
    """Shows BEFORE or AFTER: each visit to configuration mode that sent a line takes it to the other side."""

    name = "fw1"

    def __init__(self):
        self.config, self.sent, self.faults, self.says, self.refused = BEFORE, [], {}, {}, ()
        self.fresh = False

    def fault(self, step):
        if step in self.faults:
            raise self.faults[step]

    def ask_ahead(self, commands):
        pass

    def send(self, command):
        refusal = "ERROR: % Invalid input" if command.show in self.refused else None
        return SimpleNamespace(text=SAID[command.show], refusal=refusal)


class Reached(AsaDevice):
    def leave_one_free(self):
        self.session.fault("slots")


class Login:
    def __init__(self, device, planned):
        self.device, self.box, self.cut = device, device.session, False

    def check_identity(self):
        self.box.fault("identity")

    def read(self):
        self.box.fault("read")
        return self.box.config

    def startup_differs(self):
        return False

    def configure(self):
        self.box.fresh = False

    def send(self, line, mode):
        self.box.sent.append(line.text)
        self.box.fresh = True
        self.cut = "send" in self.box.faults
        self.box.fault("send")
        return self.box.says.get(line.text, "")

    def leave(self):
        if self.cut:
            raise LinkLostError("it is gone")
        if self.box.fresh:
            self.box.config = BEFORE if self.box.config is AFTER else AFTER
        self.box.fresh = False


@pytest.fixture
def site(monkeypatch, tmp_path):
    box = Box()
    seen = SimpleNamespace(box=box, closed=[], asked=[], runs=tmp_path)
    monkeypatch.setattr(change_plan, "Channel", Login)
    reached_by(
        monkeypatch,
        lambda host, _: (seen.asked.append(host.name), Reached(box))[1],
        lambda host: seen.closed.append(host.name),
    )
    return seen


def reached_by(monkeypatch, open_writer, close):
    """Every host is of a platform that is opened and closed like this."""
    platform = SimpleNamespace(open_writer=open_writer, close=close, secrets=secrets_of)
    monkeypatch.setattr(change_plan, "platform_of", lambda _: platform)


def host(name="fw1", **more):
    return Host(name=name, defaults=Defaults(connection_options={"x": ConnectionOptions()}), **more)


def do(function, run, *, name="fw1", dry=False, **arguments):
    nornir = SimpleNamespace(config=None, inventory=SimpleNamespace(hosts={}))
    task = Task(function, nornir, dry, [])
    task.host = host(name, password="hunter2-of-the-host")
    return function(task, run=run, **arguments)


def begin(site, plan=PLAN, **more):
    return Run.start(plan, directory=site.runs, **more)


def one(result):
    (change,) = result.result.changes
    return change


def events(run):
    return {each.event: each.data for each in read(run.journal.path)}


def test_a_plan_is_carried_out_and_all_of_it_is_told(site):
    with begin(site) as run:
        result = do(change_plan.apply_plan, run)
    assert one(result).outcome.state is State.APPLIED
    assert (result.changed, result.applied, result.failed, result.stop_run) == (True, True, False, None)
    assert (result.plan_id, result.diff) == (PLAN.id, PLANNED.diff)
    assert site.box.config is AFTER
    assert site.closed == ["fw1"]
    noted = events(run)
    assert noted["before"]["changed_at"] == noted["changed"]["changed_at"] == "2024-05-06T12:00:00+00:00"
    assert noted["before"]["tally"]["Guests"]["sessions"] == 1
    assert sorted(noted["before"]["tally"]) == ["Guests", "Sales Staff"]
    assert result.result.to_dict() == {"host": "fw1", "devices": [one(result).to_dict()]}
    assert str(result.result) == "fw1: applied"


@pytest.mark.parametrize(
    ("everywhere", "here", "rehearsal"), [(True, False, False), (False, True, False), (False, None, True)]
)
def test_a_dry_run_sends_nothing_and_notes_nothing_whoever_asked_for_it(site, everywhere, here, rehearsal):
    with begin(site, rehearsal=rehearsal) as run:
        result = do(change_plan.apply_plan, run, dry=everywhere, dry_run=here)
        assert list(events(run)) == ["begin"]
    assert one(result).outcome.lines == PLANNED.lines
    assert (result.changed, result.applied, site.box.sent) == (True, False, [])


def test_a_host_of_which_nothing_is_planned_is_left_alone(site):
    with begin(site) as run:
        result = do(change_plan.apply_plan, run, name="fw2")
    assert (str(result.result), result.changed, site.asked) == ("fw2: nothing planned", False, [])


def test_a_device_that_does_not_tell_its_sessions_or_its_time_is_changed_all_the_same(site, monkeypatch):
    site.box.refused = (Show.SESSIONS,)
    monkeypatch.setitem(SAID, Show.CLOCK, "")
    with begin(site) as run:
        assert one(do(change_plan.apply_plan, run)).outcome.state is State.APPLIED
    assert events(run)["before"] == {"changed_at": None, "tally": {}}
    assert "changed" not in events(run)


def test_the_last_free_session_and_another_box_are_refused_before_anything_is_counted(site):
    for step in ("slots", "identity"):
        site.box.faults = {step: GateError(f"no: {step}")}
        with begin(site) as run:
            result = do(change_plan.apply_plan, run)
        assert one(result).outcome.state is State.REFUSED
        assert (result.failed, result.changed, "before" in events(run)) == (True, False, False)


def test_a_device_in_doubt_stops_the_run_and_the_other_contexts_of_its_box(site):
    site.box.says = dict.fromkeys(("anyconnect mtu 1287", "no anyconnect mtu"), "ERROR: no")
    red = dataclasses.replace(PLANNED, context="red")
    with begin(site, dataclasses.replace(PLAN, devices=(PLANNED, red))) as run:
        result = do(change_plan.apply_plan, run)
        assert one(result).outcome.state is State.INDETERMINATE
        assert result.stop_run == str(one(result))
        assert not result.changed
        site.box.faults = {"identity": GateError("standby")}
        again = do(change_plan.rollback_plan, run)
        assert again.stop_run is None
        assert again.result.changes[0].outcome.reason.startswith("it was left in doubt, and still is: ")


def test_every_context_of_a_box_is_changed_in_its_turn(site):
    red = dataclasses.replace(PLANNED, context="red")
    with begin(site, dataclasses.replace(PLAN, devices=(PLANNED, red))) as run:
        result = do(change_plan.apply_plan, run)
    assert [each.outcome.state for each in result.result.changes] == [State.APPLIED, State.UNCHANGED]
    assert str(result.result).startswith("fw1: applied\nfw1/red: unchanged (")


def test_a_chassis_that_another_run_works_on_is_refused(site):
    with begin(site) as run:
        result = do(change_plan.apply_plan, run)
        locks = sorted(site.runs.glob(".chassis-*"))
    assert len(locks) == len(PLANNED.serials)
    with only_writer(PLANNED.serials, site.runs):
        pass
    assert one(result).outcome.state is State.APPLIED


def test_a_mistake_of_ours_is_a_failed_host_and_is_logged(site, caplog):
    with begin(site) as run:
        run.commands = None
        do(change_plan.apply_plan, run)
        result = do(change_plan.verify_plan, run)
    assert one(result).outcome.state is State.FAILED
    assert "unexpected TypeError" in one(result).outcome.reason
    assert "fw1: unexpected" in caplog.text


def test_what_a_device_says_of_our_password_is_hidden(site):
    site.box.faults = {"identity": GateError("it is not hunter2-of-the-host")}
    with begin(site) as run:
        result = do(change_plan.apply_plan, run)
    assert "it is not *****" in one(result).outcome.reason


def test_a_link_that_is_lost_is_opened_again_after_the_old_session_is_closed(site):
    site.box.faults = {"send": LinkLostError("cut")}
    with begin(site) as run:
        do(change_plan.apply_plan, run)
    assert (site.asked, site.closed) == (["fw1", "fw1"], ["fw1", "fw1"])


def test_what_is_in_force_is_verified_with_the_counts_of_then_and_now(site):
    with begin(site) as run:
        do(change_plan.apply_plan, run)
        change = one(do(change_plan.verify_plan, run))
        assert change.outcome.state is State.VERIFIED
        assert change.outcome.reason.startswith("as intended; ")
        assert change.before["Guests"]["sessions"] == change.after["Guests"]["sessions"] == 1
        assert change.watched is not None
        site.box.config = BEFORE
        result = do(change_plan.verify_plan, run)
    assert one(result).outcome.state is State.FAILED
    assert "not as intended: anyconnect mtu 1287: the device shows" in one(result).outcome.reason
    assert (result.failed, result.changed) == (True, False)


def test_what_cannot_be_looked_at_is_not_verified(site):
    with begin(site) as run:
        do(change_plan.apply_plan, run)
        site.box.faults = {"identity": GateError("another box")}
        change = one(do(change_plan.verify_plan, run))
    assert (change.outcome.state, change.outcome.reason) == (State.FAILED, "could not be verified: another box")


def test_a_change_that_was_killed_in_the_middle_is_in_doubt_with_the_lines_to_type(site):
    with begin(site) as run:
        do(change_plan.apply_plan, run)
        (name,) = run.records
        run.records[name] = dataclasses.replace(run.records[name], ended=False, state=None)
        assert one(do(change_plan.verify_plan, run)).outcome.state is State.VERIFIED
        site.box.config = applied(BEFORE, PLANNED.commands[:1])
        result = do(change_plan.verify_plan, run)
    change = one(result)
    assert (change.outcome.state, result.changed) == (State.INDETERMINATE, False)
    assert "no anyconnect mtu" in change.outcome.lines
    assert "anyconnect mtu 1400" not in change.outcome.lines


@pytest.mark.parametrize("task", [change_plan.verify_plan, change_plan.rollback_plan])
def test_what_is_not_in_force_is_not_looked_at(site, task):
    with begin(site) as run:
        assert one(do(task, run)).outcome.reason == "this run left it not-started"
        do(change_plan.apply_plan, run)
        do(change_plan.rollback_plan, run)
        site.asked.clear()
        change = one(do(task, run))
    assert (change.outcome.state, change.outcome.reason) == (State.UNCHANGED, "this run left it rolled-back")
    assert site.asked == []


def test_what_was_applied_is_taken_back(site):
    with begin(site) as run:
        do(change_plan.apply_plan, run)
        left = one(do(change_plan.rollback_plan, run, only_unfinished=True))
        assert (left.outcome.state, left.outcome.reason) == (State.UNCHANGED, "this run left it applied")
        shown = do(change_plan.rollback_plan, run, dry_run=True)
        assert one(shown).outcome.lines == PLANNED.rollback
        assert (shown.changed, shown.applied, site.box.config) == (True, False, AFTER)
        result = do(change_plan.rollback_plan, run)
    assert (one(result).outcome.state, result.changed, site.box.config) == (State.ROLLED_BACK, True, BEFORE)


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        (UnreachableError("no route"), ["fw1-a", "fw1-b"]),
        (Role.STANDBY, ["fw1-a", "fw1-b"]),
        (Role.ACTIVE, ["fw1-a"]),
    ],
)
def test_of_a_pair_the_unit_that_takes_configuration_is_asked(monkeypatch, first, asked):
    seen, closed = [], []

    def unit(role):
        return SimpleNamespace(identity=lambda: Identity("fw1", role=role), role=role)

    def open_one(each, _):
        seen.append(each.name)
        if each.name == "fw1-a" and isinstance(first, Exception):
            raise first
        return unit(first if each.name == "fw1-a" else Role.STANDBY)

    reached_by(monkeypatch, open_one, lambda each: closed.append(each.name))
    session = change_plan._active_unit([host("fw1-a"), host("fw1-b")], None)
    assert seen == asked
    assert closed == asked[:-1]
    assert session.role is (first if len(asked) == 1 else Role.STANDBY)


def test_the_other_unit_is_found_by_its_name_here_or_where_the_run_was_told():
    mates = dataclasses.replace(PLANNED, also_named=("here", "there", "nowhere"))
    task = SimpleNamespace(nornir=SimpleNamespace(inventory=SimpleNamespace(hosts={"here": 1, "other": 2})))
    assert change_plan._mates(task, SimpleNamespace(inventory={"there": 3}), [mates, mates]) == [1, 3]


def test_what_is_as_intended_is_verified_on_a_device_that_does_not_tell_its_sessions(site):
    with begin(site) as run:
        do(change_plan.apply_plan, run)
        site.box.refused = (Show.SESSIONS,)
        change = one(do(change_plan.verify_plan, run))
    assert (change.outcome.state, change.after) == (State.VERIFIED, None)


def test_only_what_is_there_already_may_be_looked_at_on_either_unit(site, monkeypatch):
    asked = []
    monkeypatch.setattr(
        change_plan,
        "_active_unit",
        lambda hosts, _: (asked.append([each.name for each in hosts]), Reached(site.box))[1],
    )
    monkeypatch.setattr(change_plan, "_mates", lambda *_: [host("fw1-mate")])
    with begin(site) as run:
        for task in (change_plan.apply_plan, change_plan.verify_plan, change_plan.rollback_plan):
            do(task, run)
    assert asked == [["fw1"], ["fw1", "fw1-mate"], ["fw1", "fw1-mate"]]


@pytest.mark.parametrize("said", [{}, {"save_foreign_changes": True}])
def test_the_word_to_save_foreign_changes_is_said_anew_for_the_rollback(site, monkeypatch, said):
    savings = []
    real = change_plan.Transaction
    monkeypatch.setattr(
        change_plan, "Transaction", lambda *args, **more: (savings.append(args[3]), real(*args, **more))[1]
    )
    with begin(site, saving=Saving(foreign_changes=True)) as run:
        do(change_plan.apply_plan, run)
        do(change_plan.rollback_plan, run, **said)
    assert [each.foreign_changes for each in savings] == [True, bool(said)]


@pytest.mark.parametrize(("serials", "pair"), [((), False), (("A",), False), (("A", "B"), True)])
def test_a_box_with_two_serial_numbers_hands_its_lines_on_to_a_mate(serials, pair):
    run = Run("run-0001", None, None, None)
    run.commands = lambda _: ()
    assert run.as_it_was(SimpleNamespace(serials=serials)).replicated is pair


def test_a_host_has_the_time_that_its_contexts_take_with_what_it_takes_to_take_them_back(site, monkeypatch):
    seconds = []
    reached_by(monkeypatch, lambda *_: (seconds.append(current().seconds), Reached(site.box))[1], lambda _: None)
    red = dataclasses.replace(PLANNED, context="red")
    with begin(site, dataclasses.replace(PLAN, devices=(PLANNED, red))) as run:
        do(change_plan.apply_plan, run, deadline=10)
        do(change_plan.verify_plan, run, host_timeout=5)
        do(change_plan.rollback_plan, run, deadline=20)
    assert list(dict.fromkeys(seconds)) == [60 + 2 * 2 * 10, 60 + 2 * 5, 60 + 2 * 2 * 20]


@pytest.mark.parametrize(
    ("event", "seen_out"), [("before", False), ("intent", True), ("taking-back", True), ("line", False)]
)
def test_from_the_first_word_of_a_change_on_no_signal_cuts_the_host(event, seen_out):
    noted = []
    write = change_plan._seen_out(lambda event, **data: noted.append((event, data)))
    write(event, line=1)
    with host_deadline(100, "fw1") as ours:
        write(event, line=2)
        ours.end("interrupted")
        assert ours.over is not seen_out
    assert noted == [(event, {"line": 1}), (event, {"line": 2})]
