"""Time stamps in every form that an ASA, a relay or an export writes, and what they and its durations mean.

Three things a stamp may leave open are told by what surrounds it: the year, the zone, and whether 03/04 is in March or
in April, which any other date of the same log may decide.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple

_NAMES_OF_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTHS = {name: n for n, name in enumerate(_NAMES_OF_MONTHS.split("|"), 1)}
_CLOCK = r"(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d)(?:[.,:](?P<fraction>\d{1,9}))?(?: ?(?P<half>[AaPp])\.?[Mm]\b\.?)?"
_IN_FULL = r"(?:[a-z]{1,6}|\.)?"
STAMP = re.compile(
    rf"(?:(?P<month>{_NAMES_OF_MONTHS}){_IN_FULL} {{1,2}}(?P<day>\d{{1,2}}),? (?:(?P<year>\d{{4}}),? (?:@ )?)?"
    r"|(?P<date>\d{4}(?P<dash>[-/])\d\d(?P=dash)\d\d)(?:[T \t]|, )"
    r"|(?<![\d.:/-])(?P<first>\d{1,2})(?P<between>[/.-])(?P<second>\d{1,2})(?P=between)(?P<slash_year>\d{4}|\d\d),?"
    r"[T \t]"
    rf"|(?<!\d)(?P<late_day>\d{{1,2}})[ /-](?P<late_month>{_NAMES_OF_MONTHS}){_IN_FULL}[ /-](?P<behind>\d{{4}})[: T])"
    rf"{_CLOCK}"
    r"(?: (?P<late_year>(?:19|20)\d\d)(?=:?\s|:?$))?(?: ?(?P<offset>Z\b|[+-]\d\d:?\d\d\b))?"
    r"(?: (?P<zone>[A-Z]{2,5}(?:/[A-Z]{2,5})?)(?=[ :]|$))?"
)
"""A time stamp, of the relay or of the device."""
EPOCH = re.compile(
    r"(?<![\w.:/-])(?P<seconds>1\d{9})(?:\.(?P<fraction>\d{1,9})|(?P<thousandths>(?:\d{3}){1,3}))?(?![\w/-])"
)
"""Seconds since 1970, or thousandths, millionths or billionths of them."""
# hours east of UTC. What a device calls its zone is free text: a name that is not here counts as no zone
ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "SGT": 8, "HKT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "HST": -10,
}  # fmt: skip
_NOON = 12
_MOST_DATES = 4096
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class DateOrder(enum.Enum):
    """How a date such as 03/04/2026 is read."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class Moment(NamedTuple):
    """What a stamp means, in UTC; ``otherwise`` where it may as well mean that, month and day being exchanged."""

    time: datetime | None
    otherwise: datetime | None = None


NO_MOMENT = Moment(None)


@dataclass(slots=True)
class DatesSeen:
    """What the dates of a log tell about their own order: only the whole of them may decide."""

    day_first: bool = False
    """A date has a first number above 12."""
    month_first: bool = False
    """A date has a second number above 12."""
    half_days: bool = False
    """AM or PM stands behind them, as in the United States."""
    open: set[tuple[int, int, int]] = field(default_factory=set)
    """Year and the two numbers of dates that can be read both ways."""

    def add(self, other: DatesSeen) -> None:
        """What another part of the same log tells."""
        self.day_first |= other.day_first
        self.month_first |= other.month_first
        self.half_days |= other.half_days
        if len(self.open) < _MOST_DATES:
            self.open |= other.open

    @property
    def undecided(self) -> bool:
        """Whether nothing of the log decides: the order is the likelier one."""
        return bool(self.open) and self.day_first == self.month_first

    def order(self, latest: datetime | None = None) -> DateOrder:
        """How the dates are read.

        Args:
            latest: when the log was written at the latest.

        """
        if self.day_first != self.month_first:
            return DateOrder.DAY_FIRST if self.day_first else DateOrder.MONTH_FIRST
        days = sorted(date(year, second, first) for year, first, second in self.open)
        months = sorted(date(year, first, second) for year, first, second in self.open)
        if days and latest is not None and (days[-1] > latest.date()) != (months[-1] > latest.date()):
            return DateOrder.MONTH_FIRST if days[-1] > latest.date() else DateOrder.DAY_FIRST
        # the days of a log follow each other
        if days and (spans := (days[-1] - days[0], months[-1] - months[0]))[0] != spans[1]:
            return DateOrder.DAY_FIRST if spans[0] < spans[1] else DateOrder.MONTH_FIRST
        return DateOrder.MONTH_FIRST if self.half_days else DateOrder.DAY_FIRST


