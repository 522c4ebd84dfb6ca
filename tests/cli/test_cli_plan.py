"""plan as a user calls it: every fix and explicit word, over files and a fleet; not one configuration line is sent."""

from pathlib import Path

import pytest
from cli_texts import AT_RISK, PARTIAL, SAFE

from mock_devices.fleet import start_fleet
from nornir_anyconnect.change.plan.file import load_plan
from nornir_anyconnect.platforms.login_gate import gate

INHERITED = AT_RISK.replace("group-policy GP-STAFF internal", "group-policy DfltGrpPolicy internal").replace(
    "GP-STAFF", "DfltGrpPolicy"
)


@pytest.mark.parametrize(
    ("fix", "line"),
    [
        ("auto", "anyconnect mtu 1303"),
        ("mtu", "anyconnect mtu 1303"),
        ("df-bit-ignore", "anyconnect ssl df-bit-ignore enable"),
    ],
)
def test_every_fix_shows_its_lines_and_how_to_take_them_back(cli, write, fix, line):
    write("edge1.cfg", AT_RISK)
    run = cli("plan", "edge1.cfg", "--fix", fix)
    assert run.code == 0
    assert f"+  {line}" in run.out
    begin = "      group-policy GP-STAFF attributes\n      webvpn\n      "
    assert f"  to type, in configuration mode:\n{begin}{line}\n  to take it back:\n{begin}no anyconnect" in run.out
    assert "preview only: made from files" in run.out


def test_the_default_policy_needs_its_word(cli, write):
    write("edge1.cfg", INHERITED)
    blocked = cli("plan", "edge1.cfg")
    assert "say --include-default-policy" in blocked.out
    assert "nothing to change on 1 device" in blocked.out
    assert "+  anyconnect mtu 1303" in cli("plan", "edge1.cfg", "--include-default-policy").out


def test_the_whole_box_needs_its_word(cli, write):
    rc4 = AT_RISK.replace('tlsv1.2 custom "AES256-SHA256"', 'tlsv1.2 custom "AES256-SHA"').replace(
        ": end", "sysopt connection tcpmss 1300\n: end"
    )
    write("edge1.cfg", rc4)
    blocked = cli("plan", "edge1.cfg", "--fix", "tcpmss", "--assume", "technote")
    offered = cli("plan", "edge1.cfg", "--fix", "tcpmss", "--accept-global", "--assume", "technote")
    assert "sysopt connection tcpmss" not in blocked.out
    assert "--accept-global" in blocked.out or "no value of tcpmss" in blocked.out
    assert "--accept-global" not in offered.out


def test_a_group_of_its_own_needs_a_name_to_choose_it_by(cli, write):
    write("edge1.cfg", AT_RISK)
    blocked = cli("plan", "edge1.cfg", "--fix", "tls-only-group")
    assert "give --alias or --url" in blocked.out
    offered = cli("plan", "edge1.cfg", "--fix", "tls-only-group", "--alias", "TLS-{group}", "--accept-external")
    assert "group-alias TLS-STAFF enable" in offered.out
    assert "anyconnect ssl dtls none" in offered.out
    url = cli("plan", "edge1.cfg", "--fix", "tls-only-group", "--url", "https://vpn.example.com/tls")
    assert "group-url https://vpn.example.com/tls enable" in url.out


def test_nothing_to_change_is_exit_0_and_said(cli, write):
    write("edge2.cfg", SAFE)
    run = cli("plan", "edge2.cfg")
    assert (run.code, "nothing to change on 1 device" in run.out) == (0, True)


def test_an_excerpt_is_not_planned_for_unless_somebody_answers_for_it(cli, write):
    write("part.cfg", PARTIAL.replace("  anyconnect mtu 1200\n", ""))
    assert "anyconnect mtu 1303" in cli("plan", "part.cfg", "--assume-complete").out


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("edge1.cfg", "--fix", "magic"), "there is no fix 'magic'"),
        (("edge1.cfg", "--format", "sarif"), "plan has no format 'sarif'"),
        (("edge1.cfg", "--assume", "hope"), "hope"),
        (("nowhere.cfg",), "nowhere.cfg"),
        (("--inventory", "nowhere"), "there is no inventory"),
    ],
)
def test_a_wrong_call_is_exit_2(cli, write, arguments, cause):
    write("edge1.cfg", AT_RISK)
    run = cli("plan", *arguments)
    assert run.code == 2
    assert cause in run.err
    assert run.out == ""


