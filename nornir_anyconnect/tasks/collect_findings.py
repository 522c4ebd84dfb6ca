"""A Nornir processor that collects findings as hosts finish: a long audit is watched, not waited for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.audit_report import once_per_chassis
from nornir_anyconnect.tasks.audit_mtu import HostAudit, failed_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nornir.core.inventory import Host
    from nornir.core.task import AggregatedResult, MultiResult, Task

    from nornir_anyconnect.audit.finding import DeviceAudit, Finding


class CollectFindings:
    """``nornir.with_processors([CollectFindings(tell)]).run(task=audit_mtu)``.

    Args:
        on_host: called with each host and its judged devices when it has finished, one call at a time. What it raises
            ends nothing: the audit goes on.

    """

    def __init__(self, on_host: Callable[[Host, tuple[DeviceAudit, ...]], object] | None = None) -> None:
        self._on_host = on_host
        self._lock = threading.Lock()
        self._devices: list[DeviceAudit] = []
        self.errors: list[Exception] = []
        """What ``on_host`` raised."""

    @property
    def devices(self) -> list[DeviceAudit]:
        """The devices that have finished so far, each chassis once."""
        with self._lock:
            return list(once_per_chassis(self._devices))

    @property
    def findings(self) -> Iterator[tuple[DeviceAudit, Finding]]:
        """Their findings."""
        return ((device, finding) for device in self.devices for finding in device.findings)

    def task_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:  # noqa: ARG002 - Nornir's
        """A host has finished."""
        done = result[0].result if result else None
        if isinstance(done, HostAudit):
            devices = done.devices
        elif isinstance(result.exception, Exception):
            devices = (failed_device(host.name, result.exception),)
        else:
            return  # another task
        with self._lock:
            self._devices.extend(devices)
            if self._on_host is not None:
                try:
                    self._on_host(host, devices)
                except Exception as error:  # noqa: BLE001 - one that watches must not cost a host its verdict
                    self.errors.append(error)

    def task_started(self, task: Task) -> None:
        """Nothing is to be done."""

    def task_completed(self, task: Task, result: AggregatedResult) -> None:
        """Nothing is to be done."""

    def task_instance_started(self, task: Task, host: Host) -> None:
        """Nothing is to be done."""

    def subtask_instance_started(self, task: Task, host: Host) -> None:
        """Nothing is to be done."""

    def subtask_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        """Nothing is to be done."""
