"""Nornir is made with the plugins that a configuration names: others are not imported, broken or not."""

import sys

import pytest
from nornir import InitNornir
from nornir.core.exceptions import PluginNotRegistered
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.plugins.inventory import InventoryPluginRegister
from nornir.core.plugins.register import PluginRegister

from nornir_anyconnect.platforms.asa_ssh import AnyConnectAsa
from nornir_anyconnect.workflows.inventory import inventory_of, load_inventory
from nornir_anyconnect.workflows.nornir_plugins import nornir_of

PACKAGE = """\
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory


class Made:
    def __init__(self, name):
        self.name = name

    def load(self):
        return Inventory(hosts=Hosts({self.name: Host(self.name)}), groups=Groups(), defaults=Defaults())


class Wire:
    pass


def named(host, user):
    host.username = user
"""
OFFERS = """\
[nornir.plugins.inventory]
Made = made_up_plugins:Made
Broken = made_up_nowhere:Broken
[nornir.plugins.connections]
made_up_wire = made_up_plugins:Wire
[nornir.plugins.transform_function]
made_up_user = made_up_plugins:named
"""


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    """An installed package with plugins, one of which cannot be imported; nothing is registered yet."""
    monkeypatch.setattr(PluginRegister, "available", {})
    (tmp_path / "made_up_plugins.py").write_text(PACKAGE)
    info = tmp_path / "made_up_plugins-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up-plugins\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(OFFERS)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("made_up_plugins", None)


@pytest.fixture
def simple(tmp_path):
    (tmp_path / "hosts.yaml").write_text("fw1: {hostname: 192.0.2.1}\n")
    return {"inventory": {"plugin": "SimpleInventory", "options": {"host_file": str(tmp_path / "hosts.yaml")}}}


def test_a_plugin_that_nobody_asks_for_is_not_imported(simple):
    assert list(nornir_of(simple).inventory.hosts) == ["fw1"]
    assert "made_up_plugins" not in sys.modules
    with pytest.raises(ModuleNotFoundError, match="made_up_nowhere"):
        InitNornir(**simple, logging={"enabled": False})


def test_the_plugins_that_are_named_are_found_with_their_options():
    named = {"plugin": "Made", "options": {"name": "fw7"}}
    named |= {"transform_function": "made_up_user", "transform_function_options": {"user": "audit"}}
    nornir = nornir_of({"inventory": named})
    assert [(name, host.username) for name, host in nornir.inventory.hosts.items()] == [("fw7", "audit")]


def test_a_plugin_of_a_runbook_comes_before_an_installed_one(simple):
    def mine(*, name):
        raise LookupError(name)

    InventoryPluginRegister.register("Made", mine)
    with pytest.raises(LookupError, match="fw8"):
        nornir_of({"inventory": {"plugin": "Made", "options": {"name": "fw8"}}})


def test_a_plugin_that_is_nowhere_is_named_as_nornir_does():
    with pytest.raises(PluginNotRegistered, match="'Nowhere' is not registered"):
        nornir_of({"inventory": {"plugin": "Nowhere"}})


@pytest.mark.parametrize("given", [{"dry_run": True}, {}])
def test_a_global_dry_run_holds(simple, given):
    nornir = nornir_of(simple | given)
    assert nornir.data.dry_run is bool(given)


def test_a_runbook_has_every_connection_and_a_command_has_ours(tmp_path, simple):
    inventory_of(str(tmp_path))
    assert ConnectionPluginRegister.get_plugin("anyconnect_asa") is AnyConnectAsa
    with pytest.raises(PluginNotRegistered):
        ConnectionPluginRegister.get_plugin("made_up_wire")
    load_inventory(str(tmp_path))
    assert ConnectionPluginRegister.get_plugin("made_up_wire").__name__ == "Wire"
