"""JSON: the contract, schema ``nornir-anyconnect/audit/1`` (``audit/schema/audit-1.json``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nornir_anyconnect.report import Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.probe import ProbeReport
    from nornir_anyconnect.report import Style
    from nornir_anyconnect.report.finding_text import FindingTexts


def _device(device: DeviceAudit, texts: FindingTexts) -> Iterator[str]:
    """One device, each of its findings on a line of its own: quick to write, and a diff shows which changed."""
    yield f'  {json.dumps(device.head())[:-1]}, "findings": ['
    for number, finding in enumerate(device.findings):
        yield ",\n   " if number else "\n   "
        yield texts.of(finding)
    yield "\n  ]}" if device.findings else "]}"


def _pieces(report: AuditReport) -> Iterator[str]:
    from nornir_anyconnect.audit.audit_report import SCHEMA  # noqa: PLC0415 - logs need no audit
    from nornir_anyconnect.report.finding_text import FindingTexts  # noqa: PLC0415 - as above

    head = {
        "schema": SCHEMA,
        "generated_at": report.generated_at,
        "tool_version": report.tool_version,
        "summary": report.summary.to_dict(),
        "caveats": list(report.caveats),
        **({} if report.inputs is None else {"inputs": [each.to_dict() for each in report.inputs]}),
    }
    yield "{\n"
    yield from (f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    yield ' "devices": ['
    texts = FindingTexts()
    for number, device in enumerate(report.devices):
        yield ",\n" if number else "\n"
        yield from _device(device, texts)
    yield "\n ]\n}\n" if report.devices else "]\n}\n"


def _audit(report: AuditReport, _style: Style) -> Iterator[str]:
    """The report as JSON; pure ASCII, so that no name can steer the terminal it is shown on."""
    return _pieces(report)


def _logs(summary: LogSummary, _style: Style) -> str:
    return json.dumps(summary.to_dict(), indent=2) + "\n"


def _plan(plan: Plan, _style: Style) -> str:
    from nornir_anyconnect.change.plan.file import to_dict  # noqa: PLC0415 - an audit needs no plan

    return json.dumps(to_dict(plan), indent=2) + "\n"


def _probe(report: ProbeReport, _style: Style) -> str:
    return json.dumps(report.to_dict(), indent=2) + "\n"


FORMAT = Format(audit=_audit, logs=_logs, plan=_plan, probe=_probe)
