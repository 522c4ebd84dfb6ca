"""Opens a DART bundle, the .zip in which the client packs its logs; nothing is unpacked to disk.

A bundle comes from a user's machine by mail: it is refused where it would grow beyond measure or names files outside
its folder.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.evidence.clients.client_log import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir_anyconnect.sources.logs import LogFile

MAX_FILES = 20_000
MAX_FILE = 64 << 20
"""Bytes one file of the bundle may hold."""
MAX_TOTAL = 512 << 20
"""Bytes all files may hold that are read."""
MAX_RATIO = 200
"""Text packs 5 to 30 times; a bomb a thousand times."""
_RATIO_MATTERS = 1 << 20
_TEXTS = (".txt", ".log")


def client_logs_of_bundle(bundle: LogFile) -> Iterator[tuple[str, str]]:
    """Name and text of every text log in the bundle.

    Raises:
        SourceError: not a readable .zip, encrypted, a path outside the folder, or a size beyond measure.

    """
    if bundle.path is None:
        raise SourceError("a bundle cannot be read from standard input", "name the .zip file")
    try:
        with zipfile.ZipFile(bundle.path) as archive:
            yield from _texts(bundle.name, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceError(f"{bundle.name} is not a readable .zip: {error}", "ask the user for a new bundle") from error


def _texts(name: str, archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise _refused(name, f"it holds {len(entries)} files")
    for entry in entries:
        _check_path(name, entry.filename)
    left = MAX_TOTAL
    for entry in entries:
        if entry.is_dir() or not entry.filename.lower().endswith(_TEXTS):
            continue
        text = _read(name, archive, entry, min(left, MAX_FILE))
        left -= len(text)
        yield entry.filename, text_of(text)


def _check_path(name: str, entry: str) -> None:
    path = PurePosixPath(entry.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0] or "\x00" in entry:
        raise _refused(name, f"it names a file outside its folder ({entry[:80]!r})")


def _read(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    # what the directory of the .zip says may be a lie: the limit holds for what really comes out
    if entry.file_size > limit:
        raise _refused(name, f"{entry.filename[:80]!r} would unpack to {entry.file_size} bytes")
    with archive.open(entry) as stream:
        text = stream.read(limit + 1)
    if len(text) > limit:
        raise _refused(name, f"{entry.filename[:80]!r} unpacks to more than {limit} bytes")
    if len(text) > _RATIO_MATTERS and len(text) > MAX_RATIO * max(1, entry.compress_size):
        raise _refused(
            name, f"{entry.filename[:80]!r} unpacks to {len(text) // max(1, entry.compress_size)} times its size"
        )
    return text


def _refused(name: str, why: str) -> SourceError:
    return SourceError(f"the bundle {name} is refused: {why}", "ask the user for a bundle made by the client itself")
