"""Several commands in flight: whose reply each piece of the screen is, and what is a doubt about that."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nornir_anyconnect.asa.commands import Section, Show, ShowRunning
from nornir_anyconnect.errors import IncompleteReplyError
from nornir_anyconnect.platforms.asa_ssh import ahead as module
from nornir_anyconnect.platforms.asa_ssh.ahead import AskedAhead, Doubt, Question
from nornir_anyconnect.platforms.asa_ssh.dialogue import PROOF
from nornir_anyconnect.platforms.asa_ssh.prompts import appearance

P = "fw1# "
REPLIES = {
    "show version": "Version 9.12(4)\r\nup\r\n",
    "show mode": "",
    "show logging": "%ASA-6-722036: x\r\n",
    PROOF: "",
}


def asked(*commands, longest=1 << 20, prompt=P):
    questions = [Question(each, keep_log_lines=each == "show logging") for each in commands or REPLIES]
    return AskedAhead(appearance().prompt(prompt), questions, longest)


def screen(replies=None, end=P):
    """What an ASA shows behind its prompt, when it reads its terminal in order."""
    return P.join(f"{command}\r\n{text}" for command, text in (replies or REPLIES).items()) + end


def play(ahead, text, size=None):
    assert ahead.to_send()
    data = text.encode()
    for start in range(0, len(data), size or len(data)):
        ahead.receive(data[start : start + (size or len(data))])
        ahead.to_send()
    return ahead


@pytest.mark.parametrize("size", [None, 1, 2, 3, 7, 19])
def test_each_reply_is_that_of_its_command_however_it_arrives(size):
    ahead = play(asked(), screen(), size)
    assert ahead.done
    assert [(each.command, each.text) for each in ahead.replies] == [
        ("show version", "Version 9.12(4)\nup"), ("show mode", ""), ("show logging", "%ASA-6-722036: x"), (PROOF, ""),
    ]  # fmt: skip
    assert ahead.left == P.encode()


@given(st.integers(1, len(screen()) - 1), st.sampled_from(["x", P, "\r\n" + P, "show mode\r\n"]))
def test_a_cut_is_never_a_whole_answer_and_no_word_too_many_hides_one(at, inserted):
    """Wherever something is missing no reply is believed; wherever something stands too much, at most it is read."""
    assert not play(asked(), screen()[:at]).done
    assert not play(asked(), screen()[at:]).done
    assume(screen()[at - 1 : at + 1] != "\r\n")  # a carriage return alone overwrites its line
    ahead = play(asked(), screen()[:at] + inserted + screen()[at:])
    if ahead.done:
        word = inserted.replace("\r", "").rstrip("\n")
        for read, right in zip(ahead.replies, play(asked(), screen()).replies, strict=True):
            # the word stands too much, within a line or as a line of its own
            without = {read.text.replace(word, ""), read.text.replace(word + "\n", "").replace(word, "")}
            assert right.text.replace(word, "").rstrip("\n") in {each.rstrip("\n") for each in without}


DOUBTS = {
    "another command's echo": (screen().replace("show mode", "show mods"), Doubt.ECHO),
    "a reply twice": (screen().replace("up\r\n", f"up\r\n{P}Version 9.12(4)\r\nup\r\n"), Doubt.ECHO),
    "a command twice": (screen().replace(f"{P}show mode\r\n", f"{P}show mode\r\n{P}show mode\r\n"), Doubt.ECHO),
    "an echo ahead of time": (f"show version\r\nshow mode\r\nVersion\r\n{P}{P}", Doubt.ECHO),
    "our prompt inside a reply": (screen().replace("up\r\n", f"{P}up\r\n"), Doubt.ECHO),
    "our prompt alone on a line": (screen().replace("up\r\n", f"{P}\r\nup\r\n"), Doubt.ECHO),
    "a line less": (screen().replace(f"show mode\r\n{P}", ""), Doubt.ECHO),
    "an echo that is longer": (screen().replace("show mode", "show modes"), Doubt.ECHO),
    "an echo cut with a dollar": (screen().replace("show version", "$ version"), Doubt.ECHO),
    "a log line": (screen().replace("up\r\n", "%ASA-6-302013: Built\r\nup\r\n"), Doubt.UNASKED),
    "words behind the end": (screen() + "and on", Doubt.GOES_ON),
}


@pytest.mark.parametrize("case", DOUBTS)
@pytest.mark.parametrize("size", [None, 1])
def test_whatever_is_not_as_it_must_be_is_a_doubt(case, size):
    text, doubt = DOUBTS[case]
    if case == "words behind the end" and size:
        pytest.skip("what comes later is noticed by whoever asks next")
    ahead = play(asked(), text, size)
    assert (ahead.doubt, ahead.done) == (doubt, False)
    assert ahead.to_send() == b""


def test_a_forged_prompt_with_the_echo_of_the_next_command_is_found_out_at_the_real_one():
    forged = screen().replace("up\r\n", f"{P}show mode\r\nup\r\n")
    assert play(asked(), forged).doubt is Doubt.ECHO


def test_only_so_many_bytes_are_ahead_and_never_less_than_two_commands(monkeypatch):
    monkeypatch.setattr(module, "AHEAD", 25)
    ahead = asked("show version", "show mode", "show failover", PROOF)
    assert ahead.to_send() == b"show version\nshow mode\n"
    assert ahead.to_send() == b""
    ahead.receive(f"show version\r\nx\r\n{P}show mode\r\n".encode())
    assert ahead.to_send() == b"show failover\n"
    monkeypatch.setattr(module, "AHEAD", 1)
    assert asked().to_send() == b"show version\nshow mode\n"


@pytest.mark.parametrize(("short", "sent"), [(0, 3), (1, 2)])
def test_a_command_goes_ahead_that_just_fits(monkeypatch, short, sent):
    lines = b"show version\nshow mode\nshow failover\n"
    monkeypatch.setattr(module, "AHEAD", len(lines) - short)
    assert asked("show version", "show mode", "show failover").to_send() == b"".join(lines.splitlines(True)[:sent])


@pytest.mark.parametrize(("last", "sent"), [("show ssl err", True), ("show ssl errs", False)])
def test_what_is_answered_is_not_ahead_any_more(monkeypatch, last, sent):
    monkeypatch.setattr(module, "AHEAD", len("show version\nshow mode\nshow failover\n"))
    ahead = asked("show version", "show mode", "show failover", last)
    ahead.to_send()
    ahead.receive(f"show version\r\nx\r\n{P}".encode())
    assert ahead.to_send() == (f"{last}\n".encode() if sent else b"")


@pytest.mark.parametrize("most", [1, 2048])
def test_all_that_is_ahead_may_be_answered_at_once(monkeypatch, most):
    monkeypatch.setattr(module, "AHEAD", most)
    ahead = asked("show version", "show mode", "show failover")
    ahead.to_send()
    ahead.receive(f"show version\r\nx\r\n{P}show mode\r\ny\r\n{P}".encode())
    ahead.to_send()
    assert (ahead.command, ahead.begun, ahead.done, ahead.doubt) == ("show failover", False, False, None)
    ahead.receive(f"show failover\r\nz\r\n{P}".encode())
    assert (ahead.done, [each.text for each in ahead.replies]) == (True, ["x", "y", "z"])


def test_lines_may_end_without_a_carriage_return():
    assert play(asked(), screen().replace("\r", "")).replies == play(asked(), screen()).replies


def test_our_prompt_ends_a_reply_only_where_it_begins_a_line():
    ahead = play(asked(), screen().replace("up\r\n", f"a{P}up\r\nab{P}\r\n{P[1:]}\r\n"))
    assert (ahead.done, ahead.replies[0].text) == (True, f"Version 9.12(4)\na{P}up\nab{P}\n{P[1:]}")


def test_at_our_prompt_a_silent_device_is_asked_whether_it_is_only_slow():
    ahead = asked("show version", "show mode", PROOF)
    ahead.to_send()
    ahead.receive(f"show version\r\nx\r\n{P}".encode())
    assert ahead.silent() == PROOF.encode() + b"\n"
    ahead.receive(f"show mode\r\ny\r\n{P}{PROOF}\r\n{P}{PROOF}\r\n{P}".encode())
    assert ahead.done
    assert [each.command for each in ahead.replies] == ["show version", "show mode", PROOF]


def test_a_log_line_before_the_answer_to_that_question_is_a_doubt_too():
    ahead = asked("show version", "show mode")
    ahead.to_send()
    ahead.receive(f"show version\r\nx\r\n{P}".encode())
    ahead.silent()
    ahead.receive(f"show mode\r\ny\r\n{P}{PROOF}\r\n%ASA-6-302013: Built\r\n{P}".encode())
    assert (ahead.doubt, ahead.done) == (Doubt.UNASKED, False)


def test_one_that_lost_what_was_typed_ahead_answers_that_question_in_its_place():
    ahead = asked("show version", "show mode", PROOF)
    ahead.to_send()
    ahead.receive(f"show version\r\nx\r\n{P}".encode())
    ahead.silent()
    ahead.receive(f"{PROOF}\r\n{P}".encode())
    assert ahead.doubt is Doubt.ECHO


def test_one_that_stays_silent_is_asked_twice_and_no_more():
    ahead = asked("show version", PROOF)
    ahead.to_send()
    ahead.receive(f"show version\r\nx\r\n{P}".encode())
    assert [bool(ahead.silent()), bool(ahead.silent()), ahead.doubt] == [True, True, None]
    assert (ahead.silent(), ahead.doubt) == (b"", Doubt.NO_REPLY)


@pytest.mark.parametrize(
    ("shown", "doubt"),
    [("fw1/stby# ", Doubt.NO_REPLY), ("<--- More --->", Doubt.PAGER), ("half a line", None), ("", None)],
)
def test_silence_at_another_prompt_or_a_page_is_a_doubt_and_in_the_middle_of_a_reply_it_is_none(shown, doubt):
    ahead = play(asked(), f"show version\r\nx\r\n{shown}")
    assert (ahead.silent(), ahead.doubt) == (b"", doubt)
    assert ahead.begun


def test_what_waits_is_told_for_error_messages():
    ahead = asked("show version", "show mode")
    assert (ahead.command, ahead.begun) == ("show version", False)
    play(ahead, f"show version\r\nx\r\n{P}show mode\r\nReally? [confirm]")
    assert (ahead.command, ahead.question, ahead.last_words) == ("show mode", "confirmation", "Really? [confirm]")


def test_a_flood_is_refused_at_its_first_byte_too_many():
    ahead = asked(longest=1 << 19)
    ahead.to_send()
    ahead.receive(b"show version\r\n".ljust((1 << 19) - len(P), b"x"))
    with pytest.raises(IncompleteReplyError, match=r"more than 0\.5 MB came as the reply to 'show version'"):
        ahead.receive(b"x")


def test_a_refused_command_is_a_reply_and_no_doubt():
    refused = {**REPLIES, "show mode": "         ^\r\nERROR: % Invalid input detected at '^' marker.\r\n"}
    ahead = play(asked(), screen(refused))
    assert [each.refusal is not None for each in ahead.replies] == [False, True, False, False]


def test_time_to_match_grows_with_the_text_and_not_with_its_square():
    """Looking for the end of a reply never begins anew: a line of the reply is looked at a bounded number of times."""
    ahead = asked("show version", PROOF)
    ahead.to_send()
    ahead.receive(b"show version\r\n")
    for _ in itertools.repeat(None, 50):
        ahead.receive(b"line\r\n" * 100)
        assert ahead._searched >= len(ahead.left) - len(P)


DOES_SOMETHING = {
    "write": ("memory", "standby", "erase", "net", "terminal"), "configure": ("terminal", "memory", "net", "factory-default"),
    "failover": ("active", "exec", "reset", "reload-standby"), "clear": ("",), "copy": ("",), "delete": ("",),
    "erase": ("flash:", "disk0:", "disk1:"), "no": ("debug", "terminal"), "debug": ("",), "mode": ("single", "multiple"), "clock": ("set",), "ssh": ("disconnect",),
    "vpn-sessiondb": ("logoff",), "logging": ("savelog",), "cluster": ("exec", "master", "control", "remove"),
}  # fmt: skip
"""Commands of the privileged mode that change something, and what has to follow."""


@pytest.mark.parametrize(
    "line",
    [*map(str, Show), *(ShowRunning(section, defaults=each).text for section in Section for each in (True, False))],
)
def test_no_end_of_a_line_that_is_asked_ahead_does_anything(line):
    """A pager that is on although it was said to be off takes its beginning for keys; the rest is a line of its own."""
    for begin in range(1, len(line)):
        words = line[begin:].split()
        for verb, follow in DOES_SOMETHING.items():
            if words and verb.startswith(words[0]) and len(words) > 1:
                assert not any(each.startswith(words[1]) or not each for each in follow), (line[begin:], verb)
        assert not words or len(words[0]) < 3 or not "reload".startswith(words[0])
