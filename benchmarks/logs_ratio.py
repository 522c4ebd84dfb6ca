"""How fast and how right ``logs`` is: CPU against ``grep -cE`` with the same ids, memory, precision and recall.

    python benchmarks/logs_ratio.py --megabytes 1000

Both sides read the same file in the same run, each in a process of its own, after one pass that warms the page cache.
The peer runs with the default locale and with LC_ALL=C; the smaller of its times counts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from make_syslog import START, write

from nornir_anyconnect.evidence.syslog.reader import WANTED

OURS = """
import json, sys
from nornir_anyconnect.logs import summarise_logs
print(json.dumps(summarise_logs(sys.argv[1:]).to_dict()))
"""
MAX_RATIO = 2.0
MAX_RATIO_GZ = 1.3
MAX_MEMORY_MB = 200


@dataclass(frozen=True)
class Run:
    cpu: float
    wall: float
    memory_mb: float
    output: str


def run(command: list[str], *, locale: str | None = None) -> Run:
    """CPU seconds of the process and its children, wall seconds, and the largest process in MB."""
    environment = dict(os.environ) | ({"LC_ALL": locale} if locale else {})
    with tempfile.TemporaryFile("w+") as out:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{command[0]} failed with {process.returncode}")
        out.seek(0)
        return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, out.read())


def best(command: list[str], *, locale: str | None = None, times: int = 3) -> Run:
    return min((run(command, locale=locale) for _ in range(times)), key=lambda each: each.cpu)


def figures(ours: Run, default: Run, posix: Run) -> dict[str, float]:
    peer = min(default.cpu, posix.cpu)
    return {
        "cpu_seconds": round(ours.cpu, 3),
        "wall_seconds": round(ours.wall, 3),
        "memory_mb": round(ours.memory_mb, 1),
        "peer_default_locale_cpu_seconds": round(default.cpu, 3),
        "peer_posix_locale_cpu_seconds": round(posix.cpu, 3),
        "peer_wall_seconds": round(min(default.wall, posix.wall), 3),
        "ratio": round(ours.cpu / peer, 2),
    }


def quality(summary: dict[str, object], truth: dict[str, object]) -> dict[str, float]:
    """Precision over what was planted; recall over all of it, and over what the surviving lines still show."""
    from datetime import datetime

    found = [
        (
            i["kind"],
            i["device"],
            i["group_policy"],
            i["user"],
            int((datetime.fromisoformat(i["reconnected_at"]) - START).total_seconds()),
        )
        for i in summary["incidents"]  # type: ignore[attr-defined]
    ]
    planted = {tuple(each) for each in truth["planted"]}  # type: ignore[attr-defined]
    possible = {tuple(each) for each in truth["possible"]}  # type: ignore[attr-defined]
    right = set(found) & planted
    return {
        "planted": len(planted),
        "found": len(found),
        "precision": round(len(right) / len(found), 4),
        "recall": round(len(right) / len(planted), 4),
        "recall_of_possible": round(len(set(found) & possible) / len(possible), 4),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--relevant", type=float, default=0.01)
    parser.add_argument("--keep", type=Path, help="a directory for the files; else a temporary one")
    args = parser.parse_args()
    folder = args.keep or Path(tempfile.mkdtemp(prefix="logs-ratio-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        result = measure(folder, args.megabytes, args.relevant)
    finally:
        if not args.keep:
            shutil.rmtree(folder)
    print(json.dumps(result, indent=2))
    return 0 if result["passed"] else 1


def measure(folder: Path, megabytes: int, relevant: float) -> dict[str, object]:
    plain = folder / "asa.log"
    truth = write(plain, megabytes=megabytes, relevant=relevant, loss=0, shuffle=0)
    packed = folder / "packed.log.gz"
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    disturbed = folder / "disturbed.log"
    disturbed_truth = write(disturbed, megabytes=megabytes, relevant=relevant, loss=0.05, shuffle=3, seed=2)

    ids = WANTED.decode().replace("(?:", "(")
    grep, zgrep = ["grep", "-cE", "--", ids], ["sh", "-c", f"zcat '{packed}' | grep -cE -- '{ids}'"]
    ours = [sys.executable, "-c", OURS]
    run([*grep, str(plain)])
    log = best([*ours, str(plain)])
    gz = best([*ours, str(packed)])
    text = figures(log, best([*grep, str(plain)]), best([*grep, str(plain)], locale="C"))
    compressed = figures(gz, best(zgrep), best(zgrep, locale="C"))
    clean = quality(json.loads(log.output), truth)
    lossy = quality(json.loads(run([*ours, str(disturbed)]).output), disturbed_truth)
    passed = (
        text["ratio"] <= MAX_RATIO
        and compressed["ratio"] <= MAX_RATIO_GZ
        and max(text["memory_mb"], compressed["memory_mb"]) < MAX_MEMORY_MB
        and clean["precision"] == clean["recall"] == 1.0
        and lossy["precision"] >= 0.98
        and lossy["recall_of_possible"] >= 1.0
    )
    return {
        "megabytes": plain.stat().st_size // 1_000_000,
        "lines": truth["lines"],
        "relevant": truth["relevant"],
        "plain": text,
        "gz": compressed,
        "incidents": clean,
        "incidents_5_percent_lost_3_s_shuffled": lossy,
        "passed": passed,
    }


if __name__ == "__main__":
    raise SystemExit(main())
