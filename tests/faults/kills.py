"""``python -m tests.faults.kills [--count N] [--jobs N]``: kill -9 in the middle of an apply over 20 devices, then recover.

Every trial runs the command as a user does, in a process of its own, and kills it after a random share of the lines
that an undisturbed apply sends; every fourth one is killed again while it recovers. Then ``apply`` or ``rollback last`` must
leave every device fully changed, or as before, or named as being in doubt.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from mock_devices import RunningFleet, start_fleet
from tests import warm

PASSWORD, ENABLE = "canary-login-of-the-kills", "canary-enable-of-the-kills"
BOX = ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]
PAIR = [BOX[0], "failover.cfg", *BOX[1:]]
BOXES, OTHERS = 17, 3
"""Boxes on their own; chassis beside them."""
CALM = ("--yes", "--soak", "0", "--canary", "1", "--wave-percent", "100", "--wave-size", "20", "--format", "json")
"""No pauses, so that the moments are spent on devices."""
LONGEST = 120.0
FULLY_CHANGED = ("applied", "unchanged")
AS_BEFORE = ("rolled-back", "reverted", "unchanged", "not-started", "refused", "failed")


def fleet_file(boxes: int) -> dict:
    """So many boxes, two pairs, one with contexts."""
    pairs = [
        {
            "name": f"pair{number}-{unit[0]}",
            "hostname": f"pair{number}",
            "serial": f"JAD27{number}{unit[0].upper()}001",
            "config": PAIR,
            "failover": {"unit": unit, "role": role, "mate": f"pair{number}-{mate[0]}"},
        }
        for number in (1, 2)
        for unit, role, mate in (("primary", "active", "secondary"), ("secondary", "standby", "primary"))
    ]
    single = [{"name": f"box{number:02}", "serial": f"JAD28000{number:02}", "config": BOX} for number in range(boxes)]
    context = {
        "name": "contexts",
        "serial": "JAD2900001",
        "config": "system.cfg",
        "contexts": {"admin": "admin.cfg", "sales": BOX, "more": BOX},
    }
    users = {"audit": {"password": PASSWORD, "privilege": 15}}
    defaults = {"users": users, "enable_password": ENABLE, "release": "9.12(4)67"}
    return {"defaults": defaults, "devices": [*single, *pairs, context]}


@dataclass
class Trial:
    """What one kill led to."""

    moment: float
    """Share of the lines of an undisturbed apply that the devices had heard."""
    recovery: str
    killed_again: bool
    states: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Field:
    """The fleet, its plan, and the command; ``whole`` is how many lines an apply sends that nobody kills."""

    def __init__(self, fleet: RunningFleet, folder: Path, boxes: int) -> None:
        self.fleet, self.folder = fleet, folder
        self.environment = {
            **os.environ,
            "NORNIR_ANYCONNECT_PASSWORD": PASSWORD,
            "NORNIR_ANYCONNECT_ENABLE": ENABLE,
            "XDG_STATE_HOME": str(folder / "state"),
        }
        fleet.write_inventory(folder / "inventory")
        self.plan = folder / "plan.yaml"
        self._initial = {
            (name, context): state.running.copy()
            for name, device in fleet.devices.items()
            for context, state in device.contexts.items()
        }
        self.said = ""
        made = self.command("plan", "--out", str(self.plan), "--format", "json")
        changed = {each["name"] for each in json.loads(made.stdout)["devices"] if each["commands"]}
        if len(changed) != boxes + OTHERS:
            raise AssertionError(f"the plan changes {len(changed)} devices: {made.stderr}")
        self.before = self.configured()
        heard = self.heard()
        done = self.command("apply", str(self.plan), *CALM, "--journal", str(folder / "undisturbed"))
        self.whole = self.heard() - heard
        self.planned = self.configured()
        if done.returncode or any(self.before[name] == self.planned[name] for name in changed if "-s" not in name):
            raise AssertionError("the apply that nobody killed did not change everything")

    def configured(self) -> dict[str, str]:
        """What every device is really configured to do, all contexts."""
        return {
            name: "".join(device.running_config(context) for context in device.contexts)
            for name, device in self.fleet.devices.items()
        }

    def heard(self) -> int:
        """How many lines all devices have heard."""
        return sum(len(device.received) for device in self.fleet.devices.values())

    def reset(self) -> None:
        """All devices as they were in the beginning."""
        for (name, context), tree in self._initial.items():
            self.fleet.devices[name].contexts[context].running = tree.copy()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        line = [warm.command(), *arguments, "--inventory", str(self.folder / "inventory")]
        done = subprocess.run(
            line, env=self.environment, capture_output=True, text=True, timeout=LONGEST, check=False, cwd=self.folder
        )
        self.said += done.stdout + done.stderr
        return done

    def killed(self, moment: float, journal: Path, *arguments: str) -> None:
        """Begin a command and kill it when the devices have heard that share of an apply."""
        until, last = self.heard() + moment * self.whole, time.monotonic() + LONGEST
        line = [warm.command(), *arguments, "--inventory", str(self.folder / "inventory")]
        with subprocess.Popen(
            [*line, "--journal", str(journal)],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder,
        ) as process:  # fmt: skip
            while self.heard() < until and process.poll() is None and time.monotonic() < last:
                time.sleep(0.001)
            process.kill()

    def trial(self, number: int, rng: random.Random) -> Trial:
        """Kill one apply, recover, and look."""
        self.reset()
        journal = self.folder / f"runs-{number}"
        moment = rng.random()
        recovery = "apply" if number % 2 else "rollback"
        trial = Trial(moment, recovery, number % 4 == 0)
        apply = ("apply", str(self.plan), *CALM)
        recover = apply if recovery == "apply" else ("rollback", "last", "--yes", "--format", "json")
        self.killed(moment, journal, *apply)
        if trial.killed_again:
            self.killed(rng.random(), journal, *recover)
        self.said = ""
        done = self.command(*recover, "--journal", str(journal))
        self._judge(trial, done)
        texts = [self.said, *(each.read_text("utf-8") for each in journal.glob("*.jsonl"))]
        if any(secret in text for text in texts for secret in (PASSWORD, ENABLE)):
            trial.wrong.append("an artefact holds a secret")
        return trial

    def _judge(self, trial: Trial, done: subprocess.CompletedProcess[str]) -> None:
        now = self.configured()
        if done.returncode == 2:  # the kill came before the run had a beginning
            if now != self.before:
                trial.wrong.append(f"nothing to recover from, and devices were changed: {done.stderr}")
            return
        try:
            told = json.loads(done.stdout)["devices"]
        except ValueError:
            trial.wrong.append(f"exit {done.returncode} without a result: {done.stderr[-500:]}")
            return
        states: dict[str, list[dict]] = {}
        for each in told:
            states.setdefault(each["name"], []).append(each)
            trial.states[each["state"]] += 1
        for name, found in states.items():
            named = any(each["state"] == "indeterminate" for each in found)
            good, wanted = (FULLY_CHANGED, self.planned) if trial.recovery == "apply" else (AS_BEFORE, self.before)
            fine = all(each["state"] in good for each in found) and now[name] == wanted[name]
            untouched = all(each["state"] in AS_BEFORE for each in found) and now[name] == self.before[name]
            if not (fine or untouched or named):
                as_is = {self.before[name]: "as before", self.planned[name]: "as planned"}.get(
                    now[name], "half changed"
                )
                trial.wrong.append(f"{name} is {as_is}, reported {[(e['state'], e['reason']) for e in found]}")


def kills(count: int, seed: int, boxes: int = BOXES) -> list[Trial]:
    """So many trials on a fleet of its own."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="anyconnect-kills-") as name, start_fleet(fleet_file(boxes)) as fleet:
        ground = Field(fleet, Path(name), boxes)
        return [ground.trial(number, rng) for number in range(count)]


