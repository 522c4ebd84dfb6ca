"""NDJSON: one JSON value per line, each of a named type, for collectors that take a line as an event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.report import Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.report import Style


def _lines(values: Iterable[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in values)


def _audit(report: AuditReport, _style: Style) -> Iterator[str]:
    """A line per device, one per finding that says whose it is, and the totals last."""
    from nornir_anyconnect.report.finding_text import FindingTexts  # noqa: PLC0415 - logs need no audit

    at, texts = {"generated_at": report.generated_at}, FindingTexts()
    for device in report.devices:
        of = json.dumps({"type": "finding", **at, "device": device.name, "context": device.context})[:-1]
        lines = (f"{of}, {texts.of(each)[1:]}\n" for each in device.findings)
        yield "".join((_lines([{"type": "device", **at, **device.head()}]), *lines))
    yield _lines([{"type": "summary", **report.head()}])


def _logs(summary: LogSummary, _style: Style) -> str:
    """A line per incident, one per group policy, and the totals last."""
    whole = summary.to_dict()
    incidents, groups = whole.pop("incidents"), whole.pop("groups")
    return _lines(
        [
            *({"type": "incident", **each} for each in incidents),
            *({"type": "group", **each} for each in groups),
            {"type": "summary", **whole},
        ]
    )


def _plan(plan: Plan, _style: Style) -> str:
    """What the plan is, then a line per device."""
    from nornir_anyconnect.change.plan.file import to_dict  # noqa: PLC0415 - an audit needs no plan

    whole = to_dict(plan)
    devices = whole.pop("devices")
    return _lines([{"type": "plan", **whole}, *({"type": "device", **each} for each in devices)])


FORMAT = Format(audit=_audit, logs=_logs, plan=_plan)
