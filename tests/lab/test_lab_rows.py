"""The lab's own judgement, without a network: a wrong verdict, number or remedy must not pass as agreement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nornir_anyconnect.audit.finding import Verdict
from tests.lab.cases import CASES, finding_of, with_commands
from tests.lab.reconnect import After, OnTheWire, Row, Seen

CASE = CASES[0]
STALLS = Seen(("technote",), 1347, 1418, filtered=False, allowed=True, reconnected=True, dropped=4)
PASSES = Seen(("guide",), 1406, 1406, filtered=True, allowed=True, reconnected=True, dropped=0)


@pytest.fixture
def row():
    finding = finding_of(CASE.text)
    remedied = finding_of(with_commands(CASE.text, finding.remedies[0].lines))
    after = After("mtu", finding.remedies[0].lines, remedied, (PASSES,))
    return Row(CASE, finding, OnTheWire(1347, 1347), OnTheWire(1418, 1418), (STALLS, PASSES), (after,), None)


def test_a_row_where_all_agree_has_nothing_to_say(row):
    assert row.disagreements == []


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a safe verdict over a stall", lambda row: {"finding": replace(row.finding, verdict=Verdict.SAFE)}),
        ("an at-risk verdict without a stall", lambda row: {"seen": (PASSES,)}),
        ("certainty that is not", lambda row: {"finding": replace(row.finding, certainty="all-assumptions")}),
        ("doubt that is not", lambda row: {"seen": (STALLS,)}),
        ("a TLS number off by one", lambda row: {"tls": OnTheWire(1347, 1346)}),
        ("a DTLS number off by one", lambda row: {"dtls": OnTheWire(1418, 1419)}),
        ("a remedy that leaves the stall", lambda row: {"after": (replace(row.after[0], seen=(STALLS,)),)}),
        ("no remedy at all", lambda row: {"after": ()}),
        ("a stall that ICMP does not end", lambda row: {"seen": (replace(STALLS, allowed=False), PASSES)}),
        ("a stall after the reconnect", lambda row: {"seen": (replace(STALLS, reconnected=False), PASSES)}),
        ("a stall without a drop", lambda row: {"seen": (replace(STALLS, dropped=0), PASSES)}),
        ("a lost datagram nobody predicted", lambda row: {"udp_lost": True}),
    ],
)
def test_a_row_that_disagrees_says_so(row, what, change):
    assert len(replace(row, **change(row)).disagreements) >= 1, what


def test_a_remedy_stands_in_the_running_config_as_an_asa_prints_it():
    text = with_commands("a\nCryptochecksum:0\n", ("group-policy G attributes", "webvpn", "anyconnect mtu 1347"))
    assert text == "a\ngroup-policy G attributes\n webvpn\n  anyconnect mtu 1347\nCryptochecksum:0\n"
