"""Whatever is done with a host has an end, which cuts its connections; a signal is that end at any moment."""

import threading
from types import SimpleNamespace

import pytest

from nornir_anyconnect.errors import LinkLostError, ReplyTimeoutError
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.deadline import Deadline, current, end_all, host_deadline
from tests.waiting import LONG, eventually


def test_a_host_whose_time_is_over_is_cut_and_one_with_time_left_is_not():
    cut, not_yet = threading.Event(), threading.Event()
    with host_deadline(300, "all") as whole, host_deadline(0.05, "fw") as ours:
        kept = deadline._keeper.keep(late := Deadline(200, "late"))
        late.cut_with(not_yet.set)
        ours.cut_with(cut.set)
        assert cut.wait(LONG)
        assert (ours.over, ours.left) == (True, 0.0)
        assert (whole.over, late.over, not_yet.is_set()) == (False, False, False)
        assert 200 < whole.left <= 300
        assert isinstance(ours.error(), ReplyTimeoutError)
        assert str(ours.error()) == "fw took longer than 0.05 s in all"
        assert current() is ours
    assert current() is None
    deadline._keeper.let_go(kept)


def test_what_is_left_behind_is_kept_no_longer_and_the_next_one_to_end_comes_first():
    with host_deadline(300, "fw") as ours:
        assert ours in deadline._keeper.all()
    assert ours not in deadline._keeper.all()
    keeper = deadline._Keeper()
    first, _, _ = (keeper.keep(Deadline(each, str(each))) for each in (100, 500, 200))
    keeper.let_go(first)
    keeper.let_go(first)
    assert [each.name for each in keeper.all()] == ["200", "500"]


def test_a_signal_ends_all_that_is_worked_on_and_says_why():
    cut = []
    with host_deadline(300, "fw") as ours:
        ours.cut_with(lambda: cut.append("fw"))
        end_all("ended by SIGTERM")
        end_all("time")
        assert cut == ["fw"]
        assert (ours.over, ours.left) == (True, 0.0)
        assert isinstance(ours.error(), LinkLostError)
        assert str(ours.error()) == "fw: ended by SIGTERM, its connection was cut"
        ours.cut_with(lambda: cut.append("opened too late"))
        assert cut == ["fw", "opened too late"]


def test_no_signal_ends_what_was_begun_or_a_part_of_it_and_time_does():
    with host_deadline(300, "the wave's") as whole, host_deadline(200, "fw") as ours:
        ours.see_it_out()
        with host_deadline(100, "shell of fw") as part, host_deadline(100, "other"):
            end_all("interrupted")
        assert (whole.over, ours.over, part.over) == (False, False, False)
        ours.end()
        assert ours.over
        with pytest.raises(ReplyTimeoutError):
            ours.see_it_out()


def test_what_a_signal_has_ended_is_not_begun():
    with host_deadline(300, "the wave's") as whole, host_deadline(200, "fw") as ours:
        whole.end("interrupted")
        with pytest.raises(LinkLostError, match="interrupted"):
            ours.see_it_out()


def test_a_part_ends_with_the_whole_and_says_what_the_whole_says():
    cut = []
    whole = Deadline(100, "fw")
    part = Deadline(200, "shell of fw", whole)
    assert not part.over
    assert 90 < part.left <= 100
    part.cut_with(lambda: cut.append("shell"))
    whole.end("interrupted")
    assert cut == ["shell"]
    assert (part.over, part.left) == (True, 0.0)
    assert str(part.error()) == "fw: interrupted, its connection was cut"


def test_the_part_alone_may_end():
    whole = Deadline(100, "fw")
    part = Deadline(1, "shell of fw", whole)
    part.end()
    assert (part.over, whole.over) == (True, False)
    assert str(part.error()) == "shell of fw took longer than 1 s in all"


def test_a_host_whose_time_is_over_says_so_before_anybody_has_ended_it():
    assert str(Deadline(0, "fw").error()) == "fw took longer than 0 s in all"
    assert str(Deadline(0, "shell of fw", Deadline(100, "fw")).error()) == "shell of fw took longer than 0 s in all"
    assert str(Deadline(100, "shell of fw", Deadline(0, "fw")).error()) == "fw took longer than 0 s in all"


def test_a_connection_that_cannot_be_cut_is_logged_and_the_others_are_cut(caplog):
    cut = []
    ours = Deadline(100, "fw")
    ours.cut_with(lambda: [].pop())
    ours.cut_with(lambda: cut.append("second"))
    ours.end()
    assert cut == ["second"]
    assert "fw: a connection could not be cut" in caplog.text


def test_one_thread_keeps_all_ends_and_holds_no_process_up():
    keeper = deadline._Keeper()
    keeper.keep(Deadline(300, "fw1"))
    keeping = keeper._thread
    keeper.keep(Deadline(300, "fw2"))
    assert keeper._thread is keeping
    assert (keeping.is_alive(), keeping.daemon) == (True, True)


def test_a_thread_that_did_not_live_through_a_fork_is_started_anew():
    gone = threading.Thread(target=int)
    gone.start()
    gone.join()
    keeper, cut = deadline._Keeper(), threading.Event()
    keeper._thread = gone
    ours = Deadline(0, "fw")
    ours.cut_with(cut.set)
    keeper.keep(ours)
    assert cut.wait(LONG)


def test_waiting_for_an_end_takes_no_processor_time(monkeypatch):
    calls, clock = [], deadline.time.monotonic
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: calls.append(1) or clock()))
    keeper, cut = deadline._Keeper(), threading.Event()
    ours = Deadline(0.2, "fw")
    ours.cut_with(cut.set)
    keeper.keep(ours)
    assert cut.wait(LONG)
    assert len(calls) < 30


def test_one_that_is_shorter_is_not_held_up_by_one_that_waits(eventually):
    cut = threading.Event()
    keeper = deadline._Keeper()
    keeper.keep(Deadline(300, "fw2"))
    keeper.keep(Deadline(200, "fw3"))
    eventually(lambda: keeper._changed._waiters)
    ours = Deadline(0.01, "fw1")
    ours.cut_with(cut.set)
    keeper.keep(ours)
    assert cut.wait(LONG)
    assert {each.name for each in keeper.all()} == {"fw2", "fw3"}


def test_who_asks_for_more_than_a_thread_can_wait_gets_as_much_as_it_can():
    ours, keeper, cut = Deadline(1e300, "fw"), deadline._Keeper(), threading.Event()
    assert threading.Lock().acquire(timeout=ours.left)  # one that is too long is an error
    keeper.keep(ours)
    eventually(lambda: keeper._changed._waiters)
    short = Deadline(0.01, "fw2")
    short.cut_with(cut.set)
    keeper.keep(short)
    assert cut.wait(LONG)
    assert not ours.over
