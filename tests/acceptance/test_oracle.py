"""Every field of every finding, against an implementation of the contract that shares no code with ours."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from generate import Generator
from oracle import judge

from nornir_anyconnect.assess import assess_text
from nornir_anyconnect.audit.context import Options

FIELDS = (
    "group_policy", "verdict", "reason", "certainty", "primary_set", "tls_mtu", "dtls_mtu", "gap", "numbers_from", "safe_mtu",
    "assumptions", "configured_mtu", "configured_mtu_from",
)  # fmt: skip
NOT_IN_THE_ORACLE = {"icmp-path-unknown", "icmp-unreachable-rate-limited", "default-policy-affected"}
BATCH = 50


def _differences(seed: int, *, assume_complete: bool) -> tuple[list[Any], Counter[str]]:
    text = Generator(seed).text()
    theirs = judge(text, assume_complete=assume_complete)
    audit = assess_text(text, "edge", options=Options(assume_complete=assume_complete)).to_dict()
    ours = {(each["scope"], each["name"]): each for each in audit["findings"]}
    found: list[Any] = [(seed, "only in one of them", each) for each in set(ours) ^ set(theirs)]
    for key in set(ours) & set(theirs):
        mine, other = ours[key], theirs[key]
        found += [(seed, key, field, mine[field], other[field]) for field in FIELDS if mine[field] != other[field]]
        if (mine_too := set(mine["caveats"]) - NOT_IN_THE_ORACLE) != other["caveats"]:
            found.append((seed, key, "caveats", mine_too, other["caveats"]))
        if mine["reachable_by"] != other.get("reachable_by", []):
            found.append((seed, key, "reachable_by", mine["reachable_by"], other.get("reachable_by")))
    return found, Counter(str(each["reason"]) for each in theirs.values())


@pytest.mark.parametrize("batch", range(12))
def test_no_field_of_any_finding_differs_from_the_contract_worked_out_twice(batch):
    found = []
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        found += _differences(seed, assume_complete=bool(batch % 2))[0]
    assert found == []


def test_the_generated_configurations_reach_every_row_of_the_verdict_table():
    reached: Counter[str] = sum((_differences(seed, assume_complete=True)[1] for seed in range(400)), Counter())
    assert len(reached) == 16, reached
