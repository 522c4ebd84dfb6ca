"""``docs/mutation.md``: what was tried, and every survivor with its reason."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from tests.mutation.mutants import Mutant
from tests.mutation.survivors import why
from tests.mutation.trial import End


def render(ends: dict[Mutant, End], guards: int, unnoticed: int, seconds: float) -> str:
    """The page, whole."""
    survivors = [each for each, end in ends.items() if end is End.SURVIVED]
    per_file = Counter(each.file for each in ends)
    alive = Counter(each.file for each in survivors)
    rows = "\n".join(
        f"| `{file}` | {count} | {count - alive[file]} | {alive[file]} |" for file, count in per_file.items()
    )
    told = "\n".join(
        f"| `{each.file.removeprefix('nornir_anyconnect/')}` `{each.where}` | `{_cell(each.what)}` | {why(each) or 'NOT EXPLAINED'} |"
        for each in survivors
    )
    return f"""<!-- generated: python -m tests.mutation --write docs/mutation.md -->
# Would the tests notice?

{datetime.now(UTC):%Y-%m-%d}, {seconds / 60:.0f} minutes. `python -m tests.mutation` changes one place at a time, in memory, and
runs the tests that reach it. The operators are the project's own because what these rooms fear most is a `raise`, a
`return` or a call that is missing, and neither mutmut (3.8) nor cosmic-ray (8.7) leaves one out.

**Guards**: {guards} guards of the promises were removed one by one; the test named beside each in
`tests/mutation/guards.py` failed for {guards - unnoticed} of them.

**Mutants**: {len(ends)} small mistakes (a comparison or condition turned round, a `raise`, call or return left out,
a number off by one) in the rooms that change devices; {len(ends) - len(survivors)} were noticed, {len(survivors)} were not.

| module | mutants | noticed | not |
|---|---|---|---|
{rows}

## Survivors

| where | what was changed | why no test can or needs to notice |
|---|---|---|
{told}
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")
