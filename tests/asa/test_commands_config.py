"""Typed configuration commands: exact lines, exact inverses, and nothing else (promises 4, 5, 29, 30)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nornir_anyconnect.asa.commands import Exit
from nornir_anyconnect.asa.config_commands import ConfigLine, inverse_of, lines_to_send, lines_to_type
from nornir_anyconnect.asa.grammar import Mode, Spelling
from nornir_anyconnect.errors import NameRefusedError
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.kinds.df_bit_ignore import DfBitIgnore, DfSpelling
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu
from nornir_anyconnect.remedies.kinds.tcpmss import TcpMss
from nornir_anyconnect.remedies.kinds.tls_only_group import NewGroupPolicy, NewTunnelGroup
from nornir_anyconnect.remedies.new_objects import RemoveCreated

POLICY = ClientSettingsOf(ClientScope.GROUP_POLICY, "Sales Staff")
USER = ClientSettingsOf(ClientScope.USERNAME, "anna")
TOKEN = "run-0001"

names = st.text(alphabet=[chr(c) for c in range(0x20, 0x7F) if chr(c) not in '?"'], min_size=1, max_size=40).filter(
    lambda name: name == name.strip() and not name.startswith("-")
)
targets = st.builds(ClientSettingsOf, st.sampled_from(ClientScope), names)
mtus = st.none() | st.integers(256, 1462)
mtu_commands = (
    st.tuples(targets, mtus, mtus, st.sampled_from(Spelling))
    .filter(lambda given: given[1] != given[2])
    .map(lambda given: ClientMtu(*given))
)
words = st.sampled_from([None, "enable", "disable", "none"])
df_commands = (
    st.tuples(targets, words, words, st.sampled_from(DfSpelling))
    .filter(lambda given: given[1] != given[2])
    .map(lambda given: DfBitIgnore(*given))
)
segments = st.none() | st.integers(0, 65535)
mss_commands = st.tuples(segments, segments).filter(lambda g: g[0] != g[1]).map(lambda g: TcpMss(*g))
new_policies = st.builds(
    NewGroupPolicy,
    names,
    st.lists(st.sampled_from(["vpn-filter value ACL", "banner value Hello  you", "group-lock none"])).map(tuple),
    st.lists(st.sampled_from(["anyconnect ssl dtls none", "svc dtls none"])).map(tuple),
    st.just(TOKEN),
)
new_groups = st.builds(
    NewTunnelGroup,
    names,
    st.just("remote-access"),
    st.lists(st.sampled_from(["address-pool P", "default-group-policy X"])).map(tuple),
    st.lists(st.sampled_from(["group-alias A enable", "group-url https://a.b/c enable"])).map(tuple),
    st.just(TOKEN),
)
commands = mtu_commands | df_commands | mss_commands | new_policies | new_groups


def test_the_mtu_of_a_policy_with_a_blank_in_its_name():
    command = ClientMtu(POLICY, None, 1347)
    assert lines_to_type([command]) == ('group-policy "Sales Staff" attributes', "webvpn", "anyconnect mtu 1347")
    assert lines_to_type([command.inverse]) == (
        'group-policy "Sales Staff" attributes',
        "webvpn",
        "no anyconnect mtu",
    )


def test_an_explicit_value_comes_back():
    inverse = ClientMtu(POLICY, 1400, 1347, Spelling.SVC).inverse
    assert lines_to_type([inverse])[-1] == "svc mtu 1400"


def test_each_line_goes_to_its_own_sub_mode():
    sent = lines_to_send([ClientMtu(POLICY, None, 1347), ClientMtu(USER, 1400, None), TcpMss(None, 1460)])
    assert [(str(mode), command.text) for mode, command in sent] == [
        ("config", 'group-policy "Sales Staff" attributes'),
        ("config-group-policy", "webvpn"),
        ("config-group-webvpn", "anyconnect mtu 1347"),
        ("config-group-webvpn", "exit"),
        ("config-group-policy", "exit"),
        ("config", "username anna attributes"),
        ("config-username", "webvpn"),
        ("config-username-webvpn", "no anyconnect mtu"),
        ("config-username-webvpn", "exit"),
        ("config-username", "exit"),
        ("config", "sysopt connection tcpmss 1460"),
    ]


def test_two_lines_of_one_block_share_its_header():
    both = [ClientMtu(POLICY, None, 1347), DfBitIgnore(POLICY, None, "enable")]
    assert lines_to_type(both) == (
        'group-policy "Sales Staff" attributes',
        "webvpn",
        "anyconnect mtu 1347",
        "anyconnect ssl df-bit-ignore enable",
    )


def test_a_new_policy_and_its_tunnel_group_are_taken_back_in_reverse():
    policy = NewGroupPolicy("P-TLS", ("vpn-filter value A",), ("anyconnect ssl dtls none",), TOKEN)
    group = NewTunnelGroup("G-TLS", "remote-access", ("default-group-policy P-TLS",), ("group-alias T enable",), TOKEN)
    assert lines_to_type([policy, group]) == (
        "group-policy P-TLS internal",
        "group-policy P-TLS attributes",
        "vpn-filter value A",
        "webvpn",
        "anyconnect ssl dtls none",
        "exit",
        "exit",
        "tunnel-group G-TLS type remote-access",
        "tunnel-group G-TLS general-attributes",
        "default-group-policy P-TLS",
        "exit",
        "tunnel-group G-TLS webvpn-attributes",
        "group-alias T enable",
    )
    assert lines_to_type(inverse_of([policy, group])) == ("no tunnel-group G-TLS", "no group-policy P-TLS")


@given(st.lists(commands, max_size=5).map(tuple))
def test_the_inverse_of_the_inverse_is_the_command(given_commands):
    assert inverse_of(inverse_of(given_commands)) == given_commands


@given(st.lists(commands, max_size=5).map(tuple))
def test_what_is_sent_enters_and_leaves_as_the_device_does(given_commands):
    """Walks the lines through a model of the prompt: each arrives in the mode it was meant for."""
    mode = [Mode.CONFIG]
    for expected, command in lines_to_send((*given_commands, *inverse_of(given_commands))):
        assert mode[-1] is expected
        assert command.text.isascii()
        assert command.text.isprintable()
        assert "?" not in command.text
        if isinstance(command, Exit):
            mode.pop()
        elif isinstance(command, ConfigLine) and command.opens:
            mode.append(command.opens)
    assert mode == [Mode.CONFIG]


@given(st.text(), st.sampled_from(ClientScope))
@example("X attributes\nno group-policy X", ClientScope.GROUP_POLICY)
@example('X" attributes', ClientScope.GROUP_POLICY)
@example("X\u2028Y", ClientScope.USERNAME)
@example("-X", ClientScope.GROUP_POLICY)
@example("X?", ClientScope.GROUP_POLICY)
def test_no_hostile_name_comes_out(name, scope):
    command = ClientMtu(ClientSettingsOf(scope, name), None, 1300)
    try:
        sent = lines_to_send([command])
    except NameRefusedError:
        return
    header = sent[0][1].text
    assert header.isascii()
    assert header.isprintable()
    assert "?" not in header
    assert header in {f"{scope} {name} attributes", f'{scope} "{name}" attributes'}
    assert (" " in name) == header.endswith('" attributes')


FORBIDDEN = [
    (Mode.CONFIG, "no group-policy X attributes"),
    (Mode.CONFIG, "no group-policy X internal"),
    (Mode.CONFIG, "no group-policy X"),
    (Mode.CONFIG, "no tunnel-group X"),
    (Mode.CONFIG, "no tunnel-group X type remote-access"),
    (Mode.CONFIG, "no username anna"),
    (Mode.CONFIG, "no webvpn"),
    (Mode.CONFIG, "clear configure group-policy X"),
    (Mode.CONFIG, "clear configure tunnel-group"),
    (Mode.CONFIG, "clear configure all"),
    (Mode.CONFIG, "webvpn"),
    (Mode.CONFIG, "anyconnect mtu 1300"),
    (Mode.CONFIG, "sysopt connection tcpmss 1300\nreload"),
    (Mode.GROUP_POLICY, "no webvpn"),
    (Mode.GROUP_POLICY, "anyconnect mtu 1300"),
    (Mode.GROUP_WEBVPN, "anyconnect mtu"),
    (Mode.GROUP_WEBVPN, "anyconnect mtu 1300 "),
    (Mode.GROUP_WEBVPN, "anyconnect ssl dtls none"),
    (Mode.GROUP_WEBVPN, "exit"),
    (Mode.TUNNEL_GENERAL, "no default-group-policy"),
]


@pytest.mark.parametrize("created_by", [None, "", "x", "run 1", TOKEN])
@pytest.mark.parametrize(("mode", "line"), FORBIDDEN)
def test_nothing_but_a_leaf_line_can_be_built(mode, line, created_by):
    in_own_object = {
        (Mode.CONFIG, "no group-policy X"),
        (Mode.CONFIG, "no tunnel-group X"),
        (Mode.GROUP_WEBVPN, "anyconnect mtu"),
        (Mode.GROUP_WEBVPN, "anyconnect ssl dtls none"),
    }
    if created_by == TOKEN and (mode, line) in in_own_object:
        assert ConfigLine(mode, line, created_by).text == line
    else:
        with pytest.raises(NameRefusedError):
            ConfigLine(mode, line, created_by)


@given(st.sampled_from(Mode), st.text(), st.none() | st.just(TOKEN))
def test_a_line_of_any_other_shape_is_refused(mode, line, created_by):
    with pytest.raises(NameRefusedError):
        ConfigLine(mode, f"no group-policy {line} attributes", created_by)
    with pytest.raises(NameRefusedError):
        ConfigLine(mode, f"clear {line}", created_by)


def test_only_the_run_that_created_an_object_can_remove_it():
    unowned = NewGroupPolicy("P-TLS", (), (), "")
    with pytest.raises(NameRefusedError):
        lines_to_type([RemoveCreated(unowned)])
    owned = unowned.owned_by(TOKEN)
    ((_, line),) = lines_to_send([owned.inverse])
    assert (line.text, line.created_by) == ("no group-policy P-TLS", TOKEN)


def test_a_masked_secret_or_an_unknown_attribute_is_never_copied():
    for line in ("vpn-filter value *****", "storage-key *****", "radius-common-pw secret", "banner value what?"):
        with pytest.raises(NameRefusedError):
            lines_to_type([NewGroupPolicy("P", (line,), (), TOKEN)])


def test_a_value_out_of_range_is_refused_with_the_range_and_its_ends_are_not():
    with pytest.raises(NameRefusedError, match="anyconnect mtu 255 is outside 256-1462 bytes"):
        ClientMtu(POLICY, None, 255)
    with pytest.raises(NameRefusedError, match="tcpmss 65536 is outside 0-65535 bytes"):
        TcpMss(None, 65536)
    assert ClientMtu(POLICY, 256, 1462).inverse == ClientMtu(POLICY, 1462, 256)
    assert TcpMss(0, 65535).inverse == TcpMss(65535, 0)


def test_what_takes_an_object_back_is_taken_back_by_creating_it_again():
    created = NewGroupPolicy("P-TLS", (), (), TOKEN)
    assert created.inverse.inverse == created


def test_a_command_that_changes_nothing_or_is_out_of_range_does_not_exist():
    for build in (
        lambda: ClientMtu(POLICY, 1300, 1300),
        lambda: ClientMtu(POLICY, None, None),
        lambda: ClientMtu(POLICY, None, 255),
        lambda: ClientMtu(POLICY, None, 1463),
        lambda: DfBitIgnore(POLICY, "enable", "enable"),
        lambda: TcpMss(None, 65536),
        lambda: TcpMss(None, -1),
        lambda: TcpMss(1300, 1300),
    ):
        with pytest.raises(NameRefusedError):
            build()
    with pytest.raises(NameRefusedError):
        lines_to_type([DfBitIgnore(POLICY, None, "enable\nreload")])
