"""What ``check`` costs on a 100,000-line configuration beyond the same command on a small one.

    python benchmarks/check_ratio.py [--lines 100000] [--policies 200] [--format text]

The peer is a plain Python loop over the lines of the same file that only looks at how each begins. Every side is a
process of its own, in turns; the smallest CPU time of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from parse_ratio import configuration

MAX_RATIO = 8.0
MAX_MEMORY_MB = 150
CHECK = "import sys; from nornir_anyconnect.cli import main; sys.exit(main(sys.argv[1:]))"
LOOP = """
import sys, time
begin = time.process_time()
found = 0
with open(sys.argv[1]) as lines:
    for line in lines:
        if line.startswith("group-policy "):
            found += 1
print(time.process_time() - begin)
"""


def text(lines: int, policies: int, mtus: int) -> str:
    """The configuration of ``parse_ratio``, with so many different MTUs in it; of four policies one sets any."""
    numbers = iter(range(policies or 1))

    def kept(_found: re.Match[str]) -> str:
        number = next(numbers)
        return "" if number % 4 else f"  anyconnect mtu {1250 + number // 4 % mtus * 20}\n"

    return re.sub(r"  anyconnect mtu \d+\n", kept, configuration(lines, policies))


@dataclass(frozen=True)
class Run:
    cpu: float
    memory_mb: float
    output: str


def run(*command: str) -> Run:
    """CPU seconds and the peak memory of one Python process."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([sys.executable, "-c", *command], stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # reaped here: Popen must not wait for it again
        if process.returncode not in (0, 1):  # 1 says findings; a command that fails is quick and proves nothing
            sys.exit(f"{command} ended with {process.returncode}")
        out.seek(0)
        return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read())


def main() -> int:
    """Print the ratio and the memory; 1 where one is above its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--policies", type=int, default=200)
    parser.add_argument("--mtus", type=int, default=4)
    parser.add_argument("--format", default="json")
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        big, small = Path(folder, "big.cfg"), Path(folder, "small.cfg")
        big.write_text(text(chosen.lines, chosen.policies, chosen.mtus))
        small.write_text(text(0, 1, 1))
        check = (CHECK, "check", "--format", chosen.format)
        run(*check, str(small))  # compiles the modules
        bigs, smalls, loops = [], [], []
        for _ in range(chosen.runs):
            smalls.append(run(*check, str(small)))
            bigs.append(run(*check, str(big)))
            loops.append(float(run(LOOP, str(big)).output))
    if chosen.format == "json":
        assert len(json.loads(bigs[0].output)["devices"][0]["findings"]) >= chosen.policies
    beyond = min(each.cpu for each in bigs) - min(each.cpu for each in smalls)
    ratio, memory = beyond / min(loops), max(each.memory_mb for each in bigs)
    result = {
        "format": chosen.format,
        "ratio": round(ratio, 2),
        "at_most": MAX_RATIO,
        "memory_mb": round(memory, 1),
        "memory_at_most": MAX_MEMORY_MB,
        "loop_ms": round(min(loops) * 1000, 1),
        "beyond_small_ms": round(beyond * 1000, 1),
    }
    print(json.dumps(result))
    return int(ratio > MAX_RATIO or memory > MAX_MEMORY_MB)


if __name__ == "__main__":
    sys.exit(main())
