"""Nornir tasks: thin verbs over the other rooms."""

from nornir_anyconnect.tasks.audit_mtu import HostAudit, audit_mtu
from nornir_anyconnect.tasks.change_plan import HostChanges, apply_plan, rollback_plan, verify_plan
from nornir_anyconnect.tasks.plan_fix import HostPlan, plan_fix
from nornir_anyconnect.tasks.pull import PulledDevice, pull_config, pull_logs, pull_sessions

__all__ = [
    "HostAudit",
    "HostChanges",
    "HostPlan",
    "PulledDevice",
    "apply_plan",
    "audit_mtu",
    "plan_fix",
    "pull_config",
    "pull_logs",
    "pull_sessions",
    "rollback_plan",
    "verify_plan",
]
