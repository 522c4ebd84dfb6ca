"""Promise 27 and the journal half of promise 12: on disk, chained, append-only, 0600."""

import json
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.change import journal as journal_module
from nornir_anyconnect.change.journal import Journal, JournalError, find_run, read, volatile


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


def test_last_is_the_newest_run_and_an_unknown_one_is_named(tmp_path):
    for name in ("20260101T000000-aaaa", "20260102T000000-bbbb"):
        with Journal(tmp_path / f"{name}.jsonl") as journal:
            journal.append("begin")
    assert find_run("last", tmp_path).stem == "20260102T000000-bbbb"
    with pytest.raises(JournalError, match="no run 'nope'") as caught:
        find_run("nope", tmp_path)
    assert "20260101T000000-aaaa" in caught.value.remedy


def test_an_unwritable_directory_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written"):
        Journal(tmp_path / "file" / "run.jsonl")


def test_a_memory_file_system_is_recognised(tmp_path, monkeypatch):
    mounts = f"/dev/sda / ext4 rw 0 0\ntmpfs {tmp_path} tmpfs rw 0 0\n"
    monkeypatch.setattr(journal_module.Path, "read_text", lambda *_, **__: mounts)
    assert volatile(tmp_path / "runs")
    assert not volatile(tmp_path.parent)
