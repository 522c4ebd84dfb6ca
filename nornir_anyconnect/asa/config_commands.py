"""A change of an ASA as a typed command: its lines, its exact inverse, its effect, and how it is read back.

What a command is made of stands in :class:`ConfigCommand`; the commands themselves are those of the remedies
(``remedies/kinds/``). Here they become the lines that are sent, in order, each in the one sub-mode in which it may be
sent (promises 29 and 30).

A :class:`ConfigLine` cannot be built unless a row of the grammar gives it its shape. Removing a group policy, a
tunnel group, a ``webvpn`` or an ``attributes`` header has no shape here; the one exception is
``no group-policy`` / ``no tunnel-group`` for an object that the same run created, and it carries that run's token.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from nornir_anyconnect.asa.commands import Command, Exit
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.asa.modes import copied_lines, object_lines, sent_headers, sent_leaves
from nornir_anyconnect.errors import NameRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nornir_anyconnect.asa.running_config import RunningConfig


_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{3,127}")
MASKED = re.compile(r"\*{3,}|<(?:removed|redacted|secret|hidden)[^>]*>", re.IGNORECASE)
"""What stands where a secret was: on the box itself, or put there by an archive."""


@dataclass(frozen=True, slots=True)
class ConfigLine(Command):
    """One line of configuration mode, and the sub-mode the prompt must show when it is sent.

    Args:
        mode: the sub-mode.
        line: the exact line.
        created_by: token of the run that created the object it belongs to; None for objects that
            were there before, in which only the leaf lines of the remedies exist.

    Raises:
        NameRefusedError: the line has no shape that may be sent in that sub-mode.

    """

    mode: Mode
    line: str
    created_by: str | None = None

    def __post_init__(self) -> None:
        if not _has_a_shape(self.mode, self.line, self.created_by):
            raise NameRefusedError(
                f"{self.line!a} may not be sent in {self.mode}",
                "only the lines of a remedy exist; change anything else by hand",
            )

    @property
    def text(self) -> str:
        """The exact line."""
        return self.line

    @property
    def opens(self) -> Mode | None:
        """The sub-mode that the line opens, if it is a header."""
        return None if self.created_by is not None else _opened(self.mode, self.line)


@lru_cache(maxsize=4096)
def config_line(mode: Mode, line: str, created_by: str | None = None) -> ConfigLine:
    """The line, built and checked once: a box with hundreds of policies repeats the same few."""
    return ConfigLine(mode, line, created_by)


def _has_a_shape(mode: Mode, line: str, created_by: str | None) -> bool:
    if created_by is None:
        leaf = sent_leaves(mode)
        return (leaf is not None and leaf.fullmatch(line) is not None) or _opened(mode, line) is not None
    shape = object_lines() if mode is Mode.CONFIG else copied_lines(mode)
    return (
        shape is not None
        and shape.fullmatch(line) is not None
        and "?" not in line
        and MASKED.search(line) is None
        and _TOKEN.fullmatch(created_by) is not None
    )


@lru_cache(maxsize=4096)
def _opened(mode: Mode, line: str) -> Mode | None:
    return next((to for shape, to in sent_headers(mode).items() if shape.fullmatch(line)), None)


class Step(NamedTuple):
    """One leaf line and the headers that lead to it."""

    headers: tuple[ConfigLine, ...]
    leaf: ConfigLine


class CreatedObject(NamedTuple):
    """A group policy or tunnel group that a command creates or removes; ``kind`` is the ASA's word for it."""

    kind: str
    name: str


