"""Mutants that no test notices, and why that is right."""

from __future__ import annotations

import re

from tests.mutation.mutants import Mutant

EXPLAINED: tuple[tuple[str, str], ...] = ()
"""(regular expression over a mutant's name, why it may survive)."""


def why(mutant: Mutant) -> str | None:
    """Why this mutant may survive; None where nobody has said."""
    return next((reason for pattern, reason in EXPLAINED if re.search(pattern, mutant.name)), None)
