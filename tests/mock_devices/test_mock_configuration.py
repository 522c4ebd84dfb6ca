"""Lines change the configuration, the show commands print it, and the ASA's rules hold."""

import pytest

from mock_devices.config_mode import ConfigMode
from mock_devices.grammar import Refusal
from mock_devices.release import release
from mock_devices.spec import read_fleet
from mock_devices.tree import ConfigTree


def test_setting_an_mtu_and_taking_it_back_restores_the_text(enabled):
    client = enabled()
    before = client.device.running_config()
    for line in ("configure terminal", "group-policy STAFF attributes", "webvpn", "anyconnect mtu 1300"):
        client.type(line)
    assert "  anyconnect mtu 1300\n" in client.device.running_config()
    assert client.answer("anyconnect mtu 1250") == []
    assert "  anyconnect mtu 1300\n" not in client.device.running_config()
    client.type("no anyconnect mtu 1250")
    assert client.device.running_config() == before


def test_a_block_that_was_not_there_goes_with_its_last_line(fleet_of):
    device = fleet_of().devices["fw"]
    before = device.running_config()
    device.configure('group-policy "Two Words" attributes', "webvpn", "anyconnect ssl df-bit-ignore enable")
    assert (
        'group-policy "Two Words" attributes\n webvpn\n  anyconnect ssl df-bit-ignore enable\n'
        in device.running_config()
    )
    device.configure('group-policy "Two Words" attributes', "webvpn", "no anyconnect ssl df-bit-ignore")
    assert device.running_config() == before


def test_tcpmss_and_its_minimum_are_two_commands(fleet_of):
    device = fleet_of().devices["fw"]
    device.configure("sysopt connection tcpmss 1300", "sysopt connection tcpmss minimum 500")
    device.configure("sysopt connection tcpmss 1460")
    assert "sysopt connection tcpmss 1460\nsysopt connection tcpmss minimum 500\n" in device.running_config()
    device.configure("no sysopt connection tcpmss")
    assert "tcpmss 1460" not in device.running_config()


def test_new_objects_and_their_removal(fleet_of):
    device = fleet_of().devices["fw"]
    before = device.running_config()
    device.configure(
        "group-policy TLS internal from STAFF",
        "group-policy TLS attributes",
        "webvpn",
        "anyconnect ssl dtls none",
        "tunnel-group TLS type remote-access",
        "tunnel-group TLS general-attributes",
        "default-group-policy TLS",
        "tunnel-group TLS webvpn-attributes",
        "group-alias Slow enable",
    )
    text = device.running_config()
    assert "group-policy TLS internal\ngroup-policy TLS attributes\n vpn-tunnel-protocol ssl-client\n" in text
    assert " group-alias Slow enable\n" in text
    with pytest.raises(ValueError, match="being used by tunnel-group TLS"):
        device.configure("no group-policy TLS")
    device.configure("no tunnel-group TLS", "no group-policy TLS")
    assert device.running_config() == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("no group-policy NOPE", "ERROR: Group policy NOPE does not exist"),
        ("no tunnel-group NOPE", "ERROR: Tunnel group NOPE does not exist"),
        ("group-policy NEW internal from NOPE", "ERROR: Group policy NOPE does not exist"),
    ],
)
def test_what_does_not_exist_is_said(line, words):
    assert ConfigMode(ConfigTree(), release("9.12(4)")).type(line) == words


def test_tunnel_group_refuses_an_unknown_policy(enabled):
    client = enabled()
    client.type("configure terminal")
    client.type("tunnel-group STAFF general-attributes")
    assert client.answer("default-group-policy NOPE") == ["ERROR: Group policy NOPE does not exist"]
    assert " default-group-policy STAFF\n" in client.device.running_config()


def test_webvpn_remarks_on_an_interface(enabled):
    client = enabled(config="hostname x\n")
    client.type("configure terminal")
    client.type("webvpn")
    assert client.answer("enable outside") == ["INFO: WebVPN and DTLS are enabled on 'outside'."]
    client.type("enable outside tls-only")
    assert "webvpn\n enable outside tls-only\n" in client.device.running_config()


def test_switching_off_what_is_on_by_default_is_stored(fleet_of):
    device = fleet_of().devices["fw"]
    device.configure("no logging message 722036")
    assert "no logging message 722036\n" in device.running_config()
    device.configure("logging message 722036")
    assert "no logging message 722036\n" not in device.running_config()


def test_defaults_are_overlaid_with_what_is_configured(enabled):
    client = enabled()
    client.device.configure("group-policy DfltGrpPolicy attributes", "webvpn", "anyconnect mtu 1380")
    policy = client.answer("show running-config all group-policy DfltGrpPolicy")
    assert "  anyconnect mtu 1380" in policy
    assert "  anyconnect mtu 1406" not in policy
    assert "  anyconnect ssl dtls enable" in policy
    assert "sysopt connection tcpmss 1380" in client.answer("show running-config all sysopt")
    assert "icmp unreachable rate-limit 1 burst-size 1" in client.answer("show running-config all icmp")
    ssl = client.answer("show running-config all ssl")
    assert 'ssl cipher tlsv1.2 custom "AES256-SHA"' in ssl
    assert "ssl cipher tlsv1.2 medium" not in ssl
    assert "ssl cipher tlsv1.1 medium" in ssl


def test_show_running_config_of_a_quoted_name(enabled):
    assert enabled().answer('show running-config group-policy "Two Words"') == ['group-policy "Two Words" internal']


def test_whole_configuration_begins_and_ends_as_an_asa_does(enabled):
    lines = enabled(serial="9ABC").answer("show running-config")
    assert lines[0] == ": Saved"
    assert ": Serial Number: 9ABC" in lines
    assert "ASA Version 9.12(4) " in lines
    assert lines[-2].startswith("Cryptochecksum:")
    assert lines[-1] == ": end"


def test_write_memory_makes_startup_equal_running(enabled):
    client = enabled()
    client.device.configure("sysopt connection tcpmss 1300")
    assert client.device.startup_config() != client.device.running_config()
    assert "sysopt connection tcpmss 1300" not in client.answer("show startup-config")
    assert client.answer("write memory")[-1] == "[OK]"
    assert client.device.startup_config() == client.device.running_config()
    assert "sysopt connection tcpmss 1300" in client.answer("show startup-config")


def test_checksum_follows_the_configuration(enabled):
    client = enabled()
    before = client.answer("show checksum")
    client.device.configure("sysopt connection tcpmss 1300")
    assert client.answer("show checksum") != before


def test_old_box_has_its_own_ssl_words():
    mode = ConfigMode(ConfigTree(), release("8.2(5)"))
    assert mode.type("ssl encryption rc4-sha1 aes128-sha1") == ""
    assert isinstance(mode.type("ssl cipher tlsv1 medium"), Refusal)


def test_every_line_of_the_packaged_fleet_is_one_the_box_would_accept():
    refused = []
    for spec in read_fleet():
        for text in (spec.config, *spec.contexts.values()):
            fresh = ConfigMode(ConfigTree(), spec.release)
            for line in ConfigTree.from_text(text).lines():
                answer = fresh.type(line.strip())
                if isinstance(answer, Refusal) or answer.startswith("ERROR"):
                    refused.append((spec.name, line, answer))
    assert refused == []
