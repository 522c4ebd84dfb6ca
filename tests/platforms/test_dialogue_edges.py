"""The dialogue where a device does what it seldom does: odd echoes, late proofs, lines without an end."""

import pytest

from nornir_anyconnect.errors import IncompleteReplyError
from nornir_anyconnect.platforms.asa_ssh.dialogue import PROOF, Changes, Dialogue, LoggedIn, Write
from nornir_anyconnect.platforms.asa_ssh.prompts import LONGEST_PROMPT

ASKED_TO_PROVE = (Write(f"{PROOF}\n".encode()),)
PROVED = f"{PROOF}\r\n".encode()
QUESTION = b"the product? [Y]es, [N]o, [A]sk later: "


def logged_in(prompt=b"fw1# ", **more):
    dialogue = Dialogue(**more)
    assert dialogue.receive(prompt) == ASKED_TO_PROVE
    (event,) = dialogue.receive(PROVED + prompt)
    assert isinstance(event, LoggedIn)
    return dialogue


@pytest.mark.parametrize("prompt", [b"fw1#", b"fw1# ", b"fw1/act/pri# "])
def test_a_reply_of_many_lines_ends_at_the_prompt(prompt):
    dialogue = logged_in(prompt)
    dialogue.ask("show running-config")
    line = b"access-list INSIDE extended permit tcp any any eq https\r\n"
    assert dialogue.receive(b"show running-config\r\n" + 50 * line) == ()
    (reply,) = dialogue.receive(prompt)
    assert (reply.text.count("\n"), reply.prompt.text) == (49, prompt.decode())


def test_a_line_too_long_for_a_prompt_is_none():
    longest = b"x" * (LONGEST_PROMPT - 2) + b"# "
    assert Dialogue().receive(longest) == ASKED_TO_PROVE
    assert Dialogue().receive(b"Welcome\r\n" + longest) == ASKED_TO_PROVE
    assert Dialogue().receive(b"x" + longest) == ()
    assert Dialogue().receive(b"Welcome\r\nx" + longest) == ()


def test_whatever_was_said_to_a_line_is_its_rejected_text():
    dialogue = logged_in(b"fw1(config)# ")
    dialogue.ask("sysopt connection tcpmss 1300", Changes.MODE)
    (reply,) = dialogue.receive(b"sysopt connection tcpmss 1300\r\n INFO: rounded \r\nfw1(config)# ")
    assert (reply.rejected_text, reply.refusal) == ("INFO: rounded", None)


def test_a_second_command_waits_for_the_reply_to_the_first():
    dialogue = logged_in()
    dialogue.ask("show version")
    with pytest.raises(IncompleteReplyError, match="outstanding"):
        dialogue.ask("show mode")


def test_before_the_login_no_question_is_answered_and_no_reply_has_begun():
    dialogue = Dialogue()
    assert dialogue.receive(QUESTION) == ()
    assert not dialogue.begun


def test_while_nothing_is_asked_nothing_is_in_doubt_begun_or_to_be_proved():
    dialogue = logged_in()
    assert (dialogue.in_doubt, dialogue.begun, dialogue.prove()) == (False, False, ())


def test_before_its_echo_a_command_is_not_in_doubt():
    dialogue = logged_in()
    dialogue.ask("show version")
    assert not dialogue.in_doubt


@pytest.mark.parametrize(
    ("changes", "prompt"),
    [
        (Changes.NOTHING, b"fw1(config)# "),
        (Changes.MODE, b"fw1(config)> "),
        (Changes.MODE, b"fw2(config)# "),
    ],
)
def test_a_prompt_that_the_command_does_not_lead_to_needs_a_proof(changes, prompt):
    dialogue = logged_in()
    dialogue.ask("show mode", changes)
    assert dialogue.receive(b"show mode\r\nSecurity context mode: single\r\n" + prompt) == ()
    assert dialogue.in_doubt
    assert dialogue.prove() == ASKED_TO_PROVE
    (reply,) = dialogue.receive(PROVED + prompt)
    assert (reply.text, reply.prompt.text) == ("Security context mode: single", prompt.decode())


