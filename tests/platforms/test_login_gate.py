"""One login at a time until a credential proved good; three refusals stop the fleet."""

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from nornir_anyconnect.errors import CredentialError, EnableError, LinkLostError, ReplyTimeoutError
from nornir_anyconnect.platforms.deadline import host_deadline
from nornir_anyconnect.platforms.login_gate import ENABLE, LoginGate
from tests.waiting import LONG, eventually


def log_in(gate, *, accepted, seen, lock, refused=None):
    with gate.attempt("audit", "p") as attempt:
        with lock:
            seen["now"] += 1
            seen["peak"] = max(seen["peak"], seen["now"])
            seen["all"] += 1
        threading.Event().wait(0.002)
        with lock:
            seen["now"] -= 1
        attempt.accepted, attempt.refused = accepted, not accepted if refused is None else refused


def test_a_refused_credential_is_tried_three_times_among_a_hundred_workers():
    gate, lock, seen = LoginGate(lambda: 0.0), threading.Lock(), {"now": 0, "peak": 0, "all": 0}
    with ThreadPoolExecutor(100) as pool:
        futures = [pool.submit(log_in, gate, accepted=False, seen=seen, lock=lock) for _ in range(100)]
    errors = [future.exception() for future in futures if future.exception()]
    assert seen == {"now": 0, "peak": 1, "all": 3}
    assert len(errors) == 97
    assert all(isinstance(error, CredentialError) and "3 times" in str(error) for error in errors)


def test_a_good_credential_lets_all_through_after_the_first():
    gate, lock, seen = LoginGate(lambda: 0.0), threading.Lock(), {"now": 0, "peak": 0, "all": 0}
    log_in(gate, accepted=True, seen=seen, lock=lock)
    assert seen["peak"] == 1
    everybody = threading.Barrier(20, timeout=LONG)

    def beside_all_others(number):
        with gate.attempt("audit", "p"):
            everybody.wait()  # nobody leaves before all are in

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(beside_all_others, range(20)))


def test_credentials_are_counted_apart_and_an_unreachable_host_counts_for_nothing():
    gate = LoginGate()
    for _ in range(5):
        with gate.attempt("audit", "good"):
            pass
    for _ in range(3):
        with gate.attempt("audit", "bad") as attempt:
            attempt.refused = True
    with pytest.raises(CredentialError), gate.attempt("audit", "bad"):
        pass
    with gate.attempt("audit", "good") as attempt:
        attempt.accepted = True


def test_while_nobody_knows_whether_a_credential_is_good_it_is_tried_one_by_one():
    gate, lock, seen = LoginGate(lambda: 0.0), threading.Lock(), {"now": 0, "peak": 0, "all": 0}
    with gate.attempt("audit", "p"):
        pass
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: log_in(gate, seen=seen, lock=lock, accepted=False, refused=False), range(20)))
    assert seen == {"now": 0, "peak": 1, "all": 20}


def test_after_the_gate_has_forgotten_a_refused_credential_is_tried_again():
    gate = LoginGate()
    for _ in range(3):
        with gate.attempt("audit", "bad") as attempt:
            attempt.refused = True
    gate.forget()
    with gate.attempt("audit", "bad") as attempt:
        assert not attempt.accepted


def test_the_gate_holds_no_credential():
    gate = LoginGate()
    with gate.attempt("audit", "canary-password"):
        pass
    assert b"canary" not in b"".join(gate._records)


def begin(gate, *names):
    """Logins that are not judged yet."""
    gate.held = [*getattr(gate, "held", ()), *(gate.attempt("audit", "p") for _ in names)]
    for each in gate.held[-len(names) :]:
        each.__enter__()


