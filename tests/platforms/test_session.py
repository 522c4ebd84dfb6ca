"""A session on a transport of strings: what it sends, what it refuses, how it ends."""

import threading
from dataclasses import dataclass

import pytest

from nornir_anyconnect.asa.commands import (
    ChangeTo,
    Command,
    ConfigureTerminal,
    Enable,
    PagerOff,
    Show,
    ShowCommand,
    ShowRunning,
)
from nornir_anyconnect.asa.config_commands import ConfigLine
from nornir_anyconnect.asa.grammar import Mode, Section
from nornir_anyconnect.errors import (
    CredentialError,
    DeviceError,
    EnableError,
    GateError,
    IncompleteReplyError,
    LinkLostError,
    NameRefusedError,
    RejectedError,
    ReplyTimeoutError,
)
from nornir_anyconnect.platforms.asa_ssh import conversation
from nornir_anyconnect.platforms.asa_ssh.ahead import Doubt
from nornir_anyconnect.platforms.asa_ssh.session import Session
from nornir_anyconnect.platforms.login_gate import LoginGate
from nornir_anyconnect.platforms.protocols import Role
from tests.platforms.box import Box, device_on, session_on
from tests.waiting import LONG, eventually

NOT_PERFORMED = (
    "**** WARNING ****\r\n\tConfiguration Replication is NOT performed from Standby unit to Active unit.\r\n"
    "\tConfigurations are no longer synchronized.\r\n"
)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(conversation, "QUIET", 0.005)
    monkeypatch.setattr(conversation, "QUESTION_QUIET", 0.01)


def test_login_sends_nothing_but_the_proof():
    box = Box(greeting="Authorized use only\r\nfw9# \r\n")
    assert session_on(box).prompt.text == "fw1# "
    assert box.lines == ["terminal pager 0"]


@pytest.mark.parametrize("thing", ["show version", b"show version", None, Section.WEBVPN])
def test_only_typed_commands_are_taken(thing):
    box = Box()
    with pytest.raises(TypeError, match="typed commands"):
        session_on(box).send(thing)
    assert box.lines == ["terminal pager 0"]


def test_a_command_that_somebody_else_defined_is_not_taken():
    @dataclass(frozen=True)
    class Own(Command):
        @property
        def text(self):
            return "reload"

    box = Box()
    with pytest.raises(TypeError, match="Own"):
        session_on(box).send(Own())
    assert "reload" not in box.lines


@pytest.mark.parametrize("line", ["webvpn?", "web\x03vpn", "webvpn\n"])
def test_a_command_that_was_altered_after_it_was_built_is_not_sent(line):
    altered = ConfigLine(Mode.GROUP_POLICY, "webvpn")
    object.__setattr__(altered, "line", line)
    box = Box()
    with pytest.raises(NameRefusedError, match="cannot be sent"):
        session_on(box).send(altered)
    assert box.lines == ["terminal pager 0"]


def test_log_lines_are_dropped_everywhere_but_from_the_log():
    log = "%ASA-4-722036: Group <G>\r\n"
    session = session_on(Box({"show mode": log + "Security context mode: single\r\n", "show logging": log}))
    assert session.send(ShowCommand(Show.MODE)).text == "Security context mode: single"
    assert session.send(ShowCommand(Show.LOGGING)).text == "%ASA-4-722036: Group <G>"


def test_a_reply_and_a_refusal():
    session = session_on(Box({"show mode": "Security context mode: single\r\n"}))
    assert session.send(ShowCommand(Show.MODE)).text == "Security context mode: single"
    assert session.send(ShowRunning(Section.SSL)).refusal.startswith("ERROR: % Invalid input")
    assert session.alive


def test_enable_tries_the_secret_once():
    box = Box({"enable": b"enable\r\nPassword: ", "wrong": b"\r\nInvalid password\r\nPassword: "}, prompt="fw1> ")
    session = session_on(box, secret="wrong")
    with pytest.raises(CredentialError, match="refused the enable secret"):
        session.enable()
    assert box.lines.count("wrong") == 1
    assert box.closed


def test_a_refused_secret_is_not_tried_a_fourth_time():
    gate = LoginGate()
    tried = 0
    for _ in range(5):
        box = Box({"enable": b"enable\r\nPassword: ", "wrong": b"\r\nInvalid password\r\nPassword: "}, prompt="fw1> ")
        session = Session(box, name="fw1", user="audit", secret="wrong", login_gate=gate)
        session.log_in(enables=False)
        with pytest.raises(CredentialError):
            session.enable()
        tried += box.lines.count("wrong")
    assert tried == 3


