"""Servers that stall, flood, dribble and lie at each step, beside one that is well: times audit to rollback.

Every host ends in time and in the right state, the one that is well is none the worse, memory stays bounded, and a
signal is heard while all of them hang.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from zlib import crc32

import pytest
import yaml
from nornir.core import Nornir
from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory
from nornir.core.plugins.connections import ConnectionPluginRegister

from mock_devices.fleet import start_fleet
from nornir_anyconnect import apply_plan, rollback_plan, verify_plan
from nornir_anyconnect.audit.finding import Status, Verdict
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.plan.making import make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.change.transaction import Transaction
from nornir_anyconnect.platforms.asa_ssh.options import TRANSPORTS
from nornir_anyconnect.platforms.deadline import host_deadline
from nornir_anyconnect.platforms.login_gate import gate
from nornir_anyconnect.remedies.options import RemedyOptions
from nornir_anyconnect.runners import WavesRunner
from nornir_anyconnect.tasks import change_plan
from nornir_anyconnect.workflows.fleet import FleetOptions, audit_fleet, examine_fleet, plan_fleet
from tests import warm
from tests.amounts import of
from tests.faults.hostile import KINDS
from tests.promises.conftest import DEFAULTS, ENABLE, PASSWORD, box
from tests.waiting import LONG, eventually

pytestmark = [pytest.mark.waits, pytest.mark.faults]

WELL = "fw-well"
SECONDS = 4.0
"""The whole of a hostile host. The one that is well has all the time that a busy machine needs."""
MEMORY = 300
"""MB that all of them together may take."""
IMPATIENT = {"connect_timeout": 2, "login_timeout": 2, "reply_timeout": 2, "reply_limit": 1}
ONE_EACH = [(each,) for each in TRANSPORTS]
HURRIED = (
    "import sys; from nornir_anyconnect.runners import chassis; from nornir_anyconnect.cli import main\n"
    "chassis.GRACE = 0.5; sys.exit(main())"
)
"""The command, with less time for what is in flight when it is interrupted: none of it ends by itself here."""
PATIENT = dict.fromkeys(("connect_timeout", "login_timeout", "reply_timeout"), LONG)


def name_of(kind):
    return "hostile-" + kind.replace(" ", "-")


@pytest.fixture(scope="module")
def hostile():
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.hostile"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        told, began = json.loads(process.stdout.readline()), Counter()

        def listen():
            for line in process.stdout:
                began[line.strip()] += 1

        def tell(line):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()

        listener = threading.Thread(target=listen)
        listener.start()
        yield SimpleNamespace(**told, began=began, tell=tell)
        process.stdin.close()
        process.kill()
        listener.join()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", PASSWORD)
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", ENABLE)
    monkeypatch.delenv("NORNIR_ANYCONNECT_USERNAME", raising=False)
    monkeypatch.setattr(change_plan, "TO_REACH_IT", SECONDS - 2)
    monkeypatch.setattr(change_plan, "Transaction", lambda *args, deadline, **how: Transaction(*args, **how))
    ConnectionPluginRegister.auto_register()
    gate.forget()
    yield
    gate.forget()


class Site:
    """One box that is well, and one name per kind of hostile server; ``turn_hostile`` makes them what they are.

    ``transports``: of each in turn, the one that is well first.
    """

    def __init__(self, running, hostile, folder, kinds, transports):
        self.running, self.hostile, self.folder, self.kinds = running, hostile, folder, kinds
        self.transports = dict(zip((WELL, *map(name_of, kinds)), itertools.cycle(transports), strict=False))
        known = running.write_inventory(folder / "inventory").with_name("known_hosts")
        keys = "".join(f"[127.0.0.1]:{port} {hostile.key}\n" for port in hostile.ports.values())
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text(known.read_text() + keys)
        self.ports = {name: device.port for name, device in running.devices.items()}
        self.turned = set()

    def turn_hostile(self):
        self.ports |= {name_of(kind): self.hostile.ports[kind] for kind in self.kinds}
        self.turned = set(self.ports) - {WELL}

    def deadline(self, seconds, name):
        """Only what is hostile has an end that comes."""
        return host_deadline(seconds if name in self.turned else LONG, name)

    @property
    def nornir(self):
        def host(name, port):
            patience = IMPATIENT if name in self.turned else PATIENT
            extras = {"known_hosts": str(self.known_hosts), "transport": self.transports[name], **patience}
            settings = {"anyconnect_asa": ConnectionOptions(extras=extras)}
            return Host(
                name, "127.0.0.1", port, "audit", platform="asa", connection_options=settings, defaults=Defaults()
            )

        hosts = {name: host(name, port) for name, port in sorted(self.ports.items())}
        return Nornir(Inventory(Hosts(hosts), Groups(), Defaults()))

    def change(self, task, run, **how):
        runner = WavesRunner(canary=0, soak=0, wave_percent=100, wave_size=100, max_failures=1000, deadline=None)
        result = self.nornir.with_runner(runner).run(task, run=run, on_failed=True, **how)
        return {change.name: change.outcome for each in result.values() for change in each[0].result.changes}


@pytest.fixture(params=of((TRANSPORTS,), ONE_EACH, ONE_EACH), ids="-".join)
def transports(request):
    """In a sample servers meet them by turns; in about half of the tests the other one begins."""
    return request.param[:: -1 if crc32(request.node.name.encode()) % 2 else 1]


@pytest.fixture
def kinds(request):
    """In a sample every other one; in about half of the tests the other half."""
    return of(KINDS[crc32(request.node.name.encode()) >> 1 & 1 :: 2], KINDS, KINDS)


@pytest.fixture
def site(tmp_path, hostile, monkeypatch, kinds, transports):
    names = [WELL, *map(name_of, kinds)]
    with start_fleet({"devices": [box(name) for name in names], "defaults": DEFAULTS}) as running:
        found = Site(running, hostile, tmp_path, kinds, transports)
        for module in ("tasks.pull", "tasks.change_plan", "workflows.fleet"):
            monkeypatch.setattr(import_module(f"nornir_anyconnect.{module}"), "host_deadline", found.deadline)
        yield found


@pytest.fixture
def bounded():
    """What the block takes in time and memory."""
    stop, most = threading.Event(), [0]

    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

    def watch():
        while not stop.wait(0.05):
            most[0] = max(most[0], resident())

    before, began = resident(), time.monotonic()
    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    took = time.monotonic() - began
    stop.set()
    watcher.join()
    assert took < LONG
    assert most[0] - before < MEMORY


@pytest.fixture
def planned(site):
    """A plan over boxes that were all well, which most are no more when it is carried out."""
    found = plan_fleet(site.nornir, RemedyOptions(), FleetOptions(workers=40))
    assert not found.failed
    plan = make_plan(found.inputs, options=RemedyOptions())
    assert len(plan.changes) == len(site.kinds) + 1
    return plan


@pytest.mark.usefixtures("bounded")
def test_an_audit_ends_in_time_and_judges_the_box_that_is_well(site):
    site.turn_hostile()
    report = audit_fleet(site.nornir, FleetOptions(workers=60, host_timeout=SECONDS))
    devices = {each.name: each for each in report.devices}
    assert len(devices) == len(site.kinds) + 1
    assert devices[WELL].status is Status.OK
    assert Verdict.AT_RISK in {each.verdict for each in devices[WELL].findings}
    for kind in site.kinds:
        device = devices[name_of(kind)]
        assert (device.findings, device.status) == ((), Status.FAILED), kind
    said = str([device.errors for device in report.devices])
    assert ENABLE not in said
    assert PASSWORD not in said


@pytest.mark.usefixtures("bounded")
def test_a_doctor_ends_in_time(site):
    site.turn_hostile()
    found = {each.host: each for each in examine_fleet(site.nornir, 60, lambda _: None, SECONDS)}
    assert found[WELL].well
    assert [name for name, each in found.items() if each.well] == [WELL]


@pytest.mark.usefixtures("bounded")
def test_a_plan_ends_in_time_and_plans_what_is_well(site):
    site.turn_hostile()
    found = plan_fleet(site.nornir, RemedyOptions(), FleetOptions(workers=60, host_timeout=SECONDS))
    assert WELL not in found.failed
    assert set(found.failed) == {name_of(kind) for kind in site.kinds}
    assert [each.name for each in make_plan(found.inputs, options=RemedyOptions()).changes] == [WELL]


@pytest.mark.usefixtures("bounded")
def test_an_apply_ends_in_time_and_changes_what_is_well_alone(site, planned):
    site.turn_hostile()
    with Run.start(planned, directory=site.folder, secrets_known=(PASSWORD, ENABLE)) as run:
        ended = site.change(apply_plan, run, deadline=1)
    assert ended.pop(WELL).state is State.APPLIED
    # nobody was sent a line: none of them was proved to be the planned box
    assert {each.state for each in ended.values()} <= {State.FAILED, State.REFUSED}
    assert len(ended) == len(site.kinds)


@pytest.mark.parametrize(
    ("task", "well", "hostile_states"),
    [
        (verify_plan, State.VERIFIED, {State.FAILED}),
        (rollback_plan, State.ROLLED_BACK, {State.FAILED, State.REFUSED, State.INDETERMINATE}),
    ],
)
@pytest.mark.usefixtures("bounded")
def test_what_was_applied_is_verified_and_taken_back_in_time(site, planned, task, well, hostile_states):
    with Run.start(planned, directory=site.folder, secrets_known=(PASSWORD, ENABLE)) as run:
        assert {each.state for each in site.change(apply_plan, run).values()} == {State.APPLIED}
        journal = run.journal.path
    site.turn_hostile()
    how = {"host_timeout": 2} if task is verify_plan else {"deadline": 1}
    with Run.resume(journal) as run:
        ended = site.change(task, run, **how)
    assert ended.pop(WELL).state is well
    assert {each.state for each in ended.values()} <= hostile_states
    assert len(ended) == len(site.kinds)


@pytest.mark.parametrize(
    "kinds", [("says nothing at all", "stalls the key exchange", "stalls the terminal", "never answers a show")],
    ids=["hanging"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("transports", "number"), list(zip(ONE_EACH, (signal.SIGINT, signal.SIGTERM), strict=True)), ids=TRANSPORTS
)
def test_a_signal_is_heard_while_every_host_hangs(site, tmp_path, number):
    """Nothing of it ends by itself for ten minutes; the box that is well is last, and never tried."""
    site.turn_hostile()
    patient = {"connect_timeout": 600, "login_timeout": 600, "reply_timeout": 600}
    folder = tmp_path / "hanging"
    folder.mkdir()
    hosts = {
        name_of(kind): {
            "hostname": "127.0.0.1", "port": site.ports[name_of(kind)], "username": "audit", "platform": "asa",
            "connection_options": {"anyconnect_asa": {"extras": {
                "known_hosts": str(site.known_hosts), "transport": site.transports[name_of(kind)], **patient,
            }}},
        }
        for kind in site.kinds
    }  # fmt: skip
    (folder / "hosts.yaml").write_text(yaml.safe_dump(hosts))
    for verb in ("audit", "doctor", "plan"):
        site.hostile.began.clear()
        with subprocess.Popen(
            [warm.python("-c", HURRIED), verb, "--inventory", str(folder), "--host-timeout", "600"],
            cwd=folder, env=os.environ | {"XDG_DATA_HOME": str(tmp_path)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                eventually(lambda: process.poll() is not None or set(site.kinds) <= set(site.hostile.began))
                assert process.poll() is None, process.communicate()
                process.send_signal(number)
                out, err = process.communicate(timeout=LONG)
            finally:
                process.kill()
        assert process.returncode == 130, (verb, out, err)
        assert "Traceback" not in err


@pytest.mark.parametrize("kinds", [("stalls the authentication",)], ids=["slow"])
@pytest.mark.parametrize("transports", ONE_EACH, ids=TRANSPORTS)
def test_who_is_slow_to_judge_a_login_does_not_hold_up_the_first_login_of_the_others(site):
    """One took 34 s where 1.7 s had done: until a login was judged nobody else was let in."""
    (kind,) = site.kinds
    slow = name_of(kind)
    site.hostile.tell(f"-{kind}")  # as it did for the transport before
    site.turn_hostile()
    site.ports = {each: site.ports[each] for each in (slow, WELL)}
    nornir = site.nornir
    nornir.inventory.hosts[slow].connection_options["anyconnect_asa"].extras.update(PATIENT)
    ended = []

    def on_host(failed):
        ended.append(failed)
        if not failed:  # the slow one ends only once the other has
            site.hostile.tell(kind)

    report = audit_fleet(nornir, FleetOptions(workers=10, host_timeout=LONG), on_host=on_host)
    assert {each.name: each.status for each in report.devices} == {slow: Status.FAILED, WELL: Status.OK}
    assert ended == [False, True]
