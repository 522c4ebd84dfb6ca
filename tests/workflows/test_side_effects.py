"""Notifications: on changes only, with retry, and nothing in them that does not belong there."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nornir_anyconnect.errors import SettingsError
from nornir_anyconnect.history.compare import AuditEntry, Diff, Item
from nornir_anyconnect.settings import Notify, Webhook
from nornir_anyconnect.workflows import notifications as module
from nornir_anyconnect.workflows.notifications import notify

BEFORE = AuditEntry(1, "2026-01-01T00:00:00+00:00", "0.1.0", {})
AFTER = AuditEntry(2, "2026-01-02T00:00:00+00:00", "0.1.0", {})
ITEM = Item("fw1", "", "tunnel-group", "SALES")


def changes(**more):
    return Diff(BEFORE, AFTER, **({"new": (), "fixed": (), "still_open": (), "not_judged": ()} | more))


@pytest.fixture
def receiver():
    """A web server on loopback that answers what a test asks for, and keeps what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.received.append((body.decode(), dict(self.headers)))
            self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.received, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    pauses = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    return pauses


def url(server):
    return f"http://127.0.0.1:{server.server_port}/hook"


def test_nothing_is_sent_when_nothing_changed(receiver):
    assert notify(changes(still_open=(ITEM,)), Notify(webhook=Webhook(url(receiver)))) == []
    assert receiver.received == []


def test_the_webhook_is_told_what_is_new(receiver):
    assert notify(changes(new=(ITEM,)), Notify(webhook=Webhook(url(receiver)))) == []
    body = json.loads(receiver.received[0][0])
    assert body["summary"] == "1 new, 0 fixed, 0 not judged any more, 0 still open"
    assert body["new"] == [{"device": "fw1", "context": "", "scope": "tunnel-group", "name": "SALES"}]


def test_a_server_error_is_tried_again_with_growing_pauses(receiver, no_waiting):
    receiver.answers = [503, 500, 200]
    assert notify(changes(new=(ITEM,)), Notify(webhook=Webhook(url(receiver)))) == []
    assert len(receiver.received) == 3
    assert no_waiting == [1.0, 2.0]


def test_a_refusal_is_not_tried_again(receiver):
    receiver.answers = [403, 200]
    (failure,) = notify(changes(new=(ITEM,)), Notify(webhook=Webhook(url(receiver))))
    assert "HTTP 403" in failure
    assert len(receiver.received) == 1


def test_a_webhook_that_is_down_is_said_and_raises_nothing(receiver):
    receiver.server_close()
    (failure,) = notify(changes(new=(ITEM,)), Notify(webhook=Webhook(url(receiver), retries=2)))
    assert "webhook did not take" in failure


def test_the_token_comes_from_the_environment_and_goes_into_the_header_only(receiver, monkeypatch):
    monkeypatch.setenv("CHAT_TOKEN", "t0ken")
    notify(changes(new=(ITEM,)), Notify(webhook=Webhook(url(receiver), token_env="CHAT_TOKEN")))
    body, headers = receiver.received[0]
    assert headers["Authorization"] == "Bearer t0ken"
    assert "t0ken" not in body
    monkeypatch.delenv("CHAT_TOKEN")
    (failure,) = notify(changes(new=(ITEM,)), Notify(webhook=Webhook(url(receiver), token_env="CHAT_TOKEN")))
    assert "CHAT_TOKEN is not set" in failure


def test_a_template_shapes_the_message(receiver, tmp_path):
    template = tmp_path / "chat.j2"
    template.write_text('{"text": "{{ summary }}: {% for f in new %}{{ f.device }} {{ f.name }}{% endfor %}"}')
    notify(changes(new=(ITEM,)), Notify(webhook=Webhook(url(receiver), template=str(template))))
    assert json.loads(receiver.received[0][0])["text"].endswith("fw1 SALES")


def test_a_template_cannot_reach_python(receiver, tmp_path):
    template = tmp_path / "evil.j2"
    template.write_text("{{ ''.__class__.__mro__ }}")
    with pytest.raises(SettingsError):
        notify(changes(new=(ITEM,)), Notify(webhook=Webhook(url(receiver), template=str(template))))
    assert receiver.received == []


def test_only_the_web_is_spoken_to():
    with pytest.raises(SettingsError, match="file:"):
        notify(changes(new=(ITEM,)), Notify(webhook=Webhook("file:///etc/passwd")))


def test_a_command_gets_the_changes_on_its_standard_input(tmp_path):
    out = tmp_path / "got.json"
    command = (sys.executable, "-c", f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())")
    assert notify(changes(fixed=(ITEM,)), Notify(command=command)) == []
    assert json.loads(out.read_text())["fixed"][0]["name"] == "SALES"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ((sys.executable, "-c", "import sys; sys.exit('mail server down')"), "mail server down"),
        (("/nonexistent/mail",), "No such file"),
    ],
)
def test_a_command_that_fails_is_said(command, words):
    (failure,) = notify(changes(new=(ITEM,)), Notify(command=command))
    assert words in failure
