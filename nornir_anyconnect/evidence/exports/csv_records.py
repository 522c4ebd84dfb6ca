"""Exports in columns: CSV as RFC 4180 has it, and as it is met: other separators, no header, broken lines."""

from __future__ import annotations

import csv
import itertools
import re
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.exports.family import CLOCK
from nornir_anyconnect.evidence.exports.records import LineExport, holds_another
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.message_boundaries import ends_within_a_line
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nornir_anyconnect.evidence.exports.family import Family

_SEPARATORS = ",;\t|"
# the separator, for Excel; what Grafana writes above the lines of a text: labels, limits, amounts
_ABOVE = re.compile(rb'(?:(?i:sep)=(?P<separator>.)\r?\n|(?:[A-Z][A-Za-z ]{2,60}: ["{\d][^\n]*\n){1,16}\n)?[\r\n]*')
_MOST_LINES = 64
"""Lines of one record: a field may hold the end of a line."""
_MOST_COLUMNS = 500
_TIME = re.compile(
    r"\s*(?:\d{4}-\d\d-\d\d|\d{1,2}([/.])\d{1,2}\1\d{2,4}(?![\d.])|[A-Z][a-z]{2} \d{1,2},? \d{4}|\d{10}(?:\d{3})?\b)"
)
_HOST = re.compile(
    r"(?!(?:local\d|user|daemon|auth|kern|syslog|info(?:rmational)?|notice|notifications?|debug(?:ging)?|warn(?:ing)?"
    r"|err(?:or)?|crit(?:ical)?|alert|emerg(?:ency)?)(?:\.\w+)?$)"
    r"(?:[A-Za-z][\w.-]*|\d{1,3}(?:\.\d{1,3}){3})",
    re.IGNORECASE,
)
# a quote that closes a field, and the end of a line behind it: no need to count the quotes before
_ENDS_RECORD = re.compile(rb'[\w.)]"\r?\n\Z')
_GREP = re.compile(
    rb"^(?:(?P<name>[^\s:,;\"|]{1,255}\.\w{1,8}(?:\.(?:gz|bz2|xz|zst|\d{1,3}))?):)?(?:(?P<number>\d{1,9}):(?!\d\d[:.]))?",
    re.MULTILINE,
)
_NO_HOSTS = frozenset({"udp", "tcp", "syslog", "cisco_asa", "asa", "main", "true", "false", "null", "none"})
_NAME = re.compile(r"[@_A-Za-z#*][\w.@ \[\]()/#:-]{0,63}")


