"""Find, prove and fix the AnyConnect one-minute reconnect on Cisco ASA fleets.

The façade a runbook imports. Names load their room on first use (PEP 562), so that the pure rooms and
the small commands start without nornir, netmiko or ttp.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_ROOMS = {
    "AnyConnectError": "errors",
    "AssumptionSet": "mtu.assumptions",
    "AuditReport": "audit.audit_report",
    "DeviceAudit": "audit.finding",
    "Finding": "audit.finding",
    "Options": "audit.context",
    "Verdict": "audit.finding",
    "assess_text": "assess",
    "assumption_set": "mtu.assumptions",
    "audit_mtu": "tasks",
    "derive_dtls": "mtu.derive",
    "derive_tls": "mtu.derive",
    "pull_config": "tasks",
    "pull_logs": "tasks",
    "pull_sessions": "tasks",
    "render": "report",
    "suite": "mtu.suites",
}

__all__ = [*_ROOMS, "__version__"]  # noqa: PLE0604 - names come from the table above


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'nornir_anyconnect' has no attribute '{name}'")
    from importlib import import_module

    value = getattr(import_module(f"nornir_anyconnect.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
