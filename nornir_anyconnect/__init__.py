"""Find, prove and fix the AnyConnect one-minute reconnect on Cisco ASA fleets.

The façade: one import line is enough for every runbook. Names load their room on first use (PEP 562), so that the
pure rooms and the small commands start without nornir, netmiko or ttp; a type checker sees the real types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nornir_anyconnect.version import __version__

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport as AuditReport
    from nornir_anyconnect.audit.context import Options as Options
    from nornir_anyconnect.audit.finding import DeviceAudit as DeviceAudit
    from nornir_anyconnect.audit.finding import Finding as Finding
    from nornir_anyconnect.audit.finding import Status as Status
    from nornir_anyconnect.audit.finding import Verdict as Verdict
    from nornir_anyconnect.change.outcome import HostChange as HostChange
    from nornir_anyconnect.change.outcome import State as State
    from nornir_anyconnect.change.plan.file import load_plan as load_plan
    from nornir_anyconnect.change.plan.file import save_plan as save_plan
    from nornir_anyconnect.change.plan.model import Plan as Plan
    from nornir_anyconnect.change.run import Run as Run
    from nornir_anyconnect.errors import AnyConnectError as AnyConnectError
    from nornir_anyconnect.evidence.observations import DeviceObservations as DeviceObservations
    from nornir_anyconnect.lock import only_one as only_one
    from nornir_anyconnect.mtu.assumptions import AssumptionSet as AssumptionSet
    from nornir_anyconnect.mtu.assumptions import assumption_set as assumption_set
    from nornir_anyconnect.mtu.derive import derive_dtls as derive_dtls
    from nornir_anyconnect.mtu.derive import derive_tls as derive_tls
    from nornir_anyconnect.mtu.suites import suite as suite
    from nornir_anyconnect.remedies.options import RemedyOptions as RemedyOptions
    from nornir_anyconnect.remedies.propose import assess_text as assess_text
    from nornir_anyconnect.report import render as render
    from nornir_anyconnect.report import render_plan as render_plan
    from nornir_anyconnect.runners.waves import WavesRunner as WavesRunner
    from nornir_anyconnect.settings import Settings as Settings
    from nornir_anyconnect.settings import load_settings as load_settings
    from nornir_anyconnect.tasks.audit_mtu import HostAudit as HostAudit
    from nornir_anyconnect.tasks.audit_mtu import audit_mtu as audit_mtu
    from nornir_anyconnect.tasks.change_plan import HostChanges as HostChanges
    from nornir_anyconnect.tasks.change_plan import apply_plan as apply_plan
    from nornir_anyconnect.tasks.change_plan import rollback_plan as rollback_plan
    from nornir_anyconnect.tasks.change_plan import verify_plan as verify_plan
    from nornir_anyconnect.tasks.collect_findings import CollectFindings as CollectFindings
    from nornir_anyconnect.tasks.plan_fix import HostPlan as HostPlan
    from nornir_anyconnect.tasks.plan_fix import plan_fix as plan_fix
    from nornir_anyconnect.tasks.pull import PulledDevice as PulledDevice
    from nornir_anyconnect.tasks.pull import pull_config as pull_config
    from nornir_anyconnect.tasks.pull import pull_logs as pull_logs
    from nornir_anyconnect.tasks.pull import pull_sessions as pull_sessions
    from nornir_anyconnect.workflows.change_run import open_run as open_run
    from nornir_anyconnect.workflows.exit_codes import exit_code_of as exit_code_of
    from nornir_anyconnect.workflows.finish_audit import FinishAudit as FinishAudit
    from nornir_anyconnect.workflows.finish_audit import ReportOptions as ReportOptions
    from nornir_anyconnect.workflows.fleet import FleetAudit as FleetAudit
    from nornir_anyconnect.workflows.fleet import FleetOptions as FleetOptions
    from nornir_anyconnect.workflows.fleet import audit_fleet as audit_fleet
    from nornir_anyconnect.workflows.fleet import audit_report as audit_report
    from nornir_anyconnect.workflows.fleet import findings_of as findings_of
    from nornir_anyconnect.workflows.fleet import plan_of as plan_of
    from nornir_anyconnect.workflows.fleet import sites_of as sites_of
    from nornir_anyconnect.workflows.inventory import choose_hosts as choose_hosts
    from nornir_anyconnect.workflows.inventory import load_inventory as load_inventory
    from nornir_anyconnect.workflows.inventory import planned_hosts as planned_hosts
    from nornir_anyconnect.workflows.known_changes import KnownChanges as KnownChanges

_ROOMS = {
    "AnyConnectError": "errors",
    "AssumptionSet": "mtu.assumptions",
    "AuditReport": "audit.audit_report",
    "CollectFindings": "tasks.collect_findings",
    "DeviceAudit": "audit.finding",
    "DeviceObservations": "evidence.observations",
    "Finding": "audit.finding",
    "FinishAudit": "workflows.finish_audit",
    "FleetAudit": "workflows.fleet",
    "FleetOptions": "workflows.fleet",
    "HostAudit": "tasks.audit_mtu",
    "HostChange": "change.outcome",
    "HostChanges": "tasks.change_plan",
    "HostPlan": "tasks.plan_fix",
    "KnownChanges": "workflows.known_changes",
    "Options": "audit.context",
    "Plan": "change.plan.model",
    "PulledDevice": "tasks.pull",
    "RemedyOptions": "remedies.options",
    "ReportOptions": "workflows.finish_audit",
    "Run": "change.run",
    "Settings": "settings",
    "State": "change.outcome",
    "Status": "audit.finding",
    "Verdict": "audit.finding",
    "WavesRunner": "runners.waves",
    "apply_plan": "tasks.change_plan",
    "assess_text": "remedies.propose",
    "assumption_set": "mtu.assumptions",
    "audit_fleet": "workflows.fleet",
    "audit_mtu": "tasks.audit_mtu",
    "audit_report": "workflows.fleet",
    "choose_hosts": "workflows.inventory",
    "derive_dtls": "mtu.derive",
    "derive_tls": "mtu.derive",
    "exit_code_of": "workflows.exit_codes",
    "findings_of": "workflows.fleet",
    "load_inventory": "workflows.inventory",
    "load_plan": "change.plan.file",
    "load_settings": "settings",
    "only_one": "lock",
    "open_run": "workflows.change_run",
    "plan_fix": "tasks.plan_fix",
    "plan_of": "workflows.fleet",
    "planned_hosts": "workflows.inventory",
    "pull_config": "tasks.pull",
    "pull_logs": "tasks.pull",
    "pull_sessions": "tasks.pull",
    "render": "report",
    "render_plan": "report",
    "rollback_plan": "tasks.change_plan",
    "save_plan": "change.plan.file",
    "sites_of": "workflows.fleet",
    "suite": "mtu.suites",
    "verify_plan": "tasks.change_plan",
}
"""Name -> the module that holds it."""

__all__ = [*_ROOMS, "__version__"]  # noqa: PLE0604 - names come from the table above


if not TYPE_CHECKING:  # to a type checker a name that is not above is an error

    def __getattr__(name: str) -> Any:
        if name not in _ROOMS:
            raise AttributeError(f"module 'nornir_anyconnect' has no attribute '{name}'")
        from importlib import import_module

        value = getattr(import_module(f"nornir_anyconnect.{_ROOMS[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
