"""Inheritance, and the origin of every value."""

import pytest

from nornir_anyconnect.asa.effective import (
    effective_policy,
    effective_user,
    overriding_usernames,
    policy_name_of,
    reachable_by,
    remote_access_groups,
    unreferenced_policies,
)
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.asa.parser import PulledConfig, parse, parse_pull
from nornir_anyconnect.asa.running_config import From, Owner, Sourced

CHAIN = """\
group-policy DfltGrpPolicy attributes
 vpn-tunnel-protocol ikev1 ssl-client
 ipv6-address-pools value V6
 webvpn
  anyconnect mtu 1350
  anyconnect ssl dtls none
group-policy OWN internal
group-policy OWN attributes
 vpn-tunnel-protocol ssl-client
 ipv6-address-pools none
 webvpn
  anyconnect mtu 1280
  anyconnect ssl dtls enable
  anyconnect ssl df-bit-ignore enable
group-policy EMPTY internal
group-policy EMPTY attributes
group-policy FAR external server-group RADIUS password x
"""


def test_own_lines_come_first():
    policy = effective_policy(parse(CHAIN), "OWN")
    assert policy.exists
    assert policy.mtu == Sourced(1280, 12, From.CONFIGURED, Owner("group-policy", "OWN"))
    assert policy.dtls == Sourced(True, 13, From.CONFIGURED, Owner("group-policy", "OWN"))
    assert policy.df_bit_ignore.value is True
    assert policy.tunnel_protocols.line == 9
    assert (policy.mtu.owner.name, policy.ipv6, policy.external) == ("OWN", False, False)


def test_what_is_not_set_comes_from_the_default_policy():
    policy = effective_policy(parse(CHAIN), "EMPTY")
    assert policy.mtu == Sourced(1350, 5, From.INHERITED, Owner("group-policy", "DfltGrpPolicy"))
    assert policy.dtls == Sourced(False, 6, From.INHERITED, Owner("group-policy", "DfltGrpPolicy"))
    assert policy.tunnel_protocols.value == ("ikev1", "ssl-client")
    assert (policy.mtu.owner.name, policy.ipv6) == ("DfltGrpPolicy", True)


def test_the_default_policy_itself_is_configured_not_inherited():
    policy = effective_policy(parse(CHAIN), "DfltGrpPolicy")
    assert (policy.exists, policy.mtu.from_, policy.mtu.owner.name) == (True, From.CONFIGURED, "DfltGrpPolicy")


def test_the_packaged_defaults():
    policy = effective_policy(parse("hostname x\n"), "DfltGrpPolicy")
    assert policy.exists
    assert (policy.mtu.value, policy.mtu.from_, policy.mtu.line) == (None, From.DEFAULT, None)
    assert (policy.dtls.value, policy.df_bit_ignore.value) == (True, False)
    assert "ssl-client" not in policy.tunnel_protocols.value
    assert policy.allows_ssl_client is False
    assert (policy.ssl_compression.value, policy.dtls_compression.value) == ("none", "none")


def test_old_releases_compress_unless_told_not_to():
    policy = effective_policy(parse("ASA Version 8.2(5)\n"), "DfltGrpPolicy")
    assert (policy.ssl_compression.value, policy.dtls_compression.value) == ("deflate", "lzs")


@pytest.mark.parametrize(("name", "exists", "external"), [("NOBODY", False, False), ("FAR", True, True)])
def test_missing_and_external_policies(name, exists, external):
    policy = effective_policy(parse(CHAIN), name)
    assert (policy.exists, policy.external) == (exists, external)


@pytest.mark.parametrize(
    ("protocols", "allowed"),
    [("ssl-clientless", False), ("ssl-client", True), ("svc webvpn", True), ("ikev2 ssl-clientless ssl-client", True)],
)
def test_ssl_client_is_a_word(protocols, allowed):
    config = parse(f"group-policy P attributes\n vpn-tunnel-protocol {protocols}\n")
    assert effective_policy(config, "P").allows_ssl_client is allowed


def test_lines_not_understood_stand_unless_a_nearer_owner_says_something_that_is():
    dflt = "group-policy DfltGrpPolicy attributes\n webvpn\n  anyconnect mtu 99999\n  anyconnect ssl dtls maybe\n"
    config = parse(dflt + "group-policy P attributes\n webvpn\n  anyconnect mtu 1300\n")
    assert [line.value for line in effective_policy(config, "P").unsupported] == ["anyconnect ssl dtls maybe"]
    assert len(effective_policy(config, "DfltGrpPolicy").unsupported) == 2


def test_a_device_answer_beats_the_packaged_default():
    every = "group-policy DfltGrpPolicy attributes\n vpn-tunnel-protocol ssl-client\n webvpn\n  anyconnect ssl dtls none\n  anyconnect mtu 1406\n"
    config = parse_pull(PulledConfig(sections={}, defaults={Section.GROUP_POLICY: every}))
    policy = effective_policy(config, "DfltGrpPolicy")
    assert policy.dtls == Sourced(False, None, From.DEVICE, Owner("group-policy", "DfltGrpPolicy"))
    assert policy.allows_ssl_client
    assert (policy.mtu.value, policy.mtu.from_) == (None, From.DEFAULT)


