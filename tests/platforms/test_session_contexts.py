"""Identity and contexts of a box in multiple mode: where a session looks, and where it stands afterwards."""

import pytest

from nornir_anyconnect.platforms.asa_ssh import conversation
from tests.platforms.box import Box, device_on

SYSTEM = "system"
TABLE = "Context Name   Class   Interfaces   URL\r\n"
VERSION = "Cisco Adaptive Security Appliance Software Version 9.12(4)\r\n"
SERIAL = "Serial Number: JAD1\r\n"
PAIR = "Failover On\r\nSerial Number: Ours JAD1, Mate JAD2\r\nThis host: Primary - Active\r\nOther host: Secondary - Standby Ready\r\n"
REFUSED = "Command authorization failed\r\n"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(conversation, "QUIET", 0.005)


class Contexts(Box):
    """Two contexts, A and B, and the system space; what it answers depends on where the session stands."""

    def __init__(self, here, answers=None, *, locked=False):
        super().__init__(prompt="fw1# " if here == SYSTEM else f"fw1/{here}# ")
        self.everywhere = {**self.answers, "show mode": "Security context mode: multiple\r\n"}
        self.special = answers or {}
        self.locked = locked
        self._stand_in(here)

    def _stand_in(self, here):
        self.here = here
        both = " A   default   G0/1   disk0:/a.cfg\r\n B   default   G0/2   disk0:/b.cfg\r\n"
        own = f" {here}   default   G0/1   disk0:/{here}.cfg\r\n"
        table = TABLE + (both + "Total active Security Contexts: 2\r\n" if here == SYSTEM else own)
        moves = {"changeto system": ("", "fw1# "), "changeto context A": ("", "fw1/A# ")}
        self.answers = {
            **self.everywhere,
            **(dict.fromkeys(moves, REFUSED) if self.locked else moves),
            "show version": VERSION,
            "show failover": "Failover Off\r\n",
            "show context": table,
            **self.special.get(here, {}),
        }

    def write(self, data):
        super().write(data)
        words = data.decode().split()
        if words[0] == "changeto" and not self.locked:
            self._stand_in(words[-1])


@pytest.mark.parametrize(
    ("of_system", "serials"),
    [({"show version": VERSION + SERIAL}, ("JAD1",)), ({"show failover": PAIR}, ("JAD1", "JAD2")), ({}, ())],
)
def test_a_context_that_knows_no_serial_number_has_the_system_space_asked(of_system, serials):
    box = Contexts("A", {SYSTEM: of_system})
    found = device_on(box).identity()
    assert (found.serials, found.context, found.multiple) == (serials, "A", True)
    assert box.here == "A"


@pytest.mark.parametrize(
    ("here", "answers", "serials"),
    [
        ("A", {"show version": VERSION + SERIAL}, ("JAD1",)),
        ("A", {"show context": TABLE}, ()),
        (SYSTEM, {}, ()),
    ],
)
def test_the_session_does_not_move_where_that_would_tell_nothing(here, answers, serials):
    box = Contexts(here, {here: answers})
    assert device_on(box).identity().serials == serials
    assert not [line for line in box.lines if line.startswith("changeto")]


def test_a_login_that_may_not_leave_its_context_knows_that_one_and_no_serial_number():
    box = Contexts("A", locked=True)
    device = device_on(box)
    found = device.identity()
    assert (found.serials, found.context) == ((), "A")
    assert device.contexts() == ("A",)


@pytest.mark.parametrize("here", ["A", SYSTEM])
def test_all_contexts_are_asked_of_the_system_space_and_the_session_stays_there(here):
    box = Contexts(here)
    assert device_on(box).contexts() == ("A", "B")
    assert box.here == SYSTEM
    assert box.lines.count("changeto system") == (here != SYSTEM)


def test_a_box_in_single_mode_has_no_contexts():
    box = Box({"show mode": "Security context mode: single\r\n"})
    assert device_on(box).contexts() == ()
    assert box.lines == ["terminal pager 0", "show mode"]


def test_a_box_in_single_mode_without_a_serial_number_has_none():
    box = Box({"show mode": "Security context mode: single\r\n", "show version": VERSION})
    assert device_on(box).identity().serials == ()
    assert not [line for line in box.lines if line.startswith("changeto")]


@pytest.mark.parametrize(("said", "hostname"), [("edge up 3 days\r\n", "edge"), ("", "fw1")])
def test_the_host_is_called_what_it_calls_itself_else_what_its_prompt_says(said, hostname):
    assert device_on(Box({"show version": VERSION + said})).identity().hostname == hostname
