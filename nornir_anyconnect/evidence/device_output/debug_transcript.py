"""A pasted ``debug webvpn anyconnect`` transcript: the box's own computation, where somebody ran the debug by hand.

The shape is remembered rather than found in public sources: every line that looks like a step is
read, every other one counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.evidence.observations import DebugNumbers

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_COMPUTATIONS = 1000
_NAMES = {
    "base-mtu": "base_mtu",
    "conf-mtu": "conf_mtu",
    "tcp-mss": "tcp_mss",
    "path-mtu": "path_mtu",
}
_ASSIGNMENT = re.compile(r"\b([A-Za-z][A-Za-z-]{0,30}) ?= ?(\d{1,6})\b")
# "tls-mtu = 1424(mod-mtu) - 8(cstp) - 48(mac) - 1(pad) = 1367": the last number is the value
_STEP = re.compile(r"(?<![\w-])((?:d?tls-|mod-|path-)?mtu|tcp-mss) ?= ?[^=]{1,200}= ?(\d{1,6})\s*$", re.IGNORECASE)
_PLAIN = re.compile(r"(?<![\w-])((?:d?tls-|path-)?mtu|tcp-mss) ?= ?(\d{1,6}) ?(?:\([\w ]+\))?\s*$", re.IGNORECASE)
_START = re.compile(r"\bIphdr ?=", re.IGNORECASE)
_OVERRIDE = re.compile(r"\boverr?ide computed (d?tls)-mtu ?= ?(\d{1,6}) with conf-mtu ?= ?(\d{1,6})", re.IGNORECASE)
_COMPUTED = re.compile(r"\bcomputed\b", re.IGNORECASE)
_RESULT = re.compile(r"\btls-mtu ?= ?(\d{1,6})[ ,]+dtls-mtu ?= ?(\d{1,6})\b", re.IGNORECASE)
_BLOCK_SIZE = re.compile(r"\bD?TLS Block size ?= ?\d+", re.IGNORECASE)


@dataclass(slots=True)
class _Reader:
    """The numbers so far."""

    numbers: DebugNumbers
    started: bool = False

    def line(self, text: str) -> bool:
        """Whether the line ends the computation."""
        set_ = self._set
        if found := _OVERRIDE.search(text):
            set_(**{f"computed_{found[1].lower()}_mtu": int(found[2]), "conf_mtu": int(found[3])})
        elif _START.search(text):
            set_(**self._named(text))
        elif found := _RESULT.search(text):
            tls, dtls = int(found[1]), int(found[2])
            if _COMPUTED.search(text):
                set_(computed_tls_mtu=tls, computed_dtls_mtu=dtls, **self._named(text))
            else:
                set_(tls_mtu=tls, dtls_mtu=dtls)
                return True
        elif found := _STEP.search(text) or _PLAIN.search(text):
            name, value = found[1].lower(), int(found[2])
            if name in {"tls-mtu", "dtls-mtu"}:
                set_(**{f"computed_{name.replace('-', '_')}": value})
            else:
                set_(**({_NAMES[name]: value} if name in _NAMES else {}))
        elif _BLOCK_SIZE.search(text):
            set_()
        else:
            self.numbers = replace(self.numbers, not_understood=self.numbers.not_understood + 1)
        return False

    @staticmethod
    def _named(text: str) -> dict[str, int]:
        return {_NAMES[name.lower()]: int(value) for name, value in _ASSIGNMENT.findall(text) if name.lower() in _NAMES}

    def _set(self, **values: int) -> None:
        self.started = True
        fields: dict[str, Any] = dict(values)
        self.numbers = replace(self.numbers, **fields)


def is_debug_transcript(start: str) -> bool:
    """Whether a text holds a computation of the box: how it starts, or its result."""
    return _START.search(start) is not None or _RESULT.search(start) is not None


def read_debug_log(lines: Iterable[str]) -> tuple[DebugNumbers, ...]:
    """Every computation in the transcript, in order; lines between two computations count to the first of them.

    A transcript in which nothing is understood gives one entry that holds nothing but the count.
    """
    found: list[DebugNumbers] = []
    reader = _Reader(DebugNumbers())
    for line in lines:
        text = line.strip()[:1024]
        if not text:
            continue
        if reader.started and _START.search(text):
            found.append(reader.numbers)
            reader = _Reader(DebugNumbers())
        if len(found) >= MAX_COMPUTATIONS:
            break
        if reader.line(text):
            found.append(reader.numbers)
            reader = _Reader(DebugNumbers())
    if reader.started or (reader.numbers.not_understood and not found):
        found.append(reader.numbers)
    elif reader.numbers.not_understood:
        last = found[-1]
        found[-1] = replace(last, not_understood=last.not_understood + reader.numbers.not_understood)
    return tuple(found)
