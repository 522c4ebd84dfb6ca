"""What goes wrong at night: a clear message, the result is not lost, and the exit code tells."""

import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cli_texts import AT_RISK, SAFE

from mock_devices.fleet import start_fleet
from nornir_anyconnect.history import store
from nornir_anyconnect.lock import only_one
from nornir_anyconnect.platforms.login_gate import gate
from nornir_anyconnect.workflows import notifications

COMMAND = [sys.executable, "-c", "import sys; from nornir_anyconnect.cli import main; sys.exit(main())"]


@pytest.fixture
def night(cli, write, monkeypatch):
    """One night over a configuration, with the settings of the test and everything kept."""

    monkeypatch.setattr(notifications, "FIRST_PAUSE", 0.01)

    def run(text, settings="", *more):
        write("edge.cfg", text)
        write("nornir-anyconnect.yaml", f"history: nights.sqlite\n{settings}")
        return cli("check", "edge.cfg", "--keep", "--format", "json", *more)

    return run


def webhook(port):
    return f"notify: {{webhook: {{url: 'http://127.0.0.1:{port}/', retries: 1, timeout: 2}}}}\n"


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def listener():
    """A webhook on loopback; what it was sent."""
    received = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def do_PUT(self):
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, received
    server.shutdown()
    thread.join()
    server.server_close()


def test_changes_and_only_changes_are_told(night, listener):
    port, received = listener
    for text in (AT_RISK, AT_RISK, SAFE, SAFE):
        assert night(text, webhook(port)).code in (0, 1)
    (told,) = received
    assert [each["name"] for each in told["fixed"]] == ["STAFF"]
    assert told["summary"] == "0 new, 1 fixed, 0 not judged any more, 0 still open"


def test_a_webhook_that_is_down(night, cli, closed_port):
    night(AT_RISK, webhook(closed_port))
    run = night(SAFE, webhook(closed_port))
    assert run.code == 2
    assert run.json["summary"]["at_risk"] == 0
    assert "error: the webhook did not take the notification: " in run.err
    assert "refused" in run.err
    assert "Traceback" not in run.err
    assert len(cli("history", "list").out.splitlines()) == 2


def test_the_metrics_of_a_kept_audit_are_pushed(night, listener):
    port, received = listener
    night(AT_RISK, f"push: http://127.0.0.1:{port}/\n", "--format", "prometheus=audit.prom")
    assert received == [("/metrics/job/nornir_anyconnect", Path("audit.prom").read_text())]
    assert 'nornir_anyconnect_findings{verdict="at-risk"} 1' in received[0][1]


def test_what_is_not_kept_is_not_pushed_by_check(cli, write, listener):
    port, received = listener
    write("nornir-anyconnect.yaml", f"push: http://127.0.0.1:{port}/\n")
    cli("check", write("edge.cfg", AT_RISK))
    assert received == []


def test_a_pushgateway_that_is_down(night, cli, closed_port):
    run = night(AT_RISK, f"push: http://127.0.0.1:{closed_port}\n")
    assert run.code == 2
    assert "error: the Pushgateway did not take the metrics: " in run.err
    assert run.json["summary"]["at_risk"] == 1
    assert len(cli("history", "list").out.splitlines()) == 1


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ("push: file:///etc/passwd\n", "'push' is 'file:///etc/passwd'"),
        ("notify: {webhook: {url: 'ftp://chat.example.net'}}\n", "'notify.webhook.url' is 'ftp://chat.example.net'"),
    ],
)
def test_an_address_that_is_none_is_found_before_any_work(night, settings, cause, tmp_path):
    run = night(AT_RISK, settings, "--format", "csv=audit.csv")
    assert (run.code, run.out) == (2, "")
    assert cause in run.err
    assert run.err.count("\n") == 2
    assert not (tmp_path / "nights.sqlite").exists()
    assert not (tmp_path / "audit.csv").exists()


