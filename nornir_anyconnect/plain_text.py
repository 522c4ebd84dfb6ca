"""Bytes of unknown origin as text, and whether they are any; a line or a name may carry whatever it likes."""

from __future__ import annotations

import html
import re

# C0 and C1 (terminal escapes), line and paragraph separators, and the marks that turn the reading direction
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
REPLACEMENT = "\ufffd"
_NO_LETTER = re.compile(r"&#0*[0-9]{8,};?")
MAX_NAME = 256
# but for what terminals and pagers leave in a captured session
_CONTROLS = re.compile(r"[\x00-\x06\x0b\x0e-\x10\x12\x14-\x1a\x1c-\x1f\ufffd]")
_BINARY_SHARE = 0.1
_LOOKED_AT = 4096


def decoded(raw: bytes) -> str:
    """The text: UTF-8, else Latin-1, which every byte sequence is and umlauts in names may be."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def is_binary(text: str) -> bool:
    """Whether a text is none."""
    head = text[:_LOOKED_AT]
    return len(_CONTROLS.findall(head)) > _BINARY_SHARE * len(head)


def unescaped(text: str) -> str:
    """The text with the letters that HTML's and XML's numbers and names stand for; no entity of its own is obeyed."""
    return html.unescape(_NO_LETTER.sub(REPLACEMENT, text))


def harmless(text: str, limit: int = MAX_NAME) -> str:
    """The text with every control character replaced, at most ``limit`` characters long.

    HTML, CSV and Markdown are the reports' own matter: they stay what the device said.
    """
    text = text[:limit]
    return text if text.isprintable() else _UNPRINTABLE.sub(REPLACEMENT, text)
