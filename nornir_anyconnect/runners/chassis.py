"""A runner for reading: so many chassis at once, the hosts of one chassis one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from nornir.core.task import AggregatedResult

from nornir_anyconnect.platforms.chassis import by_chassis

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult, Task


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

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Run the task; Ctrl-C lets the hosts in flight finish and starts no other."""

        def one_by_one(group: list[Host]) -> None:
            for host in group:
                if not self.interrupted:
                    self.on_host(host, task.copy().start(host))

        with ThreadPoolExecutor(self.workers) as pool:
            try:
                for future in [pool.submit(one_by_one, group) for group in by_chassis(hosts)]:
                    future.result()
            except KeyboardInterrupt:
                self.interrupted = True
                pool.shutdown(wait=True, cancel_futures=True)
        return AggregatedResult(task.name)
