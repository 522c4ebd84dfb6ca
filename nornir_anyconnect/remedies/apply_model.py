"""What a configuration says after a typed command: the ASA in memory, for predicting and for the diff."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.asa.commands import quoted
from nornir_anyconnect.asa.config_commands import (
    ClientMtu,
    ClientScope,
    ClientSettingsOf,
    ConfigCommand,
    DfBitIgnore,
    NewGroupPolicy,
    NewTunnelGroup,
    RemoveCreated,
    TcpMss,
)
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.asa.modes import said_of
from nornir_anyconnect.asa.parser import objects_of
from nornir_anyconnect.asa.running_config import (
    Block,
    GroupPolicy,
    RunningConfig,
    Sourced,
    Username,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Body = tuple[Sourced[str], ...]

ADDED = 0
"""The line number of a block or sub-line that a command added."""


def applied(config: RunningConfig, commands: Iterable[ConfigCommand]) -> RunningConfig:
    """The configuration after all commands; taking them back gives the same configuration again.

    Values that were there keep their line number, added ones have none.
    """
    for command in commands:
        config = _apply(command, config)
    return config


@singledispatch
def _apply(command: object, config: RunningConfig) -> RunningConfig:
    raise NotImplementedError(f"{command!r} on {config.hostname}")


@_apply.register
def _client_mtu(command: ClientMtu, config: RunningConfig) -> RunningConfig:
    line = None if command.after is None else f"  {command.spelling} mtu {command.after}"
    return _client_setting(config, command.target, _Change("mtu", command.after, line))


@_apply.register
def _df_bit_ignore(command: DfBitIgnore, config: RunningConfig) -> RunningConfig:
    line = None if command.after is None else f"  {command.spelling} df-bit-ignore {command.after}"
    value = None if command.after is None else command.after == "enable"
    return _client_setting(config, command.target, _Change("df_bit_ignore", value, line))


@_apply.register
def _tcp_mss(command: TcpMss, config: RunningConfig) -> RunningConfig:
    prior = config.tcpmss
    kept = tuple(block for block in config.blocks if not _sets(Mode.CONFIG, block.header, "tcpmss"))
    if command.after is None:
        return replace(config, tcpmss=None, blocks=kept)
    line = f"sysopt connection tcpmss {command.after}"
    if prior is None:
        blocks = (*kept, Block(line, ADDED)) if config.blocks else ()
        return replace(config, tcpmss=Sourced(command.after, None), blocks=blocks)
    blocks = tuple(
        replace(block, header=line) if _sets(Mode.CONFIG, block.header, "tcpmss") else block for block in config.blocks
    )
    return replace(config, tcpmss=Sourced(command.after, prior.line), blocks=blocks)


@_apply.register
def _new_group_policy(command: NewGroupPolicy, config: RunningConfig) -> RunningConfig:
    policies, _ = objects_of(_blocks_of(command, None))
    blocks = _blocks_of(command) if config.blocks else ()
    return replace(config, group_policies=(*config.group_policies, *policies), blocks=(*config.blocks, *blocks))


@_apply.register
def _new_tunnel_group(command: NewTunnelGroup, config: RunningConfig) -> RunningConfig:
    _, groups = objects_of(_blocks_of(command, None))
    blocks = _blocks_of(command) if config.blocks else ()
    return replace(config, tunnel_groups=(*config.tunnel_groups, *groups), blocks=(*config.blocks, *blocks))


@_apply.register
def _remove_created(command: RemoveCreated, config: RunningConfig) -> RunningConfig:
    created = command.created
    gone = {block.header for block in _blocks_of(created)}
    blocks = tuple(block for block in config.blocks if block.header not in gone)
    if isinstance(created, NewGroupPolicy):
        policies = tuple(each for each in config.group_policies if each.name != created.name)
        return replace(config, group_policies=policies, blocks=blocks)
    groups = tuple(each for each in config.tunnel_groups if each.name != created.name)
    return replace(config, tunnel_groups=groups, blocks=blocks)


class _Change(NamedTuple):
    """One value of a ``webvpn`` sub-block: its field, and its line (None: no such line)."""

    field: str
    value: float | bool | None
    line: str | None

    def in_body(self, body: Body) -> Body:
        """The body with the line exchanged, added or removed."""
        return _edited(body, self.field, self.line)


def _client_setting(config: RunningConfig, target: ClientSettingsOf, change: _Change) -> RunningConfig:
    """Set or clear one value, in the typed fields and in the text."""
    if target.scope is ClientScope.GROUP_POLICY:
        empty = GroupPolicy(target.name)
        policy = config.group_policy(target.name) or empty
        changed = replace(policy, client=_with(policy.client, change), body=change.in_body(policy.body))
        policies = _exchanged(config.group_policies, policy, changed, empty=empty)
        config = replace(config, group_policies=policies)
    else:
        nobody = Username(target.name, None)
        user = next((each for each in config.usernames if each.name == target.name), nobody)
        users = _exchanged(config.usernames, user, replace(user, client=_with(user.client, change)), empty=nobody)
        config = replace(config, usernames=users)
    if not config.blocks:
        return config
    return replace(config, blocks=_edited_block(config.blocks, target, change))


def _with(client: Any, change: _Change) -> Any:
    prior = getattr(client, change.field)
    setting = None if change.value is None else Sourced(change.value, prior.line if prior else None)
    return replace(client, **{change.field: setting})


def _exchanged(holders: tuple[Any, ...], before: Any, after: Any, *, empty: Any) -> tuple[Any, ...]:
    """``after`` in the place of ``before``; at the end where it was not there; gone where nothing is left."""
    if not any(each is before for each in holders):
        return (*holders, after)
    if after == empty:
        return tuple(each for each in holders if each is not before)
    return tuple(after if each is before else each for each in holders)


def _sets(mode: Mode, line: str, setting: str) -> bool:
    """Whether a line sets that field, and does not take it back."""
    said = said_of(mode, line) if line else None
    return said is not None and said.row is not None and said.row.field == setting and not said.taken_back


def _edited(body: Body, setting: str, line: str | None) -> Body:
    """The body with that line of its ``webvpn`` sub-block exchanged, added (``line``) or removed (None)."""
    lines = list(body)
    at, header, end = _place(body, setting)
    if line is not None:
        if at is not None:
            lines[at] = Sourced(line, lines[at].line)
        elif header is not None:
            lines.insert(end, Sourced(line, ADDED))
        else:
            lines += [Sourced(" webvpn", ADDED), Sourced(line, ADDED)]
    elif at is not None and header is not None:
        # an ASA prints no empty sub-block; one that the text held stays, to compare equal after a rollback
        emptied = at == header + 1 and end == at + 1 and lines[header].line == ADDED
        del lines[header if emptied else at : at + 1]
    return tuple(lines)


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
        if each.value.strip() == "webvpn":
            header = at
        elif header is not None and _sets(Mode.GROUP_WEBVPN, each.value.strip(), setting):
            found = at
    return first


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _edited_block(blocks: tuple[Block, ...], target: ClientSettingsOf, change: _Change) -> tuple[Block, ...]:
    names = {f"{target.scope} {target.name}", f'{target.scope} "{target.name}"'}
    headers = {f"{name} attributes" for name in names}
    places = [at for at, block in enumerate(blocks) if block.header in headers]
    if not places:
        created = [at for at, block in enumerate(blocks) if block.header.startswith(tuple(f"{n} " for n in names))]
        at = created[-1] + 1 if created else len(blocks)
        block = Block(f"{target.scope} {quoted(target.name)} attributes", ADDED, change.in_body(()))
        return (*blocks[:at], block, *blocks[at:])

    def rank(at: int) -> tuple[bool, bool]:
        """The same header may be printed twice: take where the line is, else where a ``webvpn`` is."""
        lines = [each.value.strip() for each in blocks[at].body]
        return (any(_sets(Mode.GROUP_WEBVPN, line, change.field) for line in lines), "webvpn" in lines)

    at = max(reversed(places), key=rank)
    body = change.in_body(blocks[at].body)
    if not body and blocks[at].line == ADDED:
        return (*blocks[:at], *blocks[at + 1 :])
    return (*blocks[:at], replace(blocks[at], body=body), *blocks[at + 1 :])


def _blocks_of(command: NewGroupPolicy | NewTunnelGroup, line: int | None = ADDED) -> tuple[Block, ...]:
    """The blocks that a new object prints."""
    name = quoted(command.name)
    if isinstance(command, NewGroupPolicy):
        body = [Sourced(f" {line}", None) for line in command.attributes]
        if command.client:
            body += [Sourced(" webvpn", None), *(Sourced(f"  {line}", None) for line in command.client)]
        kind, parts = f"group-policy {name} internal", {"attributes": body}
        of = f"group-policy {name}"
    else:
        kind, of = f"tunnel-group {name} type {command.type}", f"tunnel-group {name}"
        parts = {
            "general-attributes": [Sourced(f" {line}", None) for line in command.general],
            "webvpn-attributes": [Sourced(f" {line}", None) for line in command.webvpn],
        }
    return (
        Block(kind, line),
        *(Block(f"{of} {header}", line, tuple(body)) for header, body in parts.items() if body),
    )
