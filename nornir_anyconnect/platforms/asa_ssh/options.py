"""Connection settings of the inventory, and the ones that are refused (promise 7).

Nornir *replaces* the ``extras`` of defaults and groups by those of a host, it does not merge them: what is
safe here is safe without any setting, and an unsafe one is refused in whatever layer it stands.
"""

from __future__ import annotations

import difflib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.errors import InventoryError
from nornir_anyconnect.platforms.deadline import time_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nornir.core.inventory import ConnectionOptions, Host

DEFAULT_KNOWN_HOSTS = Path("~/.ssh/known_hosts")
CONNECTION = "anyconnect_asa"
"""The name of the connection plugin; without settings of its own, those of ``netmiko`` are read."""

_SECONDS = {
    "connect_timeout": "connect_timeout",
    "conn_timeout": "connect_timeout",
    "timeout": "connect_timeout",
    "banner_timeout": "login_timeout",
    "auth_timeout": "login_timeout",
    "login_timeout": "login_timeout",
    "reply_timeout": "reply_timeout",
    "read_timeout_override": "reply_timeout",
}
TRANSPORTS = ("asyncssh", "netmiko")
_PATHS = {"known_hosts": "known_hosts", "alt_key_file": "known_hosts", "key_file": "key_file"}
_LARGEST = 4096.0
"""MB"""
_HARMLESS = {"device_type", "ssh_strict", "system_host_keys", "alt_host_keys", "use_keys", "allow_agent", "verbose"}

_NEVER = "remove it"
_UNSAFE: tuple[tuple[str, Any, str, str], ...] = (
    ("ssh_strict", False, "host keys would not be verified", "remove it; learn the keys with trust-hosts"),
    ("auto_add", True, "any host key would be accepted", "remove it; learn the keys with trust-hosts"),
    ("auto_add_policy", True, "any host key would be accepted", "remove it; learn the keys with trust-hosts"),
    ("allow_agent", True, "every key of the agent costs one refused login", "name the one key as key_file"),
    ("global_cmd_verify", False, "a reply could not be told from another", _NEVER),
    ("fast_cli", True, "a reply could be taken for complete before it is", _NEVER),
    ("allow_auto_change", True, "the login would enter configuration mode", _NEVER),
    ("session_log", None, "whole configurations and secrets would be written to a file", _NEVER),
    ("session_log_record_writes", True, "passwords would be written to a file", _NEVER),
    ("password", None, "a password does not belong into an inventory file", "use anyconnect_credentials"),
    ("disabled_algorithms", None, "it silently changes what is negotiated", "use legacy_ssh: true for an old box"),
    ("disable_sha2_fix", True, "it weakens the signatures", "use legacy_ssh: true for an old box"),
    ("ssh_config_file", None, "its ProxyCommand and host keys are not checked here", "use jump_host"),
)
"""Setting, the value that is unsafe (None: any), why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class JumpHost:
    """An SSH server in between; its host key is verified as well."""

    hostname: str
    port: int
    username: str | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How to reach one device. Times in seconds."""

    known_hosts: Path = DEFAULT_KNOWN_HOSTS
    key_file: Path | None = None
    secret: str | None = field(default=None, repr=False)
    """The enable secret."""
    jump_host: JumpHost | None = None
    legacy_ssh: bool = False
    """Also SHA-1 key exchange, ssh-rsa, 3DES and MD5, for a box that offers nothing better."""
    connect_timeout: float = 15.0
    login_timeout: float = 30.0
    reply_timeout: float = 30.0
    """Silence after which a device counts as hanging."""
    reply_limit: float = 64.0
    """MB that one reply may have."""
    transport: str = "asyncssh"
    """The library that speaks SSH; one of ``TRANSPORTS``."""
    pipeline: bool = True
    """Ask an audit's questions without waiting for each reply."""


def options_of(extras: Mapping[str, Any] | None, where: str, *, strict: bool = True) -> Options:
    """Read ``extras``; ``where`` names the layer for error messages.

    Args:
        extras: as Nornir hands them over.
        where: the layer they came from.
        strict: an unknown setting is an error (not for settings written for netmiko).

    Raises:
        InventoryError: an unsafe, unknown or unreadable setting.

    """
    given = dict(extras or {})
    _refuse_unsafe(given, where)
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _READ:
            if strict and name not in _HARMLESS and not any(name == unsafe[0] for unsafe in _UNSAFE):
                close = difflib.get_close_matches(name, _READ, 1)
                raise InventoryError(
                    f"{where}: unknown setting '{name}'", f"did you mean '{close[0]}'?" if close else "remove it"
                )
        elif value is not None:
            field_name, read = _READ[name]
            values[field_name] = read(name, value, where)
    return Options(**values)


