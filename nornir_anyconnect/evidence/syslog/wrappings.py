"""What a whole text is wrapped in, taken off as it comes: a mail as it was sent, quoted lines, a page, colours.

The beginning of a text tells its wrapping; memory is bounded by the chunks, however long its lines are.
"""

from __future__ import annotations

import itertools
import re
from binascii import a2b_qp
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.syslog.messages import ANY_TAG_IN_BYTES
from nornir_anyconnect.plain_text import decoded
from nornir_anyconnect.plain_text import unescaped as plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_SOFT_BREAK = re.compile(rb"=\r?\n")
_SOFT_BREAKS = 3
_LONGEST = 1 << 20
_MOST = 5
_QUOTE = re.compile(rb"^[ \t]*>[> \t]*+(?!\Z)", re.MULTILINE)
_COLOUR = re.compile(rb"\x1b\[[0-9;?]{0,16}[A-Za-z]")
_TAG = re.compile(rb"<[/!?A-Za-z][^<>]{0,2000}>")
_CELL = re.compile(rb"</?(?:t[dh]|span|a|b|i|em|strong|code|font|mark|wbr)\b", re.IGNORECASE)
_NAMES = re.compile(rb"(?:Group|User|IP) ?<")
_RTF = re.compile(rb"\\'([0-9a-fA-F]{2})|\\(par|line)\b ?|\\([\\{}])|\\[a-z]{1,32}-?\d{0,10} ?|[{}]")
_ENTITY = re.compile(rb"&(?:amp;)?(?:[lg]t|nbsp|#6[02]|#x3[ce]);", re.IGNORECASE)
_PAGES_IN_PAGES = 2
_ESCAPED = re.compile(rb"(?:\\u003|\\x3|%3)([ceCE])")
# a line that a program wrote as a text between quotes, where a backslash stands twice
_LITERAL = re.compile(rb"[^\w\"']{0,8}b?([\"']).*\1[^\w\"']{0,4}$", re.DOTALL)


def unwrapped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same text without what it is wrapped in."""
    first = next(pieces, b"")
    if b"\r" in first and b"\n" not in first:
        # lines end as they did on old Macs, and as Excel still saves them
        return (each.replace(b"\r", b"\n") for each in itertools.chain((first,), pieces))
    if is_quoted_printable(first):
        pieces = _quoted_printable(itertools.chain((first,), pieces))
        first = next(pieces, b"")
    whole: Iterator[bytes] = itertools.chain((first,), pieces)
    if first.lstrip()[:5] == rb"{\rtf":
        whole = _rewritten(whole, b"\n", _without_rtf)
    elif is_page(first):
        whole = _rewritten(whole, b"<", lambda text: _TAG.sub(_apart, text))
    elif len(_QUOTE.findall(first)) * _MOST > first.count(b"\n") * (_MOST - 1):
        whole = _rewritten(whole, b"\n", lambda text: _QUOTE.sub(b"", text))
    if b"\x1b[" in first:
        whole = _rewritten(whole, b"\n", lambda text: _COLOUR.sub(b"", text))
    return whole


def is_quoted_printable(start: bytes) -> bool:
    """Whether lines are broken as in a mail that was saved as it was sent: behind a sign that says so."""
    broken = len(_SOFT_BREAK.findall(start))
    return broken >= _SOFT_BREAKS and broken * _SOFT_BREAKS > start.count(b"\n")


def is_page(start: bytes) -> bool:
    """Whether a text is a page: what stands in brackets is the page's, and the device's own are written otherwise."""
    if b"&lt;" not in start or _NAMES.search(start) or ANY_TAG_IN_BYTES.search(start) is None:
        return False
    return sum(1 for _ in zip(_TAG.finditer(start), range(_MOST), strict=False)) == _MOST or start.lstrip()[:1] == b"<"


def unescaped(raw: bytes) -> bytes:
    """The brackets around names as the device wrote them: pages and JSON write them otherwise."""
    for _ in range(_PAGES_IN_PAGES):
        if _ENTITY.search(raw) is None:
            break
        raw = plain(decoded(raw)).encode(errors="replace")
    if b"\xc2\xa0" in raw:
        raw = raw.replace(b"\xc2\xa0", b" ")
    if b"\\\\" in raw and _LITERAL.match(raw):
        raw = raw.replace(b"\\\\", b"\\")
    return _ESCAPED.sub(lambda found: b"<" if found[1] in b"cC" else b">", raw)


def _apart(tag: re.Match[bytes]) -> bytes:
    """What divides two lines, or the words of one; a tag within a word divides nothing."""
    if _CELL.match(tag[0]) is None:
        return b"\n"
    return b" " if tag[0][1:3].lower() in {b"td", b"th", b"/t"} else b""


def _without_rtf(text: bytes) -> bytes:
    def plain(word: re.Match[bytes]) -> bytes:
        if word[1]:
            return bytes.fromhex(word[1].decode()).decode("cp1252", "replace").encode()
        return b"\n" if word[2] else word[3] or b""

    return _RTF.sub(plain, text.replace(b"\\par\n", b"\\par ").replace(b"\\par\r\n", b"\\par "))


def _quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        raw = rest + chunk
        cut = raw.rfind(b"=", -_SOFT_BREAKS)  # what a sign begins may end in the next chunk
        rest = raw[cut:] if cut >= 0 else b""
        yield a2b_qp(raw[:cut] if cut >= 0 else raw)
    yield a2b_qp(rest)


def _rewritten(chunks: Iterable[bytes], before: bytes, rewrite: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """The same text rewritten, in pieces that end before a sign."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = rest.rfind(before)
        if cut <= 0 and len(rest) > _LONGEST:
            cut = len(rest)
        if cut > 0:
            yield rewrite(rest[:cut])
            rest = rest[cut:]
    yield rewrite(rest)
