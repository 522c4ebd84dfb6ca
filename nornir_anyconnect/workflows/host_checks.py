"""Is every host ready for an audit, and which key does it present? Changes nothing, on no device."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir.core.task import Result

from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.platforms import platform_of
from nornir_anyconnect.platforms.asa_ssh.connection import SSH_PORT
from nornir_anyconnect.platforms.asa_ssh.host_keys import known_keys
from nornir_anyconnect.platforms.asa_ssh.options import check_host, effective_connection
from nornir_anyconnect.platforms.asa_ssh.ssh import server_key
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT, host_deadline
from nornir_anyconnect.runners.chassis import ChassisRunner

if TYPE_CHECKING:
    from pathlib import Path

    from nornir.core import Nornir
    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult, Task

    from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey
    from nornir_anyconnect.platforms.protocols import Checkup
    from nornir_anyconnect.workflows.fleet import OnHost


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """The key that a host presents now; ``state`` against its known_hosts is new, known or changed."""

    host: str
    known_hosts: Path
    key: HostKey
    state: str


def examine_fleet(nornir: Nornir, workers: int, on_host: OnHost, host_timeout: float = HOST_TIMEOUT) -> list[Checkup]:
    """Every host as an audit would find it, by name."""
    found: list[Checkup] = []
    lock = threading.Lock()

    def ended(_host: Host, result: MultiResult) -> None:
        if result.exception is not None:
            raise result.exception
        with lock:
            found.append(result[0].result)
            on_host(not result[0].result.well)

    runner = ChassisRunner(workers, ended)
    nornir.with_runner(runner).run(task=_examine, host_timeout=host_timeout)
    runner.pass_interrupt_on()
    return sorted(found, key=lambda each: each.host)


def _examine(task: Task, host_timeout: float) -> Result:
    with host_deadline(host_timeout, task.host.name):
        return Result(host=task.host, result=platform_of(task.host).examine(task.host, task.nornir.config))


def presented_keys(nornir: Nornir, workers: int, on_host: OnHost) -> tuple[list[PresentedKey], dict[str, str]]:
    """The keys that the hosts present, by name, and why which host presented none."""
    shown: list[PresentedKey] = []
    failed: dict[str, str] = {}
    lock = threading.Lock()

    def ended(host: Host, result: MultiResult) -> None:
        with lock:
            if result.exception is None:
                shown.append(result[0].result)
            else:
                failed[host.name] = str(result.exception)
            on_host(result.failed)

    runner = ChassisRunner(workers, ended)
    nornir.with_runner(runner).run(task=_presented)
    runner.pass_interrupt_on()
    return sorted(shown, key=lambda each: each.host), failed


def _presented(task: Task) -> Result:
    """No user name and no password is sent."""
    with host_deadline(HOST_TIMEOUT, task.host.name):
        return Result(host=task.host, result=_presented_key(task.host))


def _presented_key(host: Host) -> PresentedKey:
    chosen = check_host(host)
    if chosen.jump_host is not None:
        raise AnyConnectError("it is reached through a jump host", "learn its key on the jump host")
    given = host.get_connection_parameters(effective_connection(host))
    key = server_key(given.hostname or host.name, given.port or SSH_PORT, chosen)
    known = known_keys(chosen.known_hosts, key.name)
    same = known.get(key.type)
    alike = same is not None and same.base64 == key.base64
    state = "new" if not known else "known" if alike else "changed"
    return PresentedKey(host.name, chosen.known_hosts, key, state)
