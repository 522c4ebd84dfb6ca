"""The only room that talks to a device or a manager: one folder per platform, found by itself.

Nornir imports this package when it starts, so nothing heavy is loaded until a device is reached.
"""

from __future__ import annotations

import pkgutil
import threading
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nornir.core.inventory import Host

    from nornir_anyconnect.platforms.protocols import Platform

DEFAULT = "asa_ssh"
"""The folder that takes every host that no other one claims; it says what is wrong with those that are not its own."""

_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_making = threading.Lock()


@cache
def _platforms(_folders: tuple[str, ...]) -> dict[str, Platform]:
    """By folder; a folder of this room is a platform if it holds a ``PLATFORM``."""
    modules = {
        each.name: import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__) if each.ispkg
    }
    return {name: module.PLATFORM for name, module in modules.items() if hasattr(module, "PLATFORM")}


def platform_of(host: Host) -> Platform:
    """How this host is reached: by the connection its inventory has settings for, else by its ``platform``."""
    known = _platforms(tuple(__path__))
    options = [host.connection_options, *(group.connection_options for group in host.extended_groups())]
    options.append(host.defaults.connection_options)
    for platform in known.values():
        if any(platform.connection in each for each in options):
            return platform
    return next((each for each in known.values() if host.platform in each.names), known[DEFAULT])


@contextmanager
def one_after_the_other(serials: Iterable[str]) -> Iterator[None]:
    """Hold the chassis while the block runs; a thread that comes for the same one waits.

    An ASA has five SSH sessions and one configuration, and two hosts of an inventory may lead to the same box.

    Args:
        serials: of the unit and its mate; without any nobody waits.

    """
    with ExitStack() as held:
        for serial in sorted(set(serials)):  # one order for all, or two pairs could wait for each other
            with _making:
                lock = _locks[serial]
            held.enter_context(lock)
        yield
