"""The verdict table row by row, each row with the one line that makes it hold."""

from __future__ import annotations

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.asa.running_config import From, Owner, Sourced
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import Scope, Status, Verdict
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.mtu.assumptions import assumption_set

TYPE = "tunnel-group STAFF-VPN type remote-access\n"
SSL12 = 'ssl cipher tlsv1.2 custom "AES256-SHA"\n'
ALL_TLS = 'ssl cipher tlsv1 custom "AES256-SHA"\nssl cipher tlsv1.1 custom "AES256-SHA"\n' + SSL12
DTLS = 'ssl cipher dtlsv1 custom "AES256-SHA"\nssl cipher dtlsv1.2 custom "AES256-SHA"\n'
REKEY = "  anyconnect ssl rekey time 30\n"
RC4 = (ALL_TLS, 'ssl cipher tlsv1 custom "RC4-SHA"\nssl server-version tlsv1-only\n')

TECHNOTE_ALONE = Options(assume=assumption_set("technote"))
SAFE_MTU = (REKEY, "  anyconnect mtu 1200\n")

ROWS = {
    "no type": (((TYPE, ""),), "unknown", "incomplete-config"),
    "a type nobody knows": (
        ((TYPE, TYPE.replace("remote-access", "moon-base")),),
        "not-applicable",
        "not-remote-access",
    ),
    "no webvpn": (((" enable outside\n", ""),), "not-applicable", "webvpn-not-enabled"),
    "no anyconnect": (((" anyconnect enable\n", ""),), "not-applicable", "anyconnect-not-enabled"),
    "no policy": (
        ((" default-group-policy STAFF\n", " default-group-policy GONE\n"),),
        "unknown",
        "group-policy-missing",
    ),
    "external policy": (
        (("group-policy STAFF internal\n", "group-policy STAFF external server-group R password *****\n"),),
        "unknown",
        "external-group-policy",
    ),
    "clientless only": (
        ((" vpn-tunnel-protocol ssl-client\n", " vpn-tunnel-protocol ssl-clientless\n"),),
        "not-applicable",
        "ssl-client-not-allowed",
    ),
    "no protocol anywhere": (
        ((" vpn-tunnel-protocol ssl-client\n", " vpn-idle-timeout 30\n"),),
        "not-applicable",
        "ssl-client-not-allowed",
    ),
    "dtls none": (((REKEY, "  anyconnect ssl dtls none\n"),), "safe", "dtls-disabled"),
    "tls-only": (((" enable outside\n", " enable outside tls-only\n"),), "safe", "dtls-disabled"),
    "a suite nobody knows": (
        ((ALL_TLS, 'ssl cipher tlsv1.2 custom "MOON-SHA"\nssl server-version tlsv1.2\n'),),
        "unknown",
        "unknown-suite",
    ),
    "a level nobody knows": (
        ((ALL_TLS, "ssl cipher tlsv1.2 gold\nssl server-version tlsv1.2\n"),),
        "unknown",
        "unsupported-value",
    ),
    "an unreadable mtu": (((REKEY, "  anyconnect mtu lots\n"),), "unknown", "unsupported-value"),
    "an unreadable mtu where DfltGrpPolicy has one": (
        (
            (" vpn-simultaneous-logins 3\n", " webvpn\n  anyconnect mtu 1200\n"),
            (REKEY, "  anyconnect mtu lots\n"),
        ),
        "unknown",
        "unsupported-value",
    ),
    "unreadable dtls where DfltGrpPolicy has it off": (
        (
            (" vpn-simultaneous-logins 3\n", " webvpn\n  anyconnect ssl dtls none\n"),
            (REKEY, "  anyconnect ssl dtls bogus\n"),
        ),
        "unknown",
        "unsupported-value",
    ),
    "a protocol version nobody knows": (
        (SAFE_MTU, (SSL12, 'ssl cipher tlsv1.4 custom "RC4-SHA"\n' + SSL12)),
        "unknown",
        "unsupported-value",
    ),
    "a level and a word too many": (
        (SAFE_MTU, (SSL12, "ssl cipher tlsv1.2 high foo\n")),
        "unknown",
        "unsupported-value",
    ),
    "a server version nobody knows": (
        (SAFE_MTU, (SSL12, SSL12 + "ssl server-version tlsv9\n")),
        "unknown",
        "unsupported-value",
    ),
    "an unreadable tcpmss": (
        (SAFE_MTU, (SSL12, SSL12 + "sysopt connection tcpmss banana\n")),
        "unknown",
        "unsupported-value",
    ),
    "an unreadable link": (
        (SAFE_MTU, ("mtu outside 1500\n", "mtu outside banana\n")),
        "unknown",
        "unsupported-value",
    ),
    "an unreadable link where nobody connects": (
        (SAFE_MTU, ("mtu outside 1500\n", "mtu inside banana\n")),
        "safe",
        "mtu-at-or-below-tls-mtu",
    ),
    "an unreadable link, at risk anyway": (
        (("mtu outside 1500\n", "mtu outside banana\n"),),
        "at-risk",
        "dtls-mtu-exceeds-tls-mtu",
    ),
    "a link without room": ((("mtu outside 1500\n", "mtu outside 64\n"),), "unknown", "unsupported-value"),
    "a tcpmss without room": (
        (("mtu outside 1500\n", "mtu outside 1500\nsysopt connection tcpmss 48\n"),),
        "unknown",
        "unsupported-value",
    ),
    "a second link without room": (
        (
            (" enable outside\n", " enable outside\n enable dmz\n"),
            ("mtu outside 1500\n", "mtu outside 1500\nmtu dmz 64\n"),
        ),
        "at-risk",
        "dtls-mtu-exceeds-tls-mtu",
    ),
    "fragments, and a suite nobody knows": (
        (
            (REKEY, "  anyconnect ssl df-bit-ignore enable\n"),
            (SSL12, 'ssl cipher tlsv1.2 custom "AES256-SHA:MOON-SHA"\n'),
        ),
        "unknown",
        "unknown-suite",
    ),
    "fragments, and a level nobody knows": (
        ((REKEY, "  anyconnect ssl df-bit-ignore enable\n"), (SSL12, "ssl cipher tlsv1.2 gold\n")),
        "unknown",
        "unsupported-value",
    ),
    "rc4 alone": (
        ((DTLS, 'ssl cipher dtlsv1 custom "RC4-SHA"\nssl cipher dtlsv1.2 custom "RC4-SHA"\n'),),
        "safe",
        "dtls-not-negotiable",
    ),
    "release 8.6": (
        (("ASA Version 9.12(4)67", "ASA Version 8.6(1)"), (ALL_TLS + DTLS, "ssl encryption aes256-sha1\n")),
        "unknown",
        "single-mtu-release",
    ),
    "as it stands": ((), "at-risk", "dtls-mtu-exceeds-tls-mtu"),
    "fragments": (((REKEY, "  anyconnect ssl df-bit-ignore enable\n"),), "mitigated", "fragmentation-allowed"),
    "low mtu": (((REKEY, "  anyconnect mtu 1315\n"),), "safe", "mtu-at-or-below-tls-mtu"),
    "rc4 and no tcpmss": (
        (RC4, ("mtu outside 1500\n", "mtu outside 1500\nsysopt connection tcpmss 0\n")),
        "safe",
        "tls-mtu-at-or-above-dtls-mtu",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str, finding) -> None:
    edits, verdict, reason = ROWS[row]
    found = finding(*edits)
    assert (found.verdict, found.reason) == (verdict, reason)
    if verdict in ("unknown", "not-applicable"):
        assert (found.tls_mtu, found.dtls_mtu, found.gap, found.safe_mtu) == (None,) * 4
        assert found.assumptions == {}
        assert found.certainty is None
    elif reason in ("dtls-disabled", "dtls-not-negotiable"):
        assert (found.tls_mtu, found.assumptions["technote"].tls_mtu) == (1395, 1315)
        assert (found.dtls_mtu, found.gap, found.safe_mtu, found.certainty) == (None,) * 4
    else:
        assert found.certainty
        assert list(found.assumptions) == ["guide", "technote", "rfc"]


def test_the_numbers_of_a_box_at_risk(finding) -> None:
    found = finding()
    assert (found.tls_mtu, found.dtls_mtu, found.gap, found.safe_mtu) == (1395, 1406, 11, 1315)
    assert (found.tls_suite, found.tls_version, found.dtls_suite) == ("AES256-SHA", "tlsv1.2", "AES256-SHA")
    assert (found.numbers_from, found.certainty, found.interface) == ("guide", "all-assumptions", "outside")
    assert found.primary_set == "guide"
    assert found.assumptions["technote"].to_dict() == {"tls_mtu": 1315, "dtls_mtu": 1418, "gap": 103}
    assert found.tls_steps[-1].value == 1395
    assert found.dtls_steps[-1].value == 1406


def test_numbers_come_from_the_first_set_that_shows_the_verdict(finding) -> None:
    rc4 = finding(RC4)
    assert (rc4.tls_mtu, rc4.dtls_mtu, rc4.certainty) == (1347, 1418, "other-assumptions")
    assert (rc4.numbers_from, rc4.assumptions["guide"].gap) == ("technote", 0)
    older = finding(RC4, ("9.12(4)67", "9.8(4)"))
    assert (older.primary_set, older.numbers_from, older.certainty) == ("technote", "technote", "primary-assumptions")
    # at tcpmss 1380 a GCM record leaves 1343 bytes, charged like a block suite only 1287
    alone = finding(RC4, options=Options(assume=assumption_set("guide")))
    assert (alone.verdict, alone.reason) == ("safe", "tls-mtu-at-or-above-dtls-mtu")


def test_safe_mtu_is_the_smallest_of_all_suites_and_sets(finding) -> None:
    both = 'ssl cipher tlsv1.2 custom "AES256-SHA:ECDHE-RSA-AES256-GCM-SHA384"\n'
    assert finding((SSL12, both)).safe_mtu == 1287


def test_safe_mtu_is_never_above_what_every_release_accepts(finding) -> None:
    found = finding(
        RC4, ("mtu outside 1500\n", "mtu outside 1600\nsysopt connection tcpmss 1560\n"), options=TECHNOTE_ALONE
    )
    assert found.tls_mtu is not None
    assert found.tls_mtu > 1406
    assert found.safe_mtu == 1406


def test_the_worst_interface_gives_the_numbers(finding) -> None:
    found = finding(
        (" enable outside\n", " enable dmz tls-only\n enable outside\n enable backup\n"),
        ("mtu outside 1500\n", "mtu dmz 9000\nmtu outside 1500\nmtu backup 1400\n"),
    )
    assert found.interface == "outside"
    assert found.safe_mtu == 1299  # the narrower interface must be served too


def test_what_is_known_to_be_at_risk_outweighs_an_unknown_suite(finding) -> None:
    found = finding((SSL12, 'ssl cipher tlsv1.2 custom "AES256-SHA:MOON-SHA"\n'))
    assert (found.verdict, found.safe_mtu) == ("at-risk", 1315)


def test_a_policy_within_reach_of_nobody_is_a_finding_of_its_own(finding) -> None:
    spare = "group-policy SPARE internal\ngroup-policy SPARE attributes\n vpn-tunnel-protocol ssl-client\n"
    mapped = "ldap attribute-map MAP\n map-name memberOf Group-Policy\n map-value memberOf CN=x SPARE\n"
    found = finding((TYPE, spare + mapped + TYPE), name="SPARE", scope=Scope.GROUP_POLICY)
    assert found.verdict == "at-risk"
    assert found.reachable_by == (Owner("ldap attribute-map", "MAP"),)


def test_a_user_with_a_setting_of_its_own_is_a_finding(finding) -> None:
    user = "username alice attributes\n webvpn\n  anyconnect mtu 1462\n"
    capped = (REKEY, "  anyconnect mtu 1300\n")
    found = finding(capped, (TYPE, user + TYPE), name="alice", scope=Scope.USERNAME)
    assert (found.verdict, found.group_policy, found.configured_mtu) == ("at-risk", "STAFF", 1462)
    assert finding(capped, (TYPE, user + TYPE)).verdict == "safe"


def test_a_user_whom_any_policy_may_take_is_judged_on_the_one_that_nothing_eases(finding) -> None:
    easy = "group-policy EASY internal\ngroup-policy EASY attributes\n vpn-tunnel-protocol ssl-client\n webvpn\n"
    easy += "  anyconnect ssl df-bit-ignore enable\n"
    groups = "tunnel-group A type remote-access\ntunnel-group A general-attributes\n default-group-policy EASY\n"
    user = "username carl attributes\n webvpn\n  anyconnect ssl dtls enable\n"
    found = finding((TYPE, easy + user + groups + TYPE), name="carl", scope=Scope.USERNAME)
    assert (found.verdict, found.group_policy) == ("at-risk", "STAFF")


def test_the_default_policy_is_not_blamed_for_an_mtu_that_a_user_has(finding) -> None:
    user = "username bob attributes\n vpn-group-policy DfltGrpPolicy\n vpn-tunnel-protocol ssl-client\n"
    own = "username bob attributes\n webvpn\n  anyconnect mtu 1450\n"
    at = (TYPE, user + TYPE)
    assert "default-policy-affected" in finding(at, name="bob", scope=Scope.USERNAME).caveats
    at = (TYPE, user + own + TYPE)
    assert "default-policy-affected" not in finding(at, name="bob", scope=Scope.USERNAME).caveats


def test_default_webvpn_group_always_has_a_finding(finding) -> None:
    found = finding(name="DefaultWEBVPNGroup")
    assert (found.group_policy, found.reason) == ("DfltGrpPolicy", "ssl-client-not-allowed")


def test_an_excerpt_is_partial_and_only_its_risk_stands(vpn1) -> None:
    excerpt = vpn1(("Cryptochecksum:00112233445566778899aabbccddeeff\n: end\n", ""))
    audit = judge(parse(excerpt), "vpn1")
    assert audit.status is Status.PARTIAL
    assert {each.verdict for each in audit.findings} == {Verdict.AT_RISK, Verdict.UNKNOWN}
    whole = judge(parse(excerpt), "vpn1", options=Options(assume_complete=True))
    assert whole.status is Status.OK
    assert {each.verdict for each in whole.findings} == {Verdict.AT_RISK, Verdict.NOT_APPLICABLE}


def test_every_value_cites_its_line(finding, vpn1) -> None:
    lines = vpn1().splitlines()
    found = finding()
    cited = {setting: each for setting, each in found.sources.items() if each.line}
    for setting, text in {
        "mtu outside": "mtu outside 1500",
        "ssl cipher tlsv1.2": 'ssl cipher tlsv1.2 custom "AES256-SHA"',
        "enable outside": " enable outside",
        "default-group-policy": " default-group-policy STAFF",
        "tunnel-group type": "tunnel-group STAFF-VPN type remote-access",
        "anyconnect": " anyconnect enable",
        "release": "ASA Version 9.12(4)67",
    }.items():
        assert lines[cited[setting].line - 1] == text
    assert found.sources["sysopt connection tcpmss"] == Sourced(1380, None, From.DEFAULT)


def test_what_is_not_understood_is_cited_and_no_mtu_is_claimed(finding) -> None:
    default = (" vpn-simultaneous-logins 3\n", " webvpn\n  anyconnect mtu 1200\n")
    found = finding(default, (REKEY, "  anyconnect mtu lots\n"))
    assert (found.configured_mtu, found.configured_mtu_from) == (None, None)
    (source,) = [each for each in found.to_dict()["sources"] if each["setting"].endswith("anyconnect mtu")]
    assert (source["setting"], source["value"]) == (
        "group-policy STAFF / webvpn / anyconnect mtu",
        "not understood: anyconnect mtu lots",
    )
    assert source["line"] is not None


def test_no_number_below_one_byte_is_printed(finding) -> None:
    link = ("mtu outside 1500\n", "mtu outside 64\n")
    for edits in ((link,), (link, (REKEY, "  anyconnect ssl dtls none\n"))):
        found = finding(*edits)
        assert (found.tls_mtu, found.dtls_mtu, found.safe_mtu, found.assumptions) == (None, None, None, {})
    beside = finding((" enable outside\n", " enable outside\n enable dmz\n"), (link[0], link[0] + "mtu dmz 64\n"))
    assert (beside.tls_mtu, beside.safe_mtu) == (1395, 1315)


@pytest.mark.parametrize("kind", ["tunnel-group STAFF-VPN type moon-base\n", ""])
def test_the_policy_of_a_group_that_may_be_anything_is_a_finding_of_its_own(kind: str, finding) -> None:
    found = finding((TYPE, kind), name="STAFF", scope=Scope.GROUP_POLICY)
    assert (found.verdict, found.group_policy) == ("at-risk", "STAFF")


def test_a_mixture_of_configurations_is_partial_and_nobody_answers_for_it(vpn1) -> None:
    for complete in (False, True):
        mixed = vpn1(("hostname vpn1\n", "hostname vpn1\nhostname vpn2\n"))
        audit = judge(parse(mixed), "vpn1", options=Options(assume_complete=complete))
        assert audit.status is Status.PARTIAL
        assert {(each.verdict, each.reason) for each in audit.findings} == {
            ("at-risk", "dtls-mtu-exceeds-tls-mtu"),
            ("unknown", "incomplete-config"),
        }
        assert [sentence(each) for each in audit.warnings] == [
            "more than one configuration in one text: hostnames vpn1, vpn2"
        ]


@pytest.mark.parametrize(
    ("line", "elsewhere"),
    [
        (" authentication-server-group none\n", False),
        (" authentication-server-group LOCAL\n", False),
        (" secondary-authentication-server-group RSA\n", True),
        (" secondary-authentication-server-group none\n", False),
        (" authorization-server-group RAD\n", True),
    ],
)
def test_who_may_hand_out_attributes(line: str, elsewhere: bool, finding) -> None:
    found = finding((" address-pool POOL\n", f" address-pool POOL\n{line}"))
    assert ("external-attributes-possible" in found.caveats) is elsewhere


def test_configured_mtu_is_told_even_where_nothing_can_be_judged(finding) -> None:
    found = finding((REKEY, "  anyconnect mtu 1300\n"), (" enable outside\n", ""))
    assert (found.verdict, found.configured_mtu, found.configured_mtu_from) == ("not-applicable", 1300, "configured")


@pytest.mark.parametrize(
    ("edits", "caveat"),
    [
        ((), "icmp-unreachable-rate-limited"),
        ((), "icmp-path-unknown"),
        (((" anyconnect enable\n", " anyconnect enable\n dtls port 4443\n"),), "non-default-dtls-port"),
        (
            ((" address-pool POOL\n", " address-pool POOL\n authentication-server-group RAD LOCAL\n"),),
            "external-attributes-possible",
        ),
        (((" vpn-simultaneous-logins 3\n", " webvpn\n  anyconnect mtu 1400\n"),), "default-policy-affected"),
        (((TYPE, TYPE + "tunnel-group 192.0.2.9 type ipsec-l2l\n"),), "l2l-tunnels-present"),
        ((("ASA Version 9.12(4)67\n", ""),), "release-unknown"),
        ((RC4, ("mtu outside 1500\n", "mtu outside 1500\nsysopt connection tcpmss 0\n")), "udp-above-client-mtu"),
    ],
)
def test_caveat(edits: tuple, caveat: str, finding) -> None:
    assert caveat in finding(*edits).caveats


def test_a_plain_box_has_no_other_caveats(finding) -> None:
    assert finding().caveats == ("icmp-unreachable-rate-limited", "icmp-path-unknown")


def test_no_cut_of_the_text_calls_a_risk_safe(vpn1) -> None:
    text = vpn1((" enable outside\n", " enable outside\n enable dmz tls-only\n"))
    lines = text.splitlines(keepends=True)
    risky = {each.name for each in judge(parse(text), "x").findings if each.verdict is Verdict.AT_RISK}
    assert risky == {"STAFF-VPN"}
    for end in range(1, len(lines) - 1):
        cut = judge(parse("".join(lines[:end])), "x")
        if "Cryptochecksum" not in lines[end - 1]:
            assert cut.status is Status.PARTIAL
        for each in cut.findings:
            if each.name in risky:
                assert each.verdict in (Verdict.AT_RISK, Verdict.UNKNOWN), (end, each)


def test_a_prediction_judges_only_what_it_asks_for(vpn1) -> None:
    audit = judge(parse(vpn1()), "x", only=frozenset({(Scope.TUNNEL_GROUP, "STAFF-VPN")}))
    assert [each.name for each in audit.findings] == ["STAFF-VPN"]


WHOLE = (
    "ASA Version 9.12(4)\nhostname a\nmtu outside 1500\nwebvpn\n enable outside\n anyconnect enable\n"
    "group-policy GP internal\ngroup-policy GP attributes\n vpn-tunnel-protocol ssl-client\n"
    "tunnel-group T type remote-access\ntunnel-group T general-attributes\n default-group-policy GP\n: end\n"
)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        (" enable outside", " enable outside inside"),
        (" enable outside", " default enable outside"),
        (" anyconnect enable", " default anyconnect enable"),
        (" anyconnect enable", " anyconnect enable now"),
        ("group-policy GP internal", "group-policy GP internal from B"),
        (" vpn-tunnel-protocol ssl-client", " default vpn-tunnel-protocol"),
        (" vpn-tunnel-protocol ssl-client", " vpn-tunnel-protocol"),
        (" vpn-tunnel-protocol ssl-client", " vpn-tunnel-prot"),
        (" vpn-tunnel-protocol ssl-client", " vpn-tunnel-protocol ssl-client\n webvpn\n  default anyconnect mtu"),
        (" default-group-policy GP", " default default-group-policy"),
    ],
)
def test_a_decisive_line_that_is_not_understood_leaves_it_unknown(line, instead):
    def found(text):
        findings = judge(parse(text), "a").findings
        return next((str(each.verdict), each.reason) for each in findings if each.name == "T")

    assert found(WHOLE) == ("at-risk", "dtls-mtu-exceeds-tls-mtu")
    assert found(WHOLE.replace(line, instead)) == ("unknown", "unsupported-value")


def test_an_interface_that_is_not_understood_takes_nothing_from_a_risk_on_another():
    text = WHOLE.replace(" enable outside\n", " enable outside\n enable inside dmz\n")
    assert {each.name: str(each.verdict) for each in judge(parse(text), "a").findings}["T"] == "at-risk"
    only = text.replace(" enable outside\n", " enable outside tls-only\n")
    assert {each.name: str(each.verdict) for each in judge(parse(only), "a").findings}["T"] == "unknown"


def test_a_text_that_lost_its_beginning_is_partial_and_says_so():
    audit = judge(parse(WHOLE.partition("hostname a\n")[2]), "a").to_dict()
    assert audit["status"] == "partial"
    assert "does not begin like a configuration" in audit["warnings"][0]
    assert judge(parse(WHOLE.partition("\n")[2]), "a").to_dict()["status"] == "ok", "the hostname is a beginning, too"
