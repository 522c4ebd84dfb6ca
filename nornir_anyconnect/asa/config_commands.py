"""What a remedy may change, as typed commands with exact inverses.

A command that changes a value holds the value before and after, so its inverse is the same command with
the two exchanged. A value of ``None`` is an absent line: the setting is inherited, or the device's default.
Source of the syntax: ASA command reference (``anyconnect mtu``, ``anyconnect ssl df-bit-ignore``,
``sysopt connection tcpmss``, ``group-policy``, ``tunnel-group``) and, before 8.4, ``svc ...``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from nornir_anyconnect.asa.commands import Command, Exit, quoted
from nornir_anyconnect.asa.config_lines import ConfigLine, config_line
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.errors import NameRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

CLIENT_MTU_RANGE = range(256, 1463)
"""Bytes that some release accepts for ``anyconnect mtu`` (256-1406 up to 9.1, later 576-1462)."""
TCPMSS_RANGE = range(65536)
"""Bytes that ``sysopt connection tcpmss`` accepts; 0 switches it off."""


class Spelling(StrEnum):
    """The word before ``mtu``: it changed with 8.4(1)."""

    ANYCONNECT = "anyconnect"
    SVC = "svc"


class DfSpelling(StrEnum):
    """The words before ``df-bit-ignore``."""

    ANYCONNECT_SSL = "anyconnect ssl"
    ANYCONNECT = "anyconnect"
    SVC = "svc"


class ClientScope(StrEnum):
    """Whose ``webvpn`` sub-block holds the client's settings."""

    GROUP_POLICY = "group-policy"
    USERNAME = "username"


class Step(NamedTuple):
    """One leaf line and the headers that lead to it."""

    headers: tuple[ConfigLine, ...]
    leaf: ConfigLine


@dataclass(frozen=True, slots=True)
class ClientSettingsOf:
    """The ``webvpn`` sub-block of one group policy or username."""

    scope: ClientScope
    name: str

    @property
    def headers(self) -> tuple[ConfigLine, ...]:
        """The lines that lead into the sub-block."""
        return _client_headers(self.scope, self.name)

    @property
    def mode(self) -> Mode:
        """The sub-mode of its leaf lines."""
        return Mode.GROUP_WEBVPN if self.scope is ClientScope.GROUP_POLICY else Mode.USERNAME_WEBVPN


@lru_cache(maxsize=4096)
def _client_headers(scope: ClientScope, name: str) -> tuple[ConfigLine, ...]:
    of_policy = scope is ClientScope.GROUP_POLICY
    first = config_line(Mode.CONFIG, f"{scope} {quoted(name)} attributes")
    return (first, _WEBVPN_OF_POLICY if of_policy else _WEBVPN_OF_USERNAME)


_WEBVPN_OF_POLICY = config_line(Mode.GROUP_POLICY, "webvpn")
_WEBVPN_OF_USERNAME = config_line(Mode.USERNAME, "webvpn")


def _must_change(before: object, after: object) -> None:
    if before == after:
        raise NameRefusedError(
            f"a command that leaves {after} as it is changes nothing", "leave it out: it is already as wanted"
        )


def _must_be_in(what: str, allowed: range, *values: int | None) -> None:
    for value in values:
        if value is not None and value not in allowed:
            raise NameRefusedError(
                f"{what} {value} is outside {allowed.start}-{allowed.stop - 1} bytes",
                "choose a value that the device accepts",
            )


@dataclass(frozen=True, slots=True)
class ClientMtu:
    """``anyconnect mtu`` of a group policy or username, bytes; ``None`` = not set there."""

    target: ClientSettingsOf
    before: int | None
    after: int | None
    spelling: Spelling = Spelling.ANYCONNECT

    def __post_init__(self) -> None:
        _must_change(self.before, self.after)
        _must_be_in("anyconnect mtu", CLIENT_MTU_RANGE, self.before, self.after)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The one line, under its headers."""
        words = f"{self.spelling} mtu"
        line = f"no {words}" if self.after is None else f"{words} {self.after}"
        return (Step(self.target.headers, config_line(self.target.mode, line)),)

    @property
    def inverse(self) -> ClientMtu:
        """The command that takes it back."""
        return replace(self, before=self.after, after=self.before)


@dataclass(frozen=True, slots=True)
class DfBitIgnore:
    """``anyconnect ssl df-bit-ignore``; the word is enable, disable or none, ``None`` = not set there."""

    target: ClientSettingsOf
    before: str | None
    after: str | None
    spelling: DfSpelling = DfSpelling.ANYCONNECT_SSL

    def __post_init__(self) -> None:
        _must_change(self.before, self.after)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The one line, under its headers."""
        words = f"{self.spelling} df-bit-ignore"
        line = f"no {words}" if self.after is None else f"{words} {self.after}"
        return (Step(self.target.headers, config_line(self.target.mode, line)),)

    @property
    def inverse(self) -> DfBitIgnore:
        """The command that takes it back."""
        return replace(self, before=self.after, after=self.before)


