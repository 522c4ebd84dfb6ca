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
from copy import copy
from dataclasses import replace
from datetime import timezone
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.evidence.shortened import END
from nornir_anyconnect.evidence.syslog.message_boundaries import BLOCK, begins_message, shape_of
from nornir_anyconnect.evidence.syslog.reader import REPEATED, SyslogReader

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from nornir_anyconnect.evidence.exports.records import LineExport
    from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogInput, LogOptions
    from nornir_anyconnect.evidence.syslog.reader import ReaderState
    from nornir_anyconnect.evidence.syslog.stamps import StampContext

LARGE = 64 << 20
"""Bytes from which on a second process is worth its start."""
_PART = 8 << 20
_MOST_PARTS = 1000
"""All of them wait in one pipe, which holds 16 KiB wherever there are pipes."""
_MOST = 4
_CHUNK = 1 << 18
_BATCH = 2000
_BOUNDS = struct.Struct("=qq")
_SIZE = struct.Struct("=q")


class Task(NamedTuple):
    """A log and how it is read: no more than a process that reads parts of it has to load."""

    path: str
    device: str
    stamps: StampContext
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
    stamps = options.stamps
    if size < LARGE or processes < 2 or stamps.year is not None or not isinstance(stamps.tz, timezone):  # noqa: PLR2004
        return None
    number = min(max(processes, size // _PART), _MOST_PARTS)
    offsets = _between_records(path, size, number, export) if export else _between_messages(path, size, number)
    if offsets is None:
        return None
    task = Task(str(path), options.device, replace(stamps, reference=reference), export is not None)
    parts = [_Part(*each) for each in itertools.pairwise(offsets) if each[0] < each[1]]
    with contextlib.ExitStack() as stack:
        try:
            found = _found(task, parts, processes, on_read, stack)
        except (
            OSError
        ):  # no room for what was found, or no process: who reads the log as ever says what is wrong with it
            return None
        # quotes that reach from one part into the next: what looked like a record between them is none
        if not all(each.even for each in found[:-1]):
            return None
        with path.open("rb") as stream:
            stream.seek(max(size - END, 0))
            end = stream.read(END)
        return evidence.read_parts(map(_told, found), end)


class _Found(NamedTuple):
    """Where it stands what a part holds: batches of its messages, an empty one, and what else it holds."""

    file: IO[bytes]
    place: int
    even: bool
    """It ends where a record ends."""


def _found(
    task: Task, parts: list[_Part], processes: int, on_read: Callable[[int], None] | None, stack: contextlib.ExitStack
) -> list[_Found]:
    """What each part holds, in their order: all were read, each by who was free."""
    import tempfile  # noqa: PLC0415 - the other processes need none of it

    queue, entry = os.pipe()
    stack.callback(os.close, queue)
    with open(entry, "wb") as waiting:  # noqa: PTH123 - it is open
        waiting.writelines(_BOUNDS.pack(*part) for part in parts)
    here, *files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(processes)]  # noqa: SIM115 - it is one
    others = [stack.enter_context(_other(task, queue, file)) for file in files]
    places = _work(task, _waiting(queue), here, on_read)
    found = {begin: _Found(here, *told) for begin, told in places.items()}
    for process, file in zip(others, files, strict=True):
        if process.wait() == 0:
            found |= {begin: _Found(file, *told) for begin, told in _index(file).items()}
    for part in parts:
        if part.begin not in found:  # the process that took it failed
            found[part.begin] = _Found(here, *_work(task, [part], here, on_read)[part.begin])
        elif on_read and part.begin not in places:
            on_read(part.end - part.begin)
    return [found[part.begin] for part in parts]


def _told(found: _Found) -> tuple[Iterator[tuple[Any, ...]], Callable[[], ReaderState]]:
    found.file.seek(found.place)
    return _kept(found.file), partial(pickle.load, found.file)


def _kept(file: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    while batch := _read(file):
        yield from batch


# all at once: marshal would ask a file for a few bytes at a time
def _write(values: Any, out: IO[bytes]) -> None:
    raw = marshal.dumps(values)
    out.write(_SIZE.pack(len(raw)) + raw)


def _read(file: IO[bytes]) -> Any:
    (size,) = _SIZE.unpack(file.read(_SIZE.size))
    return marshal.loads(file.read(size))  # noqa: S302 - our own process wrote it


def _index(file: IO[bytes]) -> dict[int, tuple[int, bool]]:
    file.seek(-_SIZE.size, os.SEEK_END)
    file.seek(*_SIZE.unpack(file.read(_SIZE.size)))
    places: dict[int, tuple[int, bool]] = _read(file)
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


def _waiting(queue: int) -> Iterator[_Part]:
    while taken := os.read(queue, _BOUNDS.size):
        yield _Part(*_BOUNDS.unpack(taken))


def _work(
    task: Task, parts: Iterable[_Part], out: IO[bytes], on_read: Callable[[int], None] | None = None
) -> dict[int, tuple[int, bool]]:
    """Writes what each part holds; returns by its beginning where that stands, and whether it ends with a record."""
    places: dict[int, tuple[int, bool]] = {}
    pristine = _export(task) if task.export else None
    for part in parts:
        reader = SyslogReader(task.stamps, device=task.device)
        chunks = _chunks(task, part, on_read)
        export = copy(pristine)
        if part.begin:
            reader.sightings.go_on()
        if export is None:
            records = reader.records(chunks, part=True)
        else:
            if part.begin:
                export.go_on()
            records = reader.records_of(export.envelopes(chunks))
        place = out.tell()
        while batch := [*map(tuple, itertools.islice(records, _BATCH))]:
            _write(batch, out)
        _write([], out)
        if export is not None:
            reader.lines += export.lines
            reader.torn |= export.torn
        pickle.dump(reader.state, out, pickle.HIGHEST_PROTOCOL)
        places[part.begin] = place, export is None or export.even
    return places


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
    """The same of an export: None where no line behind one of the places is a whole record, and of an array.

    Whether something closes an array only who reads all of it can tell.
    """
    offsets = [0]
    with path.open("rb") as stream:
        if stream.read(BLOCK).lstrip().startswith(b"["):
            return None
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
        if REPEATED not in before and REPEATED not in window[at:end] and export.is_whole(window[at:end]):
            return at
        at = end + 1
    return None


def _next_message(window: bytes) -> int | None:
    at = window.find(b"\n") + 1
    while at and (end := window.find(b"\n", at)) >= 0:
        before, line = window[window.rfind(b"\n", 0, at - 1) + 1 : at], window[at:end]
        if begins_message(line[:512].decode("latin-1")) and REPEATED not in before and REPEATED not in line:
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


def _export(task: Task) -> LineExport:
    # a process that reads parts of a plain log needs none of it
    from nornir_anyconnect.evidence.exports.records import LineExport  # noqa: PLC0415 - as above
    from nornir_anyconnect.evidence.exports.registry import export_of  # noqa: PLC0415 - as above

    with Path(task.path).open("rb") as stream:
        export = export_of(stream.read(BLOCK))
    if not isinstance(export, LineExport):
        raise TypeError(f"{task.path} changed while it was read")
    return export


def main() -> None:
    """What parts hold, on standard output."""
    gc.disable()  # nothing here is a circle
    task: Task = pickle.loads(bytes.fromhex(sys.argv[1]))  # noqa: S301 - the process that started this one wrote it
    out = sys.stdout.buffer
    places = _work(task, _waiting(sys.stdin.fileno()), out)
    end = out.tell()
    _write(places, out)
    out.write(_SIZE.pack(end))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # somebody waits, and there is nothing to be tidied up
