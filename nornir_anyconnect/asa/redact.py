"""Secrets never go further than the line they are read on (promise 23)."""

from __future__ import annotations

import re
from functools import cache

from nornir_anyconnect.asa.grammar import ROWS

MASK = "*****"
LONGEST_LINE = 4096
"""Characters of a line that are looked at; an ASA takes far less, so what is longer is no command."""

_SECRET = re.compile(
    r"(?<![\w-])((?:[\w-]*-)?(?:password|passwd|passphrase|key|secret|community|pw)[ \t]+(?:hex |[0-9] )?)"
    r"\"?[^\s\"]+\"?",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(://[^\s:@/]+:)[^\s@/]+@")


@cache
def _naming() -> tuple[str, ...]:
    """What stands behind these is the name of an object, even where it reads "Shared key users"."""
    return tuple(row.keyword for row in ROWS if row.value and row.value.names)


def masked(line: str) -> str:
    """The line with every password, key and community replaced by ``*****``; others come back as they are.

    A line too long to be a command comes back cut, but still too long.
    """
    if len(line) > LONGEST_LINE:
        line = line[: LONGEST_LINE + 1]
    if "key" in line or "pass" in line or "secret" in line or "communit" in line or "pw" in line:
        if line.lstrip().startswith(_naming()):
            return line
        line = _SECRET.sub(rf"\1{MASK}", line)
    if "@" in line:
        line = _IN_URL.sub(rf"\1{MASK}@", line)
    return line
