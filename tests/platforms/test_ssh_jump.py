"""SSH through a jump host: whose name and credential go where, and that no link stays open."""

import socketserver
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import paramiko
import pytest

from nornir_anyconnect.errors import CredentialError, HostKeyError, IncompleteReplyError, UnreachableError
from nornir_anyconnect.platforms.asa_ssh import ssh
from nornir_anyconnect.platforms.asa_ssh.options import JumpHost, Options
from nornir_anyconnect.platforms.asa_ssh.ssh import open_ssh
from nornir_anyconnect.platforms.login_gate import LoginGate


@pytest.fixture(scope="module")
def _jump(serve):
    return serve()


@pytest.fixture
def jump(_jump, server, tmp_path, eventually):
    """A jump host whose key is known beside that of the device behind it."""
    _jump.asked.clear()
    (tmp_path / "known").write_text(_jump.line(_jump.host_keys[0]) + server.line(server.host_keys[0]))
    (tmp_path / "id").write_bytes(_jump.user_key.export_private_key())
    yield _jump
    eventually(lambda: _jump.open == 0)


@pytest.fixture
def through(transport):
    def through(jump, server, folder, password="right", *, known="known", gate=None, reply_limit=64, **how):
        between = JumpHost("127.0.0.1", jump.port, **how)
        options = Options(known_hosts=folder / known, jump_host=between, transport=transport, reply_limit=reply_limit)
        where = ("127.0.0.1", server.port)
        return open_ssh(*where, username="audit", password=password, options=options, login_gate=gate or LoginGate())

    return through


def transports():
    return [each for each in threading.enumerate() if isinstance(each, paramiko.Transport) and each.is_active()]


@pytest.mark.parametrize(("given", "user"), [(None, "audit"), ("helper", "helper")])
def test_a_jump_host_takes_a_login_of_its_own_or_the_devices(through, jump, server, tmp_path, given, user):
    with closing(through(jump, server, tmp_path, username=given)) as link:
        link.write(b"hello")
        assert link.read(30) == b"hello"
        assert jump.asked == [("user", user), ("password", "right"), ("forward", server.port)]
        assert server.asked == [("user", "audit"), ("password", "right")]
    assert transports() == []


def test_a_key_for_the_jump_host_leaves_the_password_to_the_device(through, jump, server, tmp_path):
    with closing(through(jump, server, tmp_path, key_file=tmp_path / "id")):
        assert {what for what, _ in jump.asked} == {"user", "key", "forward"}
        assert server.asked == [("user", "audit"), ("password", "right")]


def test_no_key_of_the_home_folder_or_of_an_agent_is_tried(through, jump, server, tmp_path, monkeypatch):
    asked = []

    class Agent(socketserver.BaseRequestHandler):
        def handle(self):
            asked.append("agent")

    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_bytes(server.user_key.export_private_key())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSH_AUTH_SOCK", "agent")
    with socketserver.UnixStreamServer("agent", Agent) as agent:
        thread = threading.Thread(target=agent.serve_forever, args=(0.01,))
        thread.start()
        try:
            with closing(through(jump, server, tmp_path)):
                tried = [what for what, _ in (*jump.asked, *server.asked)]
        finally:
            agent.shutdown()
            thread.join(30)
    assert (tried.count("password"), tried.count("key"), asked) == (2, 0, [])
    assert Path("~/.ssh/id_ed25519").expanduser().exists()


def test_a_jump_host_that_is_not_there_is_named_once(through, jump, server, tmp_path):
    class Nobody:
        port = 1

    with pytest.raises(UnreachableError) as caught:
        through(Nobody, server, tmp_path)
    assert str(caught.value) == "127.0.0.1:1 cannot be reached: Connection refused"


def test_an_unknown_jump_host_sees_no_user_name(through, jump, server, tmp_path):
    with pytest.raises(HostKeyError, match="not known"):
        through(jump, server, tmp_path, known="none")
    assert jump.asked == server.asked == []


def test_a_jump_host_that_refuses_the_login_is_asked_no_fourth_time(through, jump, server, tmp_path, eventually):
    gate = LoginGate()
    for _ in range(3):
        with pytest.raises(CredentialError, match="refused the login"):
            through(jump, server, tmp_path, "wrong", gate=gate)
        assert transports() == []
    eventually(lambda: jump.open == 0)
    jump.asked.clear()
    with pytest.raises(CredentialError, match="not tried"):
        through(jump, server, tmp_path, "wrong", gate=gate)
    assert jump.asked == server.asked == []


def test_a_jump_host_that_let_us_in_lets_the_next_ones_through_at_once(through, jump, server, tmp_path):
    gate = LoginGate()
    with closing(through(jump, server, tmp_path, gate=gate, key_file=tmp_path / "id")):
        assert [record.proved for record in gate._records.values()] == [True, True]


def test_a_device_that_cannot_be_reached_from_the_jump_host_is_named(through, jump, server, tmp_path):
    class Nobody:
        port = 1

    with pytest.raises(UnreachableError, match=r"^127\.0\.0\.1:1 cannot be reached: .*failed"):
        through(jump, Nobody, tmp_path)
    assert transports() == []


def test_a_device_that_refuses_the_login_behind_a_jump_host_leaves_no_link_open(
    through, jump, server, tmp_path, eventually
):
    with pytest.raises(CredentialError, match="refused the login"):
        through(jump, server, tmp_path, "wrong", key_file=tmp_path / "id")
    assert transports() == []
    eventually(lambda: jump.open == server.open == 0)


def test_the_link_to_the_jump_host_does_not_end_before_the_one_it_carries(through, jump, server, tmp_path):
    with closing(through(jump, server, tmp_path, reply_limit=0.02)) as link:
        link.write(b"x" * 70_000 + b"end")
        said = b""
        while not said.endswith(b"end"):
            said += link.read(30)
        assert len(said) == 70_003
        with pytest.raises(IncompleteReplyError, match="more than one session may bring"):
            link.write(b"y" * 75_000)
            while True:
                link.read(30)


def test_what_a_jump_host_says_of_a_password_proves_nothing_for_the_devices_behind_it(
    through, jump, server, tmp_path, monkeypatch
):
    gate = LoginGate()
    with closing(through(jump, server, tmp_path, gate=gate)):
        assert gate.tally() == (True, 0)
    gate.forget()
    monkeypatch.setattr(server, "right", "another one")
    for _ in range(5):
        with pytest.raises(CredentialError):
            through(jump, server, tmp_path, gate=gate)
    assert gate.tally() == (False, 3)
    with gate.attempt("audit", "another one") as first:
        first.accepted = True
    assert gate.tally() == (True, 3)


@pytest.mark.parametrize("legacy", [True, False])
def test_old_algorithms_are_asked_for_the_device_and_never_for_the_jump_host(legacy, monkeypatch):
    offered = []

    def open_channel(device, jump, _gate):
        offered.append((device.options.legacy_ssh, jump.options.legacy_ssh))

    monkeypatch.setattr(ssh, "_driver", lambda _: SimpleNamespace(open_channel=open_channel))
    options = Options(legacy_ssh=legacy, jump_host=JumpHost("jump", 22))
    open_ssh("fw1", 22, username="audit", password="right", options=options, login_gate=LoginGate())
    assert offered == [(legacy, False)]
