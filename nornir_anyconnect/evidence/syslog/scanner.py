"""ASA syslog -> events: the messages that tell of the reconnect, in every header form, matched by id alone.

Lines without a wanted id cost one pass of a bytes regex; only candidates are decoded. The first message tag of a line
is its id; what a later one is, ``several`` tells. A log with broken lines is read as one text.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.plain_text import decoded, harmless
from nornir_anyconnect.evidence.sightings import Sightings
from nornir_anyconnect.evidence.syslog.header import UNNAMED, HeaderReader
from nornir_anyconnect.evidence.syslog.line_reflow import (
    BLOCK,
    Shape,
    begins_message,
    blocks,
    bodies,
    mended,
    place_to_cut,
    shape_of,
)
from nornir_anyconnect.evidence.syslog.message_boundaries import (
    CUT_TAG,
    Ending,
    Text,
    after_other,
    endings,
    header_start,
    is_bare_header,
    number_of,
    passed_over,
)
from nornir_anyconnect.evidence.syslog.messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from datetime import datetime, tzinfo

    from nornir_anyconnect.evidence import events as ev
    from nornir_anyconnect.evidence.syslog.envelope import Envelope
    from nornir_anyconnect.evidence.syslog.messages import Message

MAX_LINE = 2048
"""Longer lines are read up to here (bytes)."""
_MAX_REST = 1 << 20
_FOLLOWING = 1024
_MAX_CONTINUED = 4
SAMPLE = 20
"""How many unreadable lines are kept to be shown."""

WANTED = rb"722(?:011|02[238]|03[2-7]|043|051)|602101|1130[13]9|71605[89]|7250(?:01|02|12)"
# the leading literal makes the search skip from dash to dash: several times faster than starting with the digits; and
# branches that begin with one literal each are told apart by it, without trying them
_CANDIDATE = re.compile(rb"-(?:" + WANTED + rb"|\n(?:" + WANTED + rb")|\r\n(?:" + WANTED + rb"))(?![0-9])")
_TAG = re.compile(rb"(?:%|\b)(?:ASA|FTD|PIX)-(?:[A-Za-z][\w-]{0,31}-)?[0-7]-(\d{6})(?::|(?=\s))[ \t]*")


def scan(buffer: bytes, begin: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where the lines that may hold a wanted message begin and end, as offsets into ``buffer``.

    Args:
        buffer: lines.
        begin: offset of the first line.
        end: offset behind the last line; default the whole buffer.

    """
    search, position, last = _CANDIDATE.search, begin, len(buffer) if end is None else end
    while found := search(buffer, position, last):
        start = buffer.rfind(b"\n", begin, found.start())
        position = buffer.find(b"\n", found.end(), last)
        if position < 0:
            position = last
        yield (start + 1 if start >= 0 else begin), position


def holds_message(text: bytes) -> bool:
    """Whether there is a message of an ASA in it, wanted or not."""
    return _TAG.search(text) is not None


