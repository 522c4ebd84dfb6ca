"""``--format``: where each format goes, checked before any work, and never lost afterwards."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.masking import without_secrets
from nornir_anyconnect.report import Style
from nornir_anyconnect.workflows.exit_codes import ExitCode
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from nornir_anyconnect.report import FailOn


@dataclass(frozen=True, slots=True)
class Output:
    """One format and the file it goes to; None is standard output."""

    format: str
    path: Path | None = None


def outputs(
    given: Sequence[str] | None, known: Collection[str], command: str, inputs: Sequence[str] = ()
) -> tuple[Output, ...]:
    """Read ``FORMAT`` and ``FORMAT=FILE``; without any, text on standard output.

    Args:
        given: as of ``--format``.
        known: formats that the command has.
        command: named in errors.
        inputs: files that are read, and that nothing may overwrite.

    Raises:
        UsageError: no such format, two for one place, a file that is read, or a folder that cannot be written.

    """
    found = []
    for text in given or ["text"]:
        name, equals, file = text.partition("=")
        if name not in known:
            raise UsageError(f"{command} has no format '{name}'", f"use one of {', '.join(known)}")
        if equals and not file:
            raise UsageError(f"--format {text} names no file", f"write --format {name}=FILE")
        found.append(Output(name, Path(file) if file and file != "-" else None))
    if sum(output.path is None for output in found) > 1:
        raise UsageError("two formats for standard output", "give all but one a file, such as --format json=audit.json")
    for output in found:
        if output.path is not None:
            _writable(output.path)
    _one_file_each(found)
    spare(found, inputs)
    return tuple(found)


def _one_file_each(found: Sequence[Output]) -> None:
    taken: dict[str, Output] = {}
    for output in found:
        # pipes and devices take what comes
        if output.path is None or (output.path.exists() and not output.path.is_file()):
            continue
        first = taken.setdefault(os.path.realpath(output.path), output)
        if first is not output:
            raise UsageError(f"{first.format} and {output.format} both go to {output.path}", "give each its own file")


def spare(targets: Sequence[Output], inputs: Iterable[str]) -> None:
    """No report overwrites what was read for it.

    Raises:
        UsageError: one would.

    """
    files = {os.path.realpath(output.path): output.path for output in targets if output.path and output.path.is_file()}
    if files:
        for each in inputs:
            if os.path.realpath(each) in files:
                raise UsageError(f"--format would overwrite {each}, which is read", "name another file")


def _writable(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder", "name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"the folder {path.parent} does not exist", "create it, or name another file")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"the folder {path.parent} cannot be written", "change its permissions, or name another file")


def style(output: Output, fail_on: FailOn, *, detail: bool = False) -> Style:
    """How to draw it: tables only on a screen, colour only where it is wanted."""
    screen = output.path is None and sys.stdout.isatty()
    color = screen and TERMINAL.color and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width = os.get_terminal_size(sys.stdout.fileno()).columns if screen else Style().width
    # a terminal that tells no size says 0
    return Style(
        terminal=screen, color=color, width=max(width, 60), detail=detail or bool(TERMINAL.verbosity), fail_on=fail_on
    )


def emit(
    targets: Sequence[Output], render: Callable[[Output], str | Iterable[str]], lost: list[Output] | None = None
) -> ExitCode:
    """Write every format, files first; one that cannot be written is kept elsewhere, the others are not affected.

    Args:
        targets: where each goes.
        render: the text of one, or pieces of it that are written as they come; no piece ends within a word.
        lost: gets those that could not be written.

    """
    code = ExitCode.CLEAN

    def pieces(target: Output) -> Iterator[str]:
        drawn = render(target)
        return map(without_secrets, [drawn] if isinstance(drawn, str) else _together(drawn))

    for target in sorted(targets, key=lambda each: each.path is None):
        try:
            if target.path is None:
                to_stdout("".join(pieces(target)))
            else:
                _write(target.path, pieces(target))
        except BrokenPipeError:
            raise
        except OSError as error:
            where = target.path or "standard output"
            TERMINAL.error(f"{where}: {error.strerror or error}", _rescued(pieces(target), target))
            code = ExitCode.USAGE
            if lost is not None:
                lost.append(target)
    return code


def write_page(path: Path, text: str) -> None:
    """One file of a folder of pages; the folder is made.

    Raises:
        UsageError: it cannot be written.

    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, [without_secrets(text)])
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", "name a folder that can be written: --out") from error


_PIECE = 1 << 16
"""Characters that are written at once."""


def _together(pieces: Iterable[str]) -> Iterator[str]:
    """Fewer and longer pieces: each is searched for secrets."""
    held: list[str] = []
    size = 0
    for each in pieces:
        held.append(each)
        size += len(each)
        if size >= _PIECE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def to_stdout(text: str) -> None:
    """The result; characters that the terminal's encoding lacks are spelled as escapes."""
    text = without_secrets(text)
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # what is still buffered would fail again when the interpreter ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OSError(error.errno, error.strerror, "standard output") from error


def _write(path: Path, pieces: Iterable[str]) -> None:
    """Whole or not at all: a scheduler may read the file at any time. Pipes and devices are written directly."""
    raw = (each.encode("utf-8", "backslashreplace") for each in pieces)
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            stream.writelines(raw)
        return
    target = path.resolve()  # a link stays a link
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines(raw)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        os.chmod(temporary, mode)  # noqa: PTH101 - mkstemp gives a name, not a Path
        os.replace(temporary, target)  # noqa: PTH105 - same
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _rescued(pieces: Iterable[str], target: Output) -> str:
    """Keep what could not be written, and say where."""
    try:
        handle, name = tempfile.mkstemp(prefix="nornir-anyconnect-", suffix=f".{target.format}")
        with os.fdopen(handle, "wb") as stream:
            stream.writelines(each.encode("utf-8", "backslashreplace") for each in pieces)
    except OSError:
        return "free some space or name another file, and run it again"
    return f"the result is in {name} instead"
