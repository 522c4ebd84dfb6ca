"""Files, folders, archives and standard input, each handed on as one text at a time."""

import gzip
import io
import os
import sys
import tarfile
import zipfile

import pytest

from nornir_anyconnect.sources import archives, source
from nornir_anyconnect.sources.files import config_texts
from nornir_anyconnect.sources.source import ConfigText, Unread


def read(*paths):
    return list(config_texts([str(path) for path in paths]))


def tar(path, entries, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, text in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return path


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return path


def test_a_file(tmp_path):
    path = tmp_path / "edge1.cfg"
    path.write_text("hostname edge1\n")
    assert read(path) == [ConfigText("edge1.cfg", str(path), "hostname edge1\n", named=True)]


def test_a_gzipped_file(tmp_path):
    path = tmp_path / "edge1.cfg.gz"
    path.write_bytes(gzip.compress(b"hostname edge1\n", mtime=0))
    assert read(path)[0].text == "hostname edge1\n"
    path.write_bytes(path.read_bytes()[:-9])
    assert "is damaged" in read(path)[0].cause


@pytest.mark.parametrize("raw", [b"", b" \r\n\t\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file(tmp_path, raw):
    (tmp_path / "edge1.cfg").write_bytes(raw)
    (found,) = read(tmp_path)
    assert (found.cause, found.name) == (f"{tmp_path / 'edge1.cfg'} is empty", "edge1.cfg")
    assert (found.named, found.left_out) == (False, False)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("Zürich".encode("utf-16"), "Zürich"),
        ("Zürich".encode(), "Zürich"),
        ("Zürich".encode("latin-1"), "Zürich"),
    ],
)
def test_encodings(tmp_path, raw, text):
    (tmp_path / "fw1").write_bytes(raw)
    assert read(tmp_path / "fw1")[0].text == text


def test_a_folder_is_read_by_name_and_hidden_things_are_not(tmp_path):
    for name in ("b/2.cfg", "a.cfg", "b/1.cfg", ".git/objects/x", "CVS/Root", "b/.swp"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "pipe")
    found = read(tmp_path)
    assert [each.text for each in found] == ["a.cfg", "b/1.cfg", "b/2.cfg"]
    assert not any(each.named for each in found)


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [(".tar.gz", "w:gz"), (".tgz", "w:gz"), (".tar", "w"), (".tar.xz", "w:xz"), (".tar.bz2", "w:bz2")],
)
def test_tar_archives(tmp_path, suffix, mode):
    path = tar(
        tmp_path / f"rancid{suffix}",
        {"fw/configs/edge1": b"one", "fw/.git/x": b"no", "ox.git/HEAD": b"no", "fw/CVS/y": b"no"},
        mode,
    )
    config, left_out = read(path)
    assert config == ConfigText("edge1", f"{path}/fw/configs/edge1", "one", named=False)
    assert (left_out.left_out, left_out.cause) == (True, f"3 hidden file(s), or files of version control, in {path}")


def test_a_folder_whose_name_begins_with_a_dot_is_read_packed_or_not(tmp_path):
    """Oxidized keeps its configurations in ~/.config/oxidized."""
    inside = {"home/.config/oxidized/configs/fw1": b"one", "home/.config/.lock": b"pid"}
    for name, raw in inside.items():
        file = tmp_path / "unpacked" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    assert [each.text for each in read(tmp_path / "unpacked")] == ["one"]
    config, left_out = read(tar(tmp_path / "home.tgz", inside))
    assert (config.name, config.text) == ("fw1", "one")
    assert left_out.cause.startswith("1 hidden file(s)")


@pytest.mark.parametrize(
    ("raw", "text"), [(gzip.compress(b"one", mtime=0), "one"), (gzip.compress(b"one", mtime=0)[:-9], None), (b"", None)]
)
def test_a_member_is_read_as_a_file_is(tmp_path, raw, text):
    (found,) = read(tar(tmp_path / "backup.tar.gz", {"fw1.gz": raw}))
    assert getattr(found, "text", None) == text
    if text is None:
        assert (found.name, found.named, found.left_out) == ("fw1.gz", False, False)


def test_zip_archives_and_archives_in_folders(tmp_path):
    path = zipped(tmp_path / "oxidized.zip", {"b/edge2": "two", "a/edge1": "one"})
    assert [(each.name, each.text) for each in read(path)] == [("edge1", "one"), ("edge2", "two")]
    assert [each.text for each in read(tmp_path)] == ["one", "two"]


