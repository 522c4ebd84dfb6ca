"""Secrets never go further than the line they are read on (promise 23)."""

from __future__ import annotations

import re

MASK = "*****"

_HINTS = ("key", "pass", "secret", "communit", "-pw")
_SECRET = re.compile(
    r"(?<![\w-])"
    r"((?:ldap-login-|storage-|admin-|login-)?password|passwd|passphrase|(?:pre-shared-)?key|secret|community"
    r"|radius-common-pw)"
    r"([ \t]+(?:hex |[0-9] )?)\"?[^\s\"]+\"?",
    re.IGNORECASE,
)


def masked(line: str) -> str:
    """The line with every password, key and community replaced by ``*****``; others come back as they are."""
    if any(hint in line for hint in _HINTS):
        return _SECRET.sub(rf"\1\2{MASK}", line)
    return line
