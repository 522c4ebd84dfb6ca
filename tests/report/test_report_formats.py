"""Every format over the same report: contents, determinism, and names that attack the reader."""

import csv
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel
from sarif_pydantic import Sarif

from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.finding import FindingEvidence, PastEvidence, Verdict
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.report import AUDIT_FORMATS as FORMATS
from nornir_anyconnect.report import PLAIN, FailOn, Style, counts, generated_at, render
from nornir_anyconnect.report.answer import answer
from nornir_anyconnect.report.markdown_text import code, escaped, paragraph
from nornir_anyconnect.report.sanitise import harmless
from tests.contract import valid

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")


@pytest.mark.parametrize("name", FORMATS)
def test_same_report_same_bytes(fleet, name):
    first = render(name, fleet)
    assert first == render(name, fleet)
    assert first.endswith("\n")
    assert not first.endswith("\n\n")


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_lets_a_control_character_through(hostile, name):
    found = render(name, hostile)
    assert not CONTROLS.findall(found)
    found.encode("utf-8")


def test_no_control_character_on_a_screen_without_colour(hostile):
    found = render("text", hostile, Style(terminal=True, width=80))
    assert not CONTROLS.findall(found)
    # rich would have obeyed its own markup
    assert "[bold red]rich[/] :bomb:" in found


def test_an_unknown_format_is_refused(fleet):
    with pytest.raises(UsageError, match="there is no format 'pdf'"):
        render("pdf", fleet)


def test_json_is_the_contract(fleet, hostile):
    for report in (fleet, hostile):
        found = json.loads(render("json", report))
        valid(found)
    assert found["schema"] == "nornir-anyconnect/audit/1"
    assert [device["name"] for device in found["devices"]] == [device.name for device in hostile.devices]


def test_json_is_ascii(hostile):
    assert render("json", hostile).isascii()


def test_csv_has_a_row_for_every_finding_and_every_empty_device(fleet):
    rows = list(csv.DictReader(io.StringIO(render("csv", fleet))))
    assert [(row["device"], row["name"], row["verdict"], row["status"]) for row in rows] == [
        ("edge1.cfg", "STAFF", "at-risk", "ok"),
        ("edge2.cfg", "carol", "at-risk", "partial"),
        ("edge2.cfg", "GP-OLD", "unknown", "partial"),
        ("edge2.cfg", "LAB", "safe", "partial"),
        ("core.cfg", "", "", "ok"),
        ("gone", "", "", "failed"),
    ]
    assert (rows[0]["tls_mtu"], rows[0]["gap"], rows[0]["confirmed"], rows[0]["users"]) == ("1347", "71", "yes", "2")
    assert rows[0]["remedy"] == "mtu"
    assert rows[1]["remedy"] == ""


def test_no_csv_cell_is_a_formula(hostile):
    rows = list(csv.reader(io.StringIO(render("csv", hostile))))
    cells = [cell for row in rows[1:] for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    for cell in cells:
        assert not cell.startswith(("=", "+", "@", "|", "\t", "\r"))
        assert not cell.startswith("-") or re.fullmatch(r"-\d+", cell)


def test_markdown_renders_to_text_only(hostile):
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(render("markdown", hostile))
    inline = [child for token in tokens for child in (token.children or ())]
    kinds = {token.type for token in (*tokens, *inline)}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}
    rows = [token for token in tokens if token.type == "tr_open"]
    assert len(rows) == len(hostile.devices) + 1
    columns = [token for token in tokens if token.type == "td_open"]
    assert len(columns) == len(hostile.devices) * 9


def test_no_name_becomes_a_part_of_the_page(hostile):
    page = render("html", hostile)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("text", ["plain", "`", "``a`", "a`b``c", " x ", "", "a|b"])
def test_a_code_span_gives_back_its_text(text):
    (inline,) = [token for token in MarkdownIt().parse(code(text)) if token.type == "inline"]
    (span,) = inline.children
    assert (span.type, span.content.strip()) == ("code_inline", text.replace("|", "\\|").strip())


WORDS = (
    "- 1", "1. x", "2)", "# a", "> b", "```", "~~~", "<script>", "</script>", "| a |", "===", "---", "***", "`a", "\\",
    "[a](http://b)", "![a](b)", "www.a.org", "http://a", "a@b.org", ":joy:", "&lt;", "@all", "#1", "_a_", "plain " * 9,
)  # fmt: skip
HOSTILE_WORDS = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)


