"""What a plan consists of: the options it was made with, the devices, their fixes, and what they would lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.chassis import label_of
from nornir_anyconnect.asa.config_commands import PlannedCommand, inverse_of, lines_to_type
from nornir_anyconnect.audit.finding import certainty_of
from nornir_anyconnect.errors import PlanError

if TYPE_CHECKING:
    from datetime import datetime

    from nornir_anyconnect.audit.finding import Finding, Scope
    from nornir_anyconnect.remedies.options import RemedyOptions

VALID_DAYS = 7


@dataclass(frozen=True, slots=True)
class Fix:
    """One remedy and its commands; ``serves`` are the findings that it was picked for.

    ``why`` and ``cost`` are the plan's words for people; nothing reads them.
    """

    remedy: str
    why: str
    cost: str
    serves: tuple[str, ...]
    affects: tuple[str, ...]
    """Every other finding that it reaches."""
    commands: tuple[PlannedCommand, ...]
    """Objects that they create belong to nobody yet: a run takes them over."""
    tunnels: tuple[str, ...] = ()
    """The L2L tunnels that it reaches; the file leaves the name out where there are none."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One finding before, and as predicted after. MTUs in bytes; None where there is none."""

    finding: str
    group_policy: str | None
    users: int | None
    """Connected now; None where the device was not asked."""
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that stays as it is, and why."""

    finding: str
    verdict: str
    why: str
    blocked_by: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    """What a person does in the manager that the device's configuration belongs to."""


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """What would be done to one device or context."""

    name: str
    context: str | None
    platform: str
    asa_version: str | None
    serials: tuple[str, ...]
    """Of the unit and its mate; empty in a plan made from files."""
    also_named: tuple[str, ...] = ()
    """Other names of the same failover pair."""
    load_balancing: str | None = None
    """Address of the ``vpn load-balancing`` group that it belongs to."""
    preview_only: bool = False
    standing: tuple[str, ...] = ()
    """The combinations that its own numbers left, where they narrowed any."""
    two_mtus_seen: tuple[str, ...] = ()
    """Group policies whose 722036 shows that a release before 9.0 has two MTUs after all."""
    fixes: tuple[Fix, ...] = ()
    diff: str = ""
    outlook: tuple[Outlook, ...] = ()
    left: tuple[Left, ...] = ()
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str | None]:
        """What names it in the plan."""
        return (self.name, self.context)

    @property
    def label(self) -> str:
        """The device, with its context where it has one; names it in the journal."""
        return label_of(self.name, self.context)

    @property
    def commands(self) -> tuple[PlannedCommand, ...]:
        """The commands of all its fixes, in the order in which they are sent."""
        return tuple(command for fix in self.fixes for command in fix.commands)

    def commands_of(self, run: str) -> tuple[PlannedCommand, ...]:
        """The same, with every object that they create owned by that run."""
        return tuple(command.owned_by(run) for command in self.commands)

    @property
    def lines(self) -> tuple[str, ...]:
        """What a person types after ``configure terminal``."""
        return lines_to_type(self.commands)

    @property
    def rollback(self) -> tuple[str, ...]:
        """What a person types to take it back."""
        return lines_to_type(inverse_of(self.commands))


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan; ``id`` depends on its content alone, so the same input gives the same id."""

    id: str
    created: datetime
    expires: datetime
    tool_version: str
    options: RemedyOptions
    devices: tuple[PlannedDevice, ...]
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[PlannedDevice, ...]:
        """The devices on which something would be changed."""
        return tuple(each for each in self.devices if each.fixes)

    @property
    def preview_only(self) -> bool:
        """Whether nothing of it can be applied."""
        return all(each.preview_only for each in self.devices)

    def refuse_preview(self) -> None:
        """Only a plan made over an inventory is bound to its devices.

        Raises:
            PlanError: it was made from files.

        """
        if self.preview_only:
            raise PlanError(
                "this plan was made from files: it is a preview",
                "plan over an inventory, so that the devices themselves are asked",
            )


def state_of(finding: Finding | None) -> dict[str, Any]:
    """Verdict and MTUs (bytes, per assumption set: TLS and DTLS) of a finding; empty where there is none.

    Under the sets that no log file narrows: who applies the plan has the device, and not the logs.
    """
    if finding is None:
        return {}
    numbers = finding.standing
    return {
        "verdict": str(finding.verdict),
        "reason": finding.reason,
        "certainty": finding.certainty and certainty_of(numbers, finding.verdict, finding.primary_set or "technote"),
        "mtus": {name: {"tls": each.tls_mtu, "dtls": each.dtls_mtu} for name, each in numbers.items()},
    }


def named(key: tuple[Scope, str]) -> str:
    """A finding as a plan names it."""
    return f"{key[0]} {key[1]}"
