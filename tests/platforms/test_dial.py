"""Names that nobody resolves, or not in time: a wait with an end, and the same errors as for any device."""

import socket
import threading

import pytest

from nornir_anyconnect.errors import LinkLostError, ReplyTimeoutError, UnreachableError
from nornir_anyconnect.platforms.asa_ssh.endpoint import Endpoint
from nornir_anyconnect.platforms.asa_ssh.options import Options
from nornir_anyconnect.platforms.deadline import host_deadline

CAUSE = "fw.example.net:22 cannot be reached: "


def endpoint(seconds=30.0, host="fw.example.net"):
    return Endpoint(host, 22, "audit", Options(connect_timeout=seconds))


@pytest.fixture
def silence(monkeypatch):
    """A resolver that answers nobody before the test is over; the event says that it was asked."""
    asked, over = threading.Event(), threading.Event()

    def getaddrinfo(*_args, **_how):
        asked.set()
        over.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "over")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    over.set()


def test_a_name_that_is_not_resolved_in_time_is_unreachable(silence):
    with pytest.raises(UnreachableError) as raised:
        endpoint(0.05).dial()
    assert raised.value.cause == CAUSE + "nobody resolved its name in time"


def test_the_time_of_the_host_ends_the_look_up(silence):
    with host_deadline(0.05, "fw1"), pytest.raises(ReplyTimeoutError, match="fw1 took longer than"):
        endpoint(600).dial()


def test_a_signal_ends_the_look_up(silence):
    with host_deadline(600, "fw1") as ours:
        threading.Thread(target=lambda: (silence.wait(60), ours.end("interrupted"))).start()
        with pytest.raises(LinkLostError, match="interrupted"):
            endpoint(600).dial()


@pytest.mark.parametrize("host", ["", "no..label", "x" * 300, "a b"])
def test_what_is_no_name_is_unreachable(host, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it was connected to"))
    if host in ("", "a b"):
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror(-2, "unknown"))
        )
    with pytest.raises(UnreachableError):
        endpoint(host=host).dial()


def test_each_address_of_a_name_is_tried_within_one_time(monkeypatch):
    clock = iter([0.0, 1.0, 11.0, 31.0])
    tried = []

    def refuse(place, seconds):
        tried.append((place, seconds))
        raise ConnectionRefusedError(111, "Connection refused")

    found = [(2, 1, 6, "", (f"192.0.2.{n}", 22)) for n in (1, 2, 3)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr("nornir_anyconnect.platforms.asa_ssh.endpoint.time.monotonic", lambda: next(clock))
    with pytest.raises(UnreachableError) as raised:
        endpoint(30.0).dial()
    assert raised.value.cause == CAUSE + "Connection refused"
    assert tried == [(("192.0.2.1", 22), 29.0), (("192.0.2.2", 22), 19.0)]


def test_an_address_that_just_fits_is_tried_and_one_of_ip_version_6_too(monkeypatch):
    clock, tried = iter([0.0, 29.5]), []

    def connect(place, seconds):
        tried.append((place, seconds))
        raise ConnectionRefusedError

    found = [(10, 1, 6, "", ("2001:db8::1", 22, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr("nornir_anyconnect.platforms.asa_ssh.endpoint.time.monotonic", lambda: next(clock))
    with pytest.raises(UnreachableError):
        endpoint(30.0).dial()
    assert tried == [(("2001:db8::1", 22), 0.5)]


def test_a_look_up_that_nobody_waits_for_holds_no_process_up(monkeypatch):
    daemons = []

    def getaddrinfo(*_, **__):
        daemons.append(threading.current_thread().daemon)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(UnreachableError, match="its name has no address"):
        endpoint().dial()
    assert daemons == [True]
