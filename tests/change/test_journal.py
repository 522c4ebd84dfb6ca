"""Promise 27 and the journal half of promise 12: on disk, chained, append-only, 0600."""

import getpass
import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.change import journal as journal_module
from nornir_anyconnect.change.journal import (
    Journal,
    JournalError,
    author,
    default_directory,
    find_run,
    next_sequence,
    read,
    volatile,
)


def test_records_come_back_in_order_with_a_chain(tmp_path):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        journal.append("begin", ticket="CHG1")
        journal.append("sending", "fw1", line="anyconnect mtu 1287")
        head = journal.head
    records = list(read(path))
    assert [(r.seq, r.event, r.host) for r in records] == [(0, "begin", None), (1, "sending", "fw1")]
    assert records[1].data == {"line": "anyconnect mtu 1287"}
    assert records[-1].hash == head


def test_a_reopened_journal_goes_on_with_the_same_chain(tmp_path):
    path = tmp_path / "run.jsonl"
    for event in ("begin", "resumed"):
        with Journal(path) as journal:
            journal.append(event)
    assert [r.event for r in read(path)] == ["begin", "resumed"]


def test_only_the_owner_may_read_it(tmp_path):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        journal.append("begin")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_record_is_synced_before_append_returns(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(journal_module.os, "fsync", lambda fd: (synced.append(fd), real(fd)))
    with Journal(tmp_path / "run.jsonl") as journal:
        before = len(synced)
        journal.append("begin")
        assert len(synced) == before + 1


@pytest.mark.parametrize("line", [0, 1, 2])
def test_an_edited_line_breaks_the_chain(tmp_path, line):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        for number in range(3):
            journal.append("sending", "fw1", value=1000 + number)
    lines = path.read_text().splitlines()
    lines[line] = lines[line].replace(str(1000 + line), "1406")
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(JournalError, match=f"line {line + 1} "):
        list(read(path))
    with pytest.raises(JournalError):
        Journal(path)


@pytest.mark.parametrize("change", ["removed", "swapped", "doubled"])
def test_a_line_that_moved_breaks_the_chain(tmp_path, change):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        for number in range(3):
            journal.append("sending", "fw1", value=number)
    first, second, third = path.read_text().splitlines()
    altered = {"removed": [first, third], "swapped": [second, first, third], "doubled": [first, first, second, third]}
    path.write_text("\n".join(altered[change]) + "\n")
    with pytest.raises(JournalError, match="altered"):
        list(read(path))


@given(cut=st.integers(min_value=1, max_value=400))
def test_a_kill_in_the_middle_of_a_write_loses_only_that_record(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("runs") / "run.jsonl"
    with Journal(path) as journal:
        journal.append("begin")
        journal.append("sending", "fw1", line="x" * 200)
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    path.write_bytes(whole[: -min(cut, last - 1)])
    assert [r.event for r in read(path)] == ["begin"]
    with Journal(path) as journal:
        journal.append("resumed")
    assert [r.event for r in read(path)] == ["begin", "resumed"]


def test_a_second_process_is_refused_while_the_first_holds_it(tmp_path):
    with Journal(tmp_path / "run.jsonl"), pytest.raises(JournalError, match="another process"):
        Journal(tmp_path / "run.jsonl")


def test_what_is_redacted_never_reaches_the_disk(tmp_path):
    path = tmp_path / "run.jsonl"
    with Journal(path, redact=lambda text: text.replace("s3cret", "****")) as journal:
        journal.append("reply", "fw1", text="key s3cret", lines=["s3cret"], nested={"a": "s3cret"})
    assert b"s3cret" not in path.read_bytes()
    assert json.loads(path.read_text())["record"]["data"]["text"] == "key ****"


def kept(tmp_path, name, sequence, *events):
    with Journal(tmp_path / f"{name}.jsonl") as journal:
        journal.append("begin", sequence=sequence)
        for event in events:
            journal.append(event, "fw1", **({"state": "refused"} if event == "outcome" else {}))


def test_last_is_the_last_run_that_sent_a_line_whatever_the_clock_said(tmp_path):
    kept(tmp_path, "20260105T000000-aaaa", 1, "intent", "sending", "outcome")
    kept(tmp_path, "20260101T000000-bbbb", 2, "intent", "sending", "outcome")  # the clock was set back
    kept(tmp_path, "20260102T000000-cccc", 3, "outcome")  # refused
    kept(tmp_path, "20260106T000000-dddd", 4)
    assert find_run("last", tmp_path).stem == "20260101T000000-bbbb"
    assert next_sequence(tmp_path) == 5
    kept(tmp_path, "20260103T000000-eeee", 5, "intent")  # killed before its first line: to be settled
    assert find_run("last", tmp_path).stem == "20260103T000000-eeee"
    with pytest.raises(JournalError, match="no run 'nope'") as caught:
        find_run("nope", tmp_path)
    assert "20260101T000000-bbbb" in caught.value.remedy


def test_where_no_run_changed_anything_none_is_the_last(tmp_path):
    kept(tmp_path, "20260101T000000-aaaa", 1, "outcome")
    with pytest.raises(JournalError, match="no run that changed anything"):
        find_run("last", tmp_path)


def test_a_journal_that_may_be_the_last_and_was_altered_is_not_passed_over(tmp_path):
    kept(tmp_path, "20260101T000000-aaaa", 1, "sending")
    kept(tmp_path, "20260102T000000-bbbb", 2, "sending")
    path = tmp_path / "20260102T000000-bbbb.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"sending"', b'"nothing"'))
    with pytest.raises(JournalError, match="altered"):
        find_run("last", tmp_path)


def test_an_unwritable_directory_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written"):
        Journal(tmp_path / "file" / "run.jsonl")


def test_a_memory_file_system_is_recognised(tmp_path, monkeypatch):
    mounts = f"/dev/sda / ext4 rw 0 0\ntmpfs {tmp_path} tmpfs rw 0 0\n"
    monkeypatch.setattr(journal_module.Path, "read_text", lambda *_, **__: mounts)
    assert volatile(tmp_path / "runs")
    assert not volatile(tmp_path.parent)


@pytest.mark.parametrize(
    ("mounts", "lost"),
    [
        ("/dev/sda / ext4 rw 0 0\ntmpfs {} xfs rw 0 0\n", False),
        ("tmpfs / tmpfs rw 0 0\n/dev/sda {} xfs rw 0 0\n", False),
        ("/dev/sda / ext4 rw 0 0\ntmpfs {} tmpfs\n", True),
        ("/dev/sda / ext4 rw 0 0\ntmpfs {}\n", False),
        ("", False),
    ],
)
def test_the_innermost_mount_decides_and_half_a_line_of_mounts_is_passed_over(tmp_path, monkeypatch, mounts, lost):
    monkeypatch.setattr(journal_module.Path, "read_text", lambda *_, **__: mounts.format(tmp_path))
    assert volatile(tmp_path / "runs") is lost


def test_where_nobody_knows_the_mounts_nothing_is_said_to_be_lost(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(journal_module.Path, "read_text", refuse)
    assert volatile(tmp_path) is False


def test_runs_are_kept_where_the_state_of_programs_is(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/srv/state")
    assert default_directory() == Path("/srv/state/nornir-anyconnect/runs")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/ann")
    assert default_directory() == Path("/home/ann/.local/state/nornir-anyconnect/runs")


def test_a_directory_that_is_not_there_is_made_for_the_owner_alone(tmp_path):
    Journal(tmp_path / "state" / "runs" / "run.jsonl").close()
    assert stat.S_IMODE((tmp_path / "state" / "runs").stat().st_mode) == 0o700


def descriptors():
    return set(os.listdir("/proc/self/fd"))


def test_a_new_file_stands_in_its_directory_before_anything_is_written(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(journal_module.os, "fsync", lambda fd: synced.append(stat.S_ISDIR(os.fstat(fd).st_mode)))
    before = descriptors()
    Journal(tmp_path / "run.jsonl").close()
    assert synced == [True]
    assert descriptors() == before


def test_a_journal_that_is_refused_is_let_go(tmp_path):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        journal.append("begin")
        before = descriptors()
        with pytest.raises(JournalError, match="another process"):
            Journal(path)
        assert descriptors() == before
    path.write_text("{}\n")
    before = descriptors()
    with pytest.raises(JournalError, match="altered"):
        Journal(path)
    assert descriptors() == before


def test_a_torn_line_is_gone_from_the_disk_before_anything_else(tmp_path, monkeypatch):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        journal.append("begin")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"rec')
    synced = []
    monkeypatch.setattr(journal_module.os, "fsync", lambda fd: synced.append(os.fstat(fd).st_size))
    Journal(path).close()
    assert path.read_bytes() == whole
    assert synced[-1] == len(whole)


def test_the_chain_is_sha_256_over_what_anybody_can_write_down(tmp_path):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        written = journal.append("said", "fw\u00fc", b=1, a="\u00e9")
    assert written.seq == 0
    line = path.read_text("utf-8")
    assert "fw\u00fc" in line
    body = json.dumps(json.loads(line)["record"], sort_keys=True, ensure_ascii=False)
    assert written.hash == hashlib.sha256(f"{'0' * 64}\n{body}".encode()).hexdigest()
    assert line.index('"a"') < line.index('"b"')
    assert [written] == list(read(path))


def test_a_line_that_is_only_written_in_part_is_not_in_the_file(tmp_path, monkeypatch):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        journal.append("begin")
        whole = path.read_bytes()
        real = os.write
        monkeypatch.setattr(journal_module.os, "write", lambda fd, data: real(fd, data[:10]))
        with pytest.raises(JournalError, match="cannot be written: No space left"):
            journal.append("sending", "fw1")
        assert path.read_bytes() == whole
        monkeypatch.undo()
        assert journal.append("sending", "fw1").seq == 1
    assert [each.event for each in read(path)] == ["begin", "sending"]


def test_a_journal_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(JournalError, match=r"nope\.jsonl cannot be read: No such file"):
        list(read(tmp_path / "nope.jsonl"))


def test_who_ran_it(monkeypatch):
    assert author()["user"] == getpass.getuser()
    assert author()["host"]
    monkeypatch.setattr(journal_module.getpass, "getuser", lambda: {}["nobody"])
    assert author()["user"] == str(os.getuid())


def test_a_run_is_found_by_its_name_and_by_its_file(tmp_path):
    path = tmp_path / "20260101T000000-aaaa.jsonl"
    path.touch()
    assert find_run(path.stem, tmp_path) == path
    assert find_run(str(path), tmp_path / "elsewhere") == path
    with pytest.raises(JournalError, match="there is no run in"):
        find_run("last", tmp_path)


def test_a_run_that_was_refused_before_its_first_line_is_not_the_last_one(tmp_path):
    kept(tmp_path, "20260101T000000-aaaa", 1, "intent", "sending", "outcome")
    kept(tmp_path, "20260102T000000-bbbb", 2, "intent", "outcome")
    assert find_run("last", tmp_path).stem == "20260101T000000-aaaa"


def test_the_first_run_has_the_number_one_and_a_beginning_that_cannot_be_read_counts_for_nothing(tmp_path):
    assert next_sequence(tmp_path) == 1
    (tmp_path / "20260101T000000-aaaa.jsonl").write_text("{}\n")
    assert next_sequence(tmp_path) == 1


def test_where_nobody_has_a_home_the_folder_is_asked_for(monkeypatch):
    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(journal_module.Path, "home", nobody)
    with pytest.raises(JournalError, match="no home folder") as caught:
        default_directory()
    assert "--journal" in caught.value.remedy


def test_of_a_run_that_is_not_there_the_known_ones_are_named(tmp_path):
    with pytest.raises(JournalError, match="there is no run 'nope'") as caught:
        find_run("nope", tmp_path)
    assert caught.value.remedy == "known runs: none"
