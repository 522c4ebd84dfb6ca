"""Threads of one process take turns on a chassis, known by the serial numbers that its units tell at login.

An ASA has five SSH sessions and one configuration; two hosts of an inventory may lead to the same box.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_making = threading.Lock()


@contextmanager
def one_after_the_other(serials: Iterable[str]) -> Iterator[None]:
    """Hold the chassis while the block runs; whoever shares a serial number waits.

    Args:
        serials: of the unit and its mate; without any nobody waits.

    """
    with ExitStack() as held:
        for serial in sorted(set(serials)):  # one order for all, or two pairs could wait for each other
            with _making:
                lock = _locks[serial]
            held.enter_context(lock)
        yield
