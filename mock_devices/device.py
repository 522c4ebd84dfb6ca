"""One simulated chassis: its configurations, role, clock, counters, and what it was told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mock_devices.clock import Clock
from mock_devices.config_mode import ConfigMode, Operation, store
from mock_devices.faults import Fault, Faults
from mock_devices.grammar import Refusal
from mock_devices.traffic import Person, Traffic, people
from mock_devices.tree import ConfigTree
from mock_devices.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mock_devices.spec import DeviceSpec

SYSTEM = "system"
SINGLE = ""
VPN_SECTIONS = (
    "group-policy", "tunnel-group", "webvpn", "ssl", "sysopt", "mtu", "username", "ldap", "ip local pool",
    "ipv6 local pool", "crypto", "dynamic-access-policy-record", "vpn load-balancing", "access-list", "icmp",
)  # fmt: skip
"""What the system space of a multi-context box does not know."""


@dataclass(frozen=True, slots=True)
class Received:
    """One line that a session sent, and the mode it arrived in (exec, config, password, pager, question)."""

    session: int
    mode: str
    text: str

    def __str__(self) -> str:
        return f"{self.session} {self.mode} {self.text}"


@dataclass(slots=True)
class Logins:
    """What knocked at the SSH port."""

    connections: int = 0
    """TCP connections accepted."""
    auth_started: int = 0
    """Clients that went on to authentication (and so took the host key)."""
    attempts: int = 0
    """Passwords tried."""
    successes: int = 0
    failures: int = 0
    refused: int = 0
    """Connections refused because all sessions were taken."""
    current: int = 0
    peak: int = 0


@dataclass(slots=True)
class Context:
    """A security context, the system space, or the only configuration of a single-mode box."""

    name: str
    running: ConfigTree
    startup: ConfigTree
    world: World = field(default_factory=World)


class Device:
    """A simulated ASA; ``address`` and ``port`` are set when it listens."""

    def __init__(self, spec: DeviceSpec, peers: Mapping[str, Device] | None = None) -> None:
        self.spec = spec
        self.name = spec.name
        self.peers = peers if peers is not None else {}
        self.address = "127.0.0.1"
        self.port = 0
        self.faults = Faults(spec.faults)
        self.logins = Logins()
        self.received: list[Received] = []
        self.on_received: Callable[[Received], None] = lambda _: None
        self.role = spec.failover.role if spec.failover else "active"
        self.sessions = 0
        """SSH sessions so far; the number of the newest."""
        self.ssh_users: dict[int, str] = {}
        """Sessions open now, and who."""
        self.used_passwords: set[str] = set()
        self.clock = Clock()
        self.contexts = {context.name: context for context in self._contexts()}
        self._traffic = {
            context.name: Traffic(context.running, context.world, self.clock, spec.release, spec.truth)
            for context in self.contexts.values()
        }
        if spec.traffic and self.role == "active":
            self.clock.advance(-60 * spec.traffic_minutes)
            for entry in spec.traffic:
                for person in people(entry):
                    self._traffic[self._context(entry.get("context"))].add(person)
            self.run_traffic(spec.traffic_minutes)

    def _contexts(self) -> list[Context]:
        texts = {SYSTEM: self.spec.config, **self.spec.contexts} if self.spec.is_multi else {SINGLE: self.spec.config}
        made = []
        for name, text in texts.items():
            running = ConfigTree.from_text(text)
            if name in (SINGLE, SYSTEM):
                running.put((), f"hostname {self.spec.hostname}", lambda line: line.startswith("hostname "))
            startup = running.copy()
            if self.spec.startup is not None and name == SINGLE:
                startup = ConfigTree.from_text(self.spec.startup)
            made.append(Context(name, running, startup))
        for fault in self.spec.faults:
            self._put_fault_into(made, fault)
        return made

    def _put_fault_into(self, contexts: list[Context], fault: Fault) -> None:
        if fault.kind == "unsaved-changes":
            for context in contexts:
                if context.name != SYSTEM:
                    type_lines(context.running, self.spec, fault.options.get("lines", UNSAVED))
        if fault.kind == "clock-skew":
            self.clock.advance(float(fault.options.get("seconds", 3600)))

    @property
    def context_at_login(self) -> str:
        """Where an SSH session lands: the admin context of a multi-context box."""
        return next(iter(self.spec.contexts)) if self.spec.is_multi else SINGLE

    def hear(self, session: int, mode: str, text: str) -> None:
        """Remember a line that a session sent."""
        received = Received(session, mode, text)
        self.received.append(received)
        self.on_received(received)

    def _context(self, name: str | None) -> str:
        return self.context_at_login if name is None else name

    def add_user(self, name: str, tunnel_group: str, *, context: str | None = None, **habits: Any) -> None:
        """A VPN user who connects in the next run of traffic; habits as in ``mock_devices.traffic``."""
        self._traffic[self._context(context)].add(Person(name, tunnel_group, **habits))

    def run_traffic(self, minutes: float = 10.0) -> None:
        """Let the VPN users of every context live for so many simulated minutes, at once."""
        for traffic in self._traffic.values():
            traffic.run(60 * minutes)
        self.clock.advance(60 * minutes)

    def users_hit(self, context: str | None = None) -> set[tuple[str, str]]:
        """(user, group policy) of those who really stalled and reconnected: what an audit should find."""
        return self.world(self._context(context)).stalled

    def world(self, context: str) -> World:
        """The VPN users of a context, its log and its counters."""
        return self.contexts[context].world

    @property
    def mate(self) -> Device | None:
        """The other unit of the failover pair, if it is in the fleet."""
        return self.peers.get(self.spec.failover.mate) if self.spec.failover else None

    def hostname(self, context: str) -> str:
        """As the prompt shows it: that of the system space where there are contexts."""
        owner = SYSTEM if self.spec.is_multi else context
        for line in self.contexts[owner].running.lines("hostname"):
            return line.split()[1]
        return "ciscoasa"

    def running_config(self, context: str | None = None) -> str:
        """The running configuration's lines; of the context where VPN users land unless one is named."""
        chosen = self._context(context)
        return "\n".join(self.contexts[chosen].running.lines()) + "\n"

    def startup_config(self, context: str | None = None) -> str:
        """The startup configuration's lines."""
        chosen = self._context(context)
        return "\n".join(self.contexts[chosen].startup.lines()) + "\n"

    def checksum(self, context: str) -> str:
        """MD5 over the running configuration, in four groups."""
        digest = hashlib.md5(self.running_config(context).encode(), usedforsecurity=False).hexdigest()
        return " ".join(digest[start : start + 8] for start in range(0, 32, 8))

    def config_mode(self, context: str, *, stores: bool = True) -> ConfigMode:
        """A place in this configuration for one session; changes reach the mate of an active unit."""
        tree = self.contexts[context].running

        def replicate(operation: Operation) -> None:
            mate = self.mate
            if mate and self.role == "active" and not tree.holds("no failover"):
                store(mate.contexts[context].running, self.spec.release, operation)

        return ConfigMode(tree if stores else tree.copy(), self.spec.release, replicate)

    def configure(self, *lines: str, context: str | None = None) -> None:
        """Somebody types these lines in configuration mode, unseen by any session.

        Raises:
            ValueError: the box refuses a line.

        """
        mode = self.config_mode(self._context(context))
        for line in lines:
            answer = mode.type(line)
            if isinstance(answer, Refusal) or answer.startswith(("ERROR", "Removing")):
                raise ValueError(f"{self.name} refuses {line!r}: {answer}")

    def save(self, context: str) -> None:
        """``write memory``; an active unit has its mate save too."""
        self.contexts[context].startup = self.contexts[context].running.copy()
        if self.mate and self.role == "active":
            mate = self.mate.contexts[context]
            mate.startup = mate.running.copy()

    def fail_over(self) -> None:
        """The units of the pair change roles."""
        self.role = "standby" if self.role == "active" else "active"
        if self.mate:
            self.mate.role = "standby" if self.role == "active" else "active"

    def set_fault(
        self,
        kind: str,
        step: str | int | None = None,
        *,
        onwards: bool = False,
        times: int | None = None,
        session: int | None = None,
        **options: Any,
    ) -> Fault:
        """Let something go wrong from now on; see ``mock_devices.faults.KINDS``.

        Raises:
            ValueError: no such kind.

        """
        fault = Fault(kind, step, onwards, times, session, options)
        self._put_fault_into(list(self.contexts.values()), fault)
        self.faults.add(fault)
        return fault

    def clear_faults(self) -> None:
        """Nothing goes wrong any more; what faults have changed stays changed."""
        self.faults.clear()


UNSAVED = ("logging buffer-size 65536",)
"""What somebody typed and did not save, where the fault names no lines."""


def type_lines(tree: ConfigTree, spec: DeviceSpec, lines: tuple[str, ...] | list[str]) -> None:
    """Change a configuration as if the lines had been typed."""
    mode = ConfigMode(tree, spec.release)
    for line in lines:
        mode.type(line)
