"""What the audit says is what the packaged JSON Schema promises."""

from __future__ import annotations

import json

import jsonschema
import pytest

import nornir_anyconnect
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import DeviceAudit, Remedy, Scope, Status, Verdict
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.audit.rules import RULES, UNDEPLOYED
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket
from nornir_anyconnect.report.sentences import CAVEATS, CERTAINTY, REASONS, caveat_text, reason_text
from tests import contract

SCHEMA = contract.validator().schema
SEEN = DeviceObservations(
    "vpn1",
    {"STAFF": GroupObservations("STAFF", frozenset({"al"}), (LargePacket(1418, 1315, without_udp=True),))},
    lines=3,
)


def report(*devices: DeviceAudit) -> dict[str, object]:
    return AuditReport(devices, "2024-05-01T08:00:00+00:00", nornir_anyconnect.__version__).to_dict()


def valid(document: object) -> None:
    contract.valid(json.loads(json.dumps(document)))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema"]["const"] == report()["schema"]


@pytest.mark.parametrize("seen", [None, SEEN], ids=["no evidence", "evidence"])
@pytest.mark.parametrize("complete", [True, False])
def test_real_findings_validate(vpn1, seen, complete: bool) -> None:
    edits = [
        (),
        ((" enable outside\n", ""),),
        ((" enable outside\n", " enable outside tls-only\n"),),
        (("  anyconnect ssl rekey time 30\n", "  anyconnect mtu 1300\n"),),
        (("  anyconnect ssl rekey time 30\n", "  anyconnect ssl df-bit-ignore enable\n"),),
        ((" default-group-policy STAFF\n", " default-group-policy GONE\n"),),
    ]
    end = "Cryptochecksum:00112233445566778899aabbccddeeff\n: end\n"
    texts = [vpn1(*each) for each in edits]
    audits = [
        judge(parse(text if complete else text.replace(end, "")), f"vpn{number}", seen, Options())
        for number, text in enumerate(texts)
    ]
    document = report(*audits, DeviceAudit("down", status=Status.FAILED, errors=("no route",)))
    valid(document)
    assert document["summary"]["devices"] == len(edits) + 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("field", "value"),
    [("verdict", "fine"), ("tls_mtu", "1315"), ("caveats", ["made-up"]), ("sources", [{"setting": "mtu"}])],
)
def test_a_wrong_finding_is_refused(vpn1, field: str, value: object) -> None:
    document = report(judge(parse(vpn1()), "vpn1"))
    document["devices"][0]["findings"][0][field] = value  # type: ignore[index]
    with pytest.raises(jsonschema.ValidationError):
        valid(document)


def test_a_verdict_of_unknown_carries_no_number(vpn1) -> None:
    document = report(judge(parse(vpn1((" enable outside\n", ""))), "vpn1"))
    document["devices"][0]["findings"][0]["tls_mtu"] = 1315  # type: ignore[index]
    with pytest.raises(jsonschema.ValidationError):
        valid(document)


def test_remedies_have_their_place_in_the_schema(vpn1) -> None:
    document = report(judge(parse(vpn1()), "vpn1"))
    document["devices"][0]["findings"][0]["remedies"] = [Remedy("mtu", (Scope.TUNNEL_GROUP, "T")).to_dict()]  # type: ignore[index]
    valid(document)


def test_same_input_same_bytes(vpn1) -> None:
    first, second = (json.dumps(report(judge(parse(vpn1()), "vpn1", SEEN))) for _ in range(2))
    assert first == second


def test_every_reason_and_caveat_has_its_sentence() -> None:
    finding = SCHEMA["$defs"]["finding"]["properties"]
    whole = SCHEMA["properties"]["caveats"]["items"]["const"]
    assert set(REASONS) == {rule.reason for rule in RULES} | {UNDEPLOYED} == set(finding["reason"]["enum"])
    assert set(CAVEATS) == {*finding["caveats"]["items"]["enum"], whole}
    assert set(CERTAINTY) == set(finding["certainty"]["enum"])
    assert set(finding["verdict"]["enum"]) == set(Verdict)
    for sentence in (*REASONS.values(), *CAVEATS.values(), *CERTAINTY.values()):
        assert sentence.endswith(".")
    assert reason_text("new-reason") == "new-reason"
    assert caveat_text("model-mismatch") == CAVEATS["model-mismatch"]


def test_worst_comes_first(vpn1) -> None:
    text = vpn1(("tunnel-group STAFF-VPN type", "tunnel-group AAA type remote-access\ntunnel-group STAFF-VPN type"))
    names = [each.name for each in judge(parse(text), "vpn1").findings]
    assert names == ["STAFF-VPN", "AAA", "DefaultWEBVPNGroup"]
