"""Configurations of every variety that is handed in, our own and real ones: what they are known to hold."""

import pytest

from nornir_anyconnect.asa.effective import effective_policy, policy_name_of, remote_access_groups
from nornir_anyconnect.asa.parser import parse
from tests.texts import name_of, texts

# file: complete, indented, tunnel groups with the policy each assigns, policies
KNOWN = {
    "every_subcommand.cfg": (
        False,
        True,
        {"DefaultRAGroup": "GP-TESTBED", "TG-LAB": "DfltGrpPolicy", "TG-KIOSK": "DfltGrpPolicy"},
        ["GP-TESTBED"],
    ),
    "phone_svc_dialogue.txt": (False, True, {}, ["PHONES"]),
    "header_three_times.cfg": (False, True, {"TG-AGENCE": "GP-AGENCE"}, ["GP-AGENCE"]),
    "one_of_several_contexts.cfg": (False, True, {}, []),
    "typed_without_indentation.cfg": (False, False, {"TG-LAB": "DfltGrpPolicy"}, ["GP-LAB"]),
    "whole_without_vpn.cfg": (True, True, {}, []),
    "banner_that_reads_like_lines.cfg": (False, True, {}, ["GP-NORD"]),
    "day0_template.tpl": (False, True, {"${hostname}": "GP-${hostname}"}, ["GP-${hostname}"]),
    "archive_of_an_asa.out": (True, True, {}, []),
    "archive_of_an_ftd.out": (True, True, {}, []),
    "old_8_4_with_anyconnect.cfg": (
        True,
        True,
        {"kiosk": "GP_kiosk", "kiosk_portal": "kiosk_portal", "DefaultRAGroup": "DfltGrpPolicy"},
        ["DefaultRAGroup", "DfltGrpPolicy", "GP_kiosk", "kiosk_portal"],
    ),
    "excerpt_of_a_wizard.cfg": (False, True, {}, ["GroupPolicy_heimat"]),
    "whole_9_1_one_group.cfg": (True, True, {"TG-WEST": "GP-WEST"}, ["GP-WEST"]),
    "batfish_cisco_webvpn.cfg": (
        False,
        True,
        {"DefaultRAGroup": "ccccccccc", "eeeeeeeeee": "DfltGrpPolicy", "ffffffffff": "DfltGrpPolicy"},
        ["GroupPolicy_NOC-VPN"],
    ),
    "cisco_doc_voice_svc_dialogue.txt": (False, True, {}, ["SSLVPNphone"]),
    "isitix_fr_anyconnect_dtls_enable.cfg": (False, True, {"VPNTunnelGroup": "VPNGroupPolicy"}, ["VPNGroupPolicy"]),
    "mctx_tcs_context.cfg": (False, True, {}, []),
    "nccgroup_anyconnect_asav.cfg": (False, False, {"SSLClient": "DfltGrpPolicy"}, ["SSLCLient"]),
    "netutils_asa_full_sent.cfg": (True, True, {}, []),
    "netutils_asa_nested_banner.cfg": (False, True, {}, ["Grs-POLICY"]),
    "oci_ravpn_asav_dtls_none.tpl": (
        False,
        True,
        {"${hostname}": "GroupPolicy_${hostname}"},
        ["GroupPolicy_${hostname}"],
    ),
    "oxidized_asa5512_9.12_4_67.out": (True, True, {}, []),
    "oxidized_ftd1010_7.4.2.out": (True, True, {}, []),
    "prom_asa5_8.4_anyconnect.cfg": (
        True,
        True,
        {"coffee_anyconnect": "GroupPolicy_coffee_anyconnect", "coffee_clientless": "coffee_clientless"},
        ["DefaultRAGroup", "DfltGrpPolicy", "GroupPolicy_coffee_anyconnect", "coffee_clientless"],
    ),
    "ps_grouppolicy_test.cfg": (False, True, {}, ["GroupPolicy_anyconnectvpn"]),
    "ss_sslvpn_9.1_wosm.cfg": (True, True, {"SSLClientProfile": "SSLCLientPolicy"}, ["SSLCLientPolicy"]),
}


def test_every_sample_is_known():
    here = {path.name for path in texts("configs")}
    assert here <= set(KNOWN)
    assert len(here) in (len(KNOWN), len(KNOWN) // 2)  # with the real ones beside the project, or without


@pytest.mark.parametrize("path", texts("configs"), ids=name_of)
def test_a_whole_text(path):
    text = path.read_bytes().decode("utf-8", "replace")
    name = path.name
    config = parse(text)
    complete, indented, groups, policies = KNOWN[name]
    assert (config.recognised, config.complete, config.indented) == (True, complete, indented)
    assert {group.name: policy_name_of(group) for group in config.tunnel_groups} == groups
    assert [policy.name for policy in config.group_policies] == policies
    if indented:
        assert config.unknown_lines == ()
    assert remote_access_groups(config)[-1].name == "DefaultWEBVPNGroup"


@pytest.mark.parametrize("path", texts("configs"), ids=name_of)
def test_every_line_number_leads_to_the_line(path):
    text = path.read_bytes().decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").split("\n")
    config = parse(text)
    for block in config.blocks:
        for setting in block.body:
            assert setting.value.split()[0] in lines[setting.line - 1]
    for policy in config.group_policies:
        protocols = effective_policy(config, policy.name).tunnel_protocols
        if protocols.line:
            assert f"vpn-tunnel-protocol {' '.join(protocols.value)}" in lines[protocols.line - 1]
