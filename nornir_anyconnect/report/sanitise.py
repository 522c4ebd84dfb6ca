"""Makes text from devices and logs harmless on a terminal.

A user name or a banner can hold escape sequences that rewrite the screen, and direction marks that make
a name read like another one. Both are shown as what they are instead of being obeyed.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# C0 and C1 controls and DEL drive terminals; the others reorder or hide text (Unicode TR 36), or can't be encoded
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)

# what a CI runner obeys: "::error::text" at the begin of a line, "##[error]" anywhere (GitHub, Azure DevOps)
_WORKFLOW_COMMAND = re.compile(r"^(\s*):(?=:[A-Za-z-][^:]*::)|#(?=#\[)|#(?=#vso\[)")


def harmless(text: str) -> str:
    """The text in one line, every control and direction character and every runner's command spelled as an escape."""
    text = _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)
    if "::" in text or "##" in text:
        text = _WORKFLOW_COMMAND.sub(lambda found: f"{found[1]}\\x3a" if found[1] is not None else "\\x23", text)
    return text


def harmless_lines(text: str) -> str:
    """The same for a text of several lines: its line ends and tabs are its own."""
    return _UNSAFE.sub(lambda found: found[0] if found[0] in "\n\t" else harmless(found[0]), text)


def pasteable(words: Iterable[str]) -> str:
    """A command for a shell: a name that could steer the terminal is spelled in a way that bash and zsh undo."""
    return " ".join(shlex.quote(word) if harmless(word) == word else _spelled(word) for word in words)


def _spelled(word: str) -> str:
    letters = (chr(each) if chr(each).isalnum() and each < 128 else f"\\x{each:02x}" for each in _raw(word))  # noqa: PLR2004
    return f"$'{''.join(letters)}'"


def _raw(word: str) -> bytes:
    """The name as a file system has it."""
    try:
        return word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return word.encode("utf-8", "replace")
