"""Configuration, arithmetic and evidence become findings: one per group, policy and user that can differ."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa import effective
from nornir_anyconnect.asa.alike import Known, KnownConfigs
from nornir_anyconnect.asa.running_config import From
from nornir_anyconnect.audit import provenance
from nornir_anyconnect.audit.context import AuditedDevice, Options, audited, predicted
from nornir_anyconnect.audit.finding import (
    VERDICT_ORDER,
    DeviceAudit,
    Finding,
    FindingEvidence,
    Scope,
    Status,
    Verdict,
    certainty_of,
    ordered,
)
from nornir_anyconnect.audit.finding_evidence import Expected, Seen
from nornir_anyconnect.audit.rules import BY_GAP, TLS_ONLY, UNDEPLOYED, Case, Rule, decide
from nornir_anyconnect.mtu.derive import Numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from nornir_anyconnect.asa.effective import EffectivePolicy
    from nornir_anyconnect.asa.running_config import Owner, RunningConfig, TunnelGroup, Username
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.mtu.derive import Derivation


@dataclass(frozen=True)
class _Subject:
    """What one finding is about."""

    device: AuditedDevice
    scope: Scope
    name: str
    assigned: str
    """The group policy that is handed out."""
    policy: EffectivePolicy
    """What its users really get."""
    group: TunnelGroup | None = None
    reachable_by: tuple[Owner, ...] = ()
    sources: provenance.Sources = field(default_factory=dict)

    @property
    def dtls(self) -> bool:
        """DTLS is on for the policy, and on some serving interface."""
        return self.policy.dtls.value and bool(self.device.dtls_links)

    @cached_property
    def seen(self) -> Seen | None:
        """What was seen of its users; None where nothing was given."""
        device, policy = self.device, self.policy
        group = device.seen_of(self.assigned)
        if group is None or device.model is None:
            return None
        sets = tuple(dict.fromkeys((*device.standing, *device.printed)))
        expected = Expected(
            device.model,
            sets,
            policy.mtu.value,
            dtls=self.dtls and bool(device.offers.dtls),
            compression=device.compresses(policy),
        )
        before = device.observations.before.get(self.assigned) if device.observations is not None else None
        return Seen(group, expected, self.name if self.scope is Scope.USERNAME else None, before)

    @cached_property
    def case(self) -> Case:
        """What the rules look at."""
        device, policy, group, seen = self.device, self.policy, self.group, self.seen
        typed = group is None or group.type is not None or group.name in effective.UNTYPED_GROUPS
        gap = any(pair.gap > 0 for pair in device.pairs(policy.mtu.value).values())
        return Case(
            readable=device.config.indented and typed,
            remote_access=group is None or effective.is_remote_access(group),
            serving=bool(device.links),
            anyconnect=device.anyconnect,
            serving_unread=bool(device.config.webvpn.unsupported),
            policy_unread=bool(policy.undecided or (group and group.unsupported)),
            policy_exists=policy.exists,
            policy_external=policy.external,
            ssl_client=policy.allows_ssl_client,
            dtls_enabled=self.dtls,
            policy_unsupported=bool(policy.unsupported),
            suite_unknown=bool(device.offers.unknown),
            ssl_unsupported=bool(device.offers.unsupported) or not device.offers.tls,
            path_unsupported=device.path_unsupported,
            dtls_negotiable=bool(device.offers.dtls),
            two_mtus=device.two_mtus,
            gap=gap,
            gap_without_mtu=any(pair.gap > 0 for pair in device.pairs(None).values()),
            observed=not gap and seen is not None and seen.observed is not None,
            fragments=policy.df_bit_ignore.value,
        )

    @cached_property
    def rule(self) -> Rule:
        """The verdict; of a text that is not whole only at-risk stands."""
        device, rule = self.device, decide(self.case)
        if not device.complete and rule.verdict is not Verdict.AT_RISK:
            return Rule(Verdict.UNKNOWN, "incomplete-config", rule.holds)
        return rule

    @property
    def worst(self) -> tuple[int, int, str]:
        """Sorts by verdict, then by the gap that is printed, in bytes, then by the policy's name."""
        numbers = self._numbers() if self.rule.reason in BY_GAP else None
        gap = numbers["dtls_mtu"] - numbers["tls_mtu"] if numbers else 0
        return VERDICT_ORDER[self.rule.verdict], -gap, self.assigned

    def finding(self) -> Finding:
        """What is concluded of it, and everything that supports that."""
        device, policy, seen, rule = self.device, self.policy, self.seen, self.rule
        readable = policy.exists and not policy.external and not policy.undecided and "mtu" not in policy.not_understood
        shown: dict[str, Any] = {}
        if rule.reason in BY_GAP:
            shown = self._numbers()
            shown["likely"] = device.likely(policy.mtu.value, seen.group if seen else None)
        elif rule.reason in TLS_ONLY:
            shown = self._tls_alone()
        if self.case.observed and rule.verdict in (Verdict.AT_RISK, Verdict.MITIGATED) and seen is not None:
            shown = shown | self._as_observed(seen)
        return Finding(
            scope=self.scope,
            name=self.name,
            group_policy=self.assigned,
            verdict=rule.verdict,
            reason=rule.reason,
            primary_set=device.primary.name,
            configured_mtu=policy.mtu.value if readable else None,
            configured_mtu_from=str(policy.mtu.from_) if readable else None,
            sources=self.sources | provenance.policy(policy) | device.sources,
            reachable_by=self.reachable_by,
            calibrated=tuple(each.combination for each in device.calibration.standing),
            proved=tuple(each.combination for each in device.proved.standing),
            evidence=self.evidence(rule.verdict),
            caveats=self._caveats(shown.get("assumptions", {}).values()),
            **shown,
        )

    def _caveats(self, numbers: Collection[Numbers]) -> tuple[str, ...]:
        """What a reader must know beside the verdict, in the order of the contract."""
        device, rule = self.device, self.rule
        at_risk = rule.verdict is Verdict.AT_RISK
        judged_by_mtu = any(each.gap is not None for each in numbers)
        dtls_port = device.config.webvpn.dtls_port
        answered = device.config.defaults.icmp_unreachable_limit if device.config.defaults else None
        holds = {
            "udp-above-client-mtu": rule.reason == "tls-mtu-at-or-above-dtls-mtu"
            and any(each.gap is not None and each.gap < 0 for each in numbers),
            "icmp-unreachable-rate-limited": at_risk and (device.config.icmp_unreachable_limit or answered) is not None,
            "icmp-path-unknown": at_risk,
            "non-default-dtls-port": judged_by_mtu
            and dtls_port is not None
            and dtls_port.value != effective.DEFAULT_DTLS_PORT,
            "external-attributes-possible": rule.verdict is not Verdict.NOT_APPLICABLE and self._attributes_possible,
            "default-policy-affected": judged_by_mtu and self._from_default_policy,
            "l2l-tunnels-present": rule.verdict in (Verdict.AT_RISK, Verdict.MITIGATED) and device.has_l2l,
            "release-unknown": not device.release_printed,
            "model-mismatch": device.mismatches(self.assigned) or self.case.observed,
        }
        return tuple(name for name, true in holds.items() if true)

    @property
    def _from_default_policy(self) -> bool:
        """Whether DfltGrpPolicy sets the MTU in force; where nobody sets one, whether it is what users get."""
        mtu = self.policy.mtu
        set_by = mtu.owner.name if mtu.owner and mtu.from_ in (From.CONFIGURED, From.INHERITED) else self.assigned
        return set_by == effective.DEFAULT_POLICY

    @property
    def _attributes_possible(self) -> bool:
        """By the group's own servers; a policy that a login hands out comes from whatever the device asks."""
        if self.group is None:
            return self.device.asks_servers
        return effective.attributes_elsewhere(self.device.config, (self.group,))

    def evidence(self, verdict: Verdict) -> FindingEvidence | None:
        """What was seen of its users, under that verdict."""
        device, seen = self.device, self.seen
        if device.observations is None or seen is None:
            return None
        at_risk = verdict in (Verdict.AT_RISK, Verdict.MITIGATED, Verdict.UNKNOWN)
        return seen.evidence(device.config, device.observations, at_risk=at_risk)

    def _numbers(self) -> dict[str, Any]:
        """Both MTUs under every set; printed are those of the first set in order that shows the verdict."""
        device, conf, verdict = self.device, self.policy.mtu.value, self.rule.verdict
        risky = verdict in (Verdict.AT_RISK, Verdict.MITIGATED)
        standing = device.pairs(conf)
        pairs = device.printed_pairs(conf)
        showing = [name for name, pair in pairs.items() if (pair.gap > 0) == risky]
        narrowed_away = not showing  # a log file does not take back what the sets that ship show
        if narrowed_away:
            pairs = standing
            showing = [name for name, pair in pairs.items() if (pair.gap > 0) == risky]
        first = next(iter(showing), next(iter(pairs)))
        shown = pairs[first]
        numbers = {name: pair.numbers for name, pair in pairs.items()}
        certainty = "other-assumptions" if narrowed_away else certainty_of(numbers, verdict, device.primary.name)
        return {
            "certainty": certainty,
            "numbers_from": first,
            "dtls_mtu": shown.dtls.mtu,
            "dtls_suite": shown.dtls.suite.name,
            "dtls_version": str(shown.dtls.version),
            "dtls_steps": shown.dtls.steps,
            "safe_mtu": device.safe_mtu,
            "assumptions": numbers,
            "standing": {name: pair.numbers for name, pair in standing.items()},
            **_tls(shown.tls, shown.nameif),
        }

    def _as_observed(self, seen: Seen) -> dict[str, Any]:
        """Both MTUs as reconnects show them; no set computes them, so no derivation stands beside them."""
        numbers = {name: pair.numbers for name, pair in self.device.pairs(self.policy.mtu.value).items()}
        return {
            **dict(zip(("tls_mtu", "dtls_mtu"), seen.observed or (None, None), strict=True)),
            "certainty": None,
            "numbers_from": None,
            "safe_mtu": self.device.safe_mtu,
            "assumptions": numbers,
            "standing": numbers,
            **dict.fromkeys(("tls_suite", "dtls_suite", "tls_version", "dtls_version", "interface")),
            **dict.fromkeys(("tls_steps", "dtls_steps"), ()),
        }

    def _tls_alone(self) -> dict[str, Any]:
        """The TLS MTU alone: no adapter MTU stands above it."""
        device, conf = self.device, self.policy.mtu.value
        alone = device.tls_alone(conf, device.printed)
        if not alone:
            return {}
        first, (tls, nameif) = next(iter(alone.items()))
        return {
            "numbers_from": first,
            "assumptions": {name: Numbers(each.mtu) for name, (each, _) in alone.items()},
            "standing": {
                name: Numbers(each.mtu) for name, (each, _) in device.tls_alone(conf, device.standing).items()
            },
            **_tls(tls, nameif),
        }


