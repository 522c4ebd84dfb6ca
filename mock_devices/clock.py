"""A device's clock: real time, moved by faults and by simulated minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class Clock:
    """UTC, off by ``moved``."""

    moved: timedelta = timedelta()

    def now(self) -> datetime:
        """The device's time."""
        return datetime.now(UTC) + self.moved

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once (less than none: it was earlier)."""
        self.moved += timedelta(seconds=seconds)
