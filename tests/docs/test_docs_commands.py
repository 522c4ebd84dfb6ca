"""Every command, every Python block and every file that the README and the docs show, run as a reader runs them.

Each page has a folder of its own: the examples, the playbooks and a simulated fleet with its inventory. Blocks run from
top to bottom; a block with a title is saved under that name first.
"""

import pytest
from docs_pages import PAGES, Call, blocks, calls, follow, not_in, prepared, reader

from mock_devices import start_fleet

# of asyncssh, where an old box is simulated
pytestmark = [
    pytest.mark.long,
    pytest.mark.fleet,
    pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields"),
]

RUN = ("console", "python")
SHELLS = {"bash", "sh", "shell", "shell-session", "zsh"}


@pytest.fixture
def folder(tmp_path):
    return prepared(tmp_path / "project")


@pytest.fixture
def environment(tmp_path):
    return reader(tmp_path)


def wrongs(page, folder, environment, kept=None):
    """What does not come out as the page says."""
    for call, done in follow(page, folder, environment, kept):
        where = f"{page.name}:{call.line}: {call.command}"
        missing = not_in(call.shown, done.stdout.splitlines()) if call.shown else None
        if done.returncode != call.code:
            yield f"{where}\n  exit code {done.returncode}, promised is {call.code}\n{done.stdout}"
        elif missing is not None:
            yield f"{where}\n  does not print: {missing}\n{done.stdout}"


def test_what_is_said_to_this_run_of_pytest_is_not_said_to_a_reader(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--durations=80")
    assert not {name for name in reader(tmp_path) if name.startswith("PYTEST_")}


@pytest.mark.parametrize("page", [p for p in PAGES if any(b.kind in RUN for b in blocks(p.read_text("utf-8")))],
                         ids=lambda page: page.stem)  # fmt: skip
def test_a_page_does_what_it_says(page, folder, environment, kept):
    with start_fleet() as fleet:
        fleet.write_inventory(folder / "inventory")
        wrong = list(wrongs(page, folder, environment, kept))
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
    first, second = wrongs(page, folder, environment)
    assert "exit code 0, promised is 1" in first
    assert "does not print: c" in second


def test_a_failing_python_block_is_noticed(folder, environment):
    page = folder / "page.md"
    page.write_text("```python\nraise SystemExit(3)\n```\n")
    (wrong,) = wrongs(page, folder, environment)
    assert "page.md:1: (the Python block)\n  exit code 3" in wrong


def test_a_continued_command_is_one_command():
    (block,) = blocks("```console\n$ echo a \\\n    b    # exit 2\nout\n```\n")
    assert list(calls(block)) == [Call("echo a b", 2, ("out",), 2)]
