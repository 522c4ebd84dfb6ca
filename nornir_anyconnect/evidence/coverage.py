"""What a log could have shown: whose lines it holds, from when to when, down to which level, and what of it is missing.

No evidence is not "nobody hit": nothing was seen only where it would have been seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir_anyconnect.evidence.observations import DeviceObservations

INFORMATIONAL = 6
"""The level an ASA gives 722036 unless it is told otherwise (syslog guide)."""


class Gap(NamedTuple):
    """One reason why a drop need not show in the logs that were given."""

    code: str
    number: int = 0
    """How many, or which level."""
    certain: bool = False
    """It could not show; else nobody knows whether it did."""

    @property
    def leaves_some_out(self) -> bool:
        """Where some were seen there may be more."""
        return not self.certain and self.code != "buffer-wrapped"


def gaps(seen: DeviceObservations, needed: int = INFORMATIONAL) -> tuple[Gap, ...]:
    """Why a drop of the device need not show in the logs that were given; none where it would.

    Args:
        seen: what they show.
        needed: the level of message 722036 on this device.

    """
    if not seen.met and not seen.lines:
        return (Gap("no-log-given", certain=True),)
    found = [] if seen.own_log else [*_of_others(seen, needed)]
    if seen.own_log and seen.level is None:
        found.append(Gap("log-buffer-empty", certain=True))
    counted = (
        ("unreadable-messages", seen.unreadable),
        ("messages-without-time", seen.untimed),
        ("torn-logs", seen.torn),
        ("missing-rotations", seen.missing),
        ("unread-files", seen.unread),
    )
    found += [Gap(code, number) for code, number in counted if number]
    if seen.buffer_wrapped:
        found.append(Gap("buffer-wrapped"))
    return tuple(found)


def _of_others(seen: DeviceObservations, needed: int) -> Iterator[Gap]:
    """What the device's own buffer cannot lack, but a log that somebody kept, searched and handed on."""
    groups = seen.groups.values()
    dropped = any(each.sent for group in groups for each in group.large_packets)
    if not seen.lines:
        yield Gap("no-vpn-message", certain=True)
    elif seen.level is not None and seen.level < needed:
        yield Gap("only-notices", seen.level, certain=True)
    elif any(group.hit for group in groups):
        return
    elif seen.left_out and not dropped:
        yield Gap("messages-left-out", int(seen.left_out[0]), certain=True)
    elif seen.no_beginning:
        yield Gap("no-session-begins")
    elif number := sum(len(group.suspected) for group in groups):
        yield Gap("reconnects-without-drops", number)
