"""Options that several commands share, spelled once."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.report import FailOn
from nornir_anyconnect.workflows import terminal
from nornir_anyconnect.workflows.exit_codes import ExitCode
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir.core import Nornir

    from nornir_anyconnect.audit.judge import Options
    from nornir_anyconnect.settings import Settings

_MOST_WORKERS = 1000


def _ask_pass(asked: bool) -> bool:
    """They go where credentials come from: into the environment of this process alone.

    Raises:
        UsageError: there is no terminal to ask on.

    """
    if asked:
        from getpass import getpass

        if not sys.stdin.isatty():
            raise UsageError("--ask-pass needs a terminal", "set NORNIR_ANYCONNECT_PASSWORD, or use a keyring")
        os.environ["NORNIR_ANYCONNECT_PASSWORD"] = getpass("password: ", sys.stderr)
        if enable := getpass("enable secret (none: the same login is privileged): ", sys.stderr):
            os.environ["NORNIR_ANYCONNECT_ENABLE"] = enable
    return asked


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
        help="text, json, ndjson, html, junit, sarif, csv, markdown or prometheus; "
        "repeatable, e.g. --format json=audit.json.",
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
ClientMtu = Annotated[
    int,
    typer.Option(
        "--client-mtu",
        metavar="BYTES",
        help="What clients' own networks carry: 1492 behind PPPoE, less behind LTE; 576 to 1500.",
    ),
]
Client = Annotated[
    str,
    typer.Option(
        "--client",
        metavar="NAME",
        help="Whose likely pair is told: secure-client-5, anyconnect-4 (4.10), anyconnect-4.6, or any for none.",
    ),
]
HideUsers = Annotated[
    bool, typer.Option("--hide-users", help="Say how many users were hit, and not who, not even by pseudonym.")
]
Pseudonymise = Annotated[
    bool, typer.Option("--pseudonymise-users", help="Replace user names by pseudonyms, stable within the report.")
]
Details = Annotated[
    bool,
    typer.Option("--details", help="Show what supports each finding: arithmetic, caveats, sources, lines to type."),
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar="VERDICT[,VERDICT]",
        help="Show these alone: confirmed, at-risk, mitigated, unknown, safe, not-applicable.",
    ),
]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the result in the history.")]
FailOnLevel = Annotated[
    FailOn | None,
    typer.Option(
        "--fail-on",
        metavar="LEVEL",
        help="Exit code 1 from this finding on: confirmed, at-risk (default), unknown, mitigated; or never.",
    ),
]
Syslog = Annotated[
    list[str] | None, typer.Option("--syslog", metavar="FILE", help="Syslog as evidence: a file, folder or -.")
]
ClientLog = Annotated[
    list[str] | None, typer.Option("--client-log", metavar="FILE", help="A client's log or DART bundle as evidence.")
]
DebugLog = Annotated[
    list[str] | None,
    typer.Option("--debug-log", metavar="FILE", help="A pasted 'debug webvpn anyconnect' transcript as evidence."),
]
ProbeFile = Annotated[
    list[str] | None,
    typer.Option("--probe", metavar="FILE", help="JSON of 'probe': what the head-end answers on somebody's path."),
]
AssumeComplete = Annotated[
    bool, typer.Option("--assume-complete", help="The texts are excerpts in which nothing that matters is missing.")
]
Inventory = Annotated[
    str | None,
    typer.Option(
        "--inventory",
        metavar="PATH",
        help="A Nornir config file, or the folder of one [default: inventory/config.yaml].",
    ),
]
Filters = Annotated[
    list[str] | None,
    typer.Option("--filter", metavar="KEY=VALUE", help="Only hosts with this value, e.g. site=London; repeatable."),
]
Limit = Annotated[list[str] | None, typer.Option("--limit", metavar="HOST,HOST", help="Only these hosts.")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help="Devices at once [default: 20].")]
AskPass = Annotated[
    bool,
    typer.Option(
        "--ask-pass",
        is_eager=True,
        callback=_ask_pass,
        help="Ask for the password and the enable secret, once for all.",
    ),
]
HostTimeout = Annotated[
    float, typer.Option("--host-timeout", min=1, metavar="SECONDS", help="Seconds that one device may take in all.")
]
SettingsFile = Annotated[
    str | None, typer.Option("--settings", metavar="FILE", help="Settings [default: nornir-anyconnect.yaml, if there].")
]
TextOrJson = Annotated[str, typer.Option("--format", metavar="text|json", help="How to print the result.")]


def text_or_json(command: str, output: str) -> None:
    """Refuse any other format.

    Raises:
        UsageError: it is another one.

    """
    if output not in ("text", "json"):
        raise UsageError(f"{command} has no format '{output}'", "use --format text or --format json")


def at_once(workers: int | None, usual: int = 20) -> int:
    """How many devices are talked to at once.

    Raises:
        UsageError: none, or more than a machine has threads for.

    """
    count = usual if workers is None else workers
    if not 1 <= count <= _MOST_WORKERS:
        raise UsageError(f"--workers {count} is out of range", f"give 1 to {_MOST_WORKERS}")
    return count


def name_failed(failed: dict[str, str]) -> ExitCode:
    """Name on standard error the hosts that could not be dealt with, and say so with the exit code."""
    for name, why in sorted(failed.items()):
        TERMINAL.warning(f"failed: {name}: {why}")
    return ExitCode.NOT_WHOLLY if failed else ExitCode.CLEAN


def judging(
    assume: str | None,
    ip_version: int = 4,
    *,
    complete: bool = False,
    client_mtu: int = 1500,
    client: str = "secure-client-5",
) -> Options:
    """How to judge, out of the options that say so.

    Raises:
        UsageError: no such assumption set, IP version or client, or an MTU that no client has.

    """
    from nornir_anyconnect.audit.judge import Options
    from nornir_anyconnect.mtu.assumptions import assumption_set
    from nornir_anyconnect.mtu.clients import client_named

    chosen = assumption_set(assume) if assume else None
    return Options(
        assume=chosen,
        assume_complete=complete,
        ip_version=ip_version_of(ip_version),
        client_mtu=client_mtu_of(client_mtu),
        client=client_named(client),
    )


def client_mtu_of(size: int) -> int:
    """Bytes that clients' own networks carry.

    Raises:
        UsageError: less than every IPv4 host takes, or more than a client has.

    """
    from nornir_anyconnect.mtu.derive import CLIENT_MTUS

    if size not in CLIENT_MTUS:
        raise UsageError(f"--client-mtu {size} is out of range", f"give {CLIENT_MTUS[0]} to {CLIENT_MTUS[-1]} bytes")
    return size


def ip_version_of(number: int) -> int:
    """4 or 6.

    Raises:
        UsageError: there is no other.

    """
    if number not in (4, 6):
        raise UsageError(f"--ip-version {number} is not an IP version", "use 4 or 6")
    return number


def verdicts(only: str | None) -> frozenset[str]:
    """What ``--only`` names.

    Raises:
        UsageError: it is none of the verdicts.

    """
    known = ("confirmed", "at-risk", "mitigated", "unknown", "safe", "not-applicable")
    asked = [each.strip() for each in (only or "").split(",") if each.strip()]
    for each in asked:
        if each not in known:
            raise UsageError(f"--only {each} is no verdict", f"use one or more of {', '.join(known)}")
    if only is not None and not asked:
        raise UsageError("--only names no verdict", f"use one or more of {', '.join(known)}")
    return frozenset(asked)


def filters(given: Sequence[str] | None, settings: Settings) -> Sequence[str]:
    """What ``--filter`` says, else the filter of the settings."""
    return settings.filters if given is None else given


def chosen(inventory: str | None, filters: Sequence[str] | None, limit: Sequence[str] | None) -> Nornir:
    """The hosts that the options, else the settings, name.

    Raises:
        UsageError: none, or an inventory that is wrong.

    """
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.inventory import choose_hosts, load_inventory

    return choose_hosts(load_inventory(inventory or load_settings().inventory), filters or (), limit or ())
