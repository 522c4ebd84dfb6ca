"""What the exit code says."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from nornir_anyconnect import errors
from nornir_anyconnect.report import FailOn, counts
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nornir_anyconnect.audit.finding import DeviceAudit


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


def exit_code_of(work: Callable[..., int], *arguments: object) -> int:
    """Run a runbook as the commands run: what is wrong in two lines on standard error, and the exit code of it.

    Args:
        work: returns the exit code.
        arguments: handed to it.

    """
    try:
        return work(*arguments)
    except KeyboardInterrupt:
        TERMINAL.error("interrupted", "")
        return ExitCode.INTERRUPTED
    except (errors.AnyConnectError, OSError) as error:
        TERMINAL.failure(error)
        return of_error(error)


def of_devices(devices: Iterable[DeviceAudit], fail_on: FailOn) -> ExitCode:
    """3 if a device was not judged wholly, else 1 if a finding counts, else 0."""
    codes = []
    for device in devices:
        if device.status != "ok":
            codes.append(ExitCode.NOT_WHOLLY)
        if any(counts(finding, fail_on) for finding in device.findings):
            codes.append(ExitCode.FINDINGS)
    return highest(codes)
