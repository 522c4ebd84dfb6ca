"""The Nornir connection ``anyconnect_asa``: logs in, enables, switches the pager off, and nothing more.

It never enters configuration mode and never sends ``terminal width`` (promise 3).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.errors import InventoryError
from nornir_anyconnect.platforms.asa_ssh.credentials import from_environment
from nornir_anyconnect.platforms.asa_ssh.options import CONNECTION, check_host, effective_connection, options_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir.core.configuration import Config
    from nornir.core.inventory import Host

    from nornir_anyconnect.platforms.asa_ssh.session import Session

PLATFORMS = ("asa", "cisco_asa", "cisco_ftd")
SSH_PORT = 22


class AnyConnectAsa:
    """Connection plugin; ``connection`` is a :class:`~nornir_anyconnect.platforms.asa_ssh.session.Session`."""

    def __init__(self) -> None:
        self._session: Session | None = None

    @property
    def connection(self) -> Session:
        """The session."""
        if self._session is None:
            raise InventoryError(f"the connection {CONNECTION} is not open", "open it first")
        return self._session

    def open(  # noqa: PLR0917 - Nornir's signature
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,  # noqa: ARG002 - Nornir's signature
    ) -> None:
        """Connect and log in; what the inventory leaves out comes from ``NORNIR_ANYCONNECT_*``.

        Raises:
            InventoryError: the settings are incomplete or unsafe.
            DeviceError: the device could not be reached or logged in to.

        """
        # Nornir imports every plugin when it starts: netmiko is loaded only where a device is reached
        from nornir_anyconnect.platforms.asa_ssh.session import Session  # noqa: PLC0415 - see above
        from nornir_anyconnect.platforms.asa_ssh.ssh import open_ssh  # noqa: PLC0415 - see above

        known = from_environment()
        username, password = username or known.username, password or known.password
        if not hostname or not username:
            raise InventoryError(
                f"{hostname or 'a host'} has no {'user name' if hostname else 'hostname'}",
                "complete the inventory, or set NORNIR_ANYCONNECT_USERNAME",
            )
        if platform is not None and platform not in PLATFORMS:
            raise InventoryError(
                f"{hostname}: platform '{platform}' is not an ASA", f"use one of {', '.join(PLATFORMS)}"
            )
        options = options_of(extras, hostname, strict=False)
        transport = open_ssh(hostname, port or SSH_PORT, username=username, password=password, options=options)
        session = Session(
            transport,
            name=hostname,
            user=username,
            secret=options.secret or known.enable,
            reply_timeout=options.reply_timeout,
        )
        try:
            session.log_in()
            session.enable()
            session.pager_off()
        except BaseException:
            session.close()
            raise
        self._session = session

    def close(self) -> None:
        """Log out; never raises."""
        if self._session is not None:
            self._session.close()
            self._session = None


def open_session(host: Host, configuration: Config) -> Session:
    """The host's session; opened if there is none that lives. The inventory's settings are checked first.

    Raises:
        InventoryError: an unsafe setting, naming the layer it stands in.
        DeviceError: the device could not be reached or logged in to.

    """
    check_host(host)
    existing = host.connections.get(CONNECTION)
    if existing is not None:
        session: Session = existing.connection
        if session.alive:
            return session
        host.close_connection(CONNECTION)
    given = host.get_connection_parameters(effective_connection(host))
    platform = given.platform if given.platform in PLATFORMS else host.platform
    opened = host.open_connection(
        CONNECTION, configuration, hostname=given.hostname or host.name, username=given.username,
        password=given.password, port=given.port, platform=platform, extras=given.extras,
    )  # fmt: skip
    fresh: Session = opened.connection
    return fresh


@contextmanager
def closing_session(host: Host, configuration: Config, *, last_slot: bool = False) -> Iterator[Session]:
    """The host's session for a while: one that was opened for this is closed again, to free its slot.

    Args:
        host: of the inventory.
        configuration: Nornir's.
        last_slot: also where the device then has no SSH session left for anybody else.

    Raises:
        NoSlotError: it would be the last one.
        AnyConnectError: as of :func:`open_session`.

    """
    from nornir_anyconnect.platforms.asa_ssh.slots import leave_one_free  # noqa: PLC0415 - Nornir's start must stay cheap

    was_open = CONNECTION in host.connections
    try:
        session = open_session(host, configuration)
        if not was_open and not last_slot:
            leave_one_free(session)
        yield session
    finally:
        if not was_open:
            close_session(host)


def close_session(host: Host) -> None:
    """Log out, where a session is open; never raises."""
    if CONNECTION in host.connections:
        host.close_connection(CONNECTION)
