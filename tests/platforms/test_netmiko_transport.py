"""netmiko's channel without its login: what ends a wait, what the gate is told, what is asked of a server."""

import contextlib
import socket
import threading
from types import SimpleNamespace

import paramiko
import pytest

from nornir_anyconnect.errors import CredentialError, LinkLostError, UnreachableError
from nornir_anyconnect.platforms.asa_ssh import netmiko_transport
from nornir_anyconnect.platforms.asa_ssh.endpoint import Endpoint
from nornir_anyconnect.platforms.asa_ssh.netmiko_transport import Client, Handshake, Jump, SshTransport
from nornir_anyconnect.platforms.asa_ssh.options import JumpHost, Options
from nornir_anyconnect.platforms.asa_ssh.ssh import open_ssh, server_key
from nornir_anyconnect.platforms.asa_ssh.wire import GuardedSocket
from nornir_anyconnect.platforms.deadline import host_deadline
from nornir_anyconnect.platforms.login_gate import Attempt, LoginGate
from tests.waiting import LONG


def sock_with(*parts):
    """A socket that brings these, then nothing."""
    left = list(parts)
    return SimpleNamespace(recv=lambda size: left.pop(0)[:size] if left else b"")


def test_the_last_byte_that_is_allowed_is_still_read():
    sock = GuardedSocket(sock_with(b"x" * 10, b"yy"), 11)
    assert [sock.recv(64), sock.recv(64)] == [b"x" * 10, b"y"]
    assert not sock.flooded
    assert (sock.recv(64), sock.flooded) == (b"", True)


def test_what_is_allowed_later_counts_from_then_on():
    sock = GuardedSocket(sock_with(b"x" * 10, b"y" * 10), 10)
    assert sock.recv(64) == b"x" * 10
    sock.allow(3)
    assert sock.recv(64) == b"yyy"
    assert not sock.flooded


@pytest.mark.parametrize("own", [{"_closed": True}, {"closed": True}])
def test_a_closed_socket_is_seen_to_be_closed(own):
    assert GuardedSocket(SimpleNamespace(**own))._closed is True
    assert GuardedSocket(SimpleNamespace(**dict.fromkeys(own, False)))._closed is False


@pytest.mark.parametrize("error", [EOFError, OSError])
def test_a_link_whose_jump_host_has_gone_is_closed_without_a_word(error):
    closed = []

    def close():
        closed.append(True)
        raise error  # paramiko says goodbye over a link that has ended, in a thread of its own

    GuardedSocket(SimpleNamespace(close=close)).close()
    assert closed
    assert GuardedSocket(SimpleNamespace())._closed is False


def test_cutting_a_socket_ends_whoever_waits_on_it_and_does_no_harm_twice():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sock = GuardedSocket(ours)
        sock.cut()
        assert (sock.recv(10), theirs.recv(10)) == (b"", b"")
    sock.cut()


def handshake(*, active=True, authenticated=True, turn=None):
    found = Handshake.__new__(Handshake)
    found.turn = turn or (lambda: contextlib.nullcontext(Attempt()))
    found.is_active = lambda: active
    found.is_authenticated = lambda: authenticated
    return found


def test_a_key_exchange_that_did_not_come_in_time_is_an_error(monkeypatch):
    asked = []
    monkeypatch.setattr(paramiko.Transport, "start_client", lambda _, *args: asked.append(args))
    ours = handshake()
    ours.initial_kex_done = False
    with pytest.raises(paramiko.SSHException, match=r"^no key exchange within 3 s$"):
        ours.start_client(timeout=3)
    event = threading.Event()
    ours.start_client(event)  # whoever gives an event waits by himself
    ours.initial_kex_done = True
    ours.start_client(timeout=3)
    assert asked == [(None, 3), (event, None), (None, 3)]


