from __future__ import annotations

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, Incident
from nornir_anyconnect.report.timeline import remarks, timeline

NOTE = (
    'ssl cipher tlsv1.2 custom "AES256-SHA"\n',
    'ssl cipher tlsv1.2 custom "AES256-SHA256 AES256-SHA"\n',
)
PORT = (" anyconnect enable\n", " anyconnect enable\n dtls port 4443\n")


def told(text: str, seen: GroupObservations | None = None):
    observed = None if seen is None else DeviceObservations("vpn1", groups={"STAFF": seen})
    audit = judge(parse(text), "vpn1", observed)
    return timeline(next(each for each in audit.findings if each.name == "STAFF-VPN"))


def incident(kind: str, seconds: float) -> Incident:
    return Incident(kind, "vpn1", "STAFF", "alice", None, None, seconds, 4, 1315, 1418, stalled=seconds)


def test_the_timeline_has_the_box_s_own_numbers(vpn1) -> None:
    found = told(vpn1())
    assert [moment.seconds for moment in found.moments] == [0, 1, 2, 60, 62]
    assert "1366" in found.moments[2].happens
    logged = "\n".join(line for moment in found.moments for line in moment.log_says)
    assert "Group <STAFF>" in logged
    assert "Transmitting large packet 1406 (threshold 1395)" in logged
    assert "PMTU-D packet 1406 bytes greater than effective mtu 1395" in logged
    assert "code 16: New MTU configuration" in logged
    assert "1355" in found.moments[4].happens
    assert remarks(parse(vpn1())) == ()


def test_the_note_s_own_configuration_carries_the_remark_on_its_arithmetic(vpn1) -> None:
    (remark,) = remarks(parse(vpn1(NOTE)))
    assert "1347" in remark
    assert "RC4-SHA1" in remark
    assert "the right answer is 1303 bytes" in remark


def test_fragments_are_told_as_fragments(vpn1) -> None:
    found = told(vpn1(("  anyconnect ssl rekey time 30\n", "  anyconnect ssl df-bit-ignore enable\n")))
    assert "fragments" in found.moments[2].happens
    assert "The ASA drops" not in found.moments[2].happens


def test_a_box_that_is_safe_has_no_timeline(vpn1) -> None:
    assert told(vpn1((" enable outside\n", " enable outside tls-only\n"))) is None
    assert told(vpn1(("  anyconnect ssl rekey time 30\n", "  anyconnect mtu 1300\n"))) is None


@pytest.mark.parametrize(
    ("edits", "seen", "cause", "because"),
    [
        ((), None, "undecided", "nothing was observed"),
        ((PORT,), None, "undecided", "port 4443"),
        ((), GroupObservations("STAFF", incidents=(incident("dtls-never-up", 61),)), "path-blocked", "1 of 1"),
        ((PORT,), GroupObservations("STAFF", incidents=(incident("dtls-never-up", 61),)), "dtls-port-not-open", "4443"),
        ((), GroupObservations("STAFF", incidents=(incident("dtls-lost", 400),)), "dtls-lost-later", "1 of 1"),
        ((), GroupObservations("STAFF", tls_only_users=frozenset("ab"), sessions=9), "path-blocked", "2 of 9"),
        ((), GroupObservations("STAFF", tls_only_users=frozenset("ab"), sessions=2), "undecided", "nothing"),
        (
            (PORT,),
            GroupObservations("STAFF", tls_only_users=frozenset("ab"), sessions=2),
            "dtls-port-not-open",
            "2 of 2",
        ),
    ],
)
def test_the_cause_is_what_the_evidence_supports(edits, seen, cause: str, because: str, vpn1) -> None:
    found = told(vpn1(*edits), seen)
    assert found.cause == cause
    assert because in found.cause_because
    assert len(found.tell_apart) == 3


def test_measured_seconds_replace_the_minute(vpn1) -> None:
    seen = GroupObservations("STAFF", incidents=(incident("dtls-never-up", 58), incident("dtls-never-up", 64)))
    assert told(vpn1(), seen).moments[3].seconds == 61


def test_a_tunnel_lost_later_starts_with_the_loss(vpn1) -> None:
    found = told(vpn1(), GroupObservations("STAFF", incidents=(incident("dtls-lost", 400),)))
    assert "lost" in found.moments[0].happens
    assert [moment.seconds for moment in found.moments] == [0, 2, 400, 402]
