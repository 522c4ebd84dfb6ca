"""Promise 17: sessions leave configuration mode and close, however a run ends; a lost link is reported."""

import pytest

from nornir_anyconnect.platforms.asa_ssh import conversation
from tests.promises.conftest import box
from tests.waiting import LONG, eventually

pytestmark = pytest.mark.fleet


def _all_given_back(device):
    eventually(lambda: device.logins.current == 0)
    return True


@pytest.mark.parametrize(
    "fault",
    [
        None,
        ("reply", {"step": r"^anyconnect mtu \d", "text": "ERROR: no"}),
        ("not-stored", {"step": r"^anyconnect mtu \d"}),
        ("standby", {"step": "configure"}),
        ("authorization", {"step": "configure terminal"}),
    ],
    ids=str,
)
def test_every_session_is_given_back_out_of_configuration_mode(site, monkeypatch, fault):
    monkeypatch.setattr(conversation, "LOGOUT", LONG)
    here = site()
    plan = here.plan()
    device = here.fleet.devices["fw-one"]
    if fault:
        kind, options = fault
        device.set_fault(kind, times=1, **options)
    here.apply(plan)
    here.rollback()
    assert _all_given_back(device)
    for session in {each.session for each in device.received}:
        said = [each for each in device.received if each.session == session]
        assert (said[-1].mode, said[-1].text) == ("exec", "exit"), said[-3:]


def test_a_link_that_is_gone_is_reported(site):
    here = site(box())
    plan = here.plan()
    device = here.fleet.devices["fw-one"]
    device.set_fault("drop-link", "^anyconnect mtu", done=True)
    device.set_fault("refuse-connection", session=3)
    outcome = here.apply(plan)["fw-one"]
    assert outcome.state == "indeterminate", outcome
    assert "the session ended" in outcome.reason
    assert _all_given_back(device)