def test_a_configured_1406_is_a_configured_mtu():
    plain = "group-policy DfltGrpPolicy attributes\n webvpn\n  anyconnect mtu 1406\n"
    config = parse_pull(PulledConfig(sections={Section.GROUP_POLICY: plain}, defaults={Section.GROUP_POLICY: plain}))
    assert effective_policy(config, "DfltGrpPolicy").mtu.value == 1406


USERS = """\
ldap attribute-map MAP
  map-name memberOf IETF-Radius-Class
  map-value memberOf CN=A OU=HANDED;
  map-value memberOf CN=B USED
group-policy USED internal
group-policy USED attributes
 webvpn
  anyconnect mtu 1300
group-policy HANDED internal
group-policy LONELY internal
username ann attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect mtu 1200
username ben attributes
 vpn-group-policy HANDED
username cat attributes
 service-type remote-access
username dan attributes
 webvpn
  anyconnect mtu 99999
tunnel-group A type remote-access
tunnel-group A general-attributes
 default-group-policy USED
tunnel-group L type ipsec-l2l
tunnel-group L general-attributes
 default-group-policy LONELY
tunnel-group DefaultL2LGroup ipsec-attributes
tunnel-group DefaultRAGroup general-attributes
tunnel-group BARE webvpn-attributes
"""


def test_a_user_s_own_lines_beat_the_policy():
    config = parse(USERS)
    user = effective_user(config, "ann", "USED")
    assert user.name == "ann"
    assert user.mtu == Sourced(1200, 14, From.CONFIGURED, Owner("username", "ann"))
    assert user.tunnel_protocols.owner == Owner("username", "ann")
    assert user.mtu.owner.name == "ann"
    other = effective_user(config, "cat", "USED")
    assert (other.mtu.value, other.mtu.owner) == (1300, Owner("group-policy", "USED"))
    assert [line.value for line in effective_user(config, "dan", "USED").unsupported] == ["anyconnect mtu 99999"]


def test_who_gets_a_finding():
    config = parse(USERS)
    groups = remote_access_groups(config)
    assert [(group.name, group.line) for group in groups] == [
        ("A", 22),
        ("DefaultRAGroup", 29),
        ("BARE", 30),
        ("DefaultWEBVPNGroup", None),
    ]
    assert [policy_name_of(group) for group in groups] == ["USED", "DfltGrpPolicy", "DfltGrpPolicy", "DfltGrpPolicy"]
    assert [policy.name for policy in unreferenced_policies(config)] == ["HANDED", "LONELY"]
    assert [user.name for user in overriding_usernames(config)] == ["ann", "ben", "dan"]


def test_a_printed_default_group_is_not_doubled():
    groups = remote_access_groups(
        parse("tunnel-group DefaultWEBVPNGroup general-attributes\n default-group-policy P\n")
    )
    assert [(group.name, policy_name_of(group)) for group in groups] == [("DefaultWEBVPNGroup", "P")]


def test_what_hands_a_policy_out():
    config = parse(USERS)
    assert reachable_by(config, "HANDED") == (Owner("ldap attribute-map", "MAP"), Owner("username", "ben"))
    assert reachable_by(config, "USED") == (Owner("ldap attribute-map", "MAP"),)
    assert reachable_by(config, "LONELY") == ()


UNREAD = CHAIN.replace("anyconnect mtu 1280", "anyconnect mtu huge").replace("dtls enable", "dtls bogus")


def test_a_value_that_is_not_understood_hides_the_inherited_one():
    policy = effective_policy(parse(UNREAD), "OWN")
    assert policy.mtu == Sourced(None, 12, From.CONFIGURED, Owner("group-policy", "OWN"))
    assert policy.dtls == Sourced(True, 13, From.CONFIGURED, Owner("group-policy", "OWN"))
    assert {field: line.line for field, line in policy.not_understood.items()} == {"mtu": 12, "dtls": 13}
    assert policy.mtu.owner.name == "OWN"
    assert policy.df_bit_ignore.value is True


def test_a_default_policy_that_is_not_understood_hides_nothing_that_is_set_nearer():
    text = CHAIN.replace("anyconnect mtu 1350", "anyconnect mtu huge")
    assert effective_policy(parse(text), "OWN").unsupported == ()
    inherited = effective_policy(parse(text), "EMPTY").mtu
    assert (inherited.value, inherited.from_, inherited.line) == (None, From.INHERITED, 5)


def test_a_users_value_that_is_not_understood_hides_the_policys():
    text = CHAIN + "username u attributes\n webvpn\n  anyconnect mtu huge\n"
    user = effective_user(parse(text), "u", "OWN")
    assert user.mtu == Sourced(None, 20, From.CONFIGURED, Owner("username", "u"))
    assert (list(user.not_understood), user.mtu.owner.name, user.dtls.value) == (["mtu"], "u", True)
    plain = effective_user(parse(UNREAD + "username u attributes\n webvpn\n  anyconnect mtu 1200\n"), "u", "OWN")
    assert (plain.mtu.value, list(plain.not_understood)) == (1200, ["dtls"])


@pytest.mark.parametrize(
    ("kind", "names_it"), [("remote-access", True), ("webvpn", True), ("moon-base", False), (None, False)]
)
def test_only_a_remote_access_group_names_a_policy(kind, names_it):
    header = f"tunnel-group T type {kind}\n" if kind else ""
    config = parse(f"{CHAIN}{header}tunnel-group T general-attributes\n default-group-policy OWN\n")
    assert ("OWN" not in {policy.name for policy in unreferenced_policies(config)}) is names_it
