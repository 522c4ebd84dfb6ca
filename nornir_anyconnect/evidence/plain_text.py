"""Text of unknown origin made harmless: a syslog line or a user name may carry anything."""

from __future__ import annotations

import re

# C0 and C1 (terminal escapes), line and paragraph separators, and the marks that turn the reading direction
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
REPLACEMENT = "\ufffd"
MAX_NAME = 256


def decoded(raw: bytes) -> str:
    """The text of a line: UTF-8, else Latin-1, which every byte sequence is."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def harmless(text: str, limit: int = MAX_NAME) -> str:
    """The text with every control character replaced, at most ``limit`` characters long.

    HTML, CSV and Markdown are the reports' own matter: they stay what the device said.
    """
    text = text[:limit]
    return text if text.isprintable() else _UNPRINTABLE.sub(REPLACEMENT, text)
