"""ASA syslog -> events: the messages that tell of the reconnect, in every header form, matched by id alone.

Lines without a wanted id cost one pass of a bytes regex; only candidates are decoded. The first message tag of a line
is its id: a tag quoted later on, in a command or a user name, is text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence.plain_text import decoded, harmless
from nornir_anyconnect.evidence.syslog_header import UNNAMED, HeaderReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, tzinfo

MAX_LINE = 2048
"""Longer lines are read up to here (bytes)."""
_MAX_REST = 1 << 20
_FOLLOWING = 256
SAMPLE = 20
"""How many unreadable lines are kept to be shown."""

WANTED = rb"722(?:011|02[238]|03[2-7]|043|051)|602101|1130[13]9|71605[89]|7250(?:01|02|12)"
# the leading literal makes the search skip from dash to dash: several times faster than starting with the digits
_CANDIDATE = re.compile(rb"-(?:" + WANTED + rb")(?![0-9])")
_TAG = re.compile(rb"(?:%|\b)(?:ASA|FTD|PIX)-(?:[A-Za-z][\w-]{0,31}-)?[0-7]-(\d{6})(?::|(?=\s))[ \t]*")
_WANTED_ID = re.compile(WANTED)

_ADDRESS = r"(<[^<>]*>|[^\s<>]+)"
# A name may hold "> IP <1.2.3.4> ...": where the rest of the line is the device's own words, the last address counts
_WHO = r"Group (.*?)(?: User(?: (.*))?)? IP " + _ADDRESS + " +"
# ... and where the rest is the client's words, the first
_WHO_FIRST = r"Group (.*?)(?: User(?: (.*?))?)? IP " + _ADDRESS + " +"
_CONNECTION = r"(?:(TCP|UDP) )?.{0,40}?connection"
_DISCONNECTED = r"(?: Session Type: ([^,]*))?(?:, Duration: ([^,]*))?(?:.*?, Reason: (.*))?"
_FLOW = r"dest_addr ?= ?([^,\s]+),? ?src_addr ?= ?([^,\s]+),? ?prot ?= ?([^,\s]+)"
_PEER = r"\w+ ([^:\s]+): ?([0-9A-Fa-f:.]+)/(\d{1,5})"


# a log says the same few names over and over
@lru_cache(maxsize=8192)
def _inner(text: str | None) -> str:
    text = (text or "").strip()
    if text[:1] == "<" and text[-1:] == ">":
        text = text[1:-1]
    return harmless(text)


@lru_cache(maxsize=8192)
def _address(text: str | None) -> str:
    return _inner(text).rstrip(",.").lower()


def _assigned(text: str | None) -> str | None:
    address = _address(text)
    return None if address in {"", "::", "0.0.0.0"} else address  # noqa: S104 - the ASA's word for "none given"


def _who(found: re.Match[str]) -> tuple[str, str, str]:
    return _inner(found[1]), _inner(found[2]), _address(found[3])


_Head = tuple[str, "datetime | None", str]
_Maker = Callable[[_Head, re.Match[str], int], ev.Event]
_DURATION = re.compile(r"(\d{1,6})([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def _duration(text: str | None) -> int | None:
    parts = _DURATION.findall(text or "")
    return sum(int(n) * _SECONDS[unit] for n, unit in parts) if parts else None


def _handshake(head: _Head, m: re.Match[str], _: int) -> ev.Event:
    return ev.Handshake(*head, m[2].lower(), int(m[3]), harmless(m[4] or "", 16), head[0] == "725002")


# one row per message: what follows the id, and how it becomes an event
_BODIES: dict[str, tuple[str, _Maker]] = {
    "722036": (
        _WHO + r"Transmitting large packet (\d{1,6}) \(?threshold (\d{1,6})",
        lambda h, m, n: ev.LargePacketSent(*h, *_who(m), int(m[4]), int(m[5]), n),
    ),
    "722035": (
        _WHO + r"Received large packet (\d{1,6}) \(?threshold (\d{1,6})",
        lambda h, m, n: ev.LargePacketReceived(*h, *_who(m), int(m[4]), int(m[5]), n),
    ),
    "722032": (_WHO + "New " + _CONNECTION, lambda h, m, _: ev.NewConnection(*h, *_who(m), m[4] or "")),
    "722033": (_WHO + "First " + _CONNECTION, lambda h, m, _: ev.NewConnection(*h, *_who(m), m[4] or "")),
    "722034": (_WHO + "New " + _CONNECTION, lambda h, m, _: ev.NewConnection(*h, *_who(m), m[4] or "")),
    "722022": (
        _WHO + _CONNECTION + " established(?: (with|without) compression)?",
        lambda h, m, _: ev.ConnectionState(*h, *_who(m), m[4] or "", established=True, compression=m[5] == "with"),
    ),
    "722023": (
        _WHO + _CONNECTION + " terminated(?: (with|without) compression)?",
        lambda h, m, _: ev.ConnectionState(*h, *_who(m), m[4] or "", established=False, compression=m[5] == "with"),
    ),
    "722028": (_WHO + "Stale .{0,40}?connection closed", lambda h, m, _: ev.StaleConnectionClosed(*h, *_who(m))),
    "722037": (
        _WHO_FIRST + ".{0,40}?closing connection: ?(.*)",
        lambda h, m, _: ev.ConnectionClosing(*h, *_who(m), harmless(m[4].rstrip(" ."))),
    ),
    "722043": (
        _WHO + "DTLS disabled:? ?(.*)",
        lambda h, m, _: ev.DtlsDisabled(*h, *_who(m), harmless(m[4].rstrip(" ."))),
    ),
    "722051": (
        _WHO + f"(?:(?:IPv4 )?[Aa]ddress {_ADDRESS})?(?: ?IPv6 [Aa]ddress {_ADDRESS})?(?: ?assigned to session|$)",
        lambda h, m, _: ev.AddressAssigned(*h, *_who(m), *_families(_assigned(m[4]), _assigned(m[5]))),
    ),
    "722011": (
        _WHO_FIRST + ".{0,40}?Message: ?(.*)",
        lambda h, m, _: ev.ClientMessage(*h, *_who(m), harmless(m[4])),
    ),
    "716058": (_WHO + ".{0,40}?lost connection", lambda h, m, _: ev.SessionLost(*h, *_who(m))),
    "716059": (_WHO + ".{0,40}?resumed", lambda h, m, _: ev.SessionResumed(*h, *_who(m))),
    "113039": (_WHO + ".{0,40}?session started", lambda h, m, _: ev.SessionStarted(*h, *_who(m))),
    "113019": (
        r"Group = (.*?), ?(?:Username = (.*), )?IP = ([^,\s]*), ?Session disconnected\.?" + _DISCONNECTED,
        lambda h, m, _: ev.SessionEnded(
            *h, *_who(m), harmless(m[4] or ""), _duration(m[5]), harmless((m[6] or "").rstrip())
        ),
    ),
    "602101": (
        r"PMTU-D packet (\d{1,6}) bytes greater than effective mtu (\d{1,6}),? ?" + _FLOW,
        lambda h, m, n: ev.PathMtuExceeded(
            *h, int(m[1]), int(m[2]), _address(m[3]), _address(m[4]), harmless(m[5], 16).upper(), n
        ),
    ),
    "725001": (f"Starting SSL handshake with {_PEER}(?: to \\S+)?(?: for (\\S+) session)?", _handshake),
    "725002": (f"Device completed SSL handshake with {_PEER}(?: to \\S+)?(?: for (\\S+) session)?", _handshake),
    "725012": (
        f"Device chooses cipher ?:? ?(\\S+) for the SSL session with {_PEER}",
        lambda h, m, _: ev.CipherChosen(*h, m[3].lower(), int(m[4]), harmless(m[1], 64)),
    ),
}
_READERS = {message: (re.compile(pattern).match, make) for message, (pattern, make) in _BODIES.items()}


def _families(first: str | None, second: str | None) -> tuple[str | None, str | None]:
    # a bare "Address <x>" may hold either family
    return (None, first) if second is None and first and ":" in first else (first, second)


def scan(buffer: bytes, begin: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where the lines that may hold a wanted message begin and end, as offsets into ``buffer``.

    Args:
        buffer: lines.
        begin: offset of the first line.
        end: offset behind the last line; default the whole buffer.

    """
    search, position, last = _CANDIDATE.search, begin, len(buffer) if end is None else end
    while found := search(buffer, position, last):
        start = buffer.rfind(b"\n", begin, found.start())
        position = buffer.find(b"\n", found.end(), last)
        if position < 0:
            position = last
        yield (start + 1 if start >= 0 else begin), position


