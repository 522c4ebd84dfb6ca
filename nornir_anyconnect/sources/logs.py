"""Opens logs: plain, .gz and .zst files, standard input, and directories with rotated files, oldest first.

Hands on chunks of bytes, never more than a few megabytes at once, whatever a file claims to hold.
"""

from __future__ import annotations

import itertools
import re
import sys
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nornir_anyconnect.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CHUNK = 1 << 18
"""Bytes read at a time: what a processor's cache holds is searched fastest."""
_INFLATED = 1 << 20
"""Bytes that one step of decompression may yield."""
BEGINNING = 1 << 16
"""Bytes that the first chunk holds at least, where there are so many: what kind of log it is, they tell. A pipe hands
on what it has."""
_PIECE = 1 << 10
STDIN = "-"

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
ZIP = b"PK\x03\x04"
_COMPRESSED = re.compile(r"\.(?:gz|zst)$")
# asa.log.3 and asa.log-20220601: the number counts back in time, the date forward
_ROTATED = re.compile(r"^(?P<base>.+?)(?:[.-](?P<date>\d{8}(?:[-T_]?\d{2,6})?)|\.(?P<number>\d{1,4}))$")


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log, not opened yet; ``path`` is None for standard input."""

    name: str
    path: Path | None

    @property
    def size(self) -> int | None:
        """Bytes on disk; None where it cannot be told."""
        return self.path.stat().st_size if self.path else None

    @property
    def written(self) -> datetime:
        """When it was last written: stamps without a year are not later than that."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC) if self.path else datetime.now(UTC)

    @property
    def is_zip(self) -> bool:
        """Whether it is a .zip, such as a DART bundle."""
        if self.path is None:
            return False
        with _opened(self) as stream:
            return stream.read(4) == ZIP

    @property
    def rotation(self) -> str:
        """The name that all rotations of one log share."""
        return _rotation(self.name)[0]

    def chunks(self, on_read: Callable[[int], None] | None = None) -> Iterator[bytes]:
        """The text, decompressed, cut anywhere.

        Args:
            on_read: told how many bytes on disk (compressed ones) each step has consumed.

        Raises:
            SourceError: cannot be opened, is damaged, or needs a library that is not installed.

        """
        with _opened(self) as stream:
            raw = _raw(stream, on_read)
            first = next(raw, b"")
            try:
                yield from _inflated(self.name, first, raw)
            except OSError as error:
                raise SourceError(
                    f"{self.name} cannot be read: {error.strerror}", "check the disk or copy the file"
                ) from error


def log_files(paths: Iterable[str | Path]) -> list[LogFile]:
    """The logs behind the paths: ``-`` is standard input, directories are searched, rotated files come oldest first.

    Raises:
        SourceError: a path does not exist, or a directory holds no file.

    """
    found: list[LogFile] = []
    for given in paths:
        if str(given) == STDIN:
            found.append(LogFile("standard input", None))
            continue
        path = Path(given)
        if path.is_dir():
            files = [file for file in path.rglob("*") if file.is_file() and not _hidden(file.relative_to(path))]
            if not files:
                raise SourceError(f"the directory {path} holds no file", "name a directory with logs in it")
            found += [LogFile(str(file), file) for file in sorted(files)]
        elif path.exists():
            found.append(LogFile(str(path), path))
        else:
            raise SourceError(f"{path} does not exist", "check the path; '-' reads standard input")
    return _oldest_first(found)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _oldest_first(files: list[LogFile]) -> list[LogFile]:
    """Rotations of one log stand together, where the first of them was named; a file named twice is read once."""
    places: dict[str, int] = {}
    keyed: dict[str, tuple[tuple[int, str, int], LogFile]] = {}
    for file in files:
        base, date, number = _rotation(file.name)
        place = places.setdefault(base, len(places))
        keyed.setdefault(file.name, ((place, date, number), file))
    return [file for _, file in sorted(keyed.values(), key=lambda pair: pair[0])]


def _rotation(name: str) -> tuple[str, str, int]:
    """What all rotations share, the date of this one, and how far it is back, negative; the current one is newest."""
    name = _COMPRESSED.sub("", name)
    if match := _ROTATED.match(name):
        return _COMPRESSED.sub("", match["base"]), match["date"] or "~", -int(match["number"] or 0)
    return name, "~", 0


def _opened(file: LogFile) -> IO[bytes]:
    if file.path is None:
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    try:
        return file.path.open("rb", buffering=0)
    except OSError as error:
        raise SourceError(f"{file.name} cannot be opened: {error.strerror}", "check path and permissions") from error


def _raw(stream: IO[bytes], on_read: Callable[[int], None] | None) -> Iterator[bytes]:
    waiting = b""
    begun = False
    while chunk := stream.read(CHUNK):
        if on_read:
            on_read(len(chunk))
        waiting += chunk
        if begun or len(waiting) >= BEGINNING:
            yield waiting
            begun, waiting = True, b""
    if waiting:
        yield waiting


def _inflated(name: str, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first.startswith(_GZIP):
        yield from _gunzipped(name, first, rest)
    elif first.startswith(_ZSTD):
        yield from _unzstd(name, first, rest)
    else:
        yield first
        yield from rest


def _gunzipped(name: str, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    damaged = SourceError(
        f"{name} is damaged or cut short", "copy the file again, or unpack what can be saved with gzip"
    )
    member = zlib.decompressobj(wbits=31)
    data = first
    while True:
        try:
            text = member.decompress(data, _INFLATED)
        except zlib.error as error:
            raise damaged from error
        if text:
            yield text
        data = member.unconsumed_tail
        if member.eof:
            data = member.unused_data.lstrip(b"\x00") or next(rest, b"").lstrip(b"\x00")
            if not data:
                return
            member = zlib.decompressobj(wbits=31)
        elif not data:
            data = next(rest, b"")
            if not data:
                raise damaged


def _unzstd(name: str, first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    try:
        import zstandard  # noqa: PLC0415 - an extra: only those who have such files need it
    except ImportError as error:
        raise SourceError(
            f"{name} is compressed with zstd", "pip install 'nornir-anyconnect[zstd]', or pipe it: zstdcat FILE | ... -"
        ) from error

    damaged = SourceError(f"{name} is damaged or cut short", "copy the file again")
    opener = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    frame, parts, size = opener.decompressobj(), [], 0
    for data in _sliced(first, rest):
        left = data
        while left:
            if frame.eof:
                frame = opener.decompressobj()
            try:
                text = frame.decompress(left)
            except zstandard.ZstdError as error:
                raise damaged from error
            left = frame.unused_data if frame.eof else b""
            parts.append(text)
            size += len(text)
        if size >= CHUNK:
            yield b"".join(parts)
            parts, size = [], 0
    yield b"".join(parts)
    if not frame.eof:
        raise damaged


def _sliced(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces: four hostile bytes of zstd unpack to 128 KiB, and nothing but the piece's size bounds the sum."""
    for chunk in itertools.chain((first,), rest):
        for at in range(0, len(chunk), _PIECE):
            yield chunk[at : at + _PIECE]
