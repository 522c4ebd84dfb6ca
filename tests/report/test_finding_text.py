"""A finding's text is that of its values, however much of it was made for another box."""

import json
from dataclasses import replace

import pytest

from nornir_anyconnect.audit.finding import Finding, FindingEvidence, Scope, Verdict
from nornir_anyconnect.mtu.derive import Numbers
from nornir_anyconnect.report import finding_text
from nornir_anyconnect.report.finding_text import FindingTexts

FINDING = Finding(
    Scope.TUNNEL_GROUP, 'ST"AFF', "STAFF", Verdict.AT_RISK, "dtls-mtu-exceeds-tls-mtu",
    tls_mtu=1287, dtls_mtu=1390, assumptions={"technote": Numbers(1287, 1390)}, waiver={"owner": "å"},
)  # fmt: skip
SEEN = FindingEvidence(confirmed=True, users=2, user_names=("ann", "bob"))
OTHERS = [
    FINDING,
    replace(FINDING, evidence=SEEN),
    replace(FINDING, evidence=replace(SEEN, users=3)),
    replace(FINDING, evidence=SEEN, tls_mtu=1288),
    replace(FINDING, waiver=None),
    replace(FINDING, assumptions={"technote": Numbers(1280, 1390)}),
    FINDING,
]


@pytest.mark.parametrize("kept", [1, 2, 1000])
def test_each_text_is_that_of_its_own_values(kept, monkeypatch):
    monkeypatch.setattr(finding_text, "MOST_KEPT", kept)
    texts = FindingTexts()
    assert [texts.of(each) for each in OTHERS] == [json.dumps(each.to_dict()) for each in OTHERS]


def test_boxes_of_one_template_share_all_but_the_evidence(monkeypatch):
    made = []
    real = Finding.to_dict
    monkeypatch.setattr(Finding, "to_dict", lambda self: made.append(1) or real(self))
    texts = FindingTexts()
    for users in range(5):
        texts.of(replace(FINDING, evidence=replace(SEEN, users=users)))
    assert len(made) == 1
