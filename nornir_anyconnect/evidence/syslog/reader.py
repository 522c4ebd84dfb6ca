"""ASA syslog -> records and events: the messages that tell of the reconnect, in every header form, matched by id alone.

Lines without a wanted id cost one pass of a bytes regex; only candidates are decoded. The first message tag of a line
is its id; what a later one is, ``message_boundaries`` tells. A log with broken lines is read as one text.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.syslog.envelope import PASSED_OVER
from nornir_anyconnect.evidence.syslog.header import UNNAMED, Header, HeaderReader
from nornir_anyconnect.evidence.syslog.message_boundaries import (
    BLOCK,
    Shape,
    begins_message,
    begins_within_a_line,
    blocks,
    ends_within_a_line,
    mended,
    place_to_cut,
    shape_of,
)
from nornir_anyconnect.evidence.syslog.messages import (
    ASA_MESSAGES,
    BEGINS_BODY,
    MARK,
    PRODUCT,
    TAG,
    Record,
)
from nornir_anyconnect.evidence.syslog.sightings import Sighting
from nornir_anyconnect.evidence.syslog.stamps import NOTHING_KNOWN, microseconds
from nornir_anyconnect.evidence.syslog.text_reader import MAX_LINE, SAMPLE, TextReader
from nornir_anyconnect.evidence.syslog.usual_messages import UsualMessages
from nornir_anyconnect.evidence.syslog.wrappings import unescaped, unwrapped
from nornir_anyconnect.plain_text import decoded, harmless

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from nornir_anyconnect.evidence import events as ev
    from nornir_anyconnect.evidence.syslog.envelope import Envelope
    from nornir_anyconnect.evidence.syslog.messages import Catalogue
    from nornir_anyconnect.evidence.syslog.stamps import DatesSeen, StampContext

_MAX_REST = 1 << 20
_FOLLOWING = 1024
_MAX_CONTINUED = 4

_TAG = re.compile((TAG + BEGINS_BODY).encode())
_REPEATED = re.compile(rb"[^\n]{0,120}?\blast message repeated (\d{1,6}) times?\b(?!: ?\[)")
_BEGINS = re.compile(rb"<\d{1,3}>|\d{4}-\d\d-\d\d")
REPEATED = b"message repeated"
"""What a relay writes instead of the same line again; cheap to look for before :data:`_REPEATED` is."""
_REPEATED_LINE = 200
_CUT_BEFORE = re.compile(rf"%{PRODUCT}".encode())


def scan(
    buffer: bytes, begin: int = 0, end: int | None = None, *, catalogue: Catalogue = ASA_MESSAGES
) -> Iterator[tuple[int, int]]:
    """Where the lines that may hold a wanted message begin and end, as offsets into ``buffer``.

    Args:
        buffer: lines.
        begin: offset of the first line.
        end: offset behind the last line; default the whole buffer.
        catalogue: the messages wanted.

    """
    search, position, last = catalogue.candidate.search, begin, len(buffer) if end is None else end
    while found := search(buffer, position, last):
        start = buffer.rfind(b"\n", begin, found.start())
        position = buffer.find(b"\n", found.end(), last)
        if position < 0:
            position = last
        yield (start + 1 if start >= 0 else begin), position


def holds_message(text: bytes) -> bool:
    """Whether there is a message of an ASA in it, wanted or not."""
    return _TAG.search(text) is not None


def line_ends(text: bytes) -> int:
    """How many there are."""
    # to take them out finds them with memchr, which count() does not use: half the time
    return len(text) - len(text.replace(b"\n", b""))


@dataclass(slots=True)
class ReaderState:
    """What a stream turned out to hold, beside its messages; each as in :class:`SyslogReader`."""

    lines: int
    counts: Counter[str]
    unreadable: int
    unreadable_sample: list[str]
    torn: bool
    devices: dict[str, Sighting]
    dates: DatesSeen
    latest: datetime
    anchor: datetime | None

    def add(self, other: ReaderState) -> None:
        """What the part of the same log holds that follows."""
        self.lines += other.lines
        self.counts += other.counts
        self.unreadable += other.unreadable
        self.unreadable_sample += other.unreadable_sample[: SAMPLE - len(self.unreadable_sample)]
        self.torn |= other.torn
        for name, sighting in other.devices.items():
            self.devices.setdefault(name, Sighting()).add(sighting)
        self.dates.add(other.dates)
        self.anchor = other.anchor


class SyslogReader(TextReader):
    """Reads the lines of one stream, and counts what it met.

    Args:
        known: of its stamps.
        device: the device of lines that name none.
        catalogue: the messages wanted.

    """

    def __init__(
        self, known: StampContext = NOTHING_KNOWN, *, device: str = UNNAMED, catalogue: Catalogue = ASA_MESSAGES
    ) -> None:
        header = HeaderReader(known, device=device)
        super().__init__(header, catalogue)
        self.lines = 0
        """Lines met, wanted or not."""
        self.torn = False
        """The stream begins or ends in the middle of a line."""
        self._waiting = 0
        """Repetitions that the line before speaks of."""
        self._usual = UsualMessages(header, self.sightings, catalogue)

    @property
    def state(self) -> ReaderState:
        """What was met so far, beside the messages."""
        calendar = self._header.calendar
        return ReaderState(
            lines=self.lines,
            counts=self.counts,
            unreadable=self.unreadable,
            unreadable_sample=self.unreadable_sample,
            torn=self.torn,
            devices=self.sightings.devices,
            dates=calendar.dates,
            latest=calendar.latest,
            anchor=calendar.anchor,
        )

    def read_line(self, line: str | bytes) -> ev.Event | None:
        """The first event of a line; None where it holds no wanted message, or an unreadable one, which is counted."""
        raw = line.encode(errors="replace") if isinstance(line, str) else line
        self.lines += 1
        return next((self._event(record) for record in self._read(raw)), None)

    def read(self, chunks: Iterable[bytes]) -> Iterator[ev.Event]:
        """The events of a stream in the order of its lines; dates that can be read both ways have the day first."""
        return map(self._event, self.records(chunks))

    def records(self, chunks: Iterable[bytes], *, part: bool = False) -> Iterator[Record]:
        """The messages of a stream that is cut into chunks anywhere; memory is bounded by the chunk's size.

        Args:
            chunks: lines.
            part: they are a part of a log with one message per line, and begin and end between lines.

        """
        pieces = blocks(chunks)
        first = next(pieces, b"")
        self.torn = begins_within_a_line(first[:BLOCK])
        if not part:
            pieces = unwrapped(itertools.chain((first,), pieces))
            first = next(pieces, b"")
        self._shape = Shape() if part else shape_of(first[:BLOCK])
        whole = self._read_pasted if self._shape.broken else self._read_whole
        yield from whole(itertools.chain((first,), pieces))

    def read_envelopes(self, envelopes: Iterable[Envelope]) -> Iterator[ev.Event]:
        """The events of an export's records, as :meth:`records_of` reads them."""
        return map(self._event, self.records_of(envelopes))

    def records_of(self, envelopes: Iterable[Envelope]) -> Iterator[Record]:
        """The messages of an export's records; records without a wanted message cost little, and name their device.

        An export reader need not hand on every record: those of its first 64 KiB, then those with a wanted message
        (:func:`scan` finds them in raw bytes), one that says "last message repeated", and now and then another one
        show which devices it holds and how long. For what it leaves out stands one that is empty.
        """
        held: Record | None = None
        before = 0
        unnamed, device = self._header.unnamed, ""
        for envelope in envelopes:
            if envelope.device != device and envelope is not PASSED_OVER:
                device = envelope.device
                self._header.call_unnamed(harmless(device, 128) or unnamed)
            if REPEATED in envelope.message and (again := _REPEATED.match(envelope.message)):
                before = int(again[1])
                held = held and held._replace(repeated_behind=before)
                continue
            read = self._read_as_usual(envelope.message) or self._read(envelope.message)
            found = [
                self._with_envelope(record, envelope) if record.time is None and envelope.time else record
                for record in read
            ]
            if not found:
                if held:
                    yield held
                held = None
                if tag := _TAG.search(envelope.message):
                    self._sight(envelope, tag)
            for record in found:
                if held:
                    yield held
                held, before = record._replace(repeated_before=before) if before else record, 0
            before = 0
        if held:
            yield held

    def _event(self, record: Record) -> ev.Event:
        times = record.times + record.repeated_behind
        return self._catalogue.event(record.message, record.time, record.device, record.fields, times)

    def _read_as_usual(self, message: bytes) -> list[Record] | None:
        """The record of a message with a header of its own, as most have; None where more must be looked at."""
        found = self._catalogue.candidate.search(message)
        if found is None:
            return None
        dash = found.start()
        header, text = self._usual.header(message[:dash]), self._usual.text(message[dash + 1 :])
        if header is None or text is None:
            return None
        self.counts[text.message] += 1
        return [Record(text.message, header.time, header.device, text.fields)]

    def _with_envelope(self, record: Record, envelope: Envelope) -> Record:
        moment = self._header.moment_of(envelope.time)
        record = record._replace(time=microseconds(moment.time), otherwise=microseconds(moment.otherwise))
        self.sightings.note(Header(record.time, record.device, 1, record.otherwise), 0)
        return record

    def _sight(self, envelope: Envelope, tag: re.Match[bytes]) -> None:
        header = self._header.read(envelope.message[: tag.start()])
        if header.time is None and envelope.time:
            moment = self._header.moment_of(envelope.time)
            header = header._replace(time=microseconds(moment.time), otherwise=microseconds(moment.otherwise))
        self.sightings.note(header, int(tag["level"]))

    def _read_whole(self, chunks: Iterable[bytes]) -> Iterator[Record]:
        """A log with one message per line, but for exceptions."""
        rest = b""
        for chunk in chunks:
            self.lines += line_ends(chunk)
            # only the line that a cut divides is put together, and what it may go on in: the rest is read where it lies
            head = chunk.find(b"\n") + 1
            tail = chunk.rfind(b"\n", 0, max(len(chunk) - _FOLLOWING, 0)) + 1
            if not tail:
                rest += chunk
                if len(rest) > _MAX_REST:
                    self._left_out(rest, _MAX_REST)
                    rest = rest[:_MAX_REST]
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
            self._note_end(rest)

    def _note_end(self, rest: bytes) -> None:
        """Whether the log ends with a whole line, as its last lines tell."""
        *_, before, last = (b"", *rest.rsplit(b"\n", 2))
        indented = bool(last) and not last.strip() and before.startswith(last)
        self.torn |= bool(self.sightings.devices) and (indented or ends_within_a_line(last))

    def _read_lines(self, buffer: bytes, begin: int = 0, end: int | None = None) -> Iterator[Record]:
        last = len(buffer) if end is None else end
        find, rfind = buffer.find, buffer.rfind
        usual, counts = self._usual, self.counts
        position = begin
        # all are found before the first is read: what a processor has at hand is one or the other
        for dash, end_of_id in [each.span() for each in self._catalogue.candidate.finditer(buffer, begin, last)]:
            if dash < position:
                continue
            start = rfind(b"\n", begin, dash) + 1 or begin
            position = find(b"\n", end_of_id, last)
            if position < 0:
                position = last
            header = usual.header(buffer[start:dash])
            record = None
            if header is not None:
                text = usual.text(buffer[dash + 1 : position])
                # what ends in somebody's words may go on in the next line
                if text is not None and (not text.words or _begins_usually(buffer, position + 1)):
                    counts[text.message] += 1
                    record = Record(text.message, header.time, header.device, text.fields)
            behind, before = 0, self._waiting if start == begin else 0
            if find(REPEATED, max(start - _REPEATED_LINE, begin), position + _REPEATED_LINE) >= 0:
                behind = _repetitions(buffer, position + 1)
                if start > begin:
                    before = _repetitions(buffer, buffer.rfind(b"\n", begin, start - 1) + 1 or begin)
            if record is None:
                found_here = self._read(buffer[start:position], buffer[position + 1 : position + 1 + _FOLLOWING])
            else:
                found_here = (record,)
            for each in found_here:
                yield each._replace(repeated_behind=behind, repeated_before=before) if behind or before else each
        final = buffer.rfind(b"\n", begin, last - 1) + 1 or begin
        self._waiting = _repetitions(buffer, final) if find(REPEATED, final, last) >= 0 else 0

    def _read(self, raw: bytes, following: bytes = b"") -> Iterable[Record]:
        if len(raw) > MAX_LINE:
            self._left_out(raw, MAX_LINE)
        raw = unescaped(raw[:MAX_LINE])
        tag = _TAG.search(raw)
        if tag and not MARK.search(raw, tag.end()):
            row = self._catalogue.rows.get(message := tag["id"].decode())
            if row is None:
                return ()
            body = decoded(raw[tag.end() :]).rstrip("\r\n")
            # what ends in somebody's words may go on in the next line
            if (not row.words or not following or begins_message(decoded(following[:512]))) and (
                found := row.match(body)
            ):
                header = raw[: tag.start()]
                if _CUT_BEFORE.search(header):
                    self._give_up(decoded(raw))  # a message that was cut stands before this one
                return (self._record(message, int(tag["level"]), row.fields(found), header),)
        text = decoded(raw).replace("\r", "")
        own = len(text)
        for line in decoded(following).replace("\r", "").split("\n")[:_MAX_CONTINUED]:
            if not line.strip() or begins_message(line):
                break
            text += "\n" + line
        return list(self._read_text(text, max(map(len, text.split("\n"))), until=own))

    def _read_pasted(self, chunks: Iterable[bytes]) -> Iterator[Record]:
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
        self._note_end(rest)

    def _mended(self, raw: bytes) -> str:
        self.lines += raw.count(b"\n") + (raw[-1:] not in {b"", b"\n"})
        lines = decoded(unescaped(raw)).replace("\r", "").split("\n")
        return "\n".join(mended(lines, self._shape.width) if self._shape.terminal else lines)


def _repetitions(buffer: bytes, line: int) -> int:
    found = _REPEATED.match(buffer, line)
    return int(found[1]) if found else 0


def _begins_usually(buffer: bytes, line: int) -> bool:
    if _BEGINS.match(buffer, line):
        return True
    following = buffer[line : line + 512]
    return not following or begins_message(decoded(following))
