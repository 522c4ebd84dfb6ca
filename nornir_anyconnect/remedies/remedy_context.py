"""What the remedies of one box share: whose lines govern which finding, what blocks all, and what a change leads to.

A prediction is the configuration changed in memory and judged again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from nornir_anyconnect.asa.commands import validated
from nornir_anyconnect.asa.config_commands import applied
from nornir_anyconnect.asa.effective import DEFAULT_POLICY, policy_name_of
from nornir_anyconnect.asa.grammar import Spelling
from nornir_anyconnect.asa.radius import from_radius
from nornir_anyconnect.asa.running_config import ClientSettings, GroupPolicy, Platform
from nornir_anyconnect.audit.finding import DeviceAudit, Finding, Scope, Status, Verdict
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.errors import NameRefusedError
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.options import Block, RemedyOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nornir_anyconnect.asa.config_commands import ConfigCommand
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.context import Options
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.mtu.derive import Numbers


T = TypeVar("T")


def typeable(name: str) -> bool:
    """Whether the name may appear in a command."""
    try:
        validated(name)
    except NameRefusedError:
        return False
    return True


@dataclass(slots=True)
class Predictor:
    """Judges changed copies of one configuration; findings that rest on the same values share the answer.

    An answer holds the MTUs (bytes, per assumption set) that a finding would have; none where something else then
    decides, or where it would no longer exist.
    """

    config: RunningConfig
    judging: Options
    observations: DeviceObservations | None = None
    _known: dict[object, dict[str, Numbers]] = field(default_factory=dict)

    def after(self, finding: Finding, commands: tuple[ConfigCommand, ...], change: object) -> dict[str, Numbers]:
        """What the finding would be.

        Args:
            finding: as it is judged now.
            commands: what would be changed.
            change: what is changed and the MTU that the finding keeps, without whose they are. Suites,
                interfaces and tcpmss are the box's and nothing of a policy but its MTU bears on its numbers, so
                equal changes to findings with the same reason are judged once.

        """
        same = (change, finding.scope, finding.reason)
        if same not in self._known:
            self._known[same] = self._judged(finding, commands)
        return self._known[same]

    def after_on_the_box(
        self, findings: Iterable[Finding], commands: tuple[ConfigCommand, ...]
    ) -> dict[tuple[Scope, str], dict[str, Numbers]]:
        """The same for a change of the whole box: in one judgement, of one finding for all that rest on its values."""
        alike: dict[object, list[tuple[Scope, str]]] = {}
        for each in findings:
            alike.setdefault((each.scope, each.reason, each.configured_mtu), []).append(each.key)
        changed = applied(replace(self.config, blocks=()), commands)
        only = frozenset(keys[0] for keys in alike.values())
        audit = judge(changed, "", self.observations, self.judging, only=only)
        found = {each.key: each.standing for each in audit.findings}
        return {key: found[keys[0]] for keys in alike.values() if keys[0] in found for key in keys}

    def _judged(self, finding: Finding, commands: tuple[ConfigCommand, ...]) -> dict[str, Numbers]:
        changed = applied(self._around(finding), commands)
        key = finding.key
        audit = judge(changed, "", self.observations, self.judging, only=frozenset({key}))
        return next((each.standing for each in audit.findings if each.key == key), {})

    def _around(self, finding: Finding) -> RunningConfig:
        """As much of the configuration as decides the finding."""
        bare = replace(self.config, blocks=())
        if self.observations is not None:  # calibration looks at the whole box
            return bare
        policies = {finding.group_policy, DEFAULT_POLICY}
        if finding.scope is Scope.TUNNEL_GROUP:
            groups = tuple(each for each in self.config.tunnel_groups if each.name == finding.name)
        elif finding.scope is Scope.USERNAME:
            groups = tuple(each for each in self.config.tunnel_groups if policy_name_of(each) == finding.group_policy)
        else:
            groups = ()
        return replace(
            bare,
            tunnel_groups=groups,
            group_policies=tuple(each for each in self.config.group_policies if each.name in policies),
            usernames=tuple(u for u in self.config.usernames if u.name == finding.name),
        )


class RemedyContext:
    """One device or context, and what was concluded about it.

    Args:
        config: what it is configured to do.
        device: how it was judged.
        options: the explicit words that lift blocks.
        observations: what it was judged with, if anything was seen of it.
        judging: how; None means as the words say.

    """

    def __init__(
        self,
        config: RunningConfig,
        device: DeviceAudit,
        options: RemedyOptions | None = None,
        observations: DeviceObservations | None = None,
        judging: Options | None = None,
    ) -> None:
        self.config = config
        self.device = device
        self.options = options or RemedyOptions()
        self.predictor = Predictor(config, judging or self.options.judging, observations)
        self.policies = {each.name: each for each in config.group_policies}
        self.users = {each.name: each for each in config.usernames}
        self.groups = {each.name: each for each in config.tunnel_groups}
        self._reached: dict[tuple[ClientSettingsOf, str], tuple[Finding, ...]] = {}
        self._keys: dict[tuple[ClientSettingsOf, str], tuple[tuple[Scope, str], ...]] = {}
        self._once: dict[object, Any] = {}

    def once(self, what: object, work: Callable[[], T]) -> T:
        """What a kind works out once for all findings of the box that share it."""
        if what not in self._once:
            self._once[what] = work()
        found: T = self._once[what]
        return found

    @cached_property
    def at_stake(self) -> tuple[Finding, ...]:
        """The findings that a remedy can do something about."""
        return tuple(each for each in self.device.findings if each.verdict in (Verdict.AT_RISK, Verdict.MITIGATED))

    @cached_property
    def aliases(self) -> frozenset[str]:
        """Every group alias of the box."""
        return frozenset(alias.value for each in self.config.tunnel_groups for alias in each.group_aliases)

    @cached_property
    def urls(self) -> frozenset[str]:
        """Every group URL of the box."""
        return frozenset(self.config.urls)

    @cached_property
    def blocked(self) -> tuple[Block, ...]:
        """What forbids every change of this box."""
        found = []
        if self.config.platform is Platform.FTD:
            found.append(Block.FTD)
        if self.device.status is not Status.OK:
            found.append(Block.INCOMPLETE)
        return tuple(found)

    def blocked_for(self, finding: Finding) -> tuple[Block, ...]:
        """What forbids every change for this finding."""
        found = list(self.blocked)
        if "model-mismatch" in finding.caveats and not self.options.accept_model_mismatch:
            found.append(Block.MODEL_MISMATCH)
        user = self.users.get(finding.name) if finding.scope is Scope.USERNAME else None
        if user is not None and from_radius(user.client):
            found.append(Block.RADIUS)
        if not (typeable(finding.name) and typeable(finding.group_policy or DEFAULT_POLICY)):
            found.append(Block.NAME)
        return tuple(found)

    def blocked_default(self, target: ClientSettingsOf) -> tuple[Block, ...]:
        """What forbids a line in DfltGrpPolicy: it reaches every policy that inherits."""
        asked = target == ClientSettingsOf(ClientScope.GROUP_POLICY, DEFAULT_POLICY)
        return (Block.DEFAULT_POLICY,) if asked and not self.options.include_default_policy else ()

    @cached_property
    def spelling(self) -> Spelling:
        """``anyconnect`` or ``svc``."""
        return Spelling.SVC if self.config.spells_svc else Spelling.ANYCONNECT

    def client(self, target: ClientSettingsOf) -> ClientSettings:
        """What the target sets itself."""
        if target.scope is ClientScope.USERNAME:
            user = self.users.get(target.name)
            return user.client if user else ClientSettings()
        policy = self.policies.get(target.name)
        return policy.client if policy else ClientSettings()

    def target(self, finding: Finding, setting: str) -> ClientSettingsOf:
        """Whose ``webvpn`` lines a remedy sets ``setting`` in.

        The user's, where it overrides, or where it has no policy of its own, so that a login can pick any; else its
        policy's.
        """
        if finding.scope is Scope.USERNAME:
            user = self.users[finding.name]
            if user.group_policy is None or getattr(user.client, setting) is not None:
                return ClientSettingsOf(ClientScope.USERNAME, finding.name)
        return ClientSettingsOf(ClientScope.GROUP_POLICY, finding.group_policy or DEFAULT_POLICY)

    def reached(self, target: ClientSettingsOf, setting: str) -> tuple[Finding, ...]:
        """Every finding whose users get ``setting`` from the target, or would once it sets it."""
        if (target, setting) not in self._reached:
            if target.scope is ClientScope.USERNAME:
                found = tuple(
                    each for each in self.device.findings if each.scope is Scope.USERNAME and each.name == target.name
                )
            else:
                by_policy = self._by_policy
                found = tuple(each for each in by_policy[target.name] if not self._overrides(each, setting))
                if target.name == DEFAULT_POLICY:
                    found += tuple(
                        each
                        for name, findings in by_policy.items()
                        if name != DEFAULT_POLICY and self._inherits(name, setting)
                        for each in findings
                        if not self._overrides(each, setting)
                    )
            self._reached[target, setting] = found
        return self._reached[target, setting]

    @cached_property
    def _by_policy(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = defaultdict(list)
        for each in self.device.findings:
            if each.group_policy is not None:
                found[each.group_policy].append(each)
        return found

    def _overrides(self, finding: Finding, setting: str) -> bool:
        if finding.scope is not Scope.USERNAME:
            return False
        return getattr(self.users[finding.name].client, setting) is not None

    def _inherits(self, policy: str, setting: str) -> bool:
        found = self.policies.get(policy)
        return found is not None and getattr(found.client, setting) is None

    def keys_reached(self, target: ClientSettingsOf, setting: str) -> tuple[tuple[Scope, str], ...]:
        """The findings of :meth:`reached`, by name; the same tuple for all of them."""
        if (target, setting) not in self._keys:
            self._keys[target, setting] = tuple(each.key for each in self.reached(target, setting))
        return self._keys[target, setting]

    @cached_property
    def keys_judged(self) -> tuple[tuple[Scope, str], ...]:
        """Every finding that a change of the whole box reaches, by name."""
        judged = (each for each in self.device.findings if each.verdict is not Verdict.NOT_APPLICABLE)
        return tuple(each.key for each in judged)

    def hands_out_ipv6(self, target: ClientSettingsOf) -> bool:
        """Whether a user whom the target's MTU reaches can get an IPv6 address."""
        user = self.users.get(target.name) if target.scope is ClientScope.USERNAME else None
        any_policy = user is not None and user.group_policy is None  # the line holds in whichever a login picks
        return (any_policy and any(self._pool6(each) for each in self.policies.values())) or any(
            self._pool6(self.policies.get(each.group_policy or ""))
            or self._group6(each)
            or (each.scope is Scope.USERNAME and self._framed6(each.name))
            for each in self.reached(target, "mtu")
        )

    def _group6(self, finding: Finding) -> bool:
        """By the tunnel group's own pool; a policy or user that a login picks may come through any of them."""
        if finding.scope is Scope.TUNNEL_GROUP:
            group = self.groups.get(finding.name)
            return group is not None and bool(group.ipv6_address_pools)
        return any(each.ipv6_address_pools for each in self.config.tunnel_groups)

    def _pool6(self, policy: GroupPolicy | None) -> bool:
        default = self.policies.get(DEFAULT_POLICY)
        own = policy.ipv6_address_pools if policy else None
        pools = own or (default.ipv6_address_pools if default else None)
        return pools is not None and bool(pools.value)  # ``none`` hands out nothing, whatever DfltGrpPolicy says

    def _framed6(self, name: str) -> bool:
        return self.users[name].framed_ipv6 is not None

    def lines_of(self, target: ClientSettingsOf) -> list[str]:
        """All that the policy or user sets, as printed."""
        if target.scope is ClientScope.GROUP_POLICY:
            return [each.value for each in self.policies[target.name].body]
        headers = {f"{target.scope} {name} attributes" for name in (target.name, f'"{target.name}"')}
        return [each.value for block in self.config.blocks if block.header in headers for each in block.body]
