"""One pass over a configuration: the blocks that matter, their line numbers, and whether it is whole.

Everything is decided by how a line begins, so that a box with a million lines of access lists costs
next to nothing. A block is a line at column 0 with the indented lines behind it; ``!`` and empty lines
never end one. Text typed at prompts is brought into the same shape by the prompt's sub-mode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.asa.modes import header_of, headers_into, inner_words, mode_below, openings, said_of
from nornir_anyconnect.asa.redact import LONGEST_LINE, MASK, masked
from nornir_anyconnect.asa.running_config import Block, Sourced
from nornir_anyconnect.asa.terminal import TRACES, Typed, cleaned, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 16  # characters split at a time: memory stays flat however long the text is
_NAME = r'(?:"[^"]*"|\S+)'
_EXTERNAL = re.compile(rf"(group-policy[ \t]+{_NAME}[ \t]+e[a-z]*[ \t].*?[ \t]pa[a-z]*[ \t]+)\S.*")
LONGEST_COMMENT = 256  # characters; release and serial number stand well before
_VERSION = re.compile(r"(?:ASA|PIX|Software) Version (\d+\.\d\S*)")
_FTD = re.compile(r"(?:NGFW|Threat Defense.*?) Version (\d+\.\d[\d.]*)")
_SERIAL = re.compile(r"Serial Number: *([A-Za-z0-9]+)")

_CONTENT = frozenset({"ASA", "PIX", "NGFW", "Serial", "Model"})
_LEAVES_MODE = frozenset({"exit", "quit", "end"})

_DEEPER = frozenset({Mode.GROUP_WEBVPN, Mode.USERNAME_WEBVPN})
_OWN_WEBVPN = frozenset({Mode.GROUP_POLICY, Mode.USERNAME})
_MODES = {str(mode): mode for mode in Mode}
_WITH_BODY = frozenset({
    Mode.WEBVPN, Mode.GROUP_POLICY, Mode.USERNAME, Mode.TUNNEL_GENERAL, Mode.TUNNEL_WEBVPN, Mode.TUNNEL_IPSEC,
    Mode.TUNNEL_PPP,
})  # fmt: skip
"""Blocks that are hardly ever empty."""

_SYSLOG = re.compile(r"%(?:ASA|FTD|PIX)-(?:\w+-)?[0-7]-\d{6}")
"""A console that logs prints its messages between the lines of a configuration."""


@dataclass(slots=True)
class Cut:
    """A text, cut into its relevant blocks (secrets masked)."""

    blocks: list[Block] = field(default_factory=list)
    strays: list[Sourced[str]] = field(default_factory=list)
    """Lines that belong into a block but stand in none."""
    complete: bool = False
    """``Cryptochecksum:`` or ``: end`` stands at column 0."""
    indented: bool = True
    """False where blocks that must have sub-lines have none indented."""
    release: Sourced[str] | None = None
    ftd_version: str | None = None
    serials: tuple[str, ...] = ()
    prompt_host: str | None = None
    context: str | None = None


@dataclass(slots=True)
class _Open:
    """The block being read."""

    header: str
    line: int
    body: list[Sourced[str]]


def _lines(text: str) -> Iterator[list[str]]:
    """The text's lines, some thousand at a time, without line ends and without pager text."""
    text = text.removeprefix("\ufeff").removeprefix("ï»¿")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    start, size = 0, len(text)
    while start < size:
        stop = text.find("\n", start + _CHUNK)
        chunk = text[start:] if stop < 0 else text[start:stop]
        start = size if stop < 0 else stop + 1
        # one character is looked for at the speed of memory, several are not
        dirty = any(trace[0] in chunk for trace in TRACES)
        if dirty:
            chunk = chunk.replace("\r\n", "\n")
        lines = chunk.split("\n")
        if dirty and any(trace in chunk for trace in TRACES):
            lines = [cleaned(line) if any(trace in line for trace in TRACES) else line for line in lines]
        yield lines


