"""Each fault, at a step, from a test and from the fleet file."""

import asyncio
import re
from pathlib import Path

import asyncssh
import pytest

from mock_devices.faults import KINDS, Fault, Faults, Moment

CARET = "ERROR: % Invalid input detected at '^' marker."
LOST = (asyncssh.Error, ConnectionError)
TO_MTU = ("configure terminal", "group-policy STAFF attributes", "webvpn")


@pytest.fixture
def faulty(fleet_of, connect):
    """A privileged session on a box with one fault."""

    def start(kind, step=None, **options):
        device = fleet_of().devices["fw"]
        device.set_fault(kind, step, **options)
        client = connect(device)
        client.enable()
        client.type("terminal pager 0")
        client.device = device
        return client

    return start


def moment(**at):
    return Moment(**{"session": 1, "phase": "show", "line": "show mode", "number": 4, "number_in_phase": 2, **at})


@pytest.mark.parametrize(
    ("step", "met"),
    [
        (None, True), ("show", True), ("config", False), (4, True), ("4", True), (3, False), ("show:2", True),
        ("show:1", False), ("config:2", False), ("^show", True), ("mode$", True), ("^no ", False),
    ],
)  # fmt: skip
def test_steps_are_numbers_phases_or_expressions(step, met):
    assert Fault("invalid-input", step).meets(moment()) is met


def test_a_fault_may_hold_onwards_or_some_times_or_in_one_session():
    onwards = Fault("authorization", 4, onwards=True)
    assert [onwards.meets(moment(number=number)) for number in (3, 4, 5, 9)] == [False, True, True, True]
    twice = Fault("authorization", times=2)
    assert [twice.meets(moment()) for _ in range(3)] == [True, True, False]
    second = Fault("authorization", session=2)
    assert [second.meets(moment(session=number)) for number in (1, 2)] == [False, True]


def test_faults_of_a_spec_are_not_shared_between_devices(fleet_of):
    entry = {"name": "fw", "faults": [{"kind": "reply", "step": "show mode", "times": 1, "options": {"text": "x"}}]}
    first, second = fleet_of(entry, count=2).devices.values()
    assert first.faults.at(moment())
    assert second.faults.at(moment())
    assert not first.faults.at(moment())


def test_an_unknown_fault_is_refused_with_the_known_ones(fleet_of):
    with pytest.raises(ValueError, match="unknown fault 'gremlin'; known are refuse-connection"):
        fleet_of().devices["fw"].set_fault("gremlin")


def test_clear_faults_ends_them_all():
    faults = Faults((Fault("authorization"), Fault("echo-cut")))
    faults.clear()
    assert faults.at(moment()) == []
    assert faults.standing("echo-cut") is None


def test_refuse_connection(fleet_of, connect):
    device = fleet_of().devices["fw"]
    device.set_fault("refuse-connection", times=1)
    with pytest.raises(LOST):
        connect(device)
    assert device.logins.connections == 0
    assert connect(device).greeting.endswith("fw> ")


@pytest.mark.parametrize("phase", ["connect", "login"])
def test_hang_before_the_session(fleet_of, connect, phase):
    device = fleet_of().devices["fw"]
    device.set_fault("hang", phase)
    with pytest.raises((asyncio.TimeoutError, *LOST)):
        connect(device, login_timeout=0.3)


@pytest.mark.parametrize("phase", ["connect", "login"])
def test_link_dropped_before_the_session(fleet_of, connect, phase):
    device = fleet_of().devices["fw"]
    device.set_fault("drop-link", phase)
    with pytest.raises(LOST):
        connect(device)


def test_wrong_password_at_login(fleet_of, connect):
    device = fleet_of().devices["fw"]
    device.set_fault("wrong-password", "login")
    with pytest.raises(asyncssh.PermissionDenied):
        connect(device)
    assert device.logins.failures == 1


def test_wrong_password_at_enable(fleet_of, connect):
    device = fleet_of().devices["fw"]
    device.set_fault("wrong-password", "enable", times=1)
    client = connect(device)
    assert client.enable() == "\nInvalid password\nPassword: "
    assert client.type("secret") == "\nfw# "


def test_one_time_password(fleet_of, connect):
    device = fleet_of().devices["fw"]
    device.set_fault("one-time-password")
    assert connect(device).greeting.endswith("fw> ")
    with pytest.raises(asyncssh.PermissionDenied):
        connect(device)


def test_changed_host_key(fleet_of, connect):
    device = fleet_of().devices["fw"]
    keys = []
    for _ in range(2):
        client = connect(device)
        keys.append(client._connection.get_server_host_key().get_fingerprint())
        device.set_fault("changed-host-key")
    assert keys[0] != keys[1]


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
def test_old_algorithms(fleet_of, connect):
    device = fleet_of().devices["fw"]
    device.set_fault("old-algorithms")
    with pytest.raises(LOST):
        connect(device, kex_algs=["curve25519-sha256"])
    assert device.logins.auth_started == 0
    old = {"kex_algs": ["diffie-hellman-group14-sha1"], "encryption_algs": ["3des-cbc"], "mac_algs": ["hmac-sha1"]}
    assert connect(device, **old).greeting.endswith("fw> ")


