"""`logs`: incidents without any configuration."""

import csv
import gzip
import io
import json
import re
import zipfile
from datetime import UTC, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest
from cli_texts import AT_RISK, SYSLOG
from prometheus_client.parser import text_string_to_metric_families

from nornir_anyconnect.cli.logs import moment, zone
from nornir_anyconnect.errors import UsageError


def test_json_is_the_contract(cli, write):
    run = cli("logs", write("asa.log", SYSLOG), "--format", "json")
    assert (run.code, run.err) == (1, "")
    assert run.json["schema"] == "nornir-anyconnect/logs/1"
    assert run.json["lines"] == 4
    assert run.json["events"] == {"722032": 1, "722033": 1, "722036": 1, "722051": 1}
    (incident,) = run.json["incidents"]
    assert {key: incident[key] for key in ("kind", "device", "user", "group_policy", "packet", "threshold")} == {
        "kind": "dtls-never-up",
        "device": "edge1",
        "user": "alice",
        "group_policy": "GP-STAFF",
        "packet": 1418,
        "threshold": 1303,
    }
    assert run.json["groups"][0]["thresholds"] == [1303]


def test_text_names_user_time_and_sizes(cli, write):
    run = cli("logs", write("asa.log", SYSLOG))
    assert run.out == (
        "edge1: alice (GP-STAFF): dtls-never-up: connected 2024-05-17T20:00:00+00:00, reconnected after 61 s, "
        "1 packet(s) of up to 1418 bytes dropped, threshold 1303\n"
        "edge1: group policy GP-STAFF: 1 user(s) hit, 1 reconnect(s), 1 large packet(s), threshold 1303\n"
        "asa.log: read as syslog: 4 message(s) of edge1, 2024-05-17T20:00:00+00:00 to 2024-05-17T20:01:01+00:00, "
        "oldest first\n"
        "4 line(s), 1 incident(s), 1 user(s) hit; messages: 722032 1, 722033 1, 722036 1, 722051 1\n"
    )
    assert len(cli("logs", "asa.log", "-v").out.splitlines()) > 3


def test_csv_and_prometheus(cli, write):
    log = write("asa.log", SYSLOG)
    (row,) = csv.DictReader(io.StringIO(cli("logs", log, "--format", "csv").out))
    assert (row["user"], row["seconds"], row["threshold"]) == ("alice", "61.0", "1303")
    families = list(text_string_to_metric_families(cli("logs", log, "--format", "prometheus").out))
    values = {family.name: family.samples[0].value for family in families}
    assert values["nornir_anyconnect_log_incidents"] == 1
    assert values["nornir_anyconnect_log_affected_users"] == 1


def test_markdown(cli, write):
    out = cli("logs", write("asa.log", SYSLOG), "--format", "markdown").out
    assert re.search(r"\| `edge1` +\| `GP-STAFF` +\| `alice` +\| `dtls-never-up` +\|", out)


def test_a_configuration_is_said_to_be_none_of_a_log(cli, write):
    run = cli("logs", write("edge1.cfg", AT_RISK))
    assert run.code == 3
    assert "what was given is configuration, which tells of no reconnect: nornir-anyconnect check judges it" in run.out
    assert "is configuration" not in cli("logs", write("asa.log", SYSLOG)).out