METHODS = ("auth_password", "auth_publickey")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("authenticated", [True, False])
def test_the_gate_is_told_that_a_credential_is_good_only_if_it_logged_in(monkeypatch, method, authenticated):
    attempt = Attempt()
    monkeypatch.setattr(paramiko.Transport, method, lambda *_: ["keyboard-interactive"])
    ours = handshake(authenticated=authenticated, turn=lambda: contextlib.nullcontext(attempt))
    assert getattr(ours, method)("audit", "anything") == ["keyboard-interactive"]
    assert (attempt.accepted, attempt.refused) == (authenticated, False)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("active", "words", "refused"),
    [
        (True, "Authentication failed.", True),
        (True, "Authentication timeout.", False),
        (False, "Authentication failed.", False),
        (False, "Authentication timeout.", False),
    ],
)
def test_a_refusal_counts_only_where_the_server_said_it(monkeypatch, method, active, words, refused):
    def fails(*_):
        raise paramiko.AuthenticationException(words)

    attempt = Attempt()
    monkeypatch.setattr(paramiko.Transport, method, fails)
    ours = handshake(active=active, turn=lambda: contextlib.nullcontext(attempt))
    with pytest.raises(paramiko.AuthenticationException, match=words):
        getattr(ours, method)("audit", "wrong")
    assert (attempt.accepted, attempt.refused) == (False, refused)


class Channel:
    """Remembers what was asked of it, and may answer in its own way."""

    def __init__(self, get_pty=lambda: None):
        self.asked, self._get_pty = [], get_pty

    def settimeout(self, seconds):
        self.asked.append(("settimeout", seconds))

    def get_pty(self, *args, **kwargs):
        self.asked.append(("get_pty", args, kwargs))
        self._get_pty()

    def invoke_shell(self):
        self.asked.append(("invoke_shell",))


def shell(channel, patience=30.0, cut=lambda: None):
    client = Client(Endpoint("fw", 22, "", Options(login_timeout=patience)))
    transport = SimpleNamespace(sock=SimpleNamespace(cut=cut), open_session=lambda timeout: channel)
    client.get_transport = lambda: transport
    return client.invoke_shell("vt100", width=511)


def test_a_terminal_is_asked_for_before_the_shell_and_neither_without_end():
    channel = Channel()
    assert shell(channel, 7.0) is channel
    assert channel.asked == [("settimeout", 7.0), ("get_pty", ("vt100",), {"width": 511}), ("invoke_shell",)]


def test_a_terminal_that_is_refused_is_told_as_it_was_said():
    def refuse():
        raise paramiko.SSHException("Channel closed.")

    with pytest.raises(paramiko.SSHException, match=r"^Channel closed\.$"):
        shell(Channel(refuse))


def test_a_terminal_that_never_comes_is_cut_and_told_as_such():
    cut = threading.Event()

    def wait():
        assert cut.wait(LONG)
        raise EOFError

    with pytest.raises(paramiko.SSHException, match=r"^no terminal within 0\.05 s$"):
        shell(Channel(wait), 0.05, cut.set)


@pytest.mark.parametrize("jump", [False, True])
def test_cutting_and_closing_reach_the_server_in_between_as_well(jump):
    done = []
    between = Jump(
        SimpleNamespace(close=lambda: done.append("jump closed")), SimpleNamespace(cut=lambda: done.append("jump cut"))
    )
    link = SshTransport(
        SimpleNamespace(remote_conn=None, disconnect=lambda: done.append("closed")),
        SimpleNamespace(cut=lambda: done.append("cut")),
        between if jump else None,
    )
    link.cut()
    link.close()
    assert done == (["cut", "jump cut", "closed", "jump closed"] if jump else ["cut", "closed"])


def test_netmiko_left_to_itself_would_take_no_unknown_key_and_change_no_setting(server):
    options = Options(known_hosts=server.known_hosts, transport="netmiko")
    with contextlib.closing(
        open_ssh("127.0.0.1", server.port, username="audit", password="right", options=options, login_gate=LoginGate())
    ) as link:
        assert isinstance(link._netmiko.key_policy, paramiko.RejectPolicy)
        assert not link._netmiko.allow_auto_change
        assert link._channel.get_transport().sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        link.read(0.01)
        assert link._channel.gettimeout() == 0.01
    assert [each for each in threading.enumerate() if isinstance(each, paramiko.Transport) and each.is_active()] == []


