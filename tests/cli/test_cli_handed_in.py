"""What people hand in: anything, alone or in one folder, in one call with one answer."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.evidence.export_forms import FORMS, NAMELESS, log
from tests.texts import OURS

LOG = log()
EDGE7 = """\
: Saved
ASA Version 9.16(4)
hostname edge7
logging enable
logging trap informational
interface GigabitEthernet0/0
 nameif outside
 security-level 0
webvpn
 enable outside
 anyconnect enable
group-policy "GP Home Office" internal
group-policy "GP Home Office" attributes
 vpn-tunnel-protocol ssl-client
tunnel-group HOME type remote-access
tunnel-group HOME general-attributes
 default-group-policy "GP Home Office"
Cryptochecksum:00000000000000000000000000000000
: end
"""
CLIENT = """\
******************************************
Date : 03/29/2026
Time : 01:01:01
Type : Warning
Source : acvpnagent
Description : Reconfigure reason code 16:
New MTU configuration.
"""
SESSIONS = """\
edge7# show vpn-sessiondb anyconnect

Session Type: AnyConnect

Username     : dora                   Index        : 1018
Assigned IP  : 10.9.0.11              Public IP    : 192.0.2.7
Protocol     : AnyConnect-Parent SSL-Tunnel
Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES-GCM-256
Hashing      : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA384
Group Policy : GP Home Office         Tunnel Group : HOME
Duration     : 0h:21m:21s
"""
DROPS = "Frame drop:\n  SVC Module unable to fragment packet (mp-svc-no-fragment)               148934\n"


def finding(run):
    (device,) = run.json["devices"]
    return next(each for each in device["findings"] if each["name"] == "HOME")


def kinds(run):
    return {Path(each["path"]).name: each["read_as"] for each in run.json["inputs"]}


def facts(seen):
    return (
        seen["confirmed"],
        seen["users"],
        sorted(seen["user_names"]),
        seen["reconnects"],
        seen["large_packets"],
        seen["thresholds"],
    )


@pytest.mark.parametrize("form", {**FORMS, **NAMELESS})
def test_every_form_proves_the_same_beside_the_configuration(cli, write, form):
    write("in/edge7.cfg", EDGE7)
    write("in/handed", {**FORMS, **NAMELESS}[form](LOG))
    run = cli("check", "in", "--format", "json")
    assert run.code == 1, run.err
    seen = finding(run)["evidence"]
    assert facts(seen) == (True, 2, [r"EXAMPLE\evan", "dora"], 2, 8, [1367])
    (read,) = [each for each in run.json["inputs"] if each["path"] == "in/handed"]
    assert (read["messages"], read["unreadable"], read["problem"]) == (39, 0, None)
    assert read["first"] == "2026-03-29T01:00:00+00:00"


def test_one_call_over_a_folder_gives_one_joined_answer(cli, write):
    dart = io.BytesIO()
    with zipfile.ZipFile(dart, "w") as archive:
        archive.writestr("Cisco Secure Client/VPN/Logs/AnyConnect.txt", CLIENT.encode("utf-16"))
        archive.writestr("summary.txt", "of no use\n")
    write("case/the running one.txt", "".join(f"> {line}\n" for line in EDGE7.splitlines()))
    write("case/export.csv.gz", gzip.compress(FORMS["Splunk CSV"](LOG[::-1]).encode()))
    write("case/DART_1234.zip", dart.getvalue())
    write("case/sessions.txt", SESSIONS)
    write("case/drops.txt", f"edge7# sh asp drop\n{DROPS}")
    write("case/README", "What we have so far.\n")
    run = cli("check", "case", "--format", "json")
    seen = finding(run)["evidence"]
    assert facts(seen)[:4] == (True, 2, [r"EXAMPLE\evan", "dora"], 2)
    assert (seen["sessions"], seen["tls_only_sessions"], seen["client_reconnects"]) == (1, 1, 1)
    assert kinds(run) == {
        "AnyConnect.txt": "client log",
        "summary.txt": None,
        "README": None,
        "drops.txt": "show asp drop",
        "export.csv.gz": "Splunk CSV",
        "sessions.txt": "show vpn-sessiondb anyconnect",
        "the running one.txt": "running-config",
    }
    (export,) = [each for each in run.json["inputs"] if each["read_as"] == "Splunk CSV"]
    assert (export["order"], export["devices"], export["last"]) == (
        "newest first",
        ["edge7"],
        "2026-03-29T01:40:00+00:00",
    )
    said = cli("check", "case").out
    assert "case/export.csv.gz: read as Splunk CSV: 39 message(s) of edge7, " in said
    assert said.startswith("2 users on 1 firewall were hit")
    assert (
        "client log case/DART_1234.zip/Cisco Secure Client/VPN/Logs/AnyConnect.txt: the client reconnected at" in said
    )
    assert "case/README: not used: " in said


def test_a_client_log_alone_is_seen_by_the_client_and_no_sentence_says_otherwise(cli, write):
    run = cli("check", write("edge7.cfg", EDGE7), write("AnyConnect.txt", CLIENT))
    assert run.out.startswith("1 finding on 1 firewall is at risk; client log: 1 reconnect to apply a new MTU;")
    assert "client log: 1 " in run.out.split("\n\n")[1]
    assert "who else was hit is not observable: no log of this device was given" in run.out
    assert "nobody" not in run.out
    logs = cli("logs", "AnyConnect.txt").out
    assert "the client reconnected at" in logs
    assert "none of the messages that tell of the reconnect" not in logs
    details = cli("check", "edge7.cfg", "AnyConnect.txt", "--details").out
    assert "observed: client log: 1 reconnect(s) to apply a new MTU; log of the device: not observable" in details


@pytest.mark.parametrize("headers", [0, 1])
def test_a_show_tech_holds_configuration_and_evidence(cli, write, headers):
    tech = [
        ("version", "Cisco Adaptive Security Appliance Software Version 9.16(4)\n\nedge7 up 12 days 3 hours\n"),
        ("running-config", EDGE7),
        ("vpn-sessiondb anyconnect", SESSIONS.partition("\n")[2]),
        ("asp drop", DROPS),
    ]
    head = "------------------ show {} ------------------\n\n" if headers else "edge7# show {}\n"
    run = cli(
        "check", write("tech.txt", "".join(head.format(name) + text + "\n" for name, text in tech)), "--format", "json"
    )
    (read,) = run.json["inputs"]
    assert read["read_as"] == "running-config, show version, show vpn-sessiondb anyconnect, show asp drop"
    assert finding(run)["evidence"]["tls_only_sessions"] == 1


def test_outputs_of_two_boxes_in_one_session_are_told_apart(cli, write):
    write("in/edge7.cfg", EDGE7)
    write("in/edge8.cfg", EDGE7.replace("edge7", "edge8"))
    write(
        "in/session.txt",
        SESSIONS + SESSIONS.replace("edge7#", "edge8#").replace("SSL-Tunnel\n", "SSL-Tunnel DTLS-Tunnel\n"),
    )
    run = cli("check", "in", "--format", "json")
    only = {device["name"]: device["findings"][0]["evidence"]["tls_only_sessions"] for device in run.json["devices"]}
    assert only == {"edge7.cfg": 1, "edge8.cfg": 0}


def test_a_box_s_own_pair_leaves_only_the_combinations_that_give_both(cli, write):
    answer = (OURS / "openconnect" / "connect_answer.txt").read_text()
    run = cli("check", write("edge7.cfg", EDGE7), write("vpn.log", answer), "--format", "json")
    found = finding(run)
    assert kinds(run)["vpn.log"] == "OpenConnect log"
    assert found["calibrated"]
    assert all("asa/interface" in each for each in found["calibrated"])
    wrong = answer.replace("1367", "1366")
    assert (
        "model-mismatch" in finding(cli("check", "edge7.cfg", write("vpn.log", wrong), "--format", "json"))["caveats"]
    )


EVENTS = {
    "text": (
        "Level\tDate and Time\tSource\tEvent ID\tTask Category\n"
        'Warning\t3/29/2026 1:01:01 AM\tacvpnagent\t2039\tNone\t"Reconfigure reason code 16:\nNew MTU configuration."\n'
        "Information\t3/29/2026 1:00:00 AM\tacvpnui\t3021\tNone\tMessage type information sent to the user: Connected\n"
    ),
    "csv": (
        "Ebene;Datum und Uhrzeit;Quelle;Ereignis-ID;Aufgabenkategorie\n"
        'Warnung;29.03.2026 01:01:01;csc_vpnagent;2039;Keine;"Reconfigure reason code 16:\nNew MTU configuration."\n'
    ),
    "xml": (
        "<?xml version='1.0'?><Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        "<Provider Name='acvpnagent'/><TimeCreated SystemTime='2026-03-29T01:01:01.1234567Z'/></System><EventData>"
        "<Data>Reconfigure reason code 16:\nNew MTU configuration.</Data></EventData></Event></Events>"
    ),
    "wevtutil": (
        "Event[0]:\n  Log Name: Cisco AnyConnect\n  Source: acvpnagent\n  Date: 2026-03-29T01:01:01.123\n"
        "  Description: \nReconfigure reason code 16:\nNew MTU configuration.\n"
    ),
    "macOS": "Mar 29 2026 01:01:01 mac com.cisco.anyconnect.vpnagentd[77]: Reconfigure reason code 16: New MTU configuration.\n",
}


@pytest.mark.parametrize("form", EVENTS)
def test_client_logs_as_windows_and_others_keep_them(cli, write, form):
    run = cli("logs", write("saved", EVENTS[form]), "--format", "json", "--year", "2026")
    assert run.code == 1
    (reconnect,) = run.json["client"]
    assert (reconnect["reason_code"], reconnect["because_of_mtu"]) == (16, True)
    assert reconnect["time"].startswith("2026-03-29T01:01:01")


def test_a_text_full_of_an_asas_words_is_never_passed_over_like_a_readme(cli, write):
    write("in/edge7.cfg", EDGE7)
    write("in/README", "Nothing of interest.\n")
    write(
        "in/what.txt",
        "Our anyconnect users: webvpn? tunnel-group? group-policy? 722036 722022 and so on, anyconnect.\n",
    )
    run = cli("check", "in", "--format", "json")
    assert run.code == 3
    assert "what.txt is full of an ASA's words, and nobody can tell what it is" in run.err
    assert "skipped: in/README" in run.err
    assert {Path(each["path"]).name: bool(each["problem"]) for each in run.json["inputs"]} == {
        "README": True, "edge7.cfg": False, "what.txt": True,
    }  # fmt: skip


def test_unreadable_lines_are_shown_once_per_kind_cut_and_at_most_three(cli, write):
    broken = "".join(
        f"Mar 29 2026 01:00:0{n % 10} edge7 : %ASA-6-{number}: {'x' * 500}\n"
        for n in range(20)
        for number in ("722036", "722033", "722022", "113039", "602101")
    )
    run = cli("logs", write("asa.log", broken), "--format", "json")
    assert run.json["unreadable"] == 100
    assert len(run.json["unreadable_sample"]) == 3
    assert all(len(each) < 210 for each in run.json["unreadable_sample"])


def test_a_debug_transcript_is_known_by_what_it_says(cli, write):
    debug = "Iphdr=20 base-mtu=1500 def-mtu=1500 conf-mtu=1406\ntcp-mss = 1460\ncomputed tls-mtu=1367 dtls-mtu=1390 conf-mtu=1406\ntls-mtu=1367 dtls-mtu=1390\n"
    run = cli("check", write("edge7.cfg", EDGE7), write("paste.txt", debug), "--format", "json")
    assert kinds(run)["paste.txt"] == "debug webvpn transcript"


def test_only_evidence_is_no_configuration_and_what_it_is_is_said(cli, write):
    run = cli("check", write("x.csv", FORMS["Splunk CSV"](LOG)))
    assert run.code == 2
    assert "no ASA configuration in x.csv: x.csv was read as Splunk CSV" in run.err


def test_a_log_through_a_shells_pipe_is_read_wholly(tmp_path):
    (tmp_path / "x.gz").write_bytes(gzip.compress(FORMS["plain"](LOG).encode()))
    command = [sys.executable, "-m", "nornir_anyconnect", "logs", "--format", "json"]
    for given in (f"<(zcat {tmp_path}/x.gz)", f"<(cat {tmp_path}/x.gz)"):
        line = " ".join(f"'{each}'" for each in command) + f" {given}"
        run = subprocess.run(["bash", "-c", line], capture_output=True, env=os.environ)
        if b"No module named nornir_anyconnect.__main__" in run.stderr:
            program = "import sys; from nornir_anyconnect.cli import main; sys.exit(main(sys.argv[1:]))"
            line = f"'{sys.executable}' -c '{program}' logs {given} --format json"
            run = subprocess.run(["bash", "-c", line], capture_output=True, env=os.environ)
        assert len(json.loads(run.stdout)["incidents"]) == 2, run.stderr


VERSION = """\
Cisco Adaptive Security Appliance Software Version 9.16(4)
Device Manager Version 7.16(1)

