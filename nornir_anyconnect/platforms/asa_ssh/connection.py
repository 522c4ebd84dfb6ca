"""The Nornir connection ``anyconnect_asa``, and the platform ``asa_ssh`` over it.

Opening logs in, enables, switches the pager off, and nothing more: it never enters configuration mode and
never sends ``terminal width`` (promise 3).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.errors import AlgorithmError, AnyConnectError, EnableError, InventoryError, UnreachableError
from nornir_anyconnect.masking import remember
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.asa_ssh.credentials import from_environment, secrets_of
from nornir_anyconnect.platforms.asa_ssh.options import CONNECTION, check_host, effective_connection, options_of
from nornir_anyconnect.platforms.protocols import NOTHING_FORESEEN, Checkup, Foreseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir.core.configuration import Config
    from nornir.core.inventory import Host

    from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice
    from nornir_anyconnect.platforms.asa_ssh.session import Session

PLATFORMS = ("asa", "cisco_asa", "cisco_ftd")
SSH_PORT = 22


class AnyConnectAsa:
    """Connection plugin; ``connection`` is a :class:`~nornir_anyconnect.platforms.asa_ssh.session.Session`."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._device: AsaDevice | None = None

    @property
    def device(self) -> AsaDevice:
        """The device behind the session."""
        from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice  # noqa: PLC0415 - Nornir's start stays cheap

        if self._device is None:
            self._device = AsaDevice(self.connection)
        return self._device

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
        # Nornir imports every plugin when it starts: what speaks SSH is loaded only where a device is reached
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
        remember(password, known.enable, options.secret)  # a device may say it back
        transport = open_ssh(hostname, port or SSH_PORT, username=username, password=password, options=options)
        session = Session(
            transport,
            name=hostname,
            user=username,
            secret=options.secret or known.enable,
            reply_timeout=options.reply_timeout,
            longest_reply=int(options.reply_limit * 2**20),
            pipeline=options.pipeline,
        )
        try:
            session.log_in(enables=True)
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
            self._session = self._device = None


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


def close_session(host: Host) -> None:
    """Log out, where a session is open; never raises."""
    if CONNECTION in host.connections:
        host.close_connection(CONNECTION)


class AsaSsh:
    """The platform: an ASA, or an FTD's own command line, over SSH."""

    names = PLATFORMS
    connection = CONNECTION

    @contextmanager
    def reading(
        self, host: Host, configuration: Config, *, last_slot: bool = False, foreseen: Foreseen = NOTHING_FORESEEN
    ) -> Iterator[AsaDevice]:
        """The host for a while: a session that was opened for this is closed again, to free its slot.

        Args:
            host: of the inventory.
            configuration: Nornir's.
            last_slot: also where the device then has no SSH session left for anybody else.
            foreseen: what will be asked of each context, so that it can be asked together.

        Raises:
            NoSlotError: it would be the last one.
            AnyConnectError: as of :func:`open_session`.

        """
        was_open = CONNECTION in host.connections
        try:
            device = self._open(host, configuration)
            device.foreseen = foreseen
            if not was_open:
                device.look_ahead()
                if not last_slot:
                    device.leave_one_free()
            yield device
        finally:
            if not was_open:
                close_session(host)

    def open_writer(self, host: Host, configuration: Config) -> AsaDevice:
        """The host's device; its session is opened if there is none that lives, and sends line by line from now on.

        Raises:
            AnyConnectError: as of :func:`open_session`.

        """
        device = self._open(host, configuration)
        device.session.one_by_one()
        return device

    @staticmethod
    def _open(host: Host, configuration: Config) -> AsaDevice:
        session = open_session(host, configuration)
        if (ours := deadline.current()) is not None:
            ours.cut_with(session.cut)  # one that was open already belongs to this host's time now
        plugin: AnyConnectAsa = host.connections[CONNECTION]  # type: ignore[assignment]
        return plugin.device

    def close(self, host: Host) -> None:
        """Log out, where a session is open; never raises."""
        close_session(host)

    def secrets(self, host: Host) -> frozenset[str]:
        """Every secret that could log in to this host."""
        return secrets_of(host)

    def examine(self, host: Host, configuration: Config) -> Checkup:
        """Reach, verify, log in, ask, leave. Never raises for what is wrong with a device or its inventory entry."""
        found: dict[str, Any] = {"host": host.name}
        try:
            _look_at_server(host, found)
            with self.reading(host, configuration, last_slot=True) as device:
                found |= {"logged_in": True, "enabled": True}
                _ask(device, found)
        except EnableError as error:
            found |= {"logged_in": True, "enabled": False, "problem": error.cause, "remedy": error.remedy}
        except AnyConnectError as error:
            found |= {"problem": error.cause, "remedy": error.remedy}
        return Checkup(**found)


PLATFORM = AsaSsh()


def _look_at_server(host: Host, found: dict[str, Any]) -> None:
    """Before anything of ours is sent: does it answer, with which key, known or not."""
    from nornir_anyconnect.platforms.asa_ssh.host_keys import known_keys  # noqa: PLC0415 - Nornir's start stays cheap
    from nornir_anyconnect.platforms.asa_ssh.ssh import server_key  # noqa: PLC0415 - as above

    options = check_host(host)
    given = host.get_connection_parameters(effective_connection(host))
    if options.jump_host is not None or CONNECTION in host.connections:
        return
    if not (hostname := given.hostname or host.name):
        raise InventoryError(f"{host.name} has no hostname", "complete the inventory")
    try:
        key = server_key(hostname, given.port or SSH_PORT, options)
    except UnreachableError:
        found["reachable"] = False
        raise
    except AlgorithmError as error:
        found |= {"reachable": True, "algorithms": error.cause}
        raise
    known = known_keys(options.known_hosts, key.name).get(key.type)
    found |= {
        "reachable": True,
        "fingerprint": f"{key.type} {key.fingerprint}",
        "key_known": known is not None and known.base64 == key.base64,
    }


def _ask(device: AsaDevice, found: dict[str, Any]) -> None:
    identity = device.identity()
    found |= {"role": str(identity.role), "release": identity.ftd_release or identity.release}
    found["privilege"] = device.privilege()
    found["free_slots"] = 0
    found["free_slots"] = device.leave_one_free()
