"""Exports that are one JSON document: an array of records, the answer of an API, a table with columns and rows.

A document of any size is read as it comes, by ijson, and forgotten record by record: what is an element of an array and
holds a message is a record. What stands beside the array (the labels of a stream, the names of the columns) is known
to it.
"""

from __future__ import annotations

import itertools
import re
import sys
from bisect import bisect_left
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.exports.json_lines import ESCAPED_ID, broken
from nornir_anyconnect.evidence.exports.json_records import Builder, messages_of, object_in
from nornir_anyconnect.evidence.exports.records import SAMPLED, WHOLE, Export, ids
from nornir_anyconnect.evidence.syslog.envelope import PASSED_OVER
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG, ASA_MESSAGES, MARK
from nornir_anyconnect.evidence.syslog.reader import REPEATED
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nornir_anyconnect.evidence.exports.family import Family
    from nornir_anyconnect.evidence.syslog.envelope import Envelope

_SLICE = 1 << 13
_CLOSES = re.compile(rb"[]}]")
_REPEATED = re.compile(REPEATED)
# an element of an array with nothing in it but texts, numbers and objects of such, and arrays that hold no object
_PLAIN = rb"[-+.0-9Eaeflnrstu:,\s]*+"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_VALUES = rb"\[" + _PLAIN + b"(?:" + _STRING + _PLAIN + rb")*+\]"
_OBJECT = reduce(
    lambda inner, _: (
        rb"\{" + _PLAIN + b"(?:(?:" + b"|".join(filter(None, (_STRING, _VALUES, inner))) + b")" + _PLAIN + rb")*+\}"
    ),
    range(5),
    b"",
)
# the last one is read: it shows of which device they are, and until when
_ELEMENT = re.compile(rb"\s*,\s*(?:" + _OBJECT + b"|" + _VALUES + rb")(?=\s*,)", re.DOTALL)
_LATELY = 64
_WINDOW = 1 << 16
_TRIED = 24
_DIGITS = sys.int_info.default_max_str_digits // 2
"""Digits: a longer number than Python takes holds a block of so many whole, wherever the blocks begin."""
_ALWAYS, _LOOKED_THROUGH = 1 << 20, 4
"""Letters that are looked at for what is whole in a broken document: so many, and so many times its length."""


