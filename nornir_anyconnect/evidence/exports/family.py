"""What an export calls its fields: the value that each file of this package holds as ``FAMILY``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG, TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_TELLING = re.compile(rf"{TAG}|message repeated \d{{1,6}} times")
_ONLY_TAG = re.compile(rf"\W*{TAG}\W*")
_LINE = re.compile(r"[\r\n]+")
_ID = re.compile(r"(?:(?:ASA|FTD|PIX)-(?:[\w-]+-)?)?(?:([0-7])-)?(\d{6})")
_HOST = re.compile(r"[A-Za-z0-9][\w.:-]{0,127}")
_SOMETHING = re.compile(r".+", re.DOTALL)
_EPOCH = re.compile(r"(\d{10})(?:\.(\d{1,9})|(\d{3}|\d{6}|\d{9}))?")
# what Excel makes of a time where nobody says that it is one: with fewer decimals it is no second
_DAYS = re.compile(r"[3-6]\d{4}[.,]\d{5,12}")
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - in the zone of the one who saved it
# a date in a field of its own, such as in a table of Kiwi's, and the time of that day in another one
_DAY = re.compile(r"\d{4}[-/]\d\d[-/]\d\d|\d{1,2}([/.-])\d{1,2}\1(?:\d{4}|\d\d)|[A-Z][a-z]{2} {1,2}\d{1,2},? \d{4}")
CLOCK = re.compile(r"\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AaPp]\.?[Mm]\.?)?")
"""A time of the day."""
_LEVELS = frozenset("01234567")
_USUAL_LEVELS = {
    "113019": 4, "722051": 4, "722011": 5, "722012": 5, "722028": 5, "722032": 5, "722033": 5, "722034": 5, "722037": 5,
    "722043": 5,
}  # fmt: skip
_INFORMATIONAL = 6
_TIMES = (
    "@timestamp", "_time", "timestamp", "time", "timegenerated", "eventtime", "receivedat", "date", "datetime",
    "event_time", "log_time", "ts", "time generated", "timestamp (utc)", "event.created", "isodate", "r_isodate",
    "s_isodate", "received_at", "msgdate", "msgtime", "date time", "log date", "start time", "starttime",
)  # fmt: skip
_DEVICES = (
    "host", "hostname", "computer", "device", "device_name", "devicename", "observer.hostname", "observer.name",
    "host.hostname", "source", "sysloghost", "syslog_hostname", "fromhost", "host.name", "host_from", "log source host",
    "hostip", "ip address",
)  # fmt: skip
_MESSAGES = ("message", "msg", "text", "log message", "event message", "description", "details")


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
        time = when(self._time(fields))
        device = _first(fields, self.device or _DEVICES, _HOST)
        lines = [line for line in _LINE.split(text) if line.strip()]
        if sum(1 for line in lines if ANY_TAG.search(line)) <= 1:
            lines = [" ".join(lines)]  # a name that holds the end of a line
        for line in lines:
            yield Envelope(line.encode(errors="replace"), time, device)

    def _time(self, fields: Mapping[str, str]) -> str:
        names = (*self.time, *_TIMES)
        text = _first(fields, names)
        if CLOCK.fullmatch(text):
            return f"{_first(fields, names, _DAY)} {text}"
        return f"{text} {_first(fields, names, CLOCK)}" if _DAY.fullmatch(text) else text

    def _message(self, fields: Mapping[str, str]) -> str:
        for name in self.message:
            for key in _found(tuple(fields), name):
                if tells(fields[key]):
                    return fields[key]
        told = _first(fields, self.ids)
        text = _first(fields, self.message)
        if text and (line := tagged(told, text, _first(fields, self.levels))):
            return line
        if line := next((text for text in fields.values() if tells(text)), ""):
            return line
        # the tag in a field of its own, as what a parser took for the name of a program
        tag = next((text for text in fields.values() if _ONLY_TAG.fullmatch(text)), "")
        return tagged(tag, text or _first(fields, _MESSAGES)) if tag else ""


def tells(text: str) -> bool:
    """Whether it holds a message, or says that one was repeated; not one that is nothing but the tag of one."""
    return _TELLING.search(text) is not None and _ONLY_TAG.fullmatch(text) is None


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
    """A time as it stands; seconds and their fractions since 1970, or Excel's days since 1900, as ISO 8601."""
    if _DAYS.fullmatch(text):
        moment = _FIRST_DAY + timedelta(days=float(text.replace(",", ".")), microseconds=500_000)
        return moment.isoformat(timespec="seconds")
    found = _EPOCH.fullmatch(text)
    if found is None:
        return text
    fraction = (found[2] or found[3] or "0").ljust(6, "0")[:6]
    moment = datetime.fromtimestamp(int(found[1]), UTC)
    return moment.replace(microsecond=int(fraction)).isoformat()
