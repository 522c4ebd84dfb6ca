"""Promise 18: ``write memory`` only when asked and only after the read-back; some words can never be sent."""

import ast
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nornir_anyconnect
from nornir_anyconnect.asa import commands
from nornir_anyconnect.asa.config_commands import ConfigLine
from nornir_anyconnect.asa.grammar import Mode, Section
from nornir_anyconnect.change.transaction import Saving
from nornir_anyconnect.errors import NameRefusedError

NEVER = ("write standby", "write erase", "write terminal", "write net", "reload", "more system:running-config", "erase",
         "configure replace", "copy running-config startup-config", "clear configure all", "failover active")  # fmt: skip


def _order(here):
    lines = [line for _, _, line in here.heard]
    return lines, [at for at, line in enumerate(lines) if line == "write memory"]


@pytest.mark.fleet
def test_unasked_nothing_is_saved(site):
    here = site()
    here.apply(here.plan())
    here.rollback()
    assert _order(here)[1] == []
    assert not any(line.startswith(NEVER) or line.startswith("write") for line in _order(here)[0])


@pytest.mark.fleet
def test_saved_after_the_last_line_and_after_the_read_back(site):
    here = site()
    device = here.fleet.devices["fw-one"]
    outcome = here.apply(here.plan(), saving=Saving(wanted=True))["fw-one"]
    assert (outcome.state, outcome.reason) == ("applied", "saved")
    lines, (saved,) = _order(here)
    last = max(at for at, (_, mode, _) in enumerate(here.heard) if mode == "config")
    reads = [at for at, line in enumerate(lines) if line == "show running-config group-policy"]
    assert last < max(reads) < saved
    assert device.startup_config() == device.running_config()


@pytest.mark.fleet
def test_a_rollback_of_a_saved_apply_saves_too(site):
    here = site()
    before = here.texts()
    here.apply(here.plan(), saving=Saving(wanted=True))
    assert "saved" in here.rollback()["fw-one"].reason
    device = here.fleet.devices["fw-one"]
    assert here.texts() == before
    assert device.startup_config() == device.running_config()


@pytest.mark.fleet
def test_a_rollback_that_cannot_save_is_reported_unsaved(site):
    here = site()
    here.apply(here.plan(), saving=Saving(wanted=True))
    here.fleet.devices["fw-one"].set_fault("reply", "write memory", text="%Error opening disk0:")
    outcome = here.rollback()["fw-one"]
    assert outcome.state == "rolled-back"
    assert "unsaved" in outcome.reason


@pytest.mark.fleet
def test_foreign_changes_are_never_saved_along_unless_told(site):
    here = site()
    plan = here.plan()
    here.fleet.devices["fw-one"].set_fault("unsaved-changes", lines=["logging buffer-size 65536"])
    plan = here.plan()
    outcome = here.apply(plan, saving=Saving(wanted=True))["fw-one"]
    assert outcome.state == "refused", outcome
    assert "already differ" in outcome.reason
    assert here.configured == []
    assert _order(here)[1] == []
    assert here.apply(plan, saving=Saving(wanted=True, foreign_changes=True))["fw-one"].state == "applied"


@pytest.mark.fleet
def test_a_change_that_was_taken_back_is_not_saved(site):
    here = site()
    plan = here.plan()
    here.fleet.devices["fw-one"].set_fault("not-stored", r"^anyconnect mtu \d")
    assert here.apply(plan, saving=Saving(wanted=True))["fw-one"].state == "reverted"
    assert _order(here)[1] == []


def test_no_command_says_any_of_the_forbidden_words():
    """Every command that is not a line of configuration has a fixed text, and these are all of them."""
    fixed = {commands.WriteMemory().text, commands.Exit().text, commands.Enable().text, commands.PagerOff().text}
    fixed |= {commands.ConfigureTerminal().text, commands.ShowStartup().text, commands.ChangeTo().text}
    fixed |= {commands.ShowCommand(show).text for show in commands.Show}
    sections = (None, *Section)
    fixed |= {commands.ShowRunning(part, every).text for part, every in itertools.product(sections, (False, True))}
    assert {text.split()[0] for text in fixed} == {
        "write",
        "exit",
        "enable",
        "terminal",
        "configure",
        "show",
        "changeto",
    }
    assert [text for text in fixed if text.startswith("write")] == ["write memory"]
    assert not any(word in text for word in NEVER for text in fixed)
    kinds = {
        each.__name__ for each in commands.Command.__subclasses__() if each.__module__.startswith("nornir_anyconnect")
    }
    assert kinds == {
        "WriteMemory", "Exit", "Enable", "PagerOff", "ConfigureTerminal", "ShowStartup", "ShowCommand", "ShowRunning",
        "ChangeTo", "ConfigLine",
    }  # fmt: skip


@given(st.sampled_from(NEVER), st.text(max_size=20), st.sampled_from(Mode), st.sampled_from([None, "run-0001"]))
def test_no_line_of_configuration_says_any_of_them(word, more, mode, owner):
    with pytest.raises(NameRefusedError):
        ConfigLine(mode, f"{word}{more}", owner)


def test_saving_is_written_down_in_one_place():
    """Only a transaction that has read back calls ``save``, its channel hands it on, and only a device makes the command."""
    makes, calls = set(), set()
    root = Path(nornir_anyconnect.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name) and node.func.id == "WriteMemory":
                    makes.add(path.relative_to(root).as_posix())
                if isinstance(node.func, ast.Attribute) and node.func.attr == "save":
                    calls.add(path.relative_to(root).as_posix())
    assert makes == {"platforms/asa_ssh/device.py"}
    assert {each for each in calls if each.split("/")[0] in ("change", "platforms", "tasks")} == {
        "change/transaction.py",
        "change/device.py",
    }