@given(HOSTILE_WORDS, HOSTILE_WORDS)
def test_wrapped_words_and_names_are_one_item_of_text(name, said):
    lines = paragraph(f"{code(name)}: {escaped(said)}", "- ")
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse("\n".join(lines))
    assert [token.type for token in tokens if token.nesting >= 0] == [
        "bullet_list_open", "list_item_open", "paragraph_open", "inline",
    ]  # fmt: skip
    span, *rest = tokens[3].children
    assert span.type == "code_inline"
    assert {each.type for each in rest} <= {"text", "softbreak", "text_special"}
    shown = "".join(" " if each.type == "softbreak" else each.content for each in rest)
    assert " ".join(shown.split()) == " ".join(f": {said}".split())
    assert not re.search(r"(?<!`)(www\.|http:|@|:joy:)", escaped(said))


def test_markdown_reads_well_as_it_is(fleet):
    lines = render("markdown", fleet).splitlines()
    assert " ".join(lines[2:4]) == answer(fleet)
    assert max(len(line) for line in lines if not line.startswith("|")) <= 100
    borders = {tuple(at for at, letter in enumerate(line) if letter == "|") for line in lines if line.startswith("|")}
    assert len(borders) == 1
    assert [line.split()[1] for line in lines if line.startswith("|")][2:] == ["`edge1.cfg`", "`edge2.cfg/red`"]
    assert "Others: 1 unknown, 1 safe." in lines


def test_five_hundred_firewalls_are_a_table_of_500_lines_in_markdown(fleet):
    devices = tuple(replace(fleet.devices[0], name=f"site-{n:03}.example.net.cfg") for n in range(500))
    lines = render("markdown", replace(fleet, devices=devices)).splitlines()
    assert sum(line.startswith("| `") for line in lines) == 500
    assert max(map(len, lines)) < 140


def test_a_long_name_does_not_widen_the_others(fleet):
    long = replace(fleet.devices[0], name="x" * 200)
    lines = render("markdown", replace(fleet, devices=(long, fleet.devices[0]))).splitlines()
    assert sum(len(line) > 160 for line in lines if line.startswith("|")) == 1


def test_markdown_names_what_to_type(fleet):
    found = render("markdown", fleet)
    assert re.search(
        r"\| `edge1.cfg` +\| tunnel-group `STAFF` +\| confirmed \| +2 \| 1347 \| 1418 \| 1347 \| mtu ", found
    )
    assert "\n      anyconnect mtu 1347\n" in found
    assert "\n      no anyconnect mtu 1347\n" in found


