"""What a syslog line says, as typed values; one class per kind of message.

Source: Cisco ASA Series Syslog Messages. Sizes are bytes; ``time`` is aware, or None where the line has no stamp.
Nobody changes an event; but what Python froze would take four times as long to make, and there is one per message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

HIDDEN = "*****"
"""What an ASA prints for a user whose name it hides (``logging hide username``)."""


def name_of(user: str, address: str | None) -> str:
    """What to call a user: where the name is hidden or missing, the public address tells users apart."""
    return user if user and user != HIDDEN else f"{HIDDEN} ({address})"


@dataclass(slots=True, unsafe_hash=True)
class Event:
    """Any message; ``message`` is its six-digit id, ``device`` the name in the line's header."""

    message: str
    time: datetime | None
    device: str


@dataclass(slots=True, unsafe_hash=True)
class UserEvent(Event):
    """A message about one user: its *group policy*, name and public address.

    113019, 716058 and 716059 name the *tunnel group* instead (syslog guide).
    """

    group_policy: str
    user: str
    address: str

    def remark(self) -> str:
        """What a timeline says of it; empty where it has nothing to say that its effect does not."""
        return ""


@dataclass(slots=True, unsafe_hash=True)
class LargePacketSent(UserEvent):
    """722036: a packet above the threshold was to go to the client."""

    packet: int
    threshold: int
    count: int = 1


@dataclass(slots=True, unsafe_hash=True)
class LargePacketReceived(UserEvent):
    """722035: a packet above the threshold came from the client."""

    packet: int
    threshold: int
    count: int = 1


@dataclass(slots=True, unsafe_hash=True)
class NewConnection(UserEvent):
    """722032 (replaces the old one), 722033 (the first), 722034 (no other exists); ``protocol`` TCP, UDP or empty."""

    protocol: str


@dataclass(slots=True, unsafe_hash=True)
class ConnectionState(UserEvent):
    """722022 (established) and 722023 (terminated)."""

    protocol: str
    established: bool
    compression: bool


@dataclass(slots=True, unsafe_hash=True)
class StaleConnectionClosed(UserEvent):
    """722028."""

    def remark(self) -> str:
        """It changes nothing by itself."""
        return "a stale connection was closed"


@dataclass(slots=True, unsafe_hash=True)
class ConnectionClosing(UserEvent):
    """722037."""

    reason: str

    def remark(self) -> str:
        """It changes nothing by itself."""
        return f"closing: {self.reason}"


@dataclass(slots=True, unsafe_hash=True)
class DtlsDisabled(UserEvent):
    """722043: no suite can carry DTLS for this session."""

    reason: str

    def remark(self) -> str:
        """It changes nothing by itself."""
        return f"DTLS disabled: {self.reason}"


@dataclass(slots=True, unsafe_hash=True)
class AddressAssigned(UserEvent):
    """722051: the addresses of the virtual adapter; None where none was given."""

    ipv4: str | None
    ipv6: str | None


@dataclass(slots=True, unsafe_hash=True)
class ClientMessage(UserEvent):
    """722011: what the client itself says, such as that it reconnects."""

    text: str

    def remark(self) -> str:
        """It changes nothing by itself."""
        return self.text


@dataclass(slots=True, unsafe_hash=True)
class SessionLost(UserEvent):
    """716058: the session waits to be resumed. ``group_policy`` holds the *tunnel group*."""

    def remark(self) -> str:
        """It changes nothing by itself."""
        return "the session lost its connection"


@dataclass(slots=True, unsafe_hash=True)
class SessionResumed(UserEvent):
    """716059. ``group_policy`` holds the *tunnel group*."""

    def remark(self) -> str:
        """It changes nothing by itself."""
        return "the session was resumed"


@dataclass(slots=True, unsafe_hash=True)
class SessionStarted(UserEvent):
    """113039: the parent session."""


@dataclass(slots=True, unsafe_hash=True)
class SessionEnded(UserEvent):
    """113019; ``group_policy`` holds the *tunnel group* here. ``seconds`` is the session's duration."""

    session_type: str
    seconds: int | None
    reason: str


@dataclass(slots=True, unsafe_hash=True)
class PathMtuExceeded(Event):
    """602101: a packet above the effective MTU; ``destination`` is the assigned address of a client."""

    packet: int
    effective_mtu: int
    destination: str
    source: str
    protocol: str
    count: int = 1


@dataclass(slots=True, unsafe_hash=True)
class Handshake(Event):
    """725001 (started) and 725002 (completed); ``version`` as printed, such as ``TLSv1.2`` or ``DTLSv1``."""

    address: str
    port: int
    version: str
    completed: bool


@dataclass(slots=True, unsafe_hash=True)
class CipherChosen(Event):
    """725012: the suite of the connection from ``address`` and ``port``."""

    address: str
    port: int
    suite: str


COUNTED = (LargePacketSent, LargePacketReceived, PathMtuExceeded)
"""Messages of which each copy counts."""
