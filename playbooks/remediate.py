"""Carry out a plan of preview.py: canary, soak, waves, then verify; or take the last run back.

python playbooks/remediate.py plan.yaml --ticket CHG0012345            shows every line, sends none
python playbooks/remediate.py plan.yaml --ticket CHG0012345 --commit   changes devices
python playbooks/remediate.py --rollback --commit                      takes the last run back
"""

import argparse
import sys
from pathlib import Path

from nornir.core import Nornir

from nornir_anyconnect import (
    Run,
    WavesRunner,
    apply_plan,
    exit_code_of,
    load_inventory,
    load_plan,
    open_run,
    planned_hosts,
    rollback_plan,
    verify_plan,
)  # fmt: skip


def carry_out(nornir: Nornir, verb: object, run: Run, **how: object) -> bool:
    """One verb over the hosts of the plan; True where every one of them ended well."""
    # hosts that failed are still verified and taken back: on_failed
    result = nornir.run(task=verb, run=run, on_failed=True, **how)
    for name, host in result.items():
        print(host[0].result if host.exception is None else f"{name}: {host.exception}")
        for change in host[0].result.changes if how.get("dry_run") and host.exception is None else ():
            print("\n".join(f"    {line}" for line in change.outcome.lines))
    return not result.failed


def remediate(chosen: argparse.Namespace) -> int:
    """0 all devices ended well, 1 some did not: the journal says how, `nornir-anyconnect verify last` looks again."""
    inventory, dry = load_inventory(chosen.inventory), {"dry_run": not chosen.commit}
    if chosen.rollback:
        with open_run("last") as run:
            return 0 if carry_out(planned_hosts(run.plan, inventory), rollback_plan, run, **dry) else 1
    plan = load_plan(chosen.plan)
    nornir = planned_hosts(plan, inventory)
    with Run.start(plan, ticket=chosen.ticket, rehearsal=not chosen.commit) as run:
        waves = WavesRunner(soak=chosen.soak if chosen.commit else 0)
        well = carry_out(nornir.with_runner(waves), apply_plan, run, **dry)
        if chosen.commit:
            well = carry_out(nornir, verify_plan, run) and well
        return 0 if well else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path, nargs="?", help="what preview.py wrote")
    parser.add_argument("--inventory", default="inventory/config.yaml", help="Nornir's config file, or its folder")
    parser.add_argument("--ticket", help="number of the change request")
    parser.add_argument("--soak", type=float, default=300, help="seconds between the canary and the waves")
    parser.add_argument("--commit", action="store_true", help="without it nothing is sent")
    parser.add_argument("--rollback", action="store_true", help="take the last run back")
    given = parser.parse_args()
    if given.rollback == (given.plan is not None):
        parser.error("name a plan, or --rollback")
    sys.exit(exit_code_of(remediate, given))
