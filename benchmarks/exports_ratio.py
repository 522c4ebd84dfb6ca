"""How fast exports are read: beside Python's own ``csv`` and ``json`` reading every record of the same file.

    python benchmarks/exports_ratio.py --megabytes 1000

Both sides read the same file in the same run, each in a process of its own, out of the page cache: it was just written.
What a start costs counts for less the larger the file is: at 200 MB it is a third of our time.
One record in a hundred matters. Memory is that of the largest process.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from pathlib import Path

from logs_ratio import best

OURS = """
import json, sys
from nornir_anyconnect.logs import summarise_logs
print(json.dumps(summarise_logs(sys.argv[1:]).to_dict()["inputs"]))
"""
PEERS = {
    "Splunk CSV": """
import csv, sys
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    print(sum(1 for row in csv.reader(file)))
""",
    "JSON lines": """
import json, sys
with open(sys.argv[1], "rb") as file:
    print(sum(1 for line in file if json.loads(line)))
""",
}
MIN_RATIO = 3.0
MAX_MEMORY_MB = 200
ONE_IN = 100


def _record(n: int) -> tuple[str, str, str]:
    second = n // 50 % 86_400
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    if n % ONE_IN == 0:
        who = f"Group <GP-{n % 7}> User <user{n % 5000}> IP <198.51.{n // 256 % 256}.{n % 256}>"
        text = f"%ASA-6-722036: {who} Transmitting large packet 1406 (threshold 1367)."
    else:
        text = (
            f"%ASA-6-302013: Built inbound TCP connection {n} for outside:198.51.100.{n % 250}/{n % 60_000} "
            f"(198.51.100.{n % 250}/{n % 60_000}) to inside:10.1.{n % 250}.7/443 (203.0.113.7/443)"
        )
    return f"2026-03-29T{clock}.000Z", "edge7", f"<166>Mar 29 2026 {clock} edge7 : {text}"


def write(form: str, path: Path, megabytes: int) -> int:
    """The file, and how many messages of interest are in it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        if form == "Splunk CSV":
            writer.writerow(["_time", "host", "_raw"])
        n = 0
        while file.tell() < megabytes * 1_000_000:
            for _ in range(10_000):
                time, host, raw = _record(n)
                n += 1
                if form == "Splunk CSV":
                    writer.writerow([time, host, raw])
                else:
                    file.write(json.dumps({"result": {"_time": time, "host": host, "_raw": raw}}) + "\n")
    return -(-n // ONE_IN)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--times", type=int, default=2)
    options = parser.parse_args()
    code = 0
    for form, peer in PEERS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export"
            planted = write(form, path, options.megabytes)
            ours = best([sys.executable, "-c", OURS, str(path)], times=options.times)
            theirs = best([sys.executable, "-c", peer, str(path)], times=1)
            (found,) = json.loads(ours.output)
        ratio = theirs.wall / ours.wall
        held = ratio >= MIN_RATIO and ours.memory_mb <= MAX_MEMORY_MB and found["messages"] == planted
        figures = {
            "form": form,
            "megabytes": options.megabytes,
            "read_as": found["read_as"],
            "messages": found["messages"],
            "planted": planted,
            "wall_seconds": round(ours.wall, 2),
            "peer_wall_seconds": round(theirs.wall, 2),
            "times_as_fast": round(ratio, 1),
            "memory_mb": round(ours.memory_mb, 1),
            "held": held,
        }
        print(json.dumps(figures))
        code |= not held
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
