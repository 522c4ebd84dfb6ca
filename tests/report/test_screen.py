"""A plan and an explanation on a screen: wrapped, the diff coloured, and what is pasted left as it is."""

from __future__ import annotations

import re

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.remedies.propose import assess_config
from nornir_anyconnect.report import Style, render_plan
from nornir_anyconnect.report.screen import on_screen

CONFIG = """\
ASA Version 9.12(4)
hostname fw
webvpn
 enable outside
 anyconnect enable
group-policy GP-STAFF internal
group-policy GP-STAFF attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect mtu 1400
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP-STAFF
Cryptochecksum:0
"""


@pytest.fixture
def plan():
    config = parse(CONFIG)
    return make_plan([PlanInput(config, assess_config(config, "fw"))])


def test_a_plan_is_wrapped_to_the_screen_and_says_the_same(plan):
    piped = render_plan("text", plan)
    shown = render_plan("text", plan, Style(terminal=True, width=70))
    assert max(map(len, piped.splitlines())) > 70
    assert max(map(len, shown.splitlines())) <= 70
    assert shown.split() == piped.split()
    assert "\x1b" not in shown
    assert re.search(r"1 device to change, 0 blocked, 0 unchanged\n$", shown)


def test_the_diff_of_a_plan_is_coloured(plan):
    shown = render_plan("text", plan, Style(terminal=True, color=True, width=100))
    assert "\x1b[31m    -  anyconnect mtu 1400\x1b[0m" in shown
    assert re.search(r"\x1b\[32m    \+  anyconnect mtu \d+\x1b\[0m", shown)
    assert "\x1b[36m    @@" in shown
    plain = re.sub(r"\x1b\[\d+m", "", shown)
    assert plain == render_plan("text", plan, Style(terminal=True, width=100))


def test_what_a_log_says_is_never_wrapped():
    line = "  says: %ASA-6-722036: " + "word " * 40
    assert on_screen(f"{line}\n", Style(terminal=True, width=60)) == f"{line}\n"


def test_a_wrapped_line_is_no_part_of_a_diff():
    line = "  tunnel-group STAFF: at-risk (TLS 1383, DTLS 1406 to 1418) -> safe - all of it"
    for width in range(20, 80):
        assert "\x1b" not in on_screen(f"{line}\n", Style(terminal=True, color=True, width=width))


def test_a_pipe_gets_it_as_it_is():
    text = "a very long line " * 20 + "\n    + with a diff\n"
    assert on_screen(text, Style(color=True)) == text
