"""Several messages in one text: where each may end, and which tags are quotations.

A log is text that anybody can write into: a name at the login page, a command, the address of a page. So a tag that
is not the first begins a message only where a header stands before it, and not behind words of somebody unknown.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from nornir_anyconnect.evidence.syslog.header import STAMP
from nornir_anyconnect.evidence.syslog.messages import MESSAGES

# the tag itself may be broken over two lines
TAGS = re.compile(r"(?:%|\b)(?:ASA|FTD|PIX)-\n?(?:[A-Za-z][\w-]{0,31}-\n?)?[0-7]-\n?(\d(?:\n?\d){5})(?::|(?=\s))[ \t]*")
# the end of a tag whose beginning stands at the end of the line before
CUT_TAG = re.compile(r"^(?:S?A|T?D|I?X)?-?(?:\w+-)?[0-7]?-?(\d{6}):(?=[ \t])", re.MULTILINE)
# messages with words of somebody who is not logged in: names, addresses of pages and mails, certificates
_OF_ANYBODY = re.compile(r"109|111009|113(?!004|008|009|011|019|039)|30[34]|315|338|415|60[5678]|611|71[3-57]|75[01]")
_COMMAND = re.compile(r"1110(?:08|10)")
_BARE_HEADER = re.compile(r"[\s.)\]]*(?:<\d{1,3}>:?)? *(?:[\w./-]{1,64} *)?:? *")
_PRIORITY = re.compile(r"<\d{1,3}>(?:1 )?:?\s*$")
_HEADER = 160
_MAX_WORDS_BEHIND, _MAX_WORDS_BETWEEN = 7, 4
_TRIED = 3
"""A name may quote tags: so many places are tried before a message is given up."""


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

    """

    def __init__(self, lines: str, width: int) -> None:
        self.lines = lines
        self.width = width
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
        start = priority.start()
    return begin + start if start == 0 or text[start - 1] in " \t.)]>,[" else None


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
        return next((e for e in possible if e.stamped or number_of(tags[e.tag]) in MESSAGES), nothing), 0
    # what somebody typed ends with the line, which may have been broken once
    for number in range(at + 1, len(tags)):
        start = header_start(flat, tag.end(), tags[number].start())
        if start is not None and text.lines.count("\n", tag.end(), start) > 1:
            return Ending(start, number, start), skipped
        skipped += start is not None and number_of(tags[number]) in MESSAGES
    return nothing, skipped


def passed_over(text: Text, at: int, ending: Ending) -> int:
    """Wanted messages between a tag and the next one to be read whose header a broken line has spoilt."""
    return sum(
        number_of(tag) in MESSAGES and "\n" in text.lines[max(tag.start() - _HEADER, text.tags[at].end()) : tag.start()]
        for tag in text.tags[at + 1 : ending.tag]
    )


def number_of(tag: re.Match[str]) -> str:
    """The six digits."""
    return tag[1].replace("\n", "")


def _plain(text: str, words: int) -> bool:
    return len(text.split()) <= words and "'" not in text and '"' not in text
