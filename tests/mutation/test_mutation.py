"""Every promise has guards, each is missed by its test; ``docs/promises.md`` names tests that exist.

A sample of the guards is removed, one of each promise in a slice; every guard, and every mistake made, in all of it.
"""

import ast
import re
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from tests.amounts import of, wanted
from tests.mutation import trial as trial_module
from tests.mutation.__main__ import modules
from tests.mutation.guards import GUARDS
from tests.mutation.mutants import codes_of, mutants_of
from tests.mutation.page import guards_line, render
from tests.mutation.survivors import EXPLAINED
from tests.mutation.swap import Swap, swapped, try_swapped
from tests.mutation.trial import ROOT, End, Running, Trial, run_all

DAY = date(2026, 3, 4)
NAMED = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")


@cache
def _tests_of(file):
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}


def test_every_promise_has_a_guard_that_stands_where_it_is_said_to():
    assert {guard.promise for guard in GUARDS} >= {*range(1, 40)}
    for guard in GUARDS:
        assert guard.trial().source != (ROOT / guard.file).read_text("utf-8")


def test_the_page_of_promises_names_all_of_them_and_only_tests_that_exist():
    page = (ROOT / "docs" / "promises.md").read_text("utf-8")
    rows = {int(row[0]): row[1] for row in re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)}
    assert set(rows) == {guard.promise for guard in GUARDS}
    for number, row in rows.items():
        named = NAMED.findall(row)
        assert named, f"promise {number} names no test"
        for file, test in named:
            assert test in _tests_of(file), f"promise {number}: {file}::{test} does not exist"


