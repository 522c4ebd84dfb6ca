"""Where a message begins and ends: in lines broken by a terminal or a document, and with several on one line.

Whether a log is broken, its beginning tells. A terminal breaks at its width, wherever that falls; a document breaks
between words, or behind a hyphen.

A log is text that anybody can write into: a name at the login page, a command, the address of a page. So a tag that
is not the first begins a message only where a header stands before it, and not behind words of somebody unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.evidence.syslog.messages import (
    ANY_TAG_IN_BYTES,
    ASA_MESSAGES,
    BEGINS_BODY,
    BROKEN_TAG,
    END_OF_TAG,
    PRODUCT,
    START_OF_TAG,
)
from nornir_anyconnect.evidence.syslog.stamps import STAMP
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

BLOCK = 1 << 16
"""Bytes that are looked at to tell how a log is broken."""
_LINES = 500
_SHARE = 5
"""A log is broken where one line in so many begins in the middle of a message."""
_LONGEST_WHOLE = 2048
_ENOUGH = 3
"""Lines of one length that make a terminal's width."""
_MAX_BODY_LINES = 10
# what people and programs write above a log: a comment, names of columns, a command, a heading
_TITLE = re.compile(
    r"[#!\"{\[=*+`-]|.*\bshow\b|.*:(?: ?[|>][+-]?)?$|Syslog logging|No\. +Time\b"
    r"|.{1,80}\b\d{1,2}:\d\d(?: ?[AP]M)?\]?$",
    re.IGNORECASE,
)
_OF_A_MESSAGE = re.compile(rf"(?:^|-){END_OF_TAG}:|(?:Group|User|IP) <")
# and what a mail or a page begins with that was saved as a whole
_PAGE = re.compile(
    r"```|<(?:!DOCTYPE|\?xml|html|body|pre|table)\b[^<>]*>(?! IP)"
    r"|(?:From|To|Cc|Date|Sent|Subject|Von|An|Gesendet|Datum|Betreff|Received|Return-Path|MIME-Version): \S",
    re.IGNORECASE,
)

# what a line begins with that begins a message: a priority, or at most three words and a date or a tag
_DATE = (
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}\b|\d{4}[-/]\d\d[-/]\d\d"
    r"|\d{1,2}/\d{1,2}/\d{2,4},?[ T\t]|\d{1,2}[.-]\d{1,2}[.-]\d{4},?[ T\t]"
)
_STARTS = re.compile(
    r"\s*(?:<\d{1,3}>|(?!\d\d?:\d\d:\d\d)(?:\S{0,63}[^\s.,;)\]] +){0,3}"
    rf"(?:{_DATE}|\d{{10}}\b|{START_OF_TAG})"
    # a quotation mark or a bullet, a record, the name of a file that grep puts in front
    rf"|[^\w<]{{0,16}}(?:<\d{{1,3}}>|{_DATE})|\{{\"|\S{{0,255}}?<\d{{1,3}}>|\S{{0,63}}[\"',;:|(\[](?:{_DATE}))"
)
_STARTS_AT_ONCE = re.compile(rf"(?:<\d{{1,3}}>|\*?(?:{_DATE})|%{PRODUCT})")
_LINE_STARTS = re.compile(b"\n(?=" + _STARTS_AT_ONCE.pattern.encode() + b")")
_ENDS = re.compile(rf"\n[ \t]*(?=\n)|\n(?=<\d{{1,3}}>|(?:{_DATE})[ T])")
_TAGGED = re.compile(START_OF_TAG)
_HYPHEN = re.compile(r"(?<=\S-)\s*\n\s*")
_BREAK = re.compile(r"(?<![ \t\r])[ \t\r]*\n\s*")
TAGS = re.compile(BROKEN_TAG + BEGINS_BODY)
CUT_TAG = re.compile(rf"^{END_OF_TAG}:(?=[ \t])", re.MULTILINE)
# messages with words of somebody who is not logged in: names, addresses of pages and mails, certificates
_OF_ANYBODY = re.compile(r"109|111009|113(?!004|008|009|011|019|039)|30[34]|315|338|415|60[5678]|611|71[3-57]|75[01]")
_COMMAND = re.compile(r"1110(?:08|10)")
_BARE_HEADER = re.compile(r"[\s.)\]]*(?:<\d{1,3}>:?)? *(?:[\w./-]{1,64} *)?:? *")
# what programs put between lines that they join, the end of a line written as an escape among it
_BEFORE_HEADER = re.compile(r"(?:[\s.)\]>,\[;|\x00]|\\[nr])\Z")
_PRIORITY = re.compile(r"<\d{1,3}>(?:1 )?:?\s*$")
# what a terminal ends with that was saved: it waits for a command
_PROMPT = re.compile(rb"[A-Za-z][\w.@()/~:-]{0,80} ?[#$]")
_HEADER = 160
_MAX_WORDS_BEHIND, _MAX_WORDS_BETWEEN = 7, 4
_TRIED = 3
"""A name may quote tags: so many places are tried before a message is given up."""


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
    lines = [line.rstrip("\r") for line in start.decode(errors="replace").split("\n")]
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


def begins_within_a_line(start: bytes) -> bool:
    """Whether the first line of a log is the end of one: no header and no tag, and no heading of what follows."""
    first, _, rest = start.lstrip(b"\r\n").partition(b"\n")
    line = decoded(first[:512]).strip()
    if not line or ANY_TAG_IN_BYTES.search(first) or not ANY_TAG_IN_BYTES.search(rest):
        return False
    if _OF_A_MESSAGE.search(line):
        return True
    return not begins_message(line) and _TITLE.match(line) is None and _PAGE.match(line) is None


