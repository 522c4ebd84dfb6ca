"""The public fixture, as a user's own test suite uses it."""

import pytest

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["nornir_anyconnect.testing"]\n'
RUNBOOK = """
from nornir_anyconnect import audit_mtu

ONE = {"devices": [{"name": "fw-mine", "release": "9.12(4)", "config": ["edge.cfg", "staff_default.cfg"]}]}


def test_a_fleet_of_my_own(anyconnect_fleet):
    fleet = anyconnect_fleet(ONE)
    before = fleet.configurations()
    result = fleet.nornir.run(task=audit_mtu)
    assert not result.failed
    assert result["fw-mine"][0].result.devices[0].findings
    assert fleet.devices["fw-mine"].logins.successes == 1
    assert fleet.configurations() == before


def test_two_fleets_and_a_fault(anyconnect_fleet):
    well, ill = anyconnect_fleet(ONE), anyconnect_fleet(ONE, count=2)
    ill.devices["fw-mine"].set_fault("refuse-connection", "connect")
    assert not well.nornir.run(task=audit_mtu)["fw-mine"][0].result.failed
    found = ill.nornir.run(task=audit_mtu, on_failed=True)
    assert [found[name][0].result.failed for name in ("fw-mine", "fw-mine-2")] == [True, False]
"""


@pytest.fixture
def suite(pytester):
    pytester.makeconftest(CONFTEST)
    return pytester


@pytest.mark.fleet
def test_a_runbook_meets_simulated_firewalls(suite):
    suite.makepyfile(RUNBOOK)
    suite.runpytest_subprocess("-p", "no:randomly", "-p", "no:xdist").assert_outcomes(passed=2)
