"""What a kind of remedy consists of, and how one becomes the remedy of a finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.config_commands import PlannedCommand, inverse_of, lines_to_type
from nornir_anyconnect.asa.running_config import Notice
from nornir_anyconnect.audit.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nornir_anyconnect.audit.finding import Finding, Scope
    from nornir_anyconnect.mtu.derive import Numbers
    from nornir_anyconnect.remedies.options import Block
    from nornir_anyconnect.remedies.remedy_context import RemedyContext

PREVIEW = "preview"
"""Owner of objects that nobody created: a preview is not a run."""


class Auto(Enum):
    """When ``--fix auto`` takes a kind of remedy."""

    CLOSES = auto()
    """Where it closes the gap under all standing sets; by rank."""
    LAST_RESORT = auto()
    """Where one that closes is offered but may not be used."""
    NEVER = auto()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a kind offers for one finding.

    Args:
        commands: what it sends; none where nothing can be sent.
        blocks: why it must not be carried out.
        reaches: every finding that it touches.
        after: the MTUs (bytes, per assumption set) that the finding would have, where that could be predicted.
        closes_all: it closes every gap, whatever the numbers.
        said: what stands for the fields in the kind's cost.
        tunnels: the L2L tunnels that it reaches.

    """

    commands: tuple[PlannedCommand, ...]
    blocks: Sequence[Block]
    reaches: tuple[tuple[Scope, str], ...] = ()
    after: Mapping[str, Numbers] = field(default_factory=dict)
    closes_all: bool = False
    said: Mapping[str, object] = field(default_factory=dict)
    tunnels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyKind:
    """All of one kind of remedy: a file of ``remedies/kinds/`` with a ``KIND`` of this type.

    Its commands bring their lines, inverse, effect, read-back, encoded form and what they touch
    (:class:`~nornir_anyconnect.asa.config_commands.PlannedCommand`).

    Args:
        name: as ``--fix`` and the JSON call it.
        rank: its place in a report and for ``auto``; the first is the default.
        auto: when ``auto`` takes it.
        commands: what a plan of it may hold; none for advice.
        propose: what it offers for one finding, None where it has nothing.
        agreed: the commands that hold under several assumption sets, of the remedies offered under each and the
            safe MTUs (bytes) of the finding.
        cost: what it costs, one sentence; for its fields in braces stands what was ``said`` with the offer.
        why: why ``auto`` takes it, one sentence.
        not_offered: why a finding has none, one sentence.

    """

    name: str
    rank: int
    auto: Auto
    commands: tuple[type[PlannedCommand], ...]
    propose: Callable[[RemedyContext, Finding], Offer | None]
    agreed: Callable[[Sequence[Remedy], Sequence[int]], tuple[PlannedCommand, ...]]
    cost: str
    why: str
    not_offered: str


def first_offered(offered: Sequence[Remedy], safe: Sequence[int]) -> tuple[PlannedCommand, ...]:  # noqa: ARG001 - see agreed
    """For a kind whose commands hold no number: they are the same under every assumption set."""
    return offered[0].commands


def remedy_of(kind: RemedyKind, finding: Finding, offer: Offer) -> Remedy:
    """What a kind offers, as the remedy of the finding."""
    standing = frozenset(finding.standing)
    commands = offer.commands
    closed = standing if offer.closes_all else finding.closed_by(offer.after)
    return Remedy(
        kind=kind.name,
        finding=finding.key,
        commands=commands,
        lines=lines_to_type(commands),
        rollback=lines_to_type(inverse_of(commands)),
        closes=bool(standing) and closed == standing,
        closes_under=finding.with_gap(name for name in finding.standing if name in closed),
        blocked_by=tuple(dict.fromkeys(str(each) for each in offer.blocks)),
        cost=Notice("cost", offer.said, kind.cost),
        predicted=offer.after,
        reaches=offer.reaches,
        tunnels=offer.tunnels,
    )
