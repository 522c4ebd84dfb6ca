"""Several logs made one: in the order of time, and each message as often as it occurred.

Exports begin with the newest line, relays write a line twice, files overlap. So nothing is read in the order of a file:
all messages wait until the last log was read, on disk where there are too many, and come out sorted by their time.
"""

from __future__ import annotations

import heapq
import itertools
import pickle  # what this process wrote itself into a file without a name
import tempfile
import zlib
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from nornir_anyconnect.evidence.coverage import NO_SPAN, Span
from nornir_anyconnect.evidence.syslog.header import UNNAMED
from nornir_anyconnect.evidence.syslog.messages import ASA_MESSAGES, OF_EACH_SESSION, OPENINGS, Record
from nornir_anyconnect.evidence.syslog.stamps import DateOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from nornir_anyconnect.evidence import events as ev
    from nornir_anyconnect.evidence.syslog.messages import Catalogue
    from nornir_anyconnect.evidence.syslog.stamps import DatesSeen

MAX_HELD = 150_000
"""Messages kept in memory; the others wait on disk."""
_BATCH = 2000
_MAX_SAMPLED = 20_000
_MIXED = 20
"""A log is mixed where more than one step in so many goes against the others."""

_Entry = tuple[int, int, int, Record]
"""Second, rank within it, number of the source, and the message."""
_TURN = itemgetter(0, 1)
_Value = TypeVar("_Value")


class Order(NamedTuple):
    """How the lines of a log follow each other."""

    forward: int = 0
    backward: int = 0

    def __str__(self) -> str:
        if not self.forward and not self.backward:
            return "unknown"
        if min(self) * _MIXED > max(self):
            return "mixed"
        return "oldest first" if self.forward >= self.backward else "newest first"

    @property
    def newest_first(self) -> bool:
        """Whether the last line is the oldest."""
        return self.backward > self.forward


_Identity = tuple[str, str, tuple[Any, ...]]
"""What makes two lines the same: message, device and fields; a time is as fine as the coarsest of the logs."""


@dataclass(slots=True)
class _Copies:
    """How often the lines of one source stand that can occur only once: by a sample, where there are many."""

    counts: Counter[int]
    one_in: int = 1

    def add(self, key: tuple[object, ...]) -> None:
        """One line, by all that tells it from others."""
        number = zlib.crc32(repr(key).encode(errors="replace"))
        if number % self.one_in:
            return
        self.counts[number] += 1
        if len(self.counts) > _MAX_SAMPLED:
            self.one_in *= 2
            self.counts = Counter({n: count for n, count in self.counts.items() if n % self.one_in == 0})

    @property
    def fold(self) -> int:
        """How many copies of the log the source is."""
        return min(self.counts.values(), default=1)


class Source:
    """One log on its way into the merged one.

    Args:
        number: which of the sources it is.
        merged: where it goes.

    """

    def __init__(self, number: int, merged: MergedLog) -> None:
        self._number = number
        self._merged = merged
        self._held: list[Record] = []
        self._waiting: _Batches[Record] = _Batches()
        self._last: datetime | None = None
        self._forward = self._backward = 0
        self.messages = 0
        """Messages taken."""
        self.untimed = 0
        """Messages without a time."""
        self.span = NO_SPAN
        """From the first message to the last."""
        self.month_first = False
        """Its dates have the month before the day."""

    @property
    def order(self) -> Order:
        """How its lines follow each other."""
        return Order(self._forward, self._backward)

    def take(self, records: Iterable[Record]) -> None:
        """The messages of the log, in the order of its lines."""
        held, last = self._held, self._last
        for record in records:
            held.append(record)
            time = record.time
            if time is not None:
                if last is not None and time != last:
                    if time > last:
                        self._forward += 1
                    else:
                        self._backward += 1
                last = time
            if len(held) >= MAX_HELD:
                self.messages += len(held)
                self._waiting.write(held)
                held.clear()
        self._last = last

    def close(self, dates: DatesSeen, latest: datetime | None) -> None:
        """The log was read to its end: what only the whole of it can tell is known now.

        Args:
            dates: what its dates told about their own order.
            latest: when it was written at the latest.

        """
        self.messages += len(self._held)
        month_first = self.month_first = bool(dates.open) and dates.order(latest) is DateOrder.MONTH_FIRST
        newest_first = self.order.newest_first
        copies = _Copies(Counter())
        first = last = None
        for record in itertools.chain(self._waiting.read(), self._held):
            again = record.repeated_before if newest_first else record.repeated_behind
            if again or (month_first and record.otherwise is not None):
                record = record._replace(  # noqa: PLW2901 - now it is what it means
                    time=record.otherwise if month_first and record.otherwise else record.time,
                    times=record.times + again,
                )
            if record.time is None:
                self.untimed += 1
            elif first is None or last is None:
                first = last = record.time
            elif record.time > last:
                last = record.time
            elif record.time < first:
                first = record.time
            self._merged.add(self._number, record, copies)
        self.span = Span(first, last)
        self._merged.folds[self._number] = copies.fold
        self._held.clear()
        self._waiting = _Batches()


