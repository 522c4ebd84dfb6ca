"""``python -m tests.lab [--slice] [--write docs/proof.md]``: the lab as a command.

Exit code 0: everything agrees; 1: something does not; 77: the lab cannot run here (the reason is printed).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.lab.network import ending_cleanly
from tests.lab.page import OBSERVED, disagreements, render
from tests.lab.run import observed, why_not

CANNOT_RUN = 77


def main() -> int:
    """Run the lab; write the page only where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description="Verdicts against a real VPN data path.")
    parser.add_argument("--slice", action="store_true", help="a bounded part of it, about half a minute")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page and the record beside the lab")
    chosen = parser.parse_args()
    if chosen.slice and chosen.write:
        parser.error("the page is written from the whole lab: leave --slice out")
    if reason := why_not():
        print(f"lab: not run: {reason}")
        return CANNOT_RUN
    began = time.monotonic()
    with ending_cleanly():
        seen = observed("slice" if chosen.slice else "full")
    wrong = disagreements(seen)
    for row in seen["configurations"]:
        went = "completes" if all(each["filtered"] for each in row["seen"]) else "stalls"
        after = ", ".join(f"after {each['remedy']} {each['verdict']}" for each in row["after"])
        print(f"lab: {row['name']}: {row['verdict']}, download {went}{'; ' if after else ''}{after}")
    for each in wrong:
        print(f"lab: DISAGREES: {each}")
    if chosen.write:
        OBSERVED.write_text(json.dumps(seen, indent=1) + "\n", "utf-8")
        chosen.write.write_text(render(seen), "utf-8")
    print(
        f"lab: {len(seen['configurations'])} configurations, {len(seen['data_path'])} measured tunnels, "
        f"{len(wrong)} disagreements, {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