class _Cutter:
    """Takes what the fast loop finds worth a look."""

    def __init__(self) -> None:
        self.cut = Cut()
        self.open: _Open | None = None
        self.any_indented = False
        self.inner_at_margin = False
        self.with_body = False
        self.body_found = False
        self._blocks: list[_Open] = []
        self._serials: dict[str, None] = {}
        self.openings = openings()
        self.inner = inner_words()

    def header(self, line: str, number: int) -> list[Sourced[str]]:
        """Open a block; its (empty) body is what the loop appends to."""
        header = line[: LONGEST_LINE + 1].rstrip()
        if " pa" in header and header.startswith("group-policy"):
            header = _EXTERNAL.sub(rf"\1{MASK}", header)
        self.open = _Open(header, number, [])
        self._blocks.append(self.open)
        return self.open.body

    def comment(self, line: str, number: int) -> None:
        """Release, platform, serial number and end mark stand in lines that open no block."""
        cut = self.cut
        line = line[:LONGEST_COMMENT]
        if line.startswith("Cryptochecksum:") or line.split() == [":", "end"]:
            cut.complete = True
            return
        own_line = line.startswith(("ASA ", "PIX "))
        if (own_line or cut.release is None) and (match := _VERSION.search(line)):
            cut.release = Sourced(match[1], number)
        if cut.ftd_version is None and (match := _FTD.search(line)):
            cut.ftd_version = match[1]
        if match := _SERIAL.search(line):
            self._serials[match[1]] = None

    def prompt(self, entry: Typed, number: int) -> None:
        """A line typed at a prompt: its sub-mode says where it belongs."""
        cut = self.cut
        cut.prompt_host = cut.prompt_host or entry.hostname
        cut.context = cut.context or entry.context
        if entry.mode is None:
            self.open = None
            return
        if not entry.command or entry.command in _LEAVES_MODE:
            return
        word = entry.command.partition(" ")[0]
        if entry.mode == "config" or _is_global(entry.command, entry.mode):
            self.open = None
            if word in self.openings and self.openings[word].match(entry.command):
                self.header(entry.command, number)
            return
        self.any_indented = True
        mode = _MODES.get(entry.mode)
        if mode is None:
            return
        if self.open is None or self.open.header.partition(" ")[0] not in headers_into(mode):
            if mode is not Mode.WEBVPN:
                cut.strays.append(Sourced(masked(entry.command), number))
                return
            self.header("webvpn", number)
        depth = 2 if mode in _DEEPER else 1
        if self.open is not None:
            self.open.body.append(Sourced(" " * depth + masked(entry.command), number))

    def margin(self, line: str, word: str, number: int, body: list[Sourced[str]] | None) -> list[Sourced[str]] | None:
        """A line at column 0 that opens nothing: a prompt, an orphan, or none of ours; where the next lines belong."""
        if ("#" in word or ">" in word) and (entry := typed(line)):
            self.prompt(entry, number)
        elif word in self.inner:
            self.inner_at_margin = True
            self.cut.strays.append(Sourced(masked(line.rstrip()), number))
        else:
            return self.between(line, body)
        return self.open.body if self.open else None

    def between(self, line: str, body: list[Sourced[str]] | None) -> list[Sourced[str]] | None:
        """Where the lines behind another's line belong, that was printed while ``body`` was read.

        A command begins with a lower-case letter: indented lines below it are its own and nothing to us.
        Below anything else (a warning of the console, say) nobody can tell whose they are.
        """
        if body is None or _SYSLOG.search(line, 0, LONGEST_COMMENT):
            return body
        return None if line[0].islower() else self.cut.strays

    def finish(self) -> Cut:
        """Everything, frozen."""
        cut = self.cut
        for block in self._blocks:
            mode = mode_below(block.header)
            if mode is Mode.INTERFACE:
                block.body = [line for line in block.body if said_of(mode, line.value.lstrip()).row]
                if not block.body:
                    continue
            self.with_body = self.with_body or mode in _WITH_BODY
            self.body_found = self.body_found or (mode in _WITH_BODY and bool(block.body))
            cut.blocks.append(Block(block.header, block.line, tuple(block.body)))
        cut.serials = tuple(self._serials)
        bare = self.with_body and not self.body_found
        cut.indented = not self.inner_at_margin and (self.any_indented or not bare)
        return cut


def _only_header(word: str) -> bool:
    """Whether a command that begins so is nothing without the name of an object and what of it."""
    row = said_of(Mode.CONFIG, word).row
    return row is not None and row.noted and header_of(f"{word} X attributes general-attributes") is not None


def _is_global(command: str, mode: str) -> bool:
    """An ASA takes global commands in every sub-mode; the ones that we read are known by their form."""
    word = command.removeprefix("no ").partition(" ")[0]
    if word == "webvpn" and mode in _OWN_WEBVPN:
        return False
    opening = openings().get(command.partition(" ")[0])
    if opening is None or opening.match(command) is None:
        return False
    return (
        said_of(Mode.CONFIG, command).row is None
        or header_of(command) is not None
        or word not in ("group-policy", "tunnel-group")
    )


def cut(text: str) -> Cut:  # noqa: C901 - one flat loop is what keeps a million lines cheap
    """Cut a text into its relevant blocks, in one pass. Never raises, whatever the text."""
    cutter = _Cutter()
    cutter.any_indented = "\n " in text
    body: list[Sourced[str]] | None = None
    begin, last = 1, 0
    opening, inner, content = cutter.openings, cutter.inner, _CONTENT
    for lines in _lines(text):
        # access lists are most of a large text, and nothing to us: a filter passes them over quickest
        looked_at = [(number, line) for number, line in enumerate(lines, begin) if line[:11] != "access-list"]
        begin += len(lines)
        for number, line in looked_at:
            if number != last + 1:
                body = None
            last = number
            first = line[:1]
            if first == " " or first == "\t":  # noqa: PLR1714 - two comparisons beat a set here
                if body is not None:
                    body.append(Sourced(masked(line.rstrip()), number))
                continue
            if not first:
                continue
            if first == "!":
                if len(line) > 20:  # noqa: PLR2004 - shorter than any "! ... Version 9.1(1)"
                    cutter.comment(line, number)
                continue
            word = line.partition(" ")[0].rstrip()
            if word in opening:
                body = cutter.header(line, number) if opening[word].match(line) else None
            elif word in content or first == ":" or first == "C":  # noqa: PLR1714 - as above
                body = None
                cutter.comment(line, number)
            elif "#" in word or ">" in word or word in inner:
                body = cutter.margin(line, word, number, body)
            elif body is not None:
                body = cutter.between(line, body)
    return cutter.finish()
