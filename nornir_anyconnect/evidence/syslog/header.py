"""What stands before the message: priority, stamps of relay and device, zone, names, in any order seen in the wild."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.evidence.syslog.stamps import (
    EPOCH,
    NO_MOMENT,
    NOTHING_KNOWN,
    STAMP,
    Calendar,
    Moment,
    epoch,
    from_microseconds,
    is_zone,
    microseconds,
)
from nornir_anyconnect.plain_text import decoded, harmless

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.syslog.stamps import StampContext

UNNAMED = "-"
"""The device of a line that names none, as syslog's own NILVALUE."""
_ADDRESS = re.compile(r"[\d.]+|.*:.*")

# what an ASA with "logging timestamp" and a device-id writes, and what RFC 5424 makes of it, which is most of what
# there is, read at once; a name in capitals may be a zone
_HMS = rb"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)"
_HOST = rb"(?![A-Z/]+ )([A-Za-z][\w-]{0,63})"
_USUAL = re.compile(
    rb"(?:<\d{1,3}>)?(?:([A-Z][a-z][a-z] \d\d \d{4}) " + _HMS + b" " + _HOST + b" : "
    rb"|(?:1 )?(\d{4}-\d\d-\d\d)T" + _HMS + b"Z " + _HOST + b" (?:: |- - - (?:- )?))"
)
_PRIORITY = re.compile(r"<\d{1,3}>(?P<version>1 )?:?")
_REPEATED = re.compile(r"message repeated (\d{1,6}) times: ?\[")
# a process tag, a level, the number or the file of a line, a bullet, fields of a record: no device's name. A level that
# counts as one would make several devices of one, and no session of any would be whole
_NO_NAME = re.compile(
    r"[\w./-]*\[\d+\]|(?:local\d|auth|daemon|kern|user|syslog)[./:]\w+|[\W_]+|\d+[:.)]?|\.{0,2}/\S*"
    r"|\W*(?:emerg(?:ency)?|alert|crit(?:ical)?|err(?:or)?|warn(?:ing)?|notice|notifications?|info(?:rmational)?"
    r"|debug(?:ging)?)\W*"
    r"|\S+\.(?:log|txt|gz|csv|json)(?:[.:]\S*)?|\S*[\"{}=]\S*",
    re.IGNORECASE,
)
# the cells of a page that was saved
_ELEMENT = re.compile(r"</?(?:t[dhr]|li|p|pre|div|span|code)(?: [^<>]*)?>", re.IGNORECASE)
# what an ASA prints between two pages, and what takes it away again
_PAGER = re.compile(r"<--- More --->[\s\x08]*")
_CACHED = 4096


def is_address(name: str) -> bool:
    """Whether a relay knew no name of the device."""
    return _ADDRESS.fullmatch(name) is not None


def without_domain(name: str) -> str:
    """By what the names of one device are told: without domain and case; an address stays whole."""
    return name if is_address(name) else name.partition(".")[0].casefold()


class Header(NamedTuple):
    """What the header of one message says."""

    time: int | None
    """Microseconds since 1970, in UTC."""
    device: str
    times: int = 1
    """How often the line says that its message was repeated."""
    otherwise: int | None = None
    """What the stamp means as well, day and month being exchanged."""


class HeaderReader:
    """Reads headers; one per stream, because what a stamp leaves open is read by what is known of the stream.

    Args:
        known: of its stamps.
        device: the device of lines that name none.

    """

    def __init__(self, known: StampContext = NOTHING_KNOWN, *, device: str = UNNAMED) -> None:
        self.unnamed = device
        """The device of lines that name none."""
        self.calendar = Calendar(known)
        self._in_utc = known.tz is UTC
        self._days: dict[bytes, int | None] = {}
        self._cache: dict[bytes, Header] = {}

    def call_unnamed(self, device: str) -> None:
        """From now on lines that name no device are of this one."""
        if device != self.unnamed:
            self.unnamed = device
            self._cache.clear()

    def read(self, raw: bytes) -> Header:
        """What the bytes before a message's tag say."""
        known = self._cache.get(raw)
        if known is None:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            known = self._cache[raw] = self.usual(raw) or self._parse(decoded(raw[-1024:]))
            if known.time is not None and not self._in_utc:
                if self.calendar.twice:
                    del self._cache[raw]  # the same words will mean another hour
                self.calendar.last = from_microseconds(known.time)
        return known

    def moment_of(self, text: str) -> Moment:
        """The time that a text tells which is nothing but a time, such as an export's column."""
        return self.calendar.moment_of(text)

    def usual(self, raw: bytes) -> Header | None:
        """What :meth:`read` says of a header that most lines have; None of any other."""
        if not self._in_utc or (found := _USUAL.fullmatch(raw)) is None:
            return None
        printed, hour, minute, second, name = found.groups()[:5] if found[1] else found.groups()[5:]
        day = self._days.get(printed) or self._day(printed)
        if day is None:
            return None
        return Header(day + ((int(hour) * 60 + int(minute)) * 60 + int(second)) * 1_000_000, name.decode())

    def _day(self, printed: bytes) -> int | None:
        if printed not in self._days:
            if len(self._days) >= _CACHED:
                self._days.clear()
            self._days[printed] = microseconds(self.calendar.moment_of(f"{printed.decode()} 00:00:00").time)
        return self._days[printed]

    def _parse(self, text: str) -> Header:
        count = 1
        if repeated := _REPEATED.search(text):
            count = int(repeated[1])
            text = text[: repeated.start()] + " " + text[repeated.end() :]
        if "More" in text:
            text = _PAGER.sub(" ", text)
        if "</" in text:
            text = _ELEMENT.sub(" ", text)
        modern = False
        if priority := _PRIORITY.search(text):
            modern = priority["version"] is not None
            text = text[: priority.start()] + " " + text[priority.end() :]
        stamps = list(STAMP.finditer(text))
        if not stamps:
            return self._without_stamp(text, count, modern=modern)
        # the device's own stamp stands nearest to the message: one clock per device, whatever the relay's
        last = stamps[-1]
        after = text[last.end("zone") if is_zone(text, last) else _before_zone(last) :]
        before = text[stamps[-2].end() if len(stamps) > 1 else 0 : last.start()]
        device = self._name(after, first=modern, default="") or self._name(before)
        moment = self.calendar.moment(last, stamps)
        return Header(microseconds(moment.time), device, count, microseconds(moment.otherwise))

    def _without_stamp(self, text: str, count: int, *, modern: bool) -> Header:
        moment = NO_MOMENT
        if found := EPOCH.search(text):
            moment = epoch(found)
            text = text[: found.start()] + " " + text[found.end() :]
        return Header(microseconds(moment.time), self._name(text, first=modern), count)

    def _name(self, text: str, *, first: bool = False, default: str | None = None) -> str:
        words = [word for word in (w.strip(",;|\"'").removesuffix(":") for w in text.split()) if word]
        names = [word for word in words if not _NO_NAME.fullmatch(word)]
        if names:
            return harmless(names[0 if first else -1], 128)
        return self.unnamed if default is None else default


def _before_zone(stamp: re.Match[str]) -> int:
    return stamp.start("zone") if stamp["zone"] else stamp.end()
