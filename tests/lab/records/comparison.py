"""Measured record lengths against an engine."""

from __future__ import annotations

from collections.abc import Callable

INNER = range(1200, 1501)
"""Sizes of the inner packets that are measured, bytes."""


def exceptions(record_length: Callable[[int], int], engine: Callable[[int], int]) -> list[str]:
    """Where the arithmetic is not what the records say.

    Args:
        record_length: bytes on the wire of an inner packet of so many bytes.
        engine: the largest inner packet for so many bytes of room.

    For every room from the smallest to the largest measured record, the largest measured packet whose
    record still fits must be the one computed.

    """
    measured = {inner: record_length(inner) for inner in INNER}
    wrong = []
    for room in range(measured[INNER[0]], measured[INNER[-1]]):
        fits = max(inner for inner, length in measured.items() if length <= room)
        if engine(room) != fits:
            wrong.append(f"{room} bytes of room: measured {fits}, computed {engine(room)}")
    return wrong
