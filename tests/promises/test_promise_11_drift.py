"""Promise 11: what moved between plan and apply stops before the first line, what is reached beside it included."""

import pytest

from tests.promises.conftest import box

pytestmark = pytest.mark.fleet
INHERITED = ["edge.cfg", "ciphers_aes_cbc.cfg", "inherited.cfg"]
RC4 = "".join(f'ssl cipher {version} custom "RC4-SHA"\n' for version in ("tlsv1", "tlsv1.1", "tlsv1.2"))
WHOLE_BOX = [
    "edge.cfg",
    RC4 + 'ssl cipher dtlsv1 custom "AES128-SHA"\n',
    "staff_default.cfg",
    "crypto map OUTSIDE-MAP 10 set peer 203.0.113.9\ntunnel-group 203.0.113.9 type ipsec-l2l\n",
]
NEW_GROUP = (
    "group-policy GP-NEW internal",
    "tunnel-group NEW type remote-access",
    "tunnel-group NEW general-attributes",
    "default-group-policy GP-NEW",
)


def test_a_group_that_came_under_the_default_policy_since_was_not_agreed_to(site):
    here = site(box(config=INHERITED))
    words = {"fix": "df-bit-ignore", "include_default_policy": True}
    plan = here.plan(**words)
    (fix,) = (each for each in plan.changes[0].fixes if "DfltGrpPolicy" in str(each.commands))
    assert "group-policy GP-LAB" not in fix.affects
    here.fleet.devices["fw-one"].configure(*NEW_GROUP)
    sent = len(here.configured)
    outcome = here.apply(plan)["fw-one"]
    assert outcome.state == "refused", outcome
    assert "NEW, which the plan does not name" in outcome.reason
    assert here.configured[sent:] == []
    assert here.apply(here.plan(**words))["fw-one"].state == "applied"


def test_a_site_to_site_tunnel_that_came_since_was_not_agreed_to(site):
    here = site(box(release="9.8(4)20", config=WHOLE_BOX))
    words = {"fix": "tcpmss", "accept_global": True}
    plan = here.plan(**words)
    assert "203.0.113.9" in plan.changes[0].fixes[0].cost
    here.fleet.devices["fw-one"].configure("tunnel-group HQ-BRANCH type ipsec-l2l")
    sent = len(here.configured)
    outcome = here.apply(plan)["fw-one"]
    assert outcome.state == "refused", outcome
    assert "the L2L tunnels are not those that the plan names" in outcome.reason
    assert here.configured[sent:] == []
    assert here.apply(here.plan(**words))["fw-one"].state == "applied"
