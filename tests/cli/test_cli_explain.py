"""`explain`: each question answered with a line that can be quoted."""

import os
import sys
from dataclasses import replace

import pytest
from cli_texts import AT_RISK, PARTIAL, SAFE, SYSLOG

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.remedies.propose import assess_config
from nornir_anyconnect.report.explanation import explain


def answers(run):
    return {each["question"]: each["lines"] for each in run.json["answers"]}


def test_on_a_screen_sentences_are_wrapped_and_what_a_log_says_is_not(cli, write, monkeypatch):
    path = write("edge1.cfg", AT_RISK)
    piped = cli("explain", path).out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((70, 40)))
    shown = cli("explain", path).out
    assert shown.split() == piped.split()
    assert [line for line in shown.splitlines() if len(line) > 70 and "%ASA-" not in line] == []
    assert max(map(len, piped.splitlines())) > 140


def test_every_question_has_a_quotable_line(cli, write):
    run = cli("explain", write("edge1.cfg", AT_RISK), "--tunnel-group", "STAFF")
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    for line in (
        "edge1.cfg, tunnel-group STAFF",
        "  tunnel-group STAFF hands out group policy GP-STAFF (line 17)",
        "  group-policy GP-STAFF / vpn-tunnel-protocol: ssl-client (line 14)",
        "  sysopt connection tcpmss: 1380 (not in the configuration: the default)",
        "  tls-mtu = 1424 - 8(cstp) - 32(mac) - 1(pad) = 1383",
        "  TLS MTU 1383 bytes with AES256-SHA256",
        "  DTLS MTU 1406 bytes with DHE-RSA-AES256-SHA",
        "  2 s: %ASA-6-722036: Group <GP-STAFF> User <...> IP <...> Transmitting large packet 1406 (threshold 1383).",
        "  not observable: no log, session or counter was given",
        "  technote (asa/sysopt/none): TLS 1303, DTLS 1418, gap 115",
        "  No evidence confirms it.",
    ):
        assert line in lines
    typed = lines.index("  mtu, type:")
    assert lines[typed + 1 : typed + 8] == [
        "      group-policy GP-STAFF attributes",
        "      webvpn",
        "      anyconnect mtu 1303",
        "  mtu, take back:",
        "      group-policy GP-STAFF attributes",
        "      webvpn",
        "      no anyconnect mtu",
    ]
    assert any(line.startswith("  60 s: the client gives DTLS up and reconnects") for line in lines)
    assert any("the user sees: pages and downloads stall" in line for line in lines)
    assert any(line.startswith("  no evidence says which cause it is") for line in lines)
    assert any("Cisco tech note 116881" in line and "1347" in line and "1303" in line for line in lines)


def test_json_holds_the_same_answers_and_the_finding(cli, write):
    run = cli("explain", write("edge1.cfg", AT_RISK), "--tunnel-group", "STAFF", "--format", "json")
    assert run.json["schema"] == "nornir-anyconnect/explain/1"
    assert run.json["finding"]["gap"] == 23
    assert answers(run)["How does the TLS MTU come about?"][-1] == "TLS MTU 1383 bytes with AES256-SHA256"


def test_evidence_tells_the_cause(cli, write):
    log = write("asa.log", SYSLOG)
    run = cli("explain", write("edge1.cfg", AT_RISK), "--tunnel-group", "STAFF", "--syslog", log, "--format", "json")
    assert answers(run)["Which cause is it?"][0] == (
        "DTLS never comes up: something between these clients and the ASA blocks UDP "
        "(1 of 1 reconnects seen never had a UDP connection)"
    )
    assert answers(run)["How sure is it?"][-1] == "Evidence confirms it."
    assert answers(run)["What was observed?"][0].startswith("confirmed: 1 user(s) hit, 1 reconnect(s)")


def test_a_safe_group_is_explained_too(cli, write):
    run = cli("explain", write("edge2.cfg", SAFE), "--tunnel-group", "STAFF", "--format", "json")
    assert run.code == 0
    assert answers(run)["What does the user see, and when?"][0].startswith("nothing of this: ")
    assert "Which cause is it?" not in answers(run)


def test_without_a_name_the_worst_is_taken(cli, write):
    assert cli("explain", write("edge1.cfg", AT_RISK)).out.startswith("edge1.cfg, tunnel-group STAFF\n")


def test_a_partial_text_is_exit_3(cli, write):
    assert cli("explain", write("cut.cfg", PARTIAL)).code == 3
    assert cli("explain", "cut.cfg", "--assume-complete").code == 0


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        ([], "explain takes one PATH, or a --host of the inventory"),
        (["edge1.cfg", "--host", "fw1"], "explain takes one PATH, or a --host of the inventory"),
        (["edge1.cfg", "--tunnel-group", "SALES"], "edge1.cfg has no tunnel group 'SALES'"),
        (["edge1.cfg", "--format", "csv"], "explain has no format 'csv'"),
        (["missing.cfg"], "missing.cfg does not exist"),
        (["notes.txt"], "notes.txt is not an ASA or FTD configuration"),
        (["two"], "two holds 2 files"),
        (["--host", "fw1"], "there is no inventory inventory/config.yaml"),
    ],
)
def test_a_wrong_call(cli, write, argv, cause):
    write("edge1.cfg", AT_RISK)
    write("notes.txt", "just words\n")
    write("two/a.cfg", AT_RISK)
    write("two/b.cfg", AT_RISK)
    run = cli("explain", *argv)
    assert (run.code, run.out) == (2, "")
    first, second = run.err.splitlines()
    assert first == f"error: {cause}"
    assert second.startswith("  fix: ")


def test_no_answer_names_a_user_under_pseudonyms(cli, write):
    write("edge1.cfg", AT_RISK.replace(": end", "username carol attributes\n webvpn\n  anyconnect mtu 1400\n: end"))
    for form in ("text", "json"):
        call = ("explain", "edge1.cfg", "--tunnel-group", "carol", "--format", form)
        assert "carol" in cli(*call).out
        hidden = cli(*call, "--pseudonymise-users").out
        assert "carol" not in hidden
        assert "user-" in hidden
    write("nornir-anyconnect.yaml", "pseudonymise_users: true\nassume: rfc\n")
    told = cli("explain", "edge1.cfg", "--tunnel-group", "carol").out
    assert "carol" not in told
    assert "technote" not in told


def test_a_live_device_has_no_line_numbers_and_its_policy_is_configured_all_the_same():
    config = parse(AT_RISK)
    device = assess_config(config, "edge1")
    finding = next(each for each in device.findings if each.name == "STAFF")
    live = replace(finding, sources={name: each._replace(line=None) for name, each in finding.sources.items()})
    told = explain(config, device, live).to_text()
    assert "hands out group policy GP-STAFF (configured)" in told
    unset = next(each for each in device.findings if each.name == "DefaultWEBVPNGroup")
    assert "(no default-group-policy line: the default)" in explain(config, device, unset).to_text()
