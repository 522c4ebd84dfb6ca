"""``docs/mutation.md``: what was tried, when, and every survivor with its reason.

The page is made in pieces: a run replaces the rows of the modules that it tried, and the rest of the page stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from tests.mutation.mutants import Mutant
from tests.mutation.survivors import why
from tests.mutation.trial import End

ROOM = "nornir_anyconnect/"
_TRIED = re.compile(r"^\| `([\w/]+\.py)` \| [\d-]+ \| (\d+) \| \d+ \| (\d+) \|$", re.MULTILINE)
_SURVIVOR = re.compile(r"^\| `([\w/]+\.py)` `.*\|$", re.MULTILINE)
_GUARDS = re.compile(r"^\*\*Guards\*\*.*?(?=\n\n)", re.MULTILINE | re.DOTALL)


def guards_line(removed: int, unnoticed: int, today: date) -> str:
    """What a run over all guards showed."""
    return (
        f"**Guards**, {today}: {removed} guards of the promises were removed one by one; the test named beside each in\n"
        f"`tests/mutation/guards.py` failed for {removed - unnoticed} of them."
    )


def render(old: str, ends: dict[Mutant, End], modules: Sequence[str], today: date, guards: str = "") -> str:
    """The page ``old`` with the modules that were tried, and the guards if they were, as they are now.

    ``modules`` are all that are to be tried: the page names those without a row, and drops the rows of others.
    """
    names = [each.removeprefix(ROOM) for each in modules]
    count = Counter(each.file.removeprefix(ROOM) for each in ends)
    survivors = [each for each, end in ends.items() if end is End.SURVIVED]
    alive = Counter(each.file.removeprefix(ROOM) for each in survivors)
    rows = {found[1]: found[0] for found in _TRIED.finditer(old) if found[1] in names}
    rows |= {name: f"| `{name}` | {today} | {n} | {n - alive[name]} | {alive[name]} |" for name, n in count.items()}
    told = [(found[1], found[0]) for found in _SURVIVOR.finditer(old) if found[1] in names and found[1] not in count]
    told += [(each.file.removeprefix(ROOM), _row(each)) for each in survivors]
    numbers = [(int(n), int(left)) for _, n, left in _TRIED.findall("\n".join(rows.values()))]
    mutants, left = sum(n for n, _ in numbers), sum(left for _, left in numbers)
    before = _GUARDS.search(old)
    table = "\n".join(rows[name] for name in sorted(rows))
    why_not = "\n".join(row for _, row in sorted(told, key=lambda each: each[0]))
    untried = [f"`{name}`" for name in names if name not in rows]
    return f"""<!-- generated: python -m tests.mutation --write docs/mutation.md -->
# Would the tests notice?

`python -m tests.mutation` changes one place at a time, in memory, and runs the tests that reach it. The operators are
the project's own because what these rooms fear most is a `raise`, a `return` or a call that is missing, and neither
mutmut (3.8) nor cosmic-ray (8.7) leaves one out. Each row tells the day of its run: one room can be tried
at a time, and the rows of the others stay.

{guards or (before[0] if before else "")}

**Mutants**: {mutants} small mistakes (a comparison or condition turned round, a `raise`, call or return left out,
a number off by one) in the modules of `{ROOM}` that change or protect a device; {mutants - left} were noticed,
{left} were not. Not tried yet: {", ".join(untried) or "none"}.

| module | tried | mutants | noticed | not |
|---|---|---|---|---|
{table}

## Survivors

| where | what was changed | why no test can or needs to notice |
|---|---|---|
{why_not}
"""


def _row(mutant: Mutant) -> str:
    where = f"`{mutant.file.removeprefix(ROOM)}` `{mutant.where}`"
    return f"| {where} | `{_cell(mutant.what)}` | {why(mutant) or 'NOT EXPLAINED'} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")
