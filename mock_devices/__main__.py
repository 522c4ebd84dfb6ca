"""``python -m mock_devices``: a simulated fleet until SIGTERM; SIGUSR1 gives its VPN users ten minutes."""

from __future__ import annotations

import argparse
import asyncio
import math
import resource
import signal
import sys
from pathlib import Path

from mock_devices.fleet import Fleet
from mock_devices.inventory import write_inventory
from mock_devices.processes import ManyProcesses, usual
from mock_devices.spec import FleetError, expand, read_fleet

MINUTES = 10.0
"""Simulated time that passes at each SIGUSR1."""


# argparse names a converter to the user: "invalid seconds value"
def port(text: str) -> int:
    """A port, of ``--port``."""
    found = int(text)
    if not 1 <= found <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to 65535")
    return found


def number(text: str) -> int:
    """At least one device, of ``--count``."""
    found = int(text)
    if found < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few: at least 1")
    return found


def seconds(text: str) -> float:
    """A delay in seconds, of ``--latency``."""
    found = float(text)
    if not (math.isfinite(found) and found >= 0):
        raise argparse.ArgumentTypeError(f"{text} is no delay: 0 or more seconds")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mock_devices", description=__doc__)
    parser.add_argument("--fleet", metavar="FILE", help="fleet file (default: the packaged fleet)")
    parser.add_argument("--count", type=number, metavar="N", help="N devices in all, the file's entries in turn")
    parser.add_argument("--port", type=port, metavar="P", help="one port, a loopback address for each device")
    parser.add_argument("--record", metavar="DIR", help="one file per device with every line it received")
    parser.add_argument("--inventory", metavar="DIR", help="write a Nornir inventory that fits")
    parser.add_argument("--latency", type=seconds, default=0.0, metavar="SECONDS", help="delay of each reply")
    parser.add_argument(
        "--processes", type=number, metavar="N", help="spread over N processes (default: one per 100 devices and core)"
    )
    return parser


def _allow_many_sockets() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _ready(fleet: Fleet | ManyProcesses, inventory: str | None) -> None:
    if inventory:
        write_inventory(fleet.devices.values(), Path(inventory))
    elif fleet.is_displaced:
        sys.stderr.write("mock_devices: a port was taken; the packaged inventory does not fit, use --inventory\n")
    sys.stdout.write(f"ready {len(fleet.devices)} devices\n")
    sys.stdout.flush()


async def _run(chosen: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    how = {"port": chosen.port, "latency": chosen.latency, "record": chosen.record}
    processes = chosen.processes or usual(len(expand(read_fleet(chosen.fleet), chosen.count)))
    if processes == 1:
        fleet = Fleet(chosen.fleet, count=chosen.count, **how)
        loop.add_signal_handler(signal.SIGUSR1, lambda: fleet.run_traffic(MINUTES))
        async with fleet:
            _ready(fleet, chosen.inventory)
            await stopped.wait()
        return
    with ManyProcesses(processes, chosen.fleet, count=chosen.count, minutes=MINUTES, **how) as spread:
        loop.add_signal_handler(signal.SIGUSR1, spread.run_traffic)
        for file in spread.files:
            loop.add_reader(file, stopped.set)
        _ready(spread, chosen.inventory)
        await stopped.wait()
        if spread.has_died:
            raise OSError("a process of the fleet has died")


def main() -> int:
    """Run until SIGTERM or SIGINT; 2 where the fleet cannot start."""
    parser = _parser()
    chosen = parser.parse_args()
    _allow_many_sockets()
    try:
        asyncio.run(_run(chosen))
    except FleetError as wrong:
        parser.error(f"argument --fleet: {wrong}")
    except (ValueError, OSError) as wrong:
        sys.stderr.write(f"mock_devices: {wrong}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
