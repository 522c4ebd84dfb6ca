"""Standard error: errors in two lines, notes, and nothing that a device's text could steer."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.masking import without_secrets
from nornir_anyconnect.report.sanitise import harmless, harmless_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

DEBUG = 2
_MOST_OF_A_KIND = 20
_LONGEST = 1000
"""Letters of a line; no line of an ASA and no path that there is comes near it."""


@dataclass(slots=True)
class Terminal:
    """How much is said on standard error, and whether in colour; one per process."""

    verbosity: int = 0
    quiet: bool = False
    color: bool = True
    _noted: Counter[str] = field(default_factory=Counter)

    def reset(self) -> None:
        """As at the start of a process."""
        self.verbosity, self.quiet, self.color = 0, False, True
        self._noted.clear()

    def note(self, text: str, kind: str = "") -> None:
        """One line about what was done, unless ``--quiet``.

        Args:
            text: the line.
            kind: of notes that there may be thousands of; of each the first ones are shown, and a count at the end.

        """
        self._noted[kind] += 1
        if not self.quiet and (not kind or self._noted[kind] <= _MOST_OF_A_KIND or self.verbosity):
            self.warning(text)

    def count_the_rest(self) -> None:
        """Say how many notes of each kind were not shown; all of them are with ``-v``."""
        if self.quiet or self.verbosity:
            return
        for kind, count in self._noted.items():
            if kind and count > _MOST_OF_A_KIND:
                self.warning(f"... and {count - _MOST_OF_A_KIND} more {kind}; -v shows all of them")

    def warning(self, text: str) -> None:
        """One line that ``--quiet`` does not silence."""
        _write(_one_line(text))

    def name_all(self, troubled: Iterable[tuple[str, str, str]]) -> None:
        """Names whom something went wrong with, each with its status and the reason; one reason is one line."""
        names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for status, name, why in troubled:
            names[status, why].append(name)
        for (status, why), them in names.items():
            self.warning(f"{status}: {', '.join(them)}{': ' if why else ''}{why}")

    def error(self, cause: str, remedy: str) -> None:
        """What is wrong, and what to do about it: one line each."""
        _write(f"error: {_one_line(cause)}")
        if remedy:
            _write(f"  fix: {_one_line(remedy)}")

    def failure(self, error: BaseException) -> None:
        """An exception in the same two lines; its traceback only with ``-vv``."""
        if self.verbosity >= DEBUG:
            _write(harmless_lines(without_secrets("".join(traceback.format_exception(error)))).rstrip("\n"))
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


def _one_line(text: str) -> str:
    text = without_secrets(text)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 4 :]}"
    return harmless(text)


def _write(text: str) -> None:
    """Letters that the terminal lacks are spelled as escapes."""
    encoding = sys.stderr.encoding or "utf-8"
    # a terminal that is gone, or a full disk: what is told is lost, and nothing else
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text.encode(encoding, 'backslashreplace').decode(encoding)}\n")


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
