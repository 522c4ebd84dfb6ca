"""What every platform offers, whatever it speaks: a device to read, and perhaps to write; and who a device is.

Audit, plan, verify, rollback and doctor ask through the same :class:`DeviceReader`. A platform is a folder of
this room; adding one touches nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from nornir.core.configuration import Config
    from nornir.core.inventory import Host

    from nornir_anyconnect.asa.commands import Command, Show
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.evidence.session import Bounds


class Role(StrEnum):
    """What a unit does in its failover pair; ``unknown`` is never treated as active."""

    NO_FAILOVER = "no-failover"
    ACTIVE = "active"
    STANDBY = "standby"
    FAILED = "failed"
    SYNCING = "syncing"
    UNKNOWN = "unknown"


class ClusterRole(StrEnum):
    """What a unit does in its cluster."""

    NONE = "none"
    CONTROL = "control"
    DATA = "data"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Identity:
    """The device at the other end.

    ``context`` is where its reader stands: a context's name, ``system``, or ``None`` in single mode.
    """

    hostname: str
    serials: tuple[str, ...] = ()
    """Of the unit and, in a failover pair, of its mate; sorted."""
    release: str | None = None
    ftd_release: str | None = None
    hardware: str | None = None
    multiple: bool = False
    context: str | None = None
    role: Role = Role.UNKNOWN
    mate: Role = Role.UNKNOWN
    cluster: ClusterRole = ClusterRole.NONE

    @property
    def ftd(self) -> bool:
        """A Firepower Threat Defense: its configuration belongs to FMC."""
        return self.ftd_release is not None

    @property
    def may_be_configured(self) -> bool:
        """Not a standby, failed or syncing unit, not a data unit, not an FTD (promise 8)."""
        return (
            not self.ftd
            and self.role in (Role.ACTIVE, Role.NO_FAILOVER)
            and self.cluster in (ClusterRole.NONE, ClusterRole.CONTROL)
        )


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What will be asked of each context: a reader may ask for it together, before it is wanted."""

    configuration: bool = False
    whole: bool = False
    """Every line of the configuration instead of the parts that matter."""
    observations: Collection[Show] = ()


NOTHING_FORESEEN = Foreseen()


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of one context as it is now, as typed values."""

    running: RunningConfig
    sizes: tuple[tuple[str, int], ...] = ()
    """Characters of each part that was read."""
    refused: tuple[str, ...] = ()
    """Commands that this release does not know: simpler forms and packaged defaults stand in for them."""
    doubt: str | None = None
    """Why the device was asked one by one, though its questions were to be asked together."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a device shows of its own past and present; ``None`` where it was not asked or refused."""

    logging: str | None = None
    sessions: str | None = None
    """``show vpn-sessiondb anyconnect``, plain or detailed."""
    summary: str | None = None
    drops: Sequence[tuple[datetime, str]] = ()
    """Samples of ``show asp drop``, with the time of each."""
    refused: tuple[tuple[str, str], ...] = field(default=())
    """Commands, and the words with which the device refused them."""

    def observed(self, name: str, bounds: Bounds | None = None) -> DeviceObservations:
        """The same as counts per group policy; no text is kept.

        Args:
            name: what the device is called in the report.
            bounds: what makes a reconnect an incident, where that is not what usually does.

        """
        # Nornir loads this room when it starts, and reads no evidence then
        from nornir_anyconnect.evidence.device_evidence import observe_device  # noqa: PLC0415 - see above

        return observe_device(
            name,
            logging_text=self.logging,
            sessions_text=self.sessions,
            summary_text=self.summary,
            asp_drop=self.drops,
            bounds=bounds,
        )


class DeviceReader(Protocol):
    """One device that may be read. Nothing here changes it; every method raises ``DeviceError``."""

    name: str
    """What it is called in errors."""

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""

    def identity(self) -> Identity:
        """Who and what it is, and which role it plays now."""

    def contexts(self) -> tuple[str, ...]:
        """The contexts that may be read; none in single mode."""

    def enter(self, context: str) -> None:
        """Stand in this context from now on, verified by asking the device."""

    def configuration(self, *, whole: bool = False) -> Configuration:
        """What it is configured to do, proved complete; ``whole``: every line instead of the parts that matter."""

    def observations(self, wanted: Collection[Show], *, interval: float = 0) -> Shown:
        """What it says of its users; with ``interval`` its drops twice, so many seconds apart."""

    def clock(self) -> str:
        """Its own time, as it prints it."""


class DeviceWriter(DeviceReader, Protocol):
    """One device that may be changed, line by line."""

    def leave_one_free(self) -> object:
        """Refuse (``NoSlotError``) where nobody else could log in meanwhile."""

    def configure(self) -> None:
        """Enter configuration mode; ``GateError`` where this unit must not be configured."""

    def write(self, line: Command, mode: str) -> str:
        """Send one line in exactly that sub-mode; whatever the device says to it, empty if nothing."""

    def leave(self) -> None:
        """Leave configuration mode; nothing happens outside of it."""

    def startup_differs(self) -> bool:
        """Whether running and startup configuration differ in more than comments."""

    def save(self) -> None:
        """Make the running configuration the startup configuration."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """One host as an audit would find it; ``None`` where it could not be found out."""

    host: str
    reachable: bool | None = None
    key_known: bool | None = None
    fingerprint: str | None = None
    algorithms: str | None = None
    """What was offered, where it is not used here."""
    logged_in: bool = False
    enabled: bool | None = None
    privilege: int | None = None
    role: str | None = None
    release: str | None = None
    free_slots: int | None = None
    """SSH sessions left beside ours."""
    problem: str | None = None
    remedy: str | None = None

    @property
    def well(self) -> bool:
        """An audit would get through."""
        return self.problem is None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__} | {"well": self.well}


class Platform(Protocol):
    """How the hosts of one platform are reached: the ``PLATFORM`` of a folder of this room."""

    names: tuple[str, ...]
    """Values of the inventory's ``platform``."""
    connection: str
    """A host with ``connection_options`` of this name is reached this way, whatever its ``platform`` says."""

    def reading(
        self, host: Host, configuration: Config, *, last_slot: bool = False, foreseen: Foreseen = NOTHING_FORESEEN
    ) -> AbstractContextManager[DeviceReader]:
        """The host for a while; ``last_slot``: also where nobody else could log in meanwhile."""

    def open_writer(self, host: Host, configuration: Config) -> DeviceWriter:
        """The host, to be changed; ``GateError`` where this platform is only read."""

    def close(self, host: Host) -> None:
        """Leave the host; never raises."""

    def secrets(self, host: Host) -> frozenset[str]:
        """What logs in to this host: texts that must never be written anywhere."""

    def examine(self, host: Host, configuration: Config) -> Checkup:
        """Look at the host as an audit would find it; never raises for what is wrong with it."""
