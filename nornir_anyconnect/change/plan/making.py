"""Making a plan: which remedy for which finding, on which device, and what that would lead to. Nothing is sent.

A plan holds remedies and their commands; the lines beside them in its file are for people. ``apply`` derives
the commands again (``check``) and refuses any difference.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.chassis import by_marks, label_of
from nornir_anyconnect.asa.config_commands import PlannedCommand, applied
from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.finding import Status
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.audit.negotiable import release_of
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.change.plan.check import hashes, parts_read
from nornir_anyconnect.change.plan.file import content_id
from nornir_anyconnect.change.plan.model import VALID_DAYS, Fix, Left, Outlook, Plan, PlannedDevice, named, state_of
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.mtu.releases import TWO_MTUS
from nornir_anyconnect.remedies.kinds import must_be_a_fix
from nornir_anyconnect.remedies.options import RemedyOptions
from nornir_anyconnect.remedies.propose import Choice, choose, remedies_of, waived
from nornir_anyconnect.remedies.remedy_context import RemedyContext
from nornir_anyconnect.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nornir_anyconnect.asa.running_config import Block, Notice, RunningConfig
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding, Remedy, Scope
    from nornir_anyconnect.evidence.observations import DeviceObservations


@dataclass(frozen=True, slots=True)
class PlanInput:
    """One device or context to plan for: what it is configured to do, how it was judged, what was seen."""

    config: RunningConfig
    device: DeviceAudit
    observations: DeviceObservations | None = None
    configurable: bool = True
    """It is the unit of its pair that takes configuration, as far as it was asked."""


def make_plan(
    inputs: Iterable[PlanInput],
    *,
    options: RemedyOptions | None = None,
    now: datetime | None = None,
) -> Plan:
    """Plan the change of any number of devices.

    Args:
        inputs: the devices, judged as ``options`` say.
        options: the fix and the explicit words.
        now: time of planning; the plan expires 7 days later.

    Raises:
        UsageError: no such fix, or one alias for several tunnel groups.

    """
    options = options or RemedyOptions()
    must_be_a_fix(options.fix)
    planned = _one_per_pair(inputs)
    devices = tuple(_planned(each, also, options) for each, also in planned)
    created = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    plan = Plan(
        id="",
        created=created,
        expires=created + timedelta(days=VALID_DAYS),
        tool_version=__version__,
        options=options,
        devices=devices,
        warnings=_partly_changed(devices) + _partly_judged(each.device for each, _ in planned),
    )
    return replace(plan, id=content_id(plan))


def _one_per_pair(inputs: Iterable[PlanInput]) -> list[tuple[PlanInput, tuple[str, ...]]]:
    """Sorted by load-balancing group, name and context; of a failover pair the unit that takes configuration."""
    in_order = sorted(inputs, key=_order)
    boxes = by_marks(sorted(in_order, key=lambda one: not one.configurable), _marks)
    kept = [(first, tuple(sorted(each.device.name for each in rest))) for first, *rest in boxes]
    return sorted(kept, key=lambda pair: _order(pair[0]))


def _marks(each: PlanInput) -> list[tuple[str, str | None]]:
    """What tells its box and context; two saved files of one box are two texts, not a pair."""
    told = _serials(each) if each.device.path is None else ()
    return [(serial, each.device.context) for serial in told]


def _order(each: PlanInput) -> tuple[str, str, str]:
    return (_group(each.config) or "", each.device.name, each.device.context or "")


def _serials(each: PlanInput) -> tuple[str, ...]:
    return each.device.serials or each.config.serials


def _group(config: RunningConfig) -> str | None:
    """The address that names the ``vpn load-balancing`` group."""
    if config.load_balancing is None:
        return None
    lines = (
        line.value.split() for block in config.blocks if block.header.startswith("vpn load") for line in block.body
    )
    return next((words[-1] for words in lines if words[:3] == ["cluster", "ip", "address"]), "unnamed")


def _planned(each: PlanInput, also: tuple[str, ...], options: RemedyOptions) -> PlannedDevice:
    config, device = each.config, each.device
    offered = remedies_of(RemedyContext(config, device, options, each.observations))
    stakes = [finding for finding in device.findings if finding.key in offered]
    choices = {
        finding.key: (not options.include_waived and waived(finding))
        or choose(finding, offered[finding.key], options.fix)
        for finding in stakes
    }
    fixes, commands = _fixes(choices)
    changed = applied(config, commands)
    after = judge(changed, device.name, each.observations, options.judging) if commands else device
    served = [finding for finding in stakes if choices[finding.key].remedy is not None]
    return PlannedDevice(
        name=device.name,
        context=device.context,
        platform=device.platform,
        asa_version=device.asa_version,
        serials=_serials(each),
        also_named=also,
        load_balancing=_group(config),
        preview_only=device.path is not None or not _serials(each),
        standing=_standing(stakes, options),
        two_mtus_seen=_two_mtus_seen(config, stakes),
        fixes=fixes,
        diff=_diff(config, changed, label_of(device.name, device.context)),
        outlook=_outlook(device, after, fixes, asked=each.observations is not None),
        left=tuple(_left(finding, choices[finding.key]) for finding in stakes if finding not in served),
        hashes=hashes(config, parts_read(served, commands)) if commands else {},
    )


def _standing(stakes: Sequence[Finding], options: RemedyOptions) -> tuple[str, ...]:
    if options.judging.assume is not None:
        return ()
    return next((finding.proved for finding in stakes if finding.proved), ())


def _two_mtus_seen(config: RunningConfig, stakes: Sequence[Finding]) -> tuple[str, ...]:
    release = release_of(config)
    if release is None or release >= TWO_MTUS:
        return ()
    return tuple(dict.fromkeys(each.group_policy for each in stakes if each.group_policy is not None))


def _fixes(choices: dict[tuple[Scope, str], Choice]) -> tuple[tuple[Fix, ...], tuple[PlannedCommand, ...]]:
    """The remedies, each once: one line in a policy serves all the findings that hang on it."""
    served: dict[tuple[PlannedCommand, ...], list[tuple[Remedy, Notice]]] = defaultdict(list)
    for choice in choices.values():
        if choice.remedy is not None:
            served[choice.remedy.commands].append((choice.remedy, choice.why))
    _refuse_same_alias(served)
    fixes = []
    for commands, remedies in served.items():
        remedy, why = remedies[0]
        keys = [each.finding for each, _ in remedies]
        fixes.append(
            Fix(
                remedy=remedy.kind,
                why=sentence(why),
                cost=sentence(remedy.cost) if remedy.cost else "",
                serves=tuple(named(key) for key in keys),
                affects=tuple(named(key) for key in remedy.reaches if key not in keys),
                commands=commands,
                tunnels=remedy.tunnels,
            )
        )
    return tuple(fixes), tuple(command for commands in served for command in commands)


def _refuse_same_alias(served: Iterable[tuple[PlannedCommand, ...]]) -> None:
    lines = [line for commands in served for command in commands for line in command.claims]
    if len(lines) != len(set(lines)):
        raise UsageError(
            "several new tunnel groups would have the same alias or URL",
            "put {group} into --alias or --url: it stands for the name of the original",
        )


def _left(finding: Finding, choice: Choice) -> Left:
    steps = choice.manager.lines if choice.manager else ()
    return Left(named(finding.key), str(finding.verdict), sentence(choice.why), choice.blocked_by, steps)


def _outlook(device: DeviceAudit, after: DeviceAudit, fixes: Sequence[Fix], *, asked: bool) -> tuple[Outlook, ...]:
    """Every finding that a fix serves or changes, and every one that it creates."""
    served = {name for each in fixes for name in each.serves}
    was = {named(each.key): each for each in device.findings}
    will = {named(each.key): each for each in after.findings}
    shown = []
    for name in {**was, **will}:
        before, then = was.get(name), will.get(name)
        if name in served or state_of(before) != state_of(then):
            one = before or then
            sessions = one.evidence.sessions if one and one.evidence else None
            shown.append(
                Outlook(
                    finding=name,
                    group_policy=one.group_policy if one else None,
                    users=sessions if asked else None,
                    before=state_of(before),
                    after=state_of(then),
                )
            )
    return tuple(shown)


def _partly_changed(devices: Sequence[PlannedDevice]) -> tuple[str, ...]:
    """Load-balancing groups of which only some members would be changed: a user may land on either."""
    members: dict[str, list[PlannedDevice]] = defaultdict(list)
    for each in devices:
        if each.load_balancing is not None:
            members[each.load_balancing].append(each)
    warnings = []
    for group, each_of in members.items():
        changed = [each.name for each in each_of if each.fixes]
        others = [each.name for each in each_of if not each.fixes]
        if changed and others:
            said = {"changed": ", ".join(changed), "others": ", ".join(others)}  # a plan names all
            warnings.append(sentence(notice("changed-partly", group=group, **said)))
    return tuple(warnings)


def _partly_judged(devices: Iterable[DeviceAudit]) -> tuple[str, ...]:
    """A text that was cut may hold what is at risk: it is no device without anything to change."""
    names = [each.name for each in devices if each.status is not Status.OK]
    return (sentence(notice("judged-partly", names=", ".join(names))),) if names else ()


def _diff(before: RunningConfig, after: RunningConfig, name: str) -> str:
    """Unified diff of the blocks that change, each shown whole."""
    old, new = _by_header(before.blocks), _by_header(after.blocks)
    changed = [header for header in {**old, **new} if old.get(header) != new.get(header)]
    lines = difflib.unified_diff(
        [line for header in changed for line in old.get(header, [])],
        [line for header in changed for line in new.get(header, [])],
        f"{name} (now)",
        f"{name} (planned)",
        n=1_000_000,
        lineterm="",
    )
    return "\n".join(line.rstrip() for line in lines)


def _by_header(blocks: Iterable[Block]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for block in blocks:
        found.setdefault(block.header, []).extend([block.header, *(each.value.rstrip() for each in block.body)])
    return found
