"""Incidents for machines and tickets: a page without any script, JUnit XML for CI, SARIF for code scanning."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from nornir_anyconnect import __version__
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.report.sarif import SCHEMA
from nornir_anyconnect.report.sentences import count

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import GroupObservations, Incident
    from nornir_anyconnect.report import Style

KINDS = {
    "dtls-never-up": "DTLS never came up; the client reconnected about a minute later to lower its MTU.",
    "dtls-lost": "DTLS was lost; full-size packets were dropped until the client reconnected.",
}

_CSS = """\
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}
h1{font-size:1.4rem}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #e4e9ee;vertical-align:top}
@media print{body{font-size:10px;margin:0;max-width:none}.scroll{overflow:visible}
td,th{padding:.2rem .3rem;overflow-wrap:anywhere}tr{break-inside:avoid}}
@media screen and (prefers-color-scheme:dark){body{color:#dde5ec;background:#14191f}td,th{border-color:#2c3742}}
"""
_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{{ css_hash }}'">
<meta name="viewport" content="width=device-width"><title>AnyConnect reconnects in logs</title>
<style>{{ css | safe }}</style></head><body>
<h1>AnyConnect reconnects in logs</h1>
<p>{{ count(summary.lines, "line") }}, {{ count(summary.incidents | length, "incident") }}, \
{{ count(summary.users, "user") }} hit.\
{% if summary.unreadable %} {{ summary.unreadable }} \
{{ "line carries" if summary.unreadable == 1 else "lines carry" }} \
a message id of interest but could not be read.{% endif %}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Incidents"><table>
<tr>{% for column in columns %}<th scope="col">{{ column.replace("_", " ") }}</th>{% endfor %}</tr>
{% for incident in summary.incidents %}<tr>{% for column in columns %}\
<td>{{ incident.to_dict()[column] | shown }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
</body></html>
"""


def html(summary: LogSummary, columns: tuple[str, ...]) -> str:
    """One self-contained page."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only this format needs it

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["shown"] = lambda value: "" if value is None else harmless(str(value))
    return environment.from_string(_PAGE).render(
        summary=summary,
        columns=columns,
        count=count,
        css=_CSS,
        css_hash=base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode("ascii"),
    )


def _told(incident: Incident) -> str:
    sizes = f", {incident.packet} bytes met a threshold of {incident.threshold}" if incident.packet else ""
    at = incident.reconnected_at.isoformat() if incident.reconnected_at else "at an unknown time"
    return harmless(
        f"{incident.user}: {incident.kind}, reconnected {at}, {incident.large_packets} large packet(s){sizes}"
    )


def _groups(summary: LogSummary) -> list[tuple[str, str, GroupObservations]]:
    return [
        (device.device, name, group)
        for device in summary.devices.values()
        for name, group in sorted(device.groups.items())
    ]


def junit(summary: LogSummary, _style: Style) -> str:
    """A suite per device and a test per group policy, which fails where somebody had to reconnect."""
    root = ET.Element("testsuites", name="nornir-anyconnect logs")
    suites: dict[str, ET.Element] = {}
    for device, name, group in _groups(summary):
        if device not in suites:
            suites[device] = ET.SubElement(root, "testsuite", name=harmless(device))
        case = ET.SubElement(
            suites[device], "testcase", classname=harmless(device), name=harmless(f"group-policy {name}"), time="0"
        )
        if group.incidents:
            told = f"{len(group.incidents)} reconnect(s), {len(group.users)} user(s) hit"
            ET.SubElement(case, "failure", message=told, type="reconnect").text = "\n".join(
                _told(incident) for incident in group.incidents
            )
    for suite in (*suites.values(), root):
        suite.set("tests", str(len(suite.findall(".//testcase"))))
        suite.set("failures", str(len(suite.findall(".//failure"))))
        suite.set("errors", "0")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _result(incident: Incident) -> dict[str, Any]:
    where = harmless(f"{incident.device} / group-policy {incident.group_policy}")
    return {
        "ruleId": incident.kind,
        "level": "error",
        "kind": "fail",
        "message": {"text": f"{where}: {_told(incident)}"},
        "locations": [{"logicalLocations": [{"name": where, "kind": "module"}]}],
    }


def sarif(summary: LogSummary, _style: Style) -> str:
    """SARIF 2.1.0: a result per incident."""
    rules = [
        {"id": kind, "shortDescription": {"text": kind.replace("-", " ")}, "fullDescription": {"text": text}}
        for kind, text in KINDS.items()
    ]
    run = {
        "tool": {"driver": {"name": "nornir-anyconnect", "version": __version__, "rules": rules}},
        "invocations": [{"executionSuccessful": True}],
        "results": [_result(incident) for incident in summary.incidents],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"