def run_all(count: int, jobs: int, boxes: int = BOXES) -> list[Trial]:
    """The trials over several processes."""
    if jobs == 1:
        return kills(count, 1, boxes)
    with ProcessPoolExecutor(jobs) as pool:
        sizes = [count // jobs + (number < count % jobs) for number in range(jobs)]
        return [trial for trials in pool.map(kills, sizes, range(jobs), [boxes] * jobs) for trial in trials]


def summary(trials: list[Trial]) -> str:
    """One row per way to recover."""
    lines = [
        "| recovery | kills | of them twice | states reported after it | wrong |",
        "| --- | ---: | ---: | --- | ---: |",
    ]
    for recovery in ("apply", "rollback"):
        mine = [each for each in trials if each.recovery == recovery]
        states = sum((each.states for each in mine), Counter())
        told = ", ".join(f"{state} {number}" for state, number in sorted(states.items()))
        twice = sum(each.killed_again for each in mine)
        lines.append(f"| {recovery} | {len(mine)} | {twice} | {told} | {sum(bool(each.wrong) for each in mine)} |")
    return "\n".join(lines)


def main() -> int:
    """Print how the trials ended; 1 where one was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    began = time.monotonic()
    trials = run_all(chosen.count, chosen.jobs)
    print(summary(trials))
    wrong = [f"after {each.moment:.0%} of the lines, {each.recovery}: {one}" for each in trials for one in each.wrong]
    print("\n".join(wrong))
    print(f"{len(trials)} kills, {len(wrong)} wrong, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
