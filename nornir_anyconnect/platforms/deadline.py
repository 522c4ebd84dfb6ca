"""No peer holds the process: whatever is done with a host has an end, and a signal is that end at any moment.

SSH libraries wait in places that know no time limit (a pty that is never granted, a send into a full buffer).
One thread keeps all ends: at the end of a host it cuts the host's sockets, and every such wait returns at once.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import InventoryError, LinkLostError, ReplyTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nornir_anyconnect.errors import DeviceError

logger = logging.getLogger(__name__)

HOST_TIMEOUT = 300.0
"""Seconds that the whole of a host may take where nobody says otherwise."""
AN_HOUR = 3600.0
LONGEST = threading.TIMEOUT_MAX / 2
"""Seconds; a thread cannot wait longer than some centuries, and some ask for that."""


def time_limit(name: str, value: object, where: str) -> float:
    """The seconds, an hour at most, that an inventory gives as an option.

    Args:
        name: of the option.
        value: as it stands there.
        where: whose option it is, for the error.

    Raises:
        InventoryError: it is no such number.

    """
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        seconds = -1.0
    if not 0 < seconds <= AN_HOUR:
        raise InventoryError(f"{where}: '{name}' must be seconds, not {value!r}", "correct the inventory")
    return seconds


class Deadline:
    """The end of what is done with one host; made by :func:`host_deadline`.

    Args:
        seconds: from now on.
        name: what the host is called in errors.
        outer: the one that this is a part of, and ends with.

    """

    def __init__(self, seconds: float, name: str, outer: Deadline | None = None) -> None:
        self.seconds = seconds
        self.name = name
        self._outer = outer
        self._ends = time.monotonic() + min(seconds, LONGEST)
        self._cuts: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        self._over: str | None = None
        self._seen_out = False

    @property
    def over(self) -> bool:
        """Whether nothing more is to be done."""
        return self._over is not None or (self._outer is not None and self._outer.over)

    @property
    def left(self) -> float:
        """Seconds left; never below zero."""
        own = 0.0 if self._over is not None else max(0.0, self._ends - time.monotonic())
        return own if self._outer is None else min(own, self._outer.left)

    def cut_with(self, cut: Callable[[], object]) -> None:
        """Call this at the end, from another thread; at once where that has come already. It must not block."""
        with self._lock:
            late = self._over is not None
            if not late:
                self._cuts.append(cut)
        if late:
            cut()
        if self._outer is not None:
            self._outer.cut_with(cut)

    def see_it_out(self) -> None:
        """Only time ends it from now on, no signal: what was begun on the device is finished or taken back.

        Raises:
            DeviceError: it has ended already.

        """
        with self._lock:
            self._seen_out = self._over is None
        if self._outer is not None:
            self._outer.see_it_out()
        if self.over:
            raise self.error()

    @property
    def is_seen_out(self) -> bool:
        """Whether only time ends it."""
        return self._seen_out or (self._outer is not None and self._outer.is_seen_out)

    def end(self, why: str = "time") -> None:
        """End it now; never raises."""
        with self._lock:
            if self._over is not None or (why != "time" and self.is_seen_out):
                return
            self._over = why
            cuts, self._cuts = self._cuts, []
        for cut in cuts:
            try:
                cut()
            except Exception:
                logger.exception("%s: a connection could not be cut", self.name)

    def error(self) -> DeviceError:
        """What to say of a host that was ended, or whose time is over though nobody has ended it yet."""
        if self._over is None and self._outer is not None and not self._outer.left:
            return self._outer.error()
        if self._over in (None, "time"):
            return ReplyTimeoutError(
                f"{self.name} took longer than {self.seconds:g} s in all",
                "look at the path and the device's load, or raise --host-timeout",
            )
        return LinkLostError(f"{self.name}: {self._over}, its connection was cut", "run it again")


class _Keeper:
    """The thread that ends what is over."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._kept: list[tuple[float, int, Deadline]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def keep(self, deadline: Deadline) -> tuple[float, int, Deadline]:
        with self._changed:
            entry = (time.monotonic() + deadline.left, next(self._numbers), deadline)
            heapq.heappush(self._kept, entry)
            if self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._run, name="host-deadlines", daemon=True)
                self._thread.start()
            self._changed.notify()
        return entry

    def let_go(self, entry: tuple[float, int, Deadline]) -> None:
        with self._changed:
            if entry in self._kept:
                self._kept.remove(entry)
                heapq.heapify(self._kept)

    def all(self) -> list[Deadline]:
        with self._changed:
            return [deadline for _, _, deadline in self._kept]

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._kept or self._kept[0][0] > time.monotonic():
                    self._changed.wait(self._kept[0][0] - time.monotonic() if self._kept else None)
                _, _, deadline = heapq.heappop(self._kept)
            deadline.end()


_keeper = _Keeper()
_current: ContextVar[Deadline | None] = ContextVar("host_deadline", default=None)


@contextmanager
def host_deadline(seconds: float, name: str) -> Iterator[Deadline]:
    """Whatever this thread does within the block with the host ends after so many seconds.

    Args:
        seconds: for all of it.
        name: what the host is called in errors.

    """
    deadline = Deadline(seconds, name, _current.get())
    entry = _keeper.keep(deadline)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)
        _keeper.let_go(entry)


def current() -> Deadline | None:
    """The end that this thread works towards, if there is one."""
    return _current.get()


def end_all(why: str) -> None:
    """End every host that is worked on now and on which nothing was begun: what a signal does, after some patience."""
    for deadline in _keeper.all():
        deadline.end(why)
