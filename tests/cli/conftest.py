"""A way to run the command as a user does."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from nornir_anyconnect import report
from nornir_anyconnect.cli import main


class Run(NamedTuple):
    """Exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Run a command in a folder of its own; paths are relative to it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1715983200")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*argv):
        code = main([str(each) for each in argv])
        return Run(code, *capsys.readouterr())

    return run


@pytest.fixture
def write(tmp_path):
    """Write a file below the folder of the test."""

    def put(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Path(name)

    return put


@pytest.fixture
def screens(monkeypatch):
    """Look at the last text as on screens of 80 and 140 columns, with and without colour; gives the lines of each.

    The safe MTU of every finding is on each, the answer is first, and nothing but what is pasted is too wide.
    """
    kept = []
    pieces = report.AUDIT_FORMATS.pieces

    def keep(name, audit, style):
        kept.append((audit, style))
        return pieces(name, audit, style)

    def looked_at(width, color):
        audit, style = kept[-1]
        text = report.render("text", audit, replace(style, terminal=True, width=width, color=color))
        assert color == ("\x1b[" in text)
        lines = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()
        assert [line for line in lines if len(line) > width and not line.startswith("next: ")] == []
        header = next(line for line in lines if line.startswith("device "))
        end = header.index("safe") + len("safe")
        rows = [line for line in lines[: lines.index("", lines.index(header))] if re.search("confirmed|at-risk", line)]
        cells = [row[:end].split()[-1] for row in rows if row != lines[0]]
        assert cells
        assert all(re.fullmatch(r"\d{3,4}", cell) for cell in cells), cells
        return lines

    monkeypatch.setattr(report.AUDIT_FORMATS, "pieces", keep)
    return lambda: [looked_at(width, color) for width in (80, 140) for color in (False, True)]
