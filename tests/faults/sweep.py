"""``python -m tests.faults.sweep [--slice N] [--jobs N]``: every fault at every line of a change, of three kinds of box.

Over each library that speaks SSH. One case: a box of its own, one fault at one line that the transaction sends, and then the box's real
configurations are held against the state that was reported. Exit code 0: every case was correct.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mock_devices.faults import Fault
from nornir_anyconnect.change.plan.file import plan_text
from nornir_anyconnect.platforms.asa_ssh.options import TRANSPORTS
from tests.faults.shapes import FOREIGN, IMPATIENT, SHAPES, UNSAVED, Copy, Reference, copies, reference

VERBS = ("apply", "rollback")
AT_ONCE = 48
"""Boxes that one process changes at once: most of the time they wait."""
FLEET = 400
"""Boxes that listen at once."""
MTU_BY_SOMEBODY = ("group-policy GP-STAFF attributes", "webvpn", "anyconnect mtu 1234")
ALWAYS = ("connect", "login", "enable")


@dataclass(frozen=True)
class Trouble:
    """One way to go wrong; ``what`` holds (kind, options) and is set at the step of the case.

    Args:
        name: its row in the table.
        what: faults of ``mock_devices``.
        onwards: from that step on, in every later session too.
        where: ``line`` (each line of the session), ``config`` (each line in configuration mode), ``once``.
        shapes: only there.

    """

    name: str
    what: tuple[tuple[str, dict[str, Any]], ...]
    onwards: bool = False
    where: str = "line"
    shapes: tuple[str, ...] = SHAPES

    @property
    def silent(self) -> bool:
        """The box ends up saying nothing, and somebody has to give up."""
        return any(kind in ("hang", "cut-output", "empty-reply") for kind, _ in self.what)


def _one(name: str, kind: str, *, onwards: bool = False, where: str = "line", **options: Any) -> Trouble:
    shapes = ("pair",) if kind in ("failover-flip", "standby") else SHAPES
    return Trouble(name, ((kind, options),), onwards, where, shapes)


SECRET_WORDS = "ERROR: {login} and {enable} are not good here"
TROUBLES = (
    _one("output stops, box silent", "hang"),
    _one("silent after it did the line", "hang", done=True),
    _one("silent from then on", "hang", onwards=True),
    _one("link dropped", "drop-link"),
    _one("link dropped after the line was done", "drop-link", done=True),
    _one("link dropped, box gone from then on", "drop-link", onwards=True),
    _one("output cut in the middle, then the prompt", "cut-output"),
    _one("output cut in the middle, then silence", "cut-output", then="silence"),
    _one("output cut in the middle, then the link drops", "cut-output", then="drop"),
    _one("empty reply", "empty-reply"),
    _one("syslog on the terminal, before", "syslog", where="before"),
    _one("syslog on the terminal, inside", "syslog", where="inside"),
    _one("syslog on the terminal, after", "syslog", where="after"),
    _one("Command authorization failed", "authorization"),
    _one("Command authorization failed, from then on", "authorization", onwards=True),
    _one("Invalid input detected", "invalid-input"),
    _one("other words instead of doing it", "reply", text="INFO: not now"),
    _one("other words that hold our secrets", "reply", text=SECRET_WORDS),
    _one("a flood of blanks", "reply", text=" " * 300_000),
    _one("letters that are taken back", "reply", text="x" * 100_000 + "\b" * 100_000),
    _one("a flood of prompts that are none", "reply", text="\r\nfw8# x" * 5_000),
    _one("our own prompt inside", "reply", text="x\r\nfw# y\r\nfw(config)# " * 50),
    _one("done, with a remark", "remark", text="WARNING: this may take effect later"),
    _one("slow output", "slow-output", size=200, seconds=0.002),
    _one("replication text inside the prompt", "replication-text"),
    _one("somebody changes something else", "foreign-change", lines=[f"{FOREIGN} 65536"]),
    _one("somebody changes the same value", "foreign-change", lines=list(MTU_BY_SOMEBODY)),
    _one("accepted, not stored", "not-stored", where="config"),
    _one("accepted, not stored, from then on", "not-stored", where="config", onwards=True),
    _one("failover flip", "failover-flip"),
    _one("unit becomes standby", "standby"),
    Trouble("a remark, and the inverse is denied",
            (("remark", {"text": "WARNING"}), ("authorization", {"step": r"^(no )?anyconnect mtu", "session": 0})),
            where="config"),
    Trouble("a remark, and the inverse is not stored",
            (("remark", {"text": "WARNING"}), ("not-stored", {"step": r"^no anyconnect mtu"})), where="config"),
    Trouble("link dropped, the password was a one-time one", (("drop-link", {}), ("one-time-password", {})),
            where="config"),
    _one("clock skew", "clock-skew", where="once", seconds=7200),
    _one("changed host key", "changed-host-key", where="once"),
    _one("old algorithms only", "old-algorithms", where="once"),
    _one("session limit", "session-limit", where="once", limit=0),
    _one("one-time password", "one-time-password", where="once"),
    _one("pager on", "pager", where="once"),
    _one("prompt look-alikes in the banner", "banner", where="once"),
    _one("echo cut at 80 columns", "echo-cut", where="once"),
    _one("anonymous-reporting notice", "anonymous-reporting", where="once"),
    _one("unsaved foreign changes", "unsaved-changes", where="once", lines=[f"{UNSAVED} rate-limit 10 burst-size 5"]),
    _one("100,000-line configuration", "large-config", where="once", lines=100_000),
    Trouble("connection refused", (("refuse-connection", {"step": "connect"}),), where="once"),
    Trouble("connection refused once", (("refuse-connection", {"step": "connect", "times": 1}),), where="once"),
    Trouble("wrong password", (("wrong-password", {"step": "login"}),), where="once"),
    Trouble("wrong enable secret", (("wrong-password", {"step": "enable"}),), where="once"),
    Trouble("silent at login", (("hang", {"step": "login", "times": 1}),), where="once"),
    Trouble("link dropped at login", (("drop-link", {"step": "login", "times": 1}),), where="once"),
    *(_one("link dropped after N bytes", "drop-link", where="once", after=size, times=1) for size in range(1, 30000, 250)),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One fault at one place; ``step`` counts the lines of the session from 1, 0 where the fault has its own place."""

    shape: str
    verb: str
    trouble: Trouble
    step: int
    line: str
    transport: str = TRANSPORTS[0]

    def __str__(self) -> str:
        where = f" at line {self.step} ({self.line})" if self.step else ""
        return f"{self.shape}, {self.verb}, {self.transport}: {self.trouble.name}{where}"


