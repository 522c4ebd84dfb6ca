"""Promise 14: a second run plans nothing, and a runner that repeats the task changes once. Three times."""

import pytest

from nornir_anyconnect import apply_plan

pytestmark = pytest.mark.fleet


def _sent(here):
    return [line for _, mode, line in here.heard if mode == "config" and line not in ("exit", "terminal pager 0")]


def test_a_second_run_plans_nothing(site):
    here = site()
    plan = here.plan()
    here.apply(plan)
    sent = _sent(here)
    for _ in range(3):
        assert here.plan().changes == ()
        assert here.apply(plan)["fw-one"].state == "unchanged"
    assert _sent(here) == sent


def test_a_runner_that_repeats_the_task_changes_once(site):
    here = site()
    plan = here.plan()

    def three_times(task, run):
        results = [apply_plan(task, run=run) for _ in range(3)]
        assert [each.result.changes[0].outcome.state for each in results] == ["applied", "unchanged", "unchanged"]
        assert [each.changed for each in results] == [True, False, False]
        return results[-1]

    here.apply(plan, task=three_times)
    assert len(_sent(here)) == len([each for each in plan.changes[0].lines if each != "exit"])


def test_a_second_rollback_takes_nothing_back(site):
    here = site()
    before = here.texts()
    here.apply(here.plan())
    assert here.rollback()["fw-one"].state == "rolled-back"
    sent = _sent(here)
    for _ in range(3):
        assert here.rollback()["fw-one"].state == "unchanged"
    assert _sent(here) == sent
    assert here.texts() == before
