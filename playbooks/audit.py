"""Judge every ASA of an inventory and write the page that people look at. Changes nothing.

python playbooks/audit.py --inventory inventory/config.yaml --out audit.html
"""

import argparse
import sys
from pathlib import Path

from nornir_anyconnect import AnyConnectError, AuditReport, __version__, render
from nornir_anyconnect.audit.chassis import once_per_chassis
from nornir_anyconnect.cli.fleet import load
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.report import generated_at
from nornir_anyconnect.tasks import audit_mtu
from nornir_anyconnect.workflows.exit_codes import of_error


def audit(chosen: argparse.Namespace) -> int:
    """0 all is well, 1 something is at risk, 3 a device could not be read."""
    results = load(chosen.inventory).run(task=audit_mtu)
    devices = once_per_chassis(device for host in results.values() for device in host[0].result.devices)
    report = AuditReport(tuple(devices), generated_at(), __version__)

    print(render("text", report), end="")
    chosen.out.write_text(render("html", report), encoding="utf-8")
    if report.summary.failed_devices:
        return 3
    return 1 if report.summary.at_risk else 0


def main() -> int:
    """What `audit` says, or 2 where the call was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", default="inventory/config.yaml", help="Nornir's config file, or its folder")
    parser.add_argument("--out", type=Path, default=Path("audit.html"), help="where the page goes")
    chosen = parser.parse_args()
    try:
        return audit(chosen)
    except (AnyConnectError, OSError) as error:
        TERMINAL.failure(error)
        return of_error(error)


if __name__ == "__main__":
    sys.exit(main())
