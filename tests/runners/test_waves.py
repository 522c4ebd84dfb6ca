"""Promise 19 and 21: canary, soak, waves, failure budget, stop file; every host ends in one state."""

import itertools
import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nornir.core import Nornir
from nornir.core.inventory import Defaults, Group, Groups, Host, Hosts, Inventory, ParentGroups
from nornir.core.task import Result

from nornir_anyconnect.asa.chassis import by_chassis
from nornir_anyconnect.errors import NotStartedError
from nornir_anyconnect.platforms.deadline import current, host_deadline
from nornir_anyconnect.runners import waves as waves_module
from nornir_anyconnect.runners.waves import WavesRunner, waves
from tests.amounts import examples
from tests.waiting import LONG, eventually


def fleet(names, chassis=None):
    chassis = chassis or {}
    hosts = Hosts(
        {
            n: Host(n, data={"anyconnect": {"chassis": chassis[n]}} if n in chassis else {}, groups=ParentGroups())
            for n in names
        }
    )
    return Nornir(inventory=Inventory(hosts, Groups({"g": Group("g")}), Defaults()))


class Recorder:
    """A task that notes when each host began and ended, and fails where it is told to."""

    def __init__(self, fail=(), meanwhile=lambda: None):
        self.fail, self.meanwhile = set(fail), meanwhile
        self.events, self.lock = [], threading.Lock()

    def __call__(self, task):
        with self.lock:
            self.events.append(("begin", task.host.name))
        self.meanwhile()
        with self.lock:
            self.events.append(("end", task.host.name))
        if task.host.name in self.fail:
            raise RuntimeError("no")
        return Result(task.host, result="done")

    __name__ = "recorder"

    @property
    def touched(self):
        return {name for _, name in self.events}


def names(count):
    return [f"fw{i:03}" for i in range(count)]


def states(result):
    return {
        name: "not-started" if isinstance(r[0].exception, NotStartedError) else "failed" if r.failed else "done"
        for name, r in result.items()
    }


@given(st.integers(0, 500), st.integers(0, 20), st.floats(0.1, 100), st.integers(1, 50))
def test_the_waves_add_up_to_the_fleet(count, canary, percent, at_most):
    sizes = list(waves(count, canary, percent, at_most))
    assert sum(sizes) == count
    assert all(size > 0 for size in sizes)
    assert all(size <= max(at_most, 1) for size in sizes[1 if canary else 0 :])


def test_a_wave_is_so_many_percent_of_all():
    assert list(waves(201, 1, 10, 50)) == [1, *[20] * 10]
    assert list(waves(201, 1, 50, 20)) == [1, *[20] * 10]
    assert list(waves(4, 2, 1, 20)) == [2, 1, 1]


def test_a_run_is_careful_where_nobody_says_otherwise():
    runner = WavesRunner()
    usual = (runner.canary, runner.wave_percent, runner.wave_size, runner.max_failures, runner.soak, runner.hold_every)
    assert usual == (1, 10, 10, 0, 300, 30)
    assert (runner.stopped, runner.interrupted) == (None, False)
    for internal in ("stopped", "interrupted", "_cut_at", "_stop", "_stop_lock"):
        with pytest.raises(TypeError):
            WavesRunner(**{internal: None})


def test_a_canary_that_fails_is_the_only_host_touched():
    task = Recorder(fail={"fw000"})
    runner = WavesRunner(soak=0)
    result = fleet(names(20)).with_runner(runner).run(task)
    assert task.touched == {"fw000"}
    assert states(result) == {"fw000": "failed"} | dict.fromkeys(names(20)[1:], "not-started")
    assert "1 failed" in runner.stopped
    assert all(each.failed for each in result.values())
    assert "its turn never came: 1 failed, at most 0 are tolerated" in result["fw001"][0].result
    again = Recorder()
    assert set(states(fleet(names(3)).with_runner(runner).run(again)).values()) == {"done"}
    assert runner.stopped is None


def test_a_failure_within_the_budget_does_not_stop_the_run():
    task = Recorder(fail={"fw003"})
    result = fleet(names(12)).with_runner(WavesRunner(soak=0, max_failures=1)).run(task)
    assert task.touched == set(names(12))
    assert states(result)["fw003"] == "failed"