@dataclass(frozen=True, slots=True)
class StampContext:
    """What is known of the stamps of a log beside its lines.

    Args:
        year: the year of the first stamp that has none; later ones take the year nearest to it. Without it the
            latest year that is not after ``reference``.
        tz: the zone of stamps that name none.
        date_order: how 03/04 is read; without it both ways, until the whole log decides.
        reference: when the lines were written at the latest; default now.
        after: the last stamp without a year of the log that this one goes on with, where it was rotated.

    """

    year: int | None = None
    tz: tzinfo = UTC
    date_order: DateOrder | None = None
    reference: datetime | None = None
    after: datetime | None = None


NOTHING_KNOWN = StampContext()


class Calendar:
    """Reads the stamps of one log, what they leave open by what is known of them."""

    def __init__(self, known: StampContext = NOTHING_KNOWN) -> None:
        self._year, self._tz, self._date_order = known.year, known.tz, known.date_order
        self.latest = (known.reference or datetime.now(UTC)) + timedelta(days=1)
        """No stamp is later than that."""
        self.anchor = known.after if known.year else None
        """The last stamp without a year, where ``year`` is given."""
        self.dates = DatesSeen()
        self.last: datetime | None = None
        """The stamp before: an hour that the clocks showed twice is the one nearer to it."""
        self.twice = False
        """The clocks showed the hour of the last stamp twice."""

    def moment(self, stamp: re.Match[str], stamps: list[re.Match[str]]) -> Moment:
        """What a stamp of STAMP means; another of the same header may have the year it lacks."""
        zone = self._zone(stamp)
        self.twice = False
        try:
            hour = int(stamp["h"])
            if stamp["half"]:
                if not 1 <= hour <= _NOON:
                    return NO_MOMENT
                hour = hour % _NOON + (_NOON if stamp["half"] in "pP" else 0)
            microsecond = int((stamp["fraction"] or "0")[:6].ljust(6, "0"))
            clock = time(hour, int(stamp["m"]), int(stamp["s"]), microsecond, zone)
            if stamp["between"]:
                return self._either_way(stamp, clock)
            day = self._day(stamp, stamps, clock)
        except ValueError:
            return NO_MOMENT
        return Moment(self._in_utc(datetime.combine(day, clock))) if day else NO_MOMENT

    def moment_of(self, text: str) -> Moment:
        """What a text means that is nothing but a stamp, such as a field of an export."""
        text = text.strip().strip('"')
        if found := STAMP.match(text):
            return self.moment(found, [found])
        return epoch(found) if (found := EPOCH.fullmatch(text)) else NO_MOMENT

    def _zone(self, stamp: re.Match[str]) -> tzinfo:
        if offset := stamp["offset"]:
            return UTC if offset == "Z" else timezone(_hours(offset))
        if stamp["zone"] and (hours := ZONES.get(stamp["zone"].partition("/")[0])) is not None:
            return timezone(timedelta(hours=hours)) if hours else UTC
        return self._tz

    def _day(self, stamp: re.Match[str], stamps: list[re.Match[str]], clock: time) -> date | None:
        if stamp["date"]:
            return date.fromisoformat(stamp["date"].replace("/", "-"))
        if stamp["late_month"]:
            return date(int(stamp["behind"]), _MONTHS[stamp["late_month"]], int(stamp["late_day"]))
        month, day = _MONTHS[stamp["month"]], int(stamp["day"])
        if printed := stamp["year"] or stamp["late_year"] or _year_of_relay(stamps):
            return date(int(printed), month, day)
        return self._without_year(month, day, clock)

    def _either_way(self, stamp: re.Match[str], clock: time) -> Moment:
        year, first, second = int(stamp["slash_year"]), int(stamp["first"]), int(stamp["second"])
        year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits
        by_day, by_month = _date(year, second, first), _date(year, first, second)
        self.dates.day_first |= by_month is None and by_day is not None
        self.dates.month_first |= by_day is None and by_month is not None
        self.dates.half_days |= stamp["half"] is not None
        if self._date_order is not None:
            day = by_day if self._date_order is DateOrder.DAY_FIRST else by_month
            return Moment(self._in_utc(datetime.combine(day, clock))) if day else NO_MOMENT
        if by_day is None or by_month is None or by_day == by_month:
            day = by_day or by_month
            return Moment(self._in_utc(datetime.combine(day, clock))) if day else NO_MOMENT
        if len(self.dates.open) < _MOST_DATES:
            self.dates.open.add((year, first, second))
        ways = [self._in_utc(datetime.combine(day, clock)) for day in (by_day, by_month)]
        return Moment(*ways)

    def _in_utc(self, moment: datetime) -> datetime | None:
        if moment.tzinfo is UTC:
            return moment
        # in UTC: within one named zone Python subtracts what the clocks showed, an hour wrong where they were set
        try:
            first, second = moment.astimezone(UTC), moment.replace(fold=1).astimezone(UTC)
        except OverflowError:  # the first day there is, or the last
            return None
        self.twice = first < second
        if self.twice and self.last is not None and abs(second - self.last) < abs(first - self.last):
            return second
        return first

    def _without_year(self, month: int, day: int, clock: time) -> date | None:
        middle = self.anchor.year if self.anchor else self._year or self.latest.year
        # eight years on either side hold a 29 February
        days = (_date(year, month, day) for year in range(middle - 8, middle + 9))
        candidates = [datetime.combine(each, clock) for each in days if each]
        if not candidates:
            return None
        if self.anchor:
            anchor = self.anchor
            # it goes along: a log may hold more than half a year
            self.anchor = min(candidates, key=lambda moment: abs(moment - anchor))
            return self.anchor.date()
        if self._year:
            self.anchor = min(candidates, key=lambda moment: abs(moment.year - middle))
            return self.anchor.date()
        found_last = max((moment for moment in candidates if moment <= self.latest), default=None)
        return found_last.date() if found_last else None


