"""The cutter: blocks, line numbers, completeness, prompts, pager text."""

import pytest

from nornir_anyconnect.asa.blocks import cut
from nornir_anyconnect.asa.capture import Typed, cleaned, typed
from nornir_anyconnect.asa.running_config import Sourced


def headers(text):
    return [(block.header, block.line) for block in cut(text).blocks]


def test_only_relevant_blocks_are_kept_with_their_line_numbers():
    text = (
        "object network A\n host 10.0.0.1\nwebvpn\n enable outside\naccess-list X permit ip any any\n stray\nmtu a 1500"
    )
    found = cut(text).blocks
    assert [(block.header, block.line, block.body) for block in found] == [
        ("webvpn", 3, (Sourced(" enable outside", 4),)),
        ("mtu a 1500", 7, ()),
    ]


@pytest.mark.parametrize("separator", ["!", "!a comment", "", " ! indented comment"])
def test_neither_comments_nor_empty_lines_end_a_block(separator):
    block = cut(f"webvpn\n enable outside\n{separator}\n anyconnect enable\n").blocks[0]
    assert (block.body[0], block.body[-1]) == (Sourced(" enable outside", 2), Sourced(" anyconnect enable", 4))


@pytest.mark.parametrize(
    ("tail", "complete"),
    [
        ("Cryptochecksum:0123", True),
        (": end", True),
        (": end   ", True),
        (": end\nasdm image disk0:/asdm.bin", True),
        (" : end", False),
        (": ended", False),
        (": en", False),
        ("Cryptochecksu", False),
        ("banner motd : end", False),
        (" banner value Cryptochecksum:0123", False),
        ("! : end", False),
    ],
)
def test_the_end_mark_stands_at_column_0_anywhere(tail, complete):
    assert cut(f"hostname x\n{tail}").complete is complete


@pytest.mark.parametrize("end", ["\r\n", "\n", "\n\r", "\r"])
def test_line_ends_of_every_kind(end):
    found = cut(end.join(["hostname x", "webvpn", " enable outside", "Cryptochecksum:1", ""]))
    assert found.complete
    assert [(b.header, b.line) for b in found.blocks] == [("hostname x", 1), ("webvpn", 2)]
    assert found.blocks[1].body == (Sourced(" enable outside", 3),)


def test_lines_are_counted_across_chunks(monkeypatch):
    monkeypatch.setattr("nornir_anyconnect.asa.blocks._CHUNK", 16)
    text = "".join(f"mtu if{number} 1500\n" for number in range(50))
    assert headers(text) == [(f"mtu if{number} 1500", number + 1) for number in range(50)]


@pytest.mark.parametrize(
    ("line", "screen"),
    [
        ("<--- More --->\r\0              \r\0 ip address 1.2.3.4", " ip address 1.2.3.4"),
        ("<--- More - -->\r\0               \r\0ssh timeout 5", "ssh timeout 5"),
        ("<--- More --->" + "\b" * 14 + " " * 14 + "\b" * 14 + "webvpn", "webvpn"),
        ("<--- More --->" + " " * 14 + " enable outside", " enable outside"),
        ("<--- More --->", ""),
        ("\x1b[7m<--- More --->\x1b[m\r              \rwebvpn", "webvpn"),
        ("host\0name", "hostname"),
        ("plain", "plain"),
    ],
)
def test_pager_text_is_taken_out_as_a_screen_would(line, screen):
    assert cleaned(line) == screen


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("asa# show version", Typed("asa", None, None, "show version")),
        ("asa> enable", Typed("asa", None, None, "enable")),
        ("asa(config)#hostname b", Typed("asa", None, "config", "hostname b")),
        ("asa/ctx-1(config-webvpn)# port 1", Typed("asa", "ctx-1", "config-webvpn", "port 1")),
        ("asa/pri/act# ", Typed("asa", None, None, "")),
        ("asa/sec/stby/ctx# x", Typed("asa", "ctx", None, "x")),
        ("# a comment", None),
        ("hostname x", None),
        ("x" * 64 + "# too long a name", None),
    ],
)
def test_prompts(line, expected):
    assert typed(line) == expected


def test_a_global_command_typed_in_a_sub_mode_leaves_it():
    text = (
        "a(config)# group-policy P attributes\n"
        "a(config-group-policy)# webvpn\n"
        "a(config-group-webvpn)# anyconnect mtu 1300\n"
        "a(config-group-webvpn)# sysopt connection tcpmss 1300\n"
        "a(config-webvpn)# enable outside\n"
        "a(config-username)# vpn-group-policy LOST\n"
    )
    found = cut(text)
    assert [(b.header, [s.value for s in b.body]) for b in found.blocks] == [
        ("group-policy P attributes", [" webvpn", "  anyconnect mtu 1300"]),
        ("sysopt connection tcpmss 1300", []),
        ("webvpn", [" enable outside"]),
    ]
    assert found.unknown_lines == (Sourced("vpn-group-policy LOST", 6),)


