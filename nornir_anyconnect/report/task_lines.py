"""What a runbook prints of one host: a line or two per finding, and the next line to type.

The printing helpers of Nornir show a result by its ``repr``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.config_commands import lines_to_type
from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.report.sanitise import harmless
from nornir_anyconnect.report.sentences import count, device_name, needs_attention, recommended, troubles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.change.plan.model import Plan

MOST_LINES = 16


def audit_lines(devices: Iterable[DeviceAudit]) -> list[str]:
    """Per device its counts, then what needs somebody, worst first; at most a screen."""
    return _a_screen([line for device in devices for line in _device(device)])


def _a_screen(lines: list[str]) -> list[str]:
    left = len(lines) - MOST_LINES
    more = [f"and {left} more lines: see to_dict()"] if left > 1 else []
    return [*map(harmless, lines[:MOST_LINES] if more else lines), *more]


def _device(device: DeviceAudit) -> Iterator[str]:
    counted = Counter(each.verdict for each in device.findings)
    verdicts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict])
    state = "" if device.status == "ok" else f"{device.status}{': ' if verdicts else ''}"
    yield f"{device_name(device)}: {state}{verdicts}"
    yield from (f"  {trouble}" for trouble in troubles(device))
    for finding in device.findings:
        if needs_attention(finding) and finding.waiver is None:
            yield from finding_lines(finding)


def finding_lines(finding: Finding) -> Iterator[str]:
    """Both MTUs, the safe one, and the next line to type."""
    seen = finding.evidence
    hit = f", {count(seen.users, 'user')} hit" if seen and seen.users else ""
    sizes = f": TLS {finding.tls_mtu}, DTLS {finding.dtls_mtu}, safe {finding.safe_mtu}" if finding.gap else ""
    yield f"  {finding.name} {finding.verdict}{hit}{sizes or f' ({finding.reason})'}"
    if (remedy := recommended(finding)) is not None:
        yield f"    {' / '.join(line.strip() for line in remedy.lines)}"


def plan_lines(plan: Plan) -> list[str]:
    """Per device the line that cures each finding, and how many findings stay as they are."""
    lines: list[str] = []
    for device in plan.devices:
        for fix in device.fixes:
            last = lines_to_type(fix.commands)[-1:]
            lines.append(f"{device.label}: {fix.remedy} for {', '.join(fix.serves)}: {''.join(last)}")
        if device.left:
            lines.append(f"{device.label}: {count(len(device.left), 'finding')} left as they are")
    return _a_screen(lines)
