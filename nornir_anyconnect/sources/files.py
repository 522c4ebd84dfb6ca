"""Opens what the user named: files, folders, pipes, archives and standard input, one text after the other.

Every text is handed on as its beginning and a stream of chunks, never more than a few megabytes at once, whatever a
file claims to hold. What cannot be read is handed on as ``Unread`` instead of being raised, so that one bad file does
not keep the others from being read.
"""

from __future__ import annotations

import io
import itertools
import math
import os
import select
import stat
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources import archives
from nornir_anyconnect.sources.compression import in_utf_8, inflated, is_compressed
from nornir_anyconnect.sources.source import ConfigText, Source, Unread, rotation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

STDIN = "-"
STANDARD_INPUT = "standard input"
CHUNK = 1 << 18
"""Bytes read at a time: what a processor's cache holds is searched fastest."""
BEGINNING = 1 << 16
"""Bytes of a text that tell what it is."""
FIRST_WORD = 20
"""Seconds that a named pipe may stay without anybody who writes into it."""
_DEEPEST = 3
"""An archive in an archive in an archive; deeper lies nothing that anybody kept."""
_BARE_REPOSITORY = frozenset({"HEAD", "objects", "refs"})
_RCS = ",v"
_LONGEST_NAME = 4095
"""Letters of a path on Linux."""
_OF_NO_SIZE = 4 << 20
"""Bytes that are read of what claims to be empty: below /proc there is no end to some."""
_VERSION_CONTROL = frozenset({".git", ".svn", ".hg", ".bzr", "CVS", "__MACOSX"})
"""Folders of version control and of archivers: old revisions and shadows of the files beside them."""
_ZIP_NAME = ".zip"
_TAR_NAMES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")


def sources(paths: Iterable[str | Path], on_read: Callable[[int], None] | None = None) -> Iterator[Source | Unread]:
    """Every text behind the paths; ``-`` is standard input.

    Folders are searched by name; the rotations of one log come oldest first; a file that was named twice comes once.

    Args:
        paths: files, folders, pipes, archives.
        on_read: told how many bytes on disk (compressed ones) each step has consumed.

    """
    for found in _listed(paths):
        if isinstance(found, Unread):
            yield found
        else:
            yield from _opened(found, on_read)


def config_texts(paths: Iterable[str]) -> Iterator[ConfigText | Unread]:
    """Every text behind the paths, whole, in a fixed order; ``-`` is standard input."""
    for source in sources(paths):
        try:
            yield source if isinstance(source, Unread) else source.whole()
        except SourceError as error:
            yield Unread(source.path, error.cause, error.remedy, source.named)


def total_size(paths: Iterable[str | Path]) -> int | None:
    """Bytes on disk behind the paths, for a progress bar; None where a pipe is among them."""
    total = 0
    for found in _listed(paths):
        if isinstance(found, Unread):
            continue
        status = None if found.path == STDIN else found.status
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        total += status.st_size
    return total


def holds_many(path: str) -> bool:
    """Whether there may be more than one text behind the path, as its name tells."""
    return os.path.isdir(path) or path.lower().endswith((*_TAR_NAMES, _ZIP_NAME))  # noqa: PTH112 - as above


@dataclass(frozen=True, slots=True)
class _Listed:
    """A file that is still to be opened."""

    path: str
    named: bool

    @property
    def status(self) -> os.stat_result | None:
        try:
            return os.stat(self.path)  # noqa: PTH116 - a path is a text here: "-" and /dev/fd/63 too
        except (OSError, ValueError):
            return None


def _listed(paths: Iterable[str | Path]) -> list[_Listed | Unread]:
    found: list[_Listed | Unread] = []
    for given in map(str, paths):
        if given != STDIN and os.path.isdir(given):  # noqa: PTH112 - Path("") would be the current folder
            found += _folder(Path(given))
        else:
            found.append(_Listed(given, named=True))
    places: dict[str, int] = {}
    keyed: dict[str, tuple[tuple[int, str, int], _Listed | Unread]] = {}
    for each in found:
        log, date, back = rotation_of(each.path)
        keyed.setdefault(each.path, ((places.setdefault(log, len(places)), date, -back), each))
    return [each for _, each in sorted(keyed.values(), key=lambda pair: pair[0])]


