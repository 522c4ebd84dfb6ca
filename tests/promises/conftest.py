"""A simulated site under change: plan, apply, verify and take back, and what every box heard of it."""

from __future__ import annotations

import contextlib

import pytest
import yaml
from nornir import InitNornir

from mock_devices.fleet import start_fleet
from nornir_anyconnect import apply_plan, plan_fix, rollback_plan, verify_plan
from nornir_anyconnect.change.plan.making import make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.cli import main
from nornir_anyconnect.platforms.asa_ssh.options import TRANSPORTS, Options
from nornir_anyconnect.platforms.asa_ssh.session import Session
from nornir_anyconnect.platforms.login_gate import gate
from nornir_anyconnect.remedies.options import RemedyOptions

PASSWORD, ENABLE = "demo-password", "demo-enable"
DEFAULTS = {"users": {"audit": {"password": PASSWORD, "privilege": 15}}, "enable_password": ENABLE}
OVER_EACH = ("09", "16", "30")
"""Promises that a session keeps, tried over each library that can speak SSH for it; 3, 6, 20 and 32: ``tests/fleet``."""
CONFIG = ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]


def box(name="fw-one", **entry):
    """One entry of a fleet file, with a finding that is at risk."""
    return {"name": name, "release": "9.12(4)67", "serial": f"SN-{name}", "config": CONFIG, **entry}


class Site:
    """A fleet, its inventory, and the verbs over it."""

    def __init__(self, fleet, folder, transport):
        self.fleet, self.folder = fleet, folder
        self.inventory = fleet.write_inventory(folder / "inventory")
        groups = yaml.safe_load((folder / "inventory/groups.yaml").read_text("utf-8"))
        for group in groups.values():
            group["connection_options"]["anyconnect_asa"]["extras"]["transport"] = transport
        (folder / "inventory/groups.yaml").write_text(yaml.safe_dump(groups), "utf-8")
        self.runs = folder / "runs"
        self.nornir = self.again()

    def again(self, **data):
        """A fresh Nornir over the inventory."""
        runner = {"plugin": "threaded", "options": {"num_workers": 4}}
        return InitNornir(config_file=str(self.inventory), runner=runner, logging={"enabled": False}, **data)

    def plan(self, **said):
        options = RemedyOptions(**said)
        result = self.nornir.run(plan_fix, on_failed=True, options=options)
        inputs = [each for name in result for each in result[name][0].result.inputs]
        return make_plan(inputs, options=options)

    def apply(self, plan, *, nornir=None, saving=None, task=apply_plan, **how):
        with Run.start(
            plan, directory=self.runs, ticket="CHG1", saving=saving, secrets_known=(PASSWORD, ENABLE)
        ) as run:
            return _changes((nornir or self.nornir).run(task, run=run, on_failed=True, **how))

    def verify(self):
        return self._again(verify_plan)

    def rollback(self, **how):
        return self._again(rollback_plan, **how)

    def _again(self, task, **how):
        with Run.resume(max(self.runs.glob("*.jsonl"))) as run:
            return _changes(self.nornir.run(task, run=run, on_failed=True, **how))

    @property
    def heard(self):
        """(device, mode, line) of everything that was sent."""
        return [(name, each.mode, each.text) for name, device in self.fleet.devices.items() for each in device.received]

    @property
    def configured(self):
        """What arrived in configuration mode, and what opened it."""
        return [each for each in self.heard if each[1] == "config" or each[2].startswith("conf")]

    def texts(self):
        return {
            (name, of): device.running_config(of)
            for name, device in self.fleet.devices.items()
            for of in device.contexts
        }


def _changes(result):
    problems = {name: each.exception for name, each in result.items() if each.exception}
    assert not problems, problems
    return {change.name: change.outcome for each in result.values() for change in each[0].result.changes}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", PASSWORD)
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", ENABLE)
    monkeypatch.delenv("NORNIR_ANYCONNECT_USERNAME", raising=False)
    gate.forget()
    yield
    gate.forget()


@pytest.fixture
def transport():
    """What speaks SSH; these promises stand above it, but for those of ``OVER_EACH``."""
    return Options().transport


def pytest_generate_tests(metafunc):
    if "transport" in metafunc.fixturenames and metafunc.module.__name__.rpartition("promise_")[2][:2] in OVER_EACH:
        metafunc.parametrize("transport", TRANSPORTS)


@pytest.fixture
def site(tmp_path, monkeypatch, transport):
    """Start a site: site(box("fw-a"), box("fw-b"), ...)."""
    # the notice that a box prints behind its first configuration prompt never comes on loopback this late
    monkeypatch.setitem(Session.configure.__kwdefaults__, "settle", 0.05)
    with contextlib.ExitStack() as stack:

        def begin(*boxes, defaults=DEFAULTS):
            source = {"devices": list(boxes) or [box()], "defaults": defaults}
            running = Site(stack.enter_context(start_fleet(source)), tmp_path, transport)
            stack.callback(running.nornir.close_connections)
            return running

        yield begin


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Run a command in a folder of its own: cli("apply", ...) gives exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*argv):
        code = main([str(each) for each in argv])
        return (code, *capsys.readouterr())

    return run
