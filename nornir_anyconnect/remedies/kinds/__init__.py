"""The kinds of remedy, one file each; whatever file here has a ``KIND`` is one. Nothing else lists them."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.errors import PlanError, UsageError
from nornir_anyconnect.remedies.options import AUTO

if TYPE_CHECKING:
    from nornir_anyconnect.asa.config_commands import PlannedCommand
    from nornir_anyconnect.remedies.remedy import RemedyKind


@cache
def kinds() -> dict[str, RemedyKind]:
    """Every kind by its name, in the order of their ranks."""
    found: list[RemedyKind] = [import_module(f"{__name__}.{each.name}").KIND for each in pkgutil.iter_modules(__path__)]
    return {each.name: each for each in sorted(found, key=lambda kind: kind.rank)}


def fixes() -> tuple[str, ...]:
    """What ``--fix`` accepts: ``auto``, and every kind that sends something."""
    return (AUTO, *(name for name, kind in kinds().items() if kind.commands))


def must_be_a_fix(fix: str) -> None:
    """Refuse (UsageError) what is neither ``auto`` nor a kind that sends something."""
    if fix not in fixes():
        raise UsageError(f"there is no fix '{fix}'", f"use one of {', '.join(fixes())}")


@cache
def _commands() -> dict[str, type[PlannedCommand]]:
    return {command.__name__: command for kind in kinds().values() for command in kind.commands}


def encode(command: PlannedCommand) -> dict[str, Any]:
    """The command as JSON-ready data, for plan and journal."""
    return {"command": type(command).__name__, **command.encoded()}


def decode(data: dict[str, Any]) -> PlannedCommand:
    """The command that :func:`encode` wrote. A removal has no such form (promise 29).

    Raises:
        PlanError: the data is not a command.

    """
    try:
        values = dict(data)
        return _commands()[values.pop("command")].decoded(values)
    except (KeyError, TypeError, ValueError) as error:
        raise PlanError(
            f"{data!r} is not a command of this tool", "the journal was altered; do not act on it"
        ) from error
