"""One pass over a text: the configuration it holds, its blocks that matter, and whether it is whole.

Everything is decided by how a line begins, so that a box with a million lines of access lists costs
next to nothing. A block is a line at column 0 with the indented lines behind it; ``!`` and empty lines
never end one. Text typed at prompts is brought into the same shape by the prompt's sub-mode.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.capture import (
    LONGEST_LINE,
    MASK,
    TRACES,
    Printed,
    Typed,
    cleaned,
    filtered,
    masked,
    printed_by,
    refused,
    section_of,
    typed,
    untabbed,
    unwrapped,
)
from nornir_anyconnect.asa.dumps import Dump, OpenBlock, agreed, chosen_of, several_of
from nornir_anyconnect.asa.grammar import Mode, Section, row_of
from nornir_anyconnect.asa.modes import (
    begins_headers,
    goes_on,
    header_of,
    headers_into,
    inner_words,
    mode_below,
    openings,
    proves_an_asa,
    said_of,
)
from nornir_anyconnect.asa.running_config import Block, Platform, Release, RunningConfig, Sourced, notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHUNK = 1 << 16  # characters split at a time: memory stays flat however long the text is
_NAME = r'(?:"[^"]*"|\S+)'
_EXTERNAL = re.compile(rf"({Section.GROUP_POLICY}[ \t]+{_NAME}[ \t]+e[a-z]*[ \t].*?[ \t]pa[a-z]*[ \t]+)\S.*")
LONGEST_COMMENT = 256  # characters; release and serial number stand well before
_VERSION = re.compile(r"(?:ASA|PIX|Software) Version (\d+\.\d\S*)")
_FTD = re.compile(r"(?:NGFW|Threat Defense.{0,80}?) Version (\d+\.\d[\d.]*)")
_SERIAL = re.compile(r"Serial Number: *([A-Za-z0-9]+)")

_OWN_VERSION = re.compile(r"(?:: )?(?:ASA|PIX|NGFW) Version \d")
_NAMES_A_COMMAND = frozenset({"sh", "sho", "show", "more", "wr", "write"})
_REFUSALS = frozenset({"ERROR:", "%", "Usage:", "Removing", "%Invalid"})
"""First words of a device's refusals."""
_CONTENT = frozenset({"ASA", "PIX", "NGFW", "Serial", "Model"})
_NO_SETTING = frozenset({"exit", "quit", "end", "write", "write memory", "wr", "wr mem"})

_DEEPER = frozenset({Mode.GROUP_WEBVPN, Mode.USERNAME_WEBVPN})
_OWN_WEBVPN = frozenset({Mode.GROUP_POLICY, Mode.USERNAME})
_MODES = {str(mode): mode for mode in Mode}
_WITH_BODY = frozenset({
    Mode.WEBVPN, Mode.GROUP_POLICY, Mode.USERNAME, Mode.TUNNEL_GENERAL, Mode.TUNNEL_WEBVPN, Mode.TUNNEL_IPSEC,
    Mode.TUNNEL_PPP,
})  # fmt: skip
"""Blocks that are hardly ever empty."""

HOSTNAME = row_of(Mode.CONFIG, "hostnames").words()
_COMMON_INSIDE = (Section.WEBVPN, row_of(Mode.WEBVPN, "serving").words())

_SYSLOG = re.compile(r"%(?:ASA|FTD|PIX)-(?:\w+-)?[0-7]-\d{6}")
"""A console that logs prints its messages between the lines of a configuration."""


def _lines(text: str) -> Iterator[list[str]]:
    """The text's lines, some thousand at a time, without line ends and without pager text."""
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
        if "\t" in chunk:
            lines = [untabbed(line) if "\t" in line else line for line in lines]
        yield lines


