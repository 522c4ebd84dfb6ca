"""How the command starts: quickly, with nothing heavy loaded, and with usage errors in two lines."""

import gc
import importlib
import os
import signal
import subprocess
import sys

import pytest

import nornir_anyconnect
from nornir_anyconnect import errors
from nornir_anyconnect.cli import main, progress
from nornir_anyconnect.cli.app import FAMILIES, build
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest, of_error

HEAVY = ("nornir", "netmiko", "paramiko", "ttp", "jinja2", "sqlalchemy", "rich", "pydantic", "yaml", "asyncssh")

PROBE = """
import sys
from nornir_anyconnect.cli import main
code = main(sys.argv[1:])
print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(code)
"""


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["mtu", "--tls-suite", "RC4-SHA"], ["mtu", "--help"]])
def test_nothing_heavy_is_loaded(argv):
    done = subprocess.run([sys.executable, "-c", PROBE, *argv], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert loaded[0] == "LOADED"
    assert not set(HEAVY) & set(loaded)


def test_the_facade_loads_no_room():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, nornir_anyconnect; print([m for m in sys.modules if m.startswith('nornir')])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['nornir_anyconnect.version', 'nornir_anyconnect']"


def test_the_facade_refuses_unknown_names():
    with pytest.raises(AttributeError, match="no attribute 'audit_mtus'"):
        nornir_anyconnect.audit_mtus  # noqa: B018 - the look-up is what is tested


@pytest.mark.parametrize(("name", "room"), nornir_anyconnect._ROOMS.items())
def test_every_name_of_the_facade_is_its_rooms(name, room):
    assert getattr(nornir_anyconnect, name) is getattr(importlib.import_module(f"nornir_anyconnect.{room}"), name)
    assert name in dir(nornir_anyconnect)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"nornir-anyconnect {nornir_anyconnect.__version__}\n"


@pytest.mark.parametrize("argv", [[], ["no-such-command"], ["--no-such-option"]])
def test_usage_errors_are_two_lines(capsys, argv):
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith("error: ")
    assert second == "  fix: see 'nornir-anyconnect --help'"


def test_the_shell_completes_commands():
    asked = {"_NORNIR_ANYCONNECT_COMPLETE": "complete_bash", "COMP_WORDS": "nornir-anyconnect mt", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=False, env={**os.environ, **asked}
    )
    assert done.stdout.splitlines()[0] == "mtu"
    asked |= {"COMP_WORDS": "nornir-anyconnect mtu --tls-s", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=False, env={**os.environ, **asked}
    )
    assert done.stdout.splitlines()[0] == "--tls-suite"


def test_every_family_registers_what_the_table_says():
    for family, commands in FAMILIES.items():
        assert tuple(build(next(iter(commands))).commands) == tuple(commands), family
    assert set(build(whole=True).commands) == {command for commands in FAMILIES.values() for command in commands}


START = {"", ".cli", ".cli.app", ".errors", ".masking", ".report", ".report.sanitise", ".version", ".workflows"}
START |= {".cli.cycles", ".workflows.exit_codes", ".workflows.terminal"}
ARITHMETIC = {".cli.mtu", ".cli.options", ".mtu", ".mtu.assumptions", ".mtu.derive", ".mtu.suites"}


@pytest.mark.parametrize(
    ("argv", "loaded"), [(["--help"], START), (["mtu", "--tls-suite", "RC4-SHA"], START | ARITHMETIC)]
)
def test_a_small_command_loads_its_own_rooms_alone(argv, loaded):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.replace('name.partition(".")[0]', "name"), *argv],
        capture_output=True,
        text=True,
        check=True,
    )
    names = done.stdout.splitlines()[-1].split()[1:]
    ours = {name.removeprefix("nornir_anyconnect") for name in names if name.startswith("nornir_anyconnect")}
    assert ours == loaded
    assert not {"html", "importlib.metadata", "importlib.resources", "tempfile", "zipfile"} & set(names)


CONFIG = "mock_devices/configs/admin.cfg"
WEB = {"http.client", "urllib.request", "ssl"}
CHANGING = {f"nornir_anyconnect.{name}" for name in ("change.run", "change.transaction", "tasks.change_plan")}
SELDOM = {"html.parser", "importlib.resources.readers", "jinja2", "netmiko", "paramiko", "rich.console", "sqlalchemy"}
OF_FILES = WEB | CHANGING | SELDOM | {"asyncio", "asyncssh", "nornir", "nornir_anyconnect.workflows.notifications"}
EXPORTS = "nornir_anyconnect.evidence.exports.registry"
NOT_LOADED = {
    "check": ([CONFIG], OF_FILES | {"yaml", EXPORTS}),
    "logs": (["CHANGELOG.md"], OF_FILES | {"yaml", "ttp", "nornir_anyconnect.audit.judge"}),
    "plan": ([CONFIG], OF_FILES | {EXPORTS}),
    "audit": (
        ["--inventory", "{folder}"],
        CHANGING
        | SELDOM
        | {"http.client", "urllib.request", "requests", "yaml"}
        | {"nornir_anyconnect.change.plan.check", "nornir_anyconnect.platforms.probe.path"},
    ),
}


