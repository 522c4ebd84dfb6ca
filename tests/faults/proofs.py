"""How much of a long proof runs: a bounded slice with the other tests, all of it where that is asked for."""

import os


def full() -> bool:
    """``NORNIR_ANYCONNECT_PROOF=full``; unset or ``slice``: the slice."""
    asked = os.environ.get("NORNIR_ANYCONNECT_PROOF", "slice")
    if asked not in ("slice", "full"):
        raise ValueError(f"NORNIR_ANYCONNECT_PROOF is {asked!r}; use slice or full")
    return asked == "full"
