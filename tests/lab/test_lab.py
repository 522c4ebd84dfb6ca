"""The lab as tests: a sample, a slice or all of it; see ``tests/amounts.py``."""

from __future__ import annotations

import pytest

from tests.amounts import wanted
from tests.lab.network import ending_cleanly
from tests.lab.run import data_path, reconnects, why_not

WANTED = wanted()

pytestmark = [
    pytest.mark.waits,
    pytest.mark.lab,
    pytest.mark.skipif(WANTED == "off", reason="NORNIR_ANYCONNECT_PROOF=off"),
    pytest.mark.skipif(why_not() is not None, reason=why_not() or ""),
]


def test_the_largest_packet_in_one_piece_is_the_number_of_the_engine():
    with ending_cleanly():
        measured = data_path(WANTED)
    assert {each.tcpmss is None for each in measured} == {True, False}, "TLS and DTLS must both be measured"
    assert [each for each in measured if each.measured != each.computed] == []


def test_a_download_stalls_exactly_where_the_verdict_is_at_risk():
    with ending_cleanly():
        rows = reconnects(WANTED)
    assert {str(row.finding.verdict) for row in rows} >= {"at-risk", "mitigated", "safe"}
    assert [each for row in rows for each in row.disagreements] == []
