"""One login at a time until a credential has proved good; three refusals and it is not used again.

A directory locks an account after a few wrong passwords: a hundred workers must not try one a hundred
times (promise 20). The gate is process-wide and holds keyed digests, never a credential.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import CredentialError

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSALS_ALLOWED = 3


@dataclass(slots=True)
class _Record:
    proved: bool = False
    in_flight: bool = False
    refusals: int = 0


@dataclass(slots=True)
class Attempt:
    """One login; set ``accepted`` or ``refused`` to what the device said of the credential."""

    accepted: bool = False
    refused: bool = False


class LoginGate:
    """Lets attempts with one credential through: one by one until the first success, then all."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._records: dict[bytes, _Record] = {}
        self._changed = threading.Condition()

    @contextmanager
    def attempt(self, host: str, *credential: str) -> Iterator[Attempt]:
        """Wait for the turn of this credential.

        Raises:
            CredentialError: it was refused three times; nothing was sent to this host.

        """
        text = "\0".join(credential).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, key=self._key).digest()
        with self._changed:
            record = self._records.setdefault(digest, _Record())
            self._changed.wait_for(lambda: record.proved or not record.in_flight)
            if record.refusals >= REFUSALS_ALLOWED:
                raise CredentialError(
                    f"{host}: not tried, this login was already refused {record.refusals} times",
                    "correct the user name or password; further attempts could lock the account",
                )
            record.in_flight = True
        attempt = Attempt()
        try:
            yield attempt
        finally:
            with self._changed:
                record.in_flight = False
                record.proved = record.proved or attempt.accepted
                record.refusals += attempt.refused
                self._changed.notify_all()

    def forget(self) -> None:
        """Start anew, for a process that asks for another password."""
        with self._changed:
            self._records.clear()


gate = LoginGate()
"""The gate of this process."""
