"""Waivers: shown, never hidden, and over on their date."""

from datetime import date

import pytest

from nornir_anyconnect.audit.finding import DeviceAudit, Finding, Scope, Status, Verdict
from nornir_anyconnect.errors import SettingsError
from nornir_anyconnect.waivers import Waiver, apply_waivers, idle_waivers, load_waivers

TODAY = date(2026, 6, 1)


def device(*names, **more):
    findings = tuple(Finding(Scope.TUNNEL_GROUP, n, None, Verdict.AT_RISK, "r") for n in names)
    return DeviceAudit("fw1", findings=findings, **more)


def waiver(**more):
    base = {"device": "fw1", "name": "SALES", "owner": "me", "reason": "why", "expires": date(2026, 6, 1)}
    return Waiver(**(base | more))


def waived(found):
    return [f.name for f in found.findings if f.waiver]


def test_only_the_finding_it_names_is_waived_and_it_stays_visible():
    found = apply_waivers(device("SALES", "OPS"), [waiver()], TODAY)
    assert waived(found) == ["SALES"]
    assert [f.name for f in found.findings] == ["SALES", "OPS"]
    assert found.findings[0].waiver == {"owner": "me", "reason": "why", "expires": "2026-06-01"}


@pytest.mark.parametrize("other", [{"device": "fw2"}, {"name": "sales"}, {"context": "a"}, {"scope": "username"}])
def test_anything_else_is_not(other):
    assert waived(apply_waivers(device("SALES"), [waiver(**other)], TODAY)) == []


def test_patterns_and_contexts():
    found = apply_waivers(device("SALES", context="dmz"), [waiver(device="fw*", name="S*", context="d*")], TODAY)
    assert waived(found) == ["SALES"]


def test_it_holds_through_its_last_day_and_not_one_more():
    last = waiver(expires=TODAY)
    assert waived(apply_waivers(device("SALES"), [last], TODAY)) == ["SALES"]
    found = apply_waivers(device("SALES"), [last], date(2026, 6, 2))
    assert waived(found) == []
    assert "expired on 2026-06-01" in found.to_dict()["warnings"][0]


def test_a_file_of_waivers(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("- {device: fw1, name: SALES, owner: me, reason: lab, expires: 2026-12-31}\n")
    assert load_waivers(path) == (waiver(reason="lab", expires=date(2026, 12, 31)),)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("- {device: fw1, name: S, owner: me, reason: r}", "'expires' is missing"),
        ("- {device: fw1, name: S, owner: '', reason: r, expires: 2026-01-01}", "'owner' is missing"),
        ("- {device: fw1, name: S, owner: me, reason: r, expires: soon}", "'expires' is 'soon'"),
        ("- {device: fw1, name: S, owner: me, reason: r, expires: 2026-01-01, until: x}", "no 'until'"),
        ("- {device: fw1, name: S, owner: me, reason: r, expires: 2026-01-01 08:00:00}", "'expires' is datetime"),
        ("- {device: fw1, name: S, owner: me, reason: r, expires: 2026-01-01, scope: foo}", "no scope 'foo'"),
        ("device: fw1", "a list"),
        ("- x", "'key: value' lines"),
        ("[", "not YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, cause):
    path = tmp_path / "w.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=cause):
        load_waivers(path)


@pytest.mark.parametrize("scope", ["tunnel-group", "'*'", "'*-group'", "null"])
def test_a_scope_that_something_has(tmp_path, scope):
    path = tmp_path / "w.yaml"
    path.write_text(f"- {{device: fw1, name: S, owner: me, reason: r, expires: 2026-01-01, scope: {scope}}}")
    (found,) = load_waivers(path)
    assert found.covers(device("S"), device("S").findings[0])


def test_a_waiver_that_accepts_nothing_is_found():
    mistyped, elsewhere = waiver(name="SALSE"), waiver(device="fw9")
    waivers = [waiver(), mistyped, elsewhere]
    assert idle_waivers(waivers, [device("SALES")], whole=True) == [mistyped, elsewhere]
    assert idle_waivers(waivers, [device("SALES")], whole=False) == [mistyped]


def test_a_waiver_for_a_device_that_was_not_judged_is_not_idle():
    assert idle_waivers([waiver()], [device(status=Status.FAILED)], whole=True) == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match="No such file"):
        load_waivers(tmp_path / "nope.yaml")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            "- {device: a, name: b, owner: c, reason: d, expires: 2027-02-30}",
            "line 1: '2027-02-30' is no date that there is",
        ),
        ("- &a {device: a}\n- *a", "line 2: an alias (*name) is not understood here"),
        ("[" * 9000, "this is nested too deeply"),
        (
            "- {device: a, name: b, owner: c, reason: " + "9" * 5000 + ", expires: 2027-02-01}",
            "is no number that there is",
        ),
        (b"- \xff", "it is not UTF-8"),
    ],
)
def test_a_hostile_file_is_one_clear_line(tmp_path, text, cause):
    path = tmp_path / "waivers.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as caught:
        load_waivers(path)
    assert cause in caught.value.cause
    assert "\n" not in caught.value.cause
    assert len(caught.value.cause) < 300
