"""What a log could have shown: whose lines it holds, from when to when, down to which level, and what of it is missing.

No evidence is not "nobody hit": nothing was seen only where it would have been seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.evidence.syslog.messages import ANY_TAG_IN_BYTES

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from datetime import datetime

    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.evidence.syslog.header import Header, HeaderReader

WHOLE = 1 << 16
"""Bytes at the beginning of a log of which every line is looked at; then the last of each piece."""
MAX_DEVICES = 4096
INFORMATIONAL = 6
"""The level an ASA gives 722036 unless it is told otherwise (syslog guide)."""
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
    """What was met of one device, whatever its lines say."""

    span: Span = NO_SPAN
    otherwise: Span = NO_SPAN
    """The same where the dates of the log have the month first."""
    level: int | None = None
    """The highest level of a message, which is the least important."""

    def add(self, other: Sighting) -> None:
        """What another part of the same log shows of the device."""
        for time in other.span:
            self.span = self.span.widened(time)
        for time in other.otherwise:
            self.otherwise = self.otherwise.widened(time)
        if other.level is not None and (self.level is None or other.level > self.level):
            self.level = other.level


class Sightings:
    """The devices of one stream.

    Args:
        header: reads headers, as for the messages of the stream.

    """

    def __init__(self, header: HeaderReader) -> None:
        self._header = header
        self._looked_at = 0
        self.devices: dict[str, Sighting] = {}

    def sample(self, buffer: bytes, begin: int, end: int) -> None:
        """Looks at whole lines from ``begin`` to ``end``."""
        at = begin
        while self._looked_at < WHOLE and at < end:
            tag = ANY_TAG_IN_BYTES.search(buffer, at, end)
            stop = self._line(buffer, begin, tag) if tag else end
            stop = end if stop < 0 else min(stop, end)
            self._looked_at += stop - at
            at = stop + 1
        if at < end:
            line = buffer.rfind(b"\n", begin, end - 1) + 1
            self._line(buffer, begin, ANY_TAG_IN_BYTES.search(buffer, max(line, begin), end))

    def note(self, header: Header, level: int) -> None:
        """One line of a device."""
        sighting = self._of(header.device)
        if sighting.level is None or level > sighting.level:
            sighting.level = level
        time = header.time
        if time is None:
            return
        first, last = sighting.span
        if first is None or last is None or time > last or time < first:
            sighting.span = sighting.span.widened(time)
        otherwise = header.otherwise or time
        first, last = sighting.otherwise
        if first is None or last is None or otherwise > last or otherwise < first:
            sighting.otherwise = sighting.otherwise.widened(otherwise)

    def add(self, devices: dict[str, Sighting]) -> None:
        """What another part of the same log shows."""
        for name, sighting in devices.items():
            self._of(name).add(sighting)

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


class Gap(NamedTuple):
    """One reason why a drop need not show in the logs that were given."""

    code: str
    number: int = 0
    """How many, or which level."""
    certain: bool = False
    """It could not show; else nobody knows whether it did."""

    @property
    def leaves_some_out(self) -> bool:
        """Where some were seen there may be more."""
        return not self.certain and self.code != "buffer-wrapped"


def gaps(seen: DeviceObservations, needed: int = INFORMATIONAL) -> tuple[Gap, ...]:
    """Why a drop of the device need not show in the logs that were given; none where it would.

    Args:
        seen: what they show.
        needed: the level of message 722036 on this device.

    """
    if not seen.met and not seen.lines:
        return (Gap("no-log-given", certain=True),)
    found = [] if seen.own_log else [*_of_others(seen, needed)]
    if seen.own_log and seen.level is None:
        found.append(Gap("log-buffer-empty", certain=True))
    counted = (
        ("unreadable-messages", seen.unreadable),
        ("messages-without-time", seen.untimed),
        ("torn-logs", seen.torn),
    )
    found += [Gap(code, number) for code, number in counted if number]
    if seen.buffer_wrapped:
        found.append(Gap("buffer-wrapped"))
    return tuple(found)


def _of_others(seen: DeviceObservations, needed: int) -> Iterator[Gap]:
    """What the device's own buffer cannot lack, but a log that somebody kept, searched and handed on."""
    groups = seen.groups.values()
    dropped = any(each.sent for group in groups for each in group.large_packets)
    if not seen.lines:
        yield Gap("no-vpn-message", certain=True)
    elif seen.level is not None and seen.level < needed:
        yield Gap("only-notices", seen.level, certain=True)
    elif any(group.hit for group in groups):
        return
    elif seen.left_out and not dropped:
        yield Gap("messages-left-out", int(seen.left_out[0]), certain=True)
    elif seen.no_beginning:
        yield Gap("no-session-begins")
    elif number := sum(len(group.suspected) for group in groups):
        yield Gap("reconnects-without-drops", number)