class SyslogReader:
    """Reads the lines of one stream, and counts what it met.

    Args:
        device: the device of lines that name none.
        year: the year of stamps without one, for the first of them; inferred where it is not given.
        tz: the zone of stamps that name none.
        reference: when the lines were written at the latest, to infer years from; default now.
        after: the last stamp without a year of the file before, where a log was rotated.

    """

    def __init__(
        self,
        *,
        device: str = UNNAMED,
        year: int | None = None,
        tz: tzinfo = UTC,
        reference: datetime | None = None,
        after: datetime | None = None,
    ) -> None:
        self._header = HeaderReader(device=device, year=year, tz=tz, reference=reference, after=after)
        self._shape = Shape()
        self.sightings = Sightings(self._header)
        """The devices met, whatever their lines say."""
        self.lines = 0
        """Lines met, wanted or not."""
        self.counts: Counter[str] = Counter()
        """Messages read, by id."""
        self.unreadable = 0
        """Messages with a wanted id that could not be read."""
        self.unreadable_sample: list[str] = []

    @property
    def anchor(self) -> datetime | None:
        """The last stamp without a year: ``after`` of the file that follows."""
        return self._header.anchor

    def read_line(self, line: str | bytes) -> ev.Event | None:
        """The first event of a line; None where it holds no wanted message, or an unreadable one, which is counted."""
        raw = line.encode(errors="replace") if isinstance(line, str) else line
        self.lines += 1
        return next(iter(self._read(raw)), None)

    def read(self, chunks: Iterable[bytes]) -> Iterator[ev.Event]:
        """The events of a stream that is cut into chunks anywhere; memory is bounded by the chunk's size."""
        pieces = blocks(chunks)
        first = next(pieces, b"")
        self._shape = shape_of(first[:BLOCK])
        whole = self._read_pasted if self._shape.broken else self._read_whole
        yield from whole(itertools.chain((first,), pieces))

    def read_envelopes(self, envelopes: Iterable[Envelope]) -> Iterator[ev.Event]:
        """The events of an export's records; records without a wanted message cost little, and name their device.

        An export reader need not hand on every record: those of its first 64 KiB, then those with a wanted message
        (:func:`scan` finds them in raw bytes), and now and then another one show which devices it holds and how long.
        """
        for envelope in envelopes:
            events = list(self._read(envelope.message))
            fallback = self._header.stamp_of(envelope.time) if envelope.time else None
            if not events and (tag := _TAG.search(envelope.message)):
                time, device, _ = self._header.read(envelope.message[: tag.start()])
                self.sightings.note(time or fallback, self._named(device, envelope))
            for event in events:
                device = self._named(event.device, envelope)
                yield replace(event, time=event.time or fallback, device=device)

    def _named(self, device: str, envelope: Envelope) -> str:
        return harmless(envelope.device) if envelope.device and device == self._header.unnamed else device

    def _read_whole(self, chunks: Iterable[bytes]) -> Iterator[ev.Event]:
        """A log with one message per line, but for exceptions."""
        rest = b""
        for chunk in chunks:
            # only the line that a cut divides is put together, and what it may go on in: the rest is read where it lies
            head = chunk.find(b"\n") + 1
            tail = chunk.rfind(b"\n", 0, max(len(chunk) - _FOLLOWING, 0)) + 1
            if not tail:
                rest = (rest + chunk)[:_MAX_REST]
                continue
            if rest:
                yield from self._read_lines(rest + chunk[: head + _FOLLOWING], 0, len(rest) + head)
            self.sightings.sample(chunk, 0, tail)
            yield from self._read_lines(chunk, head if rest else 0, tail)
            rest = chunk[tail:]
        if rest:
            self.sightings.sample(rest, 0, len(rest))
            self.lines += not rest.endswith(b"\n")
            yield from self._read_lines(rest)

    def _read_lines(self, buffer: bytes, begin: int = 0, end: int | None = None) -> Iterator[ev.Event]:
        self.lines += buffer.count(b"\n", begin, end)
        for start, stop in scan(buffer, begin, end):
            yield from self._read(buffer[start : min(stop, start + MAX_LINE)], buffer[stop + 1 : stop + 1 + _FOLLOWING])

    def _read(self, raw: bytes, following: bytes = b"") -> Iterable[ev.Event]:
        raw = raw[:MAX_LINE]
        tag = _TAG.search(raw)
        end = tag.end() if tag else 0
        if tag and raw.find(b"ASA-", end) < 0 and raw.find(b"FTD-", end) < 0 and raw.find(b"PIX-", end) < 0:
            kind = MESSAGES.get(message := tag[1].decode())
            if kind is None:
                return ()
            body = decoded(raw[end:]).rstrip("\r\n")
            # what ends in somebody's words may go on in the next line
            if (not kind.words or not following or begins_message(decoded(following[:512]))) and (
                found := kind.match(body)
            ):
                return (self._event(message, kind, found, raw[: tag.start()]),)
        text = decoded(raw).replace("\r", "")
        own = len(text)
        for line in decoded(following).replace("\r", "").split("\n")[:_MAX_CONTINUED]:
            if not line.strip() or begins_message(line):
                break
            text += "\n" + line
        return list(self._read_text(text, max(map(len, text.split("\n"))), until=own))

    def _read_pasted(self, chunks: Iterable[bytes]) -> Iterator[ev.Event]:
        """A log with broken lines."""
        rest, text = b"", ""
        for chunk in chunks:
            rest += chunk
            if cut := place_to_cut(rest):
                text += self._mended(rest[:cut])
                rest = rest[cut:]
                # the last message may go on in what follows
                done = yield from self._read_text(text, self._shape.width, final=False)
                text = text[max(done, len(text) - _MAX_REST) :]
        yield from self._read_text(text + self._mended(rest), self._shape.width)

    def _mended(self, raw: bytes) -> str:
        self.lines += raw.count(b"\n") + (raw[-1:] not in {b"", b"\n"})
        lines = decoded(raw).replace("\r", "").split("\n")
        return "\n".join(mended(lines, self._shape.width) if self._shape.terminal else lines)

    def _read_text(
        self, text: str, width: int, *, until: int | None = None, final: bool = True
    ) -> Generator[ev.Event, None, int]:
        """Every message of a text that may hold several; returns the offset of what was left.

        Args:
            text: lines.
            width: the longest line of the log.
            until: tags from this offset on are another line's.
            final: nothing follows the text; else its last message is left.

        """
        several = Text(text, width)
        flat, tags = several.flat, several.tags
        until = len(text) if until is None else until
        last = len(tags) if final else len(tags) - 1
        at, header = 0, self._first_header(several)
        while at < last and tags[at].start() < until:
            kind = MESSAGES.get(number_of(tags[at]))
            if self._shape.broken:
                self.sightings.note(*self._header.read(flat[header : tags[at].start()].encode(errors="replace"))[:2])
            if kind is None:
                ending, lost = after_other(several, at, header)
            else:
                event, ending = self._message(several, at, header, kind)
                lost = event is None
                if event is not None:
                    yield event
            for _ in range(lost + passed_over(several, at, ending)):
                self._give_up(flat[header : ending.end])
            at, header = ending.tag, ending.header
        read = {tag.start(1) for tag in tags}
        for cut in CUT_TAG.finditer(text, 0, until):
            if cut[1] in MESSAGES and cut.start(1) not in read and (final or cut.start() < header):
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

    def _message(self, text: Text, at: int, header: int, kind: Message) -> tuple[ev.Event | None, Ending]:
        """The event of the tag number ``at``, None where it cannot be read, and where its message ends."""
        tag = text.tags[at]
        begin = tag.end()
        possible = endings(text, at, header)
        for ending in possible:
            found = None
            for body in bodies(text.lines, begin, min(ending.end, begin + MAX_LINE), text.width):
                other = kind.match(body)
                if found and other and kind.fields(found) != kind.fields(other):
                    found = None  # a name was broken, and nobody can tell whether at a blank
                    break
                found = found or other
            if found is None:
                continue
            if not ending.stamped:
                behind = begin + found.end()
                if kind.words or not is_bare_header(text.flat[behind : ending.end]):
                    continue
                ending = ending._replace(header=behind)  # noqa: PLW2901 - the header is known only now
            raw = text.flat[header : tag.start()].encode(errors="replace")
            return self._event(number_of(tag), kind, found, raw), ending
        return None, next((each for each in possible if each.stamped), possible[-1])

    def _event(self, message: str, kind: Message, found: re.Match[str], header: bytes) -> ev.Event:
        self.counts[message] += 1
        time, device, count = self._header.read(header)
        return kind.make((message, time, device), found, count)

    def _give_up(self, text: str) -> None:
        self.unreadable += 1
        if len(self.unreadable_sample) < SAMPLE:
            self.unreadable_sample.append(harmless(text.rstrip()))
