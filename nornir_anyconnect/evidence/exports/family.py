"""What an export calls its fields: the value that each file of this package holds as ``FAMILY``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG, TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_TELLING = re.compile(rf"{TAG}|message repeated \d{{1,6}} times")
_LINE = re.compile(r"[\r\n]+")
_ID = re.compile(r"(?:(?:ASA|FTD|PIX)-(?:[\w-]+-)?)?(?:([0-7])-)?(\d{6})")
_HOST = re.compile(r"[A-Za-z0-9][\w.:-]{0,127}")
_SOMETHING = re.compile(r".+", re.DOTALL)
_EPOCH = re.compile(r"(\d{10})(?:\.(\d{1,9})|(\d{3}|\d{6}|\d{9}))?")
_LEVELS = frozenset("01234567")
_USUAL_LEVELS = {
    "113019": 4, "722051": 4, "722011": 5, "722012": 5, "722028": 5, "722032": 5, "722033": 5, "722034": 5, "722037": 5,
    "722043": 5,
}  # fmt: skip
_INFORMATIONAL = 6
_TIMES = (
    "@timestamp", "_time", "timestamp", "time", "timegenerated", "eventtime", "receivedat", "date", "datetime",
    "event_time", "log_time", "ts", "time generated", "timestamp (utc)", "event.created",
)  # fmt: skip
_DEVICES = (
    "host", "hostname", "computer", "device", "device_name", "devicename", "observer.hostname", "observer.name",
    "host.hostname", "source", "sysloghost", "syslog_hostname", "fromhost", "host.name", "hostip",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """One product, or one kind of tool, and how its records are read.

    Args:
        name: as people call it.
        marks: names of fields; records that have all of one of these sets are of this family.
        message: the fields that may hold the ASA's line, the likeliest first.
        time: the fields that say when it was logged.
        device: the fields that name the device; none where they name the collector.
        ids: the fields that may hold the id of a message whose text lacks it.
        levels: the fields that may hold the level of such a message.
        line: reads a record that is a line of text rather than named fields; None where it is none.

    """

    name: str
    marks: tuple[tuple[str, ...], ...] = ()
    message: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    line: Callable[[str], Envelope | None] | None = None

    def matched(self, names: Iterable[str]) -> int:
        """How many fields of these names make records that have them this family's; 0 where they do not."""
        known = tuple(names)
        return max((len(marks) for marks in self.marks if all(_found(known, mark) for mark in marks)), default=0)

    def envelopes(self, fields: Mapping[str, str]) -> Iterator[Envelope]:
        """What a record holds: mostly one message, none where it is of something else."""
        text = self._message(fields)
        if not text:
            return
        time = when(_first(fields, (*self.time, *_TIMES)))
        device = _first(fields, self.device or _DEVICES, _HOST)
        lines = [line for line in _LINE.split(text) if line.strip()]
        if sum(1 for line in lines if ANY_TAG.search(line)) <= 1:
            lines = [" ".join(lines)]  # a name that holds the end of a line
        for line in lines:
            yield Envelope(line.encode(errors="replace"), time, device)

    def _message(self, fields: Mapping[str, str]) -> str:
        for name in self.message:
            for key in _found(tuple(fields), name):
                if _TELLING.search(fields[key]):
                    return fields[key]
        told = _first(fields, self.ids)
        text = _first(fields, self.message)
        if text and (line := tagged(told, text, _first(fields, self.levels))):
            return line
        return next((text for text in fields.values() if _TELLING.search(text)), "")


def tagged(told: str, text: str, level: str = "") -> str:
    """The ASA's line where its id, and perhaps its level, stand apart from its text; empty where there is no id."""
    found = _ID.fullmatch(told.strip("%: "))
    if found is None:
        return ""
    level = found[1] or (level if level in _LEVELS else str(_USUAL_LEVELS.get(found[2], _INFORMATIONAL)))
    return f"%ASA-{level}-{found[2]}: {text}"


def _found(names: tuple[str, ...], name: str) -> list[str]:
    """The fields of that name, those that are not nested first: ``result._raw`` is a ``_raw``."""
    inner = "." + name
    return [each for each in names if each == name] + [each for each in names if each.endswith(inner)]


def _first(fields: Mapping[str, str], names: Iterable[str], like: re.Pattern[str] = _SOMETHING) -> str:
    """The value of the first of the fields that is there and says something."""
    known = tuple(fields)
    for name in names:
        for key in _found(known, name):
            if like.fullmatch(value := fields[key].strip()):
                return value
    return ""


def when(text: str) -> str:
    """A time as it stands; seconds, milliseconds, microseconds or nanoseconds since 1970 as ISO 8601."""
    found = _EPOCH.fullmatch(text)
    if found is None:
        return text
    fraction = (found[2] or found[3] or "0").ljust(6, "0")[:6]
    moment = datetime.fromtimestamp(int(found[1]), UTC)
    return moment.replace(microsecond=int(fraction)).isoformat()
