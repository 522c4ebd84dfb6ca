"""Reads archives (.tar, .zip, whatever they are called) member by member: nothing is ever unpacked to disk.

An archive comes from anybody, a DART bundle by mail from a user's machine: what comes out, how much more that is than
went in, and how many members there are, each has a bound, and whoever meets it is told.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
import zlib
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, NamedTuple

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources.compression import INFLATED, MOST_BYTES, MOST_RATIO, RATIO_MATTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

MOST_MEMBERS = 100_000
_IN_MEMORY = 1 << 24
_LARGEST_PIPED_ZIP = 1 << 30
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_PIECE = 1 << 18
_OF_THE_NEXT_ENTRY = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_LONGEST_HEADER = 1 << 20
_PATIENCE = 64
_STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Member(NamedTuple):
    """One regular file of an archive; its bytes are gone once the next one is asked for."""

    name: str
    written: datetime | None
    chunks: Iterator[bytes]


def is_zip(start: bytes) -> bool:
    """Whether a file that begins so is a .zip."""
    return start.startswith(_ZIP)


def is_tar(start: bytes) -> bool:
    """Whether a file that begins so is a .tar, already unpacked."""
    return start[_TAR_MAGIC_AT : _TAR_MAGIC_AT + len(_TAR_MAGIC)] == _TAR_MAGIC


def zip_members(name: str, path: Path | None, chunks: Iterator[bytes]) -> Iterator[Member]:
    """The members of a .zip, by name.

    Args:
        name: names the archive in errors.
        path: of the file itself; None where its bytes come only once.
        chunks: all of them, for that case: its directory stands at its end.

    Raises:
        SourceError: it is damaged or encrypted, or holds more than anybody keeps.

    """
    if path is not None:
        with path.open("rb") as file:
            yield from _zip_members(name, file)
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as kept:
        for chunk in chunks:
            kept.write(chunk)
            if kept.tell() > _LARGEST_PIPED_ZIP:
                raise SourceError(f"{name} is too large for a .zip in a pipe", "save it, and name the file", name)
        yield from _zip_members(name, kept)


def _zip_members(name: str, file: IO[bytes]) -> Iterator[Member]:
    size = max(1, file.seek(0, io.SEEK_END))
    given = 0

    def check() -> None:
        if given > MOST_BYTES or (given > RATIO_MATTERS and given > MOST_RATIO * size):
            raise _too_much(name, f"to more than {given // size} times its size")

    def counted(chunks: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal given
        for chunk in chunks:
            given += len(chunk)
            check()
            yield chunk

    try:
        with zipfile.ZipFile(file) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir()]
            for count, entry in enumerate(sorted(entries, key=lambda each: each.filename)):
                check()
                if count >= MOST_MEMBERS:
                    raise _too_much(name, f"into more than {MOST_MEMBERS} files")
                yield Member(entry.filename, _zip_time(entry), counted(_of_zip(name, archive, entry)))
    except (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError, ValueError) as error:
        raise _damaged(name, error) from error


def _of_zip(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if entry.compress_type not in _STORED_OR_DEFLATED:
        # of these the library unpacks all that it is given at once
        raise SourceError(
            f"{name}/{entry.filename} is compressed in a way that .zip files seldom are",
            "unpack it and name the file",
            f"{name}/{entry.filename}",
        )
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_PIECE):
                yield chunk
    except (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise _damaged(f"{name}/{entry.filename}", error) from error


def _zip_time(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return None


class _Entry(tarfile.TarInfo):
    """An entry that nothing follows but another entry or the end mark: the library takes any damage for the end."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # typeshed does not have it
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"its end is missing ({error})") from error

    def _proc_member(self, archive: tarfile.TarFile) -> Self:
        # the library reads a name or a table of fields whole, however long its header says that it is
        if self.type in _OF_THE_NEXT_ENTRY and not 0 <= self.size <= _LONGEST_HEADER:
            raise tarfile.ReadError("the name of an entry has no end")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]  # typeshed does not have it


class _Stream(io.RawIOBase):
    """Chunks as a file that is read from front to back."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")
        self._missed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._left = memoryview(next(self._chunks, b""))
            self._missed += not self._left
            if self._missed > _PATIENCE:  # the library skips a terabyte that is not there piece by piece
                raise tarfile.ReadError("its end is missing")
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken


def tar_members(name: str, chunks: Iterator[bytes]) -> Iterator[Member]:
    """The members of a .tar in the order of the archive: a compressed one can only be read from front to back.

    Args:
        name: names the archive in errors.
        chunks: the archive, unpacked.

    Raises:
        SourceError: it is damaged, or holds more than anybody keeps.

    """
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Stream(chunks), INFLATED), mode="r|", tarinfo=_Entry) as archive:
            for count, entry in enumerate(archive):
                if count >= MOST_MEMBERS:
                    raise _too_much(name, f"into more than {MOST_MEMBERS} files")
                # a sparse file of a few bytes may claim a terabyte of zeros, and no log is one
                if entry.isreg() and not entry.issparse() and (stream := archive.extractfile(entry)) is not None:
                    yield Member(entry.name, _tar_time(entry), _of_tar(name, stream))
    except (tarfile.TarError, EOFError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise _damaged(name, error) from error


def _of_tar(name: str, stream: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_PIECE):
            yield chunk
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(name, error) from error


def _tar_time(entry: tarfile.TarInfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(entry.mtime, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _damaged(name: str, error: Exception) -> SourceError:
    if isinstance(error, RuntimeError) and "password" in str(error):
        return SourceError(f"{name} is encrypted", "unpack it with its password, and name what was in it", name)
    return SourceError(
        f"{name} is damaged or encrypted: {error}", "fetch the archive again, or unpack what can be saved", name
    )


def _too_much(name: str, how: str) -> SourceError:
    return SourceError(f"{name} unpacks {how}: reading stopped there", "unpack it yourself and name what matters", name)
