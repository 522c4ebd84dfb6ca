"""Which worker of a Dask cluster reads which host: one run, from the first order to the last result."""

from __future__ import annotations

import pickle
import queue
import time
import uuid
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nornir.core.task import MultiResult, Result

from nornir_anyconnect.asa.chassis import by_chassis
from nornir_anyconnect.errors import CredentialError, InventoryError, NotStartedError, UnreachableError, UsageError
from nornir_anyconnect.masking import holds_secret, remember
from nornir_anyconnect.platforms.login_gate import REFUSALS_ALLOWED
from nornir_anyconnect.runners.chassis import GRACE
from nornir_anyconnect.runners.dask_worker import (
    Order,
    about,
    carry_out,
    inventory_without_secrets,
    results_of,
    stop,
)
from nornir_anyconnect.runners.waves import guarded
from nornir_anyconnect.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir.core.inventory import Host
    from nornir.core.task import Task

    from nornir_anyconnect.runners.dask_worker import Done, Worker

SITE = "site:"
"""What a label of a worker begins with: ``dask worker --resources "site:london=1"``."""
TICK = 1.0
"""Seconds between looks at which workers there are."""
ARRIVES = 30.0
"""Seconds that a result which is there may take to get here."""
MOST = 10
"""Hosts in one order at most; towards the end orders hold one, so that no worker waits for another's last ones."""


def site_of(host: Host) -> str:
    """``data.anyconnect.site`` of a host; empty where it is not set."""
    ours = host.get("anyconnect")
    return str((ours if isinstance(ours, dict) else {}).get("site") or "")


@dataclass(slots=True)
class _Place:
    """A worker that we use: its address, what it can reach, and how many of our orders it has."""

    address: str
    sites: frozenset[str]
    threads: int
    process: str
    refused_before: int
    proved: bool = False
    refused: int = 0
    orders: int = 0


@dataclass(slots=True)
class _Given:
    """An order that a worker has: its hosts, by chassis, and whether they were lost once already."""

    future: Any
    place: _Place
    hosts: list[Host]
    again: bool


@dataclass(frozen=True, slots=True)
class _Turn:
    """Hosts of one chassis, which are read one after the other."""

    hosts: list[Host]
    again: bool = False

    @property
    def site(self) -> str:
        """Where they are; empty where the inventory does not say."""
        return site_of(self.hosts[0])


@dataclass(frozen=True, slots=True)
class Spreading:
    """How hosts are spread; arguments as of :class:`~nornir_anyconnect.runners.dask.DaskRunner`.

    ``own``: the cluster was started for this run, in this terminal.
    """

    retry_lost: bool
    data: tuple[str, ...]
    patience: float
    own: bool


