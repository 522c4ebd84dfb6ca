"""CSV: one row per finding, for spreadsheets; no cell can become a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.report import Format
from nornir_anyconnect.report.rows import (
    COLUMNS,
    DEVICE_COLUMNS,
    INCIDENT_COLUMNS,
    device_cells,
    finding_row,
    incident_cells,
)
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.report import Style

# what Excel, LibreOffice and Google Sheets start a formula or a command with, the full-width forms included
_FORMULA = ("=", "+", "-", "@", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(value: Any) -> Any:
    """The value as a cell: numbers stay numbers, text that could start a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    text = harmless(str(value))
    return f"'{text}" if text.lstrip(" '\"\u00a0").startswith(_FORMULA) else text


def write_rows(header: tuple[str, ...], rows: list[list[Any]]) -> str:
    """A CSV text of harmless cells, with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def _audit(report: AuditReport, _style: Style) -> str:
    """One row per finding; a device without findings has a row of its own, so that none is missing."""
    rows: list[list[Any]] = []
    for device in report.devices:
        rows += [list(finding_row(device, finding).values()) for finding in device.findings]
        if not device.findings:
            rows.append(device_cells(device) + [None] * (len(COLUMNS) - len(DEVICE_COLUMNS)))
    return write_rows(COLUMNS, rows)


def _logs(summary: LogSummary, _style: Style) -> str:
    return write_rows(INCIDENT_COLUMNS, [incident_cells(each) for each in summary.incidents])


FORMAT = Format(audit=_audit, logs=_logs)
