"""Four network namespaces in a row: client, router, head-end and, behind it, the inside web server.

The server has a namespace of its own, because a server on the head-end itself would read the
tunnel's MTU out of its own routing table and never send a packet that is too large.

Addresses are those of RFC 5737 and never leave the namespaces. Everything that is made here is
removed again, also after a failure.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import LONG

CLIENT, ROUTER, HEAD_END, INSIDE = "client", "router", "headend", "inside"
CLIENT_ADDRESS, CLIENT_GATEWAY = "198.51.100.2", "198.51.100.1"
OUTSIDE_ADDRESS, OUTSIDE_GATEWAY = "203.0.113.2", "203.0.113.1"
INSIDE_GATEWAY, SERVER_ADDRESS = "192.0.2.1", "192.0.2.2"
POOL = "198.18.0.0"
PORT = 443
TO_CLIENT = "toclient"
"""The router's interface towards the client: what is read off the wire is read here."""
LINK = 1500

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)

_SYSCTLS = {
    # an ASA's arithmetic has no room for TCP options: "- 0(opts)"
    "net/ipv4/tcp_timestamps": "0",
    # a server that probes for black holes by itself would hide the stall; off is the kernel's default
    "net/ipv4/tcp_mtu_probing": "0",
    "net/ipv4/ip_forward": "1",
    # what one download learnt must not decide the next
    "net/ipv4/tcp_no_metrics_save": "1",
    "net/ipv4/icmp_ratelimit": "0",
    "net/ipv6/conf/all/disable_ipv6": "1",
}


_NAME = "anyconnect-lab"
_numbers = itertools.count()


class Network:
    """The namespaces, their links and their packet filters."""

    def __init__(self) -> None:
        self._prefix = f"{_NAME}-{os.getpid()}-{next(_numbers)}-"
        self._made: list[str] = []
        self._processes: list[subprocess.Popen[bytes]] = []

    def name(self, role: str) -> str:
        """The namespace's name on this machine."""
        return self._prefix + role

    def run(self, role: str, *command: str, stdin: str | None = None) -> str:
        """Run a command in a namespace to its end and return what it prints."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.name(role), *command],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{role}: {' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def start(self, role: str, *command: str, log: Path, stdin: str | None = None) -> subprocess.Popen[bytes]:
        """Start a command in a namespace; it ends with the network at the latest."""
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.name(role), *command],
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin.encode())
            process.stdin.close()
        self._processes.append(process)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a command that was started here, with everything it started."""
        for number, patience in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0)):
            try:
                os.killpg(process.pid, number)
                process.wait(patience)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        process.wait(1)
        if process in self._processes:
            self._processes.remove(process)

    @contextmanager
    def inside(self, role: str) -> Iterator[None]:
        """Move the calling thread into a namespace: a socket that is opened there stays there."""
        own = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name(role)}", os.O_RDONLY)
        try:
            _setns(there)
            yield
        finally:
            _setns(own)
            os.close(own)
            os.close(there)

    def mtu(self, role: str, device: str, size: int) -> None:
        """Set a device's MTU, bytes."""
        self.run(role, "ip", "link", "set", device, "mtu", str(size))

    def filter(self, role: str, **rules: list[str]) -> None:
        """Replace a namespace's packet filter (nftables): the rules of each hook, in order."""
        chains = "".join(
            f"chain {hook} {{\ntype filter hook {hook} priority mangle\n" + "\n".join(lines) + "\n}\n"
            for hook, lines in rules.items()
        )
        self.run(role, "nft", "-f", "-", stdin=f"flush ruleset\ntable ip lab {{\n{chains}}}\n")

    def fragmentation_failures(self, role: str) -> int:
        """Packets that a namespace dropped because they were too large and must not be fragmented."""
        with self.inside(role):
            lines = Path(f"/proc/self/task/{threading.get_native_id()}/net/snmp").read_text().splitlines()
        names, values = (line.split() for line in lines if line.startswith("Ip:"))
        return int(dict(zip(names, values, strict=True))["FragFails"])

    def build(self) -> None:
        """Make the namespaces and the links between them."""
        for role in (CLIENT, ROUTER, HEAD_END, INSIDE):
            subprocess.run(["ip", "netns", "add", self.name(role)], check=True, timeout=LONG)
            self._made.append(role)
            self.run(role, "ip", "link", "set", "lo", "up")
            with self.inside(role):
                for key, value in _SYSCTLS.items():
                    _write_sysctl(key, value)
        self._link((CLIENT, "outside", CLIENT_ADDRESS), (ROUTER, TO_CLIENT, CLIENT_GATEWAY))
        self._link((ROUTER, "toheadend", OUTSIDE_GATEWAY), (HEAD_END, "outside", OUTSIDE_ADDRESS))
        self._link((HEAD_END, "inside", INSIDE_GATEWAY), (INSIDE, "inside", SERVER_ADDRESS))
        for role, gateway in (
            (CLIENT, CLIENT_GATEWAY),
            (HEAD_END, OUTSIDE_GATEWAY),
            (INSIDE, INSIDE_GATEWAY),
        ):
            self.run(role, "ip", "route", "add", "default", "via", gateway)

    def _link(self, near: tuple[str, str, str], far: tuple[str, str, str]) -> None:
        peer = ("peer", "name", far[1], "netns", self.name(far[0]))
        self.run(near[0], "ip", "link", "add", near[1], "type", "veth", *peer)
        for role, device, address in (near, far):
            self.run(role, "ip", "address", "add", f"{address}/24", "dev", device)
            # one segment per frame on the wire: no segmentation left to the device
            self.run(role, "ip", "link", "set", device, "gso_max_segs", "1", "mtu", str(LINK), "up")

    def remove(self) -> None:
        """End every process and take every namespace away."""
        for process in list(self._processes):
            self.stop(process)
        while self._made:
            subprocess.run(["ip", "netns", "delete", self.name(self._made.pop())], check=False, timeout=LONG)


@contextmanager
def network() -> Iterator[Network]:
    """The four namespaces, built, and removed whatever happens short of SIGKILL."""
    built = Network()
    try:
        built.build()
        yield built
    finally:
        built.remove()


def remove_leftovers() -> None:
    """Take away what a lab that was killed left behind: namespaces named after a process that is gone."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True, timeout=LONG)
    for name in (line.split()[0] for line in listed.stdout.splitlines() if line.startswith(f"{_NAME}-")):
        if Path(f"/proc/{name.removeprefix(f'{_NAME}-').split('-')[0]}").exists():
            continue
        inside = subprocess.run(
            ["ip", "netns", "pids", name], capture_output=True, text=True, check=False, timeout=LONG
        )
        for process in inside.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        subprocess.run(["ip", "netns", "delete", name], check=False, timeout=LONG)


@contextmanager
def ending_cleanly() -> Iterator[None]:
    """Let SIGTERM end the program as an exception does, so that everything is removed (main thread only)."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def wait_for(what: str, ready: Callable[[], object], seconds: float) -> None:
    """Ask again and again, for ``seconds`` at most, until ``ready()`` is true."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def _setns(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _write_sysctl(key: str, value: str) -> None:
    Path(f"/proc/sys/{key}").write_text(value)
