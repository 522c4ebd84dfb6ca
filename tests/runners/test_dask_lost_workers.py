"""A worker that looks gone while its login is on trial may be at it still: no account is locked that way (promise 20)."""

import pickle
from types import SimpleNamespace

import pytest
from nornir.core.inventory import Defaults, Host
from nornir.core.processor import Processors

from nornir_anyconnect.platforms.login_gate import REFUSALS_ALLOWED, gate
from nornir_anyconnect.runners import dask_run, dask_worker
from nornir_anyconnect.runners.dask_run import DaskRun, Spreading
from nornir_anyconnect.runners.dask_worker import PROCESS, Order, Worker, carry_out, inventory_without_secrets
from nornir_anyconnect.version import __version__


class RefusingWorker:
    """A client of a scheduler that answers every other time, and its one worker, whose password is mistyped."""

    def __init__(self):
        self.refusals, self.looks = 0, 0

    def scheduler_info(self, **_how):
        self.looks += 1
        if self.looks % 2 == 0:
            raise TimeoutError
        return {"workers": {"tls://127.0.0.1:1": {"nthreads": 4, "resources": {}}}}

    def run(self, _function, workers, **_how):
        return {workers[0]: Worker("one", __version__, proved=False, refusals=self.refusals)}

    def submit(self, *_order, **_how):
        self.refusals += 1  # it tries, and its answer is on its way when it looks gone
        return SimpleNamespace(status="pending", cancel=lambda: None, add_done_callback=lambda _: None)


@pytest.mark.parametrize("retry_lost", [True, False])
def test_a_login_whose_end_nobody_told_counts_as_refused(monkeypatch, retry_lost):
    monkeypatch.setattr(dask_run, "TICK", 0.0)
    monkeypatch.setattr(DaskRun, "_packed", lambda *_: b"")
    hosts = [Host(name) for name in "abcdefgh"]
    client, ended = RefusingWorker(), {}
    how = Spreading(retry_lost=retry_lost, data=(), patience=600.0, own=False)
    task = SimpleNamespace(name="audit", processors=Processors())
    run = DaskRun(client, task, how, lambda host, outcome: ended.setdefault(host.name, outcome))
    run.spread(hosts)
    assert client.refusals == REFUSALS_ALLOWED
    assert sorted(ended) == list("abcdefgh")  # every host ends in one state all the same
    assert any("not tried: 3 logins" in str(each.exception) for each in ended.values())


@pytest.fixture
def logins(monkeypatch):
    """What each host says of the credential, and who was asked."""
    said, asked = {}, []

    def one(_order, _nornir, host):
        asked.append(host.name)
        with gate.attempt("audit", "mistyped") as attempt:
            attempt.accepted = said.get(host.name, False)
            attempt.refused = not attempt.accepted
        return pickle.dumps([{"result": None, "failed": attempt.refused, "exception": None, "name": "audit"}])

    gate.forget()
    monkeypatch.setattr(dask_worker, "_one", one)
    yield said, asked
    gate.forget()


def order_of(name, *hosts):
    """An order for this process."""
    inventory = inventory_without_secrets([Host(each, defaults=Defaults()) for each in hosts], ())
    return pickle.dumps(Order(name, "run", PROCESS, (print, "audit", {}, False), inventory, ("", {})))


def test_an_order_ends_with_the_first_login_that_is_refused_but_where_one_succeeded(logins):
    said, asked = logins
    assert list(carry_out(order_of("one", "a", "b", "c")).results) == asked == ["a"]
    said["b"] = True
    assert list(carry_out(order_of("two", "b", "c")).results) == ["b", "c"]


class Workers:
    """Three workers; of each order the first host is refused, and the others are left."""

    def __init__(self):
        self.refusals = dict.fromkeys(["tls://127.0.0.1:1", "tls://127.0.0.1:2", "tls://127.0.0.1:3"], 0)

    def scheduler_info(self, **_how):
        return {"workers": {each: {"nthreads": 4, "resources": {}} for each in self.refusals}}

    def worker(self, address):
        return Worker(address, __version__, proved=False, refusals=self.refusals[address])

    def run(self, _function, workers, **_how):
        return {workers[0]: self.worker(workers[0])}

    def submit(self, _function, hosts, *, workers, **_how):
        self.refusals[workers[0]] += 1
        told = pickle.dumps([{"result": None, "failed": True, "exception": None, "name": "audit"}])
        done = dask_worker.Done({hosts[0].name: told}, self.worker(workers[0]))
        return SimpleNamespace(
            status="finished", result=lambda timeout: done, add_done_callback=lambda call: call(None)
        )


def test_hosts_of_a_chassis_whose_first_login_was_refused_end_in_one_state_each(monkeypatch):
    monkeypatch.setattr(DaskRun, "_packed", lambda _run, _name, _place, hosts: hosts)
    hosts = [Host(name, data={"anyconnect": {"chassis": name[0]}}) for name in ("a1", "a2", "a3", "b1", "b2", "c", "d")]
    client, ended = Workers(), []
    how = Spreading(retry_lost=False, data=(), patience=600.0, own=False)
    task = SimpleNamespace(name="audit", processors=Processors())
    DaskRun(client, task, how, lambda host, _outcome: ended.append(host.name)).spread(hosts)
    assert sorted(ended) == sorted(host.name for host in hosts)
    assert sum(client.refusals.values()) == REFUSALS_ALLOWED
