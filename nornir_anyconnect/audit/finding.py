"""What an audit concludes of a device: findings and all that supports them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.asa.running_config import Notice, Owner
from nornir_anyconnect.audit import provenance
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.mtu.assumptions import assumption_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nornir_anyconnect.asa.config_commands import PlannedCommand
    from nornir_anyconnect.asa.managed import ManagerSteps
    from nornir_anyconnect.audit.provenance import Sources
    from nornir_anyconnect.evidence.probe import Cause
    from nornir_anyconnect.mtu.derive import Numbers, Step


class Verdict(StrEnum):
    """The conclusion of one finding; unknown is never safe."""

    AT_RISK = "at-risk"
    MITIGATED = "mitigated"
    SAFE = "safe"
    NOT_APPLICABLE = "not-applicable"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """What a finding is about."""

    TUNNEL_GROUP = Section.TUNNEL_GROUP.value
    GROUP_POLICY = Section.GROUP_POLICY.value
    USERNAME = Section.USERNAME.value


class Status(StrEnum):
    """How wholly a device could be judged."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


def _as_json(value: Any, names: Iterable[str]) -> dict[str, Any]:
    """These fields of a value in their order, as in the JSON of an audit."""
    found = {}
    for name in names:
        each = getattr(value, name)
        found[name] = each if type(each) in _AS_IT_IS else _plain(each)
    return found


_AS_IT_IS = frozenset({str, int, bool, float, type(None)})


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is tuple or kind is list:
        return [_plain(each) for each in value]
    if kind is dict:
        return {name: _plain(each) for name, each in value.items()}
    if hasattr(kind, "to_dict"):
        return value.to_dict()
    return sentence(value) if kind is Notice else str(value)


@dataclass(frozen=True, slots=True)
class Likely:
    """What a client generation gets of a box: its suites, and both MTUs under every set that is printed."""

    SEEN: ClassVar[str] = "sessions-seen"
    """Stands for the client where sessions of this box say what was negotiated."""

    client: str
    tls_suite: str
    dtls_suite: str | None
    """None where box and client have no suite for DTLS in common."""
    assumptions: dict[str, Numbers]

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of an audit."""
        return _as_json(self, self.__slots__)


def certainty_of(numbers: Mapping[str, Numbers], verdict: Verdict, primary: str) -> str | None:
    """Which of the sets show the verdict: all, the one that measurements support, or others only.

    Where a device's own numbers left the primary set out, the first that they leave stands in its place.
    """
    risky = verdict in (Verdict.AT_RISK, Verdict.MITIGATED)
    showing = [name for name, each in numbers.items() if each.gap is not None and (each.gap > 0) == risky]
    if not showing:
        return None
    if len(showing) == len(numbers):
        return "all-assumptions"
    names = (primary, assumption_set(primary).combination)
    first = next((name for name in numbers if name in names), next(iter(numbers)))
    return "primary-assumptions" if first in showing else "other-assumptions"


@dataclass(frozen=True, slots=True)
class PastEvidence:
    """What was seen under other settings than those in force: it proves nothing of them."""

    users: int
    reconnects: int
    last: str | None = None
    """The latest of it (ISO 8601)."""

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of an audit."""
        return _as_json(self, self.__slots__)


