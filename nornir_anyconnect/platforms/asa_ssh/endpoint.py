"""One SSH server and the one way in which we log in there; and what goes wrong, in plain words.

Shared by the transports: they differ in the library, and in nothing that a person could notice.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import logging
import socket
import threading
import time
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.errors import (
    AlgorithmError,
    CredentialError,
    DeviceError,
    HostKeyError,
    IncompleteReplyError,
    LinkLostError,
    ReplyTimeoutError,
    UnreachableError,
)
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.asa_ssh import algorithms
from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey, known_keys, name_of
from nornir_anyconnect.platforms.login_gate import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from nornir_anyconnect.platforms.asa_ssh.options import Options
    from nornir_anyconnect.platforms.login_gate import Attempt, LoginGate

LOG = "nornir_anyconnect.ssh"
logging.getLogger(LOG).addHandler(logging.NullHandler())

LOGIN_BYTES = 1 << 20
"""Bytes that a server may send before the login is through: greetings, key exchange and banners."""
REPLIES_PER_HOST = 4
"""Longest replies that one session may bring in all."""
TERMINAL, COLUMNS, ROWS = "vt100", 511, 1000
"""The terminal that is asked for: an ASA wraps and cuts what is wider."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One SSH server. With a key the password only unlocks the key and never travels; without, it is the attempt."""

    hostname: str
    port: int
    username: str
    options: Options
    password: str | None = field(default=None, repr=False)
    key_file: Path | None = None
    between: bool = False
    """It is a jump host."""

    @property
    def name(self) -> str:
        """As known_hosts writes it."""
        return name_of(self.hostname, self.port)

    @property
    def known(self) -> dict[str, HostKey]:
        """The keys that it may show, by type."""
        return known_keys(self.options.known_hosts, self.name)

    @property
    def offer(self) -> algorithms.Offer:
        """The algorithms that it is offered."""
        return algorithms.offer(legacy=self.options.legacy_ssh)

    @property
    def session_bytes(self) -> int:
        """Bytes that a session may bring after its login."""
        return int(self.options.reply_limit * REPLIES_PER_HOST * 2**20)

    def turn(self, login_gate: LoginGate) -> Callable[[], AbstractContextManager[Attempt]]:
        """Waits until this credential may be tried; to be held only while the server judges it."""
        return lambda: login_gate.attempt(*self._credential)

    def refuse_spent(self, login_gate: LoginGate) -> None:
        """Before anything is connected.

        Raises:
            CredentialError: there is no credential, or it was refused too often already.

        """
        if self.key_file is None and not self.password:
            # without the address: a whole fleet that lacks it is one line
            raise CredentialError(
                f"there is no password for the user '{self.username}'",
                "set NORNIR_ANYCONNECT_PASSWORD, say --ask-pass, or name a key_file",
            )
        login_gate.refuse_spent(*self._credential)

    @property
    def _credential(self) -> tuple[str, ...]:
        """What tells this credential from another one; goes nowhere but into the login gate."""
        return self.username, str(self.key_file or self.password), *((BETWEEN,) if self.between else ())

    def dial(self) -> socket.socket:
        """A TCP connection. Without TCP_NODELAY every exchange would wait for a delayed acknowledgement.

        Raises:
            UnreachableError: there is none.

        """
        until = time.monotonic() + self.options.connect_timeout
        tried: BaseException = TimeoutError("its name has no address")
        for address in self._addresses():
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                sock = socket.create_connection(address[:2], left)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except (OSError, OverflowError) as error:
                tried = error
            else:
                return sock
        raise self.unreachable(tried) from tried

    def _addresses(self) -> list[tuple[Any, ...]]:
        """Where the name leads. The system's look-up knows no time limit: it is asked in a thread that may be left."""
        with contextlib.suppress(ValueError):
            return [(str(ip_address(self.hostname)), self.port)]
        answer: concurrent.futures.Future[list[tuple[Any, ...]]] = concurrent.futures.Future()

        def look_up() -> None:
            # nobody may wait any more
            with contextlib.suppress(concurrent.futures.InvalidStateError):
                try:
                    found = socket.getaddrinfo(self.hostname, self.port, type=socket.SOCK_STREAM)
                    answer.set_result([each[4] for each in found])
                except (OSError, UnicodeError, ValueError, OverflowError) as error:
                    answer.set_exception(error)

        threading.Thread(target=look_up, name=f"look-up of {self.hostname}", daemon=True).start()

        if (ours := deadline.current()) is not None:
            ours.cut_with(answer.cancel)
        try:
            return answer.result(self.options.connect_timeout)
        except concurrent.futures.TimeoutError as error:
            raise self.unreachable(TimeoutError("nobody resolved its name in time")) from error
        except (concurrent.futures.CancelledError, OSError, UnicodeError, ValueError, OverflowError) as error:
            raise self.unreachable(error) from error

    # what goes wrong

    def unreachable(self, error: BaseException) -> DeviceError:
        """No connection, directly or from the jump host."""
        if (ours := deadline.current()) is not None and ours.over:
            return ours.error()
        return UnreachableError(
            f"{self.hostname}:{self.port} cannot be reached: {said(error)}",
            "check the address, the port and the path to it",
        )

    def no_session(self, error: BaseException, *, flooded: bool) -> DeviceError:
        """Connected, and then no SSH."""
        if (ours := deadline.current()) is not None and ours.over:
            return ours.error()
        if flooded:
            return UnreachableError(
                f"{self.hostname}:{self.port} sent more than {LOGIN_BYTES >> 20} MB before the login was through",
                "check that it is the device's SSH server",
            )
        return UnreachableError(
            f"{self.hostname}:{self.port} gives no SSH session: {said(error)}", "check that it is an SSH server"
        )

    def no_shell(self, error: BaseException) -> DeviceError:
        """Logged in, and then no terminal or no shell."""
        if (ours := deadline.current()) is not None and ours.over:
            return ours.error()
        return UnreachableError(
            f"{self.hostname} accepted the login but opened no session ({said(error)})",
            "an ASA has five SSH sessions: see 'show ssh sessions'",
        )

    def incompatible(self, offered: algorithms.Offer) -> DeviceError:
        """Nothing in common of one kind; names what the server offers."""
        kind = algorithms.not_in_common(offered, self.offer)
        shown = {kind: offered[kind]} if kind is not None else offered
        listed = "; ".join(f"{name}: {', '.join(names)}" for name, names in shown.items())
        remedy = "update its SSH settings" if self.options.legacy_ssh else "set legacy_ssh: true for this host"
        return AlgorithmError(f"{self.hostname} offers only algorithms that are not used here ({listed})", remedy)

    def wrong_key(self, shown: HostKey | None) -> DeviceError:
        """An unknown key, or another than the known one."""
        known = self.known
        expected = known.get(shown.type) if shown else None
        expected = expected or next(iter(known.values()), None)
        if shown is None or expected is None:
            # likewise: on the first day it holds for every host of a fleet
            whose = f" of {self.hostname}" if self.between else ""
            return HostKeyError(
                f"the host key{whose} is not known in {self.options.known_hosts}; no password was sent",
                "look at its fingerprint and learn it with trust-hosts",
            )
        return HostKeyError(
            f"{self.hostname} shows the host key {shown.type} {shown.fingerprint}, "
            f"known is {expected.type} {expected.fingerprint}; no password was sent",
            "find out why it changed; then learn it with trust-hosts",
        )

    def refused(self) -> DeviceError:
        """The server did not take the credential."""
        return CredentialError(
            f"{self.hostname} refused the login of the user '{self.username}'",
            "check the user name and password; it was tried once",
        )

    def unasked(self) -> DeviceError:
        """The server asks for something else than the credential that we have."""
        ours = "a key" if self.key_file else "a password alone"
        return CredentialError(
            f"{self.hostname} does not ask the user '{self.username}' for {ours}; nothing was tried",
            "see its 'aaa authentication ssh'; a one-time code or a second factor cannot be given here",
        )

    def silent(self) -> DeviceError:
        """The server did not judge the credential in time."""
        if (ours := deadline.current()) is not None and ours.over:
            return ours.error()
        return ReplyTimeoutError(f"{self.hostname} did not answer the login", "look at its AAA servers")

    def unusable(self, error: BaseException) -> DeviceError:
        """The key file cannot be read or unlocked."""
        return CredentialError(f"the key file {self.key_file} cannot be used: {error}", "check key_file")


def lost(what: str, *, flooded: bool) -> DeviceError:
    """A session that was open has ended."""
    if flooded:
        return IncompleteReplyError(
            "the device sent more than one session may bring; the rest was not read",
            "look at what it prints, or raise reply_limit",
        )
    return LinkLostError(what, "look at the device's log and its SSH limits")


def said(error: BaseException) -> str:
    """What went wrong, without the number of the error; some errors say nothing, then their kind."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
