"""`check`: every exit code, every message, and evidence joined to its configuration."""

import gzip
import io
import json
import re
import sys
from pathlib import Path

import pytest
from cli_texts import AT_RISK, PARTIAL, SAFE, SYSLOG

from tests.contract import valid
from tests.texts import name_of, texts


def only(run):
    (device,) = run.json["devices"]
    return device


def finding(device, name):
    (found,) = [each for each in device["findings"] if each["name"] == name]
    return found


def test_at_risk_is_exit_1_and_cites_its_lines(cli, write):
    run = cli("check", write("edge1.cfg", AT_RISK), "--format", "json")
    assert (run.code, run.err) == (1, "")
    staff = finding(only(run), "STAFF")
    assert (staff["verdict"], staff["tls_mtu"], staff["dtls_mtu"], staff["gap"]) == ("at-risk", 1383, 1406, 23)
    lines = AT_RISK.splitlines()
    cited = {each["setting"]: lines[each["line"] - 1].strip() for each in staff["sources"] if each["line"]}
    assert cited["default-group-policy"] == "default-group-policy GP-STAFF"
    assert cited["tunnel-group type"] == "tunnel-group STAFF type remote-access"


def test_safe_is_exit_0(cli, write):
    run = cli("check", write("edge2.cfg", SAFE), "--format", "json")
    assert (run.code, run.err) == (0, "")
    staff = finding(only(run), "STAFF")
    assert (staff["verdict"], staff["configured_mtu"]) == ("safe", 1200)


def test_an_incomplete_text_is_exit_3_and_named_on_stderr(cli, write):
    path = write("cut.cfg", PARTIAL)
    run = cli("check", path, "--format", "json")
    assert run.code == 3
    assert run.err.startswith("partial: cut.cfg: ")
    assert cli("check", path, "--assume-complete", "--format", "json").code == 0


def test_no_remedy_claims_to_close_what_was_not_read_wholly(cli, write):
    cut = AT_RISK.replace(": end\n", "")
    staff = finding(only(cli("check", write("cut.cfg", cut), "--format", "json")), "STAFF")
    assert staff["verdict"] == "at-risk"
    claims = {each["kind"]: (each["closes"], each["closes_under"]) for each in staff["remedies"]}
    assert claims["mtu"] == claims["tls-only-group"] == (False, [])
    assert all("incomplete-config" in each["blocked_by"] for each in staff["remedies"])
    whole = finding(only(cli("check", write("whole.cfg", AT_RISK), "--format", "json")), "STAFF")
    assert {each["kind"] for each in whole["remedies"] if each["closes"]} >= {"mtu", "tls-only-group"}


def test_three_wins_over_one_and_two_over_three(cli, write):
    risky, cut = write("a.cfg", AT_RISK), write("b.cfg", PARTIAL)
    assert cli("check", risky, cut, "--format", "json").code == 3
    run = cli("check", risky, cut, "missing.cfg", "--format", "json")
    assert run.code == 2
    assert [device["name"] for device in run.json["devices"]] == ["a.cfg", "b.cfg"]


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("notes.txt", "Dear all,\nthe firewall is moved on Monday.\n", "is not an ASA or FTD configuration"),
        ("empty.cfg", "", "is empty"),
        ("blank.cfg", " \n\r\n", "is empty"),
        ("image.bin", bytes(range(32)) * 64, "is binary"),
        ("router.cfg", "version 15.2\nhostname r1\ninterface Gi0/0\n ip address 10.0.0.1 255.0.0.0\n", "is not an ASA"),
        ("torn.zip", b"PK\x03\x04nothing", "is damaged"),
        ("torn.tar.gz", b"\x1f\x8bnothing", "is damaged"),
    ],
)
def test_a_named_file_that_cannot_be_judged_is_exit_2(cli, write, name, content, cause):
    run = cli("check", write(name, content), write("edge1.cfg", AT_RISK), "--format", "json")
    assert run.code == 2
    first, second = run.err.splitlines()
    assert first.startswith("error: ")
    assert name in first
    assert cause in first
    assert second.startswith("  fix: ")
    assert only(run)["name"] == "edge1.cfg"


def test_a_missing_file_alone_gives_no_result(cli):
    run = cli("check", "missing.cfg")
    assert (run.code, run.out) == (2, "")
    assert run.err == "error: missing.cfg does not exist\n  fix: check the path; '-' reads standard input\n"


