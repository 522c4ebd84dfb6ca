"""What an ASA answers when it is asked who it is, which role it plays and who is logged in. Pure functions on text.

Sources: ASA command reference, ``show version``, ``show mode``, ``show failover``, ``show cluster info``,
``show context``, ``show curpriv``, ``show ssh sessions``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nornir_anyconnect.platforms.protocols import ClusterRole, Role


@dataclass(frozen=True, slots=True)
class Version:
    """What ``show version`` says."""

    release: str | None = None
    """As printed, e.g. ``9.12(4)67``."""
    ftd_release: str | None = None
    hostname: str | None = None
    serial: str | None = None
    hardware: str | None = None


@dataclass(frozen=True, slots=True)
class Failover:
    """What ``show failover`` says of this unit (or this context) and its mate."""

    role: Role = Role.UNKNOWN
    mate: Role = Role.UNKNOWN
    serials: tuple[str, ...] = ()
    """Of the unit, then of the mate, where both are told."""


SYSTEM = "system"
"""What stands for the system execution space where a context's name is expected."""

_RELEASE = re.compile(r"Adaptive Security Appliance Software Version (\S+)")
_FTD = re.compile(r"(?:Threat Defense|NGFW).{0,80}?Version (\d[\w.]*)")
_UP = re.compile(r"^([\w.+-]+) up \d", re.MULTILINE)
_SERIAL = re.compile(r"^Serial Number: *(\S+)", re.MULTILINE)
_HARDWARE = re.compile(r"^Hardware: +([^,\n]+)", re.MULTILINE)
_PAIR = re.compile(r"Serial Number: Ours (\S+?),? Mate (\S+)")
_THIS = re.compile(r"^[ \t]*This (?:host|context):? *(?:(?:Primary|Secondary) *)?-? *(.*)$", re.MULTILINE)
_OTHER = re.compile(r"^[ \t]*(?:Other host|Peer context):? *(?:(?:Primary|Secondary) *)?-? *(.*)$", re.MULTILINE)
_GROUP = re.compile(r"Group \d+ +State: *(.+)")
_CLUSTER = re.compile(r'This is "[^"]*" in state (\w+)')
_CONTEXT = re.compile(r"^[* ]?([^\s*]\S*) +\S")
_LEVEL = re.compile(r"privilege level *: *(\d+)")
_SSH_SESSION = re.compile(r"^(\d+) +\S", re.MULTILINE)


def version(text: str) -> Version:
    """Read ``show version``."""
    up = next((name for name in _UP.findall(text) if name != "cluster"), None)
    return Version(
        release=_first(_RELEASE, text),
        ftd_release=_first(_FTD, text),
        hostname=up,
        serial=_first(_SERIAL, text),
        hardware=(_first(_HARDWARE, text) or "").strip() or None,
    )


def multiple_mode(text: str) -> bool:
    """Read ``show mode``: several contexts?"""
    return re.search(r"context mode: *multiple", text) is not None


def failover(text: str) -> Failover:
    """Read ``show failover``, of a unit, of one context, or of an active/active pair."""
    first = text.lstrip().partition("\n")[0].strip()
    pair = _PAIR.search(text)
    serials = tuple(s for s in pair.groups() if s not in ("Unknown", "N/A")) if pair else ()
    if re.match(r"Failover Off\b", first):
        pseudo = "standby" in first.lower()
        return Failover(Role.STANDBY if pseudo else Role.NO_FAILOVER, Role.UNKNOWN, serials)
    if not re.match(r"Failover On\b", first):
        return Failover(serials=serials)
    this, other = _THIS.search(text), _OTHER.search(text)
    between = text[this.end() : other.start()] if this and other else ""
    return Failover(
        _role(this[1] if this else "", between),
        _role(other[1] if other else "", text[other.end() :] if other else ""),
        serials,
    )


def _role(state: str, groups: str) -> Role:
    """The role that a state names; of an active/active unit only where all its groups agree."""
    if not state.strip():
        roles = {_role(group, "") for group in _GROUP.findall(groups) if group.strip()}
        return roles.pop() if len(roles) == 1 else Role.UNKNOWN
    words = state.strip().lower()
    if words.startswith(("active applying", "active drain", "active config", "just active")):
        return Role.SYNCING
    if words.startswith("active"):
        return Role.ACTIVE
    if words.startswith("standby"):
        return Role.STANDBY
    if words.startswith("failed"):
        return Role.FAILED
    if words.startswith(("sync", "bulk", "cold", "negotiation", "app sync", "app-sync")):
        return Role.SYNCING
    return Role.UNKNOWN


def cluster_role(text: str) -> ClusterRole:
    """Read ``show cluster info``; a box without clustering refuses it or says that there is none."""
    state = _first(_CLUSTER, text)
    if state is None:
        joined = re.search(r"^Cluster \S+: On", text, re.MULTILINE)
        return ClusterRole.UNKNOWN if joined else ClusterRole.NONE
    if state.upper() in ("MASTER", "CONTROL_NODE", "CONTROL"):
        return ClusterRole.CONTROL
    if state.upper() in ("SLAVE", "DATA_NODE", "DATA"):
        return ClusterRole.DATA
    return ClusterRole.UNKNOWN


@dataclass(frozen=True, slots=True)
class Contexts:
    """What ``show context`` says: all contexts from the system execution space, else the own one."""

    names: tuple[str, ...]
    in_system: bool

    @property
    def current(self) -> str | None:
        """Where the session stands; None where the answer does not tell."""
        if self.in_system:
            return SYSTEM
        return self.names[0] if len(self.names) == 1 else None


def contexts(text: str) -> Contexts:
    """Read ``show context``; interface lists may be continued on further lines."""
    names = []
    in_table = False
    for line in text.splitlines():
        if line.startswith("Context Name"):
            in_table = True
        elif in_table and not line.startswith("Total ") and (match := _CONTEXT.match(line)):
            names.append(match[1])
    return Contexts(tuple(names), in_system="Total active Security Contexts" in text)


def privilege(text: str) -> int | None:
    """Read ``show curpriv``: the privilege level of this login."""
    level = _first(_LEVEL, text)
    return int(level) if level else None


def ssh_sessions(text: str) -> int:
    """Read ``show ssh sessions``: how many are open; each has a line per direction."""
    return len(set(_SSH_SESSION.findall(text)))


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None
