"""What a session looks like: prompts, echo, pager, refusals, modes, contexts."""

import re

import asyncssh
import pytest


def test_login_lands_in_user_mode_and_enable_asks_for_its_password(fleet_of, connect):
    client = connect(fleet_of().devices["fw"])
    assert client.greeting.endswith("fw> ")
    assert client.type("enable") == "enable\nPassword: "
    assert client.type("wrong") == "\nInvalid password\nPassword: "
    assert client.type("secret") == "\nfw# "


def test_three_wrong_enable_passwords_leave_user_mode(fleet_of, connect):
    client = connect(fleet_of().devices["fw"])
    client.type("enable")
    client.type("a")
    client.type("b")
    assert client.type("c") == "\nAccess denied.\nfw> "


def test_wrong_login_password_is_counted(fleet_of, connect):
    device = fleet_of().devices["fw"]
    with pytest.raises(asyncssh.PermissionDenied):
        connect(device, password="no")
    assert (device.logins.failures, device.logins.successes) == (1, 0)


def test_user_mode_refuses_with_a_caret_under_the_word(fleet_of, connect):
    client = connect(fleet_of().devices["fw"])
    assert client.answer("configure terminal") == [
        " " * len("fw> ") + "^",
        "ERROR: % Invalid input detected at '^' marker.",
    ]


@pytest.mark.parametrize(
    ("line", "column"),
    [("show running-config cdp", 20), ("show conduit", 8), ("anyconnect mtu 99", 0)],
)
def test_the_caret_counts_from_the_prompt(enabled, line, column):
    caret, error = enabled().answer(line)
    assert caret.index("^") == len("fw# ") + column
    assert error == "ERROR: % Invalid input detected at '^' marker."


def test_incomplete_and_ambiguous_lines_have_their_own_words(enabled):
    client = enabled()
    assert client.answer("changeto context") == ["ERROR: % Incomplete command"]
    assert client.answer("c") == ["ERROR: % Ambiguous command"]


def test_echo_comes_character_by_character(enabled):
    client = enabled()
    client.write("show mo")
    assert client.read(end=re.compile("show mo$")) == "show mo"
    client.write("\x7f\x7f")
    assert client.type("clock").startswith("\b \b\b \bclock\n")


def test_sub_mode_prompts(enabled):
    client = enabled()
    assert client.prompt("configure terminal") == "fw(config)# "
    assert client.prompt("group-policy STAFF attributes") == "fw(config-group-policy)# "
    assert client.prompt("webvpn") == "fw(config-group-webvpn)# "
    assert client.prompt("exit") == "fw(config-group-policy)# "
    assert client.prompt("exit") == "fw(config)# "
    assert client.prompt("webvpn") == "fw(config-webvpn)# "
    assert client.prompt("tunnel-group STAFF general-attributes") == "fw(config-tunnel-general)# "
    assert client.prompt("tunnel-group STAFF webvpn-attributes") == "fw(config-tunnel-webvpn)# "
    assert client.prompt("tunnel-group STAFF ipsec-attributes") == "fw(config-tunnel-ipsec)# "
    assert client.prompt("username bob password x") == "fw(config)# "
    assert client.prompt("username bob attributes") == "fw(config-username)# "
    assert client.prompt("webvpn") == "fw(config-username-webvpn)# "
    assert client.prompt("end") == "fw# "


def test_a_header_that_is_refused_leaves_the_mode_alone(enabled):
    client = enabled()
    client.type("configure terminal")
    assert client.type("group-policy NOPE attributes").endswith(
        "\nERROR: Group policy NOPE does not exist\nfw(config)# "
    )
    assert client.prompt("webvpn") == "fw(config-webvpn)# "
    caret, _ = client.answer("anyconnect mtu 1300")
    assert caret.index("^") == len("fw(config-webvpn)# ") + len("anyconnect ")


def test_a_line_of_a_mode_above_climbs(enabled):
    client = enabled()
    for line in ("configure terminal", "group-policy STAFF attributes", "webvpn"):
        client.type(line)
    assert client.prompt("vpn-simultaneous-logins 5") == "fw(config-group-policy)# "
    assert client.prompt("sysopt connection tcpmss 1300") == "fw(config)# "


def test_abbreviations_are_stored_in_full(enabled):
    client = enabled()
    for line in ("conf t", "group-policy STAFF attr", "webvpn", "anyconnect mt 1300", "anyconnect ssl dt none"):
        client.type(line)
    stored = client.device.running_config()
    assert "group-policy STAFF attributes\n" in stored
    assert "  anyconnect mtu 1300\n" in stored
    assert "  anyconnect ssl dtls none\n" in stored


@pytest.mark.parametrize("mtu", [575, 1463, 0, 99999])
def test_mtu_outside_the_range_is_refused(enabled, mtu):
    client = enabled()
    for line in ("configure terminal", "group-policy STAFF attributes", "webvpn"):
        client.type(line)
    assert client.answer(f"anyconnect mtu {mtu}")[1].startswith("ERROR: %")
    assert "anyconnect mtu" not in client.device.running_config()


