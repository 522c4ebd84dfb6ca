"""A whole ``audit`` beside what people would use instead to ask each box for its ``show running-config``.

    python benchmarks/audit_ratio.py [fleet|group14|long|one|latency ...] [--boxes N] [--lines N] [--peers PYTHON]

Every side is a process of its own, timed from its start to its end, against the same simulated fleet, which runs in
processes of its own; sides alternate, and the shortest time of each counts. The bare asyncssh client is also the
ceiling of the fleet: nothing that logs in and reads one answer gets more out of it, and a row of its own says what it
takes beside each other peer. Each result says what CPU the fleet itself used per device: where that is much of the
machine, both sides share what is left. ``ratio`` is our time through the peer's: at most ``limit``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulated import Load, Simulated, fleet

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Case:
    """So many boxes of so many lines, and how much of each peer's time an audit may take."""

    boxes: int
    lines: int
    limits: dict[str, float]
    workers: int = 100
    latency: float = 0.0
    entry: dict[str, Any] = field(default_factory=dict)


CASES = {
    "fleet": Case(150, 2_000, {"netmiko": 1 / 3, "asyncssh": 2.0}),
    "group14": Case(150, 2_000, {"netmiko": 1 / 6}, entry={"key_exchange": ["diffie-hellman-group14-sha256"]}),
    "long": Case(40, 20_000, {"netmiko": 1 / 6}),
    "one": Case(1, 2_000, {"netmiko": 1 / 4}),
    "latency": Case(20, 2_000, {"asyncssh": 1.8}, latency=0.1),
}


def peers_python() -> str:
    """A Python that has nornir_netmiko: this one, or the one that `make bench` keeps apart."""
    apart = HERE.parent / ".venv-bench/bin/python"
    return sys.executable if importlib.util.find_spec("nornir_netmiko") or not apart.exists() else str(apart)


def audited(there: Simulated, case: Case, more: list[str]) -> Load:
    """Audit all of them, with the JSON report that a scheduler would want."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "audit.json"
        argv = [sys.executable, "-c", "import sys; from nornir_anyconnect.cli import main; sys.exit(main())"]
        argv += ["audit", "--inventory", str(there.config), "--workers", str(case.workers)]
        load = there.run([*argv, "--format", f"json={report}", *more])
        found = json.loads(report.read_text("utf-8"))["summary"]
        if (found["devices"], found["failed_devices"]) != (case.boxes, 0):
            raise RuntimeError(f"of {case.boxes} boxes {found} were audited")
        return load


def asked(there: Simulated, case: Case, client: str, python: str) -> Load:
    """Ask all of them for one thing with a peer."""
    argv = [python, str(HERE / "ssh_peers.py"), client, "--inventory", str(there.config)]
    load = there.run([*argv, "--workers", str(case.workers)])
    whole = int(load.output.split()[0])
    if whole != case.boxes:
        print(f"{client}: {case.boxes - whole} of {case.boxes} answers were not whole", file=sys.stderr)
    return load


def measure(case: Case, runs: int, python: str, more: list[str]) -> dict[str, Any]:
    """The shortest time of each side, and the ratios."""
    clients = ["asyncssh", *(each for each in case.limits if each != "asyncssh")]
    best: dict[str, Load] = {}
    with fleet(case.boxes, case.lines, latency=case.latency, **case.entry) as there:
        for _ in range(runs):
            loads = {"audit": audited(there, case, more)}
            loads |= {
                each: asked(there, case, each, sys.executable if each == "asyncssh" else python) for each in clients
            }
            best = {name: min(load, best.get(name, load), key=lambda one: one.seconds) for name, load in loads.items()}
    rows = [
        {
            "peer": peer,
            "ours_s": round(best["audit"].seconds, 3),
            "peer_s": round(best[peer].seconds, 3),
            "ratio": round(best["audit"].seconds / best[peer].seconds, 3),
            "limit": round(limit, 3),
        }
        for peer, limit in case.limits.items()
    ]
    rows += [
        {
            "what": "a bare asyncssh client",
            "peer": peer,
            "ratio": round(best["asyncssh"].seconds / best[peer].seconds, 3),
        }
        for peer in case.limits
        if peer != "asyncssh"
    ]
    return {
        "boxes": case.boxes,
        "lines": case.lines,
        "workers": case.workers,
        "latency_ms": round(case.latency * 1000),
        "rows": rows,
        "sides": {name: load.per_device(case.boxes) for name, load in best.items()},
        "ceiling_devices_per_s": round(case.boxes / best["asyncssh"].seconds, 2),
    }


def main() -> int:
    """Measure, print, and fail where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], default=[])
    parser.add_argument("--boxes", type=int)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--peers", default=os.environ.get("NORNIR_ANYCONNECT_PEERS") or peers_python())
    parser.add_argument("--only", help="one peer")
    chosen, more = parser.parse_known_args()
    ended = 0
    for name in chosen.cases or CASES:
        case = CASES[name]
        limits = {peer: limit for peer, limit in case.limits.items() if chosen.only in {None, peer}}
        case = Case(
            chosen.boxes or case.boxes, chosen.lines or case.lines, limits, case.workers, case.latency, case.entry
        )
        found = measure(case, chosen.runs, chosen.peers, more)
        ended |= any(row["ratio"] > row.get("limit", row["ratio"]) for row in found["rows"])
        print(json.dumps({"case": name, **found}), flush=True)
    return int(ended)


if __name__ == "__main__":
    sys.exit(main())
