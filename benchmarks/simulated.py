"""A simulated fleet in processes of its own, and what its processes cost: no benchmark of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from parse_ratio import configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, PASSWORD, ENABLE = "bench", "bench-pw", "bench-en"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    """What a command cost: seconds on the clock and of CPU, its own and the fleet's, and its peak memory in MB."""

    seconds: float
    cpu: float
    fleet_cpu: float
    peak_mb: float
    output: str

    def per_device(self, devices: int) -> dict[str, float]:
        """In milliseconds of CPU, and devices per second."""
        return {
            "devices_per_s": round(devices / self.seconds, 2),
            "cpu_ms_per_device": round(self.cpu / devices * 1000, 1),
            "fleet_cpu_ms_per_device": round(self.fleet_cpu / devices * 1000, 1),
            "peak_mb": round(self.peak_mb),
        }


@dataclass(frozen=True, slots=True)
class Simulated:
    """A fleet that listens."""

    config: Path
    processes: list[int]

    def cpu(self) -> float:
        """Seconds of CPU that the fleet has used so far."""
        return sum(_cpu_of(pid) for pid in self.processes)

    def run(self, argv: list[str], *, codes: tuple[int, ...] = (0, 1)) -> Load:
        """Run a command against it.

        Raises:
            RuntimeError: it failed.

        """
        environment = compiling() | {
            "NORNIR_ANYCONNECT_USERNAME": USER,
            "NORNIR_ANYCONNECT_PASSWORD": PASSWORD,
            "NORNIR_ANYCONNECT_ENABLE": ENABLE,
        }
        before, began = self.cpu(), time.perf_counter()
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            command = subprocess.Popen(argv, stdout=out, stderr=err, env=environment)
            _, status, used = os.wait4(command.pid, 0)
            command.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - began
            out.seek(0)
            err.seek(0)
            if command.returncode not in codes:
                raise RuntimeError(f"{argv[:4]} ended with {command.returncode}: {err.read()[-2000:]}")
            return Load(seconds, used.ru_utime + used.ru_stime, self.cpu() - before, used.ru_maxrss / 1024, out.read())


def compiling() -> dict[str, str]:
    """Our environment, in which every side keeps what it compiles: none is measured while it reads its own source."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(each for child in children for each in _family(int(child)))]


@contextmanager
def fleet(
    boxes: int, lines: int, *, policies: int = 20, latency: float = 0.0, processes: int | None = None, **entry: Any
) -> Iterator[Simulated]:
    """So many boxes of so many lines, all of one template; ``entry``: further keys of a fleet file."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        device = {
            "name": "box",
            "release": "9.16(4)67",
            "config": configuration(lines, policies),
            "users": {USER: {"password": PASSWORD}},
            "enable_password": ENABLE,
            **entry,
        }
        (place / "fleet.yaml").write_text(yaml.safe_dump({"devices": [device]}), "utf-8")
        argv = [
            *(sys.executable, "-m", "mock_devices", "--fleet", str(place / "fleet.yaml"), "--count", str(boxes)),
            *("--port", str(22_000 + os.getpid() % 9_000), "--inventory", folder, "--latency", str(latency)),
            *(("--processes", str(processes)) if processes else ()),
        ]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=compiling()) as server:
            try:
                if server.stdout is None or not server.stdout.readline().startswith("ready"):
                    raise RuntimeError("the simulated fleet does not start")
                yield Simulated(place / "config.yaml", _family(server.pid))
            finally:
                server.terminate()
