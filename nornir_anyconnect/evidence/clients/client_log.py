"""What the client wrote: DART and event-log blocks, and their one-line form on macOS and Linux.

Source: Cisco tech note 116881, "Symptoms". The four sentences looked for are the client's own, in this order: the
adapter is to be reconfigured (reason code 16), it reconnects, and a new MTU is applied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.evidence.syslog.header import HeaderReader
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG
from nornir_anyconnect.evidence.syslog.stamps import NOTHING_KNOWN, StampContext, from_microseconds
from nornir_anyconnect.plain_text import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

REASON_NEW_MTU = 16
ONE_RECONNECT = timedelta(seconds=60)
"""What one reconnect has to say, it says within this time."""
_MAX_LINE = 4096
MAX_RECONNECTS = 10_000

_FIELD = re.compile(r"\s*(Date|Time|Type|Source|Description)\s*:\s?(.*)")
_RULE = re.compile(r"\s*\*{10,}\s*")
AGENT = re.compile(
    r"\b(?:acvpn|csc_vpn|vpn)(?:agent|agentd|ui)d?\b|\bcom\.cisco\.\w+|\bAnyConnect\b|\bSecure Client\b", re.IGNORECASE
)
_PROGRAM = re.compile(r"\b(?:ac|csc_)?vpn(?:agent|ui)d?\b|\bcom\.cisco\.\w+", re.IGNORECASE)
_RECORD = re.compile(r"^[ \t]*Description[ \t]*:", re.MULTILINE)
_REASON = re.compile(r"[Rr]econfigure reason code (\d{1,5})")
_NEW_MTU = re.compile(r"New MTU configuration", re.IGNORECASE)
_APPLIED = re.compile(r"A new MTU needs to be applied", re.IGNORECASE)
_RECONNECTING = re.compile(r"Reconnecting to ([^\s]{1,253}?)\.{0,3}(?:\s|$)")
_MARKS = re.compile(f"{_REASON.pattern}|{_NEW_MTU.pattern}|{_APPLIED.pattern}|{_RECONNECTING.pattern}", re.IGNORECASE)
_TOLD = re.compile(rb"econfigure reason code|[Nn](?:ew|EW) MTU")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2,4})")
_DATE_FORMATS = ("%m/%d/%Y", "%d/%m/%Y", "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%m/%d/%y", "%d/%m/%y")
_DAY_FIRST = ("%d/%m/%Y", "%d/%m/%y")
_MONTHS = 12
_TIME_FORMATS = ("%H:%M:%S", "%I:%M:%S %p", "%H:%M", "%I:%M %p")
_FRACTION = re.compile(r"(?<=:\d\d)\.\d+")


class ClientLogForm(NamedTuple):
    """One form of client logs: a file of this package holds as ``FORMS`` those that it reads."""

    name: str
    """As people call it."""
    is_it: Callable[[str], bool]
    """Whether a text that begins so is of this form."""
    blocks: Callable[[Iterable[str]], Iterator[dict[str, str]]] | None
    """The records of its lines, with ``Date``, ``Time``, ``Source`` and ``Description``; None where the lines are read
    as they stand."""
    broad: bool = False
    """Others are asked first: it takes whatever looks like a client's."""


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """One record of a client log that tells of the reconnect; exactly what of it is said."""

    time: datetime | None
    source: str
    """The program that wrote it, such as ``acvpnagent``."""
    reason_code: int | None = None
    new_mtu: bool = False
    mtu_applied: bool = False
    reconnecting_to: str | None = None


@dataclass(frozen=True, slots=True)
class ClientReconnect:
    """One reconnect as the client tells it: proof, from the user's side, where the reason is the MTU."""

    time: datetime | None
    headend: str | None
    reason_code: int | None
    because_of_mtu: bool
    log: str = ""
    """The file it was found in."""

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of ``logs``."""
        return {
            "time": self.time.isoformat() if self.time else None,
            "headend": self.headend,
            "reason_code": self.reason_code,
            "because_of_mtu": self.because_of_mtu,
            "log": self.log,
        }


def is_client_log(start: str) -> bool:
    """Whether the beginning of a text looks like a client's log rather than a device's."""
    if ANY_TAG.search(start):
        return False
    return bool(AGENT.search(start) or _RECORD.search(start))


def is_written_by_a_client(start: str) -> bool:
    """Whether the beginning of a text has records of a client's programs, and does not merely speak of AnyConnect."""
    return _PROGRAM.search(start) is not None or _RECORD.search(start) is not None


def may_tell_of_a_reconnect(text: bytes) -> bool:
    """Whether a piece of a log may hold what a client writes of a new MTU; cheap."""
    return _TOLD.search(text) is not None


