"""Reports: an audit, what logs show, a plan, each in the formats that people and machines read.

A format is a module of ``report/formats/`` with a ``FORMAT`` in it, or an entry point of the group
``nornir_anyconnect.reports`` that names such a value in another package. The same subject gives the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nornir_anyconnect.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import Finding
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.probe import ProbeReport

S = TypeVar("S")
_MEND = "mend or remove the package that offers it"
GROUP = "nornir_anyconnect.reports"
"""Entry points of this group are formats of other packages, under the name that ``--format`` takes."""


class Subject(StrEnum):
    """What is reported: ``check`` and ``audit``, ``logs``, ``plan``, ``probe``."""

    AUDIT = "audit"
    LOGS = "logs"
    PLAN = "plan"
    PROBE = "probe"


_TITLES = {Subject.AUDIT: "an audit", Subject.LOGS: "logs", Subject.PLAN: "a plan", Subject.PROBE: "a probe"}


class FailOn(StrEnum):
    """The least finding that counts for exit codes, JUnit failures and SARIF levels; each includes those before it."""

    CONFIRMED = "confirmed"
    AT_RISK = "at-risk"
    UNKNOWN = "unknown"
    MITIGATED = "mitigated"
    NEVER = "never"


_LEVELS = (FailOn.CONFIRMED, FailOn.AT_RISK, FailOn.UNKNOWN, FailOn.MITIGATED)


def counts(finding: Finding, fail_on: FailOn) -> bool:
    """Whether this finding is at or above the level; one that was waived is not."""
    if fail_on is FailOn.NEVER or finding.waiver is not None:
        return False
    verdicts = {str(level) for level in _LEVELS[: _LEVELS.index(fail_on) + 1]}
    return finding.confirmed or str(finding.verdict) in verdicts


@dataclass(frozen=True, slots=True)
class Style:
    """How a report is drawn.

    Args:
        terminal: ``text`` is for a screen: sentences are wrapped; else each is one line.
        color: colours on the screen.
        width: columns of the screen.
        detail: ``text`` shows what supports each finding: arithmetic, caveats, sources, the lines to type and to undo.
        only: the verdicts (or ``confirmed``) that ``text`` shows; empty means what needs somebody.
        next_commands: what to type next, for ``text`` and ``html``.
        files: the reports that were written beside it, for ``text``.
        fail_on: the level from which a finding counts as a failure (``junit``, ``sarif``).
        trend: (time, findings per verdict) of earlier audits, oldest first, for a page that draws them (``html``).

    """

    terminal: bool = False
    color: bool = False
    width: int = 110
    detail: bool = False
    fail_on: FailOn = FailOn.AT_RISK
    only: frozenset[str] = frozenset()
    next_commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    trend: tuple[tuple[str, dict[str, int]], ...] = ()


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Format:
    """What one format can draw: a function per subject, None where it has no form for it.

    Each returns the whole text, its last line ended, in which nothing that a device or a log named is obeyed.
    """

    audit: Callable[[AuditReport, Style], str | Iterable[str]] | None = None
    """The text, or pieces of it: what is long is written as it is drawn."""
    logs: Callable[[LogSummary, Style], str] | None = None
    plan: Callable[[Plan, Style], str] | None = None
    probe: Callable[[ProbeReport, Style], str] | None = None


class Formats(Collection[str], Generic[S]):
    """All formats that draw a subject, by their names, those of other packages last.

    Other packages are looked for only where a name is none of ours, or where all names are asked for.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def __contains__(self, name: object) -> bool:
        there = name in _ours() or name in _theirs()
        return there and getattr(_format(str(name)), self._subject) is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name in dict.fromkeys((*_ours(), *_theirs())) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def render(self, name: str, subject: S, style: Style = PLAIN) -> str:
        """A subject in one format, its last line ended.

        Raises:
            UsageError: no format of that name, or none that draws such subjects.

        """
        return "".join(self.pieces(name, subject, style))

    def pieces(self, name: str, subject: S, style: Style = PLAIN) -> Iterator[str]:
        """The same in pieces, none of which ends within a word that a device named; for what is too long to be held."""
        if name not in self:
            what = f"there is no format '{name}' of {_TITLES[self._subject]}"
            raise UsageError(what, f"use one of {', '.join(self)}")
        drawn: str | Iterable[str] = getattr(_format(name), self._subject)(subject, style)
        yield from [drawn] if isinstance(drawn, str) else drawn


AUDIT_FORMATS: Formats[AuditReport] = Formats(Subject.AUDIT)
LOGS_FORMATS: Formats[LogSummary] = Formats(Subject.LOGS)
PLAN_FORMATS: Formats[Plan] = Formats(Subject.PLAN)
PROBE_FORMATS: Formats[ProbeReport] = Formats(Subject.PROBE)


def render(name: str, report: AuditReport, style: Style = PLAIN) -> str:
    """An audit in one format, its last line ended.

    Raises:
        UsageError: no format of that name, or none that draws audits.

    """
    return AUDIT_FORMATS.render(name, report, style)


def render_plan(name: str, plan: Plan, style: Style = PLAIN) -> str:
    """A plan, as above; only the plan file itself can be applied."""
    return PLAN_FORMATS.render(name, plan, style)


@cache
def _ours() -> tuple[str, ...]:
    found = [each.name for each in iter_modules(import_module(f"{__name__}.formats").__path__)]
    return tuple(sorted(found, key=lambda name: (name != "text", name != "json", name)))


def _theirs() -> dict[str, Any]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to import, and the usual call never asks

    return {each.name: each for each in entry_points(group=GROUP)}


def _format(name: str) -> Format:
    """The format of that name; one of ours cannot be replaced from outside.

    Raises:
        UsageError: the package that offers it gives no ``Format``.

    """
    if name in _ours():
        found: Any = import_module(f"{__name__}.formats.{name}").FORMAT
        origin = name
    else:
        entry = _theirs()[name]
        origin = entry.value
        try:
            found = entry.load()
        except Exception as error:
            raise UsageError(f"the format '{name}' ({origin}) cannot be loaded: {error}", _MEND) from error
    if not isinstance(found, Format):
        raise UsageError(f"the format '{name}' ({origin}) is no nornir_anyconnect.report.Format", _MEND)
    return found


def generated_at() -> str:
    """Now, or what SOURCE_DATE_EPOCH says (seconds since 1970), as ISO 8601 in UTC.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is not a number of seconds.

    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    if not fixed:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        return datetime.fromtimestamp(int(fixed), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is '{fixed}', which is not a time", "unset it or give seconds since 1970"
        ) from None