def test_a_page_a_test_report_and_code_scanning(cli, write):
    log = write("asa.log", SYSLOG)
    assert "<td>alice</td>" in cli("logs", log, "--format", "html").out
    suites = ET.fromstring(cli("logs", log, "--format", "junit").out)
    assert (suites.get("tests"), suites.get("failures")) == ("1", "1")
    assert "alice: dtls-never-up" in suites.find("testsuite/testcase/failure").text
    (run,) = json.loads(cli("logs", log, "--format", "sarif").out)["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["dtls-never-up"]


@pytest.mark.parametrize("name", ["text", "json", "html", "junit", "sarif", "csv", "markdown", "prometheus"])
def test_no_format_shows_a_user_that_is_pseudonymised(cli, write, name):
    noise = "May 17 2024 20:00:00 edge1 : %ASA-6-722036: alice something unreadable\n"
    run = cli("logs", write("asa.log", SYSLOG + noise), "--format", name, "--pseudonymise-users")
    assert run.code == 3  # not all of it was read
    assert "alice" not in run.out


@pytest.mark.parametrize("name", ["text", "html", "junit", "sarif", "csv", "markdown", "prometheus"])
def test_hostile_users_stay_harmless(cli, write, name):
    attack = SYSLOG.replace("alice", "=1+1\x1b[2J<b>|x`")
    out = cli("logs", write("asa.log", attack), "--format", name).out
    assert "\x1b" not in out
    if name in ("html", "junit"):
        assert "<b>" not in out
    if name == "csv":
        assert not any(cell.startswith("=") for row in csv.reader(io.StringIO(out)) for cell in row)


def test_times_bound_what_counts(cli, write):
    log = write("asa.log", SYSLOG)
    later = cli("logs", log, "--since", "2024-05-17T21:00", "--quiet")
    assert (later.code, "not observable: no message of the time asked for" in later.out) == (3, True)
    assert cli("logs", log, "--until", "2024-05-17T20:30").code == 1
    assert cli("logs", log, "--since", "2024-05-17T20:30", "--tz", "-01:00").code == 3
    assert cli("logs", log, "--since", "2024-05-17T20:30+02:00").code == 1


def test_never_fails(cli, write):
    assert cli("logs", write("asa.log", SYSLOG), "--fail-on", "never").code == 0


def test_compressed_logs_and_logs_without_incidents(cli, write):
    assert cli("logs", write("asa.log.gz", gzip.compress(SYSLOG.encode()))).code == 1
    quiet = cli("logs", write("quiet.log", "nothing of ours\n"), "--quiet")
    assert quiet.code == 3
    assert "not observable: no message of an ASA was found" in quiet.out
    assert "none of the messages that tell of the reconnect" in quiet.out


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (["missing.log"], "missing.log does not exist"),
        (["--since", "yesterday"], "--since 'yesterday' is not a time"),
        (["--since", "2024-02-02", "--until", "2024-01-01"], "--since is later than --until"),
        (["--tz", "Middle/Earth"], "'Middle/Earth' is not a time zone"),
        (["--year", "24"], "--year 24 is out of range"),
        (["--format", "yaml"], "logs has no format 'yaml'"),
    ],
)
def test_a_wrong_call(cli, write, argv, cause):
    run = cli("logs", write("asa.log", SYSLOG), *argv)
    assert (run.code, run.out) == (2, "")
    first, second = run.err.splitlines()
    assert cause in first
    assert second.startswith("  fix: ")


@pytest.mark.parametrize(
    ("text", "hours"), [("+02:00", 2), ("-05:00", -5), ("+0530", 5.5), ("+2", 2), ("+02", 2), ("UTC", 0), ("z", 0)]
)
def test_zones(text, hours):
    assert zone(text).utcoffset(None) == timedelta(hours=hours)


def test_a_named_zone_knows_summer_time():
    assert moment("--since", "2024-07-01", zone("Europe/Berlin")).utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("text", ["+99:00", "", "+", "12"])
def test_what_is_no_zone(text):
    with pytest.raises(UsageError, match="is not a time zone"):
        zone(text)


def test_a_time_with_a_zone_keeps_it():
    assert moment("--since", "2024-07-01T00:00+03:00", UTC).tzinfo == timezone(timedelta(hours=3))


CLIENT = "Nov 16 01:28:50 mac acvpnagent[123]: Reconfigure reason code 16: New MTU configuration.\n"
WEB = (
    "May 17 12:00:00 web nginx: GET /download/AnyConnect-win.pkg 200\n"
    + "May 17 12:00:00 web nginx: GET / 200\n" * 3000
)


