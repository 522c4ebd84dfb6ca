"""One self-contained HTML file: the fleet at a glance, and per finding everything that supports it.

The rows of the table travel as plain JSON, because every one of them is filtered and sorted. What a
reader opens one at a time (derivation, sources, remedies) travels in compressed chunks and is unpacked
on demand, so that the report of thousands of devices stays small and is ready at once.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nornir_anyconnect import report as room
from nornir_anyconnect.audit.audit_report import users_hit, users_seen
from nornir_anyconnect.audit.finding import Verdict, worst_first
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.remedies.options import EXPLAINED
from nornir_anyconnect.report import Format
from nornir_anyconnect.report.answer import answer
from nornir_anyconnect.report.rows import INCIDENT_COLUMNS, finding_row
from nornir_anyconnect.report.sanitise import harmless, harmless_lines
from nornir_anyconnect.report.sentences import (
    CAVEATS,
    REASONS,
    certainty_sentence,
    count,
    device_name,
    next_step,
    observed,
    predicted,
    recommended,
    safe_mtu,
    troubles,
    unseen,
)
from nornir_anyconnect.report.timeline import CAUSES, timeline

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.report import Style

_ANY_POLICY = "group policy"
"""Stands in the log lines for the finding's own policy, so that findings of one kind share a timeline."""
_TO_CURE = (Verdict.AT_RISK, Verdict.MITIGATED)
CHUNK = 200
"""Findings whose details are packed together."""

ROW = (
    "device",
    "scope",
    "name",
    "group_policy",
    "verdict",
    "reason",
    "certainty",
    "tls_mtu",
    "dtls_mtu",
    "configured_mtu",
    "safe_mtu",
    "users",
    "reconnects",
    "confirmed",
    "waived",
    "who",
)
"""Columns of a row, in order; the page's script reads them by position."""


def _audit(report: AuditReport, style: Style) -> str:
    """The page; it adapts itself to screen, paper and colour scheme, so of the style only the trend counts."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only this format needs it

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    script = "".join(_asset(f"{part}.js") for part in ("table", "finding", "fleet", "page"))
    styles = _asset("report.css")
    template = environment.from_string(_asset("report.html.j2"))
    rows, chunks = _rows_and_chunks(report)
    # a page is also printed: what steers a terminal must not be in it
    return (
        harmless_lines(
            template.render(
                report=report,
                count=count,
                summary=report.summary.to_dict(),
                answer=answer(report),
                commands=style.next_commands,
                problems=[(device_name(d), str(d.status), troubles(d)) for d in report.devices if d.status != "ok"],
                script=script,
                styles=styles,
                # nothing but these two texts may run or style: whatever a device is called, it is inert
                script_hash=_csp_hash(script),
                style_hash=_csp_hash(styles),
                data=_json(
                    {
                        "columns": ROW,
                        "devices": [_device(device, report) for device in report.devices],
                        "rows": rows,
                        "trend": [[time, counts] for time, counts in style.trend],
                        "texts": {
                            "group": f"<{_ANY_POLICY}>",
                            "blocks": EXPLAINED,
                            "reasons": REASONS,
                            "caveats": CAVEATS,
                        },
                        "chunk": CHUNK,
                    }
                ),
                chunks=chunks,
            )
        ).rstrip("\n")
        + "\n"
    )


def _asset(name: str) -> str:
    return files(room).joinpath("assets", name).read_text("utf-8")


def _csp_hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _device(device: DeviceAudit, report: AuditReport) -> list[Any]:
    """What the page's script reads by position: see ``fleet`` there."""
    mates = [name for each in device.warnings if each.code == "same-chassis" for name in each.parameters["names"]]
    return [
        device_name(device),
        device.asa_version,
        device.platform,
        str(device.status),
        device.name,
        report.sites.get(device.name, ""),
        [harmless(name) for name in mates],
        users_hit(device) or (None if _unseen(device) else 0),
        max((each.evidence.past.users for each in device.findings if each.evidence and each.evidence.past), default=0),
        _to_type(device),
    ]


def _unseen(device: DeviceAudit) -> bool:
    """Whether somebody could have been hit there and nothing shows it."""
    return any(users_seen(each) is None for each in device.findings if each.verdict is not Verdict.NOT_APPLICABLE)


def _to_type(device: DeviceAudit) -> list[str]:
    """Everything that cures the device, as it is typed in configuration mode: one line stands once."""
    remedies = [recommended(each) for each in device.findings if each.verdict in _TO_CURE and each.waiver is None]
    blocks = dict.fromkeys(each.lines for each in remedies if each is not None and each.closes)
    return [harmless(line) for block in blocks for line in block]