def test_text_behind_the_proof_proves_nothing():
    dialogue = Dialogue()
    dialogue.receive(b"fw1# ")
    assert dialogue.receive(PROVED + b"the banner goes on\r\nfw1# ") == ()
    assert dialogue.prompt is None


def test_a_proof_without_the_echo_of_the_command_proves_nothing():
    dialogue = logged_in()
    dialogue.ask("show mode")
    dialogue.prove()
    assert dialogue.receive(PROVED + b"fw1# ") == ()
    assert dialogue.busy


def test_a_proof_of_the_login_that_is_echoed_late_does_not_prove_the_next_reply():
    dialogue = logged_in()
    dialogue.ask("changeto context A", Changes.CONTEXT)
    late = PROVED + b"fw1# changeto context A\r\nERROR: 'A' is not valid\r\nfw1#"
    assert dialogue.receive(late) == ASKED_TO_PROVE
    assert dialogue.receive(b" ") == ()
    (reply,) = dialogue.receive(PROVED + b"fw1# ")
    assert reply.refusal == "ERROR: 'A' is not valid"


def test_a_proof_that_is_echoed_inside_the_reply_is_an_error():
    dialogue = logged_in()
    dialogue.ask("show running-config mtu")
    dialogue.receive(b"show running-config mtu\r\nmtu outside 1500\r\nfw2# ")
    dialogue.prove()
    assert dialogue.receive(b"is watched" + PROVED + b"mtu inside 1400\r\nfw1# ") == ()
    dialogue.prove()
    with pytest.raises(IncompleteReplyError, match="mixed up"):
        dialogue.receive(PROVED + b"fw1# ")


@pytest.mark.parametrize(
    "echo",
    [
        b"\r\n%ASA-6-302013: Built\r\nshow mode\r\n",
        6 * b"\r\n%ASA-6-302013: Built\r\n" + b"show mode\r\n",
        b"sh\r\now \r\nmo\r\nde\r\n",
    ],
)
@pytest.mark.parametrize("prompt", [b"fw1#", b"fw1# "])
def test_an_echo_that_begins_late_or_is_wrapped_often(echo, prompt):
    dialogue = logged_in(prompt)
    dialogue.ask("show mode")
    (reply,) = dialogue.receive(echo + b"Security context mode: single\r\n" + prompt)
    assert reply.text == "Security context mode: single"


@pytest.mark.parametrize("echo", [b"$", b"show version$", b"$version", b"show $version", b"show x$mode", b"$mo\r\nde"])
def test_a_cut_echo_of_another_command_is_not_ours(echo):
    dialogue = logged_in()
    dialogue.ask("show mode")
    assert dialogue.receive(echo + b"\r\nSecurity context mode: single\r\nfw1# ") == ()


MODE = b"show mode\r\nSecurity context mode: single\r\nfw1# "


def test_more_than_was_asked_for_is_not_read_whoever_says_it():
    dialogue = Dialogue(longest_reply=3 * 2**20)
    assert dialogue.receive(b"x" * 2**20) == ()
    with pytest.raises(IncompleteReplyError, match=r"^more than 1 MB came as the reply to its banner"):
        dialogue.receive(b"x")
    with pytest.raises(IncompleteReplyError, match="the reply to nothing"):
        logged_in(longest_reply=3 * 2**20).receive(b"x" * 3 * 2**20)
    dialogue = logged_in(longest_reply=3 * 2**20)
    dialogue.ask("show mode")
    assert dialogue.receive(b"x" * (3 * 2**20 - len(b"fw1# "))) == ()
    with pytest.raises(IncompleteReplyError, match=r"^more than 3 MB came as the reply to 'show mode'"):
        dialogue.receive(b"x")


