"""What an ASA's terminal looks like, read from ``prompts.yaml``; the plain text behind its bytes, and its echo."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML  # Nornir has loaded it already

LONGEST_REFUSAL = 12
"""Lines of the longest words with which a device refuses a command."""
LONGEST_PROMPT = 512
"""Bytes of an unterminated last line that may still be a prompt or a question."""
_LINE_END = re.compile(r"(?<!\r)\r*\n\r*")
_PAGER_LEFT = re.compile(r"<-{1,3} ?More ?[- ]*> ?(?:\r *\r|\x08+ *\x08+)?")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as printed, and what it says.

    ``mode`` is ``None`` outside configuration mode, else as printed: ``config``,
    ``config-group-webvpn``. What a prompt says of context and role is shown, never trusted:
    the ``prompt`` command can leave either out.
    """

    text: str
    """Exactly as printed, with its trailing blank."""
    name: str
    """All that stands before the mode: hostname, context, priority, state."""
    hostname: str
    context: str | None
    state: str | None
    mode: str | None
    end: str

    @property
    def privileged(self) -> bool:
        """At ``#``; an FTD's own command line (a bare ``>``) has no enable mode and counts as privileged."""
        return self.end == "#" or self.ftd

    @property
    def ftd(self) -> bool:
        """The FTD's own command line."""
        return not self.name


@dataclass(frozen=True, slots=True)
class Appearance:
    """The compiled patterns of ``prompts.yaml``."""

    prompt_pattern: re.Pattern[str]
    greeting: re.Pattern[str]
    pager: re.Pattern[str]
    password: re.Pattern[str]
    questions: tuple[tuple[str, re.Pattern[str]], ...]
    unsolicited: re.Pattern[str]
    unsolicited_marks: tuple[str, ...]
    refused: re.Pattern[str]
    replication_stopped: str
    priority_words: frozenset[str]
    state_words: frozenset[str]

    def prompt(self, line: str) -> Prompt | None:
        """The prompt that this unterminated line is, if it has the shape of one."""
        match = self.prompt_pattern.match(line)
        if match is None or (not match["name"] and match["end"] == "#"):
            return None
        words = match["name"].split("/")
        names = [w for w in words if w not in self.priority_words and w not in self.state_words]
        state = next((w for w in words if w in self.state_words), None)
        return Prompt(
            text=line,
            name=match["name"],
            hostname=names[0] if names else match["name"],
            context=names[1] if len(names) > 1 else None,
            state=state,
            mode=match["mode"],
            end=match["end"],
        )

    def greeted(self, text: str, prompt: Prompt) -> bool:
        """An ASA's own last words of a login stand right above this prompt, which ends the text."""
        above = text.removesuffix(prompt.text).rstrip()
        return self.greeting.match(above.rpartition("\n")[2]) is not None

    def quiet(self, text: str) -> str:
        """The text without the lines that the device prints unasked."""
        # the pattern alone would be tried at every character: 50 ms for a configuration of 2,000 lines
        return self.unsolicited.sub("", text) if any(mark in text for mark in self.unsolicited_marks) else text

    def question(self, line: str) -> str | None:
        """Which question the device waits with on this last line."""
        return next((kind for kind, pattern in self.questions if pattern.search(line)), None)

    def refusal(self, text: str) -> str | None:
        """The device's words that refuse the command; a long reply is an answer, whatever its lines look like."""
        if text.count("\n") > LONGEST_REFUSAL:
            return None
        lines = text.splitlines()
        for line in lines if len(lines) <= LONGEST_REFUSAL else ():
            if self.refused.match(line):
                return line.strip()
        return None


@cache
def appearance() -> Appearance:
    """The packaged appearance, compiled once."""
    data = YAML(typ="safe").load(files(__package__).joinpath("prompts.yaml").read_text(encoding="utf-8"))
    return Appearance(
        prompt_pattern=re.compile(data["prompt"]),
        greeting=re.compile(data["greeting"]),
        pager=re.compile(data["pager"]),
        password=re.compile(data["password"]),
        questions=tuple((kind, re.compile(pattern)) for kind, pattern in data["questions"].items()),
        unsolicited=re.compile("(?:" + "|".join(data["unsolicited"]) + r")\n"),
        unsolicited_marks=tuple(data["unsolicited_marks"]),
        refused=re.compile("|".join(f"(?:{pattern})" for pattern in data["refusals"])),
        replication_stopped=data["replication_stopped"],
        priority_words=frozenset(data["priority_words"]),
        state_words=frozenset(data["state_words"]),
    )


def plain(raw: bytes | bytearray) -> str:
    r"""The text that a terminal would show: lines end in ``\n``, overwritten characters are gone."""
    text = raw.decode("utf-8", "replace").replace("\0", "")
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    if "More" in text:
        text = _PAGER_LEFT.sub("", text)
    # what is usual alone is seven times as fast as the pattern for all variants
    simple = text.replace("\r\n", "\n")
    text = simple if "\r" not in simple else _LINE_END.sub("\n", text)
    if "\x08" in text:
        text = "\n".join(_erased(line) if "\x08" in line else line for line in text.split("\n"))
    if "\r" in text:
        text = "\n".join(_overwritten(line) if "\r" in line else line for line in text.split("\n"))
    return text


def _erased(line: str) -> str:
    """Each backspace takes away the character before it; in time that grows with the line, not with its square."""
    shown: list[str] = []
    first, *parts = line.split("\x08")
    shown.extend(first)
    for part in parts:
        if shown:
            shown.pop()
        shown.extend(part)
    return "".join(shown)


def _overwritten(line: str) -> str:
    """A bare carriage return starts the line anew; blanks behind it erase what was there."""
    shown = ""
    for part in line.split("\r"):
        if part:
            shown = part if part.strip() else ""
    return shown


def last_words_of(screen: bytearray) -> str:
    """The last line on a screen that is not empty, for error messages."""
    return plain(screen[-LONGEST_PROMPT:]).rstrip().rpartition("\n")[2][-120:]


def end_of_echo(text: str, start: int, command: str) -> int:
    """Where the echo of the command and its line end are over; 0 if the text from there on is no echo of it."""
    wanted = "".join(command.split())
    shown, end = "", start
    last = start + 2 * len(command) + LONGEST_PROMPT
    while wanted.startswith(shown) and (newline := text.find("\n", end, last)) >= 0:
        shown += "".join(text[end:newline].split())
        end = newline + 1
        if shown == wanted or _cut_echo(shown, wanted):
            return end
    return 0


def _cut_echo(shown: str, wanted: str) -> bool:
    """``$`` stands for what did not fit: before the tail of the line, or behind its head."""
    head, dollar, tail = shown.partition("$")
    if not dollar or not head + tail:
        return False
    return wanted.startswith(head) and wanted.endswith(tail)
