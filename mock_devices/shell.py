"""One SSH session on a simulated ASA: bytes in, actions out; it opens no socket and never waits."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from mock_devices import shows, traffic_shows
from mock_devices.device import SYSTEM, Device
from mock_devices.faults import Fault, Moment
from mock_devices.grammar import Match, Refusal, match
from mock_devices.privilege import allowed
from mock_devices.terminal import END, Action, Close, Drop, Hang, Pager, Text, printed, slowly
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_devices.config_mode import ConfigMode
    from collections.abc import Callable, Iterator

STANDBY_WARNING = [
    "**** WARNING ****",
    "\tConfiguration Replication is NOT performed from Standby unit to Active unit.",
    "\tConfigurations are no longer synchronized.",
]
NOTICE = [
    "", "***************************** NOTICE *****************************", "",
    "Help to improve the ASA platform by enabling anonymous reporting,",
    "which allows Cisco to securely receive minimal error and health",
    "information from the device. To learn more about this feature,",
    "please visit: http://www.cisco.com/go/smartcall", "",
    "Would you like to enable anonymous error reporting to help improve",
]  # fmt: skip
NOTICE_QUESTION = "the product? [Y]es, [N]o, [A]sk later: "
NOTICE_ANSWER = [
    "In the future, if you would like to enable this feature,",
    'issue the command "call-home reporting anonymous".', "",
]  # fmt: skip
UNSOLICITED = "%ASA-6-302013: Built inbound TCP connection 41 for outside:192.0.2.7/51000 to inside:10.1.1.1/443"
REPLICATION = "Beginning configuration replication: Sending to mate."
BUILDING = "Building configuration..."

Reply = list[str] | Refusal | None
"""Lines to print, a refused line, or nothing at all: something else (a question) was put to the user."""


class Shell:
    """A session's place on its device.

    Args:
        device: the box.
        number: the session's number on it.
        user: who logged in.

    """

    def __init__(self, device: Device, number: int, user: str) -> None:
        self.device = device
        self.number = number
        self.user = user
        account = device.spec.users[user]
        self.level = account.privilege if device.spec.auto_enable else 1
        self.enabled_by_password = False
        self.context = device.context_at_login
        self.config: ConfigMode | None = None
        self.monitors = False
        self._was_in_config = False
        self._page: int | None = None
        self._typed = ""
        self._last = ""
        self._pager: Pager | None = None
        self._asks: Callable[[str], Reply] | None = None
        self._question = ""
        self._hides = False
        self._tries = 0
        self._counts: Counter[str] = Counter()
        self._closing = False

    @property
    def shown_user(self) -> str:
        """As ``show curpriv`` names the user."""
        return "enable_15" if self.enabled_by_password else self.user

    @property
    def prompt(self) -> str:
        """As the ASA prints it, from its ``prompt`` command: e.g. ``fw/pri/act(config)# ``."""
        device = self.device
        owner = device.contexts[SYSTEM if device.spec.is_multi else self.context]
        wanted = next((line.split()[1:] for line in owner.running.lines("prompt")), ["hostname", "context"])
        unit = device.spec.failover
        shown = {
            "hostname": device.hostname(self.context),
            "context": self.context if device.spec.is_multi and self.context != SYSTEM else "",
            "priority": {"primary": "pri", "secondary": "sec"}[unit.unit] if unit else "pri",
            "state": {"active": "act", "standby": "stby"}.get(device.role, device.role),
        }
        name = "/".join(part for word in wanted if (part := shown.get(word, "")))
        mode = f"({self.config.mode})" if self.config else ""
        return f"{name}{mode}{'#' if self.level > 1 else '>'} "

    def greet(self) -> Iterator[Action]:
        """Banner and first prompt."""
        banner = self.device.faults.standing("banner")
        if banner:
            text = banner.options.get("text", "core-fw# show version\ncore-fw(config)# \nPassword: \nfw>")
            yield Text(printed(str(text).split("\n")))
        yield Text(f"User {self.user} logged in to {self.device.hostname(self.context)}{END}")
        yield Text(f"Type help or '?' for a list of available commands.{END}{self.prompt}")

    def feed(self, data: str) -> Iterator[Action]:
        """What the box says to these characters."""
        for character in data:
            previous, self._last = self._last, character
            if self._pager:
                yield from self._page_key(self._pager, character)
            elif character == "\n" and previous == "\r":
                continue
            elif character in "\r\n":
                yield from self._enter()
            elif character in "\x7f\b":
                if self._typed:
                    self._typed = self._typed[:-1]
                    yield Text("" if self._hides else "\b \b")
            elif character == "?" and not self._hides and self._asks is None:
                self._record("help", self._typed + "?")
                yield Text(f"?{END}ERROR: % Unrecognized command{END}{self.prompt}{self._typed}")
            else:
                self._typed += character
                if not self._hides:
                    yield Text(self._echo(character))
            if self._closing:
                yield Close()
                return

    def _echo(self, character: str) -> str:
        width = 80
        column = len(self.prompt) + len(self._typed)
        if self._asks is None and column > width and self.device.faults.standing("echo-cut"):
            if (column - width) % 30 == 1:
                return f"\r{self.prompt}${self._typed[-30:]}"
        return character

    def _record(self, mode: str, text: str) -> None:
        self.device.hear(self.number, mode, text)

    def _page_key(self, pager: Pager, pressed: str) -> Iterator[Action]:
        self._record("pager", {" ": "space", "\r": "enter", "\n": "enter"}.get(pressed, pressed))
        yield Text(pager.key(pressed))
        if not pager.waits:
            self._pager = None
            yield Text(self.prompt)

    def _enter(self) -> Iterator[Action]:
        line, self._typed = self._typed, ""
        yield Text(END)
        if self._asks is not None:
            self._record("password" if self._hides else "question", "****" if self._hides else line)
            answer, self._asks, self._hides = self._asks, None, False
            yield from self._finish(answer(line), line, [])
            return
        self._record("config" if self.config else "exec", line)
        if line.strip():
            yield from self._command(line)
        else:
            yield Text(self.prompt)

    def _moment(self, line: str) -> Moment:
        words = line.split()
        first = words[0].lower()
        phase = "config" if self.config else "setup"
        if first in ("show", "sh"):
            phase = "readback" if self._was_in_config else "show"
        elif first in ("exit", "quit", "logout", "end"):
            phase = "exit"
        elif not self.config:
            phase = {"enable": "enable", "configure": "configure", "conf": "configure", "write": "save"}.get(
                first, phase
            )
        self._counts.update(["", phase])
        return Moment(self.number, phase, line, self._counts[""], self._counts[phase])

    def _command(self, line: str) -> Iterator[Action]:
        faults = self.device.faults.at(self._moment(line))
        kinds = {fault.kind: fault for fault in faults}
        if "drop-link" in kinds and "after" not in kinds["drop-link"].options:
            yield Drop()
            return
        if "hang" in kinds:
            yield Hang()
            return
        if "failover-flip" in kinds:
            self.device.fail_over()
        if "standby" in kinds:
            self.device.role = "standby"
        if "foreign-change" in kinds:
            self.device.configure(*kinds["foreign-change"].options["lines"], context=self.context)
        yield from self._finish(self._instead(kinds, line), line, faults)

    def _instead(self, kinds: dict[str, Fault], line: str) -> Reply:
        """The reply, or what a fault says in its place."""
        if "authorization" in kinds:
            return [str(kinds["authorization"].options.get("text", "Command authorization failed"))]
        if "invalid-input" in kinds:
            return Refusal(int(kinds["invalid-input"].options.get("column", 0)))
        if "reply" in kinds:
            return str(kinds["reply"].options["text"]).split("\n")
        if "not-stored" in kinds and self.config:
            real = self.config
            pretended = self.device.config_mode(self.context, stores=False)
            pretended.stack = list(real.stack)
            pretended.on_change = lambda _: None
            self.config = pretended
            reply = self._do(line)
            if self.config:
                real.stack = self.config.stack
                self.config = real
            return reply
        reply = self._do(line)
        if "anonymous-reporting" in kinds and self.config and isinstance(reply, list):
            return self._ask_for_reports(reply)
        return reply

    def _ask_for_reports(self, reply: list[str]) -> Reply:
        self._asks = lambda _: [*NOTICE_ANSWER]
        self._question = f"{self.prompt}{END}{printed([*reply, *NOTICE])}{NOTICE_QUESTION}"
        return None

    def _finish(self, reply: Reply, line: str, faults: list[Fault]) -> Iterator[Action]:
        """Print a reply and the prompt (or the question that was put), as the faults will have it."""
        if self._closing:
            yield Text(f"{END}Logoff{END}{END}")
            return
        if reply is None:
            yield Text(self._question)
            return
        kinds = {fault.kind: fault for fault in faults}
        text = printed(self._refused(reply) if isinstance(reply, Refusal) else reply)
        if "remark" in kinds:
            text += printed(str(kinds["remark"].options["text"]).split("\n"))
        if "empty-reply" in kinds:
            text = ""
        if "syslog" in kinds:
            text = _with_log_line(text, str(kinds["syslog"].options.get("where", "inside")))
        prompt = self.prompt
        if "replication-text" in kinds:
            half = len(prompt) // 2
            prompt = f"{prompt[:half]}{END}{REPLICATION}{END}{prompt}"
        if "cut-output" in kinds:
            yield from _cut(text, prompt, kinds["cut-output"])
        elif "slow-output" in kinds:
            options = kinds["slow-output"].options
            yield from slowly(text + prompt, int(options.get("size", 64)), float(options.get("seconds", 0.01)))
        else:
            yield from self._paged(text, prompt)

    def _paged(self, text: str, prompt: str) -> Iterator[Action]:
        page = self._lines_per_page
        if page and text.count("\n") >= page:
            self._pager = Pager(text, page - 1)
            yield Text(self._pager.show())
            return
        yield Text(text + prompt)

    @property
    def _lines_per_page(self) -> int:
        if self._page is not None and not self.device.faults.standing("pager"):
            return self._page
        tree = self.device.contexts[self.context].running
        if "no pager" in tree.children():
            return 0
        return next((int(line.split()[-1]) for line in tree.lines("pager")), 24)

    def _refused(self, refusal: Refusal) -> list[str]:
        if refusal.kind == "incomplete":
            return ["ERROR: % Incomplete command"]
        if refusal.kind == "ambiguous":
            return ["ERROR: % Ambiguous command"]
        return [
            " " * (len(self.prompt) + refusal.column) + "^",
            "ERROR: % Invalid input detected at '^' marker.",
        ]

    def _do(self, line: str) -> Reply:
        if self.config:
            return self._configure(self.config, line)
        return self._exec(line)

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
        box = self.device.spec.release
        privileged = self.level > 1
        if privileged and (words := _after_running(line)) is not None:
            if not allowed(self, f"show running-config {words.text}"):
                return ["ERROR: Command authorization failed"]
            return shows.running(self.device, self.context, words.text, words.column)
        read = match("exec" if privileged else "user-exec", line, box)
        if isinstance(read, Refusal):
            return read
        if not allowed(self, read.line):
            return ["ERROR: Command authorization failed"]
        return self._obey(read)

    def _obey(self, read: Match) -> Reply:
        line, words = read.line, read.words
        if line in shows.SIMPLE:
            return shows.SIMPLE[line](self.device, self.context)
        if line in traffic_shows.SHOWS:
            return traffic_shows.SHOWS[line](self.device, self.context)
        if line == "show curpriv":
            return shows.curpriv(self)
        if words[:2] == ("show", "context"):
            return shows.contexts(self.device, self.context, only=words[2])
        verb = {
            "changeto": self._change_context, "terminal": self._terminal, "write": self._write,
            "copy": self._write, "enable": self._enable, "configure": self._enter_config,
        }.get(words[0])  # fmt: skip
        if verb:
            return verb(words)
        if words[0] in ("exit", "quit", "logout"):
            self._closing = True
        elif words[0] == "disable":
            self.level = 1
        elif line == "clear logging buffer":
            self.device.world(self.context).log.clear()
        elif line == "clear asp drop":
            self.device.world(self.context).drops.clear()
        elif words[0] == "vpn-sessiondb":
            gone = self.device.world(self.context).disconnect_all()
            return [f'INFO: Number of sessions of type "" logged off : {gone}']
        return []

    def _change_context(self, words: tuple[str, ...]) -> Reply:
        spec = self.device.spec
        wanted = SYSTEM if words[1] == "system" else words[2].strip('"')
        if not spec.is_multi:
            return ["ERROR: Command requires multiple security contexts"]
        if wanted not in self.device.contexts or (wanted == SYSTEM and words[1] != "system"):
            return [f"ERROR: '{wanted}' is not valid"]
        self.context, self.config = wanted, None
        return []

    def _terminal(self, words: tuple[str, ...]) -> Reply:
        if words[1] == "pager":
            self._page = int(words[-1])
        elif words[-1] == "monitor":
            self.monitors = "no" not in words
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

    def _enable(self, _: tuple[str, ...]) -> Reply:
        if self.level > 1:
            return []
        self._tries = 0
        return self._ask_enable_password()

    def _ask_enable_password(self) -> Reply:
        self._asks, self._hides, self._question = self._judge_enable_password, True, "Password: "
        return None

    def _judge_enable_password(self, password: str) -> Reply:
        spec = self.device.spec
        refused = any(fault.kind == "wrong-password" for fault in self.device.faults.at(Moment(self.number, "enable")))
        if password == spec.enable_password and not refused:
            self.enabled_by_password = not spec.command_authorization
            self.level = spec.users[self.user].privilege if spec.command_authorization else 15
            return []
        self._tries += 1
        if self._tries >= 3:
            return ["Access denied."]
        reply = self._ask_enable_password()
        self._question = f"Invalid password{END}Password: "
        return reply

    def _enter_config(self, _: tuple[str, ...]) -> Reply:
        if self.device.spec.platform == "ftd":
            return Refusal(0)
        self.config = self.device.config_mode(self.context)
        self._was_in_config = True
        return list(STANDBY_WARNING) if self.device.role == "standby" else []


@dataclass(frozen=True, slots=True)
class _Rest:
    text: str
    column: int


def _after_running(line: str) -> _Rest | None:
    """What follows ``show running-config`` (any abbreviation that an ASA takes), if the line is one."""
    found = re.match(r"\s*sh(?:o|ow)?\s+ru(?:n[a-z-]*)?(?:\s+|$)", line)
    if not found or not "running-config".startswith(found.group().split()[1]):
        return None
    return _Rest(line[found.end() :].rstrip(), found.end())


def _with_log_line(text: str, where: str) -> str:
    if where == "before":
        return f"{UNSOLICITED}{END}{text}"
    if where == "after":
        return f"{text}{UNSOLICITED}{END}"
    lines = text.splitlines(keepends=True)
    middle = len(lines) // 2
    return "".join([*lines[:middle], UNSOLICITED + END, *lines[middle:]])


def _cut(text: str, prompt: str, fault: Fault) -> Iterator[Action]:
    yield Text(text[: int(fault.options.get("after", len(text) // 2))])
    then = fault.options.get("then", "prompt")
    if then == "prompt":
        yield Text(prompt)
    else:
        yield Drop() if then == "drop" else Hang()
