"""A text that may hold several messages per line, or lines that were broken -> records.

Where one message ends and the next begins, ``message_boundaries`` tells; here each is read, or given up and counted.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.syslog.message_boundaries import (
    CUT_TAG,
    Ending,
    Shape,
    Text,
    after_other,
    begins_message,
    bodies,
    endings,
    header_start,
    is_bare_header,
    number_of,
    passed_over,
)
from nornir_anyconnect.evidence.syslog.messages import Record
from nornir_anyconnect.evidence.syslog.sightings import Sightings
from nornir_anyconnect.plain_text import decoded, harmless

if TYPE_CHECKING:
    from collections.abc import Generator

    from nornir_anyconnect.evidence.syslog.header import HeaderReader
    from nornir_anyconnect.evidence.syslog.messages import Catalogue, Message

MAX_LINE = 2048
"""Longer lines are read up to here (bytes)."""
SAMPLE = 20
"""How many unreadable lines are kept to be shown."""


class TextReader:
    """Reads the messages of texts, and counts what it met.

    Args:
        header: reads what stands before the tag.
        catalogue: the messages wanted.

    """

    def __init__(self, header: HeaderReader, catalogue: Catalogue) -> None:
        self._header = header
        self._catalogue = catalogue
        self._shape = Shape()
        self.sightings = Sightings(header)
        """The devices met, whatever their lines say."""
        self.counts: Counter[str] = Counter()
        """Messages read, by id."""
        self.unreadable = 0
        """Messages with a wanted id that could not be read."""
        self.unreadable_sample: list[str] = []

    def _read_text(
        self, text: str, width: int, *, until: int | None = None, final: bool = True
    ) -> Generator[Record, None, int]:
        """Every message of a text that may hold several; returns the offset of what was left.

        Args:
            text: lines.
            width: the longest line of the log.
            until: tags from this offset on are another line's.
            final: nothing follows the text; else its last message is left.

        """
        several = Text(text, width, self._catalogue.rows)
        flat, tags = several.flat, several.tags
        until = len(text) if until is None else until
        last = len(tags) if final else len(tags) - 1
        at, header = 0, self._first_header(several)
        while at < last and tags[at].start() < until:
            row = self._catalogue.rows.get(number_of(tags[at]))
            if self._shape.broken:
                read = self._header.read(flat[header : tags[at].start()].encode(errors="replace"))
                self.sightings.note(read, int(tags[at]["level"]))
            behind = len(flat)
            if row is None:
                ending, lost = after_other(several, at, header)
            else:
                record, ending, behind = self._message(several, at, header, row)
                lost = record is None
                if record is not None:
                    yield record
            for _ in range(lost + passed_over(several, at, ending, behind)):
                self._give_up(flat[header : ending.end])
            at, header = ending.tag, ending.header
        read_tags = {tag.start("id") for tag in tags}
        for cut in CUT_TAG.finditer(text, 0, until):
            if (
                cut["id"] in self._catalogue.rows
                and cut.start("id") not in read_tags
                and (final or cut.start() < header)
            ):
                self._give_up(flat[cut.start() : cut.start() + MAX_LINE])
        return header if tags else max(len(text) - MAX_LINE, 0)

    def _first_header(self, text: Text) -> int:
        if not text.tags:
            return 0
        begin = text.tags[0].start()
        line = text.lines.rfind("\n", 0, begin) + 1
        if begins_message(text.lines[line:]) and not self._shape.broken:
            return line
        start = header_start(text.flat, 0, begin)
        return line if start is None else start

    def _message(self, text: Text, at: int, header: int, row: Message) -> tuple[Record | None, Ending, int]:
        """The record of the tag number ``at``, None where it cannot be read, and where its message ends.

        Last the offset behind which nothing is a part of it, whatever somebody quotes.
        """
        tag = text.tags[at]
        begin = tag.end()
        possible = endings(text, at, header)
        for ending in possible:
            found = None
            for body in bodies(text.lines, begin, min(ending.end, begin + MAX_LINE), text.width):
                other = row.match(body)
                if found and other and row.certain(found) != row.certain(other):
                    found = None  # a name was broken, and nobody can tell whether at a blank
                    break
                found = found or other
            if found is None:
                continue
            if not ending.stamped:
                behind = begin + found.end()
                if row.words or not is_bare_header(text.flat[behind : ending.end]):
                    continue
                ending = ending._replace(header=behind)  # noqa: PLW2901 - the header is known only now
            raw = text.flat[header : tag.start()].encode(errors="replace")
            end = len(text.flat) if row.words else begin + found.end()
            return self._record(number_of(tag), int(tag["level"]), row.fields(found), raw), ending, end
        return None, next((each for each in possible if each.stamped), possible[-1]), len(text.flat)

    def _record(self, message: str, level: int, fields: tuple[object, ...], raw: bytes) -> Record:
        self.counts[message] += 1
        header = self._header.read(raw)
        self.sightings.note(header, level)
        return Record(message, header.time, header.device, fields, header.times, header.otherwise)

    def _left_out(self, raw: bytes, begin: int) -> None:
        """What stands behind ``begin`` is too long to be read: what it holds is counted."""
        for found in self._catalogue.candidate.finditer(raw, begin):
            self._give_up(decoded(raw[found.start() : found.start() + MAX_LINE]))

    def _give_up(self, text: str) -> None:
        self.unreadable += 1
        if len(self.unreadable_sample) < SAMPLE:
            self.unreadable_sample.append(harmless(text.rstrip()))
