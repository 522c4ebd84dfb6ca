"""Reports to render: an ordinary fleet, and one whose every name is an attack."""

import pytest

from nornir_anyconnect.asa.running_config import Owner, Sourced, notice
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.finding import (
    DeviceAudit,
    Finding,
    FindingEvidence,
    Remedy,
    Scope,
    Status,
    Verdict,
)
from nornir_anyconnect.mtu.derive import Numbers, Step
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu

AT = "2024-05-17T22:00:00+00:00"

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07clear",
    "\x9b31mred\u202egnp",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil","x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "[click](javascript:alert(1)) ![x](http://evil/y.png)",
    "| cell | broken `code` ``deep`` @everyone #1",
    "two\nlines\r\nhere",
    "quote\" back\\slash 'single'",
    "]]>&amp;<!--",
    "[bold red]rich[/] :bomb:",
    "\ud800lone",
)


def at_risk(name="STAFF", policy="GP-STAFF", **changes):
    values = {
        "scope": Scope.TUNNEL_GROUP,
        "name": name,
        "group_policy": policy,
        "verdict": Verdict.AT_RISK,
        "reason": "dtls-mtu-exceeds-tls-mtu",
        "certainty": "all-assumptions",
        "tls_mtu": 1347,
        "dtls_mtu": 1418,
        "tls_suite": "RC4-SHA",
        "dtls_suite": "AES256-SHA",
        "tls_version": "tlsv1",
        "dtls_version": "dtlsv1",
        "interface": "outside",
        "numbers_from": "technote",
        "configured_mtu_from": "default",
        "safe_mtu": 1347,
        "assumptions": {"technote": Numbers(1347, 1418), "guide": Numbers(1347, 1406)},
        "caveats": ("icmp-path-unknown",),
        "sources": {
            "tunnel-group type": Sourced("remote-access", 40),
            "default-group-policy": Sourced(policy, 42),
            "vpn-tunnel-protocol": Sourced(("ssl-client",), 31),
        },
        "remedies": (
            Remedy(
                kind="mtu",
                finding=(Scope.TUNNEL_GROUP, policy),
                lines=(f"group-policy {policy} attributes", " webvpn", "  anyconnect mtu 1347"),
                rollback=(f"group-policy {policy} attributes", " webvpn", "  no anyconnect mtu 1347"),
                closes=True,
            ),
        ),
        "tls_steps": (
            Step("path-mtu", "min(1380(tcpmss), 1460(mss))", 1380),
            Step("tls-mtu", "1380 - 5(ssl) - 8(cstp) - 0(pad) - 20(mac)", 1347),
        ),
        "dtls_steps": (Step("dtls-mtu", "1440 - 1(cstp) - 20(mac) - 1(pad)", 1418),),
    }
    return Finding(**{**values, **changes})


CONFIRMED = FindingEvidence(
    confirmed=True,
    observable="yes",
    span=("2024-05-17T20:00:00", "2024-05-17T21:00:00"),
    large_packets=12,
    thresholds=(1347,),
    packet_sizes=(1418,),
    users=2,
    user_names=("alice", "bob"),
    reconnects=2,
    sessions=9,
)


@pytest.fixture
def fleet():
    """Four devices: confirmed and at risk, safe and unknown, nothing to judge, not reachable."""
    safe = at_risk(
        name="LAB",
        policy="GP-LAB",
        verdict=Verdict.SAFE,
        reason="mtu-at-or-below-tls-mtu",
        tls_mtu=1300,
        dtls_mtu=1300,
        configured_mtu=1300,
        configured_mtu_from="configured",
        remedies=(),
        caveats=(),
    )
    unknown = Finding(
        scope=Scope.GROUP_POLICY,
        name="GP-OLD",
        group_policy="GP-OLD",
        verdict=Verdict.UNKNOWN,
        reason="unknown-suite",
        sources={"ssl cipher tlsv1.2": Sourced("custom", 12)},
        reachable_by=(Owner("username", "carol"), Owner("ldap attribute-map", "AD")),
    )
    user = at_risk(
        name="carol",
        policy="GP-LAB",
        scope=Scope.USERNAME,
        evidence=FindingEvidence(observable="no", observable_reason=notice("logging-off")),
        sources={"webvpn / anyconnect mtu": Sourced(1418, 77)},
        remedies=(
            Remedy(
                "mtu",
                (Scope.USERNAME, "carol"),
                commands=(ClientMtu(ClientSettingsOf(ClientScope.USERNAME, "carol"), 1418, 1300),),
                lines=("username carol attributes", "webvpn", "anyconnect mtu 1300"),
                blocked_by=("below 576",),
            ),
        ),
    )
    return AuditReport(
        devices=(
            DeviceAudit(
                "edge1.cfg", asa_version="9.12(4)67", path="configs/edge 1.cfg", findings=(at_risk(evidence=CONFIRMED),)
            ),
            DeviceAudit(
                "edge2.cfg",
                context="red",
                status=Status.PARTIAL,
                warnings=(notice("no-end-mark"),),
                path="configs/edge2.cfg",
                findings=(user, unknown, safe),
            ),
            DeviceAudit("core.cfg", asa_version="9.16(4)", path="configs/core.cfg"),
            DeviceAudit("gone", status=Status.FAILED, errors=("no TCP session to 192.0.2.9",)),
        ),
        generated_at=AT,
        tool_version="0.1.0",
    )


@pytest.fixture
def hostile():
    """Every name, user, warning and command of the report is one of the attacks."""
    devices = tuple(
        DeviceAudit(
            name=attack,
            context=attack,
            asa_version=attack,
            status=Status.PARTIAL,
            warnings=(notice(attack),),
            path=attack,
            findings=(
                at_risk(
                    name=attack,
                    policy=attack,
                    evidence=FindingEvidence(
                        confirmed=True, observable="yes", large_packets=1, users=1, user_names=(attack,), reconnects=1
                    ),
                    sources={attack: Sourced(attack, 3)},
                    reachable_by=(Owner("username", attack),),
                    waiver=None,
                ),
            ),
        )
        for attack in HOSTILE
    )
    return AuditReport(devices=devices, generated_at=AT, tool_version="0.1.0")
