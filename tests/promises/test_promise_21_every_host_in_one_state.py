"""Promise 21: every host ends in exactly one state, the sum is the plan; a host that failed is still looked after."""

import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Result

from nornir_anyconnect.change.outcome import HostChange, Outcome, State
from nornir_anyconnect.change.plan.model import Fix, Plan, PlannedDevice
from nornir_anyconnect.errors import NotStartedError
from nornir_anyconnect.remedies.options import RemedyOptions
from nornir_anyconnect.tasks.change_plan import HostChanges
from nornir_anyconnect.workflows.change_run import RollbackOptions, open_run, rollback_run, verify_run
from nornir_anyconnect.workflows.change_run import states as states_of
from tests.amounts import examples
from tests.promises.conftest import box

FIX = Fix("mtu", "", "", ("tunnel-group T",), (), ())


def _plan(devices):
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return Plan("0" * 16, now, now, "", RemedyOptions(), tuple(devices))


ends = st.sampled_from(["result", "nothing", "not-started", "raised", *State])


@examples(200)
@given(st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.booleans(), ends), max_size=12))
def test_whatever_happens_the_states_are_those_of_the_plan(boxes):
    devices, result = {}, AggregatedResult("apply")
    for number, (context, fixed, end) in enumerate(boxes):
        name = f"fw{number}"
        devices[name] = PlannedDevice(name, context, "asa", None, ("S",), fixes=(FIX,) if fixed else ())
        if not fixed or end == "nothing":
            continue
        outcome = MultiResult("apply")
        if end == "not-started":
            outcome.append(Result(Host(name), exception=NotStartedError("stopped"), failed=True))
        elif end == "raised":
            outcome.append(Result(Host(name), exception=RuntimeError("bug"), failed=True))
        else:
            state = State.APPLIED if end == "result" else State(end)
            found = HostChanges(name, (HostChange(name, context, Outcome(state)),))
            outcome.append(Result(Host(name), result=found))
        result[name] = outcome
    states = states_of(_plan(devices.values()), result)
    assert [(each.name, each.context) for each in states] == [(each.name, each.context) for each in devices.values()]
    assert all(each.outcome.state in set(State) for each in states)
    for each, (_, fixed, end) in zip(states, boxes, strict=True):
        wanted = {"nothing": "not-started", "raised": "failed", "result": "applied"}.get(str(end), str(end))
        assert each.outcome.state == (wanted if fixed else "unchanged")


@pytest.mark.fleet
def test_the_states_of_a_run_are_the_hosts_of_its_plan(site, cli, tmp_path):
    here = site(box("fw-a"), box("fw-b"), box("fw-c"), box("fw-d"))
    given_inventory = ("--inventory", here.inventory.parent)
    journal = ("--journal", tmp_path / "journal", "--format", "json", "--yes")
    assert cli("plan", *given_inventory, "--out", "plan.yaml")[0] == 0
    here.fleet.devices["fw-b"].set_fault("not-stored", r"^anyconnect mtu \d", times=1)
    waves = ("--soak", 0, "--canary", 1, "--wave-size", 1)
    code, out, _ = cli("apply", "plan.yaml", *given_inventory, *waves, *journal)
    states = {each["name"]: each["state"] for each in json.loads(out)["devices"]}
    assert states == {"fw-a": "applied", "fw-b": "reverted", "fw-c": "not-started", "fw-d": "not-started"}
    assert code == 4
    code, out, _ = cli("rollback", "last", *given_inventory, *journal)
    states = {each["name"]: each["state"] for each in json.loads(out)["devices"]}
    assert states == dict.fromkeys(("fw-b", "fw-c", "fw-d"), "unchanged") | {"fw-a": "rolled-back"}
    assert code == 0


@pytest.mark.fleet
def test_a_host_that_failed_before_is_still_verified_and_taken_back(site):
    """Nornir leaves a host out of every later run once one of its tasks has failed."""
    here = site(box("fw-a"), box("fw-b"))
    before = here.texts()
    here.apply(here.plan())

    def breaks(task):
        raise RuntimeError(task.host.name)

    here.nornir.run(breaks)
    assert here.nornir.data.failed_hosts == {"fw-a", "fw-b"}
    for again, state in ((verify_run, "verified"), (partial(rollback_run, options=RollbackOptions()), "rolled-back")):
        with open_run(folder=here.runs) as run:
            end = again(run, here.nornir, here.nornir)
        assert {each.name: each.outcome.state for each in end.changes} == {"fw-a": state, "fw-b": state}
    assert here.texts() == before
