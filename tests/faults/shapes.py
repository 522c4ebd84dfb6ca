"""What the sweep changes: one box, the active unit of a pair, a context; each with one plan for all its copies."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from nornir.core import Nornir
from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.plugins.runners import SerialRunner

from mock_devices import RunningFleet, start_fleet
from mock_devices.inventory import known_hosts
from nornir_anyconnect import apply_plan, plan_fix, rollback_plan
from nornir_anyconnect.change.plan.file import content_id
from nornir_anyconnect.change.plan.making import make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.change.transaction import Saving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mock_devices import Device
    from nornir_anyconnect.change.outcome import HostChange
    from nornir_anyconnect.change.plan.model import Plan

NAME = "fw"
BOX = ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]
SHAPES = ("single", "pair", "context")
REFERENCE = 99_999
"""Number of the copy that nothing goes wrong with."""
FOREIGN = "logging buffer-size"
UNSAVED = "icmp unreachable"
"""Lines that somebody else changes, which no plan here rests on."""
SETTLED = 60.0
"""Seconds in which a box must have noticed that a session has ended."""
PATIENT, IMPATIENT = 120.0, 6.0
"""Seconds of silence that count as a hanging box: on a busy machine, and where a box is made to hang."""


def entries(shape: str, number: int) -> list[dict]:
    """The fleet's entries for one copy: same hostname, serial numbers and secrets of its own."""
    secret = {
        "users": {"audit": {"password": f"canary-login-{number:05}", "privilege": 15}},
        "enable_password": f"canary-enable-{number:05}",
    }
    box = {"name": f"{NAME}-{number}", "hostname": NAME, "release": "9.12(4)67", "serial": f"JAD1{number:05}", **secret}
    if shape == "single":
        return [{**box, "config": BOX}]
    if shape == "context":
        return [{**box, "config": "system.cfg", "contexts": {"admin": "admin.cfg", "sales": BOX}}]
    # every other pair shows its role in the prompt, the others hide a change of roles
    pair = [*BOX[:1], "failover.cfg", *BOX[1:], *(["prompt hostname context\n"] if number % 2 else [])]
    mate = f"{NAME}-{number}-mate"
    return [
        {**box, "config": pair, "failover": {"unit": "primary", "role": "active", "mate": mate}},
        {
            **box,
            "name": mate,
            "serial": f"JAD2{number:05}",
            "config": pair,
            "failover": {"unit": "secondary", "role": "standby", "mate": box["name"]},
        },
    ]