def test_a_task_that_is_in_doubt_stops_the_run_whatever_is_tolerated():
    touched = []

    def task(task):
        touched.append(task.host.name)
        return Result(task.host, failed=True, stop_run="fw000 is in doubt" if task.host.name == "fw000" else None)

    runner = WavesRunner(soak=0, max_failures=1000)
    result = fleet(names(12)).with_runner(runner).run(task)
    assert touched == ["fw000"]
    assert runner.stopped == "fw000 is in doubt"
    assert list(states(result).values()).count("not-started") == 11


def test_a_wave_begins_only_when_the_one_before_has_ended():
    task = Recorder(meanwhile=lambda: time.sleep(0.02))
    fleet(names(31)).with_runner(WavesRunner(soak=0, wave_percent=20, wave_size=10)).run(task)
    order = [name for kind, name in task.events if kind == "begin"]
    ends = {name: i for i, (kind, name) in enumerate(task.events) if kind == "end"}
    begins = {name: i for i, (kind, name) in enumerate(task.events) if kind == "begin"}
    sizes = list(waves(31, 1, 20, 10))
    assert sizes == [1, 6, 6, 6, 6, 6]
    at = 0
    for size, following in zip(sizes, sizes[1:], strict=False):
        wave, later = order[at : at + size], order[at + size : at + size + following]
        assert max(ends[n] for n in wave) < min(begins[n] for n in later)
        at += size


def test_hosts_of_one_chassis_never_run_at_the_same_time():
    contexts = names(6)
    task = Recorder(meanwhile=lambda: time.sleep(0.03))
    runner = WavesRunner(canary=0, soak=0, wave_percent=100, wave_size=100)
    fleet([*contexts, "other"], dict.fromkeys(contexts, "box")).with_runner(runner).run(task)
    running, most = set(), 0
    for kind, name in task.events:
        if name in contexts:
            (running.add if kind == "begin" else running.discard)(name)
            most = max(most, len(running))
    assert most == 1
    assert task.touched == {*contexts, "other"}


def test_chassis_keep_the_order_of_the_inventory():
    nr = fleet(["a", "b", "c"], {"a": "x", "c": "x"})
    assert [[h.name for h in g] for g in by_chassis(list(nr.inventory.hosts.values()))] == [["a", "c"], ["b"]]


def test_the_stop_file_stops_before_the_next_host(tmp_path):
    stop = tmp_path / "stop"

    def task(task):
        stop.write_text("")
        return Result(task.host)

    runner = WavesRunner(soak=0, stop_file=stop)
    result = fleet(names(5), {"fw000": "box", "fw001": "box"}).with_runner(runner).run(task)
    assert list(states(result).values()).count("done") == 1  # not even its mate
    assert "stop file" in runner.stopped


