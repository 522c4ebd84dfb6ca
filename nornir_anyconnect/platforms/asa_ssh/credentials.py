"""Where user name, password and enable secret come from: environment, keyring or a command, never a file.

``anyconnect_credentials`` is a Nornir transform function::

    inventory:
      transform_function: anyconnect_credentials
      transform_function_options: {source: command, command: [pass, show, network/asa]}
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.errors import CredentialError, InventoryError
from nornir_anyconnect.platforms.asa_ssh.options import CONNECTION, effective_connection, layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir.core.inventory import Host

USERNAME = "NORNIR_ANYCONNECT_USERNAME"
PASSWORD = "NORNIR_ANYCONNECT_PASSWORD"  # noqa: S105 - the name of a variable
ENABLE = "NORNIR_ANYCONNECT_ENABLE"
COMMAND_SECONDS = 30
SERVICE = "nornir-anyconnect"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What logs in; a part that is ``None`` is not known."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    enable: str | None = field(default=None, repr=False)
    """The enable secret."""


def from_environment() -> Credentials:
    """``NORNIR_ANYCONNECT_USERNAME``, ``_PASSWORD`` and ``_ENABLE``."""
    return Credentials(os.environ.get(USERNAME), os.environ.get(PASSWORD), os.environ.get(ENABLE))


def from_keyring(username: str | None, service: str = SERVICE) -> Credentials:
    """The system's keyring: the user's password, and ``USER:enable``.

    Raises:
        CredentialError: the keyring cannot be used.

    """
    user = username or os.environ.get(USERNAME)
    if user is None:
        raise CredentialError("a keyring needs a user name", f"set {USERNAME} or the inventory's username")
    try:
        import keyring  # noqa: PLC0415 - an optional extra

        return Credentials(user, keyring.get_password(service, user), keyring.get_password(service, f"{user}:enable"))
    except ImportError as error:
        raise CredentialError("keyring is not installed", "install nornir-anyconnect[keyring]") from error
    except Exception as error:
        raise CredentialError(f"the keyring cannot be read: {type(error).__name__}", "unlock it") from error


@lru_cache(maxsize=8)
def from_command(command: Sequence[str]) -> Credentials:
    """A command's output: password on the first line, then optional lines ``username: X`` and ``enable: X``.

    It runs once per process, without a shell, for at most 30 seconds.

    Raises:
        CredentialError: it fails, takes too long or prints nothing.

    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        # neither its output nor its arguments go into the message: either may hold a secret
        raise CredentialError(
            f"the command '{command[0]}' gave no password ({type(error).__name__})", "run it by hand"
        ) from None
    first, *others = done.stdout.splitlines() or [""]
    named = {k.strip().lower(): v.strip() for k, colon, v in (line.partition(":") for line in others) if colon}
    if not first:
        raise CredentialError(f"the command '{command[0]}' printed no password", "run it by hand")
    return Credentials(named.get("username"), first, named.get("enable"))


def anyconnect_credentials(
    host: Host, *, source: str = "environment", command: str | Sequence[str] | None = None, service: str = SERVICE
) -> None:
    """Nornir transform function: put the credentials on a host, for this run only.

    Args:
        host: a host of the inventory.
        source: ``environment``, ``keyring`` or ``command``.
        command: the command and its arguments, for ``source: command``.
        service: the keyring's name of the service.

    Raises:
        InventoryError: a password or enable secret stands in the inventory; names the layer.
        CredentialError: the source gives no password.

    """
    refuse_written_passwords(host)
    if source == "environment":
        found = from_environment()
    elif source == "keyring":
        found = from_keyring(host.username, service)
    elif source == "command" and command:
        found = from_command(tuple(shlex.split(command) if isinstance(command, str) else command))
    else:
        raise InventoryError(
            f"anyconnect_credentials: '{source}' is no source of credentials", "use environment, keyring or command"
        )
    if found.password is None and source != "environment":
        raise CredentialError(f"the {source} holds no password for {host.name}", "store it there first")
    if found.username is not None:
        host.username = found.username
    host.password = found.password
    if found.enable is not None:
        _put_secret(host, found.enable)


def secrets_of(host: Host) -> frozenset[str]:
    """Every secret that could log in to this host: texts that must never be written anywhere."""
    known = from_environment()
    given = host.get_connection_parameters(effective_connection(host))
    found = (known.password, known.enable, host.password, given.password, (given.extras or {}).get("secret"))
    return frozenset(str(each) for each in found if each)


def refuse_written_passwords(host: Host) -> None:
    """Nothing secret in inventory files.

    Raises:
        InventoryError: naming the layer.

    """
    elements = [(f"host {host.name}", host), *((f"group {g.name}", g) for g in host.extended_groups())]
    written = [(where, object.__getattribute__(element, "password")) for where, element in elements]
    written.append(("defaults", host.defaults.password))
    for name in (CONNECTION, "netmiko"):
        for where, options in layers(host, name):
            written.append((f"{where}, {name}", options.password))
            written.append((f"{where}, {name}", (options.extras or {}).get("secret")))
    for where, secret in written:
        if secret:
            raise InventoryError(
                f"{where}: a password or secret stands in the inventory",
                f"remove it; use {PASSWORD} and {ENABLE}, a keyring or a command",
            )


def _put_secret(host: Host, secret: str) -> None:
    """The enable secret travels in the extras; those of lower layers are kept beside it."""
    from nornir.core.inventory import ConnectionOptions  # noqa: PLC0415 - Nornir is there already when it calls us

    name = effective_connection(host)
    given: dict[str, Any] = dict(host.get_connection_parameters(name).extras or {})
    own = host.connection_options.setdefault(name, ConnectionOptions(None, None, None, None, None, None))
    own.extras = {**given, "secret": secret}
