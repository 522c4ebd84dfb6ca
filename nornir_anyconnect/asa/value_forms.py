"""How keywords and values are written: the notation of the grammar's rows, what a value says, and its TTP template.

As in the command reference: ``{a | b}`` one of them, ``[a]`` perhaps. In the forms of a value ``<word>`` is one word,
``<number>`` digits, ``<rest>`` the rest of the line. A template is text alone, which only the parser hands to TTP.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.asa.running_config import CipherChoice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NAMED = "<name>"
_CHOICE = re.compile(r"\{([^}]*)\}|\[([^\]]*)\]|(\S+)")


@cache
def spellings(keyword: str) -> tuple[str, ...]:
    """Every way to write a keyword: ``{a | b} [c] d`` is ``a c d``, ``a d``, ``b c d``, ``b d``."""
    parts = []
    for choice, optional, word in _CHOICE.findall(keyword):
        parts.append([each.strip() for each in choice.split("|")] if choice else [optional, ""] if optional else [word])
    return tuple(" ".join(" ".join(each).split()) for each in product(*parts))


class Value(NamedTuple):
    """How what stands behind a keyword is written, and what it says; ``None`` where it is not understood."""

    forms: tuple[str, ...]
    read: Callable[[Mapping[str, str]], Any]
    sent: str = ""
    """What a remedy may send there, as a pattern."""
    names: bool = False
    """The names of objects: no secret, even where one reads "Shared key users"."""


_WORDS = re.compile(r'"([^"]*)"|(\S+)')


def words(text: str) -> tuple[str, ...]:
    """The words of a line; a name in quotes is one word, without its quotes."""
    if '"' not in text:
        return tuple(text.split())
    return tuple(match[1] if match[2] is None else match[2] for match in _WORDS.finditer(text))


def name_of(text: str) -> str:
    """A name that fills the rest of a line, without its quotes."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def number_in(text: str) -> int | None:
    """The number, if the text is one of a size that a configuration can hold."""
    return int(text) if len(text) < 10 and text.isascii() and text.isdigit() else None  # noqa: PLR2004 - no overflow


CLIENT_MTU_RANGE = range(256, 1463)
"""Bytes that some release accepts for ``anyconnect mtu`` (256-1406 up to 9.1, later 576-1462)."""


def _client_mtu(said: Mapping[str, str]) -> int | None:
    mtu = number_in(said["word"])
    return mtu if mtu is not None and mtu in CLIENT_MTU_RANGE else None


def _switch(**meanings: bool) -> Value:
    return Value(("<word>",), lambda said: meanings.get(said["word"]), "|".join(sorted(meanings)))


def _behind_interface(said: Mapping[str, str]) -> tuple[str, ...] | None:
    """Pools and servers; an interface in parentheses may stand before them."""
    found = words(said["rest"])
    return (found[1:] if found[0].startswith("(") else found) or None


def _named(said: Mapping[str, str]) -> Any:
    return name_of(said["rest"]) if "rest" in said else TAKEN_BACK


def _protocols(said: Mapping[str, str]) -> tuple[str, ...] | None:
    """The protocols; a word that is none may be what is left of one, or a later release's name of it."""
    found = words(said["rest"])
    return found if not SSL_CLIENT.isdisjoint(found) or _PROTOCOLS.issuperset(found) else None


def _one_server(said: Mapping[str, str]) -> str | None:
    found = [word for word in words(said["rest"]) if not word.startswith("(") and word != "use-primary-username"]
    return found[0] if len(found) == 1 else None


def _cipher(said: Mapping[str, str]) -> CipherChoice | None:
    if said["version"] not in _SSL_VERSIONS:
        return None
    if "rest" not in said:
        return CipherChoice(level=said["level"])
    custom = tuple(said["rest"].replace('"', " ").replace(":", " ").split())
    if not custom or said["rest"].count('"') % 2:  # a terminal broke the line: the rest of the list is lost
        return None
    return CipherChoice(custom=custom)


def _rate(said: Mapping[str, str]) -> tuple[int, int] | None:
    rate, burst = number_in(said["rate"]), number_in(said["burst"])
    return None if rate is None or burst is None else (rate, burst)


TAKEN_BACK: Any = object()
"""What a value says that is the same as its absence."""
SSL_CLIENT = frozenset({"ssl-client", "svc"})
_PROTOCOLS = SSL_CLIENT | {"ikev1", "ikev2", "IPSec", "ipsec", "l2tp-ipsec", "ssl-clientless", "webvpn"}
_SSL_VERSIONS = frozenset({"tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3", "dtlsv1", "dtlsv1.2"})

