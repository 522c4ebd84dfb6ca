"""JSON: the contract, schema ``nornir-anyconnect/audit/1`` (``audit/schema/audit-1.json``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import SCHEMA

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import AuditReport, DeviceAudit
    from nornir_anyconnect.report import Style


def _device(device: DeviceAudit) -> str:
    """One device, each of its findings on a line of its own: quick to write, and a diff shows which changed."""
    values = device.to_dict()
    findings = ",\n".join(f"   {json.dumps(finding)}" for finding in values.pop("findings"))
    head = json.dumps(values)[:-1]
    return f'  {head}, "findings": [\n{findings}\n  ]}}' if findings else f'  {head}, "findings": []}}'


def render(report: AuditReport, _style: Style) -> str:
    """The report as JSON; pure ASCII, so that no name can steer the terminal it is shown on."""
    head = {
        "schema": SCHEMA,
        "generated_at": report.generated_at,
        "tool_version": report.tool_version,
        "summary": report.summary.to_dict(),
        "caveats": list(report.caveats),
    }
    lines = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    devices = ",\n".join(_device(device) for device in report.devices)
    return "{\n" + lines + ' "devices": [' + (f"\n{devices}\n " if devices else "") + "]\n}\n"
