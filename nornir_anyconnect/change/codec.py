"""Typed commands as plain data, for plan and journal, and back through the same validating constructors.

A removal has no such form: what a run removes is derived from what it created (promise 29).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from nornir_anyconnect.asa.config_commands import (
    ClientMtu,
    ClientScope,
    ClientSettingsOf,
    ConfigCommand,
    DfBitIgnore,
    DfSpelling,
    NewGroupPolicy,
    NewTunnelGroup,
    Spelling,
    TcpMss,
)
from nornir_anyconnect.errors import PlanError

_KINDS = {kind.__name__: kind for kind in (ClientMtu, DfBitIgnore, TcpMss, NewGroupPolicy, NewTunnelGroup)}
_SPELLINGS = {"ClientMtu": Spelling, "DfBitIgnore": DfSpelling}


def encode(command: ConfigCommand) -> dict[str, Any]:
    """The command as JSON-ready data."""
    data: dict[str, Any] = {"command": type(command).__name__}
    for field in fields(command):
        value = getattr(command, field.name)
        if isinstance(value, ClientSettingsOf):
            data |= {"scope": str(value.scope), "name": value.name}
        else:
            data[field.name] = list(value) if isinstance(value, tuple) else value
    return data


def decode(data: dict[str, Any]) -> ConfigCommand:
    """The command that :func:`encode` wrote.

    Raises:
        PlanError: the data is not a command.

    """
    try:
        values = dict(data)
        name = values.pop("command")
        if name in _SPELLINGS:
            values["target"] = ClientSettingsOf(ClientScope(values.pop("scope")), values.pop("name"))
            values["spelling"] = _SPELLINGS[name](values["spelling"])
        values = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
        command: ConfigCommand = _KINDS[name](**values)
    except (KeyError, TypeError, ValueError) as error:
        raise PlanError(
            f"{data!r} is not a command of this tool", "the journal was altered; do not act on it"
        ) from error
    return command
