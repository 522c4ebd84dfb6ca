"""Judge every ASA of an inventory and write the page that people look at. Changes nothing.

python playbooks/audit.py --inventory inventory/config.yaml --out audit.html
"""

import argparse
import sys
from pathlib import Path

from nornir_anyconnect import audit_mtu, audit_report, exit_code_of, load_inventory, render


def audit(chosen: argparse.Namespace) -> int:
    """0 all is well, 1 something is at risk, 3 a device could not be read."""
    report = audit_report(load_inventory(chosen.inventory).run(task=audit_mtu))
    print(render("text", report), end="")
    chosen.out.write_text(render("html", report), encoding="utf-8")
    if report.summary.failed_devices:
        return 3
    return 1 if report.summary.at_risk else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", default="inventory/config.yaml", help="Nornir's config file, or its folder")
    parser.add_argument("--out", type=Path, default=Path("audit.html"), help="where the page goes")
    sys.exit(exit_code_of(audit, parser.parse_args()))
