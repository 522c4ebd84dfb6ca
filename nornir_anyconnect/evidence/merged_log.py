"""Several logs made one: in the order of time, and each message as often as it occurred.

Exports begin with the newest line, relays write a line twice, files overlap. So nothing is read in the order of a file:
all messages wait until the last log was read, on disk where there are too many, and come out sorted by their time.
"""

from __future__ import annotations

import heapq
import itertools
import marshal  # what this process wrote itself into a file without a name
import operator
import tempfile
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from nornir_anyconnect.evidence.relays import OnceLines, Relays
from nornir_anyconnect.evidence.syslog.header import UNNAMED
from nornir_anyconnect.evidence.syslog.messages import ASA_MESSAGES, OF_EACH_SESSION, OPENINGS, Record
from nornir_anyconnect.evidence.syslog.sightings import NO_SPAN, Span
from nornir_anyconnect.evidence.syslog.stamps import DateOrder, from_microseconds

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
_SECOND = 1_000_000
_RANKS = 16

_Entry = tuple[int, int, str, str, tuple[Any, ...], int, int]
"""When it is its turn (second and rank in one), number of the source, id, device, fields, times, and its time."""
_TURN = itemgetter(0)
_Plain = tuple[Any, ...]
"""The values of a :class:`Record`."""
_TIME = itemgetter(1)
_NOTHING_OPEN = (None, 0, 0)
"""What stands behind the first five of them where they say it all."""
_Value = TypeVar("_Value", bound=tuple[Any, ...])


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

    counts: Counter[tuple[object, ...]]
    one_in: int = 1

    def add(self, key: tuple[object, ...]) -> None:
        """One line, by all that tells it from others."""
        if self.one_in > 1 and not self._sampled(key):
            return
        self.counts[key] += 1
        if len(self.counts) > _MAX_SAMPLED:
            self.one_in *= 2
            self.counts = Counter({each: count for each, count in self.counts.items() if self._sampled(each)})

    def _sampled(self, key: tuple[object, ...]) -> bool:
        return zlib.crc32(repr(key).encode(errors="replace")) % self.one_in == 0

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
        self._held: list[_Plain] = []
        self._waiting: _Batches[_Plain] = _Batches()
        self._last: list[int] = []
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

    def take(self, records: Iterable[_Plain]) -> None:
        """The messages of the log, in the order of its lines."""
        # of plain tuples of plain values Python's collector asks nothing again
        plain = map(tuple, records)
        while batch := list(itertools.islice(plain, _BATCH)):
            times = self._last + [time for time in map(_TIME, batch) if time is not None]
            self._forward += sum(map(operator.lt, times, itertools.islice(times, 1, None)))
            self._backward += sum(map(operator.gt, times, itertools.islice(times, 1, None)))
            self._last = times[-1:]
            self.messages += len(batch)
            self._held += batch
            if len(self._held) >= MAX_HELD:
                self._waiting.write(self._held)
                self._held = []

    def close(self, dates: DatesSeen, latest: datetime | None) -> None:
        """The log was read to its end: what only the whole of it can tell is known now.

        Args:
            dates: what its dates told about their own order.
            latest: when it was written at the latest.

        """
        self.month_first = bool(dates.open) and dates.order(latest) is DateOrder.MONTH_FIRST
        self._merged.take(self._number, self._known())
        self._held = []

    def _known(self) -> Iterator[_Plain]:
        """Each message, its time and its number being known for good; then the span of all is known."""
        first = last = None
        for record in itertools.chain(self._waiting.read(), self._held):
            if record[5:] != _NOTHING_OPEN:
                record = self._decided(Record._make(record))  # noqa: PLW2901 - now it is what it means
            time = record[1]
            if time is None:
                self.untimed += 1
            elif first is None or last is None:
                first = last = time
            elif time > last:
                last = time
            elif time < first:
                first = time
            yield record
        if first is not None and last is not None:
            self.span = Span(from_microseconds(first), from_microseconds(last))

    def _decided(self, record: Record) -> Record:
        """A message whose time and number were open until now."""
        again = record.repeated_before if self._backward > self._forward else record.repeated_behind
        if again or (self.month_first and record.otherwise is not None):
            time = record.otherwise if self.month_first and record.otherwise is not None else record.time
            return record._replace(time=time, times=record.times + again)
        return record