def test_the_test_of_each_guard_stands_in_the_page():
    page = (ROOT / "docs" / "promises.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE))
    missing = {
        (guard.promise, guard.test) for guard in GUARDS if guard.test.partition("[")[0] not in rows[str(guard.promise)]
    }
    assert missing == set()


def test_mutants_are_the_same_each_time_and_each_is_a_module():
    file = "nornir_anyconnect/change/device.py"
    mutants = list(mutants_of(file))
    assert [each.name for each in mutants] == [each.name for each in mutants_of(file)]
    assert len({each.source for each in mutants}) == len(mutants) > 20
    original = ast.unparse(ast.parse((ROOT / file).read_text("utf-8")))
    for each in mutants:
        assert ast.unparse(ast.parse(each.source)) == each.source != original


def test_every_survivor_that_is_explained_still_has_its_place():
    names = [each.name for file in modules() for each in mutants_of(file)]
    assert [pattern for pattern, _ in EXPLAINED if not any(re.search(pattern, name) for name in names)] == []


def test_a_run_over_one_module_keeps_the_rest_of_the_page():
    one, other = "nornir_anyconnect/change/device.py", "nornir_anyconnect/change/run.py"
    first, second = (list(mutants_of(file))[:3] for file in (one, other))
    begun = render("", dict.fromkeys(first, End.SURVIVED), [one, other], date(2026, 1, 2), guards_line(9, 0, DAY))
    assert "3 were not. Not tried yet: `change/run.py`." in begun.replace("\n", " ")
    both = render(begun, dict.fromkeys(second, End.KILLED), [one, other], DAY)
    assert [line for line in begun.splitlines() if "`change/device.py`" in line] == [
        line for line in both.splitlines() if "`change/device.py`" in line
    ]
    assert "| `change/device.py` | 2026-01-02 | 3 | 0 | 3 |" in both
    assert "| `change/run.py` | 2026-03-04 | 3 | 3 | 0 |" in both
    assert "**Mutants**: 6 small" in both
    assert "**Guards**, 2026-03-04: 9 guards" in both
    killed = render(both, dict.fromkeys(first, End.KILLED), [one, other], DAY)
    assert killed.count("`change/device.py`") == 1
    assert "`change/run.py`" not in render(both, {}, [one], DAY)


def test_a_machine_that_is_busy_makes_no_trial_hang():
    starved = Running(Trial("", "", (), seconds=20.0), Path(), idle_since=0.0)
    assert not any(starved.hangs(0.1 * now, float(now)) for now in range(1, 200))
    assert starved.hangs(20.1, 200.0)
    polls = Running(Trial("", "", (), seconds=20.0), Path(), idle_since=0.0)
    assert [polls.hangs(0.01 * now, float(now)) for now in (1, 10, 40, 41)] == [False, False, False, True]


def test_one_that_waits_holds_up_no_other_and_one_that_computes_does():
    waits, computes = (Running(Trial("", "", (), seconds=99.0), Path(), idle_since=0.0) for _ in range(2))
    for now in range(1, 6):
        assert not waits.hangs(0.0, float(now))
        assert not computes.hangs(0.5 * now, float(now))
    assert (waits.waits(5.0), computes.waits(5.0)) == (True, False)


SOURCE = """
LIMIT = 1
class Kept:
    size = 2
    def grow(self):
        return self.size + 3
def first(): return 4
def called():
    return [each + 5 for each in (6,)]
def closes():
    seven = 7
    def inside():
        return seven + 8
    return inside
VALUE = called()
"""


def test_only_what_has_not_run_yet_is_swapped(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.mutation.mutants.ROOT", tmp_path)
    (tmp_path / "it.py").write_text(SOURCE, "utf-8")
    ran = frozenset({2, 3, 4, 5, 7, 8, 9, 10, 15})
    found = {
        mutant.what: swapped(*codes, ran) for mutant, codes in zip(mutants_of("it.py"), codes_of("it.py"), strict=True)
    }
    anew = ("1 -> 2", "2 -> 3", "4 -> 5", "return 4 -> return None", "5 -> 6", "each + 5 -> each - 5", "6 -> 7")
    assert [found[each] for each in anew] == [None] * 7
    assert set(found["self.size + 3 -> self.size - 3"]) == {("Kept.grow", 5)}
    assert set(found["seven + 8 -> seven - 8"]) == {("closes", 10), ("closes.<locals>.inside", 12)}
    assert set(found["7 -> 8"]) == {("closes", 10)}
    exec(SOURCE, namespace := {})
    namespace["Kept"].grow.__code__ = found["self.size + 3 -> self.size - 3"]["Kept.grow", 5]
    assert namespace["Kept"]().grow() == -1


def test_a_swapped_function_is_tried_in_a_fork_that_has_the_tests_collected(monkeypatch):
    file, tests = "nornir_anyconnect/platforms/login_gate.py", "tests/platforms/test_login_gate.py"
    monkeypatch.setattr("tests.mutation.swap.TESTS", (tests,))
    both = (f"{tests}::test_the_gate_holds_no_credential", f"{tests}::test_what_is_spent_is_not_connected_for")
    swaps = {
        mutant.what: Swap(mutant, both, 20.0, swapped(*codes, frozenset()))
        for mutant, codes in zip(mutants_of(file), codes_of(file), strict=True)
        if mutant.what in ("32 -> 33", "record.refusals >= REFUSALS_ALLOWED -> record.refusals > REFUSALS_ALLOWED")
    }
    ends = {mutant.what: end for mutant, end in try_swapped(list(swaps.values()), 1)}
    assert sorted(ends.items()) == [("32 -> 33", End.SURVIVED), (max(swaps), End.KILLED)]


@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(600)"])
def test_a_trial_that_hangs_is_ended(body, tmp_path, monkeypatch):
    monkeypatch.setattr(trial_module, "WAITS", 0.5)
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\n", "utf-8")
    trial = Trial("nornir_anyconnect/errors.py", "", (str(tmp_path / "test_it.py"),), seconds=0.5)
    assert [end for _, end, _ in run_all([trial])] == [End.HUNG]


@pytest.mark.long
@pytest.mark.skipif(wanted() == "off", reason="NORNIR_ANYCONNECT_PROOF=off")
def test_a_guard_that_is_removed_is_missed():
    how = of(("--slice", "8"), ("--slice",), ())
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation", *how],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=of(600, 600, 7200),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 not noticed" in done.stdout