def test_mixed_content_of_a_folder_is_normal(cli, write):
    write("backup/edge2.cfg", SAFE)
    write("backup/site/README", "just words\n")
    write("backup/site/logo.png", b"\x89PNG\x00\x00\x00")
    write("backup/.git/config", AT_RISK)
    run = cli("check", "backup", "--format", "json")
    assert run.code == 0
    assert only(run)["name"] == "edge2.cfg"
    assert only(run)["path"] == "backup/edge2.cfg"
    assert sorted(run.err.splitlines()) == [
        "skipped: backup/site/README is not an ASA or FTD configuration",
        "skipped: backup/site/logo.png is binary",
    ]
    assert cli("check", "backup", "--format", "json", "--quiet").err == ""


def test_files_of_the_same_name_are_told_apart_by_their_folders(cli, write):
    for path in ("oslo/a/fw.cfg", "oslo/b/fw.cfg", "bergen/b/fw.cfg", "oslo/a/core.cfg"):
        write(path, SAFE)
    run = cli("check", ".", "--format", "json")
    assert [each["name"] for each in run.json["devices"]] == [
        "bergen/b/fw.cfg",
        "core.cfg",
        "a/fw.cfg",
        "oslo/b/fw.cfg",
    ]
    assert cli("check", "oslo/a/fw.cfg", "oslo/a/fw.cfg", "--format", "json").json["devices"][0]["name"] == "fw.cfg"
    write("oslo/a/fw.cfg", AT_RISK)
    assert "\na/fw.cfg\n" in cli("plan", ".").out


def test_what_cannot_be_read_in_a_folder_or_archive_is_a_failed_device_and_exit_3(cli, write):
    write("backup/edge2.cfg", SAFE)
    write("backup/torn.cfg.gz", gzip.compress(SAFE.encode())[:-9])
    write("backup/zero.cfg", "")
    write("backup/torn.tgz", b"\x1f\x8bnothing")
    write("backup/README", "just words\n")
    run = cli("check", "backup", "--format", "json")
    assert run.code == 3
    states = {each["name"]: (each["status"], each["path"], bool(each["errors"])) for each in run.json["devices"]}
    assert states == {
        "edge2.cfg": ("ok", "backup/edge2.cfg", False),
        "torn.cfg.gz": ("failed", "backup/torn.cfg.gz", True),
        "torn.tgz": ("failed", "backup/torn.tgz", True),
        "zero.cfg": ("failed", "backup/zero.cfg", True),
    }
    assert run.json["summary"]["failed_devices"] == 3
    assert "failed: zero.cfg: backup/zero.cfg is empty" in run.err.splitlines()
    assert "skipped: backup/README is not an ASA or FTD configuration" in run.err.splitlines()
    quiet = cli("check", "backup", "--quiet").err
    assert all(name in quiet for name in ("torn.cfg.gz", "torn.tgz", "zero.cfg"))
    valid(run.json)


def test_a_folder_without_any_configuration_is_exit_2(cli, write):
    write("docs/README", "words\n")
    run = cli("check", "docs", "--quiet")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: no ASA configuration in docs\n  fix: ")


def test_standard_input(cli, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(AT_RISK.encode())))
    run = cli("check", "-", "--format", "json")
    assert (run.code, only(run)["name"]) == (1, "stdin")


def test_standard_input_serves_one_thing(cli):
    run = cli("check", "-", "--syslog", "-")
    assert run.code == 2
    assert "standard input is named twice" in run.err


@pytest.mark.parametrize(
    ("level", "code"), [("confirmed", 0), ("at-risk", 1), ("unknown", 1), ("mitigated", 1), ("never", 0)]
)
def test_fail_on(cli, write, level, code):
    assert cli("check", write("edge1.cfg", AT_RISK), "--format", "json", "--fail-on", level).code == code


