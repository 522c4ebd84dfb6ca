"""Saved output of show commands: one command, a captured session, or a whole ``show tech-support``.

Which command a part is the output of, its words tell; whose it is, the prompt before it, or the ``show version`` or
the configuration beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.device_output.counters import is_log_buffer, no_fragment_drops
from nornir_anyconnect.evidence.device_output.vpn_sessions import read_tunnel_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TECH = re.compile(r"^-{6,} show ([\w][\w -]{0,80}?) -{6,}[ \t]*$", re.MULTILINE)
_PROMPT = re.compile(r"^(?P<host>[A-Za-z][\w.-]{0,62})(?:/[\w./-]{1,80})?[#>] ?(?P<command>\S.{0,200})?$", re.MULTILINE)
_UP = re.compile(r"^(?P<host>[\w.-]{1,63}) up (?:\d+ (?:year|day|hour|min|sec)s? ?)+[ \t]*$", re.MULTILINE)
HOSTNAME = re.compile(r"^hostname[ \t]+\"?([^\s\"]+)", re.MULTILINE)
"""What a configuration calls its device."""
_VERSION = re.compile(
    r"^Cisco (?:Adaptive Security Appliance|Firepower Threat Defense|PIX Security Appliance)[\w ]* Version ",
    re.MULTILINE,
)
_SESSION = re.compile(r"^Session Type: |^Username +: .*\bIndex +: +\d+", re.MULTILINE)
_SERIAL = re.compile(r"^(?:[^\n]{0,8}Serial Number: *|.{0,80}, SN: )([A-Za-z0-9]{6,20})", re.MULTILINE)
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class ShowOutput:
    """What one kind of output is called, and how it is told.

    Args:
        command: as one types it.
        word: what stands in every such output; cheap to look for.
        tells: whether a text with the word holds some.
        counts: it holds sessions or counters.

    """

    command: str
    word: str
    tells: Callable[[str], bool]
    counts: bool = True

    def is_in(self, text: str) -> bool:
        """Whether a text holds some."""
        return self.word in text and self.tells(text)


OUTPUTS = (
    ShowOutput("show version", " up ", lambda text: bool(_VERSION.search(text) and _UP.search(text)), counts=False),
    ShowOutput("show vpn-sessiondb anyconnect", "Username", lambda text: _SESSION.search(text) is not None),
    ShowOutput("show vpn-sessiondb", "SSL-Tunnel", lambda text: read_tunnel_summary(text) is not None),
    ShowOutput("show asp drop", "rop:", lambda text: no_fragment_drops(text) is not None),
    ShowOutput("show logging", "Buffer logging", is_log_buffer, counts=False),
)
"""The outputs that are evidence: one row each."""


def is_show_output(start: str) -> bool:
    """Whether a text that begins so is saved output of a device: such as one of ``OUTPUTS``, or a ``show tech``."""
    return any(each.is_in(start) for each in OUTPUTS) or _is_tech(start)


def _is_tech(text: str) -> bool:
    return "------ show " in text and _TECH.search(text) is not None


@dataclass(frozen=True, slots=True)
class SavedOutput:
    """The output of one device in a text.

    Args:
        host: its name; empty where the text does not tell.
        text: all of it.
        outputs: what of it is evidence.

    """

    host: str
    text: str
    outputs: tuple[ShowOutput, ...]

    @property
    def commands(self) -> tuple[str, ...]:
        """What was typed for it."""
        return tuple(each.command for each in self.outputs)

    @property
    def version(self) -> bool:
        """It holds a ``show version``, and so the device's release."""
        return "show version" in self.commands

    @property
    def serials(self) -> frozenset[str]:
        """The serial numbers in it."""
        return frozenset(_SERIAL.findall(self.text))

    @property
    def counts(self) -> bool:
        """It holds sessions or counters."""
        return any(each.counts for each in self.outputs)


def saved_outputs(text: str) -> Iterator[SavedOutput]:
    """The outputs in a text, one value for each device in it."""
    if not is_show_output(text):
        return
    for host, part in _by_host(text):
        outputs = tuple(each for each in OUTPUTS if each.is_in(part))
        if outputs:
            yield SavedOutput(host, part, outputs)


def _by_host(text: str) -> Iterator[tuple[str, str]]:
    prompts = [each for each in _PROMPT.finditer(text) if (each["command"] or "").lower().startswith("sh")]
    hosts = {each["host"] for each in prompts}
    if len(hosts) < _SEVERAL:
        named = next(iter(hosts), "")
        found = _UP.search(text) or HOSTNAME.search(text)
        yield named or (found[1] if found else ""), text
        return
    parts: dict[str, list[str]] = {}
    ends = [each.start() for each in prompts[1:]] + [len(text)]
    for each, end in zip(prompts, ends, strict=True):
        parts.setdefault(each["host"], []).append(text[each.start() : end])
    for host, pieces in parts.items():
        yield host, "\n".join(pieces)
