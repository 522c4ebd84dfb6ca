"""A runner that spreads reading over the workers of a Dask cluster (extra ``[dask]``).

For more boxes than one machine reads in time, and for boxes that only a machine elsewhere reaches. We choose the
worker of every host ourselves, and Dask never repeats anything by itself: a worker does an order once, and no other
worker does it. So a host is read by a worker that can reach it, and nothing could be changed twice. Changes belong to
the ``anyconnect_waves`` runner all the same, which keeps its failure budget in one place.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nornir.core.task import AggregatedResult

from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.runners.waves import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult, Task

CONNECT = 10.0
"""Seconds in which a scheduler answers."""
PATIENCE = 30.0
"""Seconds without any worker for a host after which its turn does not come."""


def tls(ca: str | None, cert: str | None, key: str | None) -> Any:
    """``distributed.Security`` with these files, which talks to nobody in the clear.

    Raises:
        UsageError: the extra is not installed.

    """
    try:
        from distributed import Security  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise _not_installed() from error
    return Security(tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key, require_encryption=True)


def _not_installed() -> UsageError:
    return UsageError("dask.distributed is not installed", "install nornir-anyconnect[dask]")


class DaskRunner:
    """Nornir runner ``anyconnect_dask``.

    Where workers have resources ``site:NAME``, a host with ``data.anyconnect.site`` goes to one with that of its site;
    every other host goes to any worker.
    Every worker has our version, and finds its credentials by itself.

    Args:
        address: address of a Dask scheduler; None starts a cluster of processes on this machine for the run.
        workers: hosts at once on the cluster of this machine; others do as many as they have threads.
        processes: processes of the cluster of this machine; None means one per core.
        security: ``distributed.Security``: the certificates for a scheduler with TLS.
        client: an existing ``distributed.Client`` to use instead.
        retry_lost: hosts whose worker was lost are tried once more; only for what changes nothing.
        data: keys of the hosts' data that the task needs; nothing else of it is sent.
        patience: seconds to wait for a worker that reaches a host.
        on_host: called with each host's result as soon as it is there; results are not kept then.

    ``interrupted`` says whether Ctrl-C ended the last run: hosts whose turn never came have no result.

    """

    def __init__(
        self,
        address: str | None = None,
        workers: int = 20,
        *,
        processes: int | None = None,
        security: Any = None,
        client: Any = None,
        retry_lost: bool = False,
        data: tuple[str, ...] = ("anyconnect",),
        patience: float = PATIENCE,
        on_host: Callable[[Host, MultiResult], None] | None = None,
    ) -> None:
        self.address = address
        self.workers = workers
        self.processes = processes
        self.security = security
        self.client = client
        self.retry_lost = retry_lost
        self.data = tuple(data)
        self.patience = patience
        self.on_host = on_host
        self.interrupted = False

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Run the task over all hosts; each has a result in the end, unless Ctrl-C came before its turn.

        Raises:
            UsageError: no scheduler there, no worker that fits, or a parameter of the task that cannot be sent.
            InventoryError: a credential would have to be sent.

        """
        self.interrupted = False
        result = AggregatedResult(task.name)
        watched = guarded(task.processors)

        def ended(host: Host, outcome: MultiResult) -> None:
            mine = task.copy()
            mine.host = host
            watched.task_instance_completed(mine, host, outcome)
            if self.on_host is not None:
                self.on_host(host, outcome)
            else:
                result[host.name] = outcome

        if hosts:
            with self._connected() as (client, own):
                # Nornir imports every installed plugin when it starts: this one must stay cheap
                from nornir_anyconnect.runners.dask_run import DaskRun, Spreading  # noqa: PLC0415 - see above

                how = Spreading(retry_lost=self.retry_lost, data=self.data, patience=self.patience, own=own)
                run = DaskRun(client, task, how, ended)
                run.spread(hosts)
                self.interrupted = run.interrupted
        return result

    @contextmanager
    def _connected(self) -> Iterator[tuple[Any, bool]]:
        """A client, and whether the cluster is ours alone."""
        if self.client is not None:
            yield self.client, False
            return
        # an optional extra, imported only when it is used
        try:
            from distributed import Client, LocalCluster, Security  # noqa: PLC0415 - see above
        except ImportError as error:
            raise _not_installed() from error

        if self.address is not None:
            client = Client.__new__(Client)
            try:
                Client.__init__(client, self.address, security=self.security, timeout=CONNECT, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:
                # left to the collector it would end its thread at any time, and wait for ever while another one begins
                client.__del__()
                raise UsageError(
                    f"no Dask scheduler answers at {self.address}", "start one, or correct --scheduler"
                ) from error
            with client:
                yield client, False
            return
        processes = self.processes or os.cpu_count() or 1
        # whoever may speak to a scheduler may run anything on its workers: on this machine that is us alone
        with (
            LocalCluster(
                n_workers=processes, threads_per_worker=-(-self.workers // processes), processes=True,
                dashboard_address=None, security=Security.temporary(), silence_logs=logging.CRITICAL,
                # its pages are served all the same: to this machine alone, wherever there is room
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):  # fmt: skip
            yield client, True
