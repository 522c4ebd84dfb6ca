"""The messages that tell of the reconnect: one row each. Every pattern that looks for a message is derived from here.

A row says what follows the id, which event it becomes, and in which order it is read within one second. Source: Cisco
ASA Series Syslog Messages. A message that was cut does not match: its fields would be empty or wrong.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence.syslog.stamps import duration, from_microseconds
from nornir_anyconnect.plain_text import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# names stand in <>; where they do, a name may hold anything, " User " and " IP " included, and no blank need divide
_ADDRESS = r"(<[^<>\s]*>|[^\s<>]+)"
_BARE_ADDRESS = r"(<[^<>\s]*>|\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]+(?:%\w+)?)"
_IN_BRACKETS = r"Group *<(.*?)>(?: *User(?=[ <]) *(<{user}>|[^<>\s]*))? *IP(?=[ <]) *" + _ADDRESS + " *"
# without them only an address shows where the names end: a group may be called "VPN IP Phones"
_BARE = (
    r"Group ((?:(?! IP " + _BARE_ADDRESS.replace("(<", "(?:<", 1) + r" ).)*?)(?: User(?: ({user}))?)? +IP +"
    + _BARE_ADDRESS + " +"
)  # fmt: skip
# a user may be called "x> IP <1.2.3.4> ...": where the device's own words follow, the last address counts,
# where the client's words follow, the first
_LAST, _FIRST = ".*", ".*?"

_CONNECTION = r"(?:(TCP|UDP) |(?!TCP|UDP)).{0,40}?connection"
_COMPRESSION = r" (with|without) compression\b"
_SIZES = r"large packet (\d{1,6}) +(?P<open>\()?threshold (\d{1,6})\b(?(open)\))\.?"
_DISCONNECTED = r" Session Type: ([^,]*), Duration: ([^,]*),.*?,? ?Reason: ?(.*)"
_FLOW = r"dest_addr ?= ?([^,\s]+),? ?src_addr ?= ?([^,\s]+),? ?prot ?= ?([^,\s]+)"
_PEER = r"\w+ ([^:\s]+): ?([0-9A-Fa-f:.]+)/(\d{1,5})\b"
_END = r"[.\s]*$"
# why a session ended (113019): the last words of such a message that are the device's own. Source: syslog guide
_LAST_WORDS = (
    "User Requested", "Idle Timeout", "Max time exceeded", "Administrator Reset", "Lost Service", "Port Preempted",
    "Connection Preempted", "Port Error", "Peer Reconnected", "Administrator Shutdown", "Authorization failed",
)  # fmt: skip

_PRODUCTS = "ASA|FTD|PIX"
_CLASS = r"(?:[A-Za-z][\w-]{0,31}-)?"
TAG = rf"(?:%|\b)(?:{_PRODUCTS})-{_CLASS}(?P<level>[0-7])-(?P<id>\d{{6}})"
"""What begins every message, as a pattern: product, class, level and id."""
ANY_TAG = re.compile(TAG)
ANY_TAG_IN_BYTES = re.compile(rf"{TAG}(?=[:\s]|\[\d)".encode())
BEGINS_BODY = r"(?:\[\d{1,7}\])?(?::|(?=\s))[ \t]*"
"""What follows a tag."""
BROKEN_TAG = rf"(?:%|\b)(?:{_PRODUCTS})-\n?(?:[A-Za-z][\w-]{{0,31}}-\n?)?(?P<level>[0-7])-\n?(?P<id>\d(?:\n?\d){{5}})"
"""The same where the end of a line may stand in it."""
_END_OF_PRODUCT = "|".join(f"{name[0]}?{name[1]}?{name[2]}" for name in _PRODUCTS.split("|"))
END_OF_TAG = rf"(?:{_END_OF_PRODUCT})?-?(?:\w+-)?[0-7]?-?(?P<id>\d{{6}})"
"""What is left of a tag whose beginning stands in the line before."""
PRODUCT = rf"(?:{_PRODUCTS})-"
"""How a tag begins, behind its percent sign."""
MARK = re.compile(f"-(?<={PRODUCT})".encode())
"""The end of PRODUCT, without which there is no tag: found from dash to dash, of which a text has few."""
START_OF_TAG = rf"%?{PRODUCT}{_CLASS}[0-7]-\d"
"""As much of a tag as is told from anything else."""


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


def who_of(found: re.Match[str]) -> tuple[str, str, str]:
    """Group, user and address, as groups 1 to 3 of a match hold them."""
    group, user, address = found.group(1, 2, 3)
    return _inner(group), _inner(user), _address(address)


def _families(m: re.Match[str]) -> tuple[str | None, str | None]:
    first, second = _assigned(m[4]), _assigned(m[5])
    # a bare "Address <x>" may hold either family
    return (None, first) if second is None and first and ":" in first else (first, second)


# compiled where it is needed: few logs hold all messages, and hardly any names without <>
@lru_cache(maxsize=64)
def _matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern).match


class Message(NamedTuple):
    """How one message is read: a row of the table."""

    patterns: tuple[str, ...]
    """The first that matches counts; groups 1 to 3 say who, where the message is about a user."""
    event: type[ev.Event]
    fields: Callable[[re.Match[str]], tuple[Any, ...]]
    """The event's fields behind id, time and device, out of a match."""
    rank: int
    """The order within one second, which is as fine as most stamps are: a cause comes before what follows from it."""
    rank_of_udp: int
    """The same where the message tells of a UDP connection."""
    words: bool
    """It ends in words that are not the device's, or whose end nobody can tell."""
    once: bool
    """The same line can occur only once: what stands twice was written twice."""

    @property
    def counted(self) -> bool:
        """Whether each copy of the message counts."""
        return issubclass(self.event, ev.COUNTED)

    def match(self, body: str) -> re.Match[str] | None:
        """The fields of the text behind the tag; None where it is cut or something else."""
        for pattern in self.patterns:
            if found := _matcher(pattern)(body):
                return found
        return None

    def is_whole(self, body: str) -> bool:
        """Whether a text is all of the message: it would not match with one character less, or ends as it does."""
        if self.match(body) is None:
            return False
        if self.words:
            return body.endswith(_LAST_WORDS)
        if body.endswith("connection"):  # mostly there is more
            return False
        return body.endswith(".") or self.match(body[:-1]) is None

    def certain(self, found: re.Match[str]) -> tuple[str | None, ...]:
        """What must be right: free text at the end is for people alone."""
        return found.groups()[:3] if self.words else found.groups()


