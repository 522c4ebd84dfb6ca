"""Text for people: plain lines that can be searched; on a terminal, tables (``text_tables``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nornir_anyconnect.audit import provenance
from nornir_anyconnect.audit.finding import Status, Verdict, worst_first
from nornir_anyconnect.evidence.incidents import timeline
from nornir_anyconnect.report import Format, sentences
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import Sourced
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import Incident
    from nornir_anyconnect.mtu.derive import Step
    from nornir_anyconnect.report import Style

_WORST = 5
"""How many findings are named again at the end of a report over more devices than that."""


def headline(device: DeviceAudit, finding: Finding) -> str:
    """Device, finding, verdict: one line."""
    policy = f" (group policy {finding.group_policy})" if finding.group_policy not in (None, finding.name) else ""
    verdict = "confirmed " + finding.verdict if finding.confirmed else str(finding.verdict)
    said = sentences.certainty(finding)
    certainty = f", {said}" if said else ""
    return f"{sentences.device_name(device)}: {verdict}: {sentences.subject(finding)}{policy}{certainty}"


def _chain(steps: tuple[Step, ...]) -> str:
    return "; ".join(f"{step.label} = {step.operation} = {step.value}" for step in steps)


def _cited(setting: str, source: Sourced[Any]) -> str:
    line = f" line {source.line}" if source.line else ""
    return f"{provenance.named(setting, source)}: {provenance.shown(setting, source.value)} ({source.from_}{line})"


def details(finding: Finding, style: Style) -> list[tuple[str, str]]:
    """What supports the verdict and what to do about it, as (label, sentence)."""
    found = [("predicted", sentences.predicted(finding))]
    if finding.gap is not None and style.detail:
        found += [("why", sentences.reason_text(finding.reason))]
    found += [("TLS", _chain(finding.tls_steps)), ("DTLS", _chain(finding.dtls_steps))]
    if finding.gap is not None and len(finding.assumptions) > 1:
        shown = (f"{name} {each.tls_mtu}/{each.dtls_mtu}" for name, each in finding.assumptions.items())
        found.append(("TLS/DTLS by", ", ".join(shown)))
    found.append(("likely", sentences.likely(finding)))
    if finding.configured_mtu is not None:
        found.append(("configured", f"anyconnect mtu {finding.configured_mtu} ({finding.configured_mtu_from})"))
    found.append(("observed", sentences.observed(finding)))
    if finding.evidence and finding.evidence.user_names:
        found.append(("users hit", ", ".join(finding.evidence.user_names)))
    if finding.reachable_by:
        found.append(("reached by", ", ".join(str(each) for each in finding.reachable_by)))
    if finding.verdict is not Verdict.SAFE:
        found.append(("safe MTU", sentences.safe_mtu(finding)))
    found.append(("next", sentences.next_step(finding)))
    remedy = sentences.recommended(finding)
    if remedy is not None and finding.waiver is None:
        found.append(("take back", " / ".join(line.strip() for line in remedy.rollback)))
    if style.detail:
        found += [("mind", sentences.caveat_text(caveat)) for caveat in finding.caveats]
        found += [("from", _cited(*each)) for each in finding.sources.items()]
    else:
        found.append(("mind", ", ".join(finding.caveats)))
    return [(label, harmless(sentence)) for label, sentence in found if sentence]


def shown_wholly(finding: Finding, style: Style) -> bool:
    """Whether the details are printed: asked for, or somebody has to look at it."""
    return style.detail or sentences.needs_attention(finding)


def troubles(device: DeviceAudit) -> list[str]:
    """What kept the device from being judged wholly, and what is odd about it."""
    name = sentences.device_name(device)
    label = "" if device.status is Status.OK else f"{device.status}: "
    return [harmless(f"{name}: {label}{text}") for text in sentences.troubles(device)]


def _worst(report: AuditReport) -> list[str]:
    """The findings of a fleet that somebody should look at first, worst last: there a terminal shows them."""
    found = [
        (device, finding)
        for device in report.devices
        for finding in device.findings
        if finding.verdict is Verdict.AT_RISK and finding.waiver is None
    ]
    if len(report.devices) <= _WORST or len(found) < 2:  # noqa: PLR2004 - one finding is seen without a list
        return []
    worst = sorted(found, key=lambda each: worst_first(each[1]))[:_WORST]
    return [
        harmless(f"worst: {headline(device, finding)}; observed: {sentences.observed(finding)}")
        for device, finding in reversed(worst)
    ]


def _legend(report: AuditReport, style: Style) -> list[str]:
    """The sentence of every word above, once; with details each finding carries its own."""
    if style.detail:
        return []
    shown = [finding for device in report.devices for finding in device.findings if shown_wholly(finding, style)]
    reasons = dict.fromkeys(each.reason for each in shown if each.gap is not None)
    caveats = dict.fromkeys(caveat for each in shown for caveat in each.caveats)
    return [
        *(f"{reason}: {sentences.reason_text(reason)}" for reason in reasons),
        *(f"{caveat}: {sentences.caveat_text(caveat)}" for caveat in caveats),
    ]


def closing(report: AuditReport, style: Style) -> list[str]:
    """What holds for the whole report: what its words mean, its worst findings, totals, what all verdicts assume."""
    total = report.summary
    lines = [
        *_legend(report, style),
        *_worst(report),
        f"{total.devices} device(s), {total.findings} finding(s): {total.at_risk} at risk "
        f"({total.confirmed} confirmed, {total.users_affected} user(s) hit), {total.mitigated} mitigated, "
        f"{total.unknown} unknown, {total.safe} safe, {total.not_applicable} not applicable"
        + (f"; {total.failed_devices} device(s) failed" if total.failed_devices else ""),
    ]
    evidence = [each for each in report.inputs or () if each.log.messages or each.log.unreadable]
    return [
        *lines,
        *(sentences.caveat_text(caveat) for caveat in report.caveats),
        *(harmless(sentences.read_as(each)) for each in evidence),
    ]


def _plain(report: AuditReport, style: Style) -> list[str]:
    lines = []
    for device in report.devices:
        lines += troubles(device)
        if not device.findings and device.status is not Status.FAILED:
            lines.append(harmless(f"{sentences.device_name(device)}: no tunnel group or group policy for AnyConnect"))
        for finding in device.findings:
            if shown_wholly(finding, style):
                lines.append(harmless(headline(device, finding)))
                lines += [f"  {label}: {sentence}" for label, sentence in details(finding, style)]
            else:
                lines.append(harmless(f"{headline(device, finding)}: {sentences.reason_text(finding.reason)}"))
    return [*lines, *closing(report, style)]


def _audit(report: AuditReport, style: Style) -> str:
    """The report for people."""
    if style.terminal:
        from nornir_anyconnect.report.text_tables import tables  # noqa: PLC0415 - rich is only for a screen

        return tables(report, style)
    return "\n".join(_plain(report, style)) + "\n"


def _seconds(incident: Incident) -> str:
    if incident.seconds is None:
        return f"{incident.stalled:g} s after DTLS was lost" if incident.stalled is not None else "at an unknown time"
    lost = f", {incident.stalled:g} s after DTLS was lost" if incident.kind == "dtls-lost" else ""
    return f"after {incident.seconds:g} s{lost}"


def _logs(summary: LogSummary, style: Style) -> str:
    lines = []
    for each in summary.incidents:
        who = f"{each.device}: {each.user} ({each.group_policy})"
        sizes = f", {each.large_packets} packet(s) of up to {each.packet} bytes dropped, threshold {each.threshold}"
        when = each.connected_at.isoformat() if each.connected_at else "time unknown"
        lines.append(
            f"{who}: {each.kind}: connected {when}, reconnected {_seconds(each)}{sizes if each.packet else ''}"
        )
        if style.detail:
            lines += timeline(each)
    for device in summary.devices.values():
        for name, group in sorted(device.groups.items()):
            if group.users or group.large_packets or group.incidents:
                packets = sum(kind.count for kind in group.large_packets)
                thresholds = ", ".join(str(each) for each in sorted({kind.threshold for kind in group.large_packets}))
                lines.append(
                    f"{device.device}: group policy {name}: {len(group.hit)} user(s) hit, "
                    f"{len(group.incidents)} reconnect(s), {packets} large packet(s)"
                    + (f" of {len(group.users)} user(s)" if group.users != group.hit else "")
                    + (f", threshold {thresholds}" if thresholds else "")
                )
    for each in summary.suspected:
        lines.append(
            f"{each.device}: {each.user} ({each.group_policy}): suspected: a session without DTLS reconnected "
            f"{_seconds(each)}; the drops before it would not show in a log of notices"
        )
    for reconnect in summary.client:
        at = f" at {reconnect.time.isoformat()}" if reconnect.time else ""
        why = " to apply a new MTU" if reconnect.because_of_mtu else ""
        lines.append(f"{reconnect.log}: the client reconnected{at}{why}")
    lines += sentences.unseen(summary)
    if summary.unreadable:
        carry = "line carries" if summary.unreadable == 1 else "lines carry"
        lines.append(f"{summary.unreadable} {carry} a message id of interest but could not be read, such as:")
        lines += [f"  {sample}" for sample in summary.unreadable_sample]
    lines += [sentences.read_as(each) for each in summary.inputs]
    known = ", ".join(f"{number} {count}" for number, count in summary.events.items())
    lines.append(
        f"{summary.lines} line(s), {len(summary.incidents)} incident(s), {summary.users} user(s) hit"
        + (f"; messages: {known}" if known else "; none of the messages that tell of the reconnect is among them")
    )
    return "\n".join(harmless(line) for line in lines) + "\n"


def _plan(plan: Plan, _style: Style) -> str:
    from nornir_anyconnect.report import plan_text  # noqa: PLC0415 - an audit needs no plan

    return plan_text.text(plan)


FORMAT = Format(audit=_audit, logs=_logs, plan=_plan)
