"""Planted incidents are found, and nothing else; the generator is the benchmark's."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from nornir_anyconnect.evidence.incidents import observe
from nornir_anyconnect.evidence.syslog.reader import SyslogReader


@pytest.fixture(scope="module")
def make_syslog():
    path = Path(__file__).parents[2] / "benchmarks" / "make_syslog.py"
    spec = importlib.util.spec_from_file_location("make_syslog", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_syslog"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["make_syslog"]


@pytest.mark.parametrize(("loss", "shuffle", "seed"), [(0, 0, 1), (0, 3, 2), (0.05, 3, 3), (0.05, 3, 4), (0.2, 5, 5)])
def test_precision_and_recall(make_syslog, loss, shuffle, seed):
    planted = []
    sessions = make_syslog.sessions(3000, seed=seed, users=1500)
    lines = list(
        make_syslog.disturbed(
            make_syslog.in_order(sessions, planted), loss=loss, shuffle=shuffle, repeat=loss / 5, seed=seed
        )
    )
    reader = SyslogReader()
    devices = observe(reader.read(["".join(map(make_syslog.rendered, lines)).encode()]))
    found = [
        (i.kind, i.device, i.group_policy, i.user, int((i.reconnected_at - make_syslog.START).total_seconds()))
        for device in devices.values()
        for group in device.groups.values()
        for i in group.incidents
    ]
    truth = {make_syslog._key(each) for each in planted}
    possible = {make_syslog._key(each) for each in make_syslog.possible(lines, planted)}
    assert len(truth) > 500
    assert reader.unreadable == 0
    assert len(found) == len(set(found))
    assert len(set(found) & truth) / len(found) >= (1.0 if not loss else 0.98)
    assert possible <= set(found)
    if not loss:
        assert possible == truth
