"""How fast and how right ``logs`` is: time against ``grep -cE`` with the same ids, memory, precision and recall.

    python benchmarks/logs_ratio.py --megabytes 1000

Both sides read the same file in the same run, each in a process of its own, after one pass that warms the page cache.
The peer writes to a file (with /dev/null it would stop at the first match). It gets the ids as somebody types them
(722036|722035|...) and as the pattern that the reader itself derives from them, with the user's own locale and with
LC_ALL=C. Whichever of these is the fastest then takes turns with the reader, because the speed of a machine drifts; the
best of five turns counts. What is compared is the time on the clock; of a compressed log it is the CPU, because there
the peer is two processes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from make_syslog import START, write

from nornir_anyconnect.evidence.syslog.messages import ASA_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = """
import json, sys
from nornir_anyconnect.logs import summarise_logs
print(json.dumps(summarise_logs(sys.argv[1:]).to_dict()))
"""
_LONGER = 1.095
MAX_RATIO = 1.2
MAX_RATIO_NEWEST_FIRST = 1.5
"""Against our own time for the same log, oldest first."""
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
    # what is installed has been compiled
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"LC_ALL": locale} if locale else {}
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


def best(command: list[str], *, times: int = 3, by: str = "wall") -> Run:
    return min((run(command) for _ in range(times)), key=lambda each: float(getattr(each, by)))


@dataclass(frozen=True)
class Command:
    """What one side runs, and in which locale."""

    name: str
    words: list[str]
    locale: str | None = None

    def run(self) -> Run:
        return run(self.words, locale=self.locale)


def in_turns(
    ours: Command, peers: list[Command], limit: float, *, turns: int, by: str
) -> tuple[Run, dict[str, object]]:
    """Our best run, and what it is beside the best of the fastest peer."""

    def cost(each: Run) -> float:
        return float(getattr(each, by))

    once = [cost(peer.run()) for peer in peers]
    fastest = peers[once.index(min(once))]
    runs = [(ours.run(), fastest.run()) for _ in range(turns)]
    our_best, its_best = (min(of_one, key=cost) for of_one in zip(*runs, strict=True))
    return our_best, {
        "wall_seconds": round(our_best.wall, 3),
        "cpu_seconds": round(our_best.cpu, 3),
        "memory_mb": round(max(each.memory_mb for each, _ in runs), 1),
        "peer": fastest.name,
        "peer_wall_seconds": round(its_best.wall, 3),
        "peer_cpu_seconds": round(its_best.cpu, 3),
        "turns": [round(cost(one) / cost(other), 2) for one, other in runs],
        "ratio": round(cost(our_best) / cost(its_best), 2),
        "limit": limit,
    }


USUAL = re.compile(rb"^(<\d+>)(\w{3} \d\d \d{4} \d\d:\d\d:\d\d) (\S+) : ")


def as_rfc5424(source: Path, target: Path) -> None:
    """The same lines as a collector that speaks RFC 5424 writes them."""
    stamps: dict[bytes, bytes] = {}

    def stamp(text: bytes) -> bytes:
        if text not in stamps:
            time = datetime.strptime(f"{text.decode()} +0000", "%b %d %Y %H:%M:%S %z")
            stamps[text] = f"{time:%Y-%m-%dT%H:%M:%SZ}".encode()
        return stamps[text]

    def header(found: re.Match[bytes]) -> bytes:
        return found[1] + b"1 " + stamp(found[2]) + b" " + found[3] + b" - - - - "

    with source.open("rb") as lines, target.open("wb") as out:
        for line in lines:
            out.write(USUAL.sub(header, line))


def quality(summary: dict[str, object], truth: dict[str, object]) -> dict[str, float]:
    """Precision over what was planted; recall over all of it, and over what the surviving lines still show."""
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
    parser.add_argument(
        "--keep", type=Path, help="a directory for the files, which are made once; else a temporary one"
    )
    args = parser.parse_args()
    folder = args.keep or Path(tempfile.mkdtemp(prefix="logs-ratio-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        result = measure(folder, args.megabytes, args.relevant)
    finally:
        if not args.keep:
            shutil.rmtree(folder)
    print(json.dumps(result))
    return 0 if result["passed"] else 1


def make(path: Path, **how: float) -> dict[str, object]:
    """Writes a log, if it is not there yet; what was planted in it."""
    told = path.with_suffix(".truth.json")
    if not told.exists():
        told.write_text(json.dumps(write(path, **how)), "utf-8")  # type: ignore[arg-type]
    truth: dict[str, object] = json.loads(told.read_text("utf-8"))
    return truth


def measure(folder: Path, megabytes: int, relevant: float) -> dict[str, object]:
    plain = folder / "asa.log"
    # its lines are shorter than write() takes them for
    truth = make(plain, megabytes=round(megabytes * _LONGER), relevant=relevant, loss=0, shuffle=0)
    disturbed = folder / "disturbed.log"
    disturbed_truth = make(disturbed, megabytes=-(-megabytes // 10), relevant=relevant, loss=0.05, shuffle=3, seed=2)
    packed, modern, newest_first = (folder / name for name in ("packed.log.gz", "rfc5424.log", "newest_first.log"))
    if not newest_first.exists():
        with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target, 1 << 20)
        as_rfc5424(plain, modern)
        with newest_first.open("wb") as out:
            subprocess.run(["tac", str(plain)], stdout=out, check=True)

    patterns = {"typed": "|".join(ASA_MESSAGES.rows), "derived": ASA_MESSAGES.wanted.replace("(?:", "(")}
    ours = [sys.executable, "-c", OURS]

    def beside(
        path: Path, grep: Callable[[str], list[str]], limit: float, *, turns: int = 5, by: str = "wall"
    ) -> tuple[Run, dict[str, object]]:
        peers = [
            Command(
                f"{name}, LC_ALL={locale or os.environ.get('LC_ALL') or os.environ.get('LANG', '')}", grep(ids), locale
            )
            for name, ids in patterns.items()
            for locale in (None, "C")
        ]
        return in_turns(Command("ours", [*ours, str(path)]), peers, limit, turns=turns, by=by)

    read, logs = {}, {}
    for name, path in (("plain", plain), ("rfc5424", modern)):
        run(["wc", "-l", str(path)])
        logs[name], read[name] = beside(path, lambda ids, path=path: ["grep", "-cE", "--", ids, str(path)], MAX_RATIO)
    backward = best([*ours, str(newest_first)])
    slower = round(backward.wall / logs["plain"].wall, 2)
    _, read["gz"] = beside(
        packed, lambda ids: ["sh", "-c", f"zcat '{packed}' | grep -cE -- '{ids}'"], MAX_RATIO_GZ, turns=1, by="cpu"
    )
    clean = quality(json.loads(logs["plain"].output), truth)
    same = json.loads(backward.output)["incidents"] == json.loads(logs["plain"].output)["incidents"]
    lossy = quality(json.loads(run([*ours, str(disturbed)]).output), disturbed_truth)
    passed = (
        all(each["ratio"] <= each["limit"] for each in read.values())
        and slower <= MAX_RATIO_NEWEST_FIRST
        and max(backward.memory_mb, *(each["memory_mb"] for each in read.values())) < MAX_MEMORY_MB
        and same
        and clean["precision"] == clean["recall"] == 1.0
        and lossy["precision"] >= 0.98
        and lossy["recall_of_possible"] >= 1.0
    )
    return {
        "megabytes": plain.stat().st_size // 1_000_000,
        "lines": truth["lines"],
        "relevant": truth["relevant"],
        **read,
        "newest_first": {
            "wall_seconds": round(backward.wall, 3),
            "memory_mb": round(backward.memory_mb, 1),
            "peer": "oldest first",
            "ratio": slower,
            "limit": MAX_RATIO_NEWEST_FIRST,
            "same_incidents": same,
        },
        "incidents": clean,
        "incidents_5_percent_lost_3_s_shuffled": lossy,
        "passed": passed,
    }


if __name__ == "__main__":
    raise SystemExit(main())
