"""Reads one large log in several processes: each takes a part that begins and ends between two messages.

    python -m nornir_anyconnect.sources.log_parts      reads a task from standard input, writes what it found

Looking for a few messages among many is all that takes time in a large log, and needs nothing of the lines before.
Where it does (a year or an hour that the lines before decide, lines that a terminal broke) the log is read as ever.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle  # what a process of ours wrote into a file without a name
import subprocess
import sys
import tempfile
from datetime import timezone
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, Self

from nornir_anyconnect.evidence.syslog.message_boundaries import BLOCK, begins_message, shape_of
from nornir_anyconnect.evidence.syslog.reader import SyslogReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from nornir_anyconnect.evidence.exports.records import LineExport
    from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogInput, LogOptions
    from nornir_anyconnect.evidence.syslog.messages import Record
    from nornir_anyconnect.evidence.syslog.reader import ReaderState
    from nornir_anyconnect.evidence.syslog.stamps import DateOrder

LARGE = 64 << 20
"""Bytes from which on a second process is worth its start."""
_MOST = 4
_CHUNK = 1 << 18
_BATCH = 2000
_REPEATED = b"message repeated"


class Task(NamedTuple):
    """A part of a log, as byte offsets, and how it is read: no more than the process that reads it has to load."""

    path: str
    begin: int
    end: int
    device: str
    tz: timezone
    date_order: DateOrder | None
    reference: datetime | None
    export: bool = False
    """It is an export with a record per line."""


def read_in_parts(
    evidence: LogEvidence,
    path: Path,
    options: LogOptions,
    reference: datetime | None,
    on_read: Callable[[int], None] | None = None,
    *,
    export: LineExport | None = None,
) -> LogInput | None:
    """What a large log turned out to be; None where it is better read in one piece.

    Args:
        evidence: takes the messages.
        path: a file whose bytes are the text.
        options: how it is read.
        reference: when it was written at the latest.
        on_read: told how many bytes each step has consumed.
        export: the reader of an export whose records are lines.

    """
    size = path.stat().st_size
    processes = min(_MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    tz = options.tz
    if size < LARGE or processes < 2 or options.year is not None or not isinstance(tz, timezone):  # noqa: PLR2004
        return None
    offsets = _between_records(path, size, processes, export) if export else _between_messages(path, size, processes)
    if offsets is None:
        return None
    tasks = [
        Task(str(path), begin, end, options.device, tz, options.date_order, reference, export is not None)
        for begin, end in itertools.pairwise(offsets)
    ]
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(_Other(task)) for task in tasks[1:]]
        parts = [_here(tasks[0], on_read), *(other.read(on_read) for other in others)]
        return evidence.read_parts(parts)


def _between_messages(path: Path, size: int, parts: int) -> list[int] | None:
    """Where the parts begin, and where the last of them ends; None where the lines are not a message each."""
    offsets = [0]
    with path.open("rb") as stream:
        if shape_of(stream.read(BLOCK)).broken:
            return None
        for part in range(1, parts):
            stream.seek(size * part // parts)
            offset = _next_message(stream.read(BLOCK))
            if offset is None:
                return None
            offsets.append(size * part // parts + offset)
    return [*offsets, size]


def _between_records(path: Path, size: int, parts: int, export: LineExport) -> list[int] | None:
    """The same of an export: None where no line behind one of the places is a whole record."""
    offsets = [0]
    with path.open("rb") as stream:
        for part in range(1, parts):
            stream.seek(size * part // parts)
            offset = _next_record(stream.read(BLOCK), export)
            if offset is None:
                return None
            offsets.append(size * part // parts + offset)
    return [*offsets, size]


def _next_record(window: bytes, export: LineExport) -> int | None:
    at = window.find(b"\n") + 1
    while at and (end := window.find(b"\n", at)) >= 0:
        before = window[window.rfind(b"\n", 0, at - 1) + 1 : at]
        if _REPEATED not in before and _REPEATED not in window[at:end] and export.is_whole(window[at:end]):
            return at
        at = end + 1
    return None


def _next_message(window: bytes) -> int | None:
    at = window.find(b"\n") + 1
    while at and (end := window.find(b"\n", at)) >= 0:
        before, line = window[window.rfind(b"\n", 0, at - 1) + 1 : at], window[at:end]
        if begins_message(line[:512].decode("latin-1")) and _REPEATED not in before and _REPEATED not in line:
            return at
        at = end + 1
    return None


def _chunks(task: Task, on_read: Callable[[int], None] | None) -> Iterator[bytes]:
    left = task.end - task.begin
    with Path(task.path).open("rb", buffering=0) as stream:
        stream.seek(task.begin)
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            left -= len(chunk)
            if on_read:
                on_read(len(chunk))
            yield chunk


def _here(
    task: Task, on_read: Callable[[int], None] | None = None
) -> tuple[Iterator[Record], Callable[[], ReaderState]]:
    reader = SyslogReader(device=task.device, tz=task.tz, date_order=task.date_order, reference=task.reference)
    if task.export:
        return _of_export(task, reader, on_read), lambda: reader.state
    return reader.records(_chunks(task, on_read), part=True), lambda: reader.state


def _of_export(task: Task, reader: SyslogReader, on_read: Callable[[int], None] | None) -> Iterator[Record]:
    # a process that reads a part of a plain log needs none of it
    from nornir_anyconnect.evidence.exports.records import LineExport  # noqa: PLC0415 - as above
    from nornir_anyconnect.evidence.exports.registry import export_of  # noqa: PLC0415 - as above

    with Path(task.path).open("rb") as stream:
        export = export_of(stream.read(BLOCK))
    if not isinstance(export, LineExport):
        raise TypeError(f"{task.path} changed while it was read")
    if task.begin:
        export.go_on()
    yield from reader.records_of(export.envelopes(_chunks(task, on_read)))
    reader.lines += export.lines
    reader.torn |= export.torn


class _Other:
    """Another process that reads a part."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._found: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the process
        self._state: ReaderState | None = None

    def __enter__(self) -> Self:
        package = str(Path(__file__).parents[2])
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        # -P: a module that lies in the folder where somebody stands is none of ours
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=self._found,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        with contextlib.suppress(OSError), self._process.stdin or contextlib.nullcontext() as task:
            if task:
                task.write(pickle.dumps(self._task))
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._found.close()

    def read(self, on_read: Callable[[int], None] | None) -> tuple[Iterator[Record], Callable[[], ReaderState]]:
        """What it found, once it is done; where it failed the part is read here."""
        return self._records(on_read), self._told

    def _records(self, on_read: Callable[[int], None] | None) -> Iterator[Record]:
        if self._process.wait() != 0:
            records, told = _here(self._task, on_read)
            yield from records
            self._state = told()
            return
        if on_read:
            on_read(self._task.end - self._task.begin)
        self._found.seek(0)
        while isinstance(batch := pickle.load(self._found), list):  # noqa: S301 - our own process wrote it
            yield from batch
        self._state = batch

    def _told(self) -> ReaderState:
        if self._state is None:
            raise RuntimeError("the state of a part comes behind its messages")
        return self._state


def main() -> None:
    """One part: batches of its messages on standard output, and behind them what else it holds."""
    task: Task = pickle.load(sys.stdin.buffer)  # noqa: S301 - the process that started this one wrote it
    records, told = _here(task)
    batch = []
    for record in records:
        batch.append(record)
        if len(batch) >= _BATCH:
            pickle.dump(batch, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
            batch = []
    pickle.dump(batch, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    pickle.dump(told(), sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
