"""The reconnect as ``explain`` tells it, for a page that has findings and neither configuration nor log at hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.running_config import RunningConfig, Sourced, Webvpn
from nornir_anyconnect.audit.workflow import CAUSES, timeline
from nornir_anyconnect.evidence.observations import GroupObservations, Incident

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import Finding

GROUP = "group policy"
"""Stands in the log lines for the finding's own policy, so that findings of one kind share a timeline."""


def told(finding: Finding) -> dict[str, Any] | None:
    """What its users go through when DTLS is missing; None where nothing of it happens to them."""
    happens = timeline(_config(finding), replace(finding, group_policy=GROUP), _seen(finding))
    if happens is None:
        return None
    return {
        "moments": [[each.seconds, each.happens, each.user_sees, each.log_says] for each in happens.moments],
        "cause": f"{CAUSES[happens.cause]} ({happens.cause_because})",
        "tell_apart": happens.tell_apart,
    }


def _config(finding: Finding) -> RunningConfig:
    """What of the configuration the timeline needs, out of the finding's own sources."""
    for source in finding.sources:
        if source.setting == "dtls port" and source.value.isdecimal():
            return RunningConfig(webvpn=Webvpn(dtls_port=Sourced(int(source.value), source.line)))
    return RunningConfig()


def _seen(finding: Finding) -> GroupObservations | None:
    """The sessions and reconnects that the finding counts, as many and as long as it says."""
    seen = finding.evidence
    if seen is None:
        return None
    kinds = ["dtls-lost"] * seen.lost + ["dtls-never-up"] * (seen.reconnects - seen.lost)
    return GroupObservations(
        GROUP,
        incidents=tuple(_incident(kind, seen.stalled) for kind in kinds),
        tls_only_users=frozenset(str(number) for number in range(seen.tls_only_sessions)),
        sessions=seen.sessions,
    )


def _incident(kind: str, stalled: float | None) -> Incident:
    return Incident(kind, "", GROUP, "", None, None, None, 0, None, None, stalled=stalled)
