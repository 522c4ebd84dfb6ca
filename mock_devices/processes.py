"""A fleet in several processes: one interpreter alone is soon the slower side of a measurement."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Self

from mock_devices.fleet import Fleet, shares
from mock_devices.spec import DeviceSpec, FleetError, expand, read_fleet

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from types import TracebackType

PER_PROCESS = 100
"""Devices for which a further process is started by itself, while there are cores."""
PATIENCE = 30.0
"""Seconds that a process gets to end its sessions."""


def usual(devices: int) -> int:
    """Processes for so many devices where nobody says how many."""
    return max(1, min(os.cpu_count() or 1, devices // PER_PROCESS))


@dataclass(frozen=True, slots=True)
class Listening:
    """A device of another process."""

    spec: DeviceSpec
    address: str
    port: int

    @property
    def name(self) -> str:
        """As of the fleet file."""
        return self.spec.name


class ManyProcesses:
    """A fleet that listens in several processes while the context lasts.

    Args:
        processes: how many.
        source, count, how: as of ``Fleet``.

    """

    def __init__(self, processes: int, source: str | None, *, count: int | None = None, **how: Any) -> None:
        self.specs = expand(read_fleet(source), count)
        self.devices: dict[str, Listening] = {}
        self.is_displaced = False
        taken = sorted(set(shares(self.specs, processes)))
        self._arguments = [({"source": source, "count": count, "share": (k, processes), **how},) for k in taken]
        self._workers: list[tuple[multiprocessing.process.BaseProcess, Connection]] = []

    def start(self) -> None:
        """Let every device listen.

        Raises:
            FleetError: the fleet file is wrong.
            OSError: a port is taken; nothing listens then.

        """
        context = multiprocessing.get_context("spawn")
        for arguments in self._arguments:
            ours, theirs = context.Pipe()
            worker = context.Process(target=_serve, args=(theirs, *arguments), daemon=True)
            worker.start()
            theirs.close()
            self._workers.append((worker, ours))
        places: dict[str, tuple[str, int]] = {}
        try:
            for _, ours in self._workers:
                told = ours.recv()
                if isinstance(told, Exception):
                    raise told
                places |= told[0]
                self.is_displaced |= told[1]
        except BaseException as error:
            self.stop()
            if isinstance(error, EOFError):
                raise OSError("a process of the fleet died when it started") from error
            raise
        self.devices = {spec.name: Listening(spec, *places[spec.name]) for spec in self.specs}

    def run_traffic(self) -> None:
        """Let the VPN users of every device live for a while; see ``python -m mock_devices``."""
        for worker, _ in self._workers:
            if worker.pid is not None:
                os.kill(worker.pid, signal.SIGUSR1)

    @property
    def files(self) -> list[int]:
        """Each is readable once its process has died."""
        return [worker.sentinel for worker, _ in self._workers]

    @property
    def has_died(self) -> bool:
        """Whether a process has ended by itself."""
        return bool(wait(self.files, timeout=0))

    def stop(self) -> None:
        """End every session and stop listening."""
        for _, ours in self._workers:
            ours.close()
        for worker, _ in self._workers:
            worker.join(PATIENCE)
            if worker.is_alive():
                worker.kill()
                worker.join()
        self._workers.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _serve(pipe: Connection, how: dict[str, Any]) -> None:
    """A process of the fleet: it ends when the other end of the pipe closes, however that came about."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    minutes = how.pop("minutes")
    try:
        asyncio.run(_listen(pipe, Fleet(**how), minutes))
    except (FleetError, ValueError, OSError) as error:
        with contextlib.suppress(OSError):
            pipe.send(error)


async def _listen(pipe: Connection, fleet: Fleet, minutes: float) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: fleet.run_traffic(minutes))
    async with fleet:
        pipe.send(
            ({device.name: (device.address, device.port) for device in fleet.devices.values()}, fleet.is_displaced)
        )
        loop.add_reader(pipe.fileno(), ended.set)
        await ended.wait()
        loop.remove_reader(pipe.fileno())
