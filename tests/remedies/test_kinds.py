"""At which numbers a remedy begins and ends, whom it reaches, and how it is spelled."""

import dataclasses

import pytest

from nornir_anyconnect.asa.config_commands import applied
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.finding import Scope, Verdict
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.errors import PlanError
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.kinds import decode, kinds
from nornir_anyconnect.remedies.kinds.df_bit_ignore import DfBitIgnore
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu
from nornir_anyconnect.remedies.kinds.tcpmss import TcpMss
from nornir_anyconnect.remedies.propose import remedies_of
from nornir_anyconnect.remedies.remedy_context import RemedyContext
from tests.remedies.test_propose import DEFAULT, END, HEAD, ONLY_RC4_TLS, after, audited, group, policy, remedy

SIX = "ipv6-address-pools value SIX"
OLD_HEAD = HEAD.replace("9.12(4)", "9.8(2)")  # which has no DTLS 1.2


def needing(safe_mtu, *parts, head=HEAD):
    """The remedies where every finding is at risk above that MTU, bytes."""
    config, device, _ = audited(DEFAULT, *parts, head=head)
    findings = tuple(dataclasses.replace(each, verdict=Verdict.AT_RISK, safe_mtu=safe_mtu) for each in device.findings)
    return remedies_of(RemedyContext(config, dataclasses.replace(device, findings=findings)))


def test_the_default_comes_first_and_what_sends_nothing_last():
    assert list(kinds()) == ["mtu", "df-bit-ignore", "tcpmss", "tls-only-group", "dtls-port"]


@pytest.mark.parametrize(
    ("safe_mtu", "attributes", "blocks"),
    [
        (575, (), ("mtu-below-576",)),
        (576, (), ()),
        (1279, (SIX,), ("mtu-below-1280-ipv6",)),
        (1280, (SIX,), ()),
    ],
)
def test_the_lowest_mtu_of_each_ip_version_is_still_set(safe_mtu, attributes, blocks):
    one = remedy(needing(safe_mtu, policy(attributes=attributes), group()), "T", "mtu")
    assert one.blocked_by == blocks
    assert bool(one.commands) == (safe_mtu >= 576)


@pytest.mark.parametrize(("configured", "offered"), [(1299, False), (1300, False), (1301, True)])
def test_an_mtu_that_is_small_enough_already_is_not_set_again(configured, offered):
    found = needing(1300, policy("GP", f"anyconnect mtu {configured}"), group())
    assert (remedy(found, "T", "mtu") is not None) == offered


def test_a_line_in_a_username_reaches_that_user_alone():
    users = "".join(
        f"username {name} attributes\n vpn-group-policy GP\n webvpn\n  anyconnect mtu 1402\n" for name in ("ann", "bob")
    )
    one = remedy(needing(1300, policy(), group(), users), "ann", "mtu", Scope.USERNAME)
    assert one.reaches == ((Scope.USERNAME, "ann"),)


@pytest.mark.parametrize(
    ("release", "line", "typed"),
    [
        ("8.2(5)", "", "svc mtu 1300"),
        ("8.4(1)", "", "anyconnect mtu 1300"),
        ("8.4(1)", "svc dtls enable", "svc mtu 1300"),
    ],
)
def test_a_box_is_spoken_to_as_its_release_or_its_own_lines_spell(release, line, typed):
    head = HEAD.replace("9.12(4)", release)
    found = needing(1300, policy("GP", *([line] if line else [])), group(), head=head)
    assert remedy(found, "T", "mtu").lines[-1] == typed


@pytest.mark.parametrize(
    ("lines", "rollback"),
    [
        (("anyconnect df-bit-ignore disable",), "anyconnect df-bit-ignore disable"),
        (("anyconnect ssl  df-bit-ignore disable",), "anyconnect ssl df-bit-ignore none"),
        (
            ("anyconnect ssl df-bit-ignore enable", "anyconnect ssl df-bit-ignore disable"),
            "anyconnect ssl df-bit-ignore disable",
        ),
    ],
)
def test_fragments_go_back_to_what_was_in_force(lines, rollback):
    _, _, found = audited(DEFAULT, policy("GP", *lines), group())
    assert remedy(found, "T", "df-bit-ignore").rollback[-1] == rollback


