"""One writer per chassis (promise 9): threads of one run wait for each other, another process is refused.

The serial numbers of the plan tell what one chassis is, so contexts that the inventory lists as hosts of
their own are changed one after the other, whatever runner drives them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import GateError
from nornir_anyconnect.platforms.chassis import one_after_the_other

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@contextmanager
def only_writer(serials: Iterable[str], folder: Path) -> Iterator[None]:
    """Hold the chassis while the block runs.

    Args:
        serials: of the unit and its mate.
        folder: where runs are kept; processes that share it keep out of each other's way.

    Raises:
        GateError: another process is working on this chassis.

    """
    chassis = sorted(set(serials))
    with one_after_the_other(chassis), ExitStack() as held:
        for serial in chassis:
            held.enter_context(_only_process(serial, folder))
        yield


@contextmanager
def _only_process(serial: str, folder: Path) -> Iterator[None]:
    name = hashlib.sha256(serial.encode()).hexdigest()[:16]
    handle = os.open(folder / f".chassis-{name}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise GateError(
            f"another run is working on the chassis {serial} (its lock is in {folder})",
            "wait for it to end; nothing was sent by this one",
        ) from error
    try:
        yield
    finally:
        os.close(handle)