class SyslogReader:
    """Reads the lines of one stream, and counts what it met.

    Args:
        device: the device of lines that name none.
        year: the year of stamps without one, for the first of them; inferred where it is not given.
        tz: the zone of stamps that name none.
        reference: when the lines were written at the latest, to infer years from; default now.

    """

    def __init__(
        self, *, device: str = UNNAMED, year: int | None = None, tz: tzinfo = UTC, reference: datetime | None = None
    ) -> None:
        self._header = HeaderReader(device=device, year=year, tz=tz, reference=reference)
        self.lines = 0
        """Lines met, wanted or not."""
        self.counts: Counter[str] = Counter()
        """Lines read, by message id."""
        self.unreadable = 0
        """Lines that carry a wanted id and could not be read."""
        self.unreadable_sample: list[str] = []

    def read_line(self, line: str | bytes) -> ev.Event | None:
        """The event of one line; None where it holds no wanted message, or an unreadable one, which is counted."""
        raw = line.encode(errors="replace") if isinstance(line, str) else line
        self.lines += 1
        return self._read(raw)

    def read(self, chunks: Iterable[bytes]) -> Iterator[ev.Event]:
        """The events of a stream that is cut into chunks anywhere; memory is bounded by the chunk's size."""
        rest = b""
        for chunk in chunks:
            # only the line that a cut divides is put together: the rest of a chunk is read where it lies
            head, tail = chunk.find(b"\n") + 1, chunk.rfind(b"\n") + 1
            if not tail:
                rest = (rest + chunk)[:_MAX_REST]
                continue
            if rest:
                yield from self._read_lines(rest + chunk[: head + _FOLLOWING], 0, len(rest) + head)
            yield from self._read_lines(chunk, head if rest else 0, tail)
            rest = chunk[tail:]
        if rest:
            self.lines += 1
            yield from self._read_lines(rest)

    def _read_lines(self, buffer: bytes, begin: int = 0, end: int | None = None) -> Iterator[ev.Event]:
        self.lines += buffer.count(b"\n", begin, end)
        for start, stop in scan(buffer, begin, end):
            event = self._read(buffer[start : min(stop, start + MAX_LINE)], buffer[stop + 1 : stop + 1 + _FOLLOWING])
            if event is not None:
                yield event

    def _read(self, raw: bytes, following: bytes = b"") -> ev.Event | None:
        raw = raw[:MAX_LINE]
        tag = _TAG.search(raw)
        if tag is None or not _WANTED_ID.fullmatch(tag[1]):
            return None
        message = tag[1].decode()
        match, make = _READERS[message]
        body = decoded(raw[tag.end() :]).rstrip("\r\n")
        found = match(body) or self._wrapped(match, body, following)
        if found is None:
            self.unreadable += 1
            if len(self.unreadable_sample) < SAMPLE:
                self.unreadable_sample.append(harmless(decoded(raw.rstrip())))
            return None
        self.counts[message] += 1
        time, device, count = self._header.read(raw[: tag.start()])
        return make((message, time, device), found, count)

    @staticmethod
    def _wrapped(match: Callable[[str], re.Match[str] | None], body: str, following: bytes) -> re.Match[str] | None:
        # a line pasted from a terminal or a document goes on in the next one, which then has no message of its own
        following = following.partition(b"\n")[0]
        if not following or _TAG.search(following):
            return None
        rest = decoded(following).strip()
        return match(f"{body.rstrip()} {rest}") or match(body + rest)
