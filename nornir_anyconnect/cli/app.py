"""The Typer application: one module per command family, whose functions are called like their commands.

Options travel as frozen values from here to where they act: a parameter of a command that is a dataclass becomes an
option per field (``flat``). Values are converted without pydantic, whose import takes as long as the rest of a small
command: newer Typer releases convert even a plain string with it, and ask a parameter for its converter with
``get_runtime_param``. The parameters here answer with a plain one; other releases never ask, and nothing changes.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import typer
import typer.main
from typer.core import TyperArgument, TyperOption

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILIES = {
    "check": {"check": "Judge saved running-configs; no device needed."},
    "audit": {"audit": "Judge every ASA of an inventory over SSH; changes nothing."},
    "explain": {"explain": "Take one finding apart: derivation, timeline, cause, fixes."},
    "mtu": {"mtu": "The arithmetic alone, step by step."},
    "logs": {"logs": "Find incidents in syslog and client logs."},
    "probe": {"probe": "Ask head-ends what they answer on TCP and UDP; no login."},
    "hosts": {
        "doctor": "Look at each host as an audit would find it; changes nothing.",
        "trust-hosts": "Learn SSH host keys deliberately.",
    },
    "plan": {"plan": "Preview the change of every device; changes nothing."},
    "change": {
        "apply": "Carry out exactly that plan: canary, soak, waves.",
        "verify": "Is the change as intended, and how did the users fare?",
        "rollback": "Take a run back, device by device.",
    },
    "journal": {"journal": "Verify a run's journal, and show what was sent."},
    "history": {"history": "Earlier audits: what is new, fixed, still open."},
    "demo": {"demo": "Walk the whole story on a simulated fleet."},
}
"""Modules of this package -> their commands -> what ``--help`` says of them, in its order."""


def _version(asked: bool) -> None:
    if asked:
        from nornir_anyconnect.version import __version__

        typer.echo(f"nornir-anyconnect {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find, prove and fix the AnyConnect one-minute reconnect (DTLS MTU above TLS MTU) on Cisco ASA fleets."""


def build(first: str | None = None, *, whole: bool = False) -> Any:
    """The application, ready to be called with arguments.

    Args:
        first: the first argument; where it is a command, only its family is loaded, else none.
        whole: load all of them: a shell that completes a line asks for their options.

    """
    # rich markup off: drawing --help with rich costs more than all the rest of the start
    app = typer.Typer(
        name="nornir-anyconnect", rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=False
    )
    app.callback()(_root)
    asked = list(FAMILIES) if whole else [family for family, commands in FAMILIES.items() if first in commands]
    for family in asked:
        module = import_module(f"nornir_anyconnect.cli.{family}")
        for name, words in FAMILIES[family].items():
            command = getattr(module, name.replace("-", "_"))
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=name, short_help=words)
            else:
                app.command(name, short_help=words)(flat(command))
    if not asked:
        for name, words in (each for commands in FAMILIES.values() for each in commands.items()):
            app.command(name, short_help=words)(_listed)
    return _without_pydantic(typer.main.get_command(app))


def _listed() -> None:
    """In the place of a command of which no more than a line in a list is shown."""


def flat(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with an option for each field of its parameters that are dataclasses; Typer knows single ones."""
    groups: dict[str, Any] = {}
    shown: list[inspect.Parameter] = []
    for each in inspect.signature(command, eval_str=True).parameters.values():
        if not is_dataclass(each.annotation):
            shown.append(each)
            continue
        groups[each.name] = each.annotation
        hints = get_type_hints(each.annotation, include_extras=True)
        shown += [
            each.replace(name=field.name, default=field.default, annotation=hints[field.name])
            for field in fields(each.annotation)
        ]

    def call(**given: Any) -> Any:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return command(**given)

    call.__doc__ = command.__doc__
    call.__annotations__ = {each.name: each.annotation for each in shown}
    call.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return call


# ---- values converted without pydantic ---------------------------------------------------------------


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


def _without_pydantic(command: Any) -> Any:
    """The command tree, its parameters given plain converters."""
    # get_params, not params: --help is a parameter too, made on demand and then kept
    for param in command.get_params(command.context_class(command)):
        plain = _PLAIN_CLASS.get(type(param))
        if plain is not None:
            param.__class__ = plain
    for child in getattr(command, "commands", {}).values():
        _without_pydantic(child)
    return command
