"""Which lines an ASA accepts in which mode, and where it puts its caret under those that it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import takewhile
from typing import TYPE_CHECKING

from mock_devices.release import Release, release

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED_MODES = {"config-username-webvpn": "config-group-webvpn"}
"""Modes that take the same lines as another."""

_TOKEN = re.compile(r'"[^"]*"|\S+')


@dataclass(frozen=True, slots=True)
class Token:
    """A word as typed, and the column it starts in."""

    text: str
    column: int


def tokens(line: str) -> list[Token]:
    """The words of a line; a quoted name is one word."""
    return [Token(found.group(), found.start()) for found in _TOKEN.finditer(line)]


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a pattern: ``kind`` is word, choice, key, value, number, keys or values."""

    kind: str
    text: str
    words: tuple[str, ...] = ()
    low: int = 0
    high: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it takes more than a fixed set of words."""
        return self.kind not in ("word", "choice")

    @property
    def tells(self) -> bool:
        """Whether two lines that differ here stand side by side (else the later replaces the earlier)."""
        return self.kind in ("word", "key", "keys")

    def takes(self, text: str) -> bool:
        """Whether an open slot accepts the word."""
        return self.kind != "number" or (text.isdigit() and self.low <= int(text) <= self.high)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One command of a mode."""

    slots: tuple[Slot, ...]
    opens: str | None
    since: Release | None
    before: Release | None
    only_no: bool
    default_on: bool

    def slot(self, index: int) -> Slot | None:
        """The slot for the word at ``index``; a last slot for "the rest" takes all further words."""
        if index < len(self.slots):
            return self.slots[index]
        return self.slots[-1] if self.slots[-1].kind in ("keys", "values") else None

    def known_to(self, box: Release) -> bool:
        """Whether that release has the command."""
        return (self.since is None or box >= self.since) and (self.before is None or box < self.before)


@dataclass(frozen=True, slots=True)
class Match:
    """An accepted line in full words; lines with the same ``key`` replace each other.

    ``default_on``: its ``no`` form is stored rather than nothing.
    """

    line: str
    words: tuple[str, ...]
    key: tuple[str, ...]
    opens: str | None
    default_on: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused line: where the caret goes, or which other error it is."""

    column: int
    kind: str = "invalid"


def _slot(text: str) -> Slot:
    if text == "(rest)":
        return Slot("keys", text)
    if text == "<rest>":
        return Slot("values", text)
    if text.startswith("("):
        return Slot("key", text)
    if text.startswith("{"):
        return Slot("choice", text, (text.strip("{}"),))
    if found := re.fullmatch(r"<(\d+)-(\d+)>", text):
        return Slot("number", text, (), int(found[1]), int(found[2]))
    if text.startswith("<"):
        return Slot("value", text)
    words = tuple(text.split("|"))
    return Slot("choice" if len(words) > 1 else "word", text, words)


def _pattern(line: str) -> Pattern:
    head, _, tail = line.partition(" -> ")
    since = before = None
    only_no = default_on = False
    words = []
    for word in f"{head} {' '.join(tail.split()[1:])}".split():
        if word == "@no":
            only_no = True
        elif word == "@on":
            default_on = True
        elif word.startswith("@>="):
            since = release(word[3:])
        elif word.startswith("@<"):
            before = release(word[2:])
        else:
            words.append(word)
    opens = tail.split()[0] if tail else None
    return Pattern(tuple(_slot(word) for word in words), opens, since, before, only_no, default_on)


@cache
def _grammar() -> dict[str, tuple[Pattern, ...]]:
    modes: dict[str, list[Pattern]] = {}
    current: list[Pattern] = []
    for line in files(__package__).joinpath("data/grammar.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            current = modes.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.append(_pattern(line))
    return {mode: tuple(patterns) for mode, patterns in modes.items()}


@cache
def patterns(mode: str, box: Release) -> tuple[Pattern, ...]:
    """The commands of a mode that a release knows."""
    return tuple(each for each in _grammar()[SHARED_MODES.get(mode, mode)] if each.known_to(box))


def _agreement(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _narrow(alive: list[Pattern], index: int, token: Token) -> tuple[list[Pattern], str] | Refusal:
    """The patterns that accept the word at ``index``, and the word in full."""
    typed = token.text.lower()
    slots = [(pattern, slot) for pattern in alive if (slot := pattern.slot(index))]
    fixed = sorted({word for _, slot in slots for word in slot.words})
    open_to_it = [pattern for pattern, slot in slots if slot.is_open and slot.takes(token.text)]
    whole = typed if typed in fixed else None
    if whole is None and not open_to_it:
        begun = [word for word in fixed if word.startswith(typed)]
        if len(begun) > 1:
            return Refusal(token.column, "ambiguous")
        whole = begun[0] if begun else None
    if whole is not None:
        return [pattern for pattern, slot in slots if whole in slot.words] or open_to_it, whole
    if open_to_it:
        return open_to_it, token.text
    agreed = max((_agreement(typed, word) for word in fixed), default=0)
    return Refusal(token.column + agreed)


@lru_cache(4096)
def match(mode: str, line: str, box: Release, *, negated: bool = False, start: int = 0) -> Match | Refusal:
    """Read a line in a mode.

    Args:
        mode: e.g. ``config-group-webvpn``.
        line: as typed, without a leading ``no``.
        box: the release that reads it.
        negated: after ``no``, where the values may be left out.
        start: column of the line's first character.

    """
    alive = [each for each in patterns(mode, box) if negated or not each.only_no]
    words: list[str] = []
    typed = tokens(line)
    for index, token in enumerate(typed):
        narrowed = _narrow(alive, index, token)
        if isinstance(narrowed, Refusal):
            return Refusal(narrowed.column + start, narrowed.kind)
        alive, word = narrowed
        words.append(word)
    for pattern in sorted(alive, key=lambda each: each.slots[-1].kind == "keys"):
        missing = pattern.slots[len(words) :]
        if not missing or (negated and not any(slot.tells for slot in missing)):
            key = tuple(word for index, word in enumerate(words) if (slot := pattern.slot(index)) and slot.tells)
            return Match(" ".join(words), tuple(words), key, pattern.opens, pattern.default_on)
    return Refusal(start + len(line), "incomplete")


def same_slot(mode: str, box: Release, matched: Match) -> Callable[[str], bool]:
    """A test for the stored lines that a new line replaces (or that its ``no`` form removes)."""
    first = matched.words[0]

    def replaced(stored: str) -> bool:
        if not stored.startswith(first):
            return False
        known = match(mode, stored, box)
        return isinstance(known, Match) and known.key == matched.key and known.opens == matched.opens

    return replaced