class _Cutter:
    """Takes what the fast loop finds worth a look."""

    def __init__(self) -> None:
        self.dump = Dump(None, 1)
        self.dumps = [self.dump]
        self.open: OpenBlock | None = None
        self.any_indented = False
        self.openings = openings()
        self.inner = inner_words()
        self._typed: Dump | None = None
        self._last: tuple[OpenBlock, int] | None = None  # what was typed last: the block, and the lines it had before

    def _begin(self, number: int, printed: Printed | None, entry: Typed | None = None) -> None:
        """Another command, or another configuration, begins."""
        host, context = (entry.hostname, entry.context) if entry else (self.dump.host, self.dump.context)
        self.dump = Dump(printed, number, host, context)
        self.dumps.append(self.dump)
        self.open = None

    def _again(self, number: int, *, own: bool) -> None:
        """A mark of the beginning: of this configuration, or of a second one in the same text."""
        dump = self.dump
        if dump.typed:
            return
        if dump.ended or (own and dump.own_release) or dump.hostname is not None:
            self._begin(number, None)
            dump = self.dump
        dump.begun = dump.begun or not any(block.deciding for block in dump.blocks)

    def header(self, line: str, number: int) -> list[Sourced[str]] | None:
        """Open a block; its (empty) body is what the loop appends to."""
        header = line[: LONGEST_LINE + 1].rstrip()
        if header.startswith(HOSTNAME) and not self.dump.typed:
            self._again(number, own=False)
            self.dump.hostname = header.partition(" ")[2].strip()
        if " pa" in header and header.startswith(Section.GROUP_POLICY):
            header = _EXTERNAL.sub(rf"\1{MASK}", header)
        self.open = OpenBlock(header, number, [])
        if self.dump.ended:
            self.dump.behind += self.open.deciding
            self.open = None
            return None
        self.dump.blocks.append(self.open)
        self.dump.created_here(header)
        return self.open.body

    def comment(self, line: str, number: int) -> None:
        """Release, platform, serial number and end mark stand in lines that open no block."""
        line = line[:LONGEST_COMMENT]
        if refused(line):
            self.refuse()
            return
        if line.startswith("Cryptochecksum:") or line.split() == [":", "end"]:
            self.dump.twice = self.dump.twice or (self.dump.ended and self.dump.behind > 0)
            self.dump.ended = not self.dump.typed  # what ``write`` prints in configuration mode ends nothing
            self.open = None
            return
        own = _OWN_VERSION.match(line) is not None
        if own:
            self._again(number, own=True)
        dump = self.dump
        if (own or dump.release is None) and (match := _VERSION.search(line)):
            dump.release = Sourced(match[1], number)
        dump.own_release = dump.own_release or own
        if dump.ftd_version is None and (match := _FTD.search(line)):
            dump.ftd_version = match[1]
        if match := _SERIAL.search(line):
            dump.serials[match[1]] = None

    def command(self, command: str, number: int, entry: Typed | None = None) -> None:
        """What follows is what a command printed."""
        printed = printed_by(command)
        self._begin(number, printed, entry)
        self.dump.filtered = filtered(command)
        self._last = None

    def prompt(self, entry: Typed, number: int) -> None:
        """A line typed at a prompt: its sub-mode says where it belongs."""
        self._last = None
        shows = entry.command and printed_by(entry.command) is not Printed.OUTPUT
        if entry.mode is None or shows:
            self.command(entry.command or "exit", number, entry)
            return
        self._to_what_is_typed(entry, number)
        if entry.command and entry.command not in _NO_SETTING:
            self._typed_line(entry, entry.mode, number)

    def _to_what_is_typed(self, entry: Typed, number: int) -> None:
        if self._typed is None:
            self._typed = Dump(None, number, entry.hostname, entry.context, typed=True)
            self.dumps.append(self._typed)
        if self.dump is not self._typed:
            self.dump, self.open = self._typed, None

    def _typed_line(self, entry: Typed, in_mode: str, number: int) -> None:
        word = entry.command.partition(" ")[0]
        if in_mode == "config" or _is_global(entry.command, in_mode):
            self.open = None
            if word in self.openings and self.openings[word].match(entry.command):
                self.header(entry.command, number)
                self._remember(-1)
            return
        self.any_indented = True
        mode = _MODES.get(in_mode)
        if mode is None:
            return
        if self.open is None or self.open.header.partition(" ")[0] not in headers_into(mode):
            if mode is not Mode.WEBVPN:
                self.dump.strays.append(Sourced(masked(entry.command), number))
                return
            self.header(Section.WEBVPN, number)
        depth = 2 if mode in _DEEPER else 1
        if self.open is not None:
            self._remember(len(self.open.body))
            self.open.body.append(Sourced(" " * depth + masked(entry.command), number))

    def _remember(self, lines: int) -> None:
        self._last = (self.open, lines) if self.open else None

    def refuse(self) -> None:
        """The device took the last line not: what was typed was never configured."""
        if not self.dump.typed:
            self.dump.refused = self.dump.refused or self.dump.printed is not Printed.OUTPUT
        elif self._last is not None:
            block, lines = self._last
            if lines < 0:
                self.dump.blocks = [each for each in self.dump.blocks if each is not block]
                self.open = None
            else:
                del block.body[lines:]
        self._last = None

    def margin(self, line: str, word: str, number: int, body: list[Sourced[str]] | None) -> list[Sourced[str]] | None:
        """A line at column 0 that opens nothing: a prompt, an orphan, or none of ours; where the next lines belong."""
        if ("#" in word or ">" in word) and (entry := typed(line)):
            self.prompt(entry, number)
        elif word in _NAMES_A_COMMAND or word[0] in "-=*#":
            command = section_of(line)
            if command is None:
                return self.between(line, body) if body is not None else None
            self.command(command, number)
        elif refused(line):
            self.refuse()
        elif word in self.inner:
            self.dump.inner_at_margin = True
            self.dump.strays.append(Sourced(masked(line.rstrip()), number))
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
        return None if line[0].islower() or self.dump.ended else self.dump.strays

    def orphan(self, line: str, number: int) -> None:
        """An indented line below a command that is none of ours: one that belongs into our blocks has lost its own."""
        if self._decides(line, Section.WEBVPN) and not self.dump.ended:
            self.dump.misplaced.append(Sourced(masked(line.strip()), number))

    def _decides(self, line: str, *more: str) -> bool:
        """Whether an indented line that stands in no block is one that a verdict may need."""
        word = (line.split(None, 1) or [""])[0]
        return word in self.inner or word in (more or _COMMON_INSIDE)

    def finish(self) -> RunningConfig:
        """The configuration that the text holds, its blocks not read yet."""
        chosen, several = chosen_of(self.dumps)
        several = several or tuple(dump.line for dump in chosen if dump.created_twice)
        every = self.dumps
        release = agreed([dump.release for dump in chosen]) or agreed([dump.release for dump in every])
        numbers = Release.of(release.value) if release else None
        ftd_version = next((dump.ftd_version for dump in (*chosen, *every) if dump.ftd_version), None)
        serials = [serial for dump in chosen for serial in dump.serials]
        serials = serials or [serial for dump in every for serial in dump.serials]
        misplaced = [line for dump in chosen for line in dump.misplaced]
        cut_off = (dump.strays for dump in chosen if not (dump.typed or dump.inner_at_margin))
        misplaced += [line for strays in cut_off for line in strays if self._decides(line.value)]
        blocks = tuple(_closed(sorted((each for dump in chosen for each in dump.blocks), key=_line), misplaced))
        with_body = [block for block in blocks if mode_below(block.header) in _WITH_BODY]
        bare = bool(with_body) and not any(block.body for block in with_body)
        indented = not any(dump.inner_at_margin for dump in chosen) and (self.any_indented or not bare)
        refused = any(dump.refused for dump in chosen)
        return RunningConfig(
            hostname=next((dump.host for dump in (*chosen, *every) if dump.host), None),
            context=next((dump.context for dump in (*chosen, *every) if dump.context), None),
            release=Sourced(numbers, release.line) if numbers and release else None,
            release_text=release.value if release else None,
            platform=Platform.FTD if ftd_version else Platform.ASA,
            ftd_version=ftd_version,
            complete=any(dump.ended for dump in chosen),
            begun=len(chosen) == 1 and chosen[0].begun and not chosen[0].filtered,
            indented=indented,
            recognised=bool(release or ftd_version) or any(proves_an_asa(block.header) for block in blocks),
            unknown_lines=tuple(line for dump in chosen for line in dump.strays),
            misplaced=tuple(misplaced),
            blocks=blocks,
            warnings=(
                *(() if indented else (notice("not-indented"),)),
                *several_of(every, several),
                *((notice("line-refused"),) if refused else ()),
            ),
            serials=tuple(dict.fromkeys(serials)),
        )


