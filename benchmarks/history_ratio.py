"""What a year of nights costs, beside the plain thing: one SQLite table with a row per finding and night.

The same audits go into both. Prints one line of JSON: bytes on disk, and for each question the CPU seconds
of the history and of a plain scan of the table (best of some runs), with their ratios.

    python benchmarks/history_ratio.py [--nights 365] [--devices 2000]
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.finding import DeviceAudit, Finding, FindingEvidence, Scope, Verdict
from nornir_anyconnect.history.compare import Part, diff, flapping, keep_report, trend
from nornir_anyconnect.history.store import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIRST_NIGHT = datetime(2025, 1, 1, 2, 15, tzinfo=UTC)
CHANGING = 0.01
"""Share of the devices on which something changes from one night to the next."""
SITES = 40
RUNS = 3
SMALLER, FASTER = 0.25, 1.0
"""The history may take at most this share of the plain table's bytes, and of the slowest question's time."""

PLAIN = """
CREATE TABLE night (audit INTEGER, generated_at TEXT, device TEXT, context TEXT, site TEXT, scope TEXT, name TEXT,
  group_policy TEXT, verdict TEXT, reason TEXT, certainty TEXT, tls_mtu INTEGER, dtls_mtu INTEGER, safe_mtu INTEGER,
  confirmed INTEGER, users INTEGER, reconnects INTEGER, waived INTEGER);
"""
PLAIN_DIFF = """
WITH was AS (SELECT device, context, scope, name FROM night WHERE audit = :a AND verdict = 'at-risk' AND NOT waived),
     now AS (SELECT device, context, scope, name FROM night WHERE audit = :b AND verdict = 'at-risk' AND NOT waived)
SELECT (SELECT count(*) FROM (SELECT * FROM now EXCEPT SELECT * FROM was)),
       (SELECT count(*) FROM (SELECT * FROM was EXCEPT SELECT * FROM now)),
       (SELECT count(*) FROM (SELECT * FROM was INTERSECT SELECT * FROM now))
"""
PLAIN_TREND = "SELECT audit, verdict, count(*) FROM night GROUP BY audit, verdict"
PLAIN_SITE = "SELECT audit, verdict, count(*) FROM night WHERE site = ? GROUP BY audit, verdict"
PLAIN_FLAPPING = """
WITH stands AS (SELECT device, context, scope, name, verdict = 'at-risk' AND NOT waived AS open,
  lag(verdict = 'at-risk' AND NOT waived, 1, 0) OVER (PARTITION BY device, context, scope, name ORDER BY audit) AS was
  FROM night)
