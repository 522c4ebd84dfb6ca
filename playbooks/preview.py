"""Show what a fix would change, device by device, and write the plan that remediate.py carries out. Sends nothing.

python playbooks/preview.py --inventory inventory/config.yaml --out plan.yaml
"""

import argparse
import sys
from pathlib import Path

from nornir import InitNornir

from nornir_anyconnect.change.plan import make_plan
from nornir_anyconnect.change.planfile import dump_plan
from nornir_anyconnect.change.planned import Words
from nornir_anyconnect.report import plan_text
from nornir_anyconnect.tasks import plan_fix


def main() -> int:
    """0 the plan is whole, 3 a device could not be planned for (it is named, and left out)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", default="inventory/config.yaml", help="Nornir's config file")
    parser.add_argument("--fix", default="auto", help="auto, mtu, df-bit-ignore, tcpmss or tls-only-group")
    parser.add_argument("--out", type=Path, default=Path("plan.yaml"), help="where the plan goes")
    chosen = parser.parse_args()

    words = Words(fix=chosen.fix)
    nornir = InitNornir(config_file=chosen.inventory)
    results = nornir.run(task=plan_fix, words=words)
    planned = [host[0].result for host in results.values() if not host.failed]
    plan = make_plan((each for host in planned for each in host.inputs), words=words)

    dump_plan(plan, chosen.out)
    print(plan_text.text(plan), end="")
    for name, host in results.failed_hosts.items():
        print(f"not planned: {name}: {host.exception}", file=sys.stderr)
    return 3 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
