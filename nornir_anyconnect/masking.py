"""Secrets by value: what this process knows to be secret is taken out of every text that leaves it.

The one place for it: standard error, every report, what is pushed, told and kept goes through ``without_secrets``.
Whoever learns a secret (a login, a database URL, a token) hands it to ``remember``.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit

HIDDEN = "*****"
PREFIX = "NORNIR_ANYCONNECT_"
_SECRET_VARIABLE = re.compile(rf"(?:{PREFIX}(?:.*_)?(?:PASSWORD|ENABLE|PASSPHRASE|TOKEN|SECRET|SALT)|PGPASSWORD)\Z")
_URL_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", f"{PREFIX}HISTORY", f"{PREFIX}PUSH")
_USERINFO = re.compile(r"(?<=//)[^/\s@]*(?:@[^/\s@]*)*@")
_TELLING = re.compile(r"pass(?:word|wd)|secret|token", re.IGNORECASE)
_PARAMETER = re.compile(rf"(?<=[?&])([^=&\s]*(?:{_TELLING.pattern})[^=&\s]*=)[^&\s]*", re.IGNORECASE)
_SHORTEST = 4
"""Letters; shorter ones would be found in every second word."""
_ANYWHERE = 8
"""Letters from which on a secret is masked inside of other words, too."""

_known: set[str] = set()


def remember(*secrets: str | None) -> None:
    """These texts leave the process no more."""
    _known.update(each for each in secrets if each and len(each) >= _SHORTEST)


def remember_url(url: str) -> None:
    """The password in a URL leaves the process no more, neither as it is written nor as it is meant."""
    try:
        parts = urlsplit(url)
        userinfo, _, _ = parts.netloc.rpartition("@")
        password = userinfo.partition(":")[2]
        remember(password, unquote(password))
        remember(*(value for key, value in parse_qsl(parts.query) if _TELLING.search(key)))
    except ValueError:  # an address that is none
        return


def url_without_credentials(url: str) -> str:
    """The URL as it may be printed: no user, no password, in no part of it."""
    return _PARAMETER.sub(rf"\g<1>{HIDDEN}", _USERINFO.sub("...@", url))


def without_secrets(text: str) -> str:
    """The text with every secret that is known now replaced by stars."""
    forms = _spelled(frozenset(_known | _of_environment()))
    # nearly always there is none: looking for it costs next to nothing
    found = [form for form in forms if form in text]
    return re.sub("|".join(_where(form) for form in found), HIDDEN, text) if found else text


def holds_secret(raw: bytes) -> bool:
    """Whether a secret of eight letters or more stands in bytes that are about to leave; shorter ones are words."""
    return any(
        form.encode() in raw for form in _spelled(frozenset(_known | _of_environment())) if len(form) >= _ANYWHERE
    )


def environment_without_secrets(*also: str | None) -> dict[str, str]:
    """The environment for somebody else's program: none of our variables, no password of the database.

    Args:
        also: names of further variables that are left out.

    """
    left_out = {*also, "PGPASSWORD"}
    return {name: value for name, value in os.environ.items() if name not in left_out and not name.startswith(PREFIX)}


def _of_environment() -> set[str]:
    found = set()
    for name, value in os.environ.items():
        if _SECRET_VARIABLE.match(name) and len(value) >= _SHORTEST:
            found.add(value)
        elif name.upper() in _URL_VARIABLES and "@" in value:
            remember_url(value if "//" in value else f"//{value}")
    return found


@lru_cache(maxsize=8)
def _spelled(secrets: frozenset[str]) -> tuple[str, ...]:
    """Each secret in the forms in which a report may spell it; the longest first."""
    import html  # noqa: PLC0415 - every command loads this module, and few know a secret
    import json  # noqa: PLC0415 - as above

    forms = {
        form
        for each in secrets
        for form in (
            each,
            json.dumps(each)[1:-1],
            json.dumps(each, ensure_ascii=False)[1:-1],
            html.escape(each),
            quote(each, safe=""),
            each.encode("unicode_escape").decode("ascii"),
        )
    }
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _where(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _ANYWHERE else rf"(?<!\w){escaped}(?!\w)"
