"""A runner for reading: so many chassis at once, the hosts of one chassis one after the other."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Lock
from typing import TYPE_CHECKING

from nornir.core.task import AggregatedResult

from nornir_anyconnect.asa.chassis import by_chassis
from nornir_anyconnect.platforms.deadline import end_all

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from concurrent.futures import Future

    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult, Task


logger = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds that hosts in flight have to end after Ctrl-C."""


class ChassisRunner:
    """Nornir runner: ``workers`` chassis at once, the hosts of one chassis one after the other.

    Args:
        workers: threads.
        on_host: called with each host's result as soon as it is there; results are not kept.

    """

    def __init__(self, workers: int, on_host: Callable[[Host, MultiResult], None]) -> None:
        self.workers = workers
        self.on_host = on_host
        self.interrupted = False

    def pass_interrupt_on(self) -> None:
        """For whom a part of the hosts is no result.

        Raises:
            KeyboardInterrupt: the run was interrupted.

        """
        if self.interrupted:
            raise KeyboardInterrupt

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Run the task; Ctrl-C starts no other host, and gives those in flight a few seconds."""
        groups = by_chassis(hosts)
        left = iter(groups)
        turn = Lock()

        def next_group() -> list[Host]:
            with turn:
                return next(left, [])

        def one_by_one() -> None:
            while group := next_group():
                for host in group:
                    if not self.interrupted:
                        self.on_host(host, task.copy().start(host))

        with ThreadPoolExecutor(self.workers) as pool:
            futures: list[Future[None]] = []
            try:
                # as many as run at once: one for each of ten thousand boxes would be held until the end
                futures.extend(pool.submit(one_by_one) for _ in range(min(self.workers, len(groups))))
                for future in futures:
                    future.result()
            except KeyboardInterrupt:
                self.interrupted = True
                _end(futures)
        return AggregatedResult(task.name)


def _end(futures: Collection[Future[None]]) -> None:
    """Nothing is changed on these hosts: one that does not end by itself is cut, at once where Ctrl-C comes again."""
    patience = GRACE
    while left := {each for each in futures if not each.done()}:
        try:
            left = wait(left, timeout=patience).not_done
        except KeyboardInterrupt:
            logger.info("interrupted again")
        if left:
            end_all("interrupted")
        patience = 1.0
