"""What a finding would be after a change: the configuration changed in memory and judged again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.config_commands import applied
from nornir_anyconnect.asa.effective import DEFAULT_POLICY, policy_name_of
from nornir_anyconnect.audit.finding import Finding, Numbers, Scope
from nornir_anyconnect.audit.judge import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.asa.config_commands import ConfigCommand
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.judge import Options
    from nornir_anyconnect.evidence.observations import DeviceObservations


@dataclass(frozen=True, slots=True)
class Prediction:
    """The MTUs (bytes, per assumption set) that a change would lead to; none where something else then decides."""

    numbers: dict[str, Numbers]

    def closed(self, finding: Finding) -> frozenset[str]:
        """The finding's standing sets under which no gap is left."""
        return frozenset(
            name for name in finding.standing if name in self.numbers and (self.numbers[name].gap or 0) <= 0
        )

    def closes(self, finding: Finding) -> bool:
        """No gap is left under any standing set."""
        return bool(finding.standing) and self.closed(finding) == frozenset(finding.standing)


@dataclass(slots=True)
class Predictor:
    """Judges changed copies of one configuration; findings that rest on the same values share the answer."""

    config: RunningConfig
    judging: Options
    observations: DeviceObservations | None = None
    _known: dict[object, Prediction | None] = field(default_factory=dict)

    def after(self, finding: Finding, commands: tuple[ConfigCommand, ...], change: object) -> Prediction | None:
        """What the finding would be; None where it would no longer exist.

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
    ) -> dict[tuple[Scope, str], Prediction]:
        """The same for a change of the whole box: in one judgement, of one finding for all that rest on its values."""
        alike: dict[object, list[tuple[Scope, str]]] = {}
        for each in findings:
            alike.setdefault((each.scope, each.reason, each.configured_mtu), []).append(each.key)
        changed = applied(replace(self.config, blocks=()), commands)
        only = frozenset(keys[0] for keys in alike.values())
        audit = judge(changed, "", self.observations, self.judging, only=only)
        found = {each.key: Prediction(each.standing) for each in audit.findings}
        return {key: found[keys[0]] for keys in alike.values() if keys[0] in found for key in keys}

    def _judged(self, finding: Finding, commands: tuple[ConfigCommand, ...]) -> Prediction | None:
        changed = applied(self._around(finding), commands)
        key = finding.key
        audit = judge(changed, "", self.observations, self.judging, only=frozenset({key}))
        after = next((each for each in audit.findings if each.key == key), None)
        return None if after is None else Prediction(after.standing)

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