@dataclass(frozen=True, slots=True)
class TcpMss:
    """``sysopt connection tcpmss`` of the whole box, bytes; ``None`` = no such line (1380)."""

    before: int | None
    after: int | None

    def __post_init__(self) -> None:
        _must_change(self.before, self.after)
        _must_be_in("sysopt connection tcpmss", TCPMSS_RANGE, self.before, self.after)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The one line; it has no header."""
        words = "sysopt connection tcpmss"
        line = f"no {words}" if self.after is None else f"{words} {self.after}"
        return (Step((), config_line(Mode.CONFIG, line)),)

    @property
    def inverse(self) -> TcpMss:
        """The command that takes it back."""
        return replace(self, before=self.after, after=self.before)


@dataclass(frozen=True, slots=True)
class NewGroupPolicy:
    """A group policy that is not there yet; ``created_by`` is the token of the run that creates it.

    ``attributes`` and ``client`` are the lines of its ``attributes`` block and of its ``webvpn`` sub-block.
    """

    name: str
    attributes: tuple[str, ...]
    client: tuple[str, ...]
    created_by: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """The policy, then every line of it."""
        name = quoted(self.name)
        attributes = (config_line(Mode.CONFIG, f"group-policy {name} attributes"),)
        client = (*attributes, _WEBVPN_OF_POLICY)
        return (
            Step((), config_line(Mode.CONFIG, f"group-policy {name} internal", self.created_by)),
            *(Step(attributes, config_line(Mode.GROUP_POLICY, line, self.created_by)) for line in self.attributes),
            *(Step(client, config_line(Mode.GROUP_WEBVPN, line, self.created_by)) for line in self.client),
        )

    @property
    def inverse(self) -> RemoveCreated:
        """The command that takes it back."""
        return RemoveCreated(self)


@dataclass(frozen=True, slots=True)
class NewTunnelGroup:
    """A tunnel group that is not there yet; ``created_by`` is the token of the run that creates it.

    ``general`` and ``webvpn`` are the lines of its general- and webvpn-attributes.
    """

    name: str
    type: str
    general: tuple[str, ...]
    webvpn: tuple[str, ...]
    created_by: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """The tunnel group, then every line of it."""
        name = quoted(self.name)
        general = (config_line(Mode.CONFIG, f"tunnel-group {name} general-attributes"),)
        webvpn = (config_line(Mode.CONFIG, f"tunnel-group {name} webvpn-attributes"),)
        return (
            Step((), config_line(Mode.CONFIG, f"tunnel-group {name} type {self.type}", self.created_by)),
            *(Step(general, config_line(Mode.TUNNEL_GENERAL, line, self.created_by)) for line in self.general),
            *(Step(webvpn, config_line(Mode.TUNNEL_WEBVPN, line, self.created_by)) for line in self.webvpn),
        )

    @property
    def inverse(self) -> RemoveCreated:
        """The command that takes it back."""
        return RemoveCreated(self)


@dataclass(frozen=True, slots=True)
class RemoveCreated:
    """Removes an object that the run ``created.created_by`` created, and nothing else (promise 29).

    Whoever sends it must first have read back that the object is unchanged and carries no session.
    """

    created: NewGroupPolicy | NewTunnelGroup

    @property
    def steps(self) -> tuple[Step, ...]:
        """The one line; it has no header."""
        kind = "group-policy" if isinstance(self.created, NewGroupPolicy) else "tunnel-group"
        line = f"no {kind} {quoted(self.created.name)}"
        return (Step((), config_line(Mode.CONFIG, line, self.created.created_by)),)

    @property
    def inverse(self) -> NewGroupPolicy | NewTunnelGroup:
        """The command that creates it again."""
        return self.created


ConfigCommand: TypeAlias = ClientMtu | DfBitIgnore | TcpMss | NewGroupPolicy | NewTunnelGroup | RemoveCreated


def inverse_of(commands: Iterable[ConfigCommand]) -> tuple[ConfigCommand, ...]:
    """The commands that take all of them back, last one first."""
    return tuple(command.inverse for command in reversed(tuple(commands)))


def for_run(commands: Iterable[ConfigCommand], token: str) -> tuple[ConfigCommand, ...]:
    """The same commands, with every object that they create owned by the run ``token``."""
    return tuple(
        replace(command, created_by=token) if isinstance(command, NewGroupPolicy | NewTunnelGroup) else command
        for command in commands
    )


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
