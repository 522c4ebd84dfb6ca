"""Promise 22: a failing processor, progress bar or report never touches the change run. Each hook raises."""

import pytest

from nornir_anyconnect import apply_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.runners import WavesRunner
from nornir_anyconnect.runners.waves import _HOOKS
from tests.promises.conftest import box

pytestmark = pytest.mark.fleet


class Broken:
    """A processor of which one hook raises."""

    def __init__(self, hook):
        self.hook, self.raised = hook, 0

    def __getattr__(self, name):
        if name not in _HOOKS:
            raise AttributeError(name)

        def call(*_):
            if name == self.hook:
                self.raised += 1
                raise RuntimeError("the report is full")

        return call


@pytest.mark.parametrize("hook", ["task_instance_started", "task_instance_completed"])
def test_each_hook_raises_and_every_device_is_changed(site, hook):
    here = site(box("fw-a"), box("fw-b"))
    plan = here.plan()
    broken = Broken(hook)
    nornir = here.nornir.with_processors([broken]).with_runner(WavesRunner(soak=0))
    with Run.start(plan, directory=here.runs) as run:
        result = nornir.run(apply_plan, run=run, on_failed=True)
    states = {name: each[0].result.changes[0].outcome.state for name, each in result.items()}
    assert states == {"fw-a": "applied", "fw-b": "applied"}
    assert broken.raised == 2


def test_progress_and_report_that_break_leave_the_change_as_it_is(site, cli, monkeypatch, tmp_path):
    from nornir_anyconnect.cli import change
    from nornir_anyconnect.workflows.terminal import Terminal

    def broken(*_):
        raise RuntimeError("the terminal is gone")

    here = site(box("fw-a"), box("fw-b"))
    given_inventory = ("--inventory", here.inventory.parent)
    journal = ("--journal", tmp_path / "journal")
    assert cli("plan", *given_inventory, "--out", "plan.yaml")[0] == 0
    monkeypatch.setattr(Terminal, "note", broken)
    monkeypatch.setattr(change, "_lines", broken)
    cli("apply", "plan.yaml", *given_inventory, "--yes", "--soak", 0, *journal)
    monkeypatch.undo()
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "demo-password")
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "demo-enable")
    code, out, err = cli("verify", "last", *given_inventory, *journal)
    assert code == 0, err
    assert out.count(": verified") == 2
