"""One text, as whoever opened it hands it on: not read yet, read whole, or not readable."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

LARGEST = 64 * 1024 * 1024
"""Bytes of one configuration; the largest ASA configurations known are a tenth of it."""
SAVE = "save the output of 'show running-config' into it"
_COMPRESSED = re.compile(r"\.(?:gz|zst|bz2|xz)$")
# asa.log.3 and asa.log-20220601: the number counts back in time, the date forward
# 01 is a day, 2026 a year, and the end of an address is no number of a rotation either
_ROTATED = re.compile(
    r"^(?!.*(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}$)"
    r"(?P<base>.+?)(?:[.-](?P<date>\d{8}(?:[-T_]?\d{2,6})?)|\.(?P<number>0|[1-9]\d{0,2}))$"
)


class Rotation(NamedTuple):
    """One of the files that a log became."""

    log: str
    """The name that all of them share."""
    date: str
    """In the name, ``~`` where none is."""
    back: int
    """How many were begun since; the current one is 0."""


def rotation_of(name: str) -> Rotation:
    """What the name of a file says of it."""
    name = _COMPRESSED.sub("", name)
    if match := _ROTATED.match(name):
        return Rotation(_COMPRESSED.sub("", match["base"]), match["date"] or "~", int(match["number"] or 0))
    return Rotation(name, "~", 0)


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, and why.

    Args:
        path: where it is.
        cause: why it could not be read, in one line.
        remedy: what to do about it, in one line.
        named: the user named it.
        left_out: it was not even tried, and nothing that matters is missed for that.

    """

    path: str
    cause: str
    remedy: str
    named: bool
    left_out: bool = False

    @property
    def name(self) -> str:
        """What the device behind it would be called: the name of the file."""
        return os.path.basename(self.path)  # noqa: PTH119 - it can be a member of an archive

    @property
    def error(self) -> SourceError:
        """The same as an error, for who cannot do without it."""
        return SourceError(self.cause, self.remedy)


@dataclass(frozen=True, slots=True)
class ConfigText:
    """One text that may be a running-config.

    Args:
        name: what the device is called: the name of the file.
        path: where it was read from.
        text: what it says.
        named: the user named this very file; it was not just met in a folder or archive.

    """

    name: str
    path: str
    text: str
    named: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One text, being read: it has to be done with before the next one is asked for.

    Args:
        path: where it was read from, for people.
        name: the name of the file; ``stdin`` for standard input.
        named: the user named this very file; it was not just met in a folder or archive.
        written: when it was last written: stamps without a year are not later than that.
        beginning: its first bytes, unpacked, in UTF-8 where a byte order mark tells how: 64 KiB, less only where it
            has no more.
        plain: the file itself, where its bytes are the text.

    """

    path: str
    name: str
    named: bool
    written: datetime
    beginning: bytes
    plain: Path | None
    _rest: Iterator[bytes] = field(repr=False)

    def chunks(self) -> Iterator[bytes]:
        """The whole text, once, cut anywhere.

        Raises:
            SourceError: the rest of it cannot be read.

        """
        return itertools.chain((self.beginning,) if self.beginning else (), self._rest)

    @property
    def rotation(self) -> Rotation:
        """Which of one log it is."""
        return rotation_of(self.path)

    def whole(self) -> ConfigText:
        """All of it, where it is no larger than a configuration can be.

        Raises:
            SourceError: it is larger, empty, or the rest of it cannot be read.

        """
        parts, size = [], 0
        try:
            for chunk in self.chunks():
                parts.append(chunk)
                size += len(chunk)
                if size > LARGEST:
                    break
        except SourceError as error:
            raise SourceError(error.cause, error.remedy) from error  # of this text, and not of what it is packed in
        if size > LARGEST:
            raise SourceError(f"{self.path} is larger than {LARGEST >> 20} MB", "a running-config is a text file")
        return self.holding(b"".join(parts))

    def holding(self, raw: bytes) -> ConfigText:
        """These bytes as all of it.

        Raises:
            SourceError: they say nothing.

        """
        text = decoded(raw)
        if not text or text.isspace():
            raise SourceError(f"{self.path} is empty", SAVE)
        return ConfigText(self.name, self.path, text, self.named)
