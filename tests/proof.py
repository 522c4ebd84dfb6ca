"""``python -m tests.proof [--only NAME ...] [--write docs/proof-results.md]``: the long proofs, whole, and the page of their results.

The page holds what the commands printed, each with its date; a run with ``--only`` leaves the others as they are.
Exit code 0: every proof holds; 1: one does not. A proof that cannot run here says why, and is not counted.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CANNOT_RUN = 77


@dataclass(frozen=True)
class Proof:
    """One command, and what it shows."""

    name: str
    title: str
    shows: str
    command: tuple[str, ...]


PROOFS = (
    Proof(
        "sweep",
        "Every fault at every line of a change",
        "One case is a simulated box, one fault, one line that the transaction sends. Afterwards the box's real "
        "configurations, running and startup, of both units and every context, are held against the state that was "
        "reported; what was left in doubt is taken back with the lines that were printed, or by `rollback`; journal, "
        "result, plan and log are searched for passwords. The columns count the states that were reported.",
        ("-m", "tests.faults.sweep"),
    ),
    Proof(
        "kills",
        "kill -9 in the middle of an apply over 20 devices",
        "The command runs in a process of its own and is killed at a random moment; every fourth one is killed again "
        "while it recovers. Then `apply` or `rollback last` runs to its end, and every device must be fully changed, "
        "as before, or named as in doubt.",
        ("-m", "tests.faults.kills", "--count", "200"),
    ),
    Proof(
        "hostile",
        "Hostile servers and hostile files",
        "SSH servers that stall, flood, dribble and lie at each step, all at once and beside a box that is well, times "
        "audit, doctor, plan, apply, verify and rollback; and three hundred files (bombs, devices, links, endless and "
        "deep texts, archives that lie) times check, logs, plan and explain: bounded time and memory, the right state, "
        "one clear line.",
        ("-m", "pytest", "-n0", "-p", "no:randomly", "--no-header", "-v", "tests/faults/test_hostile_servers.py",
         "tests/faults/test_signals_while_changed.py",
         "tests/hostile"),
    ),
    Proof(
        "fleet",
        "Every remedy, and a hundred devices with users on them",
        "Every remedy on explicit, inherited and absent values, on a single box, a pair and a context; and audit, "
        "plan, canary, soak, apply, traffic, verify and rollback over 100 devices.",
        ("-m", "pytest", "-n0", "-p", "no:randomly", "--no-header", "-v",
         "tests/fleet/test_remedies_on_the_fleet.py", "tests/fleet/test_change_with_traffic.py"),
    ),
    Proof(
        "lab",
        "Verdicts against a real VPN data path",
        "ocserv and openconnect in network namespaces; the details are in [The proof](proof.md).",
        ("-m", "tests.lab"),
    ),
    Proof(
        "oracle",
        "Ten thousand configurations, judged twice",
        "A second judge, written from the contract alone, imports nothing of the package. Generated texts (whole, with "
        "a lost head or tail, twice in one text, out of a terminal, typed line by line) of every release and FTD train, "
        "known and unknown, are judged by both, and every field of every finding is compared.",
        ("-m", "tests.acceptance.compare"),
    ),
    Proof(
        "properties",
        "Every property, with four times the usual examples",
        "Hostile names, cut and shuffled logs, mutilated configurations, dialogues cut at every byte: what holds for all "
        "of them, tried on texts that hypothesis draws anew in each run.",
        ("-m", "pytest", "-n0", "-p", "no:randomly", "--no-header", "-q", "-m", "hypothesis", "tests"),
    ),
    Proof(
        "mutation",
        "Guards removed, and small mistakes made",
        "Each guard of each promise is removed, and its test must fail; then the rooms that change devices are "
        "mutated place by place. What survived, and why that is right, stands in [Mutations](mutation.md).",
        ("-m", "tests.mutation", "--write", "docs/mutation.md"),
    ),
)  # fmt: skip


def section(proof: Proof) -> tuple[str, int]:
    """Run one proof, its output shown as it comes; its part of the page, and its exit code."""
    began, started = time.monotonic(), datetime.now(UTC)
    said = []
    with subprocess.Popen(
        [sys.executable, *proof.command],
        env={**os.environ, "NORNIR_ANYCONNECT_PROOF": "full"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            said.append(line.rstrip())
    code = process.returncode
    seconds = time.monotonic() - began
    ended = "holds" if code == 0 else "could not run" if code == CANNOT_RUN else f"**does not hold** (exit {code})"
    command = "NORNIR_ANYCONNECT_PROOF=full python " + " ".join(proof.command)
    when = f"{started:%Y-%m-%d %H:%M} UTC, {seconds / 60:.1f} minutes"
    return f"{_heading(proof)}\n\n{proof.shows}\n\n{when}: {ended}.\n\n```\n{command}\n```\n\n{_shown(said)}\n", code


def _heading(proof: Proof) -> str:
    return f"## {proof.title}"


def _shown(said: list[str]) -> str:
    """Tables as they are, everything else as a terminal shows it."""
    parts: list[tuple[bool, list[str]]] = []
    for line in said:
        is_row = line.startswith("|")
        if not parts or parts[-1][0] != is_row:
            parts.append((is_row, []))
        parts[-1][1].append(line)
    shown = []
    for is_row, lines in parts:
        text = "\n".join(lines).strip("\n")
        if text:
            shown.append(text if is_row else f"```text\n{text}\n```")
    return "\n\n".join(shown)


def page(sections: dict[str, str]) -> str:
    """All sections in order; those that never ran are named."""
    missing = [proof.title for proof in PROOFS if proof.name not in sections]
    lines = [
        "# Results of the long proofs",
        "<!-- Written by `python -m tests.proof --write docs/proof-results.md`; do not edit. -->",
        f"Python {platform.python_version()}, {os.cpu_count()} processors. `make proof` runs it all; a sample runs with the other tests.",
        *[sections[proof.name].strip() for proof in PROOFS if proof.name in sections],
        *([f"Not run yet: {'; '.join(missing)}."] if missing else []),
    ]
    return "\n\n".join(lines) + "\n"


def sections_of(text: str) -> dict[str, str]:
    """The sections of an earlier page."""
    parts = re.split(r"^(?=## )", text.split("\nNot run yet:", maxsplit=1)[0], flags=re.MULTILINE)
    by_heading = {_heading(proof): proof.name for proof in PROOFS}
    found = ((by_heading.get(part.split("\n", maxsplit=1)[0]), part) for part in parts)
    return {name: part for name, part in found if name is not None}


def main() -> int:
    """Run the proofs one after the other; write the page after each."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description="The long proofs, whole.")
    parser.add_argument("--only", action="append", choices=[proof.name for proof in PROOFS], help="repeatable")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page")
    chosen = parser.parse_args()
    sections = {}
    if chosen.write and chosen.write.is_file() and chosen.only:
        sections = sections_of(chosen.write.read_text("utf-8"))
    failed = []
    for proof in PROOFS:
        if chosen.only and proof.name not in chosen.only:
            continue
        print(f"== {proof.title}", flush=True)
        sections[proof.name], code = section(proof)
        if code not in (0, CANNOT_RUN):
            failed.append(proof.name)
        if chosen.write:
            chosen.write.write_text(page(sections), "utf-8")
    print(f"does not hold: {', '.join(failed)}" if failed else "every proof holds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
