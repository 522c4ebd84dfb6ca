"""The lab as tests: ``LAB=full`` runs all of it, ``LAB=slice`` (the default) a bounded part, ``LAB=off`` nothing."""

from __future__ import annotations

import os

import pytest

from tests.lab.network import ending_cleanly
from tests.lab.run import data_path, reconnects, why_not

WANTED = os.environ.get("LAB", "slice")

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(WANTED == "off", reason="LAB=off"),
    pytest.mark.skipif(why_not() is not None, reason=why_not() or ""),
]


def test_the_largest_packet_in_one_piece_is_the_number_of_the_engine():
    with ending_cleanly():
        measured = data_path(full=WANTED == "full")
    assert {each.tcpmss is None for each in measured} == {True, False}, "TLS and DTLS must both be measured"
    assert [each for each in measured if each.measured != each.computed] == []


def test_a_download_stalls_exactly_where_the_verdict_is_at_risk():
    with ending_cleanly():
        rows = reconnects(full=WANTED == "full")
    assert {str(row.finding.verdict) for row in rows} >= {"at-risk", "mitigated", "safe"}
    assert [each for row in rows for each in row.disagreements] == []
