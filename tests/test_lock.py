"""Two runs with one lock: the second does nothing and is told who holds it; a killed one leaves nothing behind."""

import os
import signal
import subprocess
import sys

import pytest

from nornir_anyconnect.errors import SettingsError
from nornir_anyconnect.lock import LockedError, only_one

HOLD = """
import sys, time
from nornir_anyconnect.lock import only_one
with only_one(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    path = tmp_path / "audit.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield path, process
        process.kill()


def test_the_second_run_is_told_who_holds_it(holder):
    path, process = holder
    with pytest.raises(LockedError, match=rf"process {process.pid} \(since 20") as caught, only_one(path):
        pytest.fail("two runs at once")
    assert str(path) in caught.value.cause
    assert "nothing was done" in caught.value.cause
    assert caught.value.remedy


def test_a_killed_run_frees_it(holder):
    path, process = holder
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with only_one(path):
        assert str(os.getpid()) in path.read_text()


def test_it_can_be_held_again_and_again_and_an_error_frees_it(tmp_path):
    path = tmp_path / "audit.lock"
    with pytest.raises(ZeroDivisionError), only_one(path):
        raise ZeroDivisionError
    assert path.read_text() == ""
    with only_one(path):
        assert "process" in path.read_text()


def test_without_a_path_there_is_no_lock(tmp_path):
    with only_one(None), only_one(None):
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(SettingsError, match="cannot be opened: No such file"), only_one(tmp_path / "no" / "lock"):
        pytest.fail("ran without its lock")


def test_a_link_is_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "lock").symlink_to(precious)
    with pytest.raises(SettingsError, match="cannot be opened"), only_one(tmp_path / "lock"):
        pytest.fail("ran without its lock")
    assert precious.read_text() == "kept"


def test_a_full_disk_does_not_keep_it_from_being_held(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with only_one(tmp_path / "lock"):
        with pytest.raises(LockedError, match="another process holds"), only_one(tmp_path / "lock"):
            pytest.fail("two runs at once")
