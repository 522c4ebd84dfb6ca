"""The simulated fleet against the lab: a simulated user stalls exactly where the real download did.

The boxes get the lab's configurations and, in place of what they would compute, the lab's pairs of MTUs:
what is held to the record is their rule of stalling, dropping and reconnecting.
"""

from __future__ import annotations

import pytest

from mock_devices import traffic
from mock_devices.device import SINGLE, Device, type_lines
from mock_devices.spec import device_spec
from mock_devices.truth import Truth
from mock_devices.world import World
from nornir_anyconnect.mtu.assumptions import STANDING
from tests.lab.cases import CASES
from tests.lab.page import observed

BEFORE_THE_RECONNECT = 50 / 60
AFTER_THE_RECONNECT = 4
TEXTS = {case.name: case.text for case in CASES}
RELEASES = {name: text.split("ASA Version ")[1].split()[0] for name, text in TEXTS.items()}

RUNS = [
    pytest.param(row["name"], (), seen, id=f"{row['name']}-{'-'.join(seen['sets'])}")
    for row in observed()["configurations"]
    for seen in row["seen"]
] + [
    pytest.param(row["name"], after["commands"], seen, id=f"{row['name']}-{after['remedy']}-{'-'.join(seen['sets'])}")
    for row in observed()["configurations"]
    for after in row["after"]
    for seen in after["seen"]
]


def _lived(name: str, commands, *, minutes: float, icmp: str, truth: Truth | None = None) -> World:
    """A user of the configuration's tunnel group whose path drops UDP, for so long."""
    created = next(
        (line.split()[1] for line in commands if line.startswith("tunnel-group ") and " type " in line), None
    )
    entry = {"name": "lab", "release": RELEASES[name], "config": TEXTS[name]}
    device = Device(device_spec(entry | ({"truth": truth} if truth else {})))
    type_lines(device.contexts[SINGLE].running, device.spec, commands)
    device.add_user("u", created or "Staff", dtls="blocked", does="download", icmp=icmp)
    device.run_traffic(minutes)
    return device.world(SINGLE)


@pytest.mark.parametrize(("name", "commands", "seen"), RUNS)
def test_a_simulated_user_stalls_exactly_where_the_real_download_did(name, commands, seen, monkeypatch):
    monkeypatch.setattr(traffic, "tls_mtu", lambda *_: seen["tls_mtu"])
    monkeypatch.setattr(traffic, "dtls_mtu", lambda *_: seen["dtls_mtu"])

    filtered = _lived(name, commands, minutes=BEFORE_THE_RECONNECT, icmp="filtered")
    assert (sum(each.sent for each in filtered.sessions) > 0) is seen["filtered"]
    assert (len(filtered.dropped) > 0) is (seen["dropped"] > 0)

    allowed = _lived(name, commands, minutes=BEFORE_THE_RECONNECT, icmp="passes")
    assert (sum(each.sent for each in allowed.sessions) > 0) is seen["allowed"]

    later = _lived(name, commands, minutes=AFTER_THE_RECONNECT, icmp="filtered")
    assert (sum(each.sent for each in later.sessions) > 0) is seen["reconnected"]


@pytest.mark.parametrize("standing", STANDING, ids=lambda each: each.name)
@pytest.mark.parametrize("name", [name for name in TEXTS if not name.startswith("defaults-")])
def test_a_simulated_box_computes_what_the_lab_put_on_the_tunnel(name, standing):
    """Where the configuration leaves one suite, the box's own numbers are those of the table."""
    row = next(each for each in observed()["configurations"] if each["name"] == name)
    truth = Truth(str(standing.accounting), str(standing.mss_source), str(standing.default_cap))
    pairs = [(seen["tls_mtu"], seen["dtls_mtu"]) for seen in row["seen"] if standing.name in seen["sets"]]
    session = _lived(name, (), minutes=0.1, icmp="filtered", truth=truth).sessions[0]
    if not pairs:
        assert session.dtls_mtu is None
        return
    assert (session.tls_mtu, session.dtls_mtu) == pairs[0]