def test_nothing_is_written_wherever_a_member_wants_to_go(tmp_path):
    path = tar(tmp_path / "evil.tar.gz", {"../../outside": b"one", "/etc/outside": b"two"})
    before = sorted(tmp_path.rglob("*"))
    refused, config = read(path)
    assert refused.cause == f"{path}/../../outside points out of the archive"
    assert (refused.named, refused.left_out, config.text) == (False, False, "two")
    assert sorted(tmp_path.rglob("*")) == before


def test_bombs_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "LARGEST", 1000)
    monkeypatch.setattr(archives, "MOST_BYTES", 250_000)
    bomb = zipped(tmp_path / "bomb.zip", {f"{number}.cfg": "a" * 100_000 for number in range(9)})
    *singles, last = read(bomb)
    assert all(isinstance(each, Unread) for each in (*singles, last))
    assert "is larger than" in singles[0].cause
    assert last.cause.endswith("times its size: reading stopped there")
    plain = tmp_path / "huge.cfg"
    plain.write_text("a" * 1001)
    assert "is larger than" in read(plain)[0].cause


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    path = zipped(tmp_path / "many.zip", {f"{number}": "x" for number in range(5)})
    assert [type(each) for each in read(path)] == [ConfigText] * 3 + [Unread]


@pytest.mark.parametrize("name", ["torn.zip", "torn.tar.gz", "torn.tar"])
def test_damaged_archives(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"not an archive at all")
    (found,) = read(path)
    assert (found.named, "is damaged" in found.cause) == (True, True)


@pytest.mark.parametrize("suffix", [".tar", ".tgz", ".tar.xz"])
def test_an_archive_cut_off_is_damaged_wherever_it_ends(tmp_path, suffix):
    entries = {f"fw{number}": bytes([65 + number]) * 700 for number in range(3)}
    whole = tar(tmp_path / f"whole{suffix}", entries, {".tar": "w", ".tgz": "w:gz", ".tar.xz": "w:xz"}[suffix])
    assert [each.name for each in read(whole)] == ["fw0", "fw1", "fw2"]
    raw, size = whole.read_bytes(), 3 * (512 + 1024)
    cut = tmp_path / f"cut{suffix}"
    for end in range(0, size if suffix == ".tar" else len(raw) - 8, 512 if suffix == ".tar" else 7):
        cut.write_bytes(raw[:end])
        found = read(cut)
        texts = {each.name: each.text for each in found if isinstance(each, ConfigText)}
        assert all(text == entries[name].decode() for name, text in texts.items())
        if len(texts) < len(entries) or suffix == ".tar":  # compressed, the filling behind the end mark may be missing
            assert "is damaged" in found[-1].cause, end


def test_what_does_not_exist_or_is_no_file(tmp_path):
    causes = [each.cause for each in read(tmp_path / "nowhere", "/dev/null")]
    assert causes == [f"{tmp_path}/nowhere does not exist", "/dev/null is not a file"]


def test_one_bad_file_keeps_no_other_from_being_read(tmp_path):
    (tmp_path / "good").write_text("x")
    assert [type(each) for each in read(tmp_path / "bad", tmp_path / "good")] == [Unread, ConfigText]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"hostname x\n")))
    assert read("-") == [ConfigText("stdin", "standard input", "hostname x\n", named=True)]


def test_repositories_are_named_for_what_they_are(tmp_path):
    bare = tmp_path / "oxidized.git"
    for name in ("objects", "refs"):
        (bare / name).mkdir(parents=True)
    (bare / "HEAD").write_text("ref: refs/heads/master\n")
    (tmp_path / "fw1,v").write_text("head 1.2;\n")
    (tmp_path / "fw1").write_text("hostname fw1\n")
    config, rcs, git = config_texts([str(tmp_path)])
    assert config.name == "fw1"
    assert (rcs.cause, rcs.named) == (f"{tmp_path / 'fw1,v'} holds old revisions too (RCS)", False)
    assert (rcs.left_out, git.left_out) == (True, True)
    assert (git.cause, git.named) == (f"{bare} is a bare git repository", False)
    (alone,) = config_texts([str(bare)])
    assert (alone.remedy, alone.named) == (f"git clone {bare}, check the clone", True)