class CsvExport(LineExport):
    """An export in columns.

    Args:
        family: whose columns they are.
        names: of the columns, in lower case; empty where the export has no header.
        separator: between the columns.
        header: bytes before the first record.

    """

    def __init__(self, family: Family, names: Sequence[str], separator: str, header: int) -> None:
        super().__init__(family, "CSV")
        self._names = tuple(names)
        self._separator = separator
        self._header = header
        self._columns = len(names)
        self._first = True
        # a header that begins with a separator may be what is left of a record
        self._without = len(names) if names and not names[0] else 0
        """Columns of a beginning that holds no message, where it may be the rest of a record."""
        self._before: re.Pattern[bytes] | None = None

    def behind(self, before: re.Pattern[bytes], header: int) -> CsvExport:
        """The same where grep put something before each line; ``header`` is where the first record begins."""
        self._before, self._header = before, header if self._names else 0
        return self

    def begin(self, buffer: bytes) -> int:
        """As of :class:`LineExport`."""
        del buffer
        return self._header

    def is_whole(self, line: bytes) -> bool:
        """As of :class:`LineExport`."""
        return self._cells(self._peeled(line)) is not None

    def go_on(self) -> None:
        """As of :class:`LineExport`."""
        super().go_on()
        self._first = False

    def complete(self, buffer: bytes) -> int:
        """As of :class:`LineExport`: a field that is quoted may hold the end of a line."""
        if _ENDS_RECORD.search(buffer, max(len(buffer) - 4, 0)) or buffer.count(b'"') % 2 == 0:
            return len(buffer)
        cut = len(buffer)
        for _ in range(_MOST_LINES):
            cut = buffer.rfind(b"\n", 0, cut - 1) + 1
            if buffer.count(b'"', cut) % 2:
                return cut
            if cut == 0:
                break
        self.even = False
        return len(buffer)  # a quote stands alone somewhere, and opens nothing

    def around(self, buffer: bytes, base: int, start: int, stop: int) -> tuple[int, int]:
        """As of :class:`LineExport`: a line is inside of a field where the quotes before it are odd in number."""
        if buffer.count(b'"', base, start) % 2 == 0:
            return start, stop
        first = start
        for _ in range(_MOST_LINES):
            last, first = first - 1, buffer.rfind(b"\n", base, first - 1) + 1 or base
            if buffer.count(b'"', first, start) % 2:
                whole = _quoted(buffer, first, last)
                # where a quote stands alone somewhere its number means nothing
                if whole and whole[1] >= stop and len(self._cells(buffer[slice(*whole)]) or ()) == self._columns:
                    return first, last
                break
            if first == base:
                break
        return start, stop

    def record(self, buffer: bytes, begin: int, end: int) -> tuple[Iterable[Envelope], int]:
        """As of :class:`LineExport`."""
        first, self._first = self._first, False
        raw = self._peeled(buffer[begin:end])
        if not raw.strip():
            return (), end
        cells = self._cells(raw)
        if cells is None and (whole := _quoted(buffer, begin, end)):
            if whole[0] < begin:  # a quote stands alone somewhere: what was read before is not read again
                self.torn = True
            else:
                begin, end = whole
                raw = buffer[begin:end]
                cells = self._cells(raw)
        if cells is None:
            self.torn |= first or end == len(buffer) or buffer.count(b'"', begin) % 2 == 1
            # as the line stands: the ASA's own words may be whole in it
            line = decoded(raw).strip().strip('"').replace('""', '"')
            return ((Envelope(line.encode(errors="replace")),) if ANY_TAG.search(line) else ()), end
        self._columns = self._columns or len(cells)
        fields = dict(zip(self._names, self._joined(cells), strict=False)) if self._names else _named(cells)
        found = list(self.family.envelopes(fields))
        if first and not self._names and not found:
            self._without = len(cells) if cells[0] else 1
        # the first columns were before the cut, and with them what made the rest a message
        self.torn |= holds_another(raw, found) or (bool(found) and 0 < self._without < len(cells))
        # columns that end with the file, and no message in them: the message was behind the cut
        if end == len(buffer) and not raw.rstrip().endswith(b'"'):
            self.torn |= not found or not cells[-1] or ends_within_a_line(cells[-1].encode(errors="replace"))
        return found, end

    def _peeled(self, line: bytes) -> bytes:
        return self._before.sub(b"", line, count=1) if self._before else line

    def _cells(self, raw: bytes) -> list[str] | None:
        """The columns of a record; None where this is not a whole one."""
        text = decoded(raw).rstrip("\r\n")
        # RFC 4180 doubles a quote, others put a backslash before it
        for each in (text, text.replace('\\"', '""')) if '\\"' in text else (text,):
            if each.count('"') % 2:
                continue
            try:
                cells = next(csv.reader([each], delimiter=self._separator), [])
            except csv.Error:
                continue
            if len(cells) > 1 and len(cells) >= self._columns:
                return cells
        return None

    def _joined(self, cells: list[str]) -> list[str]:
        """The columns, where a message that nobody quoted was cut at its commas."""
        more = len(cells) - len(self._names)
        tag = next((n for n, cell in enumerate(cells) if ANY_TAG.search(cell)), None)
        if more <= 0 or tag is None:
            return cells
        return [*cells[:tag], self._separator.join(cells[tag : tag + more + 1]), *cells[tag + more + 1 :]]


def _quoted(buffer: bytes, begin: int, end: int) -> tuple[int, int] | None:
    """Where the record begins and ends of which a line is a part: as far as the quotes reach that are open there."""
    first, last = begin, end
    if buffer.count(b'"', begin, end) % 2 == 0:  # its middle: it began with the line before that opened a quote
        for _ in range(_MOST_LINES):
            if first == 0:
                return None
            stop = first - 1
            first = buffer.rfind(b"\n", 0, stop) + 1
            if buffer.count(b'"', first, stop) % 2:
                break
        else:
            return None
    for _ in range(_MOST_LINES):
        if last >= len(buffer):
            return None
        start = last + 1
        last = buffer.find(b"\n", start)
        last = len(buffer) if last < 0 else last
        if buffer.count(b'"', start, last) % 2:
            return first, last
    return None


