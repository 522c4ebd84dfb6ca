"""What a syslog line says, as typed values; one class per kind of message.

Source: Cisco ASA Series Syslog Messages. Sizes are bytes; ``time`` is aware, or None where the line has no stamp.
There is one per message, so they are of a kind that is quickly made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

HIDDEN = "*****"
"""What an ASA prints for a user whose name it hides (``logging hide username``)."""


def name_of(user: str, address: str | None) -> str:
    """What to call a user: where the name is hidden or missing, the public address tells users apart."""
    return user if user and user != HIDDEN else f"{HIDDEN} ({address})"


class Event(msgspec.Struct, frozen=True, gc=False):
    """Any message; ``message`` is its six-digit id, ``device`` the name in the line's header."""

    message: str
    time: datetime | None
    device: str


class UserEvent(Event, frozen=True):
    """A message about one user: its *group policy*, name and public address.

    113019, 716058 and 716059 name the *tunnel group* instead (syslog guide).
    """

    group_policy: str
    user: str
    address: str

    def remark(self) -> str:
        """What a timeline says of it; empty where it has nothing to say that its effect does not."""
        return ""


class LargePacketSent(UserEvent, frozen=True):
    """722036: a packet above the threshold was to go to the client."""

    packet: int
    threshold: int
    count: int = 1


class LargePacketReceived(UserEvent, frozen=True):
    """722035: a packet above the threshold came from the client."""

    packet: int
    threshold: int
    count: int = 1


class NewConnection(UserEvent, frozen=True):
    """722032 (replaces the old one), 722033 (the first), 722034 (no other exists); ``protocol`` TCP, UDP or empty."""

    protocol: str


class ConnectionState(UserEvent, frozen=True):
    """722022 (established) and 722023 (terminated)."""

    protocol: str
    established: bool
    compression: bool


class StaleConnectionClosed(UserEvent, frozen=True):
    """722028."""

    def remark(self) -> str:
        """It changes nothing by itself."""
        return "a stale connection was closed"


class ConnectionClosing(UserEvent, frozen=True):
    """722037."""

    reason: str

    def remark(self) -> str:
        """It changes nothing by itself."""
        return f"closing: {self.reason}"


class DtlsDisabled(UserEvent, frozen=True):
    """722043: no suite can carry DTLS for this session."""

    reason: str

    def remark(self) -> str:
        """It changes nothing by itself."""
        return f"DTLS disabled: {self.reason}"


class AddressAssigned(UserEvent, frozen=True):
    """722051: the addresses of the virtual adapter; None where none was given."""

    ipv4: str | None
    ipv6: str | None


class ClientMessage(UserEvent, frozen=True):
    """722011: what the client itself says, such as that it reconnects."""

    text: str

    def remark(self) -> str:
        """It changes nothing by itself."""
        return self.text


class SessionLost(UserEvent, frozen=True):
    """716058: the session waits to be resumed. ``group_policy`` holds the *tunnel group*."""

    def remark(self) -> str:
        """It changes nothing by itself."""
        return "the session lost its connection"


class SessionResumed(UserEvent, frozen=True):
    """716059. ``group_policy`` holds the *tunnel group*."""

    def remark(self) -> str:
        """It changes nothing by itself."""
        return "the session was resumed"


class SessionStarted(UserEvent, frozen=True):
    """113039: the parent session."""


class SessionEnded(UserEvent, frozen=True):
    """113019; ``group_policy`` holds the *tunnel group* here. ``seconds`` is the session's duration."""

    session_type: str
    seconds: int | None
    reason: str


class PathMtuExceeded(Event, frozen=True):
    """602101: a packet above the effective MTU; ``destination`` is the assigned address of a client."""

    packet: int
    effective_mtu: int
    destination: str
    source: str
    protocol: str
    count: int = 1


class Handshake(Event, frozen=True):
    """725001 (started) and 725002 (completed); ``version`` as printed, such as ``TLSv1.2`` or ``DTLSv1``."""

    address: str
    port: int
    version: str
    completed: bool


class CipherChosen(Event, frozen=True):
    """725012: the suite of the connection from ``address`` and ``port``."""

    address: str
    port: int
    suite: str


COUNTED = (LargePacketSent, LargePacketReceived, PathMtuExceeded)
"""Messages of which each copy counts."""
