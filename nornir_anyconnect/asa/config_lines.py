"""Lines of configuration mode: each knows the one sub-mode in which it may be sent (promises 29 and 30).

A :class:`ConfigLine` cannot be built unless a row of the grammar gives it its shape. Removing a group policy, a
tunnel group, a ``webvpn`` or an ``attributes`` header has no shape here; the one exception is
``no group-policy`` / ``no tunnel-group`` for an object that the same run created, and it carries that
run's token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from nornir_anyconnect.asa.commands import Command
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.asa.modes import copied_lines, object_lines, sent_headers, sent_leaves
from nornir_anyconnect.errors import NameRefusedError

_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{3,127}")
MASKED = re.compile(r"\*{3,}|<(?:removed|redacted|secret|hidden)[^>]*>", re.IGNORECASE)
"""What stands where a secret was: on the box itself, or put there by an archive."""


@dataclass(frozen=True, slots=True)
class ConfigLine(Command):
    """One line of configuration mode, and the sub-mode the prompt must show when it is sent.

    Args:
        mode: the sub-mode.
        line: the exact line.
        created_by: token of the run that created the object it belongs to; None for objects that
            were there before, in which only the leaf lines of the remedies exist.

    Raises:
        NameRefusedError: the line has no shape that may be sent in that sub-mode.

    """

    mode: Mode
    line: str
    created_by: str | None = None

    def __post_init__(self) -> None:
        if not _has_a_shape(self.mode, self.line, self.created_by):
            raise NameRefusedError(
                f"{self.line!a} may not be sent in {self.mode}",
                "only the lines of a remedy exist; change anything else by hand",
            )

    @property
    def text(self) -> str:
        """The exact line."""
        return self.line

    @property
    def opens(self) -> Mode | None:
        """The sub-mode that the line opens, if it is a header."""
        return None if self.created_by is not None else _opened(self.mode, self.line)


@lru_cache(maxsize=4096)
def config_line(mode: Mode, line: str, created_by: str | None = None) -> ConfigLine:
    """The line, built and checked once: a box with hundreds of policies repeats the same few."""
    return ConfigLine(mode, line, created_by)


def _has_a_shape(mode: Mode, line: str, created_by: str | None) -> bool:
    if created_by is None:
        leaf = sent_leaves(mode)
        return (leaf is not None and leaf.fullmatch(line) is not None) or _opened(mode, line) is not None
    shape = object_lines() if mode is Mode.CONFIG else copied_lines(mode)
    return (
        shape is not None
        and shape.fullmatch(line) is not None
        and "?" not in line
        and MASKED.search(line) is None
        and _TOKEN.fullmatch(created_by) is not None
    )


@lru_cache(maxsize=4096)
def _opened(mode: Mode, line: str) -> Mode | None:
    return next((to for shape, to in sent_headers(mode).items() if shape.fullmatch(line)), None)
