"""asyncssh as a transport: what it answers for us, what waits to be read, and how it ends, without a server."""

import asyncio
import concurrent.futures
import logging
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import asyncssh
import pytest

from nornir_anyconnect.errors import (
    AlgorithmError,
    CredentialError,
    HostKeyError,
    IncompleteReplyError,
    LinkLostError,
    UnreachableError,
)
from nornir_anyconnect.platforms.asa_ssh import asyncssh_transport as ours
from nornir_anyconnect.platforms.asa_ssh.endpoint import Endpoint
from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey
from nornir_anyconnect.platforms.asa_ssh.options import Options
from tests.waiting import LONG, eventually

SERVER = Endpoint("fw1", 22, "audit", Options(), "canary")


@pytest.fixture
def at_once(monkeypatch):
    """The loop's thread is ours: what it is told to do is done at once; what it is to run is kept."""
    run = []
    loop = SimpleNamespace(call=lambda function, *given: function(*given), start=run.append)
    monkeypatch.setattr(ours, "sessions", loop)
    return run


def answers(login, *asked):
    """What a login answers to one question after the other, each in its turn."""

    async def talk():
        said = []
        for question in asked:
            answer = asyncio.ensure_future(question())
            await asyncio.sleep(0)
            if not answer.done():
                assert login.asked.is_set()
                login.go()
                login.go()
            said.append(await answer)
        return said

    return asyncio.run(talk())


def challenge(login, *prompts):
    return lambda: login.kbdint_challenge_received("", "", "", [(each, False) for each in prompts])


def test_a_password_is_given_once_and_only_when_it_is_its_turn():
    login = ours.Login(SERVER)
    login.go()  # nobody has asked yet
    assert not login.asked.is_set()
    assert not login.spent
    assert answers(login, login.password_auth_requested, login.password_auth_requested) == ["canary", None]
    assert login.spent


def test_a_key_is_given_once():
    login = ours.Login(SERVER, key="a key")
    assert answers(login, login.public_key_auth_requested, login.public_key_auth_requested) == ["a key", None]


def test_the_one_question_for_a_password_is_answered_once():
    login = ours.Login(SERVER)
    assert login.kbdint_auth_requested() == ""
    asked = [challenge(login), challenge(login, "Password: "), challenge(login), challenge(login, "Password: ")]
    assert answers(login, *asked) == [[], ["canary"], [], None]


@pytest.mark.parametrize("prompts", [("Enter PASSCODE: ",), ("Password: ", "Token: "), ("Login: ", "Password: ")])
def test_any_other_question_is_not_answered_and_costs_no_attempt(prompts):
    login = ours.Login(SERVER)
    assert answers(login, challenge(login, *prompts)) == [None]
    assert not login.spent


def test_where_there_is_no_password_nothing_is_said_for_one():
    login = ours.Login(Endpoint("fw1", 22, "audit", Options()))
    assert answers(login, challenge(login, "Password: ")) == [[""]]


class Channel:
    def __init__(self, error=None):
        self.done, self.error = [], error

    def __getattr__(self, name):
        return lambda *given: self.done.append((name, *given))

    def write(self, data):
        self.done.append(("write", data))
        if self.error:
            raise self.error


def screen(channel=None):
    made = ours.Screen()
    made.connection_made(channel or Channel())
    return made


def test_who_sends_more_than_anybody_reads_is_told_to_wait_once_and_to_go_on_when_it_was_read(at_once):
    channel = Channel()
    shown = screen(channel)
    assert ours.WINDOW == 512 * 1024
    shown.data_received(b"x" * (ours.WINDOW - 1), None)
    assert channel.done == []
    shown.data_received(b"y", None)
    assert channel.done == [("pause_reading",)]
    shown.data_received(b"z" * ours.WINDOW, None)
    assert channel.done == [("pause_reading",)]
    assert len(shown.take(0)) == 2 * ours.WINDOW
    assert channel.done == [("pause_reading",), ("resume_reading",)]
    shown.data_received(b"x" * (ours.WINDOW - 1), None)
    assert len(shown.take(0)) == ours.WINDOW - 1
    assert channel.done == [("pause_reading",), ("resume_reading",)]


