"""JSON: the contract, schema ``nornir-anyconnect/audit/1`` (``audit/schema/audit-1.json``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import AuditReport
    from nornir_anyconnect.report import Style


def render(report: AuditReport, _style: Style) -> str:
    """The report as JSON; pure ASCII, so that no name can steer the terminal it is shown on."""
    return json.dumps(report.to_dict(), indent=2) + "\n"
