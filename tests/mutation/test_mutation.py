"""Every promise has guards, each is missed by its test; ``docs/promises.md`` names tests that exist.

A sample of the guards is removed, one of each promise in a slice; every guard, and every mistake made, in all of it.
"""

import ast
import re
import subprocess
import sys

import pytest

from tests.amounts import of, wanted
from tests.mutation.guards import GUARDS
from tests.mutation.mutants import mutants_of
from tests.mutation.trial import ROOT

NAMED = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")


def _tests_of(file):
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}


def test_every_promise_has_a_guard_that_stands_where_it_is_said_to():
    assert {guard.promise for guard in GUARDS} >= {*range(1, 37), 39}
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
