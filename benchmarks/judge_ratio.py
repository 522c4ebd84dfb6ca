"""Parsing and judging a 100,000-line configuration beside a bare scan of its lines and beside other parsers.

    python benchmarks/judge_ratio.py [--lines 100000] [--policies 20 200] [--peers PYTHON]

Each side reads the same file in a process of its own; CPU seconds of one reading, the least of some processes. Ours
includes every finding, the peers only find each policy's MTU. A second part judges 1,000 boxes of five templates
beside 1,000 that have nothing in common.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from audit_ratio import peers_python
from parse_ratio import configuration

READ = re.compile(r"read: ([\d.]+) ")
HERE = Path(__file__).parent
LIMITS = {"scan": 4.0, "ciscoconfparse2": 1 / 15, "hier_config": 1.0}
TEMPLATES_LIMIT = 1 / 3


def ours(file: str) -> None:
    """One reading; prints CPU seconds and how many findings there were."""
    from nornir_anyconnect.asa.parser import parse
    from nornir_anyconnect.audit.judge import judge

    judge(parse(configuration(0, 1)), "small")  # what is imported and compiled counts for nobody
    text = Path(file).read_text("utf-8")
    began = time.process_time()
    found = judge(parse(text), "large").findings
    sys.stdout.write(f"\nread: {time.process_time() - began:.5f} {len(found)}\n")


def least(argv: list[str], runs: int) -> float:
    """CPU seconds of the quickest process."""
    outputs = (subprocess.run(argv, capture_output=True, text=True, check=True).stdout for _ in range(runs))
    return min(float(seconds) for output in outputs for seconds in READ.findall(output))


def boxes(number: int, templates: int) -> float:
    """CPU seconds to parse and judge so many boxes of so many templates; every box has a name of its own."""
    from nornir_anyconnect.asa.parser import parse
    from nornir_anyconnect.audit.judge import judge

    base = configuration(2000, 20)
    made = [
        base.replace("GP_", f"GP{templates}-{n}-").replace("TG_", f"TG{templates}-{n}-").replace("10.", f"10.{n % 200}")
        for n in range(templates)
    ]
    taken = 0.0
    for n in range(number):
        text = made[n % templates].replace("hostname edge", f"hostname box{n}")
        began = time.process_time()
        judge(parse(text), f"box{n}")
        taken += time.process_time() - began
    return taken


def large(lines: int, policies: int, runs: int, peers: str) -> list[dict[str, Any]]:
    """One large configuration beside each peer."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.cfg"
        file.write_text(configuration(lines, policies), "utf-8")
        mine = least([sys.executable, __file__, "--only", str(file)], runs)
        for peer, limit in LIMITS.items():
            python = peers if peer == "ciscoconfparse2" else sys.executable
            theirs = least([python, str(HERE / "config_peers.py"), peer, str(file)], 1 if peer != "scan" else runs)
            rows.append(
                {
                    "what": f"parse and judge {lines} lines, {policies} policies",
                    "peer": peer,
                    "ours_s": round(mine, 4),
                    "peer_s": round(theirs, 4),
                    "ratio": round(mine / theirs, 3),
                    "limit": round(limit, 3),
                }
            )
    return rows


def main() -> int:
    """Measure, print, and fail where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--policies", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--boxes", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", default=os.environ.get("NORNIR_ANYCONNECT_PEERS") or peers_python())
    parser.add_argument("--only", help="our reading of this file, in this process")
    chosen = parser.parse_args()
    if chosen.only:
        ours(chosen.only)
        return 0
    rows = []
    for policies in chosen.policies:
        rows += large(chosen.lines, policies, chosen.runs, chosen.peers)
    five, different = boxes(chosen.boxes, 5), boxes(chosen.boxes, chosen.boxes)
    rows.append(
        {
            "what": f"judge {chosen.boxes} boxes of five templates",
            "peer": "as many different ones",
            "ours_s": round(five, 3),
            "peer_s": round(different, 3),
            "ratio": round(five / different, 3),
            "limit": round(TEMPLATES_LIMIT, 3),
        }
    )
    print(json.dumps({"rows": rows}))
    return int(any(row["ratio"] > row["limit"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