def test_session_limit(fleet_of, connect):
    device = fleet_of().devices["fw"]
    device.set_fault("session-limit", limit=1)
    connect(device)
    with pytest.raises(LOST):
        connect(device)
    assert device.logins.refused == 1


def test_slow_output_is_whole_in_the_end(faulty):
    client = faulty("slow-output", "show version", size=20, seconds=0.001)
    assert client.answer("show version")[1].startswith("Cisco Adaptive Security Appliance")


@pytest.mark.parametrize("then", ["prompt", "silence", "drop"])
def test_cut_output(faulty, then):
    client = faulty("cut-output", "show version", after=30, then=then)
    if then == "silence":
        with pytest.raises(asyncio.TimeoutError):
            client.type("show version", patience=0.2)
        return
    text = client.type("show version")
    assert text.startswith("show version\n\nCisco Adaptive Security Appl")
    assert len(text) < 70
    assert text.endswith("fw# ") is (then == "prompt")


def test_empty_reply(faulty):
    assert faulty("empty-reply", "show running-config").type("show running-config") == "show running-config\nfw# "


def test_link_dropped_at_a_line_before_or_after_it_is_done(fleet_of, connect):
    device = fleet_of().devices["fw"]
    for done in (False, True):
        device.set_fault("drop-link", "tcpmss", times=1, done=done)
        client = connect(device)
        client.enable()
        client.type("configure terminal")
        assert not client.type("sysopt connection tcpmss 1300").endswith("# ")
        assert ("tcpmss 1300" in device.running_config()) is done


def test_link_dropped_after_so_many_bytes(fleet_of, connect):
    device = fleet_of().devices["fw"]
    whole = connect(device).greeting
    for after in (0, 5, len(whole) - 2):
        device.clear_faults()
        device.set_fault("drop-link", after=after)
        text = connect(device).greeting
        assert text == whole.replace("\n", "\r\n")[:after].replace("\r\n", "\n").replace("\r", "\r")


def test_hang_at_a_line(faulty):
    client = faulty("hang", "show mode")
    with pytest.raises(asyncio.TimeoutError):
        client.type("show mode", patience=0.2)


def test_pager_that_stays_on(faulty):
    client = faulty("pager")
    assert client.type("show running-config all group-policy").endswith("<--- More --->")


@pytest.mark.parametrize(("where", "place"), [("before", 0), ("after", -1)])
def test_unsolicited_syslog(faulty, where, place):
    client = faulty("syslog", "show curpriv", where=where)
    lines = client.answer("show curpriv")
    assert len(lines) == 4
    assert lines[place].startswith("%ASA-6-302013: ")


def test_banner_with_lines_like_prompts(fleet_of, connect):
    device = fleet_of({"name": "fw", "faults": [{"kind": "banner"}]}).devices["fw"]
    client = connect(device)
    assert "core-fw(config)# \nPassword: \n" in client.greeting
    assert client.greeting.endswith("fw> ")


def test_echo_is_cut_at_eighty_columns(faulty):
    client = faulty("echo-cut")
    client.type("configure terminal")
    line = "group-policy " + "A" * 60 + " internal"
    echoed = client.type(line).split("\n")[0]
    assert "\rfw(config)# $" in echoed
    assert f"{line}\n" in client.device.running_config()


def test_what_is_typed_ahead_is_answered_in_order_and_echoed_when_it_is_read(faulty):
    client = faulty("clock-skew", seconds=0)
    client.write("show curpriv\nshow mode\n")
    said = client.read(re.compile(r"mode: single\s+fw# $"))
    assert said.index("show curpriv") < said.index("Username") < said.index("fw# show mode\n")


@pytest.mark.parametrize(("size", "heard"), [(None, ["show curpriv"]), (5, ["show curpriv", "mode"])])
def test_type_ahead_lost(faulty, size, heard):
    client = faulty("type-ahead-lost", **({"size": size} if size else {}))
    client.device.received.clear()
    client.write("show curpriv\nshow mode\n")
    client.read(re.compile(r"(?s)Username.*fw# (ERROR.*fw# )?$"))
    assert client.answer("show mode")
    assert [each.text for each in client.device.received] == [*heard, "show mode"]


def test_type_ahead_echoed(faulty):
    client = faulty("type-ahead-echoed")
    client.write("show curpriv\nshow mode\n")
    said = client.read(re.compile(r"mode: single\s+fw# $"))
    assert said.startswith("show curpriv\nshow mode\n")
    assert said.count("show mode") == 1


@pytest.mark.parametrize("echo", [False, True])
def test_answered_twice(faulty, echo):
    client = faulty("answered-twice", "show mode", echo=echo, times=1)
    client.write("show mode\n")
    said = client.read(re.compile(r"(?s)mode: single.*mode: single\s+fw# $"))
    assert said.count("show mode") == 1 + echo
    assert client.answer("show mode") == ["Security context mode: single "]