@pytest.fixture
def piped(cli, tmp_path, monkeypatch):
    """Run a command with a file as its standard input."""

    def run(raw, *argv):
        (tmp_path / "piped").write_bytes(raw)
        with (tmp_path / "piped").open("rb") as stream:
            monkeypatch.setattr("sys.stdin", stream)
            return cli(*argv)

    return run


def test_a_relays_log_that_mentions_the_client_is_a_syslog(cli, write, piped):
    run = cli("logs", write("relay.log", WEB + SYSLOG), "--format", "json")
    assert (len(run.json["incidents"]), run.json["client"]) == (1, [])
    assert run.json["lines"] == 3005
    run = piped((WEB + SYSLOG).encode(), "logs", "-", "--format", "json")
    assert (len(run.json["incidents"]), run.json["client"]) == (1, [])


def test_a_clients_lines_deep_in_a_log_are_found(cli, write, piped):
    text = WEB.replace("AnyConnect", "x") + CLIENT
    for run in (
        cli("logs", write("syslog", text), "--format", "json"),
        piped(text.encode(), "logs", "-", "--format", "json"),
    ):
        assert (len(run.json["client"]), run.json["lines"]) == (1, 3002)


def test_an_option_that_names_the_kind_decides_it(cli, write):
    config, both = write("edge1.cfg", AT_RISK), write("both.log", CLIENT + WEB + SYSLOG)
    syslog = cli("check", config, "--syslog", both, "--format", "json").json["devices"][0]
    assert [each["evidence"]["reconnects"] for each in syslog["findings"] if each["name"] == "STAFF"] == [1]
    assert not any("client log" in each for each in syslog["warnings"])
    client = cli("check", config, "--client-log", both, "--format", "json").json["devices"][0]
    assert any("client log" in each for each in client["warnings"])
    assert all(not (each["evidence"] or {}).get("reconnects") for each in client["findings"])


