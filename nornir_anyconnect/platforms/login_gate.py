"""Until a credential has proved good, never more logins that may be refused than an account can bear.

A directory locks an account after a few wrong passwords: a hundred workers must not try one a hundred
times (promise 20). So one login with it is in flight. A device that is slow to judge it holds up nobody for
long: after two seconds of silence the next one goes, but those in flight and those refused are never more than
three together. The gate is process-wide and holds keyed digests, never a credential.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import CredentialError, EnableError
from nornir_anyconnect.platforms import deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REFUSALS_ALLOWED = 3
ENABLE = "enable"
"""The last part of a credential that is an enable secret."""
BETWEEN = "between"
"""The last part of one that a jump host takes: devices need not know it, whatever that one says of it."""
SLOW = 2.0
"""Seconds after which a login that nobody has judged yet lets the next one go."""


@dataclass(slots=True)
class _Record:
    """What is known of one credential."""

    of_device: bool
    """What proves it proves it for a device."""
    proved: bool = False
    in_flight: dict[int, float] = field(default_factory=dict)
    """When each login that is not judged yet began."""
    refusals: int = 0

    def wait(self, now: float) -> float | None:
        """Seconds until the next one may go at the earliest; 0: now; None: once one of those in flight is judged."""
        if self.proved or not self.in_flight:  # three refusals leave none in flight
            return 0.0
        if len(self.in_flight) + self.refusals >= REFUSALS_ALLOWED:
            return None
        return max(0.0, max(self.in_flight.values()) + SLOW - now)


@dataclass(slots=True)
class Attempt:
    """One login; set ``accepted`` or ``refused`` to what the device said of the credential."""

    accepted: bool = False
    refused: bool = False


class LoginGate:
    """Lets attempts with one credential through: one by one until the first success, then all.

    Args:
        clock: seconds, for the tests.

    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._records: dict[bytes, _Record] = {}
        self._changed = threading.Condition()
        self._clock = clock
        self._numbers = 0

    @contextmanager
    def attempt(self, *credential: str) -> Iterator[Attempt]:
        """Wait for the turn of this credential; to be held no longer than it takes the device to judge it.

        Raises:
            CredentialError: it was refused three times; nothing was sent to this host.
            DeviceError: the host's time was over before its turn came.

        """
        with self._changed:
            record = self._record(credential)
            self._wait_for_turn(record)
            _refuse_spent(record, credential)
            self._numbers += 1
            number = self._numbers
            record.in_flight[number] = self._clock()
        attempt = Attempt()
        try:
            yield attempt
        finally:
            with self._changed:
                record.in_flight.pop(number, None)
                record.proved = record.proved or attempt.accepted
                record.refusals += attempt.refused
                self._changed.notify_all()

    def refuse_spent(self, *credential: str) -> None:
        """Before anything is connected.

        Raises:
            CredentialError: it was refused three times already.

        """
        with self._changed:
            _refuse_spent(self._record(credential), credential)

    def _record(self, credential: tuple[str, ...]) -> _Record:
        text = "\0".join(credential).encode("utf-8", "surrogatepass")
        of_device = credential[2:] != (BETWEEN,)
        return self._records.setdefault(hashlib.blake2b(text, key=self._key).digest(), _Record(of_device))

    def _wait_for_turn(self, record: _Record) -> None:
        ours = deadline.current()
        if ours is not None:
            ours.cut_with(self._wake)
        while (wait := record.wait(self._clock())) != 0:
            if ours is not None and ours.left <= 0:
                raise ours.error()
            limits = [each for each in (wait, ours.left if ours else None) if each is not None]
            self._changed.wait(min(limits, default=None))

    def _wake(self) -> None:
        """Who waits looks again whether there is still time."""
        with self._changed:
            self._changed.notify_all()

    def tally(self) -> tuple[bool, int]:
        """Whether any credential has proved good on a device, and how many logins were refused so far."""
        with self._changed:
            records = self._records.values()
            return any(each.proved and each.of_device for each in records), sum(each.refusals for each in records)

    def forget(self) -> None:
        """Start anew, for a process that asks for another password."""
        with self._changed:
            self._records.clear()


def _refuse_spent(record: _Record, credential: tuple[str, ...]) -> None:
    if record.refusals >= REFUSALS_ALLOWED:
        of_enable = credential[2:] == (ENABLE,)
        raise (EnableError if of_enable else CredentialError)(
            f"not tried: the {'enable secret' if of_enable else 'login'} of the user '{credential[0]}' "
            f"was already refused {record.refusals} times",
            "correct the user name or password; further attempts could lock the account",
        )


gate = LoginGate()
"""The gate of this process."""
