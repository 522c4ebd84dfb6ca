"""ASDM's log viewer, saved: level, date, time, id, two addresses with ports, and the text, in columns of their own."""

from __future__ import annotations

import csv
import re

from nornir_anyconnect.evidence.exports.family import Family, tagged
from nornir_anyconnect.evidence.syslog.envelope import Envelope

_LEVELS = ("emergencies", "alerts", "critical", "errors", "warnings", "notifications", "informational", "debugging")
_DATE = r"[A-Z][a-z]{2} {1,2}\d{1,2},? \d{4}|\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}"
_NEXT = '"?(?P=bar)"?'
_ROW = re.compile(
    rf'\s*"?(?P<level>[0-7]|[A-Za-z]{{5,13}})"?(?P<bar>[|,;\t])"?(?P<date>{_DATE}){_NEXT}'
    rf"(?P<time>\d{{1,2}}:\d\d:\d\d(?: ?[AaPp][Mm])?){_NEXT}(?P<id>\d{{6}}){_NEXT}"
)
_ADDRESSES = 8
"""Columns before the text: four, and two addresses with their ports."""


def _row(line: str) -> Envelope | None:
    found = _ROW.match(line)
    if found is None:
        return None
    level = found["level"].lower()
    number = (
        level if level.isdigit() else next((str(n) for n, name in enumerate(_LEVELS) if name.startswith(level[:4])), "")
    )
    bar = found["bar"]
    cells = next(csv.reader([line.strip()], delimiter=bar)) if '"' in line else line.strip().split(bar)
    # the text itself may hold the bar; without addresses it stands further ahead
    text = bar.join(cells[_ADDRESSES:]) if len(cells) > _ADDRESSES else cells[-1]
    message = tagged(found["id"], text.strip(), number)
    return Envelope(message.encode(errors="replace"), f"{found['date']} {found['time']}")


FAMILY = Family("ASDM log viewer", line=_row)