@pytest.mark.parametrize(
    ("text", "indented"),
    [
        ("webvpn\nenable outside\n", False),
        ("webvpn\n enable outside\n", True),
        ("group-policy P attributes\ninterface E0\n nameif a\n", True),
        ("group-policy P attributes\nvpn-tunnel-protocol ssl-client\ninterface E0\n nameif a\n", False),
        ("username u attributes\nservice-type admin\nwebvpn\n enable outside\n", True),
        ("hostname x\n", True),
        ("", True),
    ],
)
def test_lost_indentation_is_noticed(text, indented):
    assert cut(text).indented is indented


def test_secrets_end_at_the_cutter():
    text = (
        "group-policy P external server-group R password canary1\n"
        "tunnel-group T ipsec-attributes\n ikev1 pre-shared-key canary2\n ikev2 local-authentication pre-shared-key 0 canary3\n"
        "vpn load-balancing\n cluster key canary4\n participate\n"
        "username u password canary5 privilege 15\nusername u attributes\n service-type admin\n"
        "webvpn\n sso-server x\n  policy-server-secret canary6\n"
        "group-policy P attributes\n scep-forwarding-url value http://u:canary7@ca.example.net/\n"
        "aaa-server L host 10.0.0.1\n ldap-login-password canary8\n key canary9\n"
        "snmp-server community canary10\n"
    )
    assert "canary" not in repr(cut(text))


def test_a_name_that_reads_like_a_secret_stays_whole():
    found = cut('tunnel-group T general-attributes\n default-group-policy "Shared key users"\n')
    assert found.blocks[0].body[0].value == ' default-group-policy "Shared key users"'


@pytest.mark.parametrize(
    "message",
    [
        "%ASA-5-111008: User 'enable_15' executed the 'write terminal' command.",
        "<166>Jun 22 2022 13:29:11 edge1 : %ASA-6-302013: Built inbound TCP connection",
        "<166>:Jun 22 13:29:11: %ASA-session-6-302013: Built inbound TCP connection",
        "Jun 22 2022 13:29:11: %FTD-6-302013: Built inbound TCP connection",
        "2022-06-22T13:29:11Z edge1 %PIX-4-106023: Deny tcp",
    ],
)
def test_a_message_that_the_console_logs_ends_no_block(message):
    (block,) = cut(f"webvpn\n enable outside\n{message}\n anyconnect enable\n").blocks
    assert block.body == (Sourced(" enable outside", 2), Sourced(" anyconnect enable", 4))


def test_a_message_brings_no_block_back_that_was_left():
    found = cut(f"webvpn\n enable outside\nobject network A\n<166>{'%ASA-6-302013: Built'}\n host 10.0.0.1\n")
    assert (len(found.blocks[0].body), found.unknown_lines) == (1, ())


def test_below_what_is_no_command_nobody_knows_whose_lines_follow():
    text = (
        "webvpn\n enable outside\nWARNING: the license expires\n anyconnect enable\nobject network A\n host 10.0.0.1\n"
    )
    assert cut(text).unknown_lines == (Sourced(" anyconnect enable", 4),)


def test_commands_with_a_body_raise_no_alarm_right_behind_a_block():
    text = "".join(
        f"webvpn\n enable outside\n{header}\n description ours\n"
        for header in ("object network A", "class-map C", "aaa-server R protocol radius", "crypto ikev2 policy 1")
    )
    assert cut(text).unknown_lines == ()


def test_what_is_taken_back_in_a_sub_mode_is_known_by_its_form():
    text = "a(config)# webvpn\na(config-webvpn)# no ssl encryption\na(config-group-policy)# no webvpn\n"
    found = cut(text)
    assert headers(text) == [("webvpn", 1), ("no ssl encryption", 2)]
    assert found.unknown_lines == (Sourced("no webvpn", 3),)


@pytest.mark.parametrize("word", ["external", "ext"])
@pytest.mark.parametrize("name", ["P", '"external pass word"'])
def test_the_password_of_an_external_policy_ends_at_the_cutter_however_it_is_typed(word, name):
    found = cut(f"group-policy {name} {word} server-group R password canary\n")
    assert found.blocks[0].header == f"group-policy {name} {word} server-group R password *****"
