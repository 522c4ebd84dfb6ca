"""What a transaction may ask of a firewall and of the journal, and no more: tests put a firewall in memory here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nornir_anyconnect.asa.commands import Command
    from nornir_anyconnect.asa.config_commands import CreatedObject
    from nornir_anyconnect.asa.grammar import Mode
    from nornir_anyconnect.asa.running_config import RunningConfig


class Device(Protocol):
    """One logged-in device or context, as far as a transaction needs it. All methods raise AnyConnectError."""

    def check_identity(self) -> None:
        """Refuse (GateError) unless this is the planned box and context, an ASA, and the unit that configures."""

    def read(self) -> RunningConfig:
        """What it is configured to do now, proved complete."""

    def startup_differs(self) -> bool:
        """Whether running and startup configuration differ."""

    def sessions_on(self, created: CreatedObject) -> int:
        """Users connected through an object that a run created."""

    def configure(self) -> None:
        """Enter configuration mode; GateError where the unit must not be configured."""

    def send(self, line: Command, mode: Mode) -> str:
        """Send one line in exactly that sub-mode; whatever the device says to it, empty if nothing."""

    def leave(self) -> None:
        """Leave configuration mode; nothing happens outside of it."""

    def save(self) -> None:
        """``write memory``."""


class Notes(Protocol):
    """The journal, as seen by one host: returns when the record is on disk."""

    def __call__(self, event: str, **data: object) -> None:
        """Write one record."""
