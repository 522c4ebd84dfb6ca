"""The remedies that change one line: MTU, fragmentation, tcpmss; and the advice on the DTLS port.

Source: Cisco tech note 116881, section "Resolution"; what each costs is said beside it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.config_commands import (
    ClientMtu,
    ClientScope,
    ClientSettingsOf,
    ConfigCommand,
    DfBitIgnore,
    TcpMss,
)
from nornir_anyconnect.asa.effective import DEFAULT_POLICY
from nornir_anyconnect.audit.caveats import DEFAULT_DTLS_PORT, l2l_tunnels
from nornir_anyconnect.audit.finding import Finding, Scope, Verdict
from nornir_anyconnect.mtu.derive import DEFAULT_LINK, DEFAULT_TCPMSS
from nornir_anyconnect.remedies.remedy import Block, Kind, Remedy, first_of_each, key_of

if TYPE_CHECKING:
    from nornir_anyconnect.remedies.predict import Prediction
    from nornir_anyconnect.remedies.remedy_context import Facts

LOWEST_MTU = 576
"""Bytes; RFC 791: what every IPv4 host must accept."""
LOWEST_MTU_IPV6 = 1280
"""Bytes; RFC 8200, section 5."""

_COST = {
    Kind.MTU: "packets of at most {bytes} bytes on both tunnels; sessions get it when they next connect",
    Kind.DF_BIT_IGNORE: "large packets pass in fragments; the adapter is still reconfigured after a minute",
    Kind.TCPMSS: "changes the whole box and helps TCP only; UDP above the client's MTU is still dropped",
    Kind.DTLS_PORT: "clients must be able to reach the new port: tell the people who run the firewalls between",
}


@dataclass
class Targets:
    """What the findings of one box have in common, worked out once per target."""

    facts: Facts
    _mtu: dict[ClientSettingsOf, int] = field(default_factory=dict)

    def mtu(self, target: ClientSettingsOf) -> int:
        """The MTU for the target, bytes: small enough for every finding that gets it from there."""
        if target not in self._mtu:
            wanted = [each.safe_mtu for each in self.facts.reached(target, "mtu") if each.safe_mtu is not None]
            self._mtu[target] = min(wanted)
        return self._mtu[target]

    @cached_property
    def tcpmss(self) -> TcpMss | None:
        """One value for the box: what its neediest finding needs; None where no value helps any."""
        # the larger the MTU in force, the more tcpmss a finding needs: the neediest that can be helped decides
        by_need = sorted(
            {each.configured_mtu: each for each in self.facts.at_stake}.values(),
            key=lambda each: each.configured_mtu or inf,  # one that is not set caps nothing
        )
        low, high = _tcpmss_range(self.facts)
        if low >= high:
            return None
        helped = bisect_left(by_need, 1, key=lambda each: not self.closes_with_tcpmss(each, high))
        return self._tcpmss(self._searched(by_need[helped - 1])) if helped else None

    @cached_property
    def with_tcpmss(self) -> dict[tuple[Scope, str], Prediction]:
        """What every finding at stake would be with that value."""
        commands = (self.tcpmss,) if self.tcpmss else ()
        return self.facts.predictor.after_on_the_box(self.facts.at_stake, commands)

    def _tcpmss(self, size: int) -> TcpMss:
        prior = self.facts.config.tcpmss
        return TcpMss(prior.value if prior else None, size)

    def _searched(self, finding: Finding) -> int:
        """The smallest tcpmss that closes the finding under every standing set, bytes; the largest one does."""
        low, high = _tcpmss_range(self.facts)
        while high - low > 1:  # a larger tcpmss never makes the TLS MTU smaller
            middle = (low + high) // 2
            low, high = (low, middle) if self.closes_with_tcpmss(finding, middle) else (middle, high)
        return high

    def closes_with_tcpmss(self, finding: Finding, tcpmss: int) -> bool:
        """Whether that tcpmss (bytes) leaves no gap under any standing set."""
        after = self.predicted_tcpmss(finding, tcpmss)
        standing = tuple(finding.standing)
        return after is not None and bool(standing) and after.closed(standing) == standing

    def predicted_tcpmss(self, finding: Finding, tcpmss: int) -> Prediction | None:
        """What the finding would be with that tcpmss (bytes)."""
        return self.facts.predictor.after(finding, (self._tcpmss(tcpmss),), (Kind.TCPMSS, tcpmss))


def _tcpmss_range(facts: Facts) -> tuple[int, int]:
    """The value in force and one that limits nothing, bytes."""
    asked = facts.config.tcpmss or (facts.config.defaults.tcpmss if facts.config.defaults else None)
    now = asked.value if asked else DEFAULT_TCPMSS
    links = [each.mtu.value for each in facts.config.interfaces if each.mtu is not None]
    return now, max([*links, DEFAULT_LINK])


def _default_policy(facts: Facts, target: ClientSettingsOf) -> tuple[Block, ...]:
    asked = target == ClientSettingsOf(ClientScope.GROUP_POLICY, DEFAULT_POLICY)
    return (Block.DEFAULT_POLICY,) if asked and not facts.options.include_default_policy else ()


def mtu(facts: Facts, targets: Targets, finding: Finding) -> Remedy | None:
    """``anyconnect mtu`` at the safe MTU, where the finding's users get it from."""
    if finding.safe_mtu is None:
        return None
    target = facts.target(finding, "mtu")
    client = facts.client(target)
    size = targets.mtu(target)
    before = client.mtu.value if client.mtu else None
    if before is not None and before <= size:
        return None
    blocks = [*facts.blocked_for(finding), *_default_policy(facts, target)]
    if size < LOWEST_MTU:
        blocks.append(Block.BELOW_576)
    elif size < LOWEST_MTU_IPV6 and facts.hands_out_ipv6(target):
        blocks.append(Block.BELOW_1280)
    if client.unsupported:
        blocks.append(Block.PRIOR_VALUE)
    commands: tuple[ConfigCommand, ...] = ()
    if size >= LOWEST_MTU and Block.NAME not in blocks:
        commands = (ClientMtu(target, before, size, facts.spelling),)
    return _remedy(
        finding,
        Kind.MTU,
        commands,
        blocks,
        cost=_COST[Kind.MTU].format(bytes=size),
        reaches=facts.keys_reached(target, "mtu"),
        after=facts.predictor.after(finding, commands, (Kind.MTU, size)) if commands else None,
    )