@pytest.mark.parametrize(
    "happens", [lambda shown: shown.data_received(b"x", None), lambda shown: shown.connection_lost(None)]
)
def test_who_reads_waits_for_what_comes_or_for_the_end(happens):
    shown, taken = screen(), []
    reader = threading.Thread(target=lambda: taken.append(shown.take(10 * LONG)), daemon=True)
    reader.start()
    eventually(lambda: shown._changed._waiters)
    happens(shown)
    reader.join(LONG)
    assert taken in ([b"x"], [b""])


def test_what_has_come_or_ended_is_not_waited_for():
    shown = screen()
    shown._changed = type("Held", (), {"__enter__": lambda _: _, "__exit__": lambda *_: None, "notify": lambda _: None,
                                       "wait": lambda *_: pytest.fail("it waited")})()  # fmt: skip
    shown.data_received(b"x", None)
    assert shown.take(LONG) == b"x"
    shown.end()
    assert shown.take(LONG) == b""


@pytest.mark.parametrize("error", [None, OSError("gone")])
def test_what_cannot_be_sent_any_more_is_told_by_the_end(error):
    channel = Channel(error)
    screen(channel).write(b"hello")
    assert channel.done == [("write", b"hello")]


def wire(sock=None, **more):
    return SimpleNamespace(sock=sock, flooded=False, offered={}, cuts=[], **more)


def connection(*, ssh=None, sock=None):
    made = wire(sock)
    made.cut = lambda: made.cuts.append("cut")
    found = ours.Connection(SERVER, made)
    found.ssh = ssh
    return found


def test_a_connection_is_closed_in_good_order_or_cut_where_there_is_none_yet(at_once):
    logged_in, begun, carried = connection(ssh=Channel(), sock="s"), connection(sock="s"), connection()
    for each in (logged_in, begun, carried):
        each.close()
    assert [each.wire.cuts for each in (logged_in, begun, carried)] == [[], ["cut"], []]
    (closing,) = at_once
    closing.close()


@pytest.mark.parametrize(
    ("error", "done"), [(None, ["close"]), (TimeoutError(), ["close", "abort"]), (OSError(), ["close", "abort"])]
)
def test_a_server_that_does_not_close_is_left(error, done):
    seen = []

    async def wait_closed():
        if error:
            raise error

    ssh = SimpleNamespace(
        close=lambda: seen.append("close"), abort=lambda: seen.append("abort"), wait_closed=wait_closed
    )
    asyncio.run(ours._close(ssh))
    assert seen == done


def test_a_session_reads_what_came_before_it_ended_and_then_says_so(at_once):
    shown, device = screen(), connection()
    link = ours.AsyncsshTransport(shown, device)
    link.write(b"hello")
    assert shown._channel.done == [("write", b"hello")]
    assert link.read(0) == b""
    shown.data_received(b"bye", None)
    shown.end()
    assert link.read(0) == b"bye"
    for use in (lambda: link.read(0), lambda: link.write(b"x")):
        device.wire.flooded = False
        with pytest.raises(LinkLostError):
            use()
        device.wire.flooded = True
        with pytest.raises(IncompleteReplyError):
            use()
    assert shown._channel.done == [("write", b"hello")]


@pytest.mark.parametrize("jump", [True, False])
def test_what_is_cut_or_closed_is_all_of_it(at_once, jump):
    for end, cuts in (("cut", [["cut"], ["cut"]]), ("close", [["cut"], ["cut"]])):
        shown, both = screen(), [connection(sock="s"), connection(sock="s")]
        getattr(ours.AsyncsshTransport(shown, both[0], both[1] if jump else None), end)()
        assert shown.ended
        assert [each.wire.cuts for each in both] == (cuts if jump else [["cut"], []])


OLD = {"key exchange": ("diffie-hellman-group1-sha1",), "host key": ("ssh-rsa",), "cipher": ("aes128-ctr",), "MAC": ()}