@pytest.mark.parametrize("said", ["", "Command authorization failed\r\n"])
def test_a_user_that_may_not_enable_is_told_so_and_a_secret_that_nobody_asked_for_is_neither_refused_nor_proved(said):
    gate = LoginGate()
    for _ in range(4):
        box = Box({"enable": said}, prompt="fw1> ")
        with pytest.raises(EnableError, match=f"refused to enable: {said.strip() or 'still in user mode'}"):
            session_on(box, secret="s", login_gate=gate).enable()
        assert "s" not in box.lines
    session_on(Box({"enable": ("", "fw1# ")}, prompt="fw1> "), secret="s", login_gate=gate).enable()
    assert gate.tally() == (False, 0)


@pytest.mark.parametrize("said", ["", "Invalid password\r\nPassword: ", "Access denied.\r\nfw1> "])
def test_after_three_refusals_nobody_even_asks_to_be_enabled(said):
    gate = LoginGate()
    for _ in range(3):
        with gate.attempt("audit", "s", "enable") as attempt:
            attempt.refused = True
    box = Box({"enable": b"enable\r\nPassword: ", "s": said.encode()}, prompt="fw1> ")
    with pytest.raises(EnableError, match="not tried"):
        session_on(box, secret="s", login_gate=gate).enable()
    assert box.lines == ["terminal pager 0"]


GREETED = "Type help or '?' for a list of available commands.\r\n"


def test_behind_its_greeting_a_box_is_asked_for_nothing_but_to_enable():
    box = Box({"enable": b"enable\r\nPassword: ", "s": b"\r\nfw1# "}, prompt="fw1> ", greeting=GREETED)
    session = Session(box, name="fw1", user="audit", secret="s", login_gate=LoginGate())
    session.log_in(enables=True)
    session.enable()
    session.pager_off()
    assert session.prompt.text == "fw1# "
    assert box.lines == ["enable", "s", "terminal pager 0"]


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_the_first_prompt_is_proved_as_ever(secret):
    box = Box(prompt="fw1> ", greeting=GREETED)
    Session(box, name="fw1", secret=secret, login_gate=LoginGate()).log_in(enables=True)
    assert box.lines == ["terminal pager 0"]


def waits_at_the_question(box):
    """Whose box has asked for the secret that another host is trying just now; and how to let that one end."""
    looked, judged, began = [], threading.Event(), threading.Event()

    def clock():
        looked.append(threading.current_thread())
        return 0.0

    gate = LoginGate(clock)

    def first():
        with gate.attempt("audit", "s", "enable") as attempt:
            began.set()
            judged.wait(LONG)
            attempt.accepted = True

    threading.Thread(target=first, daemon=True).start()
    assert began.wait(LONG)
    session = session_on(box, secret="s", login_gate=gate)
    failed = []

    def second():
        try:
            session.enable()
        except DeviceError as error:
            failed.append(error)

    other = threading.Thread(target=second, daemon=True)
    other.start()
    eventually(lambda: other in looked)

    def over():
        judged.set()
        other.join(LONG)
        return failed

    return session, over


def test_a_box_asks_for_the_secret_while_another_one_judges_it_and_gets_it_afterwards():
    box = Box({"enable": b"enable\r\nPassword: ", "s": b"\r\nfw1# "}, prompt="fw1> ")
    session, over = waits_at_the_question(box)
    assert box.lines == ["terminal pager 0", "enable"]
    box.out.append(b" ")  # the last of its question
    assert over() == []
    assert session.prompt.privileged


@pytest.mark.parametrize(
    "said", [b"\r\nfw1> ", b"\r\n% Timeout expired!\r\nPassword: ", b"\r\n", LinkLostError("gone")]
)
def test_a_box_that_went_on_meanwhile_never_sees_the_secret(said):
    box = Box({"enable": b"enable\r\nPassword: "}, prompt="fw1> ")
    _, over = waits_at_the_question(box)
    box.out.append(said)
    (error,) = over()
    assert isinstance(error, IncompleteReplyError | LinkLostError)
    assert box.lines == ["terminal pager 0", "enable"]
    assert box.closed


