"""Promise 16: a rejected line stops the rest; any unexpected text counts; the transcript names line and words."""

import json

import pytest

from tests.promises.conftest import box

pytestmark = pytest.mark.fleet

GRAMMAR = [
    ("reply", "ERROR: Value out of range"),
    ("reply", "% Incomplete command"),
    ("reply", "Command authorization failed"),
    ("reply", "Removing MTU failed; it does not exist"),
    ("remark", "WARNING: clients may be affected"),
    ("remark", "INFO: something nobody has ever seen"),
    ("remark", "fw-one"),
]


@pytest.mark.parametrize(("kind", "words"), GRAMMAR)
def test_the_change_is_taken_back_and_the_journal_tells_why(site, kind, words):
    here = site()
    plan = here.plan()
    before = here.texts()
    here.fleet.devices["fw-one"].set_fault(kind, r"^anyconnect mtu \d", times=1, text=words)
    outcome = here.apply(plan)["fw-one"]
    assert outcome.state == "reverted", outcome
    assert words in outcome.reason
    assert here.texts() == before
    (journal,) = here.runs.glob("*.jsonl")
    records = [json.loads(line)["record"] for line in journal.read_text().splitlines()]
    answered = [each["data"] for each in records if each["event"] == "reply" and each["data"]["text"]]
    assert answered == [{"line": answered[0]["line"], "text": words}]
    assert answered[0]["line"].startswith("anyconnect mtu ")


def test_nothing_is_sent_behind_a_rejected_line(site):
    here = site(box(release="9.20(3)", config=["edge.cfg", "quoted_names.cfg", "staff_default.cfg"]))
    plan = here.plan(include_default_policy=True, fix="mtu")
    assert len([line for line in plan.changes[0].lines if line.startswith("anyconnect mtu")]) > 1
    here.fleet.devices["fw-one"].set_fault("reply", r"^anyconnect mtu \d", times=1, text="ERROR: no")
    assert here.apply(plan)["fw-one"].state == "reverted"
    tried = [line for _, _, line in here.heard if line.startswith("anyconnect mtu ")]
    assert len(tried) == 1
