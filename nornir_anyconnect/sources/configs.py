"""Opens saved running-configs: files, directories, archives and standard input, one text at a time.

What cannot be read is handed on as ``Unread`` instead of being raised, so that one bad file does not
keep the others from being judged.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import sys
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources import archives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

STDIN = "-"
LARGEST = 64 * 1024 * 1024
"""Bytes of one configuration; the largest ASA configurations known are a tenth of it."""
_GZIP = b"\x1f\x8b"
_BARE_REPOSITORY = frozenset({"HEAD", "objects", "refs"})
_RCS = ",v"
_NO_CONFIGURATIONS = frozenset({".git", ".svn", ".hg", ".bzr", "CVS", "__MACOSX"})
"""Folders of version control and of archivers: old revisions and shadows of the files beside them."""
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class ConfigText:
    """One text that may be a running-config.

    Args:
        name: what the device is called: the name of the file.
        path: where it was read from.
        text: what it says.
        named: the user named this very file; it was not just met in a folder or archive.

    """

    name: str
    path: str
    text: str
    named: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, and why.

    Args:
        path: where it is.
        cause: why it could not be read, in one line.
        remedy: what to do about it, in one line.
        named: the user named it.
        left_out: it was not even tried, and no configuration is missed for that.

    """

    path: str
    cause: str
    remedy: str
    named: bool
    left_out: bool = False

    @property
    def name(self) -> str:
        """What the device behind it would be called: the name of the file."""
        return os.path.basename(self.path)  # noqa: PTH119 - it can be a member of an archive


def decoded(raw: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else Latin-1, which umlauts in names may be."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def config_texts(paths: Iterable[str]) -> Iterator[ConfigText | Unread]:
    """Every text behind the paths, in a fixed order; ``-`` is standard input."""
    for path in paths:
        if path == STDIN:
            yield _read("stdin", "standard input", lambda: sys.stdin.buffer.read(LARGEST + 1), named=True)
        elif os.path.isdir(path):  # noqa: PTH112 - Path("") would be the current folder
            yield from _folder(Path(path), named=True)
        else:
            yield from _file(Path(path), named=True)


def _folder(folder: Path, *, named: bool = False) -> Iterator[ConfigText | Unread]:
    """The files of a folder and its subfolders by name; hidden files and version control are left out."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Unread(str(folder), f"{folder}: {error.strerror}", "check the permissions of the folder", named=True)
        return
    if {entry.name for entry in entries} >= _BARE_REPOSITORY:
        remedy = f"git clone {folder}, check the clone"
        yield Unread(str(folder), f"{folder} is a bare git repository", remedy, named, left_out=True)
        return
    for entry in entries:
        path = Path(entry.path)
        # links to folders are not followed: they can lead in a circle, or out of what was asked for
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _NO_CONFIGURATIONS:
                yield from _folder(path)
        elif entry.is_file() and not entry.name.startswith("."):
            yield from _file(path, named=False)


def _file(path: Path, *, named: bool) -> Iterator[ConfigText | Unread]:
    if not path.exists():
        yield Unread(str(path), f"{path} does not exist", "check the path; '-' reads standard input", named)
    elif not path.is_file():
        yield Unread(str(path), f"{path} is not a file", "name a file, a folder or an archive", named)
    elif path.name.endswith(_RCS):
        cause = f"{path} holds old revisions too (RCS)"
        yield Unread(str(path), cause, "check the working files beside it", named, left_out=True)
    elif archives.is_archive(path):
        yield from _archive(path, named=named)
    else:
        yield _read(path.name, str(path), lambda: _bytes(path), named=named)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        # asked for a number of bytes, a file hands out a buffer of that size: only the largest are asked so
        return stream.read(LARGEST + 1) if os.fstat(stream.fileno()).st_size > LARGEST else stream.read()


def _read(name: str, path: str, read: Callable[[], bytes], *, named: bool) -> ConfigText | Unread:
    try:
        raw = read()
        if raw.startswith(_GZIP) and len(raw) <= LARGEST:
            with gzip.open(io.BytesIO(raw)) as packed:
                raw = packed.read(LARGEST + 1)
    except OSError as error:
        return Unread(path, f"{path}: {error.strerror or error}", "check the file and its permissions", named)
    except (EOFError, zlib.error) as error:
        return Unread(path, f"{path} is damaged: {error}", "fetch it again", named)
    if len(raw) > LARGEST:
        return Unread(path, f"{path} is larger than {LARGEST >> 20} MB", "a running-config is a text file", named)
    text = decoded(raw)
    if not text or text.isspace():
        return Unread(path, f"{path} is empty", "save the output of 'show running-config' into it", named)
    return ConfigText(name, path, text, named)


def _archive(path: Path, *, named: bool) -> Iterator[ConfigText | Unread]:
    """Every member that may be a configuration; nothing of the rest is left out without a word."""
    left_out = 0
    try:
        for member, raw in archives.members(path, LARGEST):
            *folders, name = member.split("/")
            shown = f"{path}/{member}"
            if ".." in folders:
                yield Unread(shown, f"{shown} points out of the archive", "unpack it and look", named=False)
            elif name.startswith(".") or any(each in _NO_CONFIGURATIONS or each.endswith(".git") for each in folders):
                left_out += 1
            else:
                yield _read(name, shown, partial(bytes, raw), named=False)
    except SourceError as error:
        yield Unread(str(path), error.cause, error.remedy, named)
    if left_out:
        cause = f"{left_out} hidden file(s), or files of version control, in {path}"
        yield Unread(str(path), cause, "unpack it and name the file", named=False, left_out=True)
