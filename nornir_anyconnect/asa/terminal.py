"""What a terminal leaves in a saved configuration: pager text, overwritten blanks, prompts."""

from __future__ import annotations

import re
from dataclasses import dataclass

TRACES = ("\r", "\0", "\b", "\x1b", "<---")
"""A text that holds none of these needs no cleaning."""

_MORE = re.compile(r"<-{2,} ?more[- ]{2,}>", re.IGNORECASE)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PROMPT = re.compile(r"([\w.-]{1,63})((?:/[\w.-]{1,63})*)(?:\((config[\w.-]*)\))?([#>])[ \t]*")
_UNIT_WORDS = frozenset({"pri", "sec", "act", "stby", "actNoFailover", "master", "slave", "control", "data"})


def cleaned(line: str) -> str:
    """The line as a screen would show it in the end.

    A pager prints ``<--- More --->``, then a carriage return, blanks over the same place and another
    carriage return; some captures lost the carriage returns or hold backspaces instead.
    """
    line = _ESCAPE.sub("", line).replace("\0", "")
    more = _MORE.search(line)
    if more:
        rest = line[more.end() :]
        if "\r" not in rest and "\b" not in rest:
            width = more.end() - more.start()
            rest = rest[width:] if rest.startswith(" " * width) else rest
        line = line[: more.start()] + rest.rpartition("\b")[2]
    line = line.strip("\r")
    return line.rpartition("\r")[2].replace("\b", "")


@dataclass(frozen=True, slots=True)
class Typed:
    """A command typed behind a prompt; ``mode`` is ``config...`` or None in user and enable mode."""

    hostname: str
    context: str | None
    mode: str | None
    command: str


def typed(line: str) -> Typed | None:
    """The prompt and what was typed behind it, if the line begins with an ASA prompt."""
    match = _PROMPT.match(line)
    if match is None:
        return None
    hostname, path, mode, _ = match.groups()
    context = next((word for word in path.split("/") if word and word not in _UNIT_WORDS), None)
    return Typed(hostname, context, mode, line[match.end() :].strip())
