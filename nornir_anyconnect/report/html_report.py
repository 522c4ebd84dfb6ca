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

from nornir_anyconnect.audit.finding import worst_first
from nornir_anyconnect.remedies.remedy import EXPLAINED
from nornir_anyconnect.report.page_timeline import GROUP, told
from nornir_anyconnect.report.sanitise import harmless_lines
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
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.report import Style

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
)
"""Columns of a row, in order; the page's script reads them by position."""


def render(report: AuditReport, style: Style, trend: Sequence[tuple[str, dict[str, int]]] = ()) -> str:
    """The page.

    Args:
        report: what was found.
        style: unused; the page adapts itself to screen, paper and colour scheme.
        trend: (time, counts per verdict) of earlier audits, oldest first.

    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only this format needs it

    del style
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    script, styles = _asset("report.js"), _asset("report.css")
    template = environment.from_string(_asset("report.html.j2"))
    rows, chunks = _rows_and_chunks(report)
    # a page is also printed: what steers a terminal must not be in it
    return (
        harmless_lines(
            template.render(
                report=report,
                count=count,
                summary=report.summary.to_dict(),
                devices=[_device(device) for device in report.devices],
                problems=[
                    (device_name(d), str(d.status), (*d.errors, *d.warnings))
                    for d in report.devices
                    if d.status != "ok"
                ],
                script=script,
                styles=styles,
                # nothing but these two texts may run or style: whatever a device is called, it is inert
                script_hash=_csp_hash(script),
                style_hash=_csp_hash(styles),
                data=_json(
                    {
                        "columns": ROW,
                        "devices": [_device(device) for device in report.devices],
                        "rows": rows,
                        "trend": [[time, counts] for time, counts in trend],
                        "texts": {
                            "group": f"<{GROUP}>",
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
    return files(__package__).joinpath("assets", name).read_text("utf-8")


def _csp_hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _device(device: DeviceAudit) -> list[str | None]:
    return [device_name(device), device.asa_version, device.platform, str(device.status)]


def _row(device_index: int, finding: Finding) -> list[Any]:
    seen = finding.evidence
    return [
        device_index,
        str(finding.scope),
        finding.name,
        finding.group_policy,
        str(finding.verdict),
        finding.reason,
        finding.certainty,
        finding.tls_mtu,
        finding.dtls_mtu,
        finding.configured_mtu,
        finding.safe_mtu,
        seen.users if seen else None,
        seen.reconnects if seen else None,
        int(finding.confirmed),
        int(finding.waiver is not None),
    ]


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
        "warnings": list(device.warnings),
    }


def _rows_and_chunks(report: AuditReport) -> tuple[list[list[Any]], list[str]]:
    """Rows worst first over the whole fleet, and their details in chunks of the same order."""
    found = [
        (worst_first(finding), index, device, finding)
        for index, device in enumerate(report.devices)
        for finding in device.findings
    ]
    found.sort(key=lambda each: each[:2])
    rows = [_row(index, finding) for _, index, _, finding in found]
    return rows, [_packed(_chunk(found[start : start + CHUNK])) for start in range(0, len(found), CHUNK)]


def _chunk(found: list[tuple[Any, int, DeviceAudit, Finding]]) -> dict[str, Any]:
    """The details of some findings; users with the same numbers go through the same, which is told once."""
    timelines: list[dict[str, Any]] = []
    details = []
    for _, _, device, finding in found:
        happens = told(finding)
        if happens is not None and happens not in timelines:
            timelines.append(happens)
        at = None if happens is None else timelines.index(happens)
        details.append({**_details(device, finding), "timeline": at})
    return {"timelines": timelines, "findings": details}


def _packed(details: dict[str, Any]) -> str:
    # a file name that is not UTF-8 holds lone surrogates: as escapes they are valid JSON
    raw = json.dumps(details, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")
    return base64.b64encode(gzip.compress(raw, 9, mtime=0)).decode()