class MergedLog:
    """Takes sources in, and hands their messages on as events.

    Args:
        within: whether what happened then (microseconds since 1970) is asked for; without it all is.
        catalogue: the messages.

    """

    def __init__(
        self, within: Callable[[int | None], bool] | None = None, *, catalogue: Catalogue = ASA_MESSAGES
    ) -> None:
        self._within = within
        self._catalogue = catalogue
        self._sources = itertools.count()
        self._held: list[_Entry] = []
        self._runs: list[_Batches[_Entry]] = []
        self._untimed: dict[_Identity, dict[int, int]] = {}
        self._once = OnceLines()
        self._openings: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        self.called: dict[str, str] = {}
        """What each device is called that had another name in some of the logs."""
        self.folds: dict[int, int] = {}
        """How many copies of the log each source is."""

    def source(self) -> Source:
        """A new one; it is read to its end and closed before the events are asked for."""
        return Source(next(self._sources), self)

    def take(self, source: int, records: Iterable[_Plain]) -> None:
        """The messages of a source, each with its time, if that is known at all."""
        copies = _Copies(Counter())
        rows, within = self._catalogue.rows, self._within
        for message, time, device, fields, times, *_ in records:
            if within is not None and not within(time):
                continue
            if message in OPENINGS:
                self._openings[source, device][message] += 1
            if time is None:
                identity = (message, device, fields)
                if identity in self._untimed or len(self._untimed) < MAX_HELD:
                    counts = self._untimed.setdefault(identity, {})
                    counts[source] = counts.get(source, 0) + times
                continue
            row = rows[message]
            rank, second = row.rank, time // _SECOND
            if row.once:
                copies.add((second, device, message, fields))
                self._once.add((message, device, fields), second, source)
            if row.rank_of_udp != rank and fields[3] == "UDP":
                rank = row.rank_of_udp
            self._held.append((second * _RANKS + rank, source, message, device, fields, times, time))
            if len(self._held) >= MAX_HELD:
                run: _Batches[_Entry] = _Batches()
                self._held.sort(key=_TURN)
                run.write(self._held)
                self._runs.append(run)
                self._held = []
        self.folds[source] = copies.fold

    def events(self) -> Iterator[ev.Event]:
        """All messages with a time, the oldest first, whatever the order of the sources and of their lines."""
        self._held.sort(key=_TURN)
        relays = Relays(self._once.copies(self.called))
        entries = heapq.merge(*(run.read() for run in self._runs), self._held, key=_TURN) if self._runs else self._held
        if called := self.called:
            entries = ((*each[:3], called.get(each[3], each[3]), *each[4:]) for each in entries)
        event, folds = self._catalogue.event, self.folds
        for _, group in itertools.groupby(entries, _TURN):
            together = list(group)
            if relays.copies or (len(together) > 1 and not _in_turn(together)):
                yield from self._counted(together, relays)
                continue
            for _, source, message, device, fields, times, time in together:
                yield event(message, time, device, fields, -(-times // folds[source]))

    def left_out(self) -> dict[str, tuple[str, ...]]:
        """By device the ids that every session brings, and that a log lacks in which sessions of the device begin.

        It lacks as well what a tenth of the sessions did not bring: its level rose on the way, or lines were lost. A
        device is missing here of which no log shows a session begin.
        """
        found: dict[str, set[str]] = {}
        of_device: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        for (source, device), openings in self._openings.items():
            of_device[source, self.called.get(device, device)] += openings
        for (_, device), openings in of_device.items():
            missing = {min(each) for each in OF_EACH_SESSION if not each & openings.keys()}
            connections, assigned = openings["722033"] + openings["722034"], openings["722051"]
            begun = openings["113039"] or connections
            if (connections - openings["722022"]) * 10 > connections or (assigned - begun) * 10 > assigned:
                missing.add("722022")
            found.setdefault(device, set()).update(missing)
        return {device: tuple(sorted(missing)) for device, missing in found.items()}

    def untimed(self) -> Iterator[ev.Event]:
        """All messages without a time, in an order that means nothing."""
        of_line: defaultdict[_Identity, Counter[int]] = defaultdict(Counter)
        for (message, device, fields), counts in self._untimed.items():
            of_line[message, self.called.get(device, device), fields] += Counter(counts)
        for (message, device, fields), counts in sorted(of_line.items(), key=_by_words):
            yield self._catalogue.event(message, None, device, fields, self._times(counts))

    def _counted(self, entries: list[_Entry], relays: Relays) -> Iterator[ev.Event]:
        """What happened within one second: each message once, with the number of times it did."""
        found: dict[_Identity, tuple[int, dict[int, int]]] = {}
        unnamed = False
        for _, source, message, device, fields, times, time in entries:
            identity = (message, device, fields)
            known = found.get(identity)
            if known is None:
                found[identity] = (time, {source: times})
                unnamed = unnamed or device == UNNAMED
                continue
            first, counts = known
            counts[source] = counts.get(source, 0) + times
            if time < first:
                found[identity] = (time, counts)
        if unnamed and len(found) > 1:
            self._name_copies(found)
        several = [*found.items()]
        if len(several) > 1:
            several.sort(key=_by_who)
            if any(_by_who(one) == _by_who(other) for one, other in itertools.pairwise(several)):
                several.sort(key=_by_words)
        second = entries[0][0] // _RANKS
        for identity, (time, counts) in several:
            message, device, fields = identity
            apart = not relays.copies.keys().isdisjoint(counts)
            if times := relays.new(second, identity, counts) if apart else self._times(counts):
                yield self._catalogue.event(message, time, device, fields, times)

    @staticmethod
    def _name_copies(found: dict[_Identity, tuple[int, dict[int, int]]]) -> None:
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
            return -(-count // self.folds[source])
        return max(-(-count // self.folds[source]) for source, count in counts.items())


def _in_turn(entries: list[_Entry]) -> bool:
    """Puts in order what happened within one second; False where more than that tells, such as copies of a line."""
    by_who = {(entry[2], entry[3], entry[4][:3]): entry for entry in entries}
    if len(by_who) < len(entries) or any(device == UNNAMED for _, device, _ in by_who):
        return False
    entries[:] = [by_who[who] for who in sorted(by_who)]
    return True


def _by_who(item: tuple[_Identity, object]) -> tuple[str, str, tuple[Any, ...]]:
    message, device, fields = item[0]
    # the first three are never missing
    return message, device, fields[:3]


def _by_words(item: tuple[_Identity, object]) -> tuple[str, str, tuple[Any, ...], str]:
    message, device, fields = item[0]
    return message, device, fields[:3], str(fields[3:])


class _Batches(Generic[_Value]):
    """Tuples of plain values that wait on disk, in a file without a name, and are read again in the same order."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._sizes: list[int] = []

    def write(self, values: list[_Value]) -> None:
        """Adds tuples."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this
        for at in range(0, len(values), _BATCH):
            self._sizes.append(self._file.write(marshal.dumps([*map(tuple, values[at : at + _BATCH])])))

    def read(self) -> Iterator[_Value]:
        """All of them; they are read once."""
        if self._file is None:
            return
        with self._file as stored:
            stored.seek(0)
            for size in self._sizes:
                yield from marshal.loads(stored.read(size))  # noqa: S302 - nobody else has written into it
