"""Text on a terminal: one table over all findings, then the details of those that need somebody."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.report import sentences
from nornir_anyconnect.report.formats import text
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.report import Style

_ACCENT = {
    Verdict.AT_RISK: "red",
    Verdict.MITIGATED: "yellow",
    Verdict.UNKNOWN: "magenta",
    Verdict.SAFE: "green",
    Verdict.NOT_APPLICABLE: "dim",
}

_NUMBERS = ("TLS", "DTLS", "gap", "safe", "hit")
_NAMES = ("device", "finding")
_NARROWEST = 12
_BETWEEN = 3
_EDGES = 2
"""Cells of a screen: of a name's column, between two columns, at both ends of a line."""
_PIECE = re.compile(r"[^\s/._-]*(?:[/._-]+|\s+|$)")
"""What stays together of a name."""


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


def _cells(device: DeviceAudit, finding: Finding) -> dict[str, Text]:
    return {
        "device": _plain(sentences.device_name(device)),
        "finding": _plain(sentences.subject(finding)),
        "policy": _plain(finding.group_policy),
        "verdict": _verdict(finding),
        "TLS": _plain(finding.tls_mtu),
        "DTLS": _plain(finding.dtls_mtu),
        "gap": _plain(finding.gap),
        "safe": _plain(finding.safe_mtu),
        "hit": _plain(_seen(finding)),
    }


def _longest_word(texts: Iterable[Text]) -> int:
    """Cells that the widest word takes."""
    return max((cell_len(word) for text in texts for word in text.plain.split()), default=0)


def _folded(text: Text, width: int) -> Text:
    """A name that is wider than its column breaks after its own punctuation where it can."""
    lines = [""]
    for piece in _PIECE.findall(text.plain):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return Text("\n".join(line.rstrip() for line in lines))


def _widths(rows: list[dict[str, Text]], width: int) -> dict[str, int]:
    """The columns that a screen has room for, and cells for each; a column goes before a word is broken."""
    whole = {title: _longest_word((Text(title), *(row[title] for row in rows))) for title in rows[0]}
    pieces = {title: _longest_word(Text(_PIECE.sub(r"\g<0> ", row[title].plain)) for row in rows) for title in _NAMES}
    found = dict(whole)

    def lacking() -> int:
        return sum(found.values()) + _BETWEEN * (len(found) - 1) + _EDGES - width

    def leave_out(*titles: str) -> None:
        for title in titles:
            if lacking() > 0:
                del found[title]

    def squeeze(least: dict[str, int]) -> None:
        for title in _NAMES:
            found[title] = max(found[title] - max(lacking(), 0), min(found[title], max(least[title], _NARROWEST)))

    leave_out("policy", "safe")
    squeeze(pieces)
    leave_out("TLS", "DTLS", "hit")
    squeeze(dict.fromkeys(_NAMES, _NARROWEST))
    for title in sorted(found, key=("hit", *_NAMES, *found).index):
        spare = -lacking()
        wanted = max(cell_len(row[title].plain) for row in rows) - found[title]
        if wanted > 0 and spare > 0 and (wanted <= spare or title in _NAMES):
            found[title] += min(wanted, spare)
    return found


def _overview(report: AuditReport, width: int) -> Table:
    """One row per finding; what a narrow screen leaves out stands in the details below."""
    rows = [_cells(device, finding) for device in report.devices for finding in device.findings]
    widths = _widths(rows, width)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title, cells in widths.items():
        table.add_column(title, overflow="fold", width=cells, justify="right" if title in _NUMBERS else "left")
    for row in rows:
        narrow = [title for title in _NAMES if _longest_word([row[title]]) > widths[title]]
        shown = {**row, **{title: _folded(row[title], widths[title]) for title in narrow}}
        table.add_row(*(shown[title] for title in widths))
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
        console.print(_overview(report, style.width))
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
