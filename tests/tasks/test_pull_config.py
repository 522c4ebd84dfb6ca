"""Which contexts are pulled, and what is said of a device that could not be."""

import pytest
from nornir.core.inventory import Host

from nornir_anyconnect.errors import InventoryError, RejectedError
from nornir_anyconnect.tasks.audit_mtu import failed_device
from nornir_anyconnect.tasks.pull import wanted_contexts


def test_contexts_are_those_the_inventory_wants():
    assert wanted_contexts(Host("fw"), ("a", "b")) == ("a", "b")
    assert wanted_contexts(Host("fw", data={"anyconnect": {"context": "b"}}), ("a", "b")) == ("b",)
    with pytest.raises(RejectedError, match="no context c"):
        wanted_contexts(Host("fw", data={"anyconnect": {"context": ["c"]}}), ("a", "b"))
    assert wanted_contexts(Host("fw", data={"anyconnect": {"context": 5}}), ("5", "6")) == ("5",)


@pytest.mark.parametrize("ours", ["xyz", ["a"], {"context": {"a": "b"}}])
def test_an_inventory_of_another_shape_is_named(ours):
    with pytest.raises(InventoryError, match=r"fw: data\.anyconnect"):
        wanted_contexts(Host("fw", data={"anyconnect": ours}), ("a", "b"))


def test_an_unexpected_error_tells_its_kind_and_not_its_text():
    device = failed_device("fw1", ValueError("secret CANARY"))
    assert "CANARY" not in device.errors[0]
    assert "ValueError" in device.errors[0]