def test_a_secret_that_was_accepted_is_tried_everywhere_at_once():
    gate, inside = LoginGate(lambda: 0.0), threading.Event()
    box = Box({"enable": b"enable\r\nPassword: ", "s": b"\r\nfw1# "}, prompt="fw1> ")
    session = session_on(box, secret="s", login_gate=gate)
    session.enable()
    assert session.prompt.privileged

    def two_at_once():
        with gate.attempt("audit", "s", "enable"), gate.attempt("audit", "s", "enable"):
            inside.set()

    threading.Thread(target=two_at_once, daemon=True).start()
    assert inside.wait(LONG)


def test_a_log_line_before_the_echo_of_enable_is_no_answer_to_it():
    asked = b"\r\n%ASA-6-302013: Built\r\nenable\r\nPassword: "
    session = session_on(Box({"enable": asked, "s": b"\r\nfw1# "}, prompt="fw1> "), secret="s")
    session.enable()
    assert session.prompt.privileged


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_nothing_is_sent(secret):
    box = Box(prompt="fw1> ")
    with pytest.raises(CredentialError, match="needs an enable secret"):
        session_on(box, secret=secret).enable()
    assert box.lines == ["terminal pager 0"]


def test_at_the_privileged_prompt_nothing_is_sent_to_enable():
    box = Box()
    session_on(box, secret="s").enable()
    assert box.lines == ["terminal pager 0"]


def test_an_unset_enable_password_is_never_set():
    unset = b"enable\r\nThe enable password is not set.  Please set it now.\r\nEnter  Password: "
    box = Box({"enable": unset}, prompt="fw1> ")
    with pytest.raises(CredentialError, match="no enable password"):
        session_on(box, secret="s3cret").enable()
    assert "s3cret" not in box.lines


def test_a_question_is_never_answered():
    box = Box(
        {"show version": b"show version\r\nSystem config has been modified. Save? [Y]es/[N]o/[S]ave all/[C]ancel:"}
    )
    session = session_on(box)
    with pytest.raises(RejectedError, match=r"never answered here: 'System config has been modified"):
        session.send(ShowCommand(Show.VERSION))
    assert not session.alive
    assert box.lines == ["terminal pager 0", "show version"]


def test_silence_half_a_reply_and_a_lost_link_are_three_errors():
    for answer, error in [
        (b"", ReplyTimeoutError),
        (b"show version\r\nCisco", IncompleteReplyError),
        (LinkLostError("gone"), LinkLostError),
    ]:
        box = Box({"show version": answer})
        session = session_on(box)
        with pytest.raises(error, match=r"fw1.*show version"):
            session.send(ShowCommand(Show.VERSION))
        assert box.closed
        with pytest.raises(LinkLostError, match="over"):
            session.send(ShowCommand(Show.VERSION))


def test_a_changed_prompt_has_to_prove_itself():
    box = Box({"show version": ("Cisco\r\n", "fw1/stby# ")}, prompt="fw1/act# ")
    reply = session_on(box).send(ShowCommand(Show.VERSION))
    assert (reply.text, reply.prompt.state) == ("Cisco", "stby")
    assert box.lines == ["terminal pager 0", "show version", "terminal pager 0"]


TABLE = "Context Name   Class   Interfaces   URL\r\n"


def test_the_context_is_asked_of_the_device_not_of_the_prompt():
    answers = {"changeto context A": ("", "fw1/A# "), "show context": TABLE + " A   default   G0/1   disk0:/a.cfg\r\n"}
    device_on(Box(answers)).enter("A")
    answers["show context"] = TABLE + " B   default   G0/1   disk0:/b.cfg\r\n"
    with pytest.raises(RejectedError, match="stands in B"):
        device_on(Box(answers)).enter("A")


def test_a_refused_change_of_context_says_the_devices_words():
    box = Box({"changeto context A": "ERROR: 'A' is not valid\r\n"})
    with pytest.raises(RejectedError, match="'A' is not valid"):
        device_on(box).enter("A")


