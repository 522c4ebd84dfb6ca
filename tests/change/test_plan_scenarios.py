"""Every remedy x {explicit, inherited, absent} x spelling, as four files side by side.

``tests/fixtures/scenarios/NAME`` holds ``running.cfg`` and what must come of it: ``findings.json``,
``plan.cfg`` and ``rollback.cfg``. The lines are typed at the simulated ASA, which shares no code with
the tool: it must take each in the mode it was meant for, and what it prints then must read as predicted.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mock_devices.config_mode import ConfigMode
from mock_devices.release import release
from mock_devices.tree import ConfigTree
from nornir_anyconnect.asa.commands import Exit
from nornir_anyconnect.asa.config_commands import Shows, applied, inverse_of, lines_to_send, observe
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.plan.check import PlanCheck
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket
from nornir_anyconnect.remedies.options import RemedyOptions


def rederive(planned, config, options, run=""):
    return PlanCheck(planned, options).rederive(config, run)


def misjudged(planned, config, options):
    return PlanCheck(planned, options).misjudged(config)


SCENARIOS = sorted((Path(__file__).parents[1] / "fixtures" / "scenarios").iterdir())
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIXES = ("mtu", "df-bit-ignore", "tcpmss", "tls-only-group")
SAYING = {"tcpmss": {"accept_global": True}, "tls-only-group": {"alias": "{group} without DTLS"}}


def saying(fix):
    return RemedyOptions(fix=fix, **SAYING.get(fix, {}))


def fix_of(scenario):
    return next(fix for fix in FIXES if scenario.name.startswith(fix))


def planned(scenario):
    config = parse((scenario / "running.cfg").read_text())
    seen = seen_in(scenario, config)
    device = judge(config, "fw1", seen)
    fix = fix_of(scenario)
    plan = make_plan([PlanInput(config, device, observations=seen)], now=NOW, options=saying(fix))
    return config, device, plan


def seen_in(scenario, config):
    """The spelling ``svc`` proves a release before 8.4: only 722036 shows that it has two MTUs all the same."""
    if not scenario.name.endswith("svc"):
        return None
    packet = LargePacket(1418, 1331, without_udp=False)
    names = ("DfltGrpPolicy", *(each.name for each in config.group_policies))
    return DeviceObservations("fw1", {name: GroupObservations(name, large_packets=(packet,)) for name in names})


def findings(device):
    return [
        {
            "scope": str(each.scope),
            "name": each.name,
            "group_policy": each.group_policy,
            "verdict": str(each.verdict),
            "tls_mtu": each.tls_mtu,
            "dtls_mtu": each.dtls_mtu,
            "configured_mtu": each.configured_mtu,
            "configured_mtu_from": each.configured_mtu_from,
            "safe_mtu": each.safe_mtu,
        }
        for each in device.findings
    ]


def lines(scenario, name):
    return tuple((scenario / name).read_text().splitlines())


def typed_at(tree, box, commands):
    """Type the commands at the simulated box; every line in its mode, every one taken without a word."""
    session = ConfigMode(tree, box)
    for mode, command in lines_to_send(commands):
        assert session.mode == mode
        if isinstance(command, Exit):
            assert session.leave()
        else:
            assert session.type(command.text) == "", command.text
    assert session.mode == "config"


def read(tree):
    """What the box is configured to do; the tree keeps the end mark where it stood, before what was typed since."""
    kept = (line for line in tree.lines() if not line.startswith("Cryptochecksum:"))
    return parse("\n".join(kept), complete=True)


def blocks(config):
    """The blocks without line numbers; a header that holds nothing says nothing."""
    found = {}
    for block in config.blocks:
        body = [line.value for line in block.body if line.value.strip() != "webvpn"]
        found.setdefault(block.header, []).extend(sorted(body))
    return {header: body for header, body in found.items() if body or not header.endswith("attributes")}


def test_every_remedy_has_its_scenarios():
    names = {each.name for each in SCENARIOS}
    for fix in ("mtu", "df-bit-ignore", "tls-only-group"):
        for prior in ("explicit", "inherited", "absent"):
            for spelling in ("anyconnect", "svc"):
                assert f"{fix}-{prior}-{spelling}" in names
    for prior in ("explicit", "absent"):  # sysopt has nobody to inherit from, and one spelling
        assert f"tcpmss-{prior}" in names


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_the_four_files_agree(scenario):
    _, device, plan = planned(scenario)
    (one,) = plan.devices
    assert findings(device) == json.loads((scenario / "findings.json").read_text())
    assert one.lines == lines(scenario, "plan.cfg")
    assert one.rollback == lines(scenario, "rollback.cfg")
    assert one.commands


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_a_box_that_is_not_ours_takes_the_lines_and_gives_them_back(scenario):
    config, _, plan = planned(scenario)
    (one,) = plan.devices
    commands = rederive(one, config, plan.options, "run-0001")
    tree = ConfigTree.from_text((scenario / "running.cfg").read_text())
    box = release("8.2(5)" if scenario.name.endswith("svc") else "9.8(2)")

    typed_at(tree, box, commands)
    changed = read(tree)
    assert blocks(changed) == blocks(applied(config, commands))
    assert {each.shows for each in observe(changed, commands)} == {Shows.AFTER}
    assert misjudged(one, changed, plan.options) is None

    typed_at(tree, box, inverse_of(commands))
    back = read(tree)
    assert blocks(back) == blocks(config)
    assert {each.shows for each in observe(back, commands)} == {Shows.BEFORE}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_a_second_plan_is_empty(scenario):
    config, _, plan = planned(scenario)
    (one,) = plan.devices
    changed = applied(config, rederive(one, config, plan.options))
    fix, seen = fix_of(scenario), seen_in(scenario, config)
    again = make_plan(
        [PlanInput(changed, judge(changed, "fw1", seen), observations=seen)], now=NOW, options=saying(fix)
    )
    assert again.devices[0].lines == ()
    assert again.devices[0].diff == ""
