"""What every reader of an export does: hand on the records that matter, and now and then another one.

Most records of an export are of no interest. So they are not parsed: their raw bytes are searched for the wanted ids,
several times as fast, and only what holds one is read. The first records and the last of each piece are read as well:
they show which devices the export holds, and how long.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.syslog.envelope import PASSED_OVER, Envelope
from nornir_anyconnect.evidence.syslog.messages import ASA_MESSAGES, MARK
from nornir_anyconnect.evidence.syslog.reader import REPEATED, line_ends, scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nornir_anyconnect.evidence.exports.family import Family

WHOLE = 1 << 16
"""Bytes at the beginning of an export of which every record is read."""
_NEAR = 600
SAMPLED = 1 << 20
"""Bytes in which at least one record is read."""
_MONTH = b"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# a quoted field that is a line as an ASA sends it: with its own stamp and name, and nothing in it that is written twice
_WHOLE_MESSAGE = re.compile(
    rb'"(?<!"")((?:<\d{1,3}>)?(?:' + _MONTH + rb") \d\d \d{4} \d\d:\d\d:\d\d [A-Za-z][\w-]{0,63} : "
    rb'%(?:ASA|FTD)-[0-7]-\d{6}: [^"\\\n]*)"(?=[]},;\t|\r\n]|$)'
)
MOST_RECORD = 1 << 20
"""Bytes of one record; of a longer one the rest is left out."""


@lru_cache(maxsize=1)
def ids() -> re.Pattern[bytes]:
    """What a line holds that holds a wanted message."""
    # journald writes a text with a control character as a list of numbers
    numbers = (", ?".join(str(ord(digit)) for digit in each) for each in ASA_MESSAGES.rows)
    return re.compile("|".join((*ASA_MESSAGES.rows, *numbers)).encode())


class Export(ABC):
    """One export, about to be read.

    Args:
        family: whose records they are.
        form: what they are wrapped in, as people call it.

    """

    def __init__(self, family: Family, form: str) -> None:
        self.family = family
        self.read_as = f"{family.name} {form}".strip()
        """As people call it, such as ``Splunk CSV``."""
        self.lines = 0
        """Records or lines met, wanted or not."""
        self.torn = False
        """It begins or ends in the middle of a record."""
        self.unclosed = False
        """It is a list that has no end, as far as it was read."""
        self.even = True
        """What was read ends where a record ends, as far as one can tell."""
        self._going_on = False

    @abstractmethod
    def envelopes(self, chunks: Iterable[bytes]) -> Iterator[Envelope]:
        """The records that matter, in their order.

        Args:
            chunks: of UTF-8, cut anywhere.

        """


class LineExport(Export):
    """An export with one record per line, but for exceptions."""

    @abstractmethod
    def record(self, buffer: bytes, begin: int, end: int) -> tuple[Iterable[Envelope], int]:
        """The messages of the record that the line from ``begin`` to ``end`` is of, and where that record ends."""

    def begin(self, buffer: bytes) -> int:
        """What stands before the first record, such as a header; where the first record begins."""
        del buffer
        return 0

    def is_whole(self, line: bytes) -> bool:
        """Whether a line is a record."""
        del line
        return True

    def around(self, buffer: bytes, base: int, start: int, stop: int) -> tuple[int, int]:
        """Where the record begins that holds the line from ``start`` to ``stop``, and where its first line ends.

        Args:
            buffer: records.
            base: where one of them begins, at ``start`` or before.
            start: of a line.
            stop: of the same line.

        """
        del buffer, base
        return start, stop

    def go_on(self) -> None:
        """What is read next is not the beginning of the export: it has been seen, and its header was read."""
        self._going_on = True

    def complete(self, buffer: bytes) -> int:
        """How many of the bytes, which end with a line, are of whole records: all, where a record is a line."""
        return len(buffer)

    def envelopes(self, chunks: Iterable[bytes]) -> Iterator[Envelope]:
        """As of :class:`Export`."""
        begun, sampled = WHOLE if self._going_on else 0, 0
        for buffer, final in self._blocks(chunks):
            at = self.begin(buffer) if begun == 0 else 0
            self.lines += line_ends(buffer) - buffer.count(b"\n", 0, at)
            self.lines += final and not buffer.endswith(b"\n") and at < len(buffer)
            # the first one may tell of the record that the block before ends with
            while at < len(buffer) and (begun < WHOLE or (at == 0 and buffer.find(REPEATED, 0, _NEAR) >= 0)):
                stop = line_end(buffer, at)
                found, end = self.record(buffer, at, stop)
                yield from found
                begun += max(end, stop) + 1 - at
                at = max(end, stop) + 1
            for line, at_end in self._wanted(buffer, at):
                if line < at:
                    continue
                start, stop = line, at_end
                quick = self._quickly(buffer, start, stop)
                if quick is None:
                    start, stop = self.around(buffer, at, start, stop)
                before = start
                if buffer.find(REPEATED, max(start - _NEAR, at), start) >= 0:
                    before = buffer.rfind(b"\n", at, max(start - 1, at)) + 1 or at
                yield from (PASSED_OVER,) * (before > at)
                if before < start:
                    yield from self.record(buffer, before, start - 1)[0]
                found, end = quick or self.record(buffer, start, stop)
                yield from found
                at = max(end, stop) + 1
                if buffer.find(REPEATED, at, at + _NEAR) >= 0:
                    found, end = self.record(buffer, at, line_end(buffer, at))
                    yield from found
                    at = end + 1
            sampled += len(buffer)
            yield from (PASSED_OVER,) * (at < len(buffer))
            if at < len(buffer) and (final or sampled >= SAMPLED):
                sampled = 0
                last = buffer.rfind(b"\n", at, len(buffer) - 1) + 1 or at
                yield from self.record(buffer, *self.around(buffer, at, last, line_end(buffer, last)))[0]
            begun = max(begun, 1)

    def _quickly(self, buffer: bytes, start: int, stop: int) -> tuple[Iterable[Envelope], int] | None:
        """The record of a line as most are: what has its own time and device needs nothing of what is around it.

        None where more must be looked at: the one tag is not that of a quoted field, or quotes reach beyond the line.
        """
        whole = None if self.family.ids else _WHOLE_MESSAGE.search(buffer, start, stop)
        if whole is None or MARK.search(buffer, start, whole.start()) or MARK.search(buffer, whole.end(), stop):
            return None
        if buffer.count(b'"', start, whole.start()) % 2 or buffer.count(b'"', whole.end(), stop) % 2:
            return None
        return (Envelope(whole[1]),), stop

    def _blocks(self, chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
        """The same bytes, cut between records, as far as records have an end; and whether these are the last."""
        rest = b""
        for chunk in chunks:
            begin = 0
            if rest:
                # only the record that a cut divides is put together: the others are read where they lie
                begin = chunk.find(b"\n") + 1
                first = rest + chunk[:begin]
                if begin and self.complete(first) == len(first):
                    yield first, False
                else:
                    chunk, begin = (rest + chunk)[-MOST_RECORD:], 0  # noqa: PLW2901 - it begins earlier
                rest = b""
            tail = chunk.rfind(b"\n", begin) + 1
            block = chunk[begin:tail] if tail else b""
            cut = self.complete(block) if block else 0
            if block and not cut and len(block) >= MOST_RECORD:
                cut = len(block)
            if cut:
                yield (block if cut == len(block) else block[:cut]), False
            rest = block[cut:] + chunk[max(tail, begin) :]
        if rest:
            self.even &= self.complete(rest) == len(rest)
            yield rest, True

    def _wanted(self, buffer: bytes, begin: int) -> Iterator[tuple[int, int]]:
        """Where the lines begin and end that may hold a wanted message."""
        if not (self.family.ids or self.family.line):
            yield from scan(buffer, begin)
            return
        search, position = ids().search, begin
        while found := search(buffer, position):
            start = buffer.rfind(b"\n", begin, found.start()) + 1 or begin
            position = line_end(buffer, found.end())
            yield start, position


def line_end(buffer: bytes, at: int) -> int:
    """Where the line ends that ``at`` is in."""
    stop = buffer.find(b"\n", at)
    return len(buffer) if stop < 0 else stop


def holds_another(raw: bytes, found: list[Envelope]) -> bool:
    """Whether a wanted message stands in a record beside those that were found in it."""
    told = {each[0][-6:] for each in ASA_MESSAGES.candidate.finditer(raw)}
    return any(not any(name in each.message for each in found) for name in told)
