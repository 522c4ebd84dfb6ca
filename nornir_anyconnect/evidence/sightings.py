"""Which devices a log holds lines of, and over what time: whatever the lines say, and without reading each of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from nornir_anyconnect.evidence.syslog.header import HeaderReader

WHOLE = 1 << 16
"""Bytes at the beginning of a log of which every line is looked at; then the last of each piece."""
MAX_DEVICES = 4096
_TAG = re.compile(rb"(?:%|\b)(?:ASA|FTD|PIX)-(?:[A-Za-z][\w-]{0,31}-)?[0-7]-\d{6}(?=[:\s])")
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


class Sightings:
    """The devices of one stream.

    Args:
        header: reads headers, as for the messages of the stream.

    """

    def __init__(self, header: HeaderReader) -> None:
        self._header = header
        self._looked_at = 0
        self.devices: dict[str, Span] = {}

    def sample(self, buffer: bytes, begin: int, end: int) -> None:
        """Looks at whole lines from ``begin`` to ``end``."""
        at = begin
        while self._looked_at < WHOLE and at < end:
            tag = _TAG.search(buffer, at, end)
            stop = self._line(buffer, begin, tag) if tag else end
            stop = end if stop < 0 else min(stop, end)
            self._looked_at += stop - at
            at = stop + 1
        if at < end:
            line = buffer.rfind(b"\n", begin, end - 1) + 1
            self._line(buffer, begin, _TAG.search(buffer, max(line, begin), end))

    def note(self, time: datetime | None, device: str) -> None:
        """One line of a device."""
        if device in self.devices or len(self.devices) < MAX_DEVICES:
            self.devices[device] = self.devices.get(device, Span(None, None)).widened(time)

    def _line(self, buffer: bytes, begin: int, tag: re.Match[bytes] | None) -> int:
        if tag is None:
            return -1
        start = max(buffer.rfind(b"\n", begin, tag.start()) + 1, begin, tag.start() - _MAX_HEADER)
        time, device, _ = self._header.read(buffer[start : tag.start()])
        self.note(time, device)
        return buffer.find(b"\n", tag.end())
