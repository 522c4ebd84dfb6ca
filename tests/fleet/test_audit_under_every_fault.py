"""Every fault of the simulated fleet met by an audit that asks ahead, over each transport: promises 3, 6, 9, 20, 32.

In a sample each transport meets every other one.
"""

from dataclasses import replace

import pytest

from mock_devices.faults import _STANDING, KINDS, Fault
from nornir_anyconnect import audit_mtu
from nornir_anyconnect.audit.finding import Status
from nornir_anyconnect.platforms.asa_ssh.options import TRANSPORTS
from nornir_anyconnect.runners.chassis import ChassisRunner
from tests.amounts import of
from tests.fleet.test_fleet_audit import ALLOWED, SIMPLE, verdicts
from tests.waiting import eventually

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.faults,
    pytest.mark.waits,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

STEPS = ("show:2", "show running-config tunnel-group", "show running-config all group-policy", "show logging")
OPTIONS = {
    "session-limit": {"limit": 0},
    "slow-output": {"size": 2_000, "seconds": 0.002},
    "reply": {"text": "INFO: not now"},
    "remark": {"text": "WARNING: not as it was"},
    "foreign-change": {"lines": ["logging buffer-size 65536"]},
    "unsaved-changes": {"lines": ["logging buffer-size 65536"]},
    "clock-skew": {"seconds": 7200},
    "large-config": {"lines": 2_000},
}
NEVER_MET = {"anonymous-reporting", "not-stored"}
"""Only who enters configuration mode meets them."""
SILENT = {"hang", "cut-output"}
WELL = "well"


def faults():
    for kind in KINDS:
        own_place = kind in _STANDING or kind in NEVER_MET or kind in ("refuse-connection", "wrong-password")
        for step in (None,) if own_place else STEPS:
            yield (
                f"{kind} at {step}".replace(" ", "-").replace(":", ""),
                Fault(kind, step, options=OPTIONS.get(kind, {})),
            )
    yield "cut-and-silent", Fault("cut-output", STEPS[1], options={"then": "silence"})
    yield "cut-and-gone", Fault("cut-output", STEPS[1], options={"then": "drop"})


def test_whatever_goes_wrong_the_verdict_is_right_or_there_is_none(start, transport):
    part = slice(TRANSPORTS.index(transport), None, len(TRANSPORTS))
    wrong = dict(list(faults())[of(part, slice(None), slice(None))])
    kinds = {fault.kind for fault in wrong.values()}
    box = {**SIMPLE["devices"][0]}
    boxes = [{**box, "name": name, "serial": f"SN{n}"} for n, name in enumerate([WELL, *wrong])]
    fleet, nornir = start({**SIMPLE, "devices": boxes}, transport=transport)
    for name, fault in wrong.items():
        fleet.devices[name].faults.add(replace(fault))
        if fault.kind in SILENT:
            host = nornir.inventory.hosts[name]
            host.connection_options["anyconnect_asa"] = given = host.get_connection_parameters("anyconnect_asa")
            given.extras = {**given.extras, "reply_timeout": 3}
    found = {}
    runner = ChassisRunner(40, lambda host, result: found.update({host.name: result[0].result}))
    nornir.with_runner(runner).run(audit_mtu)

    right = verdicts(found[WELL])
    assert right
    assert not found[WELL].devices[0].warnings  # it was asked ahead
    assert set(found) == {WELL, *wrong}
    for name, audit in found.items():
        assert verdicts(audit) in ((right, {}) if audit.failed else (right,)), (name, audit)
        assert all(each.status is Status.FAILED or each.findings for each in audit.devices), name
    failed = {wrong[name].kind for name, audit in found.items() if audit.failed}
    surely = {"changed-host-key", "old-algorithms", "session-limit", "wrong-password", "refuse-connection"}
    assert failed >= surely & kinds
    assert not failed & {"pager", "banner", "syslog", "slow-output", "type-ahead-lost", "clock-skew", *NEVER_MET}
    whole = {line.text for line in fleet.devices[WELL].received}
    for name, device in fleet.devices.items():
        assert device.logins.peak <= 1, name
        assert device.logins.attempts <= 1, name
        asked = [line for line in device.received if line.mode not in {"password", "pager"}]
        assert {line.mode for line in asked} <= {"exec"}, name
        odd = [line.text for line in asked if not ALLOWED.fullmatch(line.text)]
        # a pager that was said to be off takes the beginning of what was typed ahead for keys
        assert not odd or name.startswith("pager"), (name, odd)
        assert all(any(sent.endswith(text) for sent in whole) for text in odd), (name, odd)
        eventually(lambda device=device: device.logins.current == 0)
    changed = [fleet.devices[name] for name, fault in wrong.items() if fault.kind == "changed-host-key"]
    assert not any(device.logins.auth_started for device in changed)
