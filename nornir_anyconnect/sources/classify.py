"""What a text is, told by its content and never by its name: one row per kind, the first that fits decides."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.evidence.clients.openconnect import is_connect_answer
from nornir_anyconnect.evidence.clients.registry import client_log_of
from nornir_anyconnect.evidence.device_output.debug_transcript import is_debug_transcript
from nornir_anyconnect.evidence.device_output.saved_output import is_show_output
from nornir_anyconnect.evidence.probe import is_probes
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG
from nornir_anyconnect.plain_text import decoded, is_binary

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.evidence.clients.client_log import ClientLogForm
    from nornir_anyconnect.evidence.exports.records import Export


class Role(enum.Enum):
    """What is done with a text."""

    SYSLOG = "syslog"
    """Lines of messages."""
    EXPORT = "export"
    """Records with messages in them."""
    CLIENT_LOG = "client log"
    CONNECT_ANSWER = "OpenConnect log"
    """The box's own pair of MTUs."""
    DEBUG = "debug webvpn transcript"
    RADIUS = "RADIUS users file"
    """What a server hands to users."""
    PROBE = "probe"
    """What head-ends answered to ``probe``."""
    DEVICE_TEXT = "output of a device"
    """A configuration, saved show outputs, or both in one."""
    NOTHING = "nothing"
    """Nobody can use it, as far as its beginning tells."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a text is.

    Args:
        role: what is done with it.
        read_as: as people call it.
        export: reads it, where it is an export.
        client_log: its form, where it is a client's log.

    """

    role: Role
    read_as: str
    export: Export | None = None
    client_log: ClientLogForm | None = None


class _Row(NamedTuple):
    name: str
    tell: Callable[[bytes, str], Kind | bool]
    """The kind itself, or whether it is that of ``role`` and ``name``."""
    role: Role = Role.NOTHING


# what an engineer puts before the lines of a mail or a ticket
_BEFORE = r"^[ \t]*(?:(?:>|\||\d{1,6}[.:)]?(?=[ \t])|[-*])[ \t]*){0,3}(?:[\w.-]{1,63}(?:/[\w./-]{1,80})?\([\w-]+\)# ?)?"
_CONFIG_LINE = re.compile(
    _BEFORE + r"(?:: Saved|(?:ASA|NGFW|PIX) Version \d|hostname \S|(?:group-policy|tunnel-group) \S.* \S|webvpn\b|"
    r"ssl (?:cipher|encryption|server-version) |sysopt connection |anyconnect (?:mtu|ssl|enable|image) ?|"
    r"svc (?:mtu|dtls|enable)|vpn-tunnel-protocol |default-group-policy |interface [A-Z]|nameif |access-list \S|"
    r"enable password |passwd |names$|Cryptochecksum:)",
    re.MULTILINE,
)
_ENOUGH = 2
_KEYWORDS = re.compile(
    r"\b(?:tunnel-group|group-policy|webvpn|anyconnect|vpn-sessiondb|mp-svc-no-fragment|svc mtu|X-CSTP|722\d{3}|"
    r"(?:TCP|UDP) SVC connection|parent session started|assigned to session|Transmitting large packet)\b",
    re.IGNORECASE,
)
_MANY_KEYWORDS = 5


def may_be_configuration(text: str) -> bool:
    """Whether a text has lines of an ASA's configuration, quoted or numbered as a whole or not."""
    return sum(1 for _ in zip(_CONFIG_LINE.finditer(text), range(_ENOUGH), strict=False)) >= _ENOUGH


def speaks_of_an_asa(text: str) -> bool:
    """Whether somebody may have meant a text as evidence that nobody can use: it is full of an ASA's words."""
    found = {each[0].lower() for each in _KEYWORDS.finditer(text)}
    return len(found) >= _ENOUGH and sum(1 for _ in _KEYWORDS.finditer(text)) >= _MANY_KEYWORDS


def _export(start: bytes, _text: str) -> Kind | bool:
    from nornir_anyconnect.evidence.exports.registry import export_of  # noqa: PLC0415 - a configuration needs no exports

    export = export_of(start)
    return Kind(Role.EXPORT, export.read_as, export=export) if export else False


# not "svc-" alone: the tag of a message may name its class; nor the vendor's number alone: a log is full of numbers
_MAY_BE_RADIUS = re.compile(r"svc-mtu|svc-dtls|(?:attr-26\.|vendor-)3076", re.IGNORECASE)


def _of_radius(text: str) -> bool:
    if not _MAY_BE_RADIUS.search(text):
        return False
    from nornir_anyconnect.asa.radius import hands_out_settings  # noqa: PLC0415 - few texts are, and it loads much

    return hands_out_settings(text)


def _client_log(_start: bytes, text: str) -> Kind | bool:
    form = client_log_of(text)
    return Kind(Role.CLIENT_LOG, form.name, client_log=form) if form else False


TABLE = (
    _Row("probe", lambda _, text: is_probes(text), Role.PROBE),
    _Row("binary", lambda _, text: is_binary(text)),
    _Row("running-config", lambda _, text: may_be_configuration(text), Role.DEVICE_TEXT),
    _Row("debug webvpn transcript", lambda _, text: is_debug_transcript(text), Role.DEBUG),
    _Row("OpenConnect log", lambda _, text: is_connect_answer(text), Role.CONNECT_ANSWER),
    _Row("RADIUS users file", lambda _, text: _of_radius(text), Role.RADIUS),
    _Row("export", _export),
    _Row("output of a device", lambda _, text: is_show_output(text), Role.DEVICE_TEXT),
    _Row("syslog", lambda _, text: ANY_TAG.search(text) is not None, Role.SYSLOG),
    _Row("client log", _client_log),
)
"""The kinds of texts, in the order in which they are tried."""


def classify(start: bytes) -> Kind:
    """What a text is that begins so.

    Args:
        start: its first bytes, 64 KiB of them where there are so many, unpacked.

    """
    text = decoded(start)
    for row in TABLE:
        told = row.tell(start, text)
        if isinstance(told, Kind):
            return told
        if told:
            return Kind(row.role, row.name)
    return Kind(Role.NOTHING, "")
