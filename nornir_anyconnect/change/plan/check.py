"""Does a plan still hold? What it rests on, and what the remedies derive from the device as it is now.

Three things must agree before a line is sent: the device with the identity that the plan names, its
configuration with the parts that were hashed, and what the remedies derive from that configuration now with
what they derived then (promises 10, 11, 31). That the plan agrees with itself its file sees to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.chassis import same_chassis
from nornir_anyconnect.asa.config_commands import Shows, lines_to_type, observe
from nornir_anyconnect.asa.effective import DEFAULT_POLICY
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.asa.modes import deciding_parts
from nornir_anyconnect.asa.running_config import Sourced, SslSettings, Webvpn
from nornir_anyconnect.audit.finding import Scope
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.outcome import Refusal, refused
from nornir_anyconnect.change.plan.model import Fix, PlannedDevice, named, state_of
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket
from nornir_anyconnect.remedies.kinds import kinds
from nornir_anyconnect.remedies.propose import remedies_of
from nornir_anyconnect.remedies.remedy_context import RemedyContext

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nornir_anyconnect.asa.config_commands import PlannedCommand
    from nornir_anyconnect.asa.running_config import Block, RunningConfig
    from nornir_anyconnect.audit.finding import Finding, Remedy
    from nornir_anyconnect.remedies.options import RemedyOptions

ANSWERS = "the device's own defaults"
"""The part that ``show running-config all`` and ``show ssl ciphers`` answered."""


def parts_read(findings: Iterable[Finding], commands: Iterable[PlannedCommand]) -> tuple[str, ...]:
    """Names of the parts of a configuration that these findings and commands rest on.

    A part is everything that begins with its name: a line that appears there is drift as well as one
    that changes or goes.
    """
    parts = [*deciding_parts(), f"{Scope.GROUP_POLICY} {DEFAULT_POLICY}"]
    for each in findings:
        if each.scope is not Scope.GROUP_POLICY:
            parts.append(f"{each.scope} {each.name}")
        if each.group_policy is not None:
            parts.append(f"{Scope.GROUP_POLICY} {each.group_policy}")
    parts += (part for command in commands for part in command.touches)
    return tuple(dict.fromkeys(parts))


def hashes(config: RunningConfig, parts: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each part as the device prints it, line numbers and trailing blanks aside.

    A platform that hands over values and no text is held to its values.
    """
    found = {part: _digest(_said(config, part)) for part in parts}
    if config.defaults is not None or config.device_ciphers:
        answers = [_said(config.defaults, part) for part in found] if config.defaults else []
        ciphers = [f"{version} {':'.join(suites)}" for version, suites in config.device_ciphers]
        found[ANSWERS] = _digest("\n".join([*answers, *ciphers]))
    return found


