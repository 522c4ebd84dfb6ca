"""What says that a text is not all there was: marks that people, pagers and programs leave where they left lines out.

In a text of up to 16 MB every line is looked at, in a larger one the last 64 KiB: nobody shortens such a log by hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.syslog.message_boundaries import begins_message
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG_IN_BYTES
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WHOLE = 1 << 24
END = 1 << 16
_LONGEST = 160
_WORDS = (b"truncat", b"omitted", b"snip", b" more", b"...", "…".encode(), b"skipped", b"abgeschnitten",
          b"suppressed", b"hidden", b"removed", b"deleted", b"left out", b"ausgelassen", b"showing", b"limit",
          b"clipped", b"queue full", b"reached", b"display", b"shown", b"returned", b"exported", b"incomplete",
          b"partial", b"capped", b"records ", b" results", b"base64")  # fmt: skip
_THINGS = r"(?:lines?|rows?|messages?|events?|results?|records?|entries|entry|items?|hits|zeilen)"
_MARK = re.compile(
    r"\W*(?:\.{3,}|…)\W*"
    r"|[\W_]*snip(?:ped)?\b.{0,60}"
    rf"|.*\b(?:truncated|truncation|abgeschnitten)\b.*|.*\b\d[\d,.]* (?:more )?{_THINGS} (?:were |are )?"
    r"(?:omitted|skipped|hidden|removed|deleted|not shown|snipped|left out|ausgelassen)\b.*"
    rf"|.*\b(?:{_THINGS}|output|search|query|export)\b.{{0,20}}\b(?:limited to|capped|incomplete)\b.*"
    r"|.*\b(?:only|showing|displaying)\b.{0,12}\b(?:first|last|latest|top) \d.*|\W*message clipped\b.*"
    rf"|\W*(?:only|first|last|latest) \d[\d,.]* {_THINGS}\b.{{0,20}}\b(?:shown|displayed|returned|exported)\b.*"
    r"|.{0,60}\b(?:limit|maximum)\b.{0,30}\b(?:reached|exceeded)\b.*|\W*partial results?\b.*"
    rf"|.*\b{_THINGS} (?:omitted|skipped|not shown)\b.*|[\W_]*omitted\b.*"
    rf"|\W*(?:show|view|load|see|and|\+)?\s*(?:\d[\d,.]* )?more {_THINGS}\W*|\W*(?:and|\+) ?\d[\d,.]* more\W*",
    re.IGNORECASE,
)
_PAGE = re.compile(
    rf"\W*+(?:(?:showing|displaying|{_THINGS})\b.{{0,40}}?\b|(?:[\d,.]+ ?(?:-|\u2013|to) ?)?(?=.*{_THINGS}))"
    rf"(?P<shown>[\d,.]+) (?:{_THINGS} )?\(?(?:out )?of (?P<found>[\d,.]+)\)?(?: {_THINGS})?(?: (?:are )?shown)?\W*",
    re.IGNORECASE,
)
_WITHIN = re.compile(rb"\[(?:truncated|snip(?:ped)?|\.\.\.|\xe2\x80\xa6)[^\]\n]{0,40}\]\s*$", re.IGNORECASE)
# what rsyslog, syslog-ng and journald write in the place of messages that they did not take
_NOT_TAKEN = re.compile(
    rb"\b\d+ messages lost due to rate-limiting|begin to drop messages due to rate-limiting|: suppressed \d+ messages "
    rb"|queue full, dropping messages?\b",
    re.IGNORECASE,
)
# the log may be in what is attached to a mail
_ATTACHED = re.compile(rb"Content-Transfer-Encoding:\s*base64\s*", re.IGNORECASE)
_PAGER = re.compile(r"[<(-]{1,4} ?-{0,3} ?more ?-{0,3} ?[->)]{1,4}", re.IGNORECASE)
_PROMPT = re.compile(r"[\w./()-]{1,80}[#>]")


def says_so(line: bytes) -> bool:
    """Whether a line says that others were left out."""
    if ANY_TAG_IN_BYTES.search(line):
        return _WITHIN.search(line) is not None
    if _NOT_TAKEN.search(line) or _ATTACHED.fullmatch(line):
        return True
    text = decoded(line[: _LONGEST + 1]).strip()
    if not text or len(text) > _LONGEST or text[0] in "\"'{" or begins_message(text) or _PAGER.fullmatch(text):
        return False
    if page := _PAGE.fullmatch(text):
        return page["shown"] != page["found"]
    return _MARK.fullmatch(text) is not None


def stops_at_a_pager(end: bytes) -> bool:
    """Whether what a text ends with is a pager that waits, and that nobody answered but to leave it."""
    lines = [decoded(line).replace("\b", "").strip() for line in end.replace(b"\r", b"\n").split(b"\n")]
    lines = [line for line in lines if line]
    while lines and _PROMPT.match(lines[-1]) and not _PAGER.fullmatch(lines[-1]):
        lines.pop()
    return bool(lines) and _PAGER.fullmatch(lines[-1].removesuffix("q").strip()) is not None


class Watch:
    """Looks at a text on its way."""

    def __init__(self) -> None:
        self.shortened = False
        """It says that something was left out."""
        self._size = 0
        self._rest = b""

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks."""
        for chunk in chunks:
            self._see(chunk)
            yield chunk
        self.end(self._rest)

    def end(self, last: bytes) -> None:
        """Looks at what a text ends with."""
        self._look(last)
        self.shortened |= stops_at_a_pager(last[-END:])

    def _see(self, chunk: bytes) -> None:
        if self._size > WHOLE:
            self._rest = (self._rest + chunk)[-END:] if len(chunk) < END else chunk[-END:]
            return
        self._size += len(chunk)
        seen = self._rest + chunk
        cut = max(seen.rfind(b"\n", 0, max(len(seen) - END, 0)) + 1, len(seen) - (END << 1), 0)
        self._look(seen[:cut])
        self._rest = seen[cut:]

    def _look(self, text: bytes) -> None:
        if self.shortened:
            return
        lower = text.lower()
        for word in _WORDS:
            at = lower.find(word)
            while at >= 0 and not self.shortened:
                begin, end = lower.rfind(b"\n", 0, at) + 1, lower.find(b"\n", at)
                end = len(text) if end < 0 else end
                self.shortened = says_so(text[begin:end])
                at = lower.find(word, end)
