"""Edges of the transaction that only a removed line would show: how often it logs in, what it never saves."""

from dataclasses import replace

import pytest

from nornir_anyconnect.asa.config_commands import Shows, begun, inverse_of, lines_to_send, lines_to_type, observe
from nornir_anyconnect.asa.running_config import Sourced
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.transaction import Change, Saving, Transaction
from nornir_anyconnect.errors import GateError, LinkLostError, SourceError
from tests.change.test_transaction import COMMANDS, START, Firewall, Journal, Login, applied, run


def test_a_link_that_is_lost_for_good_is_tried_twice_and_no_more():
    box = Firewall()
    for step in range(6, 500):
        box.faults[step] = LinkLostError("cut")
    assert run(box).state is State.INDETERMINATE
    assert box.logins == 2


def test_unasked_nothing_is_saved_and_nobody_elses_change_either():
    assert Saving() == Saving(wanted=False, foreign_changes=False)


def test_a_rollback_that_finds_its_change_gone_says_that_the_startup_configuration_may_hold_it():
    """Killed before its own save, a first rollback left the change where a reload would bring it back."""
    box = Firewall()
    box.startup = replace(START, tcpmss=Sourced(1300, None))
    outcome = run(box, verb="rollback", saving=Saving(wanted=True))
    assert outcome.state is State.ROLLED_BACK
    assert "unsaved: " in outcome.reason
    assert box.received == []
    assert box.startup != START
    told = run(box, verb="rollback", saving=Saving(wanted=True, foreign_changes=True))
    assert (told.state, told.reason) == (State.ROLLED_BACK, "as before; saved")
    assert box.startup == START


def test_a_run_that_announced_no_line_owns_nothing_on_the_device():
    """Somebody else made an object of the same name after the kill: it is not this run's to remove."""
    box = applied()
    changed = box.config
    outcome = run(box, verb="recover", announced=0)
    assert (outcome.state, box.logins, box.config) == (State.REVERTED, 0, changed)


@pytest.mark.parametrize("announced", range(len(lines_to_send(COMMANDS)) + 1))
def test_only_what_was_announced_is_taken_back(announced):
    box = applied()
    owned = begun(COMMANDS, announced)
    run(box, verb="recover", announced=announced)
    shown = observe(box.config, COMMANDS)
    assert [each.shows is Shows.BEFORE for each in shown] == [each.command in owned for each in shown]


@pytest.mark.parametrize("trouble", [LinkLostError("gone"), GateError("standby", "use the active one")])
def test_what_was_in_doubt_stays_in_doubt_where_it_cannot_be_looked_at(trouble):
    box = applied()
    box.faults["check_identity"] = trouble
    outcome = run(box, verb="rollback", in_doubt=True)
    assert outcome.state is State.INDETERMINATE
    assert outcome.lines == lines_to_type(inverse_of(COMMANDS))
    assert run(box, verb="rollback").state in (State.REFUSED, State.FAILED)


def test_a_rollback_over_unsaved_changes_of_others_saves_nothing():
    box = applied()
    box.startup = replace(START, tcpmss=Sourced(1300, None))
    outcome = run(box, verb="rollback", saving=Saving(wanted=True))
    assert outcome.state is State.ROLLED_BACK
    assert "unsaved" in outcome.reason
    assert box.config == START
    assert box.startup != START


@pytest.mark.parametrize("verb", ["apply", "rollback", "recover"])
def test_every_end_stands_in_the_journal(verb):
    box, journal = (Firewall() if verb == "apply" else applied()), Journal()
    outcome = run(box, verb=verb, journal=journal)
    assert journal.records[-1] == (
        "outcome",
        {"state": str(outcome.state), "reason": outcome.reason, "lines": list(outcome.lines)},
    )


def test_a_refusal_stands_in_the_journal_and_a_rehearsal_does_not():
    box, journal = Firewall(), Journal()
    box.faults["check_identity"] = GateError("another box")
    assert run(box, journal=journal).state is State.REFUSED
    assert journal.events() == ["outcome"]


def test_the_journal_says_why_it_was_taken_back_and_what_was_read_then():
    box, journal = Firewall(), Journal()
    box.faults[6] = "ERROR: no"
    outcome = run(box, journal=journal)
    records = [each for each in journal.records if each[0] in ("taking-back", "read-back")]
    assert records == [("taking-back", {"why": outcome.reason}), ("read-back", {"differs": []})]


def test_a_unit_that_must_not_be_configured_is_not_asked_a_second_time():
    box, asked = Firewall(), []
    box.faults[6] = "ERROR: no"

    def flips(_):
        asked.append(1)
        return GateError("it is the standby unit now") if len(asked) > 2 else None

    box.faults["check_identity"] = flips
    outcome = run(box)
    assert outcome.state is State.INDETERMINATE
    assert (box.logins, len(asked)) == (1, 3)


def test_the_role_is_read_again_right_before_the_inverse():
    box, asked = Firewall(), []
    box.faults[7] = "ERROR: no"

    def flips(_):
        asked.append(1)
        return GateError("it is the standby unit now") if len(asked) > 3 else None

    box.faults["check_identity"] = flips
    outcome = run(box)
    assert outcome.state is State.INDETERMINATE
    assert not any(text.startswith("no ") for _, text in box.received)


