"""What a box remembers of its VPN users: sessions, log buffer, drop counters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mock_devices.truth import passes_tls

if TYPE_CHECKING:
    from datetime import datetime

LEVELS = ("emergencies", "alerts", "critical", "errors", "warnings", "notifications", "informational", "debugging")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One syslog message."""

    when: datetime
    level: int
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.when:%b %d %Y %H:%M:%S}: %ASA-{self.level}-{self.number}: {self.text}"


@dataclass(slots=True)
class VpnSession:
    """A connected user; MTUs and counters in bytes. ``tls`` and ``dtls`` are (version, suite)."""

    user: str
    group_policy: str
    tunnel_group: str
    assigned: str
    public: str
    index: int
    login: datetime
    tls: tuple[str, str]
    dtls: tuple[str, str] | None
    tls_mtu: int
    dtls_mtu: int | None
    adapter_mtu: int
    df_bit_ignore: bool = False
    assigned_v6: str | None = None
    compression: str | None = None
    """What the TLS tunnel is compressed with."""
    sent: int = 0
    received: int = 0
    connection: int = 0
    """Counts the client's reconnects."""
    path_is_dead: bool = False
    """UDP has stopped arriving and nobody has noticed yet."""
    server_knows: bool = False
    """The ICMP message reached the server, which sends smaller packets now."""

    @property
    def fits(self) -> bool:
        """Whether full packets pass the TLS tunnel, whole or in fragments."""
        return passes_tls(self.adapter_mtu, self.tls_mtu, df_bit_ignore=self.df_bit_ignore)


@dataclass(slots=True)
class World:
    """The VPN side of one context."""

    sessions: list[VpnSession] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    logged: int = 0
    """Messages ever put into the buffer; more than it holds once it has wrapped."""
    drops: Counter[str] = field(default_factory=Counter)
    cumulative: Counter[str] = field(default_factory=Counter)
    """Sessions and tunnels ever, by kind."""
    peak: Counter[str] = field(default_factory=Counter)
    indexes: int = 0
    log_bytes: int = 0
    dropped: list[tuple[str, str]] = field(default_factory=list)
    """(user, group policy) of each large packet that was dropped: what really happened, logged or not."""
    reconnects: list[tuple[str, str]] = field(default_factory=list)
    """(user, group policy) of each reconnect for a new MTU."""

    @property
    def stalled(self) -> set[tuple[str, str]]:
        """(user, group policy) of those who stalled and had to reconnect."""
        return set(self.dropped) & set(self.reconnects)

    def clear_log(self) -> None:
        """``clear logging buffer``."""
        self.log.clear()
        self.log_bytes = 0

    def count(self, kind: str, active: int) -> None:
        """One more session or tunnel of a kind, of which so many are up now."""
        self.cumulative[kind] += 1
        self.peak[kind] = max(self.peak[kind], active)

    def disconnect_all(self) -> int:
        """Log everybody off without a word in the log; how many there were."""
        gone = len(self.sessions)
        self.sessions.clear()
        return gone
