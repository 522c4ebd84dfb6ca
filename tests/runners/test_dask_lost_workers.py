"""A worker that looks gone while its login is on trial may be at it still: no account is locked that way (promise 20)."""

from types import SimpleNamespace

import pytest
from nornir.core.inventory import Host
from nornir.core.processor import Processors

from nornir_anyconnect.platforms.login_gate import REFUSALS_ALLOWED
from nornir_anyconnect.runners import dask_run
from nornir_anyconnect.runners.dask_run import DaskRun, Spreading
from nornir_anyconnect.runners.dask_worker import Worker
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
