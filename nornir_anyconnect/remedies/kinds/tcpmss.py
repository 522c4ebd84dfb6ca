"""``tcpmss``: raise ``sysopt connection tcpmss`` until the TLS MTU reaches the DTLS MTU. It changes the whole box.

Source: Cisco tech note 116881, section "Resolution"; ASA command reference, ``sysopt connection tcpmss``.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from nornir_anyconnect.asa.config_commands import Observation, PlannedCommand, Step, config_line
from nornir_anyconnect.asa.effective import l2l_tunnels
from nornir_anyconnect.asa.grammar import Mode, row_of
from nornir_anyconnect.asa.modes import sets
from nornir_anyconnect.asa.running_config import Block as ConfigBlock
from nornir_anyconnect.asa.running_config import Sourced, notice
from nornir_anyconnect.mtu.derive import DEFAULT_LINK, DEFAULT_TCPMSS
from nornir_anyconnect.remedies.client_settings import ADDED, compared, must_be_in, must_change
from nornir_anyconnect.remedies.options import Block
from nornir_anyconnect.remedies.remedy import Auto, Offer, RemedyKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.finding import Finding, Remedy, Scope
    from nornir_anyconnect.mtu.derive import Numbers
    from nornir_anyconnect.remedies.remedy_context import RemedyContext

TCPMSS_RANGE = range(65536)
"""Bytes that ``sysopt connection tcpmss`` accepts; 0 switches it off."""
_WORDS = row_of(Mode.CONFIG, "tcpmss").words()


@dataclass(frozen=True, slots=True)
class TcpMss(PlannedCommand):
    """``sysopt connection tcpmss`` of the whole box, bytes; ``None`` = no such line (1380)."""

    before: int | None
    after: int | None

    def __post_init__(self) -> None:
        must_change(self.before, self.after)
        must_be_in(_WORDS, TCPMSS_RANGE, self.before, self.after)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The one line; it has no header."""
        line = f"no {_WORDS}" if self.after is None else f"{_WORDS} {self.after}"
        return (Step((), config_line(Mode.CONFIG, line)),)

    @property
    def inverse(self) -> TcpMss:
        """The same with both values exchanged."""
        return replace(self, before=self.after, after=self.before)

    @property
    def touches(self) -> tuple[str, ...]:
        """Nothing beside what every derivation of the box reads: all its ``sysopt connection`` lines."""
        return ()

    def applied_to(self, config: RunningConfig) -> RunningConfig:
        """The configuration with that value."""
        prior = config.tcpmss
        kept = tuple(block for block in config.blocks if not sets(Mode.CONFIG, block.header, "tcpmss"))
        if self.after is None:
            return replace(config, tcpmss=None, blocks=kept)
        line = f"{_WORDS} {self.after}"
        if prior is None:
            blocks = (*kept, ConfigBlock(line, ADDED)) if config.blocks else ()
            return replace(config, tcpmss=Sourced(self.after, None), blocks=blocks)
        blocks = tuple(
            replace(each, header=line) if sets(Mode.CONFIG, each.header, "tcpmss") else each for each in config.blocks
        )
        return replace(config, tcpmss=Sourced(self.after, prior.line), blocks=blocks)

    def held_against(self, config: RunningConfig) -> Observation:
        """The value that is there."""
        return compared(self, config.tcpmss.value if config.tcpmss else None, self.before, self.after)

    def encoded(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {"before": self.before, "after": self.after}

    @classmethod
    def decoded(cls, data: dict[str, Any]) -> Self:
        """The command that :meth:`encoded` wrote."""
        return cls(**data)


class _OfTheBox(NamedTuple):
    """One value for the box, and what every finding at stake would be with it."""

    command: TcpMss
    after: dict[tuple[Scope, str], dict[str, Numbers]]


def propose(context: RemedyContext, finding: Finding) -> Offer | None:
    """A larger ``tcpmss``; None where it does not close the finding under every standing set."""
    found = context.once(KIND.name, lambda: _of_the_box(context))
    if found is None:
        return None
    after = found.after.get(finding.key, {})
    if not finding.is_closed_by(after):
        return None
    blocks = list(context.blocked_for(finding))
    if not context.options.accept_global:
        blocks.append(Block.ACCEPT_GLOBAL)
    tunnels = l2l_tunnels(context.config)
    said = {"tunnels": notice("tunnels-reached", names=", ".join(tunnels)) if tunnels else None}
    return Offer((found.command,), blocks, reaches=context.keys_judged, after=after, said=said, tunnels=tunnels)


def _of_the_box(context: RemedyContext) -> _OfTheBox | None:
    """What the neediest finding needs that any value helps; None where no value helps any."""
    # the larger the MTU in force, the more tcpmss a finding needs: the neediest that can be helped decides
    by_need = sorted(
        {each.configured_mtu: each for each in context.at_stake}.values(),
        key=lambda each: each.configured_mtu or inf,  # one that is not set caps nothing
    )
    low, high = _range(context)
    if low >= high:
        return None
    helped = bisect_left(by_need, 1, key=lambda each: not _closes(context, each, high))
    if not helped:
        return None
    command = _command(context, _searched(context, by_need[helped - 1]))
    return _OfTheBox(command, context.predictor.after_on_the_box(context.at_stake, (command,)))


def _range(context: RemedyContext) -> tuple[int, int]:
    """The value in force and one that limits nothing, bytes."""
    config = context.config
    asked = config.tcpmss or (config.defaults.tcpmss if config.defaults else None)
    now = asked.value if asked else DEFAULT_TCPMSS
    links = [each.mtu.value for each in config.interfaces if each.mtu is not None]
    return now, max([*links, DEFAULT_LINK])


def _command(context: RemedyContext, size: int) -> TcpMss:
    prior = context.config.tcpmss
    return TcpMss(prior.value if prior else None, size)


def _searched(context: RemedyContext, finding: Finding) -> int:
    """The smallest tcpmss that closes the finding under every standing set, bytes; the largest one does."""
    low, high = _range(context)
    while high - low > 1:  # a larger tcpmss never makes the TLS MTU smaller
        middle = (low + high) // 2
        low, high = (low, middle) if _closes(context, finding, middle) else (middle, high)
    return high


def _closes(context: RemedyContext, finding: Finding, size: int) -> bool:
    """Whether that tcpmss (bytes) leaves no gap under any standing set."""
    change = (KIND.name, size, finding.configured_mtu)
    return finding.is_closed_by(context.predictor.after(finding, (_command(context, size),), change))


def _agreed(offered: Sequence[Remedy], safe: Sequence[int]) -> tuple[PlannedCommand, ...]:  # noqa: ARG001 - the MTU's
    """What is enough under every assumption set."""
    commands = [each for remedy in offered for each in remedy.commands if isinstance(each, TcpMss)]
    return (replace(commands[0], after=max(each.after for each in commands if each.after is not None)),)


KIND = RemedyKind(
    name="tcpmss",
    rank=3,
    auto=Auto.CLOSES,
    commands=(TcpMss,),
    propose=propose,
    agreed=_agreed,
    cost="changes the whole box and helps TCP only; UDP above the client's MTU is still dropped{tunnels}",
    why="it closes the gap under every standing assumption set, and it was allowed",
    not_offered="no value of tcpmss closes the gap under every standing assumption set",
)
