"""Real configurations, where they are at hand beside the project: what they are known to hold."""

from pathlib import Path

import pytest

from nornir_anyconnect.asa.effective import effective_policy, policy_name_of, remote_access_groups
from nornir_anyconnect.asa.parser import parse

SAMPLES = next(
    (
        each / "shared" / "samples" / "configs"
        for each in Path(__file__).resolve().parents
        if (each / "shared" / "samples" / "configs").is_dir()
    ),
    None,
)
pytestmark = pytest.mark.skipif(
    SAMPLES is None, reason="no shared/samples/configs beside the project: real texts NOT tried"
)

# file: complete, indented, tunnel groups with the policy each assigns, policies
KNOWN = {
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
    assert sorted(path.name for path in SAMPLES.iterdir()) == sorted(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_a_real_text(name):
    text = (SAMPLES / name).read_bytes().decode("utf-8", "replace")
    config = parse(text)
    complete, indented, groups, policies = KNOWN[name]
    assert (config.recognised, config.complete, config.indented) == (True, complete, indented)
    assert {group.name: policy_name_of(group) for group in config.tunnel_groups} == groups
    assert [policy.name for policy in config.group_policies] == policies
    if indented:
        assert config.unknown_lines == ()
    assert remote_access_groups(config)[-1].name == "DefaultWEBVPNGroup"


@pytest.mark.parametrize("name", KNOWN)
def test_every_line_number_leads_to_the_line(name):
    text = (SAMPLES / name).read_bytes().decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").split("\n")
    config = parse(text)
    for block in config.blocks:
        for setting in block.body:
            assert setting.value.split()[0] in lines[setting.line - 1]
    for policy in config.group_policies:
        protocols = effective_policy(config, policy.name).tunnel_protocols
        if protocols.line:
            assert f"vpn-tunnel-protocol {' '.join(protocols.value)}" in lines[protocols.line - 1]
