"""One chassis is one device, however many hosts of the inventory lead to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.finding import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nornir_anyconnect.audit.finding import DeviceAudit

_WHOLLY = (Status.OK, Status.PARTIAL, Status.FAILED)


def once_per_chassis(devices: Iterable[DeviceAudit]) -> list[DeviceAudit]:
    """Each context of each chassis once, by host name; who shares a serial number shares the chassis.

    Of several hosts the one that could be judged most wholly stands for all, with a warning that names the others.
    """
    kept: list[DeviceAudit] = []
    for group in _same_box(sorted(devices, key=lambda each: (each.name, each.context or ""))):
        best = min(group, key=lambda each: _WHOLLY.index(each.status))
        others = [each.name for each in group if each is not best]
        if others:
            said = notice("same-chassis", names=tuple(others))
            serials = tuple(dict.fromkeys(serial for each in group for serial in each.serials))
            best = replace(best, warnings=(*best.warnings, said), serials=serials)
        kept.append(best)
    return kept


def _same_box(devices: Sequence[DeviceAudit]) -> list[list[DeviceAudit]]:
    """Groups with a serial number in common, directly or through another one, and the same context."""
    groups: list[list[DeviceAudit]] = []
    for device in devices:
        mine = [
            group
            for group in groups
            if group[0].context == device.context and any(set(device.serials) & set(each.serials) for each in group)
        ]
        merged = [each for group in mine for each in group] + [device]
        groups = [group for group in groups if group not in mine] + [merged]
    return groups
