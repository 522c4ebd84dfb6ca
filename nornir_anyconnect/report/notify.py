"""Tells somebody what changed: a command, a webhook, or both. Nothing is sent when nothing changed.

The only module that opens a connection to anything but a device. What goes out is the difference of two
audits, or the metrics of one: devices, group policies, verdicts; no user names, no configuration text, no secret.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.errors import SettingsError

if TYPE_CHECKING:
    from nornir_anyconnect.history.compare import Diff
    from nornir_anyconnect.settings import Notify, Webhook

COMMAND_TIMEOUT = 60
"""Seconds a notification command may take."""
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
        failures += _run(settings.command, body)
    if settings.webhook:
        failures += _post(settings.webhook, body, diff)
    return failures


def _run(command: tuple[str, ...], body: str) -> list[str]:
    try:
        done = subprocess.run(command, input=body, text=True, capture_output=True, timeout=COMMAND_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"the notification command {command[0]} failed: {error}"]
    if done.returncode:
        said = (done.stderr.strip() or "no message").splitlines()[-1]
        return [f"the notification command {command[0]} ended with {done.returncode}: {said}"]
    return []


def _post(webhook: Webhook, body: str, diff: Diff) -> list[str]:
    if not webhook.url.startswith(("https://", "http://")):
        raise SettingsError(f"notify.webhook.url is '{webhook.url}'", "use an http or https address")
    headers = {"Content-Type": "application/json"}
    if webhook.token_env:
        token = os.environ.get(webhook.token_env)
        if not token:
            return [f"the webhook was not called: the environment variable {webhook.token_env} is not set"]
        headers["Authorization"] = f"Bearer {token}"
    content = _templated(webhook.template, diff) if webhook.template else body
    request = urllib.request.Request(webhook.url, content.encode(), headers, method="POST")  # noqa: S310 - scheme checked above
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
    if not gateway.startswith(("https://", "http://")):
        raise SettingsError(f"push is '{gateway}'", "use the http or https address of a Pushgateway")
    address = f"{gateway.rstrip('/')}/metrics/job/nornir_anyconnect"
    headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    request = urllib.request.Request(address, metrics.encode(), headers, method="PUT")  # noqa: S310 - scheme checked above
    problem = _send(request, timeout, retries)
    return [f"the Pushgateway did not take the metrics: {problem}"] if problem else []


def _send(request: urllib.request.Request, timeout: float, retries: int) -> str:
    """What kept it from being taken, empty where nothing did; tried again where waiting may mend it."""
    problem = ""
    for attempt in range(retries + 1):
        if attempt:
            time.sleep(FIRST_PAUSE * 2 ** (attempt - 1))
        try:
            with urllib.request.urlopen(request, timeout=timeout):  # noqa: S310 - the callers check the scheme
                return ""
        except urllib.error.HTTPError as error:
            problem = f"HTTP {error.code}"
            if error.code < 500 and error.code not in (408, 429):  # noqa: PLR2004 - the client errors that waiting does not mend
                break
        except OSError as error:
            problem = str(getattr(error, "reason", error))
    return problem


def _templated(path: str, diff: Diff) -> str:
    from jinja2 import TemplateError  # noqa: PLC0415 - only those who have a template pay for it
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    try:
        template = SandboxedEnvironment(autoescape=False).from_string(Path(path).read_text("utf-8"))
        return template.render(**message(diff))
    except OSError as error:
        raise SettingsError(
            f"{path}: {error.strerror}", "name an existing file under notify.webhook.template"
        ) from error
    except TemplateError as error:
        raise SettingsError(f"{path}: {error}", "mend the template; it is given what 'history diff' prints") from error
