"""Runs tests against a module whose source was changed in memory; no file of the checkout is touched.

Every trial is a forked child of a process that has loaded the heavy third-party packages, but nothing of
``nornir_anyconnect``: the child imports that anew, with the changed source in the place of one module.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.machinery import SourceFileLoader
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = (
    "pytest",
    "hypothesis",
    "nornir",
    "netmiko",
    "paramiko",
    "asyncssh",
    "ttp",
    "yaml",
    "typer",
    "rich",
    "sqlalchemy",
)
OPTIONS = [
    "--assert=plain",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-x",
    "-q",
    "-n0",
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
    "--no-header",
    "--tb=line",
]


class End(StrEnum):
    """How a trial ended."""

    KILLED = "killed"
    SURVIVED = "survived"
    BROKEN = "broken"
    """The tests could not even be collected."""
    HUNG = "hung"
    """Ended from outside: a test that waits for ever notices the change too."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Tests to run (pytest arguments) with ``source`` in the place of ``file``; seconds until it is ended."""

    file: str
    source: str
    tests: tuple[str, ...]
    seconds: float = 60.0


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname):
        return compile(self._source, self.path, "exec", dont_inherit=True)


class Finder(importlib.abc.MetaPathFinder):
    def __init__(self, file: str, source: str) -> None:
        self._name = file.removesuffix(".py").replace("/", ".")
        self._path, self._source = str(ROOT / file), source

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self._path, loader=_Changed(fullname, self._path, self._source)
        )


class _Quiet:
    """Examples that kill a mutant are not kept for the real tests, and nobody waits for long."""

    def pytest_configure(self, config) -> None:
        from hypothesis import settings

        from tests import waiting

        settings.register_profile("mutants", database=None, derandomize=True, deadline=None)
        settings.load_profile("mutants")
        waiting.LONG = 15.0  # what a mutant keeps from happening is not waited for as long as a busy machine may take


def warm_up() -> None:
    """Load what every trial needs and no trial changes."""
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT)]
    for name in HEAVY:
        importlib.import_module(name)
    ours = [name for name in sys.modules if name.startswith("nornir_anyconnect")]
    assert not ours, f"a trial would not load {ours} anew"


def run_all(trials: Iterable[Trial], workers: int = 2) -> Iterator[tuple[Trial, End, str]]:
    """Every trial, as it ends, with the last lines that its tests printed."""
    waiting, running = iter(trials), {}
    more = True
    while more or running:
        while more and len(running) < workers:
            trial = next(waiting, None)
            if trial is None:
                more = False
                break
            handle, output = tempfile.mkstemp(prefix="mutant-", suffix=".txt")
            os.close(handle)
            running[_fork(trial, output)] = (trial, Path(output), time.monotonic())
        if not running:
            return
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in running:
            trial, output, _ = running.pop(pid)
            said = output.read_text("utf-8", "replace")[-1500:]
            output.unlink()
            yield trial, _end(status), said
            continue
        for each, (trial, _, since) in running.items():
            if time.monotonic() - since > trial.seconds:
                os.killpg(each, signal.SIGKILL)
        time.sleep(0.01)


def _end(status: int) -> End:
    if os.WIFSIGNALED(status):
        return End.HUNG
    code = os.WEXITSTATUS(status)
    return {0: End.SURVIVED, 1: End.KILLED}.get(code, End.BROKEN)


def _for_subprocesses(trial: Trial, folder: Path) -> None:
    """A Python that a test starts imports the changed source as well."""
    (folder / "source").write_text(trial.source, "utf-8")
    (folder / "sitecustomize.py").write_text(
        "import sys\nfrom pathlib import Path\nfrom tests.mutation.trial import Finder\n"
        f"sys.meta_path.insert(0, Finder({trial.file!r}, Path({str(folder / 'source')!r}).read_text('utf-8')))\n",
        "utf-8",
    )
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(ROOT)])


def _fork(trial: Trial, output: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        os.setsid()
        out = os.open(output, os.O_WRONLY | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.dont_write_bytecode = True
        os.environ["NORNIR_ANYCONNECT_PROOF"] = "off"
        sys.meta_path.insert(0, Finder(trial.file, trial.source))
        import pytest

        with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
            _for_subprocesses(trial, Path(folder))
            code = int(pytest.main([*OPTIONS, f"--basetemp={folder}/t", *trial.tests], plugins=[_Quiet()]))
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
