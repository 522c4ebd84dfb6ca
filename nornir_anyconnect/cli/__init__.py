"""The command line: ``nornir-anyconnect``. Commands import the heavy rooms only when they run."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import typer

from nornir_anyconnect.cli import cycles
from nornir_anyconnect.cli.app import build
from nornir_anyconnect.workflows import terminal
from nornir_anyconnect.workflows.exit_codes import ExitCode, of_error

_UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # Typer ships its own click: the class has no public name
_BROKEN_PIPE = 128 + 13
_COMPLETION = "_NORNIR_ANYCONNECT_COMPLETE"
"""The variable by which a shell asks to complete a line."""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM, and a terminal that is closed, end a command as Ctrl-C does: hosts in flight are finished or reverted.

    Only the main thread of a process may say so. What nohup has told to be ignored stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    previous = [(number, signal.signal(number, _interrupt)) for number in heard]
    try:
        yield
    finally:
        for number, handler in previous:
            signal.signal(number, handler)


def _open_streams() -> None:
    """What somebody closed (``>&-``) leads nowhere: else the next file that is opened would take its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for the whole process


def _usage_error(error: BaseException) -> None:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "nornir-anyconnect"
    message = getattr(error, "format_message", lambda: str(error))()
    terminal.TERMINAL.error(" ".join(str(message).split()).rstrip("."), f"see '{command} --help'")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the console script.

    Args:
        argv: arguments without the program's name; those of the process where None.

    Returns:
        The exit code, see ``exit_codes.ExitCode``.

    """
    terminal.TERMINAL.reset()
    _open_streams()
    if argv is None:
        cycles.seldom()
    with _signals_interrupt():
        code = _run(argv)
        terminal.TERMINAL.count_the_rest()
        return code


def _reader_is_gone() -> int:
    """``head`` or ``less`` has had enough; the interpreter must not complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _BROKEN_PIPE


def _run(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        first = next((each for each in arguments if each != "--"), None)
        app = build(first, whole=_COMPLETION in os.environ)
        result = app(arguments, prog_name="nornir-anyconnect", standalone_mode=False)
        sys.stdout.flush()
    except _UsageError as error:
        _usage_error(error)
        return ExitCode.USAGE
    except (typer.Abort, KeyboardInterrupt):
        terminal.TERMINAL.error("interrupted", "")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _reader_is_gone()
    except SystemExit as error:
        # Typer's own answer to a broken pipe is exit 1, which would say "findings"
        if isinstance(error.__context__, BrokenPipeError):
            return _reader_is_gone()
        raise
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user unasked
        terminal.TERMINAL.failure(error)
        return of_error(error)
    return result if isinstance(result, int) else ExitCode.CLEAN
