"""Reports of an audit: one module per format behind a small registry.

A format is a module with ``render(report, style) -> str``. The same report gives the same bytes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.report.fail_on import FailOn

if TYPE_CHECKING:
    from nornir_anyconnect.audit.audit_report import AuditReport

FORMATS = {
    "text": "text",
    "json": "json_report",
    "html": "html_report",
    "junit": "junit",
    "sarif": "sarif",
    "csv": "csv_report",
    "markdown": "markdown_report",
    "prometheus": "prometheus",
}
"""Format -> module of this package."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a report is drawn.

    Args:
        terminal: ``text`` as tables for a screen; else plain lines.
        color: colours on the screen.
        width: columns of the screen.
        detail: also spell out findings that need nothing done.
        fail_on: the level from which a finding counts as a failure (``junit``, ``sarif``).

    """

    terminal: bool = False
    color: bool = False
    width: int = 110
    detail: bool = False
    fail_on: FailOn = FailOn.AT_RISK


PLAIN = Style()


def render(name: str, report: AuditReport, style: Style = PLAIN) -> str:
    """The report in one format, its last line ended.

    Raises:
        UsageError: no format of that name.

    """
    if name not in FORMATS:
        raise UsageError(f"there is no format '{name}'", f"use one of {', '.join(FORMATS)}")
    rendered: str = import_module(f"{__name__}.{FORMATS[name]}").render(report, style)
    return rendered


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
