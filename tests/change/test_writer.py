"""One writer per chassis: another process is refused, and nothing is held longer than the block runs."""

import fcntl
import hashlib
import os
import stat

import pytest

from nornir_anyconnect.change.device import only_writer
from nornir_anyconnect.errors import GateError


def lock_of(serial, folder):
    return folder / f".chassis-{hashlib.sha256(serial.encode()).hexdigest()[:16]}.lock"


def held(path):
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def descriptors():
    return set(os.listdir("/proc/self/fd"))


def test_every_serial_of_the_chassis_is_held_while_the_block_runs_and_no_longer(tmp_path):
    before = descriptors()
    locks = [lock_of(serial, tmp_path) for serial in ("JAD1", "JAD2")]
    with only_writer(["JAD2", "JAD1", "JAD1"], tmp_path):
        assert all(map(held, locks))
        assert {stat.S_IMODE(each.stat().st_mode) for each in locks} == {0o600}
        assert sorted(tmp_path.iterdir()) == sorted(locks)
    assert not any(map(held, locks))
    assert descriptors() == before


def test_a_chassis_that_another_process_holds_is_refused_at_once_and_its_mate_let_go(tmp_path):
    lock_of("JAD2", tmp_path).touch()
    with lock_of("JAD2", tmp_path).open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        before = descriptors()
        with pytest.raises(GateError, match="working on the chassis JAD2"), only_writer(["JAD1", "JAD2"], tmp_path):
            pytest.fail("nobody may work on it")
        assert descriptors() == before
        assert not held(lock_of("JAD1", tmp_path))
    with only_writer(["JAD1", "JAD2"], tmp_path):
        pass


def test_a_lock_is_no_way_to_another_file(tmp_path):
    (tmp_path / "elsewhere").touch()
    lock_of("JAD1", tmp_path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"), only_writer(["JAD1"], tmp_path):
        pytest.fail("nobody may work on it")
