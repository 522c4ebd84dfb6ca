"""``show asp drop`` and the head of ``show logging``: what a device counts itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_FRAME_DROP = re.compile(r"^[ \t]*Frame drop:", re.MULTILINE)
# the command reference prints a suffix -ASP that real boxes do not have
_NO_FRAGMENT = re.compile(r"\(mp-svc-no-fragment(?:-ASP)?\)\s+(\d{1,20})")
_BUFFER = re.compile(
    r"^\s*Buffer logging: (?:(?:level (\w+)|list ([^\s,]+))(?:.*?\b(\d{1,20}) messages logged)?|(disabled|enabled))",
    re.MULTILINE,
)
_MESSAGE = re.compile(r"(?:ASA|FTD|PIX)-(?:[A-Za-z][\w-]{0,31}-)?[0-7]-\d{6}\b")


def no_fragment_drops(text: str) -> int | None:
    """Packets dropped because they could not be fragmented; None if the text is no ``show asp drop``.

    A reason that never happened is not printed: it counts as 0.
    """
    if found := _NO_FRAGMENT.search(text):
        return int(found[1])
    return 0 if _FRAME_DROP.search(text) else None


def no_fragment_rate(samples: Sequence[tuple[datetime, str]]) -> float | None:
    """Drops per second from the first to the last sample; None without two, or where the counter was cleared."""
    counted = [(time, count) for time, text in samples if (count := no_fragment_drops(text)) is not None]
    if len(counted) < 2:  # noqa: PLR2004 - a rate needs two samples
        return None
    (begin, before), (end, after) = counted[0], counted[-1]
    seconds = (end - begin).total_seconds()
    return (after - before) / seconds if seconds > 0 and after >= before else None


@dataclass(frozen=True, slots=True)
class LogBuffer:
    """The buffer as ``show logging`` describes it."""

    level: str
    """Such as ``informational``, or the name of a ``logging list``; ``disabled`` where there is no buffer."""
    counted: int | None
    """Messages that went into the buffer since it was cleared."""
    held: int
    """Messages that are still in it."""

    @property
    def wrapped(self) -> bool | None:
        """Whether older messages are gone; None where the device does not count."""
        return None if self.counted is None else self.counted > self.held


def is_log_buffer(start: str) -> bool:
    """Whether a text that begins so is a ``show logging``."""
    return _BUFFER.search(start) is not None


def log_buffer(text: str) -> LogBuffer | None:
    """What ``show logging`` says of its buffer; None if it is no ``show logging``."""
    found = _BUFFER.search(text)
    if found is None:
        return None
    held = sum(1 for line in text[found.end() :].splitlines() if _MESSAGE.search(line[:512]))
    return LogBuffer(found[1] or found[2] or found[4], int(found[3]) if found[3] else None, held)
