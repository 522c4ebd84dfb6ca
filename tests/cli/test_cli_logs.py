"""`logs`: incidents without any configuration."""

import csv
import gzip
import io
import json
from datetime import UTC, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest
from cli_texts import SYSLOG
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
    assert "| `edge1` | `GP-STAFF` | `alice` | `dtls-never-up` |" in out


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
    assert run.code == 1
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
    assert cli("logs", log, "--since", "2024-05-17T21:00").code == 0
    assert cli("logs", log, "--until", "2024-05-17T20:30").code == 1
    assert cli("logs", log, "--since", "2024-05-17T20:30", "--tz", "-01:00").code == 0
    assert cli("logs", log, "--since", "2024-05-17T20:30+02:00").code == 1


def test_never_fails(cli, write):
    assert cli("logs", write("asa.log", SYSLOG), "--fail-on", "never").code == 0


def test_compressed_logs_and_logs_without_incidents(cli, write):
    assert cli("logs", write("asa.log.gz", gzip.compress(SYSLOG.encode()))).code == 1
    quiet = cli("logs", write("quiet.log", "nothing of ours\n"))
    assert quiet.code == 0
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
