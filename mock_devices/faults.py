"""What can go wrong, on request: per device and per step, from the fleet file or from a test."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

PHASES = ("connect", "login", "enable", "setup", "show", "configure", "config", "readback", "save", "exit")

KINDS = {
    "refuse-connection": "the TCP connection is closed before a word is said",
    "hang": "at the step the box says nothing any more (`done`: after it did the line)",
    "wrong-password": "every password is refused (phase enable: the enable password)",
    "one-time-password": "a password is good for one login",
    "changed-host-key": "the box shows another host key than the inventory knows",
    "old-algorithms": "only SHA-1 key exchange, CBC and HMAC-SHA1",
    "session-limit": "`limit` SSH sessions at once",
    "slow-output": "`size` characters (default 64), then a pause of `seconds` (default 0.01)",
    "cut-output": "the reply ends after `after` characters (default: half), `then` prompt, silence or drop",
    "empty-reply": "the reply is empty, only the prompt comes",
    "drop-link": "the link is gone: at the step (`done`: after the line was done), or `after` bytes of output",
    "pager": "`terminal pager 0` is taken and ignored",
    "syslog": "a log line on the terminal, `where` before, inside or after the reply",
    "banner": "a login banner (`text`) that holds lines like prompts",
    "echo-cut": "an echo longer than 80 columns is shown cut, with a `$`",
    "type-ahead-lost": "what is typed while a command runs is thrown away: all of it, or its first `size` characters",
    "type-ahead-echoed": "what is typed ahead is echoed as it arrives, before the reply to the line before",
    "answered-twice": "the reply and the prompt come a second time, with `echo` behind a second echo",
    "anonymous-reporting": "the notice and question after the first `configure terminal`",
    "authorization": "`Command authorization failed` (`text`)",
    "invalid-input": "`ERROR: % Invalid input detected at '^' marker.`",
    "reply": "any other words (`text`) instead of doing the line",
    "remark": "the line is done, and the box says `text` about it",
    "standby": "the unit is standby from the step on",
    "failover-flip": "the units of the pair change roles at the step",
    "replication-text": "words of the replication stand inside the prompt",
    "foreign-change": "somebody else types `lines` in configuration mode before the line is done",
    "not-stored": "a configuration line is accepted and not stored",
    "unsaved-changes": "running and startup configuration differ by `lines` from the beginning",
    "clock-skew": "the clock is off by `seconds`",
    "large-config": "`lines` further access-list lines (default 100,000) in the running configuration",
}
"""Every kind and what it does."""

_STANDING = {
    "changed-host-key", "old-algorithms", "session-limit", "one-time-password", "banner", "pager",
    "echo-cut", "type-ahead-lost", "type-ahead-echoed", "unsaved-changes", "clock-skew", "large-config",
}  # fmt: skip
_ONLY_IN = {"refuse-connection": "connect", "anonymous-reporting": "configure", "not-stored": "config"}
_ONCE = {"failover-flip", "foreign-change", "anonymous-reporting", "standby"}


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    Args:
        kind: one of ``KINDS``.
        step: when: a phase of ``PHASES``; ``N`` or ``"phase:N"``, the N-th line of the session or of that
            phase, counted from 1; any other text is a regular expression that the line must hold;
            ``None``: always.
        onwards: from that step on.
        times: how often in all; None: without end.
        session: only in the N-th session of the device.
        options: what else the kind takes.

    """

    kind: str
    step: str | int | None = None
    onwards: bool = False
    times: int | None = None
    session: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault '{self.kind}'; known are {', '.join(KINDS)}")
        if self.times is None and self.kind in _ONCE:
            self.times = 1

    @property
    def stands(self) -> bool:
        """Whether it is a state of the device rather than an event at a step."""
        return self.kind in _STANDING or (self.kind == "drop-link" and "after" in self.options)

    def meets(self, moment: Moment) -> bool:
        """Whether this is its moment; counts it if so."""
        if self.times is not None and self.fired >= self.times:
            return False
        if self.session is not None and moment.session != self.session:
            return False
        if not (_concerns(self.kind, moment) and self._step_holds(moment)):
            return False
        self.fired += 1
        if self.onwards:
            self.step = None
        return True

    def _step_holds(self, moment: Moment) -> bool:
        step = str(self.step) if self.step is not None else None
        if step is None:
            return True
        if step.isdigit():
            return moment.number == int(step)
        if step in PHASES:
            return moment.phase == step
        phase, colon, number = step.partition(":")
        if colon and phase in PHASES and number.isdigit():
            return moment.phase == phase and moment.number_in_phase == int(number)
        return moment.line is not None and re.search(step, moment.line) is not None


def _concerns(kind: str, moment: Moment) -> bool:
    """Whether a kind can happen at such a moment at all: before, at or after the logins, or at a line."""
    if kind == "wrong-password":
        return moment.line is None and moment.phase in ("login", "enable")
    if kind in _ONLY_IN:
        return moment.phase == _ONLY_IN[kind]
    return moment.line is not None or (kind in ("hang", "drop-link") and moment.phase != "enable")


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a session stands: its number, the phase, the line and how many came before."""

    session: int
    phase: str
    line: str | None = None
    number: int = 0
    number_in_phase: int = 0


class Faults:
    """The faults of one device."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._faults = [_fresh(fault) for fault in faults]

    def add(self, fault: Fault) -> None:
        """From now on."""
        self._faults.append(fault)

    def clear(self) -> None:
        """All is well again."""
        self._faults.clear()

    def standing(self, kind: str) -> Fault | None:
        """The fault of that kind that holds all the time, if there is one."""
        if not self._faults:
            return None
        return next((fault for fault in self._faults if fault.kind == kind), None)

    def link_limit(self, session: int) -> Fault | None:
        """The fault that ends this session's link after so many bytes of output, if there is one."""
        return next(
            (
                fault
                for fault in self._faults
                if fault.kind == "drop-link"
                and fault.stands
                and fault.session in (None, session)
                and (fault.times is None or fault.fired < fault.times)
            ),
            None,
        )

    def at(self, moment: Moment) -> list[Fault]:
        """The faults that happen at this moment."""
        return [fault for fault in self._faults if not fault.stands and fault.meets(moment)]


def _fresh(fault: Fault) -> Fault:
    return Fault(fault.kind, fault.step, fault.onwards, fault.times, fault.session, dict(fault.options))
