"""Nornir over a configuration, with the plugins that it names and no others.

``InitNornir`` imports every plugin of every package that is installed, and looks through all packages for each kind of
plugin: that takes longer than the audit of a box, and one package that cannot be imported ends every command.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

from nornir.core import Nornir
from nornir.core.configuration import Config
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.plugins.inventory import (
    INVENTORY_PLUGIN_PATH,
    TRANSFORM_FUNCTION_PLUGIN_PATH,
    InventoryPluginRegister,
    TransformFunctionRegister,
)
from nornir.core.plugins.runners import RUNNERS_PLUGIN_PATH, RunnersPluginRegister
from nornir.core.state import GlobalState
from nornir.plugins.inventory import SimpleInventory
from nornir.plugins.runners import ThreadedRunner

from nornir_anyconnect.platforms.asa_ssh.connection import AnyConnectAsa
from nornir_anyconnect.platforms.asa_ssh.options import CONNECTION

if TYPE_CHECKING:
    from nornir.core.plugins.register import PluginRegister

T = TypeVar("T")


def nornir_of(settings: dict[str, Any]) -> Nornir:
    """As ``InitNornir(**settings)``, without a log; of connections there is ours alone.

    Raises:
        PluginNotRegistered: no package offers the plugin.
        Exception: whatever Nornir, or the plugin, says of its options.

    """
    given = dict(settings)
    data = GlobalState(dry_run=given.pop("dry_run", False))
    config = Config.from_dict(**given)
    _offer(ConnectionPluginRegister, CONNECTION, AnyConnectAsa)
    _offer(InventoryPluginRegister, "SimpleInventory", SimpleInventory)
    _offer(RunnersPluginRegister, "threaded", ThreadedRunner)
    named = config.inventory
    inventory = _plugin(InventoryPluginRegister, INVENTORY_PLUGIN_PATH, named.plugin)(**named.options).load()
    if named.transform_function:
        transform = _plugin(TransformFunctionRegister, TRANSFORM_FUNCTION_PLUGIN_PATH, named.transform_function)
        for host in inventory.hosts.values():
            transform(host, **(named.transform_function_options or {}))
    runner = _plugin(RunnersPluginRegister, RUNNERS_PLUGIN_PATH, config.runner.plugin)(**config.runner.options)
    return Nornir(inventory=inventory, runner=runner, config=config, data=data)


def _offer(register: PluginRegister[T], name: str, plugin: T) -> None:
    """What comes with Nornir, or with us, needs no search."""
    if name not in register.available:
        register.register(name, plugin)


def _plugin(register: PluginRegister[T], group: str, name: str) -> T:
    """The plugin of that name: one that was registered, or of the first package that offers it."""
    if name not in register.available:
        for each in metadata.entry_points(group=group, name=name):
            _offer(register, name, each.load())
    return register.get_plugin(name)