def test_a_login_that_nobody_judges_lets_the_next_one_go_after_a_while_and_three_at_most():
    clock = SimpleNamespace(now=100.0)
    gate = LoginGate(lambda: clock.now)
    record = gate._record(("audit", "p"))
    assert record.wait(clock.now) == 0
    begin(gate, "slow")
    assert record.wait(clock.now) == 2.0
    clock.now += 1.5
    assert record.wait(clock.now) == 0.5
    clock.now += 0.5
    begin(gate, "slow too")
    assert record.wait(clock.now) == 2.0
    clock.now += 2
    begin(gate, "slow as well")
    assert record.wait(clock.now + 1000) is None  # three that may be refused are all that an account can bear


def test_those_in_flight_and_those_refused_are_three_together():
    gate = LoginGate(lambda: 0.0)
    for _ in range(2):
        with gate.attempt("audit", "p") as attempt:
            attempt.refused = True
    begin(gate, "slow")
    assert gate._record(("audit", "p")).wait(1000.0) is None


def test_a_host_whose_time_is_over_does_not_wait_for_its_turn():
    gate = LoginGate(lambda: 0.0)
    begin(gate, "slow")
    with host_deadline(0.01, "fw"), pytest.raises(ReplyTimeoutError, match=r"fw took longer than 0\.01 s"):
        with gate.attempt("audit", "p"):
            raise AssertionError


def test_a_host_that_has_any_time_left_waits_for_its_turn(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    gate = LoginGate(lambda: clock.now)
    begin(gate, "slow")
    ours = SimpleNamespace(left=0.01, cut_with=lambda cut: None, error=AssertionError)
    monkeypatch.setattr("nornir_anyconnect.platforms.deadline.current", lambda: ours)
    monkeypatch.setattr(gate._changed, "wait", lambda seconds: setattr(clock, "now", 2.0))
    with gate.attempt("audit", "p") as attempt:
        assert not attempt.refused


@pytest.mark.parametrize(
    ("credential", "error", "words"),
    [
        (("audit", "p"), CredentialError, "the login of the user 'audit'"),
        (("audit", "p", ENABLE), EnableError, "the enable secret of the user 'audit'"),
    ],
)
def test_who_is_not_tried_any_more_hears_which_secret_was_refused(credential, error, words):
    gate = LoginGate()
    for _ in range(3):
        with gate.attempt(*credential) as attempt:
            attempt.refused = True
    with pytest.raises(error, match=words) as refused:
        gate.refuse_spent(*credential)
    assert type(refused.value) is error


def test_the_tally_says_whether_any_credential_is_good_and_how_many_logins_were_refused():
    gate = LoginGate()
    assert gate.tally() == (False, 0)
    for name in ("one", "two"):
        with gate.attempt(name, "p") as attempt:
            attempt.refused = True
    assert gate.tally() == (False, 2)
    with gate.attempt("three", "p") as attempt:
        attempt.accepted = True
    assert gate.tally() == (True, 2)


def test_what_is_spent_is_not_connected_for():
    gate = LoginGate()
    for _ in range(3):
        gate.refuse_spent("audit", "p")
        with gate.attempt("audit", "p") as attempt:
            attempt.refused = True
    with pytest.raises(CredentialError, match="not tried"):
        gate.refuse_spent("audit", "p")


def test_who_waits_for_a_turn_hears_that_the_time_is_over():
    """Nobody in flight is judged, and the host still had its whole time: a signal ends the wait."""
    gate, ended = LoginGate(lambda: 0.0), []
    for _ in range(2):
        with gate.attempt("audit", "p") as attempt:
            attempt.refused = True
    with gate.attempt("audit", "p"), host_deadline(10 * LONG, "fw") as ours:

        def wait():
            try:
                with gate.attempt("audit", "p"):
                    ended.append("let in")
            except LinkLostError as error:
                ended.append(error.cause)

        waiting = threading.Thread(target=contextvars.copy_context().run, args=(wait,), daemon=True)
        waiting.start()
        eventually(lambda: ours._cuts)
        ours.end("interrupted")
        waiting.join(LONG)
    assert ended == ["fw: interrupted, its connection was cut"]