@dataclass(slots=True)
class DaskRun:
    """One task over some hosts: who gets which, who is lost, and what has come back."""

    client: Any
    task: Task
    how: Spreading
    ended: Callable[[Host, MultiResult], None]
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    interrupted: bool = False
    places: dict[str, _Place] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, deque[_Turn]] = field(default_factory=dict)
    given: dict[str, _Given] = field(default_factory=dict)
    arrived: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    looked: float = 0.0
    idle_since: float = field(default_factory=time.monotonic)
    refused_elsewhere: int = 0
    """Logins refused on workers that are gone, and those on trial of which nobody told how they ended."""

    def spread(self, hosts: list[Host]) -> None:
        """Until every host has ended, or Ctrl-C."""
        for group in by_chassis(hosts):
            turn = _Turn(group)
            self.waiting.setdefault(turn.site, deque()).append(turn)
        try:
            while self.given or any(self.waiting.values()):
                self._look_around()
                self._give()
                self._give_up()
                self._take(TICK)
        except KeyboardInterrupt:
            self.interrupted = True
            self._stop()

    # workers

    def _look_around(self) -> None:
        """Which workers there are; the hosts of one that is gone are lost."""
        if time.monotonic() - self.looked < TICK and self.places:
            return
        self.looked = time.monotonic()
        try:
            there = self.client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError):  # the scheduler does not answer: whoever has an order may be gone as well
            there = {}
        for address in self.places.keys() - there.keys():
            self.refused_elsewhere += self.places.pop(address).refused
        for name, each in list(self.given.items()):
            if each.place.address not in self.places:
                self._lost(name)
        for address in there.keys() - self.places.keys() - self.unfit.keys():
            self._meet(address, there[address])

    def _meet(self, address: str, told: dict[str, Any]) -> None:
        try:
            found: Worker = self.client.run(about, workers=[address], shielded=self.how.own)[address]
        except (OSError, KeyError, TimeoutError):
            return  # it has gone again
        except Exception as error:  # noqa: BLE001 - what a worker that lacks us says
            self.unfit[address] = f"cannot run nornir-anyconnect ({type(error).__name__})"
            return
        if found.version != __version__:
            self.unfit[address] = f"has nornir-anyconnect {found.version}, and this is {__version__}"
            return
        labels = frozenset(each.removeprefix(SITE) for each in told.get("resources", {}) if each.startswith(SITE))
        self.places[address] = _Place(
            address, labels, int(told["nthreads"]), found.process, found.refusals, proved=found.proved
        )

    # orders

    def _give(self) -> None:
        """Every worker as many orders as it has threads; one whose login is not proved gets one host (promise 20)."""
        for place in sorted(self.places.values(), key=lambda each: each.orders):
            while place.orders < (place.threads if place.proved else 1) and (place.proved or self._may_try()):
                turns = self._next_turns(place)
                if not turns:
                    break
                self._send(place, turns)

    def _may_try(self) -> bool:
        """Logins on trial and logins refused are never more together than an account bears."""
        trying = sum(each.orders for each in self.places.values() if not each.proved)
        return trying + self._refused() < REFUSALS_ALLOWED

    def _refused(self) -> int:
        return self.refused_elsewhere + sum(each.refused for each in self.places.values())

    def _next_turns(self, place: _Place) -> list[_Turn]:
        """Hosts of its own sites first; those that have no site go to anybody, and all where no worker has a label."""
        labelled = any(each.sites for each in self.places.values())
        for site in (*sorted(place.sites), "") if labelled else list(self.waiting):
            queued = self.waiting.get(site)
            if queued:
                slots = sum(each.threads for each in self.places.values() if not labelled or site in (*each.sites, ""))
                size = max(1, min(MOST, len(queued) // (4 * slots))) if place.proved else 1
                first = queued.popleft()
                turns = [first]
                # what was lost once goes alone: it may be what its worker died of
                while not first.again and len(turns) < size and queued and not queued[0].again:
                    turns.append(queued.popleft())
                return turns
        return []

    def _send(self, place: _Place, turns: list[_Turn]) -> None:
        hosts = [host for turn in turns for host in turn.hosts]
        name = uuid.uuid4().hex
        watched = guarded(self.task.processors)
        for host in hosts:
            watched.task_instance_started(self.task, host)
        # the worker alone, and no other in its place
        future = self.client.submit(
            carry_out, self._packed(name, place, hosts), key=f"nornir-anyconnect-{name}", pure=False,
            workers=[place.address], allow_other_workers=False, retries=0,
        )  # fmt: skip
        self.given[name] = _Given(future, place, hosts, turns[0].again)
        place.orders += 1
        future.add_done_callback(lambda _: self.arrived.put(name))

    def _packed(self, name: str, place: _Place, hosts: list[Host]) -> bytes:
        import cloudpickle  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with the extra

        config, task = self.task.nornir.config, self.task
        order = Order(
            name=name,
            run=self.name,
            process=place.process,
            task=(task.task, task.name, task.params, bool(task.global_dry_run)),
            inventory=inventory_without_secrets(hosts, self.how.data),
            transform=(config.inventory.transform_function, config.inventory.transform_function_options or {}),
            ssh=config.ssh.dict(),
        )
        try:
            packed: bytes = cloudpickle.dumps(order)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise UsageError(
                f"a parameter of {task.name} cannot be sent to a worker", "leave it out, or run without Dask"
            ) from error
        remember(*(host.password for host in hosts))
        if holds_secret(packed):
            raise InventoryError(
                f"a credential stands in what would be sent for {', '.join(host.name for host in hosts)}",
                "take it out of the inventory: workers find their own",
            )
        return packed

    # results

    def _take(self, seconds: float) -> None:
        """What has come back, for so long at most."""
        try:
            name = self.arrived.get(timeout=seconds)
        except queue.Empty:
            return
        while True:
            self._came(name)
            try:
                name = self.arrived.get_nowait()
            except queue.Empty:
                return

    def _came(self, name: str) -> None:
        each = self.given.get(name)
        if each is None:
            return
        try:
            done: Done | None = each.future.result(timeout=ARRIVES) if each.future.status == "finished" else None
        except Exception:  # noqa: BLE001 - whatever a worker dies of, its hosts still end in one state
            done = None
        if done is None:
            self._lost(name)
            return
        self._forget(name)
        each.place.proved |= done.worker.proved
        each.place.refused = done.worker.refusals - each.place.refused_before
        self._hand_on(each.hosts, done)
        if not self.interrupted:
            self._again([host for host in each.hosts if host.name not in done.results], again=each.again)

    def _hand_on(self, hosts: list[Host], done: Done) -> None:
        for host in hosts:
            if host.name in done.results:
                self.ended(host, results_of(done.results[host.name], host, self.task.name))

    def _lost(self, name: str) -> None:
        each = self.given[name]
        self._forget(name)
        each.future.cancel()
        # who looks gone may be at it still, and may be back in a second
        self.refused_elsewhere += not each.place.proved
        if self.how.retry_lost and not each.again and not self.interrupted:
            self._again(each.hosts, again=True)
            return
        problem = UnreachableError(f"its worker {each.place.address} was lost", "look why it ended, and run again")
        for host in each.hosts:
            self._failed(host, problem)

    def _again(self, hosts: list[Host], *, again: bool) -> None:
        """It is their turn once more, before all others."""
        for group in by_chassis(hosts):
            turn = _Turn(group, again)
            self.waiting.setdefault(turn.site, deque()).appendleft(turn)

    def _forget(self, name: str) -> None:
        each = self.given.pop(name)
        each.place.orders -= 1
        self.idle_since = time.monotonic()

    def _failed(self, host: Host, problem: Exception) -> None:
        outcome = MultiResult(self.task.name)
        outcome.append(Result(host, result=str(problem), failed=True, exception=problem, name=self.task.name))
        self.ended(host, outcome)

    def _give_up(self) -> None:
        """Hosts that no worker reaches, after a while: one may be about to start again."""
        if self.given or not any(self.waiting.values()):
            return
        refused = self._refused() >= REFUSALS_ALLOWED
        if not refused and time.monotonic() - self.idle_since < self.how.patience:
            return
        if not self.places and self.unfit:
            address, why = next(iter(self.unfit.items()))
            raise UsageError(f"the worker {address} {why}", "install the same version there")
        for site, queued in self.waiting.items():
            problem: Exception = NotStartedError(
                f"no worker has the label {SITE}{site}" if site else "there is no worker",
                f'start one: dask worker SCHEDULER --resources "{SITE}{site or "NAME"}=1"',
            )
            if refused:
                problem = CredentialError(
                    f"not tried: {self._refused()} logins of the workers were refused or lost",
                    "correct the user name or password there; further attempts could lock the account",
                )
            while queued:
                for host in queued.popleft().hosts:
                    self._failed(host, problem)

    def _stop(self) -> None:
        """Nothing is changed on these hosts: those in flight get a few seconds, and no other one begins."""
        with suppress(Exception, KeyboardInterrupt):
            self.client.run(stop, self.name, workers=list({each.place.address for each in self.given.values()}))
            end = time.monotonic() + GRACE
            while self.given and (left := end - time.monotonic()) > 0:
                self._take(min(left, TICK))
        for each in self.given.values():
            each.future.cancel()
