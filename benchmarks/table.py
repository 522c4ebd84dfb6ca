"""``make bench``: one table, each row a ratio beside its peer and its limit, with the machine and the day.

    python benchmarks/table.py [--only NAME ...] [--write docs/performance.md]

Every benchmark is a program of its own that prints JSON and ends with 1 where a limit is not kept; a row is made of
each ``ratio`` that stands beside a limit. The end is 1 where one of them was not kept, or did not end well.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
BESIDE = {
    "audit": "see the row",
    "check": "a plain loop over the files",
    "dask": "one worker",
    "exports": "a plain reader of the format",
    "history": "one plain table",
    "judge": "see the row",
    "logs": "grep",
    "memory": "an audit of 1,000 boxes",
    "parse": "a plain loop over the lines",
    "report": "an empty page",
    "startup": "python -c pass",
}
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


def machine() -> str:
    """Cores, processor, Python, and how busy it was."""
    text = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.*)", text)
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.processor()}), Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} when it began"
    )


def rows(
    found: Any, name: str = "", outer: float | None = None
) -> Iterator[tuple[str, str | None, float, float | None]]:
    """What is measured, its peer where the row names one, the ratio and its limit."""
    if isinstance(found, list):
        for each in found:
            yield from rows(each, name, outer)
    if not isinstance(found, dict):
        return
    limit = found.get("limit", found.get("at_most", outer))
    limit = limit if isinstance(limit, int | float) else outer
    what = str(found.get("what") or found.get("case") or name)
    for key, value in found.items():
        if isinstance(value, int | float) and (key == "ratio" or key.endswith("_ratio")):
            label = what if key == "ratio" else f"{what} {key.removesuffix('_ratio')}"
            yield label.strip(), found.get("peer"), float(value), limit
        elif isinstance(value, dict | list):
            yield from rows(value, f"{what} {key}".strip() if key != "rows" else what, limit)


def measured(name: str, more: list[str]) -> tuple[list[str], bool]:
    """The lines of the table of one benchmark, and whether it kept its limits."""
    argv = [sys.executable, str(HERE / f"{name}_ratio.py"), *more]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    lines = []
    for line in done.stdout.splitlines():
        if not line.startswith(("{", "[")):
            continue
        for what, peer, ratio, limit in rows(json.loads(line)):
            kept = "" if limit is None or ratio <= limit else " **not kept**"
            shown = "" if limit is None else f"{limit:g}"
            lines.append(
                f"| {name}: {what} | {peer or BESIDE.get(name, '')} | {ratio:g}{kept} | {shown} |".replace(":  |", " |")
            )
    if done.returncode not in (0, 1) or not lines:
        lines.append(f"| {name} | | did not end: {done.stderr.strip().splitlines()[-1:]} | |")
    return lines, done.returncode == 0


def main() -> int:
    """Run them, print the table, write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    names = chosen.only or sorted(each.stem.removesuffix("_ratio") for each in HERE.glob("*_ratio.py"))
    head = [f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {machine()}.", ""]
    head += ["| what | beside | ours / theirs | at most |", "|---|---|---|---|"]
    print("\n".join(head), flush=True)
    lines, well = [], True
    for name in names:
        made, kept = measured(name, [])
        print("\n".join(made), flush=True)
        lines += made
        well &= kept
    if chosen.write:
        text = chosen.write.read_text("utf-8")
        before, after = text.split(BEGIN)[0], text.split(END)[-1]
        chosen.write.write_text(f"{before}{BEGIN}\n" + "\n".join([*head, *lines]) + f"\n\n{END}{after}", "utf-8")
    return int(not well)


if __name__ == "__main__":
    sys.exit(main())
