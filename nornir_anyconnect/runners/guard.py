"""A processor that fails must never touch the run it watches (promise 22)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from nornir.core.processor import Processors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir.core.processor import Processor

logger = logging.getLogger(__name__)

_HOOKS = frozenset(
    {
        "task_started",
        "task_completed",
        "task_instance_started",
        "task_instance_completed",
        "subtask_instance_started",
        "subtask_instance_completed",
    }
)


class _Guarded:
    """Passes every hook on and logs, instead of raising, what the processor raises."""

    def __init__(self, processor: Processor) -> None:
        self._processor = processor

    def __getattr__(self, name: str) -> Any:
        hook = getattr(self._processor, name)
        if name not in _HOOKS:
            return hook

        def call(*args: Any) -> None:
            try:
                hook(*args)
            except Exception:
                logger.exception("processor %r failed in %s; the run goes on", self._processor, name)

        return call


def guarded(processors: Iterable[Processor]) -> Processors:
    """The same processors, none of which can stop a run."""
    return Processors(p if isinstance(p, _Guarded) else _Guarded(p) for p in processors)
