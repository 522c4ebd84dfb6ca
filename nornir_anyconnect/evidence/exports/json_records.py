"""Values of JSON as records: the fields of an object by their dotted names, and the records that one holds.

What is an element of an array and holds a message is a record; what stands beside the array (the labels of a stream,
the names of the columns, the number of all results) is known to it.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.evidence.exports.family import Family, tells
from nornir_anyconnect.evidence.exports.records import holds_another
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST = 12
_DEEPEST_KEPT = 60
_MOST_FIELDS = 1000
_MOST_KEPT = 300
"""Elements of an array that are kept for what follows them."""
_INNER = 2
"""A message may be JSON itself, as what a collector writes into another one's log."""
_CELL = {"field", "value"}

_DECODER = json.JSONDecoder(strict=False)
OTHER = Family("")
"""Records of no family that is known: read by what fields are usually called."""
_RESULTS = ("hits", "messages", "results", "events")
_TOTALS = ("total", "total_results", "total_events")
# what an API says where it answers a part of what was asked for
_THERE_IS_MORE = frozenset({
    "nexttoken", "nextlink", "@odata.nextlink", "next_page_token", "nextpagetoken", "timed_out", "truncated",
    "istruncated", "partial", "is_partial", "next", "cursor", "reached_record_limit", "reached_time_limit",
})  # fmt: skip


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


class Builder:
    """Puts values together from what the parser meets, and lets go of every element of an array that was read."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._stack: list[Any] = []
        self._keys: list[str] = []
        self._fed: list[bool] = []
        self._sizes: list[Counter[str]] = []
        self._below = 0
        self.partial = False
        """It says that it does not hold all that was found, or what it holds lies deeper than any export puts it, or
        stands twice."""

    @property
    def open(self) -> bool:
        """The document has not ended."""
        return bool(self._stack)

    @property
    def in_array(self) -> bool:
        """What comes next is an element of an array, or its end."""
        return bool(self._stack) and isinstance(self._stack[-1], list) and not self._below

    def pass_over(self, elements: int) -> None:
        """So many elements of the array were not looked at."""
        self._sizes[-1][""] += elements

    def take(self, event: str, value: Any) -> Iterator[Envelope]:
        """One event of the parser; the messages that are complete with it."""
        if self._below or (event in {"start_map", "start_array"} and len(self._stack) >= _DEEPEST_KEPT):
            self._below += {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}.get(event, 0)
            self.partial = True
        elif event in {"start_map", "start_array"}:
            self._stack.append({} if event == "start_map" else [])
            self._keys.append("")
            self._fed.append(False)
            self._sizes.append(Counter())
        elif event == "map_key":
            if value == "0" and not self._stack[-1]:  # a list whose places are names, as pandas writes one
                self._stack[-1] = []
            self._keys[-1] = value
        elif event in {"end_map", "end_array"}:
            if self._stack:
                done, fed = self._stack.pop(), self._fed.pop()
                self._keys.pop()
                self._count(done, self._sizes.pop())
                if self._stack and isinstance(done, list) and (fed or self._are_lines(done)):
                    yield from self._lines(done)
                    done, fed = [], True
                yield from self._complete(done, fed=fed)
        else:
            yield from self._complete(value, fed=False)

    def end(self) -> Iterator[Envelope]:
        """What the document left open was never an element: its texts."""
        while self._stack:
            done, fed = self._stack.pop(), self._fed.pop()
            self._keys.pop()
            self._sizes.pop()
            if not fed and isinstance(done, dict):
                yield from self._record(done)
            elif isinstance(done, list):
                yield from self._texts(done)

    def _count(self, value: dict[str, Any] | list[Any], sizes: Counter[str]) -> None:
        """Compares the number of results that stands beside a list with how many are in it."""
        if isinstance(value, list):
            if self._sizes:
                self._sizes[-1][self._keys[-1]] = sizes[""]
            return
        total = next((value[name] for name in _TOTALS if name in value), None)
        if isinstance(total, dict):  # "gte": so many were counted, and no more were
            total = total.get("value", 0) + (total.get("relation") == "gte")
        held = max((sizes[name] for name in _RESULTS), default=0)
        self.partial |= isinstance(total, int) and 0 < held < total

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
            self.partial |= bool(value) and self._keys[-1].lower() in _THERE_IS_MORE and not isinstance(value, dict)
            known = holder.get(self._keys[-1])
            self.partial |= isinstance(known, str) and known != value and tells(known)
            if len(holder) < _MOST_KEPT:
                holder[self._keys[-1]] = value
            return
        self._sizes[-1][""] += 1
        record = self._element(value, fed=fed)
        if record is not None:
            self._fed[-1] = True
            yield from self._record(record)
        elif len(holder) < _MOST_KEPT:
            holder.append(value)
            self._fed[-1] |= fed
        elif isinstance(value, str):
            self._fed[-1] = True
            yield from self._lines([*holder, value])
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
        found = list(messages_of(self._family, {**beside, **value}))
        self.partial |= holds_another(" ".join(flat(value).values()).encode(errors="replace"), found)
        yield from found

    def _are_lines(self, values: list[Any]) -> bool:
        """A field of an object that holds several messages; where it holds one, that is the object's."""
        return isinstance(self._stack[-1], dict) and _tell(values) > 1

    def _lines(self, values: list[Any]) -> Iterator[Envelope]:
        """The messages of an array of texts, of which what stands beside it tells more."""
        told: Envelope | None = None
        for value in values:
            if not isinstance(value, str) or not tells(value):
                continue
            if told is None or "\n" in value:
                for told in self._record({"message": value}):
                    yield told
            else:
                yield told._replace(message=value.strip().encode(errors="replace"))

    def _texts(self, values: list[Any]) -> Iterator[Envelope]:
        """The messages of an array of texts."""
        for value in values:
            if isinstance(value, str) and ANY_TAG.search(value):
                yield Envelope(value.replace("\n", " ").strip().encode(errors="replace"))