class Shows(StrEnum):
    """Which side of a command the device is on."""

    BEFORE = "before"
    AFTER = "after"
    PARTLY = "partly"
    """An object of ours that was only begun: nothing in it that the command did not write."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Observation:
    """One command held against the device; ``found`` and ``wanted`` in words for people."""

    command: ConfigCommand
    shows: Shows
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.command.steps[-1].leaf.text}: the device shows {self.found}, expected {self.wanted}"


class ConfigCommand(ABC):
    """One change and how to take it back. A command that lacks a part below does not type-check."""

    __slots__ = ()

    @property
    @abstractmethod
    def steps(self) -> tuple[Step, ...]:
        """The lines, each under the headers that lead to it."""

    @property
    @abstractmethod
    def inverse(self) -> ConfigCommand:
        """The command that takes it back."""

    @abstractmethod
    def applied_to(self, config: RunningConfig) -> RunningConfig:
        """The configuration after it, typed values and text alike: the ASA in memory.

        Values that were there keep their line number, added ones have none; the inverse gives the same
        configuration again.
        """

    @abstractmethod
    def held_against(self, config: RunningConfig) -> Observation:
        """What a configuration that was just read shows of it."""

    @property
    def creates(self) -> CreatedObject | None:
        """The object that is there only once it was sent."""
        return None

    @property
    def removes(self) -> CreatedObject | None:
        """The object that is gone once it was sent."""
        return None

    @property
    def claims(self) -> frozenset[str]:
        """Lines that may stand only once on a box, whoever writes them."""
        return frozenset()

    def with_users(self, called: Callable[[str], str]) -> Self:  # noqa: ARG002 - most commands name no user
        """The same command, with every local user that it names ``called`` otherwise."""
        return self

    def owned_by(self, token: str) -> Self:  # noqa: ARG002 - only what creates an object has an owner
        """The same command, with what it creates owned by the run ``token``."""
        return self


class PlannedCommand(ConfigCommand):
    """A command that a plan and a journal may hold. A removal is none: it is derived from what was created."""

    __slots__ = ()

    @property
    @abstractmethod
    def touches(self) -> tuple[str, ...]:
        """What of a configuration it writes, as the first words of those lines; nothing where a whole box is read."""

    @property
    def in_the_manager(self) -> tuple[str, Any] | None:
        """Name and value of the same setting in FMC's group policy object; None where it holds none."""
        return None

    @abstractmethod
    def encoded(self) -> dict[str, Any]:
        """As JSON-ready data, without the name of its class."""

    @classmethod
    @abstractmethod
    def decoded(cls, data: dict[str, Any]) -> Self:
        """The command that :meth:`encoded` wrote, through the same validating constructor.

        Raises:
            KeyError, TypeError, ValueError, NameRefusedError: the data is not such a command.

        """


def inverse_of(commands: Iterable[ConfigCommand]) -> tuple[ConfigCommand, ...]:
    """The commands that take all of them back, last one first."""
    return tuple(command.inverse for command in reversed(tuple(commands)))


def applied(config: RunningConfig, commands: Iterable[ConfigCommand]) -> RunningConfig:
    """The configuration after all commands; taking them back gives the same configuration again."""
    for command in commands:
        config = command.applied_to(config)
    return config


def observe(config: RunningConfig, commands: Iterable[ConfigCommand]) -> tuple[Observation, ...]:
    """Hold every command against a configuration that was just read.

    Every decision of a transaction rests on this: a line is undone only where the device still shows what
    the run wrote (promise 11), and success is what was read back (promise 15).
    """
    return tuple(command.held_against(config) for command in commands)


def lines_to_send(commands: Iterable[ConfigCommand], *, leave: bool = True) -> tuple[tuple[Mode, Command], ...]:
    """Every line in order, each with the sub-mode that the prompt must show before it is sent.

    Starts in ``config`` (after ``configure terminal``). A header that is already open is not sent again.

    Args:
        commands: what to change.
        leave: end with the ``exit`` lines that lead back to ``config``.

    """
    return _lines_of([step for command in commands for step in command.steps], leave=leave)


def begun(commands: Iterable[ConfigCommand], sent: int) -> tuple[ConfigCommand, ...]:
    """The commands of which something besides headers is among the first ``sent`` lines."""
    found: list[ConfigCommand] = []
    steps: list[Step] = []
    for command in commands:
        if len(_lines_of([*steps, command.steps[0]], leave=False)) <= sent:
            found.append(command)
        steps += command.steps
    return tuple(found)


def _lines_of(steps: Iterable[Step], *, leave: bool) -> tuple[tuple[Mode, Command], ...]:
    sent: list[tuple[Mode, Command]] = []
    open_headers: tuple[ConfigLine, ...] = ()
    for headers, leaf in steps:
        if headers != open_headers:
            shared = _shared(open_headers, headers)
            sent += _exits(open_headers[shared:])
            sent += [(header.mode, header) for header in headers[shared:]]
            open_headers = headers
        sent.append((leaf.mode, leaf))
    if leave:
        sent += _exits(open_headers)
    return tuple(sent)


def _shared(ours: tuple[ConfigLine, ...], theirs: tuple[ConfigLine, ...]) -> int:
    """How many headers both begin with."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False))))


def _exits(headers: tuple[ConfigLine, ...]) -> list[tuple[Mode, Command]]:
    modes = (header.opens for header in reversed(headers))
    return [(mode, Exit()) for mode in modes if mode is not None]


def lines_to_type(commands: Iterable[ConfigCommand]) -> tuple[str, ...]:
    """What a person types after ``configure terminal``; the last ``exit`` lines are left out."""
    return tuple([command.text for _, command in lines_to_send(commands, leave=False)])