@pytest.mark.parametrize("verb", ["apply", "rollback"])
def test_nothing_is_read_in_configuration_mode(verb, monkeypatch):
    box, modes = (Firewall() if verb == "apply" else applied()), []
    real = Login.read
    monkeypatch.setattr(Login, "read", lambda self: (modes.append(self.mode), real(self))[1])
    run(box, verb=verb)
    assert modes == [None, None]


def test_a_rehearsal_that_is_refused_says_so():
    box = Firewall()
    box.faults["check_identity"] = GateError("another box")
    change = Change(COMMANDS, lambda _: None, lambda _: None)
    outcome = Transaction(change, box.login, Journal()).apply(dry_run=True)
    assert outcome.state is State.REFUSED
    assert outcome.reason.startswith("another box")


def test_every_reply_stands_behind_its_line():
    box, journal = Firewall(), Journal()
    box.faults[6] = "ERROR: no"
    run(box, journal=journal)
    sent = [data["line"] for event, data in journal.records if event == "sending"]
    replies = [(data["line"], data["text"]) for event, data in journal.records if event == "reply"]
    assert [line for line, _ in replies] == sent
    assert [text for _, text in replies if text] == ["ERROR: no"]


def test_what_is_taken_back_is_read_outside_of_configuration_mode(monkeypatch):
    box, modes = Firewall(), []
    box.faults[6] = "ERROR: no"
    real = Login.read
    monkeypatch.setattr(Login, "read", lambda self: (modes.append(self.mode), real(self))[1])
    assert run(box).state is State.REVERTED
    assert set(modes) == {None}
    assert box.config == START


def test_a_bug_while_taking_back_is_not_tried_again():
    box = Firewall()
    box.faults[6] = "ERROR: no"
    box.faults[7] = RuntimeError("bug")
    outcome = run(box)
    assert outcome.state is State.INDETERMINATE
    assert "bug" in outcome.reason
    assert box.logins == 1


def test_nothing_to_do_is_no_word_on_what_a_reload_would_bring():
    box = applied()
    box.startup = START
    outcome = run(box, saving=Saving(wanted=True))
    assert outcome.state is State.UNCHANGED
    assert "unsaved: " in outcome.reason
    box.startup = box.config
    assert "unsaved" not in run(box, saving=Saving(wanted=True)).reason


@pytest.mark.parametrize(("replicated", "in_doubt"), [(True, True), (True, False), (False, True), (None, True)])
def test_a_unit_that_lost_its_role_says_the_inverse_again_so_that_its_mate_hears_it(replicated, in_doubt):
    """It shows the value before; its mate, which was active meanwhile, may not. Objects are not removed twice."""
    box = Firewall()
    lines = lines_to_send(COMMANDS)
    pair = {} if replicated is None else {"replicated": replicated}
    change = Change(COMMANDS, lambda _: None, lambda _: None, **pair)
    outcome = Transaction(change, box.login, Journal(), announced=len(lines)).rollback(in_doubt=in_doubt)
    assert outcome.state is State.ROLLED_BACK
    sent = {text for _, text in box.received}
    assert ("no anyconnect mtu" in sent) is bool(replicated and in_doubt)
    assert not any(text.startswith(("no group-policy", "no tunnel-group")) for text in sent)
    assert box.config == START


def test_a_line_that_a_pair_rejected_is_not_taken_back_for_its_mate_to_hear():
    box = Firewall()
    box.faults[6] = "ERROR: no"
    change = Change(COMMANDS, lambda _: None, lambda _: None, replicated=True)
    assert Transaction(change, box.login, Journal()).apply().state is State.REVERTED
    assert not any(text.startswith("no ") for _, text in box.received)


def transaction(box, *, journal=None, **more):
    return Transaction(Change(COMMANDS, lambda _: None, lambda _: None), box.login, journal or Journal(), **more)


def test_who_announced_no_line_has_nothing_to_settle_and_nothing_to_save():
    box = applied()
    assert transaction(box).recover().state is State.REVERTED
    assert box.logins == 0
    outcome = transaction(box, saving=Saving(wanted=True)).rollback()
    assert (outcome.state, outcome.reason) == (State.ROLLED_BACK, "as before")


@pytest.mark.parametrize("verb", ["rollback", "recover"])
def test_who_never_saved_says_nothing_of_saving(verb):
    assert "; " not in run(applied(), verb=verb).reason


def test_what_was_refused_before_its_first_line_is_refused_although_it_was_to_be_taken_back():
    box, journal = Firewall(), Journal()

    def note(event, **data):
        if event == "sending":
            raise SourceError("no space left")
        journal(event, **data)

    looks = iter([None, None])
    box.faults["check_identity"] = lambda _: next(looks, GateError("standby", "use the active one"))
    outcome = transaction(box, journal=note).apply()
    assert (outcome.state, outcome.reason) == (State.REFUSED, "standby; use the active one")
    assert box.received == []


def test_a_killed_run_that_may_not_be_taken_back_now_is_still_in_doubt():
    box = applied()
    box.sessions = 3
    outcome = run(box, verb="recover")
    assert outcome.state is State.INDETERMINATE
    assert "it may not be taken back now: 3 users" in outcome.reason