NUMBER = Value(("<number>",), lambda said: number_in(said["number"]), "[0-9]{1,5}")
TEXT = Value(("<rest>",), lambda said: said["rest"])
QUOTED = Value(("<rest>",), lambda said: name_of(said["rest"]))
NAME = QUOTED._replace(names=True)
LIST = Value(("<rest>",), lambda said: words(said["rest"]))
TEXTS = Value(("<rest>",), lambda said: (said["rest"],))
LINE = Value(("<rest>",), lambda said: (said["line"],))
SAID = Value(("",), lambda _: True)
USES = Value(("<rest>",), _protocols)
VALUE_LIST = Value(("value <rest>", "none"), lambda said: words(said.get("rest", "")), names=True)
VALUE_NAME = Value(("value <rest>", "none"), _named, names=True)
BEHIND_INTERFACE = Value(("<rest>",), _behind_interface, names=True)
URL = Value(("<rest> {enable | disable}",), lambda said: (name_of(said["rest"]),))
ALIAS = URL._replace(names=True)
FIRST_WORD = Value(("<rest>",), lambda said: words(said["rest"])[:1])
WORD = Value(("<word>",), lambda said: said["word"])
PAIR = Value(("<word> <cisco:word>",), lambda said: ((said["word"], said["cisco"]),))
WORD_AND_LIST = Value(("<word> <rest>",), lambda said: ((said["word"], words(said["rest"])),), names=True)
CIPHERS = Value(("<version> <level>", "<version> custom <rest>"), _cipher)
SERVING = Value(("<word>", "<word> <only:tls-only>"), lambda said: "only" in said)
OF_WORD = Value(("<word> <number>",), lambda said: number_in(said["number"]))
RATE = Value(("rate-limit <rate:number> burst-size <burst:number>",), _rate)
RELEVELLED = Value(("<number> level <word>",), lambda said: ((said["number"], said["word"]),))
FIXED_PEER = Value(("<word> <number> set peer <rest>",), lambda said: (f"{said['word']} {said['number']}",))
CLIENT_MTU = Value(("<word>",), _client_mtu, "[0-9]{1,5}")
ON_OFF = _switch(enable=True, none=False)
DF = _switch(enable=True, disable=False, none=False)
SERVER = Value(("<rest>",), lambda said: name_of(re.sub(r"^\(\S+\)\s+", "", said["rest"])), names=True)
ONE_SERVER = Value(("<rest>",), _one_server, names=True)


# ---- templates --------------------------------------------------------------------------------------

_PLACEHOLDER = re.compile(r"<(?:(\w+):)?([\w-]+)>")
_PATTERNS = {"number": "DIGIT", "rest": 're("REST")'}


def template_of(rows: Iterable[tuple[str, Value | None]]) -> str:
    """The TTP template of keywords with their values; the variables of each row begin with its number."""
    lines = []
    constants: dict[str, str] = {}
    for at, (written, value) in enumerate(rows):
        for form in value.forms if value else ():
            lines += [
                _template_line(f"r{at}_", keyword, ending, constants)
                for keyword in spellings(written)
                for ending in spellings(form)
            ]
    pinned = "".join(f'{name} = "{text}"\n' for name, text in constants.items())
    body = "\n".join(lines)
    return (
        f'<vars>\nREST = ".+"\n{pinned}</vars>\n'
        f'<group name="lines*" method="table">\n{body}\n{{{{ unread | _line_ }}}}\n</group>\n'
    )


def _template_line(prefix: str, keyword: str, form: str, constants: dict[str, str]) -> str:
    def variable(found: re.Match[str]) -> str:
        label, kind = found[1] or found[2], found[2]
        if kind in _PATTERNS:
            return f"{{{{ {prefix}{label} | {_PATTERNS[kind]} }}}}"
        if found[1] and kind != "word":  # a fixed word that is told apart by its variable
            constants[label.upper()] = kind
            return f'{{{{ {prefix}{label} | re("{label.upper()}") }}}}'
        return f"{{{{ {prefix}{label} }}}}"

    text = _PLACEHOLDER.sub(variable, form)
    said = "" if "{{" in text else f' {{{{ {prefix}said | set("yes") }}}}'
    return f"{keyword} {text}".strip() + said
