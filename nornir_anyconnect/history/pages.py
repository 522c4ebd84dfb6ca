"""The history as static pages: the trend, what is new and fixed since when, and one page per device. No script.

Each page stands alone: a folder of them can be put on any web server, or opened as it lies.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from nornir_anyconnect import report as report_room
from nornir_anyconnect.asa.chassis import label_of
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.history.compare import diff, entries, flapping
from nornir_anyconnect.history.schema import audited, audits, devices, findings, states
from nornir_anyconnect.report.sanitise import harmless_lines
from nornir_anyconnect.report.sentences import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nornir_anyconnect.history.compare import AuditEntry, Diff, Item
    from nornir_anyconnect.history.store import History

_BARS = 44
"""Height of the tallest bar of the trend, in units of its drawing."""
_WIDE = 640


@dataclass
class Period:
    """Some nights on which nothing about a device changed."""

    first: str
    last: str
    status: str
    errors: str
    state: int
    findings: list[Any] = field(default_factory=list)


@dataclass
class Life:
    """What the audits know of one device or context, oldest first."""

    name: str
    context: str
    site: str
    periods: list[Period] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The device, with its context where it has one."""
        return label_of(self.name, self.context)

    @property
    def page(self) -> str:
        """The file name of its page: what no file may be called is replaced, and a digest keeps two apart."""
        safe = re.sub(r"[^A-Za-z0-9.-]", "_", self.label).lstrip(".")[:80]
        if safe == self.label:
            return f"{safe}.html"
        return f"{safe}-{hashlib.sha256(self.label.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}.html"

    @property
    def now(self) -> Period:
        """How it was seen last."""
        return self.periods[-1]

    @property
    def at_risk(self) -> int:
        """Findings at risk that nobody accepted, as seen last."""
        return sum(each.verdict == "at-risk" and not each.waived for each in self.now.findings)


def lives(history: History, nights: Sequence[int]) -> list[Life]:
    """Every device of these audits, by name."""
    query = (
        select(
            devices.c.id, devices.c.name, devices.c.context, devices.c.site, audits.c.generated_at,
            audited.c.state_id, states.c.status, states.c.errors,
        )
        .join(audited, audited.c.device_id == devices.c.id)
        .join(audits, audits.c.id == audited.c.audit_id)
        .join(states, states.c.id == audited.c.state_id)
        .where(audits.c.id.in_(nights))
        .order_by(devices.c.name, devices.c.context, audits.c.generated_at, audits.c.id)
    )  # fmt: skip
    wanted = select(audited.c.state_id).where(audited.c.audit_id.in_(nights))
    rows: dict[int, list[Any]] = {}
    found: dict[int, Life] = {}
    with history.reading() as connection:
        for row in connection.execute(select(findings).where(findings.c.state_id.in_(wanted))):
            rows.setdefault(row.state_id, []).append(row)
        for row in connection.execute(query):
            life = found.setdefault(row.id, Life(row.name, row.context, row.site))
            if life.periods and life.now.state == row.state_id:
                life.now.last = row.generated_at
                continue
            known = sorted(rows.get(row.state_id, ()), key=lambda each: each.position)
            life.periods.append(Period(row.generated_at, row.generated_at, row.status, row.errors, row.state_id, known))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Night:
    """One audit, and what changed since the one before it."""

    entry: AuditEntry
    changes: Diff | None

    @property
    def at_risk(self) -> int:
        """Findings at risk."""
        return self.entry.summary.get("at_risk", 0)


def pages(history: History, last: int) -> Iterator[tuple[str, str]]:
    """(path, text) of every page, ``index.html`` first.

    Args:
        history: open.
        last: how many audits, the latest ones.

    Raises:
        UsageError: the history is empty.

    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only these pages need it

    chosen = list(reversed(entries(history, last)))
    if not chosen:
        raise UsageError("the history is empty", "keep an audit with --keep")
    numbers = [each.number for each in chosen]
    nights = [Night(chosen[0], None)]
    nights += [Night(after, diff(history, before.number, after.number)) for before, after in pairwise(chosen)]
    known = lives(history, numbers)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(report_room).joinpath("assets", "history.html.j2").read_text("utf-8"))
    page_of = {(each.name, each.context): each.page for each in known}

    def linked(item: Item) -> str:
        """The page of the item's device."""
        return f"devices/{page_of[item.device, item.context]}"

    day = _when(nights)

    def drawn(**what: Any) -> str:
        return harmless_lines(template.render(count=count, day=day, **what)).rstrip("\n") + "\n"

    yield (
        "index.html",
        drawn(
            life=None,
            # a date is not broken in the middle: every second part is one
            sentence=re.split(r"(\d{4}-\d\d-\d\d(?: \d\d:\d\d)?)", sentence(nights)),
            nights=nights,
            bars=_bars([each.at_risk for each in nights]),
            wide=_WIDE,
            lives=sorted(known, key=lambda each: (-each.at_risk, each.label)),
            again=flapping(history, numbers),
            linked=linked,
        ),
    )
    for life in known:
        yield f"devices/{life.page}", drawn(life=life)


def sentence(nights: Sequence[Night]) -> str:
    """How it stands, how it stood at the beginning, and what changed in between."""
    first, now = nights[0], nights[-1]
    said = f"{count(now.at_risk, 'finding')} {'is' if now.at_risk == 1 else 'are'} at risk"
    if len(nights) > 1:
        more = now.at_risk - first.at_risk
        than = f"{abs(more)} {'more' if more > 0 else 'fewer'} than" if more else "as many as"
        said += f", {than} on {_when(nights)(first.entry.generated_at)}"
    if now.changes is not None:
        said += f"; since the audit before {len(now.changes.new)} new and {len(now.changes.fixed)} fixed"
        said += f", {len(now.changes.not_judged)} not judged" if now.changes.not_judged else ""
    return f"{said}."


def _when(nights: Sequence[Night]) -> Callable[[str], str]:
    """The day of a time; with the minute where one day has several audits."""
    days = Counter(each.entry.generated_at[:10] for each in nights)
    width = 16 if max(days.values()) > 1 else 10
    return lambda time: time[:width].replace("T", " ")


def _bars(counts: Sequence[int]) -> list[tuple[float, float, float, float, int]]:
    """x, y, width, height and the number of each bar."""
    top, width = max(1, *counts), _WIDE / len(counts)
    return [
        (round(at * width + 2, 1), round(64 - number / top * _BARS, 1), round(max(1.0, min(width, 60) - 4), 1),
         round(number / top * _BARS, 1), number)
        for at, number in enumerate(counts)
    ]  # fmt: skip