{name} up 41 days 3 hours

Hardware:   ASA5516, 8192 MB RAM, CPU Atom C2000 series 2416 MHz, 1 CPU (8 cores)
Serial Number: JAD0000000A
"""


@pytest.mark.parametrize(
    ("head", "name", "release"),
    [
        ("hostname edge7\n", "edge7", "9.16(4)"),
        ("hostname edge7.corp.example\n", "edge7", "9.16(4)"),
        ("! Serial Number: JAD0000000A\nhostname other\n", "renamed-since", "9.16(4)"),
        ("hostname edge8\n", "edge7", None),
    ],
)
def test_the_release_of_a_configuration_stands_in_a_text_beside_it(cli, write, head, name, release):
    without = EDGE7.replace("ASA Version 9.16(4)\n", "").replace("hostname edge7\n", head)
    write("case/box.cfg", without)
    write("case/version.txt", VERSION.format(name=name))
    other = write("other.cfg", EDGE7.replace("edge7", "edge9"))
    for paths in ((Path("case"),), (Path("case"), other)):
        run = cli("check", *paths, "--format", "json", "--fail-on", "never")
        (device,) = [each for each in json.loads(run.out)["devices"] if each["name"].endswith("box.cfg")]
        assert device["asa_version"] == release


SAFE = EDGE7.replace(" ssl-client\n", " ssl-client\n webvpn\n  anyconnect mtu 1200\n")


def test_why_nothing_could_be_seen_is_part_of_the_answer_for_a_safe_box_too(cli, write):
    write("in/edge7.cfg", SAFE)
    write("in/handed.log", FORMS["plain"](LOG).replace(" edge7 ", " edge8 "))
    run = cli("check", "in", "--quiet")
    assert (run.code, run.err) == (3, "")
    assert "whether anybody was hit is not observable: the logs that were given are of edge8, and none" in run.out


def test_users_hit_under_a_policy_that_the_configuration_lacks_are_not_judged(cli, write):
    write("in/edge7.cfg", SAFE.replace("GP Home Office", "STAFF"))
    write("in/handed.log", FORMS["plain"](LOG))
    run = cli("check", "in")
    assert run.code == 3
    assert "group policy 'GP Home Office', which the configuration does not have (2 user(s) hit)" in run.out


def test_messages_without_their_numbers_are_not_passed_over(cli, write):
    write("in/edge7.cfg", SAFE)
    write("in/x.csv", "_time,summary\n" + "".join(f"2026-03-29,{each.whole.split(': ')[-1]}\n" for each in LOG))
    run = cli("check", "in")
    assert (run.code, "in/x.csv: not used: it is full of an ASA's words" in run.out) == (3, True)
