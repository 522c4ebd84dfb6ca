"""Where a line stands decides what it can mean: what the grammar says of a line and of a header.

Everything here is derived from ``grammar.ROWS``.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from nornir_anyconnect.asa import grammar
from nornir_anyconnect.asa.capture import LONGEST_LINE
from nornir_anyconnect.asa.grammar import Mode, Row, Spelling, Take, row_of
from nornir_anyconnect.asa.value_forms import NAMED, spellings, words

_NAME = r'(?:"[ !#->@-~]{1,128}"|[!#->@-~]{1,128})'
_ANY_NAME = r'(?:"[^"]*"|\S+)'
_SVC = (f"{Spelling.SVC} ", f"no {Spelling.SVC} ")
_ENOUGH = 5  # letters that tell one keyword of a mode from another


class Said(NamedTuple):
    """What the grammar knows of a line: its row (None: nobody knows it), and whether it takes something back."""

    row: Row | None
    taken_back: bool = False
    understood: bool = True
    """False for a line about a row's setting that is not written as the row says."""
    behind: str = ""
    """What stands behind the keyword."""


class Header(NamedTuple):
    """The header of a block, or a command of one line about a named object."""

    row: Row
    name: str
    rest: tuple[str, ...]
    """What stands behind the words that the row knows."""


# ---- the lines of a mode ----------------------------------------------------------------------------


@cache
def rows_of(mode: Mode) -> tuple[Row, ...]:
    """The rows that hold in a mode."""
    return tuple(row for row in grammar.ROWS if row.mode is mode.table)


@cache
def _by_keyword(mode: Mode) -> tuple[dict[str, Row], int]:
    """The rows by every spelling, and the most words that one has."""
    found = {spelling: row for row in rows_of(mode) if NAMED not in row.keyword for spelling in spellings(row.keyword)}
    return found, max((spelling.count(" ") + 1 for spelling in found), default=1)


@cache
def _telling(mode: Mode) -> dict[str, Row]:
    """The decisive rows by the last word of their keyword: a line that holds it is about that setting."""
    found: dict[str, Row] = {}
    for row in rows_of(mode):
        if row.decisive and row.take is not Take.BY_WORD and row.value and row.value.forms != ("",):
            found.setdefault(row.subject, row)
    return found


def said_of(mode: Mode, text: str) -> Said:
    """What the grammar knows of a line; the longest keyword that it begins with counts."""
    if len(text) > LONGEST_LINE or not text.strip():
        return Said(None)
    by_keyword, longest = _by_keyword(mode)
    found = text.split(None, longest + 1)
    for skipped in ("", "no", "default"):
        if skipped and found[0] != skipped:
            continue
        start = 1 if skipped else 0
        for size in range(min(longest, len(found) - start), 0, -1):
            row = by_keyword.get(" ".join(found[start : start + size]))
            if row is not None:
                rest = text.split(None, start + size)
                behind = rest[start + size] if len(rest) > start + size else ""
                return Said(row, skipped == "no", skipped != "default", behind)
    row = next((row for word in found[:4] for last, row in _telling(mode).items() if _is_short(word, last)), None)
    return Said(row, understood=False, behind=text) if row else Said(None)