def _line(block: OpenBlock) -> int:
    return block.line


def _closed(blocks: Iterable[OpenBlock], misplaced: list[Sourced[str]]) -> Iterator[Block]:
    """The blocks as they are read; ``misplaced`` learns of lines that no header of theirs takes."""
    for block in blocks:
        body, mode = block.body, mode_below(block.header)
        if mode is not None and goes_on(block.header):
            misplaced.append(Sourced(masked(block.header), block.line))
        if mode is Mode.INTERFACE:
            body = [line for line in body if said_of(mode, line.value.lstrip()).row]
            if not body:
                continue
        if mode is None and any(line.value.strip(" \t!") for line in body):
            misplaced += body
        yield Block(block.header, block.line, tuple(body))


def _is_global(command: str, mode: str) -> bool:
    """An ASA takes global commands in every sub-mode; the ones that we read are known by their form."""
    word = command.removeprefix("no ").partition(" ")[0]
    if word == Section.WEBVPN and mode in _OWN_WEBVPN:
        return False
    opening = openings().get(command.partition(" ")[0])
    if opening is None or opening.match(command) is None:
        return False
    return header_of(command) is not None or not begins_headers(word)


def cut(text: str) -> RunningConfig:  # noqa: C901, PLR0912 - one flat loop is what keeps a million lines cheap
    """The configuration that a text holds, in one pass: its relevant blocks, secrets masked, which nobody has read yet.

    Never raises, whatever the text.
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")
    text = unwrapped(text.removeprefix("\ufeff").removeprefix("ï»¿"))
    cutter = _Cutter()
    cutter.any_indented = "\n " in text
    body: list[Sourced[str]] | None = None
    begin, last = 1, 0
    opening, content = cutter.openings, _CONTENT
    noticed = cutter.inner | _NAMES_A_COMMAND | _REFUSALS
    inner = (*(f"{each} " for each in cutter.inner), Section.WEBVPN)
    suspects = frozenset(f"{blank}{word}"[:4] for word in inner for blank in ("", " "))
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
                elif line[1:5] in suspects:
                    cutter.orphan(line, number)
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
            elif "#" in word or ">" in word or word in noticed or first in "-=*":
                body = cutter.margin(line, word, number, body)
            elif body is not None:
                body = cutter.between(line, body)
    return cutter.finish()
