"""Many devices in one process: an asynchronous fleet, and one in a thread for synchronous callers."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mock_devices.device import Device, Received
from mock_devices.server import Listener
from mock_devices.spec import DeviceSpec, expand, read_fleet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

LOCAL = "127.0.0.1"
FIRST_PORT = 20_001
LAST_PORT = 32_767
"""Ports of their own stay below those that a kernel hands out to clients."""


class Fleet:
    """Simulated devices that listen while the context lasts.

    Args:
        source: a fleet file, a mapping of the same shape, or None for the packaged fleet.
        count: so many devices in all, the entries in turn.
        port: every device on this port, each with a loopback address of its own.
        ephemeral: every device on 127.0.0.1 with a port that the kernel picks. With neither, 127.0.0.1
            and one port each from 20001 on.
        latency: seconds that each byte takes to reach the box.
        record: a folder for one file per device with every line it received.
        share: the k-th of n parts of the devices, each with the address that it has in the whole fleet.

    """

    def __init__(
        self,
        source: str | Path | Mapping[str, Any] | None = None,
        *,
        count: int | None = None,
        port: int | None = None,
        ephemeral: bool = False,
        latency: float = 0.0,
        record: str | Path | None = None,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        part, parts = share
        specs = expand(read_fleet(source), count)
        self.devices: dict[str, Device] = {}
        self._places: dict[str, int] = {}
        for index, (spec, whose) in enumerate(zip(specs, shares(specs, parts), strict=True)):
            if whose == part:
                self.devices[spec.name] = Device(spec, self.devices)
                self._places[spec.name] = index
        self._port = port
        self._ephemeral = ephemeral
        self._latency = latency
        self._record = Path(record) if record else None
        self._listeners: list[Listener] = []

    async def start(self) -> None:
        """Let every device listen.

        Raises:
            OSError: a port is taken; nothing listens then.

        """
        if self._record:
            self._record.mkdir(parents=True, exist_ok=True)
        next_port = FIRST_PORT
        try:
            for device in self.devices.values():
                if self._record:
                    file = self._record / f"{device.name}.txt"
                    file.write_text("", "utf-8")
                    device.on_received = _writer(file)
                next_port = self._open(device, self._places[device.name], next_port) + 1
        except OSError:
            await self.stop()
            raise

    def _open(self, device: Device, index: int, next_port: int) -> int:
        if self._port is not None:
            return self._listen(device, loopback(index), self._port)
        if self._ephemeral:
            return self._listen(device, LOCAL, 0)
        next_port = max(next_port, FIRST_PORT + index)
        while True:
            try:
                return self._listen(device, LOCAL, next_port)
            except OSError:
                next_port += 1
                if next_port > LAST_PORT:
                    raise

    def _listen(self, device: Device, address: str, port: int) -> int:
        listener = Listener(device, self._latency)
        listener.open(address, port)
        self._listeners.append(listener)
        return port

    @property
    def is_displaced(self) -> bool:
        """Whether a port was taken, so that the packaged inventory does not fit this fleet."""
        own = self._port is None and not self._ephemeral
        return own and any(device.port != FIRST_PORT + self._places[name] for name, device in self.devices.items())

    def run_traffic(self, minutes: float) -> None:
        """Let the VPN users of every device live for so many simulated minutes, at once."""
        for device in self.devices.values():
            device.run_traffic(minutes)

    async def stop(self) -> None:
        """End every session and stop listening."""
        await asyncio.gather(*(listener.close() for listener in self._listeners))
        self._listeners.clear()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def shares(specs: list[DeviceSpec], parts: int) -> list[int]:
    """The part that each device belongs to: in turn, and the units of a failover pair together."""
    place = {spec.name: index for index, spec in enumerate(specs)}
    pairs = (min(index, place.get(s.failover.mate, index)) if s.failover else index for index, s in enumerate(specs))
    return [first % parts for first in pairs]


def loopback(index: int) -> str:
    """The address of the N-th device where all share one port."""
    return f"127.{10 + index // 62_500}.{index // 250 % 250}.{index % 250 + 1}"


def _writer(file: Path) -> Any:
    def write(received: Received) -> None:
        with file.open("a", encoding="utf-8") as record:
            record.write(f"{received}\n")

    return write


class RunningFleet:
    """A fleet in a thread of its own, for synchronous callers; made by ``start_fleet``."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.devices = fleet.devices
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mock-devices", daemon=True)
        self._thread.start()
        try:
            self._call(fleet.start())
        except OSError:
            self._end()
            raise

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=120)

    def stop(self) -> None:
        """End every session and stop listening."""
        if self._thread.is_alive():
            self._call(self._fleet.stop())
            self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=30)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def run_traffic(self, minutes: float = 10.0) -> None:
        """Let the VPN users of every device live for so many simulated minutes, at once."""

        async def run() -> None:
            self._fleet.run_traffic(minutes)

        self._call(run())

    def write_inventory(self, folder: str | Path) -> Path:
        """A Nornir inventory that fits; see ``mock_devices.inventory``."""
        from mock_devices.inventory import write_inventory  # noqa: PLC0415 - only callers with a folder need it

        return write_inventory(self.devices.values(), Path(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_fleet(
    source: str | Path | Mapping[str, Any] | None = None,
    *,
    count: int | None = None,
    port: int | None = None,
    latency: float = 0.0,
    record: str | Path | None = None,
) -> RunningFleet:
    """Start a fleet in a thread; on ports that the kernel picks, unless ``port`` is given.

    Raises:
        FleetError: the fleet file is wrong.
        OSError: the port is taken.

    """
    fleet = Fleet(source, count=count, port=port, ephemeral=port is None, latency=latency, record=record)
    return RunningFleet(fleet)
