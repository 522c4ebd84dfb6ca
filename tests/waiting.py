"""Waiting for what another thread or process does: as long as it takes on a busy machine, and no longer than needed."""

import time

LONG = 120.0
"""Seconds after which something will never happen; a test that passes does not wait for them."""


def eventually(holds):
    """Return as soon as ``holds()`` is true."""
    until = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.005)
