"""Each variety of text that real devices, collectors and managers print has one of our own making, which is read."""

import json
from pathlib import Path

import pytest

from nornir_anyconnect.platforms.fmc.objects import Estate, read_estate
from tests.texts import OURS, REAL, name_of, texts

VARIETIES = {
    "client/cisco_technote_116881_2022_collapsed.txt": "client/records_collapsed.txt",
    "configs/batfish_cisco_webvpn.cfg": "configs/every_subcommand.cfg",
    "configs/cisco_doc_voice_svc_dialogue.txt": "configs/phone_svc_dialogue.txt",
    "configs/isitix_fr_anyconnect_dtls_enable.cfg": "configs/header_three_times.cfg",
    "configs/mctx_tcs_context.cfg": "configs/one_of_several_contexts.cfg",
    "configs/nccgroup_anyconnect_asav.cfg": "configs/typed_without_indentation.cfg",
    "configs/netutils_asa_full_sent.cfg": "configs/whole_without_vpn.cfg",
    "configs/netutils_asa_nested_banner.cfg": "configs/banner_that_reads_like_lines.cfg",
    "configs/oci_ravpn_asav_dtls_none.tpl": "configs/day0_template.tpl",
    "configs/oxidized_asa5512_9.12_4_67.out": "configs/archive_of_an_asa.out",
    "configs/oxidized_ftd1010_7.4.2.out": "configs/archive_of_an_ftd.out",
    "configs/prom_asa5_8.4_anyconnect.cfg": "configs/old_8_4_with_anyconnect.cfg",
    "configs/ps_grouppolicy_test.cfg": "configs/excerpt_of_a_wizard.cfg",
    "configs/ss_sslvpn_9.1_wosm.cfg": "configs/whole_9_1_one_group.cfg",
    "fmc/fmc_api_examples.json": "fmc/api_examples.json",
    "logs/cribl_sample.log": "logs/events_of_a_collector.log",
    "logs/elastic_docker_sample_cisco-asa.log": "logs/container_stamp_and_process.log",
    "logs/elastic_test-asa.log": "logs/pipeline_input.log",
    "logs/elastic_test-hostnames.log": "logs/host_names_instead_of_addresses.log",
    "logs/elastic_test-non-canonical.log": "logs/class_in_the_tag_and_zones.log",
    "logs/elastic_test-sample.log": "logs/priority_and_relay.log",
    "logs/eya2105_ASAFirewallLogSample.log": "logs/pasted_from_a_document.log",
    "logs/fluent_daichi_readme.md": "logs/read_me_with_five_lines.md",
    "logs/metron_asa_raw.log": "logs/stamp_without_year_and_relay_address.log",
    "logs/ossec_pix.log": "logs/pix_and_doubled_percent.log",
    "logs/wazuh_cisco_asa.log": "logs/templates_of_a_rule_set.log",
    "openconnect/v_connect_headers.txt": "openconnect/connect_answer.txt",
    "sessions/asa_anonymous_reporting_prompt_1.txt": "sessions/anonymous_reporting_and_a_new_hostname.txt",
    "sessions/asa_anyconnect_config_prompts.txt": "sessions/config_prompts.txt",
    "sessions/asa_gns3_write.txt": "sessions/write_after_a_no.txt",
    "sessions/asa_invalid_input_examples.txt": "sessions/refused_lines.txt",
    "sessions/asa_set_enable_password_first_time.txt": "sessions/first_enable_password.txt",
    "sessions/pager_artifacts_9.4_excerpt.bin.txt": "sessions/pager_left_on.txt",
    "shows/show_ssl_ciphers.txt": "shows/ssl_ciphers.txt",
    "shows/cisco_asa__cisco_asa_show_asp_drop2.raw": "shows/asp_drop.txt",
    "shows/cisco_asa__cisco_asa_show_failover.raw": "shows/failover_active.txt",
    "shows/cisco_asa__cisco_asa_show_failover2.raw": "shows/failover_mate_failed.txt",
    "shows/cisco_asa__cisco_asa_show_failoveractiveactive.raw": "shows/failover_two_groups.txt",
    "shows/cisco_asa__cisco_asa_show_logging_1.raw": "shows/logging.txt",
    "shows/cisco_asa__cisco_asa_show_logging_2.raw": "shows/logging.txt",
    "shows/cisco_asa__cisco_asa_show_running-config_tunnel-group.raw": "shows/running_tunnel_groups.txt",
    "shows/cisco_asa__cisco_asa_show_version1.raw": "shows/version_single.txt",
    "shows/cisco_asa__cisco_asa_show_version2.raw": "shows/version_in_a_context.txt",
    "shows/cisco_asa__cisco_asa_show_vpn-sessiondb.raw": "shows/vpn-sessiondb_summary.txt",
    "shows/cisco_asa__cisco_asa_show_vpn-sessiondb_anyconnect.raw": "shows/vpn-sessiondb_anyconnect.txt",
    "shows/cisco_asa__cisco_asa_show_vpn-sessiondb_anyconnect1.raw": "shows/vpn-sessiondb_anyconnect.txt",
    "shows/cisco_asa__cisco_asa_show_vpn-sessiondb_anyconnect_ipv6.raw": "shows/vpn-sessiondb_anyconnect_ipv6.txt",
    "shows/cisco_asa__cisco_asa_show_vpn-sessiondb_anyconnect_long_usernames.raw": (
        "shows/vpn-sessiondb_anyconnect_long_names.txt"
    ),
}
NOT_OF_A_DEVICE = {
    "sessions/fakenos_cisco_asa.yaml",
    "sessions/prompt_and_error_regexes_from_tools.md",
    "sessions/unicon_asa_mock_data.yaml",
    "sessions/unicon_generic_mock_data_asa.yaml",
}
"""What other tools expect of one: ours is the simulated fleet, with tests of its own."""


def test_each_variety_is_there():
    assert [name for name in VARIETIES.values() if not (OURS / name).is_file()] == []


@pytest.mark.skipif(not REAL.exists(), reason="the real texts lie beside the project")
def test_no_real_text_is_of_a_variety_that_we_lack():
    index = (REAL / "INDEX.tsv").read_text("utf-8").splitlines()[1:]
    real = {line.split("\t")[0] for line in index}
    same_name = {name for name in real if name.startswith("exports/") and (OURS / name).is_file()}
    assert real - same_name - set(VARIETIES) == NOT_OF_A_DEVICE


class Answers:
    """A manager that answers as its documentation says: the most that it shows of each object."""

    def __init__(self, path: Path) -> None:
        self._documented = json.loads(path.read_text("utf-8"))

    def items(self, path: str) -> list[dict[str, object]]:
        known = {"object/grouppolicies": "object/grouppolicies/{objectId}"}
        name = (
            "policy/ravpns/{containerUUID}/connectionprofiles" if path.endswith("profiles") else known.get(path, path)
        )
        examples = (self._documented[name]["examples"] or {"application/json": {}})["application/json"]
        last = list(examples.values())[-1:]
        return [item for each in last for item in each.get("items", [each])]


@pytest.mark.parametrize("path", texts("fmc"), ids=name_of)
def test_what_a_manager_is_documented_to_answer_is_understood(path):
    estate: Estate = read_estate(Answers(path))
    ((name, _),) = estate.objects.items()
    policy = estate._policy(name, "ftd-1")
    ours = path.is_relative_to(OURS)
    assert (name, policy.mtu, policy.df_bit_ignore) == (("CREW", 1390, True) if ours else ("grouppolicy1", 1000, False))
    assert estate.policies == ({"ftd-1": frozenset({"CREW"})} if ours else {})
