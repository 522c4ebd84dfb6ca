"""Exports with one JSON object per line: NDJSON, and arrays that are written that way."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.exports.json_records import Several, messages_of, object_in, records_in
from nornir_anyconnect.evidence.exports.records import LineExport, holds_another, ids, line_end
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nornir_anyconnect.evidence.exports.family import Family

ESCAPED_ID = re.compile(rb"\\u00(?:2[dD]|3\d)")
_MAY_BE_WANTED = re.compile(ESCAPED_ID.pattern + b"|" + ids().pattern)
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*+"?')


class JsonLines(LineExport):
    """An export with an object per line; whatever stands before it, and a line that is none as it stands."""

    def __init__(self, family: Family) -> None:
        super().__init__(family, "JSON lines")
        self._first = True

    def is_whole(self, line: bytes) -> bool:
        """As of :class:`LineExport`."""
        return object_in(decoded(line)) is not None

    def go_on(self) -> None:
        """As of :class:`LineExport`."""
        super().go_on()
        self._first = False

    def _wanted(self, buffer: bytes, begin: int) -> Iterator[tuple[int, int]]:
        """As of :class:`LineExport`; an id may be written with escapes."""
        if ESCAPED_ID.search(buffer, begin) is None:
            yield from super()._wanted(buffer, begin)
            return
        while begin < len(buffer):
            end = line_end(buffer, begin)
            if _MAY_BE_WANTED.search(buffer, begin, end):
                yield begin, end
            begin = end + 1

    def envelopes(self, chunks: Iterable[bytes]) -> Iterator[Envelope]:
        """As of :class:`LineExport`; an array that nothing closes was cut."""
        first = last = b""

        def watched() -> Iterator[bytes]:
            nonlocal first, last
            for chunk in chunks:
                first = first or chunk.lstrip()[:1]
                last = chunk.rstrip()[-1:] or last
                yield chunk

        yield from super().envelopes(watched())
        self.unclosed = first == b"[" and last != b"]"

    def record(self, buffer: bytes, begin: int, end: int) -> tuple[Iterable[Envelope], int]:
        """As of :class:`LineExport`."""
        first, self._first = self._first, False
        text = decoded(buffer[begin:end]).strip()
        if (value := object_in(text)) is not None:
            several = records_in(self.family, value) or Several([*messages_of(self.family, value)], partial=False)
            self.torn |= several.partial or holds_another(buffer[begin:end], several.found)
            return several.found, end
        self.torn |= (first or end == len(buffer)) and (
            '"' in text or text[:1] == "{" or text.rstrip(" ,]")[-1:] == "}"
        )
        return broken(text), end


def broken(text: str) -> list[Envelope]:
    """What is left of a record that was cut: the words of the ASA, if they are whole."""
    tag = ANY_TAG.search(text)
    if tag is None:
        return []
    begin = text.rfind('"', 0, tag.start()) + 1
    if not begin:
        return [Envelope(text.encode(errors="replace"))]
    literal = _LITERAL.match(text, begin - 1)
    words = literal[0] if literal else text[begin - 1 :]
    try:
        words = json.loads(words, strict=False)
    except ValueError:
        words = words[1:]
    return [Envelope(str(words).replace("\n", " ").encode(errors="replace"))]
