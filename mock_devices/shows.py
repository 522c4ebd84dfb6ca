"""What the show commands print, for one device and one context."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mock_devices.ciphers import cipher_lists
from mock_devices.defaults import with_defaults
from mock_devices.device import SINGLE, SYSTEM, VPN_SECTIONS, Device
from mock_devices.grammar import Refusal, patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mock_devices.commands import Commands
    from mock_devices.release import Release

FILLER = 100_000


@cache
def sections(box: Release) -> tuple[str, ...]:
    """What may follow ``show running-config``, longest first."""
    names = [" ".join(slot.text for slot in each.slots) for each in patterns("sections", box)]
    return tuple(sorted(names, key=len, reverse=True))


def stamp(moment: datetime) -> str:
    """As ``show clock`` prints it."""
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d} UTC {moment:%a %b} {moment.day} {moment:%Y}"


def whole_config(device: Device, context: str) -> Iterator[str]:
    """The whole running configuration with its preamble and end mark."""
    yield from (": Saved", "")
    yield from _preamble(device, context)
    tree = device.contexts[context].running
    for line in tree.lines():
        if line.startswith("interface "):
            yield "!"
        yield line
    filler = device.faults.standing("large-config")
    for number in range(int(filler.options.get("lines", FILLER)) if filler else 0):
        yield (
            f"access-list FILLER extended permit tcp host 10.{number >> 16 & 255}.{number >> 8 & 255}."
            f"{number & 255} any eq {1024 + number % 60000}"
        )
    yield f"Cryptochecksum:{device.checksum(context).replace(' ', '')}"
    yield ": end"


def _preamble(device: Device, context: str) -> Iterator[str]:
    spec = device.spec
    yield ": "
    if context in (SINGLE, SYSTEM):
        yield f": Serial Number: {spec.serial}"
        yield f": Hardware:   {spec.model}, 4096 MB RAM, CPU 2600 MHz"
        yield ":"
    if spec.platform == "ftd":
        yield f"NGFW Version {spec.ftd_version} "
    else:
        mark = " <system>" if context == SYSTEM else " <context>" if context else " "
        yield f"ASA Version {spec.version}{mark}"
    yield "!"


def _section(words: str, box: Release) -> str | None:
    return next((name for name in sections(box) if words == name or words.startswith(name + " ")), None)


def running(device: Device, context: str, words: str, column: int) -> list[str] | Refusal:
    """``show running-config [all] [section [name]]``; ``words`` is what follows, in column ``column``."""
    everything = words == "all" or words.startswith("all ")
    rest = words.removeprefix("all").strip() if everything else words
    place = column + (len(words) - len(rest))
    if not rest:
        return list(whole_config(device, context))
    box = device.spec.release
    section = _section(rest, box)
    if section is None or (context == SYSTEM and section.startswith(VPN_SECTIONS)):
        return Refusal(place)
    if everything and box < (8, 4, 1, 0):
        return Refusal(place)
    tree = device.contexts[context].running
    found = list(with_defaults(tree, section, box) if everything else tree.lines(section))
    if section == "sysopt" and not everything:
        found = [*(line for line in tree.lines("no sysopt")), *found]
    if section == "logging":
        found = [*found, *tree.lines("no logging")]
    name = rest.removeprefix(section).strip()
    return _only(found, section, name) if name else found


def _only(lines: list[str], section: str, name: str) -> list[str]:
    kept, on = [], False
    for line in lines:
        if not line.startswith(" "):
            on = line.startswith(f"{section} {name} ") or line == f"{section} {name}"
        if on:
            kept.append(line)
    return kept


def startup(device: Device, context: str) -> list[str]:
    """``show startup-config``."""
    lines = list(device.contexts[context].startup.lines())
    return [
        ": Saved", f": Written by enable_15 at {stamp(device.clock.now())}",
        *_preamble(device, context), *lines, f"Cryptochecksum:{device.checksum(context).replace(' ', '')}",
    ]  # fmt: skip


def version(device: Device, context: str) -> list[str]:
    """``show version``: release, hardware, serial number (not inside a context)."""
    spec = device.spec
    mark = " <system>" if context == SYSTEM else " <context>" if context else " "
    lines = []
    if spec.platform == "ftd":
        lines += [
            f"-------------------[ {device.hostname(context)} ]--------------------",
            f"Model                     : {spec.model} Threat Defense (78) Version {spec.ftd_version} (Build 172)",
            "UUID                      : 7f7c1c52-0000-11ef-8000-000000000000",
            "LSP version               : lsp-rel-20240101-1200",
            "VDB version               : 353",
            "----------------------------------------------------", "",
        ]  # fmt: skip
    lines += [
        "", f"Cisco Adaptive Security Appliance Software Version {spec.version}{mark}",
        "Device Manager Version 7.12(2)", "", "Compiled on Thu 14-Mar-24 18:01 GMT by builders",
        'System image file is "disk0:/asa-smp-k8.bin"', 'Config file at boot was "startup-config"', "",
        f"{device.hostname(context)} up 41 days 19 hours",
    ]  # fmt: skip
    if spec.failover:
        lines.append("failover cluster up 120 days 2 hours")
    lines += ["", f"Hardware:   {spec.model}, 4096 MB RAM, CPU 2600 MHz, 1 CPU (2 cores)", ""]
    if context in (SINGLE, SYSTEM):
        lines += [
            "Licensed features for this platform:",
            "Failover                          : Active/Active  perpetual",
            f"Security Contexts                 : {max(2, len(spec.contexts)):<14} perpetual",
            "AnyConnect Premium Peers          : 250            perpetual",
            "", f"Serial Number: {spec.serial}", "",
        ]  # fmt: skip
    lines.append(f"Configuration last modified by enable_15 at {stamp(device.clock.now())}")
    return lines


def failover(device: Device) -> list[str]:
    """``show failover``."""
    spec, mate = device.spec, device.mate
    if spec.failover is None:
        return ["Failover Off ", "Failover unit Secondary", "Failover LAN Interface: not Configured"]
    ours = spec.failover.unit.capitalize()
    theirs = "Secondary" if ours == "Primary" else "Primary"
    roles = {"active": "Active", "standby": "Standby Ready"}
    off = device.contexts[SYSTEM if spec.is_multi else SINGLE].running.holds("no failover")
    other = "Not Detected" if mate is None else roles.get(mate.role, mate.role)
    return [
        "Failover Off " if off else "Failover On ",
        f"Failover unit {ours}",
        "Failover LAN Interface: folink GigabitEthernet0/3 (up)",
        "Reconnect timeout 0:00:00",
        "Unit Poll frequency 1 seconds, holdtime 15 seconds",
        "Interface Policy 1",
        "Monitored Interfaces 2 of 61 maximum",
        f"Version: Ours {spec.version}, Mate {mate.spec.version if mate else 'Unknown'}",
        f"Serial Number: Ours {spec.serial}, Mate {mate.spec.serial if mate else 'Unknown'}",
        "Last Failover at: 08:12:04 UTC Mar 2 2026",
        f"\tThis host: {ours} - {roles.get(device.role, device.role)}",
        "\t\tActive time: 5065841 (sec)",
        f"\t\tslot 0: {spec.model} hw/sw rev (1.0/{spec.version}) status (Up Sys)",
        "\t\t  Interface outside (198.51.100.2): Normal (Monitored)",
        f"\tOther host: {theirs} - {other}",
        "\t\tActive time: 1400954 (sec)",
        f"\t\tslot 0: {spec.model} hw/sw rev (1.0/{spec.version}) status (Up Sys)",
        "\t\t  Interface outside (198.51.100.3): Normal (Monitored)",
        "",
        "Stateful Failover Logical Update Statistics",
        "\tLink : folink GigabitEthernet0/3 (up)",
    ]  # fmt: skip


def failover_state(device: Device) -> list[str]:
    """``show failover state``."""
    roles = {"active": "Active", "standby": "Standby Ready"}
    if device.spec.failover is None:
        return ["Failover is not enabled"]
    return [
        "               State          Last Failure Reason      Date/Time",
        f"This host  -   {device.spec.failover.unit.capitalize()}",
        f"               {roles.get(device.role, device.role):<14} None",
        f"Other host -   {'Secondary' if device.spec.failover.unit == 'primary' else 'Primary'}",
        f"               {roles.get(device.mate.role, device.mate.role) if device.mate else 'Not Detected':<14} None",
    ]


def contexts(device: Device, context: str, *, detail: bool = False, only: str | None = None) -> list[str] | Refusal:
    """``show context``: all from the system space, the own one from inside."""
    names = list(device.spec.contexts) if context == SYSTEM else [context]
    if only is not None:
        if only not in names:
            return [f"ERROR: '{only}' is not valid"]
        names = [only]
    admin = device.context_at_login
    if detail:
        lines = []
        for number, name in enumerate(names, 1):
            lines += [
                f'Context "{name}", has been created', f"  Config URL: disk0:/{name}.cfg",
                f"  Real Interfaces: GigabitEthernet0/{number}", f"  Mapped Interfaces: GigabitEthernet0/{number}",
                f"  Class: default, Flags: 0x00000{'8' if name == admin else '0'}13, ID: {number}", "",
            ]  # fmt: skip
        return lines
    lines = ["Context Name      Class      Interfaces           Mode         URL"]
    for number, name in enumerate(names, 1):
        mark = "*" if name == admin else " "
        lines.append(f"{mark}{name:<16} default    GigabitEthernet0/{number:<4} Routed       disk0:/{name}.cfg")
    return [*lines, "", f"Total active Security Contexts: {len(names)}"] if context == SYSTEM else lines


def cluster(device: Device) -> list[str]:
    """``show cluster info``."""
    spec = device.spec.cluster
    if spec is None:
        return ["Clustering is not configured"]
    new = device.spec.release >= (9, 19, 1, 0)
    state = {"control": "CONTROL_NODE" if new else "MASTER", "data": "DATA_NODE" if new else "SLAVE"}[spec.state]
    return [
        f"Cluster {spec.group}: On", "    Interface mode: spanned",
        f'    This is "{spec.unit}" in state {state}', "        ID        : 0",
        f"        Version   : {device.spec.version}", f"        Serial No.: {device.spec.serial}",
    ]  # fmt: skip


def ssh_sessions(device: Device) -> list[str]:
    """``show ssh sessions``."""
    lines = ["SID Client IP       Version Mode Encryption Hmac     State            Username"]
    for sid, user in enumerate(device.ssh_users.values()):
        lines.append(f"{sid:<3} 127.0.0.1       2.0     IN   aes256-ctr sha2-256 SessionStarted   {user}")
        lines.append("                            OUT  aes256-ctr sha2-256 SessionStarted   " + user)
    return lines


def ssh_resources(device: Device) -> list[str]:
    """``show resource usage resource ssh``."""
    now, peak, limit = len(device.ssh_users), device.logins.peak, session_limit(device)
    return [
        "Resource                 Current         Peak      Limit        Denied Context",
        f"{'SSH':<25}{now:>7}{peak:>13}{limit:>11}{device.logins.refused:>14} System",
    ]


def session_limit(device: Device) -> int:
    """How many SSH sessions the box takes at once."""
    fault = device.faults.standing("session-limit")
    return int(fault.options.get("limit", 1)) if fault else device.spec.ssh_sessions


def ssl_ciphers(device: Device, context: str) -> list[str]:
    """``show ssl ciphers``: the device's own lists per protocol version."""
    tree, box = device.contexts[context].running, device.spec.release

    def printed() -> Iterator[str]:
        yield "Current cipher configuration:"
        for version_name, (level, suites) in cipher_lists(tree, box).items():
            yield f"{version_name} ({level}):"
            yield from (f"  {suite}" for suite in suites)

    return list(tree.part("ssl").remember(("ciphers", box), printed))