@pytest.mark.parametrize("error", [OSError("reset"), EOFError(), paramiko.SSHException("bad packet")])
def test_whatever_breaks_the_link_is_a_lost_link(error):
    def broken(_):
        raise error

    channel = SimpleNamespace(settimeout=lambda _: None, recv=broken, sendall=broken)
    link = SshTransport(SimpleNamespace(remote_conn=channel), GuardedSocket(None))
    for call in (lambda: link.read(1), lambda: link.write(b"hello")):
        with pytest.raises(LinkLostError, match="the SSH session ended"):
            call()


@pytest.fixture
def undone(monkeypatch):
    """What is done with the links of a login that fails, in order; no server takes part."""
    done = []

    def link(name):
        return SimpleNamespace(
            cut=lambda: done.append(f"cut {name}"), close=lambda: done.append(f"close {name}"), flooded=False
        )

    def client(server, *_):
        made = link(f"client of {server.hostname}")
        made.connect = lambda *_, **__: fail(server.hostname)
        made.handshake, made.server = None, server
        made.make = lambda *_, **__: SimpleNamespace(
            set_log_channel=id, start_client=lambda **_: fail(server.hostname), close=lambda: done.append("close")
        )
        return made

    def fail(where):
        raise undone_by[where]

    undone_by = {}
    monkeypatch.setattr(netmiko_transport, "_socket", lambda server, _: link(server.hostname))
    monkeypatch.setattr(netmiko_transport, "Client", client)
    monkeypatch.setattr(netmiko_transport, "_log_in", lambda device, *_: fail(device.hostname))
    return done, undone_by


def reach_nobody(**options):
    options = Options(transport="netmiko", **options)
    open_ssh("fw", 22, username="audit", password="pw", options=options, login_gate=LoginGate())


@pytest.mark.parametrize("error", [UnreachableError("gone"), KeyboardInterrupt()])
def test_the_link_of_a_login_that_fails_is_cut_before_it_is_closed_so_that_nothing_waits(undone, error):
    done, undone_by = undone
    undone_by["fw"] = error
    with pytest.raises(type(error)):
        reach_nobody()
    assert done == ["cut fw", "close client of fw", "close fw"]


@pytest.mark.parametrize("error", [paramiko.SSHException("gone"), KeyboardInterrupt()])
def test_so_is_that_of_a_jump_host(undone, error):
    done, undone_by = undone
    undone_by["jump"] = error
    with pytest.raises((UnreachableError, KeyboardInterrupt)):
        reach_nobody(jump_host=JumpHost("jump", 22))
    assert done == ["cut jump", "close client of jump"]


def test_a_server_that_is_asked_for_its_key_is_cut_before_it_is_closed(undone):
    done, undone_by = undone
    undone_by["fw"] = paramiko.SSHException("gone")
    with pytest.raises(UnreachableError, match="fw:22 gives no SSH session: gone"):
        server_key("fw", 22, Options(transport="netmiko"))
    assert done == ["cut fw", "close"]


@pytest.fixture
def dialled(monkeypatch):
    """Every server is reached over a pair of sockets: dialled() is the other end."""
    ends = []

    def dial(_):
        ours, theirs = socket.socketpair()
        ends.append(theirs)
        return ours

    monkeypatch.setattr(Endpoint, "dial", dial)
    yield ends
    for each in ends:
        each.close()


JUMP = Endpoint("jump", 22, "audit", Options(reply_limit=25 / 2**20), "canary")


def test_a_jump_host_may_bring_twice_what_it_carries(dialled, monkeypatch):
    monkeypatch.setattr(Client, "connect", lambda *_, **__: None)
    jump = netmiko_transport._between(JUMP, LoginGate())
    assert jump.sock._left == 2 * JUMP.session_bytes == 200
    jump.sock.close()


def test_a_link_is_cut_when_the_time_of_its_host_is_over(dialled):
    with host_deadline(100, "fw1") as ours:
        sock = netmiko_transport._socket(JUMP, None)
        ours.end()
        assert dialled[0].recv(1) == b""
    sock.close()


def test_an_error_of_ours_is_said_as_it_is():
    error = CredentialError("refused elsewhere", "")
    assert netmiko_transport._explained(error, SimpleNamespace(server=JUMP), None) is error
