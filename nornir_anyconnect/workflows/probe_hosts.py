"""Probe head-ends, several at once: which, from where they are named, and beside what another place saw."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nornir.core.task import Result

from nornir_anyconnect.errors import AnyConnectError, SourceError, UsageError
from nornir_anyconnect.evidence.probe import Probe, ProbeReport, probes_of
from nornir_anyconnect.mtu.clients import USUAL, clients
from nornir_anyconnect.mtu.suites import Version
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT, host_deadline
from nornir_anyconnect.platforms.probe.path import Offer, Patience, probe_head_end
from nornir_anyconnect.report import generated_at
from nornir_anyconnect.runners.chassis import ChassisRunner
from nornir_anyconnect.tasks.pull import configuration_of, contexts_of, reading
from nornir_anyconnect.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nornir.core import Nornir
    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult, Task

PORT = 443
_LONGEST_NAME = 253
_LARGEST_CONTROL = 16 * 2**20


def target_of(text: str) -> tuple[str, int]:
    """Host and port of ``HOST``, ``HOST:PORT``, ``[ADDRESS]:PORT`` or a URL.

    Raises:
        UsageError: it is none of these.

    """
    bare = (
        text if "://" in text else f"https://[{text}]" if text.count(":") > 1 and "]" not in text else f"https://{text}"
    )
    try:
        parts = urlsplit(bare)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or len(host) > _LONGEST_NAME or any(each.isspace() or not each.isprintable() for each in host):
        raise UsageError(f"'{text}' names no head-end", "write HOST, HOST:PORT or [ADDRESS]:PORT")
    return host, PORT if port is None else port


def controls_of(path: str) -> tuple[Probe, ...]:
    """What a probe from another place found.

    Raises:
        SourceError: it cannot be read, or is something else.

    """
    from nornir_anyconnect.yaml_text import saved

    try:
        with saved(Path(path)).open(encoding="utf-8") as file:
            return probes_of(file.read(_LARGEST_CONTROL))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"--control {path}: {why}", "give what 'probe --format json=FILE' wrote elsewhere") from error


def public_names(nornir: Nornir, workers: int) -> tuple[list[tuple[str, int]], dict[str, str]]:
    """Where clients reach the hosts: ``data.anyconnect.public``, else the group-urls of their configuration.

    Returns:
        The head-ends, each once, and why which host names none.

    """
    named: dict[str, list[tuple[str, int]]] = {}
    failed: dict[str, str] = {}
    lock = threading.Lock()

    def ended(host: Host, result: MultiResult) -> None:
        problem = result.exception
        with lock:
            if isinstance(problem, AnyConnectError):
                failed[host.name] = problem.cause
            elif problem is not None:
                failed[host.name] = f"unexpected {type(problem).__name__}"
            elif not result[0].result:
                failed[host.name] = "neither data.anyconnect.public nor a group-url names where clients reach it"
            else:
                named[host.name] = result[0].result

    runner = ChassisRunner(workers, ended)
    nornir.with_runner(runner).run(task=_public_names)
    runner.pass_interrupt_on()
    return [head for _, heads in sorted(named.items()) for head in heads], failed


def _public_names(task: Task) -> Result:
    given = (task.host.get("anyconnect") or {}).get("public")
    if given:
        names = [given] if isinstance(given, str) else given
        return Result(host=task.host, result=[target_of(str(each)) for each in names])
    urls: list[str] = []
    with host_deadline(HOST_TIMEOUT, task.host.name), reading(task) as reader:
        for context in contexts_of(reader, task.host, reader.identity()):
            urls += configuration_of(reader, context).running.urls
    return Result(host=task.host, result=[target_of(url) for url in urls])


def probe_all(
    targets: Iterable[tuple[str, int]],
    controls: Sequence[Probe],
    workers: int,
    patience: Patience,
    on_host: Callable[[bool], None] = lambda _failed: None,
) -> ProbeReport:
    """Each head-end once, in the given order.

    Args:
        targets: host and port.
        controls: what another place saw.
        workers: head-ends at once.
        patience: per head-end.
        on_host: told of each that has ended, whether nothing was reached.

    """
    chosen = list(dict.fromkeys(targets))
    client = clients()[USUAL]
    suites = tuple(sorted(client.suites))
    offer = Offer(suites, suites, Version.TLS1_3 in client.versions)
    at = generated_at()
    waiting: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[tuple[str, int], Probe]] = queue.SimpleQueue()
    for each in chosen:
        waiting.put(each)

    def work() -> None:
        while True:
            try:
                target = waiting.get_nowait()
            except queue.Empty:
                return
            done.put((target, probe_head_end(*target, at, offer, patience)))

    for _ in range(min(workers, len(chosen))):
        # Ctrl-C must not wait for a name server: nothing is lost with a probe that is given up
        threading.Thread(target=work, daemon=True).start()
    found: dict[tuple[str, int], Probe] = {}
    while len(found) < len(chosen):
        target, probe = done.get()
        found[target] = probe.beside(controls)
        on_host(not probe.tcp)
    return ProbeReport(tuple(found[each] for each in chosen), at, __version__)
