"""`history list | show | diff | trend` over audits that were kept by `check` and `audit`."""

import json
import re
import sqlite3

import pytest
from cli_texts import AT_RISK, SAFE

from mock_devices.fleet import start_fleet
from nornir_anyconnect.history.store import History
from nornir_anyconnect.platforms.login_gate import gate

KEPT = "nights.sqlite"


@pytest.fixture
def night(cli, write, monkeypatch):
    """Keep one night over these texts; nights are a day apart."""
    count = 0

    def keep(**texts):
        nonlocal count
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_715_983_200 + 86_400 * count))
        count += 1
        for name, text in texts.items():
            write(f"configs/{name}.cfg", text)
        write("nornir-anyconnect.yaml", f"history: {KEPT}\n")
        return cli("check", "configs", "--keep", "--format", "html=tonight.html", "--format", "text")

    return keep


def test_an_empty_history_says_so(cli, tmp_path):
    History(str(tmp_path / KEPT)).close()
    for command in ("list", "trend"):
        run = cli("history", command, "--history", KEPT)
        assert (run.code, run.out) == (0, "the history is empty: keep an audit with --keep\n")


@pytest.mark.parametrize("argv", [("list",), ("show", "1"), ("diff",), ("trend",)])
@pytest.mark.parametrize("url", ["typo/none.sqlite", "sqlite:///typo/none.sqlite", "sqlite+pysqlite:///none.sqlite"])
def test_a_missing_history_is_an_error_and_stays_missing(cli, tmp_path, argv, url):
    run = cli("history", *argv, "--history", url)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: there is no history at ")
    assert "--keep" in run.err
    assert list(tmp_path.iterdir()) == []


def test_another_programs_database_is_no_history_and_is_not_made_one(cli, tmp_path):
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE theirs (id INTEGER)")
    other.close()
    before = (tmp_path / "other.sqlite").read_bytes()
    run = cli("history", "list", "--history", "other.sqlite")
    assert (run.code, run.err.splitlines()[0]) == (2, "error: there is no history at other.sqlite")
    assert (tmp_path / "other.sqlite").read_bytes() == before


def test_a_server_that_refuses_is_told_with_advice_that_fits(cli):
    pytest.importorskip("psycopg", reason="a history in PostgreSQL needs the package psycopg")
    run = cli("history", "list", "--history", "postgresql://audit@127.0.0.1:1/anyconnect")
    assert run.code == 2
    assert "  fix: check that the database server runs, the address, and what the account may do\n" in run.err


def test_two_nights_with_a_change_in_between(cli, night):
    assert night(one=AT_RISK, two=AT_RISK, three=SAFE).code == 1
    second = night(one=SAFE, three=AT_RISK)
    assert "kept as audit 2" in second.err
    assert "since audit 1: 1 new, 1 fixed, 0 not judged any more, 1 still open" in second.err

    run = cli("history", "diff")
    assert run.code == 1
    assert run.out.splitlines() == [
        "audit 1 (2024-05-17T22:00:00+00:00) -> audit 2 (2024-05-18T22:00:00+00:00)",
        "new: 1",
        "  three.cfg tunnel-group STAFF",
        "fixed: 1",
        "  one.cfg tunnel-group STAFF",
        "not judged: 0",
        "still open: 1",
        "  two.cfg tunnel-group STAFF",
    ]
    told = cli("history", "diff", "1", "2", "--format", "json").json
    assert [each["device"] for each in told["new"]] == ["three.cfg"]
    assert [each["device"] for each in told["fixed"]] == ["one.cfg"]
    back = cli("history", "diff", "2", "1", "--format", "json").json
    assert (told["new"], told["fixed"]) == (back["fixed"], back["new"])


def test_the_options_that_every_command_has(cli, night):
    night(one=AT_RISK)
    night(one=AT_RISK)
    for command in (["list"], ["show", "1"], ["diff"], ["trend"]):
        assert cli("history", *command, "-v", "--no-color", "--quiet").code == 0


def test_nothing_new_is_exit_0(cli, night):
    night(one=AT_RISK, two=AT_RISK)
    night(one=SAFE)
    assert cli("history", "diff").code == 0


def test_list_and_show(cli, night):
    night(one=AT_RISK)
    night(one=SAFE)
    listed = cli("history", "list", "--format", "json").json
    assert [(each["audit"], each["summary"]["at_risk"]) for each in listed] == [(2, 0), (1, 1)]
    assert len(cli("history", "list", "--last", "1").out.splitlines()) == 1
    shown = cli("history", "show", "1").out
    assert re.search(r"at-risk +one\.cfg +tunnel-group STAFF .* DTLS 1406", shown)
    (finding,) = [each for each in cli("history", "show", "2", "--format", "json").json if each["name"] == "STAFF"]
    assert finding["verdict"] == "safe"


def test_the_trend_and_what_keeps_coming_back(cli, night):
    for text in (AT_RISK, SAFE, AT_RISK, SAFE):
        night(one=text, two=AT_RISK)
    run = cli("history", "trend")
    assert [re.search(r"at risk +(\d+)", line)[1] for line in run.out.splitlines()[:4]] == ["2", "1", "2", "1"]
    assert run.out.splitlines()[4:] == ["flapping: one.cfg tunnel-group STAFF, opened 2 times"]
    told = cli("history", "trend", "--device", "two.cfg", "--format", "json").json
    assert [each["counts"]["at_risk"] for each in told["points"]] == [1, 1, 1, 1]
    assert told["flapping"] == []
    one = cli("history", "trend", "--device", "one.cfg", "--format", "json").json
    assert [each["device"] for each in one["flapping"]] == ["one.cfg"]
    policy = cli("history", "trend", "--group-policy", "GP-STAFF", "--format", "json").json
    assert [each["device"] for each in policy["flapping"]] == ["one.cfg"]


