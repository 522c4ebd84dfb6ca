"""Reads one large log in several processes: whoever is free takes the next part, which lies between two messages.

    python -m nornir_anyconnect.sources.log_parts TASK     takes parts from standard input, writes what they hold

Looking for a few messages among many is all that takes time in a large log, and needs nothing of the lines before.
Where it does (a year or an hour that the lines before decide, lines that a terminal broke) the log is read as ever.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import marshal  # what a process of ours wrote into a file without a name
import os
import pickle  # the same
import struct
import sys
from datetime import timezone
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from nornir_anyconnect.evidence.shortened import END
from nornir_anyconnect.evidence.syslog.message_boundaries import BLOCK, begins_message, shape_of
from nornir_anyconnect.evidence.syslog.messages import Record
from nornir_anyconnect.evidence.syslog.reader import SyslogReader

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from nornir_anyconnect.evidence.exports.records import LineExport
    from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogInput, LogOptions
    from nornir_anyconnect.evidence.syslog.reader import ReaderState
    from nornir_anyconnect.evidence.syslog.stamps import DateOrder

LARGE = 64 << 20
"""Bytes from which on a second process is worth its start."""
_PART = 8 << 20
_MOST_PARTS = 1000
"""All of them wait in one pipe, which holds 16 KiB wherever there are pipes."""
_MOST = 4
_CHUNK = 1 << 18
_BATCH = 2000
_REPEATED = b"message repeated"
_BOUNDS = struct.Struct("=qq")
_END = struct.Struct("=q")


class Task(NamedTuple):
    """A log and how it is read: no more than a process that reads parts of it has to load."""

    path: str
    device: str
    tz: timezone
    date_order: DateOrder | None
    reference: datetime | None
    export: bool = False
    """It is an export with a record per line."""


class _Part(NamedTuple):
    """Where a part begins and ends, as byte offsets."""

    begin: int
    end: int


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
    number = min(max(processes, size // _PART), _MOST_PARTS)
    offsets = _between_records(path, size, number, export) if export else _between_messages(path, size, number)
    if offsets is None:
        return None
    task = Task(str(path), options.device, tz, options.date_order, reference, export is not None)
    parts = [_Part(*each) for each in itertools.pairwise(offsets) if each[0] < each[1]]
    with contextlib.ExitStack() as stack:
        with path.open("rb") as stream:
            stream.seek(max(size - END, 0))
            end = stream.read(END)
        return evidence.read_parts(_found(task, parts, processes, on_read, stack), end)


def _found(
    task: Task, parts: list[_Part], processes: int, on_read: Callable[[int], None] | None, stack: contextlib.ExitStack
) -> Iterator[tuple[Iterator[Record], Callable[[], ReaderState]]]:
    """What each part holds, in their order; before the first of them all were read, each by who was free."""
    import tempfile  # noqa: PLC0415 - the other processes need none of it

    queue, entry = os.pipe()
    stack.callback(os.close, queue)
    with open(entry, "wb") as waiting:  # noqa: PTH123 - it is open
        waiting.writelines(_BOUNDS.pack(*part) for part in parts)
    files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(processes)]  # noqa: SIM115 - it is one
    others = [stack.enter_context(_other(task, queue, file)) for file in files[1:]]
    _work(task, queue, files[0], on_read)
    places = {begin: (files[0], place) for begin, place in _index(files[0]).items()}
    for process, file in zip(others, files[1:], strict=True):
        if process.wait() == 0:
            places |= {begin: (file, place) for begin, place in _index(file).items()}
    for part in parts:
        if part.begin not in places:  # the process that took it failed
            yield _here(task, part, on_read)
            continue
        file, place = places[part.begin]
        if on_read and file is not files[0]:
            on_read(part.end - part.begin)
        file.seek(place)
        yield _kept(file), partial(pickle.load, file)


def _kept(file: IO[bytes]) -> Iterator[Record]:
    while batch := marshal.load(file):  # noqa: S302 - our own process wrote it
        yield from map(Record._make, batch)


def _index(file: IO[bytes]) -> dict[int, int]:
    file.seek(-_END.size, os.SEEK_END)
    file.seek(*_END.unpack(file.read(_END.size)))
    places: dict[int, int] = marshal.load(file)  # noqa: S302 - as above
    return places


@contextlib.contextmanager
def _other(task: Task, queue: int, found: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that reads parts."""
    import subprocess  # noqa: PLC0415 - the other processes need none of it

    package = str(Path(__file__).parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        # -P: a module that lies in the folder where somebody stands is none of ours
        [sys.executable, "-P", "-m", __name__, pickle.dumps(task).hex()],
        stdin=queue,
        stdout=found,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _work(task: Task, queue: int, out: IO[bytes], on_read: Callable[[int], None] | None = None) -> None:
    """Takes parts as long as there are any, and writes what each holds, and last of all where that stands.

    Of a part: batches of its messages, an empty one, and what else it holds.
    """
    places: dict[int, int] = {}
    while taken := os.read(queue, _BOUNDS.size):
        part = _Part(*_BOUNDS.unpack(taken))
        records, told = _here(task, part, on_read)
        places[part.begin] = out.tell()
        while batch := [*map(tuple, itertools.islice(records, _BATCH))]:
            marshal.dump(batch, out)
        marshal.dump([], out)
        pickle.dump(told(), out, pickle.HIGHEST_PROTOCOL)
    end = out.tell()
    marshal.dump(places, out)
    out.write(_END.pack(end))
    out.flush()


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


def _chunks(task: Task, part: _Part, on_read: Callable[[int], None] | None) -> Iterator[bytes]:
    left = part.end - part.begin
    with Path(task.path).open("rb", buffering=0) as stream:
        stream.seek(part.begin)
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            left -= len(chunk)
            if on_read:
                on_read(len(chunk))
            yield chunk


def _here(
    task: Task, part: _Part, on_read: Callable[[int], None] | None = None
) -> tuple[Iterator[Record], Callable[[], ReaderState]]:
    reader = SyslogReader(device=task.device, tz=task.tz, date_order=task.date_order, reference=task.reference)
    if part.begin:
        reader.sightings.go_on()
    chunks = _chunks(task, part, on_read)
    records = _of_export(task, part, reader, chunks) if task.export else reader.records(chunks, part=True)
    return records, lambda: reader.state


def _of_export(task: Task, part: _Part, reader: SyslogReader, chunks: Iterator[bytes]) -> Iterator[Record]:
    # a process that reads parts of a plain log needs none of it
    from nornir_anyconnect.evidence.exports.records import LineExport  # noqa: PLC0415 - as above
    from nornir_anyconnect.evidence.exports.registry import export_of  # noqa: PLC0415 - as above

    with Path(task.path).open("rb") as stream:
        export = export_of(stream.read(BLOCK))
    if not isinstance(export, LineExport):
        raise TypeError(f"{task.path} changed while it was read")
    if part.begin:
        export.go_on()
    yield from reader.records_of(export.envelopes(chunks))
    reader.lines += export.lines
    reader.torn |= export.torn


def main() -> None:
    """What parts hold, on standard output."""
    gc.disable()  # nothing here is a circle
    task: Task = pickle.loads(bytes.fromhex(sys.argv[1]))  # noqa: S301 - the process that started this one wrote it
    _work(task, sys.stdin.fileno(), sys.stdout.buffer)


if __name__ == "__main__":
    main()
