"""Simulated ASAs behind a real SSH server: a fleet is a YAML file; they keep state and fail on request.

``start_fleet()`` serves synchronous tests, ``Fleet`` asynchronous ones, ``python -m mock_devices`` people.
"""

from mock_devices.device import Device, Received
from mock_devices.fleet import Fleet, RunningFleet, start_fleet
from mock_devices.spec import DEFAULT_FLEET, DeviceSpec, FleetError

__all__ = ["DEFAULT_FLEET", "Device", "DeviceSpec", "Fleet", "FleetError", "Received", "RunningFleet", "start_fleet"]
