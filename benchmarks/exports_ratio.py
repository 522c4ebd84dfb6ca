"""How fast exports are read: beside Python's own ``csv`` and ``json`` reading every record of the same file.

    python benchmarks/exports_ratio.py --megabytes 1000

Both sides read the same file in the same run, each in a process of its own, out of the page cache: it was just written.
What a start costs counts for less the larger the file is: at 200 MB it is a third of our time.
One record in a hundred matters. Memory is that of the largest process. A document is a fifth as large, because its
peer holds all of it in memory; that peer reads without a bound, and so may be faster, but only so much.
"""

from __future__ import annotations

import argparse
import contextlib
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
    "JSON document": """
import json, sys
with open(sys.argv[1], "rb") as file:
    print(len(json.load(file)["results"]))
""",
}
LIMITS = {"Splunk CSV": 1 / 3, "JSON lines": 1 / 3, "JSON document": 5.0}
"""Our time at most, in times of the peer's."""
DOCUMENT_SHARE = 5
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
    """The file, if it is not there yet, and how many messages of interest are in it."""
    records = path.with_suffix(".records")
    if not records.exists():
        records.write_text(str(_write(form, path, megabytes)), "ascii")
    return -(-int(records.read_text("ascii")) // ONE_IN)


def _write(form: str, path: Path, megabytes: int) -> int:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        if form == "Splunk CSV":
            writer.writerow(["_time", "host", "_raw"])
        elif form == "JSON document":
            file.write('{"results": [')
        n = 0
        while file.tell() < megabytes * 1_000_000:
            for _ in range(10_000):
                time, host, raw = _record(n)
                if form == "Splunk CSV":
                    writer.writerow([time, host, raw])
                elif form == "JSON lines":
                    file.write(json.dumps({"result": {"_time": time, "host": host, "_raw": raw}}) + "\n")
                else:
                    file.write(("," if n else "") + json.dumps({"_time": time, "host": host, "_raw": raw}))
                n += 1
        if form == "JSON document":
            file.write("]}")
    return n


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument(
        "--keep", type=Path, help="a directory for the files, which are made once; else a temporary one"
    )
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        held = [measure(form, folder, options.megabytes, options.times) for form in PEERS]
        return int(not all(held))


def measure(form: str, folder: Path, megabytes: int, times: int) -> bool:
    """Whether the limits hold."""
    size = megabytes // DOCUMENT_SHARE if form == "JSON document" else megabytes
    path = folder / form.replace(" ", "-")
    planted = write(form, path, size)
    ours = best([sys.executable, "-c", OURS, str(path)], times=times)
    theirs = best([sys.executable, "-c", PEERS[form], str(path)], times=1)
    (found,) = json.loads(ours.output)
    ratio, limit = ours.wall / theirs.wall, LIMITS[form]
    held = ratio <= limit and ours.memory_mb <= MAX_MEMORY_MB and found["messages"] == planted
    figures = {
        "what": form,
        "megabytes": size,
        "read_as": found["read_as"],
        "messages": found["messages"],
        "planted": planted,
        "wall_seconds": round(ours.wall, 2),
        "peer_wall_seconds": round(theirs.wall, 2),
        "ratio": round(ratio, 3),
        "limit": round(limit, 3),
        "memory_mb": round(ours.memory_mb, 1),
        "held": held,
    }
    print(json.dumps(figures))
    return held


if __name__ == "__main__":
    sys.exit(main())
