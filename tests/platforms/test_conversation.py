"""How long a conversation waits, for what, and how it ends, on a clock that only the device moves."""

from contextlib import nullcontext

import pytest

from nornir_anyconnect.errors import IncompleteReplyError, LinkLostError, RejectedError, ReplyTimeoutError
from nornir_anyconnect.platforms.asa_ssh.ahead import Doubt, Question
from nornir_anyconnect.platforms.asa_ssh.conversation import LONGEST_LOGIN, LONGEST_WAIT, Conversation
from nornir_anyconnect.platforms.asa_ssh.dialogue import PROOF, Changes
from nornir_anyconnect.platforms.deadline import Deadline, host_deadline

NOTICE = b"\r\n*** NOTICE ***\r\nWould you like to enable anonymous error reporting to help improve\r\n"
SINGLE = b"show mode\r\nSecurity context mode: single\r\n"


class Clock:
    """Moves with what the device does, and by ``step`` whenever somebody looks at it."""

    def __init__(self):
        self.now, self.step = 1000.0, 0.0

    def look(self):
        self.now += self.step
        return self.now


class Device:
    """To each line it says its pieces, each some seconds after the one before; an exception is raised."""

    def __init__(self, clock, said, greeting=((0, b"fw1# "),)):
        self.clock, self.said = clock, {PROOF: [(0, f"{PROOF}\r\nfw1# ".encode())], **said}
        self.coming, self.sent, self.silences, self.closed = [], [], 0, False
        self._say(greeting)

    def _say(self, pieces):
        at = self.clock.now
        for after, piece in pieces:
            at += after
            self.coming.append((at, piece))

    def now(self):
        return self.clock.look()

    def read(self, timeout):
        if not self.coming or self.coming[0][0] > self.clock.now + timeout:
            self.clock.now += timeout
            self.silences += 1
            return b""
        at, piece = self.coming.pop(0)
        self.clock.now = max(at, self.clock.now)
        if isinstance(piece, Exception):
            raise piece
        return piece

    def write(self, data):
        line = data.decode().rstrip("\n")
        self.sent.append((self.clock.now, line))
        self._say(self.said.get(line, ()))

    def close(self):
        self.closed = True

    def lines(self):
        return [line for _, line in self.sent]


@pytest.fixture
def clock():
    return Clock()


def talk(clock, silence=30.0, **said):
    """A device that answers so (``show_mode`` for ``show mode``), and a conversation that is logged in to it."""
    device = Device(clock, {line.replace("_", " "): pieces for line, pieces in said.items()})
    talking = Conversation(device, "fw1", silence)
    talking.log_in(enables=False)
    return device, talking


@pytest.mark.parametrize("silence", [30.0, 30.25])
def test_a_silent_device_is_given_up_when_its_time_is_over_and_not_before(clock, silence):
    device, talking = talk(clock, silence)
    began = clock.now
    with pytest.raises(ReplyTimeoutError, match=r"fw1 did not answer 'show mode' within 30 s"):
        talking.ask("show mode", Changes.NOTHING)
    assert clock.now - began == silence
    assert device.closed


def test_who_was_held_up_longer_than_that_reads_first_what_lies_ready(clock):
    """A machine that is busy must not call a device silent."""
    _, talking = talk(clock, show_mode=[(0, SINGLE + b"fw1# ")])
    clock.step = 40.0
    assert talking.ask("show mode", Changes.NOTHING).text == "Security context mode: single"


def test_a_device_without_a_prompt_is_no_login(clock):
    talking = Conversation(Device(clock, {}, greeting=((0, b"Welcome\r\n"),)), "fw1", 30.0)
    with pytest.raises(LinkLostError, match="fw1: not logged in"):
        _ = talking.prompt
    with pytest.raises(ReplyTimeoutError, match="did not answer 'login'"):
        talking.log_in(enables=False)


def test_a_reply_that_never_ends_is_given_up_however_steadily_it_comes(clock):
    _, talking = talk(clock, show_version=[(0, b"show version\r\n"), *[(1, b"Cisco\r\n")] * 2000])
    began = clock.now
    with pytest.raises(IncompleteReplyError, match="'show version' did not end within 300 s"):
        talking.ask("show version", Changes.NOTHING)
    assert clock.now - began == LONGEST_WAIT


def test_a_banner_that_trickles_is_no_login_for_ever(clock):
    device = Device(clock, {}, greeting=[(5, b"x")] * 1000)
    began = clock.now
    with pytest.raises(IncompleteReplyError, match="'login' did not end within 90 s"):
        Conversation(device, "fw1", 30.0).log_in(enables=False)
    assert clock.now - began == LONGEST_LOGIN
    assert device.closed


def test_a_process_that_was_kept_from_running_reads_what_had_come_before_it_gives_up(clock):
    _, talking = talk(clock, show_mode=[(0, SINGLE + b"fw1# ")])
    clock.step = 40.0
    assert talking.ask("show mode", Changes.NOTHING).text == "Security context mode: single"


