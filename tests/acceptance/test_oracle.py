"""Every field of every finding, against an implementation of the contract that shares no code with ours."""

from __future__ import annotations

import pytest

from tests.acceptance.compare import SLICE, compare

BATCH = 50
ROWS = 16


@pytest.mark.parametrize("batch", range(SLICE // BATCH))
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
