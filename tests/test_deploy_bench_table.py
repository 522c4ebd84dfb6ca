"""The table of ``make bench``: a row for each ratio beside its limit, and none that hides a limit that was not kept."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def table():
    spec = importlib.util.spec_from_file_location("bench_table", BENCHMARKS / "table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_ratio_is_a_row_with_the_nearest_limit(table):
    found = {
        "at_most": 12,
        "help": {"wall_ratio": 3.5, "cpu_ratio": 4, "wall_ms": 80},
        "case": "fleet",
        "rows": [{"peer": "grep", "ratio": 0.5, "limit": 0.3}, {"what": "large", "peer": "rg", "ratio": 2, "limit": 3}],
    }
    assert list(table.rows(found)) == [
        ("fleet help wall", None, 3.5, 12),
        ("fleet help cpu", None, 4.0, 12),
        ("fleet", "grep", 0.5, 0.3),
        ("large", "rg", 2.0, 3),
    ]


@pytest.mark.parametrize(
    ("code", "out", "line", "kept"),
    [
        (0, '{"ratio": 1.5, "limit": 2}', "| logs | grep | 1.5 | 2 |", True),
        (1, '{"ratio": 2.5, "limit": 2}', "| logs | grep | 2.5 **not kept** | 2 |", False),
        (2, "", "| logs | | did not end: ['it broke'] | |", False),
    ],
)
def test_what_was_not_kept_and_what_did_not_end_is_said(table, monkeypatch, code, out, line, kept):
    done = SimpleNamespace(returncode=code, stdout=out, stderr="Traceback\nit broke\n")
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: done)
    lines, well = table.measured("logs", [])
    assert ([" ".join(each.split()) for each in lines], well) == ([line], kept)


def test_the_picture_of_growth_shows_every_size():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from growth import drawn
    finally:
        sys.path.remove(str(BENCHMARKS))
    sizes = [{"boxes": n, "seconds": n / 50, "peak_mb": 60 + n / 200} for n in (10, 100, 1000)]
    picture = drawn(sizes)
    assert picture.count("<circle") == 6
    assert all(f">{n:,}<" in picture for n in (10, 100, 1000))
