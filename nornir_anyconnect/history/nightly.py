"""One night: keep the audit, compare it with the one before, forget what is too old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nornir_anyconnect.history.compare import Diff, diff, entries, trend

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.history.store import History

SHOWN = 90
"""Audits in the trend of a report."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept audit: its number, and what changed since the one before (None for the first)."""

    number: int
    changes: Diff | None


def keep_report(
    history: History, report: AuditReport, sites: dict[str, str] | None = None, keep_days: int | None = None
) -> Kept:
    """Keep an audit.

    Args:
        history: where.
        report: the audit.
        sites: site by host name.
        keep_days: audits older than this many days before this one are forgotten; None keeps all.

    Raises:
        HistoryError: it could not be kept.

    """
    earlier = entries(history, 1)
    number = history.keep(report.devices, report.summary, report.generated_at, report.tool_version, sites)
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
