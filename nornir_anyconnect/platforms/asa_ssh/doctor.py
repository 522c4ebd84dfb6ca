"""Look at one host as an audit would find it, step by step; changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.commands import Show, ShowCommand
from nornir_anyconnect.errors import AlgorithmError, AnyConnectError, InventoryError, UnreachableError
from nornir_anyconnect.platforms.asa_ssh.connection import SSH_PORT, closing_session
from nornir_anyconnect.platforms.asa_ssh.host_keys import known_keys
from nornir_anyconnect.platforms.asa_ssh.options import CONNECTION, check_host, effective_connection
from nornir_anyconnect.platforms.asa_ssh.slots import free_slots, no_slot

if TYPE_CHECKING:
    from nornir.core.configuration import Config
    from nornir.core.inventory import Host

    from nornir_anyconnect.platforms.asa_ssh.session import Session


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found; ``None`` where it could not be found out."""

    host: str
    reachable: bool | None = None
    key_known: bool | None = None
    fingerprint: str | None = None
    algorithms: str | None = None
    """What was offered, where it is not used here."""
    logged_in: bool = False
    privilege: int | None = None
    role: str | None = None
    release: str | None = None
    free_slots: int | None = None
    """SSH sessions left beside ours."""
    problem: str | None = None
    remedy: str | None = None

    @property
    def well(self) -> bool:
        """An audit would get through."""
        return self.problem is None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__} | {"well": self.well}


def examine(host: Host, configuration: Config) -> Checkup:
    """Reach, verify, log in, ask, leave. Never raises for what is wrong with a device or its inventory entry."""
    found: dict[str, Any] = {"host": host.name}
    try:
        _look_at_server(host, found)
        with closing_session(host, configuration, last_slot=True) as session:
            found["logged_in"] = True
            _ask(session, found)
    except AnyConnectError as error:
        found |= {"problem": error.cause, "remedy": error.remedy}
    return Checkup(**found)


def _look_at_server(host: Host, found: dict[str, Any]) -> None:
    """Before anything of ours is sent: does it answer, with which key, known or not."""
    from nornir_anyconnect.platforms.asa_ssh.ssh import server_key  # noqa: PLC0415 - loads netmiko

    options = check_host(host)
    given = host.get_connection_parameters(effective_connection(host))
    if options.jump_host is not None or CONNECTION in host.connections:
        return
    if not (hostname := given.hostname or host.name):
        raise InventoryError(f"{host.name} has no hostname", "complete the inventory")
    try:
        key = server_key(
            hostname, given.port or SSH_PORT, timeout=options.connect_timeout, legacy_ssh=options.legacy_ssh
        )
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
        "key_known": known is not None and known.get_base64() == key.base64,
    }


def _ask(session: Session, found: dict[str, Any]) -> None:
    identity = session.identity()
    found |= {"role": str(identity.role), "release": identity.ftd_release or identity.release}
    level = re.search(r"privilege level *: *(\d+)", session.send(ShowCommand(Show.CURPRIV)).text)
    found["privilege"] = int(level[1]) if level else None
    found["free_slots"] = free_slots(session)
    if found["free_slots"] == 0:
        raise no_slot(session)
