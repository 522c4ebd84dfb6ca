"""SIGINT and SIGTERM while apply, verify and rollback hang on hostile servers of every phase: heard, and nobody is harmed.

Hosts that hang before anything was begun on them are cut, long before their time is over; no other one begins; the box
that is well ends as it should.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import contextmanager

import pytest
import yaml

from mock_devices.fleet import start_fleet
from nornir_anyconnect.change.device import Channel
from nornir_anyconnect.change.journal import read
from nornir_anyconnect.cli import main
from nornir_anyconnect.platforms.asa_ssh.options import Options
from nornir_anyconnect.platforms.asa_ssh.session import Session
from nornir_anyconnect.platforms.deadline import end_all, host_deadline
from nornir_anyconnect.platforms.login_gate import gate
from nornir_anyconnect.runners import waves
from nornir_anyconnect.tasks import change_plan
from tests.faults.test_hostile_servers import WELL, Site, _credentials, hostile, name_of
from tests.promises.conftest import DEFAULTS, box
from tests.waiting import LONG, eventually

pytestmark = [pytest.mark.waits, pytest.mark.faults]
__all__ = ["_credentials", "hostile"]

HANGING = (
    "says nothing at all", "stalls the key exchange", "stalls the authentication", "stalls the channel",
    "stalls the terminal", "never answers a show", "asks a question",
)  # fmt: skip
PATIENT = {"connect_timeout": 600, "login_timeout": 600, "reply_timeout": 600}
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


class Changed(Site):
    """The site on the command line: each host as it really is or, once it is turned, as hostile as it has become."""

    def run(self, capsys, command, *words):
        """The exit code, the states of the hosts and standard error."""
        extras = {"known_hosts": str(self.known_hosts), **PATIENT}
        hosts = {
            name: {
                "hostname": "127.0.0.1", "port": port, "username": "audit", "platform": "asa",
                "connection_options": {"anyconnect_asa": {"extras": extras}},
            }
            for name, port in self.ports.items()
        }  # fmt: skip
        (self.folder / "hosts.yaml").write_text(yaml.safe_dump(hosts))
        gate.forget()
        where = ["--inventory", str(self.folder)]
        if command != "plan":
            where += ["--journal", str(self.folder / "runs"), "--format", "json"]
        code = main([command, *words, *where])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        states = {} if command == "plan" else {each["name"]: each["state"] for each in json.loads(out)["devices"]}
        return code, states, err

    @contextmanager
    def interrupted(self, number, waited_for):
        """This process gets the signal once so many hosts hang."""
        over = threading.Event()
        self.hostile.began.clear()
        self.together = threading.Barrier(waited_for)

        def interrupt():
            eventually(lambda: over.is_set() or len(set(HANGING) & set(self.hostile.began)) >= waited_for)
            if not over.is_set():
                os.kill(os.getpid(), number)

        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            yield
        finally:
            missed = not thread.is_alive()
            over.set()
            thread.join()
        assert missed, "the command ended before the hosts hung"

    @property
    def recorded(self):
        """The last state of each host in the journal."""
        (path,) = (self.folder / "runs").glob("*.jsonl")
        return {each.host: each.data["state"] for each in read(path) if each.event == "outcome"}


@pytest.fixture
def site(tmp_path, hostile, monkeypatch, capsys):
    """Planned while all of it was well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setitem(Session.configure.__kwdefaults__, "settle", 0.05)
    names = [WELL, *map(name_of, HANGING)]
    with start_fleet({"devices": [box(name) for name in names], "defaults": DEFAULTS}) as running:
        found = Changed(running, hostile, tmp_path, HANGING, (Options().transport,))

        def deadline(_seconds, name):
            if name not in found.turned:
                return host_deadline(LONG, name)
            # however late the last one is, they hang together
            found.together.wait(LONG)
            return host_deadline(PATIENT["reply_timeout"], name)

        monkeypatch.setattr(waves, "GRACE", 2.0)
        monkeypatch.setattr(change_plan, "host_deadline", deadline)
        assert found.run(capsys, "plan", "--out", "plan.yaml")[0] == 0
        yield found


@SIGNALS
def test_an_apply_changes_the_box_that_is_well_and_begins_no_other(site, capsys, number):
    texts = {name: device.running_config() for name, device in site.running.devices.items()}
    site.turn_hostile()
    how = ("--yes", "--soak", "0", "--canary-host", WELL, "--wave-percent", "100", "--wave-size", "4")
    with site.interrupted(number, 4):
        code, states, err = site.run(capsys, "apply", "plan.yaml", *how, "--max-failures", "100", "--deadline", "600")
    assert code == 130, err
    assert states.pop(WELL) == "applied"
    assert site.recorded == {WELL: "applied"} | {name: each for name, each in states.items() if each != "not-started"}
    assert sorted(states.values()) == ["failed"] * 4 + ["not-started"] * 3
    changed = [name for name, device in site.running.devices.items() if device.running_config() != texts[name]]
    assert changed == [WELL]


@SIGNALS
def test_a_verify_and_a_rollback_end_and_the_box_that_is_well_is_right(site, capsys, number):
    texts = {name: device.running_config() for name, device in site.running.devices.items()}
    how = ("--yes", "--soak", "0", "--canary", "0", "--wave-percent", "100", "--wave-size", "20")
    code, states, err = site.run(capsys, "apply", "plan.yaml", *how)
    assert (code, set(states.values())) == (0, {"applied"}), err
    applied = {name: device.running_config() for name, device in site.running.devices.items()}
    site.turn_hostile()
    with site.interrupted(number, len(HANGING)):
        code, states, err = site.run(capsys, "verify", "last")
    assert code == 130, err
    assert states.pop(WELL) == "verified"
    assert set(states.values()) == {"failed"}
    with site.interrupted(number, len(HANGING)):
        code, states, err = site.run(capsys, "rollback", "last", "--yes", "--deadline", "600")
    assert states.pop(WELL) == "rolled-back"
    assert set(states.values()) <= {"failed", "refused", "indeterminate"}
    assert code == (5 if "indeterminate" in states.values() else 130), err
    for name, device in site.running.devices.items():
        assert device.running_config() == (texts if name == WELL else applied)[name]
    recorded = site.recorded
    assert recorded.pop(WELL) == "rolled-back"
    assert "rolled-back" not in recorded.values()


@SIGNALS
def test_a_box_that_a_line_is_being_sent_to_is_finished_however_late_it_is(site, capsys, monkeypatch, number):
    cut = threading.Event()
    monkeypatch.setattr(waves, "GRACE", 0.0)
    monkeypatch.setattr(waves, "end_all", lambda why: (end_all(why), cut.set()))
    send = Channel.send

    def interrupted(*line):
        if not cut.is_set():
            os.kill(os.getpid(), number)
            assert cut.wait(LONG)
        return send(*line)

    monkeypatch.setattr(Channel, "send", interrupted)
    code, states, err = site.run(capsys, "apply", "plan.yaml", "--yes", "--canary-host", WELL)
    assert code == 130, err
    assert states.pop(WELL) == "applied"
    assert set(states.values()) == {"not-started"}
