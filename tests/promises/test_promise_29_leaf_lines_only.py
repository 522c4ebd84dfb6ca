"""Promise 29: what removes a group, a policy or a whole block cannot be constructed. Types, and fuzz."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.config_commands import ConfigLine, inverse_of, lines_to_send
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.errors import AnyConnectError, NameRefusedError, PlanError
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.kinds import decode, encode
from nornir_anyconnect.remedies.kinds.df_bit_ignore import DfBitIgnore
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu
from nornir_anyconnect.remedies.kinds.tcpmss import TcpMss
from nornir_anyconnect.remedies.kinds.tls_only_group import NewGroupPolicy, NewTunnelGroup
from nornir_anyconnect.remedies.new_objects import RemoveCreated
from tests.amounts import examples

TOKEN = "run-0001"
DESTROYS = re.compile(r"\s*(?:no\s+(?:group-policy|tunnel-group|webvpn|username)|clear\b|default\b)", re.IGNORECASE)
WORDS = st.sampled_from(
    ["no", "clear", "configure", "group-policy", "tunnel-group", "webvpn", "attributes", "general-attributes", "X",
     '"X Y"', "internal", "type", "remote-access", "username", "anyconnect", "mtu", "1300", "all", "default", "\t", "  "]
)  # fmt: skip


@examples(500)
@given(st.sampled_from(Mode), st.lists(WORDS, min_size=1, max_size=6), st.sampled_from(["", " "]), st.booleans())
def test_no_line_that_destroys_anything_exists(mode, words, blank, owned):
    line = " ".join(words) + blank
    try:
        made = ConfigLine(mode, line, TOKEN if owned else None)
    except NameRefusedError:
        return
    if DESTROYS.match(made.text):
        assert owned, "only an object that this run created can be removed"
        assert re.fullmatch(r'no (?:group-policy|tunnel-group) (?:X|"X Y"|\S+)', made.text)
        assert made.mode is Mode.CONFIG


names = st.from_regex(r"[A-Za-z][A-Za-z0-9_. -]{0,20}[A-Za-z0-9]", fullmatch=True)
target = st.builds(ClientSettingsOf, st.sampled_from(ClientScope), names)
sizes = st.none() | st.integers(256, 1462)
changes = st.one_of(
    st.builds(ClientMtu, target, sizes, sizes),
    st.builds(
        DfBitIgnore, target, st.sampled_from([None, "enable", "none"]), st.sampled_from([None, "enable", "disable"])
    ),
    st.builds(TcpMss, st.none() | st.integers(0, 9000), st.none() | st.integers(0, 9000)),
)


@given(st.data())
def test_a_change_and_its_inverse_touch_leaf_lines_only(data):
    try:
        command = data.draw(changes)
    except NameRefusedError:
        return
    for _, line in (*lines_to_send([command]), *lines_to_send(inverse_of([command]))):
        assert not DESTROYS.match(line.text), line.text


@given(
    name=names,
    owner=st.sampled_from(["", "x", None, 7]) | st.text(max_size=3),
    kind=st.sampled_from(["NewGroupPolicy", "NewTunnelGroup", "RemoveCreated", "ClientMtu", "Group", ""]),
)
def test_nothing_in_a_journal_or_plan_becomes_a_removal(name, owner, kind):
    created = {"command": "NewGroupPolicy", "name": name, "attributes": [], "client": [], "created_by": owner}
    data = {"command": kind, "created": created} if kind == "RemoveCreated" else {**created, "command": kind}
    try:
        command = decode(data)
        lines = [line.text for _, line in lines_to_send([command])]
    except (AnyConnectError, TypeError):
        return
    assert not any(DESTROYS.match(line) for line in lines)


def test_the_one_exception_carries_the_token_of_the_run_that_created_it():
    policy = NewGroupPolicy("P", (), (), TOKEN)
    group = NewTunnelGroup("T", "remote-access", (), (), TOKEN)
    for command in (policy, group):
        assert isinstance(command.inverse, RemoveCreated)
        ((mode, line),) = lines_to_send([command.inverse])
        assert (mode, line.created_by) == (Mode.CONFIG, TOKEN)
        with pytest.raises(PlanError, match="is not a command of this tool"):
            decode({"command": "RemoveCreated", "created": encode(command)})
    with pytest.raises(TypeError):
        RemoveCreated()
    with pytest.raises(AttributeError):
        RemoveCreated(ClientMtu(ClientSettingsOf(ClientScope.GROUP_POLICY, "P"), None, 1300)).steps  # noqa: B018 - it raises


@pytest.mark.fleet
def test_a_new_group_goes_only_while_it_is_ours_and_nobody_is_on_it(site):
    here = site()
    before = here.texts()
    plan = here.plan(fix="tls-only-group", alias="{group}-TLS", accept_external=True)
    device = here.fleet.devices["fw-one"]
    assert here.apply(plan)["fw-one"].state == "applied"
    device.add_user("kim", "STAFF-TLS")
    device.run_traffic(5)
    outcome = here.rollback()["fw-one"]
    assert outcome.state in ("refused", "indeterminate"), outcome
    assert "users are connected" in outcome.reason
    assert "tunnel-group STAFF-TLS type remote-access" in device.running_config()
    assert not any(line.startswith("no tunnel-group") for _, _, line in here.heard)
    assert here.texts() != before
