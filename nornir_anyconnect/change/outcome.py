"""How the change of a device ended: the states that a host can end in, and what is said beside one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The one state in which a host ends."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    VERIFIED = "verified"
    REVERTED = "reverted"
    ROLLED_BACK = "rolled-back"
    REFUSED = "refused"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    NOT_STARTED = "not-started"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended. ``lines``: sent (applied), to be sent (dry run), or to be typed (indeterminate)."""

    state: State
    reason: str
    lines: tuple[str, ...] = ()
