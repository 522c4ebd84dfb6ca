"""Incidents out of log files, without any configuration: opens them, and feeds what they say to the evidence room."""

from __future__ import annotations

import codecs
import enum
import itertools
from collections import Counter
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.evidence.clients.client_log import (
    ClientReconnect,
    is_client_log,
    may_tell_of_a_reconnect,
    read_client_log,
    reconnects,
)
from nornir_anyconnect.evidence.device_output.counters import LogBuffer, is_log_buffer, log_buffer
from nornir_anyconnect.evidence.incidents import SILENCE, Collector
from nornir_anyconnect.evidence.logs_report import LogSummary
from nornir_anyconnect.evidence.observations import DeviceObservations
from nornir_anyconnect.evidence.syslog.header import UNNAMED
from nornir_anyconnect.evidence.syslog.scanner import SAMPLE, SyslogReader, holds_message
from nornir_anyconnect.sources.files import BEGINNING, Source, Unread, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, tzinfo
    from pathlib import Path

    from nornir_anyconnect.evidence.sightings import Span

_MAX_LINE = 1 << 16
_MAX_BUFFER = 1 << 22
"""Bytes; an ASA keeps a log buffer of 1 MiB at most."""
_IN_MEMORY = 1 << 24


class LogKind(enum.Enum):
    """What a log is, where somebody says so."""

    SYSLOG = "syslog"
    CLIENT = "client log"


class LogReader:
    """Reads logs one after the other into one summary.

    Args:
        since: earlier events are left out, and events without a stamp.
        until: later events are left out, and events without a stamp.
        tz: the zone of stamps that name none.
        year: the year of stamps that have none, at the beginning of a log and all its rotations; else inferred from
            when a file was written.
        device: the device of lines that name none.
        shortest: seconds from coming up to the reconnect, at least.
        longest: the same, at most.
        silence: seconds that ``dtls-lost`` may be silent where no line says that the UDP connection ended.

    """

    def __init__(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        tz: tzinfo = UTC,
        year: int | None = None,
        device: str = UNNAMED,
        shortest: float = 30,
        longest: float = 120,
        silence: float = SILENCE,
    ) -> None:
        self._since = since
        self._until = until
        self._tz = tz
        self._year = year
        self._device = device
        self._collector = Collector(shortest=shortest, longest=longest, silence=silence)
        self._lines = 0
        self._events: Counter[str] = Counter()
        self._unreadable = 0
        self._sample: list[str] = []
        self._client: list[ClientReconnect] = []
        self._anchors: dict[str, datetime | None] = {}
        self._buffers: dict[str, LogBuffer] = {}

    def read(self, source: Source, kind: LogKind | None = None) -> None:
        """One log: syslog, or a client's.

        Args:
            source: not read yet.
            kind: what it is; where nobody says so, its text tells: a line with an ASA's message makes it a syslog.

        Raises:
            SourceError: it cannot be read.

        """
        if kind is LogKind.CLIENT:
            self._read_client(source.path, _lines(source.chunks()), source.written)
        elif kind is LogKind.SYSLOG or holds_message(source.beginning):
            self.read_syslog(source.chunks(), reference=source.written, rotation=source.rotation)
        else:
            self._read_either(source)

    def read_syslog(
        self, chunks: Iterable[bytes], *, reference: datetime | None = None, rotation: str | None = None
    ) -> None:
        """One stream of syslog, cut into chunks anywhere.

        Args:
            chunks: of UTF-8.
            reference: when it was written at the latest.
            rotation: the log whose rotation it is: it goes on where the one before ended.

        """
        self._read_syslog(chunks, reference, rotation)

    def _read_syslog(
        self, chunks: Iterable[bytes], reference: datetime | None, rotation: str | None
    ) -> dict[str, Span]:
        """The devices whose lines were met."""
        after = self._anchors.get(rotation) if rotation else None
        reader = SyslogReader(device=self._device, year=self._year, tz=self._tz, reference=reference, after=after)
        stream = iter(chunks)
        first = next(stream, b"")
        text, buffer = b"", None
        if is_log_buffer(first[:BEGINNING].decode("latin-1")):
            pieces = [first]
            while sum(map(len, pieces)) < _MAX_BUFFER and (piece := next(stream, b"")):
                pieces.append(piece)
            text = b"".join(pieces)
            buffer = log_buffer(text.decode("utf-8", "replace"))
        feed = self._collector.feed
        for event in reader.read(itertools.chain((text or first,), stream)):
            if self._within(event.time):
                feed(event)
        for device, span in reader.sightings.devices.items():
            if self._within(span.first) or self._within(span.last):
                self._collector.sighted(device, span)
        if buffer is not None:
            # the head of "show logging" names no device: its lines do, where they name one
            for device in reader.sightings.devices or (self._device,):
                self._buffers[device] = buffer
        if rotation:
            self._anchors[rotation] = reader.anchor
        self._lines += reader.lines
        self._events += reader.counts
        self._unreadable += reader.unreadable
        self._sample += reader.unreadable_sample[: SAMPLE - len(self._sample)]
        return reader.sightings.devices

    def finish(self) -> LogSummary:
        """What all of them show."""
        devices = self._collector.finish()
        for name, buffer in self._buffers.items():
            devices[name] = _with_buffer(devices.get(name), name, buffer)
        return LogSummary(
            lines=self._lines,
            events=dict(sorted(self._events.items())),
            unreadable=self._unreadable,
            unreadable_sample=tuple(self._sample),
            devices=dict(sorted(devices.items())),
            client=tuple(self._client),
        )

    def _read_either(self, source: Source) -> None:
        """A log whose beginning holds no message of an ASA: a relay's, which may hold some later, or a client's."""
        import tempfile  # noqa: PLC0415 - slow to load, and seldom needed

        told, begun = False, self._lines
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as kept:
            keep = source.plain is None  # what comes through a pipe or out of an archive comes once

            def watched() -> Iterator[bytes]:
                nonlocal keep, told
                for chunk in source.chunks():
                    told = told or may_tell_of_a_reconnect(chunk)
                    keep = keep and not holds_message(chunk)
                    if keep:
                        kept.write(chunk)
                    yield chunk

            met = self._read_syslog(watched(), source.written, source.rotation)
            if not told and (met or not is_client_log(source.beginning)):
                return
            kept.seek(0)
            self._lines = begun if source.plain or keep else self._lines
            with source.plain.open("rb") if source.plain else kept as again:
                self._read_client(source.path, _lines(iter(lambda: again.read(BEGINNING), b"")), source.written)

    def _read_client(self, name: str, lines: Iterable[str], written: datetime) -> None:
        def counted() -> Iterator[str]:
            for line in lines:
                self._lines += 1
                yield line

        events = read_client_log(counted(), tz=self._tz, year=self._year, reference=written)
        self._client += reconnects((e for e in events if self._within(e.time)), name)

    def _within(self, time: datetime | None) -> bool:
        if self._since is None and self._until is None:
            return True
        if time is None:
            return False
        return (self._since is None or time >= self._since) and (self._until is None or time <= self._until)


