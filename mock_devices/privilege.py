"""What a session below level 15 may do: ``privilege`` lines of the configuration (LOCAL command authorization)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_devices.commands import Commands

EVERYBODY = ("enable", "disable", "exit", "quit", "logout", "help", "show curpriv", "show checksum", "show clock",
             "show version")  # fmt: skip
"""Commands of level 0 and 1."""


def _granted(line: str, level: int) -> tuple[str, str] | None:
    """(verb, command) of a ``privilege [show|cmd|clear] level N [mode exec] command WORDS`` line."""
    words = line.split()
    if "command" not in words or "level" not in words or int(words[words.index("level") + 1]) > level:
        return None
    if "mode" in words and words[words.index("mode") + 1] != "exec":
        return None
    verb = words[1] if words[1] in ("show", "clear", "cmd") else ""
    return verb, " ".join(words[words.index("command") + 1 :])


def allowed(place: Commands, line: str) -> bool:
    """Whether the session's level may run this exec command, given in full words."""
    if place.level >= 15 or not place.device.spec.command_authorization or line in EVERYBODY:
        return True
    device = place.device
    tree = device.contexts[device.context_at_login].running
    for stored in tree.lines("privilege"):
        grant = _granted(stored, place.level)
        if grant is None:
            continue
        verb, command = grant
        full = f"{verb} {command}" if verb in ("show", "clear") else command
        if line == full or line.startswith(full + " "):
            return True
        if not verb and line.startswith(("show ", "clear ")) and line.split(" ", 1)[1].startswith(command):
            return True
    return False