@dataclass(frozen=True)
class Copy:
    """One box of the shape, with a Nornir of its own that calls it ``fw``."""

    shape: str
    number: int
    units: tuple[Device, ...]
    nornir: Nornir

    @property
    def device(self) -> Device:
        """The unit that the plan changes."""
        return self.units[0]

    @property
    def context(self) -> str | None:
        """Where the users land."""
        return "sales" if self.shape == "context" else None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no artefact may hold; the last one is the hash in the configuration."""
        return (f"canary-login-{self.number:05}", f"canary-enable-{self.number:05}", "Y2FuYXJ5LW5ldmVyLXNob3c=")

    def running(self) -> list[str]:
        """What is configured now, in every unit and context."""
        return [_plain(unit.running_config(name)) for unit in self.units for name in unit.contexts]

    def startup(self) -> list[str]:
        """What a reload would bring."""
        return [_plain(unit.startup_config(name)) for unit in self.units for name in unit.contexts]

    def plan(self, model: Plan) -> Plan:
        """The shape's plan, bound to this copy's serial numbers."""
        serials = tuple(sorted(unit.spec.serial for unit in self.units))
        mine = replace(model, devices=tuple(replace(each, serials=serials) for each in model.devices))
        return replace(mine, id=content_id(mine))

    def all_logged_out(self) -> bool:
        """Whether every session has ended, after a moment."""
        until = time.monotonic() + SETTLED
        while any(unit.logins.current for unit in self.units):
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def type_by_hand(self, lines: tuple[str, ...]) -> None:
        """A person on the console of the unit that is, or is made, active."""
        active = next((unit for unit in self.units if unit.role == "active"), None)
        if active is None:
            active = self.device
            active.role = "active"
        active.configure(*lines, context=self.context)

    def wait_at_most(self, seconds: float) -> None:
        """Silence that the next sessions with it bear."""
        self._extras.update(dict.fromkeys(("connect_timeout", "login_timeout", "reply_timeout"), seconds))

    def speak_over(self, transport: str) -> None:
        """What speaks SSH from the next session on."""
        self._extras["transport"] = transport

    @property
    def _extras(self) -> dict[str, Any]:
        extras: dict[str, Any] = self.nornir.inventory.hosts[NAME].connection_options["anyconnect_asa"].extras
        return extras

    def heal(self) -> None:
        """Nothing goes wrong any more, and the planned unit is the active one."""
        self.wait_at_most(PATIENT)
        for unit in self.units:
            unit.clear_faults()
            unit.role = "active" if unit is self.device else "standby"

    def change(self, verb: str, plan: Plan, folder: Path, *, run: Path | None = None) -> tuple[HostChange, Path]:
        """``apply`` (a new run) or ``rollback`` (of that run); how it ended, and its journal."""
        secrets = {"secrets_known": self.secrets[:2]}
        if run is None:
            opened = Run.start(
                self.plan(plan), directory=folder, saving=Saving(wanted=True), ticket="CHG-SWEEP", **secrets
            )
        else:
            opened = Run.resume(run, **secrets)
        with opened as one:
            task = apply_plan if verb == "apply" else rollback_plan
            result = self.nornir.run(task=task, run=one, on_failed=True)[NAME]
            if result.exception is not None:
                raise result.exception
            (change,) = result[0].result.changes
            return change, one.journal.path


def _plain(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith((FOREIGN, UNSAVED, "prompt ")))


@contextlib.contextmanager
def copies(shape: str, numbers: range, folder: Path) -> Iterator[list[Copy]]:
    """Start so many boxes of a shape at once."""
    wanted = {number: entries(shape, number) for number in numbers}
    with start_fleet({"devices": [each for one in wanted.values() for each in one]}) as fleet:
        keys = folder / f"known_hosts-{shape}-{numbers.start}"
        keys.write_text(known_hosts(fleet.devices.values()), "utf-8")
        yield [_copy(fleet, shape, number, [each["name"] for each in one], keys) for number, one in wanted.items()]


def _copy(fleet: RunningFleet, shape: str, number: int, names: list[str], keys: Path) -> Copy:
    units = tuple(fleet.devices[name] for name in names)
    extras = {
        "known_hosts": str(keys),
        "secret": f"canary-enable-{number:05}",
        "connect_timeout": PATIENT,
        "login_timeout": PATIENT,
        "reply_timeout": PATIENT,
    }
    host = Host(
        NAME,
        hostname=units[0].address,
        port=units[0].port,
        username="audit",
        password=f"canary-login-{number:05}",
        platform="cisco_asa",
        connection_options={"anyconnect_asa": ConnectionOptions(extras=extras)},
        defaults=Defaults(),
    )
    inventory = Inventory(Hosts({NAME: host}), Groups(), Defaults())
    ConnectionPluginRegister.auto_register()
    return Copy(shape, number, units, Nornir(inventory, runner=SerialRunner()))


@dataclass(frozen=True)
class Reference:
    """A change of the shape without any fault: its plan, the lines of its sessions, the configurations."""

    plan: Plan
    before: list[str]
    planned: list[str]
    sent: dict[str, tuple[str, ...]]
    """Verb -> the lines that its session sends, in order."""


@cache
def reference(shape: str, folder: Path) -> Reference:
    """Plan, apply and take back once, and watch."""
    with copies(shape, range(REFERENCE, REFERENCE + 1), folder) as (copy,):
        inputs = copy.nornir.run(task=plan_fix)[NAME]
        if inputs.exception is not None:
            raise inputs.exception
        plan = make_plan(inputs[0].result.inputs)
        before = copy.running()
        sent = {}
        change, run = copy.change("apply", plan, folder)
        sent["apply"] = _session(copy.device)
        planned = copy.running()
        undone, _ = copy.change("rollback", plan, folder, run=run)
        sent["rollback"] = _session(copy.device)
        if (str(change.outcome.state), str(undone.outcome.state)) != ("applied", "rolled-back"):
            raise AssertionError((change, undone))
        if copy.running() != before or planned == before:
            raise AssertionError("the reference run did not change the box and change it back")
        return Reference(plan, before, planned, sent)


def _session(device: Device) -> tuple[str, ...]:
    """The lines of the newest session, as a fault's step counts them."""
    return tuple(
        line.text for line in device.received if line.session == device.sessions and line.mode in ("exec", "config")
    )