def read_client_log(
    lines: Iterable[str], known: StampContext = NOTHING_KNOWN, *, form: ClientLogForm | None = None
) -> Iterator[ClientEvent]:
    """The records that tell of a reconnect.

    Args:
        lines: of one log.
        known: of its stamps; ``tz`` is the client's zone, which its logs do not name.
        form: its form; without it blocks and lines, or both mixed.

    """
    if form is not None and form.blocks is not None:
        yield from _told_in(form.blocks(lines), known.tz)
        return
    header = HeaderReader(known)
    fields: dict[str, str] = {}
    # whether 05/11 is in May or in November another date of the log tells, which may come later
    blocks: list[dict[str, str]] = []
    day_first = False
    for line in lines:
        found = _FIELD.match(line[:_MAX_LINE])
        if _RULE.fullmatch(line[:200]) or (found and found[1] in fields):
            blocks += _kept(fields, blocks)
            fields = {}
        if found:
            fields[found[1]] = found[2].strip()
            day_first = day_first or (found[1] == "Date" and _shows_day_first(found[2]))
        elif "Description" in fields:
            if len(fields["Description"]) < _MAX_LINE:
                fields["Description"] += " " + line.strip()[:1024]
        elif not fields and _MARKS.search(line[:_MAX_LINE]) and not ANY_TAG.search(line[:_MAX_LINE]):
            yield from _one_line(line[:_MAX_LINE], header)
    for block in (*blocks, *_kept(fields, blocks)):
        yield from _block(block, known.tz, day_first=day_first)


def _told_in(records: Iterable[dict[str, str]], tz: tzinfo) -> Iterator[ClientEvent]:
    kept: list[dict[str, str]] = []
    day_first = False
    for fields in records:
        day_first = day_first or _shows_day_first(fields["Date"])
        kept += _kept(fields, kept)
    for fields in kept:
        yield from _block(fields, tz, day_first=day_first)


def reconnects(events: Iterable[ClientEvent], log: str = "") -> list[ClientReconnect]:
    """The reconnects that the records of one log tell of, each with what several records say of it."""
    found: list[list[ClientEvent]] = []
    for event in events:
        if found and _belongs(event, found[-1]):
            found[-1].append(event)
        elif len(found) < MAX_RECONNECTS:
            found.append([event])
    return [_reconnect(records, log) for records in found]


def _belongs(event: ClientEvent, records: list[ClientEvent]) -> bool:
    first = records[0].time
    if event.time is None or first is None:
        return event.reason_code is None or all(record.reason_code is None for record in records)
    return abs(event.time - first) <= ONE_RECONNECT


def _reconnect(records: list[ClientEvent], log: str) -> ClientReconnect:
    reason = next((record.reason_code for record in records if record.reason_code is not None), None)
    return ClientReconnect(
        time=records[0].time,
        headend=next((record.reconnecting_to for record in records if record.reconnecting_to), None),
        reason_code=reason,
        because_of_mtu=reason == REASON_NEW_MTU or any(record.new_mtu or record.mtu_applied for record in records),
        log=log,
    )


def _said(text: str, time: datetime | None, source: str) -> Iterator[ClientEvent]:
    reason, target = _REASON.search(text), _RECONNECTING.search(text)
    event = ClientEvent(
        time=time,
        source=harmless(source, 64),
        reason_code=int(reason[1]) if reason else None,
        new_mtu=bool(_NEW_MTU.search(text)),
        mtu_applied=bool(_APPLIED.search(text)),
        reconnecting_to=harmless(target[1]) if target else None,
    )
    if reason or target or event.new_mtu or event.mtu_applied:
        yield event


def _kept(fields: dict[str, str], blocks: list[dict[str, str]]) -> list[dict[str, str]]:
    """The block, where it tells of a reconnect and there is room."""
    return [fields] if len(blocks) < MAX_RECONNECTS and _MARKS.search(fields.get("Description", "")) else []


def _block(fields: dict[str, str], tz: tzinfo, *, day_first: bool) -> Iterator[ClientEvent]:
    time = _stamp(fields.get("Date", ""), fields.get("Time", ""), tz, day_first=day_first)
    yield from _said(fields["Description"], time, fields.get("Source", ""))


def _shows_day_first(date: str) -> bool:
    found = _SLASHES.match(date)
    return found is not None and int(found[1]) > _MONTHS >= int(found[2])


def _one_line(line: str, header: HeaderReader) -> Iterator[ClientEvent]:
    mark = _MARKS.search(line)
    agent = AGENT.search(line)
    before = line[: mark.start()] if mark else line
    header_read = header.read(before.encode(errors="replace"))
    time = None if header_read.time is None else from_microseconds(header_read.time)
    yield from _said(line, time, agent[0] if agent else "")


def _stamp(date: str, clock: str, tz: tzinfo, *, day_first: bool) -> datetime | None:
    if "T" in date and not clock:  # what wevtutil prints
        date, _, clock = date.partition("T")
    zone = UTC if clock.endswith("Z") else tz
    clock = _FRACTION.sub("", clock.removesuffix("Z"))
    for day in (*_DAY_FIRST, *_DATE_FORMATS) if day_first else _DATE_FORMATS:
        for hour in _TIME_FORMATS:
            try:
                # in UTC, as the times of devices: a named zone would count an hour wrong where clocks are set
                return datetime.strptime(f"{date} {clock}", f"{day} {hour}").replace(tzinfo=zone).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
    return None


FORMS = (ClientLogForm("client log", is_client_log, None, broad=True),)
