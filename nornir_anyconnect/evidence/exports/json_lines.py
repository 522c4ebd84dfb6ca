"""Exports with one JSON object per line: NDJSON, and arrays that are written that way."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.evidence.exports.family import Family
from nornir_anyconnect.evidence.exports.records import LineExport
from nornir_anyconnect.evidence.plain_text import decoded
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEEPEST = 12
_MOST_FIELDS = 1000
_INNER = 2
"""A message may be JSON itself, as what a collector writes into another one's log."""
_DECODER = json.JSONDecoder(strict=False)
OTHER = Family("")
"""Records of no family that is known: read by what fields are usually called."""
_LITERAL = re.compile(r'"(?:[^"\\\\]|\\\\.)*"?')


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

    def record(self, buffer: bytes, begin: int, end: int) -> tuple[Iterable[Envelope], int]:
        """As of :class:`LineExport`."""
        first, self._first = self._first, False
        text = decoded(buffer[begin:end]).strip()
        if (value := object_in(text)) is not None:
            return messages_of(self.family, value), end
        self.torn |= (first or end == len(buffer)) and ('":' in text or text.startswith("{"))
        return broken(text), end


def object_in(text: str) -> dict[str, Any] | None:
    """The object that a line holds, whatever stands before it; None where there is no whole one."""
    begin = text.find("{")
    if begin < 0:
        return None
    try:
        value, end = _DECODER.raw_decode(text, begin)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and not text[end:].strip(" \t\r\n,]") else None


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


def messages_of(family: Family, value: dict[str, Any]) -> Iterator[Envelope]:
    """The messages of one object."""
    for envelope in family.envelopes(flat(value)):
        yield _inner(envelope)


def _inner(envelope: Envelope) -> Envelope:
    """The message itself where it is wrapped once more."""
    for _ in range(_INNER):
        text = decoded(envelope.message).strip()
        value = object_in(text) if text.startswith("{") else None
        inside = next(OTHER.envelopes(flat(value)), None) if value else None
        if inside is None:
            break
        envelope = Envelope(inside.message, inside.time or envelope.time, inside.device or envelope.device)
    return envelope


def flat(value: dict[str, Any]) -> dict[str, str]:
    """The object as one level of texts, the names in lower case and dotted where they were nested."""
    fields: dict[str, str] = {}
    _fill(fields, "", value, _DEEPEST)
    return fields


def _fill(fields: dict[str, str], name: str, value: Any, depth: int) -> None:
    if len(fields) >= _MOST_FIELDS or depth == 0:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            _fill(fields, f"{name}.{key}".lower() if name else str(key).lower(), inner, depth - 1)
    elif isinstance(value, list):
        if value and all(isinstance(each, int) and 0 <= each < 256 for each in value):  # noqa: PLR2004 - a byte
            fields.setdefault(name, decoded(bytes(value)))  # what journald writes of a text that is not UTF-8
            return
        for number, inner in enumerate(value[:_MOST_FIELDS]):
            _fill(fields, name if number == 0 else f"{name}.{number}", inner, depth - 1)
    elif value is not None:
        fields.setdefault(name, str(value))
