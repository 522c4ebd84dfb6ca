"""One Firewall Management Center, read over its REST API: GET and the token, nothing else (promise 38).

Source: FMC REST API quick start guide: a token lives 30 minutes, 120 requests a minute and 10 connections at once
from one address are allowed, then 429; a list comes in pages.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from nornir_anyconnect.errors import (
    CredentialError,
    IncompleteReplyError,
    InventoryError,
    LinkLostError,
    RejectedError,
    ReplyTimeoutError,
    UnreachableError,
)
from nornir_anyconnect.masking import remember
from nornir_anyconnect.platforms import deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "/api/fmc_platform/v1/auth/generatetoken"  # noqa: S105 - a path
CONFIG = "/api/fmc_config/v1/domain"
_TOKEN_HEADER = "X-auth-access-token"  # noqa: S105 - a name
REQUESTS, WINDOW = 120, 60.0
"""Requests, and the seconds in which so many are allowed."""
CONNECTIONS = 10
PAGE = 1000
_TRIES = 4
_MOST_ITEMS = 100_000
"""Of one list; a domain holds some thousands at most."""
_SHORTEST_PAUSE = 0.01
_LARGEST = 64 * 2**20
_TOO_MANY, _UNAUTHORISED, _FORBIDDEN, _SERVER = 429, 401, 403, 500


@dataclass(frozen=True, slots=True)
class ManagerOptions:
    """Where a manager is, and who asks.

    Args:
        url: ``https://fmc.example.com``.
        user: its name.
        password: of the user.
        domain: name or UUID of the domain; None is the user's own.
        verify: False, True, or the file of the certificates that are trusted.
        timeout: seconds that one answer may take.

    """

    url: str
    user: str
    password: str
    domain: str | None = None
    verify: bool | str = True
    timeout: float = 60.0


class FmcClient:
    """A manager; all threads of a process share one.

    Args:
        options: where it is.
        clock: monotonic seconds.
        sleep: waits so many seconds.

    """

    def __init__(
        self,
        options: ManagerOptions,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not options.url.startswith("https://"):
            raise InventoryError(f"{options.url} is no https URL", "write the manager's as https://NAME")
        remember(options.password)
        self.options = options
        self._clock, self._sleep = clock, sleep
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        try:
            trusted = _trust(options.verify)
        except OSError as error:
            raise InventoryError(f"{options.url}: verify: {error}", "name a file of certificates") from error
        # a proxy of the environment would see the token
        self._http = httpx.Client(
            base_url=options.url, verify=trusted, timeout=options.timeout, limits=limits, trust_env=False
        )
        self._slots = threading.BoundedSemaphore(CONNECTIONS)
        self._lock = threading.Lock()
        self._pace = threading.Lock()
        self._sent: deque[float] = deque()
        self._token = ""
        self._domains: dict[str, str] = {}

    def close(self) -> None:
        """Let go of the connections; never raises."""
        self._http.close()

    def items(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, expanded, page after page.

        Raises:
            DeviceError: the manager cannot be read.

        """
        offset = 0
        while True:
            page = self.get(path, expanded="true", offset=str(offset), limit=str(PAGE))
            found = page.get("items") or []
            if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
                raise IncompleteReplyError(f"{self.options.url}: {path} is no list", "look at the manager")
            yield from found
            offset += len(found)
            if offset > _MOST_ITEMS:
                raise IncompleteReplyError(f"{self.options.url}: {path} has no end", "look at the manager")
            total = (page.get("paging") or {}).get("count")
            if not found or not isinstance(total, int) or offset >= total:
                return

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """One answer of the user's domain.

        Raises:
            DeviceError: the manager cannot be read, or refuses.

        """
        self._log_in("")
        answer = self._answered(f"{CONFIG}/{self._domain()}/{path}", query)
        try:
            found = json.loads(answer.content)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise IncompleteReplyError(f"{self.options.url}: the answer to {path} is no JSON", "look at the manager")
        return found

    def _answered(self, path: str, query: dict[str, str]) -> httpx.Response:
        """GET; again with a new token where the old one is no longer taken."""
        for _ in range(_TRIES):
            token = self._token
            answer = self._patiently("GET", path, params=query, headers={_TOKEN_HEADER: token})
            if answer.is_success:
                return answer
            if answer.status_code != _UNAUTHORISED:
                break
            self._log_in(token)
        said = f"{answer.status_code}: {_words_of(answer)}"
        raise RejectedError(f"{self.options.url}: {path} was answered with {said}", "look at the manager")

    def _patiently(self, method: str, path: str, **how: Any) -> httpx.Response:
        """The answer; later, where the manager has enough or is ill."""
        answer = self._send(method, path, **how)
        for turn in range(_TRIES - 1):
            if answer.status_code != _TOO_MANY and answer.status_code < _SERVER:
                break
            self._wait(_seconds(answer.headers.get("Retry-After"), 2.0**turn))
            answer = self._send(method, path, **how)
        return answer

    def _log_in(self, refused: str) -> None:
        """A token, unless another thread has fetched one since ``refused`` was."""
        with self._lock:
            if self._token != refused:
                return
            options = self.options
            answer = self._patiently("POST", TOKEN, auth=(options.user, options.password))
            if answer.status_code in (_UNAUTHORISED, _FORBIDDEN):
                raise CredentialError(
                    f"{options.url} refused the login of {options.user}",
                    "check NORNIR_ANYCONNECT_FMC_USERNAME and NORNIR_ANYCONNECT_FMC_PASSWORD",
                )
            token = answer.headers.get(_TOKEN_HEADER)
            if not answer.is_success or not token:
                words = f"{answer.status_code}: {_words_of(answer)}"
                raise RejectedError(f"{options.url} gave no token: {words}", "look whether it is an FMC")
            remember(token, answer.headers.get("X-auth-refresh-token"))
            self._token = token
            self._domains = _domains(answer.headers)

    def _domain(self) -> str:
        wanted = self.options.domain
        if wanted is None:
            return self._domains[""]
        found = self._domains.get(wanted)
        if found is None:
            named = ", ".join(sorted(each for each in self._domains if each)) or "none"
            raise RejectedError(
                f"{self.options.url}: {self.options.user} has no domain '{wanted}'", f"use one of {named}"
            )
        return found

    def _send(self, method: str, path: str, **how: Any) -> httpx.Response:
        self._take_turn()
        ours = deadline.current()
        try:
            with self._slots, self._http.stream(method, path, **how) as answer:
                content = bytearray()
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > _LARGEST:
                        raise IncompleteReplyError(f"{self.options.url}: {path}: more than {_LARGEST >> 20} MB", "")
                    if ours is not None and not ours.left:
                        raise ours.error()
                return httpx.Response(answer.status_code, headers=answer.headers, content=bytes(content))
        except httpx.TimeoutException as error:
            raise ReplyTimeoutError(f"{self.options.url} does not answer", "look at the manager's load") from error
        except httpx.ConnectError as error:
            raise UnreachableError(f"{self.options.url}: {_why(error)}", "check url and verify") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LinkLostError(f"{self.options.url}: {_why(error)}", "run it again") from error

    def _take_turn(self) -> None:
        """Never more requests in a minute than the manager allows."""
        while True:
            with self._pace:
                now = self._clock()
                while self._sent and now - self._sent[0] >= WINDOW:
                    self._sent.popleft()
                if len(self._sent) < REQUESTS:
                    self._sent.append(now)
                    return
                pause = WINDOW - (now - self._sent[0])
            self._wait(max(pause, _SHORTEST_PAUSE))

    def _wait(self, seconds: float) -> None:
        ours = deadline.current()
        if ours is not None and ours.left <= seconds:
            raise ReplyTimeoutError(
                f"{self.options.url} allows no further request in time", "raise --host-timeout, or ask fewer devices"
            )
        self._sleep(seconds)


def _trust(verify: bool | str) -> ssl.SSLContext:
    """The system's certificates, those of a file, or none.

    Raises:
        OSError: the file cannot be read, or holds none.

    """
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _seconds(told: str | None, usual: float) -> float:
    """What ``Retry-After`` says, up to a window; a date is not read."""
    return min(float(told), WINDOW) if told and told.isdecimal() and len(told) < 6 else usual  # noqa: PLR2004 - digits


def _domains(headers: httpx.Headers) -> dict[str, str]:
    """UUIDs by name and by themselves; the user's own has no name."""
    found = {"": headers.get("DOMAIN_UUID", "")}
    try:
        listed = json.loads(headers.get("DOMAINS", "[]"))
        for each in listed:
            found[str(each["name"])] = found[str(each["uuid"])] = str(each["uuid"])
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return found


def _words_of(answer: httpx.Response) -> str:
    """What an error answer says, in a line."""
    try:
        said = json.loads(answer.content)["error"]["messages"][0]["description"]
    except (ValueError, LookupError, TypeError, RecursionError):
        said = answer.reason_phrase
    return " ".join(str(said).split())[:200]


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
