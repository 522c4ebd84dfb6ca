"""A runner that changes a fleet the way a careful engineer does: canary, soak, waves, failure budget.

Usable by any Nornir runbook. A wave begins only when the one before has ended; hosts of one chassis
run one after the other in one worker (an ASA has five SSH sessions and one configuration).
"""

from __future__ import annotations

import logging
import math
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nornir.core.processor import Processors
from nornir.core.task import AggregatedResult, MultiResult, Result

from nornir_anyconnect.asa.chassis import by_chassis, chassis_of
from nornir_anyconnect.errors import NotStartedError
from nornir_anyconnect.platforms.deadline import end_all, host_deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType

    from nornir.core.inventory import Host
    from nornir.core.processor import Processor
    from nornir.core.task import Task

logger = logging.getLogger(__name__)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a service that is stopped, and the terminal of the person who started it going away."""
TICK = 0.2
"""Seconds between looks at the stop file, the deadline and the clock."""
GRACE = 15.0
"""Seconds that hosts in flight have to begin after a signal: one that hangs before its first line is cut then."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: hosts finished, failed and left, and the wave (0 is the canary)."""

    wave: int
    done: int
    failed: int
    left: int


def waves(count: int, canary: int, percent: float, at_most: int) -> Iterator[int]:
    """Sizes of the waves over ``count`` chassis: the canary, then ``percent`` of all but ``at_most``."""
    first = min(canary, count)
    if first:
        yield first
    left = count - first
    size = max(1, min(at_most, int(count * percent / 100)))
    while left > 0:
        yield min(size, left)
        left -= size


def _harmless(tell: Callable[[Any], None], what: object) -> None:
    """Tell somebody; a display that fails must not touch the run."""
    try:
        tell(what)
    except Exception:
        logger.exception("the progress display failed; the run goes on")


_HOOKS = frozenset(
    {
        "task_started",
        "task_completed",
        "task_instance_started",
        "task_instance_completed",
        "subtask_instance_started",
        "subtask_instance_completed",
    }
)


class _Guarded:
    """Passes every hook on and logs, instead of raising, what the processor raises: it must not touch the run."""

    def __init__(self, processor: Processor) -> None:
        self._processor = processor

    def __getattr__(self, name: str) -> Any:
        hook = getattr(self._processor, name)
        if name not in _HOOKS:
            return hook

        def call(*args: Any) -> None:
            try:
                hook(*args)
            except Exception:
                logger.exception("processor %r failed in %s; the run goes on", self._processor, name)

        return call


def guarded(processors: Iterable[Processor]) -> Processors:
    """The same processors, none of which can stop a run."""
    return Processors(p if isinstance(p, _Guarded) else _Guarded(p) for p in processors)


def _reason_to_stop(outcome: MultiResult) -> str | None:
    """What a task says in its result's ``stop_run``."""
    reasons = (getattr(each, "stop_run", None) for each in outcome)
    return next((reason for reason in reasons if reason), None)