def test_a_device_that_prints_prompt_after_prompt_is_looked_through_again_only_when_it_is_silent():
    bound = 8 * len(b"fw1# " + MODE) + 2**20
    dialogue = logged_in()
    dialogue.ask("show mode")
    dialogue._looked_through = bound
    (reply,) = dialogue.receive(MODE)
    assert reply.text == "Security context mode: single"
    dialogue.ask("show mode")
    dialogue._looked_through = bound + 1
    assert dialogue.receive(MODE) == ()
    dialogue._looked_through = bound
    assert dialogue.look_again() == ()
    dialogue._looked_through = bound + 1
    (reply,) = dialogue.look_again()
    assert reply.text == "Security context mode: single"


def test_there_is_nothing_to_look_at_again_without_a_command_or_a_prompt():
    dialogue = logged_in()
    dialogue._looked_through = 2**30
    assert dialogue.look_again() == ()
    dialogue.ask("show mode")
    dialogue._looked_through = 2**30
    dialogue.receive(b"show mode\r\nSecurity context mode: ")
    assert dialogue.look_again() == ()


def test_what_was_looked_through_counts_from_each_reply_anew():
    dialogue = logged_in()
    for _ in range(3):
        assert dialogue._looked_through == 0
        dialogue.ask("show mode")
        dialogue.receive(MODE[:20])
        dialogue.receive(MODE[20:])


def test_the_echo_of_a_long_line_is_found_whole():
    line = "group-url https://vpn.example/" + "a" * 250 + " enable"
    dialogue = logged_in()
    dialogue.ask(line)
    (reply,) = dialogue.receive(line.encode() + b"\r\nfw1# ")
    assert reply.text == ""


def test_a_prompt_behind_an_empty_first_line_is_seen():
    assert Dialogue().receive(b"\nfw1# ") == ASKED_TO_PROVE


@pytest.mark.parametrize("before", [b"", b"Security context mode: single\r\n"])
@pytest.mark.parametrize("again", [b"x", b"Security context mode: single", b"fw1# x"])
def test_a_reply_behind_our_own_prompt_is_one_too_many(before, again):
    dialogue = logged_in()
    dialogue.ask("show mode")
    with pytest.raises(IncompleteReplyError, match="came more than once"):
        dialogue.receive(b"show mode\r\n" + before + b"\r\nfw1# " + again + b"\r\nfw1# ")


@pytest.mark.parametrize("inside", [b"fw1# ", b"fw1# fw1#", b"x fw1# y", b"fw1"])
def test_our_prompt_alone_on_a_line_or_within_one_repeats_no_reply(inside):
    dialogue = logged_in()
    dialogue.ask("show mode")
    (reply,) = dialogue.receive(b"show mode\r\nabove it\r\n" + inside + b"\r\nb\r\nfw1# ")
    assert reply.text == f"above it\n{inside.decode()}\nb"


@pytest.mark.parametrize("times", [2, 3])
def test_our_prompt_printed_several_times_on_one_line_is_our_prompt(times):
    dialogue = logged_in()
    dialogue.ask("show mode")
    (reply,) = dialogue.receive(b"show mode\r\nSecurity context mode: single\r\n" + times * b"fw1# ")
    assert (reply.text, reply.prompt.text) == ("Security context mode: single", "fw1# ")


def test_after_a_doubt_the_prompt_is_learnt_anew_once_the_device_is_silent():
    dialogue = logged_in()
    dialogue.begin_again(b"fw1# half")
    assert dialogue.busy
    assert not dialogue.in_doubt
    assert dialogue.receive(b" a reply\r\nfw1# fw1# ") == ()  # more of what was asked before may still come
    assert dialogue.in_doubt
    assert dialogue.prove() == ASKED_TO_PROVE
    assert dialogue.receive(PROVED + b"fw1# ") == ()  # its echo stands behind two prompts
    dialogue.prove()
    (event,) = dialogue.receive(PROVED + b"fw1# ")
    assert (event.prompt.text, dialogue.busy) == ("fw1# ", False)


def test_a_page_that_ends_after_a_doubt_is_turned():
    dialogue = logged_in()
    dialogue.begin_again(b"")
    assert dialogue.receive(b"<--- More --->") == (Write(b" "),)
