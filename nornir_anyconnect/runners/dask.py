"""A runner that spreads an audit over a Dask cluster (extra ``[dask]``).

For audits of very many boxes only: results travel back, connections do not. Changes belong to the
``anyconnect_waves`` runner, which keeps its failure budget in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nornir.core.task import AggregatedResult, MultiResult, Result

if TYPE_CHECKING:
    from nornir.core.inventory import Host
    from nornir.core.task import Task


def _run_one(task: Task, host: Host) -> MultiResult:
    """Runs on a Dask worker; the connection is closed there, where it was opened."""
    try:
        outcome: MultiResult = task.copy().start(host)
    finally:
        host.close_connections()
    return outcome


class DaskRunner:
    """Nornir runner ``anyconnect_dask``.

    Args:
        address: address of a Dask scheduler; None starts a local cluster of threads for the run.
        workers: threads of that local cluster.
        client: an existing ``distributed.Client`` to use instead.

    """

    def __init__(self, address: str | None = None, workers: int = 20, client: Any = None) -> None:
        self.address = address
        self.workers = workers
        self.client = client

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Run the task over all hosts; a host whose worker was lost has a failed result."""
        from distributed import Client  # noqa: PLC0415 - an optional extra, imported only when it is used

        client = self.client or (
            Client(self.address)
            if self.address
            else Client(processes=False, n_workers=1, threads_per_worker=self.workers, dashboard_address=None)
        )
        result = AggregatedResult(task.name)
        try:
            futures = {host.name: client.submit(_run_one, task, host, pure=False) for host in hosts}
            for host in hosts:
                try:
                    result[host.name] = futures[host.name].result()
                except Exception as error:  # noqa: BLE001 - whatever a worker dies of, the host still ends in one state
                    lost = MultiResult(task.name)
                    lost.append(Result(host, result=str(error), failed=True, exception=error, name=task.name))
                    result[host.name] = lost
        finally:
            if self.client is None:
                client.close()
        return result