def test_the_soak_lasts_and_a_bad_sign_ends_the_run(monkeypatch):
    looks = []

    def hold(changed):
        looks.append(tuple(changed))
        return "new 722036 on fw000" if len(looks) == 2 else None

    task = Recorder()
    clock = itertools.count()  # a second passes whenever somebody looks at it
    monkeypatch.setattr(waves_module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(waves_module, "TICK", 0.001)
    runner = WavesRunner(soak=1000, hold=hold, hold_every=20)
    fleet(names(5)).with_runner(runner).run(task)
    assert task.touched == {"fw000"}
    assert looks == [("fw000",), ("fw000",)]
    assert runner.stopped == "new 722036 on fw000"
    assert 40 <= next(clock) <= 50


def test_a_look_that_fails_counts_as_a_bad_sign():
    def hold(_):
        raise OSError("gone")

    runner = WavesRunner(soak=0, hold=hold)
    result = fleet(names(3)).with_runner(runner).run(Recorder())
    assert list(states(result).values()).count("not-started") == 2
    assert "OSError" in runner.stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_finishes_the_hosts_in_flight(number):
    told = []

    def ours(*_):
        raise AssertionError

    before = signal.signal(number, ours)
    both = threading.Barrier(2, timeout=LONG)
    runner = WavesRunner(canary=2, soak=0, on_stop=told.append)

    def interrupt():
        if both.wait() == 0:  # both are in flight
            for _ in range(3):
                os.kill(os.getpid(), number)
        eventually(lambda: runner.interrupted)

    task = Recorder(meanwhile=interrupt)
    result = fleet(names(6)).with_runner(runner).run(task)
    assert runner.interrupted
    assert told == ["interrupted"]
    assert ("end", "fw000") in task.events
    assert sorted(states(result).values()) == ["done", "done", *["not-started"] * 4]
    assert signal.signal(number, before) is ours


def test_an_interrupt_ends_the_soak_at_once():
    looks = []

    def hold(_):
        looks.append("look")
        os.kill(os.getpid(), signal.SIGINT)

    runner = WavesRunner(soak=10_000, hold=hold, hold_every=0)
    result = fleet(names(3)).with_runner(runner).run(Recorder())
    assert looks
    assert sorted(states(result).values()) == ["done", "not-started", "not-started"]


def test_under_nohup_a_hang_up_is_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        runner = WavesRunner(canary=0, wave_percent=100, soak=0)
        hang_up = Recorder(meanwhile=lambda: os.kill(os.getpid(), signal.SIGHUP))
        result = fleet(names(3)).with_runner(runner).run(hang_up)
        assert set(states(result).values()) == {"done"}
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_a_thread_of_a_runbook_signals_are_left_alone():
    before = signal.getsignal(signal.SIGINT)
    runner = WavesRunner(soak=0)
    found = []
    thread = threading.Thread(target=lambda: found.append(fleet(names(2)).with_runner(runner).run(Recorder())))
    thread.start()
    thread.join()
    assert set(states(found[0]).values()) == {"done"}
    assert signal.getsignal(signal.SIGINT) is before


def test_an_overdue_host_loses_its_connection_and_ends(monkeypatch):
    released = threading.Event()
    nr = fleet(names(1))
    monkeypatch.setattr(Host, "close_connections", lambda self: released.set())

    def task(task):
        assert released.wait(LONG)
        raise ConnectionError("closed under us")

    result = nr.with_runner(WavesRunner(soak=0, deadline=0.3)).run(task)
    assert isinstance(result["fw000"][0].exception, ConnectionError)


@pytest.mark.parametrize("hook", ["task_instance_started", "task_instance_completed"])
def test_a_failing_processor_does_not_touch_the_run(hook):
    class Bad:
        def __getattr__(self, name):
            def call(*_):
                if name == hook:
                    raise RuntimeError("report writer broke")

            return call

    task = Recorder()
    nr = fleet(names(3)).with_processors([Bad()])
    result = nr.with_runner(WavesRunner(soak=0)).run(task)
    assert set(states(result).values()) == {"done"}
    assert task.touched == set(names(3))


@examples(30)
@given(
    count=st.integers(0, 25),
    fail=st.sets(st.integers(0, 24)),
    canary=st.integers(0, 3),
    budget=st.integers(0, 3),
    size=st.integers(1, 10),
)
def test_every_host_ends_in_exactly_one_state(count, fail, canary, budget, size):
    runner = WavesRunner(canary=canary, soak=0, wave_percent=50, wave_size=size, max_failures=budget)
    task = Recorder(fail={f"fw{i:03}" for i in fail})
    result = fleet(names(count)).with_runner(runner).run(task)
    found = states(result)
    assert set(found) == set(names(count))
    assert {n for n, s in found.items() if s != "not-started"} == task.touched
    done_failures = [n for n, s in found.items() if s == "failed"]
    assert len(done_failures) <= budget + size or canary >= size


def test_progress_counts_every_host_and_may_fail():
    seen = []

    def progress(p):
        seen.append((p.done, p.left))
        raise RuntimeError("terminal gone")

    fleet(names(4)).with_runner(WavesRunner(soak=0, on_progress=progress)).run(Recorder())
    assert sorted(seen) == [(1, 3), (2, 2), (3, 1), (4, 0)]


def test_the_host_that_is_chosen_is_the_canary_with_all_of_its_chassis():
    task = Recorder()
    runner = WavesRunner(canary=1, canary_host="fw002", wave_size=1, soak=0)
    fleet(names(4), {"fw001": "box", "fw002": "box"}).with_runner(runner).run(task=task)
    begun = [name for event, name in task.events if event == "begin"]
    assert begun == ["fw002", "fw001", "fw000", "fw003"]


def test_a_wave_is_looked_at_before_the_next_one_begins_and_the_last_one_is_not():
    looks = []
    runner = WavesRunner(canary=1, wave_size=2, wave_percent=100, soak=0, hold=lambda wave: looks.append(wave))
    fleet(names(5)).with_runner(runner).run(Recorder())
    assert looks == [("fw000",), ("fw001", "fw002")]


def test_a_stop_file_ends_the_soak(tmp_path):
    stop = tmp_path / "stop"
    task = Recorder(meanwhile=lambda: stop.write_text(""))
    runner = WavesRunner(soak=10_000, stop_file=stop)
    fleet(names(3)).with_runner(runner).run(task)
    assert task.touched == {"fw000"}


def test_the_soak_takes_no_processor_time():
    runner, waited = WavesRunner(soak=0.001), []
    stop = threading.Event()
    runner._stop = SimpleNamespace(
        is_set=stop.is_set,
        set=stop.set,
        clear=stop.clear,
        wait=lambda seconds: waited.append(seconds) or time.sleep(seconds),
    )
    fleet(names(2)).with_runner(runner).run(Recorder())
    assert set(waited) == {0.001}


def test_a_host_works_towards_the_end_that_the_runner_gives_it():
    found = []

    def task(task):
        found.append(current())
        return Result(task.host)

    for deadline in (7.5, None):
        fleet(names(1)).with_runner(WavesRunner(deadline=deadline)).run(task)
    assert (found[0].seconds, found[0].name, found[1]) == (7.5, "fw000", None)


def test_only_who_took_longer_than_that_loses_its_connection(monkeypatch, caplog):
    closed = []

    def close(name):
        closed.append(name)
        if name == "slow":
            raise OSError("no")

    hosts = {name: SimpleNamespace(close_connections=lambda name=name: close(name)) for name in ("slow", "late", "new")}
    monkeypatch.setattr(waves_module, "time", SimpleNamespace(monotonic=lambda: 100.0))
    started = {"slow": 10.0, "late": 89.5, "new": 90.0}
    WavesRunner(deadline=None)._end_overdue(started, threading.Lock(), hosts)
    assert closed == []
    WavesRunner(deadline=10)._end_overdue(started, threading.Lock(), hosts)
    assert (closed, started) == (["slow", "late"], {"new": 90.0})
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "slow: no end after 10 s, closing its connection",
        "slow: its connection could not be closed",
        "late: no end after 10 s, closing its connection",
    ]


