"""The journal of a run: append-only JSON Lines, hash-chained, 0600, on disk before the device hears a word.

Each record carries the hash of the one before it, so a line that was edited, removed from the middle or
reordered breaks the chain. Lines cut off the end cannot be seen from the file alone: note the last hash,
which every run prints, in the ticket.
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import hashlib
import json
import os
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nornir_anyconnect.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GENESIS = "0" * 64
_VOLATILE = frozenset({"tmpfs", "ramfs", "devtmpfs"})


class JournalError(UsageError):
    """The journal cannot be read, or its chain is broken."""

    code = "journal"


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a journal. ``data`` holds what the event says; ``host`` is null for the run itself."""

    seq: int
    time: str
    event: str
    host: str | None
    data: dict[str, Any]
    hash: str


def default_directory() -> Path:
    """Where runs are kept unless told otherwise (XDG base directory specification).

    Raises:
        JournalError: nobody knows where that is.

    """
    state = os.environ.get("XDG_STATE_HOME")
    if not state:
        try:
            state = str(Path.home() / ".local" / "state")
        except RuntimeError as error:  # no HOME, and an account that the system does not know
            raise JournalError(
                "there is no home folder for the journal", "set HOME, or name a folder: --journal"
            ) from error
    return Path(state) / "nornir-anyconnect" / "runs"


def volatile(directory: Path) -> bool:
    """Whether the directory is lost with a reboot (a memory file system); False where nobody can tell."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return False
    target = str(directory.resolve())
    inside = [m for m in mounts if len(m) > 2 and (target + "/").startswith(m[1].rstrip("/") + "/")]  # noqa: PLR2004 - device, mount point, type
    return bool(inside) and max(inside, key=lambda m: len(m[1]))[2] in _VOLATILE


def _digest(previous: str, body: str) -> str:
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


class Journal:
    """An open journal; safe to write from many threads, held by one process at a time.

    Args:
        path: the file; made with mode 0600 if it is not there.
        redact: applied to every text before it is written.
        exact: names of fields that it is not applied to, because what is read back must be what was written.

    Raises:
        JournalError: another process holds it, it cannot be written, or its chain is broken.

    """

    def __init__(self, path: Path, redact: Callable[[str], str] = str, exact: frozenset[str] = frozenset()) -> None:
        self.path = path
        self._redact = redact
        self._exact = exact
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            _sync_directory(path.parent)
        except OSError as error:
            raise JournalError(
                f"the journal {path} cannot be written: {error.strerror}",
                "nothing was sent; name another directory with --journal",
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise JournalError(
                f"another process is working on {path.name}", "wait for it to end, or stop it"
            ) from error
        try:
            self._drop_torn_line()
            records = list(read(path))
        except BaseException:
            os.close(self._fd)
            raise
        self._seq = len(records)
        self.head = records[-1].hash if records else GENESIS

    def _drop_torn_line(self) -> None:
        """A kill in the middle of a write leaves half a line; what it announced was never begun."""
        content = self.path.read_bytes()
        end = content.rfind(b"\n") + 1
        if end != len(content):
            os.ftruncate(self._fd, end)
            os.fsync(self._fd)

    def append(self, event: str, host: str | None = None, **data: Any) -> Record:
        """Write one record and return when it is on disk."""
        with self._lock:
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            shown = {key: _redacted(value, str if key in self._exact else self._redact) for key, value in data.items()}
            fields = {"seq": self._seq, "time": time, "event": event, "host": host, "data": shown}
            body = json.dumps(fields, sort_keys=True, ensure_ascii=False)
            digest = _digest(self.head, body)
            line = json.dumps({"hash": digest, "record": json.loads(body)}, ensure_ascii=False)
            self._write(line.encode() + b"\n")
            self.head = digest
            self._seq += 1
            return Record(self._seq - 1, time, event, host, shown, digest)

    def _write(self, line: bytes) -> None:
        """All of the line is on disk, or none of it is in the file."""
        end = os.fstat(self._fd).st_size
        try:
            if os.write(self._fd, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._fd)
        except OSError as error:
            os.ftruncate(self._fd, end)
            raise JournalError(
                f"the journal {self.path} cannot be written: {error.strerror}", "free some space; see the hosts' states"
            ) from error

    def close(self) -> None:
        """Release the file."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(each, redact) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(each, redact) for each in value]
    return value


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def read(path: Path) -> Iterator[Record]:
    """The records of a journal, the chain verified on the way; a torn last line is left out.

    Raises:
        JournalError: it cannot be read, or a record does not follow from the one before it.

    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be read: {error.strerror}", "check the run's name") from error
    previous = GENESIS
    lines = content.split(b"\n")[:-1]
    for number, line in enumerate(lines):
        try:
            outer = json.loads(line)
            fields, digest = outer["record"], outer["hash"]
            body = json.dumps(fields, sort_keys=True, ensure_ascii=False)
            intact = _digest(previous, body) == digest and fields["seq"] == number
            record = Record(number, fields["time"], fields["event"], fields["host"], fields["data"], digest)
        except (ValueError, KeyError, TypeError):
            intact = False
        if not intact:
            raise JournalError(
                f"the journal {path.name} was altered: line {number + 1} does not follow from the line before it",
                "do not act on it; compare with a copy, and with the last hash noted in the ticket",
            )
        previous = digest
        yield record


def holds_a_record(path: Path) -> bool:
    """Whether anything was written whole; a run that was killed before that has sent nothing."""
    with path.open("rb") as file:
        return any(line.endswith(b"\n") for line in file)


def author() -> dict[str, str]:
    """Who runs this: user and host names of this machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = str(os.getuid())
    return {"user": user, "host": socket.gethostname()}


def next_sequence(directory: Path) -> int:
    """The number of the run that begins now: one more than any that is kept here, whatever a clock said."""
    return 1 + max((_sequence(path) for path in directory.glob("*.jsonl")), default=0)


def _sequence(path: Path) -> int:
    """The number that a run was given when it began; 0 where its beginning cannot be read."""
    try:
        with path.open("rb") as file:
            return int(json.loads(file.readline())["record"]["data"]["sequence"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _changed_something(path: Path) -> bool:
    """Whether the run sent a line, or was killed when it was about to.

    One that was taken back counts: who says ``last`` after it does not mean the run before it.
    """
    begun: set[str | None] = set()
    for record in read(path):
        if record.event == "sending":
            return True
        if record.event == "intent":
            begun.add(record.host)
        elif record.event == "outcome":
            begun.discard(record.host)
    return bool(begun)


def find_run(run: str, directory: Path) -> Path:
    """The journal of a run by its name; ``last`` is the last one that changed something.

    The order is that in which runs began, by their number: a clock may have been set back since.

    Raises:
        JournalError: there is no such run, or one that may be the last was altered.

    """
    if run == "last":
        runs = [path for path in directory.glob("*.jsonl") if holds_a_record(path)]
        for path in sorted(runs, key=lambda each: (_sequence(each), each.name), reverse=True):
            if _changed_something(path):
                return path
        what = "run that changed anything" if runs else "run"
        raise JournalError(
            f"there is no {what} in {directory}", "apply a plan first, or name the directory with --journal"
        )
    path = Path(run) if run.endswith(".jsonl") else directory / f"{run}.jsonl"
    if not path.is_file():
        known = ", ".join(p.stem for p in sorted(directory.glob("*.jsonl"))[-5:])
        raise JournalError(f"there is no run '{run}' in {directory}", f"known runs: {known or 'none'}")
    return path
