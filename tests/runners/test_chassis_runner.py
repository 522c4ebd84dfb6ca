"""The runner for reading: chassis side by side, the hosts of one in turn, and an interrupt that ends it soon."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from nornir.core.task import Result

from nornir_anyconnect.platforms.deadline import host_deadline
from nornir_anyconnect.runners import chassis
from nornir_anyconnect.runners.chassis import ChassisRunner
from tests.runners.test_waves import fleet
from tests.waiting import LONG, eventually

PAIR = {"a1": "A", "a2": "A"}


def test_chassis_run_side_by_side_and_the_hosts_of_one_in_turn():
    events, seen = [], {}
    both = threading.Barrier(2, timeout=LONG)

    def work(task):
        events.append(("begin", task.host.name))
        if task.host.name in ("a1", "b"):
            both.wait()
        events.append(("end", task.host.name))
        return Result(host=task.host, result=f"read {task.host.name}")

    runner = ChassisRunner(2, lambda host, result: seen.update({host.name: result[0].result}))
    found = fleet(["a1", "a2", "b", "c"], PAIR).with_runner(runner).run(task=work, name="read")
    assert seen == {name: f"read {name}" for name in ("a1", "a2", "b", "c")}
    of_pair = [event for event in events if event[1] in PAIR]
    assert of_pair == [("begin", "a1"), ("end", "a1"), ("begin", "a2"), ("end", "a2")]
    assert (found.name, dict(found), runner.interrupted) == ("read", {}, False)
    runner.pass_interrupt_on()


def test_who_fails_to_take_a_result_fails_the_run():
    with pytest.raises(ZeroDivisionError):
        fleet(["a"]).with_runner(ChassisRunner(1, lambda *_: 1 / 0)).run(task=lambda task: Result(host=task.host))


def test_an_interrupted_run_finishes_what_is_in_flight_and_starts_nothing_else():
    seen, in_flight = [], threading.Event()

    def work(task):
        if task.host.name == "a1":
            in_flight.set()
            eventually(lambda: runner.interrupted)
        return Result(host=task.host)

    def on_host(host, _result):
        seen.append(host.name)
        if host.name == "b":
            assert in_flight.wait(LONG)
            raise KeyboardInterrupt

    runner = ChassisRunner(2, on_host)
    fleet(["b", "a1", "a2", "c"], PAIR).with_runner(runner).run(task=work)
    assert seen == ["b", "a1"]
    with pytest.raises(KeyboardInterrupt):
        runner.pass_interrupt_on()


def test_an_interrupt_while_the_first_host_hangs_and_the_next_is_begun_cuts_the_first(monkeypatch):
    begin, begun, cut = ThreadPoolExecutor.submit, threading.Event(), threading.Event()

    def once(pool, work):
        if begun.is_set():
            raise KeyboardInterrupt
        future = begin(pool, work)
        begun.wait(LONG)
        return future

    def hang(task):
        with host_deadline(10 * LONG, task.host.name) as ours:
            ours.cut_with(cut.set)
            begun.set()
            cut.wait(LONG)
        return Result(host=task.host)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", once)
    monkeypatch.setattr(chassis, "GRACE", 0.01)
    runner = ChassisRunner(2, lambda _host, _result: None)
    fleet(["a", "b"]).with_runner(runner).run(task=hang)
    assert runner.interrupted
    assert cut.is_set()


@pytest.mark.parametrize(
    ("waits", "patience", "cuts"),
    [
        (["ends"], [5.0], 0),
        (["hangs", "ends"], [5.0, 1.0], 1),
        (["hangs", "hangs", "ends"], [5.0, 1.0, 1.0], 2),
        (["interrupted again", "ends"], [5.0, 1.0], 1),
    ],
)
def test_hosts_in_flight_have_their_time_until_the_second_interrupt(waits, patience, cuts, monkeypatch):
    ended, ours = Future(), Future()
    ended.set_result(None)
    happens, waited, cut = list(waits), [], []

    def wait(left, timeout):
        assert left == {ours}
        waited.append(timeout)
        match happens.pop(0):
            case "ends":
                ours.set_result(None)
                return SimpleNamespace(not_done=set())
            case "hangs":
                return SimpleNamespace(not_done={ours})
        raise KeyboardInterrupt

    monkeypatch.setattr(chassis, "wait", wait)
    monkeypatch.setattr(chassis, "end_all", cut.append)
    chassis._end([ended, ours])
    assert (waited, cut) == (patience, ["interrupted"] * cuts)
