"""How much of a long proof runs: ``NORNIR_ANYCONNECT_PROOF`` is ``sample``, ``slice``, ``full`` or ``off``.

A sample of each runs with the other tests, a slice in ``.ci/run``, the whole in ``make proof``.
"""

import os
from typing import Any, TypeVar

from hypothesis import settings

EXAMPLES = 100
"""Of a property that asks for no number of its own."""
AMOUNTS = ("off", "sample", "slice", "full")
T = TypeVar("T")


def wanted() -> str:
    """One of the amounts; a sample unless another one is asked for."""
    asked = os.environ.get("NORNIR_ANYCONNECT_PROOF", "sample")
    if asked not in AMOUNTS:
        raise ValueError(f"NORNIR_ANYCONNECT_PROOF is {asked!r}; use one of {', '.join(AMOUNTS)}")
    return asked


def of(sample: T, part: T, whole: T) -> T:
    """What is meant for the amount that is wanted; a sample where the long proofs are off."""
    return {"slice": part, "full": whole}.get(wanted(), sample)


def examples(many: int, **how: Any) -> settings:
    """So many examples of a property; a third of them in a sample, four times as many in the whole.

    Each run draws others. Where the long proofs are off it is all of them: a mutation has to be noticed.
    """
    factor = {"sample": 1 / 3, "full": 4}.get(wanted(), 1)
    return settings(max_examples=round(many * factor), **how)
