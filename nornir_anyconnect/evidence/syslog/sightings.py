"""The devices whose lines a log holds, from when to when, down to which level, whatever the lines say."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.evidence.syslog.header import without_domain
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG_IN_BYTES
from nornir_anyconnect.evidence.syslog.stamps import from_microseconds

if TYPE_CHECKING:
    import re
    from datetime import datetime

    from nornir_anyconnect.evidence.syslog.header import Header, HeaderReader

WHOLE = 1 << 16
"""Bytes at the beginning of a log of which every line is looked at; then the last of each piece."""
MAX_DEVICES = 4096
_MAX_HEADER = 512


class Span(NamedTuple):
    """From the first to the last line met; None where the lines have no stamps."""

    first: datetime | None
    last: datetime | None

    def widened(self, time: datetime | None) -> Span:
        """The same with one more line."""
        if time is None:
            return self
        return Span(min(self.first or time, time), max(self.last or time, time))


NO_SPAN = Span(None, None)


@dataclass(slots=True)
class Sighting:
    """What was met of one device, whatever its lines say; times are microseconds since 1970."""

    first: int | None = None
    last: int | None = None
    first_otherwise: int | None = None
    """The same where the dates of the log have the month first."""
    last_otherwise: int | None = None
    level: int | None = None
    """The highest level of a message, which is the least important."""

    @property
    def span(self) -> Span:
        """From the first line of the device to the last."""
        if self.first is None or self.last is None:
            return NO_SPAN
        return Span(from_microseconds(self.first), from_microseconds(self.last))

    def month_first(self) -> None:
        """The dates of the log turned out to have the month first."""
        self.first, self.last = self.first_otherwise, self.last_otherwise

    def note(self, level: int | None, time: int | None, otherwise: int | None) -> None:
        """One line of the device."""
        if level is not None and (self.level is None or level > self.level):
            self.level = level
        if time is None or otherwise is None:
            return
        if self.first is None or time < self.first:
            self.first = time
        if self.last is None or time > self.last:
            self.last = time
        if self.first_otherwise is None or otherwise < self.first_otherwise:
            self.first_otherwise = otherwise
        if self.last_otherwise is None or otherwise > self.last_otherwise:
            self.last_otherwise = otherwise

    def add(self, other: Sighting) -> None:
        """What another part of the same log shows of the device."""
        self.note(other.level, other.first, other.first_otherwise)
        self.note(other.level, other.last, other.last_otherwise)


class Sightings:
    """The devices of one stream.

    Args:
        header: reads headers, as for the messages of the stream.

    """

    def __init__(self, header: HeaderReader) -> None:
        self._header = header
        self._looked_at = 0
        self.devices: dict[str, Sighting] = {}

    def go_on(self) -> None:
        """What comes next is not the beginning of the log, which was looked at."""
        self._looked_at = WHOLE

    def sample(self, buffer: bytes, begin: int, end: int) -> None:
        """Looks at whole lines from ``begin`` to ``end``."""
        at, before = begin, self._header.calendar.last
        while self._looked_at < WHOLE and at < end:
            tag = ANY_TAG_IN_BYTES.search(buffer, at, end)
            stop = self._line(buffer, begin, tag) if tag else end
            stop = end if stop < 0 else min(stop, end)
            self._looked_at += stop - at
            at = stop + 1
        if at < end:
            line = buffer.rfind(b"\n", begin, end - 1) + 1
            self._line(buffer, begin, ANY_TAG_IN_BYTES.search(buffer, max(line, begin), end))
        self._header.calendar.last = before  # the lines are read in their turn yet

    def note(self, header: Header, level: int) -> None:
        """One line of a device."""
        time, device, _, otherwise = header
        (self.devices.get(device) or self._of(device)).note(level, time, time if otherwise is None else otherwise)

    def add(self, devices: dict[str, Sighting]) -> None:
        """What another part of the same log shows."""
        for name, sighting in devices.items():
            self._of(name).add(sighting)

    def join(self) -> dict[str, str]:
        """Makes one device of those that relays call with and without its domain, or in small and in large letters.

        Returns:
            What each is called that had another name.

        """
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for name in self.devices:
            alike[without_domain(name)].append(name)
        called: dict[str, str] = {}
        for names in alike.values():
            known, *others = sorted(names, key=lambda name: (len(name), name))
            if len({name.partition(".")[2].casefold() for name in names} - {""}) <= 1:
                called |= dict.fromkeys(others, known)
        for name, known in called.items():
            self.add({known: self.devices.pop(name)})
        return called

    def _of(self, device: str) -> Sighting:
        sighting = self.devices.get(device)
        if sighting is None:
            sighting = Sighting()
            if len(self.devices) < MAX_DEVICES:
                self.devices[device] = sighting
        return sighting

    def _line(self, buffer: bytes, begin: int, tag: re.Match[bytes] | None) -> int:
        if tag is None:
            return -1
        start = max(buffer.rfind(b"\n", begin, tag.start()) + 1, begin, tag.start() - _MAX_HEADER)
        self.note(self._header.read(buffer[start : tag.start()]), int(tag["level"]))
        return buffer.find(b"\n", tag.end())
