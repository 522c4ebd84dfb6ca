"""SSH through a jump host: whose name and credential go where, and that no link stays open."""

import socketserver
import threading
from contextlib import closing
from pathlib import Path

import paramiko
import pytest

from nornir_anyconnect.errors import CredentialError, HostKeyError, UnreachableError
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


def through(jump, server, folder, password="right", *, known="known", gate=None, **how):
    options = Options(known_hosts=folder / known, jump_host=JumpHost("127.0.0.1", jump.port, **how))
    return open_ssh(
        "127.0.0.1", server.port, username="audit", password=password, options=options, login_gate=gate or LoginGate()
    )


def transports():
    return [each for each in threading.enumerate() if isinstance(each, paramiko.Transport) and each.is_active()]


@pytest.mark.parametrize(("given", "user"), [(None, "audit"), ("helper", "helper")])
def test_a_jump_host_takes_a_login_of_its_own_or_the_devices(jump, server, tmp_path, given, user):
    with closing(through(jump, server, tmp_path, username=given)) as link:
        link.write(b"hello")
        assert link.read(30) == b"hello"
        assert jump.asked == [("user", user), ("password", "right"), ("forward", server.port)]
        assert server.asked == [("user", "audit"), ("password", "right")]
    assert transports() == []


def test_a_key_for_the_jump_host_leaves_the_password_to_the_device(jump, server, tmp_path):
    with closing(through(jump, server, tmp_path, key_file=tmp_path / "id")):
        assert {what for what, _ in jump.asked} == {"user", "key", "forward"}
        assert server.asked == [("user", "audit"), ("password", "right")]


def test_no_key_of_the_home_folder_or_of_an_agent_is_tried(jump, server, tmp_path, monkeypatch):
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


def test_a_jump_host_that_is_not_there_is_named_once(jump, server, tmp_path):
    class Nobody:
        port = 1

    with pytest.raises(UnreachableError) as caught:
        through(Nobody, server, tmp_path)
    assert str(caught.value) == "127.0.0.1:1 cannot be reached: Connection refused"


def test_an_unknown_jump_host_sees_no_user_name(jump, server, tmp_path):
    with pytest.raises(HostKeyError, match="not known"):
        through(jump, server, tmp_path, known="none")
    assert jump.asked == server.asked == []


def test_a_jump_host_that_refuses_the_login_is_asked_no_fourth_time(jump, server, tmp_path, eventually):
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


def test_a_jump_host_that_let_us_in_lets_the_next_ones_through_at_once(jump, server, tmp_path):
    gate = LoginGate()
    with closing(through(jump, server, tmp_path, gate=gate, key_file=tmp_path / "id")):
        assert [record.proved for record in gate._records.values()] == [True, True]


def test_a_device_that_cannot_be_reached_from_the_jump_host_is_named(jump, server, tmp_path):
    class Nobody:
        port = 1

    with pytest.raises(UnreachableError, match=r"^127\.0\.0\.1:1 cannot be reached: .*failed"):
        through(jump, Nobody, tmp_path)
    assert transports() == []


def test_a_device_that_refuses_the_login_behind_a_jump_host_leaves_no_link_open(jump, server, tmp_path, eventually):
    with pytest.raises(CredentialError, match="refused the login"):
        through(jump, server, tmp_path, "wrong", key_file=tmp_path / "id")
    assert transports() == []
    eventually(lambda: jump.open == server.open == 0)


def test_the_link_to_the_jump_host_may_bring_twice_as_much_as_the_one_it_carries(jump, server, tmp_path):
    with closing(through(jump, server, tmp_path)) as link:
        limit = Options().reply_limit * 4 * 1024 * 1024
        assert 0 <= limit - link._sock._left < 10_000
        assert 0 <= 2 * limit - link._jump.sock._left < 20_000
