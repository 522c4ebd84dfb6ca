"""The remedies of every finding of a device, in its own words and its manager's, and which of them is planned.

Source: FMC configuration guide, "Configure Group Policy Objects" (Secure Client, SSL Settings); FMC REST API,
``object/grouppolicies`` (PUT takes the whole object); Terraform provider CiscoDevNet/fmc, ``fmc_group_policy``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.managed import ManagerSteps
from nornir_anyconnect.asa.parser import config_of, prepare
from nornir_anyconnect.asa.running_config import Notice, notice
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import Finding, Remedy, Verdict
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.remedies.client_settings import ClientScope
from nornir_anyconnect.remedies.kinds import kinds, must_be_a_fix
from nornir_anyconnect.remedies.options import AUTO, EXPLAINED
from nornir_anyconnect.remedies.remedy import Auto, remedy_of
from nornir_anyconnect.remedies.remedy_context import RemedyContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir_anyconnect.asa.config_commands import PlannedCommand
    from nornir_anyconnect.asa.managed import ManagedBy
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.finding import DeviceAudit, Scope
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.remedies.remedy import RemedyKind


_IN_THE_PAGE = {"mtuSize": "MTU Size", "ignoreDFBit": "Ignore DF Bit"}
_IN_TERRAFORM = {"mtuSize": "mtu_size", "ignoreDFBit": "ignore_df_bit"}
_SETTINGS = "sslSettings"


def remedies_of(context: RemedyContext) -> dict[tuple[Scope, str], tuple[Remedy, ...]]:
    """The remedies of each finding that is at risk or mitigated, in the order of their kinds."""
    found = {}
    manager = context.config.manager
    for finding in context.at_stake:
        offers = ((kind, kind.propose(context, finding)) for kind in kinds().values())
        remedies = tuple(remedy_of(kind, finding, offer) for kind, offer in offers if offer is not None)
        found[finding.key] = tuple(
            replace(each, manager=_manager_steps(manager, each.commands)) if manager else each for each in remedies
        )
    return found


def assess_text(
    text: str,
    name: str,
    *,
    observations: DeviceObservations | None = None,
    options: Options | None = None,
    path: str | None = None,
) -> DeviceAudit:
    """Judge one saved running-config; findings with remedies, worst first. Sizes in bytes.

    Args:
        text: the configuration as printed.
        name: what the device is called in the report.
        observations: what was seen of the device.
        options: how to judge.
        path: where the text was read from.

    Raises:
        SourceError: the text is empty, binary, or not the configuration of an ASA or FTD.

    """
    config = config_of(text, path or name)
    return replace(assess_config(config, name, observations, options), path=path)


def get_ready() -> None:
    """Load and compile all that judging a text needs, before there is one."""
    prepare()


def assess_config(
    config: RunningConfig,
    name: str,
    observations: DeviceObservations | None = None,
    options: Options | None = None,
) -> DeviceAudit:
    """Judge a parsed configuration and propose what would close its gaps."""
    options = options or Options()
    judged = judge(config, name, observations, options)
    return propose(RemedyContext(config, judged, observations=observations, judging=options))


def propose(context: RemedyContext) -> DeviceAudit:
    """The same audit, each finding with its remedies."""
    device, found = context.device, remedies_of(context)
    findings = tuple(replace(each, remedies=found[each.key]) if each.key in found else each for each in device.findings)
    return replace(device, findings=findings)


def _manager_steps(manager: ManagedBy | None, commands: Sequence[PlannedCommand]) -> ManagerSteps | None:
    """What a person does in the manager instead of these commands; None where its objects hold no such setting."""
    if manager is None or len(commands) != 1:
        return None
    (command,) = commands
    target, wanted = getattr(command, "target", None), command.in_the_manager
    policy = manager.policy(target.name) if target is not None and target.scope is ClientScope.GROUP_POLICY else None
    if policy is None or wanted is None:
        return None
    setting, value = wanted
    body = json.loads(policy.body)
    body.setdefault("anyConnectSettings", {}).setdefault(_SETTINGS, {})[setting] = value
    shown = json.dumps(value)
    return ManagerSteps(
        url=manager.url,
        page=(
            f"Objects > Object Management > VPN > Group Policy > {policy.name} > Secure Client > SSL Settings: "
            f"{_IN_THE_PAGE[setting]} = {shown}; then deploy"
        ),
        path=policy.path,
        body=body,
        terraform=f"{_IN_TERRAFORM[setting]} = {shown}",
        shared_with=policy.shared_with,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """The remedy to plan for a finding, or None, and why."""

    remedy: Remedy | None
    why: Notice
    blocked_by: tuple[str, ...] = ()
    manager: ManagerSteps | None = None
    """What is done in the manager instead, where the device's configuration belongs to one."""


def waived(finding: Finding) -> Choice | None:
    """A finding that somebody accepted stays as it is; None where nobody did."""
    if finding.waiver is None:
        return None
    return Choice(None, notice("accepted", **finding.waiver))


def choose(finding: Finding, remedies: Sequence[Remedy], fix: str = AUTO) -> Choice:
    """Pick the remedy for one finding.

    ``auto`` takes what closes the gap under all standing sets with the fewest people concerned: the
    MTU, then a ``tcpmss`` that somebody allowed. Fragmentation is its last resort: it only mitigates.
    It never creates a tunnel group, because users would have to choose it.

    Raises:
        UsageError: no fix of that name.

    """
    must_be_a_fix(fix)
    by_kind = {each.kind: each for each in remedies}
    if fix != AUTO:
        return _asked_for(by_kind.get(fix), kinds()[fix])
    if finding.verdict is not Verdict.AT_RISK:
        return Choice(None, notice("not-at-risk", verdict=finding.verdict))
    closing = _of(Auto.CLOSES, by_kind)
    for remedy in closing:
        if remedy.closes and not remedy.blocked_by:
            return Choice(remedy, Notice("closes", words=kinds()[remedy.kind].why))
    if not closing:
        return Choice(None, notice("nothing-closes"))
    first = closing[0]
    for last in _of(Auto.LAST_RESORT, by_kind):
        if not last.blocked_by:
            why = Notice("mitigates", words=kinds()[last.kind].why)
            return Choice(last, notice("last-resort", kind=first.kind, because=_because(first), why=why))
    return Choice(None, _because(first), first.blocked_by, first.manager)


def _of(when: Auto, by_kind: dict[str, Remedy]) -> list[Remedy]:
    return [by_kind[name] for name, kind in kinds().items() if kind.auto is when and name in by_kind]


def _asked_for(remedy: Remedy | None, kind: RemedyKind) -> Choice:
    if remedy is None:
        return Choice(None, Notice("not-offered", words=kind.not_offered))
    if remedy.blocked_by:
        return Choice(None, _because(remedy), remedy.blocked_by, remedy.manager)
    return Choice(remedy, notice("asked-for", kind=kind.name))


def _because(remedy: Remedy) -> Notice:
    if not remedy.blocked_by:
        return notice("closes-only-under", sets=remedy.closes_under or "no assumption set")
    words = "; ".join(EXPLAINED[each] for each in remedy.blocked_by)
    return Notice("blocked", {"by": remedy.blocked_by}, words)
