"""What stands before the message: priority, stamps of relay and device, zone, names, in any order seen in the wild."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from nornir_anyconnect.evidence.plain_text import decoded, harmless

UNNAMED = "-"
"""The device of a line that names none, as syslog's own NILVALUE."""

_NAMES_OF_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTHS = {name: n for n, name in enumerate(_NAMES_OF_MONTHS.split("|"), 1)}
STAMP = re.compile(
    rf"(?:(?P<month>{_NAMES_OF_MONTHS}) {{1,2}}(?P<day>\d{{1,2}}),? (?:(?P<year>\d{{4}}),? )?"
    r"|(?P<date>\d{4}-\d\d-\d\d)[T ])"
    r"(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
    r"(?: (?P<late_year>(?:19|20)\d\d)(?=:?\s|:?$))?(?: ?(?P<offset>Z\b|[+-]\d\d:?\d\d\b))?"
    r"(?: (?P<zone>[A-Z]{2,5}(?:/[A-Z]{2,5})?)(?=[ :]|$))?"
)
"""A time stamp, of the relay or of the device."""
# what an ASA with "logging timestamp" and a device-id writes, which is most of what there is, read at once; a name in
# capitals may be a zone
_USUAL = re.compile(
    rf"(?:<\d{{1,3}}>)?({_NAMES_OF_MONTHS}) (\d\d) (\d{{4}}) (\d\d):(\d\d):(\d\d) "
    r"(?![A-Z/]+ )([A-Za-z][\w-]{0,63}) : "
)
_PRIORITY = re.compile(r"<\d{1,3}>(?P<version>1 )?:?")
_REPEATED = re.compile(r"message repeated (\d{1,6}) times: ?\[")
# a process tag, a facility.level pair, or nothing at all: names of no device
_NO_NAME = re.compile(r"[\w./-]*\[\d+\]|(?:local\d|auth|daemon|kern|user|syslog)\.\w+|[-\[\]:%]+", re.IGNORECASE)
# hours east of UTC. What a device calls its zone is free text: a name that is not here counts as no zone
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "SGT": 8, "HKT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "HST": -10,
}  # fmt: skip
_CACHED = 4096