class MergedLog:
    """Takes sources in, and hands their messages on as events.

    Args:
        within: whether what happened then is asked for.
        catalogue: the messages.

    """

    def __init__(self, within: Callable[[datetime | None], bool], *, catalogue: Catalogue = ASA_MESSAGES) -> None:
        self._within = within
        self._catalogue = catalogue
        self._sources = itertools.count()
        self._held: list[_Entry] = []
        self._runs: list[_Batches[_Entry]] = []
        self._untimed: dict[_Identity, dict[int, int]] = {}
        self._openings: dict[tuple[int, str], set[str]] = {}
        self.folds: dict[int, int] = {}
        """How many copies of the log each source is."""

    def source(self) -> Source:
        """A new one; it is read to its end and closed before the events are asked for."""
        return Source(next(self._sources), self)

    def add(self, source: int, record: Record, copies: _Copies) -> None:
        """One message of a source whose time is known for good, or is not known."""
        if not self._within(record.time):
            return
        row = self._catalogue.rows[record.message]
        if record.message in OPENINGS:
            self._openings.setdefault((source, record.device), set()).add(record.message)
        if record.time is None:
            identity = (record.message, record.device, record.fields)
            if identity in self._untimed or len(self._untimed) < MAX_HELD:
                counts = self._untimed.setdefault(identity, {})
                counts[source] = counts.get(source, 0) + record.times
            return
        second = int(record.time.timestamp())
        if row.once:
            copies.add((second, record.device, record.message, record.fields))
        of_udp = row.rank_of_udp != row.rank and record.fields[3] == "UDP"
        self._held.append((second, row.rank_of_udp if of_udp else row.rank, source, record))
        if len(self._held) >= MAX_HELD:
            run: _Batches[_Entry] = _Batches()
            run.write(sorted(self._held, key=_TURN))
            self._runs.append(run)
            self._held = []

    def events(self) -> Iterator[ev.Event]:
        """All messages with a time, the oldest first, whatever the order of the sources and of their lines."""
        self._held.sort(key=_TURN)
        entries = heapq.merge(*(run.read() for run in self._runs), self._held, key=_TURN) if self._runs else self._held
        for _, group in itertools.groupby(entries, _TURN):
            together = list(group)
            if len(together) > 1:
                yield from self._counted(together)
            else:
                _, _, source, record = together[0]
                yield self._catalogue.event(record, -(-record.times // self.folds.get(source, 1)))

    def left_out(self) -> dict[str, tuple[str, ...]]:
        """By device the ids that every session brings, and that a log lacks in which sessions of the device begin.

        A device is missing here of which no log shows a session begin.
        """
        found: dict[str, set[str]] = {}
        for (_, device), openings in self._openings.items():
            missing = (min(each) for each in OF_EACH_SESSION if not each & openings)
            found.setdefault(device, set()).update(missing)
        return {device: tuple(sorted(missing)) for device, missing in found.items()}

    def untimed(self) -> Iterator[ev.Event]:
        """All messages without a time, in an order that means nothing."""
        for identity, counts in sorted(self._untimed.items(), key=_by_words):
            message, device, fields = identity
            yield self._catalogue.event(Record(message, None, device, fields), self._times(counts))

    def _counted(self, entries: list[_Entry]) -> Iterator[ev.Event]:
        """What happened within one second: each message once, with the number of times it did."""
        found: dict[_Identity, tuple[Record, dict[int, int]]] = {}
        for _, _, source, record in entries:
            identity = (record.message, record.device, record.fields)
            known = found.get(identity)
            if known is None:
                found[identity] = (record, {source: record.times})
                continue
            kept, counts = known
            counts[source] = counts.get(source, 0) + record.times
            if record.time and kept.time and record.time < kept.time:
                found[identity] = (record, counts)
        if len(found) > 1 and any(each[1] == UNNAMED for each in found):
            self._name_copies(found)
        several = [*found.items()]
        if len(several) > 1:
            several.sort(key=_by_who)
            if any(_by_who(one) == _by_who(other) for one, other in itertools.pairwise(several)):
                several.sort(key=_by_words)
        for _, (record, counts) in several:
            yield self._catalogue.event(record, self._times(counts))

    @staticmethod
    def _name_copies(found: dict[_Identity, tuple[Record, dict[int, int]]]) -> None:
        """A copy of the log that lacks the device's name holds the same lines."""
        named = {
            (message, fields): counts for (message, device, fields), (_, counts) in found.items() if device != UNNAMED
        }
        for identity in [each for each in found if each[1] == UNNAMED]:
            if (counts := named.get((identity[0], identity[2]))) is not None:
                for source, times in found.pop(identity)[1].items():
                    counts[source] = counts.get(source, 0) + times

    def _times(self, counts: dict[int, int]) -> int:
        """Of the same lines the most that any one source holds, copies of it taken as one."""
        if len(counts) == 1:
            ((source, count),) = counts.items()
            return -(-count // self.folds.get(source, 1))
        return max(-(-count // self.folds.get(source, 1)) for source, count in counts.items())


def _by_who(item: tuple[_Identity, object]) -> tuple[str, str, tuple[Any, ...]]:
    message, device, fields = item[0]
    # the first three are never missing
    return message, device, fields[:3]


def _by_words(item: tuple[_Identity, object]) -> tuple[str, str, tuple[Any, ...], str]:
    message, device, fields = item[0]
    return message, device, fields[:3], str(fields[3:])


class _Batches(Generic[_Value]):
    """Values that wait on disk, in a file that has no name, and are read again in the same order."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def write(self, values: list[_Value]) -> None:
        """Adds values."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this
        for at in range(0, len(values), _BATCH):
            pickle.dump(values[at : at + _BATCH], self._file, pickle.HIGHEST_PROTOCOL)

    def read(self) -> Iterator[_Value]:
        """All of them; they are read once."""
        if self._file is None:
            return
        with self._file as stored:
            stored.seek(0)
            while True:
                try:
                    batch: list[_Value] = pickle.load(stored)  # noqa: S301 - nobody else has written into it
                except EOFError:
                    return
                yield from batch
