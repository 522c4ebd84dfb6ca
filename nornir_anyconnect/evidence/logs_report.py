"""The JSON of ``logs``: what log files show, without any configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.evidence.coverage import Gap, gaps
from nornir_anyconnect.evidence.log_evidence import LogInput

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.clients.client_log import ClientReconnect
    from nornir_anyconnect.evidence.observations import DebugNumbers, DeviceObservations, Incident
    from nornir_anyconnect.evidence.probe import Probe

SCHEMA = "nornir-anyconnect/logs/1"


@dataclass(frozen=True, slots=True)
class Input:
    """What became of one text that was handed in."""

    path: str
    read_as: str | None
    """As people call it; None where nobody can use it."""
    log: LogInput = LogInput()  # noqa: RUF009 - it is frozen
    problem: str | None = None
    """Why it was not used, or not read to its end, in one line."""
    named: bool = True
    """Somebody named this very text. Not in the JSON, as the next two."""
    lost: bool = False
    """It could not be read, or there is nothing in it: nobody knows what it was to hold."""
    remedy: str = ""
    """What to do about the problem, in one line."""
    about: str = ""
    """The path that the problem names, where it is not that of the text: an archive's. Not in the JSON."""
    unclear: bool = False
    """It is full of an ASA's words, and nobody can tell what it is. Not in the JSON either."""

    def to_dict(self) -> dict[str, Any]:
        """As in ``inputs`` of the JSON."""
        return {"path": self.path, "read_as": self.read_as, **self.log.to_dict(), "problem": self.problem}


@dataclass(frozen=True, slots=True)
class LogSummary:
    """All that log files show. Counts are of lines."""

    lines: int = 0
    events: dict[str, int] = field(default_factory=dict)
    """Lines read, by message id."""
    unreadable: int = 0
    unreadable_sample: tuple[str, ...] = ()
    """A few of the lines that carry a wanted id and could not be read."""
    devices: dict[str, DeviceObservations] = field(default_factory=dict)
    client: tuple[ClientReconnect, ...] = ()
    """What client logs tell of reconnects."""
    computed: tuple[DebugNumbers, ...] = ()
    """The box's own MTUs, out of debug transcripts and CONNECT answers, which do not say whose they are."""
    unnamed: tuple[DeviceObservations, ...] = ()
    """What saved outputs show that do not tell of which device they are, by the names of their files."""
    probes: tuple[Probe, ...] = ()
    """What head-ends answered to ``probe``."""
    inputs: tuple[Input, ...] = ()
    """What was read as what, in the order of reading."""

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Every incident, by device and time."""
        found = [i for device in self.devices.values() for group in device.groups.values() for i in group.incidents]
        return tuple(sorted(found, key=lambda i: (i.device, str(i.reconnected_at), i.user)))

    @property
    def suspected(self) -> tuple[Incident, ...]:
        """Reconnects in logs without any drop, which may have been left out of them."""
        found = [i for device in self.devices.values() for group in device.groups.values() for i in group.suspected]
        return tuple(sorted(found, key=lambda i: (i.device, str(i.reconnected_at), i.user)))

    @property
    def users(self) -> int:
        """Distinct users hit; one name on two devices is one user."""
        return len({user for device in self.devices.values() for g in device.groups.values() for user in g.hit})

    @property
    def gaps(self) -> tuple[tuple[str, Gap], ...]:
        """Why a drop need not show in what was given, by device; empty where it would.

        A device that only other lines name is left out where VPN sessions of another one are seen.
        """
        if not self.devices:
            if self.client or self.computed or self.unnamed:
                return ()
            return (("", Gap("no-message-in-time" if self.events else "no-asa-message", certain=True)),)
        telling = [device for device in self.devices.values() if device.lines] or list(self.devices.values())
        return tuple((device.device, gap) for device in telling for gap in gaps(device))

    @property
    def could_be_seen(self) -> bool:
        """Whether nothing that happened can have gone unseen; where something was seen, whether that is all of it."""
        found = any(g.users or g.incidents for device in self.devices.values() for g in device.groups.values())
        return not any(gap.leaves_some_out for _, gap in self.gaps) if found else not self.gaps

    def to_dict(self) -> dict[str, Any]:
        """The JSON; same input, same bytes."""
        return {
            "schema": SCHEMA,
            "lines": self.lines,
            "events": dict(sorted(self.events.items())),
            "unreadable": self.unreadable,
            "unreadable_sample": list(self.unreadable_sample),
            "incidents": [incident.to_dict() for incident in self.incidents],
            "suspected": [each.to_dict() for each in self.suspected],
            "observable": {
                "answer": "yes" if self.could_be_seen else "no" if any(g.certain for _, g in self.gaps) else "unknown",
                "gaps": [{"device": device, "code": gap.code, "number": gap.number} for device, gap in self.gaps],
            },
            "groups": [_group(device, name) for device in self.devices.values() for name in device.groups],
            "client": [reconnect.to_dict() for reconnect in self.client],
            "inputs": [each.to_dict() for each in self.inputs],
        }


def _group(device: DeviceObservations, name: str) -> dict[str, Any]:
    group = device.groups[name]
    return {
        "device": device.device,
        "group_policy": name,
        "users": len(group.users),
        "hit": len(group.hit),
        "large_packets": sum(kind.count for kind in group.large_packets),
        "thresholds": sorted({kind.threshold for kind in group.large_packets}),
        "incidents": len(group.incidents),
        "seconds_lost": sum(incident.stalled or 0 for incident in group.incidents),
        "first": device.first.isoformat() if device.first else None,
        "last": device.last.isoformat() if device.last else None,
    }
