"""kill -9 in the middle of an apply over 20 devices; see ``kills.py`` for all 200 of them."""

import pytest

from tests.faults.kills import run_all, summary
from tests.faults.proofs import full

pytestmark = [
    pytest.mark.faults,
    # sockets of the simulated fleet whose client was killed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SLICE, ALL = 4, 200
FEW = 5
"""Boxes beside the two pairs and the one with contexts; ``make proof`` takes all."""


def test_after_a_kill_every_device_is_fully_changed_or_as_before_or_named():
    trials = run_all(ALL, jobs=2) if full() else run_all(SLICE, jobs=1, boxes=FEW)
    assert [(each.moment, each.recovery, one) for each in trials for one in each.wrong] == []
    assert {each.recovery for each in trials} == {"apply", "rollback"}
    settled = sum((each.states["reverted"] + each.states["rolled-back"] + each.states["applied"]) for each in trials)
    assert settled, f"no kill left anything to do:\n{summary(trials)}"
