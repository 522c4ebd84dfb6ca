"""Runs tests against a module whose source was changed in memory; no file of the checkout is touched.

Every trial is a forked child of a process that has loaded the heavy third-party packages, but nothing of
``nornir_anyconnect``: the child imports that anew, with the changed source in the place of one module.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.abc
import importlib.util
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.machinery import SourceFileLoader
from pathlib import Path

PACKAGE = "nornir_anyconnect"
ROOT = Path(__file__).parents[2]
HEAVY = (
    "pytest",
    "hypothesis",
    "httpx",
    "msgspec",
    "nornir",
    "netmiko",
    "paramiko",
    "asyncssh",
    "ttp",
    "yaml",
    "typer",
    "rich",
    "sqlalchemy",
    "mock_devices.fleet",
)
OPTIONS = [
    "--assert=plain",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "-x",
    "-q",
    "-p",
    "no:xdist",
    "-p",
    "no:anyio",
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
    "--no-header",
    "--tb=line",
]


LONG, WAITS = 15.0, 20.0
"""Seconds that a test waits for what a mutant keeps from happening, and that a trial may do nothing for it."""
IDLE = 0.03
"""A processor's share below which a process waits; one that computes has more, however busy the machine is."""


IDLE_FOR, BESIDE = 3.0, 6
"""Seconds after which one that waits holds up no other, and how many may wait beside those that compute."""


class End(StrEnum):
    """How a trial ended."""

    KILLED = "killed"
    SURVIVED = "survived"
    BROKEN = "broken"
    """The tests could not even be collected."""
    HUNG = "hung"
    """Ended from outside, because it computed or did nothing for too long: a test that waits for ever notices too."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Tests to run (pytest arguments) with ``source`` in the place of ``file``.

    It is ended after so many ``seconds`` of computing, or when it did nothing for :data:`WAITS` longer. A clock is not
    asked: on a busy machine a trial that gets no processor has not hung.
    """

    file: str
    source: str
    tests: tuple[str, ...]
    seconds: float = 60.0
    number: int = 0


@dataclass(slots=True)
class Running:
    """A trial under way: what its processes have computed, and since when that is next to nothing (seconds)."""

    trial: Trial
    output: Path
    idle_since: float
    computed: float = 0.0

    def waits(self, now: float) -> bool:
        """Whether it leaves the processor to others."""
        return now - self.idle_since > IDLE_FOR

    def hangs(self, computed: float, now: float) -> bool:
        """Whether it computed or did nothing for too long; what waits still computes a little."""
        if computed - self.computed > IDLE * (now - self.idle_since):
            self.computed, self.idle_since = computed, now
        return computed > self.trial.seconds or now - self.idle_since > self.trial.seconds + WAITS


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname):
        return compile(self._source, self.path, "exec", dont_inherit=True)


class Finder(importlib.abc.MetaPathFinder):
    def __init__(self, file: str, source: str) -> None:
        self._name = module_of(file)
        self._path, self._source = str(ROOT / file), source

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self._path, loader=_Changed(fullname, self._path, self._source)
        )


class Quiet:
    """Examples that kill a mutant are not kept for the real tests, and nobody waits for long."""

    def pytest_configure(self, config) -> None:
        from hypothesis import settings

        from tests import waiting

        settings.register_profile("mutants", database=None, derandomize=True, deadline=None)
        settings.load_profile("mutants")
        waiting.LONG = LONG  # what a mutant keeps from happening is not waited for as long as a busy machine may take


def warm_up() -> None:
    """Load what every trial needs and no trial changes."""
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT)]
    for name in HEAVY:
        importlib.import_module(name)
    ours = [name for name in sys.modules if name.startswith(PACKAGE)]
    assert not ours, f"a trial would not load {ours} anew"
    gc.freeze()  # what no trial frees is not looked through by each of them


def module_of(file: str) -> str:
    """What a file is imported as."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def run_all(
    trials: Iterable[Trial], workers: int = 2, fork: Callable[[Trial, str], int] | None = None
) -> Iterator[tuple[Trial, End, str]]:
    """Every trial, as it ends, with the last lines that its tests printed (into the file that ``fork`` is given)."""
    waiting, running = iter(trials), {}
    fork = fork or _fork
    more, looked = True, time.monotonic()
    while more or running:
        while more and len(running) < workers + min(BESIDE, sum(each.waits(looked) for each in running.values())):
            trial = next(waiting, None)
            if trial is None:
                more = False
                break
            handle, output = tempfile.mkstemp(prefix="mutant-", suffix=".txt")
            os.close(handle)
            running[fork(trial, output)] = Running(trial, Path(output), time.monotonic())
        if not running:
            return
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in running:
            ended = running.pop(pid)
            said = ended.output.read_text("utf-8", "replace")[-1500:]
            ended.output.unlink()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # what its tests had started and no fixture has ended
            yield ended.trial, _end(status), said
            continue
        if time.monotonic() - looked > 1:
            looked = time.monotonic()
            for each, trial in running.items():
                if trial.hangs(_computed(each), looked):
                    os.killpg(each, signal.SIGKILL)
        time.sleep(0.01)


def _computed(group: int) -> float:
    """Seconds of processor that the processes of a group have used."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(words[2]) == group:
                ticks += sum(map(int, words[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _end(status: int) -> End:
    if os.WIFSIGNALED(status):
        return End.HUNG
    code = os.WEXITSTATUS(status)
    return {0: End.SURVIVED, 1: End.KILLED}.get(code, End.BROKEN)


def for_subprocesses(finder: str, folder: Path) -> None:
    """A Python that a test starts imports the changed source as well: ``finder`` is the expression that makes one."""
    (folder / "sitecustomize.py").write_text(
        "import sys\nfrom pathlib import Path\nfrom tests.mutation.trial import Finder\n"
        f"from tests.mutation.mutants import Mutant\nsys.meta_path.insert(0, {finder})\n",
        "utf-8",
    )
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(ROOT)])


def forked(child: Callable[[], int], output: str) -> int:
    """The process in which ``child`` runs, whose exit code it returns; what goes wrong is written to ``output``."""
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        os.setsid()
        code = child()
    except BaseException:
        with Path(output).open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
    finally:
        os._exit(code)


def _fork(trial: Trial, output: str) -> int:
    def child() -> int:
        out = os.open(output, os.O_WRONLY | os.O_TRUNC | os.O_APPEND)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.dont_write_bytecode = True
        os.environ["NORNIR_ANYCONNECT_PROOF"] = "off"
        sys.meta_path.insert(0, Finder(trial.file, trial.source))
        import pytest

        with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
            source = Path(folder) / "source"
            source.write_text(trial.source, "utf-8")
            for_subprocesses(f"Finder({trial.file!r}, Path({str(source)!r}).read_text('utf-8'))", Path(folder))
            code = int(pytest.main([*OPTIONS, f"--basetemp={folder}/t", *trial.tests], plugins=[Quiet()]))
        sys.stdout.flush()
        return code

    return forked(child, output)
