"""How other libraries read a configuration; no benchmark itself. Prints CPU seconds and how many policies were found.

python benchmarks/config_peers.py scan|ciscoconfparse2|hier_config FILE
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def scan(text: str) -> int:
    """What nobody can do without: every line once, and how it begins."""
    return sum(1 for line in text.splitlines() if line.startswith("group-policy") and line.endswith("attributes"))


def ciscoconfparse2(text: str) -> int:
    """Every policy with its MTU, as its documentation has it."""
    from ciscoconfparse2 import CiscoConfParse

    parsed = CiscoConfParse(text.splitlines(), syntax="asa")
    policies = parsed.find_parent_objects(r"^group-policy \S+ attributes", r"^ webvpn")
    return sum(1 for each in policies if each.re_search_children(r"anyconnect mtu", recurse=True))


def hier_config(text: str) -> int:
    """Every policy with its MTU, out of its tree."""
    from hier_config import Platform, get_hconfig

    tree = get_hconfig(Platform.CISCO_XR, text)
    policies = [
        each for each in tree.children if each.text.startswith("group-policy") and each.text.endswith("attributes")
    ]
    return sum(1 for each in policies if any("anyconnect mtu" in below.text for below in each.all_children()))


def main() -> int:
    """Read the file with one of them."""
    name, file = sys.argv[1:3]
    text = Path(file).read_text("utf-8")
    read = {"scan": scan, "ciscoconfparse2": ciscoconfparse2, "hier_config": hier_config}[name]
    read(text[:2000])  # what is imported counts for nobody
    began = time.process_time()
    found = read(text)
    # in one piece: a library's logger writes here as well
    sys.stdout.write(f"\nread: {time.process_time() - began:.5f} {found}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
