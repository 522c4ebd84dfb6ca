"""Logs that came through a terminal or a document: lines broken in the middle of a message, several on one line.

Whether a log is of that kind, its beginning tells. A terminal breaks at its width, wherever that falls; a document
breaks between words, or behind a hyphen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK = 1 << 16
"""Bytes that are looked at to tell how a log is broken."""
_LINES = 500
_SHARE = 5
"""A log is broken where one line in so many begins in the middle of a message."""
_ENOUGH = 3
"""Lines of one length that make a terminal's width."""
_MAX_BODY_LINES = 10

# what a line begins with that begins a message: a priority, or at most three words and a date or a tag
_DATE = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}\b|\d{4}[-/]\d\d[-/]\d\d"
_STARTS = re.compile(
    r"\s*(?:<\d{1,3}>|(?!\d\d?:\d\d:\d\d)(?:\S{0,63}[^\s.,;)\]] +){0,3}"
    rf"(?:{_DATE}|\d{{10}}\b|%?(?:ASA|FTD|PIX)-(?:\w+-)?[0-7]-\d))"
)
_STARTS_AT_ONCE = re.compile(rf"(?:<\d{{1,3}}>|\*?(?:{_DATE})|%(?:ASA|FTD|PIX)-)")
_LINE_STARTS = re.compile(b"\n(?=" + _STARTS_AT_ONCE.pattern.encode() + b")")
_ENDS = re.compile(rf"\n[ \t]*(?=\n)|\n(?=<\d{{1,3}}>|(?:{_DATE})[ T])")
_TAGGED = re.compile(r"(?:ASA|FTD|PIX)-(?:\w+-)?[0-7]-\d")
_HYPHEN = re.compile(r"(?<=\S-)\s*\n\s*")
_BREAK = re.compile(r"[ \t\r]*\n\s*")


class Shape(NamedTuple):
    """How the lines of a log are broken."""

    broken: bool = False
    """Lines begin in the middle of a message."""
    terminal: bool = False
    """They were broken at one width, ``width``."""
    width: int = 0
    """The longest line, characters."""


def begins_message(line: str) -> bool:
    """Whether a line begins with what begins a message; one that does not goes on with the line before."""
    return _STARTS.match(line[:512]) is not None


def shape_of(start: bytes) -> Shape:
    """How the log is broken that begins with these bytes; lines before the first message do not count."""
    lines = [line.rstrip("\r") for line in start.decode("latin-1").split("\n")]
    first = next((n for n, line in enumerate(lines) if _TAGGED.search(line[:2048])), len(lines))
    lines = lines[max(first - 1, 0) : first + _LINES]  # a stamp may be broken before the first tag
    middle = [n for n, line in enumerate(lines) if n and line.strip() and not begins_message(line)]
    if len(middle) * _SHARE < sum(1 for line in lines if line.strip()) or not middle:
        return Shape()
    width = max(map(len, lines))
    broken = [len(lines[n - 1]) for n in middle]
    # a blank at the break is lost where the terminal's text was copied
    at_width = sum(1 for length in broken if length in {width, width - 1})
    return Shape(True, len(broken) >= _ENOUGH and at_width == len(broken), width)


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at least 64 KiB, but for the last: where a pipe cuts must change nothing."""
    waiting = b""
    for chunk in chunks:
        if not waiting and len(chunk) >= BLOCK:
            yield chunk
            continue
        waiting += chunk
        if len(waiting) >= BLOCK:
            yield waiting
            waiting = b""
    if waiting:
        yield waiting


def place_to_cut(raw: bytes) -> int:
    """Where to cut what was read so far, behind the end of a line; 0 while there is little.

    Best before a line that begins a message; in text without any, anywhere.
    """
    if len(raw) < 2 * BLOCK:
        return 0
    stop = len(raw) - BLOCK
    places = [found.end() for found in _LINE_STARTS.finditer(raw, max(stop - BLOCK, 0), stop)]
    return places[-1] if places else raw.rfind(b"\n", 0, stop) + 1 or stop


def mended(lines: Iterable[str], width: int) -> Iterator[str]:
    """The lines as they were before a terminal broke them at ``width`` characters."""
    whole = ""
    before = 0
    for line in lines:
        if before >= width - 1 and line and not _STARTS_AT_ONCE.match(line):
            whole += line if before >= width else f" {line}"
        else:
            if before or whole:
                yield whole
            whole = line
        before = len(line)
        if len(whole) > BLOCK:
            yield whole
            whole, before = "", 0
    if whole:
        yield whole


def bodies(text: str, begin: int, end: int, width: int) -> tuple[str, ...]:
    """What stands between two offsets, as one line; two readings where a break may be a terminal's or a document's.

    Args:
        text: the lines.
        begin: where the body begins.
        end: where it ends at the latest; an empty line or a stamp at the beginning of one ends it as well.
        width: the longest line of the log. A terminal breaks there, so a shorter line was broken between words.

    """
    if ends := _ENDS.search(text, begin, end):
        end = ends.start()
    raw = text[begin:end]
    if "\n" not in raw:
        return (raw.strip(),)
    raw = "\n".join(raw.split("\n")[:_MAX_BODY_LINES])
    between_words = _BREAK.sub(" ", _HYPHEN.sub("", raw)).strip()
    at = text.rfind("\n", 0, begin) + 1
    while (stop := text.find("\n", at, begin + len(raw))) >= 0:
        if stop >= begin and stop - at >= width:
            return between_words, raw.replace("\n", "").strip()
        at = stop + 1
    return (between_words,)
