"""What logs show, read one after the other: a source is a stream of lines or the records of an export."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.evidence.incidents import Collector
from nornir_anyconnect.evidence.merged_log import MergedLog
from nornir_anyconnect.evidence.observations import DeviceObservations
from nornir_anyconnect.evidence.session import USUAL, Bounds
from nornir_anyconnect.evidence.shortened import Watch
from nornir_anyconnect.evidence.syslog.header import UNNAMED, HeaderReader
from nornir_anyconnect.evidence.syslog.reader import SyslogReader
from nornir_anyconnect.evidence.syslog.sightings import NO_SPAN, Sightings, Span
from nornir_anyconnect.evidence.syslog.stamps import NOTHING_KNOWN, StampContext, from_microseconds
from nornir_anyconnect.evidence.syslog.text_reader import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from nornir_anyconnect.evidence.device_output.counters import LogBuffer
    from nornir_anyconnect.evidence.exports.records import Export
    from nornir_anyconnect.evidence.syslog.envelope import Envelope
    from nornir_anyconnect.evidence.syslog.messages import Record
    from nornir_anyconnect.evidence.syslog.reader import ReaderState


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How logs are read."""

    since: datetime | None = None
    """Earlier messages are left out, and messages without a time."""
    until: datetime | None = None
    """Later messages are left out, and messages without a time."""
    stamps: StampContext = NOTHING_KNOWN
    """What is known of them, of a log and all its rotations."""
    device: str = UNNAMED
    """The device of lines that name none."""
    bounds: Bounds = USUAL
    """What makes a reconnect an incident."""

    def within(self, time: datetime | None) -> bool:
        """Whether what happened then is asked for."""
        if self.since is None and self.until is None:
            return True
        if time is None:
            return False
        return (self.since is None or time >= self.since) and (self.until is None or time <= self.until)


@dataclass(frozen=True, slots=True)
class LogInput:
    """What one source turned out to be."""

    messages: int = 0
    """Wanted messages read."""
    unreadable: int = 0
    """Wanted messages that could not be read."""
    lines: int = 0
    span: Span = NO_SPAN
    order: str = "unknown"
    """``oldest first``, ``newest first``, ``mixed``, or ``unknown``."""
    devices: tuple[str, ...] = ()
    untimed: int = 0
    """Messages without a time that was understood."""
    undecided_dates: bool = False
    """Nothing in it tells whether its dates begin with the day or with the month."""
    month_first: bool = False
    """Its dates were read with the month first."""
    torn: bool = False
    """It begins or ends in the middle of a line, or says that something was left out."""

    def to_dict(self) -> dict[str, Any]:
        """As in ``inputs`` of the JSON, but for the path and what it was read as."""
        return {
            "messages": self.messages,
            "unreadable": self.unreadable,
            "first": self.span.first.isoformat() if self.span.first else None,
            "last": self.span.last.isoformat() if self.span.last else None,
            "order": self.order,
            "devices": list(self.devices),
        }


