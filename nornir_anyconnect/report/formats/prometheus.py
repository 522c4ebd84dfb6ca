"""Prometheus text format, for node_exporter's textfile collector. No user names, ever.

Names and units follow Prometheus' naming conventions: base units, the unit as a suffix, gauges.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import Scope
from nornir_anyconnect.report import Format
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding, PastEvidence
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.probe import ProbeReport
    from nornir_anyconnect.report import Style

_PREFIX = "nornir_anyconnect"


def label(value: str) -> str:
    """The value as a quoted label value."""
    escaped = harmless(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def metric(name: str, text: str, samples: Iterable[tuple[dict[str, str], float]]) -> list[str]:
    """HELP, TYPE and the samples; a label set that comes twice keeps its worst (largest) value."""
    worst: dict[str, float] = {}
    for labels, value in samples:
        shown = ",".join(f"{key}={label(each)}" for key, each in labels.items())
        worst[shown] = max(value, worst.get(shown, value))
    if not worst:
        return []
    lines = [f"# HELP {_PREFIX}_{name} {text}", f"# TYPE {_PREFIX}_{name} gauge"]
    return lines + [f"{_PREFIX}_{name}{f'{{{shown}}}' if shown else ''} {value:g}" for shown, value in worst.items()]


def _labels(device: DeviceAudit, finding: Finding) -> dict[str, str]:
    return {
        "device": device.name,
        "context": device.context or "",
        "scope": str(finding.scope),
        "name": finding.name,
        "group_policy": finding.group_policy or "",
    }


def _past(finding: Finding) -> PastEvidence | None:
    return finding.evidence.past if finding.evidence else None


def _audit(report: AuditReport, _style: Style) -> str:
    """Totals, and one sample per tunnel group and group policy; findings about users only count in the totals."""
    total = report.summary
    verdicts = {
        "at-risk": total.at_risk,
        "mitigated": total.mitigated,
        "safe": total.safe,
        "not-applicable": total.not_applicable,
        "unknown": total.unknown,
    }
    named = [
        (_labels(device, finding), finding)
        for device in report.devices
        for finding in device.findings
        if finding.scope is not Scope.USERNAME
    ]
    statuses = [({"device": each.name, "context": each.context or ""}, each.status) for each in report.devices]
    at = datetime.fromisoformat(report.generated_at).timestamp()
    lines = [
        *metric("devices", "Devices audited.", [({}, total.devices)]),
        *metric("failed_devices", "Devices that could not be read.", [({}, total.failed_devices)]),
        *metric("findings", "Findings by verdict.", [({"verdict": key}, count) for key, count in verdicts.items()]),
        *metric("confirmed_findings", "Findings that evidence confirms.", [({}, total.confirmed)]),
        *metric("affected_users", "Users that were hit under the present settings.", [({}, total.users_affected)]),
        *metric("past_users", "Users that were hit before the present settings.", [({}, total.users_past)]),
        *metric(
            "device_judged",
            "1 where the device was judged wholly.",
            [(labels, float(status == "ok")) for labels, status in statuses],
        ),
        *metric(
            "finding_verdict",
            "1 for the verdict of the finding.",
            [({**labels, "verdict": str(finding.verdict)}, 1) for labels, finding in named],
        ),
        *metric(
            "finding_gap_bytes",
            "DTLS MTU minus TLS MTU; above zero users stall and reconnect.",
            [(labels, finding.gap) for labels, finding in named if finding.gap is not None],
        ),
        *metric(
            "finding_confirmed",
            "1 where evidence confirms that users were hit.",
            [(labels, float(finding.confirmed)) for labels, finding in named],
        ),
        *metric(
            "finding_affected_users",
            "Users that were hit through this finding under the present settings.",
            [(labels, finding.evidence.users) for labels, finding in named if finding.evidence],
        ),
        *metric(
            "finding_past_users",
            "Users that were hit through this finding before the present settings.",
            [(labels, past.users) for labels, finding in named if (past := _past(finding))],
        ),
        *metric(
            "finding_waived",
            "1 where somebody accepted the finding; only those.",
            [(labels, 1) for labels, finding in named if finding.waiver],
        ),
        *metric("last_audit_timestamp_seconds", "When the audit was made.", [({}, at)]),
    ]
    return "\n".join(lines).replace(f"{at:g}", f"{at:.0f}") + "\n"


def _logs(summary: LogSummary, _style: Style) -> str:
    groups = [
        ({"device": device.device, "group_policy": name}, group)
        for device in summary.devices.values()
        for name, group in sorted(device.groups.items())
    ]
    lines = [
        *metric("log_lines", "Log lines read.", [({}, summary.lines)]),
        *metric("log_unreadable_lines", "Lines that could not be read.", [({}, summary.unreadable)]),
        *metric("log_incidents", "Reconnects.", [(labels, len(group.incidents)) for labels, group in groups]),
        *metric("log_affected_users", "Users hit.", [(labels, len(group.hit)) for labels, group in groups]),
        *metric("log_observable", "1 where all that happened would show.", [({}, int(summary.could_be_seen))]),
        *metric(
            "log_large_packets",
            "Packets too large for the TLS tunnel.",
            [(labels, sum(kind.count for kind in group.large_packets)) for labels, group in groups],
        ),
    ]
    return "\n".join(lines) + "\n"


def _probe(report: ProbeReport, _style: Style) -> str:
    named = [({"host": each.host, "port": str(each.port)}, each) for each in report.probes]
    lines = [
        *metric(
            "probe_cause", "1 for what the probe says.", [({**ids, "cause": each.cause}, 1) for ids, each in named]
        ),
        *metric(
            "probe_path_mtu_bytes",
            "Largest IP packet towards the head-end that was answered.",
            [(ids, each.path_mtu) for ids, each in named if each.path_mtu is not None],
        ),
        *metric(
            "probe_mss_bytes",
            "MSS of the head-end's SYN-ACK.",
            [(ids, each.mss) for ids, each in named if each.mss is not None],
        ),
    ]
    return "\n".join(lines) + "\n"


FORMAT = Format(audit=_audit, logs=_logs, probe=_probe)
