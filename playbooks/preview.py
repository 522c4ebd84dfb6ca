"""Show what a fix would change, device by device, and write the plan that remediate.py carries out. Sends nothing.

python playbooks/preview.py --inventory inventory/config.yaml --out plan.yaml
"""

import argparse
import sys
from pathlib import Path

from nornir_anyconnect import AnyConnectError
from nornir_anyconnect.change.plan import make_plan
from nornir_anyconnect.change.planfile import dump_plan
from nornir_anyconnect.change.planned import Words
from nornir_anyconnect.cli.fleet import load
from nornir_anyconnect.cli.plan import FIXES
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.report import render_plan
from nornir_anyconnect.tasks import plan_fix
from nornir_anyconnect.workflows.exit_codes import of_error


def preview(chosen: argparse.Namespace) -> int:
    """0 the plan is whole, 3 a device could not be planned for (it is named, and left out)."""
    if chosen.fix not in FIXES:
        raise UsageError(f"there is no fix '{chosen.fix}'", f"use one of {', '.join(FIXES)}")
    words = Words(fix=chosen.fix)
    results = load(chosen.inventory).run(task=plan_fix, words=words)
    planned = [host[0].result for host in results.values() if not host.failed]
    plan = make_plan((each for host in planned for each in host.inputs), words=words)

    print(render_plan("text", plan), end="")
    dump_plan(plan, chosen.out)
    for name, host in results.failed_hosts.items():
        print(f"not planned: {name}: {host.exception}", file=sys.stderr)
    return 3 if results.failed else 0


def main() -> int:
    """What `preview` says, or 2 where the call was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", default="inventory/config.yaml", help="Nornir's config file, or its folder")
    parser.add_argument("--fix", default="auto", help=", ".join(FIXES))
    parser.add_argument("--out", type=Path, default=Path("plan.yaml"), help="where the plan goes")
    chosen = parser.parse_args()
    try:
        return preview(chosen)
    except (AnyConnectError, OSError) as error:
        TERMINAL.failure(error)
        return of_error(error)


if __name__ == "__main__":
    sys.exit(main())
