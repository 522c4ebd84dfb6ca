"""Every remedy x {explicit, inherited, absent} x {single, active of a pair, context}: plan, apply, verify, rollback.

A sample meets each of three shapes once, each with another one of the three, and each remedy with others.
"""

from itertools import product

import pytest

from nornir_anyconnect import apply_plan, plan_fix, rollback_plan, verify_plan
from nornir_anyconnect.change.plan.file import load_plan, save_plan
from nornir_anyconnect.change.plan.making import make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.remedies.options import RemedyOptions
from tests.amounts import of

pytest_plugins = ["nornir_anyconnect.testing"]
pytestmark = pytest.mark.fleet

CBC = (
    'ssl server-version tlsv1.2 dtlsv1\nssl cipher tlsv1.2 custom "AES256-SHA"\nssl cipher dtlsv1 custom "AES256-SHA"\n'
)
RC4 = "".join(
    f'ssl cipher {version} custom "{suite}"\n'
    for version, suite in (
        ("tlsv1", "RC4-SHA"),
        ("tlsv1.1", "RC4-SHA"),
        ("tlsv1.2", "RC4-SHA"),
        ("dtlsv1", "AES256-SHA"),
        ("dtlsv1.2", "AES256-SHA"),
    )
)
SHAPES = ("single", "pair", "context")
PRIOR = ("explicit", "inherited", "absent")


def client_lines(policy, *lines):
    return f"group-policy {policy} attributes\n webvpn\n" + "".join(f"  {line}\n" for line in lines)


def prior(line):
    """A line of the policy itself, of the policy it inherits from, or nowhere."""
    return {
        "explicit": client_lines("GP-STAFF", line),
        "inherited": client_lines("DfltGrpPolicy", line),
        "absent": "",
    }


CASES = {
    "mtu": (RemedyOptions(fix="mtu"), CBC, prior("anyconnect mtu 1400")),
    "df-bit-ignore": (RemedyOptions(fix="df-bit-ignore"), CBC, prior("anyconnect ssl df-bit-ignore none")),
    # tcpmss belongs to the whole box: what can be inherited is the MTU that caps it
    "tcpmss": (
        RemedyOptions(fix="tcpmss", accept_global=True),
        RC4,
        {**prior("anyconnect mtu 1400"), "explicit": "sysopt connection tcpmss 1350\n"},
    ),
    "tls-only-group": (
        RemedyOptions(fix="tls-only-group", alias="{group}-TLS", accept_external=True),
        CBC,
        prior("anyconnect ssl dtls enable"),
    ),
}


ALL = tuple(product(SHAPES, PRIOR))


def some(remedy):
    shift = list(CASES).index(remedy)
    return of([(shape, PRIOR[(number + shift) % 3]) for number, shape in enumerate(SHAPES)], ALL, ALL)


def boxes(remedy, which=ALL):
    _, ciphers, priors = CASES[remedy]
    for shape, kept in which:
        name = f"{shape}-{kept}"
        serial = f"JAD{SHAPES.index(shape)}{PRIOR.index(kept)}{list(CASES).index(remedy)}"
        config = ["edge.cfg", ciphers, "staff_default.cfg", priors[kept]]
        box = {"name": name, "hostname": name, "release": "9.12(4)67", "serial": f"{serial}A"}
        if shape == "single":
            yield box | {"config": config}
        elif shape == "context":
            yield box | {"config": "system.cfg", "contexts": {"admin": "admin.cfg", "sales": config}}
        else:
            pair = [config[0], "failover.cfg", *config[1:]]
            mate = f"{name}-mate"
            yield box | {"config": pair, "failover": {"unit": "primary", "role": "active", "mate": mate}}
            yield box | {
                "name": mate,
                "serial": f"{serial}B",
                "config": pair,
                "failover": {"unit": "secondary", "role": "standby", "mate": name},
            }


def states(nornir, task, run, **options):
    result = nornir.run(task=task, run=run, on_failed=True, **options)
    assert {name: r.exception for name, r in result.items() if r.exception is not None} == {}
    return {c.name: (str(c.outcome.state), c.outcome.reason) for r in result.values() for c in r[0].result.changes}


@pytest.mark.parametrize("remedy", CASES)
def test_a_remedy_is_planned_applied_verified_and_taken_back(anyconnect_fleet, tmp_path, remedy):
    words, _, _ = CASES[remedy]
    fleet = anyconnect_fleet({"devices": list(boxes(remedy, some(remedy)))})
    before = fleet.configurations()
    names = {f"{shape}-{kept}" for shape, kept in some(remedy)}

    planned = fleet.nornir.run(task=plan_fix, options=words, on_failed=True)
    assert {name: r.exception for name, r in planned.items() if r.exception is not None} == {}
    file = tmp_path / "plan.yaml"
    save_plan(make_plan([one for r in planned.values() for one in r[0].result.inputs], options=words), file)
    plan = load_plan(file)
    assert {each.name for each in plan.changes} == names
    assert {fix.remedy for each in plan.changes for fix in each.fixes} == {remedy}
    assert {each.context for each in plan.changes if each.name.startswith("context")} == {"sales"}
    assert fleet.configurations() == before

    with Run.start(plan, directory=tmp_path / "runs") as run:
        assert {state for state, _ in states(fleet.nornir, apply_plan, run).values()} == {"applied"}
        changed = fleet.configurations()
        for each in plan.changes:
            config = changed[each.name, each.context or ""]
            assert config != before[each.name, each.context or ""]
            assert all(line in config for line in each.lines if line not in ("webvpn", "exit"))
            if each.name.startswith("pair"):
                assert changed[f"{each.name}-mate", ""] == config
        # a second time changes nothing, and forgets nothing
        assert {state for state, _ in states(fleet.nornir, apply_plan, run).values()} == {"unchanged"}
        assert {state for state, _ in states(fleet.nornir, verify_plan, run).values()} == {"verified"}

    with Run.resume(run.journal.path) as again:
        assert {state for state, _ in states(fleet.nornir, rollback_plan, again).values()} == {"rolled-back"}
    assert fleet.configurations() == before


def test_every_kind_of_prior_value_is_in_the_plans(anyconnect_fleet):
    """What the inverses restore: a line that was there, or its absence where the value is inherited or the default."""
    words, _, _ = CASES["mtu"]
    fleet = anyconnect_fleet({"devices": list(boxes("mtu"))})
    planned = fleet.nornir.run(task=plan_fix, options=words)
    inverses = {
        each.name: each.rollback[-1] for r in planned.values() for each in r[0].result.plan.changes if not r.failed
    }
    for shape in SHAPES:
        assert inverses[f"{shape}-explicit"] == "anyconnect mtu 1400"
        assert inverses[f"{shape}-inherited"] == "no anyconnect mtu"
        assert inverses[f"{shape}-absent"] == "no anyconnect mtu"
