"""Of a policy that nobody was seen with, what the configuration alone says stands: as if it were judged afresh."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.alike import Known, KnownConfigs
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit import judge as judging
from nornir_anyconnect.audit.context import AuditedDevice, Options
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.evidence.observations import (
    DebugNumbers,
    DeviceObservations,
    GroupObservations,
    Incident,
    LargePacket,
)
from nornir_anyconnect.evidence.probe import Probe
from tests.audit.conftest import edited

WHEN = datetime(2026, 3, 1, 8, 1, tzinfo=UTC)
OTHERS = """\
group-policy SPARE internal
group-policy SPARE attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect mtu 1200
tunnel-group SPARE type remote-access
tunnel-group SPARE general-attributes
 default-group-policy SPARE
username ann attributes
 webvpn
  anyconnect mtu 1250
group-policy STAFF internal
"""
BOXES = [
    edited(("group-policy STAFF internal\n", OTHERS)),
    edited(("group-policy STAFF internal\n", OTHERS), ("9.12(4)67", "8.4(7)")),
    edited(("group-policy STAFF internal\n", OTHERS), ("ASA Version 9.12(4)67\n", "")),
    edited(("group-policy STAFF internal\n", OTHERS), (" enable outside\n", "")),
]
INCIDENT = Incident("dtls-never-up", "fw", "STAFF", "ann", WHEN, WHEN, 61.0, 3, 1287, 1390, address="192.0.2.1")


@st.composite
def groups(draw, most=3):
    named = draw(st.lists(st.sampled_from(["STAFF", "SPARE", "DfltGrpPolicy", "GONE"]), max_size=most, unique=True))
    return {
        name: GroupObservations(
            name,
            users=frozenset(draw(st.sets(st.sampled_from(["ann", "bob"])))),
            large_packets=draw(st.sampled_from([(), (LargePacket(1390, 1287, count=3, without_udp=True),)])),
            incidents=draw(st.sampled_from([(), (INCIDENT,)])),
            sessions=draw(st.integers(0, 3)),
            compression=draw(st.booleans()),
            ciphers=draw(st.sampled_from([frozenset(), frozenset({("tls", "AES256-SHA"), ("dtls", "AES256-SHA")})])),
        )
        for name in named
    }


OBSERVED = st.builds(
    DeviceObservations,
    device=st.just("vpn1"),
    groups=groups(),
    before=groups(most=1),
    debug=st.sampled_from([(), (DebugNumbers(tls_mtu=1303, dtls_mtu=1390),)]),
    probes=st.sampled_from([(), (Probe("192.0.2.1", 443, "2026-03-01T08:00:00+00:00", tcp=True, mss=1460),)]),
    lines=st.sampled_from([0, 10]),
    first=st.just(WHEN),
    own_log=st.booleans(),
    level=st.sampled_from([None, 5, 6]),
)


def meet(config):
    """So that it is known what the configuration alone says: a second box has to say the same."""
    for _ in range(2):
        judge(config, "another", DeviceObservations("another"))


@given(st.sampled_from(BOXES), OBSERVED, st.sampled_from([Options(), Options(client=None)]))
def test_a_finding_is_the_one_that_would_be_made_afresh(text, observed, options):
    config = parse(text)
    judge(config, "another", observed, options)
    found = judge(config, "vpn1", observed, options)
    with mock.patch.object(AuditedDevice, "unmoved", new=False):
        assert found == judge(config, "vpn1", observed, options)


def test_only_the_policy_that_was_seen_is_judged_again(monkeypatch):
    config = parse(BOXES[0])
    meet(config)
    made = []
    real = judging._Subject.finding
    monkeypatch.setattr(judging._Subject, "finding", lambda self: made.append(self.name) or real(self))
    seen = DeviceObservations("vpn1", {"STAFF": GroupObservations("STAFF", sessions=2)}, lines=1, first=WHEN)
    found = judge(config, "vpn1", seen)
    # a user's own finding rests on whatever policy is worst for it
    assert sorted(made) == ["STAFF-VPN", "ann"]
    assert {each.name: each.evidence.sessions for each in found.findings if each.evidence}["STAFF-VPN"] == 2


def test_a_box_like_no_other_is_judged_once(monkeypatch):
    monkeypatch.setattr(judging, "_met", Known())
    monkeypatch.setattr(judging, "_known", KnownConfigs())
    config = parse(BOXES[0])
    made = []
    real = judging._Subject.finding
    monkeypatch.setattr(judging._Subject, "finding", lambda self: made.append(self.name) or real(self))
    found = judge(config, "vpn1", DeviceObservations("vpn1"))
    assert sorted(made) == sorted(each.name for each in found.findings)


@pytest.mark.parametrize("packets", [(), (LargePacket(1390, 1287, count=3, without_udp=True),)])
def test_a_dropped_packet_has_everything_judged_afresh(monkeypatch, packets):
    config = parse(BOXES[0])
    meet(config)
    made = []
    real = judging._Subject.finding
    monkeypatch.setattr(judging._Subject, "finding", lambda self: made.append(self.name) or real(self))
    judge(config, "vpn1", DeviceObservations("vpn1", {"GONE": GroupObservations("GONE", large_packets=packets)}))
    assert ("SPARE" in made) == bool(packets)
