"""The inventory: loads it with clear errors, and picks hosts: by name, by value, or those of a plan."""

from __future__ import annotations

import difflib
import logging
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nornir.core.exceptions import PluginNotRegistered
from nornir.core.plugins.connections import ConnectionPluginRegister
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from nornir_anyconnect.asa.chassis import by_marks, chassis_of
from nornir_anyconnect.errors import AnyConnectError, InventoryError, UsageError
from nornir_anyconnect.workflows.nornir_plugins import nornir_of
from nornir_anyconnect.workflows.terminal import DEBUG, TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nornir.core import Nornir
    from nornir.core.inventory import Host

    from nornir_anyconnect.change.plan.model import Plan, PlannedDevice

_EXAMPLE = "compare it with the inventory/ that comes with this project"
_KEY_VALUE = "it must be 'key: value' lines"
_PORTS = 1 << 16
_MOST_LISTED = 10
"""Hosts that an error lists."""
_FILES = {"host_file": "hosts.yaml", "group_file": "groups.yaml", "defaults_file": "defaults.yaml"}


def load_inventory(path: str) -> Nornir:
    """Nornir over this inventory, for a runbook: with every connection that is installed, for tasks of others.

    Raises:
        InventoryError: see ``inventory_of``.

    """
    ConnectionPluginRegister.auto_register()
    return inventory_of(path)


def inventory_of(path: str) -> Nornir:
    """Nornir over this inventory: a config file, the folder of one, or a folder with a hosts.yaml.

    Nornir's own log is off: it would write the arguments of every task to ./nornir.log.

    Raises:
        InventoryError: it does not exist or cannot be understood.

    """
    place = Path(path)
    config = place / "config.yaml" if place.is_dir() else place
    if config.is_file():
        settings = _mapping(config)
    elif (place / "hosts.yaml").is_file():
        settings = {"inventory": {"plugin": "SimpleInventory", "options": {}}}
    else:
        raise InventoryError(f"there is no inventory {path}", "name a Nornir config file or its folder: --inventory")
    _locate(settings, config.parent)
    settings["logging"] = {"enabled": False}
    _quiet_logs()
    nornir = _made(settings, path, config)
    if not nornir.inventory.hosts:
        raise InventoryError(f"the inventory {path} holds no host", "add hosts to it")
    _check_connections(nornir, path)
    _check_data(nornir, path)
    return nornir


def _made(settings: dict[str, Any], path: str, config: Path) -> Nornir:
    """Nornir's own reading; what it raises, in words."""
    try:
        return nornir_of(settings)
    except PluginNotRegistered as error:
        raise InventoryError(f"{path}: {error}", "install the plugin, or correct its name") from error
    except AnyConnectError:
        raise  # of a manager, or of credentials: some of them are an OSError, too
    except OSError as error:
        raise InventoryError(f"{error.filename}: {error.strerror}", f"correct the paths in {config}") from error
    except YAMLError as error:
        raise InventoryError(f"{path}: not YAML: {_place(error)}", "correct the file") from error
    except KeyError as error:
        _name_the_shape(settings["inventory"])
        raise InventoryError(f"{path}: the group {error} is named but not defined", "define it, or drop it") from error
    except RecursionError as error:
        raise InventoryError(f"{path}: it is nested too deeply", _EXAMPLE) from error
    except (AttributeError, TypeError, ValueError) as error:
        # what Nornir raises for a file of another shape, or an option it does not know
        _name_the_shape(settings["inventory"])
        raise InventoryError(f"{path} is not as Nornir wants it: {_first_line(error)}", _EXAMPLE) from error


