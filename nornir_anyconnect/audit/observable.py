"""Could the drops have been seen at all? No evidence is not "nobody hit"."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import LoggingSettings, RunningConfig
    from nornir_anyconnect.evidence.observations import DeviceObservations

LARGE_PACKET = "722036"
INFORMATIONAL = 6
"""The level an ASA gives 722036 unless it is told otherwise (syslog guide)."""
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
    """``answer`` is yes, no or unknown; ``reason`` a sentence for people, empty for yes."""

    answer: str
    reason: str = ""


def _level(word: str) -> int | None:
    """The number of a level; None for a name of a ``logging list``."""
    word = word.lower()
    if word.isdigit() and int(word) < len(LEVELS):
        return int(word)
    return next((number for number, name in enumerate(LEVELS) if len(word) > 1 and name.startswith(word)), None)


def logged(logging: LoggingSettings) -> Observable:
    """Whether the configuration lets 722036 reach a destination that keeps it."""
    if any(each.value == LARGE_PACKET for each in logging.suppressed):
        return Observable("no", "the configuration suppresses message 722036 (no logging message 722036)")
    if logging.enabled is None or not logging.enabled.value:
        return Observable("no", "logging is not enabled in the configuration")
    needed = INFORMATIONAL
    for each in logging.relevelled:
        number, word = each.value
        if number == LARGE_PACKET:
            needed = value if (value := _level(word)) is not None else INFORMATIONAL
    kept = [each.value for each in (logging.buffered, logging.trap) if each is not None]
    levels = [_level(word) for word in kept]
    if any(level is not None and level >= needed for level in levels):
        return Observable("yes")
    if logging.lists or None in levels:
        return Observable("unknown", "a logging list or class decides whether message 722036 is kept")
    shown = " and ".join(f"'{word}'" for word in kept) or "no destination"
    return Observable("no", f"message 722036 is at level {needed} ({LEVELS[needed]}), the log keeps {shown}")


def observable(config: RunningConfig, seen: DeviceObservations) -> Observable:
    """Whether a drop would show in what was given of this device."""
    if seen.lines == 0 and not seen.met:
        return Observable("no", "no log of this device was given")
    answer = logged(config.logging)
    if answer.answer == "no" and not config.complete:
        return Observable("unknown", "the configuration is incomplete: its logging settings are not known")
    if answer.answer == "yes" and seen.buffer_wrapped:
        return Observable("unknown", "the log buffer has wrapped: older messages are gone")
    return answer
