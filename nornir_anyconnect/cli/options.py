"""Options that several commands share, spelled once, and the values in which they travel on."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
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

    from nornir_anyconnect.audit.context import Options
    from nornir_anyconnect.settings import Settings
    from nornir_anyconnect.workflows.evidence_files import EvidenceFiles
    from nornir_anyconnect.workflows.finish_audit import ReportOptions

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
    str | None,
    typer.Option(
        "--client",
        metavar="NAME",
        help="Whose likely pair: secure-client-5 (usual), anyconnect-4 (4.10), anyconnect-4.6, or any for none.",
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
    float,
    typer.Option(
        "--host-timeout", min=1, max=86400, metavar="SECONDS", help="Seconds that one device may take in all."
    ),
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


def name_failed(failed: dict[str, str]) -> ExitCode:
    """Name on standard error the hosts that could not be dealt with, and say so with the exit code."""
    TERMINAL.name_all(("failed", name, why) for name, why in sorted(failed.items()))
    return ExitCode.NOT_WHOLLY if failed else ExitCode.CLEAN


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
    wrong = [each for each in asked if each not in known]
    if wrong or (only is not None and not asked):
        said = f"--only {wrong[0]} is no verdict" if wrong else "--only names no verdict"
        raise UsageError(said, f"use one or more of {', '.join(known)}")
    return frozenset(asked)


# ---- the options of a command, each group of them one value ------------------------------------------


@dataclass(frozen=True)
class Verbosity:
    """What is said on standard error: told to ``TERMINAL`` while the call is read, and to nobody else."""

    _verbose: Verbose = 0
    _quiet: Quiet = False
    _no_color: NoColor = False


@dataclass(frozen=True)
class GivenEvidence:
    """Files of which somebody says what they hold."""

    syslog: Syslog = None
    client_log: ClientLog = None
    debug_log: DebugLog = None
    probe: ProbeFile = None

    @property
    def files(self) -> EvidenceFiles:
        """As they are read."""
        from nornir_anyconnect.workflows.evidence_files import EvidenceFiles

        return EvidenceFiles(self.syslog or (), self.client_log or (), self.debug_log or (), self.probe or ())


@dataclass(frozen=True)
class Judging:
    """How saved configurations are judged."""

    assume_complete: AssumeComplete = False
    assume: Assume = None
    ip_version: IpVersion = 4
    client_mtu: ClientMtu = 1500
    client: Client = None

    def under(self, settings: Settings) -> Options:
        """How to judge; the settings fill what is left open.

        Raises:
            UsageError: no such assumption set, IP version or client, or an MTU that no client has.

        """
        from nornir_anyconnect.audit.context import Options
        from nornir_anyconnect.mtu.assumptions import assumption_set
        from nornir_anyconnect.mtu.clients import client_named

        asked = self.assume or settings.assume
        return Options(
            assume=assumption_set(asked) if asked else None,
            assume_complete=self.assume_complete,
            ip_version=ip_version_of(self.ip_version),
            client_mtu=client_mtu_of(self.client_mtu),
            client=client_named(self.client or settings.client),
        )


@dataclass(frozen=True)
class LiveJudging:
    """How devices are judged that are asked themselves."""

    assume: Assume = None
    client_mtu: ClientMtu = 1500
    client: Client = None

    def under(self, settings: Settings) -> Options:
        """How to judge; errors as of ``Judging``."""
        return Judging(assume=self.assume, client_mtu=self.client_mtu, client=self.client).under(settings)


@dataclass(frozen=True)
class Reporting:
    """What is done with judged devices."""

    formats: Formats = None
    fail_on: FailOnLevel = None
    details: Details = False
    only: Only = None
    pseudonymise_users: Pseudonymise = False
    hide_users: HideUsers = False
    keep: Keep = False
    settings_file: SettingsFile = None

    def as_of(self, command: str) -> ReportOptions:
        """The same for that command.

        Raises:
            UsageError: ``--only`` names what is no verdict.

        """
        from nornir_anyconnect.workflows.finish_audit import ReportOptions

        return ReportOptions(
            formats=self.formats or (),
            fail_on=self.fail_on,
            pseudonymise=self.pseudonymise_users,
            hide_users=self.hide_users,
            keep=self.keep,
            details=self.details,
            only=verdicts(self.only),
            command=command,
        )


@dataclass(frozen=True)
class Hosts:
    """Which hosts of which inventory, and how many at once."""

    inventory: Inventory = None
    filters: Filters = None
    limit: Limit = None
    workers: Workers = None

    @property
    def words(self) -> list[str]:
        """The arguments that say which, for the next command."""
        return [
            *(["--inventory", self.inventory] if self.inventory else []),
            *(word for each in self.filters or () for word in ("--filter", each)),
            *(word for each in self.limit or () for word in ("--limit", each)),
        ]

    def chosen(self, inventory: str, filters: Sequence[str] = ()) -> Nornir:
        """The hosts; ``inventory`` and ``filters`` are those of the settings, where the call names none.

        Raises:
            InventoryError: it cannot be understood.
            UsageError: a filter that is none, an unknown host, or no host left.

        """
        from nornir_anyconnect.workflows.inventory import choose_hosts, inventory_of

        chosen = filters if self.filters is None else self.filters
        return choose_hosts(inventory_of(self.inventory or inventory), chosen, self.limit or ())

    def at_once(self, usual: int = 20) -> int:
        """How many devices are talked to at once.

        Raises:
            UsageError: none, or more than a machine has threads for.

        """
        count = usual if self.workers is None else self.workers
        if not 1 <= count <= _MOST_WORKERS:
            raise UsageError(f"--workers {count} is out of range", f"give 1 to {_MOST_WORKERS}")
        return count


@dataclass(frozen=True)
class HostsLoggedIn(Hosts):
    """The same for who logs in to them."""

    host_timeout: HostTimeout = 300
    _ask_pass: AskPass = False