def test_configuration_line_by_line_in_the_right_sub_mode_only():
    box = Box(
        {
            "configure terminal": ("", "fw1(config)# "),
            'group-policy "A B" attributes': ("", "fw1(config-group-policy)# "),
            "webvpn": ("", "fw1(config-group-webvpn)# "),
            "anyconnect mtu 1300": "",
            "exit": ("", "fw1# "),
        }
    )
    session = session_on(box)
    session.configure(settle=0.001)
    assert (
        session.send_line(ConfigLine(Mode.CONFIG, 'group-policy "A B" attributes'), expect_mode="config").rejected_text
        is None
    )
    with pytest.raises(RejectedError, match="it was not sent"):
        session.send_line(ConfigLine(Mode.GROUP_WEBVPN, "anyconnect mtu 1300"), expect_mode="config-group-webvpn")
    assert "anyconnect mtu 1300" not in box.lines
    session.send_line(ConfigLine(Mode.GROUP_POLICY, "webvpn"), expect_mode="config-group-policy")
    reply = session.send_line(ConfigLine(Mode.GROUP_WEBVPN, "anyconnect mtu 1300"), expect_mode="config-group-webvpn")
    assert reply.rejected_text is None
    session.leave_configuration()
    assert session.prompt.mode is None


def test_a_unit_that_does_not_replicate_is_a_hard_stop():
    box = Box({"configure terminal": (NOT_PERFORMED, "fw1(config)# "), "exit": ("", "fw1# ")})
    session = session_on(box)
    with pytest.raises(GateError, match="NOT performed"):
        session.configure(settle=0.001)
    assert session.prompt.mode is None


@pytest.mark.parametrize("said", ["", "Command authorization failed\r\n"])
def test_a_device_that_does_not_enter_configuration_mode_is_told(said):
    session = session_on(Box({"configure terminal": said}))
    with pytest.raises(RejectedError, match=f"did not enter configuration mode: {said.strip() or 'fw1#'}"):
        session.configure(settle=0.001)


def test_a_device_that_stays_in_configuration_mode_is_told():
    session = session_on(Box({"configure terminal": ("", "fw1(config)# "), "exit": ""}))
    session.configure(settle=0.001)
    with pytest.raises(RejectedError, match="stays in configuration mode"):
        session.leave_configuration()


def test_the_reporting_notice_is_answered_with_later():
    notice = (
        b"configure terminal\r\nfw1(config)# \r\n\r\n*** NOTICE ***\r\nWould you like to enable anonymous error "
        b"reporting to help improve\r\nthe product? [Y]es, [N]o, [A]sk later: "
    )
    box = Box({"configure terminal": notice, "A": ("", "fw1(config)# "), "exit": ("", "fw1# ")})
    session = session_on(box)
    session.configure(settle=0.01)
    assert session.prompt.mode == "config"
    assert box.lines == ["terminal pager 0", "configure terminal", "A"]


def test_closing_leaves_configuration_mode_and_never_raises():
    box = Box({"configure terminal": ("", "fw1(config)# "), "exit": ("", "fw1# ")})
    session = session_on(box)
    session.send(ConfigureTerminal())
    session.close()
    session.close()
    assert box.lines[-2:] == ["exit", "exit"]
    assert box.closed


def test_enable_goes_through_its_own_method_and_the_pager_needs_no_reply():
    session = session_on(Box())
    with pytest.raises(TypeError, match="enable"):
        session.send(Enable())
    assert session.send(PagerOff()).text == ""
    assert ChangeTo("x").text == "changeto context x"


def test_the_pager_is_switched_off_on_the_device():
    box = Box()
    session_on(box).pager_off()
    assert box.lines == ["terminal pager 0"]  # the line that proved the prompt was taken


def test_where_the_line_that_proves_the_prompt_was_refused_the_pager_is_tried_again_and_nothing_is_asked_ahead():
    refused = "ERROR: % Invalid input detected at '^' marker.\r\n"
    box = Box({"terminal pager 0": refused, "show mode": "single\r\n"})
    session = session_on(box, pipeline=True)
    session.pager_off()
    session.ask_ahead([ShowCommand(Show.MODE)])
    assert box.lines == ["terminal pager 0"] * 2


def test_a_reply_that_goes_on_after_its_end_is_noticed_when_the_session_settles():
    box = Box({"show mode": "Security context mode: single\r\n"})
    session = session_on(box)
    session.send(ShowCommand(Show.MODE))
    session.settle()
    box.out.append(b"\r\nmore of it\r\nfw1# ")
    with pytest.raises(IncompleteReplyError, match="still printing"):
        session.settle()


