"""What an audit does beside its result: it is kept, its metrics are pushed, and somebody is told what changed.

The only module that opens a connection to anything but a device. All of it comes after the reports are written, each
part within a time limit of its own; a failure is told, counts in the exit code, and takes nothing else with it.
What goes out is the difference of two audits, or the metrics of one: no user names, no configuration text, no secret.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from nornir_anyconnect.errors import AnyConnectError, SettingsError
from nornir_anyconnect.masking import environment_without_secrets, remember, remember_url, without_secrets
from nornir_anyconnect.settings import saved
from nornir_anyconnect.workflows.exit_codes import ExitCode
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.history.compare import Diff, Kept
    from nornir_anyconnect.history.store import History
    from nornir_anyconnect.settings import Notify, Settings, Webhook

T = TypeVar("T")
COMMAND_SECONDS = 60.0
"""A notification command may take so long."""
FIRST_PAUSE = 1.0
"""Seconds before the first retry; doubled each time."""
TREND_SECONDS = 15.0
HISTORY_SECONDS = 120.0
PUSH_SECONDS = 60.0
NOTIFY_SECONDS = 90.0
"""Reading the trend, keeping the audit, pushing, telling: however often it is tried, it ends after so long."""


def within(seconds: float, what: str, work: Callable[[], T]) -> T:
    """What ``work`` returns or raises.

    It runs in a thread that the process does not wait for: a peer that says nothing holds nobody.

    Raises:
        AnyConnectError: it took longer than so many seconds.

    """
    found: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001 - it is raised again where somebody waits for it
            failed.append(error)

    thread = threading.Thread(target=run, name=what, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise AnyConnectError(f"{what} did not end within {seconds:g} seconds", "see whether its peer is up")
    if failed:
        raise failed[0]
    return found[0]


class SideEffects:
    """Earlier audits, this one, and who hears of what changed.

    Args:
        settings: history, retention, Pushgateway and notification.
        keep: whether this audit goes into the history, and its changes are told.
        push: whether its metrics are pushed, where the settings name a Pushgateway.

    ``code`` says afterwards whether something of it failed.

    """

    def __init__(self, settings: Settings, *, keep: bool, push: bool) -> None:
        self.code = ExitCode.CLEAN
        self._settings = settings
        self._push = settings.push if push else None
        self._history = self._within(TREND_SECONDS, "opening the history", self._opened) if keep else None

    def _opened(self) -> History:
        from nornir_anyconnect.history.store import History

        return History(self._settings.history)

    def _within(self, seconds: float, what: str, work: Callable[[], T]) -> T | None:
        """What ``work`` returns, or None where it failed or took too long; either is told."""
        try:
            return within(seconds, what, work)
        except Exception as error:  # noqa: BLE001 - a failure of any kind is told, and costs nothing else
            self._failed(error)
            return None

    def _failed(self, error: Exception) -> None:
        TERMINAL.failure(error)
        self.code = ExitCode.USAGE

    def trend(self, audit: AuditReport) -> Sequence[tuple[str, dict[str, int]]]:
        """Counts of the audits so far and of this one, oldest first; empty where they cannot be read."""
        history = self._history
        if history is None:
            return ()
        from nornir_anyconnect.history.compare import trend_with

        return self._within(TREND_SECONDS, "reading the history", lambda: trend_with(history, audit)) or ()

    def carry_out(self, audit: AuditReport, sites: dict[str, str] | None) -> None:
        """Keep this audit, push its metrics, and tell of the changes since the one before."""
        kept = self._keep(audit, sites)
        if self._push is not None:
            self._pushed(self._push, audit)
        if kept is not None and kept.changes is not None:
            self._tell(kept.changes)

    def _keep(self, audit: AuditReport, sites: dict[str, str] | None) -> Kept | None:
        history = self._history
        if history is None:
            return None
        from nornir_anyconnect.history.compare import keep_report

        def keep() -> Kept:
            found = keep_report(history, audit, sites, self._settings.keep_days)
            history.close()
            return found

        kept = self._within(HISTORY_SECONDS, "keeping the audit in the history", keep)
        if kept is not None:
            TERMINAL.note(f"kept as audit {kept.number}")
        return kept

    def _pushed(self, gateway: str, audit: AuditReport) -> None:
        from nornir_anyconnect.report import render

        metrics = without_secrets(render("prometheus", audit))
        failures = self._within(PUSH_SECONDS, "pushing the metrics", lambda: push(gateway, metrics))
        for failure in failures or ():
            self._failed(
                AnyConnectError(failure, "see whether it is up; '--format prometheus=FILE' needs no Pushgateway")
            )

    def _tell(self, changes: Diff) -> None:
        TERMINAL.note(f"since audit {changes.before.number}: {summary(changes)}")
        failures = self._within(NOTIFY_SECONDS, "the notification", lambda: notify(changes, self._settings.notify))
        for failure in failures or ():
            self._failed(
                AnyConnectError(failure, "the audit is reported and kept: see 'nornir-anyconnect history diff'")
            )


def say_what_is_left_out(settings: Settings, *, part: str, keep: bool) -> None:
    """What the settings ask for and this audit does not do; ``part`` names the option that left hosts out."""
    asked = [
        words
        for words, wanted in (
            ("not kept in the history", settings.history is not None),
            ("not pushed", settings.push is not None),
            ("nobody is told of changes", settings.notify.command or settings.notify.webhook),
        )
        if wanted
    ]
    files = [name for each in settings.formats for name in [each.partition("=")[2]] if name]
    if part and files:
        TERMINAL.note(f"{part}: a part of the fleet; {', '.join(files)} of the settings stay as they are")
    if keep or not asked:
        return
    if part:
        TERMINAL.note(f"{part}: a part of the fleet is no night; {', '.join(asked)}; --keep does it all the same")
    elif settings.history is None and (settings.notify.command or settings.notify.webhook):
        TERMINAL.warning("'notify' in the settings tells nobody: changes are known with a 'history' (or --keep) only")


def message(diff: Diff) -> dict[str, Any]:
    """What is told: the counts, and the findings by name."""
    changes = diff.to_dict()
    return {"schema": "nornir-anyconnect/changes/1", "summary": summary(diff), **changes}


def summary(diff: Diff) -> str:
    """One line for people."""
    counts = (
        (diff.new, "new"),
        (diff.fixed, "fixed"),
        (diff.not_judged, "not judged any more"),
        (diff.still_open, "still open"),
    )
    return ", ".join(f"{len(items)} {words}" for items, words in counts)


def notify(diff: Diff, settings: Notify) -> list[str]:
    """Tell of the changes; returns one line per way that failed (the audit itself is not affected)."""
    if not diff.changed:
        return []
    failures = []
    body = json.dumps(message(diff), sort_keys=True)
    if settings.command:
        token = settings.webhook.token_env if settings.webhook else None
        failures += _run(settings.command, body, token)
    if settings.webhook:
        failures += _post(settings.webhook, body, diff)
    return failures


def _run(command: tuple[str, ...], body: str, token_variable: str | None) -> list[str]:
    """The command gets none of our passwords; all that it started ends with it."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment_without_secrets(token_variable),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return [f"the notification command {command[0]} failed: {error}"]
    with process:
        try:
            _, said = process.communicate(body.encode(), timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return [f"the notification command {command[0]} failed: it had not ended after {COMMAND_SECONDS:g} seconds"]
    if process.returncode:
        last = (said.decode("utf-8", "replace").strip() or "no message").splitlines()[-1]
        return [f"the notification command {command[0]} ended with {process.returncode}: {last}"]
    return []


def _post(webhook: Webhook, body: str, diff: Diff) -> list[str]:
    headers = {"Content-Type": "application/json"}
    if webhook.token_env:
        token = os.environ.get(webhook.token_env, "").strip()
        if not token:
            return [f"the webhook was not called: the environment variable {webhook.token_env} is not set"]
        remember(token)
        if not (token.isascii() and token.isprintable()):
            return [
                f"the webhook was not called: what {webhook.token_env} holds is no token: one line of plain letters"
            ]
        headers["Authorization"] = f"Bearer {token}"
    content = _templated(webhook.template, diff) if webhook.template else body
    request = _request("POST", webhook.url, without_secrets(content), headers)
    problem = _send(request, webhook.timeout, webhook.retries)
    return [f"the webhook did not take the notification: {problem}"] if problem else []


def push(gateway: str, metrics: str, timeout: float = 10.0, retries: int = 3) -> list[str]:
    """Hand the metrics of an audit to a Prometheus Pushgateway, in place of those of the audit before.

    Args:
        gateway: its address.
        metrics: what ``--format prometheus`` writes.
        timeout: seconds for one attempt.
        retries: attempts after the first.

    Returns:
        One line if it failed, else nothing.

    Raises:
        SettingsError: the address is none of the web.

    """
    address = f"{gateway.rstrip('/')}/metrics/job/nornir_anyconnect"
    headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    problem = _send(_request("PUT", address, metrics, headers), timeout, retries)
    return [f"the Pushgateway did not take the metrics: {problem}"] if problem else []


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another address is another peer: nothing goes there that was meant for this one, least of all a token."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _send(request: urllib.request.Request, timeout: float, retries: int) -> str:
    """What kept it from being taken, empty where nothing did; tried again where waiting may mend it."""
    opener = urllib.request.build_opener(_NoRedirect)
    problem = ""
    for attempt in range(retries + 1):
        if attempt:
            time.sleep(FIRST_PAUSE * 2 ** (attempt - 1))
        try:
            with opener.open(request, timeout=timeout):
                return ""
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in range(300, 400):
                return f"HTTP {error.code}: it sends elsewhere, which is not followed; name the right address"
            problem = f"HTTP {error.code}"
            if error.code < 500 and error.code not in (408, 429):  # noqa: PLR2004 - the client errors that waiting does not mend
                break
        except OSError as error:
            problem = str(getattr(error, "reason", error))
        except (http.client.HTTPException, ValueError) as error:
            problem = f"its answer is no HTTP ({type(error).__name__})"
    return problem


def _request(method: str, url: str, body: str, headers: dict[str, str]) -> urllib.request.Request:
    """User and password of the address travel in a header.

    Raises:
        SettingsError: it is none of the web.

    """
    remember_url(url)
    if not url.startswith(("https://", "http://")) or not url.isascii() or not url.isprintable() or " " in url:
        raise SettingsError(f"'{url}' is no address to send to", "use an http or https address without blanks")
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    login = b64encode(unquote(userinfo).encode()).decode("ascii")
    if at:
        headers = {**headers, "Authorization": f"Basic {login}"}
    address = urlunsplit(parts._replace(netloc=host))
    return urllib.request.Request(address, body.encode(), headers, method=method)  # noqa: S310 - the scheme is checked above


def _templated(path: str, diff: Diff) -> str:
    from jinja2 import TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    try:
        template = SandboxedEnvironment(autoescape=False).from_string(saved(Path(path)).read_text("utf-8"))
        return template.render(**message(diff))
    except OSError as error:
        raise SettingsError(
            f"{path}: {error.strerror}", "name an existing file under notify.webhook.template"
        ) from error
    except (TemplateError, ValueError) as error:
        raise SettingsError(f"{path}: {error}", "mend the template; it is given what 'history diff' prints") from error
