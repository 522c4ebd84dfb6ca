"""The look at changed devices between canary and waves: what stops a run before more users are hit."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from nornir_anyconnect.cli.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nornir.core import Nornir
    from nornir.core.task import MultiResult

    from nornir_anyconnect.change.run import Run


class Soak:
    """Looks at changed devices: are they still as intended, and did new sessions drop packets?"""

    def __init__(self, nornir: Nornir) -> None:
        self._nornir = nornir
        self._told: set[str] = set()

    def bad_signs(self, run: Run, names: Sequence[str]) -> str | None:
        """Why the run must stop, or None; what cannot be seen is said once."""
        from nornir_anyconnect.cli.fleet import ChassisRunner
        from nornir_anyconnect.tasks.change_plan import verify_plan

        found: dict[str, MultiResult] = {}
        runner = ChassisRunner(len(names), lambda host, result: found.__setitem__(host.name, result))
        chosen = self._nornir.filter(filter_func=lambda host: host.name in names)
        chosen.with_runner(runner).run(task=verify_plan, run=run, on_failed=True)
        for name, results in found.items():
            if results.exception is not None:
                return f"{name} could not be looked at: {results.exception}"
            for change in results[0].result.changes:
                if change.failed:
                    return str(change)
                if str(change) not in self._told:
                    self._told.add(str(change))
                    with suppress(Exception):  # a terminal that is gone is no bad sign
                        TERMINAL.note(str(change))
        return next(iter(drops(found)), None)


def drops(results: Mapping[str, MultiResult]) -> list[str]:
    """New 722036 and reconnects in the changed policies, in words."""
    found = []
    for one in results.values():
        if one.exception is not None:
            continue
        for change in one[0].result.changes:
            for policy, counts in (change.after or {}).items():
                if counts["large_packets"] or counts["reconnects"]:
                    found.append(
                        f"{change.name}: since the change {counts['large_packets']} large packets and "
                        f"{counts['reconnects']} reconnects in {policy}"
                    )
    return found
