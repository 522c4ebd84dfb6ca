"""SARIF 2.1.0: code scanning shows the offending line of a repository of configurations.

Source: OASIS Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nornir_anyconnect.asa.effective import SETTINGS
from nornir_anyconnect.audit.finding import Scope, Status, Verdict
from nornir_anyconnect.audit.provenance import DEFAULT_POLICY
from nornir_anyconnect.report import Format, sentences
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.version import __version__

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import Incident
    from nornir_anyconnect.report import Style

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
INCIDENTS = {
    "dtls-never-up": "DTLS never came up; the client reconnected about a minute later to lower its MTU.",
    "dtls-lost": "DTLS was lost; full-size packets were dropped until the client reconnected.",
}
_LEVEL = {Verdict.AT_RISK: "error", Verdict.UNKNOWN: "warning", Verdict.MITIGATED: "note"}


def offending_line(finding: Finding) -> int:
    """The line (from 1) of the policy that decides, else of whatever the finding cites first."""
    cited = {setting: source for setting, source in finding.sources.items() if source.line}
    owned = [setting for setting, source in cited.items() if source.owner is not None]
    # the line a person would edit, best first
    for setting in (SETTINGS["mtu"], *owned, SETTINGS["tunnel_protocols"], DEFAULT_POLICY, *cited):
        if setting in cited and (line := cited[setting].line):
            return line
    return 1


def _location(device: DeviceAudit, line: int) -> dict[str, Any]:
    path = PurePath(device.path or device.name).as_posix()
    scheme = "file://" if path.startswith("/") else ""
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": scheme + quote(path, errors="surrogatepass")},
            "region": {"startLine": line},
        },
        "logicalLocations": [{"name": harmless(sentences.device_name(device)), "kind": "module"}],
    }


def _result(device: DeviceAudit, finding: Finding) -> dict[str, Any]:
    message = f"{sentences.subject(finding)}: {sentences.predicted(finding)}. Observed: {sentences.observed(finding)}."
    if step := sentences.next_step(finding):
        message += f" Next: {step}"
    # the line is left out: a finding stays the same one when lines are added above it
    identity = "\0".join((sentences.device_name(device), sentences.subject(finding), finding.reason))
    result: dict[str, Any] = {
        "ruleId": finding.reason,
        "level": "error" if finding.confirmed else _LEVEL[finding.verdict],
        "kind": "fail",
        "message": {"text": harmless(message)},
        "locations": [_location(device, offending_line(finding))],
        "partialFingerprints": {"finding/v1": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()},
    }
    if finding.waiver:
        result["suppressions"] = [
            {"kind": "external", "justification": harmless(finding.waiver.get("reason", "accepted"))}
        ]
    return result


def _rule(reason: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": reason,
        "shortDescription": {"text": reason.replace("-", " ")},
        "fullDescription": {"text": sentences.reason_text(reason)},
        "defaultConfiguration": {"level": _LEVEL[verdict]},
        "properties": {"tags": ["anyconnect", "mtu", str(verdict)]},
    }


def _notification(device: DeviceAudit, text: str) -> dict[str, Any]:
    return {
        "level": "error" if device.status is Status.FAILED else "warning",
        "message": {"text": harmless(f"{sentences.device_name(device)}: {text}")},
    }


def _audit(report: AuditReport, _style: Style) -> str:
    """A result for every finding that needs somebody; devices not judged wholly are notifications."""
    shown = [
        (device, finding)
        for device in report.devices
        for finding in device.findings
        if sentences.needs_attention(finding) and finding.verdict in _LEVEL
    ]
    rules = {finding.reason: finding.verdict for _, finding in shown}
    troubled = [device for device in report.devices if device.status is not Status.OK]
    run = {
        "tool": {
            "driver": {
                "name": "nornir-anyconnect",
                "version": report.tool_version,
                "rules": [_rule(reason, rules[reason]) for reason in sorted(rules)],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not any(device.status is Status.FAILED for device in troubled),
                "toolExecutionNotifications": [
                    _notification(device, text)
                    for device in troubled
                    for text in (device.errors or sentences.troubles(device))
                ],
            }
        ],
        "results": [_result(device, finding) for device, finding in shown],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _incident(incident: Incident) -> dict[str, Any]:
    where = harmless(f"{incident.device} / {Scope.GROUP_POLICY} {incident.group_policy}")
    return {
        "ruleId": incident.kind,
        "level": "error",
        "kind": "fail",
        "message": {"text": f"{where}: {sentences.told(incident)}"},
        "locations": [{"logicalLocations": [{"name": where, "kind": "module"}]}],
    }


def _logs(summary: LogSummary, _style: Style) -> str:
    """SARIF 2.1.0: a result per incident."""
    rules = [
        {"id": kind, "shortDescription": {"text": kind.replace("-", " ")}, "fullDescription": {"text": text}}
        for kind, text in INCIDENTS.items()
    ]
    run = {
        "tool": {"driver": {"name": "nornir-anyconnect", "version": __version__, "rules": rules}},
        "invocations": [{"executionSuccessful": True}],
        "results": [_incident(incident) for incident in summary.incidents],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


FORMAT = Format(audit=_audit, logs=_logs)
