"""Judge every ASA of an inventory and write the page that people look at. Changes nothing.

python playbooks/audit.py --inventory inventory/config.yaml --out audit.html
"""

import argparse
import sys
from pathlib import Path

from nornir import InitNornir

from nornir_anyconnect import AuditReport, __version__, render
from nornir_anyconnect.audit.chassis import once_per_chassis
from nornir_anyconnect.report import generated_at
from nornir_anyconnect.tasks import audit_mtu


def main() -> int:
    """0 all is well, 1 something is at risk, 3 a device could not be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", default="inventory/config.yaml", help="Nornir's config file")
    parser.add_argument("--out", type=Path, default=Path("audit.html"), help="where the page goes")
    chosen = parser.parse_args()

    nornir = InitNornir(config_file=chosen.inventory)
    results = nornir.run(task=audit_mtu)
    devices = once_per_chassis(device for host in results.values() for device in host[0].result.devices)
    report = AuditReport(tuple(devices), generated_at(), __version__)

    chosen.out.write_text(render("html", report), encoding="utf-8")
    print(render("text", report), end="")
    if report.summary.failed_devices:
        return 3
    return 1 if report.summary.at_risk else 0


if __name__ == "__main__":
    sys.exit(main())