def ends_within_a_line(last: bytes) -> bool:
    """Whether the last line of a log that holds messages, which no newline ends, may be the beginning of one."""
    text = last.strip()
    if not text or last.endswith(b"\n") or text.startswith((b"```", b"</")) or _PROMPT.fullmatch(text):
        return False
    if len(text) > _LONGEST_WHOLE:
        return True
    tag = ANY_TAG_IN_BYTES.search(last)
    row = ASA_MESSAGES.rows.get(tag["id"].decode()) if tag else None
    # of a message that nobody asked for, or that ends in somebody's words, nobody can tell where it ends
    return tag is None or row is None or not row.is_whole(decoded(last[tag.end() :]).strip(': \t\r"'))


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


class Ending(NamedTuple):
    """Where a message may end, which tag comes next, and where that one's header begins."""

    end: int
    tag: int
    header: int
    stamped: bool = True


class Text:
    """Lines that may hold several messages, and the tags in them.

    Args:
        lines: as they are in the log.
        width: the longest line of the log, characters.
        wanted: the ids of the messages asked for.

    """

    def __init__(self, lines: str, width: int, wanted: Container[str]) -> None:
        self.lines = lines
        self.width = width
        self.wanted = wanted
        self.flat = lines.replace("\n", " ")
        """With blanks for the ends of lines: same offsets."""
        self.tags = list(TAGS.finditer(lines))


def header_start(flat: str, begin: int, end: int) -> int | None:
    """Where the header begins that ends at ``end``: at a priority or a stamp, not before ``begin``.

    None where no stamp stands there: without one nobody can tell a header from a quotation.
    """
    begin = max(begin, end - _HEADER)
    text = flat[begin:end]
    stamps = list(STAMP.finditer(text))
    if not stamps or not _plain(text[stamps[-1].end() :], _MAX_WORDS_BEHIND):
        return None
    start = stamps[-1].start()
    if len(stamps) > 1 and _plain(text[stamps[-2].end() : start], _MAX_WORDS_BETWEEN):
        start = stamps[-2].start()
    if priority := _PRIORITY.search(text[:start]):
        return begin + priority.start()
    return begin + start if start == 0 or _BEFORE_HEADER.search(text[:start]) else None


def endings(text: Text, at: int, header: int) -> list[Ending]:
    """Where the message of the tag number ``at`` may end, in the order to be tried.

    A name may quote a whole message, header and all, so the later ones are tried too; but only on one line, because
    no name holds the end of a line.

    Args:
        text: the lines.
        at: the tag whose message it is.
        header: where its header begins.

    """
    flat, tags = text.flat, text.tags
    tag = tags[at]
    # a device that prints stamps prints one before each message: a tag without one is quoted
    stamps = STAMP.search(flat, header, tag.start()) is not None
    found: list[Ending] = []
    for number in range(at + 1, min(at + 1 + _TRIED, len(tags))):
        stop = tags[number].start()
        if found and "\n" in text.lines[tag.end() : stop]:
            return found
        if (start := header_start(flat, tag.end(), stop)) is not None:
            found.append(Ending(start, number, start))
        elif not stamps:
            found.append(Ending(stop, number, stop, stamped=False))
    if found and "\n" in text.lines[tag.end() :].rstrip("\n"):
        return found
    return [*found, Ending(len(flat), len(tags), len(flat))]


def is_bare_header(text: str) -> bool:
    """Whether what stands between two messages is a header without a stamp: a priority and a name at most."""
    return _BARE_HEADER.fullmatch(text) is not None


def after_other(text: Text, at: int, header: int) -> tuple[Ending, int]:
    """The message that follows one nobody asked for, and how many wanted ones cannot be told from quotations."""
    flat, tags = text.flat, text.tags
    tag, skipped = tags[at], 0
    message = number_of(tag)
    nothing = Ending(len(flat), len(tags), len(flat))
    possible = [each for each in endings(text, at, header) if each.tag < len(tags)]
    if _COMMAND.match(message):
        return next((e for e in possible if e.stamped and flat.count("'", tag.end(), e.end) % 2 == 0), nothing), 0
    if not _OF_ANYBODY.match(message):
        return next((e for e in possible if e.stamped or number_of(tags[e.tag]) in text.wanted), nothing), 0
    # what somebody typed ends with the line, which may have been broken once
    for number in range(at + 1, len(tags)):
        start = header_start(flat, tag.end(), tags[number].start())
        if start is not None and text.lines.count("\n", tag.end(), start) > 1:
            return Ending(start, number, start), skipped
        skipped += start is not None and number_of(tags[number]) in text.wanted
    return nothing, skipped


def passed_over(text: Text, at: int, ending: Ending, behind: int) -> int:
    """Wanted messages between a tag and the next one to be read that are no quotations.

    A broken line has spoilt their header, or they stand behind the end of the message, the offset ``behind``.
    """
    return sum(
        number_of(tag) in text.wanted
        and (tag.start() >= behind or "\n" in text.lines[max(tag.start() - _HEADER, text.tags[at].end()) : tag.start()])
        for tag in text.tags[at + 1 : ending.tag]
    )


def number_of(tag: re.Match[str]) -> str:
    """The six digits."""
    return tag["id"].replace("\n", "")


def _plain(text: str, words: int) -> bool:
    return len(text.split()) <= words and "'" not in text and '"' not in text
