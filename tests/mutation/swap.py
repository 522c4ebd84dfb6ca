"""Mutants inside functions, tried in forks of one process that has imported the package and collected the tests once.

Most mutants change one function and are noticed within a tenth of a second; to import the package and to collect the
tests anew takes fifty times as long. So the child only gives the function its other code. What runs while modules are
imported (constants, class bodies, and the functions that they call) was already run: such a mutant is tried anew.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import threading
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType

from tests.mutation.covering import TESTS
from tests.mutation.mutants import Mutant
from tests.mutation.trial import (
    OPTIONS,
    PACKAGE,
    End,
    Finder,
    Quiet,
    Trial,
    for_subprocesses,
    forked,
    module_of,
    run_all,
)

Key = tuple[str, int]
"""A function of a module: its qualified name and first line."""


@dataclass(frozen=True, slots=True)
class Swap:
    """A mutant, the tests that it is tried on and for how many seconds, and the other code of its functions."""

    mutant: Mutant
    tests: tuple[str, ...]
    seconds: float
    codes: dict[Key, CodeType]


def swapped(old: CodeType, new: CodeType, at_import: frozenset[int]) -> dict[Key, CodeType] | None:
    """The functions of a module that a mutant changes, with their code then; None if it has to be imported anew.

    ``at_import``: the lines that run while the package is imported and the tests are collected.
    """
    found: dict[Key, CodeType] = {}
    if not _changed(old, new, found, at_import):
        return None
    ambiguous = {key for key, times in Counter(map(_key, _all(old))).items() if times > 1}
    return None if ambiguous & found.keys() else found


def _changed(old: CodeType, new: CodeType, found: dict[Key, CodeType], imported: frozenset[int]) -> bool:
    """Gather what differs in a module or class; False if that is more than functions which nothing has called yet."""
    if _bare(old) != _bare(new):
        return False
    for before, after in zip(_inner(old), _inner(new), strict=True):
        if before == after:
            continue
        if not before.co_flags & CO_OPTIMIZED:
            if not _changed(before, after, found, imported):
                return False
            continue
        body = {line for *_, line in before.co_lines() if line and line != before.co_firstlineno}
        if not body or body & imported or not _function(before, after, found):
            return False
    return True


def _function(before: CodeType, after: CodeType, found: dict[Key, CodeType]) -> bool:
    """The function, and those within it that may live already; False if one needs other variables than it has."""
    if before.co_freevars != after.co_freevars:
        return False
    found[_key(before)] = after
    then = {_key(each): each for each in _inner(after)}
    return all(
        _function(each, then[_key(each)], found)
        for each in _inner(before)
        if _key(each) in then and each != then[_key(each)] and each.co_flags & CO_OPTIMIZED
    )


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _all(code: CodeType) -> Iterator[CodeType]:
    for each in _inner(code):
        yield each
        yield from _all(each)


def _bare(code: CodeType) -> tuple:
    """A code without those in it."""
    consts = [("code", _key(each)) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return code.co_code, code.co_names, consts


def _key(code: CodeType) -> Key:
    return code.co_qualname, code.co_firstlineno


class _Bench:
    """Collects the tests, and tries mutants in forks of itself: a plugin of its own pytest."""

    def __init__(self, swaps: list[Swap], workers: int, out: int) -> None:
        self._swaps, self._workers, self._out = swaps, workers, out
        self._items, self._living, self._unusable = {}, defaultdict(list), frozenset()

    def pytest_runtestloop(self, session) -> bool:
        """Stands in the place of running the tests."""
        assert threading.active_count() == 1, "a fork would lose threads"
        self._session, self._items = session, {item.nodeid: item for item in session.items}
        gc.unfreeze()  # what was collected is looked through as well
        for each in gc.get_objects():
            if type(each) is FunctionType and str(each.__globals__.get("__name__")).startswith(PACKAGE):
                self._living[each.__globals__["__name__"], *_key(each.__code__)].append(each)
        gc.freeze()
        self._unusable = self._failing()
        trials = (
            Trial(each.mutant.file, "", each.tests, each.seconds, number) for number, each in enumerate(self._swaps)
        )
        for each in self._unusable:
            print(f"not used, it fails as it is: {each}")
        for trial, end, said in run_all(trials, self._workers, self._fork):
            if end is End.BROKEN:
                raise RuntimeError(said)
            os.write(self._out, f"{trial.number} {end}\n".encode())
        return True

    def _failing(self) -> frozenset[str]:
        """The tests that fail here as it is: they would notice every mutant."""
        used = {test for each in self._swaps for test in each.tests}
        with tempfile.TemporaryDirectory(prefix="control-") as folder:
            said = Path(folder) / "failing"
            pid = os.fork()
            if not pid:
                try:
                    items = [item for item in self._session.items if item.nodeid in used]
                    failing = [item.nodeid for item in self._run(items, Path(folder))]
                    said.write_text("\n".join(failing), "utf-8")
                finally:
                    os._exit(0)
            os.waitpid(pid, 0)
            return frozenset(said.read_text("utf-8").splitlines())

    def _run(self, items: list, folder: Path) -> Iterator:
        """Run tests; those that fail."""
        factory = self._session.config._tmp_path_factory
        factory._basetemp, factory._given_basetemp = None, folder / "t"
        for item, after in zip(items, [*items[1:], None], strict=True):
            failed = self._session.testsfailed
            try:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            except (KeyboardInterrupt, SystemExit):
                yield item  # a mutant may raise what would end pytest
                return
            if self._session.testsfailed > failed:
                yield item

    def _fork(self, trial: Trial, output: str) -> int:
        def child() -> int:
            folder = Path(tempfile.mkdtemp(prefix="mutant-"))
            try:
                return self._try(self._swaps[trial.number], folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        return forked(child, output)

    def _try(self, swap: Swap, folder: Path) -> int:
        mutant, module = swap.mutant, module_of(swap.mutant.file)
        for_subprocesses(f"Finder({mutant.file!r}, Mutant({mutant.file!r}, {mutant.number}).source)", folder)
        if module in sys.modules:
            for key, code in swap.codes.items():
                for function in self._living[module, *key]:
                    function.__code__ = code
        else:
            sys.meta_path.insert(0, Finder(mutant.file, mutant.source))
        items = [self._items[each] for each in swap.tests if each not in self._unusable]
        return 1 if next(self._run(items, folder), None) else 0


def try_swapped(swaps: list[Swap], workers: int) -> Iterator[tuple[Mutant, End]]:
    """How each mutant ended, as it ends; from a process of its own, which ends with the last.

    Raises:
        RuntimeError: the tests cannot be collected.

    """
    if not swaps:
        return
    reads, writes = os.pipe()
    with tempfile.NamedTemporaryFile("w+", prefix="bench-", encoding="utf-8") as said:
        pid = os.fork()
        if not pid:
            _child(_Bench(swaps, workers, writes), said.fileno())
        os.close(writes)
        with open(reads, encoding="utf-8") as lines:
            for line in lines:
                number, _, end = line.strip().partition(" ")
                yield swaps[int(number)].mutant, End(end)
        _, status = os.waitpid(pid, 0)
        if status:
            raise RuntimeError(Path(said.name).read_text("utf-8")[-3000:])


def _child(bench: _Bench, said: int) -> None:
    code = 3
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.environ["NORNIR_ANYCONNECT_PROOF"] = "off"
        import pytest

        options = [each for each in OPTIONS if each != "-x"]
        code = int(pytest.main([*options, *TESTS], plugins=[Quiet(), bench]))
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