class HeaderReader:
    """Reads headers; one per stream, because a stamp without a year is read by what is known of the stream.

    Args:
        device: the device of lines that name none.
        year: the year of the first stamp that has none; later ones take the year nearest to it. Without it the
            latest year that is not after ``reference``.
        tz: the zone of stamps that name none.
        reference: when the lines were written at the latest; default now.
        after: the last stamp without a year of the stream that this one goes on with.

    """

    def __init__(
        self,
        *,
        device: str = UNNAMED,
        year: int | None = None,
        tz: tzinfo = UTC,
        reference: datetime | None = None,
        after: datetime | None = None,
    ) -> None:
        self._device = device
        self._year = year
        self._tz = tz
        self._latest = (reference or datetime.now(UTC)) + timedelta(days=1)
        self.anchor = after if year else None
        """The last stamp without a year, where ``year`` is given."""
        self._last: datetime | None = None
        self._twice = False
        self._cache: dict[bytes, tuple[datetime | None, str, int]] = {}

    def read(self, raw: bytes) -> tuple[datetime | None, str, int]:
        """Time, device, and how often the line says that its message was repeated (1 unless it says so)."""
        known = self._cache.get(raw)
        if known is None:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            known = self._cache[raw] = self._parse(decoded(raw[-1024:]))
            if known[0] is not None:
                if self._twice:
                    del self._cache[raw]  # the same words will mean another hour
                self._last = known[0]
        return known

    @property
    def unnamed(self) -> str:
        """The device of lines that name none."""
        return self._device

    def stamp_of(self, text: str) -> datetime | None:
        """The time that a text tells which is nothing but a time, such as an export's column."""
        found = STAMP.match(text.strip())
        return self._time(found, [found]) if found else None

    def _parse(self, text: str) -> tuple[datetime | None, str, int]:
        if self._tz is UTC and (usual := _USUAL.fullmatch(text)):
            month, day, year, hour, minute, second, name = usual.groups()
            try:
                moment = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
            except ValueError:
                moment = None
            return moment, name, 1
        count = 1
        if repeated := _REPEATED.search(text):
            count = int(repeated[1])
            text = text[: repeated.start()] + " " + text[repeated.end() :]
        modern = False
        if priority := _PRIORITY.search(text):
            modern = priority["version"] is not None
            text = text[: priority.start()] + " " + text[priority.end() :]
        stamps = list(STAMP.finditer(text))
        if not stamps:
            return None, self._name(text, first=modern), count
        # the device's own stamp stands nearest to the message: one clock per device, whatever the relay's
        last = stamps[-1]
        after = text[last.end("zone") if self._is_zone(text, last) else _before_zone(last) :]
        before = text[stamps[-2].end() if len(stamps) > 1 else 0 : last.start()]
        device = self._name(after, first=modern, default="") or self._name(before)
        return self._time(last, stamps), device, count

    def _name(self, text: str, *, first: bool = False, default: str | None = None) -> str:
        words = [word for word in (w.strip(",").removesuffix(":") for w in text.split()) if word]
        names = [word for word in words if not _NO_NAME.fullmatch(word)]
        if names:
            return harmless(names[0 if first else -1], 128)
        return self._device if default is None else default

    @staticmethod
    def _is_zone(text: str, stamp: re.Match[str]) -> bool:
        # "13:29:11 EDT: %ASA" and "13:29:11 EDT asa : %ASA" against "13:29:11 ASA : %ASA"
        zone = stamp["zone"]
        if zone is None or zone.partition("/")[0] in _ZONES:
            return zone is not None
        return text[stamp.end() : stamp.end() + 1] == ":" and ("/" in zone or zone.endswith("T"))

    def _time(self, stamp: re.Match[str], stamps: list[re.Match[str]]) -> datetime | None:
        moment = self._moment(stamp, stamps)
        self._twice = False
        if moment is None or moment.tzinfo is UTC:
            return moment
        # in UTC: within one named zone Python subtracts what the clocks showed, an hour wrong where they were set
        try:
            first, second = moment.astimezone(UTC), moment.replace(fold=1).astimezone(UTC)
        except OverflowError:  # the first day there is, or the last
            return None
        self._twice = first < second
        if self._twice and self._last is not None and abs(second - self._last) < abs(first - self._last):
            return second
        return first

    def _moment(self, stamp: re.Match[str], stamps: list[re.Match[str]]) -> datetime | None:
        zone: tzinfo = self._tz
        if offset := stamp["offset"]:
            zone = UTC if offset == "Z" else timezone(_hours(offset))
        elif stamp["zone"] and (hours := _ZONES.get(stamp["zone"].partition("/")[0])) is not None:
            zone = timezone(timedelta(hours=hours))
        microsecond = int((stamp["fraction"] or "0")[:6].ljust(6, "0"))
        try:
            clock = time(int(stamp["h"]), int(stamp["m"]), int(stamp["s"]), microsecond, zone)
            if stamp["date"]:
                return datetime.combine(date.fromisoformat(stamp["date"]), clock)
            month, day = _MONTHS[stamp["month"]], int(stamp["day"])
            if printed := stamp["year"] or stamp["late_year"] or _year_of_relay(stamps):
                return datetime.combine(date(int(printed), month, day), clock)
        except ValueError:
            return None
        return self._without_year(month, day, clock)

    def _without_year(self, month: int, day: int, clock: time) -> datetime | None:
        middle = self.anchor.year if self.anchor else self._year or self._latest.year
        candidates = []
        # eight years on either side hold a 29 February
        for year in range(middle - 8, middle + 9):
            try:
                candidates.append(datetime.combine(date(year, month, day), clock))
            except ValueError:
                continue
        if not candidates:
            return None
        if self.anchor:
            anchor = self.anchor
            # it goes along: a log may hold more than half a year
            self.anchor = min(candidates, key=lambda moment: abs(moment - anchor))
            return self.anchor
        if self._year:
            self.anchor = min(candidates, key=lambda moment: abs(moment.year - middle))
            return self.anchor
        return max((moment for moment in candidates if moment <= self._latest), default=None)


def _before_zone(stamp: re.Match[str]) -> int:
    return stamp.start("zone") if stamp["zone"] else stamp.end()


def _hours(offset: str) -> timedelta:
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    east = timedelta(hours=min(hours, 23), minutes=min(minutes, 59))
    return -east if offset[0] == "-" else east


def _year_of_relay(stamps: list[re.Match[str]]) -> str | None:
    for stamp in stamps:
        if year := stamp["year"] or stamp["late_year"] or (stamp["date"] or "")[:4]:
            return str(year)
    return None
