"""Exports whose records are lines of text with an order of their own, such as CEF."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.exports.records import LineExport
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.message_boundaries import ends_within_a_line
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.evidence.exports.family import Family

_LINES = 64
_END = 16
# names of columns, which ASDM writes above its own where it saves them as CSV
_HEADING = re.compile(r'"?Severity"?[,;|\t]"?Date"?[,;|\t].*')


class TextLines(LineExport):
    """An export with a record per line; a line that is none is read as it stands."""

    def __init__(self, family: Family) -> None:
        super().__init__(family, "")
        self._first = True

    def is_whole(self, line: bytes) -> bool:
        """As of :class:`LineExport`."""
        return self.family.line is not None and self.family.line(decoded(line).strip()) is not None

    def go_on(self) -> None:
        """As of :class:`LineExport`."""
        super().go_on()
        self._first = False

    def record(self, buffer: bytes, begin: int, end: int) -> tuple[Iterable[Envelope], int]:
        """As of :class:`LineExport`."""
        first, self._first = self._first, False
        line = decoded(buffer[begin:end]).strip()
        if not line or self.family.line is None:
            return (), end
        if (envelope := self.family.line(line)) is not None:
            if end == len(buffer):
                last = envelope.message
                self.torn |= not line.rstrip('"').endswith(decoded(last[-_END:])) or ends_within_a_line(last)
            return (envelope,), end
        self.torn |= (first and _HEADING.fullmatch(line) is None) or end == len(buffer)
        return ((Envelope(line.encode(errors="replace")),) if ANY_TAG.search(line) else ()), end


def text_export(start: bytes, families: Iterable[Family]) -> TextLines | None:
    """The reader of an export that begins so; None where most of its lines are of no family that reads lines."""
    lines = [line for line in decoded(start).splitlines()[:_LINES] if line.strip()]
    for family in families:
        if family.line and sum(family.line(line.strip()) is not None for line in lines) * 2 > len(lines):
            return TextLines(family)
    return None