@pytest.mark.parametrize(
    ("error", "offered", "flooded", "kind", "words"),
    [
        (asyncssh.ChannelOpenError(2, "no route"), {}, False, UnreachableError, "fw1:22 cannot be reached: no route"),
        (asyncssh.ChannelOpenError(2, "no route"), {}, True, UnreachableError, "fw1:22 cannot be reached: no route"),
        (asyncssh.HostKeyNotVerifiable("x"), {}, False, HostKeyError, "the host key is not known in "),
        (asyncssh.PermissionDenied("x"), {}, False, CredentialError, "fw1 refused the login of the user 'audit'"),
        (asyncssh.KeyExchangeFailed("x"), OLD, False, AlgorithmError, "key exchange: diffie-hellman-group1-sha1"),
        (OSError("reset"), {}, False, UnreachableError, "fw1:22 gives no SSH session: reset"),
        (asyncssh.KeyExchangeFailed("x"), OLD, True, UnreachableError, "fw1:22 sent more than 1 MB"),
        (asyncssh.PermissionDenied("x"), {}, True, UnreachableError, "fw1:22 sent more than 1 MB"),
    ],
)
def test_what_went_wrong_is_said_in_the_words_of_a_network_engineer(error, offered, flooded, kind, words, tmp_path):
    server = Endpoint("fw1", 22, "audit", Options(known_hosts=tmp_path / "none"))
    held = wire()
    held.offered, held.flooded = offered, flooded
    login = ours.Login(server)
    login.spent = True
    found = ours._explained(error, server, login, held)
    assert type(found) is kind
    assert words in str(found)


@pytest.mark.parametrize(("key_file", "asked"), [(None, "a password alone"), (Path("id"), "a key")])
def test_who_was_not_asked_for_the_credential_is_told_that_nothing_was_tried(key_file, asked):
    server = Endpoint("fw1", 22, "audit", Options(), "canary", key_file)
    with pytest.raises(CredentialError, match=f"fw1 does not ask the user 'audit' for {asked}; nothing was tried"):
        raise ours._explained(asyncssh.PermissionDenied("x"), server, ours.Login(server), wire())


@pytest.mark.parametrize(
    ("ends", "words"),
    [("never", "no key exchange within 0.01 s"), (ValueError("noise"), "noise"), (None, "it asks for no login")],
)
def test_a_connection_that_was_only_to_show_a_key_is_put_away_and_says_why_it_ended(ends, words, at_once):
    future = concurrent.futures.Future()
    if isinstance(ends, Exception):
        future.set_exception(ends)
    elif ends is None:
        future.set_result("connected")
    done = []
    held = SimpleNamespace(cut=lambda: done.append("cut"), release=lambda: done.append("release"))
    assert str(ours._failure_of(future, 0.01, held)) == words
    assert done == ["cut", "release"]
    assert future.cancelled() is (ends == "never")


def test_a_server_that_never_grants_a_terminal_is_given_up():
    cancelled = []

    async def create_session(*_, **__):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    server = Endpoint("fw1", 22, "audit", Options(login_timeout=0.01))
    link = SimpleNamespace(
        server=server, ssh=SimpleNamespace(create_session=create_session), wire=SimpleNamespace(cut=int)
    )
    with pytest.raises(
        UnreachableError, match=r"accepted the login but opened no session \(no terminal within 0.01 s\)"
    ):
        ours._shell(link)
    eventually(lambda: cancelled)


def test_a_damaged_key_of_known_hosts_makes_nobody_known():
    assert ours._public(HostKey("fw1", "ssh-ed25519", "AAAA")) is None
    key = asyncssh.generate_private_key("ssh-ed25519")
    kind, text = key.export_public_key().decode().split()[:2]
    assert ours._public(HostKey("fw1", kind, text)) == key.convert_to_public()


def test_what_asyncssh_tells_of_every_connection_is_not_logged():
    log = logging.getLogger("asyncssh")
    assert log.level == logging.WARNING
    assert any(isinstance(each, logging.NullHandler) for each in log.handlers)


