"""Every night: audit, compare with the night before, write the reports, tell somebody what changed.

Does what `nornir-anyconnect audit` does with the same settings, and has a place for a step of your own.

python playbooks/scheduled_audit.py [nornir-anyconnect.yaml]
"""

import sys

from nornir.plugins.runners import ThreadedRunner

from nornir_anyconnect import AnyConnectError
from nornir_anyconnect.audit.chassis import once_per_chassis
from nornir_anyconnect.cli.fleet import chosen, load
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.lock import only_one
from nornir_anyconnect.tasks import audit_mtu
from nornir_anyconnect.workflows.finish_audit import conclusion, settings_of


def night(settings_file: str | None) -> int:
    """The exit codes of `nornir-anyconnect audit`: 0 well, 1 findings, 2 not told or kept, 3 a device not judged."""
    settings = settings_of(settings_file)
    # formats, waivers and fail_on are checked here, before any device is asked
    concluded = conclusion(
        settings.formats,
        None,
        pseudonymise=False,
        keep=True,
        command="scheduled_audit",
        settings=settings,
        whole=not settings.filter,
    )
    wanted = [f"{key}={value}" for key, value in settings.filter.items()]
    nornir = chosen(load(settings.inventory), wanted).with_runner(ThreadedRunner(settings.workers))
    with only_one(settings.lock):
        results = nornir.run(task=audit_mtu, assume=settings.assume, evidence=settings.evidence)
        devices = once_per_chassis(device for host in results.values() for device in host[0].result.devices)

        # a step of your own goes here: leave out boxes in maintenance, open a ticket, ask another source

        sites = {
            name: str((host.get("anyconnect") or {}).get("site", "")) for name, host in nornir.inventory.hosts.items()
        }
        return concluded.of(devices, sites)


def main() -> int:
    """One night; what is wrong with the call in two lines."""
    try:
        return night(sys.argv[1] if len(sys.argv) > 1 else None)
    except AnyConnectError as error:
        TERMINAL.failure(error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
