"""The verdict table: the first row that holds decides. Unknown is never safe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.audit.finding import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the rules look at; the defaults are those of a group that simply is at risk."""

    readable: bool = True
    """The text is a configuration and the group has a type."""
    remote_access: bool = True
    serving: bool = True
    """webvpn is enabled on an interface."""
    anyconnect: bool = True
    serving_unread: bool = False
    """A line about where webvpn or AnyConnect is enabled could not be understood."""
    policy_unread: bool = False
    """A line that says which policy it is, who may use it or what it is made of could not be understood."""
    policy_exists: bool = True
    policy_external: bool = False
    ssl_client: bool = True
    dtls_enabled: bool = True
    """By the policy, and on at least one serving interface."""
    policy_unsupported: bool = False
    """A value of the policy could not be understood: nothing is known to be at risk."""
    suite_unknown: bool = False
    ssl_unsupported: bool = False
    path_unsupported: bool = False
    """``tcpmss`` or the MTU of a serving interface could not be understood, or leaves no byte for the tunnel."""
    dtls_negotiable: bool = True
    two_mtus: bool = True
    gap: bool = True
    """DTLS MTU above TLS MTU under at least one standing set."""
    gap_without_mtu: bool = True
    """The same, were no ``anyconnect mtu`` configured."""
    observed: bool = False
    """The box shows the fault itself, whatever the arithmetic says."""
    fragments: bool = False
    """df-bit-ignore is on."""

    @property
    def at_risk(self) -> bool:
        """What is known is at risk already, whatever is not known."""
        return (self.gap or self.observed) and not self.fragments


class Rule(NamedTuple):
    """One row of the table."""

    verdict: Verdict
    reason: str
    holds: Callable[[Case], bool]


OBSERVED = "observed-not-predicted"
UNDEPLOYED = "undeployed-change"

RULES: tuple[Rule, ...] = (
    Rule(Verdict.UNKNOWN, "incomplete-config", lambda case: not case.readable),
    Rule(Verdict.NOT_APPLICABLE, "not-remote-access", lambda case: not case.remote_access),
    Rule(
        Verdict.UNKNOWN,
        "unsupported-value",
        lambda case: case.serving_unread and not (case.serving and case.anyconnect),
    ),
    Rule(Verdict.NOT_APPLICABLE, "webvpn-not-enabled", lambda case: not case.serving),
    Rule(Verdict.NOT_APPLICABLE, "anyconnect-not-enabled", lambda case: not case.anyconnect),
    Rule(Verdict.UNKNOWN, "group-policy-missing", lambda case: not case.policy_exists),
    Rule(Verdict.UNKNOWN, "external-group-policy", lambda case: case.policy_external),
    Rule(Verdict.UNKNOWN, "unsupported-value", lambda case: case.policy_unread),
    Rule(Verdict.NOT_APPLICABLE, "ssl-client-not-allowed", lambda case: not case.ssl_client),
    Rule(
        Verdict.UNKNOWN,
        "unsupported-value",
        lambda case: case.serving_unread and not (case.dtls_enabled and case.at_risk),
    ),
    Rule(Verdict.SAFE, "dtls-disabled", lambda case: not case.dtls_enabled),
    Rule(Verdict.UNKNOWN, "unknown-suite", lambda case: case.suite_unknown and not case.at_risk),
    Rule(
        Verdict.UNKNOWN,
        "unsupported-value",
        lambda case: case.policy_unsupported or ((case.ssl_unsupported or case.path_unsupported) and not case.at_risk),
    ),
    Rule(Verdict.SAFE, "dtls-not-negotiable", lambda case: not case.dtls_negotiable),
    Rule(Verdict.UNKNOWN, "single-mtu-release", lambda case: not case.two_mtus),
    Rule(Verdict.MITIGATED, "fragmentation-allowed", lambda case: (case.gap or case.observed) and case.fragments),
    Rule(Verdict.AT_RISK, "dtls-mtu-exceeds-tls-mtu", lambda case: case.gap),
    Rule(Verdict.AT_RISK, OBSERVED, lambda case: case.observed),
    Rule(Verdict.SAFE, "mtu-at-or-below-tls-mtu", lambda case: case.gap_without_mtu),
    Rule(Verdict.SAFE, "tls-mtu-at-or-above-dtls-mtu", lambda _: True),
)

BY_GAP = frozenset(
    {
        "fragmentation-allowed",
        "dtls-mtu-exceeds-tls-mtu",
        "mtu-at-or-below-tls-mtu",
        "tls-mtu-at-or-above-dtls-mtu",
    }
)
"""Reasons that both MTUs decide: they carry all numbers and a certainty."""
TLS_ONLY = frozenset({"dtls-disabled", "dtls-not-negotiable"})
"""Reasons with a TLS MTU and nothing to compare it with."""


def decide(case: Case) -> Rule:
    """The first row that holds."""
    return next(rule for rule in RULES if rule.holds(case))
