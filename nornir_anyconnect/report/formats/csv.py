"""CSV: one row per finding, for spreadsheets; no cell can become a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.report import Format
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import Incident
    from nornir_anyconnect.report import Style

COLUMNS = (
    "device",
    "context",
    "asa_version",
    "status",
    "scope",
    "name",
    "group_policy",
    "verdict",
    "reason",
    "certainty",
    "tls_mtu",
    "dtls_mtu",
    "gap",
    "configured_mtu",
    "safe_mtu",
    "tls_suite",
    "dtls_suite",
    "numbers_from",
    "confirmed",
    "observable",
    "users",
    "reconnects",
    "large_packets",
    "remedy",
    "caveats",
    "waived_by",
)
INCIDENT_COLUMNS = (
    "device",
    "group_policy",
    "user",
    "kind",
    "connected_at",
    "reconnected_at",
    "seconds",
    "large_packets",
    "packet",
    "threshold",
)
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


def _device_cells(device: DeviceAudit) -> list[Any]:
    return [device.name, device.context, device.asa_version, str(device.status)]


def _row(device: DeviceAudit, finding: Finding) -> list[Any]:
    seen = finding.evidence
    remedy = next((each.kind for each in finding.remedies if not each.blocked_by), None)
    return [
        *_device_cells(device),
        str(finding.scope),
        finding.name,
        finding.group_policy,
        str(finding.verdict),
        finding.reason,
        finding.certainty,
        finding.tls_mtu,
        finding.dtls_mtu,
        finding.gap,
        finding.configured_mtu,
        finding.safe_mtu,
        finding.tls_suite,
        finding.dtls_suite,
        finding.numbers_from,
        finding.confirmed,
        seen.observable if seen else None,
        seen.users if seen else None,
        seen.reconnects if seen else None,
        seen.large_packets if seen else None,
        remedy,
        " ".join(finding.caveats),
        finding.waiver.get("owner") if finding.waiver else None,
    ]


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
        rows += [_row(device, finding) for finding in device.findings]
        if not device.findings:
            rows.append(_device_cells(device) + [None] * (len(COLUMNS) - 4))
    return write_rows(COLUMNS, rows)


def incident_cells(incident: Incident) -> list[Any]:
    """The values of ``INCIDENT_COLUMNS``."""
    values = incident.to_dict()
    return [values[column] for column in INCIDENT_COLUMNS]


def _logs(summary: LogSummary, _style: Style) -> str:
    return write_rows(INCIDENT_COLUMNS, [incident_cells(each) for each in summary.incidents])


FORMAT = Format(audit=_audit, logs=_logs)
