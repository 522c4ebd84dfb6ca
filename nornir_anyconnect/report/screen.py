"""A text on a screen: long sentences are wrapped where their line began, and a diff has its two colours."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nornir_anyconnect.report import Style

_DIFF = re.compile(r"    (?:([-+])(?!\1)|(@@))")
"""A line of a diff, as a plan prints it: four blanks before it."""
_AS_IT_IS = re.compile(r"    [-+ @]|.*%(?:ASA|FTD)-")
"""What can be pasted, or stands in a log, is not wrapped."""
_RED, _GREEN, _CYAN, _END = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[0m"
_COLOURS = {"-": _RED, "+": _GREEN, None: _CYAN}


def on_screen(text: str, style: Style) -> str:
    """The text as it is in a pipe; on a terminal wrapped to its width, and coloured where that is wanted."""
    if not style.terminal:
        return text
    # what is left of a line that was wrapped may begin like one of a diff
    lines = [
        _coloured(part) if style.color and part == line else part
        for line in text.splitlines()
        for part in _wrapped(line, style.width)
    ]
    return "\n".join(lines) + "\n"


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width or _AS_IT_IS.match(line):
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return wrap(
        line,
        width,
        initial_indent="",
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _coloured(line: str) -> str:
    diff = _DIFF.match(line)
    return f"{_COLOURS[diff[1]]}{line}{_END}" if diff else line
