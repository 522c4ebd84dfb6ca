"""What of a configuration a plan rests on, as hashes; and what the plan would change, as a diff."""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.config_commands import (
    ClientMtu,
    ClientSettingsOf,
    DfBitIgnore,
    NewGroupPolicy,
    NewTunnelGroup,
)
from nornir_anyconnect.asa.effective import DEFAULT_POLICY
from nornir_anyconnect.asa.running_config import Sourced, SslSettings, Webvpn
from nornir_anyconnect.audit.finding import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nornir_anyconnect.asa.config_commands import ConfigCommand
    from nornir_anyconnect.asa.running_config import Block, RunningConfig
    from nornir_anyconnect.audit.finding import Finding

ANSWERS = "the device's own defaults"
"""The part that ``show running-config all`` and ``show ssl ciphers`` answered."""
_WHOLE_BOX = ("webvpn", "ssl", "sysopt connection", "mtu")
"""First words of the lines that every derivation of a box reads."""


def parts_read(findings: Iterable[Finding], commands: Iterable[ConfigCommand]) -> tuple[str, ...]:
    """Names of the parts of a configuration that these findings and commands rest on.

    A part is everything that begins with its name: a line that appears there is drift as well as one
    that changes or goes.
    """
    parts = [*_WHOLE_BOX, f"group-policy {DEFAULT_POLICY}"]
    for each in findings:
        if each.scope is not Scope.GROUP_POLICY:
            parts.append(f"{each.scope} {each.name}")
        if each.group_policy is not None:
            parts.append(f"group-policy {each.group_policy}")
    parts += (name for command in commands for name in _written(command))
    return tuple(dict.fromkeys(parts))


def _written(command: ConfigCommand) -> Iterator[str]:
    match command:
        case ClientMtu(target=ClientSettingsOf(scope, name)) | DfBitIgnore(target=ClientSettingsOf(scope, name)):
            yield f"{scope} {name}"
        case NewGroupPolicy(name=name):
            yield f"group-policy {name}"
        case NewTunnelGroup(name=name):
            yield f"tunnel-group {name}"


def hashes(config: RunningConfig, parts: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each part as the device prints it, line numbers and trailing blanks aside.

    A platform that hands over values and no text is held to its values.
    """
    found = {part: _digest(_said(config, part)) for part in parts}
    if config.defaults is not None or config.device_ciphers:
        answers = [_said(config.defaults, part) for part in found] if config.defaults else []
        ciphers = [f"{version} {':'.join(suites)}" for version, suites in config.device_ciphers]
        found[ANSWERS] = _digest("\n".join([*answers, *ciphers]))
    return found


def drifted(config: RunningConfig, planned: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that are no longer as they were planned on."""
    now = hashes(config, (part for part in planned if part != ANSWERS))
    return tuple(part for part in {**planned, **now} if planned.get(part) != now.get(part))


def _said(config: RunningConfig, part: str) -> str:
    return _text(config.blocks, part) if config.blocks else _values(config, part)


def _values(config: RunningConfig, part: str) -> str:
    """The typed values of a part, in one spelling; empty where the part holds nothing, as its text would be."""
    kind, _, name = part.partition(" ")
    match kind:
        case "group-policy":
            value: object = config.group_policy(name)
        case "tunnel-group":
            value = config.tunnel_group(name)
        case "username":
            value = next((user for user in config.usernames if user.name == name), None)
        case "webvpn":
            value = None if config.webvpn == Webvpn() else config.webvpn
        case "ssl":
            value = None if config.ssl == SslSettings() else config.ssl
        case "sysopt":
            value = config.tcpmss
        case "mtu":
            value = config.interfaces or None
        case _:
            value = None
    return "" if value is None else json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    """Without where it stood: the same setting read from elsewhere is the same setting."""
    if isinstance(value, Sourced):
        return _plain(value.value)
    if is_dataclass(value):
        named = {each.name: getattr(value, each.name) for each in fields(value) if not each.name.endswith("line")}
        return {name: _plain(each) for name, each in named.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | bool) or value is None else str(value)


def _text(blocks: Iterable[Block], part: str) -> str:
    names = {part, _with_quotes(part)}
    beginnings = tuple(f"{name} " for name in names)
    lines = []
    for block in blocks:
        if block.header in names or block.header.startswith(beginnings):
            lines.append(block.header)
            lines += (each.value.rstrip() for each in block.body)
    return "\n".join(lines)


def _with_quotes(part: str) -> str:
    kind, _, name = part.partition(" ")
    return f'{kind} "{name}"'


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def diff(before: RunningConfig, after: RunningConfig, name: str) -> str:
    """Unified diff of the blocks that change, each shown whole."""
    old, new = _by_header(before.blocks), _by_header(after.blocks)
    changed = [header for header in {**old, **new} if old.get(header) != new.get(header)]
    lines = difflib.unified_diff(
        [line for header in changed for line in old.get(header, [])],
        [line for header in changed for line in new.get(header, [])],
        f"{name} (now)",
        f"{name} (planned)",
        n=1_000_000,
        lineterm="",
    )
    return "\n".join(line.rstrip() for line in lines)


def _by_header(blocks: Iterable[Block]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for block in blocks:
        found.setdefault(block.header, []).extend([block.header, *(each.value.rstrip() for each in block.body)])
    return found
