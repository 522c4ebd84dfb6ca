"""Names and lines that may leave the process, and what they are when they do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.commands import (
    ChangeTo,
    Command,
    ConfigureTerminal,
    Enable,
    Exit,
    PagerOff,
    Show,
    ShowCommand,
    ShowRunning,
    ShowStartup,
    WriteMemory,
    quoted,
    validated,
)
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.errors import NameRefusedError

HOSTILE = [
    "",
    " lead",
    "trail ",
    "new\nline",
    "car\rriage",
    "tab\tbed",
    "help?",
    'quo"te',
    "nul\x00",
    "\x1b[2J",
    "b\u00fcro",
    "para\u2029graph",
    "-x",
    "x" * 129,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused(name):
    with pytest.raises(NameRefusedError) as refused:
        validated(name)
    assert "\n" not in refused.value.cause
    assert refused.value.cause.isascii()
    assert refused.value.remedy


@given(st.text())
def test_what_is_quoted_is_one_printable_word(name):
    try:
        typed = quoted(name)
    except NameRefusedError:
        return
    assert typed.isascii()
    assert typed.isprintable()
    assert "?" not in typed
    if " " in typed:
        assert typed == f'"{name}"'
        assert typed.count('"') == 2
    else:
        assert typed == name


def test_a_name_with_blanks_is_quoted_and_any_other_is_not():
    assert quoted("Sales Staff") == '"Sales Staff"'
    assert quoted("Sales_Staff-1.2@x") == "Sales_Staff-1.2@x"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (ShowRunning(), "show running-config"),
        (ShowRunning(Section.GROUP_POLICY), "show running-config group-policy"),
        (ShowRunning(Section.SSL, defaults=True), "show running-config all ssl"),
        (ShowStartup(), "show startup-config"),
        (ShowCommand(Show.VERSION), "show version"),
        (ChangeTo(), "changeto system"),
        (ChangeTo("ctx 1"), 'changeto context "ctx 1"'),
        (PagerOff(), "terminal pager 0"),
        (Enable(), "enable"),
        (ConfigureTerminal(), "configure terminal"),
        (WriteMemory(), "write memory"),
        (Exit(), "exit"),
    ],
)
def test_each_command_is_exactly_its_line(command, line):
    assert command.text == line


def test_what_is_none_of_the_commands_has_no_line():
    with pytest.raises(NotImplementedError):
        _ = Command().text


def test_a_context_name_cannot_carry_a_second_line():
    with pytest.raises(NameRefusedError):
        _ = ChangeTo("admin\nwrite erase").text