def _name_the_shape(inventory: dict[str, Any]) -> None:
    """Which file of a SimpleInventory has another shape, and where; Nornir's own words are those of a programmer.

    Raises:
        InventoryError: one has.

    """
    for option, given in (inventory.get("options") or {}).items():
        file = Path(str(given))
        if option not in _FILES:
            continue
        try:
            content = _content(file) if file.is_file() else None
        except (YAMLError, ValueError, RecursionError, OSError):
            continue
        if content and not isinstance(content, dict):
            raise InventoryError(f"{file} is {_kind(content)}, {_KEY_VALUE}", _EXAMPLE)
        entries = {"": content or {}} if option == "defaults_file" else content or {}
        for name, entry in entries.items():
            for key, value, kind in _parts(entry):
                if not isinstance(value, kind):
                    where = ".".join(each for each in (str(name), key) if each)
                    wanted = "it must be a list" if kind is list else _KEY_VALUE
                    raise InventoryError(f"{file}: {where} is {_kind(value)}, {wanted}", _EXAMPLE)


def _parts(entry: Any) -> Iterator[tuple[str, Any, type]]:
    """What has a shape in an entry: its key, its value, and what it must be."""
    yield "", entry, dict
    if not isinstance(entry, dict):
        return
    for key, kind in (("groups", list), ("data", dict)):
        if entry.get(key) is not None:
            yield key, entry[key], kind
    connections = entry.get("connection_options", {})
    yield "connection_options", connections, dict
    yield from ((f"connection_options.{name}", each, dict) for name, each in connections.items())


def _kind(value: Any) -> str:
    """What it is, in a word: it may be a password in the wrong place."""
    words = {type(None): "empty", str: "a text", list: "a list", dict: "'key: value' lines", bool: "true or false"}
    return words.get(type(value), "a number")


def _check_connections(nornir: Nornir, path: str) -> None:
    """What says how a host is reached has the shape that Nornir takes it for, unseen."""
    inventory = nornir.inventory
    defaults = [("the defaults", inventory.defaults)]
    elements: list[tuple[Any, Any]] = [*inventory.hosts.items(), *inventory.groups.items(), *defaults]
    for name, element in elements:
        if not isinstance(name, str):
            raise InventoryError(f"{path}: the name {name!r} is {_kind(name)}, it must be a text", "quote it")
        for each in (element, *element.connection_options.values()):
            for key in ("hostname", "username", "platform"):
                value = getattr(each, key)
                if value is not None and not isinstance(value, str):
                    raise InventoryError(f"{path}: {key} of {name} is {_kind(value)}, it must be a text", "quote it")
            if each.port is not None and not (isinstance(each.port, int) and 0 < each.port < _PORTS):
                raise InventoryError(f"{path}: port of {name} must be a number from 1 to 65535", _EXAMPLE)
            extras = getattr(each, "extras", None)
            if extras is not None and not isinstance(extras, dict):
                raise InventoryError(f"{path}: extras of {name} are {_kind(extras)}, {_KEY_VALUE}", _EXAMPLE)


def _check_data(nornir: Nornir, path: str) -> None:
    """What this tool reads of a host has the shape that it takes it for."""
    inventory = nornir.inventory
    holders = [(name, holder.data) for name, holder in (*inventory.hosts.items(), *inventory.groups.items())]
    for name, data in [*holders, ("the defaults", inventory.defaults.data)]:
        if data is not None and not isinstance(data, dict):
            raise InventoryError(f"{path}: data of {name} is {_kind(data)}, {_KEY_VALUE}", _EXAMPLE)
        ours = (data or {}).get("anyconnect")
        if ours is not None and not isinstance(ours, dict):
            raise InventoryError(f"{path}: data.anyconnect of {name} is {_kind(ours)}, {_KEY_VALUE}", _EXAMPLE)
        context = (ours or {}).get("context")
        if isinstance(context, dict):
            raise InventoryError(
                f"{path}: data.anyconnect.context of {name} is {_kind(context)}, it must be a name or a list", _EXAMPLE
            )


def _quiet_logs() -> None:
    """What went wrong with a host is in its result; the traceback that Nornir logs as well is for ``-vv``."""
    if TERMINAL.verbosity < DEBUG:
        logging.getLogger("nornir").addHandler(logging.NullHandler())
        logging.getLogger("nornir_anyconnect").addHandler(logging.NullHandler())
    else:
        logging.getLogger("nornir_anyconnect").setLevel(logging.DEBUG)


