"""What a plan is told beside the fix: waivers, the level of the exit code, pseudonyms, the history."""

import json

import pytest
from cli_texts import AT_RISK

WAIVER = """\
- device: edge1.cfg
  name: STAFF
  owner: Ann
  reason: replaced in May
  expires: {expires}
"""
USER = AT_RISK.replace(
    ": end", "username carol attributes\n vpn-group-policy GP-STAFF\n webvpn\n  anyconnect mtu 1400\n: end"
)


@pytest.fixture
def waived(write):
    write("edge1.cfg", AT_RISK)
    write("nornir-anyconnect.yaml", "waivers: waivers.yaml\n")

    def until(expires):
        write("waivers.yaml", WAIVER.format(expires=expires))

    return until


def test_what_somebody_accepted_stays_as_it_is_until_it_expires(cli, waived):
    waived("2999-01-01")
    run = cli("plan", "edge1.cfg")
    assert "nothing to change" in run.out
    assert "accepted by Ann until 2999-01-01: replaced in May" in run.out
    assert "+  anyconnect mtu 1303" in cli("plan", "edge1.cfg", "--include-waived").out
    waived("2020-01-01")
    assert "+  anyconnect mtu 1303" in cli("plan", "edge1.cfg").out


def test_a_plan_fails_only_where_it_was_told_from_which_level_on(cli, waived):
    waived("2020-01-01")
    assert cli("plan", "edge1.cfg").code == 0
    assert cli("plan", "edge1.cfg", "--fail-on", "at-risk").code == 1
    assert cli("plan", "edge1.cfg", "--fail-on", "confirmed").code == 0
    waived("2999-01-01")
    assert cli("plan", "edge1.cfg", "--fail-on", "at-risk").code == 0


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_no_format_names_a_user_under_pseudonyms(cli, write, form):
    write("edge1.cfg", USER)
    named = cli("plan", "edge1.cfg", "--format", form)
    hidden = cli("plan", "edge1.cfg", "--format", form, "--pseudonymise-users")
    assert "carol" in named.out
    assert "carol" not in hidden.out
    assert "user-" in hidden.out
    if form == "json":
        assert json.loads(hidden.out)["devices"][0]["commands"][-1].startswith("anyconnect mtu ")


def test_a_plan_under_pseudonyms_is_not_written_to_be_applied(cli, write):
    write("edge1.cfg", USER)
    run = cli("plan", "edge1.cfg", "--out", "plan.yaml", "--pseudonymise-users")
    assert (run.code, run.out) == (2, "")
    assert "cannot be applied" in run.err


def test_what_a_plan_judged_is_kept_in_the_history(cli, write):
    write("edge1.cfg", AT_RISK)
    assert "kept as audit 1" in cli("plan", "edge1.cfg", "--keep").err
    assert "STAFF" in cli("history", "show", "1").out


def test_a_backup_that_cannot_be_read_is_named_and_told_by_the_exit_code(cli, write, tmp_path):
    write("night/edge1.cfg", AT_RISK)
    write("night/edge2.cfg", "")
    run = cli("plan", "night")
    assert "+  anyconnect mtu 1303" in run.out
    assert run.code == 3
    assert "edge2.cfg" in run.err


def test_files_and_an_inventory_are_not_planned_at_once(cli, write):
    write("edge1.cfg", AT_RISK)
    for more in (("--inventory", "inventory"), ("--limit", "x"), ("--filter", "site=x")):
        run = cli("plan", "edge1.cfg", *more)
        assert (run.code, run.out) == (2, "")
        assert "not both" in run.err
