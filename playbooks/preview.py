"""Show what a fix would change, device by device, and write the plan that remediate.py carries out. Sends nothing.

python playbooks/preview.py --inventory inventory/config.yaml --out plan.yaml
"""

import argparse
import sys
from pathlib import Path

from nornir_anyconnect import RemedyOptions, exit_code_of, load_inventory, plan_fix, plan_of, render_plan, save_plan


def preview(chosen: argparse.Namespace) -> int:
    """0 the plan is whole, 3 a device could not be planned for (it is named, and left out)."""
    options = RemedyOptions(fix=chosen.fix)
    results = load_inventory(chosen.inventory).run(task=plan_fix, options=options)
    plan = plan_of(results, options)
    print(render_plan("text", plan), end="")
    save_plan(plan, chosen.out)
    for name, host in results.failed_hosts.items():
        print(f"not planned: {name}: {host.exception}", file=sys.stderr)
    return 3 if results.failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", default="inventory/config.yaml", help="Nornir's config file, or its folder")
    parser.add_argument("--fix", default="auto", help="auto, mtu, df-bit-ignore, tcpmss or tls-only-group")
    parser.add_argument("--out", type=Path, default=Path("plan.yaml"), help="where the plan goes")
    sys.exit(exit_code_of(preview, parser.parse_args()))
