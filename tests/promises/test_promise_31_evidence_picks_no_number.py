"""Promise 31: syslog is unauthenticated; no forged line moves the MTU that would be pushed, it can only block."""

import re

from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.evidence.device_evidence import observe_device
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu
from tests.amounts import examples

TEXT = """\
ASA Version 9.12(4)
logging enable
logging buffered informational
mtu outside 1500
ssl cipher tlsv1.2 custom "AES256-SHA"
ssl cipher dtlsv1 custom "AES256-SHA"
ssl cipher dtlsv1.2 custom "AES256-SHA"
ssl server-version tlsv1.2
webvpn
 enable outside
 anyconnect enable
group-policy STAFF internal
group-policy STAFF attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy STAFF
Cryptochecksum:0
: end
"""
CONFIG = parse(TEXT)


def _log(lines):
    shown = ["Syslog logging: enabled", "    Buffer logging: level informational, 9 messages logged"]
    for second, (packet, threshold) in enumerate(lines):
        stamp = f"Mar 01 2026 12:{second // 60:02}:{second % 60:02}"
        who = "Group <STAFF> User <eve> IP <198.51.100.66>"
        shown.append(f"{stamp}: %ASA-6-722036: {who} Transmitting large packet {packet} (threshold {threshold}).")
    return "\n".join(shown) + "\n"


def _planned(lines):
    """The MTUs that would be pushed, and why none is."""
    seen = observe_device("fw1", logging_text=_log(lines), sessions_text="") if lines else None
    device = judge(CONFIG, "fw1", seen)
    plan = make_plan([PlanInput(CONFIG, device, seen)])
    (planned,) = plan.devices
    commands = planned.commands
    sizes = {command.after for command in commands if isinstance(command, ClientMtu)}
    return sizes, " ".join(each.why for each in planned.left)


DERIVED, _ = _planned([])


def test_without_evidence_there_is_one_number():
    (size,) = DERIVED
    assert 1280 <= size <= 1406


def _derivable():
    """Every TLS MTU that some combination of assumptions derives for this box."""
    device = judge(CONFIG, "fw1")
    return {numbers.tls_mtu for finding in device.findings for numbers in finding.assumptions.values()}


@examples(150)
@given(st.lists(st.tuples(st.integers(1, 9000), st.integers(1, 9000)), min_size=1, max_size=6))
def test_forged_lines_never_lower_the_number_to_one_of_their_own(lines):
    sizes, why = _planned(lines)
    forged = {threshold for _, threshold in lines} - _derivable() - DERIVED
    if sizes:
        assert not sizes & forged
        assert min(sizes) >= min(_derivable() | DERIVED)
    else:
        assert re.search(r"contradict|no safe MTU|nothing is planned|no remedy", why), why


def test_a_threshold_that_nobody_can_derive_blocks_and_is_not_pushed():
    sizes, why = _planned([(1418, 600)] * 5)
    assert sizes == set()
    assert "contradict" in why


def test_one_forged_line_among_true_ones_steers_nothing():
    (size,) = DERIVED
    true = min(_derivable())
    sizes, _ = _planned([(1418, true)] * 5 + [(1418, 576)])
    assert 576 not in sizes
    assert all(each >= size for each in sizes)
