"""What a text is: which of the configurations in it is the running one, whether it is whole, and if not, why."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.blocks import cut
from nornir_anyconnect.asa.capture import Printed, printed_by, refused, section_of, unwrapped
from nornir_anyconnect.asa.parser import parse
from tests.amounts import examples

CONFIGS = Path(__file__).parents[1] / "fixtures" / "configs"


def dump(mtu=1300, *, host="edge", head=True, end=True):
    first = f"ASA Version 9.12(4)\nhostname {host}\n" if head else ""
    return f"{first}group-policy P attributes\n webvpn\n  anyconnect mtu {mtu}\n" + (": end\n" if end else "")


def mtu_of(text):
    policy = parse(text).group_policy("P")
    return policy.client.mtu.value if policy and policy.client.mtu else None


def codes(text):
    """Why a text is not one whole configuration."""
    found = parse(text)
    ends = ((found.begun, "no-beginning"), (found.complete, "no-end-mark"))
    return [*(code for holds, code in ends if not holds), *(each.code for each in found.warnings)]


def is_whole(text):
    return parse(text).recognised and not codes(text)


@pytest.mark.parametrize(
    ("text", "why_not", "line"),
    [
        (dump(), [], 2),
        (dump(head=False), ["no-beginning"], 1),
        (dump(end=False), ["no-end-mark"], 2),
        ("edge(config)# mtu outside 1400\n", ["no-beginning", "no-end-mark"], 1),
        ("webvpn\nenable outside\n", ["no-beginning", "no-end-mark", "not-indented"], 1),
    ],
)
def test_what_a_text_is(text, why_not, line):
    assert (codes(text), cut(text).blocks[0].line, is_whole(text)) == (why_not, line, not why_not)


@pytest.mark.parametrize(
    ("text", "why"),
    [(dump() + dump(), "two-dumps"), (dump() + dump(host="other"), "several-configurations")],
)
def test_two_in_one_text_are_none(text, why):
    assert why in codes(text)
    assert not is_whole(text)


@pytest.mark.parametrize(
    "text", ["# README\n\nhow to audit a firewall\n", "hostname router\nip address 10.0.0.1\n", ""]
)
def test_what_no_asa_printed_is_none(text):
    assert not parse(text).recognised


def test_the_running_one_is_the_one_that_its_command_says():
    for other in ("show startup-config", "more disk0:/old.cfg", "sh st"):
        text = f"edge# {other}\n{dump(700)}edge# show running-config\n{dump(1300)}edge#\n"
        assert (mtu_of(text), is_whole(text)) == (1300, True)
    turned = f"edge# sh run\n{dump(1300)}edge# show startup-config\n{dump(700)}"
    assert (mtu_of(turned), is_whole(turned)) == (1300, True)


def test_a_startup_configuration_alone_is_one():
    assert is_whole(f"edge# show startup-config\n{dump(700)}edge#\n")


def test_a_box_shown_before_and_after_a_change_is_two():
    text = f"edge# show run\n{dump(1300)}edge# show run\n{dump(700)}edge#\n"
    assert codes(text) == ["two-dumps"]
    assert is_whole(f"edge# show run\n{dump()}edge# show run\n{dump()}edge#\n"), "the same twice is one"


def test_a_running_configuration_that_was_asked_for_and_is_lost_is_not_made_up_for():
    for broken in ("", "ASA Version 9.12(4)\nhostname edge\n"):
        text = f"edge# show startup-config\n{dump(700)}edge# show running-config\n{broken}"
        assert not is_whole(text), broken
    begun = dump(1300).partition("  anyconnect")[0]
    assert is_whole(f"edge# show run\n{begun}edge# show run\n{dump(1300)}"), "broken off, then shown whole"
    assert codes(f"edge# show run\n{dump(700, end=False)}edge# show run\n{dump(1300)}") == ["two-dumps"]


def test_two_contexts_in_one_text_are_two():
    text = f"edge/a# show run\n{dump(host='a')}edge/a# changeto context b\nedge/b# show run\n{dump(700, host='b')}"
    assert codes(text) == ["several-configurations"]


def test_a_second_configuration_without_its_head_or_its_hostname_is_noticed():
    for second in (dump(700, head=False), dump(700).replace("hostname edge\n", ""), dump(700).partition("\n")[2]):
        assert parse(dump() + second).mixed, second
        assert parse(second + dump()).mixed or not is_whole(second + dump()), second


def test_lines_behind_the_end_mark_are_no_configuration():
    text = dump() + "asdm image disk0:/asdm.bin\nwebvpn\n enable outside\n"
    config = parse(text)
    assert (is_whole(text), config.webvpn.interfaces, config.unknown_lines) == (True, (), ())


def test_what_was_typed_is_not_merged_into_what_was_shown():
    typed = (
        "edge(config)# group-policy P attributes\nedge(config-group-policy)# webvpn\n"
        "edge(config-group-webvpn)# anyconnect mtu 700\nedge(config-group-webvpn)# end\n"
    )
    for text in (f"{typed}edge# show run\n{dump()}edge#\n", f"edge# show run\n{dump()}edge# conf t\n{typed}edge#\n"):
        assert (mtu_of(text), is_whole(text)) == (1300, True)
    assert mtu_of(typed) == 700, "nothing else is known: it is read, and not whole"
    assert not is_whole(typed)


def test_parts_that_were_shown_come_together_and_are_no_whole():
    text = (
        "edge# show run group-policy\ngroup-policy P attributes\n webvpn\n  anyconnect mtu 1300\n"
        "edge# show run tunnel-group\ntunnel-group T type remote-access\nedge# show run | include hostname\nhostname edge\n"
    )
    config = parse(text)
    assert (mtu_of(text), config.tunnel_group("T") is not None, config.mixed) == (1300, True, False)
    assert codes(text) == ["no-beginning", "no-end-mark"]


def test_parts_of_two_boxes_never_come_together():
    text = (
        "one# show run group-policy\ngroup-policy P attributes\n webvpn\n  anyconnect mtu 1300\n"
        "two# show run tunnel-group\ntunnel-group T type remote-access\n"
    )
    assert parse(text).mixed


@pytest.mark.parametrize(
    ("text", "strays"),
    [
        ("group-policy P internal\n vpn-tunnel-protocol ssl-client\n", 2),
        ("username u password x\n vpn-group-policy P\n", 2),
        ("telnet timeout 5\n webvpn\n  anyconnect mtu 700\n", 2),
        ("telnet timeout 5\n enable outside\n anyconnect enable\n", 3),
        ("tunnel-group T type remote-access\n default-group-policy P\n", 2),
        ("webvpn\n enable outside\n vpn-tunnel-protocol ssl-client\n", 3),
        ("group-policy P attributes\n dns-server none\n  anyconnect mtu 700\n", 3),
        ("group-policy P attributes vpn-tunnel-protocol ssl-client\n dns-server none\n", 1),
        ("tunnel-group T general-attributes\n address-pool A default-group-policy P\n", 2),
        ("webvpn\n hsts\n  enable\n  anyconnect enable\n", 4),
    ],
)
def test_lines_whose_header_is_lost_are_nobodys(text, strays):
    config = parse(text)
    assert (config.mixed, config.warnings[0].code, config.warnings[0].parameters["line"]) == (
        True,
        "lines-misplaced",
        str(strays),
    )


def test_a_block_that_a_device_would_never_print_has_swallowed_another():
    head = "ASA Version 9.12(4)\nhostname edge\ngroup-policy P attributes\n dns-server none\n"
    for lines in (
        " vpn-tunnel-protocol ssl-client\n dns-server none\n",
        " webvpn\n  anyconnect mtu 700\n vpn-filter value A\n",
    ):
        assert parse(f"{head}{lines}: end\n").mixed
        assert not parse(f"{head}{lines}").mixed, "a person may type it so"


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("show running-config", Printed.RUNNING),
        ("sh run", Printed.RUNNING),
        ("show run all", Printed.RUNNING),
        ("wr t", Printed.RUNNING),
        ("write terminal", Printed.RUNNING),
        ("more system:running-config", Printed.RUNNING),
        ("show running-config group-policy", Printed.PART),
        ("show run | include mtu", Printed.PART),
        ("show startup-config", Printed.OTHER_CONFIG),
        ("more disk0:/a.cfg", Printed.OTHER_CONFIG),
        ("show version", Printed.OUTPUT),
        ("s", Printed.OUTPUT),
        ("show", Printed.OUTPUT),
        ("write memory", Printed.OUTPUT),
        ("reload", Printed.OUTPUT),
    ],
)
def test_what_a_command_prints(command, printed):
    assert printed_by(command) is printed


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("------------------ show running-config ------------------", "show running-config"),
        ("=== sh run ===", "sh run"),
        ("show version:", "show version"),
        ("show running-config", "show running-config"),
        ("------------------", None),
        ("- a list", None),
        ("shun 10.0.0.1", None),
        ("-" * 200 + " show version", None),
    ],
)
def test_a_command_above_its_output(line, command):
    assert section_of(line) == command


def test_a_refusal_is_one_and_a_warning_is_none():
    assert refused("ERROR: % Invalid input detected at '^' marker.")
    assert refused("Removing object-group (A) failed; it does not exist")
    assert not refused("WARNING: the license expires")
    assert not refused("INFO: WebVPN and DTLS are enabled on 'outside'.")


@examples(150)
@given(st.text(alphabet="> |0123456789:.\tahostnme-gruplicy \n", max_size=400))
def test_unwrapping_keeps_every_line_in_its_place(text):
    assert unwrapped(text).count("\n") == text.count("\n")


def test_a_hostile_run_of_blanks_costs_nothing():
    assert unwrapped(" " * 200_000 + "x\n" + ">" * 100_000 + "\n" + "1" * 100_000)


@examples(60)
@given(st.sampled_from(sorted(CONFIGS.iterdir())), st.data())
def test_a_whole_text_is_whole_for_the_parser_too(path, data):
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    at = data.draw(st.integers(0, len(lines)))
    text = "\n".join(lines[at:] + lines[:at])
    config = parse(text)
    if is_whole(text):
        assert (config.begun, config.complete, config.indented) == (True, True, True)


def test_the_release_of_another_box_is_nobodys():
    shown = "edge# show version\nCisco Adaptive Security Appliance Software Version 9.1(2)\nedge# show run\n"
    assert parse(f"{shown}{dump()}").release_text == "9.12(4)", "the configuration's own line counts"
    headless = dump().replace("ASA Version 9.12(4)\n", "")
    assert parse(f"{shown}{headless}").release_text == "9.1(2)"
    other = shown.replace("9.1(2)", "9.8(4)")
    assert cut(f"{shown}{other}{headless}").release is None, "two that differ say nothing"


SESSIONS = CONFIGS.parent / "texts" / "sessions"
READ_AS = {
    # file: configures anything, whole, hostname, release, the policy's mtu, lines nobody understands
    "anonymous_reporting_and_a_new_hostname.txt": (True, False, "edge-9", None, None, 0),
    "config_prompts.txt": (True, False, "edge9", None, 1390, 0),
    "first_enable_password.txt": (False, False, "lab", "9.16(4)", None, 0),
    "mail_quoted.txt": (True, True, "edge-7", "9.8(4)", None, 0),
    "pager_left_on.txt": (True, False, None, None, 1380, 0),
    "putty.log": (True, True, "edge-6", "9.12(4)", 1300, 0),
    "refused_lines.txt": (True, False, "edge-3", None, None, 0),
    "show_tech.txt": (True, True, "edge-5", "9.14(3)", None, 0),
    "write_after_a_no.txt": (True, False, "edge-12", None, None, 0),
}


def test_every_session_is_known():
    assert sorted(path.name for path in SESSIONS.iterdir()) == sorted(READ_AS)


@pytest.mark.parametrize("name", READ_AS)
def test_a_session_as_people_save_it(name):
    text = (SESSIONS / name).read_text("utf-8")
    configures, expected, hostname, release, mtu, unknown = READ_AS[name]
    config = parse(text)
    assert is_whole(text) is expected
    assert bool(config.blocks) is configures
    assert (config.hostname, config.release_text, len(config.unknown_lines)) == (hostname, release, unknown)
    assert config.complete == expected, "what write prints, and what is typed, is no end of a configuration"
    policy = config.group_policy("CREW")
    if configures:
        assert policy is not None
        assert policy.tunnel_protocols.value == ("ssl-client",)
        assert (policy.client.mtu.value if policy.client.mtu else None) == mtu
    if group := config.tunnel_group("CREW"):
        assert group.default_group_policy.value == "CREW"
    assert [each.nameif for each in config.webvpn.interfaces] in ([], ["outside"])


@pytest.mark.parametrize("prompt", ["", "edge# "])
@pytest.mark.parametrize(
    "command",
    [
        "show running-config | exclude enable",
        "sh run | grep -v enable",
        "more system:running-config | exclude enable",
        "wr t | exclude enable",
        "show startup-config | exclude enable",
        "more disk0:/old.cfg | exclude enable",
    ],
)
def test_what_a_filter_left_over_is_never_whole_although_both_ends_stand(prompt, command):
    assert not is_whole(f"{prompt}{command}\n{dump()}")
    text = f"{prompt}{command}\n{dump(700)}edge# show run\n{dump(1300)}"
    assert (mtu_of(text), is_whole(text)) == (1300, True), "the running configuration stands alone"


@pytest.mark.parametrize("created", ["group-policy P internal", "tunnel-group T type remote-access"])
@pytest.mark.parametrize("command", ["", "edge# show run\n"])
def test_an_object_created_twice_is_two_dumps_without_a_mark_between_them(created, command):
    broken_off, headless = dump(end=False) + f"{created}\n", f"{created}\n" + dump(700, head=False)
    assert codes(command + broken_off + headless) == ["two-dumps"]
    assert codes(command + broken_off + ": end\n") == []
    typed = f"edge(config)# {created}\nedge(config)# {created}\n"
    assert "two-dumps" not in codes(typed), "whoever types may say it again"


@pytest.mark.parametrize(
    "between", ["INFO: WebVPN is enabled on 'outside'.", "WARNING: x", "<<<<<<< HEAD", "\x0cwebvpn"]
)
@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("webvpn", " enable outside"),
        ("webvpn", " anyconnect enable"),
        ("group-policy P attributes", " vpn-tunnel-protocol ssl-client"),
        ("group-policy P attributes", " webvpn"),
        ("tunnel-group T general-attributes", " default-group-policy P"),
    ],
)
def test_lines_that_something_foreign_cut_off_from_their_header_leave_the_text_in_doubt(between, header, line):
    whole = f"ASA Version 9.12(4)\nhostname edge\n{header}\n{line}\n: end\n"
    assert is_whole(whole)
    cut_off = whole.replace(line, f"{between}\n{line}")
    assert not is_whole(cut_off)
    assert parse(cut_off).mixed


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("group-policy P attributes\n webvpn\n", "  anyconnect mtu 1406\n"),
        ("group-policy P attributes\n webvpn\n", "  anyconnect ssl dtls enable\n"),
        ("group-policy P attributes\n webvpn\n", "  svc mtu 1406\n"),
        ("ldap attribute-map M\n", "  map-name memberOf Group-Policy\n"),
        ("ldap attribute-map M\n  map-name memberOf Group-Policy\n", "  map-value memberOf CN=x P\n"),
    ],
)
def test_lines_of_a_deeper_level_are_missed_too_where_a_command_cut_them_off(above, line):
    def text(between):
        return f"ASA Version 9.12(4)\nhostname edge\n{above}{between}{line}: end\n"

    assert is_whole(text(""))
    assert not is_whole(text("logging on the console\n"))
