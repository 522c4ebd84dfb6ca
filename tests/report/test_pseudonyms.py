"""User names are personal data: no format shows one once they are pseudonymised."""

from dataclasses import replace

import pytest

from nornir_anyconnect.asa.running_config import Owner, Sourced, notice
from nornir_anyconnect.audit.provenance import NotUnderstood
from nornir_anyconnect.report import AUDIT_FORMATS, render
from nornir_anyconnect.report.pseudonyms import SALT_VARIABLE, Pseudonyms, without_users


@pytest.mark.parametrize("name", AUDIT_FORMATS)
def test_no_format_shows_a_user(fleet, name):
    found = render(name, Pseudonyms(key=b"one").report(fleet))  # a packed page is other letters with every key
    for user in ("alice", "bob", "carol"):
        assert user not in found


def test_the_same_user_is_the_same_pseudonym_within_a_report(fleet):
    pseudonyms = Pseudonyms()
    red = pseudonyms.report(fleet).devices[1]
    carol = pseudonyms.of("carol")
    assert red.findings[0].name == carol
    assert red.findings[0].remedies[0].lines == (f"username {carol} attributes", "webvpn", "anyconnect mtu 1300")
    assert red.findings[0].remedies[0].rollback == (f"username {carol} attributes", "webvpn", "anyconnect mtu 1418")
    assert red.findings[1].reachable_by == (Owner("username", carol), Owner("ldap attribute-map", "AD"))
    assert pseudonyms.of("CAROL") == carol
    assert pseudonyms.of("carola") != carol


def test_numbers_stay(fleet):
    assert Pseudonyms().report(fleet).summary == fleet.summary


def test_a_new_run_has_new_pseudonyms_unless_a_salt_is_given(monkeypatch):
    monkeypatch.delenv(SALT_VARIABLE, raising=False)
    assert Pseudonyms().of("alice") != Pseudonyms().of("alice")
    monkeypatch.setenv(SALT_VARIABLE, "pepper")
    assert Pseudonyms().of("alice") == Pseudonyms().of("alice")
    assert "pepper" not in repr(Pseudonyms())


def test_a_line_that_stands_for_a_value_is_not_quoted_either(fleet):
    read = {
        "webvpn / anyconnect mtu": Sourced(NotUnderstood("anyconnect mtu carlotta"), 7, owner=Owner("username", "bob"))
    }
    device = replace(fleet.devices[0], findings=(replace(fleet.devices[0].findings[0], sources=read),))
    (source,) = Pseudonyms().device(device).to_dict()["findings"][0]["sources"]
    assert (source["value"], source["line"]) == ("not understood", 7)


def test_a_difference_names_no_user_and_leaves_all_else_as_it_is():
    pseudonyms = Pseudonyms(key=b"k")
    bob = pseudonyms.of("bob")
    lines = (" username bob attributes", '+username "bob" attributes', "+  anyconnect mtu 1300", " username", "-!", "")
    hidden = (f" username {bob} attributes", f"+username {bob} attributes", *lines[2:])
    assert tuple(pseudonyms._diff_line(line) for line in lines) == hidden
    assert pseudonyms._part("username bob") == f"username {bob}"
    assert pseudonyms._part("tunnel-group username bob") == "tunnel-group username bob"


def test_a_line_that_nobody_understood_is_not_quoted(fleet):
    quoted = notice("lines-not-understood", count=2, line="31", text="greeting carlotta")
    device = Pseudonyms().device(replace(fleet.devices[0], warnings=(quoted,)))
    assert device.to_dict()["warnings"] == ["2 line(s) in relevant blocks were not understood, the first at line 31"]


def test_a_waiver_that_expired_names_no_user(fleet):
    pseudonyms = Pseudonyms()
    expired = notice("waiver-expired", scope="username", name="carol", owner="ops", expires="2026-01-01")
    device = pseudonyms.device(replace(fleet.devices[0], warnings=(expired,)))
    (warning,) = device.to_dict()["warnings"]
    assert warning == f"the waiver for username {pseudonyms.of('carol')} (ops) expired on 2026-01-01"


@pytest.mark.parametrize("name", sorted(AUDIT_FORMATS))
def test_who_was_hit_may_be_left_out_and_the_numbers_stay(fleet, name):
    hidden = without_users(Pseudonyms(key=b"one").report(fleet))
    assert hidden.summary == fleet.summary
    assert not any(each.evidence.user_names for device in hidden.devices for each in device.findings if each.evidence)
    shown = render(name, hidden)
    for user in ("alice", Pseudonyms(key=b"one").of("alice")):
        assert user not in shown
