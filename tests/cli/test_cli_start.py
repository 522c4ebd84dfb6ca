"""How the command starts: quickly, with nothing heavy loaded, and with usage errors in two lines."""

import importlib
import os
import subprocess
import sys

import pytest

import nornir_anyconnect
from nornir_anyconnect.cli import main

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
        [sys.executable, "-c", "import sys, nornir_anyconnect; print([m for m in sys.modules if m.startswith('nornir')])"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['nornir_anyconnect']"


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
