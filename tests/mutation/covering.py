"""Which tests run which lines, and how long they take: a mutant is tried on those alone, the quickest first."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from tests.mutation.trial import OPTIONS, ROOT

TESTS = (
    "tests/change", "tests/platforms", "tests/remedies", "tests/runners/test_waves.py",
    "tests/runners/test_chassis_runner.py", "tests/tasks",
    "tests/asa/test_commands.py", "tests/asa/test_commands_config.py", "tests/test_assess.py",
    "tests/workflows/test_fleet_ready.py",
)  # fmt: skip
"""The tests of these rooms themselves. The promises and the fleet meet the same code over SSH, much more slowly."""
SLOW = 8.0
"""Seconds; a longer test is left out."""
MOST = 25.0
"""Seconds of tests that are tried on one mutant."""
SECONDS = 5.0
"""How long a mutant may compute beyond what its tests take."""


@dataclass
class Covering:
    """Tests by (file, line), and their seconds."""

    tests: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[str, float] = field(default_factory=dict)
    at_import: dict[str, frozenset[int]] = field(default_factory=dict)
    """The lines of each file that run while the package is imported and the tests are collected."""

    def of(self, file: str, line: int) -> tuple[str, ...]:
        """The tests that run a line; of a line that runs at import all of the files that use the module.

        The quickest first, but those of a file together: what they share is set up once.
        """
        tests = self.tests.get((file, line))
        if not tests:
            using = {_file(each) for (name, _), found in self.tests.items() if name == file for each in found}
            tests = {each for each, took in self.seconds.items() if _file(each) in using and took < SLOW}
        of_file: dict[str, list[float]] = defaultdict(list)
        for test in tests:
            of_file[_file(test)].append(self.seconds[test])
        chosen, left = [], MOST

        def quickest(test: str) -> tuple[float, str, float, str]:
            name = _file(test)
            return fmean(of_file[name]), name, self.seconds[test], test

        for test in sorted(tests, key=quickest):
            left -= self.seconds[test]
            if left < 0 and chosen:
                break
            chosen.append(test)
        return tuple(chosen)

    def limit(self, tests: tuple[str, ...]) -> float:
        """Seconds that a mutant may compute while these tests run."""
        return SECONDS + sum(self.seconds[test] for test in tests)

    @staticmethod
    def first(tests: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the first two files."""
        files = list(dict.fromkeys(map(_file, tests)))[:2]
        return tuple(each for each in tests if _file(each) in files)


def _file(test: str) -> str:
    return test.partition("::")[0]


class _Recorder:
    """Tells coverage which test is running, in every thread."""

    def __init__(self, measured) -> None:
        self.measured, self.seconds, self._began = measured, {}, 0.0
        self.failed: set[str] = set()

    def pytest_runtest_logstart(self, nodeid, location) -> None:
        self.measured.switch_context(nodeid)
        self._began = time.monotonic()

    def pytest_runtest_logfinish(self, nodeid, location) -> None:
        self.seconds[nodeid] = time.monotonic() - self._began

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            self.failed.add(report.nodeid)


def measure(files: tuple[str, ...]) -> Covering:
    """Run all tests once, in a process of their own, and see what they run.

    A test that fails without any mutant proves nothing: it is named, and not used.

    Raises:
        RuntimeError: the tests cannot be run.

    """
    with tempfile.TemporaryDirectory(prefix="covering-") as folder:
        data = Path(folder) / "data"
        pid = os.fork()
        if not pid:
            _child(files, data, Path(folder))
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            raise RuntimeError((Path(folder) / "said").read_text("utf-8")[-3000:])
        print((Path(folder) / "failed").read_text("utf-8"), end="", flush=True)
        return _read(files, data)


def _child(files: tuple[str, ...], data: Path, folder: Path) -> None:
    code = 3
    try:
        out = os.open(folder / "said", os.O_WRONLY | os.O_CREAT)
        os.dup2(out, 1)
        os.dup2(out, 2)
        import coverage
        import pytest

        measured = coverage.Coverage(
            data_file=str(data), include=[str(ROOT / file) for file in files], concurrency=["thread"]
        )
        recorder = _Recorder(measured)
        measured.start()
        options = [each for each in OPTIONS if each != "-x"]
        code = int(pytest.main([*options, f"--basetemp={folder}/t", *TESTS], plugins=[recorder]))
        measured.stop()
        measured.save()
        took = {test: SLOW if test in recorder.failed else took for test, took in recorder.seconds.items()}
        (folder / "data.seconds").write_text("\n".join(f"{took} {test}" for test, took in took.items()))
        (folder / "failed").write_text("".join(f"not used, it fails as it is: {each}\n" for each in recorder.failed))
        sys.stdout.flush()
    finally:
        os._exit(code)


def _read(files: tuple[str, ...], data: Path) -> Covering:
    import coverage

    found = Covering()
    for line in Path(f"{data}.seconds").read_text("utf-8").splitlines():
        took, _, test = line.partition(" ")
        found.seconds[test] = float(took)
    stored = coverage.CoverageData(str(data))
    stored.read()
    for file in files:
        lines = stored.contexts_by_lineno(str(ROOT / file))
        found.at_import[file] = frozenset(line for line, contexts in lines.items() if "" in contexts)
        for line, contexts in lines.items():
            found.tests[file, line] |= {each for each in contexts if each and found.seconds.get(each, SLOW) < SLOW}
    return found
