"""From the plan back to typed commands: derived again from remedy and parameters, never from its lines.

Four things must agree before a line is sent: the plan with itself, the device with the identity that the
plan names, its configuration with the parts that were hashed, and what the remedies derive from that
configuration now with what they derived then (promises 10, 11, 31).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.config_commands import (
    ClientMtu,
    ConfigCommand,
    TcpMss,
    for_run,
    inverse_of,
    lines_to_type,
)
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.codec import decode
from nornir_anyconnect.change.footprint import drifted
from nornir_anyconnect.change.observe import Shows, observe
from nornir_anyconnect.change.planned import Fix, PlannedDevice, Words, state_of
from nornir_anyconnect.change.transaction import Change
from nornir_anyconnect.errors import AnyConnectError, GateError, PlanError
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket
from nornir_anyconnect.platforms.chassis import same_chassis
from nornir_anyconnect.remedies.propose import remedies_of
from nornir_anyconnect.remedies.remedy import Kind, Remedy, RemedyOptions, key_of

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.finding import DeviceAudit, Scope

_ALTERED = "the plan was altered: make it again with 'nornir-anyconnect plan'"
_PLAN_AGAIN = "plan again and look at what changed"


def typed_commands(planned: PlannedDevice, token: str = "") -> tuple[ConfigCommand, ...]:
    """The typed commands of a planned device, out of its remedies' parameters.

    Args:
        planned: the device as planned.
        token: the run that will own created objects; empty keeps the preview's.

    Raises:
        PlanError: the parameters are no commands, or the lines shown beside them are not theirs.

    """
    try:
        commands = tuple(decode(each) for fix in planned.fixes for each in fix.parameters)
        shown = lines_to_type(commands), lines_to_type(inverse_of(commands))
    except AnyConnectError as error:
        raise PlanError(f"{planned.name}: the plan holds what is not a remedy: {error}", _ALTERED) from error
    if shown != (planned.commands, planned.rollback):
        raise PlanError(f"{planned.name}: the lines of the plan are not those of its remedies", _ALTERED)
    return for_run(commands, token) if token else commands


def check_identity(planned: PlannedDevice, serials: tuple[str, ...], context: str | None) -> None:
    """Refuse any box or context but the planned one; a failover pair is known by either serial number.

    Raises:
        GateError: it is another one, or the plan knows no serial number.

    """
    if planned.preview_only or not planned.serials:
        raise GateError(
            f"the plan for {planned.name} is a preview: it knows no serial number",
            "plan over an inventory, so that the device itself is asked",
        )
    if not same_chassis(planned.serials, serials):
        raise GateError(
            f"{planned.name} has serial number {', '.join(serials) or 'unknown'}, planned was "
            f"{', '.join(planned.serials)}",
            "check the inventory's address, or plan again",
        )
    if (context or None) != planned.context:
        raise GateError(
            f"the session is in context {context or 'none'}, planned was {planned.context or 'none'}",
            "check the inventory's context",
        )


def rederive(planned: PlannedDevice, config: RunningConfig, words: Words, token: str = "") -> tuple[ConfigCommand, ...]:
    """The typed commands, if the configuration as it is now still leads to them.

    A device that shows all of them already is not asked again: applying them changes nothing.

    Args:
        planned: the device as planned.
        config: what it is configured to do now.
        words: what was said when it was planned.
        token: the run that will own created objects.

    Raises:
        PlanError: the plan does not agree with itself.
        GateError: the configuration has drifted, or leads to other commands.

    """
    commands = typed_commands(planned)
    if not all(each.shows is Shows.AFTER for each in observe(config, commands)):
        moved = drifted(config, planned.hashes)
        if moved:
            raise GateError(f"drift since the plan was made: {', '.join(moved)}", _PLAN_AGAIN)
        _refuse_other_derivation(planned, commands, config, words)
    return for_run(commands, token) if token else commands


def _refuse_other_derivation(
    planned: PlannedDevice, commands: tuple[ConfigCommand, ...], config: RunningConfig, words: Words
) -> None:
    """The remedies, asked again, must give exactly these commands."""
    now: list[ConfigCommand] = []
    audits = _judged(planned, config, words)
    offers = [
        {_named(key): each for key, each in remedies_of(config, device, options, seen).items()}
        for device, options, seen in audits
    ]
    for fix in planned.fixes:
        name = fix.serves[0]
        offered = [one for each in offers for one in each.get(name, ()) if one.kind == fix.remedy]
        if offered and not any(one.blocked_by for one in offered):
            _refuse_wider_reach(planned, fix, offered)
            safe = [
                finding.safe_mtu
                for device, _, _ in audits
                for finding in device.findings
                if _named(key_of(finding)) == name and finding.safe_mtu is not None
            ]
            now += _agreed(offered, safe)
    if tuple(now) != commands:
        other = " / ".join(lines_to_type(now)) or "nothing"
        raise GateError(f"{planned.name}: what was planned is not what is derived now: {other}", _PLAN_AGAIN)


def _refuse_wider_reach(planned: PlannedDevice, fix: Fix, offered: list[Remedy]) -> None:
    """Who read the plan agreed to what it names: whoever came under the same line since was not asked about."""
    known = {*fix.serves, *fix.affects}
    new = dict.fromkeys(_named(key) for one in offered for key in one.reaches if _named(key) not in known)
    if new:
        raise GateError(
            f"{planned.name}: {fix.remedy} would also reach {', '.join(new)}, which the plan does not name", _PLAN_AGAIN
        )
    if fix.remedy == Kind.TCPMSS and any(one.cost != fix.cost for one in offered):
        raise GateError(f"{planned.name}: the L2L tunnels are not those that the plan names", _PLAN_AGAIN)


def _agreed(offered: list[Remedy], safe: list[int]) -> tuple[ConfigCommand, ...]:
    """One remedy as it stands under several assumption sets: the MTU that is safe under all of them."""
    (*_, last) = first = offered[0].commands
    if isinstance(last, ClientMtu):
        return (*first[:-1], replace(last, after=min(safe)))
    if isinstance(last, TcpMss):
        sizes = [each.after for one in offered for each in one.commands if isinstance(each, TcpMss)]
        return (replace(last, after=max(size for size in sizes if size is not None)),)
    return first


def _judged(
    planned: PlannedDevice, config: RunningConfig, words: Words
) -> list[tuple[DeviceAudit, RemedyOptions, DeviceObservations | None]]:
    """The device judged again: under each set that its own numbers left when it was planned, else as usual."""
    seen = None
    if planned.two_mtus_seen:
        # shows that the release has two MTUs; a packet no larger than its threshold calibrates nothing
        proof = (LargePacket(0, 0, without_udp=False),)
        groups = {name: GroupObservations(name, large_packets=proof) for name in planned.two_mtus_seen}
        seen = DeviceObservations(planned.name, groups)
    found = []
    for assume in planned.standing or (words.assume,):
        options = replace(words, assume=assume).options()
        found.append((judge(config, planned.name, seen, options.judging), options, seen))
    return found


def misjudged(planned: PlannedDevice, config: RunningConfig, words: Words) -> str | None:
    """How the configuration that was read back differs from what the plan predicted; None where it does not.

    Args:
        planned: the device as planned.
        config: what it is configured to do after the change.
        words: what was said when it was planned.

    """
    now: dict[str, dict[str, Any]] = {}
    for device, _, _ in _judged(planned, config, words):
        for finding in device.findings:
            state = state_of(finding)
            mtus = now.get(_named(key_of(finding)), state).get("mtus", {})
            now[_named(key_of(finding))] = state | {"mtus": {**mtus, **state["mtus"]}}
    for each in planned.outlook:
        found = now.get(each.finding, {})
        if planned.standing:  # judged set by set: the sets share their numbers, not one verdict
            found = found | {key: each.after[key] for key in ("verdict", "reason", "certainty") if found}
        if found != each.after:
            return f"{each.finding}: predicted {_words(each.after)}, found {_words(found)}"
    return None


def _words(state: dict[str, Any]) -> str:
    if not state:
        return "nothing"
    mtus = ", ".join(f"{name} {size['tls']}/{size['dtls']}" for name, size in state["mtus"].items())
    return f"{state['verdict']} ({mtus})" if mtus else state["verdict"]


def _named(key: tuple[Scope, str]) -> str:
    return f"{key[0]} {key[1]}"


def change_of(planned: PlannedDevice, words: Words, token: str) -> Change:
    """What a transaction needs: the commands, and the two questions it asks of a configuration.

    Raises:
        PlanError: the plan does not agree with itself.

    """
    return Change(
        commands=typed_commands(planned, token),
        check=lambda now: rederive(planned, now, words),
        misjudged=lambda now: misjudged(planned, now, words),
    )