def about_user(
    rest: str,
    event: type[ev.UserEvent],
    *more: Callable[[re.Match[str]], Any],
    rank: int,
    udp: int | None = None,
    user: str = _LAST,
    words: bool = False,
    once: bool = False,
) -> Message:
    """A row of a message about a user; ``more`` makes the fields behind who it is."""
    forms = tuple(form.replace("{user}", user) + rest for form in (_IN_BRACKETS, _BARE))
    fields: Callable[[re.Match[str]], tuple[Any, ...]]
    if len(more) == 1:  # the usual number, without a loop: it runs for every message
        (one,) = more
        fields = lambda m: (*who_of(m), one(m))  # noqa: E731 - two of a kind
    else:
        fields = lambda m: (*who_of(m), *[each(m) for each in more])  # noqa: E731
    return Message(forms, event, fields, rank, rank if udp is None else udp, words, once)


def about_anything(
    pattern: str,
    event: type[ev.Event],
    fields: Callable[[re.Match[str]], tuple[Any, ...]],
    *,
    rank: int,
    words: bool = False,
) -> Message:
    """A row of a message that begins otherwise; ``fields`` makes all of the event's."""
    return Message((pattern,), event, fields, rank, rank, words, once=False)


def _protocol(m: re.Match[str]) -> str:
    return m[4] or ""


