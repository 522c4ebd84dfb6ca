"""Exports that are one JSON document: an array of records, the answer of an API, a table with columns and rows.

A document of any size is read as it comes, by ijson, and forgotten record by record: what is an element of an array and
holds a message is a record. What stands beside the array (the labels of a stream, the names of the columns) is known
to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.evidence.exports.json_lines import broken, flat, messages_of, object_in
from nornir_anyconnect.evidence.exports.records import Export
from nornir_anyconnect.evidence.plain_text import decoded
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nornir_anyconnect.evidence.exports.family import Family

_SLICE = 1 << 13
_MOST_KEPT = 300
"""Elements of an array that are kept for what follows them."""
_DEEPEST = 60
_LATELY = 64
_WINDOW = 1 << 16
_TRIED = 24
_CELL = {"field", "value"}


class JsonDocument(Export):
    """An export that is one document."""

    def __init__(self, family: Family) -> None:
        super().__init__(family, "JSON")

    def envelopes(self, chunks: Iterable[bytes]) -> Iterator[Envelope]:
        """As of :class:`Export`."""
        import ijson  # noqa: PLC0415 - only who has such a file needs it

        events = ijson.sendable_list()
        parser = ijson.basic_parse_coro(events, use_float=True, multiple_values=True)
        builder = _Builder(self.family)
        stream = iter(chunks)
        lately: list[Envelope] = []
        for chunk in stream:
            for at in range(0, len(chunk), _SLICE):
                piece, failed = chunk[at : at + _SLICE], False
                try:
                    parser.send(piece)
                except (ijson.JSONError, StopIteration, ValueError):
                    failed = True
                for event, value in events:
                    for envelope in builder.take(event, value):
                        self.lines += 1
                        lately = [*lately[-_LATELY:], envelope]
                        yield envelope
                del events[:]
                if failed:
                    self.torn = True
                    yield from self._rest(chunk[at:], stream, {each.message for each in lately})
                    return
        try:
            parser.close()
        except (ijson.JSONError, ValueError):
            self.torn = True
        yield from builder.end()
        self.torn |= builder.open

    def _rest(self, first: bytes, stream: Iterator[bytes], known: set[bytes]) -> Iterator[Envelope]:
        """What follows a place that is no JSON: every object that is whole, and the words of one that is not."""
        waiting = first
        while True:
            chunk = next(stream, b"")
            waiting += chunk
            text = decoded(waiting)
            stop = len(text) if not chunk else len(text) - _WINDOW
            at = 0
            while (tag := ANY_TAG.search(text, at)) and tag.start() < stop:
                found, at = _around(self.family, text, at, tag)
                for envelope in found:
                    if envelope.message not in known:
                        self.lines += 1
                        yield envelope
            known = set()
            if not chunk:
                return
            waiting = text[max(at, stop) :].encode(errors="replace")


def _around(family: Family, text: str, begin: int, tag: re.Match[str]) -> tuple[list[Envelope], int]:
    """The messages of the object that a tag stands in, the outermost that is whole, and where it ends."""
    best: tuple[list[Envelope], int] | None = None
    place = tag.start()
    for _ in range(_TRIED):
        place = text.rfind("{", begin, place)
        if place < 0:
            break
        end = _closing(text, place)
        if end > tag.end() and (value := object_in(text[place:end])) is not None:
            best = list(messages_of(family, value)), end
            if not text[:place].rstrip().endswith(":"):  # an element of an array, or a document
                break
    if best:
        return best
    end = min(each for each in (text.find("\n", tag.end()), text.find('"', tag.end()), len(text)) if each >= 0)
    return broken(text[max(begin, tag.start() - 256) : end + 1]), end + 1


def _closing(text: str, begin: int) -> int:
    """Where the object ends that begins there; its beginning where it does not."""
    depth, at = 0, begin
    for found in _STRUCTURE.finditer(text, begin, begin + _WINDOW):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        at = found.end()
        if depth == 0:
            return at
    return begin


_STRUCTURE = re.compile(r'"(?:[^"\\\\]|\\\\.)*"|[{}]')


class _Builder:
    """Puts values together from what the parser meets, and lets go of every element of an array that was read."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._stack: list[Any] = []
        self._keys: list[str] = []
        self._fed: list[bool] = []

    @property
    def open(self) -> bool:
        """The document has not ended."""
        return bool(self._stack)

    def take(self, event: str, value: Any) -> Iterator[Envelope]:
        """One event of the parser; the messages that are complete with it."""
        if event in {"start_map", "start_array"}:
            self._stack.append({} if event == "start_map" else [])
            self._keys.append("")
            self._fed.append(False)
        elif event == "map_key":
            self._keys[-1] = value
        elif event in {"end_map", "end_array"}:
            if self._stack:
                done, fed = self._stack.pop(), self._fed.pop()
                self._keys.pop()
                yield from self._complete(done, fed=fed)
        else:
            yield from self._complete(value, fed=False)

    def end(self) -> Iterator[Envelope]:
        """What the document left open was never an element: its texts."""
        while self._stack:
            done, fed = self._stack.pop(), self._fed.pop()
            self._keys.pop()
            if not fed and isinstance(done, dict):
                yield from self._record(done)
            elif isinstance(done, list):
                yield from self._texts(done)

    def _complete(self, value: Any, *, fed: bool) -> Iterator[Envelope]:
        if not self._stack:  # the document itself
            if isinstance(value, dict) and not fed:
                yield from self._record(value)
            elif isinstance(value, list):
                yield from self._texts(value)
            return
        holder = self._stack[-1]
        if isinstance(holder, dict):
            self._fed[-1] |= fed
            if len(holder) < _MOST_KEPT and len(self._stack) <= _DEEPEST:
                holder[self._keys[-1]] = value
            return
        record = self._element(value, fed=fed)
        if record is not None:
            self._fed[-1] = True
            yield from self._record(record)
        elif len(holder) < _MOST_KEPT:
            holder.append(value)
            self._fed[-1] |= fed
        elif isinstance(value, str):
            self._fed[-1] = True
            yield from self._texts([*holder, value])
            holder.clear()

    def _element(self, value: Any, *, fed: bool) -> dict[str, Any] | None:
        """The element of an array as a record; None where it is none."""
        if fed:
            return None
        if isinstance(value, dict):
            return value if not set(value) >= _CELL and _holds_message(self._family, value) else None
        row = self._row(value) if isinstance(value, list) else {}
        return row if row and _holds_message(self._family, row) else None

    def _row(self, cells: list[Any]) -> dict[str, Any]:
        """A row of a table as an object, by the names of its columns where they stand beside the table."""
        if cells and all(isinstance(each, dict) and set(each) >= _CELL for each in cells):
            return {str(each["field"]): each["value"] for each in cells}  # of CloudWatch's Logs Insights
        for holder in reversed(self._stack):
            columns = holder.get("columns") or holder.get("fields") if isinstance(holder, dict) else None
            if isinstance(columns, list) and len(columns) >= len(cells):
                names = [each.get("name", "") if isinstance(each, dict) else each for each in columns]
                return dict(zip(map(str, names), cells, strict=False))
        return {str(number): cell for number, cell in enumerate(cells)}

    def _record(self, value: dict[str, Any]) -> Iterator[Envelope]:
        beside: dict[str, Any] = {}
        for holder in self._stack:
            if isinstance(holder, dict):
                beside |= {key: each for key, each in holder.items() if not isinstance(each, list)}
        return messages_of(self._family, {**beside, **value})

    def _texts(self, values: list[Any]) -> Iterator[Envelope]:
        """The messages of an array of texts."""
        for value in values:
            if isinstance(value, str) and ANY_TAG.search(value):
                yield Envelope(value.replace("\n", " ").strip().encode(errors="replace"))


def _holds_message(family: Family, value: dict[str, Any]) -> bool:
    fields = flat(value)
    return any(ANY_TAG.search(text) for text in fields.values()) or any(True for _ in family.envelopes(fields))
