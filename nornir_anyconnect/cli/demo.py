"""``demo``: the whole story on a simulated fleet: audit, evidence, plan, canary, apply, verify, rollback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.workflows.exit_codes import ExitCode

if TYPE_CHECKING:
    from mock_devices import RunningFleet

# the simulated fleet's own, documented in mock_devices/fleet.yaml; they open nothing else
_CREDENTIALS = {"NORNIR_ANYCONNECT_PASSWORD": "demo-password", "NORNIR_ANYCONNECT_ENABLE": "demo-enable"}
_MINUTES = 10


def demo(
    *,
    folder: Annotated[
        str, typer.Option("--folder", metavar="DIR", help="Where report, plan and journal are left.")
    ] = "demo-output",
    soak: Annotated[float, typer.Option(min=0, help="Seconds between the canary and the waves.")] = 3,
    _verbosity: options.Verbosity,
) -> int:
    """Walk the whole story on a simulated fleet; needs nothing but the installation."""
    from mock_devices import start_fleet

    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with _environment(_CREDENTIALS), start_fleet() as fleet:
        fleet.write_inventory(out / "inventory")
        return _story(fleet, out, soak)


def _story(fleet: "RunningFleet", out: Path, soak: float) -> int:
    inventory = ["--inventory", str(out / "inventory")]
    journal = ["--journal", str(out / "runs")]
    report = out / "report.html"
    plan = out / "plan.yaml"
    before = {name: device.running_config() for name, device in fleet.devices.items()}

    _say(
        f"1. {len(fleet.devices)} simulated ASAs are listening on loopback, with users on them; DTLS is blocked on",
        "   the path of some. Audit: who can stall one minute after connecting, and who was seen to?",
    )
    _run("audit", *inventory, "--format", "text", "--format", f"html={report}", expect=(0, 1, 3))

    _say("2. One of the guilty, explained with its own numbers:")
    _run("explain", "--host", "fw-london", "--tunnel-group", "STAFF", *inventory)

    _say("3. The change, previewed: nothing is sent.")
    _run("plan", *inventory, "--limit", _FIXED, "--out", str(plan), expect=(0, 3))

    _say(f"4. The change, applied: one canary, {soak:g} s of soak, then the rest. Nothing is saved.")
    _run("apply", str(plan), *inventory, *journal, "--yes", "--soak", f"{soak:g}", "--ticket", "CHG-DEMO")

    _say(f"5. {_MINUTES} minutes later by the simulated clock: users came and went. Did the fix hold?")
    for name in _FIXED.split(","):
        device = fleet.devices[name]
        for number in range(3):
            device.add_user(f"after-the-fix-{number}", _GROUPS[name], dtls="blocked", at=5)
        device.run_traffic(_MINUTES)
    _run("verify", "last", *inventory, *journal)

    _say("6. And all of it taken back, line by line:")
    _run("rollback", "last", *inventory, *journal, "--yes")

    same = all(device.running_config() == before[name] for name, device in fleet.devices.items())
    _say(
        f"Every configuration is {'as it was before' if same else 'NOT as it was before'}.",
        f"Open {report} in a browser; the plan is {plan}, the journal is in {out / 'runs'}.",
    )
    return ExitCode.CLEAN if same else ExitCode.INDETERMINATE


_GROUPS = {"fw-london": "STAFF", "fw-newyork": "Road Warriors"}
_FIXED = ",".join(_GROUPS)


def _run(*arguments: str, expect: tuple[int, ...] = (0,)) -> None:
    """One command of our own, as a user would type it."""
    from nornir_anyconnect.cli import main

    _say(f"$ nornir-anyconnect {' '.join(arguments)}")
    code = main(arguments)
    if code not in expect:
        raise UsageError(f"'{arguments[0]}' ended with exit code {code}", "run the demo again with -vv and report it")


def _say(*lines: str) -> None:
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    sys.stdout.flush()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
