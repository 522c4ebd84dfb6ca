"""What is confirmed is not called safe, in any format: a finding says one or the other."""

import json
from dataclasses import replace

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, Incident
from nornir_anyconnect.remedies.propose import assess_config
from nornir_anyconnect.report import AUDIT_FORMATS, Style, render

TEXT = """\
ASA Version 9.16(1)
webvpn
 enable outside
 anyconnect enable
group-policy GP internal
group-policy GP attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  {client}
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP
Cryptochecksum:0
"""
INCIDENTS = {
    "the past": [(1406, 1367, "ann"), (1406, 1367, "bob")],
    "one user of a file": [(1200, 1150, "ann")],
    "compression": [(1210, 1200, "ann"), (1210, 1200, "bob")],
    "seen though not predicted": [(1200, 1150, "ann"), (1190, 1150, "bob")],
}


def audited(client, seen):
    incidents = tuple(
        Incident("dtls-never-up", "fw", "GP", user, None, None, 61.0, 3, threshold, packet)
        for packet, threshold, user in seen
    )
    users = frozenset(each.user for each in incidents)
    observed = DeviceObservations("fw", {"GP": GroupObservations("GP", users=users, incidents=incidents)}, lines=9)
    device = assess_config(parse(TEXT.format(client=client)), "fw", observed)
    staff = next(each for each in device.findings if each.name == "STAFF")
    return AuditReport((replace(device, findings=(staff,)),), "2026-03-01T08:00:00+00:00", "0.1.0"), staff


@pytest.mark.parametrize("what", INCIDENTS)
def test_a_safe_finding_is_never_confirmed(what):
    _, staff = audited("anyconnect mtu 1200", INCIDENTS[what])
    assert staff.confirmed is (what == "seen though not predicted")
    assert (staff.verdict is Verdict.SAFE) is not staff.confirmed


@pytest.mark.parametrize("detail", [False, True])
@pytest.mark.parametrize("name", AUDIT_FORMATS)
@pytest.mark.parametrize("what", INCIDENTS)
def test_no_format_says_both_of_one_finding(what, name, detail):
    report, staff = audited("anyconnect mtu 1200", INCIDENTS[what])
    for style in (Style(detail=detail), Style(detail=detail, terminal=True)):
        shown = render(name, report, style)
        if name in ("json", "ndjson"):
            for line in [shown] if name == "json" else shown.splitlines():
                found = json.loads(line)
                findings = [f for d in found.get("devices", [found]) for f in d.get("findings", [d])]
                assert not [
                    f for f in findings if f.get("verdict") == "safe" and (f.get("evidence") or {}).get("confirmed")
                ]
        elif name in ("text", "markdown", "csv", "junit") and staff.verdict is Verdict.SAFE:
            rows = [line for line in shown.splitlines() if "STAFF" in line or "observed" in line]
            assert not [row for row in rows if "confirmed" in row.replace("0 confirmed", "").replace("unconfirmed", "")]


@pytest.mark.parametrize(
    ("client", "what", "said"),
    [
        ("anyconnect mtu 1200", "one user of a file", "; 1 user reconnected after drops that this configuration does"),
        ("anyconnect ssl dtls none", "the past", None),
        ("anyconnect mtu 1200", "the past", None),
        ("anyconnect mtu 1400", "one user of a file", "; 1 user reconnected after drops that this configuration does"),
    ],
)
def test_reconnects_that_prove_nothing_are_no_all_clear(client, what, said):
    report, staff = audited(client, INCIDENTS[what])
    answer = render("text", report, Style()).splitlines()[0]
    assert not staff.confirmed
    assert (said or "reconnected after drops") in answer or (said is None and staff.evidence.past)
    assert "nobody was seen to be hit" not in answer


@pytest.mark.parametrize("packet", [1, 1000, 1150])
@pytest.mark.parametrize("client", ["anyconnect mtu 1200", "anyconnect ssl dtls none"])
def test_a_packet_that_fits_into_the_threshold_is_no_drop_whoever_wrote_the_line(client, packet):
    _, unseen = audited(client, [])
    _, staff = audited(client, [(packet, 1150, "ann"), (packet, 1150, "bob"), (packet, 1150, "cid")])
    assert (staff.verdict, staff.tls_mtu, staff.dtls_mtu) == (unseen.verdict, unseen.tls_mtu, unseen.dtls_mtu)
    assert staff.verdict is Verdict.SAFE
    assert (staff.confirmed, staff.evidence.users, staff.evidence.reconnects) == (False, 0, 0)
