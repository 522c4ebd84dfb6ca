"""JUnit XML: a CI job shows each device as a suite and each finding as a test."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from nornir_anyconnect.audit.finding import Scope, Status, Verdict
from nornir_anyconnect.report import Format, counts, sentences
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import GroupObservations
    from nornir_anyconnect.report import Style


def _case(suite: ET.Element, device: DeviceAudit, name: str) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", classname=harmless(sentences.device_name(device)), name=harmless(name), time="0"
    )


def _outcome(case: ET.Element, kind: str, message: str, text: str = "", type_: str = "") -> None:
    attributes = {"message": harmless(message)}
    if type_:
        attributes["type"] = type_
    ET.SubElement(case, kind, attributes).text = text or None


def _finding(suite: ET.Element, device: DeviceAudit, finding: Finding, style: Style) -> None:
    case = _case(suite, device, sentences.subject(finding))
    says = [f"predicted: {sentences.predicted(finding)}", f"observed: {sentences.observed(finding)}"]
    if step := sentences.next_step(finding):
        says.append(f"next: {step}")
    text = "\n".join(harmless(line) for line in says)
    if counts(finding, style.fail_on):
        _outcome(case, "failure", f"{finding.verdict}: {finding.reason}", text, str(finding.verdict))
    elif finding.verdict in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE):
        _outcome(case, "skipped", f"{finding.verdict}: {finding.reason}")
    else:
        ET.SubElement(case, "system-out").text = text


def _suite(root: ET.Element, device: DeviceAudit, style: Style) -> None:
    suite = ET.SubElement(root, "testsuite", name=harmless(sentences.device_name(device)))
    for finding in device.findings:
        _finding(suite, device, finding, style)
    if device.status is not Status.OK or not device.findings:
        case = _case(suite, device, "device judged wholly")
        if device.status is not Status.OK:
            why = sentences.troubles(device) or ("no reason given",)
            _outcome(case, "error", why[0], "\n".join(harmless(line) for line in why), str(device.status))
    counted = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error"}
    for attribute, path in {**counted, "skipped": "testcase/skipped"}.items():
        suite.set(attribute, str(len(suite.findall(path))))
    suite.set("time", "0")


def _audit(report: AuditReport, style: Style) -> str:
    """One suite per device; what counts for ``--fail-on`` fails, a device not judged wholly is an error."""
    root = ET.Element("testsuites", name="nornir-anyconnect")
    for device in report.devices:
        _suite(root, device, style)
    for attribute in ("tests", "failures", "errors"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ['<?xml version="1.0" encoding="utf-8"?>\n', "\n"]
    )


def _groups(summary: LogSummary) -> list[tuple[str, str, GroupObservations]]:
    return [
        (device.device, name, group)
        for device in summary.devices.values()
        for name, group in sorted(device.groups.items())
    ]


def _logs(summary: LogSummary, _style: Style) -> str:
    """A suite per device and a test per group policy, which fails where somebody had to reconnect."""
    root = ET.Element("testsuites", name="nornir-anyconnect logs")
    suites: dict[str, ET.Element] = {}
    for device, name, group in _groups(summary):
        if device not in suites:
            suites[device] = ET.SubElement(root, "testsuite", name=harmless(device))
        of = harmless(f"{Scope.GROUP_POLICY} {name}")
        case = ET.SubElement(suites[device], "testcase", classname=harmless(device), name=of, time="0")
        if group.incidents:
            message = f"{len(group.incidents)} reconnect(s), {len(group.hit)} user(s) hit"
            ET.SubElement(case, "failure", message=message, type="reconnect").text = "\n".join(
                sentences.told(incident) for incident in group.incidents
            )
    for suite in (*suites.values(), root):
        suite.set("tests", str(len(suite.findall(".//testcase"))))
        suite.set("failures", str(len(suite.findall(".//failure"))))
        suite.set("errors", "0")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


FORMAT = Format(audit=_audit, logs=_logs)
