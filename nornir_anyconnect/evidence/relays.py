"""Copies of one log whose stamps differ: two relays wrote the same lines, each by its own clock, a moment apart.

Lines that can occur only once tell which sources are such copies. Of those a line that comes again within the moment,
from a source that has not brought it yet, is the same line.
"""

from __future__ import annotations

import zlib
from collections import defaultdict, deque
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APART = 2
"""Seconds between the stamps of two relays, at most."""
_MOST_KEPT = 50_000

_Identity = tuple[str, str, tuple[Any, ...]]
"""Message, device and fields."""


class OnceLines:
    """Where lines stand that can occur only once: by a sample, where there are many."""

    def __init__(self) -> None:
        self._places: dict[_Identity, list[tuple[int, int]]] = {}
        self._kept = 0
        self._one_in = 1

    def add(self, identity: _Identity, second: int, source: int) -> None:
        """One line."""
        if self._one_in > 1 and not self._sampled(identity):
            return
        self._places.setdefault(identity, []).append((second, source))
        self._kept += 1
        while self._kept > _MOST_KEPT and self._one_in < 1 << 32:
            self._one_in *= 2
            self._places = {each: places for each, places in self._places.items() if self._sampled(each)}
            self._kept = sum(map(len, self._places.values()))

    def _sampled(self, identity: _Identity) -> bool:
        return zlib.crc32(repr(identity).encode(errors="replace")) % self._one_in == 0

    def copies(self, called: Mapping[str, str]) -> dict[int, int]:
        """The sources that have a copy with other stamps, in themselves or in another, and how many each holds.

        Args:
            called: the names of devices that have another one.

        """
        folds: dict[int, int] = {}
        apart: set[tuple[int, ...]] = set()
        by_line: defaultdict[_Identity, list[tuple[int, int]]] = defaultdict(list)
        for (message, device, fields), places in self._places.items():
            by_line[message, called.get(device, device), fields] += places
        for places in by_line.values():
            for together in _together(sorted(places)):
                sources = [source for _, source in together]
                for source in set(sources):
                    folds[source] = min(folds.get(source, len(sources)), sources.count(source))
                if together[0][0] != together[-1][0]:
                    apart.add(tuple(sorted(set(sources))))
        found = {source for sources in apart if len(sources) > 1 or folds[sources[0]] > 1 for source in sources}
        return {source: folds[source] for source in found}


def _together(places: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    group = places[:1]
    for (before, _), place in pairwise(places):
        if place[0] - before > APART:
            yield group
            group = []
        group.append(place)
    yield group


class Relays:
    """Tells what is new in a line of sources that are copies of each other.

    Args:
        copies: the sources, and how many copies each holds.

    """

    def __init__(self, copies: Mapping[int, int]) -> None:
        self.copies = copies
        self._awaited: deque[tuple[int, dict[_Identity, dict[int, int]]]] = deque()

    def new(self, second: int, identity: _Identity, counts: Mapping[int, int]) -> int:
        """How often the message occurred anew.

        Args:
            second: when; never before that of the call before.
            identity: of the message.
            counts: how often it stands there, by source.

        """
        while self._awaited and self._awaited[0][0] < second - APART:
            self._awaited.popleft()
        left = dict(counts)
        for _, lines in self._awaited:
            for source, times in (awaited := lines.get(identity, {})).items():
                taken = min(left.get(source, 0), times)
                if taken:
                    left[source] -= taken
                    awaited[source] = times - taken
        occurred = max(-(-times // self.copies.get(source, 1)) for source, times in left.items())
        if occurred:
            if not self._awaited or self._awaited[-1][0] != second:
                self._awaited.append((second, {}))
            self._awaited[-1][1][identity] = {
                source: occurred * fold - left.get(source, 0) for source, fold in self.copies.items()
            }
        return occurred
