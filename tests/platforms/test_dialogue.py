"""The dialogue on bytes: cut at every place, glued in every way."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nornir_anyconnect.errors import IncompleteReplyError
from nornir_anyconnect.platforms.asa_ssh import dialogue as module
from nornir_anyconnect.platforms.asa_ssh.dialogue import (
    PROOF,
    Changes,
    Dialogue,
    LoggedIn,
    PasswordAsked,
    Reply,
    Write,
)
from nornir_anyconnect.platforms.asa_ssh.prompts import appearance, plain
from tests.amounts import examples

LINE_ENDS = ["\r\n", "\r\n\r", "\r\r\n", "\r\r\r\n", "\n\r", "\r\n\0", "\n"]
POLICY = "group-policy GP internal\ngroup-policy GP attributes\n webvpn\n  anyconnect mtu 1300"


class Terminal:
    """The other end, on strings: echoes what it gets behind its prompt and answers from a table."""

    def __init__(self, answers, prompt="fw1# ", banner="", end="\r\n", login_prompt=None):
        self.answers = {PROOF: "", **answers}
        self.prompt = login_prompt or prompt
        self.end = end
        self.pending = (banner + self.prompt).replace("\n", end).encode()
        self.lines = []

    def write(self, data):
        for line in data.decode().split("\n")[:-1]:
            self.lines.append(line)
            answer = self.answers[line]
            if isinstance(answer, tuple):
                answer, self.prompt = answer
            text = f"{line}\n{answer}\n{self.prompt}" if answer else f"{line}\n{self.prompt}"
            self.pending += text.replace("\n", self.end).encode()

    def take(self, count):
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken


def converse(dialogue, terminal, events, cuts):
    """Deliver bytes in pieces until an event other than a write comes; the events seen."""
    seen = []
    queue = list(events)
    while True:
        for event in queue:
            if isinstance(event, Write):
                terminal.write(event.data)
            else:
                seen.append(event)
        if seen or not terminal.pending:
            return seen
        queue = list(dialogue.receive(terminal.take(next(cuts))))


def endless(sizes):
    while True:
        yield from sizes


def logged_in(terminal, cuts):
    dialogue = Dialogue()
    (event,) = converse(dialogue, terminal, (), cuts)
    assert isinstance(event, LoggedIn)
    return dialogue


def ask(dialogue, terminal, command, cuts, changes=Changes.NOTHING):
    (reply,) = converse(dialogue, terminal, dialogue.ask(command, changes), cuts)
    assert isinstance(reply, Reply)
    return reply


@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=40),
    end=st.sampled_from(LINE_ENDS),
    banner=st.sampled_from(["", "Welcome\n", "fw9# \nnot this one> \n", "a\n\n\n"]),
)
@examples(150)
def test_every_cut_gives_the_same_replies(sizes, end, banner):
    terminal = Terminal({"show running-config group-policy": POLICY, "show ssl ciphers": ""}, banner=banner, end=end)
    cuts = endless(sizes)
    dialogue = logged_in(terminal, cuts)
    assert dialogue.prompt.text == "fw1# "
    assert ask(dialogue, terminal, "show running-config group-policy", cuts).text == POLICY
    assert ask(dialogue, terminal, "show ssl ciphers", cuts).text == ""


@pytest.mark.parametrize("end", LINE_ENDS)
def test_a_reply_cut_anywhere_is_never_taken_for_complete(end):
    terminal = Terminal({"show running-config group-policy": POLICY}, end=end)
    dialogue = logged_in(terminal, endless([7]))
    (write,) = dialogue.ask("show running-config group-policy")
    terminal.write(write.data)
    whole = terminal.pending
    for cut in range(len(whole)):
        terminal = Terminal({"show running-config group-policy": POLICY}, end=end)
        dialogue = logged_in(terminal, endless([7]))
        dialogue.ask("show running-config group-policy")
        assert dialogue.receive(whole[:cut]) == ()
        assert dialogue.busy


@pytest.mark.parametrize(
    ("prompt", "hostname", "context", "state"),
    [
        ("ciscoasa> ", "ciscoasa", None, None),
        ("edge.example/act/pri# ", "edge.example", None, "act"),
        ("edge/pri/act# ", "edge", None, "act"),
        ("sys/ctx1/stby/sec# ", "sys", "ctx1", "stby"),
        ("act/pri/fw# ", "fw", None, "act"),
    ],
)
def test_prompts_in_every_order(prompt, hostname, context, state):
    terminal = Terminal({}, prompt=prompt)
    found = logged_in(terminal, endless([3])).prompt
    assert (found.hostname, found.context, found.state, found.mode) == (hostname, context, state, None)
    assert found.privileged == prompt.endswith("# ")


def test_a_look_alike_at_the_end_of_a_piece_is_not_learnt():
    dialogue = Dialogue()
    assert dialogue.receive(b"\r\nproperty of fw1\r\nfw1# ") == (Write(f"{PROOF}\n".encode()),)
    assert dialogue.receive(b"is watched\r\nreal> ") == ()
    (login,) = dialogue.receive(b"terminal pager 0\r\nERROR: % Invalid input detected\r\nreal> ")
    assert login.prompt.name == "real"


def test_a_proof_that_the_device_swallowed_is_asked_again():
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    dialogue.receive(b"banner goes on\r\nreal# ")
    assert dialogue.in_doubt
    assert dialogue.prove() == (Write(f"{PROOF}\n".encode()),)
    (login,) = dialogue.receive(b"terminal pager 0\r\nreal# ")
    assert login.prompt.name == "real"


def test_prompt_look_alikes_inside_a_reply_do_not_end_it():
    terminal = Terminal({"show logging": "fw2# \nfw1> x\nfw1#x\n user typed fw1# show run"})
    dialogue = logged_in(terminal, endless([1]))
    assert ask(dialogue, terminal, "show logging", endless([1])).text.endswith("fw1# show run")


def test_a_reply_that_goes_on_behind_our_own_prompt_is_an_error():
    terminal = Terminal({})
    dialogue = logged_in(terminal, endless([50]))
    dialogue.ask("show running-config mtu")
    (reply,) = dialogue.receive(b"show running-config mtu\r\nmtu outside 1500\r\nfw1# ")
    assert reply.text == "mtu outside 1500"
    dialogue.ask("show version")
    with pytest.raises(IncompleteReplyError, match="still printing"):
        dialogue.receive(b"\r\nmtu inside 1400\r\nfw1# show version\r\nCisco\r\nfw1# ")


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_the_pager_is_answered_with_a_blank_once_per_page(sizes):
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    dialogue.receive(b"terminal pager 0\r\nfw1# ")
    dialogue.ask("show running-config")
    pages = [
        b"show running-config\r\nssh timeout 5\r\n<--- More --->",
        b"\r\0              \r\0ssh version 2\r\n<--- More --->",
        b"\r\0              \r\0console timeout 0\r\nfw1# ",
    ]
    cuts, blanks, reply = endless(sizes), 0, None
    for page in pages:
        rest = page
        while rest:
            size = next(cuts)
            for event in dialogue.receive(rest[:size]):
                if isinstance(event, Write):
                    assert event.data == b" "
                    blanks += 1
                else:
                    reply = event
            rest = rest[size:]
    assert blanks == 2
    assert reply.text.split() == ["ssh", "timeout", "5", "ssh", "version", "2", "console", "timeout", "0"]
    assert [line.rstrip() for line in reply.text.splitlines()] == [
        "ssh timeout 5",
        "ssh version 2",
        "console timeout 0",
    ]


@pytest.mark.parametrize(
    "echo",
    [
        b"group-policy ABCDEFGHIJKLMNOPQRSTUVWXYZ attributes of a line that is long",
        b"$ attributes of a line that is long",
        b"group-policy ABCDEFGHIJKL$",
        b"group-policy ABCDEFGHIJKLMNOPQRSTUV\r\nWXYZ attributes of a line that is long",
        b"group-policy ABCDEFGHIJKLMNOPQRSTUV\rfw1# $KLMNOPQRSTUVWXYZ attributes of a line that is long",
        b"group-policy ABCD\r\n%ASA-6-302013: Built\r\nEFGHIJKLMNOPQRSTUVWXYZ attributes of a line that is long",
        b"group-policyx\x08 ABCDEFGHIJKLMNOPQRSTUVWXYZ attributes of a line that is long",
    ],
)
def test_an_echo_that_is_cut_wrapped_or_interrupted(echo):
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    dialogue.receive(b"terminal pager 0\r\nfw1# ")
    dialogue.ask("group-policy ABCDEFGHIJKLMNOPQRSTUVWXYZ attributes of a line that is long")
    (reply,) = dialogue.receive(echo + b"\r\nfw1# ")
    assert reply.rejected_text is None


def test_another_echo_is_not_ours():
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    dialogue.receive(b"terminal pager 0\r\nfw1# ")
    dialogue.ask("show version")
    assert dialogue.receive(b"show mode\r\nSecurity context mode: single\r\nfw1# ") == ()


@pytest.mark.parametrize(
    "noise",
    [
        b"%ASA-5-111008: User 'x' executed the 'show' command.\r\n",
        b"\r\n%ASA-session-6-302013: Built\r\n%ASA-6-302014: Teardown\r\n",
        b"\r\n<166>Jun 22 2022 13:29:11: %ASA-6-302013: Built\r\n",
        b" \r\nBeginning configuration replication: Sending to mate.\r\nEnd Configuration Replication to mate\r\n",
    ],
)
def test_log_lines_behind_the_prompt_need_a_proof(noise):
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    dialogue.receive(b"terminal pager 0\r\nfw1# ")
    dialogue.ask("show running-config mtu")
    assert dialogue.receive(b"show running-config mtu\r\nmtu outside 1500\r\nfw1# " + noise) == ()
    assert dialogue.in_doubt
    dialogue.prove()
    (reply,) = dialogue.receive(b"terminal pager 0\r\nfw1# ")
    assert reply.text == "mtu outside 1500"


def test_log_lines_are_kept_where_they_are_the_answer():
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    dialogue.receive(b"terminal pager 0\r\nfw1# ")
    dialogue.ask("show logging", keep_log_lines=True)
    (reply,) = dialogue.receive(b"show logging\r\n%ASA-4-722036: Group <G>\r\nfw1# ")
    assert reply.text == "%ASA-4-722036: Group <G>"


def test_enable_asks_for_the_password_and_changes_only_the_end_of_the_prompt():
    dialogue = Dialogue()
    dialogue.receive(b"fw1> ")
    dialogue.receive(b"terminal pager 0\r\nfw1> ")
    dialogue.ask("enable", Changes.PRIVILEGE)
    assert dialogue.receive(b"enable\r\nPassword: ") == (PasswordAsked(),)
    assert dialogue.answer_password("s3cret") == (Write(b"s3cret\n"),)
    assert dialogue.receive(b"**\r\nfw1# ") == (Write(f"{PROOF}\n".encode()),)
    (reply,) = dialogue.receive(b"terminal pager 0\r\nfw1# ")
    assert reply.prompt.privileged
    assert dialogue.pager_is_off
    assert b"s3cret" not in bytes(dialogue._screen)


GREETING = "Authorized use only\nUser a logged in to fw1\nType help or '?' for a list of available commands.\n"


class Enabling(Terminal):
    """Asks for the secret, and takes any."""

    def write(self, data):
        self.lines.append(data.decode().rstrip("\n"))
        if data == b"enable\n":
            self.pending += f"enable{self.end}Password: ".encode()
        elif self.lines[-2] == "enable":
            self.prompt = "fw1# "
            self.pending += f"{self.end}{self.prompt}".encode()
        else:
            self.lines.pop()
            super().write(data)


@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=40), end=st.sampled_from(LINE_ENDS))
@examples(100)
def test_enable_proves_the_prompt_behind_the_greeting_wherever_it_is_cut(sizes, end):
    terminal = Enabling({"show mode": "Security context mode: single"}, prompt="fw1> ", banner=GREETING, end=end)
    dialogue, cuts = Dialogue(), endless(sizes)
    dialogue.enables = True
    (login,) = converse(dialogue, terminal, (), cuts)
    assert isinstance(login, LoggedIn)
    assert converse(dialogue, terminal, dialogue.ask("enable", Changes.PRIVILEGE), cuts) == [PasswordAsked()]
    (reply,) = converse(dialogue, terminal, dialogue.answer_password("s"), cuts)
    assert reply.prompt.text == "fw1# "
    assert dialogue.pager_is_off
    assert terminal.lines == ["enable", "s", PROOF]
    assert ask(dialogue, terminal, "show mode", cuts).text == "Security context mode: single"


@pytest.mark.parametrize("real", ["fw1# ", "fw1> ", "fw9> "])
def test_a_greeting_inside_a_banner_gets_no_secret_for_a_prompt_that_is_none(real):
    dialogue = Dialogue()
    dialogue.enables = True
    (login,) = dialogue.receive(GREETING.encode() + b"fw9> ")
    assert login.prompt.name == "fw9"
    dialogue.ask("enable", Changes.PRIVILEGE)
    assert dialogue.receive(b"is not the name of this box\r\n" + GREETING.encode()) == ()
    if real == "fw9> ":
        with pytest.raises(IncompleteReplyError, match="still printing"):
            dialogue.receive(f"{real}enable\r\nPassword: ".encode())
    else:
        assert dialogue.receive(f"{real}enable\r\nPassword: ".encode()) == ()


@pytest.mark.parametrize(
    ("enables", "screen"),
    [
        (False, GREETING + "fw1> "),
        (True, GREETING + "fw1# "),
        (True, GREETING + "> "),
        (True, "fw1> "),
        (True, GREETING + "and more\nfw1> "),
        (True, GREETING.replace("Type", "Never type") + "fw1> "),
        (True, GREETING.replace("commands.", "commands. Or not.") + "fw1> "),
    ],
)
def test_any_other_first_prompt_is_proved_by_what_does_nothing(enables, screen):
    dialogue = Dialogue()
    if enables:
        dialogue.enables = True
    assert dialogue.receive(screen.encode()) == (Write(f"{PROOF}\n".encode()),)


def test_a_prompt_that_comes_twice_at_once_behind_its_proof_is_the_same_prompt():
    dialogue = Dialogue()
    dialogue.enables = True
    dialogue.receive(GREETING.encode() + b"fw1> ")
    dialogue.ask("enable", Changes.PRIVILEGE)
    assert dialogue.receive(b"enable\r\nfw1# ") == (Write(f"{PROOF}\n".encode()),)
    (reply,) = dialogue.receive(b"terminal pager 0\r\nfw1# fw1# ")
    assert (reply.text, reply.prompt.text) == ("", "fw1# ")


@pytest.mark.parametrize(
    "said", ["Password: ", "fw1> Password: ", "\r\nfw1> Password: ", "enabl\r\nPassword: ", "fw2> enable\r\nPassword: "]
)
def test_a_password_that_is_not_asked_for_behind_our_enable_is_not_given(said):
    dialogue = Dialogue()
    dialogue.receive(b"fw1> ")
    dialogue.receive(b"terminal pager 0\r\nfw1> ")
    dialogue.ask("enable", Changes.PRIVILEGE)
    assert dialogue.receive(said.encode()) == ()


def test_a_refused_secret_is_asked_for_again_and_a_first_secret_is_never_set():
    dialogue = Dialogue()
    dialogue.receive(b"fw1> ")
    dialogue.receive(b"terminal pager 0\r\nfw1> ")
    dialogue.ask("enable", Changes.PRIVILEGE)
    dialogue.receive(b"enable\r\nPassword: ")
    dialogue.answer_password("wrong")
    assert dialogue.receive(b"\r\nInvalid password\r\nPassword: ") == (PasswordAsked(),)
    other = Dialogue()
    other.receive(b"fw1> ")
    other.receive(b"terminal pager 0\r\nfw1> ")
    other.ask("enable", Changes.PRIVILEGE)
    unset = b"enable\r\nThe enable password is not set.  Please set it now.\r\nEnter  Password: "
    assert other.receive(unset) == ()
    assert other.question == "enable_password_not_set"


def test_changeto_is_believed_only_with_its_proof():
    terminal = Terminal({"changeto context A": ("", "fw1/A# ")})
    dialogue = logged_in(terminal, endless([4]))
    reply = ask(dialogue, terminal, "changeto context A", endless([4]), Changes.CONTEXT)
    assert reply.prompt.context == "A"
    assert terminal.lines == [PROOF, "changeto context A", PROOF]


def test_a_failover_flip_in_the_prompt_needs_a_proof():
    terminal = Terminal({"show mode": ("Security context mode: single", "fw1/stby# ")}, prompt="fw1/act# ")
    dialogue = logged_in(terminal, endless([9]))
    assert converse(dialogue, terminal, dialogue.ask("show mode"), endless([9])) == []
    assert dialogue.in_doubt
    (reply,) = converse(dialogue, terminal, dialogue.prove(), endless([9]))
    assert (reply.text, reply.prompt.state) == ("Security context mode: single", "stby")


def test_configuration_sub_modes_and_the_reporting_notice():
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    dialogue.receive(b"terminal pager 0\r\nfw1# ")
    dialogue.ask("configure terminal", Changes.MODE)
    (reply,) = dialogue.receive(b"configure terminal\r\nfw1(config)# ")
    assert reply.prompt.mode == "config"
    notice = b"\r\n\r\n*** NOTICE ***\r\nWould you like to enable anonymous error reporting to help improve\r\n"
    assert dialogue.receive(notice) == ()
    assert dialogue.receive(b"the product? [Y]es, [N]o, [A]sk later: ") == (Write(b"A\n"),)
    assert dialogue.absorb() is None
    dialogue.receive(b"A\r\n\r\nfw1(config)# ")
    assert "NOTICE" in dialogue.absorb()
    dialogue.ask("group-policy G attributes", Changes.MODE)
    (reply,) = dialogue.receive(b"group-policy G attributes\r\nfw1(config-group-policy)# ")
    assert (reply.prompt.mode, reply.rejected_text) == ("config-group-policy", None)


def test_outside_configuration_mode_the_reporting_question_is_not_answered():
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    dialogue.receive(b"terminal pager 0\r\nfw1# ")
    dialogue.ask("show version")
    assert dialogue.receive(b"show version\r\nthe product? [Y]es, [N]o, [A]sk later: ") == ()
    assert dialogue.question == "anonymous_reporting"


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("           ^\nERROR: % Invalid input detected at '^' marker.", True),
        ("ERROR: Command authorization failed", True),
        ("Command authorization failed", True),
        ("ERROR: 'GLOBAL' is not valid", True),
        ("Removing object-group (X) failed; it does not exist", True),
        ("WARNING: this group policy is in use", False),
        ("mtu outside 1500", False),
    ],
)
def test_refusals_are_told_from_answers(text, refused):
    assert (appearance().refusal(text) is not None) is refused


def test_a_long_answer_is_no_refusal_whatever_its_lines_look_like():
    log = "\n".join(["ERROR: something that was logged", "Command authorization failed for somebody"] * 10)
    assert appearance().refusal(log) is None


def test_a_second_command_before_the_reply_is_refused():
    dialogue = Dialogue()
    with pytest.raises(IncompleteReplyError):
        dialogue.ask("show version")


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), min_size=1))
@settings(deadline=None)
def test_no_bytes_make_it_crash_or_log_in(data, sizes):
    dialogue = Dialogue()
    cuts = endless(sizes)
    while data:
        size = next(cuts)
        assert not any(isinstance(e, LoggedIn) for e in dialogue.receive(data[:size]))
        data = data[size:]
    assert dialogue.prompt is None


def test_plain_text_of_line_ends():
    for end in LINE_ENDS:
        assert plain(f"a{end}b{end}".encode()) == "a\nb\n"


def test_the_dialogue_does_no_io():
    for path in ("dialogue.py", "prompts.py"):
        tree = ast.parse(Path(module.__file__).with_name(path).read_text())
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not names & {"time", "socket", "asyncio", "threading", "select"}


def test_the_bare_prompt_of_an_ftd():
    terminal = Terminal({"show running-config mtu": "mtu outside 1500 > 1400"}, prompt="> ")
    dialogue = logged_in(terminal, endless([5]))
    assert (dialogue.prompt.ftd, dialogue.prompt.privileged) == (True, True)
    assert ask(dialogue, terminal, "show running-config mtu", endless([5])).text == "mtu outside 1500 > 1400"
