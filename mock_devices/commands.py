"""What a session's lines do, in user, privileged and configuration mode; it knows nothing of terminals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_devices import shows, traffic_shows
from mock_devices.config_mode import ConfigMode
from mock_devices.device import SYSTEM, Device
from mock_devices.faults import Moment
from mock_devices.grammar import Match, Refusal, match
from mock_devices.privilege import allowed

if TYPE_CHECKING:
    from collections.abc import Callable

STANDBY_WARNING = [
    "**** WARNING ****",
    "\tConfiguration Replication is NOT performed from Standby unit to Active unit.",
    "\tConfigurations are no longer synchronized.",
]
BUILDING = "Building configuration..."
DENIED = "Command authorization failed"
PASSWORD_TRIES = 3
CLISH = ("show", "exit", "logout")
"""What an FTD's own command line shares with an ASA's."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something the user must answer before the prompt comes back."""

    text: str
    answer: Callable[[str], Reply]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The session ends."""


Reply = list[str] | Refusal | Question | Goodbye
"""Lines to print, where a line was refused, a question, or the end."""


@dataclass(frozen=True, slots=True)
class _Rest:
    text: str
    column: int


_RUNNING = re.compile(r"\s*(sho?w?)\s+(run?[a-z-]*)(?:\s+|$)")


def _after_running(line: str) -> _Rest | None:
    """What follows ``show running-config`` (any abbreviation that an ASA takes), if the line is one."""
    found = _RUNNING.match(line)
    if not found or not "running-config".startswith(found[2]):
        return None
    return _Rest(line[found.end() :].rstrip(), found.end())


class Commands:
    """Where a session stands on its device: level, context, mode.

    Args:
        device: the box.
        number: the session's number on it.
        user: who logged in.

    """

    def __init__(self, device: Device, number: int, user: str) -> None:
        self.device = device
        self.number = number
        self.user = user
        self.shown_user = user
        """As ``show curpriv`` names the user."""
        lands_enabled = device.spec.auto_enable or device.spec.clish
        self.level = device.spec.users[user].privilege if lands_enabled else 1
        self.context = device.context_at_login
        self.config: ConfigMode | None = None
        self.was_in_config = False
        self.page: int | None = 0 if device.spec.clish else None
        """Lines per page that ``terminal pager`` set."""

    def do(self, line: str) -> Reply:
        """Do a line."""
        if self.device.spec.clish and line.split(maxsplit=1)[0] not in CLISH:
            return ["Syntax error: Illegal command line"]
        if self.config:
            return self._configure(self.config, line)
        return self._exec(line)

    def do_without_storing(self, line: str) -> Reply:
        """Answer like ``do``, and keep nothing of a configuration line."""
        if self.config is None:
            return self.do(line)
        real = self.config
        self.config = ConfigMode(real.tree.copy(), real.box, stack=list(real.stack))
        reply = self.do(line)
        if self.config is not None:
            real.stack = self.config.stack
            self.config = real
        return reply

    def _configure(self, config: ConfigMode, line: str) -> Reply:
        words = line.split()
        if words[0] in ("exit", "quit"):
            if not config.leave():
                self.config = None
            return []
        if words == ["end"]:
            self.config = None
            return []
        read = config.understands(line)
        if isinstance(read, Refusal) and words[0] in ("show", "changeto", "write", "terminal", "clear"):
            return self._exec(line)
        answer = config.type(line)
        if isinstance(answer, Refusal):
            return answer
        return [answer] if answer else []

    def _exec(self, line: str) -> Reply:
        privileged = self.level > 1
        if privileged and (words := _after_running(line)) is not None:
            if not allowed(self, f"show running-config {words.text}".strip()):
                return [f"ERROR: {DENIED}"]
            return shows.running(self.device, self.context, words.text, words.column)
        read = match("exec" if privileged else "user-exec", line, self.device.spec.release)
        if isinstance(read, Refusal):
            return read
        if not allowed(self, read.line):
            return [f"ERROR: {DENIED}"]
        if read.words[0] == "show":
            return self._show(read)
        return self._obey(read)

    def _show(self, read: Match) -> Reply:
        if read.line == "show curpriv":
            return shows.curpriv(self)
        show = shows.SIMPLE.get(read.line) or traffic_shows.SHOWS.get(read.line)
        if show:
            return show(self.device, self.context)
        if read.words[1] == "context":
            return shows.contexts(self.device, self.context, only=read.words[2])
        return traffic_shows.asp_drop(self.device, self.context, only=read.words[-1])

    def _obey(self, read: Match) -> Reply:
        verbs: dict[str, Callable[[tuple[str, ...]], Reply]] = {
            "changeto": self._change_context,
            "clear": self._clear,
            "configure": self._enter_config,
            "copy": self._write,
            "disable": self._disable,
            "enable": self._enable,
            "exit": lambda _: Goodbye(),
            "help": lambda _: ["help  Interactive help for commands"],
            "logout": lambda _: Goodbye(),
            "quit": lambda _: Goodbye(),
            "terminal": self._terminal,
            "vpn-sessiondb": self._log_off,
            "write": self._write,
        }
        return verbs[read.words[0]](read.words)

    def _change_context(self, words: tuple[str, ...]) -> Reply:
        spec = self.device.spec
        wanted = SYSTEM if words[1] == "system" else words[2].strip('"')
        if not spec.is_multi:
            return ["ERROR: Command requires multiple security contexts"]
        if wanted not in self.device.contexts or (wanted == SYSTEM and words[1] != "system"):
            return [f"ERROR: '{wanted}' is not valid"]
        self.context, self.config = wanted, None
        return []

    def _clear(self, words: tuple[str, ...]) -> Reply:
        world = self.device.world(self.context)
        if words[1] == "logging":
            world.clear_log()
        else:
            world.drops.clear()
        return []

    def _log_off(self, _: tuple[str, ...]) -> Reply:
        gone = self.device.world(self.context).disconnect_all()
        return [f"INFO: Number of sessions logged off : {gone}"]

    def _terminal(self, words: tuple[str, ...]) -> Reply:
        if words[1] == "pager":
            self.page = int(words[-1])
        return []

    def _write(self, words: tuple[str, ...]) -> Reply:
        device = self.device
        if words[1:] == ("terminal",):
            return list(shows.whole_config(device, self.context))
        if words[1:] == ("standby",):
            return [BUILDING, "[OK]"]
        for context in device.contexts if words[-1] == "all" else [self.context]:
            device.save(context)
        size = len(device.startup_config(self.context))
        sums = device.checksum(self.context)
        return [BUILDING, f"Cryptochecksum: {sums} ", "", f"{size} bytes copied in 0.240 secs", "[OK]"]

    def _disable(self, _: tuple[str, ...]) -> Reply:
        self.level = 1
        return []

    def _enable(self, _: tuple[str, ...]) -> Reply:
        return [] if self.level > 1 else self._ask_password("Password: ", 1)

    def _ask_password(self, text: str, attempt: int) -> Question:
        return Question(text, lambda password: self._judge_password(password, attempt), hidden=True)

    def _judge_password(self, password: str, attempt: int) -> Reply:
        spec = self.device.spec
        moment = Moment(self.number, "enable")
        refused = any(fault.kind == "wrong-password" for fault in self.device.faults.at(moment))
        if password == spec.enable_password and not refused:
            by_account = spec.command_authorization
            self.level = spec.users[self.user].privilege if by_account else 15
            self.shown_user = self.user if by_account else "enable_15"
            return []
        if attempt == PASSWORD_TRIES:
            return ["Access denied."]
        return self._ask_password("Invalid password\r\nPassword: ", attempt + 1)

    def _enter_config(self, _: tuple[str, ...]) -> Reply:
        if self.device.spec.platform == "ftd":
            return Refusal(0)
        self.config = self.device.config_mode(self.context)
        self.was_in_config = True
        return list(STANDBY_WARNING) if self.device.role == "standby" else []
