"""Promise 15: an inverse that is denied ends ``indeterminate``, prints what to type, and stops the box and the wave."""

import json

import pytest

from tests.promises.conftest import box

pytestmark = pytest.mark.fleet
CONTEXT = ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]


def test_a_box_in_doubt_hears_no_more(site):
    """Its other contexts are left alone: they may be the reason, and a person has to look first."""
    contexts = {"admin": "admin.cfg", "lab": CONTEXT, "sales": CONTEXT}
    here = site(box("fw-multi", release="9.16(4)38", config="system.cfg", contexts=contexts))
    plan = here.plan()
    assert [each.context for each in plan.changes] == ["lab", "sales"]
    device = here.fleet.devices["fw-multi"]
    untouched = device.running_config("sales")
    device.set_fault("remark", r"^anyconnect mtu \d", text="WARNING: no")
    device.set_fault("authorization", "^no anyconnect mtu")
    outcome = here.apply(plan)["fw-multi"]
    assert outcome.state == "indeterminate", outcome
    assert "no anyconnect mtu" in outcome.lines
    assert device.running_config("sales") == untouched
    assert not any(line == "changeto context sales" for _, _, line in here.heard[-30:])


def test_the_wave_stops_and_the_lines_stand_on_stderr_and_in_the_journal(site, cli, tmp_path):
    here = site(box("fw-a"), box("fw-b"))
    given = ("--inventory", here.inventory.parent)
    assert cli("plan", *given, "--out", "plan.yaml")[0] == 0
    first = here.fleet.devices["fw-a"]
    first.set_fault("remark", r"^anyconnect mtu \d", text="WARNING: no")
    first.set_fault("authorization", "^no anyconnect mtu")
    untouched = here.fleet.devices["fw-b"].running_config()
    code, out, err = cli(
        "apply", "plan.yaml", *given, "--yes", "--soak", 0, "--journal", tmp_path / "journal", "--format", "json"
    )
    assert code == 5
    states = {each["name"]: each["state"] for each in json.loads(out)["devices"]}
    assert states == {"fw-a": "indeterminate", "fw-b": "not-started"}
    assert "no anyconnect mtu" in err
    assert here.fleet.devices["fw-b"].running_config() == untouched
    (journal,) = (tmp_path / "journal").glob("*.jsonl")
    outcome = next(line for line in journal.read_text().splitlines() if '"outcome"' in line)
    assert "no anyconnect mtu" in outcome
