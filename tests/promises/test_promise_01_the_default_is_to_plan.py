"""Promise 1: a change needs the apply command, a plan file, and dry-run nowhere. All combinations."""

import itertools

import pytest

from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.plan.file import save_plan
from nornir_anyconnect.errors import PlanError

pytestmark = pytest.mark.fleet


def test_in_a_runbook_only_without_any_dry_run_is_anything_changed(site):
    here = site()
    plan = here.plan()
    before = here.texts()
    for everywhere, asked in itertools.product((True, False), (True, False, None)):
        if not (everywhere or asked):
            continue
        outcome = here.apply(plan, nornir=here.again(dry_run=everywhere), dry_run=asked)["fw-one"]
        assert outcome.state is State.NOT_STARTED
        assert outcome.lines[-1].startswith("anyconnect mtu ")
        assert here.configured == []
    assert here.texts() == before
    assert here.apply(plan)["fw-one"].state is State.APPLIED
    assert here.texts() != before


def test_on_the_command_line_only_apply_without_dry_run_changes_anything(site, cli, tmp_path):
    here = site()
    before = here.texts()
    with_inventory = ("--inventory", here.inventory.parent)
    journal = ("--journal", tmp_path / "journal")
    assert cli("audit", *with_inventory)[0] == 1
    assert cli("plan", *with_inventory, "--out", "plan.yaml")[0] == 0
    assert cli("plan", *with_inventory, "--fix", "mtu", "--format", "markdown=ticket.md")[0] == 0
    code, out, _ = cli("apply", "plan.yaml", *with_inventory, "--dry-run", "--soak", "0", *journal)
    assert code == 0
    assert "anyconnect mtu" in out
    assert cli("apply", "plan.yaml", *with_inventory, *journal)[0] == 2  # nobody typed the number of devices
    assert cli("apply", *with_inventory, "--yes")[0] == 2  # no plan
    assert here.configured == []
    assert {mode for _, mode, _ in here.heard} == {"exec", "password"}
    assert here.texts() == before
    assert cli("apply", "plan.yaml", *with_inventory, "--soak", "0", "--yes", *journal)[0] == 0
    assert here.texts() != before


def test_a_plan_made_from_files_is_preview_only(site, cli, tmp_path):
    here = site()
    (tmp_path / "saved.cfg").write_text(
        f"ASA Version 9.12(4)67\n{here.fleet.devices['fw-one'].running_config()}: end\n"
    )
    assert cli("plan", "saved.cfg", "--out", "plan.yaml")[0] == 0
    code, _, err = cli("apply", "plan.yaml", "--inventory", here.inventory.parent, "--yes", "--soak", "0")
    assert code == 2
    assert "preview" in err or "inventory lacks" in err
    assert here.heard == []


def test_no_run_begins_over_a_preview(tmp_path):
    from nornir_anyconnect.asa.parser import parse
    from nornir_anyconnect.audit.judge import judge
    from nornir_anyconnect.change.plan.making import PlanInput, make_plan
    from nornir_anyconnect.change.run import Run

    text = "ASA Version 9.12(4)\nmtu outside 1500\nwebvpn\n enable outside\n anyconnect enable\n: end\n"
    config = parse(text)
    plan = make_plan([PlanInput(config, judge(config, "saved"))])
    save_plan(plan, tmp_path / "plan.yaml")
    with pytest.raises(PlanError, match="preview"):
        Run.start(plan, directory=tmp_path / "runs")