class LogEvidence:
    """Takes sources one after the other; their messages count together, each once.

    Args:
        options: how they are read.

    """

    def __init__(self, options: LogOptions | None = None) -> None:
        self._options = options or LogOptions()
        bounded = self._options.since is not None or self._options.until is not None
        self._merged = MergedLog(self._within if bounded else None)
        self._sightings = Sightings(HeaderReader())
        self._anchors: dict[str, datetime | None] = {}
        self._buffers: dict[str, LogBuffer] = {}
        self._unreadable: Counter[str] = Counter()
        self._untimed: Counter[str] = Counter()
        self._torn: Counter[str] = Counter()
        self._lost: list[tuple[set[str], int, int, bool]] = []
        self._rotations: defaultdict[str, dict[int, tuple[str, ...]]] = defaultdict(dict)
        self._cut_short = self._unread = 0
        self.lines = 0
        """Lines met of all sources."""
        self.events: Counter[str] = Counter()
        """Messages read, by id, as often as they stand."""
        self.unreadable = 0
        """Wanted messages that could not be read."""
        self.unreadable_sample: list[str] = []

    def read(
        self,
        chunks: Iterable[bytes],
        *,
        reference: datetime | None = None,
        rotation: str | None = None,
        buffer: LogBuffer | None = None,
        name: str | None = None,
    ) -> LogInput:
        """One stream of lines, cut into chunks anywhere.

        Args:
            chunks: of UTF-8.
            name: the device that all of them are of, whatever they call it.
            reference: when it was written at the latest.
            rotation: the log whose rotation it is: it goes on where the one before ended.
            buffer: what the head of the text says, where it is a ``show logging``.

        """
        reader = self._reader(reference, rotation)
        watch = Watch()
        records = reader.records(watch.over(chunks))
        if name is not None:
            records = (record._replace(device=name) for record in records)
        read = self._read([(records, lambda: reader.state)], buffer, name, watch=watch)
        if rotation:
            self._anchors[rotation] = reader.state.anchor
        return read

    def read_envelopes(self, envelopes: Iterable[Envelope], *, reference: datetime | None = None) -> LogInput:
        """The records of one export; ``reference`` says when it was written at the latest."""
        reader = self._reader(reference, None)
        return self._read([(reader.records_of(envelopes), lambda: reader.state)])

    def read_parts(
        self, parts: Iterable[tuple[Iterator[tuple[Any, ...]], Callable[[], ReaderState]]], end: bytes = b""
    ) -> LogInput:
        """One log that several processes have read.

        Args:
            parts: of each its messages, and what else it holds behind them.
            end: the last bytes of the log.

        """
        watch = Watch()
        watch.end(end)
        return self._read(parts, watch=watch)

    def read_export(self, export: Export, chunks: Iterable[bytes], *, reference: datetime | None = None) -> LogInput:
        """One export; ``reference`` says when it was written at the latest."""
        reader, watch = self._reader(reference, None), Watch()

        def records() -> Iterator[Record]:
            yield from reader.records_of(export.envelopes(watch.over(chunks)))
            reader.lines += export.lines
            reader.torn |= export.torn or export.unclosed

        return self._read([(records(), lambda: reader.state)], watch=watch)

    def finish(self) -> dict[str, DeviceObservations]:
        """All that was observed, by device."""
        self._join()
        collector = Collector(self._options.bounds)
        for device, sighting in self._sightings.devices.items():
            collector.sighted(device, sighting)
        collector.feed_untimed(self._merged.untimed())
        for event in self._merged.events():
            collector.feed(event)
        found = collector.finish()
        left_out = self._merged.left_out()
        for name, seen in found.items():
            found[name] = replace(seen, left_out=left_out.get(name, ()), no_beginning=name not in left_out)
        for name in {*found, *self._buffers}:
            found[name] = self._completed(found.get(name, DeviceObservations(name)))
        return dict(sorted(found.items()))

    def _join(self) -> None:
        """Makes one of what logs call by several names."""
        called = self._merged.called = self._sightings.join()
        # once of a log, by however many names it calls the device
        for names, unreadable, untimed, torn in self._lost:
            for name in {called.get(name, name) for name in names}:
                self._unreadable[name] += unreadable
                self._untimed[name] += untimed
                self._torn[name] += torn
        for name, known in called.items():
            if (buffer := self._buffers.pop(name, None)) is not None:
                self._buffers.setdefault(known, buffer)
        for given in self._rotations.values():
            for back, devices in given.items():
                given[back] = tuple(called.get(device, device) for device in devices)

    def _within(self, time: int | None) -> bool:
        return self._options.within(None if time is None else from_microseconds(time))

    def _reader(self, reference: datetime | None, rotation: str | None) -> SyslogReader:
        after = self._anchors.get(rotation) if rotation else None
        known = replace(self._options.stamps, reference=reference, after=after)
        return SyslogReader(known, device=self._options.device)

    def _read(
        self,
        parts: Iterable[tuple[Iterator[tuple[Any, ...]], Callable[[], ReaderState]]],
        buffer: LogBuffer | None = None,
        device: str | None = None,
        *,
        watch: Watch | None = None,
    ) -> LogInput:
        options = self._options
        source = self._merged.source()
        state: ReaderState | None = None
        for records, told in parts:
            source.take(records)
            if state is None:
                state = told()
            else:
                state.add(told())
        if state is None:
            return LogInput()
        state.torn |= watch is not None and watch.shortened
        source.close(state.dates, state.latest)
        span = source.span
        for met, sighting in state.devices.items():
            name = device or met
            if source.month_first:
                sighting.month_first()
            if options.within(sighting.span.first) or options.within(sighting.span.last):
                self._sightings.add({name: sighting})
            for time in sighting.span:
                span = span.widened(time)
            if buffer is not None:
                # the head of "show logging" names no device: its lines do, where they name one
                self._buffers[name] = buffer
        self._lost.append(({device or met for met in state.devices}, state.unreadable, source.untimed, state.torn))
        if buffer is not None and not state.devices:
            self._buffers[device or options.device] = buffer
        self.lines += state.lines
        self.events += state.counts
        self.unreadable += state.unreadable
        self.unreadable_sample += state.unreadable_sample[: SAMPLE - len(self.unreadable_sample)]
        return LogInput(
            messages=source.messages,
            unreadable=state.unreadable,
            lines=state.lines,
            span=span,
            order=str(source.order),
            devices=tuple(sorted({device} if device else state.devices)),
            untimed=source.untimed,
            undecided_dates=state.dates.undecided and options.stamps.date_order is None,
            month_first=source.month_first,
            torn=state.torn,
        )

    def cut_short(self) -> None:
        """A log broke off, and nobody knows whose lines are lost with it."""
        self._cut_short += 1

    def could_not_read(self) -> None:
        """A file could not be read at all, and nobody knows whether it is a log, nor whose."""
        self._unread += 1

    def rotated(self, log: str, back: int, devices: tuple[str, ...]) -> None:
        """One of the files that a log became was read.

        Args:
            log: the name that all of them share.
            back: how many were begun since.
            devices: whose lines it holds.

        """
        self._rotations[log][back] = devices

    def _missing(self, device: str) -> int:
        """How many files are missing between those of the device's logs that were read."""
        missing = 0
        for given in self._rotations.values():
            # relays name files by address as well: what ends like a number is no rotation for that
            of_it = [back for back, devices in given.items() if device in devices] or [0]
            missing += sum(back not in given for back in range(min(of_it), max(of_it)))
        return missing

    def _completed(self, seen: DeviceObservations) -> DeviceObservations:
        name = seen.device
        if (buffer := self._buffers.get(name)) is not None:
            seen = replace(seen, met=True, own_log=True, buffer_wrapped=buffer.wrapped, buffer_level=buffer.level)
        # of a line that is not read as a whole nobody knows for sure whose it is
        return replace(
            seen,
            unreadable=self._unreadable[name],
            untimed=self._untimed[name],
            torn=self._torn[name] + self._cut_short,
            missing=self._missing(name),
            unread=self._unread,
        )
