"""The worker's side of a Dask run: hosts made anew from what was sent, credentials found here, results without secrets.

What is sent never holds a credential: they are taken out of the inventory before, and looked for once more in the
bytes. A worker finds its own, in its environment, its keyring or by its command, with the transform function.
"""

from __future__ import annotations

import pickle
import signal
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nornir.core import Nornir
from nornir.core.configuration import Config, SSHConfig
from nornir.core.inventory import ConnectionOptions, Defaults, Group, Groups, Host, Hosts, Inventory, ParentGroups
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.plugins.inventory import TransformFunctionRegister
from nornir.core.processor import Processors
from nornir.core.state import GlobalState
from nornir.core.task import MultiResult, Result, Task

from nornir_anyconnect.errors import AnyConnectError, InventoryError
from nornir_anyconnect.masking import HIDDEN, holds_secret, remember, without_secrets
from nornir_anyconnect.platforms.login_gate import gate
from nornir_anyconnect.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PROCESS = uuid.uuid4().hex
"""Which process this is: one that was started again under the same address is another."""
_SECRET = ("password", "passwd", "secret", "passphrase", "token", "pkey", "community")
_begun: set[str] = set()
_stopped: set[str] = set()


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, as it tells of itself."""

    process: str
    version: str
    proved: bool
    refusals: int
    """Logins that were refused so far."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is to do with some hosts. Nothing of it is secret.

    Args:
        name: of this order; a process does it once.
        run: the run it belongs to.
        process: who is to do it: nobody else ever does.
        task: the task function, its name, its parameters and the dry-run of its run.
        inventory: defaults, groups and hosts without credentials.
        transform: name and options of the transform function that finds the credentials.
        ssh: Nornir's settings of SSH.

    """

    name: str
    run: str
    process: str
    task: tuple[Callable[..., Any], str, dict[str, Any], bool]
    inventory: dict[str, Any]
    transform: tuple[str, dict[str, Any]]
    ssh: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an order: each host's results as bytes, and what the worker knows of its logins now."""

    results: dict[str, bytes]
    worker: Worker


def about(*, shielded: bool = False) -> Worker:
    """Who this is; ``shielded``: Ctrl-C in the terminal is for the process that started this one."""
    if shielded:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    proved, refusals = gate.tally()
    return Worker(PROCESS, __version__, proved, refusals)


def stop(run: str) -> None:
    """No further host of this run begins here."""
    _stopped.add(run)


def carry_out(packed: bytes) -> Done | None:
    """Do an order, one host after the other; None where it is not this process's, or was done already."""
    order: Order = pickle.loads(packed)  # noqa: S301 - who may speak to a worker may run anything on it
    if order.process != PROCESS or order.name in _begun:
        return None
    _begun.add(order.name)
    ConnectionPluginRegister.auto_register()
    nornir = Nornir(
        inventory=_inventory(order.inventory),
        config=Config(ssh=SSHConfig(**order.ssh)),
        data=GlobalState(dry_run=order.task[3]),
    )
    before, results = about(), {}
    for name, host in nornir.inventory.hosts.items():
        if order.run in _stopped or _refused_since(before):
            break
        results[name] = _one(order, nornir, host)
    return Done(results, about())


def _refused_since(before: Worker) -> bool:
    """A login on trial was refused: how many more there may be is for the one to say who knows all workers."""
    now = about()
    return not now.proved and now.refusals > before.refusals


def _one(order: Order, nornir: Nornir, host: Host) -> bytes:
    function, name, params, dry_run = order.task
    outcome = MultiResult(name)
    try:
        _find_credentials(host, *order.transform)
        outcome = Task(function, nornir, dry_run, Processors(), name, **params).start(host)
    except Exception as error:  # noqa: BLE001 - a host without credentials must not keep the others from their turn
        outcome.append(Result(None, result=str(error), failed=True, exception=error, name=name))
    finally:
        host.close_connections()
    packed = pickle.dumps([_plain(each) for each in _flat(outcome)])
    if holds_secret(packed):
        refused = InventoryError(f"{host.name}: a credential stands in the result", "it stays on the worker")
        packed = pickle.dumps([{"result": None, "failed": True, "exception": refused, "name": name}])
    return packed


