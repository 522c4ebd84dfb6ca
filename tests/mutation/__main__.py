"""``python -m tests.mutation``: removes every guard of every promise, then makes small mistakes in the rooms that change devices.

    python -m tests.mutation                    the guards, and every mutant (about half an hour on two cores)
    python -m tests.mutation --guards           the guards alone (a minute)
    python -m tests.mutation --slice            one guard of each promise (half a minute)
    python -m tests.mutation --every 50         the guards, and each fiftieth mutant
    python -m tests.mutation --files A.py B.py  the guards, and only these modules
    python -m tests.mutation --write docs/mutation.md

With ``--write`` the page keeps what this run did not try: ``--no-guards --files A.py`` replaces the rows of one module.

Exit code 0: every guard is missed by its test, and every survivor is explained; 1: something is not.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from tests.mutation.covering import Covering, measure
from tests.mutation.guards import GUARDS, Guard
from tests.mutation.mutants import Mutant, codes_of, mutants_of
from tests.mutation.page import guards_line, render
from tests.mutation.survivors import why
from tests.mutation.swap import Swap, swapped, try_swapped
from tests.mutation.trial import ROOT, End, Trial, run_all, warm_up

MODULES = (
    *(
        f"nornir_anyconnect/{room}/*.py"
        for room in ("change", "change/plan", "platforms", "platforms/asa_ssh", "remedies", "remedies/kinds")
    ),
    "nornir_anyconnect/asa/chassis.py",
    "nornir_anyconnect/asa/config_commands.py",
    "nornir_anyconnect/asa/commands.py",
    "nornir_anyconnect/platforms/fmc/client.py",
    "nornir_anyconnect/platforms/fmc/manager.py",
    "nornir_anyconnect/platforms/probe/path.py",
    "nornir_anyconnect/runners/chassis.py",
    "nornir_anyconnect/runners/waves.py",
    "nornir_anyconnect/tasks/change_plan.py",
)
"""What writes to a firewall or protects one: commands, who is told what and when, how much a manager or a head-end is
asked. Out are the rooms that only read texts (they send nothing: fixtures, independent readers and properties hold
them; what may be sent at all is a column of ``asa/grammar.py``, which the guards of promise 29 hold), the rest of
``platforms/fmc`` and ``platforms/probe`` (what an answer means), and what only hands on (``cli``, ``workflows``: the
guards of promises 1, 19, 21 and 37 stand there)."""


def main() -> int:
    """Try all that was asked for and say what was not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--guards", action="store_true", help="only the guards of the promises")
    parser.add_argument("--no-guards", action="store_true", help="only the mutants")
    parser.add_argument("--promise", type=int, action="append", help="only the guards of these promises")
    parser.add_argument(
        "--slice", type=int, nargs="?", const=1, metavar="N", help="one guard of each (N-th) promise, half a minute"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each N-th mutant")
    parser.add_argument("--files", nargs="*", help="only these modules")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page")
    chosen = parser.parse_args()
    if chosen.write and (chosen.promise or chosen.slice or chosen.every > 1):
        parser.error("--write takes a run over all guards, or over all mutants of a module")
    warm_up()
    guards = [each for each in GUARDS if not chosen.promise or each.promise in chosen.promise]
    if chosen.slice:
        guards = list({each.promise: each for each in reversed(guards)}.values())[:: chosen.slice]
    if chosen.no_guards:
        guards = []
    unnoticed = _not_missed(guards, chosen.workers)
    print(f"guards: {len(guards)} removed, {unnoticed} not noticed", flush=True)
    told = guards_line(len(guards), unnoticed, datetime.now(UTC).date()) if guards else ""
    files = () if chosen.guards or chosen.promise or chosen.slice else tuple(chosen.files or modules())
    ends: dict[Mutant, End] = {}
    for tried in _mutants(files, chosen.every, chosen.workers) if files else [{}]:
        # module by module: what a run that is ended has tried stays on the page
        ends |= tried
        if chosen.write:
            old = chosen.write.read_text("utf-8") if chosen.write.exists() else ""
            chosen.write.write_text(render(old, tried, modules(), datetime.now(UTC).date(), told), "utf-8")
    count = Counter(ends.values())
    survivors = [each for each, end in ends.items() if end is End.SURVIVED]
    unexplained = [each for each in survivors if why(each) is None]
    if files:
        print(f"mutants: {len(ends)}, killed {len(ends) - len(survivors)} ({count[End.HUNG]} of them hung)")
        print(f"survivors: {len(survivors)}, of which {len(unexplained)} are not explained")
    return 1 if unnoticed or unexplained else 0


def modules() -> list[str]:
    """The modules that are mutated: those in which something can be."""
    found = (path for pattern in MODULES for path in sorted(ROOT.glob(pattern)))
    files = [path.relative_to(ROOT).as_posix() for path in found]
    return [file for file in files if next(mutants_of(file), None)]


def _not_missed(guards: list[Guard], workers: int) -> int:
    """Remove each guard; how many were not missed."""
    trials = {guard.trial(): guard for guard in guards}
    unnoticed = 0
    for trial, end, said in run_all(trials, workers):
        if end not in (End.KILLED, End.HUNG):
            guard = trials[trial]
            unnoticed += 1
            print(f"promise {guard.promise}: {guard.file} without {guard.code.strip()[:80]!r}: {guard.test} {end}")
            if end is End.BROKEN:
                print(said)
    return unnoticed


def _mutants(files: tuple[str, ...], every: int, workers: int) -> Iterator[dict[Mutant, End]]:
    """How each mutant of a module ended, module by module as it is done."""
    covering = measure(files)
    ends: dict[Mutant, End] = {}
    anew: dict[str, dict[Mutant, tuple[str, ...]]] = {file: {} for file in files}
    swaps: list[Swap] = []
    left: Counter[str] = Counter()
    for file in files:
        for mutant, codes in islice(zip(mutants_of(file), codes_of(file), strict=True), 0, None, every):
            tests = covering.of(file, mutant.line)
            if not tests:
                ends[mutant] = End.SURVIVED
                print(f"  no test reaches {file}:{mutant.line} {mutant.where}: {mutant.what}")
            elif changed := swapped(*codes, covering.at_import[file]):
                swaps.append(Swap(mutant, tests, covering.limit(tests), changed))
                left[file] += 1
            else:
                anew[file][mutant] = tests
    print(f"{len(swaps)} in a function, {sum(map(len, anew.values()))} to be imported anew", flush=True)
    swapping = try_swapped(swaps, workers)
    for file in files:
        for mutant, end in _anew(anew[file], covering, workers):
            ends[mutant] = _told(mutant, end)
        while left[file]:
            mutant, end = next(swapping)
            ends[mutant] = _told(mutant, end)
            left[mutant.file] -= 1
        yield {mutant: ends[mutant] for mutant in mutants_of(file) if mutant in ends}


def _anew(mutants: dict[Mutant, tuple[str, ...]], covering: Covering, workers: int) -> Iterator[tuple[Mutant, End]]:
    """How each mutant ended; most are noticed by the first tests, and only for the others the rest is collected."""
    rounds = [{mutant: covering.first(tests) for mutant, tests in mutants.items()}, {}]
    for number, turn in enumerate(rounds):
        trials = {
            Trial(mutant.file, mutant.source, tests, covering.limit(tests)): mutant for mutant, tests in turn.items()
        }
        for trial, end, _ in run_all(trials, workers):
            mutant = trials[trial]
            others = mutants[mutant][len(trial.tests) :]
            if end is End.SURVIVED and not number and others:
                rounds[1][mutant] = others
            else:
                # a module that cannot even be imported any more is noticed as well
                yield mutant, End.KILLED if end is End.BROKEN else end


def _told(mutant: Mutant, end: End) -> End:
    if end is End.HUNG or (end is End.SURVIVED and why(mutant) is None):
        print(f"  {end} {mutant.file}:{mutant.line} {mutant.where}: {mutant.what}", flush=True)
    return end


if __name__ == "__main__":
    sys.exit(main())
