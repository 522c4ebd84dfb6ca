"""Logs as they lie on disks and in mails: packed, rotated, damaged, hostile."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import threading
import zipfile
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources import bundle as bundle_module
from nornir_anyconnect.sources.bundle import client_logs_of_bundle
from nornir_anyconnect.sources.logs import BEGINNING, CHUNK, LogFile, log_files

TEXT = b"".join(b"line %d of a log that is long enough\n" % n for n in range(40_000))


def content(log: LogFile) -> bytes:
    return b"".join(log.chunks())


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("asa.log", TEXT),
        ("asa.log.gz", gzip.compress(TEXT, mtime=0)),
        ("two-members.gz", gzip.compress(TEXT[:1000], mtime=0) + gzip.compress(TEXT[1000:], mtime=0)),
        ("padded.gz", gzip.compress(TEXT, mtime=0) + b"\0" * 512),
        ("asa.log.zst", zstandard.compress(TEXT)),
        ("two-frames.zst", zstandard.compress(TEXT[:1000]) + zstandard.compress(TEXT[1000:])),
        ("named-wrongly.log", gzip.compress(TEXT, mtime=0)),
        ("empty.log", b""),
    ],
)
def test_every_packing(tmp_path, name, packed):
    (tmp_path / name).write_bytes(packed)
    (log,) = log_files([tmp_path / name])
    assert content(log) == (TEXT if packed else b"")
    assert log.size == len(packed)


def test_progress_counts_bytes_on_disk(tmp_path):
    path = tmp_path / "asa.log.gz"
    path.write_bytes(gzip.compress(os.urandom(3 * CHUNK)))
    done = []
    for _ in LogFile("x", path).chunks(done.append):
        pass
    assert sum(done) == path.stat().st_size
    assert len(done) > 1


@pytest.mark.parametrize(("pack", "most"), [(gzip.compress, 1 << 20), (zstandard.compress, 33 << 20)])
def test_chunks_stay_small_whatever_a_file_unpacks_to(tmp_path, pack, most):
    path = tmp_path / "bomb"
    path.write_bytes(pack(b"\0" * (128 << 20)))
    sizes = [len(chunk) for chunk in LogFile("x", path).chunks()]
    assert sum(sizes) == 128 << 20
    assert max(sizes) <= most


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_damage_is_told_in_one_line(tmp_path, suffix):
    packed = (
        gzip.compress(TEXT, mtime=0) if suffix == "gz" else zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)
    )
    path = tmp_path / f"asa.log.{suffix}"
    path.write_bytes(packed[:40] + b"\xff\x00\xff" + packed[43:])
    with pytest.raises(SourceError, match="damaged"):
        content(LogFile("asa.log", path))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_file_that_was_cut_gives_what_it_has_and_then_says_so(tmp_path, pack):
    path = tmp_path / "asa.log.packed"
    path.write_bytes(pack(TEXT)[:-200])
    read = []
    with pytest.raises(SourceError, match="cut short"):
        read.extend(LogFile("asa.log", path).chunks())
    assert TEXT.startswith(b"".join(read))
    assert read


def test_a_missing_file_and_an_empty_directory(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        log_files([tmp_path / "nothing"])
    with pytest.raises(SourceError, match="holds no file"):
        log_files([tmp_path])


def test_rotated_files_come_oldest_first(tmp_path):
    names = [
        "asa.log", "asa.log.1", "asa.log.2.gz", "asa.log.10.gz", "sub/fw.log", "sub/fw.log-20240501.gz",
        "sub/fw.log-20240430.gz", ".hidden", "sub/.cache/x.log",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [str(log.path.relative_to(tmp_path)) for log in log_files([tmp_path])]
    assert found == [
        "asa.log.10.gz", "asa.log.2.gz", "asa.log.1", "asa.log",
        "sub/fw.log-20240430.gz", "sub/fw.log-20240501.gz", "sub/fw.log",
    ]  # fmt: skip


def test_files_named_by_hand_keep_their_order_but_for_rotation(tmp_path):
    for name in ("b.log", "a.log", "b.log.1"):
        (tmp_path / name).write_bytes(b"x")
    found = log_files([tmp_path / "b.log", tmp_path / "a.log", tmp_path / "b.log.1", tmp_path / "b.log"])
    assert [log.path.name for log in found] == ["b.log.1", "b.log", "a.log"]


def test_standard_input(monkeypatch):
    read_end, write_end = os.pipe()
    os.write(write_end, gzip.compress(b"piped\n"))
    os.close(write_end)
    with os.fdopen(read_end, "rb") as piped:
        monkeypatch.setattr("sys.stdin", piped)
        (log,) = log_files(["-"])
        assert log.size is None
        assert not log.is_zip
        assert content(log) == b"piped\n"


PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How gzip and Zstandard begin."""