def test_old_release_knows_only_svc(enabled):
    client = enabled(release="8.2(5)", config="group-policy OLD internal\n")
    for line in ("configure terminal", "group-policy OLD attributes", "webvpn"):
        client.type(line)
    assert client.answer("anyconnect mtu 1300")[1].startswith("ERROR: %")
    assert client.answer("svc mtu 1300") == []
    client.type("end")
    assert client.answer("show running-config all group-policy")[1].startswith("ERROR: %")
    assert "  svc mtu 1300" in client.answer("show running-config group-policy OLD")


def test_pager_stops_after_a_page(fleet_of, connect):
    client = connect(fleet_of().devices["fw"])
    client.enable()
    first = client.type("show running-config all group-policy")
    assert first.endswith("<--- More --->")
    assert first.count("\n") == 24
    client.write("\r")
    one_more = client.read()
    assert one_more.startswith("\r              \r")
    assert one_more.count("\n") == 1
    for _ in range(3):
        client.write(" ")
        rest = client.read()
        if not rest.endswith("<--- More --->"):
            break
    assert rest.endswith('\n  anyconnect ask none default anyconnect\ngroup-policy "Two Words" internal\nfw# ')
    client.type("show running-config all group-policy")
    client.write("q")
    assert client.read() == "\r              \rfw# "


def test_terminal_pager_holds_for_one_session(fleet_of, connect):
    device = fleet_of().devices["fw"]
    for pages in (False, True):
        client = connect(device)
        client.enable()
        if not pages:
            client.type("terminal pager 0")
        assert client.type("show running-config all group-policy").endswith("More --->") is pages
    assert "pager" not in device.running_config()


def test_question_mark_is_help_not_text(enabled):
    client = enabled()
    client.write("show ?")
    assert client.read(end=re.compile("fw# show $")).endswith("\nERROR: % Unrecognized command\nfw# show ")


CONTEXTS = {
    "name": "fw",
    "config": "hostname x\n",
    "contexts": {"admin": "hostname admin\n", "sales": "group-policy S internal\n"},
}


def test_contexts_are_walked_with_changeto(enabled):
    client = enabled(**CONTEXTS)
    assert client.prompt("show mode") == "fw/admin# "
    assert client.answer("show mode") == ["Security context mode: multiple "]
    assert client.prompt("changeto context sales") == "fw/sales# "
    assert client.answer("show context detail")[0] == 'Context "sales", has been created'
    assert client.answer("show running-config group-policy") == ["group-policy S internal"]
    assert client.prompt("changeto system") == "fw# "
    assert client.answer("show running-config webvpn")[1].startswith("ERROR: %")
    assert [line.split()[0] for line in client.answer("show context")[1:4] if line] == ["*admin", "sales"]
    assert client.answer("changeto context NOPE") == ["ERROR: 'NOPE' is not valid"]


def test_serial_number_is_shown_outside_contexts_only(enabled):
    client = enabled(**CONTEXTS, serial="JAD1")
    assert not any("Serial" in line for line in client.answer("show version"))
    client.type("changeto system")
    assert "Serial Number: JAD1" in client.answer("show version")
    assert any(line.endswith("<system>") for line in client.answer("show version"))


def test_changeto_on_a_single_box_is_refused(enabled):
    assert enabled().answer("changeto system") == ["ERROR: Command requires multiple security contexts"]


def test_a_user_of_low_privilege_runs_what_the_configuration_grants(fleet_of, connect):
    config = (
        "privilege show level 5 mode exec command running-config\nprivilege cmd level 5 mode exec command terminal\n"
    )
    device = fleet_of(
        {
            "name": "fw",
            "config": config,
            "users": {"admin": {"password": "pw", "privilege": 5}},
            "auto_enable": True,
            "command_authorization": True,
        }
    ).devices["fw"]
    client = connect(device)
    assert client.greeting.endswith("fw# ")
    assert client.answer("terminal pager 0") == []
    assert client.answer("show running-config privilege") == config.splitlines()
    assert client.answer("configure terminal") == ["ERROR: Command authorization failed"]
    assert client.answer("show curpriv")[1] == "Current privilege level : 5"


def test_an_ftds_own_command_line_shows_and_does_nothing_else(fleet_of, connect):
    entry = {"name": "fw", "platform": "ftd", "ftd_version": "7.4.2", "clish": True}
    client = connect(fleet_of(entry).devices["fw"])
    assert client.greeting.endswith("\n> ")
    for line in ("enable", "configure terminal", "terminal pager 0"):
        assert client.answer(line) == ["Syntax error: Illegal command line"]
    assert client.answer("show running-config webvpn")[0] == "webvpn"


def test_ftd_cannot_be_configured(enabled):
    client = enabled(platform="ftd", ftd_version="7.4.2")
    assert client.answer("configure terminal")[1].startswith("ERROR: %")
    assert "NGFW Version 7.4.2 " in client.answer("show running-config")