@dataclass(frozen=True)
class Ending:
    """How a case ended; ``wrong`` says what was not correct, None where all was."""

    case: Case
    state: str
    reason: str
    wrong: str | None = None

    def __str__(self) -> str:
        return f"WRONG: {self.case}: {self.state} ({self.reason}): {self.wrong}"


def cases(folder: Path) -> list[Case]:
    """All of them."""
    found = []
    for shape, verb in itertools.product(SHAPES, VERBS):
        lines = reference(shape, folder).sent[verb]
        begin = next(n for n, line in enumerate(lines, 1) if line == "configure terminal")
        for trouble in TROUBLES:
            if shape not in trouble.shapes:
                continue
            if trouble.where == "once":
                found.append(Case(shape, verb, trouble, 0, ""))
                continue
            steps = enumerate(lines, 1)
            if trouble.where == "config":
                steps = itertools.islice(steps, begin, begin + _config_lines(lines, begin))
            # to leave a mode stores nothing: there is nothing that could not be stored
            kind = trouble.what[0][0]
            found += [
                Case(shape, verb, trouble, number, line)
                for number, line in steps
                if kind != "not-stored" or line != "exit"
            ]
    return found


def _config_lines(lines: tuple[str, ...], begin: int) -> int:
    return next(n for n, line in enumerate(lines[begin:]) if line.startswith("show"))


def run_case(case: Case, copy: Copy, base: Reference, folder: Path) -> Ending:
    """Change one box while something goes wrong, and look at what is really configured."""
    try:
        ending = _Trial(case, copy, base, folder).ending()
    except Exception as error:
        ending = Ending(case, "raised", "", f"{type(error).__name__}: {error}")
    if ending.wrong:  # at once: the whole table takes its time
        print(ending, file=sys.stderr, flush=True)
    return ending