def _folder(named: Path) -> Iterator[_Listed | Unread]:
    """The files of a folder and its subfolders by name; hidden files and version control are left out."""
    open_folders: list[Iterator[_Listed | str]] = [iter([os.fspath(named)])]
    while open_folders:  # a loop: folders may lie deeper in each other than functions
        folder = next(open_folders[-1], None)
        if folder is None:
            open_folders.pop()
        elif isinstance(folder, _Listed):
            yield folder
        else:
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                yield Unread(folder, f"{folder}: {error.strerror}", "check the permissions of the folder", named=True)
                continue
            if {entry.name for entry in entries} >= _BARE_REPOSITORY:
                remedy = f"git clone {folder}, check the clone"
                cause = f"{folder} is a bare git repository"
                yield Unread(folder, cause, remedy, named=folder == os.fspath(named), left_out=True)
                continue
            open_folders.append(_of_folder(entries))


def _of_folder(entries: Iterable[os.DirEntry[str]]) -> Iterator[_Listed | str]:
    """Its files, and the paths of its folders."""
    for entry in entries:
        # links to folders are not followed: they can lead in a circle, or out of what was asked for
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _VERSION_CONTROL:
                yield entry.path
        elif not entry.name.startswith(".") and (_leads_nowhere(entry) or entry.is_file()):
            yield _Listed(entry.path, named=False)


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    """Whether it is a link to nothing, or to itself: a backup that is missing."""
    return entry.is_symlink() and not os.path.exists(entry.path)  # noqa: PTH110 - false for a circle, too


def _opened(listed: _Listed, on_read: Callable[[int], None] | None) -> Iterator[Source | Unread]:
    path, named = listed.path, listed.named
    if path == STDIN:
        now = datetime.now(UTC)
        place = _Place(STANDARD_INPUT, "stdin", named, now)
        yield from _texts(place, _read(STANDARD_INPUT, _standard_input(), on_read))
        return
    status = listed.status
    if status is None:
        yield Unread(path, f"{path} does not exist", "check the path; '-' reads standard input", named)
    elif not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        yield Unread(path, f"{path} is not a file", "name a file, a folder, a pipe or an archive", named)
    elif path.endswith(_RCS):
        cause = f"{path} holds old revisions too (RCS)"
        yield Unread(path, cause, "check the working files beside it", named, left_out=True)
    else:
        pipe = stat.S_ISFIFO(status.st_mode)
        left = 0 if pipe else status.st_size

        def count(size: int) -> None:
            nonlocal left
            left -= size
            if on_read:
                on_read(size)

        written = datetime.fromtimestamp(status.st_mtime, UTC)
        # what has no size is made as it is read, such as what stands below /proc: it is there once
        again = None if pipe or not status.st_size else Path(path)
        place = _Place(path, os.path.basename(path), named, written, again)  # noqa: PTH119
        try:
            with closing(_pipe(path) if pipe else open(path, "rb", buffering=0, opener=_unwaiting)) as stream:
                most = math.inf if again or pipe else _OF_NO_SIZE
                yield from _texts(place, _read(path, stream, count, most))
        except OSError as error:
            yield Unread(path, f"{path}: {error.strerror or error}", "check the file and its permissions", named)
        except SourceError as error:
            yield place.unread(error)
        if left > 0:
            count(left)  # what nobody had to look at


def _standard_input() -> IO[bytes]:
    try:
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    except (io.UnsupportedOperation, AttributeError):
        return sys.stdin.buffer  # a stand-in without a descriptor


def _unwaiting(path: str, flags: int) -> int:
    """Open what ends where it would wait for more: the kernel's log is a regular file, and a link can lead there."""
    return os.open(path, flags | os.O_NONBLOCK)


