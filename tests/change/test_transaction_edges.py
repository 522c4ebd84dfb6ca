"""Edges of the transaction that only a removed line would show: how often it logs in, what it never saves."""

from dataclasses import replace

import pytest

from nornir_anyconnect.asa.running_config import Setting
from nornir_anyconnect.change.transaction import Saving, State
from nornir_anyconnect.errors import GateError, LinkLostError
from tests.change.test_transaction import START, Firewall, Journal, applied, run


def test_a_link_that_is_lost_for_good_is_tried_twice_and_no_more():
    box = Firewall()
    for step in range(6, 500):
        box.faults[step] = LinkLostError("cut")
    assert run(box).state is State.INDETERMINATE
    assert box.logins == 2


def test_unasked_nothing_is_saved_and_nobody_elses_change_either():
    assert Saving() == Saving(wanted=False, foreign_changes=False)


def test_a_rollback_that_had_nothing_to_do_saves_nothing():
    box = Firewall()
    box.startup = replace(START, tcpmss=Setting(1300, None))
    outcome = run(box, verb="rollback", saving=Saving(wanted=True, foreign_changes=True))
    assert outcome.state is State.ROLLED_BACK
    assert box.received == []
    assert box.startup != START


def test_a_rollback_over_unsaved_changes_of_others_saves_nothing():
    box = applied()
    box.startup = replace(START, tcpmss=Setting(1300, None))
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
