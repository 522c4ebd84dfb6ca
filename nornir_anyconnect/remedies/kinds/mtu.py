"""``mtu``: the client's MTU at the safe one, where the users of a finding get it from. The default remedy.

Source: Cisco tech note 116881, section "Resolution"; ASA command reference, ``anyconnect mtu`` (``svc mtu``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nornir_anyconnect.asa.grammar import Mode, Spelling, row_of
from nornir_anyconnect.asa.value_forms import CLIENT_MTU_RANGE
from nornir_anyconnect.remedies.client_settings import ClientSetting, must_be_in, must_change
from nornir_anyconnect.remedies.options import Block
from nornir_anyconnect.remedies.remedy import Auto, Offer, RemedyKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir_anyconnect.asa.config_commands import PlannedCommand
    from nornir_anyconnect.audit.finding import Finding, Remedy
    from nornir_anyconnect.remedies.client_settings import ClientSettingsOf
    from nornir_anyconnect.remedies.remedy_context import RemedyContext

LOWEST_MTU = 576
"""Bytes; RFC 791: what every IPv4 host must accept."""
LOWEST_MTU_IPV6 = 1280
"""Bytes; RFC 8200, section 5."""


@dataclass(frozen=True, slots=True)
class ClientMtu(ClientSetting):
    """``anyconnect mtu`` of a group policy or username, bytes; ``None`` = not set there."""

    before: int | None
    after: int | None
    spelling: Spelling = Spelling.ANYCONNECT

    field: ClassVar[str] = "mtu"
    spellings: ClassVar[type[Spelling]] = Spelling

    def __post_init__(self) -> None:
        must_change(self.before, self.after)
        must_be_in(row_of(Mode.GROUP_WEBVPN, self.field).words(), CLIENT_MTU_RANGE, self.before, self.after)

    @property
    def in_the_manager(self) -> tuple[str, Any] | None:
        """``mtuSize``; an FMC's object always holds one."""
        return None if self.after is None else ("mtuSize", self.after)


def propose(context: RemedyContext, finding: Finding) -> Offer | None:
    """``anyconnect mtu`` at the safe MTU; None where there is none, or where no larger one is set."""
    if finding.safe_mtu is None:
        return None
    target = context.target(finding, "mtu")
    client = context.client(target)
    size = context.once((KIND.name, target), lambda: _safe_for_all(context, target))
    before = client.mtu.value if client.mtu else None
    if before is not None and before <= size:
        return None
    blocks = [*context.blocked_for(finding), *context.blocked_default(target)]
    if size < LOWEST_MTU:
        blocks.append(Block.BELOW_576)
    elif size < LOWEST_MTU_IPV6 and context.hands_out_ipv6(target):
        blocks.append(Block.BELOW_1280)
    if client.unsupported:
        blocks.append(Block.PRIOR_VALUE)
    commands: tuple[PlannedCommand, ...] = ()
    if size >= LOWEST_MTU and Block.NAME not in blocks:
        commands = (ClientMtu(target, before, size, context.spelling),)
    return Offer(
        commands,
        blocks,
        reaches=context.keys_reached(target, "mtu"),
        after=context.predictor.after(finding, commands, (KIND.name, size)) if commands else {},
        said={"bytes": size},
    )


def _safe_for_all(context: RemedyContext, target: ClientSettingsOf) -> int:
    """The MTU for the target, bytes: small enough for every finding that gets it from there."""
    return min(each.safe_mtu for each in context.reached(target, "mtu") if each.safe_mtu is not None)


def _agreed(offered: Sequence[Remedy], safe: Sequence[int]) -> tuple[PlannedCommand, ...]:
    """What is safe under every assumption set."""
    return tuple(
        replace(each, after=min(safe)) if isinstance(each, ClientMtu) else each for each in offered[0].commands
    )


KIND = RemedyKind(
    name="mtu",
    rank=1,
    auto=Auto.CLOSES,
    commands=(ClientMtu,),
    propose=propose,
    agreed=_agreed,
    cost="packets of at most {bytes} bytes on both tunnels; sessions get it when they next connect",
    why="one line closes the gap under every standing assumption set",
    not_offered="no safe MTU is known, or it is set already",
)
