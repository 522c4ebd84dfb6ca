"""The documentation as a reader uses it: pages, their fenced blocks, the commands in them and what they show."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests import warm
from tests.once import once

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))

_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>[\w-]+)?(?P<rest>[^`]*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_EXIT = re.compile(r"\s+# exit (\d+)$")
_SKIPPED = "..."
DEMO = "nornir-anyconnect demo --soak 0"
INSTEAD = {"make demo": DEMO}
# somebody else's program, or a whole test run: not for a test of the docs
EXEMPT = ("make ", "pip install ", "pipx install ", "python -m mock_devices ")

# what differs from run to run, and what stands in its place on both sides
_VARIABLE = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)?"), "<time>"),
    (re.compile(r"\b\d{8}T\d+-[0-9a-f]{8}-[0-9a-f]{4}\b"), "<run>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<hash>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<plan>"),
    (re.compile(r"\[?\b127\.0\.0\.1\b\]?:\d+"), "<address>"),
    (re.compile(r"\bin \d+\.\d+s\b"), "<duration>"),
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; ``title`` is the file that a reader saves it as."""

    kind: str
    title: str | None
    lines: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Call:
    """A command after ``$``, the exit code that is promised (0 unless ``# exit N``), and the output that is shown."""

    command: str
    code: int
    shown: tuple[str, ...]
    line: int


def blocks(text):
    """The fenced blocks of a page, in order."""
    opened = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                title = _TITLE.search(fence["rest"])
                opened = (fence["kind"] or "", title and title[1], len(fence["indent"]), number, [])
        elif fence and not fence["kind"]:
            kind, title, _, began, lines = opened
            yield Block(kind, title, tuple(lines), began)
            opened = None
        else:
            opened[4].append(line[opened[2] :])
    assert opened is None, f"the block of line {opened[3]} is not closed"


def calls(block):
    """The commands of a console block."""
    current = None
    for offset, line in enumerate(block.lines, 1):
        if line.startswith("$ "):
            if current:
                yield _call(*current)
            current = (line[2:], [], block.line + offset)
        elif current and not current[1] and current[0].endswith("\\"):
            current = (f"{current[0][:-1].rstrip()} {line.removeprefix('>').strip()}", [], current[2])
        else:
            assert current, f"line {block.line + offset}: output before the first command"
            current[1].append(line)
    if current:
        yield _call(*current)


def _call(command, shown, line):
    code = _EXIT.search(command)
    while shown and not shown[-1].strip():
        shown.pop()
    return Call(_EXIT.sub("", command), int(code[1]) if code else 0, tuple(shown), line)


def normal(line):
    """A line without what differs from run to run."""
    for pattern, word in _VARIABLE:
        line = pattern.sub(word, line)
    return line.rstrip()


def not_in(shown, printed):
    """The first line that is shown and was not printed where it is shown, or None.

    Lines follow one another as they are shown. ``...`` alone stands for any number of lines, within a line for any text.
    """
    real = [normal(line) for line in printed]
    at, skipping = 0, False
    groups = _groups([normal(line) for line in shown])
    for index, group in enumerate(groups):
        if group is None:
            skipping = True
            continue
        last = index == len(groups) - 1
        starts = range(at, len(real) - len(group) + 1) if skipping else (at,)
        if last and skipping:
            starts = (len(real) - len(group),) if len(real) - len(group) >= at else ()
        found = next((start for start in starts if _fits(group, real[start : start + len(group)])), None)
        if found is None:
            return next((line for line in group if not any(_fits([line], [each]) for each in real[at:])), group[0])
        at, skipping = found + len(group), False
    if not skipping and at < len(real):
        return f"(nothing after the last line; printed was: {real[at]})"
    return None


def _groups(shown):
    groups = []
    for line in shown:
        if line.strip() == _SKIPPED:
            groups.append(None)
        elif groups and groups[-1] is not None:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _fits(group, lines):
    return len(group) == len(lines) and all(
        re.fullmatch(".*?".join(map(re.escape, line.split(_SKIPPED))), each)
        for line, each in zip(group, lines, strict=True)
    )


def prepared(folder):
    """A folder of its own, with what lies in the project's that a page may name."""
    shutil.copytree(DOCS / "examples", folder / "docs" / "examples")
    shutil.copytree(ROOT / "playbooks", folder / "playbooks")
    return folder


def reader(home):
    """The environment of a reader who has installed the tool and knows the simulated fleet's password."""
    programs = home / "programs"
    programs.mkdir()
    (programs / "python").symlink_to(warm.python())
    (programs / "nornir-anyconnect").symlink_to(warm.command())
    ours = ("NORNIR_ANYCONNECT_", "COVERAGE", "PYTEST_", "XDG_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "PYTHONUNBUFFERED": "1",
        "NORNIR_ANYCONNECT_PASSWORD": "demo-password",
        "NORNIR_ANYCONNECT_ENABLE": "demo-enable",
    }


def run(program, folder, environment, **options):
    """A program with all that it prints, as on a terminal."""
    return subprocess.run(
        program, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=300, check=False, **options,
    )  # fmt: skip


def told(command, environment, kept):
    """The whole story is shown on several pages: told once, in a folder of its own, whichever page comes first."""

    def tell(folder):
        done = run(["bash", "-c", f"{command}\nexit"], folder, environment, stdin=subprocess.DEVNULL)
        (folder / "said.json").write_text(json.dumps([done.returncode, done.stdout]))

    said = once(kept / "story", tell) / "said.json"
    return subprocess.CompletedProcess(command, *json.loads(said.read_text()))


def follow(page, folder, environment, kept):
    """Do what a page says, from top to bottom; for each command what it printed, with its exit code.

    ``kept`` is a folder where pages keep what they have in common. Files are saved first; a Python block without a title is a call as well, of which nothing but success is promised.
    """
    for block in blocks(page.read_text("utf-8")):
        if block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        elif block.kind == "python":
            done = run([warm.python(), "-W", "error", "-"], folder, environment, input="\n".join(block.lines))
            yield Call("(the Python block)", 0, (), block.line), done
        for call in calls(block) if block.kind == "console" else ():
            command = INSTEAD.get(call.command, call.command)
            if command == DEMO:
                yield call, told(command, environment, kept)
            elif command.startswith("export "):
                name, _, value = command.removeprefix("export ").partition("=")
                environment[name] = value
            elif not command.startswith(EXEMPT):
                # a second line keeps the shell alive above the command: completion asks which one it is
                yield call, run(["bash", "-c", f"{command}\nexit"], folder, environment, stdin=subprocess.DEVNULL)
