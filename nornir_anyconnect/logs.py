"""Incidents out of log files, without any configuration: opens them, and feeds what they say to the evidence room."""

from __future__ import annotations

import codecs
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.client_log import (
    ClientReconnect,
    is_client_log,
    read_client_log,
    reconnects,
)
from nornir_anyconnect.evidence.incidents import Collector
from nornir_anyconnect.evidence.logs_report import LogSummary
from nornir_anyconnect.evidence.syslog import SAMPLE, SyslogReader
from nornir_anyconnect.evidence.syslog_header import UNNAMED
from nornir_anyconnect.sources.bundle import client_logs_of_bundle
from nornir_anyconnect.sources.logs import LogFile, log_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, tzinfo
    from pathlib import Path

_SNIFFED = 1 << 16


class LogReader:
    """Reads logs one after the other into one summary.

    Args:
        since: earlier events are left out, and events without a stamp.
        until: later events are left out, and events without a stamp.
        tz: the zone of stamps that name none.
        year: the year of stamps that have none; else inferred from when a file was written.
        device: the device of lines that name none.
        shortest: seconds from coming up to the reconnect, at least.
        longest: the same, at most.
        on_progress: told how many bytes on disk each step has consumed.

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
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self._since = since
        self._until = until
        self._tz = tz
        self._year = year
        self._device = device
        self._on_progress = on_progress
        self._collector = Collector(shortest=shortest, longest=longest)
        self._lines = 0
        self._events: Counter[str] = Counter()
        self._unreadable = 0
        self._sample: list[str] = []
        self._client: list[ClientReconnect] = []

    def read(self, log: LogFile) -> None:
        """One log: syslog, a client's log, or a DART bundle; which of them, its beginning tells.

        Raises:
            SourceError: it cannot be read.

        """
        if log.is_zip:
            for name, text in client_logs_of_bundle(log):
                self._read_client(f"{log.name}:{name}", text.splitlines(), log.written)
            if self._on_progress:
                self._on_progress(log.size or 0)
            return
        chunks = log.chunks(self._on_progress)
        first = next(chunks, b"")
        if is_client_log(first[:_SNIFFED]):
            self._read_client(log.name, _lines(first, chunks), log.written)
        else:
            self.read_syslog(_joined(first, chunks), reference=log.written)

    def read_syslog(self, chunks: Iterable[bytes], *, reference: datetime | None = None) -> None:
        """One stream of syslog, cut into chunks anywhere; ``reference``: when it was written at the latest."""
        reader = SyslogReader(device=self._device, year=self._year, tz=self._tz, reference=reference)
        feed = self._collector.feed
        bounded = self._since is not None or self._until is not None
        for event in reader.read(chunks):
            if not bounded or self._within(event.time):
                feed(event)
        self._lines += reader.lines
        self._events += reader.counts
        self._unreadable += reader.unreadable
        self._sample += reader.unreadable_sample[: SAMPLE - len(self._sample)]

    def finish(self) -> LogSummary:
        """What all of them show."""
        return LogSummary(
            lines=self._lines,
            events=dict(sorted(self._events.items())),
            unreadable=self._unreadable,
            unreadable_sample=tuple(self._sample),
            devices=self._collector.finish(),
            client=tuple(self._client),
        )

    def _read_client(self, name: str, lines: Iterable[str], written: datetime) -> None:
        def counted() -> Iterator[str]:
            for line in lines:
                self._lines += 1
                yield line

        events = read_client_log(counted(), tz=self._tz, year=self._year, reference=written)
        bounded = self._since is not None or self._until is not None
        self._client += reconnects((e for e in events if not bounded or self._within(e.time)), name)

    def _within(self, time: datetime | None) -> bool:
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
    on_progress: Callable[[int], None] | None = None,
) -> LogSummary:
    """What the logs behind the paths show; ``-`` is standard input. Arguments as those of :class:`LogReader`.

    Raises:
        SourceError: a path that does not exist or cannot be read.

    """
    reader = LogReader(
        since=since, until=until, tz=tz, year=year, device=device,
        shortest=shortest, longest=longest, on_progress=on_progress,
    )  # fmt: skip
    for log in log_files(paths):
        reader.read(log)
    return reader.finish()


def total_size(paths: Iterable[str | Path]) -> int | None:
    """Bytes on disk behind the paths, for a progress bar; None where standard input is among them."""
    sizes = [log.size for log in log_files(paths)]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _joined(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _lines(first: bytes, rest: Iterable[bytes]) -> Iterator[str]:
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    else:
        decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    left = ""
    for chunk in _joined(first, rest):
        *whole, left = (left + decoder.decode(chunk)).split("\n")
        yield from (line.rstrip("\r") for line in whole)
        left = left[:_SNIFFED]
    if left:
        yield left
