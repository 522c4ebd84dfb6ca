"""The table of findings, for a screen of any width and for a pipe: names are folded, the safe MTU never goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len

from nornir_anyconnect.audit.finding import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nornir_anyconnect.report import Style

_MOST_LINES = 50
"""Of the table: a screen; whoever has more to look at wants a page or a CSV."""
_ACCENT = {
    "confirmed": "1;31",
    Verdict.AT_RISK: "31",
    Verdict.MITIGATED: "33",
    Verdict.UNKNOWN: "35",
    Verdict.SAFE: "32",
}
_NUMBERS = ("hit", "TLS", "DTLS", "safe")
_NAMES = ("device", "tunnel group")
_NARROWEST = 12
_PIECE = re.compile(r"[^\s/._-]*(?:[/._-]+|\s+|$)")
"""What stays together of a name."""


def drawn(rows: Sequence[dict[str, str]], style: Style) -> list[str]:
    """One row per finding (cells by title), as many as fit; what a narrow screen leaves out stands in the details."""
    if not rows:
        return []
    widths = _widths(rows, style.width)
    lines = ["  ".join(_padded(title, title, width) for title, width in widths.items()).rstrip()]
    lines.append("  ".join("-" * width for width in widths.values()))
    for number, row in enumerate(rows):
        lines_of_row = list(_row(row, widths, style))
        left = len(rows) - number
        if len(lines) + len(lines_of_row) > _MOST_LINES and not style.detail:
            lines.append(f"... and {left} more, worst first; all of them: --format html=FILE or csv=FILE")
            break
        lines += lines_of_row
    return lines


def _row(row: dict[str, str], widths: dict[str, int], style: Style) -> Iterator[str]:
    cells = {title: _folded(row[title], width) for title, width in widths.items()}
    for at in range(max(len(lines) for lines in cells.values())):
        cells_drawn = []
        for title, width in widths.items():
            text = cells[title][at] if at < len(cells[title]) else ""
            padded = _padded(title, text, width)
            accent = _ACCENT.get(row["verdict"].partition(" ")[0]) if title == "verdict" and style.color else None
            cells_drawn.append(f"\x1b[{accent}m{padded}\x1b[0m" if accent and text else padded)
        yield "  ".join(cells_drawn).rstrip()


def _padded(title: str, text: str, width: int) -> str:
    blanks = " " * max(0, width - cell_len(text))
    return blanks + text if title in _NUMBERS else text + blanks


def _widths(rows: Sequence[dict[str, str]], width: int) -> dict[str, int]:
    """The columns that there is room for, and cells for each. The safe MTU never goes; names are folded before it."""
    found = {title: max(cell_len(title), *(cell_len(row[title]) for row in rows)) for title in rows[0]}

    def lacking() -> int:
        return sum(found.values()) + 2 * (len(found) - 1) - width

    def squeeze(least: int) -> None:
        for title in sorted(_NAMES, key=lambda name: -found[name]):
            found[title] = max(found[title] - max(lacking(), 0), min(found[title], least))

    if not any(row["fix"] for row in rows):
        del found["fix"]
    if lacking() > 0 or all(row["group policy"] in ("", row["tunnel group"]) for row in rows):
        del found["group policy"]
    squeeze(2 * _NARROWEST)
    for title in ("fix", "TLS", "DTLS"):
        if lacking() > 0:
            found.pop(title, None)
    squeeze(_NARROWEST)
    return found


def _folded(text: str, width: int) -> list[str]:
    """A name that is wider than its column breaks after its own punctuation where it can, else where it must."""
    if cell_len(text) <= width:
        return [text]
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        for letter in piece:
            if cell_len(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return [line.rstrip() for line in lines if line.strip()]
