"""One event loop in a thread of its own, for all SSH sessions of this process; workers call it from theirs."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

T = TypeVar("T")
LAST_WORDS = 1.0
"""Seconds that the loop gets to end when the process does."""


class EventLoop:
    """Starts with the first call; starts anew in a process that was forked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._owner = 0

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine there; its result can be waited for in any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call a function there, soon; never waits, and never raises where the process is about to end."""
        loop = self._running()
        if not loop.is_closed():
            loop.call_soon_threadsafe(function, *args)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._owner != os.getpid():
                self._owner = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="ssh-sessions", daemon=True)
                self._thread.start()
                atexit.register(self._stop, self._loop, self._thread, self._owner)
            return self._loop

    @staticmethod
    def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread, owner: int) -> None:
        if owner == os.getpid():
            loop.call_soon_threadsafe(loop.stop)
            thread.join(LAST_WORDS)
            if not thread.is_alive():
                loop.close()


sessions = EventLoop()
"""The loop of this process."""
