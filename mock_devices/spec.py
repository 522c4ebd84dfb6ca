"""What a fleet file says about each device (YAML), and how it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from mock_devices.faults import Fault
from mock_devices.release import Release, release
from mock_devices.traffic import people
from mock_devices.truth import Truth

DEFAULT_FLEET = files(__package__).joinpath("fleet.yaml")


class FleetError(ValueError):
    """The fleet file is wrong; says which device and what."""


@dataclass(frozen=True, slots=True)
class User:
    """An administrator of the simulated box."""

    password: str
    privilege: int = 15


@dataclass(frozen=True, slots=True)
class FailoverSpec:
    """A unit of a failover pair: ``unit`` primary or secondary, ``role`` active or standby."""

    unit: str
    role: str
    mate: str


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A unit of a cluster: ``state`` is control or data."""

    group: str
    unit: str
    state: str


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One device of the fleet file; see ``fleet.yaml`` for every key."""

    name: str
    hostname: str
    version: str
    config: str = ""
    startup: str | None = None
    contexts: Mapping[str, str] = field(default_factory=dict)
    """Name of a context to its configuration; with contexts, ``config`` is that of the system space."""
    platform: str = "asa"
    ftd_version: str | None = None
    clish: bool = False
    """An FTD's own command line (a bare ``>``) instead of the ASA's."""
    model: str = "ASAv"
    serial: str = "9A0000000000"
    users: Mapping[str, User] = field(default_factory=dict)
    enable_password: str = ""
    auto_enable: bool = False
    command_authorization: bool = False
    failover: FailoverSpec | None = None
    cluster: ClusterSpec | None = None
    host_key: str = "ed25519"
    old_algorithms: bool = False
    key_exchange: tuple[str, ...] = ()
    """The only key exchanges it offers; none means what asyncssh does."""
    ssh_sessions: int = 5
    truth: Truth = field(default_factory=Truth)
    traffic: tuple[Mapping[str, Any], ...] = ()
    """Simulated users; see ``mock_devices.traffic``."""
    traffic_minutes: float = 30.0
    """Simulated time that has passed when the device starts to listen."""
    faults: tuple[Fault, ...] = ()
    inventory: Mapping[str, Any] = field(default_factory=dict)
    """What the Nornir inventory says of it besides address and platform."""
    entry: str = ""
    """The entry of the fleet file it was made from."""

    @property
    def release(self) -> Release:
        """The ASA (LINA) release as numbers."""
        return release(self.version)

    @property
    def is_multi(self) -> bool:
        """Whether it runs security contexts."""
        return bool(self.contexts)


def _text(value: str | list[str], folder: Path | None) -> str:
    """A configuration given inline, or files beside the fleet file or in the package; several are joined."""
    if isinstance(value, list):
        return "\n".join(_text(part, folder) for part in value)
    if "\n" in value or not value.endswith(".cfg"):
        return value
    packaged = files(__package__).joinpath("configs", value)
    beside = folder / value if folder else None
    if beside and beside.is_file():
        return beside.read_text("utf-8")
    if packaged.is_file():
        return packaged.read_text("utf-8")
    raise FleetError(f"configuration file {value} is neither beside the fleet file nor packaged")


def device_spec(entry: Mapping[str, Any], folder: Path | None = None) -> DeviceSpec:
    """One entry of a fleet file.

    Raises:
        FleetError: a key that is unknown, missing or of the wrong form.

    """
    values = dict(entry)
    try:
        name = values["name"]
        values.setdefault("hostname", name)
        values["version"] = str(values.pop("release"))
        release(values["version"])
        values["config"] = _text(values.get("config", ""), folder)
        if values.get("startup") is not None:
            values["startup"] = _text(values["startup"], folder)
        values["contexts"] = {context: _text(text, folder) for context, text in (values.get("contexts") or {}).items()}
        values["users"] = {
            user: User(**settings) if isinstance(settings, Mapping) else User(str(settings))
            for user, settings in (values.get("users") or {}).items()
        }
        for key, made in (("failover", FailoverSpec), ("cluster", ClusterSpec), ("truth", Truth)):
            if isinstance(values.get(key), Mapping):
                values[key] = made(**{axis: str(value) for axis, value in values[key].items()})
        values["key_exchange"] = tuple(values.get("key_exchange") or ())
        values["faults"] = tuple(Fault(**fault) for fault in values.get("faults") or ())
        values["traffic"] = tuple(values.get("traffic") or ())
        for users in values["traffic"]:
            people(users)
        return DeviceSpec(entry=name, **values)
    except (KeyError, TypeError, ValueError) as wrong:
        raise FleetError(f"device {entry.get('name', '(without name)')}: {wrong}") from wrong


def read_fleet(source: str | Path | Mapping[str, Any] | None = None) -> list[DeviceSpec]:
    """The devices of a fleet file, of a mapping of the same shape, or of the packaged fleet.

    Raises:
        FleetError: not a fleet.

    """
    folder = None
    if isinstance(source, Mapping):
        content: Any = source
    else:
        path = source or DEFAULT_FLEET
        folder = Path(source).parent if source else None
        reader = Path(path) if isinstance(path, str) else path
        try:
            content = yaml.safe_load(reader.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as wrong:
            raise FleetError(f"{path} is not YAML") from wrong
    entries = content.get("devices") if isinstance(content, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise FleetError("a fleet file needs a list named 'devices'")
    defaults = content.get("defaults") or {}
    if not all(isinstance(each, Mapping) for each in (defaults, *entries)):
        raise FleetError("'defaults' and each of 'devices' are 'key: value' lines")
    specs = [device_spec({**defaults, **entry}, folder) for entry in entries]
    names = [spec.name for spec in specs]
    if len(set(names)) != len(names):
        raise FleetError("two devices of the fleet have the same name")
    return specs


def _serial(name: str) -> str:
    return "9A" + hashlib.sha256(name.encode()).hexdigest()[:9].upper()


def expand(specs: list[DeviceSpec], count: int | None) -> list[DeviceSpec]:
    """``count`` devices in all: the entries in turn, copies with names and serial numbers of their own."""
    if count is None:
        return specs
    made = []
    for index in range(count):
        spec, turn = specs[index % len(specs)], index // len(specs) + 1
        if turn == 1:
            made.append(spec)
            continue
        name = f"{spec.name}-{turn}"
        failover = spec.failover and replace(spec.failover, mate=f"{spec.failover.mate}-{turn}")
        made.append(
            replace(spec, name=name, hostname=f"{spec.hostname}-{turn}", serial=_serial(name), failover=failover)
        )
    return made
