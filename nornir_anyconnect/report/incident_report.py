"""Reports of ``logs``: the incidents and drops that log files show, without any configuration."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.evidence.incidents import timeline
from nornir_anyconnect.report import incident_formats
from nornir_anyconnect.report.csv_report import write_rows
from nornir_anyconnect.report.markdown_report import code
from nornir_anyconnect.report.prometheus import metric
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.report.sentences import count

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import GroupObservations, Incident
    from nornir_anyconnect.report import Style
    from nornir_anyconnect.report.pseudonyms import Pseudonyms

COLUMNS = (
    "device",
    "group_policy",
    "user",
    "kind",
    "connected_at",
    "reconnected_at",
    "seconds",
    "large_packets",
    "packet",
    "threshold",
)


def pseudonymised(summary: LogSummary, pseudonyms: Pseudonyms) -> LogSummary:
    """The summary without a single user name; lines that nobody understood may hold one, so none is shown."""

    def incident(each: Incident) -> Incident:
        return replace(each, user=pseudonyms.of(each.user), address=None, timeline=())

    def group(each: GroupObservations) -> GroupObservations:
        return replace(
            each,
            users=frozenset(pseudonyms.of(user) for user in each.users),
            tls_only_users=frozenset(pseudonyms.of(user) for user in each.tls_only_users),
            incidents=tuple(incident(one) for one in each.incidents),
        )

    devices = {
        name: replace(device, groups={policy: group(each) for policy, each in device.groups.items()})
        for name, device in summary.devices.items()
    }
    return replace(summary, devices=devices, unreadable_sample=())


def _cells(incident: Incident) -> list[object]:
    values = incident.to_dict()
    return [values[column] for column in COLUMNS]


def _seconds(incident: Incident) -> str:
    if incident.seconds is None:
        return f"{incident.stalled:g} s after DTLS was lost" if incident.stalled is not None else "at an unknown time"
    lost = f", {incident.stalled:g} s after DTLS was lost" if incident.kind == "dtls-lost" else ""
    return f"after {incident.seconds:g} s{lost}"


def _text(summary: LogSummary, style: Style) -> str:
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
                    f"{device.device}: group policy {name}: {len(group.users)} user(s) hit, "
                    f"{len(group.incidents)} reconnect(s), {packets} large packet(s)"
                    + (f", threshold {thresholds}" if thresholds else "")
                )
    for reconnect in summary.client:
        at = f" at {reconnect.time.isoformat()}" if reconnect.time else ""
        why = " to apply a new MTU" if reconnect.because_of_mtu else ""
        lines.append(f"{reconnect.log}: the client reconnected{at}{why}")
    if summary.unreadable:
        carry = "line carries" if summary.unreadable == 1 else "lines carry"
        lines.append(f"{summary.unreadable} {carry} a message id of interest but could not be read, such as:")
        lines += [f"  {sample}" for sample in summary.unreadable_sample]
    known = ", ".join(f"{number} {count}" for number, count in summary.events.items())
    lines.append(
        f"{summary.lines} line(s), {len(summary.incidents)} incident(s), {summary.users} user(s) hit"
        + (f"; messages: {known}" if known else "; none of the messages that tell of the reconnect is among them")
    )
    return "\n".join(harmless(line) for line in lines) + "\n"


def _json(summary: LogSummary, _style: Style) -> str:
    return json.dumps(summary.to_dict(), indent=2) + "\n"


def _csv(summary: LogSummary, _style: Style) -> str:
    return write_rows(COLUMNS, [_cells(each) for each in summary.incidents])


def _markdown(summary: LogSummary, _style: Style) -> str:
    lines = [
        "# AnyConnect reconnects in logs",
        "",
        (
            f"{count(summary.lines, 'line')}, **{count(len(summary.incidents), 'incident')}**, "
            f"{count(summary.users, 'user')} hit."
        ),
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
    ]
    for each in summary.incidents:
        cells = [code(str(value)) if isinstance(value, str) else str(value or "") for value in _cells(each)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _prometheus(summary: LogSummary, _style: Style) -> str:
    groups = [
        ({"device": device.device, "group_policy": name}, group)
        for device in summary.devices.values()
        for name, group in sorted(device.groups.items())
    ]
    lines = [
        *metric("log_lines", "Log lines read.", [({}, summary.lines)]),
        *metric("log_unreadable_lines", "Lines that could not be read.", [({}, summary.unreadable)]),
        *metric("log_incidents", "Reconnects.", [(labels, len(group.incidents)) for labels, group in groups]),
        *metric("log_affected_users", "Users hit.", [(labels, len(group.users)) for labels, group in groups]),
        *metric(
            "log_large_packets",
            "Packets too large for the TLS tunnel.",
            [(labels, sum(kind.count for kind in group.large_packets)) for labels, group in groups],
        ),
    ]
    return "\n".join(lines) + "\n"


def _html(summary: LogSummary, _style: Style) -> str:
    return incident_formats.html(summary, COLUMNS)


FORMATS = {
    "text": _text,
    "json": _json,
    "html": _html,
    "junit": incident_formats.junit,
    "sarif": incident_formats.sarif,
    "csv": _csv,
    "markdown": _markdown,
    "prometheus": _prometheus,
}


def render(name: str, summary: LogSummary, style: Style) -> str:
    """What the logs show, in one format.

    Raises:
        UsageError: no format of that name.

    """
    if name not in FORMATS:
        raise UsageError(f"logs has no format '{name}'", f"use one of {', '.join(FORMATS)}")
    return FORMATS[name](summary, style)