def test_pseudonyms_that_cannot_be_compared_are_told(night, monkeypatch):
    words = "pseudonyms differ from night to night"
    assert words in night(AT_RISK, "", "--pseudonymise-users").err
    monkeypatch.setenv("NORNIR_ANYCONNECT_SALT", "a salt of this test")
    assert words not in night(AT_RISK, "", "--pseudonymise-users").err


def test_a_notification_command_that_fails(night):
    settings = f"notify: {{command: ['{sys.executable}', '-c', 'raise SystemExit(\"no mail today\")']}}\n"
    night(AT_RISK, settings)
    run = night(SAFE, settings)
    assert run.code == 2
    assert "ended with 1: no mail today" in run.err
    assert run.json["summary"]["safe"] >= 1


def test_a_locked_history(night, tmp_path, monkeypatch, cli):
    night(AT_RISK)
    monkeypatch.setattr(store, "BUSY_TIMEOUT", 0.1)
    other = sqlite3.connect(tmp_path / "nights.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    run = night(SAFE)
    other.close()
    assert run.code == 2
    assert "database is locked" in run.err
    assert run.json["summary"]["safe"] >= 1
    assert len(cli("history", "list").out.splitlines()) == 1


def test_a_damaged_history(night, write):
    write("nights.sqlite", "this is no database" * 100)
    run = night(AT_RISK, "", "--format", "html=audit.html")
    assert run.code == 2
    assert "file is not a database" in run.err
    assert run.json["summary"]["at_risk"] == 1
    assert 'id="data"' in Path("audit.html").read_text()


def _small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_no_space_for_the_history(write, tmp_path):
    write("edge.cfg", AT_RISK)
    write("nornir-anyconnect.yaml", "history: nights.sqlite\n")
    done = subprocess.run(
        [*COMMAND, "check", "edge.cfg", "--keep", "--format", "json"],
        cwd=tmp_path,
        preexec_fn=_small_files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the history sqlite:///nights.sqlite failed: " in done.stderr
    assert json.loads(done.stdout)["summary"]["at_risk"] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("argv", [["--format", "json"], ["--format", "json=/dev/full"]])
def test_a_full_disk_where_the_report_goes(write, tmp_path, argv):
    write("edge.cfg", AT_RISK)
    (tmp_path / "rescued").mkdir()
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "check", "edge.cfg", *argv],
            cwd=tmp_path,
            env={"TMPDIR": str(tmp_path / "rescued"), "PATH": "/usr/bin"},
            stdout=full if len(argv[1]) == 4 else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    (rescued,) = (tmp_path / "rescued").iterdir()
    assert f"the result is in {rescued} instead" in done.stderr
    assert json.loads(rescued.read_text())["summary"]["at_risk"] == 1


def test_a_folder_that_cannot_be_written_is_found_before_any_work(cli, write):
    run = cli("check", write("edge.cfg", AT_RISK), "--format", "json=nowhere/audit.json")
    assert run.code == 2
    assert "the folder nowhere does not exist" in run.err


def test_a_folder_that_refuses_the_file_after_the_work(cli, write, tmp_path, monkeypatch):
    # nobody, not even root, can make a file in /proc; that it looks writable is how a quota or a remote disk behaves
    monkeypatch.setattr("os.access", lambda *_: True)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    run = cli("check", write("edge.cfg", AT_RISK), "--format", "json=/proc/audit.json", "--format", "csv")
    assert run.code == 2
    (rescued,) = tmp_path.glob("nornir-anyconnect-*.json")
    assert f"the result is in {rescued} instead" in run.err
    assert json.loads(rescued.read_text())["summary"]["at_risk"] == 1
    assert "STAFF" in run.out


def test_waivers_that_are_wrong_are_found_before_any_work(cli, write):
    write("nornir-anyconnect.yaml", "waivers: waivers.yaml\n")
    write("waivers.yaml", "- {device: '*'}\n")
    run = cli("check", write("edge.cfg", AT_RISK))
    assert (run.code, run.out) == (2, "")
    assert "'name' is missing" in run.err


def test_a_missing_template_is_refused_before_the_nights_work_and_hinders_nothing_else(cli, write):
    hook = "notify: {webhook: {url: 'https://chat.example.net/hook', template: gone.j2}}\n"
    write("nornir-anyconnect.yaml", hook)
    path = write("edge.cfg", AT_RISK)
    assert cli("check", path).code == 1
    run = cli("check", path, "--keep")
    assert (run.code, run.out) == (2, "")
    assert "gone.j2 does not exist" in run.err


WAIVER = "- {{device: '{}', name: {}, owner: Kim Example, reason: booked, expires: 2099-12-31}}\n"


def test_a_waiver_that_matches_nothing_is_told(cli, write):
    write("nornir-anyconnect.yaml", "waivers: waivers.yaml\n")
    write("waivers.yaml", WAIVER.format("edge.cfg", "STAFF") + WAIVER.format("edge.cfg", "STAF"))
    write("waivers2.yaml", WAIVER.format("*", "STAFF") + WAIVER.format("gone.cfg", "STAFF"))
    run = cli("check", write("configs/edge.cfg", AT_RISK))
    assert run.err == "the waiver for edge.cfg STAF (Kim Example) matches no finding\n"
    assert run.code == 0
    assert cli("check", "configs/edge.cfg", "--quiet").err == ""
    hidden = cli("check", "configs/edge.cfg", "--pseudonymise-users").err
    assert hidden == "the waiver for edge.cfg (Kim Example) matches no finding\n"
    write("nornir-anyconnect.yaml", "waivers: waivers2.yaml\n")
    assert cli("check", "configs/edge.cfg").err == ""
    assert cli("check", "configs").err == "the waiver for gone.cfg STAFF (Kim Example) matches no finding\n"


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    """Two boxes and their inventory."""
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "demo-password")
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "demo-enable")
    gate.forget()
    login = {"users": {"audit": {"password": "demo-password", "privilege": 15}}, "enable_password": "demo-enable"}
    boxes = [
        {"name": name, "release": "9.12(4)67", "serial": f"JAD{name}", "config": ["edge.cfg", "staff_default.cfg"]}
        for name in ("fw-one", "fw-two")
    ]
    with start_fleet({"devices": boxes, "defaults": login}) as started:
        started.write_inventory(tmp_path / "inventory")
        yield started