class JsonDocument(Export):
    """An export that is one document."""

    def __init__(self, family: Family) -> None:
        super().__init__(family, "JSON")
        self._tells = re.compile("|".join((MARK.pattern.decode(), *map(re.escape, family.ids))).encode(), re.IGNORECASE)

    def envelopes(self, chunks: Iterable[bytes]) -> Iterator[Envelope]:
        """As of :class:`Export`."""
        import ijson  # noqa: PLC0415 - only who has such a file needs it

        events = ijson.sendable_list()
        # not its floats: with them a whole number of more than 64 bits is an error to it
        parser = ijson.basic_parse_coro(events, multiple_values=True)
        builder = Builder(self.family)
        stream = itertools.chain(chunks, (b"",))
        lately: list[Envelope] = []
        buffer, at, known, begun, sampled, between = b"", 0, 0, 0, 0, False
        for chunk in stream:
            known = max(known, at - _WINDOW)
            buffer, at, known = buffer[known:] + chunk, at - known, 0
            wanted = self._wanted(buffer) if begun >= WHOLE else None
            begun += len(chunk)
            too_long = _too_long_a_number(buffer)
            while at < len(buffer):
                if between and wanted is not None:
                    passed, at = self._pass_over(buffer, at, wanted)
                    builder.pass_over(passed)
                    self.lines += passed
                    yield from (PASSED_OVER,) * (passed > 0)
                    known = at
                    if chunk and len(buffer) - at < _SLICE and begun - sampled < SAMPLED:
                        break  # the next element, which the end of the chunk cuts, may be passed over as well
                    sampled = begun
                closed = _CLOSES.search(buffer, at, at + _SLICE)
                end = closed.end() if closed else min(at + _SLICE, len(buffer))
                failed, last = False, ""
                try:
                    parser.send(buffer[at : min(end, too_long)])
                    failed = end > too_long
                except (ijson.JSONError, StopIteration, ValueError, ArithmeticError):
                    failed = True
                for last, value in events:
                    for envelope in builder.take(last, float(value) if isinstance(value, Decimal) else value):
                        self.lines += 1
                        lately = [*lately[-_LATELY:], envelope]
                        yield envelope
                del events[:]
                if failed:
                    self.torn = True
                    yield from self._rest(buffer[known:], stream, {each.message for each in lately})
                    return
                at = end
                between = closed is not None and last.startswith("end_") and builder.in_array
                known = at if between else known
        try:
            parser.close()
        except (ijson.JSONError, ValueError, ArithmeticError):
            self.torn = True
        yield from builder.end()
        self.torn |= builder.open or builder.partial

    def _wanted(self, buffer: bytes) -> list[int]:
        """Where something stands that has to be read."""
        ids_of = ids() if self.family.ids or self.family.line else ASA_MESSAGES.candidate
        found = itertools.chain.from_iterable(each.finditer(buffer) for each in (ids_of, ESCAPED_ID, _REPEATED))
        return sorted(each.start() for each in found)

    def _pass_over(self, buffer: bytes, begin: int, wanted: list[int]) -> tuple[int, int]:
        """How many of the elements that follow hold a message that nobody wants, and where they end."""
        at = bisect_left(wanted, begin)
        stop = wanted[at] if at < len(wanted) else len(buffer)
        passed, end = 0, begin
        while (element := _ELEMENT.match(buffer, end, stop)) and self._tells.search(buffer, end, element.end()):
            passed, end = passed + 1, element.end()
        return passed, end

    def _rest(self, first: bytes, stream: Iterator[bytes], known: set[bytes]) -> Iterator[Envelope]:
        """What follows a place that is no JSON: every object that is whole, and the words of one that is not."""
        waiting = first
        left = _ALWAYS
        while True:
            chunk = next(stream, b"")
            waiting += chunk
            left += _LOOKED_THROUGH * len(chunk)
            text = decoded(waiting)
            stop = len(text) if not chunk else len(text) - _WINDOW
            at = 0
            while (tag := ANY_TAG.search(text, at)) and tag.start() < stop:
                found, at, looked_at = _around(self.family, text, at, tag, _TRIED if left > 0 else 0)
                left -= looked_at
                for envelope in found:
                    if envelope.message not in known:
                        self.lines += 1
                        yield envelope
            known = set()
            if not chunk:
                return
            waiting = text[max(at, stop) :].encode(errors="replace")


def _too_long_a_number(buffer: bytes) -> int:
    """Where one begins, or the end: ijson's C code would bring the process down, not raise an error."""
    blocks = range(0, len(buffer), _DIGITS)
    return next(
        (at for at in blocks if len(block := buffer[at : at + _DIGITS]) == _DIGITS and block.isdigit()), len(buffer)
    )


def _around(family: Family, text: str, begin: int, tag: re.Match[str], tried: int) -> tuple[list[Envelope], int, int]:
    """The messages of the object that a tag stands in, the outermost that is whole, and where it ends.

    Args:
        family: whose records they are.
        text: what is no document.
        begin: where the object begins at the earliest.
        tag: of the message.
        tried: so many places are tried for its beginning.

    Returns:
        Also how many letters were looked at.

    """
    best: tuple[list[Envelope], int] | None = None
    place, looked_at = tag.start(), 0
    for _ in range(tried):
        place = text.rfind("{", begin, place)
        if place < 0:
            break
        end = _closing(text, place)
        looked_at += end - place or _WINDOW
        if end > tag.end() and (value := object_in(text[place:end])) is not None:
            best = list(messages_of(family, value)), end
            if not text[:place].rstrip().endswith(":"):  # an element of an array, or a document
                break
    if best:
        return *best, looked_at
    last = min(tag.end() + _WINDOW, len(text))
    end = min(each for each in (text.find("\n", tag.end(), last), text.find('"', tag.end(), last), last) if each >= 0)
    return broken(text[max(begin, tag.start() - 256) : end + 1]), end + 1, looked_at


def _closing(text: str, begin: int) -> int:
    """Where the object ends that begins there; its beginning where it does not."""
    depth, at = 0, begin
    for found in _STRUCTURE.finditer(text, begin, begin + _WINDOW):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        at = found.end()
        if depth == 0:
            return at
    return begin


_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}]')