def test_evidence_confirms_and_counts_for_every_level(cli, write):
    run = cli(
        "check", write("core.cfg", AT_RISK), write("other.cfg", SAFE), "--syslog", write("asa.log", SYSLOG),
        "--format", "json", "--fail-on", "confirmed",
    )  # fmt: skip
    assert run.code == 1
    device = next(each for each in run.json["devices"] if each["name"] == "core.cfg")
    seen = finding(device, "STAFF")["evidence"]
    assert (seen["confirmed"], seen["users"], seen["reconnects"], seen["thresholds"]) == (True, 1, 1, [1303])
    other = next(each for each in run.json["devices"] if each["name"] == "other.cfg")
    unseen = finding(other, "STAFF")["evidence"]
    assert (unseen["confirmed"], unseen["observable"]) == (False, "no")


def test_a_log_that_names_another_device_is_said_to(cli, write):
    log = write("asa.log", SYSLOG.replace("edge1", "elsewhere"))
    run = cli("check", write("a.cfg", AT_RISK), write("b.cfg", SAFE), "--syslog", log, "--format", "json")
    assert "the logs name elsewhere, which is none of the configurations" in run.err
    assert run.json["summary"]["confirmed"] == 0


def test_a_log_beside_its_configuration_is_no_second_configuration(cli, write):
    write("backup/edge1.cfg", AT_RISK)
    log = write("backup/edge1.log", SYSLOG)
    for run in (cli("check", "backup", "--syslog", log), cli("check", "backup"), cli("check", log, "backup/edge1.cfg")):
        assert (run.code, run.err) == (1, "")
        assert "were hit" in run.out or "was hit" in run.out


def test_two_configurations_of_one_device_share_its_log_and_it_is_said(cli, write):
    log = write("asa.log", SYSLOG)
    run = cli("check", write("monday.cfg", AT_RISK), write("friday.cfg", AT_RISK), "--syslog", log)
    assert run.err == "note: 2 configurations are of edge1: what its logs show counts for each\n"


def test_a_single_configuration_and_the_log_of_a_single_device_belong_together(cli, write):
    log = write("asa.log", SYSLOG.replace("edge1", "192.0.2.1"))
    run = cli("check", write("a.cfg", AT_RISK), "--syslog", log, "--format", "json")
    assert run.json["summary"]["confirmed"] == 1
    assert run.err == ""


def test_a_narrower_client_path_is_judged_on_both_sides(cli, write):
    config = write("a.cfg", AT_RISK)
    wide = finding(only(cli("check", config, "--format", "json")), "STAFF")
    pppoe = finding(only(cli("check", config, "--client-mtu", "1492", "--format", "json")), "STAFF")
    assert (wide["assumptions"]["technote"]["dtls_mtu"], pppoe["assumptions"]["technote"]["dtls_mtu"]) == (1418, 1402)
    assert pppoe["safe_mtu"] <= wide["safe_mtu"]
    for size in ("575", "1501"):
        refused = cli("check", config, "--client-mtu", size)
        assert (refused.code, "give 576 to 1500 bytes" in refused.err) == (2, True)


def test_the_likely_pair_is_that_of_the_client_asked_for(cli, write):
    config = write("a.cfg", AT_RISK)
    assert finding(only(cli("check", config, "--format", "json")), "STAFF")["likely"]["client"] == "secure-client-5"
    four = cli("check", config, "--client", "anyconnect-4", "--format", "json")
    assert finding(only(four), "STAFF")["likely"]["client"] == "anyconnect-4.10"
    assert finding(only(cli("check", config, "--client", "any", "--format", "json")), "STAFF")["likely"] is None
    assert "there is no client 'moon'" in cli("check", config, "--client", "moon").err


def test_a_waiver_may_name_the_file_s_stem_or_the_hostname_and_one_that_expired_is_named(cli, write):
    config = write("edge-7.cfg", AT_RISK)
    hostname = re.search(r"^hostname (\S+)", AT_RISK, re.MULTILINE)[1]
    for device in ("edge-7.cfg", "edge-7", hostname):
        write("waivers.yaml", f"- {{device: {device}, name: STAFF, owner: ops, reason: lab, expires: 2099-12-31}}\n")
        write("nornir-anyconnect.yaml", "waivers: waivers.yaml\n")
        run = cli("check", config, "--format", "json")
        assert (run.code, finding(only(run), "STAFF")["waiver"]["owner"]) == (0, "ops"), device
    write("waivers.yaml", "- {device: edge-7, name: STAFF, owner: ops, reason: lab, expires: 2020-01-01}\n")
    run = cli("check", config, "--format", "json", "--quiet")
    assert run.code == 1
    assert "edge-7.cfg: the waiver for tunnel-group STAFF (ops) expired on 2020-01-01" in run.err