@dataclass(eq=False, kw_only=True)
class WavesRunner:
    """Nornir runner ``anyconnect_waves``.

    Args:
        canary: chassis changed first, alone.
        canary_host: the host whose chassis is the first of them; None means the first of the inventory.
        wave_percent: size of a wave in percent of all chassis.
        wave_size: the most chassis in one wave.
        max_failures: failed hosts that are tolerated before the run stops.
        soak: seconds to wait between the canary and the first wave.
        deadline: seconds a host may take; then its connection is closed, which ends its task. None: no limit.
        stop_file: the run stops before the next host once this file exists.
        hold: called with the names of a wave's hosts, during and after the soak and before the next wave;
            a returned text stops the run and says why.
        hold_every: seconds between calls of ``hold`` during the soak.
        on_progress: called with a ``Progress`` whenever a host ends.
        on_stop: called once with the reason when the run stops early; hosts in flight still finish.

    Ctrl-C, SIGTERM and SIGHUP, any number of them, stop a run in the main thread in the same orderly way; a host on
    which nothing was begun ``GRACE`` seconds later is cut.
    A result with a text in its attribute ``stop_run`` stops the run too, whatever failures are tolerated.
    After a run, ``stopped`` says why it ended early (or is None), ``interrupted`` whether one of them did it.
    Hosts whose turn never came have a failed result with a ``NotStartedError``.

    """

    canary: int = 1
    canary_host: str | None = None
    wave_percent: float = 10
    wave_size: int = 10
    max_failures: int = 0
    soak: float = 300
    deadline: float | None = 600
    stop_file: str | Path | None = None
    hold: Callable[[Sequence[str]], str | None] | None = None
    hold_every: float = 30
    on_progress: Callable[[Progress], None] | None = None
    on_stop: Callable[[str], None] | None = None
    key: Callable[[Host], str] = chassis_of
    stopped: str | None = field(default=None, init=False)
    interrupted: bool = field(default=False, init=False)
    _cut_at: float = field(default=math.inf, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _stop_lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Run the task over all hosts; every host has a result in the end."""
        self.stopped, self.interrupted, self._cut_at = None, False, math.inf
        self._stop.clear()
        result = AggregatedResult(task.name)
        queue = by_chassis(sorted(hosts, key=lambda host: host.name != self.canary_host), self.key)
        sizes = waves(len(queue), self.canary, self.wave_percent, self.wave_size)
        with self._signals_interrupt():
            for number, size in enumerate(sizes):
                wave, queue = queue[:size], queue[size:]
                self._run_wave(task, wave, number, result, len(hosts))
                if self._stopping() or not queue:
                    break
                self._between(number, [host.name for group in wave for host in group])
        for host in hosts:
            if host.name not in result:
                result[host.name] = self._not_started(task, host)
        return result

    def stop(self, why: str) -> None:
        """Stop before the next host; hosts in flight finish or revert."""
        with self._stop_lock:
            if self._stop.is_set():
                return
            self.stopped = why
            self._stop.set()
        if self.on_stop is not None:
            _harmless(self.on_stop, why)

    def _stopping(self) -> bool:
        if self.interrupted:
            self.stop("interrupted")
            if time.monotonic() > self._cut_at:
                end_all("interrupted")
        return self._stop.is_set()

    @contextmanager
    def _signals_interrupt(self) -> Iterator[None]:
        """A signal only leaves a mark: an exception out of nowhere would lose what the hosts in flight report."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def mark(_number: int, _frame: FrameType | None) -> None:
            self.interrupted = True
            self._cut_at = min(self._cut_at, time.monotonic() + GRACE)

        # under nohup a hang-up is ignored, and stays so
        heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, mark) for number in heeded}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler or signal.SIG_DFL)

    def _run_wave(self, task: Task, wave: list[list[Host]], number: int, result: AggregatedResult, total: int) -> None:
        started: dict[str, float] = {}
        lock = threading.Lock()

        def finish(host: Host, outcome: MultiResult) -> None:
            with lock:
                started.pop(host.name, None)
                result[host.name] = outcome
                failed = len(result.failed_hosts)
                if failed > self.max_failures:
                    self.stop(f"{failed} failed, at most {self.max_failures} are tolerated")
                if reason := _reason_to_stop(outcome):
                    self.stop(reason)
                if self.on_progress is not None:
                    _harmless(self.on_progress, Progress(number, len(result), failed, total - len(result)))

        def run_chassis(group: list[Host]) -> None:
            for host in group:
                self._look_at_stop_file()
                if self._stopping():
                    return
                with lock:
                    started[host.name] = time.monotonic()
                finish(host, self._run_host(task, host))

        by_name = {host.name: host for group in wave for host in group}
        with ThreadPoolExecutor(max_workers=len(wave), thread_name_prefix="wave") as pool:
            pending: set[Future[None]] = {pool.submit(run_chassis, group) for group in wave}
            while pending:
                done, pending = wait(pending, timeout=TICK)
                self._stopping()
                for future in done:
                    future.result()
                self._end_overdue(started, lock, by_name)

    def _run_host(self, task: Task, host: Host) -> MultiResult:
        copy = task.copy()
        copy.processors = guarded(copy.processors)
        # the end of a host that hangs where no connection can be closed yet
        with host_deadline(self.deadline, host.name) if self.deadline is not None else nullcontext():
            outcome: MultiResult = copy.start(host)
        return outcome

    def _end_overdue(self, started: dict[str, float], lock: threading.Lock, hosts: dict[str, Host]) -> None:
        if self.deadline is None:
            return
        with lock:
            overdue = [n for n, since in started.items() if time.monotonic() - since > self.deadline]
            for name in overdue:
                del started[name]
        for name in overdue:
            logger.error("%s: no end after %s s, closing its connection", name, self.deadline)
            try:
                hosts[name].close_connections()
            except Exception:
                logger.exception("%s: its connection could not be closed", name)

    def _between(self, number: int, wave: list[str]) -> None:
        """The soak after the canary; before every further wave a look at the hosts of the last one."""
        began = time.monotonic()
        soak = self.soak if number == 0 else 0.0
        next_look = began + self.hold_every
        while (now := time.monotonic()) - began < soak and not self._stopping():
            if now >= next_look:
                self._look_at(wave)
                next_look = now + self.hold_every
            self._look_at_stop_file()
            self._stop.wait(min(TICK, soak))
        if not self._stopping():
            self._look_at(wave)

    def _look_at(self, wave: list[str]) -> None:
        if self.hold is None:
            return
        try:
            with ThreadPoolExecutor(1, thread_name_prefix="look") as pool:
                looking = pool.submit(self.hold, tuple(wave))
                while not wait((looking,), timeout=TICK).done:
                    self._stopping()
            reason = looking.result()
        except Exception as error:
            # a look that fails is no proof that all is well
            logger.exception("the look at the changed hosts failed")
            reason = f"the changed hosts could not be looked at ({type(error).__name__})"
        if reason:
            self.stop(reason)

    def _look_at_stop_file(self) -> None:
        if self.stop_file and Path(self.stop_file).exists():
            self.stop(f"the stop file {self.stop_file} exists")

    def _not_started(self, task: Task, host: Host) -> MultiResult:
        error = NotStartedError(
            f"its turn never came: {self.stopped or 'the run ended'}",
            "nothing was sent to it; plan again once the cause is clear",
        )
        outcome = MultiResult(task.name)
        outcome.append(Result(host, result=str(error), failed=True, exception=error, name=task.name))
        return outcome
