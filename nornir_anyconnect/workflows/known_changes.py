"""Which settings were changed and when, as the journal of our own runs and the history of earlier audits know it.

What happened before a change is no evidence of what is in force. In doubt it counts: a change is believed only where
the configuration still shows it, and a clock that nobody can compare is taken to be as wrong as clocks can be.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.evidence.known_changes import cut_at
from nornir_anyconnect.workflows.evidence_files import short_name
from nornir_anyconnect.workflows.side_effects import TREND_SECONDS, within

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.change.run import MadeChange
    from nornir_anyconnect.evidence.observations import DeviceObservations
    from nornir_anyconnect.history.compare import EarlierSettings

_ZONE = timedelta(hours=12)
"""Stamps that name no zone are taken for UTC; a device's clock may be so far behind it."""


@dataclass
class KnownChanges:
    """Looks a device up in the journals and the history; both are read once, and only where somebody was hit.

    Args:
        history: a path or URL; None means the user's own.
        journals: the folder of the runs; None means the user's own.

    """

    history: str | None = None
    journals: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def applied_to(
        self, seen: DeviceObservations, names: Iterable[str], context: str | None, config: RunningConfig
    ) -> DeviceObservations:
        """The observations, with what was seen before a change put aside.

        Args:
            seen: of one device or context.
            names: what the inventory, a file or the device itself calls it.
            context: of a device with several.
            config: what it is configured to do now.

        """
        hit = {name for name, group in seen.groups.items() if group.large_packets or group.incidents}
        if not hit:
            return seen
        known = {short_name(name) for name in names}
        with self._lock:
            made = self._made(seen.first)
            earlier = self._earlier
        times = {policy: time for policy, time in _by_history(earlier, known, context, config).items() if policy in hit}
        for change in made:
            if known.isdisjoint(map(short_name, change.names)) or change.context != context:
                continue
            if hit & change.group_policies and change.in_force(config):
                for policy in hit & change.group_policies:
                    times[policy] = max(times.get(policy, _EPOCH), _in_the_log(change, own=seen.own_log))
        return cut_at(seen, times)

    def _made(self, since: datetime | None) -> list[MadeChange]:
        from nornir_anyconnect.change.journal import default_directory
        from nornir_anyconnect.change.run import changes_made

        if self._read_since is None or (since or _EPOCH) < self._read_since:
            self._read_since = since or _EPOCH
            try:
                self._found = changes_made(self.journals or default_directory(), self._read_since - _ZONE)
            except AnyConnectError:
                self._found = []
        return self._found

    _read_since: datetime | None = None
    _found: list[MadeChange] = field(default_factory=list)

    @cached_property
    def _earlier(self) -> list[EarlierSettings]:
        from nornir_anyconnect.history.compare import earlier_settings
        from nornir_anyconnect.history.store import History

        try:
            return within(
                TREND_SECONDS, "reading the history", lambda: earlier_settings(History(self.history, create=False))
            )
        except AnyConnectError:
            return []  # no history, or none that can be read: who keeps this audit in it is told


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC) + _ZONE


def _in_the_log(change: MadeChange, *, own: bool) -> datetime:
    """When a change was made, in the time of the log: at the latest, but never later than it was."""
    if change.clock is None:
        return change.at - _ZONE
    return change.clock if own else min(change.clock, change.at)


def _by_history(
    earlier: Iterable[EarlierSettings], known: set[str], context: str | None, config: RunningConfig
) -> dict[str, datetime]:
    """Per group policy, until when all its findings were kept with other settings than now."""
    rows = [each for each in earlier if short_name(each.item.device) in known and each.item.context == (context or "")]
    if not rows:
        return {}
    from nornir_anyconnect.history.store import settings_digest

    times: dict[str, list[datetime | None]] = defaultdict(list)
    for finding in judge(config, "").findings:
        now = settings_digest(finding)
        last = [
            datetime.fromisoformat(each.last)
            for each in rows
            if (each.item.scope, each.item.name) == (finding.scope, finding.name) and each.settings != now
        ]
        times[finding.group_policy or ""].append(max(last, default=None))
    return {
        policy: min(each for each in found if each is not None) - _ZONE
        for policy, found in times.items()
        if None not in found
    }
