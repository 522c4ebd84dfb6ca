"""The whole lab, or a slice of it: several networks side by side, because most of the time is waiting."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from nornir_anyconnect.mtu.assumptions import RFC
from nornir_anyconnect.mtu.derive import Path as EnginePath
from nornir_anyconnect.mtu.derive import derive_dtls, derive_tls
from nornir_anyconnect.mtu.suites import Version, suite
from tests.lab.cases import CASES, finding_of
from tests.lab.network import Network, network, remove_leftovers
from tests.lab.path import DTLS_NAMES, TCPMSS, TLS_SUITES, measured_dtls, measured_tls
from tests.lab.reconnect import Row, run
from tests.lab.tunnel import missing_packages
from tests.waiting import LONG

SIDE_BY_SIDE = 6
T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """The largest inner packet in one piece, bytes: computed by the set ``rfc``, and read off the wire.

    ``tcpmss`` is None for a DTLS suite.
    """

    suite: str
    version: str
    tcpmss: int | None
    computed: int
    measured: int


def why_not() -> str | None:
    """Why the lab cannot run here, for people; None where it can."""
    if platform.system() != "Linux":
        return "the lab needs Linux network namespaces"
    if os.geteuid() != 0:
        return "the lab needs root (network namespaces)"
    if not Path("/dev/net/tun").exists():
        return "the lab needs /dev/net/tun"
    if missing := missing_packages():
        return f"the lab needs Debian's {', '.join(missing)} (apt-get install)"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, timeout=LONG, check=False)
    return "the lab may not make network namespaces here" if tried.returncode else None


def data_path(amount: str) -> list[Measured]:
    """Every suite over every MSS; a slice is every fourth tunnel, a sample every twelfth."""
    tunnels: list[tuple[str, Version, int | None]] = [(*each, mss) for each in TLS_SUITES for mss in TCPMSS]
    tunnels += [(*each, None) for each in DTLS_NAMES]
    return _side_by_side(_measure, tunnels[:: {"full": 1, "slice": 4}.get(amount, 12)])


def reconnects(amount: str) -> list[Row]:
    """Every configuration; a slice is those that are marked for it, a sample one of each verdict, with one remedy each."""
    if amount == "full":
        return _side_by_side(run, CASES)
    cases = [replace(case, remedies=case.remedies[:1]) for case in CASES if case.in_slice]
    of_each_verdict = {finding_of(case.text).verdict: case for case in reversed(cases)}
    return _side_by_side(run, cases if amount == "slice" else of_each_verdict.values())


def observed(amount: str) -> dict[str, Any]:
    """Everything the lab saw, as JSON: what the page is made of, and what the simulated fleet is held to."""
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "with": _versions(),
        "data_path": [asdict(each) for each in data_path(amount)],
        "configurations": [_row(each) for each in reconnects(amount)],
    }


def _measure(net: Network, tunnel: tuple[str, Version, int | None]) -> Measured:
    name, version, tcpmss = tunnel
    of = suite(name)
    if tcpmss is None:
        computed = derive_dtls(of, version, EnginePath(), RFC).mtu
        return Measured(name, str(version), None, computed, measured_dtls(net, of, version))
    computed = derive_tls(of, version, EnginePath(tcpmss=tcpmss), RFC).mtu
    return Measured(name, str(version), tcpmss, computed, measured_tls(net, of, version, tcpmss))


def _side_by_side(work: Callable[[Network, T], Any], items: Iterable[T]) -> list[Any]:
    """Do every item in a network of its own, several at a time; results in the order of the items."""
    remove_leftovers()

    def alone(item: T) -> Any:
        with network() as net:
            return work(net, item)

    pool = ThreadPoolExecutor(SIDE_BY_SIDE)
    try:
        return list(pool.map(alone, items))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _row(row: Row) -> dict[str, Any]:
    finding = row.finding
    return {
        "name": row.case.name,
        "why": row.case.why,
        "tls_suite": finding.tls_suite,
        "tls_version": finding.tls_version,
        "dtls_suite": finding.dtls_suite,
        "dtls_version": finding.dtls_version,
        "verdict": str(finding.verdict),
        "certainty": finding.certainty,
        "caveats": list(finding.caveats),
        "tls_on_the_wire": asdict(row.tls),
        "dtls_on_the_wire": asdict(row.dtls) if row.dtls else None,
        "seen": [asdict(each) for each in row.seen],
        "after": [
            {
                "remedy": each.remedy,
                "commands": list(each.commands),
                "verdict": str(each.finding.verdict),
                "seen": [asdict(one) for one in each.seen],
            }
            for each in row.after
        ],
        "large_datagram_lost": row.udp_lost,
        "disagreements": row.disagreements,
    }


def _versions() -> dict[str, str]:
    def said(*command: str, word: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)
        line = next(each for each in (done.stdout + done.stderr).splitlines() if word in each)
        return line.strip().rstrip(".")

    return {
        "ocserv": said("ocserv", "--version", word="ocserv").removeprefix("ocserv "),
        "openconnect": said("openconnect", "--version", word="version").rsplit(" ", 1)[-1].removeprefix("v"),
        "GnuTLS": said("openconnect", "--version", word="GnuTLS").split("GnuTLS ")[1].split()[0].rstrip("."),
        "Linux": ".".join(platform.release().split(".")[:2]),
    }