def judge(
    config: RunningConfig,
    name: str,
    observations: DeviceObservations | None = None,
    options: Options | None = None,
    *,
    only: frozenset[tuple[Scope, str]] | None = None,
) -> DeviceAudit:
    """Judge one device or context; findings worst first, without remedies. All sizes are bytes.

    Args:
        config: what it is configured to do.
        name: the device name, or the file's.
        observations: what was seen of it, if anything was given.
        options: assumption set, completeness, outer IP version.
        only: judge just these (scope, name); a prediction needs no more.

    """
    options = options or Options()

    def judged() -> DeviceAudit:
        device = (audited if only is None else predicted)(config, observations, options)
        return _judged(device, name, only)

    if observations is not None or only is not None:
        return judged()
    return replace(_known.of(config, options, judged), name=name, hostname=config.hostname)


_known: KnownConfigs[DeviceAudit] = KnownConfigs()
_met: Known[RunningConfig] = Known()
"""By the same, what was judged with observations."""


def _judged(device: AuditedDevice, name: str, only: frozenset[tuple[Scope, str]] | None) -> DeviceAudit:
    config = device.config
    findings = tuple(_findings(device, only))
    named = {each.key for each in findings}
    # a finding of its own per policy that has none; what is judged is what the device runs now
    findings += tuple(
        Finding(*key, each.policy, Verdict.UNKNOWN, UNDEPLOYED)
        for each in effective.undeployed(config)
        if (key := (Scope.GROUP_POLICY, each.policy)) not in named and (only is None or key in only)
    )
    return ordered(
        DeviceAudit(
            name=name,
            context=config.context,
            hostname=config.hostname,
            asa_version=config.release_text or config.ftd_version,
            platform=str(config.platform),
            status=Status.OK if device.complete and config.indented else Status.PARTIAL,
            warnings=device.notices,
            findings=findings,
        )
    )