def _pipe(path: str) -> IO[bytes]:
    """A named pipe, once somebody writes into it: opening one that nobody opens would wait for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    if not poll.poll(FIRST_WORD * 1000):
        os.close(descriptor)
        raise SourceError(f"nobody writes into the pipe {path}", "start what writes into it first", path)
    os.set_blocking(descriptor, True)
    return open(descriptor, "rb", buffering=0)  # noqa: PTH123 - it is open


def _read(
    path: str, stream: IO[bytes], on_read: Callable[[int], None] | None, most: float = math.inf
) -> Iterator[bytes]:
    try:
        while chunk := stream.read(CHUNK):
            most -= len(chunk)
            if most < 0:
                raise SourceError(f"{path} has no end", "name what was saved into a file", path)
            if on_read:
                on_read(len(chunk))
            yield chunk
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror}", "check the disk or copy the file", path
        ) from error


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text stands."""

    path: str
    name: str
    named: bool
    written: datetime
    file: Path | None = None
    depth: int = 0

    def unread(self, error: SourceError) -> Unread:
        return Unread(self.path, error.cause, error.remedy, self.named)


def _texts(place: _Place, raw: Iterator[bytes]) -> Iterator[Source | Unread]:
    """The text of a file, or those of the archive that it is."""
    packed, raw = _beginning(raw)
    try:
        start, rest = _beginning(in_utf_8(inflated(place.path, raw)))
    except SourceError as error:
        yield place.unread(error)
        return
    if archives.is_zip(start):
        yield from _archive(place, archives.zip_members(place.path, place.file, rest))
    elif archives.is_tar(start) or place.name.lower().endswith(_TAR_NAMES):
        yield from _archive(place, archives.tar_members(place.path, rest))
    elif place.name.lower().endswith(_ZIP_NAME):
        yield Unread(place.path, f"{place.path} is damaged: it is no archive", "fetch the archive again", place.named)
    elif is_compressed(start):
        yield Unread(place.path, f"{place.path} is compressed twice", "unpack it once", place.named)
    else:
        same = place.file if start[:8] == packed[:8] and not is_compressed(packed) else None
        next(rest, None)  # it begins with the beginning
        yield Source(place.path, place.name, place.named, place.written, start, same, rest)


def _beginning(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all chunks, the first of which holds them: a pipe hands on what it has."""
    parts: list[bytes] = []
    size = 0
    try:
        while size < BEGINNING and (chunk := next(chunks, b"")):
            parts.append(chunk)
            size += len(chunk)
    except SourceError as error:
        if not parts:
            raise
        chunks = _failing(error)  # what came before the damage counts
    start = b"".join(parts)
    return start, itertools.chain((start,), chunks)


def _failing(error: SourceError) -> Iterator[bytes]:
    raise error
    yield b""


def _archive(place: _Place, members: Iterator[archives.Member]) -> Iterator[Source | Unread]:
    """Every member that may be of use; nothing of the rest is left out without a word."""
    left_out = 0
    if place.depth >= _DEEPEST:
        yield Unread(place.path, f"{place.path} lies too deep in archives", "unpack it and name it", place.named)
        return
    try:
        for member in members:
            *folders, name = member.name.replace("\\", "/").split("/")
            shown = f"{place.path}/{member.name}"
            if len(member.name) > _LONGEST_NAME:
                cut = f"{shown[: len(place.path) + 60]}..."
                yield Unread(cut, f"{cut} has a name that no file can have", "unpack it and name it", named=False)
            elif ".." in folders:
                yield Unread(shown, f"{shown} points out of the archive", "unpack it and look", named=False)
            elif name.startswith(".") or any(each in _VERSION_CONTROL or each.endswith(".git") for each in folders):
                left_out += 1
            else:
                inner = _Place(shown, name, False, member.written or place.written, depth=place.depth + 1)
                yield from _texts(inner, member.chunks)
    except SourceError as error:
        yield place.unread(error)
    except OSError as error:
        cause = f"{place.path}: {error.strerror or error}"
        yield Unread(place.path, cause, "check the archive and its permissions", place.named)
    if left_out:
        cause = f"{left_out} hidden file(s), or files of version control, in {place.path}"
        yield Unread(place.path, cause, "unpack it and name the file", named=False, left_out=True)