SELECT device, context, scope, name, count(*) FROM stands WHERE open AND NOT was GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
"""


def finding(name: str, chance: random.Random) -> Finding:
    """One tunnel group as an audit might find it."""
    verdict = chance.choice((Verdict.AT_RISK, Verdict.SAFE, Verdict.MITIGATED))
    users = chance.randrange(30) if verdict is Verdict.AT_RISK else 0
    evidence = FindingEvidence(confirmed=users > 0, users=users, reconnects=users)
    return Finding(
        Scope.TUNNEL_GROUP, name, f"GP-{name}", verdict, "dtls-mtu-exceeds-tls-mtu", tls_mtu=1287, dtls_mtu=1418,
        safe_mtu=1287, evidence=evidence,
    )  # fmt: skip


def nights(count: int, devices: int) -> Iterator[AuditReport]:
    """Audits of a fleet on most of which nothing happens, always the same ones."""
    chance = random.Random(722036)
    names = ("STAFF", "PARTNER", "DefaultWEBVPNGroup")
    fleet = [
        DeviceAudit(f"fw-{number:04}", asa_version="9.16(4)38", findings=tuple(finding(name, chance) for name in names))
        for number in range(devices)
    ]
    for night in range(count):
        for number in chance.sample(range(devices), max(1, round(devices * CHANGING))) if night else ():
            old = fleet[number]
            changed = (finding("STAFF", chance), *old.findings[1:])
            fleet[number] = DeviceAudit(old.name, asa_version=old.asa_version, findings=changed)
        at = (FIRST_NIGHT + timedelta(days=night)).isoformat()
        yield AuditReport(tuple(fleet), at, "0.1.0")


def plain_rows(number: int, report: AuditReport, sites: dict[str, str]) -> Iterator[tuple[object, ...]]:
    """The rows of one night for the plain table."""
    for device in report.devices:
        for each in device.findings:
            seen = each.evidence or FindingEvidence()
            yield (
                number, report.generated_at, device.name, "", sites[device.name], str(each.scope), each.name,
                each.group_policy, str(each.verdict), each.reason, each.certainty, each.tls_mtu, each.dtls_mtu,
                each.safe_mtu, each.confirmed, seen.users, seen.reconnects, each.waiver is not None,
            )  # fmt: skip


def best(work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of some runs."""
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def main() -> int:
    """0 where the history is small and quick enough, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--devices", type=int, default=2000)
    chosen = parser.parse_args()
    sites = {f"fw-{number:04}": f"site-{number % SITES}" for number in range(chosen.devices)}

    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "history.sqlite"), Path(folder, "plain.sqlite")
        history, plain = History(str(ours)), sqlite3.connect(theirs)
        plain.executescript(PLAIN)
        keeping = plainly = 0.0
        for number, report in enumerate(nights(chosen.nights, chosen.devices), 1):
            began = time.process_time()
            keep_report(history, replace(report, sites=sites))
            keeping += time.process_time() - began
            began = time.process_time()
            with plain:
                plain.executemany(
                    f"INSERT INTO night VALUES ({', '.join('?' * 18)})", plain_rows(number, report, sites)
                )
            plainly += time.process_time() - began
        last = chosen.nights
        # the same answers, or there is nothing to compare
        found = diff(history)
        counted = (len(found.new), len(found.fixed), len(found.still_open))
        assert counted == plain.execute(PLAIN_DIFF, {"a": last - 1, "b": last}).fetchone(), counted
        every = list(range(1, last + 1))
        again = {(i.device, i.context, i.scope, i.name, n) for i, n in flapping(history, every).items()}
        assert again == set(plain.execute(PLAIN_FLAPPING).fetchall()), len(again)

        questions = {
            "diff": (
                lambda: diff(history),
                lambda: plain.execute(PLAIN_DIFF, {"a": last - 1, "b": last}).fetchall(),
            ),
            "trend": (lambda: trend(history), lambda: plain.execute(PLAIN_TREND).fetchall()),
            "trend of a site": (
                lambda: trend(history, Part(site="site-7")),
                lambda: plain.execute(PLAIN_SITE, ("site-7",)).fetchall(),
            ),
            "flapping": (lambda: flapping(history, every), lambda: plain.execute(PLAIN_FLAPPING).fetchall()),
        }
        asked = {name: (best(mine), best(other)) for name, (mine, other) in questions.items()}
        history.close()
        plain.close()
        size = {"history": ours.stat().st_size, "plain": theirs.stat().st_size}

    result = {
        "nights": chosen.nights,
        "devices": chosen.devices,
        "bytes": {**size, "ratio": round(size["history"] / size["plain"], 3)},
        "keep_cpu_seconds_per_night": {
            "history": round(keeping / chosen.nights, 4),
            "plain": round(plainly / chosen.nights, 4),
        },
        "cpu_seconds": {
            name: {"history": round(mine, 4), "plain": round(other, 4), "ratio": round(mine / other, 3)}
            for name, (mine, other) in asked.items()
        },
    }
    print(json.dumps(result))
    small = size["history"] <= SMALLER * size["plain"]
    quick = all(mine <= FASTER * other for mine, other in asked.values())
    return 0 if small and quick else 1


if __name__ == "__main__":
    sys.exit(main())
