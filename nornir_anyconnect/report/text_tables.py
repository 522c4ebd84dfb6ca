"""Text on a terminal: one table over all findings, then the details of those that need somebody."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.report import text, words
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import AuditReport, Finding
    from nornir_anyconnect.report import Style

_ACCENT = {
    Verdict.AT_RISK: "red",
    Verdict.MITIGATED: "yellow",
    Verdict.UNKNOWN: "magenta",
    Verdict.SAFE: "green",
    Verdict.NOT_APPLICABLE: "dim",
}


def _plain(value: object) -> Text:
    """A cell in which no name is taken for markup."""
    return Text("" if value is None else harmless(str(value)))


def _verdict(finding: Finding) -> Text:
    shown = f"{finding.verdict}{' (confirmed)' if finding.confirmed else ''}{' (accepted)' if finding.waiver else ''}"
    return Text(shown, style=_ACCENT[finding.verdict])


def _seen(finding: Finding) -> str:
    seen = finding.evidence
    if seen is None or (seen.observable != "yes" and not seen.users):
        return "not observable"
    return f"{seen.users} user(s)"


def _overview(report: AuditReport) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in ("device", "finding", "policy", "verdict"):
        table.add_column(title, overflow="fold")
    for title in ("TLS", "DTLS", "gap", "safe", "hit"):
        table.add_column(title, justify="right", no_wrap=title != "hit")
    for device in report.devices:
        for finding in device.findings:
            table.add_row(
                _plain(words.device_name(device)),
                _plain(words.subject(finding)),
                _plain(finding.group_policy),
                _verdict(finding),
                *(_plain(each) for each in (finding.tls_mtu, finding.dtls_mtu, finding.gap, finding.safe_mtu)),
                _plain(_seen(finding)),
            )
    return table


def _detail(finding: Finding, style: Style) -> Padding:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for label, sentence in text.details(finding, style):
        grid.add_row(label, Text(sentence))
    return Padding(grid, (0, 0, 1, 2))


def tables(report: AuditReport, style: Style) -> str:
    """The report drawn for a screen of ``style.width`` columns."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=style.width,
        force_terminal=style.color,
        no_color=not style.color,
        color_system="standard" if style.color else None,
        highlight=False,
        legacy_windows=False,
    )
    if any(device.findings for device in report.devices):
        console.print(_overview(report))
    for device in report.devices:
        for finding in device.findings:
            if text.shown_wholly(finding, style):
                title = harmless(text.headline(device, finding))
                console.print(Text(title, style=f"bold {_ACCENT[finding.verdict]}"))
                console.print(_detail(finding, style))
    for device in report.devices:
        for line in text.troubles(device):
            console.print(Text(line, style="yellow"))
    for line in text.closing(report, style):
        console.print(Text(line))
    return out.getvalue()