def drifted(config: RunningConfig, planned: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that are no longer as they were planned on."""
    now = hashes(config, (part for part in planned if part != ANSWERS))
    return tuple(part for part in {**planned, **now} if planned.get(part) != now.get(part))


def _said(config: RunningConfig, part: str) -> str:
    return _text(config.blocks, part) if config.blocks else _values(config, part)


def _values(config: RunningConfig, part: str) -> str:
    """The typed values of a part, in one spelling; empty where the part holds nothing, as its text would be."""
    kind, _, name = part.partition(" ")
    match kind:
        case Section.GROUP_POLICY:
            value: object = config.group_policy(name)
        case Section.TUNNEL_GROUP:
            value = config.tunnel_group(name)
        case Section.USERNAME:
            value = config.username(name)
        case Section.WEBVPN:
            value = None if config.webvpn == Webvpn() else config.webvpn
        case Section.SSL:
            value = None if config.ssl == SslSettings() else config.ssl
        case Section.SYSOPT:
            value = config.tcpmss
        case Section.MTU:
            value = config.interfaces or None
        case _:
            value = None
    return "" if value is None else repr(_plain(value))


def _plain(value: Any) -> Any:
    """Without where it stood: the same setting read from elsewhere is the same setting."""
    if isinstance(value, Sourced):
        return _plain(value.value)
    if is_dataclass(value):
        named = {each.name: getattr(value, each.name) for each in fields(value) if not each.name.endswith("line")}
        return {name: _plain(each) for name, each in named.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def _text(blocks: Iterable[Block], part: str) -> str:
    names = {part, _with_quotes(part)}
    beginnings = tuple(f"{name} " for name in names)
    lines = []
    for block in blocks:
        if block.header in names or block.header.startswith(beginnings):
            lines.append(block.header)
            lines += (each.value.rstrip() for each in block.body)
    return "\n".join(lines)


def _with_quotes(part: str) -> str:
    kind, _, name = part.partition(" ")
    return f'{kind} "{name}"'


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_identity(planned: PlannedDevice, serials: tuple[str, ...], context: str | None) -> None:
    """Refuse any box or context but the planned one; a failover pair is known by either serial number.

    Raises:
        GateError: it is another one, or the plan knows no serial number.

    """
    if planned.preview_only or not planned.serials:
        raise refused(Refusal.PREVIEW, name=planned.name)
    if not same_chassis(planned.serials, serials):
        found, wanted = ", ".join(serials) or "unknown", ", ".join(planned.serials)
        raise refused(Refusal.OTHER_CHASSIS, name=planned.name, found=found, planned=wanted)
    if (context or None) != planned.context:
        raise refused(Refusal.OTHER_CONTEXT, found=context or "none", planned=planned.context or "none")


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """Asks of a configuration whether the plan of one device holds for it.

    Args:
        planned: the device as planned.
        options: what was said when it was planned.

    """

    planned: PlannedDevice
    options: RemedyOptions

    def rederive(self, config: RunningConfig, run: str = "") -> tuple[PlannedCommand, ...]:
        """The planned commands, if the configuration as it is now still leads to them.

        A device that shows all of them already is not asked again: applying them changes nothing.

        Args:
            config: what it is configured to do now.
            run: that will own created objects; empty keeps the preview's.

        Raises:
            GateError: the configuration has drifted, or leads to other commands.

        """
        planned = self.planned
        if not all(each.shows is Shows.AFTER for each in observe(config, planned.commands)):
            moved = drifted(config, planned.hashes)
            if moved:
                raise refused(Refusal.DRIFT, parts=", ".join(moved))
            self._refuse_other_derivation(config)
        return planned.commands_of(run) if run else planned.commands

    def _refuse_other_derivation(self, config: RunningConfig) -> None:
        """The remedies, asked again, must give exactly these commands."""
        now: list[PlannedCommand] = []
        judged = self._judged(config)
        # one number for all findings of a device
        safe = [each.safe_mtu for one in judged for each in one.device.findings if each.safe_mtu is not None]
        offers = [{named(key): each for key, each in remedies_of(one).items()} for one in judged]
        for fix in self.planned.fixes:
            name = fix.serves[0]
            offered = [one for each in offers for one in each.get(name, ()) if one.kind == fix.remedy]
            if offered and not any(one.blocked_by for one in offered):
                self._refuse_wider_reach(fix, offered)
                now += kinds()[fix.remedy].agreed(offered, safe)
        if tuple(now) != self.planned.commands:
            other = " / ".join(lines_to_type(now)) or "nothing"
            raise refused(Refusal.OTHER_DERIVATION, name=self.planned.name, lines=other)

    def _refuse_wider_reach(self, fix: Fix, offered: list[Remedy]) -> None:
        """Who read the plan agreed to what it names: whoever came under the same line since was not asked about."""
        known = {*fix.serves, *fix.affects}
        new = dict.fromkeys(named(key) for one in offered for key in one.reaches if named(key) not in known)
        if new:
            raise refused(Refusal.WIDER_REACH, name=self.planned.name, kind=fix.remedy, findings=", ".join(new))
        if any(one.tunnels != fix.tunnels for one in offered):
            raise refused(Refusal.OTHER_TUNNELS, name=self.planned.name)

    def _judged(self, config: RunningConfig) -> list[RemedyContext]:
        """The device judged again: under each set that its own numbers left when it was planned, else as usual."""
        planned, seen = self.planned, None
        if planned.two_mtus_seen:
            # shows that the release has two MTUs; a packet no larger than its threshold calibrates nothing
            proof = (LargePacket(0, 0, without_udp=False),)
            groups = {name: GroupObservations(name, large_packets=proof) for name in planned.two_mtus_seen}
            seen = DeviceObservations(planned.name, groups)
        found = []
        for assume in planned.standing or (self.options.assume,):
            under = self.options.under(assume)
            found.append(RemedyContext(config, judge(config, planned.name, seen, under.judging), under, seen))
        return found

    def misjudged(self, config: RunningConfig) -> str | None:
        """How a configuration that was read back differs from what the plan predicted; None where it does not."""
        now: dict[str, dict[str, Any]] = {}
        for judged in self._judged(config):
            for finding in judged.device.findings:
                state = state_of(finding)
                mtus = now.get(named(finding.key), state).get("mtus", {})
                now[named(finding.key)] = state | {"mtus": {**mtus, **state["mtus"]}}
        for each in self.planned.outlook:
            found = now.get(each.finding, {})
            if self.planned.standing:  # judged set by set: the sets share their numbers, not one verdict
                found = found | {key: each.after[key] for key in ("verdict", "reason", "certainty") if found}
            if found != each.after:
                return f"{each.finding}: predicted {_words(each.after)}, found {_words(found)}"
        return None


def _words(state: dict[str, Any]) -> str:
    if not state:
        return "nothing"
    mtus = ", ".join(f"{name} {size['tls']}/{size['dtls']}" for name, size in state["mtus"].items())
    return f"{state['verdict']} ({mtus})" if mtus else state["verdict"]
