"""What was worked out of a configuration, kept for the next one that says the same: fleets are built from templates."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Known(Generic[T]):
    """The results for the last so many different contents.

    Args:
        most: how many; a result of 2,000 lines takes some 200 kB.

    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, content: Hashable) -> T | None:
        """The result, if this content was met lately."""
        with self._lock:
            found = self._found.get(content)
            if found is not None:
                self._found.move_to_end(content)
            return found

    def keep(self, content: Hashable, result: T) -> None:
        """For the next one."""
        with self._lock:
            self._found[content] = result
            if len(self._found) > self._most:
                self._found.popitem(last=False)

    def of(self, content: Hashable, work: Callable[[], T]) -> T:
        """The result; worked out where this content was not met lately."""
        found = self.get(content)
        if found is None:
            found = work()
            self.keep(content, found)
        return found
