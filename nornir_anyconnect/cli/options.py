"""Options that several commands share, spelled once."""

from __future__ import annotations

from typing import Annotated

import typer

from nornir_anyconnect.cli import terminal
from nornir_anyconnect.report.fail_on import FailOn

Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        is_eager=True,
        callback=terminal.set_verbosity,
        help="Say more on standard error; -vv shows tracebacks.",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", is_eager=True, callback=terminal.set_quiet, help="No notes and no progress on standard error."
    ),
]
NoColor = Annotated[
    bool,
    typer.Option("--no-color", is_eager=True, callback=terminal.set_no_color, help="No colour (also: NO_COLOR)."),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT[=FILE]",
        help="text, json, html, junit, sarif, csv, markdown or prometheus; repeatable, e.g. --format json=audit.json.",
    ),
]
Assume = Annotated[
    str | None,
    typer.Option(
        "--assume",
        metavar="NAME",
        help="Judge under one assumption set alone: technote, guide, rfc, or accounting=..,mss=..,cap=...",
    ),
]
IpVersion = Annotated[int, typer.Option("--ip-version", metavar="4|6", help="Outer IP header.")]
Pseudonymise = Annotated[
    bool, typer.Option("--pseudonymise-users", help="Replace user names by pseudonyms, stable within the report.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the result in the history.")]
FailOnLevel = Annotated[
    FailOn, typer.Option("--fail-on", help="The least finding that makes the exit code 1; each includes those before.")
]
