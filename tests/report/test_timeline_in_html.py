"""The page tells the reconnect in the very sentences of ``explain``."""

import base64
import gzip
import json
import re
from dataclasses import replace

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.finding import FindingEvidence, Verdict
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.report import render
from nornir_anyconnect.report.explanation import explain
from nornir_anyconnect.report.formats.html import _ANY_POLICY, _timeline

TEXT = """\
ASA Version 9.12(4)
webvpn
 enable outside
{port} anyconnect enable
group-policy GP internal
group-policy GP attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect ssl df-bit-ignore {df}
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP
Cryptochecksum:0
"""


def judged(df="disable", port=""):
    config = parse(TEXT.format(df=df, port=port))
    device = judge(config, "fw1")
    return config, device, next(each for each in device.findings if each.name == "STAFF")


def chunk(report):
    packed = re.search(r'class="details">([^<]*)<', render("html", report))[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


@pytest.mark.parametrize("df", ["enable", "disable"])
@pytest.mark.parametrize("port", ["", " dtls port 4443\n"])
def test_the_steps_are_those_that_explain_prints(df, port):
    config, device, finding = judged(df, port)
    answers = dict(explain(config, device, finding).answers)
    happens = _timeline(finding)
    shown = tuple(f"{at:g} s: {what}" + (f"; the user sees: {sees}" if sees else "")
                  for at, what, sees, _ in happens["moments"])  # fmt: skip
    assert shown == answers["What does the user see, and when?"]
    logged = tuple(
        f"{at:g} s: {line}".replace(_ANY_POLICY, "GP") for at, _, _, lines in happens["moments"] for line in lines
    )
    assert logged == answers["What will the log say?"]
    assert answers["Which cause is it?"] == (
        happens["cause"],
        *(f"to tell: {line}" for line in happens["tell_apart"]),
    )


def test_a_mitigated_group_is_told_that_its_packets_pass_in_fragments():
    _, device, finding = judged("enable")
    assert finding.verdict is Verdict.MITIGATED
    packed = chunk(AuditReport((device,), "2024-05-17T22:00:00+00:00", "0.1.0"))
    (happens,) = packed["timelines"]
    told_users = json.dumps(happens["moments"])
    assert "the ASA sends them in fragments" in told_users
    assert "drops" not in told_users
    assert "stall" not in told_users


@pytest.mark.parametrize(
    ("evidence", "cause", "reconnects_at"),
    [
        (
            FindingEvidence(tls_only_sessions=2, sessions=9),
            (
                "DTLS never comes up: something between these clients and the ASA blocks UDP "
                "(2 of 9 connected users have no DTLS tunnel)"
            ),
            60,
        ),
        (
            FindingEvidence(confirmed=True, users=3, reconnects=3, stalled=61),
            (
                "DTLS never comes up: something between these clients and the ASA blocks UDP "
                "(3 of 3 reconnects seen never had a UDP connection)"
            ),
            61,
        ),
        (
            FindingEvidence(confirmed=True, users=3, reconnects=3, lost=2, stalled=420),
            (
                "DTLS comes up and is lost later: a NAT or firewall on the path forgets the UDP flow "
                "(2 of 3 reconnects seen had a UDP connection before)"
            ),
            420,
        ),
    ],
)
def test_what_was_seen_names_the_cause_and_when_they_reconnect(evidence, cause, reconnects_at):
    _, _, finding = judged()
    happens = _timeline(replace(finding, evidence=evidence))
    assert happens["cause"] == cause
    assert happens["moments"][-2][0] == reconnects_at
    lost = evidence.lost > 0
    assert happens["moments"][0][1].startswith("the DTLS tunnel is lost" if lost else "the client connects over TLS")


def test_where_nothing_happens_there_is_no_timeline(fleet):
    assert [_timeline(finding) is None for finding in fleet.devices[1].findings] == [False, True, True]


def test_groups_with_the_same_numbers_share_a_timeline():
    _, device, finding = judged()
    others = tuple(replace(finding, name=f"G{n}", group_policy=f"GP-{n}") for n in range(50))
    packed = chunk(AuditReport((replace(device, findings=others),), "2024-05-17T22:00:00+00:00", "0.1.0"))
    assert len(packed["timelines"]) == 1
    assert {each["timeline"] for each in packed["findings"]} == {0}
