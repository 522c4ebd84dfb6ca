"""Two hosts of the inventory that lead to one chassis: handled one after the other, counted once."""

import pytest
from nornir.core.inventory import Host

from nornir_anyconnect import audit_mtu, plan_fix

pytestmark = pytest.mark.fleet


@pytest.mark.parametrize("task", [audit_mtu, plan_fix])
def test_what_only_the_login_can_tell_is_told_in_time(start, task):
    fleet, nornir = start(count=1, latency=0.002, workers=4)
    (name,) = fleet.devices
    first = nornir.inventory.hosts[name]
    for alias in ("second-name", "third-name"):
        given = {k: v for k, v in first.dict().items() if k in ("hostname", "port", "username", "platform")}
        nornir.inventory.hosts[alias] = Host(
            alias,
            **given,
            groups=first.groups,
            defaults=first.defaults,
            connection_options=first.connection_options,
        )
    result = nornir.run(task)
    assert not result.failed
    asked = [r.session for r in fleet.devices[name].received if r.text.startswith("show running-config")]
    turns = [session for at, session in enumerate(asked) if at == 0 or asked[at - 1] != session]
    assert len(turns) == len(set(turns)) == 3
