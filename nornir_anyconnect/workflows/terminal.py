"""Standard error: errors in two lines, notes, and nothing that a device's text could steer."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass

from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.report.sanitise import harmless

DEBUG = 2


@dataclass(slots=True)
class Terminal:
    """How much is said on standard error, and whether in colour; one per process."""

    verbosity: int = 0
    quiet: bool = False
    color: bool = True

    def reset(self) -> None:
        """As at the start of a process."""
        self.verbosity, self.quiet, self.color = 0, False, True

    def note(self, text: str) -> None:
        """One line about what was done, unless ``--quiet``."""
        if not self.quiet:
            sys.stderr.write(f"{harmless(text)}\n")

    def detail(self, text: str) -> None:
        """One line that only ``-v`` shows."""
        if self.verbosity and not self.quiet:
            sys.stderr.write(f"{harmless(text)}\n")

    def warning(self, text: str) -> None:
        """One line that ``--quiet`` does not silence."""
        sys.stderr.write(f"{harmless(text)}\n")

    def error(self, cause: str, remedy: str) -> None:
        """What is wrong, and what to do about it: one line each."""
        sys.stderr.write(f"error: {harmless(cause)}\n")
        if remedy:
            sys.stderr.write(f"  fix: {harmless(remedy)}\n")

    def failure(self, error: BaseException) -> None:
        """An exception in the same two lines; its traceback only with ``-vv``."""
        if self.verbosity >= DEBUG:
            traceback.print_exception(error, file=sys.stderr)
        match error:
            case AnyConnectError():
                self.error(error.cause, error.remedy)
            case OSError():
                where = f"{error.filename}: " if error.filename else ""
                self.error(f"{where}{error.strerror or error}", "check the path, its permissions and the free space")
            case _:
                self.error(
                    f"internal error: {type(error).__name__}: {error}",
                    "run it again with -vv and report what it shows",
                )


TERMINAL = Terminal()


def set_verbosity(value: int) -> int:
    """Remember ``-v`` before anything can go wrong."""
    TERMINAL.verbosity = value
    return value


def set_quiet(value: bool) -> bool:
    """Remember ``--quiet``."""
    TERMINAL.quiet = value
    return value


def set_no_color(value: bool) -> bool:
    """Remember ``--no-color``."""
    TERMINAL.color = not value
    return value
