"""Show commands about VPN users: sessions, drops, log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mock_devices.traffic_text import duration
from mock_devices.world import LEVELS, VpnSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_devices.device import Device

LONGEST = 22
RULE = "-" * 75
ENCAPSULATION = {
    "tlsv1": "TLSv1.0", "tlsv1.1": "TLSv1.1", "tlsv1.2": "TLSv1.2", "tlsv1.3": "TLSv1.3",
    "dtlsv1": "DTLSv1.0", "dtlsv1.2": "DTLSv1.2",
}  # fmt: skip
DROP_REASONS = {
    "mp-svc-no-fragment": "SVC Module unable to fragment packet",
    "acl-drop": "Flow is denied by configured rule",
    "tcp-not-syn": "First TCP packet not SYN",
}


def _encryption(suite: str) -> tuple[str, str]:
    """(encryption, hashing) as the session table names a suite."""
    gcm = re.search(r"AES_?(\d+)[-_]GCM[-_](SHA\d+)", suite)
    if gcm:
        return f"AES-GCM-{gcm[1]}", gcm[2]
    cbc = re.search(r"AES(\d+)-(SHA\d*)", suite)
    if cbc:
        return f"AES{cbc[1]}", "SHA1" if cbc[2] == "SHA" else cbc[2]
    if "CHACHA20" in suite:
        return "CHACHA20", "POLY1305"
    name, _, hashing = suite.rpartition("-")
    return {"DES-CBC3": "3DES", "DES-CBC": "DES"}.get(name, name), "SHA1" if hashing == "SHA" else hashing


def _tunnels(session: VpnSession) -> list[tuple[str, tuple[str, str]]]:
    shown = [("AnyConnect-Parent", ("none", "none")), ("SSL-Tunnel", _encryption(session.tls[1]))]
    if session.dtls:
        shown.append(("DTLS-Tunnel", _encryption(session.dtls[1])))
    return shown


def _pair(left: str, one: str, right: str, other: str) -> list[str]:
    """Two columns; a value too long for the first has a line of its own."""
    if len(one) > LONGEST:
        return [f"{left:<13}: {one}", f"{right:<13}: {other}"]
    return [f"{left:<13}: {one:<{LONGEST + 1}}{right:<13}: {other}"]


def _session(device: Device, session: VpnSession) -> list[str]:
    tunnels = _tunnels(session)
    now = device.clock.now()
    return [
        "", *_pair("Username", session.user, "Index", str(session.index)),
        *_pair("Assigned IP", session.assigned, "Public IP", session.public),
        *([f"Assigned IPv6: {session.assigned_v6}"] if session.assigned_v6 else []),
        f"Protocol     : {' '.join(name for name, _ in tunnels)}",
        "License      : AnyConnect Premium",
        f"Encryption   : {'  '.join(f'{name}: (1){suite[0]}' for name, suite in tunnels)}",
        f"Hashing      : {'  '.join(f'{name}: (1){suite[1]}' for name, suite in tunnels)}",
        *_pair("Bytes Tx", str(session.sent), "Bytes Rx", str(session.received)),
        *_pair("Group Policy", session.group_policy, "Tunnel Group", session.tunnel_group),
        f"Login Time   : {session.login:%H:%M:%S} UTC {session.login:%a %b} {session.login.day} {session.login:%Y}",
        f"Duration     : {duration(now - session.login)}",
        "Inactivity   : 0h:00m:00s",
        *_pair("VLAN Mapping", "N/A", "VLAN", "none"),
        f"Audt Sess ID : 0a0a0a01{session.index:08x}{int(session.login.timestamp()):08x}",
        "Security Grp : none",
    ]  # fmt: skip


def sessions(device: Device, context: str) -> list[str]:
    """``show vpn-sessiondb anyconnect``."""
    connected = device.world(context).sessions
    if not connected:
        return ["INFO: There are presently no active sessions of the type specified"]
    kind = "AnyConnect" if device.spec.release >= (8, 4, 1, 0) else "SVC"
    return ["", f"Session Type: {kind}", *(line for each in connected for line in _session(device, each))]


def _tunnel(session: VpnSession, number: int, name: str, protection: tuple[str, str]) -> list[str]:
    """One tunnel of a session in detail."""
    version, suite = session.dtls if name == "DTLS-Tunnel" and session.dtls else session.tls
    lines = [
        f"Tunnel ID    : {session.index}.{number}",
        *_pair("Assigned IP", session.assigned, "Public IP", session.public),
        *_pair("Encryption", protection[0], "Hashing", protection[1]),
    ]
    if name != "AnyConnect-Parent":
        squeezed = session.compression.upper() if session.compression and name == "SSL-Tunnel" else "None"
        lines += [
            f"Ciphersuite  : {suite}",
            *_pair("Encapsulation", ENCAPSULATION[version], "Compression", squeezed),
        ]
    lines += _pair("Bytes Tx", str(session.sent), "Bytes Rx", str(session.received))
    return ["", f"{name}:", *(f"  {line}" for line in lines)]


def sessions_detail(device: Device, context: str) -> list[str]:
    """``show vpn-sessiondb detail anyconnect``: the same with each tunnel of a session."""
    connected = device.world(context).sessions
    if not connected:
        return ["INFO: There are presently no active sessions of the type specified"]
    lines = ["", "Session Type: AnyConnect Detailed"]
    for each in connected:
        tunnels = _tunnels(each)
        lines += [*_session(device, each), "", *(f"{name} Tunnels: 1" for name, _ in tunnels)]
        for number, (name, protection) in enumerate(tunnels, 1):
            lines += _tunnel(each, number, name, protection)
    return lines


def summary(device: Device, context: str) -> list[str]:
    """``show vpn-sessiondb``."""
    world = device.world(context)
    up = len(world.sessions)
    dtls = sum(1 for each in world.sessions if each.dtls)
    if not world.cumulative["session"]:
        return ["No sessions to display."]

    def row(name: str, active: int, kind: str, tail: str = "") -> str:
        return f"{name:<29}: {active:>6} : {world.cumulative[kind]:>10} : {world.peak[kind]:>11}{tail}"

    active = up * 2 + dtls
    total = world.cumulative["session"] + world.cumulative["ssl"] + world.cumulative["dtls"]
    return [
        RULE, "VPN Session Summary", RULE,
        "                               Active : Cumulative : Peak Concur : Inactive",
        "                             ----------------------------------------------",
        row("AnyConnect Client", up, "session", " :        0"),
        row("  SSL/TLS/DTLS", up, "session", " :        0"),
        RULE,
        f"Total Active and Inactive    : {up:>6}             Total Cumulative : {world.cumulative['session']:>6}",
        "Device Total VPN Capacity    :    250", f"Device Load                  : {up * 100 // 250:>5}%",
        RULE, RULE, "Tunnels Summary", RULE,
        "                               Active : Cumulative : Peak Concurrent",
        "                             ----------------------------------------------",
        row("AnyConnect-Parent", up, "session"), row("SSL-Tunnel", up, "ssl"), row("DTLS-Tunnel", dtls, "dtls"),
        RULE, f"Totals                       : {active:>6} : {total:>10}", RULE,
    ]  # fmt: skip


def asp_drop(device: Device, context: str, only: str | None = None) -> list[str]:
    """``show asp drop``, or ``show asp drop frame REASON``."""
    drops = device.world(context).drops
    lines = ["", "Frame drop:"]
    for reason, count in sorted(drops.items()):
        if only not in (None, reason):
            continue
        label = f"  {DROP_REASONS.get(reason, reason)} ({reason})"
        lines.append(f"{label:<70} {count:>9}")
    return [*lines, "", "Last clearing: Never", "", "Flow drop:", "", "Last clearing: Never"]


def _logging(device: Device, context: str, words: str) -> str | None:
    for line in device.contexts[context].running.lines(words):
        return line.split()[-1]
    return None


def logging(device: Device, context: str) -> list[str]:
    """``show logging``: header and buffer."""
    world, tree = device.world(context), device.contexts[context].running
    enabled = tree.holds("logging enable")
    buffered, trap = (_logging(device, context, f"logging {where}") for where in ("buffered", "trap"))

    def target(name: str, level: str | None, messages: int) -> str:
        if level is None or not enabled:
            return f"    {name} logging: disabled"
        shown = LEVELS[int(level)] if level.isdigit() else level
        extra = "facility 20, " if name == "Trap" else ""
        return f"    {name} logging: level {shown}, {extra}{messages} messages logged"

    stamped = tree.holds("logging timestamp")
    return [
        f"Syslog logging: {'enabled' if enabled else 'disabled'}", "    Facility: 20",
        f"    Timestamp logging: {'enabled' if stamped else 'disabled'}", "    Hide Username logging: disabled",
        "    Standby logging: disabled", "    Debug-trace logging: disabled", "    Console logging: disabled",
        "    Monitor logging: disabled", target("Buffer", buffered, world.logged),
        target("Trap", trap, world.logged), "    Permit-hostdown logging: disabled", "    History logging: disabled",
        "    Device ID: disabled", "    Mail logging: disabled", "    ASDM logging: disabled",
        *((str(line) if stamped else str(line).split(": ", 1)[1]) for line in world.log),
    ]  # fmt: skip


SHOWS: dict[str, Callable[[Device, str], list[str]]] = {
    "show logging": logging,
    "show asp drop": asp_drop,
    "show vpn-sessiondb": summary,
    "show vpn-sessiondb summary": summary,
    "show vpn-sessiondb anyconnect": sessions,
    "show vpn-sessiondb svc": sessions,
    "show vpn-sessiondb detail anyconnect": sessions_detail,
    "show vpn-sessiondb detail svc": sessions_detail,
}
"""Show commands about VPN users, by their words in full."""