def test_a_bundle_comes_through_a_pipe_as_well(cli, write, piped):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("AnyConnect.txt", CLIENT)
    run = piped(packed.getvalue(), "logs", "-", "--format", "json")
    assert run.code == 1
    assert [each["log"] for each in run.json["client"]] == ["standard input/AnyConnect.txt"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_syslog_that_windows_wrote(cli, write, encoding):
    run = cli("logs", write("asa.log", (SYSLOG * 1000).encode(encoding)), "--format", "json")
    assert (run.json["lines"], len(run.json["incidents"])) == (4000, 1)
    assert [each["device"] for each in run.json["groups"]] == ["edge1"]


def test_a_saved_show_logging_tells_that_its_buffer_has_wrapped(cli, write):
    config = write("edge1.cfg", AT_RISK.replace(": end", "logging enable\nlogging buffered informational\n: end"))
    quiet = SYSLOG.replace("722036", "302013")

    def evidence(counted, what="level informational"):
        text = f"Syslog logging: enabled\n    Buffer logging: {what}, {counted} messages logged\n{quiet}"
        found = cli("check", config, "--syslog", write("shown.txt", text), "--format", "json").json["devices"][0]
        return next(each["evidence"] for each in found["findings"] if each["name"] == "STAFF")

    assert evidence(4)["observable"] == "yes"
    assert evidence(99999)["observable"] == "unknown"
    assert "wrapped" in evidence(99999, "list VPN")["observable_reason"]


def test_a_log_without_a_message_of_ours_shows_nothing(cli, write):
    config = write("edge1.cfg", AT_RISK.replace(": end", "logging enable\nlogging buffered informational\n: end"))
    line = "May 1{} 2024 12:00:00 edge1 : %ASA-6-302013: Built\n"
    quiet = write("quiet.log", line.format(2) + "May 13 2024 12:00:00 edge2 : %ASA-6-302013: Built\n" + line.format(7))
    found = cli("check", config, "--syslog", quiet, "--format", "json").json["devices"][0]
    seen = next(each["evidence"] for each in found["findings"] if each["name"] == "STAFF")
    assert "no message about a VPN session" in seen["observable_reason"]
    assert (seen["observable"], seen["span"]) == ("no", ["2024-05-12T12:00:00+00:00", "2024-05-17T12:00:00+00:00"])


def test_a_year_that_is_given_goes_on_through_the_rotations(cli, write):
    lines = SYSLOG.replace(" 2024", "").splitlines(keepends=True)
    old = "".join(lines[:3]).replace("May 17 20:00", "Dec 31 23:59")
    write("logs/asa.log.1", old)
    write("logs/asa.log", lines[3].replace("May 17 20:01:01", "Jan 01 00:00:30"))
    write("logs/other.log", old)
    run = cli("logs", "logs", "--year", "2019", "--format", "json")
    (incident,) = run.json["incidents"]
    assert (incident["connected_at"][:4], incident["reconnected_at"][:4]) == ("2019", "2020")


def test_the_bounds_are_options(cli, write):
    log = write("asa.log", SYSLOG)
    assert cli("logs", log, "--shortest", "62").code == 0
    assert cli("logs", log, "--longest", "60").code == 0
    assert cli("logs", log, "--shortest", "61", "--longest", "61").code == 1
    first, *rest = SYSLOG.splitlines(keepends=True)
    udp = first.replace("20:00:00", "20:00:02").replace("First TCP", "First UDP")
    assert cli("logs", write("lost.log", "".join([first, udp, *rest]))).code == 1
    assert cli("logs", "lost.log", "--silence", "30").code == 0
    run = cli("logs", log, "--shortest", "130")
    assert (run.code, run.out) == (2, "")
    assert "bound nothing" in run.err


def test_the_settings_can_ask_for_pseudonyms_once_and_for_all(cli, write):
    write("asa.log", SYSLOG)
    named = cli("logs", "asa.log", "--format", "json").json["incidents"][0]["user"]
    write("nornir-anyconnect.yaml", "pseudonymise_users: true\n")
    assert named not in cli("logs", "asa.log").out


def test_a_log_of_notices_is_said_to_show_what_it_shows(cli, write):
    notices = "".join(line for line in SYSLOG.splitlines(keepends=True) if "722036" not in line).replace("-6-", "-5-")
    config = write("edge1.cfg", AT_RISK.replace(": end", "logging enable\nlogging buffered informational\n: end"))
    log = write("notices.log", notices)
    alone = cli("logs", log, "--quiet")
    assert (alone.code, "suspected" in alone.out, "not observable: edge1: the log ends at level 5" in alone.out) == (
        3, True, True
    )  # fmt: skip
    joined = cli("check", config, "--syslog", log, "--quiet")
    assert (joined.code, "1 reconnect(s) of sessions without DTLS" in joined.out) == (3, True)
    assert "no reconnect seen" not in joined.out


def test_a_log_of_another_device_is_no_evidence_and_the_answer_says_whose_it_is(cli, write):
    config = write("edge1.cfg", AT_RISK)
    run = cli("check", config, "--syslog", write("asa.log", SYSLOG.replace("edge1", "edge9")), "--quiet")
    assert run.code == 3
    assert "not observable: the logs that were given are of edge9, and none is of this device" in run.out


@pytest.mark.parametrize("order", [(), ("--date-order", "mdy")])
def test_dates_that_can_be_read_both_ways_are_named(cli, write, order):
    log = write("asa.log", SYSLOG.replace("May 17 2024", "03/04/2024"))
    out = cli("logs", log, *order).out
    assert ("dates such as 03/04/2026 were read with the day first" in out) == (order == ())
    assert ("connected 2024-03-04" if order else "connected 2024-04-03") in out
