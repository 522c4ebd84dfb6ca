"""The history as ``check`` and ``audit`` use it: a failure is told, and does not take the report with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.workflows.exit_codes import ExitCode
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.history.compare import Diff
    from nornir_anyconnect.history.store import History
    from nornir_anyconnect.settings import Settings


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
    if keep or not asked:
        return
    if part:
        TERMINAL.note(f"{part}: a part of the fleet is no night; {', '.join(asked)}; --keep does it all the same")
    elif settings.history is None and (settings.notify.command or settings.notify.webhook):
        TERMINAL.warning("'notify' in the settings tells nobody: changes are known with a 'history' (or --keep) only")


class Nights:
    """Earlier audits, this one, and who hears of what changed.

    Args:
        settings: history, retention, Pushgateway and notification.
        kept: whether this audit goes into the history; without it the metrics are pushed and nothing else.

    ``code`` says afterwards whether something of it failed.

    """

    def __init__(self, settings: Settings, *, kept: bool = True) -> None:
        self.code = ExitCode.CLEAN
        self._settings = settings
        self._history: History | None = None
        if not kept:
            return
        with self._told():
            from nornir_anyconnect.history.store import History

            self._history = History(settings.history)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (AnyConnectError, OSError) as error:
            TERMINAL.failure(error)
            self.code = ExitCode.USAGE

    def trend(self, audit: AuditReport) -> Sequence[tuple[str, dict[str, int]]]:
        """Counts of the audits so far and of this one, oldest first; empty where they cannot be read."""
        if self._history is not None:
            from nornir_anyconnect.history.nightly import trend_with

            with self._told():
                return trend_with(self._history, audit)
        return ()

    def end(self, audit: AuditReport, sites: dict[str, str] | None) -> None:
        """Push the metrics of this audit, keep it, and tell of the changes since the one before."""
        if self._settings.push is not None:
            with self._told():
                self._push(self._settings.push, audit)
        if self._history is None:
            return
        from nornir_anyconnect.history.nightly import keep_report

        with self._told():
            kept = keep_report(self._history, audit, sites, self._settings.keep_days)
            TERMINAL.note(f"kept as audit {kept.number}")
            if kept.changes is not None:
                self._tell(kept.changes)
        self._history.close()

    def _push(self, gateway: str, audit: AuditReport) -> None:
        from nornir_anyconnect.report import render
        from nornir_anyconnect.report.notify import push

        for failure in push(gateway, render("prometheus", audit)):
            TERMINAL.error(failure, "see whether it is up; '--format prometheus=FILE' needs no Pushgateway")
            self.code = ExitCode.USAGE

    def _tell(self, changes: Diff) -> None:
        from nornir_anyconnect.report.notify import notify, summary

        TERMINAL.note(f"since audit {changes.before.number}: {summary(changes)}")
        for failure in notify(changes, self._settings.notify):
            TERMINAL.error(failure, "the audit is reported and kept: see 'nornir-anyconnect history diff'")
            self.code = ExitCode.USAGE