def test_a_question_is_taken_for_one_after_two_seconds_of_silence(clock):
    _, talking = talk(clock, reload=[(0, b"reload\r\nProceed with reload? [confirm]")])
    began = clock.now
    with pytest.raises(RejectedError, match="Proceed with reload"):
        talking.ask("reload", Changes.NOTHING)
    assert clock.now - began == 2


def test_a_line_that_looks_like_a_question_until_it_goes_on_is_none(clock):
    _, talking = talk(clock, show_mode=[(0, b"show mode\r\nUsername: "), (1.75, b"none\r\nfw1# ")])
    assert talking.ask("show mode", Changes.NOTHING).text == "Username: none"


@pytest.mark.parametrize(
    ("said", "after"), [([], (0.5, 1.0, 1.5)), ([(0.25, b"\r\n%ASA-6-302013: Built\r\n")], (0.5, 1.75, 3.5))]
)
def test_a_prompt_in_doubt_is_asked_for_its_proof_thrice_with_growing_patience(clock, said, after):
    device, talking = talk(clock, show_mode=[(0, SINGLE + b"fw1/stby# ")])
    device.said[PROOF] = said
    began, device.sent = clock.now, []
    with pytest.raises(IncompleteReplyError, match="silent for 30 s"):
        talking.ask("show mode", Changes.NOTHING)
    assert device.sent == [(began, "show mode"), *((began + seconds, PROOF) for seconds in after)]


def test_a_slow_machine_is_no_silent_device(clock):
    device, talking = talk(clock, show_logging=[(0, b"show logging\r\nfw2# "), (0, b"is watched\r\nfw1# ")])
    clock.step = 5.0
    assert talking.ask("show logging", Changes.NOTHING).text == "fw2# is watched"
    assert device.lines() == [PROOF, "show logging"]


def test_what_comes_behind_the_prompt_is_heard_and_the_reporting_question_answered(clock):
    device, talking = talk(
        clock,
        configure_terminal=[
            (0, b"configure terminal\r\nfw1(config)# "),
            (0.5, NOTICE),
            (0.5, b"the product? [Y]es, [N]o, [A]sk later: "),
        ],
        A=[(0.5, b"A\r\n\r\nfw1(config)# ")],
    )
    talking.ask("configure terminal", Changes.MODE)
    assert "*** NOTICE ***" in talking.listen(1.0)
    assert device.lines() == [PROOF, "configure terminal", "A"]


def test_a_link_that_is_lost_while_listening_ends_the_conversation(clock):
    device, talking = talk(clock, show_mode=[(0, SINGLE + b"fw1# "), (0.5, LinkLostError("the link is gone"))])
    talking.ask("show mode", Changes.NOTHING)
    with pytest.raises(LinkLostError, match="the link is gone"):
        talking.listen(1.0)
    assert (talking.alive, device.closed) == (False, True)
    talking.say_goodbye("exit")
    assert device.lines() == [PROOF, "show mode"]


def test_a_device_that_does_not_come_back_to_its_prompt_is_given_up(clock):
    device, talking = talk(clock, show_mode=[(0, SINGLE + b"fw1# "), (0.5, b"\r\nrebooting")])
    talking.ask("show mode", Changes.NOTHING)
    began = clock.now
    with pytest.raises(IncompleteReplyError, match="fw1 does not come to its prompt"):
        talking.listen(1.0)
    assert 30 <= clock.now - began < 32
    assert (talking.alive, device.closed) == (False, True)


def test_goodbye_waits_until_the_device_has_taken_the_line(clock):
    echo = [(0.25, bytes([each])) for each in b"exit\r\n"]
    device, talking = talk(
        clock, exit=[*echo, (0.25, b"\r\nLogoff\r\n"), (0.25, LinkLostError("closed by the device"))]
    )
    talking.say_goodbye("exit")
    assert device.coming == []
    assert device.closed


def test_goodbye_to_a_silent_device_waits_once(clock):
    device, talking = talk(clock, exit=[(0, b"exit\r\n")])
    before = device.silences
    talking.say_goodbye("exit")
    assert device.silences - before == 1
    assert device.closed


def cut_during(clock, ours, ending):
    """Ask a device whose link is cut while it is asked."""
    device, talking = talk(clock, show_mode=[(0, b"show mode\r\n")])
    device.cut = lambda: device.coming.append((clock.now, LinkLostError("the link is gone")))
    device._say = lambda pieces: (ending(ours), talking.cut())
    return device, talking


def test_a_host_whose_time_is_over_says_so_and_not_that_its_link_was_lost(clock):
    with host_deadline(300, "fw1") as ours:
        device, talking = cut_during(clock, ours, Deadline.end)
        with pytest.raises(ReplyTimeoutError, match="fw1 took longer than 300 s in all"):
            talking.ask("show mode", Changes.NOTHING)
        assert (talking.alive, device.closed) == (False, True)


