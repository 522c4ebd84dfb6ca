"""What a task reads of a device before it changes it: the same that an audit pulls."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

from nornir.core.inventory import Host
from nornir.core.task import Task

from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.change.user_tally import Tally
from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice
from nornir_anyconnect.platforms.protocols import Identity, Role, Shown
from nornir_anyconnect.tasks import change_plan
from tests.platforms.test_device import Talk

CIPHERS = "tlsv1.2 (custom):\n  AES256-SHA\ndtlsv1 (custom):\n  AES256-SHA"


class Device(AsaDevice):
    """It is the planned box, and its user ``bob`` is at risk."""

    def __init__(self):
        super().__init__(Talk(**{"show ssl ciphers": CIPHERS}))

    def identity(self):
        return Identity("fw1", ("JAD1",), role=Role.ACTIVE)


def test_a_plan_is_rehearsed_on_what_the_device_answers_to_a_pull(monkeypatch, tmp_path):
    config = Device().configuration().running
    device = dataclasses.replace(judge(config, "fw1"), serials=("JAD1",))
    plan = make_plan([PlanInput(config, device)])
    (planned,) = plan.changes
    device = Device()
    platform = SimpleNamespace(open_writer=lambda *_: device, close=lambda _: None, secrets=lambda _: frozenset())
    monkeypatch.setattr(change_plan, "platform_of", lambda _: platform)
    nornir = SimpleNamespace(config=None, inventory=SimpleNamespace(hosts={}))
    task = Task(change_plan.apply_plan, nornir, global_dry_run=True, processors=[])
    task.host = Host(name="fw1")
    with Run.start(plan, directory=tmp_path) as run:
        (change,) = change_plan.apply_plan(task, run=run).result.changes
    assert (change.outcome.state, change.outcome.lines) == (State.NOT_STARTED, planned.lines)
    assert "show running-config group-policy" in device.session.sent


def test_what_befell_the_users_is_counted_in_the_log_of_the_device():
    log = "%ASA-6-722036: Group <GP> User <ann> IP <203.0.113.7> Transmitting large packet 1418 (threshold 1347).\n"
    planned = SimpleNamespace(outlook=[SimpleNamespace(group_policy=name) for name in ("GP", None)])
    for shown, counted in (
        (Shown(log, "no session"), {"GP": Tally(large_packets=1)}),
        (Shown(None, "no session"), {"GP": Tally()}),
        (Shown(log, None), None),
    ):
        device = SimpleNamespace(observations=lambda wanted, shown=shown: shown)
        assert change_plan._count(device, planned, None) == (shown.logging or "", counted)
