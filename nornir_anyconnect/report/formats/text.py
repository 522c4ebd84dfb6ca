"""Text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.incidents import timeline
from nornir_anyconnect.report import Format, audit_text, sentences
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import Incident
    from nornir_anyconnect.evidence.probe import ProbeReport
    from nornir_anyconnect.report import Style


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
            f"{_seconds(each)}; the log holds none of the drops that would prove it"
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
    lines += sentences.inputs(summary.inputs)
    known = ", ".join(f"{number} {count}" for number, count in summary.events.items())
    lines.append(
        f"{summary.lines} line(s), {len(summary.incidents)} incident(s), {summary.users} user(s) hit"
        + (f"; messages: {known}" if known else "; none of the messages that tell of the reconnect is among them")
    )
    return "\n".join(harmless(line) for line in lines) + "\n"


def _plan(plan: Plan, style: Style) -> str:
    from nornir_anyconnect.report import plan_text, screen  # noqa: PLC0415 - an audit needs no plan

    return screen.on_screen(plan_text.text(plan), style)


def _probe(report: ProbeReport, _style: Style) -> str:
    from nornir_anyconnect.report import probe_text  # noqa: PLC0415 - an audit needs no probe

    return probe_text.render(report.probes)


FORMAT = Format(audit=audit_text.render, logs=_logs, plan=_plan, probe=_probe)
