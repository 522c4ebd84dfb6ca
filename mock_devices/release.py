"""ASA releases as numbers that can be compared: ``9.12(4)67`` is (9, 12, 4, 67)."""

from __future__ import annotations

import re

Release = tuple[int, int, int, int]

_FORM = re.compile(r"(\d+)\.(\d+)(?:\((\d+)\)(\d+)?)?$")


def release(text: str) -> Release:
    """The release's numbers.

    Raises:
        ValueError: not an ASA release.

    """
    found = _FORM.match(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not an ASA release such as 9.12(4)67")
    major, minor, maintenance, interim = (int(number or 0) for number in found.groups())
    return (major, minor, maintenance, interim)
