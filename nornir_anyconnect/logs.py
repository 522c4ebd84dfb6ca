"""Incidents out of log files, without any configuration: opens them, and feeds what they say to the evidence room."""

from __future__ import annotations

import codecs
import enum
import itertools
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.evidence.clients.client_log import (
    ClientReconnect,
    is_client_log,
    may_tell_of_a_reconnect,
    read_client_log,
    reconnects,
)
from nornir_anyconnect.evidence.device_output.counters import is_log_buffer, log_buffer
from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogInput, LogOptions
from nornir_anyconnect.evidence.logs_report import LogSummary
from nornir_anyconnect.evidence.syslog.reader import holds_message
from nornir_anyconnect.sources.files import BEGINNING, Source, Unread, sources
from nornir_anyconnect.sources.log_parts import read_in_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path


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
        options: how they are read.

    """

    def __init__(self, options: LogOptions | None = None) -> None:
        self._options = options or LogOptions()
        self._evidence = LogEvidence(self._options)
        self._client_lines = 0
        self._client: list[ClientReconnect] = []

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
            in_parts = source.plain and read_in_parts(self._evidence, source.plain, self._options, source.written)
            if not in_parts:
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

    def _read_syslog(self, chunks: Iterable[bytes], reference: datetime | None, rotation: str | None) -> LogInput:
        stream = iter(chunks)
        first = next(stream, b"")
        text, buffer = b"", None
        if is_log_buffer(first[:BEGINNING].decode("latin-1")):
            pieces = [first]
            while sum(map(len, pieces)) < _MAX_BUFFER and (piece := next(stream, b"")):
                pieces.append(piece)
            text = b"".join(pieces)
            buffer = log_buffer(text.decode("utf-8", "replace"))
        whole = itertools.chain((text or first,), stream)
        return self._evidence.read(whole, reference=reference, rotation=rotation, buffer=buffer)

    def finish(self) -> LogSummary:
        """What all of them show."""
        evidence = self._evidence
        return LogSummary(
            lines=evidence.lines + self._client_lines,
            events=dict(sorted(evidence.events.items())),
            unreadable=evidence.unreadable,
            unreadable_sample=tuple(evidence.unreadable_sample),
            devices=evidence.finish(),
            client=tuple(self._client),
        )

    def _read_either(self, source: Source) -> None:
        """A log whose beginning holds no message of an ASA: a relay's, which may hold some later, or a client's."""
        import tempfile  # noqa: PLC0415 - slow to load, and seldom needed

        told = False
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
            if not told and (met.devices or not is_client_log(source.beginning)):
                return
            kept.seek(0)
            if source.plain or keep:
                self._evidence.lines -= met.lines  # they are counted as the client's
            with source.plain.open("rb") if source.plain else kept as again:
                self._read_client(source.path, _lines(iter(lambda: again.read(BEGINNING), b"")), source.written)

    def _read_client(self, name: str, lines: Iterable[str], written: datetime) -> None:
        def counted() -> Iterator[str]:
            for line in lines:
                self._client_lines += 1
                yield line

        events = read_client_log(counted(), tz=self._options.tz, year=self._options.year, reference=written)
        self._client += reconnects((e for e in events if self._options.within(e.time)), name)


def summarise_logs(
    paths: Iterable[str | Path],
    options: LogOptions | None = None,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> LogSummary:
    """What the logs behind the paths show; ``-`` is standard input. ``options`` says how they are read.

    Raises:
        SourceError: a path that does not exist or cannot be read.

    """
    reader = LogReader(options)
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


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    left = ""
    for chunk in chunks:
        *whole, left = (left + decoder.decode(chunk)).split("\n")
        yield from (line.rstrip("\r") for line in whole)
        left = left[:_MAX_LINE]
    if left:
        yield left
