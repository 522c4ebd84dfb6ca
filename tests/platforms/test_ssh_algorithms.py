"""What is offered to whom, which host key is asked for, and where SSH's own log goes."""

import logging
import threading
from contextlib import closing

import asyncssh
import paramiko
import pytest

from nornir_anyconnect.errors import AlgorithmError, HostKeyError, UnreachableError
from nornir_anyconnect.platforms.asa_ssh.endpoint import LOG
from nornir_anyconnect.platforms.asa_ssh.options import Options
from nornir_anyconnect.platforms.asa_ssh.ssh import open_ssh, server_key
from nornir_anyconnect.platforms.login_gate import LoginGate

# the servers are the ones that play old algorithms, and asyncssh says so
pytestmark = pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")

OLD = {
    "key exchange": ("diffie-hellman-group14-sha1", {"kex_algs": ["diffie-hellman-group14-sha1"]}),
    "cipher": ("3des-cbc", {"encryption_algs": ["3des-cbc"]}),
    "MAC": ("hmac-md5", {"mac_algs": ["hmac-md5"], "encryption_algs": ["aes128-ctr"]}),
    "host key": ("ssh-rsa", {}),
}


@pytest.fixture(scope="module")
def rsa():
    return asyncssh.generate_private_key("ssh-rsa", key_size=2048)


@pytest.fixture
def reach(transport):
    def reach(server):
        options = Options(known_hosts=server.known_hosts, transport=transport)
        return open_ssh(
            "127.0.0.1", server.port, username="audit", password="right", options=options, login_gate=LoginGate()
        )

    return reach


@pytest.fixture
def shown_by(transport):
    return lambda server, **options: server_key("127.0.0.1", server.port, Options(transport=transport, **options))


@pytest.mark.parametrize("kind", OLD)
def test_what_an_old_server_offers_is_named_and_taken_only_when_asked_for(serve, reach, shown_by, rsa, kind):
    offered, options = OLD[kind]
    if kind == "host key":
        (pair,) = asyncssh.load_keypairs([rsa])
        pair.host_key_algorithms = (b"ssh-rsa",)
        options = {"server_host_keys": [pair]}
    server = serve(rsa, **options)
    for ask in (reach, shown_by):
        with pytest.raises(AlgorithmError, match=rf"not used here \({kind}: {offered}[^;]*\)$") as caught:
            ask(server)
        assert caught.value.remedy == "set legacy_ssh: true for this host"
    assert server.asked == []
    assert shown_by(server, legacy_ssh=True).type == "ssh-rsa"


def test_a_server_that_offers_nothing_known_even_with_old_algorithms_is_to_be_updated(serve, shown_by):
    server = serve(encryption_algs=["chacha20-poly1305@openssh.com"])
    with pytest.raises(AlgorithmError, match=r"\(cipher: chacha20") as caught:
        shown_by(server, legacy_ssh=True)
    assert caught.value.remedy == "update its SSH settings"


def test_a_server_with_several_host_keys_is_asked_for_the_one_that_is_known(serve, reach, shown_by, rsa):
    server = serve(rsa, asyncssh.generate_private_key("ssh-ed25519"))
    assert shown_by(server).type == "ssh-ed25519"
    with closing(reach(server)):
        assert ("password", "right") in server.asked


def test_a_server_that_changed_to_another_kind_of_key_is_told_by_both(serve, reach, rsa):
    server = serve()
    server.known_hosts.write_text(server.line(rsa))
    with pytest.raises(HostKeyError, match=r"shows the host key ssh-ed25519 SHA256:.*known is ssh-rsa SHA256:"):
        reach(server)
    assert server.asked == []


def test_asking_for_a_key_sends_no_user_name_and_leaves_nothing_open(server, shown_by, eventually):
    key = shown_by(server)
    assert key.line + "\n" == server.known_hosts.read_text()
    assert not [each for each in threading.enumerate() if isinstance(each, paramiko.Transport) and each.is_active()]
    eventually(lambda: server.open == 0)
    assert server.asked == []


def test_what_ssh_has_to_say_goes_to_our_own_log_or_nowhere(server, transport, reach, shown_by, caplog):
    caplog.set_level("DEBUG")
    shown_by(server)
    with closing(reach(server)):
        pass
    libraries = ("paramiko", "netmiko", "asyncssh", LOG)
    heard = {each.name for each in caplog.records if each.name.startswith(libraries) and each.levelname != "DEBUG"}
    assert heard == ({LOG} if transport == "netmiko" else set())


@pytest.mark.parametrize("asked", ["key", "session"])
def test_where_nobody_set_up_a_log_ssh_says_nothing_on_the_terminal(serve, reach, shown_by, monkeypatch, capsys, asked):
    server = serve(kex_algs=["diffie-hellman-group14-sha1"])
    monkeypatch.setattr(logging.root, "handlers", [])
    with pytest.raises((AlgorithmError, UnreachableError)):
        (shown_by if asked == "key" else reach)(server)
    assert capsys.readouterr().err == ""
