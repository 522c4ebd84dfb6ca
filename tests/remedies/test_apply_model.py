"""A command changes the configuration in memory as the device would, and its inverse restores it (promise 13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.config_commands import applied, inverse_of
from nornir_anyconnect.asa.grammar import Spelling
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.kinds.df_bit_ignore import DfBitIgnore, DfSpelling
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu
from nornir_anyconnect.remedies.kinds.tcpmss import TcpMss
from nornir_anyconnect.remedies.kinds.tls_only_group import NewGroupPolicy, NewTunnelGroup
from tests.amounts import examples

POLICY, USER = ClientScope.GROUP_POLICY, ClientScope.USERNAME


def text_of(config):
    """The blocks as the device would print them."""
    return "\n".join(line for block in config.blocks for line in (block.header, *(each.value for each in block.body)))


def body_of(policy):
    return [each.value for each in policy.body]


def values(config):
    """All typed values without line numbers."""

    def bare(setting):
        return None if setting is None else setting.value

    def client(found):
        return (bare(found.mtu), bare(found.dtls), bare(found.df_bit_ignore))

    return (
        {
            p.name: (client(p.client), bare(p.tunnel_protocols), bare(p.group_lock), bare(p.address_pools))
            for p in config.group_policies
        },
        {
            g.name: (
                bare(g.type),
                bare(g.default_group_policy),
                bare(g.address_pools),
                tuple(bare(each) for each in g.authentication_servers),
                tuple(bare(each) for each in g.group_aliases),
                tuple(bare(each) for each in g.group_urls),
            )
            for g in config.tunnel_groups
        },
        {u.name: client(u.client) for u in config.usernames},
        bare(config.tcpmss),
    )


@st.composite
def webvpn_blocks(draw):
    lines = []
    if draw(st.booleans()):
        lines.append("  anyconnect keep-installer installed")
    mtu = draw(st.none() | st.integers(576, 1406))
    if mtu:
        lines.append(f"  anyconnect mtu {mtu}")
    df = draw(st.sampled_from([None, "enable", "disable"]))
    if df:
        lines.append(f"  anyconnect ssl df-bit-ignore {df}")
    if draw(st.booleans()):
        lines.append("  anyconnect ssl dtls enable")
    return [" webvpn", *lines] if lines or draw(st.booleans()) else []


@st.composite
def configs(draw):
    lines = ["ASA Version 9.8(2)"]
    if draw(st.booleans()):
        lines.append(f"sysopt connection tcpmss {draw(st.integers(1200, 1460))}")
    for name in draw(st.permutations(["DfltGrpPolicy", "Sales Staff", "GP"])):
        if draw(st.booleans()):
            continue
        shown = f'"{name}"' if " " in name else name
        if name != "DfltGrpPolicy":
            lines.append(f"group-policy {shown} internal")
        if name == "DfltGrpPolicy" or draw(st.booleans()):
            lines += [f"group-policy {shown} attributes", " vpn-tunnel-protocol ssl-client", *draw(webvpn_blocks())]
            if draw(st.booleans()):
                lines.append(" banner value Welcome")
    if draw(st.booleans()):
        lines += ["username anna attributes", " vpn-filter value A", *draw(webvpn_blocks())]
    return "\n".join([*lines, "tunnel-group T type remote-access", "Cryptochecksum:0", ""])


def prior(config, target, field):
    holders = config.group_policies if target.scope is POLICY else config.usernames
    setting = next((getattr(h.client, field) for h in holders if h.name == target.name), None)
    return None if setting is None else setting.value


targets = st.sampled_from(
    [
        ClientSettingsOf(POLICY, "Sales Staff"),
        ClientSettingsOf(POLICY, "GP"),
        ClientSettingsOf(POLICY, "DfltGrpPolicy"),
        ClientSettingsOf(USER, "anna"),
    ]
)
wanted = st.one_of(
    st.tuples(st.just("mtu"), targets, st.none() | st.integers(576, 1406)),
    st.tuples(st.just("df"), targets, st.sampled_from([None, "enable", "none"])),
    st.tuples(st.just("mss"), st.none(), st.none() | st.integers(48, 65535)),
)


def command_for(config, want):
    """The command that leads from what the configuration says to what is wanted, if it changes anything."""
    kind, target, after = want
    if kind == "mss":
        before = config.tcpmss.value if config.tcpmss else None
        return None if before == after else TcpMss(before, after)
    if kind == "mtu":
        before = prior(config, target, "mtu")
        return None if before == after else ClientMtu(target, before, after)
    was = prior(config, target, "df_bit_ignore")
    before = None if was is None else "enable" if was else "disable"
    return None if before == after else DfBitIgnore(target, before, after)


@examples(150)
@given(configs(), st.lists(wanted, min_size=1, max_size=5))
def test_a_change_and_its_inverse_leave_the_configuration_as_it_was(text, wants):
    original = config = parse(text)
    done = []
    for want in wants:
        command = command_for(config, want)
        if command:
            config = applied(config, [command])
            done.append(command)
    back = applied(config, inverse_of(done))
    assert values(back) == values(original)
    assert sorted(text_of(back).split("\n")) == sorted(text_of(original).split("\n"))
    if all(command.after is not None for command in done):  # as every remedy's are
        assert back == original


@examples(150)
@given(configs(), wanted)
def test_the_changed_blocks_read_as_the_changed_values(text, want):
    """The typed fields and the text are changed separately: reading the text again proves them equal."""
    config = parse(text)
    command = command_for(config, want)
    if command is None:
        return
    after = applied(config, [command])
    assert text_of(after) != text_of(config)
    assert values(parse(text_of(after))) == values(after)


def test_an_old_box_reads_its_own_spelling():
    config = parse(
        "ASA Version 8.2(1)\ngroup-policy GP internal\ngroup-policy GP attributes\n webvpn\n  svc mtu 1400\n"
    )
    target = ClientSettingsOf(POLICY, "GP")
    after = applied(
        config,
        [ClientMtu(target, 1400, 1300, Spelling.SVC), DfBitIgnore(target, None, "enable", DfSpelling.SVC)],
    )
    assert [each.value for each in after.blocks[-1].body] == [
        " webvpn",
        "  svc mtu 1300",
        "  svc df-bit-ignore enable",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "group-policy GP internal\ngroup-policy GP attributes\n webvpn\n",
        "group-policy GP attributes\nmtu outside 1500\n",
    ],
)
def test_an_empty_header_of_the_original_stays_after_a_rollback(text):
    config = parse(text)
    command = ClientMtu(ClientSettingsOf(POLICY, "GP"), None, 1300)
    after = applied(config, [command])
    assert applied(after, [command.inverse]) == config


def test_only_the_line_of_that_policy_changes():
    config = parse(
        "group-policy A attributes\n webvpn\n  anyconnect mtu 1400\n"
        "group-policy B attributes\n webvpn\n  anyconnect mtu 1400\n"
        "username A attributes\n webvpn\n  anyconnect mtu 1400\n"
    )
    after = applied(config, [ClientMtu(ClientSettingsOf(POLICY, "B"), 1400, 1300)])
    assert values(after)[0]["A"][0][0] == 1400
    assert values(after)[0]["B"][0][0] == 1300
    assert values(after)[2]["A"][0] == 1400
    assert text_of(after).count("anyconnect mtu 1400") == 2


def test_taking_back_what_is_not_there_changes_nothing():
    config = parse("group-policy GP attributes\n webvpn\n  anyconnect keep-installer installed\n")
    assert applied(config, [ClientMtu(ClientSettingsOf(POLICY, "GP"), 1300, None)]) == config


def test_new_attributes_stand_right_below_the_line_that_creates_the_policy():
    config = parse("group-policy A internal\ngroup-policy B internal\ngroup-policy C internal\n")
    after = applied(config, [ClientMtu(ClientSettingsOf(POLICY, "B"), None, 1300)])
    assert text_of(after).split("\n") == [
        "group-policy A internal",
        "group-policy B internal",
        "group-policy B attributes",
        " webvpn",
        "  anyconnect mtu 1300",
        "group-policy C internal",
    ]


def test_new_attributes_take_a_second_line_and_are_gone_with_the_last_one():
    config = parse("group-policy A internal\ngroup-policy B internal\n")
    target = ClientSettingsOf(POLICY, "A")
    mtu, fragments = ClientMtu(target, None, 1300), DfBitIgnore(target, None, "enable")
    after = applied(config, [mtu, fragments])
    assert text_of(after).split("\n") == [
        "group-policy A internal",
        "group-policy A attributes",
        " webvpn",
        "  anyconnect mtu 1300",
        "  anyconnect ssl df-bit-ignore enable",
        "group-policy B internal",
    ]
    assert applied(after, inverse_of([mtu, fragments])) == config


KEEP = "  anyconnect keep-installer installed"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([" webvpn", KEEP, " banner value Hello"], [" webvpn", KEEP, "  anyconnect mtu 1300", " banner value Hello"]),
        ([" webvpn", KEEP, " webvpn", KEEP], [" webvpn", KEEP, "  anyconnect mtu 1300", " webvpn", KEEP]),
        (
            [" webvpn", KEEP, " webvpn", "  anyconnect mtu 1400", " banner value Hello"],
            [" webvpn", KEEP, " webvpn", "  anyconnect mtu 1300", " banner value Hello"],
        ),
        ([" banner value Hello"], [" banner value Hello", " webvpn", "  anyconnect mtu 1300"]),
    ],
)
def test_a_line_stands_at_the_end_of_its_own_sub_block_or_where_it_stood(before, after):
    config = parse("\n".join(["group-policy A attributes", *before, ""]))
    command = ClientMtu(ClientSettingsOf(POLICY, "A"), prior(config, ClientSettingsOf(POLICY, "A"), "mtu"), 1300)
    changed = applied(config, [command])
    assert body_of(changed.group_policy("A")) == after
    assert [line.value for line in changed.blocks[0].body] == after
    assert applied(changed, [command.inverse]) == config


def test_a_line_goes_where_the_webvpn_lines_of_a_name_printed_twice_stand():
    config = parse(
        "group-policy A attributes\n webvpn\n  anyconnect keep-installer installed\n"
        "group-policy A attributes\n banner value Hello\n"
    )
    after = applied(config, [ClientMtu(ClientSettingsOf(POLICY, "A"), None, 1300)])
    assert [line.value for line in after.blocks[0].body][-1] == "  anyconnect mtu 1300"
    assert [line.value for line in after.blocks[1].body] == [" banner value Hello"]


def test_the_line_is_found_in_the_second_header_of_the_same_name():
    text = (
        "group-policy A attributes\n webvpn\n  anyconnect keep-installer installed\n"
        "group-policy A attributes\n webvpn\n  anyconnect mtu 1400\n"
    )
    config = parse(text)
    command = ClientMtu(ClientSettingsOf(POLICY, "A"), 1400, 1300)
    after = applied(config, [command])
    assert [line.value for line in after.blocks[1].body] == [" webvpn", "  anyconnect mtu 1300"]
    assert applied(after, [command.inverse]) == config


@pytest.mark.parametrize("owner", ["run-0001"])
def test_a_created_pair_reads_as_it_was_meant_and_goes_without_a_trace(owner):
    config = parse(
        "group-policy GP internal\ntunnel-group T type remote-access\n"
        "tunnel-group T general-attributes\n default-group-policy GP\n"
    )
    policy = NewGroupPolicy(
        "My GP-TLS",
        ("vpn-tunnel-protocol ssl-client", 'group-lock value "T 1"', "address-pools value P1 P2"),
        ("anyconnect keep-installer installed", "anyconnect ssl dtls none"),
        owner,
    )
    group = NewTunnelGroup(
        "T-TLS",
        "remote-access",
        ("address-pool P", "authentication-server-group AAA LOCAL", 'default-group-policy "My GP-TLS"'),
        ("authentication aaa", "group-alias slow enable", "group-url https://a.example/tls enable"),
        owner,
    )
    after = applied(config, [policy, group])
    again = parse(text_of(after))
    assert values(again) == values(after)
    assert body_of(again.group_policy("My GP-TLS")) == body_of(after.group_policy("My GP-TLS"))
    assert values(after)[0]["My GP-TLS"] == ((None, False, None), ("ssl-client",), "T 1", ("P1", "P2"))
    assert applied(after, inverse_of([policy, group])) == config
