"""How a terminal, a mail or a ticket left a text: pager text, prompts, quotes, line numbers, commands and refusals.

Secrets never go further than the line they are read on (promise 23): they are masked here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from hashlib import blake2b

from nornir_anyconnect.asa.alike import Known
from nornir_anyconnect.asa.grammar import ROWS, Mode, Section, row_of
from nornir_anyconnect.errors import IncompleteReplyError, SourceError
from nornir_anyconnect.plain_text import is_binary

TRACES = ("\r", "\0", "\b", "\x1b", "<---")
"""A text that holds none of these needs no cleaning."""

_INK = re.compile(r"[^\ufeff \t\r\n]")
_END_MARK = re.compile(r"^(?:Cryptochecksum:|: end)", re.MULTILINE)
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


def untabbed(line: str) -> str:
    """The line with blanks for its tabs, but for those it is indented with."""
    text = line.lstrip()
    return line[: len(line) - len(text)] + text.replace("\t", " ")


def refuse_other_than_text(text: str, shown: str) -> None:
    """Refuse what is empty or binary; ``shown`` names it in the error (SourceError)."""
    if _INK.search(text) is None:
        raise SourceError(f"{shown} is empty", "save the output of 'show running-config' into it")
    if is_binary(text):
        raise SourceError(f"{shown} is binary", "a running-config is plain text; unpack archives and images first")


# ---- what was typed ---------------------------------------------------------------------------------


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


class Printed(Enum):
    """What a command prints."""

    RUNNING = "the running configuration"
    PART = "a part of the running configuration"
    OTHER_CONFIG = "another configuration: the startup configuration, a file"
    OUTPUT = "something else"


_SECTION = re.compile(r"(?:[-=#*]{2,}[ \t]*)?((?:sh|sho|show|more|wr|write)[ \t]+\S.*?)(?:[ \t]*[-=#*]{2,})?:?\s*$")
"""A command's name above its output: ``------------------ show version ------------------``."""
_LONGEST_SECTION = 120
_REFUSED = re.compile(
    r"ERROR:|% ?(?:Invalid|Incomplete|Ambiguous|Unrecognized|Bad|Unknown)|Command authorization failed|Usage:|"
    r"Removing .* failed"
)


def section_of(line: str) -> str | None:
    """The command whose output follows, if the line is its name."""
    found = _SECTION.match(line) if len(line) <= _LONGEST_SECTION else None
    return found[1] if found else None


def refused(line: str) -> bool:
    """Whether the line is the device's refusal of what was typed before it."""
    return _REFUSED.match(line) is not None


def printed_by(command: str) -> Printed:
    """What a command prints; a person may have abbreviated it."""
    words = command.lower().split()
    verb, what, more = words[0], words[1] if len(words) > 1 else "", words[2:]
    if _short_for("show", verb) and _short_for("running-config", what):
        return Printed.RUNNING if not more or more == ["all"] else Printed.PART
    if (_short_for("write", verb) and _short_for("terminal", what, 1)) or (
        verb == "more" and what == "system:running-config"
    ):
        return Printed.PART if filtered(command) else Printed.RUNNING
    if verb == "more" or (_short_for("show", verb) and _short_for("startup-config", what) and not more):
        return Printed.OTHER_CONFIG
    return Printed.OUTPUT


def filtered(command: str) -> bool:
    """Whether lines were left out: ``| exclude``, ``| begin``; both ends of a configuration may still stand."""
    return "|" in command


def _short_for(word: str, typed: str, least: int = 2) -> bool:
    return len(typed) >= least and word.startswith(typed)


# ---- what a mail or a ticket put in front of every line -----------------------------------------------