def test_anonymous_reporting_asks_once(faulty):
    client = faulty("anonymous-reporting")
    notice = client.type("configure terminal")
    assert notice.startswith("configure terminal\nfw(config)# ")
    assert notice.endswith("the product? [Y]es, [N]o, [A]sk later: ")
    assert client.type("group-policy").endswith("[A]sk later: ")
    assert client.type("n").endswith("\nfw(config)# ")
    client.type("end")
    assert client.type("configure terminal") == "configure terminal\nfw(config)# "


def test_authorization_fails_for_the_inverse_only(faulty):
    client = faulty("authorization", "^no ")
    for line in (*TO_MTU, "anyconnect mtu 1300"):
        client.type(line)
    assert client.answer("no anyconnect mtu") == ["Command authorization failed"]
    assert "anyconnect mtu 1300" in client.device.running_config()


def test_authorization_fails_from_a_line_on(faulty):
    client = faulty("authorization", "config:2", onwards=True)
    for line in TO_MTU:
        last = client.answer(line)
    assert last == ["Command authorization failed"]
    assert client.answer("show mode") == ["Command authorization failed"]


def test_invalid_input(faulty):
    client = faulty("invalid-input", "anyconnect mtu")
    for line in TO_MTU:
        client.type(line)
    assert client.answer("anyconnect mtu 1300")[1] == CARET
    assert "anyconnect mtu" not in client.device.running_config()


def test_other_words_instead_of_or_beside_the_line(faulty):
    client = faulty("reply", "tcpmss 1300", text="Some words\nnobody knows")
    client.device.set_fault("remark", "tcpmss 1310", text="WARNING: this may hurt")
    client.type("configure terminal")
    assert client.answer("sysopt connection tcpmss 1300") == ["Some words", "nobody knows"]
    assert "tcpmss" not in client.device.running_config()
    assert client.answer("sysopt connection tcpmss 1310") == ["WARNING: this may hurt"]
    assert "tcpmss 1310" in client.device.running_config()


PAIR = [
    {"name": "a", "failover": {"unit": "primary", "role": "active", "mate": "b"}},
    {"name": "b", "failover": {"unit": "secondary", "role": "standby", "mate": "a"}},
]


@pytest.mark.parametrize("kind", ["standby", "failover-flip"])
def test_the_role_changes_between_gate_and_apply(fleet_of, connect, kind):
    devices = fleet_of(*PAIR).devices
    devices["a"].set_fault(kind, "configure")
    client = connect(devices["a"])
    client.enable()
    client.type("terminal pager 0")
    assert "This host: Primary - Active" in client.type("show failover")
    assert "NOT performed from Standby unit to Active unit" in client.type("configure terminal")
    assert devices["b"].role == ("active" if kind == "failover-flip" else "standby")


def test_replication_text_inside_the_prompt(faulty):
    client = faulty("replication-text", "show mode")
    assert "Beginning configuration replication: Sending to mate.\nfw# " in client.type("show mode")


def test_somebody_else_changes_the_configuration(faulty):
    client = faulty("foreign-change", "configure", lines=["sysopt connection tcpmss 1200"])
    client.type("show mode")
    assert "tcpmss" not in client.device.running_config()
    client.type("configure terminal")
    assert "sysopt connection tcpmss 1200\n" in client.device.running_config()
    assert not any("tcpmss" in each.text for each in client.device.received)


def test_accepted_but_not_stored(faulty):
    client = faulty("not-stored")
    before = client.device.running_config()
    assert client.prompt(TO_MTU[0]) == "fw(config)# "
    for line in TO_MTU[1:]:
        client.type(line)
    assert client.type("anyconnect mtu 1300").endswith("\nfw(config-group-webvpn)# ")
    assert client.device.running_config() == before
    assert client.prompt("end") == "fw# "


def test_unsaved_changes(fleet_of):
    device = fleet_of({"name": "fw", "faults": [{"kind": "unsaved-changes"}]}).devices["fw"]
    assert "logging buffer-size 65536" in device.running_config()
    assert "logging buffer-size 65536" not in device.startup_config()


def test_clock_skew(enabled):
    honest = enabled().device.clock.now()
    client = enabled(faults=[{"kind": "clock-skew", "options": {"seconds": 7200}}])
    assert 7190 < (client.device.clock.now() - honest).total_seconds() < 7260


def test_large_configuration(faulty):
    client = faulty("large-config", lines=3000)
    lines = client.answer("show running-config")
    assert sum(line.startswith("access-list FILLER") for line in lines) == 3000
    assert lines[-1] == ": end"
    assert not any("FILLER" in line for line in client.answer("show running-config group-policy"))


def test_each_kind_has_a_test_here():
    text = Path(__file__).read_text("utf-8")
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []
