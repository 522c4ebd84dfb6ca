"""Test your own runbooks against simulated ASAs: a pytest fixture, nothing of it touches a real device.

In your ``conftest.py``::

    pytest_plugins = ["nornir_anyconnect.testing"]

and in a test::

    def test_my_runbook(anyconnect_fleet):
        fleet = anyconnect_fleet()                                # the packaged fleet; or a YAML file, or a mapping
        fleet.devices["fw-london"].set_fault("authorization", "anyconnect mtu")
        result = fleet.nornir.run(task=my_task)
        assert fleet.devices["fw-london"].running_config() == ...

Needs nothing but the installation, and pytest. The fleets, their faults and their simulated users are described in
``mock_devices/fleet.yaml``, ``mock_devices/faults.py`` and ``mock_devices/traffic.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nornir.core import Nornir

    from mock_devices import Device, RunningFleet

USER = "audit"
PASSWORD = "demo-password"  # noqa: S105 - of the simulated fleet, it opens nothing else
ENABLE = "demo-enable"
WORKERS = 20


@dataclass(frozen=True)
class SimulatedFleet:
    """A fleet that listens on loopback, and a Nornir over it.

    ``nornir`` runs with threads; give it another runner with ``nornir.with_runner(...)``. ``inventory`` is the
    Nornir config file that fits, for commands: ``nornir-anyconnect audit --inventory ...``.
    """

    running: RunningFleet
    nornir: Nornir
    inventory: Path

    @property
    def devices(self) -> Mapping[str, Device]:
        """The simulated boxes by name: faults, users and what they heard are set and read there."""
        return self.running.devices

    def run_traffic(self, minutes: float = 10.0) -> None:
        """Let the VPN users of every device live for so many simulated minutes, at once."""
        self.running.run_traffic(minutes)

    def configurations(self) -> dict[tuple[str, str], str]:
        """Running configuration of every device and context (the empty string in single mode), to compare later."""
        return {
            (name, context): device.running_config(context)
            for name, device in self.devices.items()
            for context in device.contexts
        }


class StartFleet(Protocol):
    """What the fixture ``anyconnect_fleet`` is: call it once or several times per test."""

    def __call__(
        self,
        source: str | Path | Mapping[str, Any] | None = None,
        *,
        count: int | None = None,
        latency: float = 0.0,
        workers: int = WORKERS,
    ) -> SimulatedFleet:
        """Start a fleet; it stops when the test ends.

        Args:
            source: a fleet file, a mapping of the same shape (users and passwords may be left out), or None
                for the packaged fleet.
            count: so many devices in all, the entries in turn.
            latency: seconds that each byte takes to reach a box.
            workers: threads of the Nornir runner.

        """


@pytest.fixture
def anyconnect_fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartFleet]:
    """Start simulated fleets; see :class:`StartFleet`. Credentials are in the environment while the test runs."""
    from nornir import InitNornir  # noqa: PLC0415 - pytest loads plugins before it knows who wants them

    from mock_devices import start_fleet  # noqa: PLC0415 - as above
    from nornir_anyconnect.platforms.login_gate import gate  # noqa: PLC0415 - as above

    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", PASSWORD)
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", ENABLE)
    monkeypatch.delenv("NORNIR_ANYCONNECT_USERNAME", raising=False)
    gate.forget()
    with contextlib.ExitStack() as stack:
        stack.callback(gate.forget)

        def begin(
            source: str | Path | Mapping[str, Any] | None = None,
            *,
            count: int | None = None,
            latency: float = 0.0,
            workers: int = WORKERS,
        ) -> SimulatedFleet:
            running = stack.enter_context(start_fleet(_with_users(source), count=count, latency=latency))
            number = sum(1 for _ in tmp_path.glob("anyconnect-inventory-*"))
            inventory = running.write_inventory(tmp_path / f"anyconnect-inventory-{number}")
            nornir = InitNornir(
                config_file=str(inventory), runner={"plugin": "threaded", "options": {"num_workers": workers}}
            )
            stack.callback(nornir.close_connections)
            return SimulatedFleet(running, nornir, inventory)

        yield begin


def _with_users(source: str | Path | Mapping[str, Any] | None) -> str | Path | Mapping[str, Any] | None:
    """The fleet, with the fixture's user and enable password where a mapping names none."""
    if not isinstance(source, Mapping):
        return source
    ours = {"users": {USER: {"password": PASSWORD, "privilege": 15}}, "enable_password": ENABLE}
    return {**source, "defaults": {**ours, **(source.get("defaults") or {})}}
