"""Keeps two runs apart: the second one is told so at once and does nothing.

The kernel holds the lock (``flock``), so it is gone when its process is, however that ended; the file stays.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST = 200
"""Bytes that are read of what the holder wrote about itself."""


class LockedError(UsageError):
    """Another run holds the lock; nothing was done."""

    code = "locked"


@contextmanager
def only_one(path: str | Path | None) -> Iterator[None]:
    """Hold the lock while the block runs; without a path there is no lock.

    Args:
        path: the lock file, on a local file system; it is made where it is missing.

    Raises:
        LockedError: another run holds it.
        SettingsError: the file cannot be opened.

    """
    if path is None:
        yield
        return
    try:
        # a link in a folder that others can write to must not lead elsewhere
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise SettingsError(
            f"the lock {path} cannot be opened: {error.strerror}",
            "name a file that this account may write under 'lock' in the settings",
        ) from error
    with os.fdopen(handle, "r+", encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = " ".join(file.read(_MOST).split()) or "another process"
            raise LockedError(
                f"another audit is running: {holder} holds {path}; nothing was done",
                "wait for it to end; if it hangs, end that process, and the lock is free",
            ) from error
        _sign(file.fileno())
        try:
            yield
        finally:
            os.ftruncate(file.fileno(), 0)


def _sign(handle: int) -> None:
    """Who holds it, for the message of the other one; on a full disk the lock holds all the same."""
    text = f"process {os.getpid()} (since {datetime.now(UTC).isoformat(timespec='seconds')})\n"
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)
    except OSError:
        return
