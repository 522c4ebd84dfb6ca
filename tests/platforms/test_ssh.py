"""SSH to one server on loopback: what is carried, how each refusal ends, and that nothing stays open."""

import socket
import threading
from contextlib import closing, contextmanager, nullcontext

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from nornir_anyconnect.errors import (
    CredentialError,
    HostKeyError,
    IncompleteReplyError,
    LinkLostError,
    ReplyTimeoutError,
    UnreachableError,
)
from nornir_anyconnect.platforms.asa_ssh.endpoint import Endpoint, lost
from nornir_anyconnect.platforms.asa_ssh.options import Options
from nornir_anyconnect.platforms.asa_ssh.ssh import open_ssh, server_key
from nornir_anyconnect.platforms.deadline import host_deadline
from nornir_anyconnect.platforms.login_gate import LoginGate


class Gate(LoginGate):
    """A gate that remembers what its attempts came to."""

    def __init__(self):
        super().__init__()
        self.ends = []

    @contextmanager
    def attempt(self, *credential):
        with super().attempt(*credential) as attempt:
            self.ends.append(attempt)
            yield attempt


@pytest.fixture
def reach(transport):
    def reach(server, password="right", *, user="audit", gate=None, port=None, **options):
        settings = Options(**{"known_hosts": server.known_hosts, "transport": transport, **options})
        where = ("127.0.0.1", port or server.port)
        return open_ssh(*where, username=user, password=password, options=settings, login_gate=gate or LoginGate())

    return reach


@pytest.fixture
def shown_by(transport):
    return lambda port, host="127.0.0.1": server_key(host, port, Options(transport=transport))


def heard(link, text):
    said = b""
    while text not in said:
        said += link.read(30)
    return said


def transports():
    return [each for each in threading.enumerate() if isinstance(each, paramiko.Transport) and each.is_active()]


def test_what_is_written_arrives_and_what_is_said_is_read(server, reach, eventually):
    with closing(reach(server)) as link:
        link.write(b"hello")
        assert heard(link, b"hello") == b"hello"
        assert server.open == 1
    eventually(lambda: server.open == 0)
    assert server.asked == [("user", "audit"), ("password", "right")]


def test_reading_waits_no_longer_than_it_may(server, reach):
    with closing(reach(server)) as link:
        before = link.now()
        assert link.read(0.01) == b""
        assert link.now() - before >= 0.01


def test_small_exchanges_are_not_held_back(server):
    with Endpoint("127.0.0.1", server.port, "audit", Options()).dial() as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_session_that_the_device_ends_is_a_lost_link(server, reach):
    with closing(reach(server)) as link:
        link.write(b"bye")
        with pytest.raises(LinkLostError, match="closed the SSH session"):
            heard(link, b"nothing of the kind")
        with pytest.raises(LinkLostError, match="session ended"):
            link.write(b"hello")


