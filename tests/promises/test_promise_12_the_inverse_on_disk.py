"""Promise 12: the inverse is on disk before the first line, to the letter, whatever the names look like."""

import resource
from importlib.resources import files

import pytest

from nornir_anyconnect.change.journal import read
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.change.transaction import Saving
from nornir_anyconnect.remedies.kinds import encode
from tests.promises.conftest import CONFIG, ENABLE, box

pytestmark = pytest.mark.fleet
NAMES = ("GP-key", '"site key users"', f"GP-{ENABLE}", "anyconnect-password", "secret")


def named(name):
    """A box whose group policy is called something that looks like a secret, or holds one of ours."""
    *others, staff = CONFIG
    text = files("mock_devices").joinpath("configs", staff).read_text("utf-8").replace("GP-STAFF", name)
    return box(config=[*others, text])


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_looks_like_a_secret_is_a_name(site, name):
    here = site(named(name))
    before = here.texts()
    outcomes = here.apply(here.plan())
    assert {str(each.state) for each in outcomes.values()} == {"applied"}
    (path,) = here.runs.glob("*.jsonl")
    (intent,) = (each for each in read(path) if each.event == "intent")
    assert intent.data["inverse"][0] == f"group-policy {name} attributes"
    assert {str(each.state) for each in here.verify().values()} == {"verified"}
    assert {str(each.state) for each in here.rollback().values()} == {"rolled-back"}
    assert here.texts() == before


def test_a_run_that_was_killed_before_its_beginning_blocks_nothing(site, cli, tmp_path):
    here = site()
    here.runs.mkdir()
    (here.runs / "20260101T000000000000-0-empty.jsonl").touch()
    (here.runs / "99990101T000000000000-0-torn.jsonl").write_text('{"hash": "00')
    options = ("--inventory", here.inventory.parent, "--journal", here.runs)
    assert cli("plan", *options[:2], "--out", "plan.yaml")[0] == 0
    code, out, err = cli("apply", "plan.yaml", *options, "--yes", "--soak", 0)
    assert code == 0, err
    code, out, err = cli("rollback", "last", *options, "--yes")
    assert (code, "rolled-back" in out) == (0, True), err


def test_a_disk_that_is_full_at_the_end_hides_no_state(site, cli, tmp_path):
    here = site()
    options = ("--inventory", here.inventory.parent, "--journal", here.runs)
    assert cli("plan", *options[:2], "--out", "plan.yaml")[0] == 0
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    states = set()
    for size in range(4_000, 30_000, 2_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
        try:
            code, out, err = cli("apply", "plan.yaml", *options, "--yes", "--soak", 0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        if code == 2:  # not even the beginning could be written
            assert not out
            assert "nothing was sent" in err or "cannot be written" in err
            continue
        (state,) = {state for state in ("applied", "reverted", "failed", "indeterminate") if f"fw-one: {state}" in out}
        states.add(state)
        assert code == {"applied": 0, "failed": 3, "reverted": 4, "indeterminate": 5}[state]
        cli("rollback", "last", *options, "--yes")
        here.fleet.devices["fw-one"].configure("group-policy GP-STAFF attributes", "webvpn", "no anyconnect mtu")
    assert {"applied", "reverted"} <= states


def test_an_object_that_somebody_made_after_the_kill_is_left_alone(site):
    here = site()
    plan = here.plan(fix="tls-only-group", alias="{group}-TLS", accept_external=True)
    with Run.start(plan, directory=here.runs, saving=Saving()) as run:
        (planned,) = run.plan.changes
        commands = [encode(each) for each in planned.commands]
        run.note_for(planned)("intent", commands=commands, inverse=[], saving=False)
    here.fleet.devices["fw-one"].configure(
        "group-policy STAFF-TLS internal", "tunnel-group STAFF-TLS type remote-access"
    )
    here.rollback()
    text = here.fleet.devices["fw-one"].running_config()
    assert "group-policy STAFF-TLS internal" in text
    assert "tunnel-group STAFF-TLS type remote-access" in text
