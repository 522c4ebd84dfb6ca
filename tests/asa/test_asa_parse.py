"""Every own fixture with its values and line numbers; promises 24 and 25; nothing ever crashes."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from nornir_anyconnect.asa import parser
from nornir_anyconnect.asa.effective import effective_policy, policy_name_of, remote_access_groups
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.asa.parser import PulledConfig, device_ciphers, parse, parse_pull
from nornir_anyconnect.asa.running_config import (
    CipherChoice,
    From,
    Interface,
    LdapMapEntry,
    Owner,
    Platform,
    Release,
    ServingInterface,
    Sourced,
    notice,
)
from tests.amounts import examples

CONFIGS = Path(__file__).parents[1] / "fixtures" / "configs"
NAMES = sorted(path.name for path in CONFIGS.iterdir())


def test_a_full_configuration(parsed):
    config = parsed("full_9_16.cfg")
    assert (config.complete, config.indented, config.recognised) == (True, True, True)
    assert config.hostname == "edge-fw"
    assert config.release == Sourced(Release(9, 16, 4, 67), 7)
    assert config.release_text == "9.16(4)67"
    assert config.serials == ("JAX00000001",)
    assert config.platform is Platform.ASA
    assert config.unknown_lines == ()
    assert config.warnings == ()
    assert config.tcpmss == Sourced(1350, 63)
    assert config.interfaces == (
        Interface("outside", 20, Sourced(1492, 43)),
        Interface("inside", 25, Sourced(1500, 44)),
    )
    assert config.icmp_unreachable_limit == Sourced((1, 1), 45)
    assert config.ip_pools == (Sourced("STAFF-POOL", 14),)
    assert config.ipv6_pools == (Sourced("STAFF-V6", 15),)
    assert config.crypto_maps == (Sourced("OUTSIDE-MAP 10", 57),)
    assert config.dap_records == (Sourced("QUARANTINE", 53),)
    assert config.load_balancing == Sourced("vpn load-balancing", 144)
    assert config.ldap_entries == (
        LdapMapEntry("STAFF-MAP", "SALES", 49),
        LdapMapEntry("STAFF-MAP", "ADMINS", 50),
    )


def test_the_logging_of_a_full_configuration(parsed):
    logging = parsed("full_9_16.cfg").logging
    assert logging.enabled == Sourced(True, 37)
    assert logging.buffered == Sourced("informational", 39)
    assert logging.trap == Sourced("notifications", 40)
    assert logging.suppressed == (Sourced("722036", 41),)
    assert logging.relevelled == (Sourced(("113019", "notifications"), 42),)


def test_webvpn_and_ssl_of_a_full_configuration(parsed):
    config = parsed("full_9_16.cfg")
    assert config.webvpn.interfaces == (
        ServingInterface("outside", False, 73),
        ServingInterface("inside", True, 74),
    )
    assert config.webvpn.anyconnect_enabled == Sourced(True, 81)
    assert (config.webvpn.port, config.webvpn.dtls_port) == (Sourced(8443, 72), Sourced(8443, 75))
    assert config.webvpn.svc_spelling is False
    assert config.ssl.server_version == Sourced(("tlsv1.2", "dtlsv1.2"), 66)
    assert dict(config.ssl.ciphers) == {
        "tlsv1.2": Sourced(CipherChoice(custom=("ECDHE-RSA-AES256-GCM-SHA384", "AES256-SHA")), 68),
        "dtlsv1.2": Sourced(CipherChoice(level="high"), 69),
    }


def test_policies_and_users_of_a_full_configuration(parsed):
    config = parsed("full_9_16.cfg")
    assert [policy.name for policy in config.group_policies] == ["DfltGrpPolicy", "SALES", "Remote Staff", "ADMINS"]
    default, sales, staff, admins = config.group_policies
    assert default.kind is None
    assert default.client.mtu == Sourced(1350, 88)
    assert sales.kind == Sourced("internal", 89)
    assert sales.attributes_line == 90
    assert sales.tunnel_protocols == Sourced(("ikev2", "ssl-client"), 93)
    assert sales.address_pools == Sourced(("STAFF-POOL",), 94)
    assert sales.client.dtls == Sourced(True, 96)
    assert sales.client.mtu == Sourced(1280, 97)
    assert sales.client.df_bit_ignore == Sourced(True, 98)
    assert sales.client.ssl_compression == Sourced("deflate", 99)
    assert sales.body[0] == Sourced(" banner value password ***** is not to be shared", 91)
    assert staff.group_lock == Sourced("Staff VPN", 104)
    assert staff.ipv6_address_pools == Sourced(("STAFF-V6",), 105)
    assert staff.client.dtls == Sourced(False, 107)
    assert admins.kind == Sourced("external", 108)
    alice, bob = config.usernames
    assert (alice.name, alice.line, alice.group_policy) == ("alice", 110, Sourced("ADMINS", 111))
    assert alice.client.mtu == Sourced(1200, 113)
    assert (bob.name, bob.group_policy, bob.client.mtu) == ("bob", None, None)


def test_tunnel_groups_of_a_full_configuration(parsed):
    groups = {group.name: group for group in parsed("full_9_16.cfg").tunnel_groups}
    assert list(groups) == ["DefaultWEBVPNGroup", "Staff VPN", "SALES", "198.51.100.7"]
    default = groups["DefaultWEBVPNGroup"]
    assert default.type is None
    assert default.authentication_servers == (Sourced("LDAP", 118), Sourced("LOCAL", 118))
    staff = groups["Staff VPN"]
    assert (staff.line, staff.type) == (119, Sourced("remote-access", 119))
    assert staff.default_group_policy == Sourced("Remote Staff", 123)
    assert staff.address_pools == Sourced(("STAFF-POOL",), 121)
    assert staff.authentication_methods == Sourced(("aaa", "certificate"), 125)
    assert staff.group_aliases == (Sourced("Staff VPN", 126),)
    assert staff.group_urls == (Sourced("https://vpn.example.net/staff", 127),)
    assert staff.ipsec == (Sourced(" ikev1 pre-shared-key *****", 129),)
    assert groups["SALES"].saml == Sourced("https://idp.example.net/meta", 134)
    assert groups["198.51.100.7"].type == Sourced("ipsec-l2l", 136)


def test_no_secret_survives(parsed):
    assert "Sup3rS3cret" not in repr(parsed("full_9_16.cfg"))


def test_odd_but_legal_text(parsed):
    config = parsed("torture.cfg")
    policy = config.group_policy("NOC")
    assert policy.tunnel_protocols == Sourced(("ssl-client", "ssl-clientless"), 9)
    assert policy.group_lock == Sourced("NOC-VPN", 11)
    assert policy.address_pools == Sourced(("LOCAL-POOL",), 12)
    assert config.unknown_lines == (Sourced("anyconnect firmware hold", 15),)
    assert config.webvpn.interfaces == (ServingInterface("outside", False, 26),)
    assert [(group.name, group.line) for group in config.tunnel_groups] == [
        ("DefaultRAGroup", 31),
        ("TYPED", 38),
        ("UNTYPED", 39),
        ("DefaultL2LGroup", 41),
    ]
    assert config.tunnel_groups[0].address_pools == Sourced(("POOL-A", "POOL-B"), 32)
    assert config.tunnel_groups[0].other == (Sourced(" authentication pap", 36), Sourced(" no authentication chap", 37))
    assert config.tunnel_groups[0].authentication_methods is None
    assert config.complete is False


def test_a_dialogue_with_its_prompts(parsed):
    config = parsed("svc_dialogue.txt")
    assert (config.hostname, config.indented, config.recognised) == ("phonefw", True, True)
    assert config.webvpn.svc_spelling is True
    assert config.webvpn.anyconnect_enabled == Sourced(True, 6)
    assert [(each.nameif, each.line) for each in config.webvpn.interfaces] == [("inside", 1), ("outside", 3)]
    policy = config.group_policy("PHONES")
    assert (policy.kind, policy.attributes_line) == (Sourced("internal", 7), 8)
    assert policy.tunnel_protocols == Sourced(("svc", "webvpn"), 10)
    assert policy.client.dtls == Sourced(True, 12)
    assert policy.client.mtu == Sourced(1250, 13)
    assert policy.address_pools == Sourced(("PHONE-POOL",), 15)
    assert config.tunnel_group("PHONES").default_group_policy == Sourced("PHONES", 18)
    assert config.usernames[0].client.mtu == Sourced(1100, 21)


def test_headers_that_come_again_are_merged(parsed):
    config = parsed("repeated_attributes.cfg")
    policy = config.group_policy("HOWTO")
    assert policy.tunnel_protocols == Sourced(("ssl-client",), 7)
    assert policy.group_lock == Sourced("HOWTO", 16)
    assert policy.client.dtls == Sourced(True, 10)
    assert policy.client.dtls_compression == Sourced("none", 11)
    assert policy.client.mtu == Sourced(1300, 24)
    assert [line.line for line in policy.body] == [7, 8, 9, 10, 11, 16, 22, 23, 24]
    assert config.usernames[0].client.mtu == Sourced(900, 20)
    assert config.webvpn.interfaces == (ServingInterface("wan", False, 27),)
    assert config.ssl.server_version == Sourced(("tlsv1-only",), 1)


def test_a_context_without_an_end_mark(parsed):
    config = parsed("context_no_end.cfg")
    assert config.complete is False
    assert config.release == Sourced(Release(9, 1, 5, 16), 2)
    assert config.tunnel_group("TENANT").default_group_policy == Sourced("TENANT", 23)
    assert parsed("context_no_end.cfg", complete=True).complete is True


def test_commands_without_indentation(parsed):
    config = parsed("typed_unindented.cfg")
    assert (config.indented, config.recognised) == (False, True)
    assert config.tunnel_group("LAB").type == Sourced("remote-access", 13)
    assert [line.line for line in config.unknown_lines] == [5, 11, 15]
    assert len(config.warnings) == 1


def test_a_banner_opens_no_block(parsed):
    config = parsed("nested_banner.cfg")
    assert [policy.name for policy in config.group_policies] == ["BANNERED"]
    assert config.tunnel_groups == ()
    assert config.complete is False
    policy = config.group_policies[0]
    assert policy.tunnel_protocols == Sourced(("ssl-client",), 6)
    assert policy.client.mtu is None
    assert len(policy.body) == 5


def test_dtls_none_and_enable_nested_in_hsts(parsed):
    config = parsed("dtls_none_hsts.cfg")
    assert config.indented is True
    assert config.webvpn.interfaces == (ServingInterface("outside", False, 19),)
    assert config.webvpn.anyconnect_enabled == Sourced(True, 18)
    assert config.group_policy("GroupPolicy_${name}").client.dtls == Sourced(False, 24)
    assert config.group_policy("GroupPolicy_${name}").client.mtu is None
    assert config.unknown_lines == ()


def test_the_comment_header_of_an_archive(parsed):
    config = parsed("oxidized_header.cfg")
    assert config.release == Sourced(Release(9, 12, 4, 67), 11)
    assert config.serials == ("FCH00000001",)
    assert config.complete is True
    assert config.dap_records == ()


def test_an_ftd(parsed):
    config = parsed("ftd_ngfw.cfg")
    assert (config.platform, config.ftd_version) == (Platform.FTD, "7.4.2")
    assert config.release == Sourced(Release(9, 20, 2, 32), 3)
    assert config.serials == ("JAD00000001",)
    assert config.tunnel_group("FTD-RA").default_group_policy == Sourced("FTD-RA", 20)


def test_8_4_with_text_behind_the_end_mark(parsed):
    config = parsed("asa_8_4_text_after_end.cfg")
    assert config.complete is True
    assert config.failover == Sourced(False, 6)
    assert config.crypto_maps == ()
    assert config.ssl.encryption == Sourced(("rc4-sha1", "aes128-sha1"), 8)
    assert config.webvpn.port == Sourced(8080, 10)
    assert config.webvpn.svc_spelling is False
    assert config.unknown_lines == ()


def test_the_old_spelling(parsed):
    config = parsed("old_7_2_svc.cfg")
    assert config.webvpn.svc_spelling is True
    assert config.webvpn.anyconnect_enabled == Sourced(True, 9)
    client = config.group_policy("OLD").client
    assert (client.mtu, client.dtls, client.df_bit_ignore) == (Sourced(1300, 14), Sourced(False, 15), Sourced(True, 16))
    assert client.ssl_compression == Sourced("none", 17)
    assert [group.type.value for group in config.tunnel_groups] == ["webvpn", "ipsec-ra"]


def test_an_excerpt_with_trailing_blanks(parsed):
    policy = parsed("excerpt_trailing_blanks.cfg").group_policy("EXCERPT")
    assert policy.kind == Sourced("internal", 1)
    assert policy.tunnel_protocols == Sourced(("ikev1", "ikev2", "l2tp-ipsec", "ssl-client"), 3)
    assert policy.client.mtu == Sourced(1300, 5)


def test_pager_text_and_carriage_returns(parsed):
    config = parsed("pager.txt")
    assert config.complete is True
    assert config.release == Sourced(Release(9, 4, 4, 5), 4)
    assert config.interfaces == (Interface("inside", 8, None),)
    assert dict(config.ssl.ciphers) == {
        "tlsv1": Sourced(CipherChoice(custom=("RC4-SHA", "AES128-SHA")), 11),
        "dtlsv1": Sourced(CipherChoice(custom=("AES128-SHA", "AES256-SHA")), 12),
    }
    assert config.group_policy("PAGED").client.mtu == Sourced(1310, 20)
    assert config.tunnel_group("PAGED").default_group_policy == Sourced("PAGED", 23)


def test_hostile_text_says_what_it_could_not_read(parsed):
    config = parsed("hostile.cfg")
    hostile = config.group_policy("HOSTILE").client
    assert (hostile.mtu, hostile.dtls, hostile.df_bit_ignore) == (None, None, None)
    assert {line.value for line in hostile.unsupported} == {
        "anyconnect mtu",
        "anyconnect ssl dtls maybe",
        "anyconnect df-bit-ignore",
    }
    assert config.group_policy("HOSTILE2").client.unsupported == ()
    assert config.group_policy("HOSTILE2").client.mtu == Sourced(1300, 23)
    assert config.tcpmss is None
    unknown = {line.line for line in config.unknown_lines}
    assert {3, 5, 8, 9, 10, 14, 25, 27, 29, 30} <= unknown


@pytest.mark.parametrize(
    "spelling", ['"AES256-SHA:RC4-SHA"', '"AES256-SHA RC4-SHA"', "AES256-SHA RC4-SHA", "AES256-SHA:RC4-SHA"]
)
def test_cipher_lists_in_every_spelling(spelling):
    config = parse(f"ssl cipher tlsv1 custom {spelling}\n")
    assert dict(config.ssl.ciphers) == {"tlsv1": Sourced(CipherChoice(custom=("AES256-SHA", "RC4-SHA")), 1)}


@pytest.mark.parametrize("level", ["custom", "strongest"])
def test_a_level_that_is_none_is_kept_for_the_audit_to_refuse(level):
    """Dropping the line would put the defaults in its place, and unknown is never safe."""
    assert dict(parse(f"ssl cipher tlsv1.2 {level}\n").ssl.ciphers) == {
        "tlsv1.2": Sourced(CipherChoice(level=level), 1)
    }


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("anyconnect ssl df-bit-ignore enable", "df_bit_ignore", True),
        ("anyconnect df-bit-ignore enable", "df_bit_ignore", True),
        ("svc df-bit-ignore disable", "df_bit_ignore", False),
        ("svc dtls none", "dtls", False),
        ("anyconnect dtls compression lzs", "dtls_compression", "lzs"),
        ("svc compression deflate", "ssl_compression", "deflate"),
        ("anyconnect  mtu   1300", "mtu", 1300),
    ],
)
def test_client_settings_and_their_no_forms(line, field, value):
    text = f"group-policy P attributes\n webvpn\n  {line}\n"
    assert getattr(parse(text).group_policies[0].client, field) == Sourced(value, 3)
    for undone in (line, line.rsplit(maxsplit=1)[0]):
        config = parse(f"{text}  no {undone}\n")
        assert getattr(config.group_policies[0].client, field) is None
        assert config.unknown_lines == ()


def test_no_forms_elsewhere():
    config = parse(
        "webvpn\n enable outside\n anyconnect enable\n no anyconnect enable\n"
        "group-policy P attributes\n vpn-tunnel-protocol ssl-client\n no vpn-tunnel-protocol\n address-pools value A\n no address-pools value A\n"
        "tunnel-group T general-attributes\n default-group-policy P\n no default-group-policy P\n address-pool A\n no address-pool A\n"
        "sysopt connection tcpmss 1300\nno sysopt connection tcpmss\n"
    )
    assert config.webvpn.anyconnect_enabled == Sourced(False, 4)
    assert config.group_policies[0].tunnel_protocols is None
    assert config.group_policies[0].address_pools is None
    assert config.tunnel_groups[0].default_group_policy is None
    assert config.tunnel_groups[0].address_pools is None
    assert config.tcpmss is None
    assert config.unknown_lines == ()


def test_two_configurations_in_one_text_are_warned_of():
    (warning,) = parse("hostname a\nhostname b\n").warnings
    assert warning == notice("several-configurations", hostnames=("a", "b"))


# ---- a live device ------------------------------------------------------------------------------


def pulled():
    return PulledConfig(
        version_text="Cisco Adaptive Security Appliance Software Version 9.8(3)21 <context>\n\nSerial Number: 9AT00000001\n",
        sections={
            Section.GROUP_POLICY: "group-policy P internal\ngroup-policy P attributes\n webvpn\n  anyconnect firmware x\n",
            Section.TUNNEL_GROUP: "tunnel-group T type remote-access\ntunnel-group T general-attributes\n default-group-policy P\n",
            Section.WEBVPN: "webvpn\n enable outside\n anyconnect enable",
            Section.SYSOPT: "",
        },
        defaults={
            Section.GROUP_POLICY: "group-policy DfltGrpPolicy internal\ngroup-policy DfltGrpPolicy attributes\n vpn-tunnel-protocol ikev1 ssl-client\n webvpn\n  anyconnect mtu 1406\n  anyconnect ssl dtls enable\n",
            Section.SYSOPT: "sysopt connection tcpmss 1380\n",
        },
        ssl_ciphers="Current cipher configuration:\ndefault (medium):\n  AES256-SHA\ntlsv1 (medium):\n  AES256-SHA\n  AES128-SHA\ndtlsv1.2 (high):\n  AES256-SHA\n",
        context="tenant",
        hostname="chassis",
    )


def test_a_pull_is_proved_complete_and_has_no_lines():
    config = parse_pull(pulled())
    assert (config.complete, config.context, config.hostname) == (True, "tenant", "chassis")
    assert config.release == Sourced(Release(9, 8, 3, 21), None)
    assert config.serials == ("9AT00000001",)
    assert config.webvpn.interfaces == (ServingInterface("outside", False, None),)
    assert config.tunnel_groups[0].default_group_policy == Sourced("P", None)
    assert config.unknown_lines == (Sourced("anyconnect firmware x", None),)
    assert {block.line for block in config.blocks} == {None}
    assert config.defaults.tcpmss == Sourced(1380, None)
    assert config.device_ciphers == (("tlsv1", ("AES256-SHA", "AES128-SHA")), ("dtlsv1.2", ("AES256-SHA",)))


def test_the_built_in_mtu_that_a_device_prints_is_no_configured_mtu():
    policy = effective_policy(parse_pull(pulled()), "P")
    assert policy.mtu == Sourced(None, None, From.DEFAULT, Owner("group-policy", "DfltGrpPolicy"))
    assert (policy.tunnel_protocols.value, policy.tunnel_protocols.from_) == (("ikev1", "ssl-client"), "device")


def test_a_pull_without_defaults():
    config = parse_pull(
        PulledConfig(version_text="Model : Cisco Firepower 1010 Threat Defense (78) Version 7.4.2 (Build 1)")
    )
    assert (config.defaults, config.device_ciphers, config.platform) == (None, (), Platform.FTD)
    assert config.ftd_version == "7.4.2"


def test_cipher_output_that_is_none():
    assert device_ciphers("ERROR: % Invalid input detected at '^' marker.\n") == ()


# ---- promises -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_text_is_never_complete(name, fixture_text):
    """Promise 24, at the reader: no cut before the end mark may pass for a whole configuration."""
    lines = fixture_text(name).split("\n")
    whole = parse("\n".join(lines))
    mark = next(
        (
            number
            for number, line in enumerate(lines)
            if line.lstrip("\ufeff").startswith(("Cryptochecksum:", ": end")) or line.endswith("\0: end\r")
        ),
        len(lines),
    )
    assert whole.complete is (mark < len(lines))
    for keep in range(len(lines)):
        assert parse("\n".join(lines[:keep])).complete is (keep > mark), keep


names = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,12}( [A-Za-z0-9]{1,6})?", fullmatch=True)
clients = st.fixed_dictionaries(
    {},
    optional={
        "mtu": st.integers(576, 1406),
        "dtls": st.booleans(),
        "df_bit_ignore": st.booleans(),
        "ssl_compression": st.sampled_from(["none", "deflate", "lzs"]),
    },
)
owners = st.fixed_dictionaries(
    {"client": clients},
    optional={
        "tunnel_protocols": st.lists(
            st.sampled_from(["ikev1", "ikev2", "ssl-client", "ssl-clientless"]), min_size=1, unique=True
        )
    },
)


def quoted(name):
    return f'"{name}"' if " " in name else name


def printed_owner(header, owner):
    lines = [header]
    if "tunnel_protocols" in owner:
        lines.append(f" vpn-tunnel-protocol {' '.join(owner['tunnel_protocols'])} ")
    client = owner["client"]
    if client:
        lines.append(" webvpn")
    if "mtu" in client:
        lines.append(f"  anyconnect mtu {client['mtu']}")
    if "dtls" in client:
        lines.append(f"  anyconnect ssl dtls {'enable' if client['dtls'] else 'none'}")
    if "df_bit_ignore" in client:
        lines.append(f"  anyconnect ssl df-bit-ignore {'enable' if client['df_bit_ignore'] else 'disable'}")
    if "ssl_compression" in client:
        lines.append(f"  anyconnect ssl compression {client['ssl_compression']}")
    return lines


def read_back(owner):
    client = {
        field: getattr(owner.client, field).value
        for field in ("mtu", "dtls", "df_bit_ignore", "ssl_compression")
        if getattr(owner.client, field) is not None
    }
    found = {"client": client}
    if owner.tunnel_protocols:
        found["tunnel_protocols"] = list(owner.tunnel_protocols.value)
    return found


@examples(60)
@given(
    policies=st.dictionaries(names, owners, max_size=5),
    users=st.dictionaries(names, owners, max_size=4),
    groups=st.dictionaries(names, names, max_size=4),
    tcpmss=st.none() | st.integers(0, 1460),
    mixed=st.randoms(use_true_random=False),
)
def test_what_is_printed_is_read_back_whatever_the_order(policies, users, groups, tcpmss, mixed):
    """Round trip, and promise 25: no value lands on another policy, user or group."""
    blocks = [printed_owner(f"group-policy {quoted(name)} attributes", owner) for name, owner in policies.items()]
    blocks += [printed_owner(f"username {quoted(name)} attributes", owner) for name, owner in users.items()]
    blocks += [
        [f"tunnel-group {quoted(name)} general-attributes", f" default-group-policy {quoted(policy)}"]
        for name, policy in groups.items()
    ]
    if tcpmss is not None:
        blocks.append([f"sysopt connection tcpmss {tcpmss}"])
    blocks += [
        ["access-list A permit ip any any"],
        ["!"],
        ["webvpn", " enable outside", " port 444"],
        ["object network O", "  anyconnect mtu 700"],
    ]
    mixed.shuffle(blocks)
    lines = [line for block in blocks for line in block]
    config = parse("\n".join(lines) + "\n: end\n")
    assert {policy.name: read_back(policy) for policy in config.group_policies} == policies
    assert {user.name: read_back(user) for user in config.usernames} == users
    assert {g.name: g.default_group_policy.value for g in config.tunnel_groups} == groups
    assert (config.tcpmss.value if config.tcpmss else None) == tcpmss
    assert (config.webvpn.port.value, config.webvpn.interfaces[0].nameif) == (444, "outside")
    assert config.unknown_lines == ()
    assert config.complete
    for policy in config.group_policies:
        if policy.client.mtu:
            assert lines[policy.client.mtu.line - 1].split()[-1] == str(policy.client.mtu.value)


fragments = st.sampled_from(
    [
        "group-policy", "attributes", "internal", "tunnel-group", "webvpn", "username", " ", "  ", "\n", "\n ", "\n  ",
        "anyconnect", "svc", "mtu", "dtls", "ssl", "enable", "no ", '"', "ssl cipher", "custom", "1406", "\r", "\0", "\b",
        "<--- More --->", "host(config)# ", "host(config-group-webvpn)# ", ": end", "Cryptochecksum:", "ldap attribute-map",
        "map-value", "map-name", "logging", "ip local pool", "ASA Version 9.", "NGFW Version", "!", "\u2028", "\x85", "\t",
        "failover", "sysopt connection tcpmss", "crypto map set peer", "(", "key", "password", "value", "type",
    ]
)  # fmt: skip


@examples(150, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), st.lists(st.one_of(fragments, st.text(max_size=4)), max_size=60).map("".join)))
def test_parse_never_crashes(text):
    config = parse(text)
    assert config.complete in (True, False)
    for group in remote_access_groups(config):
        assert effective_policy(config, policy_name_of(group)).name
    parse_pull(PulledConfig(text, {Section.WEBVPN: text}, {Section.SSL: text}, text, None, None))


def test_threads_share_the_templates():
    texts = [f"group-policy P attributes\n webvpn\n  anyconnect mtu {1000 + number}\n" for number in range(16)]
    found = {}
    threads = [
        threading.Thread(target=lambda n=number, t=text: found.update({n: parse(t).group_policies[0].client.mtu.value}))
        for number, text in enumerate(texts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: 1000 + number for number in range(16)}


def test_nothing_is_written_and_the_environment_is_left_alone(tmp_path):
    """TTP would keep a pickle beside its own code; a read-only installation must work, silently."""
    script = (
        "import os, sys\n"
        "before = dict(os.environ)\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(args) if event == 'open' and args[0] and 'pickle' in str(args[0]) else None)\n"
        "from nornir_anyconnect.asa.parser import parse\n"
        "assert 'ttp' not in sys.modules\n"
        "assert parse('mtu outside 1400\\n').interfaces[0].mtu.value == 1400\n"
        "assert dict(os.environ) == before\n"
        "wrote = [path for path, *_ in opened if os.path.exists(path) and 'ttp_dict_cache' in str(path)]\n"
        "assert wrote == [], wrote\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def forked(mtu, *, anew):
    """The exit code of a forked process that parses what nobody has parsed, with templates compiled anew or not."""
    child = os.fork()
    if child == 0:
        signal.alarm(120)  # it would wait for ever
        known = parser._templates.cache_info().currsize
        parsed = parse(f"mtu outside {mtu}\n").interfaces[0].mtu.value
        os._exit(0 if (parsed, known) == (mtu, 0 if anew else 1) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_can_parse():
    parse("mtu outside 1400\n")
    assert forked(1300, anew=False) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_that_is_forked_while_another_thread_parses_can_parse():
    parser.prepare()
    with parser._templates()[1]:
        assert forked(1301, anew=True) == 0
    with parser._FIRST:
        assert forked(1302, anew=False) == 0


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("ssl encryption rc4-sha1\nno ssl encryption\n", (None, {}, None)),
        ("ssl encryption rc4-sha1\nno ssl encryption rc4-sha1\n", (None, {}, None)),
        ("ssl server-version tlsv1.2 dtlsv1.2\nno ssl server-version tlsv1.2 dtlsv1.2\n", (None, {}, None)),
        ("ssl server-version tlsv1.2\nno ssl server-version\n", (None, {}, None)),
        (
            "ssl cipher tlsv1.2 high\nssl cipher dtlsv1.2 high\nno ssl cipher tlsv1.2 high\n",
            (None, {"dtlsv1.2": 2}, None),
        ),
        ('ssl cipher tlsv1.2 custom "A:B"\nno ssl cipher tlsv1.2 custom "A:B"\n', (None, {}, None)),
        ("ssl cipher tlsv1.2 high\nno ssl cipher default\n", (None, {"tlsv1.2": 1}, None)),
    ],
)
def test_no_takes_back_what_ssl_lines_say(lines, expected):
    ssl = parse(lines).ssl
    ciphers = {version: choice.line for version, choice in ssl.ciphers}
    assert (ssl.encryption, ciphers, ssl.server_version) == expected
    assert parse(lines).unknown_lines == ()


@pytest.mark.parametrize("taken_back", ["no sysopt connection tcpmss", "no sysopt connection tcpmss 1200"])
def test_no_takes_back_tcpmss_but_not_for_its_minimum(taken_back):
    assert parse(f"sysopt connection tcpmss 1200\n{taken_back}\n").tcpmss is None
    kept = parse("sysopt connection tcpmss 1200\nno sysopt connection tcpmss minimum 400\n")
    assert (kept.tcpmss, kept.unknown_lines) == (Sourced(1200, 1), ())


@pytest.mark.parametrize("taken_back", ["no mtu outside", "no mtu outside 1400"])
def test_no_takes_back_the_mtu_of_an_interface(taken_back):
    config = parse(f"mtu outside 1400\nmtu inside 1400\n{taken_back}\n")
    assert [(each.nameif, each.mtu) for each in config.interfaces] == [("inside", Sourced(1400, 2))]


@pytest.mark.parametrize("number", ["", " 8443"])
def test_no_takes_back_the_ports(number):
    webvpn = parse(f"webvpn\n port 8443\n dtls port 8443\n no port{number}\n no dtls port{number}\n").webvpn
    assert (webvpn.port, webvpn.dtls_port) == (None, None)


def test_no_webvpn_takes_back_the_whole_sub_block():
    header = "group-policy P attributes\n"
    before = f"{header} vpn-tunnel-protocol ssl-client\n webvpn\n  anyconnect mtu 1200\n  anyconnect ssl dtls maybe\n"
    policy = parse(f"{before}{header} no webvpn\n").group_policies[0]
    assert policy.client == parse(f"{header}").group_policies[0].client
    assert policy.tunnel_protocols == Sourced(("ssl-client",), 2)
    again = parse(f"{before} no webvpn\n webvpn\n  anyconnect mtu 1300\n").group_policies[0]
    assert again.client.mtu == Sourced(1300, 8)


def test_headers_as_people_abbreviate_them():
    config = parse(
        "group-policy G int\ngroup-policy G attr\n webvpn\n  anyconnect mtu 1200\n"
        "tunnel-group T type remote\ntunnel-group T gen\n default-group-policy G\ntunnel-group T web\n group-alias t enable\n"
        "username u attr\n vpn-group-policy G\n"
    )
    (policy,), (group,), (user,) = config.group_policies, config.tunnel_groups, config.usernames
    assert (policy.kind, policy.client.mtu) == (Sourced("internal", 1), Sourced(1200, 4))
    assert (group.type, group.default_group_policy) == (Sourced("remote-access", 5), Sourced("G", 7))
    assert (group.group_aliases, len(group.general), len(group.webvpn)) == ((Sourced("t", 9),), 1, 1)
    assert user.group_policy == Sourced("G", 11)
    assert config.unknown_lines == ()


def test_a_type_is_no_abbreviated_block_and_an_ambiguous_word_is_none():
    config = parse("tunnel-group general type webvpn\n default-group-policy G\ntunnel-group T type ipsec\n")
    assert config.tunnel_group("general").type == Sourced("webvpn", 1)
    assert config.tunnel_group("general").default_group_policy is None
    assert config.tunnel_group("T").type == Sourced("ipsec", 3)


@pytest.mark.parametrize(
    "line",
    ['ssl cipher tlsv1.4 custom "RC4-SHA"', "ssl cipher tlsv1.2 high foo", "ssl encryption", "ssl server-version"],
)
def test_ssl_lines_that_cannot_be_read_are_kept_as_such(line):
    config = parse(f"{line}\n")
    assert config.ssl.unsupported == (Sourced(line, 1),)
    assert config.unknown_lines == (Sourced(line, 1),)
    assert config.unsupported_path == ()


@pytest.mark.parametrize(
    ("line", "later"),
    [
        ("ssl encryption", "ssl encryption aes256-sha1"),
        ("ssl server-version", "no ssl server-version"),
        ("ssl cipher tlsv1.2 high foo", "ssl cipher tlsv1.2 high"),
        ("ssl cipher tlsv1.2 high foo", "no ssl cipher tlsv1.2 high"),
    ],
)
def test_a_later_line_about_the_same_replaces_one_that_cannot_be_read(line, later):
    assert parse(f"{line}\n{later}\n").ssl.unsupported == ()
    assert parse(f"{line}\nssl cipher tlsv1.1 high\n").ssl.unsupported == (Sourced(line, 1),)


@pytest.mark.parametrize("line", ["sysopt connection tcpmss banana", "mtu outside banana", "mtu outside 99999999999"])
def test_sizes_that_cannot_be_read_are_kept_as_such(line):
    config = parse(f"{line}\n")
    assert (config.unsupported_path, config.tcpmss, config.ssl.unsupported) == ((Sourced(line, 1),), None, ())
    subject = line.rpartition(" ")[0]
    assert parse(f"{line}\n{subject} 1400\n").unsupported_path == ()
    assert parse(f"{line}\nno {subject}\n").unsupported_path == ()


def test_what_does_not_bear_on_the_path_is_not_kept_with_it():
    text = (
        "sysopt connection tcpmss banana\nsysopt connection tcpmss minimum apple\nssl trust-point X\nmtu inside 1500\n"
    )
    assert parse(text).unsupported_path == (Sourced("sysopt connection tcpmss banana", 1),)


@pytest.mark.parametrize(
    ("line", "server"),
    [
        (" secondary-authentication-server-group RSA", Sourced("RSA", 2)),
        (" secondary-authentication-server-group (inside) RSA use-primary-username", Sourced("RSA", 2)),
        (" secondary-authentication-server-group RSA\n no secondary-authentication-server-group", None),
    ],
)
def test_the_second_server_of_a_tunnel_group(line, server):
    config = parse(f"tunnel-group T general-attributes\n{line}\n")
    assert (config.tunnel_groups[0].secondary_server, config.unknown_lines) == (server, ())


def test_two_hostnames_are_a_mixture():
    assert parse("hostname a\nhostname b\n").mixed
    assert parse("hostname a\nhostname a\n").mixed, "a configuration prints its hostname once: this is two of one box"
    assert not parse("hostname a\n").mixed


@pytest.mark.parametrize("said", ['"RC4-SHA:AES128-SHA', '"AES256-SHA:', '""', '"', '":"'])
def test_a_list_of_suites_that_a_terminal_broke_is_not_understood(said):
    line = f"ssl cipher tlsv1.2 custom {said}"
    for tail in ("", '\nAES256-GCM-SHA384"'):
        assert parse(f"{line}{tail}\nmtu outside 1500\n").ssl.unsupported == (Sourced(line, 1),)


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("ikev1 ikev2 l2tp-ipsec ssl-clientless", True),
        ("IPSec l2tp-ipsec svc webvpn", True),
        ("ssl-client quic-client", True),
        ("ikev2 ssl-clien", False),
        ("ikev2,ssl-client", False),
        ("SSL-CLIENT", False),
        ("quic-client", False),
    ],
)
def test_a_protocol_that_nobody_knows_is_not_the_absence_of_the_ssl_client(said, understood):
    (policy,) = parse(f"group-policy P attributes\n vpn-tunnel-protocol {said}\n").group_policies
    assert (policy.tunnel_protocols is not None, policy.unsupported == ()) == (understood, understood)