@dataclass
class _Trial:
    case: Case
    copy: Copy
    base: Reference
    folder: Path
    artefacts: list[str] = field(default_factory=list)

    def ending(self) -> Ending:
        case, copy = self.case, self.copy
        copy.speak_over(case.transport)
        before, started = copy.running(), copy.startup()
        run = None
        if case.verb == "rollback":
            change, run = copy.change("apply", self.base.plan, self.folder)
            if str(change.outcome.state) != "applied":
                return Ending(case, str(change.outcome.state), change.outcome.reason, "the fault-free apply failed")
        faults = self._go_wrong()
        change, run = copy.change(case.verb, self.base.plan, self.folder, run=run)
        outcome = change.outcome
        self.artefacts += [str(change), json.dumps(change.to_dict()), run.read_text("utf-8"), plan_text(self.base.plan)]
        state = str(outcome.state)
        wrong = (
            self._leaves_a_session()  # a box that is busy hears the last line after we have gone
            or ("the fault never happened" if case.step and not faults[0].fired else None)
            or self._wrong(state, outcome.reason, before, started)
            or self._tells_a_secret()
            or self._cannot_be_taken_back(state, outcome.lines, before, run)
        )
        return Ending(case, state, outcome.reason, wrong)

    def _go_wrong(self) -> list[Fault]:
        trouble, device = self.case.trouble, self.copy.device
        secrets = {"login": self.copy.secrets[0], "enable": self.copy.secrets[1]}
        newest = device.sessions
        if trouble.silent:
            self.copy.wait_at_most(IMPATIENT)
        faults = []
        for position, (kind, given) in enumerate(trouble.what):
            options = dict(given)
            step: str | int | None = options.pop("step", self.case.step or None)
            times = options.pop("times", None if trouble.onwards or position or not self.case.step else 1)
            if "text" in options:
                options["text"] = options["text"].format(**secrets)
            session = options.pop("session", None)
            onwards = trouble.onwards
            if session == 0:  # only once the first fault has happened: from the line after it
                step, onwards, session = self.case.step + 1, True, newest + 1
            faults.append(device.set_fault(kind, step, onwards=onwards, times=times, session=session, **options))
        return faults

    def _wrong(self, state: str, reason: str, before: list[str], started: list[str]) -> str | None:
        """Whether what the box is really configured to do is what was said of it."""
        now, saved, planned = self.copy.running(), self.copy.startup(), self.base.planned
        touched = [before, self._with_foreign(before)]
        by_somebody = self.case.trouble.name == "somebody changes the same value"
        if state == "applied":
            good = now == planned or (by_somebody and self._after_read_back())
            if not good:
                return "reported applied, and it is not as planned"
            if "unsaved" not in reason and saved != planned and not by_somebody:
                return "reported saved, and the startup configuration is not as planned"
        elif state in ("reverted", "rolled-back"):
            if now not in touched:
                return f"reported {state}, and it is not as before"
            if "unsaved" not in reason and saved not in [started, *(touched if by_somebody else ())]:
                return f"reported {state}, and the startup configuration is not as before"
        elif state in ("refused", "failed", "unchanged", "not-started"):
            as_found = touched if self.case.verb == "apply" else [planned, self._with_foreign(planned)]
            if now not in as_found:
                return f"reported {state}, and it was touched"
        elif state != "indeterminate":
            return f"ended {state}"
        return None if reason or state in ("applied", "rolled-back") else "no reason is given"

    def _with_foreign(self, texts: list[str]) -> list[str]:
        """The same after somebody set the MTU to 1234."""
        if self.case.trouble.name != "somebody changes the same value":
            return texts
        now = self.copy.running()
        return now if all("anyconnect mtu 1234" in n or n == t for n, t in zip(now, texts, strict=True)) else texts

    def _after_read_back(self) -> bool:
        """Whether the value had been read for the last time: what changes later no transaction can know."""
        lines = self.base.sent[self.case.verb]
        last = max(number for number, line in enumerate(lines, 1) if line == "show running-config group-policy")
        return self.case.step > last

    def _leaves_a_session(self) -> str | None:
        return None if self.copy.all_logged_out() else "a session was left open"

    def _tells_a_secret(self) -> str | None:
        told = "\n".join(self.artefacts)
        return next((f"an artefact holds the secret {each}" for each in self.copy.secrets if each in told), None)

    def _cannot_be_taken_back(self, state: str, lines: tuple[str, ...], before: list[str], run: Path) -> str | None:
        """Once all is well again: by the tool where the change is in force, by hand where it is in doubt."""
        self.copy.heal()
        if state == "indeterminate" and self.case.step % 2:
            if not lines:
                return "indeterminate, and no line to type"
            self.copy.type_by_hand(lines)
        elif state in ("applied", "indeterminate") or self.case.verb == "rollback":
            change, _ = self.copy.change("rollback", self.base.plan, self.folder, run=run)
            self.artefacts.append(str(change))
            if str(change.outcome.state) == "indeterminate" and "somebody else" in change.outcome.reason:
                self.copy.type_by_hand(change.outcome.lines)
            elif str(change.outcome.state) not in ("rolled-back", "reverted", "unchanged"):
                return f"it could not be taken back afterwards: {change}"
        else:
            return None
        if self.copy.running() not in (before, self._with_foreign(before)):
            return "taken back, and it is not as before"
        return self._tells_a_secret()