def _named(cells: Sequence[str]) -> dict[str, str]:
    """The columns of an export without a header, by what stands in them."""
    fields: dict[str, str] = {}
    for number, cell in enumerate(cells):
        if ANY_TAG.search(cell):
            fields.setdefault("message", cell)
        elif _TIME.match(cell):
            fields.setdefault("timestamp", cell)
        elif CLOCK.fullmatch(cell.strip()):
            fields.setdefault("time", cell)
        elif _HOST.fullmatch(name := cell.strip()) and name.lower() not in _NO_HOSTS:
            fields.setdefault("host", name)
        fields[f"column {number}"] = cell
    return fields


def csv_export(start: bytes, family_of: Callable[[Sequence[str]], Family | None], other: Family) -> CsvExport | None:
    """The reader of an export that begins so; None where it is none in columns.

    Args:
        start: its first bytes.
        family_of: the family that has columns of these names.
        other: the family of columns that nobody knows.

    """
    if before := _grepped(start):
        inner = _csv_export(before.sub(b"", start), family_of, other)
        return inner and inner.behind(before, start.find(b"\n") + 1)
    return _csv_export(start, family_of, other)


def _csv_export(start: bytes, family_of: Callable[[Sequence[str]], Family | None], other: Family) -> CsvExport | None:
    above = _ABOVE.match(start)
    begin, told = (above.end(), above["separator"]) if above else (0, None)
    separators = told.decode("latin-1") if told else _SEPARATORS
    for separator in separators:
        if header := _header(start, begin, separator):
            names, end = header
            if (family := family_of(names)) is not None:
                return CsvExport(family, names, separator, end)
    for separator in separators:
        if (header := _header(start, begin, separator)) and _columns(start, header[1], separator):
            return CsvExport(other, header[0], separator, header[1])
    for separator in separators:
        if _columns(start, begin, separator):
            return CsvExport(other, (), separator, begin)
    return None


def _grepped(start: bytes) -> re.Pattern[bytes] | None:
    """What grep put before each line: the name of a file, the number of a line, or both; None where it did not."""
    lines = [line for line in start.split(b"\n")[:_MOST_LINES] if line.strip()]
    found = [_GREP.match(line) for line in lines[: max(len(lines) - 1, 1)]]
    names = {each["name"] for each in found if each}
    numbers = [int(each["number"]) for each in found if each and each["number"]]
    if None in found or len(names) > _MOST_LINES // 4 or (numbers and len(numbers) < len(found)):
        return None
    if None in names and (not numbers or any(one >= other for one, other in itertools.pairwise(numbers))):
        return None
    return _GREP if names != {None} or numbers else None


def _header(start: bytes, begin: int, separator: str) -> tuple[list[str], int] | None:
    """The names of the columns, in lower case, and where the line ends that holds them."""
    stop = start.find(b"\n", begin)
    if stop < 0:
        return None
    try:
        cells = next(csv.reader([decoded(start[begin:stop]).strip()], delimiter=separator), [])
    except csv.Error:
        return None
    names = [cell.strip().lower() for cell in cells]
    if not 1 < len(names) <= _MOST_COLUMNS or not any(names) or not all(_NAME.fullmatch(n) or not n for n in names):
        return None
    return names, stop + 1


def _columns(start: bytes, begin: int, separator: str) -> bool:
    """Whether most lines behind ``begin`` have columns, one of which is a message of an ASA and no part of one."""
    lines = [line for line in decoded(start[begin:]).splitlines()[:_MOST_LINES] if ANY_TAG.search(line)]
    return bool(lines) and sum(_has_message_column(line, separator) for line in lines) * 2 > len(lines)


def _has_message_column(line: str, separator: str) -> bool:
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return False
    tag = next((n for n, cell in enumerate(cells) if ANY_TAG.search(cell)), 0)
    if not 1 < len(cells) <= _MOST_COLUMNS:
        return False
    if f'"{cells[tag][:40]}' in line:
        return True
    # a stamp may hold a comma as well
    others = any(_TIME.match(cell) for n, cell in enumerate(cells) if n != tag)
    return others and tag > 0 and not re.match(r"\s*\d", cells[tag])