REFUSALS = {
    "a wrong password": ({"password": "wrong"}, CredentialError, "refused the login", False, True),
    "no answer to it": ({"password": "silent", "login_timeout": 3}, ReplyTimeoutError, "not answer", False, False),
    "no session left": ({"user": "crowded"}, UnreachableError, "accepted the login but opened no", True, False),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_refusal_ends_in_its_own_words_and_leaves_nothing_open(server, reach, case, eventually):
    how, error, words, accepted, refused = REFUSALS[case]
    gate = Gate()
    with pytest.raises(error, match=f"^127.0.0.1.*{words}"):
        reach(server, gate=gate, **how)
    assert transports() == []
    assert [(each.accepted, each.refused) for each in gate.ends] == [(accepted, refused)]
    eventually(lambda: server.open == 0)


def test_who_is_asked_for_more_than_a_password_is_told_that_nothing_was_tried(server, reach):
    gate = Gate()
    with pytest.raises(
        CredentialError, match="does not ask the user 'twofold' for a password alone; nothing was tried"
    ):
        reach(server, gate=gate, user="twofold")
    assert server.asked == [("user", "twofold")]
    assert not any(each.accepted or each.refused for each in gate.ends)


def test_a_login_that_succeeds_lets_the_next_ones_through_at_once(server, reach):
    gate = Gate()
    with closing(reach(server, gate=gate)):
        assert [(each.accepted, each.refused) for each in gate.ends] == [(True, False)]


@pytest.fixture
def nobody():
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def rude():
    """A port that says one line and hangs up; it is no SSH server where the line is not SSH's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(line):
            def serve_one():
                client, _ = listener.accept()
                with client:
                    client.sendall(line)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(4096):
                        pass

            thread = threading.Thread(target=serve_one)
            thread.start()
            threads.append(thread)
            return listener.getsockname()[1]

        threads = []
        yield answer
        for thread in threads:
            thread.join(30)


def test_a_port_on_which_nobody_listens_is_named(server, reach, nobody):
    with pytest.raises(UnreachableError) as caught:
        reach(server, port=nobody)
    assert str(caught.value) == f"127.0.0.1:{nobody} cannot be reached: Connection refused"


@pytest.mark.parametrize("line", [b"220 mail\r\n", b"SSH-2.0-gone\r\n"])
def test_what_hangs_up_gives_no_ssh_session_and_says_nothing_of_the_credential(server, reach, shown_by, rude, line):
    gate = Gate()
    with pytest.raises(UnreachableError, match=r"^127\.0\.0\.1:\d+ gives no SSH session: \w+"):
        reach(server, port=rude(line), gate=gate)
    assert gate.ends == []  # nothing was tried yet
    with pytest.raises(UnreachableError, match=r"^127\.0\.0\.1:\d+ gives no SSH session: \w+"):
        shown_by(rude(line))


@pytest.mark.parametrize("name", ["fw..example", "f" * 64])
def test_a_host_name_that_cannot_be_one_is_unreachable(shown_by, name):
    with pytest.raises(UnreachableError, match=f"^{name}:22 cannot be reached: "):
        shown_by(22, name)


def test_an_unknown_host_key_and_a_changed_one_see_no_user_name(server, reach, shown_by, serve, tmp_path):
    with pytest.raises(HostKeyError, match=r"the host key is not known in .*none; no password was sent"):
        reach(server, known_hosts=tmp_path / "none")
    other = serve()
    (tmp_path / "changed").write_text(server.line(other.host_keys[0]))
    shown, known = (shown_by(each.port).fingerprint for each in (server, other))
    with pytest.raises(HostKeyError) as caught:
        reach(server, known_hosts=tmp_path / "changed")
    assert str(caught.value) == (
        f"127.0.0.1 shows the host key ssh-ed25519 {shown}, known is ssh-ed25519 {known}; no password was sent"
    )
    assert server.asked == []


@pytest.mark.parametrize("password", [None, ""])
def test_without_a_password_or_a_key_nothing_is_tried(server, reach, password):
    with pytest.raises(CredentialError, match=r"^there is no password for the user "):
        reach(server, password)
    assert server.asked == []


@pytest.mark.filterwarnings("ignore:.*bcrypt.kdf")  # one round: a key is opened at once
@pytest.mark.parametrize(("locked", "password"), [(None, None), (None, "not needed"), ("passphrase", "passphrase")])
def test_a_key_file_logs_in_and_no_password_travels(server, reach, tmp_path, locked, password):
    file = tmp_path / "id"
    file.write_bytes(server.user_key.export_private_key("openssh", locked, rounds=1))
    with closing(reach(server, password, key_file=file)):
        assert {what for what, _ in server.asked} == {"user", "key"}


def key_file(server, folder, name):
    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if name == "locked":
        (folder / name).write_bytes(server.user_key.export_private_key("openssh", "passphrase", rounds=1))
    elif name != "missing":
        (folder / name).write_bytes(other if name == "other-kind" else b"nonsense")
    return folder / name


@pytest.mark.filterwarnings("ignore:.*bcrypt.kdf")  # one round: a key is opened at once
@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("locked", None, "password-protected|[Pp]assphrase"),
        ("locked", "wrong", "."),
        ("no-key", None, "."),
        ("other-kind", None, "UnknownKeyType|Unknown|Invalid|[Uu]nsupported|[Uu]nrecognized"),
        ("missing", None, "No such file"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_named_and_nothing_is_tried(server, reach, tmp_path, name, password, words):
    file = key_file(server, tmp_path, name)
    with pytest.raises(CredentialError, match=f"the key file .*{name} cannot be used: .*({words})"):
        reach(server, password, key_file=file)
    assert server.asked == []


def test_a_password_that_was_refused_too_often_does_not_stop_another_one(server, reach, eventually):
    gate = Gate()
    for _ in range(3):
        with pytest.raises(CredentialError, match="refused the login"):
            reach(server, "wrong", gate=gate)
    server.asked.clear()
    with pytest.raises(CredentialError, match="not tried") as caught:
        reach(server, "wrong", gate=gate)
    eventually(lambda: server.open == 0)
    assert (caught.value.code, server.asked) == ("credentials", [])
    with closing(reach(server, gate=gate)):
        pass


def test_a_password_does_not_show_where_an_endpoint_is_printed():
    shown = repr(Endpoint("fw", 22, "audit", Options(), "canary-password"))
    assert "audit" in shown
    assert "canary" not in shown


def test_a_session_that_brings_more_than_it_may_is_over_and_says_so(server, reach):
    with closing(reach(server, reply_limit=0.01)) as link:
        with pytest.raises(IncompleteReplyError, match="more than one session may bring"):
            link.write(b"x" * 100_000)  # what it says may be too much before all is written
            heard(link, b"no end")


def test_after_the_login_a_session_may_bring_four_of_its_longest_replies(server, reach):
    with closing(reach(server, reply_limit=0.02)) as link:
        link.write(b"x" * 70_000 + b"end")
        assert len(heard(link, b"end")) == 70_003


def test_a_link_is_cut_when_the_time_of_its_host_is_over(server, reach):
    with host_deadline(300, "fw1") as ours:
        with closing(reach(server)) as link:
            ours.end()
            with pytest.raises(LinkLostError):
                heard(link, b"nothing of the kind")
        for error in (
            Endpoint("fw1", 22, "", Options()).no_session(OSError("cut"), flooded=False),
            Endpoint("fw1", 22, "", Options()).unreachable(OSError("cut")),
            Endpoint("fw1", 22, "", Options()).no_shell(OSError("cut")),
            Endpoint("fw1", 22, "", Options()).silent(),
        ):
            assert (type(error), str(error)) == (ReplyTimeoutError, "fw1 took longer than 300 s in all")


def test_a_greeting_without_end_is_told_as_such():
    for limited in (host_deadline(300, "fw1"), nullcontext()):
        with limited:
            error = Endpoint("fw1", 22, "", Options()).no_session(OSError("x"), flooded=True)
            assert type(error) is UnreachableError
            assert str(error) == "fw1:22 sent more than 1 MB before the login was through"


def test_what_ended_is_told_from_what_was_too_much():
    assert isinstance(lost("gone", flooded=False), LinkLostError)
    assert isinstance(lost("gone", flooded=True), IncompleteReplyError)
