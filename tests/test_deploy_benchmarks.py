"""The benchmarks of history and report run and agree with their peers; how fast they are is for `make bench`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(name, *argv):
    done = subprocess.run(
        [sys.executable, BENCHMARKS / name, *argv], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode in (0, 1), done.stderr  # 1: not as fast as it should be, on a machine that does other things
    return json.loads(done.stdout)


def test_history_and_plain_table_give_the_same_answers():
    found = run("history_ratio.py", "--nights", "12", "--devices", "60")
    assert (found["nights"], found["devices"]) == (12, 60)
    assert set(found["cpu_seconds"]) == {"diff", "trend", "trend of a site", "flapping"}
    assert found["bytes"]["history"] < found["bytes"]["plain"]


@pytest.mark.long
@pytest.mark.browser
def test_the_report_is_measured_in_a_browser():
    if shutil.which("chromium") is None:
        pytest.skip("browser tests need Chromium (Debian package chromium)")
    found = run("report_ratio.py", "--devices", "50", "--loads", "1", "--rounds", "1")
    assert found["findings"] == 200
    assert found["bytes"] < 1_000_000
    assert found["ready_ms"]["empty page"] > 0
    assert set(found["longest_task_ms"]) == {"typing", "choosing", "tiles", "sorting", "clearing"}
