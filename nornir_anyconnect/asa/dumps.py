"""The configurations that a text may hold: what a command printed, what was typed, what nothing names.

Which of them is the running configuration is decided here; nothing of another is ever merged into it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.capture import Printed
from nornir_anyconnect.asa.modes import header_of, proves_an_asa
from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.asa.value_forms import NAMED

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import Notice, Sourced


@dataclass(slots=True)
class OpenBlock:
    """The block being read."""

    header: str
    line: int
    body: list[Sourced[str]]

    @property
    def deciding(self) -> bool:
        """Whether a verdict may rest on it."""
        return proves_an_asa(self.header)


@dataclass(slots=True)
class Dump:
    """What one command printed, or what was typed, or what stands in a text without either."""

    printed: Printed | None
    """None: nothing says what it is."""
    line: int
    host: str | None = None
    context: str | None = None
    typed: bool = False
    blocks: list[OpenBlock] = field(default_factory=list)
    strays: list[Sourced[str]] = field(default_factory=list)
    misplaced: list[Sourced[str]] = field(default_factory=list)
    release: Sourced[str] | None = None
    own_release: bool = False
    ftd_version: str | None = None
    serials: dict[str, None] = field(default_factory=dict)
    begun: bool = False
    ended: bool = False
    behind: int = 0
    """Blocks behind the end mark: no configuration, unless another end mark says that they are a second one."""
    twice: bool = False
    hostname: str | None = None
    refused: bool = False
    filtered: bool = False
    """The command left lines out."""
    created: set[str] = field(default_factory=set)
    created_twice: bool = False
    """A line that creates an object stands twice, which no ASA prints: two dumps without a mark between them."""
    inner_at_margin: bool = False

    @property
    def whole(self) -> bool:
        """Begins and ends as a configuration does."""
        doubtful = self.twice or self.refused or self.filtered or self.created_twice
        return self.begun and self.ended and not doubtful

    @property
    def says(self) -> tuple[tuple[str, ...], ...]:
        """What it configures, to tell two apart."""
        return tuple((block.header, *(line.value for line in block.body)) for block in self.blocks)

    def created_here(self, header: str) -> None:
        """Note an object that a line of the top level creates; who types may say it again, a box prints it once."""
        found = None if self.typed else header_of(header)
        if found is not None and not found.row.opens and NAMED in found.row.keyword:
            created = f"{header.partition(' ')[0]} {found.name}"
            self.created_twice = self.created_twice or created in self.created
            self.created.add(created)

    def begins_like(self, other: Dump) -> bool:
        """Whether it says what the other says, or was broken off and says the beginning of it."""
        ours, theirs = self.says, other.says
        if self.whole or not ours or len(ours) > len(theirs):
            return ours == theirs
        last = len(ours) - 1
        return ours[:-1] == theirs[:last] and theirs[last][: len(ours[-1])] == ours[-1]

    @property
    def empty(self) -> bool:
        """Whether it is no configuration at all."""
        ended = self.ended and self.printed is not Printed.OUTPUT  # ``write memory`` prints the checksum, too
        return not self.blocks and not self.strays and not ended


def chosen_of(dumps: list[Dump]) -> tuple[list[Dump], tuple[int, ...]]:
    """The dumps that are the configuration, and the first lines of those of which it cannot be told which is.

    What a command says is the running configuration stands alone; so does the only one without a command that is
    whole. Parts, and what was typed, are excerpts: they come together in the order of the text.
    """
    shown = [dump for dump in dumps if dump.printed is Printed.RUNNING and not dump.empty]
    asked = tuple(dump.line for dump in dumps if dump.printed is Printed.RUNNING)
    dumps = [dump for dump in dumps if not dump.empty] or dumps[:1]
    unnamed = [dump for dump in dumps if dump.printed in (None, Printed.OUTPUT) and not dump.typed]
    unnamed = [dump for dump in unnamed if dump.printed is None or dump.begun or dump.ended]
    if shown:
        chosen = [dump for dump in shown if dump.whole][-1:] or shown[-1:]
        same = all(dump.begins_like(chosen[0]) for dump in shown)
        return chosen, () if same else tuple(dump.line for dump in shown)
    if asked:  # it was asked for, and what it printed is lost
        return dumps[-1:], asked
    if any(dump.whole for dump in unnamed) or len(unnamed) > 1:
        wholes = [dump for dump in unnamed if dump.whole] or unnamed
        several = tuple(dump.line for dump in unnamed) if len(unnamed) > 1 else ()
        return wholes[-1:], several
    excerpts = [dump for dump in dumps if dump in unnamed or dump.typed or dump.printed is Printed.PART]
    if excerpts:
        mixed = len({dump.host for dump in excerpts if dump.host}) > 1
        return excerpts, tuple(dump.line for dump in excerpts if dump.twice or mixed)
    others = [dump for dump in dumps if dump.printed is Printed.OTHER_CONFIG] or dumps
    return others[-1:], tuple(dump.line for dump in others) if len(others) > 1 else ()


def agreed(releases: list[Sourced[str] | None]) -> Sourced[str] | None:
    """The release, where all that are printed are one."""
    found = [each for each in releases if each is not None]
    return found[0] if found and all(each.value == found[0].value for each in found) else None


def several_of(dumps: list[Dump], lines: tuple[int, ...]) -> tuple[Notice, ...]:
    """What a reader is told where those that begin at these lines are more than one configuration."""
    hostnames = tuple(
        dict.fromkeys(name for each in dumps if each.line in lines and (name := each.hostname or each.host))
    )
    if len(hostnames) > 1:
        return (notice("several-configurations", hostnames=hostnames),)
    return (notice("two-dumps", lines=lines),) if lines else ()
