"""Promise 7: Nornir replaces ``extras``, so a safe host hides an unsafe group; it is refused all the same."""

import pytest
from nornir.core.inventory import ConnectionOptions

from nornir_anyconnect import audit_mtu, plan_fix
from nornir_anyconnect.errors import InventoryError

pytestmark = pytest.mark.fleet


def _options(**extras):
    return ConnectionOptions(None, None, None, None, None, extras)


@pytest.mark.parametrize("layer", ["group", "defaults"])
def test_an_unsafe_layer_below_a_safe_host_is_refused_by_name(site, layer):
    here = site()
    host = here.nornir.inventory.hosts["fw-one"]
    element = host.groups[0] if layer == "group" else host.defaults
    known_hosts = host.groups[0].connection_options["anyconnect_asa"].extras["known_hosts"]
    element.connection_options["anyconnect_asa"] = _options(known_hosts=known_hosts, ssh_strict=False)
    host.connection_options["anyconnect_asa"] = _options(known_hosts=known_hosts)
    error = here.nornir.run(plan_fix, on_failed=True)["fw-one"][0].exception
    assert isinstance(error, InventoryError)
    assert layer in str(error)
    assert "ssh_strict" in str(error)
    audited = here.nornir.run(audit_mtu, on_failed=True)["fw-one"][0]
    assert "ssh_strict" in str(audited.exception or audited.result.devices[0].errors)
    assert here.fleet.devices["fw-one"].logins.connections == 0