def _content(file: Path) -> Any:
    """Read as Nornir reads its files: one text must not mean two things."""
    return YAML(typ="safe").load(file.read_text("utf-8"))


def _mapping(config: Path) -> dict[str, Any]:
    try:
        settings = _content(config)
    except (YAMLError, ValueError, RecursionError) as error:
        raise InventoryError(f"{config}: not YAML: {_place(error)}", "correct the file") from error
    except OSError as error:
        raise InventoryError(f"{config}: {error.strerror}", "check its permissions") from error
    inventory = settings.get("inventory", {}) if isinstance(settings, dict) else None
    if not isinstance(inventory, dict) or not isinstance(inventory.get("options", {}), dict):
        raise InventoryError(f"{config} is not a Nornir config file", _EXAMPLE)
    settings.pop("runner", None)
    return dict(settings)


def _locate(settings: dict[str, Any], folder: Path) -> None:
    """Paths of SimpleInventory are relative to the working folder; where they lead nowhere, to the config file."""
    inventory = settings.setdefault("inventory", {})
    if inventory.get("plugin", "SimpleInventory") != "SimpleInventory":
        return
    options = inventory.setdefault("options", {})
    for option, usual in _FILES.items():
        given = Path(str(options.get(option, usual)))
        near = [Path(os.path.expanduser(given)), folder / given, folder / given.name]  # noqa: PTH111 - no home is no error
        if option in options or (folder / usual).exists():
            chosen = next((each for each in near if each.exists()), near[0])
            if chosen.exists() and not chosen.is_file():  # a device may have no end
                raise InventoryError(f"{chosen} is no file", f"correct {option} of the inventory")
            options[option] = str(chosen)


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}: {getattr(error, 'problem', '')}" if mark else _first_line(error)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def choose_hosts(nornir: Nornir, filters: Sequence[str] = (), limit: Sequence[str] = ()) -> Nornir:
    """The hosts that every ``key=value`` holds for, and that ``limit`` names.

    Args:
        nornir: all hosts.
        filters: ``name``, ``hostname``, ``platform``, ``group`` or any key of the host's data; ``a.b`` goes deeper.
        limit: host names, comma separated.

    Raises:
        UsageError: a filter that is none, an unknown host, or no host left.

    """
    pairs = [each.partition("=") for each in filters]
    for key, equals, _ in pairs:
        if not equals or not key:
            raise UsageError(f"--filter {key} is not key=value", "write --filter site=London")
    names = _meant(nornir, _named(limit))
    if limit and not names:
        raise UsageError("--limit names no host", "write --limit HOST,HOST, or leave it out for all")
    must_hold(nornir, names)
    left = nornir.filter(
        filter_func=lambda host: (not names or host.name in names) and all(_is(host, key, v) for key, _, v in pairs)
    )
    if not left.inventory.hosts:
        there = (_values(nornir, key) for key, _, value in pairs if not any(_is(h, key, value) for h in _all(nornir)))
        remedy = "; ".join(there) or "each of them holds for some host, but no host for all of them"
        raise UsageError("no host is left after --filter and --limit", remedy)
    return left


def _named(limit: Sequence[str]) -> list[str]:
    """The hosts of every ``--limit HOST,HOST``, each once."""
    return list(dict.fromkeys(name.strip() for each in limit for name in each.split(",") if name.strip()))


def _meant(nornir: Nornir, names: Sequence[str]) -> list[str]:
    """The hosts of these names; who gives an address or DNS name means the host that is reached by it."""
    hosts = nornir.inventory.hosts
    by_address = {host.hostname: name for name, host in hosts.items() if host.hostname}
    return [name if name in hosts else by_address.get(name, name) for name in names]


