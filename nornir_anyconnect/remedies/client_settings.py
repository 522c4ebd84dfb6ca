"""One line of the client's ``webvpn`` sub-block of a group policy or username: where it stands, and what it does there.

The remedies that set such a line share this: the headers that lead to it, the configuration after it in typed
values and in text, the value that a device shows, and the command that is all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from nornir_anyconnect.asa.commands import quoted
from nornir_anyconnect.asa.config_commands import (
    ConfigCommand,
    ConfigLine,
    Observation,
    PlannedCommand,
    Shows,
    Step,
    config_line,
)
from nornir_anyconnect.asa.grammar import Mode, Section, row_of
from nornir_anyconnect.asa.modes import sets
from nornir_anyconnect.asa.running_config import Block, GroupPolicy, RunningConfig, Sourced, Username
from nornir_anyconnect.errors import NameRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.asa.running_config import ClientSettings

Body = tuple[Sourced[str], ...]

ADDED = 0
"""The line number of a block or sub-line that a command added."""


class ClientScope(StrEnum):
    """Whose ``webvpn`` sub-block holds the client's settings."""

    GROUP_POLICY = Section.GROUP_POLICY.value
    USERNAME = Section.USERNAME.value


@dataclass(frozen=True, slots=True)
class ClientSettingsOf:
    """The ``webvpn`` sub-block of one group policy or username."""

    scope: ClientScope
    name: str

    @property
    def headers(self) -> tuple[ConfigLine, ...]:
        """The lines that lead into the sub-block."""
        return _headers(self.scope, self.name)

    @property
    def mode(self) -> Mode:
        """The sub-mode of its leaf lines."""
        return Mode.GROUP_WEBVPN if self.scope is ClientScope.GROUP_POLICY else Mode.USERNAME_WEBVPN

    @property
    def touched(self) -> tuple[str, ...]:
        """The part of a configuration that a line of it stands in."""
        return (f"{self.scope} {self.name}",)

    def found_in(self, config: RunningConfig) -> ClientSettings | None:
        """What the policy or user sets itself; None where there is no such policy or user."""
        if self.scope is ClientScope.GROUP_POLICY:
            policy = config.group_policy(self.name)
            return policy.client if policy else None
        user = config.username(self.name)
        return user.client if user else None


@lru_cache(maxsize=4096)
def _headers(scope: ClientScope, name: str) -> tuple[ConfigLine, ...]:
    of_policy = scope is ClientScope.GROUP_POLICY
    first = config_line(Mode.CONFIG, f"{scope} {quoted(name)} attributes")
    return (first, WEBVPN_OF_POLICY if of_policy else _WEBVPN_OF_USERNAME)


WEBVPN_OF_POLICY = config_line(Mode.GROUP_POLICY, Section.WEBVPN.value)
_WEBVPN_OF_USERNAME = config_line(Mode.USERNAME, Section.WEBVPN.value)


def must_change(before: object, after: object) -> None:
    """Refuse a command that changes nothing (NameRefusedError)."""
    if before == after:
        raise NameRefusedError(
            f"a command that leaves {after} as it is changes nothing", "leave it out: it is already as wanted"
        )


def must_be_in(what: str, allowed: range, *values: int | None) -> None:
    """Refuse a size in bytes that no device accepts (NameRefusedError)."""
    for value in values:
        if value is not None and value not in allowed:
            raise NameRefusedError(
                f"{what} {value} is outside {allowed.start}-{allowed.stop - 1} bytes",
                "choose a value that the device accepts",
            )


def compared(command: ConfigCommand, found: object, before: object, after: object) -> Observation:
    """Which side of a command a value is on; None is an absent line."""
    shows = Shows.AFTER if found == after else Shows.BEFORE if found == before else Shows.OTHER
    return Observation(command, shows, _words(found), _words(after))


def _words(value: object) -> str:
    return "no such line" if value is None else str(value)


