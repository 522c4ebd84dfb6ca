"""A way to run the command as a user does."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

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