@pytest.mark.parametrize("limited", [True, False])
def test_a_link_that_is_lost_while_there_is_time_left_is_a_lost_link(clock, limited):
    with host_deadline(300, "fw1") if limited else nullcontext() as ours:
        _, talking = cut_during(clock, ours, lambda _: None)
        with pytest.raises(LinkLostError, match="fw1: the session ended during 'show mode'"):
            talking.ask("show mode", Changes.NOTHING)
        with pytest.raises(LinkLostError, match="fw1: the session is over"):
            talking.ask("show mode", Changes.NOTHING)


class TypeAhead(Device):
    """Takes several lines at once and answers them in order; ``lost`` of the lines that it gets are thrown away."""

    lost = 0

    def _say(self, pieces):
        at = max(self.clock.now, self.coming[-1][0] if self.coming else 0.0)
        for after, piece in pieces:
            at += after
            self.coming.append((at, piece))

    def write(self, data):
        for line in data.decode().splitlines():
            self.sent.append((self.clock.now, line))
            if self.lost:
                self.lost -= 1
            else:
                self._say(self.said.get(line, ()))


ASKED = (Question("show mode"), Question("show clock"), Question(PROOF))
CLOCK = [(0, b"show clock\r\n12:00:00 UTC\r\nfw1# ")]


def ahead(clock, silence=30.0, **said):
    device = TypeAhead(clock, {"show clock": CLOCK, **{line.replace("_", " "): each for line, each in said.items()}})
    talking = Conversation(device, "fw1", silence)
    talking.log_in(enables=False)
    device.sent.clear()
    return device, talking


def test_what_is_asked_together_is_sent_at_once_and_answered_in_order(clock):
    device, talking = ahead(clock, show_mode=[(0, SINGLE + b"fw1# ")])
    began = clock.now
    replies = talking.ask_ahead(ASKED)
    assert [(each.command, each.text) for each in replies] == [
        ("show mode", "Security context mode: single"), ("show clock", "12:00:00 UTC"), (PROOF, ""),
    ]  # fmt: skip
    assert device.sent == [(began, each.command) for each in ASKED]


def test_a_session_that_is_over_is_not_asked_ahead(clock):
    device, talking = ahead(clock)
    talking.end()
    with pytest.raises(LinkLostError, match="fw1: the session is over"):
        talking.ask_ahead(ASKED)
    assert device.sent == []


def test_after_a_doubt_nothing_of_it_is_believed_and_the_next_question_is_answered_by_its_own_reply(clock):
    _, talking = ahead(
        clock, show_mode=[(0, b"show mode\r\n%ASA-6-302013: Built\r\nSecurity context mode: single\r\nfw1# ")]
    )
    assert talking.ask_ahead(ASKED) is Doubt.UNASKED
    assert talking.ask("show clock", Changes.NOTHING).text == "12:00:00 UTC"
    assert talking.alive


def test_a_device_that_threw_away_what_was_typed_is_asked_twice_whether_it_is_only_slow(clock):
    device, talking = ahead(clock)
    device.lost = 5
    began = clock.now
    assert talking.ask_ahead(ASKED) is Doubt.NO_REPLY
    assert device.sent[:5] == [
        *((began, each.command) for each in ASKED), (began + 1, PROOF), (began + 2, PROOF),
    ]  # fmt: skip
    assert device.sent[5][0] >= began + 3
    assert talking.ask("show clock", Changes.NOTHING).text == "12:00:00 UTC"


def test_a_slow_device_answers_after_all(clock):
    _, talking = ahead(clock, show_mode=[(1.5, SINGLE + b"fw1# ")])
    replies = talking.ask_ahead(ASKED)
    assert [each.command for each in replies] == [each.command for each in ASKED]


@pytest.mark.parametrize("silence", [30.0, 30.25])
def test_a_reply_that_stops_among_others_is_given_up_when_its_time_is_over(clock, silence):
    device, talking = ahead(clock, silence, show_mode=[(0, b"show mode\r\nSecur")])
    device.said = {}
    device.said["show mode"] = [(0, b"show mode\r\nSecur")]
    began = clock.now
    with pytest.raises(IncompleteReplyError, match=r"'show mode' stopped before its end \(silent for 30 s\)"):
        talking.ask_ahead(ASKED)
    assert clock.now - began == silence
    assert (talking.alive, device.closed) == (False, True)


def test_each_reply_of_several_has_its_time_and_one_that_never_ends_has_no_more(clock):
    slow = [(1, b"a line\r\n")] * 200
    mode = [(0, b"show mode\r\n"), *slow, (0, b"fw1# ")]
    _, talking = ahead(clock, show_mode=mode, show_clock=[(0, b"show clock\r\n"), *slow, (0, b"fw1# ")])
    assert len(talking.ask_ahead(ASKED)) == 3
    device, talking = ahead(clock, show_mode=[(0, b"show mode\r\n"), *[(1, b"a line\r\n")] * 2000])
    device.said["show clock"] = ()
    began = clock.now
    with pytest.raises(IncompleteReplyError, match="'show mode' did not end within 300 s"):
        talking.ask_ahead(ASKED)
    assert clock.now - began == LONGEST_WAIT
