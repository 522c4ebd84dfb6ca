"""What changed between two audits: new, fixed, still open, not judged; what keeps coming back; and a night of it."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, or_, select, true

from nornir_anyconnect.asa.chassis import label_of
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.history.schema import audited, audits, devices, findings, states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.history.store import History

OPEN = frozenset({"at-risk"})
"""Verdicts that count as open unless told otherwise."""
_NAMED = 10
"""Names that an error lists."""
SHOWN = 90
"""Audits in the trend of a report."""


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One finding as the history knows it."""

    device: str
    context: str
    scope: str
    name: str

    def __str__(self) -> str:
        return f"{label_of(self.device, self.context)} {self.scope} {self.name}"

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return {"device": self.device, "context": self.context, "scope": self.scope, "name": self.name}


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One kept audit."""

    number: int
    generated_at: str
    tool_version: str
    summary: dict[str, int]


@dataclass(frozen=True, slots=True)
class Diff:
    """Two audits compared. ``not_judged``: open before, and now the device failed or was left out."""

    before: AuditEntry
    after: AuditEntry
    new: tuple[Item, ...]
    fixed: tuple[Item, ...]
    still_open: tuple[Item, ...]
    not_judged: tuple[Item, ...]

    @property
    def changed(self) -> bool:
        """Whether somebody should hear of it."""
        return bool(self.new or self.fixed or self.not_judged)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "before": {"audit": self.before.number, "generated_at": self.before.generated_at},
            "after": {"audit": self.after.number, "generated_at": self.after.generated_at},
            **{
                name: [item.to_dict() for item in getattr(self, name)]
                for name in ("new", "fixed", "still_open", "not_judged")
            },
        }


def entries(history: History, limit: int | None = None) -> list[AuditEntry]:
    """The kept audits, newest first."""
    query = select(audits).order_by(audits.c.generated_at.desc(), audits.c.id.desc()).limit(limit)
    with history.reading() as connection:
        return [_entry(row) for row in connection.execute(query)]


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(row.id, row.generated_at, row.tool_version, _counts(row.summary))


def _counts(summary: str) -> dict[str, int]:
    """Empty where the row is damaged: its findings are there all the same."""
    try:
        found = json.loads(summary)
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, int)} if isinstance(found, dict) else {}


def entry(history: History, number: int) -> AuditEntry:
    """One kept audit.

    Raises:
        UsageError: there is none of that number.

    """
    with history.reading() as connection:
        row = connection.execute(select(audits).where(audits.c.id == number)).one_or_none()
    if row is not None:
        return _entry(row)
    raise UsageError(f"the history holds no audit {number}", "see 'nornir-anyconnect history list'")


def _findings(history: History, number: int) -> dict[Item, Any]:
    query = (
        select(devices.c.name.label("device"), devices.c.context, findings)
        .join(audited, audited.c.device_id == devices.c.id)
        .join(findings, findings.c.state_id == audited.c.state_id)
        .where(audited.c.audit_id == number)
    )
    with history.reading() as connection:
        return {Item(r.device, r.context, r.scope, r.name): r for r in connection.execute(query)}


def _judged(history: History, number: int) -> set[tuple[str, str]]:
    query = (
        select(devices.c.name, devices.c.context)
        .join(audited, audited.c.device_id == devices.c.id)
        .join(states, states.c.id == audited.c.state_id)
        .where(and_(audited.c.audit_id == number, states.c.status == "ok"))
    )
    with history.reading() as connection:
        return {(r.name, r.context) for r in connection.execute(query)}


def _open_items(rows: dict[Item, Any], verdicts: frozenset[str]) -> set[Item]:
    return {item for item, row in rows.items() if row.verdict in verdicts and not row.waived}


def rows(history: History, number: int) -> list[dict[str, Any]]:
    """The findings of one audit, as plain rows ordered by device and name."""
    entry(history, number)
    return [
        {**item.to_dict(), **{k: getattr(row, k) for k in ("verdict", "reason", "tls_mtu", "dtls_mtu", "users")}}
        for item, row in sorted(_findings(history, number).items(), key=lambda pair: pair[0])
    ]


def diff(
    history: History, before: int | None = None, after: int | None = None, verdicts: frozenset[str] = OPEN
) -> Diff:
    """Compare two audits; without numbers the last two.

    Raises:
        UsageError: fewer than two audits are kept, or there is none of that number.

    """
    if before is None or after is None:
        newest = entries(history, 2)
        if len(newest) < 2:  # noqa: PLR2004 - a comparison takes two
            raise UsageError("the history holds fewer than two audits", "keep another one with --keep")
        newer, older = newest
    else:
        older, newer = entry(history, before), entry(history, after)
    was = _open_items(_findings(history, older.number), verdicts)
    now_rows = _findings(history, newer.number)
    now = _open_items(now_rows, verdicts)
    judged = _judged(history, newer.number)
    unknown = {item for item, row in now_rows.items() if row.verdict == "unknown"}
    gone = was - now
    unjudged = {item for item in gone if (item.device, item.context) not in judged or item in unknown}
    return Diff(
        before=older,
        after=newer,
        new=tuple(sorted(now - was)),
        fixed=tuple(sorted(gone - unjudged)),
        still_open=tuple(sorted(was & now)),
        not_judged=tuple(sorted(unjudged)),
    )


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Counts of one audit, of the whole fleet or of the part that was asked for."""

    audit: int
    generated_at: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the fleet that is asked for; None means any."""

    device: str | None = None
    group_policy: str | None = None
    site: str | None = None


WHOLE = Part()


def trend(history: History, part: Part = WHOLE, limit: int | None = None) -> list[TrendPoint]:
    """Verdict counts per audit, oldest first.

    Raises:
        UsageError: the history knows no such device, group policy or site, or not together.

    """
    chosen = list(reversed(entries(history, limit)))
    if part == WHOLE:
        return [TrendPoint(e.number, e.generated_at, e.summary) for e in chosen]
    if chosen:
        _must_be_known(history, part)
    query = (
        select(audited.c.audit_id, findings.c.verdict)
        .join(devices, devices.c.id == audited.c.device_id)
        .join(findings, findings.c.state_id == audited.c.state_id)
        .where(audited.c.audit_id.in_([e.number for e in chosen]))
    )
    for _, column, wanted in _asked(part):
        query = query.where(column == wanted)
    counts: dict[int, dict[str, int]] = {e.number: {} for e in chosen}
    with history.reading() as connection:
        for number, verdict in connection.execute(query):
            key = verdict.replace("-", "_")
            counts[number][key] = counts[number].get(key, 0) + 1
    return [TrendPoint(e.number, e.generated_at, counts[e.number]) for e in chosen]


@dataclass(frozen=True, slots=True)
class EarlierSettings:
    """One finding as some audits knew it, and the last of them."""

    item: Item
    group_policy: str | None
    settings: str
    """The digest of the settings that decide its MTUs."""
    last: str
    """When the last audit with these settings was made, ISO 8601."""


def earlier_settings(history: History) -> list[EarlierSettings]:
    """Every finding with every setting that it was ever seen with, and until when."""
    newest = (
        select(audited.c.device_id, audited.c.state_id, func.max(audits.c.generated_at).label("last"))
        .join(audits, audits.c.id == audited.c.audit_id)
        .group_by(audited.c.device_id, audited.c.state_id)
        .subquery()
    )
    query = (
        select(devices.c.name.label("device"), devices.c.context, findings, newest.c.last)
        .join(newest, newest.c.device_id == devices.c.id)
        .join(findings, findings.c.state_id == newest.c.state_id)
        .where(findings.c.settings.is_not(None))
    )
    with history.reading() as connection:
        return [
            EarlierSettings(Item(r.device, r.context, r.scope, r.name), r.group_policy, r.settings, r.last)
            for r in connection.execute(query)
        ]


def _asked(part: Part) -> list[tuple[str, Column[Any], str]]:
    """What of it is asked for: a word for people, the column, the name."""
    wanted = (
        ("device", devices.c.name, part.device),
        ("group policy", findings.c.group_policy, part.group_policy),
        ("site", devices.c.site, part.site),
    )
    return [(word, column, name) for word, column, name in wanted if name is not None]


def _must_be_known(history: History, part: Part) -> None:
    """A name that was mistyped looks like a fleet without findings."""
    together = select(devices.c.id)
    if part.group_policy is not None:
        together = together.join(audited, audited.c.device_id == devices.c.id).join(
            findings, findings.c.state_id == audited.c.state_id
        )
    with history.reading() as connection:
        for word, column, name in _asked(part):
            together = together.where(column == name)
            if connection.execute(select(column).where(column == name).limit(1)).first() is None:
                known = [each for (each,) in connection.execute(select(column).distinct().order_by(column)) if each]
                near = difflib.get_close_matches(name, known, n=1)
                raise UsageError(
                    f"the history knows no {word} {name}",
                    f"did you mean '{near[0]}'?" if near else f"it knows {', '.join(known[:_NAMED]) or 'none'}",
                )
        if connection.execute(together.limit(1)).first() is None:
            raise UsageError("nothing in the history is all of that at once", "leave one of the filters out")


def flapping(
    history: History,
    nights: Sequence[int],
    part: Part = WHOLE,
    verdicts: frozenset[str] = OPEN,
) -> dict[Item, int]:
    """Findings that opened more than once over these audits, and how often; of the part that is asked for.

    A night on which a device or a finding could not be judged counts for nothing: what is not judged is not fixed.
    """
    time = (audits.c.generated_at, audits.c.id)
    judged = (
        select(
            audited.c.device_id,
            audited.c.state_id,
            func.lag(audited.c.state_id).over(partition_by=audited.c.device_id, order_by=time).label("earlier"),
            func.row_number().over(order_by=time).label("at"),
        )
        .join(audits, audits.c.id == audited.c.audit_id)
        .join(states, states.c.id == audited.c.state_id)
        .join(devices, devices.c.id == audited.c.device_id)
        .where(and_(audited.c.audit_id.in_(nights), states.c.status == "ok"))
        .where(devices.c.name == part.device if part.device is not None else true())
        .where(devices.c.site == part.site if part.site is not None else true())
        .subquery()
    )
    # most devices are as they were the night before: only those that are not are looked at
    changed = select(judged).where(or_(judged.c.earlier.is_(None), judged.c.earlier != judged.c.state_id)).subquery()
    stands = (
        select(findings)
        .where(
            and_(findings.c.state_id.in_(select(changed.c.state_id)), findings.c.verdict.in_([*verdicts, "unknown"]))
        )
        .where(findings.c.group_policy == part.group_policy if part.group_policy is not None else true())
    )
    open_in: dict[int, set[tuple[str, str]]] = {}
    unknown_in: dict[int, set[tuple[str, str]]] = {}
    opened: dict[Item, int] = {}
    before: dict[int, set[tuple[str, str]]] = {}
    with history.reading() as connection:
        names = {row.id: row for row in connection.execute(select(devices))}
        for row in connection.execute(stands):
            if row.verdict == "unknown":
                unknown_in.setdefault(row.state_id, set()).add((row.scope, row.name))
            elif not row.waived:
                open_in.setdefault(row.state_id, set()).add((row.scope, row.name))
        for turn in connection.execute(select(changed).order_by(changed.c.at)):
            was, now = before.get(turn.device_id, set()), open_in.get(turn.state_id, set())
            for finding in now - was:
                item = Item(names[turn.device_id].name, names[turn.device_id].context, *finding)
                opened[item] = opened.get(item, 0) + 1
            before[turn.device_id] = now | (was & unknown_in.get(turn.state_id, set()))
    return {item: times for item, times in sorted(opened.items()) if times > 1}


# ---- one night ---------------------------------------------------------------------------------------


class Kept(NamedTuple):
    """A kept audit: its number, and what changed since the one before (None for the first)."""

    number: int
    changes: Diff | None


def keep_report(history: History, report: AuditReport, keep_days: int | None = None) -> Kept:
    """Keep an audit.

    Args:
        history: where.
        report: the audit.
        keep_days: audits older than this many days before this one are forgotten; None keeps all.

    Raises:
        HistoryError: it could not be kept.

    """
    earlier = entries(history, 1)
    number = history.keep(report)
    changes = diff(history, earlier[0].number, number) if earlier else None
    if keep_days is not None:
        horizon = datetime.fromisoformat(report.generated_at).astimezone(UTC) - timedelta(days=keep_days)
        history.forget_before(horizon.isoformat(timespec="seconds"))
    return Kept(number, changes)


def trend_with(history: History, report: AuditReport) -> list[tuple[str, dict[str, int]]]:
    """Counts of the last kept audits and of this one, oldest first, as the HTML report shows them.

    Raises:
        HistoryError: the history cannot be read.

    """
    earlier = [(point.generated_at, point.counts) for point in trend(history, limit=SHOWN - 1)]
    return [*earlier, (report.generated_at, report.summary.to_dict())]