@pytest.mark.fleet
def test_two_audits_never_overlap(cli, write, fleet, tmp_path):
    write("nornir-anyconnect.yaml", "inventory: inventory\nlock: audit.lock\nformats: [json=audit.json]\n")
    with only_one(tmp_path / "audit.lock"):
        run = cli("audit")
    assert run.code == 2
    assert "another audit is running: process " in run.err
    assert not (tmp_path / "audit.json").exists()
    assert all(device.logins.attempts == 0 for device in fleet.devices.values())
    assert cli("audit").code == 1
    assert json.loads((tmp_path / "audit.json").read_text())["summary"]["devices"] == 2


@pytest.mark.fleet
def test_a_part_of_the_fleet_is_no_night(cli, write, fleet):
    write("nornir-anyconnect.yaml", "inventory: inventory\nhistory: nights.sqlite\n")
    cli("audit", "--format", "json")
    cli("audit", "--format", "json", "--limit", "fw-one")
    assert len(cli("history", "list").out.splitlines()) == 1
    cli("audit", "--format", "json", "--limit", "fw-one", "--keep")
    told = cli("history", "diff", "--format", "json").json
    assert {each["device"] for each in told["not_judged"]} == {"fw-two"}


@pytest.mark.fleet
def test_what_a_part_of_the_fleet_leaves_out_is_said(cli, write, fleet, listener):
    port, received = listener
    settings = f"inventory: inventory\nhistory: nights.sqlite\npush: http://127.0.0.1:{port}/\n"
    write("nornir-anyconnect.yaml", f"{settings}notify: {{command: ['false']}}\nwaivers: waivers.yaml\n")
    write("waivers.yaml", WAIVER.format("fw-two", "STAF"))
    run = cli("audit", "--format", "json", "--limit", "fw-one")
    assert run.err == (
        "--limit: a part of the fleet is no night; not kept in the history, not pushed, nobody is told of changes; "
        "--keep does it all the same\n"
    )
    assert "--filter: " in cli("audit", "--format", "json", "--filter", "name=fw-one").err
    assert cli("audit", "--format", "json", "--limit", "fw-one", "--quiet").err == ""
    assert received == []
    assert cli("audit", "--format", "json", "--limit", "fw-one", "--keep").err == "kept as audit 1\n"
    assert len(received) == 1
    assert "the waiver for fw-two STAF (Kim Example) matches no finding\n" in cli("audit", "--format", "json").err