class ClientLine(NamedTuple):
    """A value of the sub-block: its field, its value after a command, and its line (None: no such line)."""

    field: str
    value: float | bool | None
    line: str | None

    def compared(
        self, command: ConfigCommand, config: RunningConfig, target: ClientSettingsOf, before: object
    ) -> Observation:
        """What a configuration shows of the command that sets it."""
        client = target.found_in(config)
        found: Sourced[Any] | None = getattr(client, self.field) if client else None
        value = "no such group policy or username" if client is None else None if found is None else found.value
        return compared(command, value, before, self.value)

    def set_in(self, config: RunningConfig, target: ClientSettingsOf) -> RunningConfig:
        """Set or clear it, in the typed values and in the text."""
        if target.scope is ClientScope.GROUP_POLICY:
            empty = GroupPolicy(target.name)
            policy = config.group_policy(target.name) or empty
            changed = replace(policy, client=self._in_settings(policy.client), body=self._in_body(policy.body))
            policies = _exchanged(config.group_policies, policy, changed, empty=empty)
            config = replace(config, group_policies=policies)
        else:
            nobody = Username(target.name, None)
            user = config.username(target.name) or nobody
            after = replace(user, client=self._in_settings(user.client))
            config = replace(config, usernames=_exchanged(config.usernames, user, after, empty=nobody))
        if not config.blocks:
            return config
        return replace(config, blocks=self._in_blocks(config.blocks, target))

    def _in_settings(self, client: ClientSettings) -> ClientSettings:
        prior: Sourced[Any] | None = getattr(client, self.field)
        setting = None if self.value is None else Sourced(self.value, prior.line if prior else None)
        changed: dict[str, Any] = {self.field: setting}
        return replace(client, **changed)

    def _in_body(self, body: Body) -> Body:
        """The body with that line of its ``webvpn`` sub-block exchanged, added (``line``) or removed (None)."""
        lines = list(body)
        at, header, end = _place(body, self.field)
        if self.line is not None:
            if at is not None:
                lines[at] = Sourced(self.line, lines[at].line)
            elif header is not None:
                lines.insert(end, Sourced(self.line, ADDED))
            else:
                lines += [Sourced(f" {Section.WEBVPN}", ADDED), Sourced(self.line, ADDED)]
        elif at is not None and header is not None:
            # an ASA prints no empty sub-block; one that the text held stays, to compare equal after a rollback
            emptied = at == header + 1 and end == at + 1 and lines[header].line == ADDED
            del lines[header if emptied else at : at + 1]
        return tuple(lines)

    def _in_blocks(self, blocks: tuple[Block, ...], target: ClientSettingsOf) -> tuple[Block, ...]:
        names = {f"{target.scope} {target.name}", f'{target.scope} "{target.name}"'}
        headers = {f"{name} attributes" for name in names}
        places = [at for at, block in enumerate(blocks) if block.header in headers]
        if not places:
            created = [at for at, block in enumerate(blocks) if block.header.startswith(tuple(f"{n} " for n in names))]
            at = created[-1] + 1 if created else len(blocks)
            block = Block(f"{target.scope} {quoted(target.name)} attributes", ADDED, self._in_body(()))
            return (*blocks[:at], block, *blocks[at:])

        def rank(at: int) -> tuple[bool, bool]:
            """The same header may be printed twice: take where the line is, else where a ``webvpn`` is."""
            lines = [each.value.strip() for each in blocks[at].body]
            return (any(sets(Mode.GROUP_WEBVPN, line, self.field) for line in lines), Section.WEBVPN in lines)

        at = max(reversed(places), key=rank)
        body = self._in_body(blocks[at].body)
        if not body and blocks[at].line == ADDED:
            return (*blocks[:at], *blocks[at + 1 :])
        return (*blocks[:at], replace(blocks[at], body=body), *blocks[at + 1 :])


@dataclass(frozen=True, slots=True)
class ClientSetting(PlannedCommand):
    """A command that sets one such line, ``SPELLING SUBJECT after``; ``None`` = not set there."""

    target: ClientSettingsOf
    before: Any
    after: Any
    spelling: StrEnum

    field: ClassVar[str]
    """What it sets in ``ClientSettings``, by which the grammar knows its line."""
    spellings: ClassVar[type[StrEnum]]

    @staticmethod
    def value(said: Any) -> Any:
        """What the line's last word comes to."""
        return said

    def __post_init__(self) -> None:
        must_change(self.before, self.after)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The one line, under its headers."""
        line = f"no {self._words}" if self.after is None else f"{self._words} {self.after}"
        return (Step(self.target.headers, config_line(self.target.mode, line)),)

    @property
    def _words(self) -> str:
        return f"{self.spelling} {row_of(Mode.GROUP_WEBVPN, self.field).subject}"

    @property
    def inverse(self) -> Self:
        """The same with both values exchanged."""
        return replace(self, before=self.after, after=self.before)

    @property
    def touches(self) -> tuple[str, ...]:
        """The policy or user."""
        return self.target.touched

    def applied_to(self, config: RunningConfig) -> RunningConfig:
        """The configuration with that value."""
        return self._line.set_in(config, self.target)

    def held_against(self, config: RunningConfig) -> Observation:
        """The value that is there."""
        return self._line.compared(self, config, self.target, self.value(self.before))

    @property
    def _line(self) -> ClientLine:
        line = None if self.after is None else f"  {self._words} {self.after}"
        return ClientLine(self.field, self.value(self.after), line)

    def with_users(self, called: Callable[[str], str]) -> Self:
        """The same for a user of another name."""
        if self.target.scope is not ClientScope.USERNAME:
            return self
        return replace(self, target=replace(self.target, name=called(self.target.name)))

    def encoded(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "scope": str(self.target.scope),
            "name": self.target.name,
            "before": self.before,
            "after": self.after,
            "spelling": str(self.spelling),
        }

    @classmethod
    def decoded(cls, data: dict[str, Any]) -> Self:
        """The command that :meth:`encoded` wrote."""
        values = dict(data)
        target = ClientSettingsOf(ClientScope(values.pop("scope")), values.pop("name"))
        return cls(target=target, spelling=cls.spellings(values.pop("spelling")), **values)


def _exchanged(holders: tuple[Any, ...], before: Any, after: Any, *, empty: Any) -> tuple[Any, ...]:
    """``after`` in the place of ``before``; at the end where it was not there; gone where nothing is left."""
    if not any(each is before for each in holders):
        return (*holders, after)
    if after == empty:
        return tuple(each for each in holders if each is not before)
    return tuple(after if each is before else each for each in holders)


def _place(body: Body, setting: str) -> tuple[int | None, int | None, int]:
    """Where the line stands, the ``webvpn`` header above it (else the first one), and where that ends."""
    first: tuple[None, int | None, int] = (None, None, len(body))
    header, found = None, None
    for at, each in enumerate((*body, Sourced("", None))):
        if header is not None and _indent(each.value) <= _indent(body[header].value):
            if found is not None:
                return found, header, at
            if first[1] is None:
                first = (None, header, at)
            header = None
        if each.value.strip() == Section.WEBVPN:
            header = at
        elif header is not None and sets(Mode.GROUP_WEBVPN, each.value.strip(), setting):
            found = at
    return first


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
