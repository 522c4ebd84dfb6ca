"""Every command, every Python block and every file that the README and the docs show, run as a reader runs them.

Each page has a folder of its own: the examples, the playbooks and a simulated fleet with its inventory. Blocks run from
top to bottom; a block with a title is saved under that name first.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs_pages import DOCS, PAGES, ROOT, Call, blocks, calls, not_in

from mock_devices import start_fleet

# of asyncssh, where an old box is simulated
pytestmark = [pytest.mark.fleet, pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")]

RUN = ("console", "python")
INSTEAD = {"make demo": "nornir-anyconnect demo --soak 0"}
# made by somebody else's program, or a whole test run: not for a test of the docs
EXEMPT = ("make ", "pip install ", "pipx install ", "python -m mock_devices ")
SHELLS = {"bash", "sh", "shell", "shell-session", "zsh"}
BEFORE = "NORNIR_ANYCONNECT_"


@pytest.fixture
def folder(tmp_path):
    """What lies in the project's folder that a page may name."""
    work = tmp_path / "project"
    shutil.copytree(DOCS / "examples", work / "docs" / "examples")
    shutil.copytree(ROOT / "playbooks", work / "playbooks")
    return work


@pytest.fixture
def environment(tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((BEFORE, "COVERAGE", "XDG_"))}
    return inherited | {
        "PATH": f"{Path(sys.executable).parent}:{programs}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "PYTHONUNBUFFERED": "1",
        "NORNIR_ANYCONNECT_PASSWORD": "demo-password",
        "NORNIR_ANYCONNECT_ENABLE": "demo-enable",
    }


def shell(command, folder, environment):
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def follow(page, folder, environment):
    """Do what the page says; returns what did not come out as it says."""
    wrong = []
    for block in blocks(page.read_text("utf-8")):
        if block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        elif block.kind == "python":
            done = subprocess.run(
                [sys.executable, "-W", "error", "-"], input="\n".join(block.lines), cwd=folder, env=environment,
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            if done.returncode:
                wrong.append(f"{page.name}:{block.line}: the Python block failed:\n{done.stderr}")
        for call in calls(block) if block.kind == "console" else ():
            wrong += run(page, call, folder, environment)
    return wrong


def run(page, call, folder, environment):
    command = INSTEAD.get(call.command, call.command)
    if command.startswith(EXEMPT):
        return []
    if command.startswith("export "):
        name, _, value = command.removeprefix("export ").partition("=")
        environment[name] = value
        return []
    done = shell(command, folder, environment)
    printed = done.stdout.splitlines()
    where = f"{page.name}:{call.line}: {call.command}"
    if done.returncode != call.code:
        return [f"{where}\n  exit code {done.returncode}, promised is {call.code}\n{done.stdout}"]
    missing = not_in(call.shown, printed) if call.shown else None
    return [f"{where}\n  does not print: {missing}\n{done.stdout}"] if missing is not None else []


@pytest.mark.parametrize("page", [p for p in PAGES if any(b.kind in RUN for b in blocks(p.read_text("utf-8")))],
                         ids=lambda page: page.stem)  # fmt: skip
def test_a_page_does_what_it_says(page, folder, environment):
    with start_fleet() as fleet:
        fleet.write_inventory(folder / "inventory")
        wrong = follow(page, folder, environment)
    assert not wrong, "\n\n".join(wrong)


def test_no_command_hides_in_a_block_that_is_not_run():
    hidden = [
        f"{page.name}:{block.line}"
        for page in PAGES
        for block in blocks(page.read_text("utf-8"))
        if block.kind in SHELLS or (block.kind != "console" and any(line.startswith("$ ") for line in block.lines))
    ]
    assert not hidden


@pytest.mark.parametrize(
    ("shown", "printed", "missing"),
    [
        (["a", "b"], ["a", "b"], None),
        (["a", "..."], ["a", "b"], None),
        (["...", "b"], ["a", "b"], None),
        (["a", "...", "d"], ["a", "b", "c", "d"], None),
        (["gap ... bytes"], ["gap 103 bytes"], None),
        (["at 2020-01-01T00:00:00+00:00"], ["at 2026-11-24T02:39:29+00:00"], None),
        (["a", "c"], ["a", "b"], "c"),
        (["a", "c"], ["a", "b", "c"], "a"),
        (["...", "a", "...", "b"], ["b", "a"], "b"),
        (["a"], ["a", "b"], "(nothing after the last line; printed was: b)"),
        (["gap 103"], ["gap 71"], "gap 103"),
    ],
)
def test_what_is_shown_must_be_printed(shown, printed, missing):
    assert not_in(shown, printed) == missing


def test_a_wrong_exit_code_and_a_wrong_line_are_noticed(folder, environment):
    page = folder / "page.md"
    page.write_text("```console\n$ echo a    # exit 1\n$ echo b\nc\n$ echo c\nc\n```\n")
    first, second = follow(page, folder, environment)
    assert "exit code 0, promised is 1" in first
    assert "does not print: c" in second


def test_a_failing_python_block_is_noticed(folder, environment):
    page = folder / "page.md"
    page.write_text("```python\nraise SystemExit(3)\n```\n")
    (wrong,) = follow(page, folder, environment)
    assert "page.md:1: the Python block failed" in wrong


def test_a_continued_command_is_one_command():
    (block,) = blocks("```console\n$ echo a \\\n    b    # exit 2\nout\n```\n")
    assert list(calls(block)) == [Call("echo a b", 2, ("out",), 2)]