@pytest.mark.fleet
def test_metrics_are_pushed_and_notifications_missed_without_a_history(cli, write, fleet, listener, tmp_path):
    port, received = listener
    write("nornir-anyconnect.yaml", f"inventory: inventory\npush: http://127.0.0.1:{port}/\n")
    run = cli("audit", "--format", "json")
    assert (run.code, run.err) == (1, "")
    assert "nornir_anyconnect_devices" in received[0][1]
    assert not (tmp_path / "data").exists()
    write("nornir-anyconnect.yaml", "inventory: inventory\nnotify: {command: ['false']}\n")
    warning = "'notify' in the settings tells nobody: changes are known with a 'history' (or --keep) only\n"
    assert cli("audit", "--format", "json", "--quiet").err == warning
    assert warning not in cli("audit", "--format", "json", "--keep").err


@pytest.mark.fleet
def test_a_box_that_is_down_tonight_is_not_called_fixed(cli, write, fleet):
    write("nornir-anyconnect.yaml", "inventory: inventory\nhistory: nights.sqlite\n")
    cli("audit", "--format", "json")
    fleet.devices["fw-two"].set_fault("refuse-connection")
    run = cli("audit", "--format", "json")
    assert run.code == 3
    told = cli("history", "diff", "--format", "json").json
    assert told["fixed"] == []
    assert {each["device"] for each in told["not_judged"]} == {"fw-two"}


def test_a_file_name_that_is_not_utf_8_is_kept_too(cli, tmp_path):
    (tmp_path / os.fsdecode(b"edge-\xff.cfg")).write_text(AT_RISK)
    run = cli("check", ".", "--keep", "--format", "json")
    assert run.code == 1, run.err
    assert "kept as audit 1" in run.err
    assert "edge-\\udcff" in cli("history", "show", 1).out


def test_what_went_wrong_with_many_for_one_reason_is_one_line(cli, write):
    for name in ("a.cfg", "b.cfg", "c.cfg"):
        write(name, AT_RISK.replace(": end", ""))
    run = cli("check", ".")
    assert run.code == 3
    (line,) = [line for line in run.err.splitlines() if line.startswith("partial: ")]
    assert line.startswith("partial: a.cfg, b.cfg, c.cfg: the text has no end mark")


def test_a_part_of_the_fleet_leaves_the_files_of_the_night_as_they_are(cli, write, monkeypatch):
    from nornir_anyconnect.workflows import fleet

    monkeypatch.setattr(fleet, "audit_fleet", lambda *_, **__: fleet.FleetAudit(()))
    write("inventory/hosts.yaml", "a: {}\nb: {}\n")
    write("nornir-anyconnect.yaml", "inventory: inventory\nformats: [html=night.html, prometheus=night.prom]\n")
    for part in (("--limit", "a"), ("--filter", "name=a"), ("--limit", "a", "--keep")):
        run = cli("audit", *part)
        assert "night.html, night.prom of the settings stay as they are" in run.err
        assert not Path("night.html").exists()
        assert run.out
    cli("audit")
    assert Path("night.html").exists()