@pytest.mark.parametrize(("key", "ways"), [(None, (False, True, True, False)), ("a key", (True, False, False, False))])
def test_a_server_is_offered_the_one_credential_that_we_have(key, ways, monkeypatch):
    asked = []

    async def connect(*_, **how):
        asked.append(how)

    monkeypatch.setattr(asyncssh, "connect", connect)
    asyncio.run(ours._connect(SERVER, ours.Login(SERVER), wire(), key, {}))
    names = ("public_key_auth", "password_auth", "kbdint_auth", "host_based_auth")
    assert tuple(asked[0][name] for name in names) == ways


@pytest.fixture
def dialled(monkeypatch):
    """A server that is reached over a pair of sockets; and the connection to it that never gets any further."""
    near, far = socket.socketpair()
    cancelled, ready = [], []

    async def connect(_server, login, wire, *_, **__):
        if ready:
            wire._taken = True  # asyncssh has it: it is only cut
            login.asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(1)

    monkeypatch.setattr(Endpoint, "dial", lambda _: near)
    monkeypatch.setattr(ours, "_connect", connect)
    with far:
        yield SimpleNamespace(near=near, far=far, cancelled=cancelled, ready=ready)


def test_a_server_without_a_key_exchange_is_put_away_and_no_credential_was_tried(dialled):
    server = Endpoint("fw1", 22, "audit", Options(login_timeout=0.01), "canary")
    with pytest.raises(UnreachableError, match=r"gives no SSH session: no key exchange within 0\.01 s"):
        ours._log_in(server, None, None, None)
    assert dialled.far.recv(1) == b""
    eventually(lambda: dialled.cancelled and dialled.near.fileno() == -1)


def test_a_credential_that_is_spent_by_then_is_said_as_it_is(dialled):
    dialled.ready.append(1)

    def attempt(*_):
        raise CredentialError("refused elsewhere", "")

    with pytest.raises(CredentialError, match="refused elsewhere"):
        ours._log_in(SERVER, None, None, SimpleNamespace(attempt=attempt))
    assert dialled.far.recv(1) == b""
    dialled.near.close()


@pytest.mark.parametrize("commented", [False, True])
def test_what_a_server_shows_is_remembered_without_its_comment_and_never_trusted(commented):
    key = asyncssh.generate_private_key("ssh-ed25519")
    if commented:
        key.set_comment("of fw1")
    login = ours.Login(SERVER)
    assert login.validate_host_public_key("fw1", "", 22, key) is False
    assert login.shown.line == f"fw1 {key.export_public_key().decode().split(maxsplit=2)[0]} {login.shown.base64}"


@pytest.mark.parametrize(("jump", "allowed"), [(True, [100, 200]), (False, [100])])
def test_a_jump_host_may_bring_twice_what_it_carries(jump, allowed, monkeypatch):
    bytes_allowed = []

    def logged_in(_server, _key, _between, _gate):
        made = connection()
        made.wire.allow = bytes_allowed.append
        return made

    monkeypatch.setattr(ours, "_log_in", logged_in)
    monkeypatch.setattr(ours, "_shell", lambda _: screen())
    server = Endpoint("fw1", 22, "audit", Options(reply_limit=25 / 2**20))
    ours.open_channel(server, server if jump else None, None)
    assert bytes_allowed == allowed


@pytest.mark.parametrize("fails", ["_log_in", "_shell"])
def test_where_there_is_no_session_all_links_are_put_away(fails, monkeypatch):
    closed, made = [], []

    def logged_in(_server, _key, between, _gate):
        if fails == "_log_in" and between is not None:
            raise OSError("no")
        link = connection(sock="s")
        link.close = lambda: closed.append("between" if between is None else "device")
        made.append(link)
        return link

    monkeypatch.setattr(ours, "_log_in", logged_in)
    monkeypatch.setattr(ours, "_shell", lambda _: (_ for _ in ()).throw(OSError("no")))
    with pytest.raises(OSError, match="no"):
        ours.open_channel(SERVER, SERVER, None)
    assert closed == (["between"] if fails == "_log_in" else ["device", "between"])
    assert [each.wire.cuts for each in made] == ([[]] if fails == "_log_in" else [[], ["cut"]])
