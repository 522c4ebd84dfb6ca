"""The simulated fleet knows who stalled; its logs and show commands must tell the same."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from mock_devices import traffic_shows as shows
from mock_devices.device import Device
from mock_devices.fleet import read_fleet
from nornir_anyconnect.evidence.device_evidence import observe_device

FLEET = read_fleet(Path(str(files("mock_devices") / "fleet.yaml")))


@pytest.mark.parametrize("spec", FLEET, ids=lambda spec: spec.name)
def test_exactly_those_who_stalled(spec):
    box = Device(spec)
    box.run_traffic(15)
    for context in box.contexts:
        world = box.world(context)
        seen = observe_device(
            spec.name,
            logging_text="\n".join(shows.logging(box, context)),
            sessions_text="\n".join(shows.sessions_detail(box, context)),
            asp_drop=[(box.clock.now(), "\n".join(shows.asp_drop(box, context)))],
        )
        assert seen.unreadable == 0
        found = {(i.user, name) for name, group in seen.groups.items() for i in group.incidents}
        assert found == set(world.stalled)
        fell_back = {user for group in seen.groups.values() for user in group.tls_only_users}
        assert fell_back == {session.user for session in world.sessions if not session.dtls}
        assert sum(group.sessions for group in seen.groups.values()) == len(world.sessions)


def test_the_fleet_has_somebody_who_stalls():
    stalled = 0
    for spec in FLEET:
        box = Device(spec)
        box.run_traffic(15)
        stalled += sum(len(box.world(context).stalled) for context in box.contexts)
    assert stalled > 5
