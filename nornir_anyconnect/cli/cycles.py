"""How often the interpreter looks for cycles, in a process of our own.

Seldom while a command loads what it needs and reads texts, which hold none: it takes a quarter of the time else. As
usual while devices are talked to: what a connection leaves behind is full of them. Never at the end.
"""

from __future__ import annotations

import atexit
import gc

_USUAL = gc.get_threshold()
_SELDOM = (200_000, 20, 20)


def seldom() -> None:
    """From now on, and in no way when the process ends."""
    gc.set_threshold(*_SELDOM)
    atexit.register(gc.freeze)


def as_usual() -> None:
    """From now on, where it was seldom; what is loaded stays, and is not looked through again."""
    if gc.get_threshold() == _SELDOM:
        gc.freeze()
        gc.set_threshold(*_USUAL)
