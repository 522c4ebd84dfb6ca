"""Takes each saved configuration behind the paths in turn, and says what comes of those that are none."""

from typing import TYPE_CHECKING

from nornir_anyconnect.cli.exit_codes import ExitCode
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources.configs import Unread, config_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.sources.configs import ConfigText


def each_saved(
    paths: "list[str]", take: "Callable[[ConfigText], object]", unread: "Callable[[Unread], object]"
) -> ExitCode:
    """Hand every readable text to ``take``; a file that the user named and that is none makes the code ``USAGE``.

    Args:
        paths: files, folders, archives, or ``-``.
        take: raises SourceError where the text is no configuration.
        unread: gets each backup that could not be read: a device of which nobody knows anything.
            A text met on the way that is none is no device: it is named on standard error, and no more.

    """
    code = ExitCode.CLEAN
    for source in config_texts(paths):
        if isinstance(source, Unread):
            problem = SourceError(source.cause, source.remedy)
        else:
            try:
                take(source)
                continue
            except SourceError as error:
                problem = error
        if source.named:
            TERMINAL.failure(problem)
            code = ExitCode.USAGE
        elif isinstance(source, Unread) and not source.left_out:
            unread(source)
        else:
            TERMINAL.note(f"skipped: {problem.cause}")
    return code