def _find_credentials(host: Host, transform: str, options: dict[str, Any]) -> None:
    if transform:
        TransformFunctionRegister.auto_register()
        TransformFunctionRegister.get_plugin(transform)(host, **options)
    remember(host.password)


def _flat(results: Iterable[Any]) -> list[Result]:
    return [one for each in results for one in (_flat(each) if isinstance(each, list) else [each])]


def _plain(result: Result) -> dict[str, Any]:
    """All of a result but its host, which stays here with its credentials."""
    found = {name: value for name, value in vars(result).items() if name != "host"}
    if (error := found["exception"]) is not None:
        found["exception"] = _without_secrets(error)
        found["result"] = without_secrets(found["result"]) if isinstance(found["result"], str) else found["result"]
    return found


def _without_secrets(error: BaseException) -> Exception:
    if isinstance(error, AnyConnectError):
        return type(error)(without_secrets(error.cause), without_secrets(error.remedy))
    return RuntimeError(without_secrets(f"{type(error).__name__}: {error}"))


def results_of(packed: bytes, host: Host, name: str) -> MultiResult:
    """A host's results, as if its task had run here."""
    found = MultiResult(name)
    for each in pickle.loads(packed):  # noqa: S301 - bytes of a worker that we gave the order to
        known = {
            key: each.pop(key, None) for key in ("result", "failed", "exception", "changed", "diff", "severity_level")
        }
        label = each.pop("name", name)
        one = Result(host, **{key: value for key, value in known.items() if value is not None}, **each)
        one.name = label
        found.append(one)
    return found


# what is sent of an inventory


def inventory_without_secrets(hosts: Sequence[Host], keys: Sequence[str]) -> dict[str, Any]:
    """Hosts with their groups and defaults, without credentials; of their data only these keys."""
    groups = {group.name: group for host in hosts for group in host.extended_groups()}
    return {
        "defaults": _layer(hosts[0].defaults, keys),
        "groups": {name: _layer(group, keys) for name, group in groups.items()},
        "hosts": {host.name: _layer(host, keys) for host in hosts},
    }


def _layer(layer: Any, keys: Sequence[str]) -> dict[str, Any]:
    own = object.__getattribute__  # Nornir answers for the layers below as well
    return {
        **{name: own(layer, name) for name in ("hostname", "port", "username", "platform")},
        "groups": [group.name for group in getattr(layer, "groups", ())],
        "data": {key: value for key, value in own(layer, "data").items() if key in keys},
        "connection_options": {
            name: {
                "hostname": given.hostname,
                "port": given.port,
                "username": given.username,
                "platform": given.platform,
                "extras": None if given.extras is None else _harmless(given.extras),
            }
            for name, given in own(layer, "connection_options").items()
        },
    }


def _harmless(settings: dict[str, Any]) -> dict[str, Any]:
    """The enable secret is left out; what else is secret shows that it was there: the worker refuses it as we would."""
    return {
        key: HIDDEN if any(word in str(key).lower() for word in _SECRET) else _of_any_depth(value)
        for key, value in settings.items()
        if key != "secret"
    }


def _of_any_depth(value: Any) -> Any:
    return _harmless(value) if isinstance(value, dict) else value


def _inventory(sent: dict[str, Any]) -> Inventory:
    defaults = Defaults(**_arguments(sent["defaults"]))
    groups = Groups({name: Group(name, **_arguments(each), defaults=defaults) for name, each in sent["groups"].items()})
    hosts = Hosts({name: Host(name, **_arguments(each), defaults=defaults) for name, each in sent["hosts"].items()})
    for kind, made in (("groups", groups), ("hosts", hosts)):
        for name, each in made.items():
            each.groups = ParentGroups([groups[parent] for parent in sent[kind][name]["groups"]])
    return Inventory(hosts=hosts, groups=groups, defaults=defaults)


def _arguments(layer: dict[str, Any]) -> dict[str, Any]:
    options = {name: ConnectionOptions(password=None, **given) for name, given in layer["connection_options"].items()}
    return {
        **{key: layer[key] for key in ("hostname", "port", "username", "platform", "data")},
        "connection_options": options,
    }
