"""What follows the id of each wanted message, and the event it becomes: one row per message.

Source: Cisco ASA Series Syslog Messages. A message that was cut does not match: its fields would be empty or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence.plain_text import harmless

if TYPE_CHECKING:
    from datetime import datetime

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


Head = tuple[str, "datetime | None", str]
"""Id, time and device."""
_Maker = Callable[[Head, re.Match[str], int], ev.Event]
_DURATION = re.compile(r"(\d{1,6})([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def _duration(text: str | None) -> int | None:
    parts = _DURATION.findall(text or "")
    return sum(int(n) * _SECONDS[unit] for n, unit in parts) if parts else None


def _handshake(head: Head, m: re.Match[str], _: int) -> ev.Event:
    return ev.Handshake(*head, m[2].lower(), int(m[3]), harmless(m[4] or "", 16), head[0] == "725002")


def _families(first: str | None, second: str | None) -> tuple[str | None, str | None]:
    # a bare "Address <x>" may hold either family
    return (None, first) if second is None and first and ":" in first else (first, second)


# compiled where it is needed: few logs hold all messages, and hardly any names without <>
@lru_cache(maxsize=64)
def _matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern).match


class Message(NamedTuple):
    """How one message is read."""

    patterns: tuple[str, ...]
    """The first that matches counts; groups 1 to 3 say who, where the message is about a user."""
    make: _Maker
    words: bool
    """It ends in words that are not the device's, or whose end nobody can tell."""

    def match(self, body: str) -> re.Match[str] | None:
        """The fields of the text behind the tag; None where it is cut or something else."""
        for pattern in self.patterns:
            if found := _matcher(pattern)(body):
                return found
        return None

    def fields(self, found: re.Match[str]) -> tuple[str | None, ...]:
        """What must be right: free text at the end is for people alone."""
        return found.groups()[:3] if self.words else found.groups()


def _user(rest: str, make: _Maker, *, user: str = _LAST, words: bool = False) -> Message:
    forms = (form.replace("{user}", user) + rest for form in (_IN_BRACKETS, _BARE))
    return Message(tuple(forms), make, words)


def _other(pattern: str, make: _Maker, *, words: bool = False) -> Message:
    return Message((pattern,), make, words)


MESSAGES: dict[str, Message] = {
    "722036": _user(
        "Transmitting " + _SIZES,
        lambda h, m, n: ev.LargePacketSent(*h, *_who(m), int(m[4]), int(m[6]), n),
    ),
    "722035": _user(
        "Received " + _SIZES,
        lambda h, m, n: ev.LargePacketReceived(*h, *_who(m), int(m[4]), int(m[6]), n),
    ),
    "722032": _user(
        "New " + _CONNECTION + r"\b(?: replacing old connection\.?)?",
        lambda h, m, _: ev.NewConnection(*h, *_who(m), m[4] or ""),
    ),
    "722033": _user(
        "First " + _CONNECTION + r"\b(?: established for \w+ session\.?)?",
        lambda h, m, _: ev.NewConnection(*h, *_who(m), m[4] or ""),
    ),
    "722034": _user(
        "New " + _CONNECTION + r"\b(?:, no existing connection\.?)?",
        lambda h, m, _: ev.NewConnection(*h, *_who(m), m[4] or ""),
    ),
    "722022": _user(
        _CONNECTION + " established" + _COMPRESSION,
        lambda h, m, _: ev.ConnectionState(*h, *_who(m), m[4] or "", established=True, compression=m[5] == "with"),
    ),
    "722023": _user(
        _CONNECTION + " terminated" + _COMPRESSION,
        lambda h, m, _: ev.ConnectionState(*h, *_who(m), m[4] or "", established=False, compression=m[5] == "with"),
    ),
    "722028": _user(
        r"Stale .{0,40}?connection closed\b\.?",
        lambda h, m, _: ev.StaleConnectionClosed(*h, *_who(m)),
    ),
    "722037": _user(
        ".{0,40}?closing connection: ?(.*)",
        lambda h, m, _: ev.ConnectionClosing(*h, *_who(m), harmless(m[4].rstrip(" ."))),
        user=_FIRST,
        words=True,
    ),
    "722043": _user(
        "DTLS disabled:? ?(.*)",
        lambda h, m, _: ev.DtlsDisabled(*h, *_who(m), harmless(m[4].rstrip(" ."))),
        words=True,
    ),
    "722051": _user(
        f"(?:(?:IPv4 )?[Aa]ddress {_ADDRESS})?(?: ?IPv6 [Aa]ddress {_ADDRESS})? ?assigned to session\\b\\.?",
        lambda h, m, _: ev.AddressAssigned(*h, *_who(m), *_families(_assigned(m[4]), _assigned(m[5]))),
    ),
    "722011": _user(
        ".{0,40}?Message: ?(.*)",
        lambda h, m, _: ev.ClientMessage(*h, *_who(m), harmless(m[4])),
        user=_FIRST,
        words=True,
    ),
    "716058": _user(
        r".{0,40}?lost connection\b\.?(?: Waiting to resume\b\.?)?",
        lambda h, m, _: ev.SessionLost(*h, *_who(m)),
    ),
    "716059": _user(
        r".{0,40}?resumed\b\.?(?: [Cc]onnection from (?:IP )?<?[0-9A-Fa-f:.]*>*[ .]*)?",
        lambda h, m, _: ev.SessionResumed(*h, *_who(m)),
    ),
    "113039": _user(
        r".{0,40}?session started\b\.?",
        lambda h, m, _: ev.SessionStarted(*h, *_who(m)),
    ),
    "113019": _other(
        r"Group = (.*?), ?(?:Username = (.*), )?IP = ([^,\s]*), ?Session disconnected\.?" + _DISCONNECTED,
        lambda h, m, _: ev.SessionEnded(*h, *_who(m), harmless(m[4]), _duration(m[5]), harmless(m[6].rstrip())),
        words=True,
    ),
    "602101": _other(
        r"PMTU-D packet (\d{1,6}) bytes greater than effective mtu (\d{1,6}),? ?" + _FLOW,
        lambda h, m, n: ev.PathMtuExceeded(
            *h, int(m[1]), int(m[2]), _address(m[3]), _address(m[4]), harmless(m[5], 16).upper(), n
        ),
    ),
    "725001": _other(f"Starting SSL handshake with {_PEER}(?: to \\S+)? for (\\S+) session\\b\\.?", _handshake),
    "725002": _other(
        f"Device completed SSL handshake with {_PEER}(?:(?: to \\S+)? for (\\S+) session\\b\\.?|{_END})", _handshake
    ),
    "725012": _other(
        f"Device chooses cipher ?:? ?(\\S+) for the SSL session with {_PEER}(?: to \\S+)?",
        lambda h, m, _: ev.CipherChosen(*h, m[3].lower(), int(m[4]), harmless(m[1], 64)),
    ),
}
