"""What is offered to whom, which host key is asked for, and where SSH's own log goes."""

import logging
import threading
from contextlib import closing

import asyncssh
import paramiko
import pytest

from nornir_anyconnect.errors import AlgorithmError, HostKeyError, UnreachableError
from nornir_anyconnect.platforms.asa_ssh.netmiko_transport import LOG
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


def reach(server):
    return open_ssh(
        "127.0.0.1", server.port, username="audit", password="right",
        options=Options(known_hosts=server.known_hosts), login_gate=LoginGate(),
    )  # fmt: skip


@pytest.mark.parametrize("kind", OLD)
def test_what_an_old_server_offers_is_named_and_taken_only_when_asked_for(serve, rsa, kind):
    offered, options = OLD[kind]
    if kind == "host key":
        (pair,) = asyncssh.load_keypairs([rsa])
        pair.host_key_algorithms = (b"ssh-rsa",)
        options = {"server_host_keys": [pair]}
    server = serve(rsa, **options)
    for ask in (reach, lambda server: server_key("127.0.0.1", server.port)):
        with pytest.raises(AlgorithmError, match=rf"not used here \({kind}: {offered}[^;]*\)$") as caught:
            ask(server)
        assert caught.value.remedy == "set legacy_ssh: true for this host"
    assert server.asked == []
    assert server_key("127.0.0.1", server.port, legacy_ssh=True).type == "ssh-rsa"


def test_a_server_that_offers_nothing_known_even_with_old_algorithms_is_to_be_updated(serve):
    server = serve(encryption_algs=["chacha20-poly1305@openssh.com"])
    with pytest.raises(AlgorithmError, match=r"\(cipher: chacha20") as caught:
        server_key("127.0.0.1", server.port, legacy_ssh=True)
    assert caught.value.remedy == "update its SSH settings"


def test_a_server_with_several_host_keys_is_asked_for_the_one_that_is_known(serve, rsa):
    server = serve(rsa, asyncssh.generate_private_key("ssh-ed25519"))
    assert server_key("127.0.0.1", server.port).type == "ssh-ed25519"
    with closing(reach(server)):
        assert ("password", "right") in server.asked


def test_a_server_that_changed_to_another_kind_of_key_is_told_by_both(serve, rsa):
    server = serve()
    server.known_hosts.write_text(server.line(rsa))
    with pytest.raises(HostKeyError, match=r"shows the host key ssh-ed25519 SHA256:.*known is ssh-rsa SHA256:"):
        reach(server)
    assert server.asked == []


def test_asking_for_a_key_sends_no_user_name_and_leaves_nothing_open(server, eventually):
    key = server_key("127.0.0.1", server.port)
    assert key.line + "\n" == server.known_hosts.read_text()
    assert not [each for each in threading.enumerate() if isinstance(each, paramiko.Transport) and each.is_active()]
    eventually(lambda: server.open == 0)
    assert server.asked == []


def test_what_ssh_has_to_say_goes_to_our_own_log(server, caplog):
    caplog.set_level("DEBUG")
    server_key("127.0.0.1", server.port)
    with closing(reach(server)):
        pass
    assert {each.name for each in caplog.records if each.name.startswith(("paramiko", LOG))} == {LOG}


@pytest.mark.parametrize("ask", [lambda server: server_key("127.0.0.1", server.port), reach])
def test_where_nobody_set_up_a_log_ssh_says_nothing_on_the_terminal(serve, monkeypatch, capsys, ask):
    server = serve(kex_algs=["diffie-hellman-group14-sha1"])
    monkeypatch.setattr(logging.root, "handlers", [])
    with pytest.raises((AlgorithmError, UnreachableError)):
        ask(server)
    assert capsys.readouterr().err == ""
