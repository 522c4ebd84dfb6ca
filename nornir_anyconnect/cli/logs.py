"""``logs``: incidents out of syslog and client logs, no configuration needed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.evidence.syslog.stamps import DateOrder
from nornir_anyconnect.report import FailOn
from nornir_anyconnect.workflows.exit_codes import ExitCode, highest

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.log_evidence import LogOptions

_A_YEAR = 366 * 86400


def zone(text: str) -> tzinfo:
    """``UTC``, an offset such as ``+02:00``, or a name such as ``Europe/Berlin``.

    Raises:
        UsageError: no such zone.

    """
    if text.upper() in ("UTC", "Z"):
        return UTC
    if text[:1] in "+-" and text[1:].replace(":", "").isdigit():
        digits = text[1:].replace(":", "").ljust(4, "0") if len(text) > 3 else text[1:].zfill(2) + "00"  # noqa: PLR2004 - +2, +02
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
        if offset < timedelta(hours=24):
            return timezone(-offset if text[0] == "-" else offset)
    else:
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(text)
        except (LookupError, ValueError, OSError):
            pass
    raise UsageError(f"'{text}' is not a time zone", "use UTC, an offset such as +02:00, or a name like Europe/Berlin")


def moment(option: str, text: str | None, tz: tzinfo) -> datetime | None:
    """An ISO 8601 date or time; one without a zone is in ``tz``.

    Raises:
        UsageError: not a time.

    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} '{text}' is not a time", "write it as 2024-05-17 or 2024-05-17T22:00") from None
    return at if at.tzinfo else at.replace(tzinfo=tz)


@dataclass(frozen=True)
class _Reading:
    """How logs are read."""

    since: Annotated[str | None, typer.Option("--since", metavar="TIME", help="Leave earlier lines out.")] = None
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Leave later lines out.")] = None
    tz: Annotated[str, typer.Option("--tz", metavar="ZONE", help="Zone of stamps that name none.")] = "UTC"
    year: Annotated[
        int | None, typer.Option("--year", help="Year of stamps without one; else told by the file's date.")
    ] = None
    date_order: Annotated[
        DateOrder | None,
        typer.Option("--date-order", help="How 03/04/2026 is read; else as the whole log tells."),
    ] = None
    shortest: Annotated[
        float, typer.Option("--shortest", metavar="SECONDS", help="From coming up to the reconnect, at least.")
    ] = 30
    longest: Annotated[float, typer.Option("--longest", metavar="SECONDS", help="The same, at most.")] = 120
    silence: Annotated[
        float,
        typer.Option(
            "--silence", metavar="SECONDS", help="From a large packet to the reconnect, at most, where UDP was up."
        ),
    ] = 3600

    @property
    def understood(self) -> "LogOptions":
        """The same, understood.

        Raises:
            UsageError: a time, zone or year that is none, or bounds that bound nothing.

        """
        from nornir_anyconnect.evidence.log_evidence import LogOptions
        from nornir_anyconnect.evidence.session import bounds
        from nornir_anyconnect.evidence.syslog.stamps import StampContext

        stamps = zone(self.tz)
        begin, end = moment("--since", self.since, stamps), moment("--until", self.until, stamps)
        if begin and end and begin > end:
            raise UsageError("--since is later than --until", "swap the two")
        if self.year is not None and not 1990 <= self.year <= 9998:  # noqa: PLR2004 - no ASA logged before PIX
            raise UsageError(f"--year {self.year} is out of range", "give the four digits of a year")
        if not 0 <= self.shortest <= self.longest <= _A_YEAR or not 0 <= self.silence <= _A_YEAR:
            raise UsageError(
                f"--shortest {self.shortest:g}, --longest {self.longest:g}, --silence {self.silence:g} bound nothing",
                "give seconds, --shortest not above --longest, none above a year",
            )
        known = StampContext(self.year, stamps, self.date_order)
        return LogOptions(begin, end, known, bounds=bounds(self.shortest, self.longest, self.silence))


@dataclass(frozen=True)
class _Reporting:
    """What is done with what they show."""

    formats: options.Formats = None
    fail_on: options.FailOnLevel = None
    pseudonymise_users: options.Pseudonymise = False


def logs(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Logs: files, .gz, .zst, folders, or - .")],
    *,
    reading: _Reading,
    reporting: _Reporting,
    _verbosity: options.Verbosity,
) -> int:
    """Find incidents in syslog and client logs; no configuration needed."""
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.logs import summarise_logs
    from nornir_anyconnect.report import LOGS_FORMATS
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.sources.files import total_size
    from nornir_anyconnect.workflows import outputs

    targets = outputs.outputs(reporting.formats, LOGS_FORMATS, "logs")
    how = reading.understood
    with progress.reading(total_size(files)) as bar:
        summary = summarise_logs(files, how, on_progress=bar.advance)
    hit = summary.users > 0 or any(each.because_of_mtu for each in summary.client)
    if reporting.pseudonymise_users or load_settings(None).pseudonymise_users:
        from nornir_anyconnect.report.pseudonyms import Pseudonyms

        summary = Pseudonyms().logs(summary)
    level = reporting.fail_on or FailOn.AT_RISK
    written = outputs.emit(targets, lambda each: LOGS_FORMATS.render(each.format, summary, outputs.style(each, level)))
    found = ExitCode.FINDINGS if hit and level is not FailOn.NEVER else ExitCode.CLEAN
    seen = ExitCode.CLEAN if summary.could_be_seen else ExitCode.NOT_WHOLLY
    unread = [ExitCode.NOT_WHOLLY for each in summary.inputs if each.problem and (each.named or each.lost)]
    return highest([written, found, seen, *unread])