@dataclass(frozen=True, slots=True)
class FindingEvidence:
    """What was seen of one finding's users. Counts of distinct users, packets and reconnects."""

    confirmed: bool = False
    observable: str = "unknown"
    """yes, no or unknown."""
    observable_reason: Notice | None = None
    span: tuple[str, str] | None = None
    """First and last time stamp covered (ISO 8601)."""
    large_packets: int = 0
    thresholds: tuple[int, ...] = ()
    packet_sizes: tuple[int, ...] = ()
    users: int = 0
    user_names: tuple[str, ...] = ()
    reconnects: int = 0
    lost: int = 0
    """Of the reconnects, those of sessions that had DTLS before. Not in the JSON, like the next."""
    stalled: float | None = None
    """Median seconds without DTLS before a reconnect."""
    tls_only_sessions: int = 0
    sessions: int = 0
    """Users connected now, where the device was asked."""
    past: PastEvidence | None = None
    suspected: int = 0
    """Reconnects after a minute without UDP in a log without any drop, which may have been left out of it."""
    client_reconnects: int = 0
    """Reconnects to apply a new MTU that clients' own logs tell of."""
    probe: Cause | None = None
    """What a probe of the head-end says of DTLS on its path."""

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of an audit."""
        found = _as_json(self, (name for name in self.__slots__ if name not in _NOT_IN_THE_JSON))
        return found if self.observable_reason else found | {"observable_reason": ""}


_NOT_IN_THE_JSON = ("lost", "stalled")
AFFECTED_SHOWN = 20
"""How many other findings a report names beside a remedy; a plan names all."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One remedy for one finding: what to send, its exact inverse, and what that would do."""

    kind: str
    finding: tuple[Scope, str]
    commands: tuple[PlannedCommand, ...] = ()
    lines: tuple[str, ...] = ()
    """The commands as a person types them after ``configure terminal``."""
    rollback: tuple[str, ...] = ()
    """The same for their inverse."""
    closes: bool = False
    """It closes the gap under all standing sets."""
    closes_under: tuple[str, ...] = ()
    """The assumption sets with a gap under which it closes it."""
    blocked_by: tuple[str, ...] = ()
    cost: Notice | None = None
    predicted: Mapping[str, Numbers] = field(default_factory=dict)
    """MTUs afterwards, per assumption set; empty where no DTLS is left or nothing could be predicted."""
    reaches: tuple[tuple[Scope, str], ...] = ()
    """Every finding that it touches, its own too where it does."""
    tunnels: tuple[str, ...] = ()
    """The L2L tunnels that it reaches."""
    manager: ManagerSteps | None = None
    """The same in the manager, where the device's configuration belongs to one."""

    @property
    def affects(self) -> tuple[tuple[Scope, str], ...]:
        """Every other finding that it touches."""
        return tuple(each for each in self.reaches if each != self.finding)

    @property
    def affects_named(self) -> tuple[str, ...]:
        """The first of them as ``scope name``, and how many more."""
        # many findings can hang on one line: what is shown of each must not grow with all of them
        others = list(islice((each for each in self.reaches if each != self.finding), AFFECTED_SHOWN))
        left = len(self.reaches) - len(others) - (self.finding in self.reaches)
        shown = tuple(f"{scope} {name}" for scope, name in others)
        return (*shown, f"{left} more") if left else shown

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of an audit."""
        found: dict[str, Any] = {
            "kind": self.kind,
            "commands": list(self.lines),
            "rollback": list(self.rollback),
            "closes": self.closes,
            "closes_under": list(self.closes_under),
            "blocked_by": list(self.blocked_by),
            "cost": sentence(self.cost) if self.cost else "",
            "predicted": {name: numbers.to_dict() for name, numbers in self.predicted.items()},
            "affects": list(self.affects_named),
        }
        return found | {"manager": self.manager.to_dict()} if self.manager else found


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict with everything that supports it. Sizes in bytes; null where nothing is claimed."""

    scope: Scope
    name: str
    group_policy: str | None
    verdict: Verdict
    reason: str
    certainty: str | None = None
    primary_set: str | None = None
    """The assumption set that public measurements support for the release."""
    tls_mtu: int | None = None
    dtls_mtu: int | None = None
    tls_suite: str | None = None
    dtls_suite: str | None = None
    tls_version: str | None = None
    dtls_version: str | None = None
    interface: str | None = None
    numbers_from: str | None = None
    configured_mtu: int | None = None
    configured_mtu_from: str | None = None
    safe_mtu: int | None = None
    assumptions: dict[str, Numbers] = field(default_factory=dict)
    """The numbers under each set that is shown: those that stand, narrowed by what was seen."""
    standing: dict[str, Numbers] = field(default_factory=dict)
    """The numbers under each set that a remedy must close: no log file narrows these. Not in the JSON."""
    likely: Likely | None = None
    caveats: tuple[str, ...] = ()
    sources: Sources = field(default_factory=dict)
    reachable_by: tuple[Owner, ...] = ()
    """For a group policy that no tunnel group names: the LDAP maps and usernames that hand it out."""
    evidence: FindingEvidence | None = None
    calibrated: tuple[str, ...] = ()
    """The combinations that the device's own numbers leave standing, if any narrowed them."""
    proved: tuple[str, ...] = ()
    """Those that the device's own answers leave: what is pushed is computed under these alone. Not in the JSON."""
    remedies: tuple[Remedy, ...] = ()
    tls_steps: tuple[Step, ...] = ()
    dtls_steps: tuple[Step, ...] = ()
    waiver: dict[str, str] | None = None
    """Owner, reason and expiry where somebody accepted the finding."""

    @property
    def key(self) -> tuple[Scope, str]:
        """What names it within its device."""
        return (self.scope, self.name)

    @property
    def gap(self) -> int | None:
        """DTLS MTU - TLS MTU in bytes, where both are known."""
        if self.tls_mtu is None or self.dtls_mtu is None:
            return None
        return self.dtls_mtu - self.tls_mtu

    def with_gap(self, sets: Iterable[str]) -> tuple[str, ...]:
        """Those of the standing sets under which there is something to close."""
        return tuple(name for name in sets if (self.standing[name].gap or 0) > 0)

    def closed_by(self, after: Mapping[str, Numbers]) -> frozenset[str]:
        """The standing sets under which these MTUs leave no gap."""
        return frozenset(name for name in self.standing if name in after and (after[name].gap or 0) <= 0)

    def is_closed_by(self, after: Mapping[str, Numbers]) -> bool:
        """These MTUs leave no gap under any standing set."""
        return bool(self.standing) and self.closed_by(after) == frozenset(self.standing)

    @property
    def confirmed(self) -> bool:
        """Evidence proves that users were hit."""
        return self.evidence is not None and self.evidence.confirmed

    def with_evidence(self, evidence: FindingEvidence | None) -> Finding:
        """The same with this evidence: ``replace`` in less than half its time, for it is done twenty times a box."""
        fields_of_it: tuple[Any, ...] = (*_BEFORE_EVIDENCE(self), evidence, *_BEHIND_EVIDENCE(self))
        return Finding(*fields_of_it)

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of an audit."""
        sources = {"sources": provenance.to_dicts(self.sources)}
        return (
            _as_json(self, _DECIDED)
            | sources
            | _as_json(self, _SUPPORTED_BY)
            | {
                "derivation": {
                    "tls": [step.to_dict() for step in self.tls_steps],
                    "dtls": [step.to_dict() for step in self.dtls_steps],
                },
                "waiver": self.waiver,
            }
        )


_NAMES = [each.name for each in fields(Finding)]
_BEFORE_EVIDENCE = attrgetter(*_NAMES[: _NAMES.index("evidence")])
_BEHIND_EVIDENCE = attrgetter(*_NAMES[_NAMES.index("evidence") + 1 :])
_DECIDED = (
    "scope", "name", "group_policy", "verdict", "reason", "certainty", "primary_set", "tls_mtu", "dtls_mtu", "gap",
    "tls_suite", "dtls_suite", "tls_version", "dtls_version", "interface", "numbers_from", "configured_mtu",
    "configured_mtu_from", "safe_mtu", "assumptions", "likely", "caveats",
)  # fmt: skip
_SUPPORTED_BY = ("reachable_by", "evidence", "calibrated", "remedies")
_CERTAINTY = {"all-assumptions": 0, "primary-assumptions": 1, "other-assumptions": 2, None: 3}
VERDICT_ORDER = {
    Verdict.AT_RISK: 0,
    Verdict.UNKNOWN: 1,
    Verdict.MITIGATED: 2,
    Verdict.SAFE: 3,
    Verdict.NOT_APPLICABLE: 4,
}
"""Worst first."""


def worst_first(finding: Finding) -> tuple[Any, ...]:
    """Sort key: most users hit first, then the verdict, its certainty, users connected, name.

    The verdict stands before the certainty: a group that is certainly safe is not worse than one perhaps at risk.
    """
    seen = finding.evidence or FindingEvidence()
    return (
        -seen.users,
        VERDICT_ORDER[finding.verdict],
        _CERTAINTY[finding.certainty],
        -seen.sessions,
        finding.name,
        str(finding.scope),
    )


@dataclass(frozen=True, slots=True)
class DeviceAudit:
    """One device or context, judged."""

    name: str
    context: str | None = None
    asa_version: str | None = None
    platform: str = "asa"
    status: Status = Status.OK
    errors: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    findings: tuple[Finding, ...] = ()
    serials: tuple[str, ...] = ()
    """Serial numbers of the chassis (unit and mate), where a device told them."""
    path: str | None = None
    """The file it was read from, if any."""
    hostname: str | None = None
    """As the configuration says. Not in the JSON."""
    nameless_users: int | None = None
    """How many users were hit, where their names were taken out. Not in the JSON."""

    @property
    def names(self) -> tuple[str, ...]:
        """What a person may call it: as the report does, its file without the suffix, its hostname."""
        file = self.name.rsplit("/", 1)[-1]
        stem = file.removesuffix(".gz").rsplit(".", 1)[0] if self.path is not None else ""
        return tuple(dict.fromkeys(name for name in (self.name, stem, self.hostname) if name))

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of an audit."""
        return self.head() | _as_json(self, ("findings",))

    def head(self) -> dict[str, Any]:
        """The same without its findings."""
        return _as_json(self, _OF_A_DEVICE)


_OF_A_DEVICE = ("name", "context", "asa_version", "platform", "status", "errors", "warnings", "serials", "path")


def ordered(device: DeviceAudit) -> DeviceAudit:
    """The device with its findings worst first."""
    return replace(device, findings=tuple(sorted(device.findings, key=worst_first)))
