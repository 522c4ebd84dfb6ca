"""What a device shows of one command: the value before it, the value after it, or something else.

Every decision of a transaction rests on this: a line is undone only where the device still shows what
the run wrote (promise 11), and success is what was read back (promise 15).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from nornir_anyconnect.asa.config_commands import (
    ClientMtu,
    ClientScope,
    ClientSettingsOf,
    DfBitIgnore,
    NewGroupPolicy,
    NewTunnelGroup,
    RemoveCreated,
    TcpMss,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.asa.config_commands import ConfigCommand
    from nornir_anyconnect.asa.running_config import ClientSettings, RunningConfig, Sourced


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


def observe(config: RunningConfig, commands: Iterable[ConfigCommand]) -> tuple[Observation, ...]:
    """Hold every command against a configuration that was just read."""
    return tuple(_observe(config, command) for command in commands)


def _observe(config: RunningConfig, command: ConfigCommand) -> Observation:
    match command:
        case ClientMtu(target=target):
            client = _client(config, target)
            found = _value(client.mtu) if client else _MISSING
            return _compare(command, found, command.before, command.after)
        case DfBitIgnore(target=target):
            client = _client(config, target)
            on = _value(client.df_bit_ignore) if client else _MISSING
            return _compare(command, on, _truth(command.before), _truth(command.after))
        case TcpMss():
            return _compare(command, _value(config.tcpmss), command.before, command.after)
        case NewGroupPolicy():
            policy = config.group_policy(command.name)
            lines = None if policy is None else _lines(policy.body)
            return _created(command, lines, (*command.attributes, *command.client))
        case NewTunnelGroup():
            group = config.tunnel_group(command.name)
            raw = None if group is None else (*group.general, *group.webvpn, *group.ipsec, *group.other)
            lines = None if raw is None else _lines(raw)
            return _created(command, lines, (*command.general, *command.webvpn))
        case RemoveCreated():
            seen = _observe(config, command.created)
            sides = {Shows.BEFORE: Shows.AFTER, Shows.AFTER: Shows.BEFORE, Shows.PARTLY: Shows.BEFORE}
            return Observation(command, sides.get(seen.shows, Shows.OTHER), seen.found, "no such object")
        case _:
            assert_never(command)


_MISSING = "no such group policy or username"


def _client(config: RunningConfig, target: ClientSettingsOf) -> ClientSettings | None:
    if target.scope is ClientScope.GROUP_POLICY:
        policy = config.group_policy(target.name)
        return policy.client if policy else None
    user = next((u for u in config.usernames if u.name == target.name), None)
    return user.client if user else None


def _value(setting: Sourced[int] | Sourced[bool] | None) -> object:
    return None if setting is None else setting.value


def _truth(word: str | None) -> bool | None:
    """``none`` and ``disable`` both mean off."""
    return None if word is None else word == "enable"


def _words(value: object) -> str:
    return "no such line" if value is None else str(value)


def _compare(command: ConfigCommand, found: object, before: object, after: object) -> Observation:
    shows = Shows.AFTER if found == after else Shows.BEFORE if found == before else Shows.OTHER
    return Observation(command, shows, _words(found), _words(after))


def _lines(body: Iterable[Sourced[str]]) -> frozenset[str]:
    """What a body says, without indentation and without the bare sub-block header."""
    return frozenset(" ".join(line.value.split()) for line in body) - {"webvpn", ""}


def _created(
    command: NewGroupPolicy | NewTunnelGroup, found: frozenset[str] | None, wrote: Iterable[str]
) -> Observation:
    ours = frozenset(" ".join(line.split()) for line in wrote)
    if found is None:
        return Observation(command, Shows.BEFORE, "no such object", "the new object")
    if found == ours:
        return Observation(command, Shows.AFTER, "the new object", "the new object")
    if found < ours:
        missing = ", ".join(sorted(ours - found))
        return Observation(command, Shows.PARTLY, f"the new object without: {missing}", "the new object")
    foreign = ", ".join(sorted(found - ours))
    return Observation(command, Shows.OTHER, f"lines that this run did not write: {foreign}", "the new object")