def summarise_logs(
    paths: Iterable[str | Path],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    tz: tzinfo = UTC,
    year: int | None = None,
    device: str = UNNAMED,
    shortest: float = 30,
    longest: float = 120,
    silence: float = SILENCE,
    on_progress: Callable[[int], None] | None = None,
) -> LogSummary:
    """What the logs behind the paths show; ``-`` is standard input. Arguments as those of :class:`LogReader`.

    Raises:
        SourceError: a path that does not exist or cannot be read.

    """
    reader = LogReader(
        since=since, until=until, tz=tz, year=year, device=device,
        shortest=shortest, longest=longest, silence=silence,
    )  # fmt: skip
    for source in sources(paths, on_progress):
        reader.read(readable(source))
    return reader.finish()


def readable(source: Source | Unread) -> Source:
    """The source itself.

    Raises:
        SourceError: nothing can be read there.

    """
    if isinstance(source, Unread):
        raise SourceError(source.cause, source.remedy)
    return source


def _with_buffer(seen: DeviceObservations | None, name: str, buffer: LogBuffer) -> DeviceObservations:
    seen = seen or DeviceObservations(name)
    return replace(seen, met=True, buffer_wrapped=buffer.wrapped, buffer_level=buffer.level)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    left = ""
    for chunk in chunks:
        *whole, left = (left + decoder.decode(chunk)).split("\n")
        yield from (line.rstrip("\r") for line in whole)
        left = left[:_MAX_LINE]
    if left:
        yield left
