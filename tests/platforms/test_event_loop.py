"""The one loop of all sessions: nobody waits for it once the host's time is over, however busy it is."""

import os
import socket
import threading
from types import SimpleNamespace

import pytest

from nornir_anyconnect.errors import DeviceError
from nornir_anyconnect.platforms.asa_ssh import event_loop
from nornir_anyconnect.platforms.asa_ssh.event_loop import EventLoop, sessions
from nornir_anyconnect.platforms.asa_ssh.options import Options
from nornir_anyconnect.platforms.asa_ssh.ssh import open_ssh, server_key
from nornir_anyconnect.platforms.deadline import host_deadline
from nornir_anyconnect.platforms.login_gate import LoginGate
from tests.waiting import LONG, eventually

PATIENT = {"connect_timeout": LONG, "login_timeout": LONG}


@pytest.fixture
def busy():
    """A loop that does something else, and a server that waits for its first byte."""
    free, held = threading.Event(), threading.Event()
    sessions.call(lambda: (held.set(), free.wait(LONG)))
    held.wait(LONG)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
        free.set()
        # what was given up is put away before the socket's owner forgets it
        done = threading.Event()
        sessions.call(sessions.call, done.set)
        eventually(done.is_set)


@pytest.mark.parametrize("asked_for", ["a login", "its key"])
def test_a_busy_loop_keeps_nobody_whose_time_is_over(busy, tmp_path, asked_for):
    options = Options(known_hosts=tmp_path / "known_hosts", **PATIENT)
    with host_deadline(LONG, "fw") as ours, pytest.raises(DeviceError, match="interrupted"):
        ender = threading.Timer(0.05, ours.end, ("interrupted",))
        ender.start()
        if asked_for == "a login":
            open_ssh("127.0.0.1", busy, username="audit", password="x", options=options, login_gate=LoginGate())
        else:
            server_key("127.0.0.1", busy, options)
    ender.join()


def test_one_loop_serves_a_process_and_a_fork_has_its_own_and_each_is_stopped_when_its_process_ends(monkeypatch):
    ends = []
    monkeypatch.setattr(event_loop.atexit, "register", lambda *given: ends.append(given))
    loops = EventLoop()
    first = loops._running()
    assert loops._running() is first
    assert loops._thread.daemon
    loops._owner += 1  # as in a fork
    assert loops._running() is not first
    for stop, *given in ends:
        stop(*given)
    assert [(loop.is_closed(), thread.is_alive()) for _, loop, thread, _ in ends] == [(True, False)] * 2


@pytest.mark.parametrize(
    ("owner", "alive", "done"), [(0, False, ["stop", 1.0, "close"]), (0, True, ["stop", 1.0]), (1, False, [])]
)
def test_only_the_process_that_started_a_loop_stops_it_and_closes_it_once_it_has_ended(owner, alive, done):
    seen = []
    loop = SimpleNamespace(stop="stop", call_soon_threadsafe=seen.append, close=lambda: seen.append("close"))
    thread = SimpleNamespace(join=seen.append, is_alive=lambda: alive)
    EventLoop._stop(loop, thread, os.getpid() + owner)
    assert seen == done
