"""A progress bar on a terminal; silence everywhere else."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from nornir_anyconnect.cli import cycles
from nornir_anyconnect.workflows.terminal import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from nornir_anyconnect.workflows.evidence_files import Evidence, EvidenceFiles


class Bar(Protocol):
    """What a command tells the bar."""

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""

    def ended(self, failed: bool) -> None:
        """One more host has ended."""


class _Silent:
    def advance(self, amount: int = 1) -> None:
        pass

    def ended(self, failed: bool) -> None:
        pass


@contextmanager
def hosts(total: int) -> Iterator[Bar]:
    """Hosts done, failed and left."""
    cycles.as_usual()
    if not _wanted():
        yield _Silent()
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        TextColumn("{task.completed} done, {task.fields[failed]} failed, {task.fields[left]} left"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task("audit", total=total, failed=0, left=total)

        class _Hosts:
            failed = 0

            def advance(self, amount: int = 1) -> None:
                done = int(progress.tasks[0].completed) + amount
                progress.update(task, advance=amount, failed=self.failed, left=total - done)

            def ended(self, failed: bool) -> None:
                self.failed += failed
                self.advance()

        yield _Hosts()


@contextmanager
def reading(total: int | None) -> Iterator[Bar]:
    """Bytes read of ``total``; None where nobody knows how many will come."""
    if not _wanted():
        yield _Silent()
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task("read", total=total)

        class _Bytes:
            def advance(self, amount: int = 1) -> None:
                progress.update(task, advance=amount)

            def ended(self, failed: bool) -> None:
                """A byte does not fail."""

        yield _Bytes()


def evidence(files: EvidenceFiles, *, single: bool) -> Evidence | None:
    """Read the evidence files below a bar; arguments and errors as of ``read_evidence``."""
    from nornir_anyconnect.workflows.evidence_files import read_evidence

    if not files.paths:
        return None
    with reading(files.size) as bar:
        return read_evidence(files, single=single, on_progress=bar.advance)


def _wanted() -> bool:
    return sys.stderr.isatty() and not TERMINAL.quiet


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, no_color=None if TERMINAL.color else True)