def _holds_message(family: Family, value: dict[str, Any]) -> bool:
    fields = flat(value)
    return any(ANY_TAG.search(text) for text in fields.values()) or any(True for _ in family.envelopes(fields))


class Several(NamedTuple):
    """The messages of an object that holds several records."""

    found: list[Envelope]
    partial: bool


def records_in(family: Family, value: dict[str, Any]) -> Several | None:
    """The records of an object that holds lists of them; None where it is one record itself."""
    if not _holds_lists(value):
        return None
    builder = Builder(family)
    found = [envelope for event, each in _walked(value) for envelope in builder.take(event, each)]
    return Several(found, builder.partial)


def _tell(values: list[Any]) -> int:
    """How many of them are messages."""
    return sum(1 for each in values if isinstance(each, str) and ANY_TAG.search(each))


def _holds_lists(value: dict[str, Any] | list[Any], depth: int = _DEEPEST) -> bool:
    if isinstance(value, dict) and next(iter(value), None) == "0":
        return True
    inner = value.values() if isinstance(value, dict) else value
    for each in inner:
        if isinstance(each, list) and each and (isinstance(each[0], dict | list) or _tell(each) > 1):
            return True
        if isinstance(each, dict) and depth and _holds_lists(each, depth - 1):
            return True
    return False


def _walked(value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """A value as what a parser would have met, as deep as it is looked at."""
    if depth > _DEEPEST_KEPT:
        yield "value", None
    elif isinstance(value, dict):
        yield "start_map", None
        for key, each in value.items():
            yield "map_key", key
            yield from _walked(each, depth + 1)
        yield "end_map", None
    elif isinstance(value, list):
        yield "start_array", None
        for each in value:
            yield from _walked(each, depth + 1)
        yield "end_array", None
    else:
        yield "value", value