def must_hold(nornir: Nornir, names: Sequence[str]) -> None:
    """Refuse the name of a host that is not there.

    Raises:
        UsageError: the inventory lacks one.

    """
    hosts = nornir.inventory.hosts
    unknown = [name for name in names if name not in hosts]
    if unknown:
        near = difflib.get_close_matches(unknown[0], hosts, n=1)
        more = ", ..." if len(hosts) > _MOST_LISTED else ""
        remedy = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(list(hosts)[:_MOST_LISTED])}{more}"
        raise UsageError(f"the inventory has no host {', '.join(unknown)}", remedy)


def _all(nornir: Nornir) -> Iterable[Host]:
    return nornir.inventory.hosts.values()


def _values(nornir: Nornir, key: str) -> str:
    """What there is to choose from."""
    found = sorted({str(value) for host in _all(nornir) for value in _found(host, key) if value is not None})
    more = f", ... ({len(found)} in all)" if len(found) > _MOST_LISTED else ""
    if found:
        return f"{key} is one of {', '.join(found[:_MOST_LISTED])}{more}"
    keys = {key for host in _all(nornir) for data in (host, host.get("anyconnect") or {}) for key in data}
    near = difflib.get_close_matches(key, sorted(keys), n=1)
    return f"no host has the key '{key}'" + (f"; did you mean '{near[0]}'?" if near else "")


def _is(host: Host, key: str, value: str) -> bool:
    if key in ("group", "groups"):
        return host.has_parent_group(value)
    return value in [str(each) for each in _found(host, key)]


def _found(host: Host, key: str) -> list[Any]:
    """The values of a key: several where it holds a list."""
    if key in ("group", "groups"):
        return [group.name for group in host.extended_groups()]
    if key in ("name", "hostname", "platform"):
        return [getattr(host, key)]
    first, *deeper = key.split(".")
    found: Any = host.get(first) or (host.get("anyconnect") or {}).get(first)
    for each in deeper:
        found = found.get(each) if isinstance(found, dict) else None
    return found if isinstance(found, list) else [found]


def planned_hosts(plan: Plan, nornir: Nornir, limit: Sequence[str] | None = None) -> Nornir:
    """The hosts that the plan changes.

    Raises:
        PlanError: the plan was made from files.
        UsageError: the plan changes nothing, or the inventory lacks a host of it or of ``limit``.

    """
    if plan.changes:
        plan.refuse_preview()
    names = list(dict.fromkeys(each.name for each in plan.changes))
    if not names:
        raise UsageError("this plan changes nothing", "see what it says of each finding that stays as it is")
    missing = [name for name in names if name not in nornir.inventory.hosts]
    if missing:
        raise UsageError(f"the inventory lacks {', '.join(missing)}", "name the inventory that the plan was made over")
    planned = choose_hosts(nornir, limit=[",".join(names)])
    if not limit:
        return planned
    wanted = _named(limit)
    # a host that was mistyped would be left as it is, and the run would look whole
    must_hold(nornir, wanted)
    idle = [name for name in wanted if name not in names]
    if idle == wanted:
        raise UsageError("the plan changes none of the hosts in --limit", f"it changes {', '.join(names)}")
    if idle:
        TERMINAL.note(f"the plan does not change {', '.join(idle)}")
    return choose_hosts(planned, limit=[",".join(name for name in names if name in wanted)])


def chassis_in_plan(plan: Plan) -> Callable[[Host], str]:
    """Which box a host leads to: two with a common serial number are one, however the inventory names them."""
    boxes = by_marks(plan.changes, lambda each: each.serials)
    of_host = {each.name: min(serials) for box in boxes for each in box if (serials := _serials(box))}

    def key(host: Host) -> str:
        return of_host.get(host.name) or chassis_of(host)

    return key


def _serials(box: list[PlannedDevice]) -> set[str]:
    return {serial for each in box for serial in each.serials}


def longest_change(plan: Plan, deadline: float) -> float:
    """Seconds a host may take: each of its contexts gets ``deadline``, and as long again to be taken back."""
    contexts = Counter(each.name for each in plan.changes)
    return deadline * 2 * max(contexts.values(), default=1)
