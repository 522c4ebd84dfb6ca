"""Fifty boxes that compute in all eight ways, with users on them: who was hit, and what their numbers leave standing."""

import random
from itertools import product

import pytest

from mock_devices.truth import Path as BoxPath
from mock_devices.truth import Truth, dtls_mtu, tls_mtu
from nornir_anyconnect import audit_mtu
from nornir_anyconnect.audit.finding import Verdict

pytestmark = pytest.mark.fleet

BOXES = 50
TRUTHS = [
    Truth(accounting, mss, cap)
    for accounting, mss, cap in product(("asa", "record"), ("sysopt", "interface"), ("none", "1406"))
]
CIPHERS = [
    ("AES256-SHA", "AES256-SHA"),
    ("AES256-SHA256", "AES128-SHA256"),
    ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
    ("ECDHE-RSA-AES256-SHA384", "AES256-SHA"),
    ("AES128-GCM-SHA256", "AES256-SHA"),
]


def box(number, rng):
    tls, dtls = CIPHERS[number % len(CIPHERS)]
    tcpmss = rng.choice([None, None, 1300, 1460])
    mtu = rng.choice([None, None, None, 1380, 1200])
    config = [
        "edge.cfg",
        f'ssl server-version tlsv1.2 dtlsv1.2\nssl cipher tlsv1.2 custom "{tls}"\nssl cipher dtlsv1.2 custom "{dtls}"\n',
        *([f"sysopt connection tcpmss {tcpmss}\n"] if tcpmss else []),
        "staff_default.cfg",
        *([f"group-policy GP-STAFF attributes\n webvpn\n  anyconnect mtu {mtu}\n"] if mtu else []),
    ]
    truth = TRUTHS[number % len(TRUTHS)]
    users = [
        {
            "users": rng.randint(1, 4),
            "tunnel_group": "STAFF",
            "dtls": "blocked",
            "does": rng.choice(["download", "idle"]),
        },
        {"users": rng.randint(0, 3), "tunnel_group": "STAFF", "dtls": "open"},
        {"users": rng.randint(0, 2), "tunnel_group": "STAFF", "dtls": "lost", "lost_after": 200},
        {"users": rng.randint(0, 2), "tunnel_group": "PARTNER", "dtls": "blocked"},
    ]
    return {
        "name": f"box{number:02}",
        "release": "9.16(4)38",
        "serial": f"JAD2600{number:04}",
        "config": config,
        "truth": {"accounting": truth.accounting, "mss": truth.mss, "cap": truth.cap},
        "traffic": [each for each in users if each["users"]],
    }


def reproduces(combination, tls, dtls, path, seen):
    """Independently of the auditor: could a box that computes this way have logged these numbers?"""
    truth = Truth(*combination.split("/"))
    threshold, adapter = tls_mtu(tls, "tlsv1.2", path, truth), dtls_mtu(dtls, "dtlsv1.2", path, truth)
    return all(t == threshold for t in seen.thresholds) and all(threshold < p <= adapter for p in seen.packet_sizes)


def test_fifty_boxes_of_every_kind(start):
    rng = random.Random(20260101)
    boxes = [box(number, rng) for number in range(BOXES)]
    users = {"audit": {"password": "demo-password", "privilege": 15}}
    fleet, nornir = start({"defaults": {"users": users, "enable_password": "demo-enable"}, "devices": boxes})
    result = nornir.run(audit_mtu)
    calibrated = confirmed = 0
    for spec in boxes:
        name = spec["name"]
        (device,) = result[name][0].result.devices
        hit = fleet.devices[name].users_hit()
        by_policy = {each.group_policy: each for each in device.findings if each.scope == "tunnel-group"}
        assert {p for p, f in by_policy.items() if f.confirmed} == {policy for _, policy in hit}, name
        for policy, finding in by_policy.items():
            users_of_it = {user for user, theirs in hit if theirs == policy}
            evidence = finding.evidence
            assert (evidence.users if evidence else 0) == len(users_of_it), (name, policy)
            assert set(evidence.user_names if evidence else ()) == users_of_it
            if users_of_it:
                assert finding.verdict is Verdict.AT_RISK
                confirmed += 1
        staff = by_policy["GP-STAFF"]
        assert "model-mismatch" not in staff.caveats, name
        if not staff.calibrated:
            continue
        calibrated += 1
        tls, dtls = CIPHERS[int(name[3:]) % len(CIPHERS)]
        lines = "\n".join(spec["config"])
        tcpmss = next((int(s) for s in (1300, 1460) if f"tcpmss {s}" in lines), 1380)
        conf = next((int(s) for s in (1380, 1200) if f"anyconnect mtu {s}" in lines), None)
        path = BoxPath(tcpmss=tcpmss, conf=conf)
        possible = {
            "/".join(c)
            for c in product(("asa", "record"), ("sysopt", "interface"), ("none", "1406"))
            if reproduces("/".join(c), tls, dtls, path, staff.evidence)
        }
        truth = spec["truth"]
        assert f"{truth['accounting']}/{truth['mss']}/{truth['cap']}" in staff.calibrated, name
        assert set(staff.calibrated) == possible, (
            name,
            staff.evidence.thresholds,
            staff.evidence.packet_sizes,
            path,
            tls,
            dtls,
        )
    assert confirmed > 15
    assert calibrated > 15