def test_a_log_of_many_strangers_proves_nothing_of_a_single_configuration(cli, write):
    log = write("asa.log", SYSLOG.replace("edge1", "192.0.2.1") + SYSLOG.replace("edge1", "192.0.2.2"))
    run = cli("check", write("a.cfg", AT_RISK), "--syslog", log, "--format", "json")
    assert run.json["summary"]["confirmed"] == 0
    assert "the logs name 192.0.2.2, which is none of the configurations" in run.err


def test_users_are_pseudonymised_in_every_format(cli, write):
    config, log = write("a.cfg", AT_RISK), write("asa.log", SYSLOG)
    for name in ("text", "json", "csv", "markdown", "junit", "sarif", "prometheus"):
        named = cli("check", config, "--syslog", log, "--format", name, "--details").out
        hidden = cli("check", config, "--syslog", log, "--format", name, "--details", "--pseudonymise-users").out
        assert "alice" not in hidden
        assert ("alice" in named) == (name in ("text", "json"))


def test_formats_go_to_their_files(cli, write):
    run = cli(
        "check", write("edge1.cfg", AT_RISK), "--format", "json=a.json", "--format", "csv", "--format", "sarif=a.sarif"
    )
    assert run.code == 1
    assert run.out.startswith("device,context")
    assert json.loads(Path("a.json").read_text())["summary"]["at_risk"] == 1
    assert json.loads(Path("a.sarif").read_text())["version"] == "2.1.0"


def test_a_file_that_cannot_be_written_is_rescued(cli, write, monkeypatch):
    monkeypatch.setattr("nornir_anyconnect.workflows.outputs._write", _disk_full)
    run = cli("check", write("edge1.cfg", AT_RISK), "--format", "json=a.json", "--format", "csv")
    assert run.code == 2
    assert run.out.startswith("device,context")
    first, second = run.err.splitlines()
    assert first == "error: a.json: No space left on device"
    rescued = Path(second.removeprefix("  fix: the result is in ").removesuffix(" instead"))
    assert json.loads(rescued.read_text())["summary"]["at_risk"] == 1
    rescued.unlink()


def _disk_full(path, _text):
    raise OSError(28, "No space left on device", str(path))


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (["--format", "pdf"], "check has no format 'pdf'"),
        (["--format", "json="], "--format json= names no file"),
        (["--format", "json", "--format", "csv"], "two formats for standard output"),
        (["--format", "json=no/such/folder/a.json"], "the folder no/such/folder does not exist"),
        (["--format", "json=."], ". is a folder"),
        (["--assume", "hearsay"], "'hearsay' is not an assumption set"),
        (["--fail-on", "often"], "'often' is not one of confirmed, at-risk, unknown, mitigated, never"),
        (["--ip-version", "5"], "--ip-version 5 is not an IP version"),
        (["--syslog", "missing.log"], "missing.log does not exist"),
    ],
)
def test_a_wrong_call_does_nothing(cli, write, argv, cause):
    run = cli("check", write("edge1.cfg", AT_RISK), *argv)
    assert (run.code, run.out) == (2, "")
    first, second = run.err.splitlines()
    assert first.startswith("error: ")
    assert cause in first
    assert second.startswith("  fix: ")


@pytest.mark.parametrize("again", ["report", "./report", "folder/../report", "link"])
def test_two_formats_never_share_a_file(cli, write, tmp_path, again):
    write("folder/other.cfg", SAFE)
    (tmp_path / "link").symlink_to("report")
    run = cli("check", write("edge.cfg", AT_RISK), "--format", "json=report", "--format", f"csv={again}")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: json and csv both go to ")
    assert not (tmp_path / "report").exists()


def test_two_formats_may_share_a_device(cli, write):
    assert cli("check", write("edge.cfg", AT_RISK), "--format", "json=/dev/null", "--format", "csv=/dev/null").code == 1


