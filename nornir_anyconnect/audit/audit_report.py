"""A whole audit: its devices, their totals, and the JSON of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.chassis import Counted, by_marks
from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.device_store import Change, DeviceStore
from nornir_anyconnect.audit.finding import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nornir_anyconnect.audit.finding import DeviceAudit, Finding
    from nornir_anyconnect.evidence.logs_report import Input

SCHEMA = "nornir-anyconnect/audit/1"
_WHOLLY = (Status.OK, Status.PARTIAL, Status.FAILED)


@dataclass(slots=True)
class Summary:
    """Running totals; findings are counted as they stream by, texts are not kept."""

    devices: int = 0
    failed_devices: int = 0
    findings: int = 0
    at_risk: int = 0
    mitigated: int = 0
    safe: int = 0
    not_applicable: int = 0
    unknown: int = 0
    confirmed: int = 0
    users_affected: int = 0
    users_past: int = 0
    """Users that were hit before the present settings."""
    _boxes: Counted = field(default_factory=Counted, compare=False)
    _failed_boxes: Counted = field(default_factory=Counted, compare=False)

    def add(self, device: DeviceAudit) -> None:
        """Count one device or context; a chassis counts once, and so does a user hit through several findings."""
        self.devices += self._boxes.is_new(_marks(device))
        if device.status is Status.FAILED:
            self.failed_devices += self._failed_boxes.is_new(_marks(device))
        self.users_affected += users_hit(device)
        for finding in device.findings:
            self.findings += 1
            field_name = str(finding.verdict).replace("-", "_")
            setattr(self, field_name, getattr(self, field_name) + 1)
            self.confirmed += finding.confirmed
        # the findings of a device may tell of the same users
        past = (each.evidence.past.users for each in device.findings if each.evidence and each.evidence.past)
        self.users_past += max(past, default=0)

    def to_dict(self) -> dict[str, int]:
        """As in the JSON of an audit."""
        return {name: getattr(self, name) for name in self.__slots__ if not name.startswith("_")}


def users_seen(finding: Finding) -> int | None:
    """How many users its evidence shows as hit; None where nothing could have shown them."""
    seen = finding.evidence
    return None if seen is None or (seen.observable != "yes" and not seen.users) else seen.users


def users_hit(device: DeviceAudit) -> int:
    """How many users of a device were hit, each once, through however many findings."""
    if device.nameless_users is not None:
        return device.nameless_users
    seen = [finding.evidence for finding in device.findings if finding.evidence]
    named = {user for each in seen for user in each.user_names}
    return len(named) + max((each.users - len(each.user_names) for each in seen), default=0)


@dataclass(slots=True)
class LogsTell:
    """Whether the logs that were given show all that happened on the devices that they are of."""

    strangers: int = 0
    """Users who were hit under group policies that no configuration has: they were seen, and nothing was judged."""
    _own: int = 0
    _blind: int = 0
    _of_others: int = 0
    _without: int = 0

    def add(self, device: DeviceAudit) -> None:
        """Count what one device's evidence says of its logs."""
        told = (each for each in device.warnings if each.code == "evidence-of-unknown-policy")
        self.strangers += sum(each.parameters["users"] for each in told)
        for seen in (finding.evidence for finding in device.findings if finding.evidence):
            why = seen.observable_reason.code if seen.observable_reason is not None else None
            if why == "log-of-others":
                self._of_others += 1
            elif why == "no-log-given":
                self._without += 1
            else:
                self._own += 1
                self._blind += seen.observable != "yes"

    @property
    def any(self) -> bool:
        """Whether a log of any device was among what was given."""
        return bool(self._own or self._of_others)

    @property
    def all(self) -> bool:
        """A log of another device does no harm beside one that is this fleet's."""
        ours = bool(self._own) or not (self._of_others or self._without)
        return not self.strangers and not self._blind and ours


def _marks(device: DeviceAudit) -> set[str]:
    """Its serial numbers; contexts without one belong together by their host's name."""
    return set(device.serials) or ({f"host {device.name}"} if device.context else set())


def once_per_chassis(devices: Iterable[DeviceAudit]) -> Sequence[DeviceAudit]:
    """Each context of each chassis once, by host name; who shares a serial number shares the chassis.

    Of several hosts the one that could be judged most wholly stands for all, with a warning that names the others.
    """
    store = devices if isinstance(devices, DeviceStore) else DeviceStore(devices)
    order: list[int] = []
    own: dict[int, Change] = {}
    in_order = sorted(store.heads, key=lambda each: (each.name, each.context or ""))
    for group in by_marks(in_order, lambda each: [(serial, each.context) for serial in each.serials]):
        best = min(group, key=lambda each: _WHOLLY.index(each.status))
        order.append(best.place)
        others = tuple(each.name for each in group if each is not best)
        if others:
            serials = tuple(dict.fromkeys(serial for each in group for serial in each.serials))
            own[best.place] = partial(_standing_for, others=others, serials=serials)
    found = store.arranged(order, own)
    return found if store is devices else list(found)


def _standing_for(device: DeviceAudit, *, others: tuple[str, ...], serials: tuple[str, ...]) -> DeviceAudit:
    said = notice("same-chassis", names=others)
    return replace(device, warnings=(*device.warnings, said), serials=serials)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A whole audit."""

    devices: Sequence[DeviceAudit]
    generated_at: str
    tool_version: str
    inputs: tuple[Input, ...] | None = None
    """What was read as what; None where devices were asked and no file was read."""
    sites: Mapping[str, str] = field(default_factory=dict)
    """Site by device name, where the inventory tells."""

    @property
    def caveats(self) -> tuple[str, ...]:
        """What holds for every verdict of the report alike, once."""
        judged = any(finding.gap is not None for device in self.devices for finding in device.findings)
        return ("client-path-assumed",) if judged else ()

    @property
    def summary(self) -> Summary:
        """Totals over all devices."""
        total = Summary()
        for device in self.devices:
            total.add(device)
        return total

    def head(self) -> dict[str, Any]:
        """All but the devices of the JSON contract."""
        return {
            "schema": SCHEMA,
            "generated_at": self.generated_at,
            "tool_version": self.tool_version,
            "summary": self.summary.to_dict(),
            "caveats": list(self.caveats),
            **({} if self.inputs is None else {"inputs": [each.to_dict() for each in self.inputs]}),
        }

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract, schema ``nornir-anyconnect/audit/1``."""
        return {**self.head(), "devices": [device.to_dict() for device in self.devices]}