def df_bit_ignore(facts: Facts, finding: Finding) -> Remedy | None:
    """Let large packets through in fragments; offered only where that is not on already."""
    if finding.verdict is not Verdict.AT_RISK:
        return None
    target = facts.target(finding, "df_bit_ignore")
    spelling, before = facts.df_line(target)
    if before == "enable":
        return None
    blocks = [*facts.blocked_for(finding), *_default_policy(facts, target)]
    if facts.client(target).unsupported:
        blocks.append(Block.PRIOR_VALUE)
    commands = () if Block.NAME in blocks else (DfBitIgnore(target, before, "enable", spelling),)
    return _remedy(
        finding,
        Kind.DF_BIT_IGNORE,
        commands,
        blocks,
        cost=_COST[Kind.DF_BIT_IGNORE],
        reaches=facts.keys_reached(target, "df_bit_ignore"),
        after=facts.predictor.after(finding, commands, (Kind.DF_BIT_IGNORE,)) if commands else None,
    )


def tcpmss(facts: Facts, targets: Targets, finding: Finding) -> Remedy | None:
    """Raise ``sysopt connection tcpmss``, where that closes the finding under every standing set."""
    command = targets.tcpmss
    if command is None:
        return None
    after = targets.with_tcpmss.get(key_of(finding))
    standing = tuple(finding.standing)
    if after is None or not standing or after.closed(standing) != standing:
        return None
    blocks = list(facts.blocked_for(finding))
    if not facts.options.accept_global:
        blocks.append(Block.ACCEPT_GLOBAL)
    tunnels = l2l_tunnels(facts.config)
    cost = _COST[Kind.TCPMSS] + (f"; L2L tunnels that it reaches: {', '.join(tunnels)}" if tunnels else "")
    return _remedy(
        finding,
        Kind.TCPMSS,
        (command,),
        blocks,
        cost=cost,
        reaches=facts.keys_judged,
        after=after,
    )


def dtls_port(facts: Facts, finding: Finding) -> Remedy | None:
    """Advice where DTLS listens on a port that firewalls on the way may not let through."""
    port = facts.config.webvpn.dtls_port
    if port is None or port.value == DEFAULT_DTLS_PORT:
        return None
    return Remedy(
        kind=Kind.DTLS_PORT,
        finding=key_of(finding),
        blocked_by=first_of_each([*facts.blocked_for(finding), Block.ADVICE]),
        cost=f"put DTLS back on UDP {DEFAULT_DTLS_PORT}, or open UDP {port.value} on the way: "
        f"it removes the cause; {_COST[Kind.DTLS_PORT]}",
    )


def _remedy(
    finding: Finding,
    kind: Kind,
    commands: tuple[ConfigCommand, ...],
    blocks: list[Block],
    *,
    cost: str,
    reaches: tuple[tuple[Scope, str], ...],
    after: Prediction | None,
) -> Remedy:
    standing = tuple(finding.standing)
    closed = after.closed(standing) if after else ()
    return Remedy(
        kind=kind,
        finding=key_of(finding),
        commands=commands,
        closes_under=finding.with_gap(closed),
        closes=bool(standing) and closed == standing,
        blocked_by=first_of_each(blocks),
        cost=cost,
        predicted=after.numbers if after else {},
        reaches=reaches,
    )