@pytest.mark.parametrize(
    "argv",
    [
        ("configs/own.cfg", "--format", "text=configs/own.cfg"),
        ("configs/own.cfg", "--format", "text=configs/../link.cfg"),
        ("configs", "--format", "text=configs/own.cfg"),
        ("configs", "--syslog", "edge.log", "--format", "json=edge.log"),
    ],
)
def test_no_report_overwrites_what_was_read_for_it(cli, write, tmp_path, argv):
    write("configs/own.cfg", AT_RISK)
    write("edge.log", SYSLOG)
    (tmp_path / "link.cfg").symlink_to("configs/own.cfg")
    run = cli("check", *argv)
    assert (run.code, run.out) == (2, "")
    assert "which is read" in run.err
    assert (tmp_path / "configs/own.cfg").read_text() == AT_RISK
    assert (tmp_path / "edge.log").read_text() == SYSLOG


def test_a_report_in_the_folder_that_is_read_is_written_every_night(cli, write):
    write("configs/own.cfg", AT_RISK)
    for _ in range(2):
        assert cli("check", "configs", "--format", "json=configs/report.json").code == 1


def test_without_a_path(cli):
    run = cli("check")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: Missing argument 'PATH...'")


def test_one_assumption_set_alone(cli, write):
    staff = finding(only(cli("check", write("a.cfg", AT_RISK), "--assume", "guide", "--format", "json")), "STAFF")
    assert list(staff["assumptions"]) == ["guide"]
    assert staff["numbers_from"] == "guide"


def test_same_input_same_bytes(cli, write):
    config = write("edge1.cfg", AT_RISK)
    first, second = (cli("check", config, "--format", "json").out for _ in range(2))
    assert first == second
    assert '"generated_at": "2024-05-17T22:00:00+00:00"' in first


def test_the_text_for_people(cli, write):
    run = cli("check", write("edge2.cfg", SAFE))
    assert run.out == (
        "Nothing is at risk on 1 firewall.\n\n"
        "findings: 1 safe, 1 not applicable\n"
        "  STAFF: safe: The configured MTU fits into the TLS tunnel, so nothing changes when DTLS is lost.\n"
        "  DefaultWEBVPNGroup: not-applicable: "
        "The group policy does not allow the SSL client (vpn-tunnel-protocol ssl-client).\n\n"
        "Clients' own networks are taken to carry packets of 1500 bytes, or of what --client-mtu says; "
        "behind PPPoE or LTE it is less.\n"
    )
    assert "from: default-group-policy: GP-STAFF (configured line 19)" in cli("check", "edge2.cfg", "--details").out


def test_a_firewall_at_risk_ends_with_the_lines_to_type_and_the_next_commands(cli, write):
    run = cli("check", write("my edge.cfg", AT_RISK), "--format", "json=a.json", "--format", "text")
    assert run.code == 1
    assert run.out.splitlines()[0] == (
        "1 finding on 1 firewall is at risk; whether anybody was hit cannot be seen here; "
        "one line per group policy cures it."
    )
    typed = run.out.partition("on my edge.cfg, in configuration mode:\n")[2].partition("\n\n")[0]
    assert typed == "  group-policy GP-STAFF attributes\n  webvpn\n  anyconnect mtu 1303"
    assert run.out.endswith(
        "next: nornir-anyconnect explain 'my edge.cfg' --tunnel-group STAFF\n"
        "next: nornir-anyconnect plan 'my edge.cfg'\n\n"
        "written: a.json\n"
    )


def test_the_next_command_of_a_hostile_name_steers_no_terminal_and_is_no_option(cli, write):
    write("-\x1b[2J.cfg", AT_RISK)
    run = cli("check", "--", "-\x1b[2J.cfg")
    assert run.code == 1
    assert "\x1b" not in run.out + run.err
    assert "next: nornir-anyconnect plan $'\\x2e\\x2f\\x2d\\x1b\\x5b2J\\x2ecfg'\n" in run.out


def test_only_shows_the_verdicts_that_are_asked_for(cli, write):
    write("a.cfg", AT_RISK)
    write("b.cfg", SAFE)
    rows = cli("check", ".", "--only", "safe").out.splitlines()
    assert any(line.startswith("b.cfg") and "safe" in line for line in rows)
    assert not any(line.startswith("a.cfg ") for line in rows)
    for wrong in ("safest", ",", "safe,x"):
        assert cli("check", ".", "--only", wrong).code == 2


def test_without_a_report_on_the_screen_the_answer_is_told(cli, write):
    run = cli("check", write("a.cfg", AT_RISK), "--format", "html=r.html")
    assert run.out == ""
    assert "1 finding on 1 firewall is at risk" in run.err
    assert run.err.endswith("written: r.html\n")
    assert cli("check", "a.cfg", "--format", "html=r.html", "--quiet").err == ""


