"""The saved configurations behind the paths: each is taken in turn, and called by a name of its own."""

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.sources.configs import Unread, config_texts
from nornir_anyconnect.workflows.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.audit.finding import DeviceAudit
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


def told_apart(devices: "list[DeviceAudit]") -> "list[DeviceAudit]":
    """Devices whose files have the same name are called by as much of the path as tells them apart.

    Else one would take the other's place in the history, and a waiver for one would be one for both.
    """
    paths: dict[str, set[str]] = defaultdict(set)
    for device in devices:
        paths[device.name].add(device.path or device.name)
    alike = [group for group in paths.values() if len(group) > 1]
    taken = Counter(end for group in alike for path in group for end in _ends(path))
    name_of = {path: next((end for end in _ends(path) if taken[end] == 1), path) for group in alike for path in group}
    return [replace(device, name=name_of.get(device.path or "", device.name)) for device in devices]


def _ends(path: str) -> list[str]:
    """The file's name, then one folder more each time."""
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in reversed(range(len(parts)))]
