"""Saved running-configs behind the paths, one whole text at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.plain_text import decoded
from nornir_anyconnect.sources.files import Source, Unread, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST = 64 * 1024 * 1024
"""Bytes of one configuration; the largest ASA configurations known are a tenth of it."""


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


def config_texts(paths: Iterable[str]) -> Iterator[ConfigText | Unread]:
    """Every text behind the paths, in a fixed order; ``-`` is standard input."""
    for source in sources(paths):
        yield source if isinstance(source, Unread) else whole(source)


def whole(source: Source) -> ConfigText | Unread:
    """All of a text, where it is no larger than a configuration can be."""
    path, parts, size = source.path, [], 0
    try:
        for chunk in source.chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > LARGEST:
                cause = f"{path} is larger than {LARGEST >> 20} MB"
                return Unread(path, cause, "a running-config is a text file", source.named)
    except SourceError as error:
        return Unread(path, error.cause, error.remedy, source.named)
    text = decoded(b"".join(parts))
    if not text or text.isspace():
        return Unread(path, f"{path} is empty", "save the output of 'show running-config' into it", source.named)
    return ConfigText(source.name, path, text, source.named)
