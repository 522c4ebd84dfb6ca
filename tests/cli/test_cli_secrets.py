"""Canary secrets: in nothing that is printed, written, kept or sent, whatever the command, format and failure."""

import json
import socket
import threading
import time

import pytest
from cli_texts import AT_RISK, SAFE

from nornir_anyconnect import masking
from nornir_anyconnect.report import AUDIT_FORMATS
from nornir_anyconnect.workflows import notifications, side_effects

PASSWORD, ENABLE, TOKEN, DATABASE = "canary-password", "canary-enable", "canary-token", "canary-database"


@pytest.fixture(autouse=True)
def canaries(monkeypatch):
    monkeypatch.setattr(masking, "_known", set())
    monkeypatch.setattr(notifications, "FIRST_PAUSE", 0.01)
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", PASSWORD)
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", ENABLE)
    monkeypatch.setenv("CHAT_TOKEN", TOKEN)


@pytest.mark.parametrize("name", list(AUDIT_FORMATS))
def test_no_format_holds_one(cli, write, tmp_path, name):
    """A box that says our password back, in a name: every format shows names."""
    text = AT_RISK.replace("STAFF", f"STAFF-{ENABLE}").replace("hostname ", f"hostname {PASSWORD}-")
    write(f"{PASSWORD}.cfg", text)
    run = cli("check", f"{PASSWORD}.cfg", "--keep", "--format", f"{name}={tmp_path / 'out'}", "--format", "text")
    assert run.code in (0, 1), run.err
    written = [run.out, run.err, (tmp_path / "out").read_text()]
    assert not [each for each in written if PASSWORD in each or ENABLE in each]
    assert "*****" in written[2]


def test_an_error_and_its_traceback_hold_none(cli, write):
    run = cli("check", f"{PASSWORD}/{ENABLE}.cfg", "-vv")
    assert run.code == 2
    assert run.err.startswith("nornir_anyconnect.errors.SourceError: ")
    assert "canary" not in run.err


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://audit:{DATABASE}@127.0.0.1:1/nights",
        f"postgresql://audit@127.0.0.1:1/nights?password={DATABASE}",
        f"postgresql://audit:{DATABASE}@127.0.0.1:port/nights",
        f"oracle9://audit:{DATABASE}@127.0.0.1/nights",
    ],
)
def test_the_address_of_a_history_is_printed_without_its_password(cli, url):
    run = cli("history", "list", "--history", url)
    assert run.code == 2
    assert "canary" not in run.err
    assert run.err.count("\n") == 2
    assert "internal error" not in run.err


class Peer:
    """A server on loopback that answers each connection with a text, and keeps what it was sent."""

    def __init__(self, answer, *, drip=0.0):
        self.answer, self.drip, self.received = answer, drip, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.received.append(connection.recv(65536))
                try:
                    for piece in [self.answer] if not self.drip else [bytes([each]) for each in self.answer]:
                        connection.sendall(piece)
                        if self.drip and self.ended.wait(self.drip):
                            return
                except OSError:
                    continue

    def close(self):
        self.ended.set()
        self.socket.close()


@pytest.fixture
def peer():
    peers = []

    def start(answer, **how):
        peers.append(Peer(answer, **how))
        return peers[-1]

    yield start
    for each in peers:
        each.close()


def night(cli, write, settings):
    """The second of two nights, in which something was fixed; it keeps, pushes and tells."""
    write("nornir-anyconnect.yaml", "history: nights.sqlite\n")
    write("edge.cfg", AT_RISK)
    cli("check", "edge.cfg", "--keep")
    write("edge.cfg", SAFE)
    write("nornir-anyconnect.yaml", f"history: nights.sqlite\n{settings}")
    return cli("check", "edge.cfg", "--keep", "--format", "json")


def hook(port, more=""):
    return f"notify: {{webhook: {{url: 'http://127.0.0.1:{port}/', token_env: CHAT_TOKEN, retries: 0, timeout: 2{more}}}}}\n"


