"""What an audit does beside its result: it is kept, its metrics are pushed, and somebody is told what changed.

All of it comes after the reports are written, each part within a time limit of its own; a failure is told, counts in
the exit code, and takes nothing else with it.
What goes out is the difference of two audits, or the metrics of one: no user names, no configuration text, no secret.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.masking import without_secrets
from nornir_anyconnect.workflows.exit_codes import ExitCode
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.history.compare import Diff, Kept
    from nornir_anyconnect.history.store import History
    from nornir_anyconnect.settings import Settings

T = TypeVar("T")
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

    def carry_out(self, audit: AuditReport) -> None:
        """Keep this audit, push its metrics, and tell of the changes since the one before."""
        kept = self._keep(audit)
        if self._push is not None:
            self._pushed(self._push, audit)
        if kept is not None and kept.changes is not None:
            self._tell(kept.changes)

    def _keep(self, audit: AuditReport) -> Kept | None:
        history = self._history
        if history is None:
            return None
        from nornir_anyconnect.history.compare import keep_report

        def keep() -> Kept:
            found = keep_report(history, audit, self._settings.keep_days)
            history.close()
            return found

        kept = self._within(HISTORY_SECONDS, "keeping the audit in the history", keep)
        if kept is not None:
            TERMINAL.note(f"kept as audit {kept.number}")
        return kept

    def _pushed(self, gateway: str, audit: AuditReport) -> None:
        from nornir_anyconnect.report import render
        from nornir_anyconnect.workflows.notifications import push

        metrics = without_secrets(render("prometheus", audit))
        failures = self._within(PUSH_SECONDS, "pushing the metrics", lambda: push(gateway, metrics))
        for failure in failures or ():
            self._failed(
                AnyConnectError(failure, "see whether it is up; '--format prometheus=FILE' needs no Pushgateway")
            )

    def _tell(self, changes: Diff) -> None:
        from nornir_anyconnect.workflows.notifications import notify, summary

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
