"""The plan for people: it says what a change board asks, and obeys nothing that a device is called."""

import base64
import dataclasses
import hashlib
import re
from datetime import UTC, datetime

import pytest
from lxml import html as parser

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.report import plan_text

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXT = """\
ASA Version 9.12(4)
webvpn
 enable outside
 anyconnect enable
group-policy DfltGrpPolicy attributes
 vpn-tunnel-protocol ssl-client
group-policy {name} internal
tunnel-group {name} type remote-access
tunnel-group {name} general-attributes
 default-group-policy {name}
Cryptochecksum:0
"""
FORMATS = [plan_text.text, plan_text.markdown, plan_text.html]


def plan_of(name="GP", box="fw1", serials=("A1",)):
    config = parse(TEXT.format(name=name))
    device = dataclasses.replace(judge(config, box), serials=serials)
    return make_plan([PlanInput(config, device)], now=NOW)


@pytest.mark.parametrize("render", FORMATS)
def test_it_says_what_changes_why_from_what_to_what_and_what_stays(render):
    shown = render(plan_of())
    for wanted in (
        "fw1",
        "anyconnect mtu 1287",
        "at-risk",
        "safe",
        "TLS 1287, DTLS 1287",
        "DefaultWEBVPNGroup",
        "include",
    ):
        assert wanted in shown.replace("\\", "")
    assert "no anyconnect mtu" in shown
    assert "users connected now" in shown


@pytest.mark.parametrize("render", FORMATS)
def test_nothing_to_change_is_said_in_words(render):
    config = parse("hostname x\nwebvpn\n enable outside\nCryptochecksum:0\n")
    assert "nothing to change on 1 device" in render(make_plan([PlanInput(config, judge(config, "x"))], now=NOW))


def test_the_headline_counts_devices_and_lines():
    assert plan_text.headline(plan_of()) == "3 lines on 1 of 1 device"
    assert "preview only" in plan_text.headline(plan_of(serials=()))


def test_contexts_of_one_box_are_one_device_in_every_count():
    config = parse(TEXT.format(name="GP"))
    contexts = [dataclasses.replace(judge(config, "fw1"), serials=("A1",), context=each) for each in ("red", "blue")]
    plan = make_plan([PlanInput(config, each) for each in contexts], now=NOW)
    assert plan_text.headline(plan) == "6 lines on 1 of 1 device"
    assert plan_text.closing(plan) == "1 device to change, 0 blocked, 0 unchanged"
    assert "--- fw1/red (now)" in plan_text.text(plan)


HOSTILE = ["<script>alert(1)</script>", "](http://x)|@all", "`x`", "a\x1b[2Jb", "\u202etxt"]


@pytest.mark.parametrize("box", HOSTILE)
def test_a_hostile_name_is_shown_and_not_obeyed(box):
    plan = plan_of(box=box)
    page = plan_text.html(plan)
    tree = parser.fromstring(page)
    assert not tree.xpath("//script | //a | //img")
    for shown in (page, plan_text.text(plan), plan_text.markdown(plan)):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    outside = re.sub(r"(`+).*?\1", "", plan_text.markdown(plan).replace("\\|", ""), flags=re.DOTALL)
    outside = "\n".join(line for line in outside.splitlines() if not line.startswith("    "))
    assert "<script" not in outside
    assert "](http" not in outside


def test_the_page_runs_nothing_and_styles_only_itself():
    page = plan_text.html(plan_of())
    tree = parser.fromstring(page)
    (style,) = tree.xpath("//style/text()")
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"
    assert not tree.xpath("//@style | //@onclick | //@src")
