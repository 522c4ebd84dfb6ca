"""``python -m tests.acceptance.compare [--count N] [--jobs N]``: generated configurations, judged by the engine and by the oracle.

Every field of every finding is compared. Where one text holds two configurations, the contract says what must
not be said, and no more: nothing is safe, mitigated or not applicable. Exit code 0: no difference.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.remedies.propose import assess_text
from tests.acceptance.generate import HandedIn, handed_in
from tests.acceptance.oracle import CLIENT_PATH, Asked, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

FIELDS = (
    "group_policy", "verdict", "reason", "certainty", "primary_set", "tls_mtu", "dtls_mtu", "gap", "numbers_from",
    "safe_mtu", "configured_mtu", "configured_mtu_from",
)  # fmt: skip
NOT_IN_THE_ORACLE = {"icmp-path-unknown", "icmp-unreachable-rate-limited", "default-policy-affected"}
SLICE, ALL = 500, 10_000


@dataclass
class Compared:
    """What two judges say of some texts."""

    differences: list[Any] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    findings: int = 0
    fields: int = 0

    def __iadd__(self, other: Compared) -> Self:
        self.differences += other.differences
        self.kinds += other.kinds
        self.reasons += other.reasons
        self.findings += other.findings
        self.fields += other.fields
        return self


def engine(given: HandedIn) -> dict[str, Any]:
    """What the engine says, as JSON."""
    more = {} if given.client_mtu is None else {"client_mtu": given.client_mtu}
    options = Options(assume_complete=given.assume_complete, ip_version=given.ip_version, **more)
    return assess_text(given.text, "edge", options=options).to_dict()


def oracle(given: HandedIn) -> tuple[str, dict[tuple[str, str], dict[str, Any]]]:
    """What the contract says."""
    ip = 40 if given.ip_version == 6 else 20
    return judge(given.text, Asked(given.assume_complete, ip, given.client_mtu or CLIENT_PATH))


def compare(seed: int) -> Compared:
    """One text of one seed."""
    given = handed_in(seed)
    status, theirs = oracle(given)
    try:
        audit = engine(given)
    except SourceError:  # what is left of it is no configuration at all
        return Compared([] if given.kind.startswith("lost") else [(seed, given.kind, "refused")], Counter([given.kind]))
    ours = {(each["scope"], each["name"]): each for each in audit["findings"]}
    told = Compared(kinds=Counter([given.kind]))
    where = (seed, given.kind)
    if audit["status"] != status:
        told.differences.append((*where, "status", audit["status"], status))
    if given.kind.startswith("twice"):
        said = {each["verdict"] for each in audit["findings"]}
        told.differences += [
            (*where, "of two configurations in one text", each) for each in said - {"at-risk", "unknown"}
        ]
        return told
    told.differences += [(*where, "only in one of them", each) for each in set(ours) ^ set(theirs)]
    for key in sorted(set(ours) & set(theirs)):
        mine, other = ours[key], theirs[key]
        told.findings += 1
        told.reasons[str(other["reason"])] += 1
        pairs = [(name, mine.get(name), other[name]) for name in FIELDS]
        pairs.append(("assumptions", list(mine["assumptions"].items()), list(other["assumptions"].items())))
        pairs.append(("caveats", set(mine["caveats"]) - NOT_IN_THE_ORACLE, other["caveats"]))
        pairs.append(("reachable_by", mine["reachable_by"], other.get("reachable_by", [])))
        told.fields += len(pairs)
        told.differences += [(*where, key, name, one, two) for name, one, two in pairs if one != two]
    return told


def compare_all(seeds: Iterable[int]) -> Compared:
    """All of them."""
    told = Compared()
    for seed in seeds:
        told += compare(seed)
    return told


def main() -> int:
    """Print what was compared; 1 where something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.compare", description=__doc__)
    parser.add_argument("--count", type=int, default=ALL)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, metavar="SEED", help="print the text of one seed and its differences")
    chosen = parser.parse_args()
    if chosen.show is not None:
        given = handed_in(chosen.show)
        print(given.text, given, *compare(chosen.show).differences, sep="\n")
        return 0
    began = time.monotonic()
    told = Compared()
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for each in pool.map(compare_all, (range(at, chosen.count, 100) for at in range(100))):
            told += each
    print("| what was handed in | texts |", "| --- | ---: |", sep="\n")
    print("\n".join(f"| {kind} | {number} |" for kind, number in sorted(told.kinds.items())))
    for each in told.differences[:50]:
        print(each)
    print(
        f"{chosen.count} configurations, {told.findings} findings, {told.fields} fields, "
        f"{len(told.differences)} differences, {time.monotonic() - began:.0f} s"
    )
    return 1 if told.differences else 0


if __name__ == "__main__":
    sys.exit(main())
