"""What the exit code says, and which finding counts for it."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from nornir_anyconnect import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.audit.finding import DeviceAudit, Finding


class ExitCode(IntEnum):
    """Exit codes of every command."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOT_WHOLLY = 3
    REVERTED = 4
    INDETERMINATE = 5
    INTERRUPTED = 130


_PRECEDENCE = (
    ExitCode.INDETERMINATE,
    ExitCode.REVERTED,
    ExitCode.USAGE,
    ExitCode.NOT_WHOLLY,
    ExitCode.FINDINGS,
    ExitCode.CLEAN,
)


def highest(codes: Iterable[ExitCode]) -> ExitCode:
    """The code that wins: 5, 4, 2, 3, 1, 0 in this order."""
    return min(codes, key=_PRECEDENCE.index, default=ExitCode.CLEAN)


def of_error(error: BaseException) -> ExitCode:
    """The exit code of a command that ended in this error."""
    match error:
        case errors.IndeterminateError():
            return ExitCode.INDETERMINATE
        case errors.RevertedError():
            return ExitCode.REVERTED
        case errors.DeviceError() | errors.GateError():
            return ExitCode.NOT_WHOLLY
    return ExitCode.USAGE


class FailOn(StrEnum):
    """The least finding that makes the exit code 1; each level includes those before it."""

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
    return finding.confirmed or finding.verdict in verdicts


def of_devices(devices: Iterable[DeviceAudit], fail_on: FailOn) -> ExitCode:
    """3 if a device was not judged wholly, else 1 if a finding counts, else 0."""
    codes = []
    for device in devices:
        if device.status != "ok":
            codes.append(ExitCode.NOT_WHOLLY)
        if any(counts(finding, fail_on) for finding in device.findings):
            codes.append(ExitCode.FINDINGS)
    return highest(codes)
