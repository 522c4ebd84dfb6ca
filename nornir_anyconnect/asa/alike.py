"""What was worked out of a configuration, kept for the next one that says the same: fleets are built from templates."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import fields
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from nornir_anyconnect.asa.running_config import RunningConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")
PATIENCE = 10.0
"""Seconds for which one waits for another's result before working it out as well."""


class Known(Generic[T]):
    """The results for the last so many different contents.

    Args:
        most: how many; a result of 2,000 lines takes some 200 kB.

    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()
        self._working: dict[Hashable, Lock] = {}

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
        """The result; worked out where this content was not met lately.

        A hundred boxes of one template answer in the same moment: the first works, and the others wait for it.
        """
        found = self.get(content)
        if found is not None:
            return found
        with self._lock:
            turn = self._working.setdefault(content, Lock())
        ours = turn.acquire(timeout=PATIENCE)
        try:
            found = self.get(content)
            if found is None:
                found = work()
                self.keep(content, found)
            return found
        finally:
            if ours:
                turn.release()
            with self._lock:
                self._working.pop(content, None)


DECIDING = tuple(each.name for each in fields(RunningConfig) if each.name not in {"hostname", "blocks", "serials"})
"""The fields that boxes of one template share."""


class KnownConfigs(Generic[T]):
    """What follows from a configuration: the same for all of which only name and serial numbers are others."""

    def __init__(self) -> None:
        self._known: Known[tuple[RunningConfig, T]] = Known()

    def of(self, config: RunningConfig, how: Hashable, work: Callable[[], T]) -> T:
        """What follows, worked out once; ``how``: whatever else it depends on."""
        content = (id(config.group_policies), how)  # kept below with its configuration, so it is nobody else's
        known, found = self._known.of(content, lambda: (config, work()))
        pairs = ((getattr(config, each), getattr(known, each)) for each in DECIDING)
        if all(one is other or one == other for one, other in pairs):  # what boxes of one template share is one object
            return found
        found = work()
        self._known.keep(content, (config, found))
        return found
