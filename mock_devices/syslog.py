"""What a box logs about its VPN users, in an ASA's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_devices.world import LEVELS, LogLine, VpnSession, World

if TYPE_CHECKING:
    from datetime import datetime

    from mock_devices.tree import ConfigTree

SEVERITY = {
    113019: 4, 113039: 6, 602101: 6, 716058: 6, 716059: 6, 722011: 5, 722022: 6, 722023: 6, 722028: 5,
    722032: 5, 722033: 5, 722034: 5, 722036: 6, 722037: 5, 722043: 5, 722051: 4, 725001: 6, 725002: 6,
    725012: 7,
}  # fmt: skip
"""Severity of each message as it leaves the factory."""
BUFFER = 4096
"""Bytes of log buffer where nothing is configured."""
WIRE_NAMES = {
    "tlsv1": "TLSv1", "tlsv1.1": "TLSv1.1", "tlsv1.2": "TLSv1.2", "tlsv1.3": "TLSv1.3",
    "dtlsv1": "DTLSv1", "dtlsv1.2": "DTLSv1.2",
}  # fmt: skip


class Syslog:
    """Writes into a context's log buffer what its ``logging`` lines let through."""

    def __init__(self, tree: ConfigTree, world: World) -> None:
        self._tree = tree
        self._world = world

    def write(self, when: datetime, number: int, text: str) -> None:
        """Log a message, unless the configuration keeps it out; the oldest make room."""
        if not self._tree.holds("logging enable") or self._tree.holds(f"no logging message {number}"):
            return
        buffered = next(iter(self._tree.lines("logging buffered")), None)
        level = self._level(number)
        if buffered is None or level > _number(buffered.split()[-1]):
            return
        world = self._world
        world.log.append(LogLine(when, level, number, text))
        world.logged += 1
        world.log_bytes += len(str(world.log[-1])) + 1
        size = next((int(line.split()[-1]) for line in self._tree.lines("logging buffer-size")), BUFFER)
        while world.log_bytes > size and len(world.log) > 1:
            world.log_bytes -= len(str(world.log.pop(0))) + 1

    def _level(self, number: int) -> int:
        moved = next((line.split() for line in self._tree.lines(f"logging message {number}")), [])
        return _number(moved[-1]) if "level" in moved else SEVERITY[number]

    def of_session(self, when: datetime, number: int, session: VpnSession, text: str) -> None:
        """Log a message that begins with group policy, user and public address."""
        who = f"Group <{session.group_policy}> User <{session.user}> IP <{session.public}>"
        self.write(when, number, f"{who} {text}")

    def handshake(self, when: datetime, session: VpnSession, nameif: str, chosen: tuple[str, str]) -> None:
        """An SSL or DTLS handshake from beginning to end."""
        version, suite = chosen
        client = f"{nameif}:{session.public}/{50000 + session.index % 10000} to 198.51.100.2/443"
        kind = "DTLS" if version.startswith("dtls") else "TLS"
        self.write(when, 725001, f"Starting SSL handshake with client {client} for {kind} session")
        self.write(when, 725012, f"Device chooses cipher {suite} for the SSL session with client {client}")
        name = WIRE_NAMES[version]
        self.write(when, 725002, f"Device completed SSL handshake with client {client} for {name} session")


def _number(level: str) -> int:
    return int(level) if level.isdigit() else LEVELS.index(level)
