"""Could the drops have been seen at all? No evidence is not "nobody hit"."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.evidence.coverage import INFORMATIONAL, gaps

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import LoggingSettings, Notice, RunningConfig
    from nornir_anyconnect.evidence.coverage import Gap
    from nornir_anyconnect.evidence.observations import DeviceObservations

LARGE_PACKET = "722036"
_NAMED = 5
"""Other devices that are named."""
LEVELS = (
    "emergencies",
    "alerts",
    "critical",
    "errors",
    "warnings",
    "notifications",
    "informational",
    "debugging",
)


class Observable(NamedTuple):
    """``answer`` is yes, no or unknown; ``reason`` says why it is not yes."""

    answer: str
    reason: Notice | None = None

    @property
    def why(self) -> str:
        """The reason in words; empty for yes."""
        return sentence(self.reason) if self.reason else ""


def _level(word: str) -> int | None:
    """The number of a level; None for a name of a ``logging list``."""
    word = word.lower()
    if word.isdigit() and int(word) < len(LEVELS):
        return int(word)
    return next((number for number, name in enumerate(LEVELS) if len(word) > 1 and name.startswith(word)), None)


def _needed(logging: LoggingSettings) -> int:
    """The level of message 722036."""
    needed = INFORMATIONAL
    for each in logging.relevelled:
        number, word = each.value
        if number == LARGE_PACKET:
            needed = value if (value := _level(word)) is not None else INFORMATIONAL
    return needed


def logged(logging: LoggingSettings) -> Observable:
    """Whether the configuration lets 722036 reach a destination that keeps it."""
    if any(each.value == LARGE_PACKET for each in logging.suppressed):
        return Observable("no", notice("message-suppressed"))
    if logging.enabled is None or not logging.enabled.value:
        return Observable("no", notice("logging-off"))
    needed = _needed(logging)
    kept = [each.value for each in (logging.buffered, logging.trap) if each is not None]
    levels = [_level(word) for word in kept]
    if any(level is not None and level >= needed for level in levels):
        return Observable("yes")
    if logging.lists or None in levels:
        return Observable("unknown", notice("logging-list"))
    shown = " and ".join(f"'{word}'" for word in kept) or "no destination"
    return Observable("no", notice("level-too-low", level=needed, name=LEVELS[needed], kept=shown))


def observable(config: RunningConfig, seen: DeviceObservations, *, found: bool = False) -> Observable:
    """Whether a drop would show in what was given of this device.

    Args:
        config: says what the device logs.
        seen: what was given of it.
        found: a drop or a reconnect was seen, here or with another policy of the device: it does log them, whatever
            its configuration says now; but there may be more of them than could be read.

    """
    found = found or any(
        group.large_packets or group.incidents for group in (*seen.groups.values(), *seen.before.values())
    )
    missing = gaps(seen, _needed(config.logging))
    if found:
        missing = tuple(gap for gap in missing if gap.leaves_some_out)
    first = min(missing, key=lambda gap: not gap.certain, default=None)
    answer = Observable("yes") if found else logged(config.logging)
    if answer.answer == "no" and not config.complete:
        answer = Observable("unknown", notice("logging-not-known"))
    if first is None or (answer.answer == "no" and first.code != "no-log-given"):
        return answer
    if first.code == "no-log-given" and seen.others:
        return Observable("no", notice("log-of-others", devices=seen.others[:_NAMED]))
    return Observable("no" if first.certain else "unknown", notice_of(first))


def notice_of(gap: Gap) -> Notice:
    """The gap as what a reader is told."""
    return notice(gap.code, number=gap.number) if gap.number else notice(gap.code)
