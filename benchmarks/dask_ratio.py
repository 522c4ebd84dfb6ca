"""Two worker processes beside one, where the workers' CPU is the bottleneck: each host is a configuration to judge.

    python benchmarks/dask_ratio.py [--hosts 200]

From the first order to the last result, without the start of the cluster. Also what goes over the wire per host.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from nornir.core import Nornir
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.core.task import Result
from parse_ratio import configuration

from nornir_anyconnect.runners import dask_run
from nornir_anyconnect.runners.dask import DaskRunner

if TYPE_CHECKING:
    from nornir.core.task import Task

LIMIT = 1 / 1.6


def judged(task: Task, template: str) -> Result:
    """What a worker does with a box, without the box: every one has names of its own."""
    from nornir_anyconnect.remedies.propose import assess_text
    from nornir_anyconnect.tasks.audit_mtu import HostAudit

    text = template.replace("GP_", f"GP_{task.host.name}_").replace("TG_", f"TG_{task.host.name}_")
    return Result(task.host, result=HostAudit(task.host.name, (assess_text(text, task.host.name),)))


def seconds(processes: int, hosts: int, sizes: dict[str, int]) -> float:
    """One run, of which every worker has done something before it counts."""
    import cloudpickle
    from distributed import Client, LocalCluster

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    inventory = Inventory(
        Hosts({f"h{n}": Host(f"h{n}", f"10.0.0.{n % 250}") for n in range(hosts)}), Groups(), Defaults()
    )
    packed, results_of = dask_run.DaskRun._packed, dask_run.results_of  # noqa: SLF001 - measured, not changed

    def counted(*arguments: Any) -> bytes:
        order = packed(*arguments)
        sizes["order"] += len(order) - len(text)  # a real order names no configuration
        return order

    def received(result: bytes, *more: Any) -> Any:
        sizes["result"] += len(result)
        return results_of(result, *more)

    how: dict[str, Any] = {
        "n_workers": processes,
        "threads_per_worker": 2,
        "dashboard_address": None,
        "silence_logs": 50,
    }
    text = configuration(2000, 20)
    with LocalCluster(**how) as cluster, Client(cluster, set_as_default=False) as client:
        warm = Nornir(inventory).with_runner(DaskRunner(client=client))
        warm.run(judged, template=text)
        dask_run.DaskRun._packed, dask_run.results_of = counted, received  # type: ignore[method-assign] # noqa: SLF001
        began = time.perf_counter()
        found = warm.run(judged, template=text.replace("GP_", "GPX_").replace("TG_", "TGX_"))
        taken = time.perf_counter() - began
        dask_run.DaskRun._packed, dask_run.results_of = packed, results_of  # type: ignore[method-assign] # noqa: SLF001
        if any(each.failed for each in found.values()):
            raise RuntimeError("not every host was judged")
        return taken


def main() -> int:
    """Measure, print, and fail where two do not help enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=200)
    hosts = parser.parse_args().hosts
    sizes = {"order": 0, "result": 0}
    one = seconds(1, hosts, sizes)
    sizes = {"order": 0, "result": 0}
    two = seconds(2, hosts, sizes)
    print(
        json.dumps(
            {
                "hosts": hosts,
                "cores": os.cpu_count(),
                "one_worker_s": round(one, 3),
                "two_workers_s": round(two, 3),
                "ratio": round(two / one, 3),
                "limit": round(LIMIT, 3),
                "order_bytes_per_host": sizes["order"] // hosts,
                "result_bytes_per_host": sizes["result"] // hosts,
            }
        )
    )
    return int(two / one > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
