"""Who reads the devices: ``--runner`` and ``--scheduler``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.errors import UsageError

if TYPE_CHECKING:
    from nornir_anyconnect.settings import Dask, Settings

RunnerName = Annotated[
    str | None,
    typer.Option("--runner", metavar="threads|dask", help="Who reads the devices: this process, or a Dask cluster."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tls://HOST:8786 [default: processes here]."
    ),
]


@dataclass(frozen=True)
class Cluster:
    """Who reads the devices."""

    runner: RunnerName = None
    scheduler: Scheduler = None

    def under(self, settings: Settings) -> Dask | None:
        """The cluster; None means threads of this process.

        Raises:
            UsageError: no runner of that name, or a scheduler for one that needs none.

        """
        chosen = self.runner or ("dask" if self.scheduler else settings.runner)
        if chosen not in ("threads", "dask"):
            raise UsageError(f"there is no runner '{chosen}'", "use --runner threads or --runner dask")
        if chosen == "threads":
            if self.scheduler:
                raise UsageError("--scheduler goes with --runner dask", "leave one of them out")
            return None
        return settings.dask.at(self.scheduler) if self.scheduler else settings.dask