def test_junit_structure(fleet):
    """No package holds a JUnit XSD: element order and counts are checked here, and another reader counts the same."""
    root = ET.fromstring(render("junit", fleet))
    read = JUnitXml.fromroot(root)
    assert [(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) for suite in read] == [
        ("edge1.cfg", 1, 1, 0, 0),
        ("edge2.cfg/red", 4, 1, 1, 1),
        ("core.cfg", 1, 0, 0, 0),
        ("gone", 1, 0, 1, 0),
    ]
    assert [case.name for suite in read for case in suite if case.is_failure] == [
        "tunnel-group STAFF",
        "username carol",
    ]
    assert (root.tag, root.attrib) == (
        "testsuites",
        {"name": "nornir-anyconnect", "tests": "7", "failures": "2", "errors": "2"},
    )
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["edge1.cfg", "edge2.cfg/red", "core.cfg", "gone"]
    red = suites["edge2.cfg/red"]
    assert [red.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", "1"]
    for case in root.iter("testcase"):
        assert {"classname", "name", "time"} <= set(case.attrib)
        assert [child.tag for child in case] in ([], ["failure"], ["error"], ["skipped"], ["system-out"])
    failure = suites["edge1.cfg"].find("testcase/failure")
    assert failure.get("type") == "at-risk"
    assert "confirmed: 2 user(s) hit" in failure.text


def test_junit_fails_what_fail_on_asks_for(fleet):
    def failures(level):
        return ET.fromstring(render("junit", fleet, Style(fail_on=level))).get("failures")

    assert [failures(level) for level in FailOn] == ["1", "2", "3", "3", "0"]


def _not_of_the_standard(model):
    """Names that a SARIF model does not know, anywhere below."""
    found = list(model.model_extra or ())
    for value in vars(model).values():
        for each in value if isinstance(value, list) else [value]:
            found += _not_of_the_standard(each) if isinstance(each, BaseModel) else []
    return found


def test_sarif_structure(fleet):
    """Every property is one of the standard, and those that GitHub asks for are there."""
    found = json.loads(render("sarif", fleet))
    read = Sarif.model_validate(found)
    assert json.loads(read.model_dump_json(by_alias=True, exclude_unset=True)) == found
    assert _not_of_the_standard(read) == ["toolExecutionNotifications"]  # SARIF 2.1.0, 3.20.21: the model lacks it
    assert found["version"] == "2.1.0"
    assert found["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = found["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert list(rules) == ["dtls-mtu-exceeds-tls-mtu", "unknown-suite"]
    seen = []
    for result in run["results"]:
        assert result["ruleId"] in rules
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert len(result["partialFingerprints"]["finding/v1"]) == 64
        place = result["locations"][0]["physicalLocation"]
        seen.append((result["level"], place["artifactLocation"]["uri"], place["region"]["startLine"]))
    assert seen == [
        ("error", "configs/edge%201.cfg", 31),
        ("error", "configs/edge2.cfg", 77),
        ("warning", "configs/edge2.cfg", 12),
    ]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [note["level"] for note in invocation["toolExecutionNotifications"]] == ["warning", "error"]


def test_prometheus_text_is_readable_by_its_own_parser(fleet, hostile):
    found = render("prometheus", fleet)
    families = {family.name: family for family in text_string_to_metric_families(found)}
    by_verdict = {each.labels["verdict"]: each.value for each in families["nornir_anyconnect_findings"].samples}
    assert by_verdict == {"at-risk": 2, "mitigated": 0, "safe": 1, "not-applicable": 0, "unknown": 1}
    assert families["nornir_anyconnect_last_audit_timestamp_seconds"].samples[0].value == 1715983200
    assert {family.type for family in families.values()} == {"gauge"}
    gaps = families["nornir_anyconnect_finding_gap_bytes"].samples
    assert [(each.labels["name"], each.value) for each in gaps] == [("STAFF", 71), ("LAB", 0)]
    attacked = list(text_string_to_metric_families(render("prometheus", hostile)))
    names = [each.labels["name"] for family in attacked for each in family.samples if "gap" in each.name]
    assert names == [harmless(device.name) for device in hostile.devices]


def test_prometheus_names_no_user(fleet):
    found = render("prometheus", fleet)
    for user in ("alice", "bob", "carol"):
        assert user not in found


def test_text_answers_first(fleet):
    assert render("text", fleet) == (
        "2 users on 1 firewall were hit; one line per group policy cures it; 1 more firewall is at risk; 1 firewall could not be read and 1 finding could not be judged.\n"
        "\n"
        "device         tunnel group    verdict    hit   TLS  DTLS  safe  fix      group policy\n"
        "-------------  --------------  ---------  ---  ----  ----  ----  -------  ------------\n"
        "edge1.cfg      STAFF           confirmed    2  1347  1418  1347  mtu      GP-STAFF\n"
        "edge2.cfg/red  username carol  at-risk      ?  1347  1418  1347  blocked  GP-LAB\n"
        "\n"
        "on edge1.cfg, in configuration mode:\n"
        "  group-policy GP-STAFF attributes\n"
        "   webvpn\n"
        "    anyconnect mtu 1347\n"
        "\n"
        "others: 1 unknown, 1 safe\n"
        "\n"
        "partial: the text has no end mark (Cryptochecksum or ': end'): only at-risk verdicts stand (edge2.cfg/red)\n"
        "unknown: A cipher suite is configured whose size is not known, so its MTU cannot be computed; give the device's own 'show ssl ciphers' (audit does), or configure a suite by its usual name (edge2.cfg/red group-policy GP-OLD)\n"
        "no tunnel group or group policy for AnyConnect (core.cfg)\n"
        "failed: no TCP session to 192.0.2.9 (gone)\n"
        "mtu is blocked: below 576 (edge2.cfg/red username carol)\n"
        "who was hit is not observable: logging is not enabled in the configuration (edge2.cfg/red)\n"
        "Clients' own networks are taken to carry packets of 1500 bytes, or of what --client-mtu says; behind PPPoE or LTE it is less.\n"
    )


def test_a_fleet_names_its_worst_first(fleet):
    risky = replace(fleet.devices[0], name="quiet", findings=(replace(fleet.devices[0].findings[0], evidence=None),))
    many = replace(
        fleet, devices=(risky, *fleet.devices, *(replace(fleet.devices[0], name=f"fw{n}") for n in range(9)))
    )
    lines = render("text", many).splitlines()
    assert lines[0].startswith("20 users on 10 firewalls were hit; one line per group policy cures all of them; ")
    assert "; 2 more firewalls are at risk; " in lines[0]
    rows = [line.split()[0] for line in lines[4:] if "STAFF" in line]
    assert rows[:10] == ["edge1.cfg", *(f"fw{n}" for n in range(9))]
    assert rows[10] == "quiet"


def test_five_hundred_files_fit_in_a_hundred_lines(fleet):
    devices = [replace(fleet.devices[n % 4], name=f"site-{n:03}.example.net.cfg") for n in range(500)]
    report = replace(fleet, devices=tuple(devices))
    for width in (80, 140):
        for screen in (True, False):
            shown = render("text", report, Style(terminal=screen, width=width, color=screen)).splitlines()
            assert len(shown) <= 100
            header = next(line for line in shown if line.startswith("device "))
            assert "safe" in header.split()
            assert any("more, worst first" in line for line in shown)


def test_details_say_each_sentence_where_it_belongs(fleet):
    shown = render("text", fleet, Style(detail=True))
    assert shown.count("  why: The adapter comes up") == 2
    assert "    anyconnect mtu 1347\n" in shown
    assert shown.count("  mind: Whether 'fragmentation needed'") == 2
    assert "icmp-path-unknown" not in shown


def test_rows_are_those_that_need_somebody_and_no_colour_unless_asked(fleet):
    plain = render("text", fleet, Style(terminal=True, width=120))
    for shown in ("STAFF", "GP-OLD", "carol", "confirmed", "at-risk", "not observable", "1347", "1418"):
        assert shown in plain
    assert "\x1b" not in plain
    assert "\x1b[" in render("text", fleet, Style(terminal=True, color=True, width=120))


def test_a_waived_finding_is_shown_but_does_not_count(fleet):
    finding = fleet.devices[0].findings[0]
    assert counts(finding, FailOn.CONFIRMED)
    waived = type(finding)(
        **{name: getattr(finding, name) for name in finding.__slots__ if name != "waiver"}, waiver={"owner": "ops"}
    )
    assert not counts(waived, FailOn.MITIGATED)


def test_generated_at_honours_source_date_epoch(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert generated_at() == "1970-01-02T00:00:00+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="not a time"):
        generated_at()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert generated_at() > "2024"


def test_plain_is_the_default_style():
    assert Style(terminal=False, color=False, detail=False, fail_on=FailOn.AT_RISK) == PLAIN


def test_json_says_what_to_dict_says(fleet, hostile):
    for report in (fleet, hostile, AuditReport((), "2024-05-17T22:00:00+00:00", "0.1.0")):
        assert json.loads(render("json", report)) == report.to_dict()


def test_json_has_a_line_for_every_finding(fleet):
    lines = render("json", fleet).splitlines()
    assert sum(line.lstrip().startswith('{"scope"') for line in lines) == fleet.summary.findings


def test_who_was_hit_under_another_setting_is_told_without_alarm(fleet):
    """After the fix, the old log still holds the old users."""
    device = fleet.devices[0]
    past = PastEvidence(5, 5, "2024-05-17T20:00:00")
    evidence = FindingEvidence(observable="yes", past=past)
    fixed = replace(device.findings[0], verdict=Verdict.SAFE, evidence=evidence)
    also = replace(fixed, name="OTHER")
    report = replace(fleet, devices=(replace(device, findings=(fixed, also)),))
    assert answer(report) == (
        "Nothing is at risk on 1 firewall; 5 users were hit before the present setting, the last on 2024-05-17."
    )
    shown = render("text", report)
    assert "confirmed" not in shown
    assert "next:" not in shown