def test_the_fragments_of_a_user_go_back_to_the_users_own_line_not_to_one_of_a_policy_of_that_name():
    user = "username GP attributes\n vpn-group-policy GP\n webvpn\n  anyconnect ssl df-bit-ignore none\n"
    _, _, found = audited(DEFAULT, policy("GP", "anyconnect ssl df-bit-ignore disable"), group(), user)
    one = remedy(found, "GP", "df-bit-ignore", Scope.USERNAME)
    assert one.rollback == ("username GP attributes", "webvpn", "anyconnect ssl df-bit-ignore none")


@pytest.mark.parametrize(("link", "typed"), [(1500, 1451), (9000, 1451)])
def test_tcpmss_is_raised_as_far_as_clients_need_and_a_jumbo_interface_makes_no_jumbo_client(link, typed):
    head = OLD_HEAD.replace("1500", str(link)) + "interface GigabitEthernet0/1\n nameif inside\n"
    config, device, found = audited(ONLY_RC4_TLS, DEFAULT, policy(), group(), head=head)
    one = remedy(found, "T", "tcpmss")
    assert one.lines == (f"sysopt connection tcpmss {typed}",)
    assert after(config, device, one)[Scope.TUNNEL_GROUP, "T"].verdict is Verdict.SAFE


@pytest.mark.parametrize("value", [0, 1461, 1500, 1501])
def test_a_tcpmss_that_limits_nothing_is_left_alone(value):
    _, _, found = audited(f"sysopt connection tcpmss {value}\n", DEFAULT, policy(), group())
    assert remedy(found, "T", "mtu") is not None
    assert remedy(found, "T", "tcpmss") is None


def test_tcpmss_is_offered_to_those_alone_whom_it_helps():
    parts = (DEFAULT, policy("LOW", "anyconnect mtu 1300"), policy(), group("A", "LOW"), group("B"))
    _, _, found = audited(*parts)
    assert remedy(found, "A", "tcpmss").closes
    assert remedy(found, "B", "tcpmss") is None


def test_one_tcpmss_is_enough_for_the_neediest_of_those_whom_it_helps():
    parts = (ONLY_RC4_TLS, DEFAULT, policy("LOW", "anyconnect mtu 1380"), policy(), group("A", "LOW"), group("B"))
    config, device, found = audited(*parts, head=OLD_HEAD)
    lines = {remedy(found, name, "tcpmss").lines for name in ("A", "B")}
    assert lines == {("sysopt connection tcpmss 1451",)}
    whole = after(config, device, remedy(found, "A", "tcpmss"))
    assert {whole[Scope.TUNNEL_GROUP, name].verdict for name in ("A", "B")} == {Verdict.SAFE}


def test_advice_closes_nothing():
    _, _, found = audited(DEFAULT, policy(), group(), head=HEAD + " dtls port 4443\n")
    assert not remedy(found, "T", "dtls-port").closes


def test_a_finding_that_would_be_unknown_is_not_called_closed():
    suites = 'ssl cipher tlsv1.2 custom "AES256-SHA:NO-SUCH-SUITE"\n'
    config, device, found = audited(suites, DEFAULT, policy(), group())
    one = remedy(found, "T", "mtu")
    assert after(config, device, one)[Scope.TUNNEL_GROUP, "T"].verdict is Verdict.UNKNOWN
    assert (one.closes, one.closes_under, one.predicted) == (False, (), {})


@pytest.mark.parametrize("kind", ["mtu", "df-bit-ignore"])
def test_a_user_without_a_policy_gets_the_line_itself_whatever_policy_a_login_picks(kind):
    default = DEFAULT + " webvpn\n  anyconnect mtu 1280\n"
    policies = policy("A", "anyconnect mtu 1402") + policy("B", "anyconnect mtu 1400")
    user = "username bob attributes\n webvpn\n  anyconnect ssl dtls enable\n"
    config, device, found = audited(default, policies, group("TA", "A"), group("TB", "B"), user)
    one = remedy(found, "bob", kind, Scope.USERNAME)
    whole = after(config, device, one)[Scope.USERNAME, "bob"]
    assert one.lines[0] == "username bob attributes"
    assert one.predicted == whole.assumptions
    assert whole.verdict is (Verdict.SAFE if kind == "mtu" else Verdict.MITIGATED)


