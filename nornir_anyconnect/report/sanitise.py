"""Makes text from devices and logs harmless on a terminal.

A user name or a banner can hold escape sequences that rewrite the screen, and direction marks that make
a name read like another one. Both are shown as what they are instead of being obeyed.
"""

from __future__ import annotations

import re

# C0 and C1 controls and DEL drive terminals; the others reorder or hide text (Unicode TR 36), or can't be encoded
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def harmless(text: str) -> str:
    """The text in one line, with every control and direction character spelled as an escape."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)


def harmless_lines(text: str) -> str:
    """The same for a text of several lines: its line ends and tabs are its own."""
    return _UNSAFE.sub(lambda found: found[0] if found[0] in "\n\t" else harmless(found[0]), text)
