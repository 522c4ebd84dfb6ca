"""Every fault at every line of a change ends in a correct, reported state; see ``sweep.py`` for the whole of it."""

import pytest

from nornir_anyconnect.platforms.asa_ssh.options import TRANSPORTS
from tests.amounts import of
from tests.faults.shapes import SHAPES, reference
from tests.faults.sweep import TROUBLES, VERBS, Case, Ending, cases, run_all, sample, table

pytestmark = [
    pytest.mark.waits,
    pytest.mark.faults,
    pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields"),
    # sockets of the simulated fleet that it still held when it was stopped in the middle of a fault
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SAMPLE, SLICE = 16, 56
"""Every fault once in a slice; ``make proof`` tries all of them at every line of every shape, over each transport."""


def test_every_fault_ends_in_a_correct_reported_state():
    endings, _ = run_all(of(SAMPLE, SLICE, None), jobs=of(1, 1, 2))
    assert len(endings) >= of(SAMPLE, SLICE, SLICE + 1)
    assert [f"{each.case}: {each.state} ({each.reason}): {each.wrong}" for each in endings if each.wrong] == []
    # a sweep in which nothing goes wrong, or nothing goes well, would prove nothing
    states = {"applied", "rolled-back", "refused", "failed", "indeterminate"}
    assert {*states, *of((), ("reverted",), ("reverted",))} <= {each.state for each in endings}


def test_the_sweep_is_every_fault_times_every_line_times_every_shape(tmp_path):
    every = cases(tmp_path)
    assert {(each.shape, each.verb) for each in every} == {(shape, verb) for shape in SHAPES for verb in VERBS}
    for shape in SHAPES:
        for verb in VERBS:
            lines = reference(shape, tmp_path).sent[verb]
            assert {"configure terminal", "write memory", "exit"} < set(lines)
            mine = [each for each in every if (each.shape, each.verb) == (shape, verb)]
            for trouble in TROUBLES:
                steps = {each.step for each in mine if each.trouble is trouble}
                if shape not in trouble.shapes:
                    assert steps == set()
                elif trouble.where == "line":
                    assert steps == set(range(1, len(lines) + 1))
                else:
                    assert steps
    assert sample(every, SLICE) == sample(every, SLICE)
    assert {each.trouble.name for each in sample(every, SLICE)} == {each.name for each in TROUBLES}
    assert {each.transport for each in sample(every, SAMPLE)} == set(TRANSPORTS)
    assert len(sample(every, None)) == len(every) * len(TRANSPORTS)


def test_the_table_counts_what_was_wrong():
    case = Case("single", "apply", TROUBLES[0], 3, "show version")
    shown = table([Ending(case, "applied", "", "it is not as planned"), Ending(case, "failed", "x")])
    assert f"| {TROUBLES[0].name} | 2 | 1 | 0 | 0 | 0 | 1 | 0 | 1 |" in shown
    assert shown.endswith("| **all** | **2** | **1** | **0** | **0** | **0** | **1** | **0** | **1** |")