def test_a_user_without_a_policy_may_get_ipv6_from_whichever_policy_a_login_picks():
    low = "sysopt connection tcpmss 1300\n"
    user = "username bob attributes\n webvpn\n  anyconnect ssl dtls enable\n"
    six = policy("B", "anyconnect mtu 1300", attributes=(SIX,))
    _, _, found = audited(low, DEFAULT, policy("A"), six, group("TA", "A"), group("TB", "B"), user)
    assert remedy(found, "bob", "mtu", Scope.USERNAME).blocked_by == ("mtu-below-1280-ipv6",)
    assert remedy(found, "TA", "mtu").blocked_by == ()
    own = user.replace("attributes\n", "attributes\n vpn-group-policy A\n", 1)
    _, _, found = audited(low, DEFAULT, policy("A"), six, group("TA", "A"), group("TB", "B"), own)
    assert remedy(found, "bob", "mtu", Scope.USERNAME).blocked_by == ()


def test_ipv6_of_a_policy_that_does_not_decide_the_size_of_a_user_blocks_it_all_the_same():
    low = "sysopt connection tcpmss 1300\n"
    user = "username bob attributes\n webvpn\n  anyconnect ssl dtls enable\n"
    parts = (DEFAULT, policy("A"), policy("B", attributes=(SIX,)), group("TA", "A"), group("TB", "B"), user)
    _, device, found = audited(low, *parts)
    assert [each.group_policy for each in device.findings if each.name == "bob"] == ["A"]
    assert remedy(found, "bob", "mtu", Scope.USERNAME).blocked_by == ("mtu-below-1280-ipv6",)


def test_what_was_seen_of_another_policy_is_read_by_that_policys_own_settings_in_a_prediction_too():
    """A packet larger than the adapter's MTU fits where its policy compresses, and narrows what is assumed for all."""
    packet = LargePacket(1500, 1367, without_udp=True, count=3, own=True)
    seen = DeviceObservations("fw", {"SEEN": GroupObservations("SEEN", large_packets=(packet,))})
    policies = policy("SEEN", "anyconnect ssl compression deflate") + policy()
    config = parse(HEAD + DEFAULT + policies + group("S", "SEEN") + group() + END)
    one = remedy(remedies_of(RemedyContext(config, judge(config, "fw", seen), None, seen)), "T", "mtu")
    whole = judge(applied(config, one.commands), "fw", seen)
    (finding,) = (each for each in whole.findings if each.name == "T")
    assert one.predicted == finding.standing
    assert set(one.predicted).isdisjoint({"technote", "guide", "rfc"})


@pytest.mark.parametrize(("scope", "name"), [(ClientScope.USERNAME, "user-7"), (ClientScope.GROUP_POLICY, "ann")])
def test_a_command_for_a_user_hides_the_user_and_one_for_a_policy_names_it(scope, name):
    command = ClientMtu(ClientSettingsOf(scope, "ann"), 1406, 1287)
    shown = command.with_users({"ann": "user-7"}.get)
    assert shown == dataclasses.replace(command, target=ClientSettingsOf(scope, name))


@pytest.mark.parametrize(("word", "on"), [("enable", True), ("disable", False), ("none", False)])
def test_a_manager_is_told_whether_the_df_bit_is_ignored(word, on):
    command = DfBitIgnore(ClientSettingsOf(ClientScope.GROUP_POLICY, "GP"), None, word)
    assert command.in_the_manager == ("ignoreDFBit", on)


def test_a_command_that_names_no_user_is_the_same_whatever_users_are_called():
    command = TcpMss(None, 1200)
    assert command.with_users(str.upper) is command


@pytest.mark.parametrize(
    "data", [{}, {"command": "Reload"}, {"command": "DfBitIgnore"}, {"command": "DfBitIgnore", "x": 1}]
)
def test_what_is_no_command_of_this_tool_is_not_decoded(data):
    with pytest.raises(PlanError, match="is not a command of this tool"):
        decode(data)
