"""The Typer application: one module per command family, each adds its own commands."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
import typer.main

from nornir_anyconnect.cli.quick_start import without_pydantic

FAMILIES = {
    "check": ("check",),
    "audit": ("audit",),
    "explain": ("explain",),
    "mtu": ("mtu",),
    "logs": ("logs",),
    "probe": ("probe",),
    "hosts": ("doctor", "trust-hosts"),
    "plan": ("plan",),
    "change": ("apply", "verify", "rollback"),
    "journal": ("journal",),
    "history": ("history",),
    "demo": ("demo",),
}
"""Modules of this package with a ``register(app)`` -> the commands it adds, in the order of ``--help``."""


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


def build(first: str | None = None) -> Any:
    """The application, ready to be called with arguments.

    Args:
        first: the first argument; where it is a command, no other family is loaded.

    """
    # rich markup off: drawing --help with rich costs more than all the rest of the start
    app = typer.Typer(
        name="nornir-anyconnect", rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=False
    )
    app.callback()(_root)
    asked = [family for family, commands in FAMILIES.items() if first in commands]
    for family in asked or FAMILIES:
        import_module(f"nornir_anyconnect.cli.{family}").register(app)
    return without_pydantic(typer.main.get_command(app))
