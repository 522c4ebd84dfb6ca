"""What reading a 100,000-line configuration costs, beside a plain loop that only looks how each line begins.

Prints one line of JSON: CPU seconds of both (best of some runs, first run for the parser because a
command parses a file once), their ratio, and the peak memory of the process in MB.

    python benchmarks/parse_ratio.py [--lines 100000] [--policies 200]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 8.0


def configuration(lines: int, policies: int) -> str:
    """A configuration with that many lines, most of them access lists, every policy with its own names."""
    head = [
        ": Saved",
        ":",
        "ASA Version 9.16(4)67",
        "!",
        "hostname edge",
        "interface GigabitEthernet0/0",
        " nameif outside",
        " security-level 0",
        "!",
        "mtu outside 1500",
    ]
    tail = ["webvpn", " enable outside", " anyconnect enable", " tunnel-group-list enable"]
    for number in range(policies):
        tail += [
            f"group-policy GP_{number} internal",
            f"group-policy GP_{number} attributes",
            " banner value Authorised users only",
            " wins-server none",
            f" dns-server value 10.0.{number % 250}.53 10.1.0.53",
            " vpn-simultaneous-logins 3",
            " vpn-idle-timeout 30",
            " vpn-tunnel-protocol ikev2 ssl-client",
            f" group-lock value TG_{number}",
            " split-tunnel-policy tunnelspecified",
            f" split-tunnel-network-list value SPLIT_{number}",
            " default-domain value example.net",
            f" address-pools value POOL_{number}",
            " webvpn",
            f"  anyconnect mtu {1200 + number % 200}",
            "  anyconnect keep-installer installed",
            f"  anyconnect profiles value P_{number} type user",
            f"tunnel-group TG_{number} type remote-access",
            f"tunnel-group TG_{number} general-attributes",
            f" address-pool POOL_{number}",
            " authentication-server-group RADIUS LOCAL",
            f" default-group-policy GP_{number}",
            f"tunnel-group TG_{number} webvpn-attributes",
            f" group-alias ALIAS_{number} enable",
        ]
    tail += ["Cryptochecksum:0123456789abcdef0123456789abcdef", ": end"]
    middle: list[str] = []
    rule = 0
    while len(head) + len(middle) + len(tail) < lines:
        rule += 1
        address = f"10.{rule % 200}.{rule % 250}.{rule % 253}"
        if rule % 20 == 0:
            middle += [f"object network HOST_{rule}", f" host {address}"]
        middle.append(f"access-list INSIDE_IN extended permit tcp host {address} any4 eq {rule % 65000}")
    return "\n".join([*head, *middle, *tail]) + "\n"


def plain_loop(text: str) -> int:
    """What nobody can do without: every line once, and how it begins."""
    found = 0
    for line in text.splitlines():
        if line.startswith("group-policy"):
            found += 1
    return found


def cpu_seconds(work: Callable[[str], object], text: str) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work(text)
    return time.process_time() - start


def main() -> int:
    """Measure, print, and fail where the limit is not kept."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=100_000)
    options.add_argument("--policies", type=int, default=200)
    options.add_argument("--runs", type=int, default=5)
    chosen = options.parse_args()
    text = configuration(chosen.lines, chosen.policies)
    parse(configuration(0, 1))  # a small file pays for loading TTP too
    first = cpu_seconds(parse, text)
    loop = min(cpu_seconds(plain_loop, text) for _ in range(chosen.runs))
    best = min(cpu_seconds(parse, text) for _ in range(chosen.runs))
    print(
        json.dumps(
            {
                "lines": text.count("\n"),
                "plain_loop_cpu_s": round(loop, 4),
                "parse_cpu_s": round(first, 4),
                "parse_best_cpu_s": round(best, 4),
                "ratio": round(first / loop, 2),
                "limit": LIMIT,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )
    return 0 if first / loop <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
