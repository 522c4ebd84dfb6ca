"""What leaves for others: the changes between two audits, by command or webhook, and metrics for a Pushgateway.

The only module that opens a connection to anything but a device.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from nornir_anyconnect.errors import SettingsError
from nornir_anyconnect.masking import environment_without_secrets, remember, remember_url, without_secrets
from nornir_anyconnect.yaml_text import saved

if TYPE_CHECKING:
    from nornir_anyconnect.history.compare import Diff
    from nornir_anyconnect.settings import Notify, Webhook

COMMAND_SECONDS = 60.0
"""A notification command may take so long."""
FIRST_PAUSE = 1.0
"""Seconds before the first retry; doubled each time."""


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
