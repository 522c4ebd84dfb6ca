"""One SSH session on a simulated ASA: characters in, actions out; it opens no socket and never waits."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from mock_devices.commands import Commands, Goodbye, Question, Reply
from mock_devices.device import SYSTEM, Device
from mock_devices.fault_replies import cut, instead, spoiled, with_replication
from mock_devices.faults import Fault, Moment
from mock_devices.grammar import Refusal
from mock_devices.terminal import END, Action, Close, Drop, Hang, Pager, Text, printed, slowly

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 80
SHIFT = 30
"""Columns by which a line that is too long for the terminal moves to the left."""
PAGE = 24
_WORDS = re.compile(r"[^\r\n\b\x7f?]+")
"""What is typed and means nothing but itself."""
EXEC_PHASES = {"enable": "enable", "configure": "configure", "conf": "configure", "write": "save"}
LOOKALIKES = "core-fw# show version\ncore-fw(config)# \nPassword: \nfw>"

Kinds = dict[str, Fault]


class Shell:
    """A session's terminal: echo, pager, prompt, questions, and the faults that spoil them.

    Args:
        device: the box.
        number: the session's number on it.
        user: who logged in.

    """

    def __init__(self, device: Device, number: int, user: str) -> None:
        self.device = device
        self.number = number
        self.place = Commands(device, number, user)
        self._typed = ""
        self._last = ""
        self._pager: Pager | None = None
        self._question: Question | None = None
        self._counts: Counter[str] = Counter()

    @property
    def prompt(self) -> str:
        """As the ASA prints it, from its ``prompt`` command: e.g. ``fw/pri/act(config)# ``."""
        device, place = self.device, self.place
        if device.spec.clish:
            return "> "
        owner = device.contexts[SYSTEM if device.spec.is_multi else place.context]
        wanted = next((line.split()[1:] for line in owner.running.lines("prompt")), ["hostname", "context"])
        unit = device.spec.failover
        shown = {
            "hostname": device.hostname(place.context),
            "context": place.context if device.spec.is_multi and place.context != SYSTEM else "",
            "priority": {"primary": "pri", "secondary": "sec"}[unit.unit] if unit else "pri",
            "state": {"active": "act", "standby": "stby"}.get(device.role, device.role),
        }
        name = "/".join(part for word in wanted if (part := shown.get(word, "")))
        mode = f"({place.config.mode})" if place.config else ""
        return f"{name}{mode}{'#' if place.level > 1 else '>'} "

    def greet(self) -> Iterator[Action]:
        """Banner and first prompt."""
        banner = self.device.faults.standing("banner")
        if banner:
            yield Text(printed(str(banner.options.get("text", LOOKALIKES)).split("\n")))
        hostname = self.device.hostname(self.place.context)
        yield Text(f"User {self.place.user} logged in to {hostname}{END}")
        yield Text(f"Type help or '?' for a list of available commands.{END}{self.prompt}")

    def feed(self, data: str) -> Iterator[Action]:
        """What the box says to these characters; the echo of those that came together goes together.

        Input is read in order: what is typed ahead is echoed when the line before was answered.
        """
        echo = ""
        ahead = self._is_echoed_ahead(data)
        if ahead:
            yield Text(data.replace("\n", END))
        at = 0
        while at < len(data):
            words = None if self._pager else _WORDS.match(data, at)
            typed = words[0] if words else data[at]
            previous, self._last = self._last, typed[-1]
            at += len(typed)
            if self._pager:
                yield from self._page_key(self._pager, typed)
            elif typed == "\n" and previous == "\r":
                continue
            elif typed in "\r\n":
                if not ahead:
                    yield Text(echo + END)
                echo = ""
                yield from self._enter()
                at = max(at, self._lost_until(at))
            else:
                echo += self._type(typed)
        if echo and not ahead:
            yield Text(echo)

    def _is_echoed_ahead(self, data: str) -> bool:
        fault = self.device.faults.standing("type-ahead-echoed")
        idle = self._pager is None and self._question is None
        return fault is not None and idle and "\n" in data[:-1]

    def _lost_until(self, typed_ahead: int) -> int:
        """Where in what came together the input goes on that the box has not thrown away."""
        fault = self.device.faults.standing("type-ahead-lost")
        return typed_ahead + int(fault.options.get("size", 1 << 30)) if fault else 0

    def _type(self, character: str) -> str:
        """A key that means something, or several that do not."""
        hidden = self._question is not None and self._question.hidden
        if character in "\x7f\b":
            if self._typed:
                self._typed = self._typed[:-1]
                return "" if hidden else "\b \b"
            return ""
        if character == "?" and self._question is None:
            self._hear("help", self._typed + "?")
            return f"?{END}ERROR: % Unrecognized command{END}{self.prompt}{self._typed}"
        if hidden or self._question is not None or not self.device.faults.standing("echo-cut"):
            self._typed += character
            return "" if hidden else character
        return "".join(map(self._echo, character))

    def _echo(self, character: str) -> str:
        """As on a terminal that cuts what is too long for its width."""
        self._typed += character
        over = len(self.prompt) + len(self._typed) - WIDTH
        return f"\r{self.prompt}${self._typed[-SHIFT:]}" if over > 0 and over % SHIFT == 1 else character

    def _hear(self, mode: str, text: str) -> None:
        self.device.hear(self.number, mode, text)

    def _page_key(self, pager: Pager, pressed: str) -> Iterator[Action]:
        self._hear("pager", {" ": "space", "\r": "enter", "\n": "enter"}.get(pressed, pressed))
        yield Text(pager.key(pressed))
        if not pager.waits:
            self._pager = None
            yield Text(self.prompt)

    def _enter(self) -> Iterator[Action]:
        line, self._typed = self._typed, ""
        if self._question:
            question, self._question = self._question, None
            self._hear("password" if question.hidden else "question", "****" if question.hidden else line)
            yield from self._finish(question.answer(line), {})
            return
        self._hear("config" if self.place.config else "exec", line)
        if line.strip():
            yield from self._command(line)
        else:
            yield Text(self.prompt)

    def _moment(self, line: str) -> Moment:
        first = line.split(maxsplit=1)[0].lower()
        if first in ("show", "sh"):
            phase = "readback" if self.place.was_in_config else "show"
        elif first in ("exit", "quit", "logout", "end"):
            phase = "exit"
        else:
            phase = EXEC_PHASES.get(first, "config" if self.place.config else "setup")
        self._counts.update(["", phase])
        return Moment(self.number, phase, line, self._counts[""], self._counts[phase])

    def _command(self, line: str) -> Iterator[Action]:
        kinds = {fault.kind: fault for fault in self.device.faults.at(self._moment(line))}
        end = kinds.get("drop-link") or kinds.get("hang")
        if end:
            if end.options.get("done"):
                self.place.do(line)
            yield Drop() if end.kind == "drop-link" else Hang()
            return
        if "failover-flip" in kinds:
            self.device.fail_over()
        if "standby" in kinds:
            self.device.role = "standby"
        if "foreign-change" in kinds:
            self.device.configure(*kinds["foreign-change"].options["lines"], context=self.place.context)
        reply = instead(self.place, self.prompt, line, kinds) if kinds else self.place.do(line)
        yield from self._finish(reply, kinds)
        if twice := kinds.get("answered-twice"):
            if twice.options.get("echo"):
                yield Text(line + END)
            yield from self._finish(reply, kinds)

    def _finish(self, reply: Reply, kinds: Kinds) -> Iterator[Action]:
        """Print a reply and the prompt, as the faults will have it."""
        if isinstance(reply, Goodbye):
            yield Text(f"{END}Logoff{END}{END}")
            yield Close()
            return
        if isinstance(reply, Question):
            self._question = reply
            yield Text(reply.text)
            return
        lines = self._refused(reply) if isinstance(reply, Refusal) else reply
        text = spoiled(printed(lines), kinds)
        prompt = with_replication(self.prompt) if "replication-text" in kinds else self.prompt
        if "cut-output" in kinds:
            yield from cut(text, prompt, kinds["cut-output"])
        elif "slow-output" in kinds:
            options = kinds["slow-output"].options
            yield from slowly(text + prompt, int(options.get("size", 64)), float(options.get("seconds", 0.01)))
        elif (page := self._lines_per_page) and text.count("\n") >= page:
            self._pager = Pager(text, page - 1)
            yield Text(self._pager.show())
        else:
            yield Text(text + prompt)

    @property
    def _lines_per_page(self) -> int:
        if self.place.page is not None and not self.device.faults.standing("pager"):
            return self.place.page
        tree = self.device.contexts[self.place.context].running
        if tree.holds("no pager"):
            return 0
        return next((int(line.split()[-1]) for line in tree.lines("pager")), PAGE)

    def _refused(self, refusal: Refusal) -> list[str]:
        if refusal.kind == "incomplete":
            return ["ERROR: % Incomplete command"]
        if refusal.kind == "ambiguous":
            return ["ERROR: % Ambiguous command"]
        caret = " " * (len(self.prompt) + refusal.column) + "^"
        return [caret, "ERROR: % Invalid input detected at '^' marker."]