def _size(m: re.Match[str]) -> int:
    return int(m[4])


def _threshold(m: re.Match[str]) -> int:
    return int(m[6])


def _reason(m: re.Match[str]) -> str:
    return harmless(m[4].rstrip(" ."))


def _handshake(*, completed: bool) -> Callable[[re.Match[str]], tuple[Any, ...]]:
    return lambda m: (m[2].lower(), int(m[3]), harmless(m[4] or "", 16), completed)


MESSAGES: dict[str, Message] = {
    "722036": about_user("Transmitting " + _SIZES, ev.LargePacketSent, _size, _threshold, rank=3),
    "722035": about_user("Received " + _SIZES, ev.LargePacketReceived, _size, _threshold, rank=3),
    "722032": about_user(
        "New " + _CONNECTION + r"\b(?: replacing old connection\.?)?", ev.NewConnection, _protocol, rank=5, udp=6
    ),
    "722033": about_user(
        "First " + _CONNECTION + r"\b(?: established for \w+ session\.?)?",
        ev.NewConnection, _protocol, rank=1, udp=6, once=True,
    ),
    "722034": about_user(
        "New " + _CONNECTION + r"\b(?:, no existing connection\.?)?", ev.NewConnection, _protocol, rank=5, udp=6
    ),
    "722022": about_user(
        _CONNECTION + " established" + _COMPRESSION,
        ev.ConnectionState, _protocol, lambda _: True, lambda m: m[5] == "with", rank=2, udp=6,
    ),
    "722023": about_user(
        _CONNECTION + " terminated" + _COMPRESSION,
        ev.ConnectionState, _protocol, lambda _: False, lambda m: m[5] == "with", rank=2,
    ),
    "722028": about_user(r"Stale .{0,40}?connection closed\b\.?", ev.StaleConnectionClosed, rank=2),
    "722037": about_user(
        ".{0,40}?closing connection: ?(.*)", ev.ConnectionClosing, _reason, rank=2, user=_FIRST, words=True
    ),
    "722043": about_user("DTLS disabled:? ?(.*)", ev.DtlsDisabled, _reason, rank=2, words=True),
    "722051": about_user(
        f"(?:(?:IPv4 )?[Aa]ddress {_ADDRESS})?(?: ?IPv6 [Aa]ddress {_ADDRESS})? ?assigned to session\\b\\.?",
        ev.AddressAssigned, lambda m: _families(m)[0], lambda m: _families(m)[1], rank=1, once=True,
    ),
    "722011": about_user(
        ".{0,40}?Message: ?(.*)", ev.ClientMessage, lambda m: harmless(m[4]), rank=2, user=_FIRST, words=True
    ),
    "716058": about_user(r".{0,40}?lost connection\b\.?(?: Waiting to resume\b\.?)?", ev.SessionLost, rank=2),
    "716059": about_user(
        r".{0,40}?resumed\b\.?(?: [Cc]onnection from (?:IP )?<?[0-9A-Fa-f:.]*>*[ .]*)?", ev.SessionResumed, rank=2
    ),
    "113039": about_user(r".{0,40}?session started\b\.?", ev.SessionStarted, rank=0),
    "113019": about_anything(
        r"Group = (.*?), ?(?:Username = (.*), )?IP = ([^,\s]*), ?Session disconnected\.?" + _DISCONNECTED,
        ev.SessionEnded, lambda m: (*who_of(m), harmless(m[4]), duration(m[5]), harmless(m[6].rstrip())),
        rank=0, words=True,
    ),
    "602101": about_anything(
        r"PMTU-D packet (\d{1,6}) bytes greater than effective mtu (\d{1,6}),? ?" + _FLOW,
        ev.PathMtuExceeded,
        lambda m: (int(m[1]), int(m[2]), _address(m[3]), _address(m[4]), harmless(m[5], 16).upper()), rank=3,
    ),
    "725001": about_anything(
        f"Starting SSL handshake with {_PEER}(?: to \\S+)? for (\\S+) session\\b\\.?",
        ev.Handshake, _handshake(completed=False), rank=2,
    ),
    "725002": about_anything(
        f"Device completed SSL handshake with {_PEER}(?:(?: to \\S+)? for (\\S+) session\\b\\.?|{_END})",
        ev.Handshake, _handshake(completed=True), rank=2,
    ),
    "725012": about_anything(
        f"Device chooses cipher ?:? ?(\\S+) for the SSL session with {_PEER}(?: to \\S+)?",
        ev.CipherChosen, lambda m: (m[3].lower(), int(m[4]), harmless(m[1], 64)), rank=2,
    ),
}  # fmt: skip


