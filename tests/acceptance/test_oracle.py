"""Every field of every finding, against an implementation of the contract that shares no code with ours."""

from __future__ import annotations

import functools

import pytest

from tests.acceptance import compare as judges

BATCH = 50
ROWS = 16
compare = functools.cache(judges.compare)  # both tests begin with the same texts


@pytest.mark.parametrize("batch", range(judges.SLICE // BATCH))
def test_no_field_of_any_finding_differs_from_the_contract_worked_out_twice(batch):
    found = [each for seed in range(batch * BATCH, (batch + 1) * BATCH) for each in compare(seed).differences]
    assert found == []


def test_the_generated_configurations_reach_every_row_of_the_verdict_table():
    reached = set()
    for seed in range(400):
        reached |= set(compare(seed).reasons)
        if len(reached) == ROWS:
            return
    pytest.fail(f"only {reached}")