def sweep(chosen: list[tuple[int, Case]], folder: Path) -> list[Ending]:
    """Run cases, each with a number of its own; boxes of one shape share a fleet."""
    folder.mkdir(parents=True, exist_ok=True)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)

    def of_shape(shape: str) -> list[Ending]:
        base, found = reference(shape, folder), []
        mine = [case for _, case in chosen if case.shape == shape]
        for begin in range(0, len(mine), FLEET):
            batch = mine[begin : begin + FLEET]
            with copies(shape, range(len(batch)), folder) as boxes, ThreadPoolExecutor(AT_ONCE) as pool:
                found += pool.map(lambda pair: run_case(*pair, base, folder), zip(batch, boxes, strict=True))
        return found

    try:
        with ThreadPoolExecutor(len(SHAPES)) as pool:  # most of the time they wait
            endings = [each for found in pool.map(of_shape, SHAPES) for each in found]
    finally:
        logging.getLogger().removeHandler(handler)
    if "canary-" in log.getvalue():
        endings.append(Ending(chosen[0][1], "logged", "", "the log holds a secret"))
    return endings


def sample(every: list[Case], size: int | None) -> list[Case]:
    """The same choice every time: each trouble at least once, then each with each verb, as far as the size goes.

    Of a part every other case goes over the other transport, of the whole every case over each.
    """
    if size is None:
        return [replace(case, transport=each) for case in every for each in TRANSPORTS]
    rng = random.Random(4)
    shuffled = rng.sample(every, len(every))
    by_name = {case.trouble.name: case for case in reversed(shuffled)}
    by_verb = {(case.trouble.name, case.verb): case for case in reversed(shuffled)}
    chosen = {id(case): case for case in (*by_name.values(), *by_verb.values(), *shuffled)}
    over = itertools.cycle(TRANSPORTS)
    return [replace(case, transport=next(over)) for case in itertools.islice(chosen.values(), size)]


def table(endings: list[Ending]) -> str:
    """One row per fault: how often which state was reported; the last column must be 0."""
    states = ("applied", "rolled-back", "reverted", "refused", "failed", "indeterminate")
    counts: dict[str, Counter[str]] = {}
    for each in endings:
        row = counts.setdefault(each.case.trouble.name, Counter())
        row[each.state] += 1
        row["wrong"] += each.wrong is not None
        row["cases"] += 1
    columns = ("cases", *states, "wrong")
    head = ["| fault | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    order = {trouble.name: None for trouble in TROUBLES}
    rows = [
        f"| {name} | " + " | ".join(str(counts[name][c]) for c in columns) + " |" for name in order if name in counts
    ]
    total = sum(counts.values(), Counter())
    return "\n".join([*head, *rows, "| **all** | " + " | ".join(f"**{total[c]}**" for c in columns) + " |"])


def main() -> int:
    """Print the table; 1 where a case was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.sweep", description=__doc__)
    parser.add_argument("--slice", type=int, metavar="N", help="only N cases, always the same")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", help="only faults whose name holds this")
    chosen = parser.parse_args()
    endings, seconds = run_all(chosen.slice, chosen.jobs, only=chosen.only)
    print(table(endings))
    wrong = [each for each in endings if each.wrong]
    for each in wrong:
        print(each)
    print(f"{len(endings)} cases, {len(wrong)} wrong, {seconds:.0f} s")
    return 1 if wrong else 0


def run_all(size: int | None, jobs: int, only: str | None = None) -> tuple[list[Ending], float]:
    """The sweep over several processes; how every case ended, and the seconds it took."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="anyconnect-sweep-") as name:
        folder = Path(name)
        every = sample(cases(folder), size)
        numbered = list(enumerate(each for each in every if only is None or only in each.trouble.name))
        parts = [numbered[at::jobs] for at in range(jobs)]
        if jobs == 1:
            return sweep(numbered, folder), time.monotonic() - began
        with ProcessPoolExecutor(jobs) as pool:
            done = pool.map(sweep, parts, [folder / str(number) for number in range(jobs)])
            return [each for part in done for each in part], time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