def _is_short(word: str, keyword: str) -> bool:
    """Whether a word is the keyword, or was cut or abbreviated from it."""
    return keyword.startswith(word) and len(word) >= min(_ENOUGH, (len(keyword) + 1) // 2)


def field_of(mode: Mode, text: str) -> str | None:
    """The field that a line is about, if any."""
    row = said_of(mode, text).row
    return row.field or None if row else None


def decides_elsewhere(here: Mode, line: str) -> bool:
    """Whether a line that nobody knows where it stands would decide in another mode: its header is lost."""
    nested = line.startswith("(below ")
    text = line.partition(") ")[2] if nested else line
    others = (mode for mode in Mode if mode is mode.table and mode is not Mode.CONFIG)
    return any(decides(mode, text) for mode in others if nested or mode is not here.table)


def decides(mode: Mode, text: str) -> bool:
    """Whether a verdict may rest on a line that stands in a mode."""
    said = said_of(mode, text)
    row = said.row
    return row is not None and row.decisive and said.understood and row is not row_of(Mode.WEBVPN, "serving")


@cache
def _hyphenated() -> frozenset[str]:
    return frozenset(word for word in inner_words() if "-" in word)


def holds_another(said: Said) -> bool:
    """Whether a line goes on with a command of its own: two lines that became one."""
    return "-" in said.behind and not _hyphenated().isdisjoint(said.behind.split())


def sets(mode: Mode, text: str, setting: str) -> bool:
    """Whether a line sets that field, and does not take it back."""
    said = said_of(mode, text)
    return said.row is not None and said.row.field == setting and not said.taken_back


def spelled_svc(text: str) -> bool:
    """Whether a line of the client's settings is spelled as before 8.4(1)."""
    return text.startswith(_SVC)


# ---- headers ----------------------------------------------------------------------------------------


@cache
def _headers() -> dict[str, tuple[Row, ...]]:
    """The rows of the top level that open a block, or name an object, by their first word."""
    found: dict[str, tuple[Row, ...]] = {}
    for row in rows_of(Mode.CONFIG):
        if row.opens or NAMED in row.keyword:
            word = row.keyword.partition(" ")[0]
            found[word] = (*found.get(word, ()), row)
    return found


def header_of(text: str) -> Header | None:
    """The header that a line is, with its last keyword written out where a person abbreviated it."""
    return _header_of(text) if text.strip() and len(text) <= LONGEST_LINE else None


@lru_cache(maxsize=4096)
def _header_of(text: str) -> Header | None:
    found = words(text)
    fitting = [(row, *parts) for row in _headers().get(found[0] if found else "", ()) if (parts := _parts(row, found))]
    exact = [each for each in fitting if each[3]] or fitting
    return Header(*exact[0][:3]) if len(exact) == 1 else None


def _parts(row: Row, found: tuple[str, ...]) -> tuple[str, tuple[str, ...], bool] | None:
    """The name, the rest, and whether the last keyword is written out; None where the row does not fit."""
    fixed, named, last = _shape(row.keyword)
    if found[: len(fixed)] != fixed:
        return None
    left = found[len(fixed) :]
    if not named:
        return ("", left, True) if not left else None
    if not last:
        return (" ".join(left), (), True) if left else None
    if len(left) < 2 or not last.startswith(left[1]):  # noqa: PLR2004 - the name and the keyword
        return None
    return left[0], left[2:], last == left[1]


def begins_headers(word: str) -> bool:
    """Whether a command that begins so is nothing without what follows: a name, or what of it."""
    return word in _headers()


@cache
def _shape(keyword: str) -> tuple[tuple[str, ...], bool, str]:
    """The words before the name, whether there is one, and the word behind it."""
    before, named, after = keyword.partition(NAMED)
    return tuple(before.split()), bool(named), after.strip()


def mode_below(header: str) -> Mode | None:
    """The mode of the lines below a header of the top level."""
    found = header_of(header)
    return found.row.opens if found else None


def goes_on(header: str) -> bool:
    """Whether a header of a block holds more than its row knows: the first line of its body joined it."""
    found = header_of(header)
    return found is not None and bool(found.rest)


@cache
def headers_into(mode: Mode) -> frozenset[str]:
    """The first words of the headers whose block holds lines of that mode, at any depth."""
    found = set()
    for row in grammar.ROWS:
        if row.opens is mode or row.opens is mode.table:
            if row.mode is Mode.CONFIG:
                found.add(row.keyword.partition(" ")[0])
            else:
                found |= headers_into(Mode.USERNAME if mode is Mode.USERNAME_WEBVPN else row.mode)
    return frozenset(found)


# ---- what the cutter keeps of a text ----------------------------------------------------------------


@cache
def openings() -> dict[str, re.Pattern[str]]:
    """The first words of lines that open a block which matters, and how such a line goes on."""
    found: dict[str, list[str]] = {}
    taken_back = []
    for row in rows_of(Mode.CONFIG):
        if row.opens or row.value or row.noted:
            for spelling in spellings(row.keyword):
                word, _, rest = spelling.partition(" ")
                found.setdefault(word, []).append(_opening(row, rest))
                if (row.value or row.noted) and NAMED not in spelling and word != "no":
                    taken_back.append(f" {re.escape(spelling)}{_end(row, taken_back=True)}")
    taken_back += found.pop("no", [])
    found["no"] = taken_back
    return {word: re.compile(f"{re.escape(word)}(?:{'|'.join(rests)})") for word, rests in found.items()}


def _opening(row: Row, rest: str) -> str:
    before, named, after = rest.partition(NAMED)
    literal = f"[ \t]+{re.escape(before.strip())}" if before.strip() else ""
    if named and after.strip():
        last = after.strip()
        return rf"{literal}[ \t]+{_ANY_NAME}[ \t]+{last[:2]}[a-z-]*\s*$"
    return rf"{literal}[ \t]" if named else f"{literal}{_end(row)}"


def _end(row: Row, *, taken_back: bool = False) -> str:
    if row.noted:
        return r"[ \t]"
    if row.whole and row.value:
        return _form_pattern(row.value.forms[0])
    if row.opens:
        return r"\s*$"
    return r"[ \t]" if row.value and row.value.forms[0] and not taken_back else r"(?:[ \t]|\s*$)"


def _form_pattern(form: str) -> str:
    if not form:
        return r"\s*$"
    return "".join(r"[ \t]+\S+" if word.startswith("<") else f"[ \t]+{re.escape(word)}" for word in form.split())


def proves_an_asa(header: str) -> bool:
    """Whether a block of the top level is one that no other system's configuration has in that form."""
    row = said_of(Mode.CONFIG, header).row
    return row is None or not row.common


@cache
def inner_words() -> frozenset[str]:
    """First words of lines that mean something only inside a block: at the margin the indentation is lost."""
    inside = {
        spelling.partition(" ")[0]
        for row in grammar.ROWS
        if row.decisive and row.mode is not Mode.CONFIG
        for spelling in spellings(row.keyword)
    }
    top = {spelling.partition(" ")[0] for row in rows_of(Mode.CONFIG) for spelling in spellings(row.keyword)}
    return frozenset(inside - top)


@cache
def deciding_parts() -> tuple[str, ...]:
    """What the lines begin with that every derivation of a box reads."""
    rows = rows_of(Mode.CONFIG)
    noted = [row.keyword for row in rows if row.noted and NAMED not in row.keyword]
    deciding = (row.keyword for row in rows if row.decisive or row.opens is Mode.WEBVPN)
    return tuple(dict.fromkeys(str(next((word for word in noted if each.startswith(word)), each)) for each in deciding))


# ---- what may be sent -------------------------------------------------------------------------------


@cache
def sent_leaves(mode: Mode) -> re.Pattern[str] | None:
    """The lines that a remedy may send in a mode, of objects which were there before: leaves, and nothing else."""
    shapes = []
    for row in rows_of(mode):
        if row.leaf and row.value:
            keyword = "|".join(re.escape(each) for each in spellings(row.keyword))
            shapes.append(rf"no (?:{keyword})|(?:{keyword}) (?:{row.value.sent})")
    return re.compile("|".join(shapes)) if shapes else None


@cache
def sent_headers(mode: Mode) -> dict[re.Pattern[str], Mode]:
    """The headers that may be sent in a mode, and the mode each opens: only such that lead to lines to send."""
    found = {}
    for row in rows_of(mode):
        if row.opens and (to := opened_by(mode, row)) and _leads_to_lines(to):
            found[re.compile(_with_name(row.keyword))] = to
    return found


def opened_by(mode: Mode, row: Row) -> Mode | None:
    """The mode that a line of the row opens where it stands."""
    return Mode.USERNAME_WEBVPN if mode is Mode.USERNAME and row.opens is Mode.GROUP_WEBVPN else row.opens


def _leads_to_lines(mode: Mode) -> bool:
    if sent_leaves(mode) or copied_lines(mode):
        return True
    return any(row.opens and (to := opened_by(mode, row)) and _leads_to_lines(to) for row in rows_of(mode))


@cache
def copied_lines(mode: Mode) -> re.Pattern[str] | None:
    """The lines that may be copied into an object which a run creates: it creates policies and tunnel groups."""
    keywords = [each for row in rows_of(mode) if row.copied for each in spellings(row.keyword)]
    if not keywords or mode is not mode.table:
        return None
    return re.compile(rf"(?:{'|'.join(re.escape(each) for each in keywords)})(?: [ !-~]*[!-~])?")


@cache
def object_lines() -> re.Pattern[str]:
    """The lines that create or remove an object of a run's own: group policies, and tunnel groups for users."""
    shapes = []
    for row in rows_of(Mode.CONFIG):
        if row.copied:
            shape = _with_name(row.keyword)
            types = f" (?:{'|'.join(grammar.REMOTE_ACCESS_TYPES)})" if shape.endswith("type") else ""
            shapes += [shape + types, f"no {_with_name(row.keyword.partition(NAMED)[0] + NAMED)}"]
    return re.compile("|".join(shapes))


def _with_name(keyword: str) -> str:
    return re.escape(keyword).replace(re.escape(NAMED), _NAME)