NONSENSE = {
    "no HTTP": b"220 mail.example.net ESMTP\r\n",
    "a header over 64 KB": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    "nothing": b"",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_webhook_that_talks_nonsense_costs_the_night_nothing(cli, write, peer, kind):
    run = night(cli, write, hook(peer(NONSENSE[kind]).port))
    assert run.code == 2
    assert run.json["summary"]["at_risk"] == 0
    assert "error: the webhook did not take the notification: " in run.err
    assert "internal error" not in run.err
    assert len(cli("history", "list").out.splitlines()) == 2


def test_a_redirect_is_not_followed_and_the_token_stays(cli, write, peer):
    other = peer(b"HTTP/1.1 200 OK\r\n\r\n")
    first = peer(f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other.port}/\r\n\r\n".encode())
    run = night(cli, write, hook(first.port))
    assert run.code == 2
    assert TOKEN.encode() in first.received[0]
    assert other.received == []
    assert "HTTP 302: it sends elsewhere, which is not followed" in run.err
    assert "canary" not in run.err


def test_a_peer_that_trickles_ends_with_its_time(cli, write, peer, monkeypatch):
    monkeypatch.setattr(side_effects, "NOTIFY_SECONDS", 0.5)
    monkeypatch.setattr(side_effects, "PUSH_SECONDS", 0.5)
    slow = peer(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000, drip=0.05)
    began = time.monotonic()
    run = night(cli, write, f"push: http://127.0.0.1:{slow.port}\n{hook(slow.port)}")
    assert time.monotonic() - began < 60
    assert run.code == 2
    assert run.json["summary"]["at_risk"] == 0
    assert "error: pushing the metrics did not end within 0.5 seconds" in run.err
    assert "error: the notification did not end within 0.5 seconds" in run.err


def test_a_database_that_accepts_and_says_nothing_ends_with_its_time(cli, write, monkeypatch):
    pytest.importorskip("psycopg", reason="a history in PostgreSQL needs the package psycopg")
    monkeypatch.setattr(side_effects, "TREND_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        write("nornir-anyconnect.yaml", f"history: postgresql://a:{DATABASE}@127.0.0.1:{silent.getsockname()[1]}/n\n")
        run = cli("check", write("edge.cfg", AT_RISK), "--keep", "--format", "json")
    assert run.code == 2
    assert run.json["summary"]["at_risk"] == 1
    assert "error: opening the history did not end within 0.5 seconds" in run.err


def test_results_are_written_before_anything_else(cli, write, tmp_path, monkeypatch):
    """Whoever is told can open the report already."""
    seen = tmp_path / "seen"
    settings = f"notify: {{command: [sh, -c, 'cp audit.json {seen}; env >> {seen}.env']}}\n"
    write("nornir-anyconnect.yaml", "history: nights.sqlite\n")
    cli("check", write("edge.cfg", AT_RISK), "--keep")
    write("nornir-anyconnect.yaml", f"history: nights.sqlite\n{settings}")
    assert cli("check", write("edge.cfg", SAFE), "--keep", "--format", "json=audit.json").code == 0
    assert json.loads(seen.read_text())["summary"]["at_risk"] == 0
    environment = seen.with_suffix(".env").read_text()
    assert "PATH=" in environment
    assert PASSWORD not in environment
    assert ENABLE not in environment


def test_a_command_that_never_ends_is_ended_with_all_that_it_started(cli, write, monkeypatch):
    monkeypatch.setattr(notifications, "COMMAND_SECONDS", 0.3)
    began = time.monotonic()
    run = night(cli, write, "notify: {command: [sh, -c, 'sleep 600 & sleep 600']}\n")
    assert time.monotonic() - began < 60
    assert run.code == 2
    assert "it had not ended after 0.3 seconds" in run.err


@pytest.mark.parametrize("token", ["canary-a\ncanary-b", "canary-\x01", "canary-é"])
def test_a_token_that_is_none_is_said_and_not_shown(cli, write, peer, monkeypatch, token):
    monkeypatch.setenv("CHAT_TOKEN", token)
    listener = peer(b"HTTP/1.1 200 OK\r\n\r\n")
    run = night(cli, write, hook(listener.port))
    assert run.code == 2
    assert "what CHAT_TOKEN holds is no token" in run.err
    assert "canary" not in run.err
    assert listener.received == []


def test_a_token_out_of_a_file_may_end_its_line(cli, write, peer, monkeypatch):
    monkeypatch.setenv("CHAT_TOKEN", f"{TOKEN}\n")
    listener = peer(b"HTTP/1.1 200 OK\r\n\r\n")
    assert night(cli, write, hook(listener.port)).code == 0
    assert f"Bearer {TOKEN}\r\n".encode() in listener.received[0]


def test_the_login_of_a_gateway_travels_in_a_header_alone(cli, write, peer):
    listener = peer(b"HTTP/1.1 401 No\r\n\r\n")
    run = night(cli, write, f"push: http://me:canary-gateway@127.0.0.1:{listener.port}/\n")
    assert b"Authorization: Basic bWU6Y2FuYXJ5LWdhdGV3YXk=" in listener.received[0]
    assert run.code == 2
    assert "canary" not in run.err


GATEWAY, HOOK, PROXY = "canary-gateway", "canary-hook", "canary-proxy"
SAID_BACK = f"{PASSWORD} {ENABLE} {TOKEN} {GATEWAY} {HOOK} {DATABASE} {PROXY}"
ANSWERS = {
    "a success": f"HTTP/1.1 200 {SAID_BACK}\r\nX-Said: {SAID_BACK}\r\nContent-Length: 0\r\n\r\n",
    "a refusal": f"HTTP/1.1 403 {SAID_BACK}\r\nContent-Length: {len(SAID_BACK)}\r\n\r\n{SAID_BACK}",
    "elsewhere": f"HTTP/1.1 302 Found\r\nLocation: http://{SAID_BACK.replace(' ', '.')}/\r\n\r\n",
    "no HTTP": f"220 {SAID_BACK}\r\n",
    "nothing": "",
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_peer_gets_its_own_credentials_alone_and_what_it_says_back_is_not_said(
    cli, write, tmp_path, peer, monkeypatch, kind
):
    """A box whose names hold our passwords, two nights, every format, a gateway, a webhook, a command and a proxy."""
    gateway, webhook, proxy = (peer(ANSWERS[kind].encode()) for _ in range(3))
    text = AT_RISK.replace("STAFF", f"STAFF-{ENABLE}").replace("hostname ", f"hostname {PASSWORD}-")
    write(f"{PASSWORD}.cfg", text)
    write("nornir-anyconnect.yaml", "history: nights.sqlite\n")
    assert cli("check", f"{PASSWORD}.cfg", "--keep").code == 1
    write(f"{PASSWORD}.cfg", text.replace("ssl-client\n", "ssl-client\n webvpn\n  anyconnect mtu 1200\n"))
    for via in (False, True):
        if via:
            monkeypatch.setenv("http_proxy", f"http://me:{PROXY}@127.0.0.1:{proxy.port}")
            monkeypatch.delenv("no_proxy", raising=False)
            write(f"{PASSWORD}.cfg", text)  # a change that is told
        write("nornir-anyconnect.yaml", f"""\
history: nights.sqlite
push: http://me:{GATEWAY}@127.0.0.1:{gateway.port}/
notify:
  command: [sh, -c, 'cat > told; env > environment']
  webhook: {{url: 'http://127.0.0.1:{webhook.port}/?token={HOOK}', token_env: CHAT_TOKEN, retries: 1, timeout: 2}}
""")  # fmt: skip
        formats = [word for name in AUDIT_FORMATS for word in ("--format", f"{name}=out.{name}")]
        run = cli("check", f"{PASSWORD}.cfg", "--keep", "-vv", *formats)
        assert run.code == (2 if kind != "a success" else int(via)), run.err
        shown = {"out": run.out, "err": run.err, "history": cli("history", "diff").out}
        assert [name for name, each in shown.items() if "canary" in each] == []
    assert "STAFF-*****" in (tmp_path / "told").read_text()
    assert "canary" not in (tmp_path / "environment").read_text().replace(PROXY, "")  # the proxy is everybody's
    ours = {f"{PASSWORD}.cfg", "nornir-anyconnect.yaml", "environment"}
    written = [each for each in tmp_path.rglob("*") if each.is_file() and each.name not in ours]
    assert [each.name for each in written if b"canary" in each.read_bytes()] == []
    assert webhook.received
    assert gateway.received
    assert len(proxy.received) > 1
    for each in (webhook, gateway, proxy):
        for sent in each.received:
            text = sent.decode()
            if f"token={HOOK}" in text.split("\r\n")[0]:
                text = text.replace(f"token={HOOK}", "").replace(f"Bearer {TOKEN}", "")
            assert "canary" not in text


@pytest.mark.parametrize("kind", ["a refused login", "a refused question", "no database"])
@pytest.mark.parametrize("words", [("check", "edge.cfg", "--keep"), ("history", "list"), ("history", "trend")])
def test_what_a_database_says_back_is_not_said(cli, write, words, kind):
    pytest.importorskip("psycopg", reason="a history in PostgreSQL needs the package psycopg")
    words_back = f"{PASSWORD} {ENABLE} {DATABASE}"  # nothing else of it is known to a run with these settings
    said = f"SFATAL\0VFATAL\0C28P01\0Mno {words_back}\0D{words_back}\0\0".encode()
    refusal = b"E" + (len(said) + 4).to_bytes(4, "big") + said
    ready = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"

    def serve(listener):
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link:
                while asked := link.recv(65536):
                    if kind == "no database":
                        link.sendall(f"HTTP/1.1 400 {words_back}\r\n\r\n".encode())
                        break
                    if asked[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):  # encryption of one kind or the other
                        link.sendall(b"N")
                    elif asked[4:8] == b"\0\x03\0\0":
                        link.sendall(refusal if kind == "a refused login" else ready)
                    else:
                        link.sendall(refusal + b"Z\0\0\0\x05I")

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    try:
        write("edge.cfg", AT_RISK)
        address = f"postgresql://audit:{DATABASE}@127.0.0.1:{listener.getsockname()[1]}/nights"
        write("nornir-anyconnect.yaml", f"history: {address}\n")
        run = cli(*words, "-vv")
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
    assert run.code == 2, run.err
    assert "canary" not in run.out + run.err
    assert "internal error" not in run.err
    if words[0] == "check":
        assert "edge.cfg" in run.out


def test_what_is_kept_holds_none(cli, write, tmp_path):
    write(f"{PASSWORD}.cfg", AT_RISK.replace("STAFF", f"STAFF-{ENABLE}"))
    assert cli("check", ".", "--keep").code == 1
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"STAFF-*****" in kept
    assert b"canary" not in kept
    assert "*****" in cli("history", "show", "1").out
