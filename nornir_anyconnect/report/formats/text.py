"""Text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.incidents import timeline
from nornir_anyconnect.evidence.probe import Cause
from nornir_anyconnect.report import Format, audit_text, sentences
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import Incident
    from nornir_anyconnect.evidence.probe import Probe, ProbeReport
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
    lines += sentences.inputs(summary.inputs) or [_ONLY_CONFIGURATION] * bool(summary.inputs)
    known = ", ".join(f"{number} {count}" for number, count in summary.events.items())
    lines.append(
        f"{summary.lines} line(s), {len(summary.incidents)} incident(s), {summary.users} user(s) hit"
        + (f"; messages: {known}" if known else "" if summary.client else _NO_MESSAGE)
    )
    return "\n".join(harmless(line) for line in lines) + "\n"


def _plan(plan: Plan, style: Style) -> str:
    from nornir_anyconnect.report import plan_text, screen  # noqa: PLC0415 - an audit needs no plan

    return screen.on_screen(plan_text.text(plan), style)


_ONLY_CONFIGURATION = "what was given is configuration, which tells of no reconnect: nornir-anyconnect check judges it"
_NO_MESSAGE = "; none of the messages that tell of the reconnect is among them"

_PROBED: dict[Cause, str] = {
    Cause.DTLS_REACHABLE: "DTLS gets through this path.",
    Cause.DTLS_BLOCKED: (
        "DTLS is blocked on this path: the same head-end answers from elsewhere, not from here. Clients here fall back "
        "to TLS."
    ),
    Cause.NO_ANSWER: (
        "No answer over UDP: DTLS is blocked on this path, or the head-end does not answer strangers. "
        "A probe from another network tells."
    ),
    Cause.TCP_UNREACHABLE: "No TCP connection: nothing can be said of DTLS.",
}


def _probe(report: ProbeReport, _style: Style) -> str:
    """Each head-end in three or four lines, then a count and what to type next."""
    lines = [line for each in report.probes for line in _head_end(each)]
    count = {cause: sum(each.cause is cause for each in report.probes) for cause in Cause}
    lines.append(", ".join(f"{number} {cause}" for cause, number in count.items() if number))
    unsure = [each for each in report.probes if each.cause is Cause.NO_ANSWER]
    if unsure:
        where = " ".join(_named(each) for each in unsure)
        lines += [
            "From another network, then here:",
            f"nornir-anyconnect probe {where} --format json=control.json",
            f"nornir-anyconnect probe {where} --control control.json",
        ]
    return "".join(f"{harmless(line)}\n" for line in lines)


def _named(probe: Probe) -> str:
    """``host:port``, an IPv6 address in brackets, the port left out where it is 443."""
    host = f"[{probe.host}]" if ":" in probe.host else probe.host
    return host if probe.port == 443 else f"{host}:{probe.port}"  # noqa: PLR2004 - HTTPS


def _head_end(probe: Probe) -> Iterator[str]:
    at = "no address" if probe.address is None else probe.address
    name = _named(probe) if probe.address == probe.host else f"{_named(probe)} ({at})"
    yield f"{name}: {_PROBED[probe.cause]}"
    if probe.tcp:
        yield f"  TCP: {_tcp(probe)}"
    if probe.dtls is not None:
        yield f"  UDP: {_udp(probe)}"


def _tcp(probe: Probe) -> str:
    said = []
    if (tls := probe.tls) is None:
        said.append("it does not speak TLS")
    elif tls.version is None:
        said.append(f"it refused the handshake (alert {tls.alert})")
    else:
        said.append(f"{tls.version} {tls.suite}")
    if tls is not None and tls.certificate is not None:
        said.append(f"certificate of {tls.certificate}")
    if probe.mss is not None:
        said.append(f"MSS {probe.mss}{' or more' if probe.mss_at_least else ''}")
    return ", ".join(said)


def _udp(probe: Probe) -> str:
    dtls = probe.dtls
    assert dtls is not None  # noqa: S101 - asked for only then
    said = [dtls.answer if dtls.suite is None else f"{dtls.answer} ({dtls.version} {dtls.suite})"]
    if dtls.alert is not None:
        said[0] += f" {dtls.alert}"
    if probe.path_mtu is not None:
        size = f"{probe.path_mtu} bytes" if probe.path_mtu_exact else f"at least {probe.path_mtu} bytes, not settled"
        said.append(f"path MTU towards it {size}")
    return ", ".join(said)


FORMAT = Format(audit=audit_text.render, logs=_logs, plan=_plan, probe=_probe)