def test_who_has_ended_is_overdue_no_more(monkeypatch):
    looked = []
    monkeypatch.setattr(WavesRunner, "_end_overdue", lambda _self, started, *_: looked.append(dict(started)))
    fleet(names(1)).with_runner(WavesRunner()).run(Recorder())
    assert looked[-1] == {}


def test_a_mistake_of_the_runner_is_not_passed_over(monkeypatch):
    monkeypatch.setattr(WavesRunner, "_run_host", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fleet(names(1)).with_runner(WavesRunner()).run(Recorder())


def test_the_grace_begins_with_the_first_signal(monkeypatch):
    clock, cut = SimpleNamespace(now=100.0), []
    monkeypatch.setattr(waves_module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(waves_module, "end_all", cut.append)
    runner = WavesRunner()
    with runner._signals_interrupt():
        for clock.now in (100.0, 110.0):
            os.kill(os.getpid(), signal.SIGTERM)
            eventually(lambda: runner.interrupted)
        assert runner._stopping()
        clock.now = 115.0
        runner._stopping()
        assert cut == []
        clock.now = 115.5
        runner._stopping()
        assert cut == ["interrupted"]


def hang():
    """As a host that never answers, until it is cut."""
    cut = threading.Event()
    current().cut_with(cut.set)
    os.kill(os.getpid(), signal.SIGINT)
    assert cut.wait(LONG)


def test_a_host_that_hangs_is_cut_after_the_grace(monkeypatch):
    monkeypatch.setattr(waves_module, "GRACE", 0.05)
    result = fleet(names(2)).with_runner(WavesRunner()).run(Recorder(meanwhile=hang))
    assert states(result) == {"fw000": "done", "fw001": "not-started"}


def test_a_look_that_hangs_is_cut_after_the_grace(monkeypatch):
    monkeypatch.setattr(waves_module, "GRACE", 0.05)

    def hold(_wave):
        with host_deadline(10 * LONG, "fw000"):
            hang()

    runner = WavesRunner(soak=0, hold=hold)
    result = fleet(names(2)).with_runner(runner).run(Recorder())
    assert states(result) == {"fw000": "done", "fw001": "not-started"}
    assert runner.stopped == "interrupted"


def test_what_a_processor_display_or_look_says_of_its_failure_is_in_the_log(caplog):
    class Bad:
        colour = "blue"

        def task_started(self, _task):
            raise OSError("no")

    guarded = waves_module.guarded([Bad()])
    guarded[0].task_started("task")
    assert guarded[0].colour == "blue"
    fleet(names(2)).with_runner(WavesRunner(soak=0, on_progress=lambda _: 1 / 0, hold=lambda _: 1 / 0)).run(Recorder())
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "failed in task_started; the run goes on" in said
    assert "the progress display failed; the run goes on" in said
    assert "the look at the changed hosts failed" in said
