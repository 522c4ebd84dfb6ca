"""How long the small commands take to start, as a multiple of ``python -c pass`` in the same run.

    python benchmarks/startup_ratio.py [--runs 15]

Runs of both sides alternate, so that a busy machine slows both; the smallest time of each side counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

MAX_RATIO = 12.0
COMMANDS = {"--help": ["--help"], "mtu": ["mtu", "--tls-suite", "RC4-SHA", "--dtls-suite", "AES256-SHA"]}
START = "import sys; from nornir_anyconnect.cli import main; sys.exit(main())"


def run(arguments: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of one process."""
    began, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return cpu, time.perf_counter() - began


def cpu_of_many(arguments: list[str], runs: int) -> float:
    """CPU seconds of one run, from many: one alone is near the clock's resolution of 10 ms."""
    before = os.times()
    for _ in range(runs):
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (after.children_user - before.children_user + after.children_system - before.children_system) / runs


def main() -> int:
    """Print the ratios; 1 where one is above the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    for arguments in COMMANDS.values():
        run(["-c", START, *arguments])  # compiles the modules
    walls: dict[str, list[float]] = {name: [] for name in ("pass", *COMMANDS)}
    for _ in range(runs):
        walls["pass"].append(run(["-c", "pass"])[1])
        for name, arguments in COMMANDS.items():
            walls[name].append(run(["-c", START, *arguments])[1])
    cpu = {"pass": cpu_of_many(["-c", "pass"], runs * 4)}
    cpu |= {name: cpu_of_many(["-c", START, *arguments], runs) for name, arguments in COMMANDS.items()}
    result = {
        name: {
            "wall_ratio": round(min(walls[name]) / min(walls["pass"]), 2),
            "cpu_ratio": round(cpu[name] / cpu["pass"], 2),
            "wall_ms": round(min(walls[name]) * 1000, 1),
        }
        for name in COMMANDS
    }
    print(json.dumps({"at_most": MAX_RATIO, "pass_ms": round(min(walls["pass"]) * 1000, 1), **result}))
    return int(any(max(each["wall_ratio"], each["cpu_ratio"]) > MAX_RATIO for each in result.values()))


if __name__ == "__main__":
    sys.exit(main())
