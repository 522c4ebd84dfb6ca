"""Which findings a caller wants to hear of: the level that decides exit codes, JUnit failures and SARIF levels."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import Finding


class FailOn(StrEnum):
    """The least finding that counts; each level includes those before it."""

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
