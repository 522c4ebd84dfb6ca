"""The Dask cluster that the settings name, for reading a fleet; see ``docs/scaling.md``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.runners.dask import DaskRunner, tls
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult

    from nornir_anyconnect.settings import Dask


def dask_runner(cluster: Dask, workers: int, on_host: Callable[[Host, MultiResult], None]) -> DaskRunner:
    """Workers that read for us; of one that is lost the hosts are read again, once.

    Args:
        cluster: of the settings.
        workers: hosts at once, where the cluster is processes of this machine.
        on_host: told of each host that has ended, one call at a time.

    Raises:
        UsageError: the extra is not installed, or a certificate is not there.

    """
    files = (cluster.ca, cluster.cert, cluster.key)
    security = None
    if any(files):
        for name, each in zip(("ca", "cert", "key"), files, strict=True):
            if not each or not Path(each).is_file():
                where = f"{each} does not exist" if each else "it is missing"
                raise UsageError(f"dask.{name}: {where}", "TLS to the scheduler needs ca, cert and key")
        security = tls(*files)
    elif cluster.scheduler is not None and not _stays_here(cluster.scheduler):
        TERMINAL.warning(
            f"{cluster.scheduler} is spoken to in the clear, and who reaches it runs anything on its workers: "
            "set ca, cert and key under dask:"
        )
    return DaskRunner(
        cluster.scheduler, workers, processes=cluster.processes, security=security, retry_lost=True, on_host=on_host
    )


def _stays_here(address: str) -> bool:
    host = urlsplit(address if "://" in address else f"tcp://{address}").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