def test_keep_puts_it_into_the_history(cli, write):
    run = cli("check", write("edge1.cfg", AT_RISK), "--keep", "--format", "json")
    assert (run.code, run.err) == (1, "kept as audit 1\n")
    assert Path("data/nornir-anyconnect/history.sqlite").is_file()


def test_a_history_that_fails_loses_no_report(cli, write):
    write("data/nornir-anyconnect", "a file where a folder should be")
    run = cli("check", write("edge1.cfg", AT_RISK), "--keep", "--format", "json")
    assert run.code == 2
    assert run.json["summary"]["at_risk"] == 1
    assert run.err.startswith("error: ")


def test_a_waived_finding_is_shown_and_does_not_count(cli, write):
    write("nornir-anyconnect.yaml", "waivers: waivers.yaml\n")
    write(
        "waivers.yaml",
        "- {device: edge1.cfg, name: STAFF, owner: ops, reason: moved next week, expires: 2999-01-01}\n",
    )
    run = cli("check", write("edge1.cfg", AT_RISK))
    assert run.code == 0
    assert "accepted by ops until 2999-01-01 (edge1.cfg STAFF)" in run.out
    assert "1 accepted" in run.out


@pytest.mark.parametrize("path", texts("configs"), ids=name_of)
def test_every_sample_is_judged(cli, path):
    run = cli("check", path, "--format", "json")
    assert run.code in (0, 1, 3)
    assert "Traceback" not in run.err
    valid(run.json)
    lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    named = {line.split()[1] for line in lines if line.strip().startswith("tunnel-group ") and "remote-access" in line}
    found = {each["name"] for each in only(run)["findings"]}
    assert {name.strip('"') for name in named if not name.startswith('"')} <= found
    for each in only(run)["findings"]:
        assert all(1 <= source["line"] <= len(lines) for source in each["sources"] if source["line"])


CLIENT_LOG = """\
******************************************
Date        : 05/17/2024
Time        : 20:01:01
Type        : Warning
Source      : acvpnagent

Description : Reconfigure reason code 16:
New MTU configuration.
******************************************
"""

DEBUG = """\
Iphdr=20 base-mtu=1500 def-mtu=1500 conf-mtu=0
tcp-mss = 1380
path-mtu = 1380(mss)
TLS Block size = 16, version = 0x303
mtu = 1380(path-mtu) - 0(opts) - 5(ssl) - 16(iv) = 1359
mod-mtu = 1359(mtu) & 0xfff0(complement) = 1344
tls-mtu = 1344(mod-mtu) - 8(cstp) - 32(mac) - 1(pad) = 1303
computed tls-mtu=1303 dtls-mtu=1418 conf-mtu=0
tls-mtu=1303 dtls-mtu=1418
"""


def test_what_a_clients_log_says_stands_with_the_device(cli, write):
    run = cli("check", write("a.cfg", AT_RISK), "--client-log", write("client.txt", CLIENT_LOG), "--format", "json")
    (warning,) = only(run)["warnings"]
    assert warning.startswith("client log client.txt: the client reconnected at 2024-05-17T20:01:01")
    assert warning.endswith("to apply a new MTU (reason code 16)")


def test_a_debug_transcript_calibrates(cli, write):
    run = cli("check", write("a.cfg", AT_RISK), "--debug-log", write("debug.txt", DEBUG), "--format", "json")
    staff = finding(only(run), "STAFF")
    assert (staff["tls_mtu"], staff["dtls_mtu"]) == (1303, 1418)
    assert staff["calibrated"]
    assert all(each.endswith("/none") for each in staff["calibrated"])


def test_a_debug_transcript_names_no_device(cli, write):
    run = cli("check", write("a.cfg", AT_RISK), write("b.cfg", SAFE), "--debug-log", write("debug.txt", DEBUG))
    assert (run.code, run.out) == (2, "")
    assert "does not say which device it is of" in run.err


def test_a_page_names_the_next_command_too(cli, write):
    cli("check", write("edge1.cfg", AT_RISK), "--format", "html=report.html")
    assert '<code id="next">nornir-anyconnect plan edge1.cfg</code>' in Path("report.html").read_text()
