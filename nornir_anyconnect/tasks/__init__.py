"""Nornir tasks: thin verbs over the other rooms."""

from nornir_anyconnect.tasks.audit_mtu import HostAudit, audit_mtu
from nornir_anyconnect.tasks.pull_config import PulledDevice, pull_config
from nornir_anyconnect.tasks.pull_evidence import Observed, pull_logs, pull_sessions

__all__ = ["HostAudit", "Observed", "PulledDevice", "audit_mtu", "pull_config", "pull_logs", "pull_sessions"]
