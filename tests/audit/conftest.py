"""A small box that is at risk, to be changed line by line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import Finding, Scope
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.evidence.observations import DeviceObservations

VPN1 = """\
: Saved
ASA Version 9.12(4)67
hostname vpn1
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 192.0.2.1 255.255.255.0
ip local pool POOL 10.9.0.10-10.9.0.250 mask 255.255.255.0
logging enable
logging buffered informational
mtu outside 1500
icmp unreachable rate-limit 1 burst-size 1
ssl cipher tlsv1 custom "AES256-SHA"
ssl cipher tlsv1.1 custom "AES256-SHA"
ssl cipher tlsv1.2 custom "AES256-SHA"
ssl cipher dtlsv1 custom "AES256-SHA"
ssl cipher dtlsv1.2 custom "AES256-SHA"
webvpn
 enable outside
 anyconnect enable
group-policy DfltGrpPolicy attributes
 vpn-simultaneous-logins 3
group-policy STAFF internal
group-policy STAFF attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect ssl rekey time 30
tunnel-group STAFF-VPN type remote-access
tunnel-group STAFF-VPN general-attributes
 address-pool POOL
 default-group-policy STAFF
Cryptochecksum:00112233445566778899aabbccddeeff
: end
"""

Edit = tuple[str, str]


def edited(*edits: Edit) -> str:
    """The box with each (old line, new lines) replaced; an edit that changes nothing is a broken test."""
    text = VPN1
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def vpn1() -> Callable[..., str]:
    return edited


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """The finding of STAFF-VPN (or another) after edits."""

    def judged(
        *edits: Edit,
        name: str = "STAFF-VPN",
        scope: Scope = Scope.TUNNEL_GROUP,
        seen: DeviceObservations | None = None,
        options: Options | None = None,
    ) -> Finding:
        audit = judge(parse(edited(*edits)), "vpn1", seen, options)
        return next(each for each in audit.findings if (each.name, each.scope) == (name, scope))

    return judged
