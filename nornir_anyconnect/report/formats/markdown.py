"""Markdown: for a ticket, and read as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.report import Format, audit_text, sentences
from nornir_anyconnect.report.answer import answer
from nornir_anyconnect.report.markdown_text import code, escaped, paragraph, table
from nornir_anyconnect.report.rows import INCIDENT_COLUMNS, incident_cells
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.report import Style


_NUMBERS = ("hit", "TLS", "DTLS", "safe")


def _audit(report: AuditReport, _style: Style) -> str:
    """The answer, a table of what needs somebody, what to type for each, and what could not be judged."""
    found = audit_text.ordered(report)
    shown = [each for each in found if audit_text.needs_somebody(each[1])]
    rows = [_row(*each) for each in shown]
    others = audit_text.counted([finding for _, finding in found if not audit_text.needs_somebody(finding)])
    lines = ["# AnyConnect MTU audit", "", *paragraph(escaped(answer(report))), ""]
    if rows:
        lines += [*table(list(rows[0]), [list(row.values()) for row in rows], _NUMBERS), ""]
    if others:
        lines += [f"{'Others' if rows else 'Findings'}: {others}.", ""]
    for each in shown:
        lines += _detail(*each)
    told = [*audit_text.unjudged(report, shown), *audit_text.also_told(report)]
    unjudged = [line for text in told for line in paragraph(escaped(text), "- ")]
    if unjudged:
        lines += ["## Not judged, not seen, or worth knowing", "", *unjudged, ""]
    return "\n".join([*lines, f"nornir-anyconnect {report.tool_version}, {report.generated_at}"]) + "\n"


def _row(device: DeviceAudit, finding: Finding) -> dict[str, str]:
    cells = audit_text.cells(device, finding)
    del cells["tunnel group"]
    policy = cells.pop("group policy")
    return {
        "device": code(cells.pop("device")),
        "finding": f"{finding.scope} {code(finding.name)}",
        **{title: escaped(cell) for title, cell in cells.items()},
        "group policy": code(policy) if policy else "",
    }


def _detail(device: DeviceAudit, finding: Finding) -> list[str]:
    name = f"{code(sentences.device_name(device))} {finding.scope} {code(finding.name)}"
    said = (("Predicted", sentences.predicted(finding)), ("Observed", sentences.observed(finding)))
    lines = [f"## {audit_text.verdict_word(finding)}: {name}", ""]
    lines += [line for label, text in said for line in paragraph(f"{label}: {escaped(text)}", "- ")]
    remedy = sentences.recommended(finding)
    if remedy is None:
        step = sentences.next_step(finding)
        return [*lines, *(paragraph(f"Next: {escaped(step)}", "- ") if step else []), ""]
    lines += ["", f"To type ({remedy.kind}, {sentences.effect_of(remedy)}):", ""]
    lines += [f"    {harmless(line)}" for line in remedy.lines]
    return [*lines, "", "To take it back:", "", *(f"    {harmless(line)}" for line in remedy.rollback), ""]


def _logs(summary: LogSummary, _style: Style) -> str:
    lines = [
        "# AnyConnect reconnects in logs",
        "",
        (
            f"{sentences.count(summary.lines, 'line')}, **{sentences.count(len(summary.incidents), 'incident')}**, "
            f"{sentences.count(summary.users, 'user')} hit."
        ),
        "",
        *(line for each in sentences.unseen(summary) for line in paragraph(escaped(each), "- ")),
        *([""] if sentences.unseen(summary) else []),
    ]
    rows = [
        [code(str(value)) if isinstance(value, str) else str(value or "") for value in incident_cells(each)]
        for each in summary.incidents
    ]
    if rows:
        lines += table(INCIDENT_COLUMNS, rows)
    return "\n".join(lines) + "\n"


def _plan(plan: Plan, _style: Style) -> str:
    from nornir_anyconnect.report import plan_text  # noqa: PLC0415 - an audit needs no plan

    return plan_text.markdown(plan)


FORMAT = Format(audit=_audit, logs=_logs, plan=_plan)
