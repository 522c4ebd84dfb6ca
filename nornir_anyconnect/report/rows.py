"""The rows of table-like reports: what they tell of a finding, and of an incident, by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.evidence.observations import Incident

DEVICE_COLUMNS = ("name", "context", "asa_version", "status")
_OF_A_FINDING = (
    "scope", "name", "group_policy", "verdict", "reason", "certainty", "tls_mtu", "dtls_mtu", "gap",
    "configured_mtu", "safe_mtu", "tls_suite", "dtls_suite", "numbers_from", "confirmed",
)  # fmt: skip
_OF_ITS_EVIDENCE = ("observable", "users", "reconnects", "large_packets")
COLUMNS = ("device", *DEVICE_COLUMNS[1:], *_OF_A_FINDING, *_OF_ITS_EVIDENCE, "remedy", "caveats", "waived_by")
INCIDENT_COLUMNS = (
    "device", "group_policy", "user", "kind", "connected_at", "reconnected_at", "seconds", "large_packets", "packet",
    "threshold",
)  # fmt: skip


def device_cells(device: DeviceAudit) -> list[Any]:
    """What a row says of its device; all of one that has no finding."""
    return [_plain(getattr(device, each)) for each in DEVICE_COLUMNS]


def finding_row(device: DeviceAudit, finding: Finding) -> dict[str, Any]:
    """The values of ``COLUMNS``; None where nothing is known. Sizes in bytes."""
    remedy = next((each.kind for each in finding.remedies if not each.blocked_by), None)
    return dict(zip(COLUMNS, device_cells(device), strict=False)) | {
        **{each: _plain(getattr(finding, each)) for each in _OF_A_FINDING},
        **{each: getattr(finding.evidence, each, None) for each in _OF_ITS_EVIDENCE},
        "remedy": remedy,
        "caveats": " ".join(finding.caveats),
        "waived_by": finding.waiver.get("owner") if finding.waiver else None,
    }


def incident_cells(incident: Incident) -> list[Any]:
    """The values of ``INCIDENT_COLUMNS``."""
    values = incident.to_dict()
    return [values[column] for column in INCIDENT_COLUMNS]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value