_HEADS = (
    rf"(?:{row_of(Mode.CONFIG, 'hostnames').words()} \S|(?:{Section.GROUP_POLICY}|{Section.TUNNEL_GROUP}) \S+ \S|"
    r"(?:ASA|NGFW|PIX) Version \d|"
    r"[\w./-]{1,80}(?:\(config[\w.-]*\)# ?|# ?sho?w? )\S)"
)
"""Lines that stand at the margin of a configuration or of a dialogue, and nowhere else."""
_AT_MARGIN = re.compile(
    rf"^(?:{_HEADS}|{Section.WEBVPN}\s*$|{Section.SSL} |{Section.SYSOPT} connection )", re.MULTILINE
)
_BEHIND = re.compile(rf"^([ \t]*+(?:\d++[ \t]*+[:.)|]?[ \t]*+|(?:[>|][ \t]?)++)?){_HEADS}", re.MULTILINE)
_LAYERS = 3


def unwrapped(text: str) -> str:
    """The text without what stands in front of every line: blanks, quotes, line numbers; lines keep their places.

    Only where no line of a configuration stands at the margin as it is.
    """
    for _ in range(_LAYERS):
        if _AT_MARGIN.search(text):
            break
        wrapped = _prefixes(text)
        if not wrapped:
            break
        text = _without(text, wrapped)
    return text


def _prefixes(text: str) -> list[str]:
    return [match[1] for match in _BEHIND.finditer(text)]


def _without(text: str, prefixes: list[str]) -> str:
    shortest = min(prefixes, key=len)
    number = re.match(r"[ \t]*\d+", shortest)
    if number is not None:
        behind = shortest[number.end() :]
        if len(behind) > 1 and not behind.strip() and len({len(each) for each in prefixes}) == 1:
            pattern = rf"^(?=[ \t]*\d+(?:[ \t]|$))[ \t\d]{{1,{len(shortest)}}}"
        else:
            pattern = rf"^[ \t]*\d+(?:{re.escape(behind)}|{re.escape(behind.rstrip())}[ \t]*$)"
    else:
        pattern = rf"^(?:{re.escape(shortest)}|{re.escape(shortest.rstrip())}[ \t]*$)"
    return re.sub(pattern, "", text, flags=re.MULTILINE)


# ---- secrets ----------------------------------------------------------------------------------------

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


def without_passwords(text: str) -> str:
    """The text with every line masked: hashes never leave whoever reads a device (promise 23)."""
    return "\n".join(masked(line) for line in text.splitlines())


def whole_configuration(name: str, text: str) -> str:
    """What ``show running-config`` printed, without passwords.

    Args:
        name: what the device is called in errors.
        text: as it was answered.

    Raises:
        IncompleteReplyError: it has no end mark (promise 32).

    """
    text = without_passwords(text)
    if _END_MARK.search(text) is None:
        raise IncompleteReplyError(f"{name}: the running configuration has no end mark", "ask the device again")
    return text + "\n"


# what differs between a running and a startup configuration that are the same; the checksum covers the comments too
_SETS_NOTHING = re.compile(r"(?::|Cryptochecksum|!|ASA Version|\s*$)")


def settings_of(text: str) -> list[str]:
    """The lines of a configuration that set something: a running and a startup one that agree have the same."""
    return [line.rstrip() for line in text.splitlines() if not _SETS_NOTHING.match(line)]


_OBJECT = re.compile(rf"^({Section.GROUP_POLICY}|{Section.TUNNEL_GROUP}) (\"[^\"]+\"|\S+)", re.MULTILINE)
_ENABLED = re.compile(r"^ (?:enable \S+|(?:anyconnect|svc) enable)\b", re.MULTILINE)
_BUILT_IN = ("DfltGrpPolicy", "Default")


def objects(section: Section, text: str) -> frozenset[str]:
    """What a section names: the same with and without ``all``, or one of them was cut."""

    def named() -> frozenset[str]:
        found = {match[0] for match in _OBJECT.finditer(text) if not match[2].startswith(_BUILT_IN)}
        enabled = _ENABLED.finditer(text) if section is Section.WEBVPN else ()
        return frozenset(found | {match[0] for match in enabled})

    # boxes of one template name the same: the text is not kept, for it may hold a secret
    return _named.of((section, blake2b(text.encode("utf-8", "surrogatepass")).digest()), named)


_named: Known[frozenset[str]] = Known()
