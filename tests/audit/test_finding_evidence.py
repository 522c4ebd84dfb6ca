"""What a log proves: the fault, compression, settings of the past, another box's, a forger's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.finding import Finding, Verdict
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, Incident, LargePacket
from nornir_anyconnect.remedies.options import Block
from nornir_anyconnect.remedies.propose import assess_config
from tests.amounts import examples

TEXT = """\
ASA Version {release}
hostname fw
mtu outside 1500
ssl cipher tlsv1.2 custom "{tls}"
ssl cipher dtlsv1.2 custom "{dtls}"
ssl server-version tlsv1.2-only dtlsv1.2-only
webvpn
 enable outside
 anyconnect enable
group-policy GP internal
group-policy GP attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  {client}
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP
username ann attributes
 vpn-group-policy GP
Cryptochecksum:0
"""
WHEN = datetime(2026, 3, 1, 8, 1, tzinfo=UTC)


def text(release="9.16(1)", tls="AES256-SHA", dtls="AES256-SHA", client="anyconnect ssl keepalive 20") -> str:
    return TEXT.format(release=release, tls=tls, dtls=dtls, client=client)


RC4_CAPPED = {"tls": "RC4-SHA", "client": "anyconnect mtu 1340"}
"""TLS 1340, DTLS 1340: no gap under any set."""


def incident(packet: int, threshold: int, user="ann", kind="dtls-never-up", address="192.0.2.1") -> Incident:
    return Incident(kind, "fw", "GP", user, WHEN, WHEN, 61.0, 3, threshold, packet, address=address)


def seen(*incidents: Incident, packets: tuple[LargePacket, ...] = (), **more) -> DeviceObservations:
    users = frozenset(each.user for each in incidents)
    group = GroupObservations("GP", users=users, large_packets=packets, incidents=incidents, **more)
    return DeviceObservations("fw", {"GP": group}, lines=10, first=WHEN, last=WHEN)


def finding(config: str, observed: DeviceObservations | None = None, name="STAFF") -> Finding:
    audit = judge(parse(config), "fw", observed)
    return next(each for each in audit.findings if each.name == name)


class TestObservedNotPredicted:
    """The fault is there, whatever the arithmetic says."""

    TWO = (incident(1340, 1310), incident(1338, 1310, user="bob"))

    def test_two_users_of_a_file_outrank_the_arithmetic(self) -> None:
        assert finding(text(**RC4_CAPPED)).verdict is Verdict.SAFE
        found = finding(text(**RC4_CAPPED), seen(*self.TWO))
        assert (found.verdict, found.reason) == (Verdict.AT_RISK, "observed-not-predicted")
        assert (found.tls_mtu, found.dtls_mtu, found.gap) == (1310, 1340, 30)
        assert (found.certainty, found.numbers_from, found.tls_suite) == (None, None, None)
        assert found.confirmed
        assert "model-mismatch" in found.caveats

    def test_one_user_of_a_file_does_not(self) -> None:
        found = finding(text(**RC4_CAPPED), seen(self.TWO[0]))
        assert (found.verdict, found.confirmed) == (Verdict.SAFE, False)

    def test_one_user_at_two_addresses_does(self) -> None:
        elsewhere = incident(1340, 1310, address="192.0.2.9")
        assert finding(text(**RC4_CAPPED), seen(self.TWO[0], elsewhere)).reason == "observed-not-predicted"

    def test_one_in_the_box_s_own_buffer_does(self) -> None:
        own = LargePacket(1340, 1310, without_udp=True, count=3, own=True)
        assert finding(text(**RC4_CAPPED), seen(self.TWO[0], packets=(own,))).reason == "observed-not-predicted"

    def test_fragments_mitigate_it(self) -> None:
        config = text(**RC4_CAPPED).replace(
            "anyconnect mtu 1340\n", "anyconnect mtu 1340\n  anyconnect ssl df-bit-ignore enable\n"
        )
        found = finding(config, seen(*self.TWO))
        assert (found.verdict, found.reason, found.gap) == (Verdict.MITIGATED, "fragmentation-allowed", 30)

    def test_its_remedies_wait_for_a_person(self) -> None:
        # TLS 1427 or 1406, DTLS 1418 or 1406: no gap, and no MTU that is configured
        config = parse(text(tls="RC4-SHA").replace("webvpn\n", "sysopt connection tcpmss 0\nwebvpn\n", 1))
        device = assess_config(config, "fw", seen(incident(1380, 1300), incident(1380, 1300, user="bob")))
        found = next(each for each in device.findings if each.name == "STAFF")
        assert found.reason == "observed-not-predicted"
        assert found.remedies
        assert all(Block.MODEL_MISMATCH in remedy.blocked_by for remedy in found.remedies)


@pytest.mark.parametrize("kind", ["dtls-lost", "dtls-never-up"])
def test_a_threshold_that_is_the_dtls_mtu_is_compression_with_or_without_a_reconnect(kind: str) -> None:
    twice = (incident(1410, 1406, kind=kind), incident(1410, 1406, user="bob", kind=kind))
    found = finding(text(), seen(*twice))
    assert found.verdict is Verdict.AT_RISK
    assert (found.confirmed, found.evidence.reconnects, found.evidence.users) == (False, 0, 0)
    assert found.evidence.past is None


def test_packets_above_the_adapter_mtu_of_now_were_seen_under_other_settings() -> None:
    config = text(client="anyconnect mtu 1300")
    found = finding(config, seen(incident(1406, 1315), incident(1406, 1315, user="bob")))
    assert (found.verdict, found.reason) == (Verdict.SAFE, "mtu-at-or-below-tls-mtu")
    assert not found.confirmed
    assert found.evidence.past.to_dict() == {"users": 2, "reconnects": 2, "last": WHEN.isoformat()}
    assert (found.evidence.users, found.evidence.reconnects) == (0, 0)


def test_what_was_seen_before_dtls_was_switched_off_is_past() -> None:
    found = finding(text(client="anyconnect ssl dtls none"), seen(incident(1406, 1395), incident(1406, 1395, user="b")))
    assert (found.verdict, found.reason, found.confirmed) == (Verdict.SAFE, "dtls-disabled", False)
    assert found.evidence.past.users == 2


def test_what_the_log_of_notices_suspects_is_counted() -> None:
    found = finding(text(), seen(suspected=(incident(0, 0),)))
    assert (found.evidence.suspected, found.confirmed) == (1, False)
    assert found.to_dict()["evidence"]["suspected"] == 1


def test_a_users_finding_counts_the_users_own_reconnects() -> None:
    mine, other = incident(1406, 1395), incident(1406, 1395, user="bob")
    found = finding(text(), seen(mine, other), name="ann")
    assert (found.evidence.user_names, found.evidence.reconnects, found.evidence.large_packets) == (("ann",), 1, 3)
    assert found.confirmed


SIZES = st.integers(500, 1600)
FORGED = st.lists(
    st.builds(
        incident,
        SIZES,
        SIZES,
        st.sampled_from(["ann", "bob", "eve"]),
        st.sampled_from(["dtls-never-up", "dtls-lost"]),
        st.sampled_from(["192.0.2.1", "192.0.2.2"]),
    ),
    max_size=6,
)
PACKETS = st.lists(
    st.builds(LargePacket, SIZES, SIZES, st.booleans(), st.integers(1, 9), st.booleans(), st.booleans()), max_size=6
)
CONFIGS = st.builds(
    text,
    st.sampled_from(["9.1(2)", "9.8(2)", "9.16(1)", "9.20(2)"]),
    st.sampled_from(["AES256-SHA", "RC4-SHA", "ECDHE-RSA-AES256-GCM-SHA384:AES256-SHA"]),
    st.sampled_from(["AES256-SHA", "ECDHE-RSA-AES256-GCM-SHA384"]),
    st.sampled_from(
        ["anyconnect mtu 1200", "anyconnect mtu 1395", "anyconnect ssl keepalive 20", "anyconnect ssl dtls none",
         "anyconnect ssl df-bit-ignore enable", "anyconnect ssl compression deflate"]
    ),
)  # fmt: skip


@examples(150)
@given(CONFIGS, FORGED, PACKETS, st.booleans())
def test_nothing_that_one_sender_writes_into_a_log_file_moves_what_is_pushed(
    config, incidents, packets, shrinks
) -> None:
    """Not the safe MTU, not what a remedy closes, not a command; it may block, and it may ask for attention."""
    parsed = parse(config)
    clean = {each.name: each for each in assess_config(parsed, "fw").findings}
    forged = seen(*incidents, packets=tuple(packets), compression=shrinks)
    for found in assess_config(parsed, "fw", forged).findings:
        before = clean[found.name]
        if before.safe_mtu is not None and found.safe_mtu is not None:
            assert found.safe_mtu == before.safe_mtu
        was = {each.kind: each for each in before.remedies}
        for remedy in found.remedies:
            if remedy.kind in was:
                assert remedy.commands == was[remedy.kind].commands
                assert remedy.rollback == was[remedy.kind].rollback
                assert (remedy.closes, remedy.closes_under) == (was[remedy.kind].closes, was[remedy.kind].closes_under)
            else:  # asked for by what was seen alone: a person looks at it first
                assert remedy.blocked_by
        if before.verdict is Verdict.AT_RISK:
            assert found.verdict is Verdict.AT_RISK
        assert not (found.confirmed and found.verdict is Verdict.SAFE)


def test_any_order_of_the_text_gives_a_user_without_a_policy_the_same_worst_one() -> None:
    head = "ASA Version 9.16(1)\nwebvpn\n enable outside\n anyconnect enable\n"
    allowed = " vpn-tunnel-protocol ssl-client\n"
    policies = [
        f"group-policy A internal\ngroup-policy A attributes\n{allowed} webvpn\n  anyconnect mtu 1200\n",
        "group-policy B external server-group R password x\n",
        f"group-policy C internal\ngroup-policy C attributes\n{allowed} webvpn\n  anyconnect ssl df-bit-ignore enable\n",
    ]
    groups = [
        f"tunnel-group T{name} type remote-access\ntunnel-group T{name} general-attributes\n default-group-policy {name}\n"
        for name in "ABC"
    ]
    user = "username ann attributes\n webvpn\n  anyconnect ssl dtls enable\n"
    for turn in range(3):
        blocks = [*policies[turn:], *policies[:turn], *reversed(groups), user]
        audit = judge(parse(head + "".join(blocks) + "Cryptochecksum:0\n"), "fw")
        found = next(each for each in audit.findings if each.name == "ann")
        # unknown is worse than mitigated, and that worse than safe
        assert (found.group_policy, found.verdict, found.reason) == ("B", Verdict.UNKNOWN, "external-group-policy")


def test_without_a_version_line_the_newest_default_counts() -> None:
    lines = "".join(
        f'ssl cipher {each} custom "AES256-SHA"\n' for each in ("tlsv1", "tlsv1.1", "tlsv1.2", "dtlsv1", "dtlsv1.2")
    )
    bare = text(client="anyconnect mtu 1315").split("mtu outside 1500\n")[1].split("webvpn\n", 1)[1]
    whole = "hostname fw\nmtu outside 1500\n" + lines + "webvpn\n" + bare
    for version in ("", "ASA Version 9.20(2)\n", "ASA Version 9.30(1)\n", "NGFW Version 10.1.0\n"):
        found = finding(version + whole)
        assert (found.verdict, found.safe_mtu) == (Verdict.AT_RISK, 1287), version
        assert found.assumptions["technote"].tls_mtu == 1287
    assert finding("ASA Version 9.8(1)\n" + whole).verdict is Verdict.SAFE