def _row(index: int, device: DeviceAudit, finding: Finding) -> list[Any]:
    row = finding_row(device, finding)
    users = finding.evidence.user_names if finding.evidence else ()
    own = {
        "device": index,
        "users": users_seen(finding),
        "confirmed": int(finding.confirmed),
        "waived": int(finding.waiver is not None),
        "who": [harmless(user) for user in users] or 0,
    }
    return [own[column] if column in own else row[column] for column in ROW]


def _details(device: DeviceAudit, finding: Finding) -> dict[str, Any]:
    chosen = recommended(finding)
    whole = finding.to_dict()
    kept = (
        "tls_suite",
        "dtls_suite",
        "tls_version",
        "dtls_version",
        "interface",
        "numbers_from",
        "configured_mtu_from",
        "assumptions",
        "caveats",
        "sources",
        "reachable_by",
        "evidence",
        "calibrated",
        "remedies",
        "derivation",
        "waiver",
    )
    return {
        **{key: whole[key] for key in kept},
        "certainty": certainty_sentence(finding) if finding.certainty else None,
        "predicted": predicted(finding),
        "observed": observed(finding),
        "next_step": next_step(finding),
        "safe_mtu": safe_mtu(finding),
        "recommended": chosen.kind if chosen else None,
        "warnings": [sentence(each) for each in device.warnings],
    }


def _rows_and_chunks(report: AuditReport) -> tuple[list[list[Any]], list[str]]:
    """Rows worst first over the whole fleet, and their details in chunks of the same order."""
    found = [
        (worst_first(finding), index, device, finding)
        for index, device in enumerate(report.devices)
        for finding in device.findings
    ]
    found.sort(key=lambda each: each[:2])
    rows = [_row(index, device, finding) for _, index, device, finding in found]
    return rows, [_packed(_chunk(found[start : start + CHUNK])) for start in range(0, len(found), CHUNK)]


def _timeline(finding: Finding) -> dict[str, Any] | None:
    """What its users go through when DTLS is missing; None where nothing of it happens to them."""
    happens = timeline(finding, _ANY_POLICY)
    if happens is None:
        return None
    return {
        "moments": [[each.seconds, each.happens, each.user_sees, each.log_says] for each in happens.moments],
        "cause": f"{CAUSES[happens.cause]} ({happens.cause_because})",
        "tell_apart": happens.tell_apart,
    }


def _chunk(found: list[tuple[Any, int, DeviceAudit, Finding]]) -> dict[str, Any]:
    """The details of some findings; users with the same numbers go through the same, which is told once."""
    timelines: list[dict[str, Any]] = []
    details = []
    for _, _, device, finding in found:
        happens = _timeline(finding)
        if happens is not None and happens not in timelines:
            timelines.append(happens)
        at = None if happens is None else timelines.index(happens)
        details.append({**_details(device, finding), "timeline": at})
    return {"timelines": timelines, "findings": details}


def _packed(details: dict[str, Any]) -> str:
    # a file name that is not UTF-8 holds lone surrogates: as escapes they are valid JSON
    raw = json.dumps(details, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")
    return base64.b64encode(gzip.compress(raw, 9, mtime=0)).decode()


_LOGS_CSS = """\
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}
h1{font-size:1.4rem}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #e4e9ee;vertical-align:top}
@media print{body{font-size:10px;margin:0;max-width:none}.scroll{overflow:visible}
td,th{padding:.2rem .3rem;overflow-wrap:anywhere}tr{break-inside:avoid}}
@media screen and (prefers-color-scheme:dark){body{color:#dde5ec;background:#14191f}td,th{border-color:#2c3742}}
"""
_LOGS_PAGE = """\
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
{% for each in unseen %}<p>{{ each | shown }}</p>
{% endfor %}<div class="scroll" tabindex="0" role="region" aria-label="Incidents"><table>
<tr>{% for column in columns %}<th scope="col">{{ column.replace("_", " ") }}</th>{% endfor %}</tr>
{% for incident in summary.incidents %}<tr>{% for column in columns %}\
<td>{{ incident.to_dict()[column] | shown }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
</body></html>
"""


def _logs(summary: LogSummary, _style: Style) -> str:
    """One self-contained page without any script."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only this format needs it

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["shown"] = lambda value: "" if value is None else harmless(str(value))
    return environment.from_string(_LOGS_PAGE).render(
        summary=summary,
        unseen=unseen(summary),
        columns=INCIDENT_COLUMNS,
        count=count,
        css=_LOGS_CSS,
        css_hash=_csp_hash(_LOGS_CSS),
    )


def _plan(plan: Plan, _style: Style) -> str:
    from nornir_anyconnect.report import plan_text  # noqa: PLC0415 - an audit needs no plan

    return plan_text.html(plan)


FORMAT = Format(audit=_audit, logs=_logs, plan=_plan)
