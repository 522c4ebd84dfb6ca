"""The platform: hosts whose inventory names their manager (``connection_options.anyconnect_fmc``). Only read."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.errors import AnyConnectError, GateError, InventoryError, RejectedError
from nornir_anyconnect.platforms.deadline import time_limit
from nornir_anyconnect.platforms.protocols import NOTHING_FORESEEN, Checkup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nornir.core.configuration import Config
    from nornir.core.inventory import Host

    from nornir_anyconnect.platforms.fmc.client import FmcClient
    from nornir_anyconnect.platforms.fmc.device import ManagedFtd
    from nornir_anyconnect.platforms.fmc.objects import Estate
    from nornir_anyconnect.platforms.protocols import DeviceWriter, Foreseen

CONNECTION = "anyconnect_fmc"
USERNAME, PASSWORD = "NORNIR_ANYCONNECT_FMC_USERNAME", "NORNIR_ANYCONNECT_FMC_PASSWORD"
_OPTIONS = frozenset({"url", "domain", "verify", "timeout"})


class Manager:
    """A client and what its manager holds, asked for once."""

    def __init__(self, client: FmcClient) -> None:
        self.client = client
        self._lock = threading.Lock()
        self._estate: Estate | None = None

    @property
    def estate(self) -> Estate:
        """What the manager holds of remote access VPN.

        Raises:
            DeviceError: it cannot be read.

        """
        from nornir_anyconnect.platforms.fmc.objects import read_estate  # noqa: PLC0415 - loads httpx

        with self._lock:
            if self._estate is None:
                self._estate = read_estate(self.client)
            return self._estate


_managers: dict[object, Manager] = {}
_lock = threading.Lock()


def manager_of(options: Mapping[str, Any]) -> Manager:
    """The manager with these options; one for all hosts and threads.

    Raises:
        InventoryError: the options are not as they must be, no credentials are known, or httpx is not installed.

    """
    try:
        from nornir_anyconnect.platforms.fmc.client import FmcClient, ManagerOptions  # noqa: PLC0415 - loads httpx
    except ImportError as error:
        raise InventoryError("httpx is not installed", "pip install 'nornir-anyconnect[fmc]'") from error

    if unknown := set(options) - _OPTIONS:
        raise InventoryError(f"{CONNECTION} has no option '{min(unknown)}'", f"use {', '.join(sorted(_OPTIONS))}")
    user, password = os.environ.get(USERNAME), os.environ.get(PASSWORD)
    if not user or not password:
        raise InventoryError("no credentials for the management center", f"set {USERNAME} and {PASSWORD}")
    url, verify, domain = options.get("url"), options.get("verify", True), options.get("domain")
    if not isinstance(url, str) or not isinstance(verify, bool | str) or not isinstance(domain, str | None):
        raise InventoryError(f"{CONNECTION} names no manager", "write url: https://NAME, and verify: a file or false")
    timeout = time_limit("timeout", options.get("timeout", 60), CONNECTION)
    settings = ManagerOptions(url.rstrip("/"), user, password, domain, verify, timeout)
    with _lock:
        if settings not in _managers:
            _managers[settings] = Manager(FmcClient(settings))
        return _managers[settings]


class FtdBehindFmc:
    """An FTD that belongs to a management center."""

    names = ("cisco_ftd_fmc",)
    connection = CONNECTION

    @contextmanager
    def reading(
        self,
        host: Host,
        configuration: Config,  # noqa: ARG002 - the protocol's, like the next two
        *,
        last_slot: bool = False,  # noqa: ARG002 - see above
        foreseen: Foreseen = NOTHING_FORESEEN,  # noqa: ARG002 - see above
    ) -> Iterator[ManagedFtd]:
        """The host for a while.

        Raises:
            AnyConnectError: its manager cannot be asked, or does not know it.

        """
        from nornir_anyconnect.platforms.fmc.device import ManagedFtd  # noqa: PLC0415 - Nornir's start stays cheap

        given = host.get_connection_parameters(CONNECTION)
        manager = manager_of(given.extras or {})
        estate = manager.estate
        name = given.hostname or host.name
        if name not in estate.devices:
            raise RejectedError(
                f"{manager.client.options.url} has no device '{name}'",
                f"name it as FMC does: hostname under connection_options.{CONNECTION}",
            )
        url = manager.client.options.url
        yield ManagedFtd(manager.client, host.name, estate.devices[name], estate.of(name, url))

    def open_writer(self, host: Host, configuration: Config) -> DeviceWriter:  # noqa: ARG002 - it is not opened
        """Refused.

        Raises:
            GateError: always: its configuration belongs to its manager.

        """
        raise GateError(
            f"{host.name} belongs to FMC, which is only read", "change it there, as the plan says, and deploy"
        )

    def close(self, host: Host) -> None:
        """There is no session of a host."""

    def secrets(self, host: Host) -> frozenset[str]:  # noqa: ARG002 - the manager's alone
        """What logs in to the manager."""
        return frozenset(each for each in (os.environ.get(PASSWORD),) if each)

    def examine(self, host: Host, configuration: Config) -> Checkup:
        """Ask the manager, and through it the device."""
        found: dict[str, Any] = {"host": host.name}
        try:
            with self.reading(host, configuration) as device:
                found |= {"reachable": True, "key_known": True, "logged_in": True}
                identity = device.identity()
                found |= {"role": str(identity.role), "release": identity.ftd_release}
        except AnyConnectError as error:
            found |= {"problem": error.cause, "remedy": error.remedy}
        return Checkup(**found)


PLATFORM = FtdBehindFmc()
