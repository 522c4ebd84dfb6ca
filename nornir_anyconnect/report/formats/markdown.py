"""Markdown: for a ticket. Whatever a device or a log named stands in code spans, where nothing is obeyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.report import Format, sentences
from nornir_anyconnect.report.rows import INCIDENT_COLUMNS, incident_cells
from nornir_anyconnect.report.sanitise import code, escaped, harmless

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.report import Style


def _table(report: AuditReport) -> list[str]:
    lines = [
        "| device | finding | policy | verdict | TLS | DTLS | gap | safe MTU | users hit |",
        "|---|---|---|---|---:|---:|---:|---:|---:|",
    ]
    for device in report.devices:
        for finding in device.findings:
            users = finding.evidence.users if finding.evidence else None
            numbers = (finding.tls_mtu, finding.dtls_mtu, finding.gap, finding.safe_mtu, users)
            verdict = f"**{finding.verdict}**" if sentences.needs_attention(finding) else str(finding.verdict)
            cells = [
                code(sentences.device_name(device)),
                f"{finding.scope} {code(finding.name)}",
                code(finding.group_policy) if finding.group_policy else "",
                verdict,
                *("" if number is None else str(number) for number in numbers),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _detail(device: DeviceAudit, finding: Finding) -> list[str]:
    lines = [
        "",
        f"### {finding.verdict}: {code(sentences.device_name(device))} {finding.scope} {code(finding.name)}",
        "",
        f"- Predicted: {escaped(sentences.predicted(finding))}",
        f"- Observed: {escaped(sentences.observed(finding))}",
    ]
    if step := sentences.next_step(finding):
        lines.append(f"- Next: {escaped(step)}")
    remedy = sentences.recommended(finding)
    if remedy is not None:
        lines += ["", "To type, and to take it back:", ""]
        lines += [f"    {harmless(line)}" for line in remedy.lines]
        lines += ["    !"]
        lines += [f"    {harmless(line)}" for line in remedy.rollback]
    return lines


def _troubles(report: AuditReport) -> list[str]:
    lines = [
        f"- {code(sentences.device_name(device))} ({device.status}): {escaped(text)}"
        for device in report.devices
        for text in sentences.troubles(device)
    ]
    return ["", "## Not wholly judged, or worth knowing", "", *lines] if lines else []


def _audit(report: AuditReport, _style: Style) -> str:
    """Totals, one table, and a paragraph for each finding that needs somebody."""
    total = report.summary
    totals = (
        f"{sentences.count(total.devices, 'device')}, {sentences.count(total.findings, 'finding')}: "
        f"**{total.at_risk} at risk**, {total.confirmed} confirmed, "
        f"{sentences.count(total.users_affected, 'user')} affected, {total.mitigated} mitigated, "
        f"{total.unknown} unknown, {total.safe} safe, {total.not_applicable} not applicable, "
        f"{sentences.count(total.failed_devices, 'device')} failed."
    )
    lines = [
        "# AnyConnect MTU audit",
        "",
        totals,
        "",
        f"nornir-anyconnect {report.tool_version}, {report.generated_at}",
        "",
        *_table(report),
        *_troubles(report),
    ]
    for device in report.devices:
        for finding in device.findings:
            if sentences.needs_attention(finding):
                lines += _detail(device, finding)
    return "\n".join(lines) + "\n"


def _logs(summary: LogSummary, _style: Style) -> str:
    lines = [
        "# AnyConnect reconnects in logs",
        "",
        (
            f"{sentences.count(summary.lines, 'line')}, **{sentences.count(len(summary.incidents), 'incident')}**, "
            f"{sentences.count(summary.users, 'user')} hit."
        ),
        "",
        *(f"- {code(each)}" for each in sentences.unseen(summary)),
        *([""] if sentences.unseen(summary) else []),
        f"| {' | '.join(INCIDENT_COLUMNS)} |",
        f"|{'---|' * len(INCIDENT_COLUMNS)}",
    ]
    for each in summary.incidents:
        cells = [code(str(value)) if isinstance(value, str) else str(value or "") for value in incident_cells(each)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _plan(plan: Plan, _style: Style) -> str:
    from nornir_anyconnect.report import plan_text  # noqa: PLC0415 - an audit needs no plan

    return plan_text.markdown(plan)


FORMAT = Format(audit=_audit, logs=_logs, plan=_plan)