def curpriv(place: Commands) -> list[str]:
    """``show curpriv``."""
    mode = "P_UNPR" if place.level < 2 else "P_PRIV P_CONF" if place.config else "P_PRIV"
    return [f"Username : {place.shown_user}", f"Current privilege level : {place.level}", f"Current Mode/s : {mode}"]


SIMPLE: dict[str, Callable[[Device, str], list[str] | Refusal]] = {
    "show startup-config": startup,
    "show version": version,
    "show mode": lambda device, _: [f"Security context mode: {'multiple' if device.spec.is_multi else 'single'} "],
    "show failover": lambda device, _: failover(device),
    "show failover state": lambda device, _: failover_state(device),
    "show context": contexts,
    "show context detail": lambda device, context: contexts(device, context, detail=True),
    "show cluster info": lambda device, _: cluster(device),
    "show clock": lambda device, _: [stamp(device.clock.now())],
    "show clock detail": lambda device, _: [stamp(device.clock.now()), "Time source is NTP"],
    "show checksum": lambda device, context: [f"Cryptochecksum: {device.checksum(context)} "],
    "show ssh sessions": lambda device, _: ssh_sessions(device),
    "show resource usage resource ssh": lambda device, _: ssh_resources(device),
    "show ssl ciphers": ssl_ciphers,
}
"""Show commands that need nothing but the device and the context; traffic adds its own."""
