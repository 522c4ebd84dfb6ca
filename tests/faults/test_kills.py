"""kill -9 in the middle of an apply over 20 devices; see ``kills.py`` for all 200 of them."""

import pytest

from tests.amounts import of
from tests.faults.kills import BOXES, run_all, summary

pytestmark = [
    pytest.mark.waits,
    pytest.mark.faults,
    # sockets of the simulated fleet whose client was killed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SAMPLE, SLICE, ALL = 2, 6, 200
FEW = 3
"""Boxes beside the two pairs and the one with contexts; ``make proof`` takes all."""


def test_after_a_kill_every_device_is_fully_changed_or_as_before_or_named():
    trials = run_all(of(SAMPLE, SLICE, ALL), jobs=of(1, 1, 2), boxes=of(FEW, FEW, BOXES))
    assert [(each.moment, each.recovery, one) for each in trials for one in each.wrong] == []
    assert {each.recovery for each in trials} == {"apply", "rollback"}
    settled = sum((each.states["reverted"] + each.states["rolled-back"] + each.states["applied"]) for each in trials)
    assert settled, f"no kill left anything to do:\n{summary(trials)}"
