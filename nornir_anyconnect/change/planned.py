"""What a plan consists of: the words that were said, the devices, their fixes, and what they would lead to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import certainty_of
from nornir_anyconnect.errors import PlanError, UsageError
from nornir_anyconnect.mtu.assumptions import assumption_set
from nornir_anyconnect.remedies.choose import AUTO, FIXES
from nornir_anyconnect.remedies.remedy import RemedyOptions

if TYPE_CHECKING:
    from datetime import datetime

    from nornir_anyconnect.audit.finding import Finding

SCHEMA = "nornir-anyconnect/plan/1"
VALID_DAYS = 7


@dataclass(frozen=True, slots=True)
class Words:
    """What the person who plans said: the fix, and the explicit words that lift blocks."""

    fix: str = AUTO
    include_default_policy: bool = False
    accept_global: bool = False
    accept_external: bool = False
    accept_model_mismatch: bool = False
    include_waived: bool = False
    alias: str | None = None
    url: str | None = None
    assume: str | None = None
    assume_complete: bool = False
    ip_version: int = 4

    def options(self) -> RemedyOptions:
        """The same for the remedies room.

        Raises:
            UsageError: there is no such fix or assumption set.

        """
        if self.fix not in FIXES:
            raise UsageError(f"there is no fix '{self.fix}'", f"use one of {', '.join(FIXES)}")
        return RemedyOptions(
            include_default_policy=self.include_default_policy,
            accept_global=self.accept_global,
            accept_external=self.accept_external,
            accept_model_mismatch=self.accept_model_mismatch,
            alias=self.alias,
            url=self.url,
            judging=Options(
                assume=assumption_set(self.assume) if self.assume else None,
                assume_complete=self.assume_complete,
                ip_version=self.ip_version,
            ),
        )


@dataclass(frozen=True, slots=True)
class Fix:
    """One remedy and its parameters; ``serves`` are the findings that it was picked for."""

    remedy: str
    why: str
    cost: str
    serves: tuple[str, ...]
    affects: tuple[str, ...]
    """Every other finding that it reaches."""
    parameters: tuple[dict[str, Any], ...]


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
    commands: tuple[str, ...] = ()
    rollback: tuple[str, ...] = ()
    diff: str = ""
    outlook: tuple[Outlook, ...] = ()
    left: tuple[Left, ...] = ()
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str | None]:
        """What names it in the plan."""
        return (self.name, self.context)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan; ``id`` depends on its content alone, so the same input gives the same id."""

    id: str
    created: datetime
    expires: datetime
    tool_version: str
    words: Words
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


def content(plan: Plan) -> dict[str, Any]:
    """What the id stands for: everything but the times and the tool's version."""
    changed = plan.changes
    return {
        "summary": {
            "devices": len(plan.devices),
            "devices_changed": len(changed),
            "lines": sum(len(each.commands) for each in changed),
            "preview_only": plan.preview_only,
        },
        "words": asdict(plan.words),
        "warnings": list(plan.warnings),
        "devices": [_plain(asdict(each)) for each in plan.devices],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def sha256(data: Any) -> str:
    """Hash of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def content_id(plan: Plan) -> str:
    """The id of a plan: the same content has the same id, whenever it was made."""
    return sha256(content(plan))[:16]