def test_identity_of_a_box_that_knows_few_commands():
    box = Box(
        {
            "show version": "Cisco Adaptive Security Appliance Software Version 8.2(5)\r\nfw1 up 3 days\r\nSerial Number: J1\r\n",
            "show failover": "Failover Off\r\n",
            "show mode": "Security context mode: single\r\n",
        }
    )
    found = device_on(box).identity()
    assert (found.release, found.serials, found.role, found.multiple) == ("8.2(5)", ("J1",), Role.NO_FAILOVER, False)
    assert not any("config" in line for line in box.lines)


MODE, VERSION = ShowCommand(Show.MODE), ShowCommand(Show.VERSION)
KNOWN = {"show mode": "single\r\n", "show version": "Cisco\r\n"}


def asked_ahead(box, *commands):
    """What is sent where these are asked ahead."""
    session = session_on(box, pipeline=True)
    box.lines.clear()
    session.ask_ahead(commands)
    return session


def sent_for(session, box, command):
    box.lines.clear()
    return session.send(command).text, box.lines


def test_what_is_asked_ahead_is_sent_at_once_and_held_for_whoever_asks_once():
    box = Box(KNOWN)
    session = asked_ahead(box, MODE, VERSION, MODE)
    assert box.lines == ["show mode", "show version", "terminal pager 0"]
    assert sent_for(session, box, MODE) == ("single", [])
    assert sent_for(session, box, VERSION) == ("Cisco", [])
    assert sent_for(session, box, MODE) == ("single", ["show mode"])


def test_what_is_held_is_not_asked_again():
    box = Box(KNOWN)
    session = asked_ahead(box, MODE)
    box.lines.clear()
    session.ask_ahead([MODE])
    assert box.lines == []
    session.ask_ahead([MODE, VERSION])
    assert box.lines == ["show version", "terminal pager 0"]
    assert sent_for(session, box, MODE) == ("single", [])


def test_a_session_that_asks_one_by_one_or_changes_something_asks_nothing_ahead():
    for session in (
        session_on(Box(KNOWN)),
        session_on(Box({**KNOWN, "configure terminal": ("", "fw1(config)# ")}), pipeline=True),
    ):
        if session._pipeline:
            session.configure(settle=0.001)
        lines = session._conversation._transport.lines
        lines.clear()
        session.ask_ahead([MODE])
        assert lines == []


def test_only_what_shows_something_is_asked_ahead():
    box = Box()
    with pytest.raises(TypeError, match="'configure terminal' is not asked ahead"):
        asked_ahead(box, MODE, ConfigureTerminal())
    assert box.lines == []


def test_a_device_that_goes_on_behind_the_last_reply_is_asked_one_by_one_from_then_on():
    box = Box(KNOWN)
    session = session_on(box, pipeline=True)
    box.answers["terminal pager 0"] = "of which nobody knows\r\n"
    session.ask_ahead([MODE])
    assert session.doubt is Doubt.GOES_ON
    assert sent_for(session, box, MODE) == ("single", ["show mode"])
    box.lines.clear()
    session.ask_ahead([VERSION])
    assert box.lines == []


def test_a_device_that_refuses_to_switch_the_pager_off_is_believed_all_the_same():
    box = Box({**KNOWN, "terminal pager 0": "ERROR: % Invalid input detected at '^' marker.\r\n"})
    session = asked_ahead(box, MODE)
    assert session.doubt is None
    assert sent_for(session, box, MODE) == ("single", [])


def test_with_a_doubt_nothing_is_believed():
    box = Box({**KNOWN, "show mode": "%ASA-6-302013: Built\r\nsingle\r\n"})
    session = asked_ahead(box, VERSION, MODE)
    assert session.doubt is Doubt.UNASKED
    assert sent_for(session, box, VERSION) == ("Cisco", ["show version"])


@pytest.mark.parametrize("forget", [lambda session: session.one_by_one(), lambda session: session.send(PagerOff())])
def test_what_is_held_is_forgotten_with_the_next_line_that_shows_nothing(forget):
    box = Box(KNOWN)
    session = asked_ahead(box, MODE)
    forget(session)
    assert sent_for(session, box, MODE) == ("single", ["show mode"])


def test_the_line_that_proved_what_was_asked_ahead_settles_it_until_something_else_is_sent():
    box = Box(KNOWN)
    session = asked_ahead(box, MODE)
    box.lines.clear()
    session.settle()
    assert box.lines == []
    session = asked_ahead(Box(KNOWN), MODE)
    session.send(VERSION)
    lines = session._conversation._transport.lines
    lines.clear()
    session.settle()
    assert lines == ["terminal pager 0"]
