"""A group policy or tunnel group that a run creates: there whole, or not at all, and removed only by that run.

The remedies that create an object share this: its removal (promise 29), the configuration after it, and what a
device shows of it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

from nornir_anyconnect.asa.commands import quoted
from nornir_anyconnect.asa.config_commands import (
    ConfigCommand,
    CreatedObject,
    Observation,
    PlannedCommand,
    Shows,
    Step,
    config_line,
)
from nornir_anyconnect.asa.grammar import Mode, Section
from nornir_anyconnect.asa.running_config import (
    Block,
    GroupPolicy,
    RunningConfig,
    Sourced,
    TunnelGroup,
)
from nornir_anyconnect.remedies.client_settings import ADDED

if TYPE_CHECKING:
    from collections.abc import Iterable


class NewObject(PlannedCommand):
    """What a new group policy and a new tunnel group have in common: they are there whole, or not at all."""

    __slots__ = ()
    created_by: str

    @property
    @abstractmethod
    def creates(self) -> CreatedObject:
        """The object."""

    @property
    @abstractmethod
    def lines(self) -> tuple[str, ...]:
        """The lines inside of it."""

    @property
    @abstractmethod
    def blocks(self) -> tuple[Block, ...]:
        """As the device will print it."""

    @abstractmethod
    def body_in(self, config: RunningConfig) -> tuple[Sourced[str], ...] | None:
        """The lines inside of the object of that name; None where there is none."""

    @abstractmethod
    def removed_from(self, config: RunningConfig) -> RunningConfig:
        """The configuration without it."""

    @property
    def inverse(self) -> RemoveCreated:
        """Its removal."""
        return RemoveCreated(self)

    @property
    def touches(self) -> tuple[str, ...]:
        """All that is called so."""
        return (" ".join(self.creates),)

    def owned_by(self, token: str) -> Self:
        """The same, created by that run."""
        return replace(self, created_by=token)  # type: ignore[type-var]

    def held_against(self, config: RunningConfig) -> Observation:
        """Whether it holds our lines and no other."""
        body = self.body_in(config)
        if body is None:
            return Observation(self, Shows.BEFORE, "no such object", "the new object")
        ours, found = _bare(self.lines), _bare(each.value for each in body) - {Section.WEBVPN, ""}
        if found == ours:
            return Observation(self, Shows.AFTER, "the new object", "the new object")
        if found < ours:
            missing = ", ".join(sorted(ours - found))
            return Observation(self, Shows.PARTLY, f"the new object without: {missing}", "the new object")
        foreign = ", ".join(sorted(found - ours))
        return Observation(self, Shows.OTHER, f"lines that this run did not write: {foreign}", "the new object")

    def encoded(self) -> dict[str, Any]:
        """As JSON-ready data."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def decoded(cls, data: dict[str, Any]) -> Self:
        """The command that :meth:`encoded` wrote."""
        return cls(**{name: tuple(each) if isinstance(each, list) else each for name, each in data.items()})


@dataclass(frozen=True, slots=True)
class RemoveCreated(ConfigCommand):
    """Removes an object that the run ``created.created_by`` created, and nothing else (promise 29).

    Whoever sends it must first have read back that the object is unchanged and carries no session. No plan and
    no journal holds one: it has no encoded form.
    """

    created: NewObject

    @property
    def steps(self) -> tuple[Step, ...]:
        """The one line; it has no header."""
        owner = self.created.created_by
        kind, name = self.created.creates
        return (Step((), config_line(Mode.CONFIG, f"no {kind} {quoted(name)}", owner)),)

    @property
    def inverse(self) -> NewObject:
        """What creates it again."""
        return self.created

    @property
    def removes(self) -> CreatedObject:
        """The object."""
        return self.created.creates

    def applied_to(self, config: RunningConfig) -> RunningConfig:
        """The configuration without the object."""
        return self.created.removed_from(config)

    def held_against(self, config: RunningConfig) -> Observation:
        """Whether it is gone; one that was only begun may still be removed."""
        seen = self.created.held_against(config)
        sides = {Shows.BEFORE: Shows.AFTER, Shows.AFTER: Shows.BEFORE, Shows.PARTLY: Shows.BEFORE}
        return Observation(self, sides.get(seen.shows, Shows.OTHER), seen.found, "no such object")


def printed(first: str, parts: dict[str, list[str]]) -> tuple[Block, ...]:
    """The blocks of a new object: the line that creates it, and a header for each part that holds lines."""
    blocks = [Block(first, ADDED)]
    for header, body in parts.items():
        if body:
            blocks.append(Block(header, ADDED, tuple(Sourced(line, None) for line in body)))
    return tuple(blocks)


def without(config: RunningConfig, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The configuration's blocks but for those."""
    gone = {block.header for block in blocks}
    return tuple(block for block in config.blocks if block.header not in gone)


def read_back(blocks: tuple[Block, ...]) -> tuple[tuple[GroupPolicy, ...], tuple[TunnelGroup, ...]]:
    """New blocks as the audit reads them, without line numbers: they stand in no text yet."""
    from nornir_anyconnect.asa.parser import objects_of  # noqa: PLC0415 - TTP is slow to import: only this effect pays

    return objects_of(replace(block, line=None) for block in blocks)


def _bare(body: Iterable[str]) -> frozenset[str]:
    return frozenset(" ".join(line.split()) for line in body)
