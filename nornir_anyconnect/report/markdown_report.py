"""Markdown: for a ticket. Whatever a device or a log named stands in code spans, where nothing is obeyed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nornir_anyconnect.report import sentences
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.report import Style

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def code(text: str) -> str:
    """The text as a code span, also inside a table: no link, mention, HTML or cell border can come out of it."""
    text = harmless(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    blank = " " if not text or text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{blank}{text}{blank}{fence}".replace("|", "\\|")


def escaped(text: str) -> str:
    """The text as plain words: every character that Markdown could obey is escaped."""
    # entities, because GitHub looks for mentions and addresses after it has read the backslashes
    entity = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", ":": "&#58;"}
    return _PUNCTUATION.sub(lambda found: entity.get(found[1], f"\\{found[1]}"), harmless(text))


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
        lines += [f"    {harmless(line)}" for line in remedy.commands]
        lines += ["    !"]
        lines += [f"    {harmless(line)}" for line in remedy.rollback]
    return lines


def _troubles(report: AuditReport) -> list[str]:
    lines = [
        f"- {code(sentences.device_name(device))} ({device.status}): {escaped(text)}"
        for device in report.devices
        for text in (*device.errors, *device.warnings)
    ]
    return ["", "## Not wholly judged, or worth knowing", "", *lines] if lines else []


def render(report: AuditReport, _style: Style) -> str:
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
