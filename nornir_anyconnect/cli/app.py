"""The Typer application: one module per command family, each adds its own commands."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
import typer.main

from nornir_anyconnect.cli.quick_start import without_pydantic

FAMILIES = ("check", "audit", "explain", "mtu", "logs", "hosts", "plan", "change")
"""Modules of this package with a ``register(app)``, in the order of ``--help``."""


def _version(asked: bool) -> None:
    if asked:
        from nornir_anyconnect import __version__

        typer.echo(f"nornir-anyconnect {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find, prove and fix the AnyConnect one-minute reconnect (DTLS MTU above TLS MTU) on Cisco ASA fleets."""


def build() -> Any:
    """The application with all its commands, ready to be called with arguments."""
    # rich markup off: drawing --help with rich costs more than all the rest of the start
    app = typer.Typer(
        name="nornir-anyconnect", rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=False
    )
    app.callback()(_root)
    for family in FAMILIES:
        import_module(f"nornir_anyconnect.cli.{family}").register(app)
    return without_pydantic(typer.main.get_command(app))
