"""Converts option values without pydantic, whose import takes as long as the rest of a small command.

Newer Typer releases convert even a plain string with pydantic: a parameter is asked for its converter with
``get_runtime_param``. The parameters here answer with a plain one; other releases never ask, and nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args, get_origin

import typer
from typer.core import TyperArgument, TyperOption


def _convert(kind: Any, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if issubclass(kind, Enum):
        choices = [str(choice.value) for choice in kind]
        if value not in choices:
            raise typer.BadParameter(f"'{value}' is not one of {', '.join(choices)}")
        return kind(value)
    try:
        return kind(value)
    except ValueError:
        name = "a whole number" if kind is int else "a number"
        raise typer.BadParameter(f"'{value}' is not {name}") from None


def _refuse_out_of_range(value: Any, low: float | None, high: float | None) -> None:
    """What Typer's own converter would have done; not-a-number is in no range."""
    if not ((low is None or value >= low) and (high is None or value <= high)):
        bounds = [f"at least {low:g}"] if low is not None else []
        bounds += [f"at most {high:g}"] if high is not None else []
        raise typer.BadParameter(f"{value} is out of range: {', '.join(bounds)}")


@dataclass(frozen=True, slots=True)
class _Plain:
    """Typer's converter protocol for str, int, float, flags and enumerations, one or many."""

    kind: Any
    many: bool

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if value is None:
            return () if self.many else None
        try:
            found = tuple(_convert(self.kind, item) for item in (value if self.many else (value,)))
            for one in found:
                _refuse_out_of_range(one, getattr(param, "min", None), getattr(param, "max", None))
        except typer.BadParameter as error:
            error.param, error.ctx = param, ctx
            raise
        return found if self.many else found[0]


def _plain(annotation: Any, *, many: bool) -> _Plain | None:
    if get_origin(annotation) is list:
        (annotation,) = get_args(annotation)
    if isinstance(annotation, type) and (annotation in (str, int, float, bool) or issubclass(annotation, Enum)):
        return _Plain(annotation, many)
    return None


class _PlainOption(TyperOption):
    """An option that converts its value itself."""

    def get_runtime_param(self) -> Any:
        return _converter_of(self)


class _PlainArgument(TyperArgument):
    """An argument that does."""

    def get_runtime_param(self) -> Any:
        return _converter_of(self)


_PLAIN_CLASS: dict[Any, Any] = {TyperOption: _PlainOption, TyperArgument: _PlainArgument}


def _converter_of(param: Any) -> _Plain:
    converter = _plain(
        param.type_descriptor.annotation, many=bool(getattr(param, "multiple", False)) or param.nargs == -1
    )
    if converter is None:
        raise TypeError(f"{param.name} has a type that is not converted here")
    return converter


def without_pydantic(command: Any) -> Any:
    """The command tree, its parameters given plain converters."""
    # get_params, not params: --help is a parameter too, made on demand and then kept
    for param in command.get_params(command.context_class(command)):
        plain = _PLAIN_CLASS.get(type(param))
        if plain is not None:
            param.__class__ = plain
    for child in getattr(command, "commands", {}).values():
        without_pydantic(child)
    return command
