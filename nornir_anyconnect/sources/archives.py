"""Reads archives of saved configurations (.tar, .tar.gz, .zip) in memory: nothing is ever unpacked to disk."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
MOST_MEMBERS = 100_000
MOST_BYTES = 4 * 1024**3
"""Bytes that one archive may unpack to in all."""


def is_archive(path: Path) -> bool:
    """Whether the name is an archive's."""
    return path.name.lower().endswith(SUFFIXES)


def members(path: Path, largest: int) -> Iterator[tuple[str, bytes]]:
    """Every regular file of the archive by name, with at most ``largest`` + 1 bytes of it.

    Raises:
        SourceError: it is damaged, encrypted, or would unpack to more than anybody keeps.

    """
    read = _zip if path.name.lower().endswith(".zip") else _tar
    total = 0
    try:
        for count, (name, raw) in enumerate(read(path, largest)):
            total += len(raw)
            if count >= MOST_MEMBERS or total > MOST_BYTES:
                raise SourceError(f"{path} unpacks to too much", "unpack it yourself and check the folder")
            yield name, raw
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
        raise SourceError(f"{path} is damaged: {error}", "fetch the archive again") from error
    except (RuntimeError, NotImplementedError) as error:
        raise SourceError(f"{path} cannot be unpacked: {error}", "unpack it and check the folder") from error
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}", "check the archive and its permissions") from error


def _zip(path: Path, largest: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for entry in sorted(archive.infolist(), key=lambda each: each.filename):
            if not entry.is_dir():
                with archive.open(entry) as stream:
                    yield entry.filename, stream.read(largest + 1)


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


def _tar(path: Path, largest: int) -> Iterator[tuple[str, bytes]]:
    # in the order of the archive: a compressed tar can only be read from front to back
    with tarfile.open(path, "r|*", tarinfo=_Entry) as archive:
        for entry in archive:
            stream = archive.extractfile(entry) if entry.isreg() else None
            if stream is not None:
                yield entry.name, stream.read(largest + 1)
