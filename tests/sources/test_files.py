"""Files as they lie on disks and in mails: packed, rotated, piped, damaged, hostile."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import threading
import zipfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources import archives, compression, files
from nornir_anyconnect.sources.files import BEGINNING, CHUNK, sources, total_size
from nornir_anyconnect.sources.source import Source, Unread
from tests import warm
from tests.amounts import examples

TEXT = b"".join(b"line %d of a log that is long enough\n" % n for n in range(6_000))
PACKERS = {
    "gz": lambda raw: gzip.compress(raw, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


being_read = []


def only(*paths) -> Source:
    being_read.append(sources(paths))  # its file is closed once nobody holds it
    found = next(being_read[-1])
    assert isinstance(found, Source), found
    return found


def content(path) -> bytes:
    return b"".join(only(path).chunks())


def texts(*paths) -> dict[str, bytes]:
    return {each.path: b"".join(each.chunks()) for each in sources(paths) if isinstance(each, Source)}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("how", ["whole", "two members", "named wrongly", "empty"])
def test_every_packing(tmp_path, packer, how):
    pack = PACKERS[packer]
    text = b"" if how == "empty" else TEXT
    packed = pack(TEXT[:1000]) + pack(TEXT[1000:]) if how == "two members" else pack(text)
    path = tmp_path / ("asa.log" if how == "named wrongly" else f"asa.log.{packer}")
    path.write_bytes(packed)
    source = only(path)
    assert source.beginning == text[: len(source.beginning)]
    assert len(source.beginning) >= min(BEGINNING, len(text))
    assert source.plain is None
    assert b"".join(source.chunks()) == text


def test_a_plain_file_can_be_read_in_place(tmp_path):
    (tmp_path / "asa.log").write_bytes(TEXT)
    assert only(tmp_path / "asa.log").plain == tmp_path / "asa.log"
    (tmp_path / "asa.log").write_bytes(b"\xef\xbb\xbf" + TEXT)
    assert only(tmp_path / "asa.log").plain is None
    assert content(tmp_path / "asa.log") == TEXT
    (tmp_path / "asa.log").write_bytes(TEXT.decode().encode("utf-16"))
    assert content(tmp_path / "asa.log") == TEXT


def test_zeros_behind_a_gzip_member_are_filling(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(TEXT, mtime=0) + b"\0" * 512)
    assert content(tmp_path / "x.gz") == TEXT


@pytest.mark.parametrize("packer", ["none", "gz", "zip"])
def test_progress_counts_bytes_on_disk(tmp_path, packer):
    path = tmp_path / "asa.log"
    raw = os.urandom(3 * CHUNK)
    if packer == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x", raw)
    else:
        path.write_bytes(gzip.compress(raw) if packer == "gz" else raw)
    done = []
    for source in sources([path], done.append):
        for _ in source.chunks():
            pass
    assert sum(done) == path.stat().st_size == total_size([path])
    assert len(done) > 1


@pytest.mark.parametrize(("packer", "most"), [("gz", 1 << 20), ("bz2", 1 << 20), ("xz", 1 << 20), ("zst", 33 << 20)])
def test_chunks_stay_small_whatever_a_file_unpacks_to(tmp_path, packer, most):
    path = tmp_path / "bomb"
    path.write_bytes(PACKERS[packer](b"\0" * (34 << 20)))
    sizes = [len(chunk) for chunk in only(path).chunks()]
    assert sum(sizes) == 34 << 20
    assert max(sizes) <= most


@pytest.mark.parametrize("packer", PACKERS)
def test_damage_is_told_in_one_line(tmp_path, packer):
    packed = PACKERS[packer](TEXT)
    path = tmp_path / "asa.log"
    path.write_bytes(packed[:60] + bytes(255 - each for each in packed[60:90]) + packed[90:])
    found = next(iter(sources([path])))
    if isinstance(found, Source):
        with pytest.raises(SourceError, match="damaged"):
            list(found.chunks())
    else:
        assert "damaged" in found.cause


@pytest.mark.parametrize("packer", ["gz", "zst", "xz"])
def test_a_file_that_was_cut_gives_what_it_has_and_then_says_so(tmp_path, packer):
    path = tmp_path / "asa.log.packed"
    path.write_bytes(PACKERS[packer](TEXT)[:-200])
    read = []
    with pytest.raises(SourceError, match="cut short"):
        read.extend(only(path).chunks())
    assert TEXT.startswith(b"".join(read))
    assert read


def test_a_short_file_that_was_cut_gives_what_it_has_as_well(tmp_path):
    path = tmp_path / "asa.log.gz"
    path.write_bytes(gzip.compress(TEXT[:30_000], mtime=0)[:-4])
    source = only(path)
    assert source.beginning == TEXT[:30_000]
    with pytest.raises(SourceError, match="cut short"):
        list(source.chunks())


@pytest.mark.parametrize("packer", PACKERS)
def test_a_file_that_unpacks_beyond_measure_is_stopped(tmp_path, monkeypatch, packer):
    monkeypatch.setattr(compression, "RATIO_MATTERS", 1 << 20)
    monkeypatch.setattr(compression, "MOST_RATIO", 100)
    path = tmp_path / "bomb"
    path.write_bytes(PACKERS[packer](TEXT[:70_000] + b"\0" * (34 << 20)))
    found = next(stream := sources([path]))
    cause = found.cause if isinstance(found, Unread) else ""
    if isinstance(found, Source):
        with pytest.raises(SourceError) as refused:
            list(found.chunks())
        cause = refused.value.cause
    stream.close()
    assert cause.endswith("times its size: reading stopped there")


@pytest.mark.parametrize("name", ["bomb.tar.bz2", "bomb.tar.gz", "bomb.tar.xz", "bomb.tar.zst", "bomb.zip", "bomb.bz2"])
def test_a_bomb_of_a_few_kilobytes_takes_no_memory(tmp_path, name):
    """The address space of the process that meets it is bounded: 20 KB once needed 3.5 GB."""
    zeros, pack = b"\0" * (1 << 20), PACKERS.get(name.rpartition(".")[2], bytes)
    path = tmp_path / name
    if name.endswith(".zip"):
        zipped(path, {"a.txt": zeros * 64})
    else:
        entry = tarfile.TarInfo("a.txt")
        entry.size = 64 << 20
        path.write_bytes((pack(entry.tobuf()) if ".tar" in name else b"") + pack(zeros) * 64)
    assert path.stat().st_size < 5 << 20
    program = (
        "import resource, sys; from nornir_anyconnect.cli import main; from nornir_anyconnect.sources import archives, compression\n"
        "had = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (had + (400 << 20), had + (400 << 20)))\n"
        "compression.MOST_RATIO = archives.MOST_RATIO = 500; archives.RATIO_MATTERS = compression.RATIO_MATTERS = 16 << 20; sys.exit(main(['check', sys.argv[1]]))"
    )
    run = subprocess.run([warm.python(), "-c", program, str(path)], capture_output=True, text=True, timeout=120)
    assert run.returncode in {2, 3}, run.stderr
    assert "Traceback" not in run.stderr
    assert len(run.stderr.splitlines()) <= 6


def test_a_missing_file_and_an_empty_directory(tmp_path):
    (missing,) = sources([tmp_path / "nothing"])
    assert (missing.cause, missing.named) == (f"{tmp_path}/nothing does not exist", True)
    assert list(sources([tmp_path])) == []


def test_rotated_files_come_oldest_first(tmp_path):
    names = [
        "asa.log", "asa.log.1", "asa.log.2.gz", "asa.log.10.bz2", "sub/fw.log", "sub/fw.log-20240501.gz",
        "sub/fw.log-20240430.xz", ".hidden", "sub/.cache/.x.log",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [each.path.removeprefix(f"{tmp_path}/") for each in sources([tmp_path])] == [
        "asa.log.10.bz2", "asa.log.2.gz", "asa.log.1", "asa.log",
        "sub/fw.log-20240430.xz", "sub/fw.log-20240501.gz", "sub/fw.log",
    ]  # fmt: skip


def test_files_named_by_hand_keep_their_order_but_for_rotation(tmp_path):
    for name in ("b.log", "a.log", "b.log.1"):
        (tmp_path / name).write_bytes(b"x")
    found = sources([tmp_path / "b.log", tmp_path / "a.log", tmp_path / "b.log.1", tmp_path / "b.log"])
    assert [each.name for each in found] == ["b.log.1", "b.log", "a.log"]


@pytest.mark.parametrize("name", ["asa.log", "asa.log.1", "asa.log.12.gz", "asa.log-20240501.zst", "asa.log.gz"])
def test_rotations_of_one_log_share_its_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    assert only(tmp_path / name).rotation.log == str(tmp_path / "asa.log")


@pytest.mark.parametrize("packer", ["none", *PACKERS])
@pytest.mark.parametrize("drop", [7, 1 << 20])
def test_standard_input_is_read_wholly(monkeypatch, packer, drop):
    """A pipe hands on what it has, and every byte of it once."""
    packed = PACKERS[packer](TEXT) if packer in PACKERS else TEXT[:150_000]
    reading, writing = os.pipe()
    pourer = threading.Thread(target=pour, args=(os.fdopen(writing, "wb", buffering=0), packed, drop))
    with os.fdopen(reading, "rb") as end:
        monkeypatch.setattr("sys.stdin", end)
        pourer.start()
        source = only("-")
        assert len(source.beginning) >= BEGINNING
        assert b"".join(source.chunks()) == (TEXT if packer in PACKERS else packed)
    pourer.join()
    assert total_size(["-"]) is None


def pour(pipe, raw: bytes, drop: int) -> None:
    with pipe:
        for at in range(0, len(raw), drop):
            pipe.write(raw[at : at + drop])


@pytest.mark.parametrize("packer", ["none", *PACKERS, "zip", "tar"])
def test_a_named_pipe_is_read_wholly(tmp_path, packer):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    if packer == "zip":
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w") as archive:
            archive.writestr("asa.log", TEXT)
        packed = kept.getvalue()
    elif packer == "tar":
        packed = tarred({"asa.log": TEXT})
    else:
        packed = PACKERS[packer](TEXT) if packer in PACKERS else TEXT
    pourer = threading.Thread(target=lambda: pour(pipe.open("wb", buffering=0), packed, 4096))
    pourer.start()
    assert b"".join(texts(pipe).values()) == TEXT
    pourer.join()
    assert total_size([pipe]) is None


def test_what_a_shell_substitutes_for_a_command_is_read_wholly(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(TEXT[:5000], mtime=0))
    program = "import sys; from nornir_anyconnect.sources.files import sources\nfor each in sources(sys.argv[1:]): sys.stdout.buffer.write(b''.join(each.chunks()))"
    for command in (f"zcat {tmp_path}/x.gz", f"cat {tmp_path}/x.gz"):
        line = f'"{sys.executable}" -c "$PROGRAM" <({command})'
        run = subprocess.run(["bash", "-c", line], capture_output=True, env={**os.environ, "PROGRAM": program})
        assert run.stdout == TEXT[:5000], run.stderr


def test_a_pipe_into_which_nobody_writes_holds_nothing_up(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FIRST_WORD", 0)
    os.mkfifo(tmp_path / "pipe")
    (found,) = sources([tmp_path / "pipe"])
    assert found.cause == f"nobody writes into the pipe {tmp_path}/pipe"


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_file(path):
    (found,) = sources([path])
    assert found.cause == f"{path} is not a file"


@examples(60)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\0", b"PK\x03\x04"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, raw, magic):
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(magic + raw)
    for found in sources([path]):
        if isinstance(found, Source):
            try:
                read = b"".join(found.chunks())
            except SourceError:
                continue
            assert (
                magic
                or compression.is_compressed(raw)
                or b"\xff\xfe" in raw[:2]
                or b"\xfe\xff" in raw[:2]
                or read in raw
            )
    assert path.read_bytes() == magic + raw


def tarred(entries: dict[str, bytes], mode: str = "w") -> bytes:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode=mode) as archive:
        for name, text in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return kept.getvalue()


def zipped(path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return path


def test_an_archive_is_one_whatever_it_is_called(tmp_path):
    inner = zipped(tmp_path / "inner", {"AnyConnect.txt": b"client"}).read_bytes()
    (tmp_path / "inner").unlink()
    packed = tarred({"a/asa.log": TEXT, "a/old.log.gz": gzip.compress(b"old", mtime=0), "dart": inner}, "w:gz")
    (tmp_path / "upload").write_bytes(packed)
    shown = f"{tmp_path}/upload"
    assert texts(tmp_path) == {
        f"{shown}/a/asa.log": TEXT, f"{shown}/a/old.log.gz": b"old", f"{shown}/dart/AnyConnect.txt": b"client",
    }  # fmt: skip


def test_archives_in_archives_have_an_end(tmp_path):
    raw = b"one"
    for _ in range(6):
        raw = tarred({"x": raw})
    (tmp_path / "deep").write_bytes(raw)
    (found,) = sources([tmp_path / "deep"])
    assert "lies too deep" in found.cause


@pytest.mark.parametrize("name", ["../../etc/cron.txt", "..\\..\\boot.txt", "a/../../b.txt"])
def test_paths_outside_the_archive_are_not_followed(tmp_path, name):
    path = zipped(tmp_path / "DARTBundle.zip", {"fine.txt": b"x", name: b"y"})
    refused = [each.cause for each in sources([path]) if isinstance(each, Unread)]
    assert refused == [f"{path}/{name} points out of the archive"]
    assert texts(path) == {f"{path}/fine.txt": b"x"}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["DARTBundle.zip"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_would_unpack_all_at_once_is_refused(tmp_path, method):
    path = zipped(tmp_path / "bomb.zip", {"bomb.txt": b"\0" * (8 << 20)}, method)
    (found,) = sources([path])
    assert "compressed in a way" in found.cause


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path):
    path = zipped(tmp_path / "x.zip", {"bomb.txt": os.urandom(5000)})
    path.write_bytes(path.read_bytes().replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    found = [each for each in sources([path]) if isinstance(each, Source)]
    assert not found or len(b"".join(found[0].chunks())) <= 10


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_too_many_members_are_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    entries = {str(number): b"x" for number in range(5)}
    path = tmp_path / "many"
    path.write_bytes(tarred(entries)) if kind == "tar" else zipped(path, entries)
    *_, last = sources([path])
    assert "reading stopped there" in last.cause


def test_a_zip_whose_members_overlap_is_stopped_by_what_comes_out(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "RATIO_MATTERS", 1 << 20)
    monkeypatch.setattr(archives, "MOST_RATIO", 50)
    path = zipped(tmp_path / "x.zip", {f"{n}.txt": b"\0" * (1 << 20) for n in range(9)})
    read, refused = 0, []
    for each in sources([path]):
        if isinstance(each, Source):
            try:
                read += sum(map(len, each.chunks()))
            except SourceError as error:
                refused.append(error.cause)
        else:
            refused.append(each.cause)
    assert read < 2 << 20
    assert all("times its size: reading stopped there" in each for each in refused)


def test_encrypted_and_broken_zips_are_told_in_one_line(tmp_path):
    path = zipped(tmp_path / "x.zip", {"a.txt": b"x" * 100})
    raw = bytearray(path.read_bytes())
    for at in (raw.find(b"PK\x03\x04") + 6, raw.find(b"PK\x01\x02") + 8):
        raw[at] |= 1
    path.write_bytes(raw)
    (found,) = sources([path])
    assert found.cause.endswith("x.zip/a.txt is encrypted")
    path.write_bytes(raw[:50])
    (found,) = sources([path])
    assert "is damaged" in found.cause


def test_a_sparse_file_of_an_archive_is_no_log(tmp_path):
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 40)
    subprocess.run(["tar", "-C", tmp_path, "-Scf", tmp_path / "x.tar", "sparse"], check=True)
    assert list(sources([tmp_path / "x.tar"])) == []
