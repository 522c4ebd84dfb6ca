"""Calibration keeps the truth, drops what the evidence excludes, and is not steered by forged lines."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.calibrate import Calibration, Model, calibrate
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import Scope
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.evidence.device_evidence import observe_device
from nornir_anyconnect.evidence.incidents import observe
from nornir_anyconnect.evidence.observations import (
    DebugNumbers,
    DeviceObservations,
    GroupObservations,
    Incident,
    LargePacket,
)
from nornir_anyconnect.evidence.syslog.reader import SyslogReader
from nornir_anyconnect.mtu.assumptions import COMBINATIONS, TECHNOTE, AssumptionSet, assumption_set
from nornir_anyconnect.mtu.derive import Link, Path, derivations, derive_dtls, derive_tls
from nornir_anyconnect.mtu.suites import Offer, Version, suite

V = Version
TLS = (
    Offer(suite("ECDHE-RSA-AES256-GCM-SHA384"), V.TLS1_2),
    Offer(suite("AES128-GCM-SHA256"), V.TLS1_2),
    Offer(suite("AES256-SHA256"), V.TLS1_2),
    Offer(suite("AES256-SHA"), V.TLS1_0),
    Offer(suite("RC4-SHA"), V.TLS1_0),
)
DTLS = (
    Offer(suite("ECDHE-RSA-AES256-GCM-SHA384"), V.DTLS1_2),
    Offer(suite("AES256-SHA"), V.DTLS1_0),
)
GCM12 = 'ssl cipher tlsv1.2 custom "ECDHE-RSA-AES256-GCM-SHA384"\nssl server-version tlsv1.2\n'
ALL_TLS = "".join(f'ssl cipher {version} custom "AES256-SHA"\n' for version in ("tlsv1", "tlsv1.1", "tlsv1.2"))


def group(*packets: LargePacket, name: str = "STAFF", **more: object) -> DeviceObservations:
    return DeviceObservations(
        "vpn1",
        {name: GroupObservations(name, users=frozenset({"alice"}), large_packets=packets, **more)},  # type: ignore[arg-type]
        lines=10,
    )


def model(tls=TLS, dtls=DTLS, *, tcpmss: int = 1380, link: int = 1500) -> Model:
    return Model(derivations(tls, dtls, Path(tcpmss=tcpmss)), (Link("outside", link),))


def mtus(tls: Offer, dtls: Offer, path: Path, truth: AssumptionSet) -> tuple[int, int]:
    return derive_tls(*tls, path, truth).mtu, derive_dtls(*dtls, path, truth).mtu


def explains(each: AssumptionSet, packet: LargePacket, path: Path) -> bool:
    """An independent reading of what it means that a combination reproduces a packet."""
    pairs = [mtus(tls, dtls, path, each) for tls in TLS for dtls in DTLS]
    return any(tls == packet.threshold < packet.packet <= dtls for tls, dtls in pairs)


@pytest.mark.parametrize("number", range(50))
def test_the_calibrated_set_is_exactly_what_the_evidence_allows(number: int) -> None:
    """50 boxes, their truths over all eight combinations."""
    random = Random(number)
    truth = COMBINATIONS[number % 8]
    path = Path(
        link=random.choice([1400, 1492, 1500]),
        tcpmss=random.choice([0, 1300, 1380, 1460]),
        conf=random.choice([None, None, 1406, 1380]),
    )
    packets = []
    for _ in range(random.randint(1, 4)):
        tls, dtls = mtus(random.choice(TLS), random.choice(DTLS), path, truth)
        if dtls > tls:
            packets.append(LargePacket(random.choice([dtls, random.randint(tls + 1, dtls)]), tls, without_udp=True))
    found = calibrate(model(tcpmss=path.tcpmss, link=path.link), group(*packets), {"STAFF": path.conf})
    assert not found.mismatches("STAFF")
    if not packets:
        assert found.standing == ()
        return
    expected = [each for each in COMBINATIONS if all(explains(each, packet, path) for packet in packets)]
    assert truth in expected
    assert list(found.standing) == expected


@given(st.data())
def test_the_truth_is_always_kept(data: st.DataObject) -> None:
    truth = data.draw(st.sampled_from(COMBINATIONS))
    path = Path(
        link=data.draw(st.integers(1280, 1500)),
        tcpmss=data.draw(st.one_of(st.just(0), st.integers(1200, 1460))),
        conf=data.draw(st.one_of(st.none(), st.integers(1200, 1462))),
    )
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(TLS), st.sampled_from(DTLS)), min_size=1))
    met = [each for each in (mtus(*pair, path, truth) for pair in pairs) if each[1] > each[0]]
    packets = [LargePacket(data.draw(st.integers(tls + 1, dtls)), tls, without_udp=True) for tls, dtls in met]
    found = calibrate(model(tcpmss=path.tcpmss, link=path.link), group(*packets), {"STAFF": path.conf})
    assert bool(found.standing) == bool(packets)
    assert not packets or truth in found.standing
    assert not found.mismatches("STAFF")


def test_a_packet_above_1406_excludes_the_built_in_cap() -> None:
    tls = derive_tls(suite("AES256-SHA"), V.TLS1_0, Path(), TECHNOTE).mtu
    found = calibrate(model(), group(LargePacket(1418, tls, without_udp=True)), {"STAFF": None})
    assert [each.combination for each in found.standing] == ["asa/sysopt/none", "record/sysopt/none"]
    assert {offer.suite.name for offer in found.tls_offers} == {"AES256-SHA"}


def test_a_threshold_that_only_the_real_record_gives_excludes_the_accounting_asa() -> None:
    found = calibrate(model(), group(LargePacket(1400, 1343, without_udp=True)), {"STAFF": None})
    assert {each.accounting for each in found.standing} == {"record"}


def test_one_odd_threshold_among_good_ones_is_reported_and_the_good_ones_still_count() -> None:
    good = LargePacket(1418, 1331, without_udp=True, count=40)
    odd = LargePacket(1418, 1111, without_udp=True)
    alone = calibrate(model(), group(good), {"STAFF": None})
    found = calibrate(model(), group(good, odd), {"STAFF": None})
    assert found.standing == alone.standing
    assert found.mismatches("STAFF")
    assert not found.mismatches("OTHER")


def test_numbers_that_exclude_each_other_narrow_nothing() -> None:
    real = LargePacket(1418, 1287, without_udp=True)  # asa/sysopt only
    forged = LargePacket(1418, 1343, without_udp=True)  # record/sysopt only
    found = calibrate(model(), group(real, forged), {"STAFF": None})
    assert found.standing == ()
    assert found.mismatches("STAFF")
    assert found.mismatches("OTHER")


def test_a_line_from_before_the_mtu_was_configured_is_no_mismatch() -> None:
    found = calibrate(model(), group(LargePacket(1418, 1287, without_udp=True)), {"STAFF": 1287})
    assert not found.mismatches("STAFF")
    assert {each.combination for each in found.standing} == {"asa/sysopt/none"}


def test_one_line_without_a_session_narrows_nothing_two_do() -> None:
    lone = LargePacket(1418, 1287, without_udp=False)
    assert calibrate(model(), group(lone), {"STAFF": None}) == Calibration()
    two = LargePacket(1418, 1287, without_udp=False, count=2)
    assert [each.combination for each in calibrate(model(), group(two), {"STAFF": None}).standing] == [
        "asa/sysopt/none"
    ]


def test_what_one_session_of_a_log_shows_narrows_nothing_however_often() -> None:
    alone = LargePacket(1418, 1287, without_udp=True, count=50, corroborated=False)
    assert calibrate(model(), group(alone), {"STAFF": None}) == Calibration()
    # but it can block
    odd = LargePacket(1418, 1111, without_udp=True, corroborated=False)
    assert calibrate(model(), group(odd), {"STAFF": None}).mismatches("STAFF")


def test_602101_of_a_session_with_udp_is_left_alone() -> None:
    healthy = LargePacket(1500, 1111, without_udp=False, sent=False)
    assert calibrate(model(), group(healthy), {"STAFF": None}) == Calibration()
    fallen_back = LargePacket(1418, 1287, without_udp=True, sent=False)
    assert calibrate(model(), group(fallen_back), {"STAFF": None}).standing


def test_a_packet_that_fits_is_no_large_packet() -> None:
    found = calibrate(model(), group(LargePacket(1331, 1331, without_udp=True)), {"STAFF": None})
    assert found.standing == ()
    assert found.mismatches("STAFF")


def test_a_transcript_from_before_the_mtu_was_configured_is_no_mismatch() -> None:
    seen = DeviceObservations("vpn1", debug=(DebugNumbers(1287, 1418, 1287, 1418),), lines=1)
    found = calibrate(model(), seen, {"STAFF": 1287})
    assert [each.combination for each in found.standing] == ["asa/sysopt/none"]
    assert not found.mismatches("STAFF")


def test_a_suite_seen_long_ago_does_not_hide_the_one_that_is_still_too_tight(finding) -> None:
    many = GCM12.replace('384"', '384:AES256-SHA"')
    mtu = ("  anyconnect ssl rekey time 30\n", "  anyconnect mtu 1300\n")
    found = finding((ALL_TLS, many), mtu, seen=group(LargePacket(1418, 1315, without_udp=True)))
    assert (found.verdict, found.tls_mtu, found.dtls_mtu) == ("at-risk", 1287, 1300)


def test_an_odd_threshold_counts_whatever_the_log_shows_of_the_session() -> None:
    odd = group(LargePacket(1500, 1111, without_udp=False))
    assert calibrate(model(), odd, {"STAFF": None}).mismatches("STAFF")
    # a compressed DTLS tunnel has thresholds of its own
    assert not calibrate(model(), odd, {"STAFF": None}, frozenset({"STAFF"})).mismatches("STAFF")


def test_with_compression_the_packet_bounds_nothing_and_names_no_suite() -> None:
    seen = group(LargePacket(1490, 1331, without_udp=True))
    assert calibrate(model(), seen, {"STAFF": None}).mismatches("STAFF")
    found = calibrate(model(), seen, {"STAFF": None}, frozenset({"STAFF"}))
    assert len(found.standing) == 4
    assert found.tls_offers == frozenset()


@pytest.mark.parametrize("truth", COMBINATIONS, ids=lambda each: each.combination)
def test_a_debug_transcript_keeps_its_truth(truth: AssumptionSet) -> None:
    path = Path(tcpmss=1380)
    tls, dtls = derive_tls(*TLS[0], path, truth), derive_dtls(*DTLS[0], path, truth)
    numbers = DebugNumbers(tls.mtu, dtls.mtu, tls.computed, dtls.computed, conf_mtu=1406)
    seen = DeviceObservations("vpn1", debug=(numbers,), lines=1)
    found = calibrate(model(), seen, {"STAFF": None})
    assert truth in found.standing
    assert {each.accounting for each in found.standing} == {truth.accounting}
    assert {each.mss_source for each in found.standing} == {truth.mss_source}


@pytest.mark.parametrize(
    ("numbers", "suites"),
    [
        (DebugNumbers(1331, 1418, 1331, 1418), {"AES256-SHA"}),
        (DebugNumbers(1331, 1406), {"AES256-SHA"}),
        # at the cap nobody can tell what was computed
        (DebugNumbers(1287, 1287, conf_mtu=1287), set()),
    ],
)
def test_a_debug_transcript_narrows_the_suites(numbers: DebugNumbers, suites: set[str]) -> None:
    seen = DeviceObservations("vpn1", debug=(numbers,), lines=1)
    found = calibrate(model(), seen, {"STAFF": None})
    assert {offer.suite.name for offer in found.tls_offers} == suites


def test_a_debug_transcript_of_another_world_is_a_mismatch() -> None:
    seen = DeviceObservations("vpn1", debug=(DebugNumbers(tls_mtu=999, dtls_mtu=1001), DebugNumbers()), lines=1)
    found = calibrate(model(), seen, {"STAFF": None})
    assert found.mismatches("STAFF")
    assert found.standing == ()


def test_the_narrowed_sets_replace_the_three_in_the_finding(finding) -> None:
    seen = group(LargePacket(1390, 1343, without_udp=True))
    found = finding((ALL_TLS, GCM12), seen=seen)
    assert found.calibrated == tuple(found.assumptions)
    assert found.calibrated == ("record/sysopt/none", "record/sysopt/1406")
    assert (found.tls_mtu, found.numbers_from) == (1343, "record/sysopt/none")
    assert found.confirmed
    assert "model-mismatch" not in found.caveats


def test_only_what_the_device_itself_shows_narrows_what_is_pushed(finding) -> None:
    packet = LargePacket(1390, 1343, without_udp=True)
    assert finding((ALL_TLS, GCM12), seen=group(packet)).safe_mtu == 1287
    own = finding((ALL_TLS, GCM12), seen=group(replace(packet, own=True)))
    assert (own.safe_mtu, tuple(own.standing)) == (1343, ("record/sysopt/none", "record/sysopt/1406"))
    debug = DeviceObservations("vpn1", debug=(DebugNumbers(1343, 1418, 1343, 1418),), lines=1)
    assert finding((ALL_TLS, GCM12), seen=debug).safe_mtu == 1343


def test_a_suite_that_was_seen_gives_the_numbers_but_not_the_safe_mtu(finding) -> None:
    many = GCM12.replace('384"', '384:AES256-SHA"')
    found = finding((ALL_TLS, many), seen=group(LargePacket(1418, 1315, without_udp=True)))
    assert (found.tls_mtu, found.tls_suite) == (1315, "AES256-SHA")
    assert found.safe_mtu == 1287


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packet=st.integers(0, 2000), threshold=st.integers(0, 2000))
def test_a_forged_line_never_lowers_the_safe_mtu_and_never_makes_a_risk_safe(vpn1, packet: int, threshold: int) -> None:
    config = parse(vpn1())
    staff = frozenset({(Scope.TUNNEL_GROUP, "STAFF-VPN")})
    clean = judge(config, "vpn1", only=staff).findings[0]
    seen = group(LargePacket(packet, threshold, without_udp=True))
    forged = judge(config, "vpn1", seen, only=staff).findings[0]
    assert forged.verdict == clean.verdict
    assert forged.safe_mtu is not None
    assert clean.safe_mtu is not None
    assert forged.safe_mtu == clean.safe_mtu
    if not forged.calibrated:
        assert forged.tls_mtu == clean.tls_mtu


def test_what_no_combination_explains_is_told(finding) -> None:
    found = finding(seen=group(LargePacket(1418, 1200, without_udp=True)))
    assert "model-mismatch" in found.caveats
    assert (found.safe_mtu, found.tls_mtu, found.calibrated) == (1315, 1395, ())
    assert not found.confirmed


def test_a_set_asked_for_that_the_evidence_excludes_is_a_mismatch(finding) -> None:
    seen = group(LargePacket(1418, 1315, without_udp=True))
    assert "model-mismatch" not in finding(seen=seen, options=Options(assume=TECHNOTE)).caveats
    guide = finding(seen=seen, options=Options(assume=assumption_set("guide")))
    assert "model-mismatch" in guide.caveats
    assert set(guide.assumptions) == {"guide"}


@pytest.mark.parametrize(
    ("seen", "confirmed"),
    [
        (group(LargePacket(1418, 1315, without_udp=True)), True),
        (group(LargePacket(1418, 1315, without_udp=True, sent=False)), False),
        (group(LargePacket(1418, 1315, without_udp=False)), False),
        (group(LargePacket(1419, 1315, without_udp=True)), False),
        (group(LargePacket(1418, 1315, without_udp=True), compression=True), False),
        (group(), False),
        (
            group(incidents=(Incident("dtls-never-up", "vpn1", "STAFF", "alice", None, None, 61.0, 3, 1315, 1418),)),
            True,
        ),
        # the threshold of a compressed DTLS tunnel, with a reconnect after it
        (group(incidents=(Incident("dtls-lost", "vpn1", "STAFF", "alice", None, None, 61.0, 3, 1406, 1418),)), False),
        # an adapter MTU that this configuration does not allow
        (
            group(incidents=(Incident("dtls-never-up", "vpn1", "STAFF", "alice", None, None, 61.0, 3, 1315, 1462),)),
            False,
        ),
    ],
)
def test_confirmed(seen: DeviceObservations, confirmed: bool, finding) -> None:
    assert finding(seen=seen).confirmed is confirmed


def test_an_old_release_with_evidence_is_judged_like_9x(finding) -> None:
    old = (("ASA Version 9.12(4)67", "ASA Version 8.6(1)"),)
    ssl = "".join(f'ssl cipher {version} custom "AES256-SHA"\n' for version in ("dtlsv1", "dtlsv1.2"))
    edits = (*old, (ALL_TLS + ssl, "ssl encryption aes256-sha1\n"))
    assert finding(*edits).reason == "single-mtu-release"
    assert finding(*edits, seen=group(LargePacket(1418, 1331, without_udp=True))).verdict == "at-risk"


def test_hits_on_a_policy_that_the_text_does_not_have_are_told(vpn1) -> None:
    audit = judge(parse(vpn1()), "vpn1", group(LargePacket(1418, 1315, without_udp=True), name="GHOST"))
    assert notice("evidence-of-unknown-policy", policy="GHOST", users=1) in audit.warnings


LOG = """\
Jun 22 2022 13:29:11 vpn1 : %ASA-6-722033: Group <STAFF> User <alice> IP <198.51.100.7> First TCP SVC connection established for SVC session.
Jun 22 2022 13:29:11 vpn1 : %ASA-4-722051: Group <STAFF> User <alice> IP <198.51.100.7> IPv4 Address <10.9.0.10> IPv6 address <::> assigned to session
Jun 22 2022 13:29:20 vpn1 : %ASA-6-722036: Group <STAFF> User <alice> IP <198.51.100.7> Transmitting large packet 1418 (threshold 1315).
Jun 22 2022 13:30:12 vpn1 : %ASA-5-722032: Group <STAFF> User <alice> IP <198.51.100.7> New TCP SVC connection replacing old connection.
"""


def test_from_log_lines_to_a_confirmed_and_calibrated_finding(finding) -> None:
    found = finding(seen=observe_device("vpn1", logging_text=LOG))
    assert found.confirmed
    assert found.evidence.reconnects == 1
    assert found.evidence.user_names == ("alice",)
    assert found.calibrated == ("asa/sysopt/none", "record/sysopt/none")
    assert (found.tls_mtu, found.dtls_mtu, found.safe_mtu, found.certainty) == (1315, 1418, 1315, "all-assumptions")


FORGED = (
    "Jun 22 2022 13:29:20 relay vpn1: message repeated 5 times: [Jun 22 2022 13:29:20 vpn1 : %ASA-6-722036: Group <STAFF> "
    "User <eve> IP <6.6.6.6> Transmitting large packet 1418 (threshold 1315).]\n"
)


@pytest.mark.parametrize("lines", [FORGED, FORGED * 3, LOG.replace("alice", "eve"), LOG * 2])
def test_whatever_one_user_of_a_log_file_says_calibrates_nothing(lines: str, finding) -> None:
    seen = observe(SyslogReader(device="vpn1").read([lines.encode()]))["vpn1"]
    assert finding(seen=seen).calibrated == ()
    two = observe(SyslogReader(device="vpn1").read([(LOG + LOG.replace("alice", "bob")).encode()]))["vpn1"]
    assert finding(seen=two).calibrated == ("asa/sysopt/none", "record/sysopt/none")


def test_a_lone_forged_line_blocks_and_moves_nothing(finding) -> None:
    forged = LOG.splitlines()[2].replace("1315", "600")
    found = finding(seen=observe_device("vpn1", logging_text=forged))
    assert "model-mismatch" in found.caveats
    assert (found.safe_mtu, found.confirmed, found.calibrated) == (1315, False, ())