@pytest.mark.parametrize("command", NOT_LOADED)
def test_a_command_loads_nothing_that_it_does_not_need(command, tmp_path):
    (tmp_path / "hosts.yaml").write_text(
        "fw1: {hostname: 127.0.0.1, port: 1, platform: cisco_asa, username: a, password: b}\n"
    )
    argv, unneeded = NOT_LOADED[command]
    done = subprocess.run(
        [sys.executable, "-c", PROBE.replace('name.partition(".")[0]', "name"), command]
        + [each.format(folder=tmp_path) for each in argv],
        capture_output=True,
        text=True,
        check=False,
        env={name: each for name, each in os.environ.items() if not name.startswith("NORNIR_ANYCONNECT_")},
    )
    loaded = done.stdout.splitlines()[-1].split()
    assert loaded[0] == "LOADED", done.stderr
    assert "nornir_anyconnect.report.formats.text" in loaded, done.stderr
    assert ("asyncssh" in loaded) is (command == "audit")
    # a fleet is judged with what was loaded while the first of it was reached
    assert {"ttp", "nornir_anyconnect.remedies.propose"} <= set(loaded) or command == "logs"
    assert not unneeded & set(loaded)


CYCLES = """
import gc, sys
from nornir_anyconnect.cli import main, progress
usual = gc.get_threshold()
main()
print("SELDOM", gc.get_threshold() != usual, gc.get_freeze_count() > 0)
with progress.hosts(1):
    print("HOSTS", gc.get_threshold() != usual, gc.get_freeze_count() > 0)
"""


def test_cycles_are_looked_for_seldom_until_devices_are_talked_to():
    argv = [sys.executable, "-c", CYCLES, "mtu", "--tls-suite", "RC4-SHA"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["SELDOM True False", "HOSTS False True"]


def test_a_process_of_somebody_else_is_left_as_it_is(capsys):
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    assert main(["mtu", "--tls-suite", "RC4-SHA"]) == 0
    with progress.hosts(1):
        assert gc.get_threshold() == threshold
        assert gc.get_freeze_count() <= frozen  # what is freed was frozen or not


def test_a_bar_has_colours_where_they_are_wanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert not progress._console().no_color
    monkeypatch.setenv("NO_COLOR", "1")
    assert progress._console().no_color


def test_a_command_after_two_dashes_is_found(capsys):
    assert main(["--", "mtu", "--tls-suite", "RC4-SHA"]) == 0
    assert "TLS MTU 1347 bytes" in capsys.readouterr().out


def test_interruption_is_exit_130(monkeypatch, capsys):
    def interrupted(*_, **__):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("nornir_anyconnect.cli.mtu.answer", interrupted)
    assert main(["mtu", "--tls-suite", "RC4-SHA"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_an_unforeseen_error_shows_no_traceback_unasked(monkeypatch, capsys):
    def broken(*_, **__):
        raise LookupError("boom \x1b[2J")

    monkeypatch.setattr("nornir_anyconnect.cli.mtu.answer", broken)
    assert main(["mtu", "--tls-suite", "RC4-SHA"]) == 2
    assert capsys.readouterr().err == (
        "error: internal error: LookupError: boom \\x1b[2J\n  fix: run it again with -vv and report what it shows\n"
    )
    assert main(["mtu", "--tls-suite", "RC4-SHA", "-vv"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_has_had_enough_is_no_error():
    command = (
        f"{sys.executable} -c 'import sys; from nornir_anyconnect.cli import main; sys.exit(main())' --help | true"
    )
    done = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 141)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.IndeterminateError("x"), 5),
        (errors.RevertedError("x"), 4),
        (errors.GateError("x"), 3),
        (errors.UnreachableError("x"), 3),
        (errors.SourceError("x"), 2),
        (OSError(28, "No space left"), 2),
    ],
)
def test_exit_codes_of_errors(error, code):
    assert of_error(error) == code


def test_the_worst_exit_code_wins():
    everything = [ExitCode(code) for code in (0, 1, 3, 2, 4, 5)]
    assert [highest(everything[:count]) for count in range(1, 7)] == [0, 1, 3, 2, 4, 5]
    assert highest([]) == 0


def test_the_list_of_commands_is_the_same_without_their_families(capsys):
    light, full = (
        {name: command.get_short_help_str() for name, command in build("--help", whole=whole).commands.items()}
        for whole in (False, True)
    )
    assert light == full
    main(["--help"])
    listed = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    assert [line.split(maxsplit=1) for line in listed] == [[name, words] for name, words in light.items()]
