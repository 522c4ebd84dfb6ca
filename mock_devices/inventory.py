"""A Nornir inventory of a fleet that runs: hosts, groups, defaults, known host keys; no password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import yaml

from mock_devices.host_keys import host_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mock_devices.spec import DeviceSpec


class Reachable(Protocol):
    """A device that listens, here or in another process."""

    @property
    def name(self) -> str:
        """As of the fleet file."""

    @property
    def spec(self) -> DeviceSpec:
        """What the fleet file says of it."""

    @property
    def address(self) -> str:
        """Where it listens."""

    @property
    def port(self) -> int:
        """Of its SSH server."""


PLUGIN = "anyconnect_asa"


def known_hosts(devices: Iterable[Reachable]) -> str:
    """Lines for an SSH client's known_hosts file."""
    lines = []
    for device in devices:
        key = host_key(device.name, device.spec.entry, device.spec.host_key)
        kind, public = key.export_public_key("openssh").decode().split()[:2]
        lines.append(f"[{device.address}]:{device.port} {kind} {public}\n")
    return "".join(lines)


def _host(device: Reachable) -> dict[str, Any]:
    spec = device.spec
    extra = dict(spec.inventory)
    host: dict[str, Any] = {"hostname": device.address, "port": device.port}
    group = "ftd" if spec.platform == "ftd" else "legacy_asa" if spec.old_algorithms else "asa"
    host["groups"] = [group, *extra.pop("groups", [])]
    if extra:
        host["data"] = {"anyconnect": extra}
    return host


def write_inventory(devices: Iterable[Reachable], folder: Path, shown_as: str | None = None) -> Path:
    """Write config.yaml, hosts.yaml, groups.yaml, defaults.yaml and known_hosts; the path of config.yaml.

    Args:
        devices: those that listen.
        folder: made if needed.
        shown_as: how the files name the folder; its absolute path unless given.

    """
    folder.mkdir(parents=True, exist_ok=True)
    named = shown_as or str(folder.resolve())
    chosen = list(devices)
    (folder / "known_hosts").write_text(known_hosts(chosen), "utf-8")
    extras = {"known_hosts": f"{named}/known_hosts"}

    def group(platform: str, **more: Any) -> dict[str, Any]:
        return {"platform": platform, "connection_options": {PLUGIN: {"extras": {**extras, **more}}}}

    groups = {
        "asa": group("cisco_asa"),
        "legacy_asa": group("cisco_asa", legacy_ssh=True),
        "ftd": group("cisco_ftd"),
    }
    for device in chosen:
        for name in device.spec.inventory.get("groups", []):
            groups.setdefault(name, {})
    user = next(iter(chosen[0].spec.users), "audit") if chosen else "audit"
    files: dict[str, Any] = {
        "config.yaml": {
            "inventory": {
                "plugin": "SimpleInventory",
                "options": {
                    "host_file": f"{named}/hosts.yaml",
                    "group_file": f"{named}/groups.yaml",
                    "defaults_file": f"{named}/defaults.yaml",
                },
            },
            "runner": {"plugin": "threaded", "options": {"num_workers": 20}},
            "logging": {"enabled": False},
        },
        "hosts.yaml": {device.name: _host(device) for device in chosen},
        "groups.yaml": groups,
        "defaults.yaml": {"username": user},
    }
    for name, content in files.items():
        (folder / name).write_text("---\n" + yaml.safe_dump(content, sort_keys=False), "utf-8")
    return folder / "config.yaml"