def test_every_format_and_the_plan_itself(cli, write, tmp_path):
    write("edge1.cfg", AT_RISK)
    formats = [f"--format={name}=plan.{name}" for name in ("text", "json", "markdown", "html")]
    assert cli("plan", "edge1.cfg", "--out", "plan.yaml", *formats).code == 0
    shown = {name: (tmp_path / f"plan.{name}").read_text() for name in ("text", "json", "markdown", "html")}
    assert all("anyconnect mtu 1303" in text for text in shown.values())
    assert load_plan(tmp_path / "plan.yaml").preview_only
    first = (tmp_path / "plan.yaml").read_text()
    cli("plan", "edge1.cfg", "--out", "plan.yaml")

    def timeless(text):
        return [line for line in text.splitlines() if not line.startswith(("created:", "expires:", "digest:"))]

    assert timeless((tmp_path / "plan.yaml").read_text()) == timeless(first)


@pytest.mark.fleet
def test_over_a_fleet_nothing_is_configured_and_what_cannot_be_read_is_exit_3(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "demo-password")
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "demo-enable")
    gate.forget()
    config = ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]
    source = {
        "defaults": {
            "users": {"audit": {"password": "demo-password", "privilege": 15}},
            "enable_password": "demo-enable",
        },
        "devices": [
            {"name": f"fw-{letter}", "release": "9.12(4)67", "serial": letter, "config": config} for letter in "ab"
        ],
    }
    with start_fleet(source) as fleet:
        inventory = fleet.write_inventory(tmp_path / "inventory").parent
        fleet.devices["fw-b"].set_fault("refuse-connection")
        run = cli("plan", "--inventory", inventory, "--out", "my plan.yaml")
        assert run.code == 3
        assert "failed: fw-b" in run.err
        assert "fw-a" in run.out
        assert "users connected now: 0" in run.out
        assert f"nornir-anyconnect apply 'my plan.yaml' --dry-run --inventory {inventory}\n" in run.err
        heard = [each for device in fleet.devices.values() for each in device.received]
    assert heard
    assert not [each for each in heard if each.mode == "config" or each.text.startswith("conf")]
    gate.forget()


def test_filter_and_workers_of_the_settings_count_for_a_plan_too(cli, write, monkeypatch):
    from nornir_anyconnect.workflows import fleet

    seen = []

    def watched(nornir, words, how, **_):
        seen.append((list(nornir.inventory.hosts), how.workers, words.ip_version))
        return fleet.FleetPlan((), {})

    monkeypatch.setattr(fleet, "plan_fleet", watched)
    write("inventory/hosts.yaml", "a: {data: {site: London}}\nb: {data: {site: Oslo}}\n")
    write("nornir-anyconnect.yaml", "inventory: inventory\nfilter: {site: Oslo}\nworkers: 7\n")
    cli("plan")
    cli("plan", "--filter", "site=London", "--workers", 3, "--ip-version", 6)
    assert seen == [(["b"], 7, 4), (["a"], 3, 6)]
    assert cli("plan", "--workers", 0).code == 2


def test_the_outer_ip_header_counts_for_a_preview(cli, write):
    write("edge.cfg", AT_RISK)
    plans = [cli("plan", "edge.cfg", "--format", "json", "--ip-version", version).json for version in (4, 6)]
    before = [plan["devices"][0]["outlook"][0]["before"]["mtus"]["technote"]["dtls"] for plan in plans]
    assert before[0] - before[1] == 32  # 20 bytes more of header, and whole cipher blocks
    assert cli("plan", "edge.cfg", "--ip-version", 5).code == 2


def test_a_plan_ends_with_what_becomes_of_how_many(cli, write):
    write("a.cfg", AT_RISK)
    write("b.cfg", INHERITED)
    write("c.cfg", SAFE)
    last = cli("plan", ".").out.splitlines()[-1]
    assert last.startswith("1 device to change, 1 blocked (")
    assert "--include-default-policy" in last
    assert last.endswith("), 1 unchanged")


def test_a_text_that_is_cut_is_named_and_is_exit_3_although_nothing_is_to_be_changed(cli, write):
    whole = Path(__file__).parents[1].joinpath("fixtures/configs/full_9_16.cfg").read_text()
    run = cli("plan", write("cut.cfg", whole[: whole.index("tunnel-group")]))
    assert run.code == 3
    assert "partial: cut.cfg: the text has no end mark" in run.err
    assert "warning: not all of the configuration was read of cut.cfg" in run.out
    assert "0 devices to change" in run.out