def layers(host: Host, connection: str) -> Iterator[tuple[str, ConnectionOptions]]:
    """The layers that set something for this connection, nearest first."""
    candidates = [(f"host {host.name}", host), *((f"group {g.name}", g) for g in host.extended_groups())]
    for where, element in candidates:
        if connection in element.connection_options:
            yield where, element.connection_options[connection]
    if connection in host.defaults.connection_options:
        yield "defaults", host.defaults.connection_options[connection]


def effective_connection(host: Host) -> str:
    """The connection whose settings count: our own if any layer has them, else ``netmiko``."""
    return CONNECTION if any(True for _ in layers(host, CONNECTION)) else "netmiko"


def check_host(host: Host) -> Options:
    """The settings of a host, once no layer holds an unsafe one.

    Raises:
        InventoryError: naming the layer.

    """
    connection = effective_connection(host)
    given = [(where, options.extras) for where, options in layers(host, connection) if options.extras is not None]
    for where, extras in reversed(given):
        # Nornir hands the extras of a lower layer on to the host: the deepest layer is the one that wrote them
        _refuse_unsafe(extras, f"{where}, {connection}")
    if not given:
        return Options()
    where = next(name for name, extras in reversed(given) if extras is given[0][1])
    return options_of(given[0][1], f"{where}, {connection}", strict=connection == CONNECTION)


def _refuse_unsafe(extras: Mapping[str, Any], where: str) -> None:
    for name, unsafe, why, remedy in _UNSAFE:
        value = extras.get(name)
        if value is not None and (unsafe is None or _truth(value) is unsafe):
            raise InventoryError(f"{where}: '{name}' is refused: {why}", remedy)


def _truth(value: Any) -> bool | None:
    """YAML's booleans, also where somebody put them into quotes."""
    if isinstance(value, str):
        return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(value.lower())
    return bool(value)


def _yes_or_no(name: str, value: Any, where: str) -> bool:
    truth = _truth(value)
    if truth is None or not isinstance(value, bool | str):
        raise InventoryError(f"{where}: '{name}' must be true or false, not {value!r}", "correct the inventory")
    return truth


def _transport(name: str, value: Any, where: str) -> str:
    if value not in TRANSPORTS:
        raise InventoryError(
            f"{where}: '{name}' must be {' or '.join(TRANSPORTS)}, not {value!r}", "correct the inventory"
        )
    return str(value)


def _path(name: str, value: Any, where: str) -> Path:
    path = Path(os.path.expanduser(str(value)))  # noqa: PTH111 - without a home it stays as it is
    try:
        mode = path.stat().st_mode
    except OSError:
        return path  # who needs it says so
    except ValueError as error:
        raise InventoryError(f"{where}: '{name}' is no path: {error}", "correct the inventory") from error
    # a device may have no end; an empty one is what people name for "no keys at all"
    if not stat.S_ISREG(mode) and str(path) != os.devnull:
        raise InventoryError(f"{where}: '{name}' is {path}, which is no file", "correct the inventory")
    return path


def _text(_name: str, value: Any, _where: str) -> str:
    return str(value)


def _megabytes(name: str, value: Any, where: str) -> float:
    try:
        size = float(value)
    except (TypeError, ValueError, OverflowError):
        size = -1.0
    if not 0 < size <= _LARGEST:
        raise InventoryError(f"{where}: '{name}' must be megabytes, not {value!r}", "correct the inventory")
    return size


def _jump_host(_name: str, value: Any, where: str) -> JumpHost:
    if isinstance(value, str):
        user, at, place = value.rpartition("@")
        name, _, port = place.partition(":")
        value = {"hostname": name, "port": port or 22, "username": user if at else None}
    given = {"port": 22, **value} if isinstance(value, dict) else {}
    unknown = set(given) - {"hostname", "port", "username", "key_file"}
    port = str(given.get("port"))
    if unknown or not given.get("hostname") or not (port.isdecimal() and len(port) < 6 and 0 < int(port) < 1 << 16):  # noqa: PLR2004
        raise InventoryError(
            f"{where}: 'jump_host' cannot be read", "give user@host:port, or hostname, port, username and key_file"
        )
    key_file = given.get("key_file")
    return JumpHost(
        hostname=str(given["hostname"]),
        port=int(port),
        username=given.get("username"),
        key_file=_path("key_file", key_file, where) if key_file else None,
    )


_READ: dict[str, tuple[str, Callable[[str, Any, str], Any]]] = {
    **{name: (ours, time_limit) for name, ours in _SECONDS.items()},
    **{name: (ours, _path) for name, ours in _PATHS.items()},
    "jump_host": ("jump_host", _jump_host),
    "legacy_ssh": ("legacy_ssh", _yes_or_no),
    "pipeline": ("pipeline", _yes_or_no),
    "reply_limit": ("reply_limit", _megabytes),
    "secret": ("secret", _text),
    "transport": ("transport", _transport),
}
"""Setting -> the field that it fills, and how its value is read."""