def microseconds(moment: datetime | None) -> int | None:
    """Since 1970: a plain number sorts, travels and is kept at a fraction of the cost."""
    return None if moment is None else (moment - _1970) // _MICROSECOND


def from_microseconds(time: int) -> datetime:
    """The moment so many microseconds after 1970, in UTC."""
    return _1970 + timedelta(0, 0, time)


_DURATION = re.compile(r"(\d{1,6})([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def duration(text: str | None) -> int | None:
    """The seconds of ``1d 02h:03m:04s``; None where it is none."""
    parts = _DURATION.findall(text or "")
    return sum(int(number) * _SECONDS[unit] for number, unit in parts) if parts else None


def epoch(found: re.Match[str]) -> Moment:
    """What a match of EPOCH means."""
    more = found["fraction"] or found["thousandths"] or "0"
    moment = datetime.fromtimestamp(int(found["seconds"]), UTC)
    return Moment(moment.replace(microsecond=int(more[:6].ljust(6, "0"))))


def is_zone(text: str, stamp: re.Match[str]) -> bool:
    """Whether the capitals behind a stamp name its zone rather than a device.

    "13:29:11 EDT: %ASA" and "13:29:11 EDT asa : %ASA" against "13:29:11 ASA : %ASA".
    """
    zone = stamp["zone"]
    if zone is None or zone.partition("/")[0] in ZONES:
        return zone is not None
    return text[stamp.end() : stamp.end() + 1] == ":" and ("/" in zone or zone.endswith("T"))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _hours(offset: str) -> timedelta:
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    east = timedelta(hours=min(hours, 23), minutes=min(minutes, 59))
    return -east if offset[0] == "-" else east


def _year_of_relay(stamps: list[re.Match[str]]) -> str | None:
    for stamp in stamps:
        if year := stamp["year"] or stamp["late_year"] or stamp["behind"] or (stamp["date"] or "")[:4]:
            return str(year)
    return None
