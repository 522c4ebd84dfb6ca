"""Peak memory of an audit of 10,000 boxes beside one of 1,000: findings stream into JSON, NDJSON and the history.

    python benchmarks/memory_ratio.py [--few 1000] [--many 10000] [--findings 4]

The boxes are made up where they would be asked: in the place of the SSH session stands a text, different for each
box, that is parsed and judged. Everything behind it is the audit as it runs: runner, joining, reports, history. Each
size runs in a process of its own, without the report on standard output, as a scheduler runs it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 1.5


def audit(boxes: int, policies: int) -> dict[str, float]:
    """One audit in this process: its seconds and its peak in MB."""
    from nornir.core import Nornir
    from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
    from nornir.core.task import Result, Task
    from parse_ratio import configuration

    from nornir_anyconnect.remedies.propose import assess_text
    from nornir_anyconnect.settings import Settings
    from nornir_anyconnect.tasks.audit_mtu import HostAudit
    from nornir_anyconnect.workflows import fleet
    from nornir_anyconnect.workflows.finish_audit import FinishAudit, ReportOptions

    template = configuration(0, policies)

    def made_up(task: Task, **_how: object) -> Result:
        name = task.host.name
        text = template.replace("GP_", f"GP-{name}-").replace("TG_", f"TG-{name}-").replace("edge", name)
        return Result(task.host, result=HostAudit(name, (assess_text(text, name),)))

    fleet.audit_mtu = made_up  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        hosts = Hosts({f"box{n:05}": Host(f"box{n:05}", platform="asa") for n in range(boxes)})
        nornir = Nornir(Inventory(hosts, Groups(), Defaults()))
        formats = tuple(f"{name}={place / name}" for name in ("json", "ndjson"))
        settings = Settings(history=str(place / "history.sqlite"))
        audited = FinishAudit(settings, ReportOptions(formats=formats, keep=True))
        began = time.perf_counter()
        found = fleet.audit_fleet(nornir, fleet.FleetOptions(workers=4))
        audited.finish(found.devices)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with (place / "ndjson").open("rb") as lines:
            lines.seek(-4096, os.SEEK_END)
            told = json.loads(lines.read().splitlines()[-1])["summary"]
        if (told["devices"], told["failed_devices"]) != (boxes, 0):
            raise RuntimeError(f"of {boxes} boxes {told} were judged")
    return {"boxes": boxes, "peak_mb": round(peak, 1), "seconds": round(seconds, 1)}


def in_a_process(boxes: int, policies: int) -> dict[str, float]:
    """The same in a process of its own."""
    argv = [sys.executable, __file__, "--only", str(boxes), "--findings", str(policies)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def main() -> int:
    """Measure both, print, and fail over the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--findings", type=int, default=4)
    parser.add_argument("--only", type=int, help="one size, in this process")
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(audit(chosen.only, chosen.findings)))
        return 0
    few, many = (in_a_process(each, chosen.findings) for each in (chosen.few, chosen.many))
    ratio = many["peak_mb"] / few["peak_mb"]
    print(json.dumps({"few": few, "many": many, "ratio": round(ratio, 3), "limit": LIMIT}))
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