OPENINGS = frozenset({"113039", "722022", "722033", "722034", "722051"})
"""What an ASA logs where a session begins, at three levels."""
OF_EACH_SESSION = (frozenset({"722022"}), frozenset({"722033", "722034"}), frozenset({"722051"}))
"""Of them what every AnyConnect session over TLS brings: one of each set. A log that shows sessions begin without them
was searched for other messages, and need not hold 722036; one with them shows a reconnect as another 722022."""


class Record(NamedTuple):
    """One message as it was read: plain values, of which an event is made once its time and its turn are known."""

    message: str
    """Its id."""
    time: int | None
    """Microseconds since 1970, in UTC."""
    device: str
    fields: tuple[Any, ...]
    """The event's fields behind id, time and device; a counted message's count is not among them."""
    times: int = 1
    """How often its own line says that it occurred."""
    otherwise: int | None = None
    """Its time where the log's dates have the month first."""
    repeated_behind: int = 0
    """How often "last message repeated" says so in the line that follows in the file."""
    repeated_before: int = 0
    """The same in the line before, which is where a log puts it that begins with the newest line."""


class Catalogue:
    """The table, and the pattern that finds its messages in a log.

    Args:
        rows: by id.

    """

    def __init__(self, rows: Mapping[str, Message]) -> None:
        self.rows = rows
        ids = _alternatives(rows)
        self.wanted = ids
        """The ids as one pattern, for grep as for Python."""
        # the leading literal makes the search skip from dash to dash: several times faster than starting with the
        # digits; and branches that begin with one literal each are told apart by it, without trying them
        branches = ids[3:-1] if ids.startswith("(?:") else ids
        self.candidate = re.compile(rf"-(?:{branches}|\n(?:{ids})|\r\n(?:{ids}))(?![0-9])".encode())
        self._kinds = {message: (row.event, row.counted) for message, row in rows.items()}

    def rank(self, event: ev.Event) -> int:
        """The order of an event within its second."""
        row = self.rows[event.message]
        return row.rank_of_udp if getattr(event, "protocol", "") == "UDP" and row.rank_of_udp != row.rank else row.rank

    def event(self, message: str, time: int | None, device: str, fields: tuple[Any, ...], times: int = 1) -> ev.Event:
        """The typed value of a message, as in :class:`Record`, that stands for so many occurrences."""
        kind, counted = self._kinds[message]
        moment = None if time is None else from_microseconds(time)
        return kind(message, moment, device, *((*fields, times) if counted else fields))


def _alternatives(ids: Iterable[str]) -> str:
    """One pattern for all ids, in which no beginning is tried twice."""
    by_first: dict[str, list[str]] = {}
    for each in sorted(set(ids)):
        by_first.setdefault(each[:1], []).append(each[1:])
    if list(by_first) == [""]:
        return ""
    ends = [first for first, rests in by_first.items() if rests == [""]]
    branches = [f"[{''.join(ends)}]" if len(ends) > 1 else ends[0]] if ends else []
    for first, rests in by_first.items():
        if first not in ends:
            rest = _alternatives(rests)
            branches.append(first + rest)
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


ASA_MESSAGES = Catalogue(MESSAGES)
