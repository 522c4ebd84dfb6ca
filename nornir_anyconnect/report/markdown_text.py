"""Markdown that reads well as it is: aligned tables, lines of a screen, and no sign that nothing needs.

Whatever a device or a log named stands in code spans, or is escaped where Markdown could obey it.
"""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.cells import cell_len

from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDTH = 100
_WIDEST = 48
"""Columns of a cell up to which the others are filled."""
# emphasis, code, links, tables, references, mathematics, struck words: obeyed wherever they stand
_OBEYED = re.compile(r"([\\`*_\[\]|#~$!])")
# an address becomes a link, ":word:" a picture; entities, because GitHub looks for those after the backslashes are gone
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", ":": "&#58;", ".": "&#46;"}
_SPAN = re.compile(r"(?<!\\)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_GLUE = "\x00"
"""Stands for a blank that nothing is wrapped at; no text that was made harmless holds one."""
_LINKED = re.compile(r"[<>&@]|:(?=[^\s\d]|100:|1234:)|(?<=www)\.", re.IGNORECASE)


def code(text: str) -> str:
    """The text as a code span, also inside a table: no link, mention, HTML or cell border can come out of it."""
    text = harmless(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    blank = " " if not text or text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{blank}{text}{blank}{fence}".replace("|", "\\|")


def escaped(text: str) -> str:
    """The text as plain words: every character that Markdown could obey within a line is escaped."""
    plain = _LINKED.sub(lambda found: _ENTITIES[found[0]], harmless(text))
    return _OBEYED.sub(lambda found: found[1] if _of_an_entity(found) else f"\\{found[1]}", plain)


def _of_an_entity(found: re.Match[str]) -> bool:
    return found[1] == "#" and found.string.startswith(("&#64;", "&#58;", "&#46;"), found.start() - 1)


def paragraph(text: str, mark: str = "") -> list[str]:
    """Words and code spans, escaped already, in lines of a screen; ``mark`` (``- ``) stands before the first.

    A span stays whole: a name that is torn could begin a line with what Markdown, or a browser, obeys.
    """
    blanks = " " * len(mark)
    text = _SPAN.sub(lambda span: span[0].replace(" ", _GLUE), text)
    lines = wrap(text, _WIDTH - len(mark), break_long_words=False, break_on_hyphens=False) or [""]
    lines = [mark + lines[0], *(blanks + _no_block(line) for line in lines[1:])]
    return [line.replace(_GLUE, " ") for line in lines]


def _no_block(line: str) -> str:
    """No line within a paragraph begins a list, and none underlines the one before."""
    found = re.match(r"[-+=]|\d{1,9}(?=[.)])", line)
    if found is None:
        return line
    at = 0 if found[0] in "-+=" else found.end()
    return f"{line[:at]}\\{line[at:]}"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[str] = ()) -> list[str]:
    """A table whose borders stand below one another; the columns of ``numbers`` are aligned to the right."""
    drawn = list(rows)
    right = [title in set(numbers) for title in titles]
    widths = [
        max(3, cell_len(title), *(min(cell_len(row[at]), _WIDEST) for row in drawn)) for at, title in enumerate(titles)
    ]

    def line(cells: Sequence[str]) -> str:
        filled = (
            f"{' ' * (width - cell_len(cell))}{cell}" if to_right else f"{cell}{' ' * (width - cell_len(cell))}"
            for cell, width, to_right in zip(cells, widths, right, strict=True)
        )
        return f"| {' | '.join(filled)} |"

    rule = [f"{'-' * (width - 1)}:" if to_right else "-" * width for width, to_right in zip(widths, right, strict=True)]
    return [line(titles), line(rule), *map(line, drawn)]