def _findings(device: AuditedDevice, only: frozenset[tuple[Scope, str]] | None) -> Iterator[Finding]:
    """One per subject. Of a policy that nobody was seen with, what its configuration alone says stands as it is."""
    if device.observations is not None and only is None and device.unmoved and _met_before(device):
        alone = judge(device.config, "", None, device.options).findings
        unseen = {
            each.key: each
            for each in alone
            if each.scope is not Scope.USERNAME
            and each.reason != UNDEPLOYED
            and not device.has_seen(each.group_policy or "")
        }
        only = frozenset(each.key for each in alone) - unseen.keys()
        if unseen:
            first = next(iter(unseen.values()))
            policy = first.group_policy or ""
            evidence = _Subject(device, first.scope, first.name, policy, device.policy(policy)).evidence(first.verdict)
            yield from (each.with_evidence(evidence) for each in unseen.values())
    if only is None or only:
        yield from (subject.finding() for subject in _subjects(device, only))


def _met_before(device: AuditedDevice) -> bool:
    """Whether another box said the same: a box that is like no other is judged once, not twice."""
    content = (id(device.config.group_policies), device.options)
    if _met.get(content) is not None:
        return True
    _met.keep(content, device.config)
    return False


def _subjects(device: AuditedDevice, only: frozenset[tuple[Scope, str]] | None) -> Iterator[_Subject]:
    config = device.config

    def wanted(scope: Scope, name: str) -> bool:
        return only is None or (scope, name) in only

    for group in effective.remote_access_groups(config):
        if wanted(Scope.TUNNEL_GROUP, group.name):
            assigned = effective.policy_name_of(group)
            yield _Subject(
                device,
                Scope.TUNNEL_GROUP,
                group.name,
                assigned,
                device.policy(assigned),
                group=group,
                sources=provenance.tunnel_group(group, assigned),
            )
    for policy in effective.unreferenced_policies(config):
        if wanted(Scope.GROUP_POLICY, policy.name):
            yield _Subject(
                device,
                Scope.GROUP_POLICY,
                policy.name,
                policy.name,
                device.policy(policy.name),
                reachable_by=effective.reachable_by(config, policy.name),
            )
    for username in effective.overriding_usernames(config):
        if wanted(Scope.USERNAME, username.name):
            yield _user(device, username)


def _user(device: AuditedDevice, username: Username) -> _Subject:
    """A user on its own policy, else on the policy within reach that is worst for it, in whatever order they stand."""
    own = username.group_policy
    bases = device.reachable_policies() if own is None else (own.value,)
    candidates = (
        _Subject(
            device,
            Scope.USERNAME,
            username.name,
            base,
            effective.effective_user(device.config, username.name, base),
            sources=provenance.username(username),
        )
        for base in bases
    )
    return min(candidates, key=lambda each: each.worst)


def _tls(tls: Derivation, nameif: str) -> dict[str, Any]:
    return {
        "tls_mtu": tls.mtu,
        "tls_suite": tls.suite.name,
        "tls_version": str(tls.version),
        "tls_steps": tls.steps,
        "interface": nameif,
    }
