"""A whole audit: its devices, their totals, and the JSON of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.audit.finding import Status

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import DeviceAudit

SCHEMA = "nornir-anyconnect/audit/1"


@dataclass(slots=True)
class Summary:
    """Running totals; findings are counted as they stream by, texts are not kept."""

    devices: int = 0
    failed_devices: int = 0
    findings: int = 0
    at_risk: int = 0
    mitigated: int = 0
    safe: int = 0
    not_applicable: int = 0
    unknown: int = 0
    confirmed: int = 0
    users_affected: int = 0
    _boxes: set[str] = field(default_factory=set)
    _failed_boxes: set[str] = field(default_factory=set)

    def add(self, device: DeviceAudit) -> None:
        """Count one device or context; a chassis counts once, and so does a user hit through several findings."""
        self.devices += _is_new(device, self._boxes)
        if device.status is Status.FAILED:
            self.failed_devices += _is_new(device, self._failed_boxes)
        users: set[str] = set()
        unnamed = 0
        for finding in device.findings:
            self.findings += 1
            field_name = str(finding.verdict).replace("-", "_")
            setattr(self, field_name, getattr(self, field_name) + 1)
            self.confirmed += finding.confirmed
            if finding.evidence:
                users.update(finding.evidence.user_names)
                unnamed = max(unnamed, finding.evidence.users - len(finding.evidence.user_names))
        self.users_affected += len(users) + unnamed

    def to_dict(self) -> dict[str, int]:
        """As in the JSON of an audit."""
        return {name: getattr(self, name) for name in self.__slots__ if not name.startswith("_")}


def _is_new(device: DeviceAudit, known: set[str]) -> bool:
    """Whether none of its serial numbers was met before; contexts without one belong together by their host's name."""
    marks = set(device.serials) or ({f"host {device.name}"} if device.context else set())
    new = known.isdisjoint(marks)
    known |= marks
    return new


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A whole audit."""

    devices: tuple[DeviceAudit, ...]
    generated_at: str
    tool_version: str

    @property
    def caveats(self) -> tuple[str, ...]:
        """What holds for every verdict of the report alike, once."""
        judged = any(finding.gap is not None for device in self.devices for finding in device.findings)
        return ("client-path-assumed",) if judged else ()

    @property
    def summary(self) -> Summary:
        """Totals over all devices."""
        total = Summary()
        for device in self.devices:
            total.add(device)
        return total

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract, schema ``nornir-anyconnect/audit/1``."""
        return {
            "schema": SCHEMA,
            "generated_at": self.generated_at,
            "tool_version": self.tool_version,
            "summary": self.summary.to_dict(),
            "caveats": list(self.caveats),
            "devices": [device.to_dict() for device in self.devices],
        }
