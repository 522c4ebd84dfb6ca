"""Windows' Event Viewer: the log of the client saved as text, CSV or XML, and what ``wevtutil`` prints as XML.

The column titles are in the language of Windows; the order of the columns is not.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.clients.client_log import AGENT, ClientLogForm
from nornir_anyconnect.plain_text import unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_EVENT = 1 << 18
_DATE = re.compile(
    r"\s*(\d{1,4}[./-]\d{1,2}[./-]\d{1,4})[, T]+(\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?)\s*"
)
_SOURCE_AT, _TEXT_AT = 2, 5
_END = "</Event>"
_EVENT = re.compile(r"<Event[ >]")
_SYSTEM_TIME = re.compile(r"SystemTime=['\"](\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)[\d.]*Z?['\"]")
_PROVIDER = re.compile(r"<Provider Name=['\"]([^'\"]{1,200})['\"]")
_TEXTS = re.compile(r"<(Message|Data)(?: [^<>]{0,200})?>([^<]*)</\1>")


def _rows(lines: Iterable[str], separator: str) -> Iterator[dict[str, str]]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue  # a field beyond measure
        if len(cells) <= _SOURCE_AT or (date := _DATE.fullmatch(cells[1])) is None:
            continue
        yield {
            "Date": date[1],
            "Time": date[2].replace(".", ":") if "m" not in date[2].lower() else date[2],
            "Source": cells[_SOURCE_AT],
            "Description": " ".join(separator.join(cells[_TEXT_AT:]).split()),
        }


def _xml(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    kept: list[str] = []
    size = 0
    for line in lines:
        kept.append(line)
        size += len(line) + 1
        if size > 2 * _MOST_EVENT:  # the beginning of an event that never ends
            kept = ["\n".join(kept)[-_MOST_EVENT:]]
            size = len(kept[0])
        if _END not in line:
            continue
        *events, text = "\n".join(kept).split(_END)
        kept, size = [text], len(text)
        for event in events:
            begin = max((found.start() for found in _EVENT.finditer(event)), default=0)
            time, source = _SYSTEM_TIME.search(event, begin), _PROVIDER.search(event, begin)
            said = {unescaped(each[2]).strip(): None for each in _TEXTS.finditer(event, begin)}
            yield {
                "Date": time[1] if time else "",
                "Time": f"{time[2]}Z" if time else "",
                "Source": unescaped(source[1]) if source else "",
                "Description": " ".join(" ".join(said).split()),
            }


def _separator(start: str) -> str:
    """What stands between the columns, and whether these are columns of the Event Viewer at all."""
    for separator in ",\t;":
        cells = (line.split(separator) for line in start.splitlines()[:50])
        if any(len(each) > _SOURCE_AT and _DATE.fullmatch(each[1].strip('"')) for each in cells):
            return separator
    return ""


def _is_columns(start: str) -> bool:
    return bool(_separator(start)) and AGENT.search(start) is not None


def _columns(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    kept: list[str] = []
    stream = iter(lines)
    separator = ""
    for line in stream:
        kept.append(line)
        if (separator := _separator(line)) or len(kept) > _TEXT_AT * 10:
            break

    def every() -> Iterator[str]:
        yield from kept
        yield from stream

    yield from _rows(every(), separator or ",")


FORMS = (
    ClientLogForm("Windows Event Viewer XML", lambda start: "<Event" in start and bool(_PROVIDER.search(start)), _xml),
    ClientLogForm("Windows Event Viewer text", _is_columns, _columns),
)