@pytest.mark.parametrize(
    ("argv", "cause", "fix"),
    [
        (["--device", "ones.cfg"], "the history knows no device ones.cfg", "did you mean 'one.cfg'?"),
        (["--device", "nope"], "the history knows no device nope", "it knows one.cfg"),
        (["--group-policy", "GP"], "the history knows no group policy GP", "GP-STAFF"),
        (["--site", "Oslo"], "the history knows no site Oslo", "it knows none"),
        (["--last", "0"], "0 is out of range: at least 1", "see '"),
        (["--last", "-2"], "-2 is out of range: at least 1", "see '"),
    ],
)
def test_a_trend_of_nothing_is_exit_2(cli, night, argv, cause, fix):
    night(one=AT_RISK)
    run = cli("history", "trend", *argv)
    assert (run.code, run.out) == (2, "")
    first, second = run.err.splitlines()
    assert cause in first
    assert fix in second


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (["diff"], "fewer than two audits"),
        (["diff", "1"], "one audit cannot be compared with nothing"),
        (["show", "7"], "the history holds no audit 7"),
        (["list", "--format", "html"], "history has no format 'html'"),
        (["list", "--history", "nosuch://here"], "is not a history this installation can open"),
    ],
)
def test_a_wrong_call_is_exit_2_in_two_lines(cli, tmp_path, argv, cause):
    History(str(tmp_path / "data/nornir-anyconnect/history.sqlite")).close()
    run = cli("history", *argv)
    assert run.code == 2
    assert run.out == ""
    assert cause in run.err
    assert run.err.count("\n") == 2


def test_a_damaged_history_is_exit_2(cli, write):
    write("bad.sqlite", "this is no database" * 100)
    run = cli("history", "list", "--history", "bad.sqlite")
    assert run.code == 2
    assert "file is not a database" in run.err
    assert "fix: check permissions and whether the file is damaged" in run.err
    assert "Traceback" not in run.err


def test_a_hostile_name_cannot_steer_the_terminal(cli, night):
    night(**{"evil\x1b[2J": AT_RISK})
    night(**{"evil\x1b[2J": AT_RISK})
    for command in (["show", "1"], ["diff"]):
        assert "\x1b" not in cli("history", *command).out


def _page(path):
    text = path.read_text()
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_the_page_of_the_second_night_shows_the_trend(cli, night, tmp_path):
    night(one=AT_RISK, two=AT_RISK)
    assert [counts["at_risk"] for _, counts in _page(tmp_path / "tonight.html")["trend"]] == [2]
    night(one=SAFE)
    trend = _page(tmp_path / "tonight.html")["trend"]
    assert [(at[:10], counts["at_risk"]) for at, counts in trend] == [("2024-05-17", 2), ("2024-05-18", 1)]


@pytest.mark.fleet
def test_two_nights_on_the_simulated_fleet(cli, tmp_path, write, monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "demo-password")
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "demo-enable")
    gate.forget()
    write(
        "nornir-anyconnect.yaml",
        "inventory: inventory\nhistory: nights.sqlite\nlock: audit.lock\nformats: [html=audit.html, json=audit.json]\n"
        "filter: {site: London}\n",
    )
    boxes = [
        {"name": name, "release": "9.12(4)67", "config": ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]}
        | {"serial": f"JAD{number}", "inventory": {"site": "London"}}
        for number, name in enumerate(("fw-one", "fw-two"))
    ]
    login = {"users": {"audit": {"password": "demo-password", "privilege": 15}}, "enable_password": "demo-enable"}
    with start_fleet({"devices": boxes, "defaults": login}) as fleet:
        fleet.write_inventory(tmp_path / "inventory")
        assert cli("audit").code == 1
        before = json.loads((tmp_path / "audit.json").read_text())
        policy = next(finding for finding in before["devices"][0]["findings"] if finding["name"] == "STAFF")[
            "group_policy"
        ]
        fleet.devices["fw-one"].configure(f"group-policy {policy} attributes", "webvpn", "anyconnect mtu 1200")
        fleet.devices["fw-two"].configure(
            "group-policy GP-NEW internal", "group-policy GP-NEW attributes", "vpn-tunnel-protocol ssl-client",
            "tunnel-group NEW type remote-access", "tunnel-group NEW general-attributes", "default-group-policy GP-NEW",
        )  # fmt: skip
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1716069600")
        assert cli("audit").code == 1
    after = json.loads((tmp_path / "audit.json").read_text())

    def at_risk(audit):
        return {
            (device["name"], finding["scope"], finding["name"])
            for device in audit["devices"]
            for finding in device["findings"]
            if finding["verdict"] == "at-risk"
        }

    told = cli("history", "diff", "--format", "json").json
    shown = {key: {(i["device"], i["scope"], i["name"]) for i in told[key]} for key in ("new", "fixed", "still_open")}
    assert ("fw-one", "tunnel-group", "STAFF") in shown["fixed"]
    assert shown["new"] == {("fw-two", "tunnel-group", "NEW")}
    assert shown["fixed"] == at_risk(before) - at_risk(after)
    assert shown["still_open"] == at_risk(before) & at_risk(after)
    assert told["not_judged"] == []
    assert [counts["at_risk"] for _, counts in _page(tmp_path / "audit.html")["trend"]] == [
        before["summary"]["at_risk"],
        after["summary"]["at_risk"],
    ]
