"""``inventory: {plugin: AnyConnectFMC}``: a host of each device that has a remote access VPN policy."""

from __future__ import annotations

from typing import Any

from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory

from nornir_anyconnect.platforms.fmc.manager import CONNECTION, manager_of


class AnyConnectFMC:
    """Nornir's inventory plugin.

    Args:
        url: of the manager, ``https://fmc.example.com``.
        domain: name or UUID; the user's own without.
        verify: False, True, or a file of certificates.

    """

    def __init__(self, url: str, domain: str | None = None, verify: bool | str = True) -> None:
        self._options: dict[str, Any] = {"url": url, "domain": domain, "verify": verify}

    def load(self) -> Inventory:
        """Ask the manager.

        Raises:
            AnyConnectError: it cannot be read.

        """
        defaults = Defaults()
        hosts = Hosts()
        for name in sorted(manager_of(self._options).estate.policies):
            options = ConnectionOptions(hostname=name, extras=dict(self._options))
            hosts[name] = Host(
                name, platform="cisco_ftd_fmc", connection_options={CONNECTION: options}, defaults=defaults
            )
        return Inventory(hosts, Groups(), defaults)
