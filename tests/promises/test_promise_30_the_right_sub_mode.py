"""Promise 30: a line goes out only where the prompt shows its sub-mode; a header line that fails stops it."""

import pytest

from tests.promises.conftest import box

pytestmark = pytest.mark.fleet


@pytest.mark.parametrize("header", ["^webvpn$", "^group-policy .* attributes$"])
@pytest.mark.parametrize("words", ["", "ERROR: % Invalid input detected at '^' marker."])
def test_a_header_that_does_nothing_is_noticed_before_the_leaf(site, header, words):
    here = site()
    plan = here.plan()
    before = here.texts()
    here.fleet.devices["fw-one"].set_fault("reply", header, times=1, text=words)
    outcome = here.apply(plan)["fw-one"]
    assert outcome.state == "reverted", outcome
    assert not any(line.startswith("anyconnect mtu") for _, _, line in here.heard)
    assert here.texts() == before


def test_the_global_webvpn_is_never_entered(site):
    """``webvpn`` opens another block in configuration mode than it does below a group policy."""
    here = site(box(release="9.20(3)", config=["edge.cfg", "quoted_names.cfg", "staff_default.cfg"]))
    device = here.fleet.devices["fw-one"]
    plan = here.plan(include_default_policy=True, fix="mtu")
    lines = [each.text for each in device.received]
    assert here.apply(plan)["fw-one"].state == "applied"
    assert here.rollback()["fw-one"].state == "rolled-back"
    sent = [each.text for each in device.received[len(lines) :] if each.mode == "config"]
    for at, line in enumerate(sent):
        if line == "webvpn":
            assert sent[at - 1].startswith("group-policy ")
            assert sent[at - 1].endswith(" attributes")