@settings(max_examples=60)
@given(st.binary(max_size=200), st.sampled_from([b"", *PACKED]))
def test_any_bytes_are_read_or_refused(tmp_path_factory, raw, magic):
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(magic + raw)
    if magic or raw.startswith(PACKED):
        # what is left is no such file, or by great luck one
        with contextlib.suppress(SourceError):
            content(LogFile("x", path))
    else:
        assert content(LogFile("x", path)) == raw
    assert path.read_bytes() == magic + raw


def zipped(tmp_path, entries: dict[str, bytes], **options) -> LogFile:
    path = tmp_path / "DARTBundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(zipfile.ZipInfo(name) if options.get("stored") else name, text)
    return LogFile("DARTBundle.zip", path)


LOG = "Description : Reconfigure reason code 16:\r\nNew MTU configuration.\r\n"


def test_a_bundle_gives_its_text_logs(tmp_path):
    log = zipped(
        tmp_path,
        {
            "Cisco AnyConnect VPN Client/Logs/AnyConnect.txt": LOG.encode("utf-16"),
            "Cisco AnyConnect VPN Client/Logs/UnInstall.log": b"nothing",
            "summary.txt": "größe".encode(),
            "picture.png": b"\x89PNG",
        },
    )
    assert log.is_zip
    found = dict(client_logs_of_bundle(log))
    assert found["Cisco AnyConnect VPN Client/Logs/AnyConnect.txt"] == LOG
    assert found["summary.txt"] == "größe"
    assert "picture.png" not in found


@pytest.mark.parametrize(
    "name", ["../../etc/cron.txt", "/etc/passwd.txt", "..\\..\\boot.txt", "C:\\x.txt", "a/../../b.txt"]
)
def test_paths_outside_the_folder_are_refused(tmp_path, name):
    with pytest.raises(SourceError, match="outside its folder"):
        list(client_logs_of_bundle(zipped(tmp_path, {"fine.txt": b"x", name: b"x"})))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["DARTBundle.zip"]


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    log = zipped(tmp_path, {"bomb.txt": b"\0" * (20 << 20)})
    with pytest.raises(SourceError, match="times its size"):
        list(client_logs_of_bundle(log))


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_module, "MAX_FILE", 1000)
    log = zipped(tmp_path, {"bomb.txt": os.urandom(5000)})
    raw = bytearray(log.path.read_bytes())
    honest = (5000).to_bytes(4, "little")
    log.path.write_bytes(raw.replace(honest, (10).to_bytes(4, "little")))
    with pytest.raises(SourceError):
        list(client_logs_of_bundle(log))


def test_too_much_in_one_file_in_all_files_and_in_number(tmp_path, monkeypatch):
    log = zipped(tmp_path, {"a.txt": os.urandom(600), "b.txt": os.urandom(600)})
    assert len(list(client_logs_of_bundle(log))) == 2
    for name, value in (("MAX_FILE", 500), ("MAX_TOTAL", 1000), ("MAX_FILES", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(bundle_module, name, value)
            with pytest.raises(SourceError, match="is refused"):
                list(client_logs_of_bundle(log))


def test_encrypted_and_broken_bundles_are_told_in_one_line(tmp_path):
    log = zipped(tmp_path, {"a.txt": b"x" * 100})
    raw = bytearray(log.path.read_bytes())
    for at in (raw.find(b"PK\x03\x04") + 6, raw.find(b"PK\x01\x02") + 8):
        raw[at] |= 1
    log.path.write_bytes(raw)
    with pytest.raises(SourceError, match="not a readable"):
        list(client_logs_of_bundle(log))
    log.path.write_bytes(raw[:50])
    with pytest.raises(SourceError, match="not a readable"):
        list(client_logs_of_bundle(log))


def test_no_bundle_on_standard_input():
    with pytest.raises(SourceError, match="standard input"):
        list(client_logs_of_bundle(LogFile("standard input", None)))


def test_gzip_and_zlib_agree():
    assert (
        zlib.decompress(gzip.compress(TEXT, mtime=0), wbits=31)
        == TEXT
        == gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(TEXT, mtime=0))).read()
    )


def test_what_a_pipe_hands_on_in_drops_is_gathered_before_it_is_looked_at(monkeypatch):
    packed = gzip.compress(TEXT, mtime=0)
    reading, writing = os.pipe()

    def pour():
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            for at in range(0, len(packed), 7):
                pipe.write(packed[at : at + 7])

    pourer = threading.Thread(target=pour)
    with os.fdopen(reading, "rb") as end:
        monkeypatch.setattr("sys.stdin", end)
        pourer.start()
        assert content(LogFile("standard input", None)) == TEXT
    pourer.join()


def test_the_first_chunk_holds_the_beginning(tmp_path):
    path = tmp_path / "asa.log"
    path.write_bytes(TEXT)
    first = next(LogFile("x", path).chunks())
    assert len(first) >= BEGINNING


@pytest.mark.parametrize("name", ["asa.log", "asa.log.1", "asa.log.12.gz", "asa.log-20240501.zst", "asa.log.gz"])
def test_rotations_of_one_log_share_its_name(name):
    assert LogFile(name, None).rotation == "asa.log"
