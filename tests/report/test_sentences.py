"""Sentences that several formats share."""

import re
from dataclasses import replace

import pytest

from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.evidence.logs_report import LogSummary
from nornir_anyconnect.mtu.derive import Numbers
from nornir_anyconnect.report import LOGS_FORMATS, PLAIN, Style, render, sentences

DETAILED = Style(detail=True)


def only(finding, name="guide", **changes):
    return replace(finding, assumptions={name: Numbers(1347, 1418)}, **changes)


def test_one_set_that_was_asked_for_is_not_called_all(fleet):
    finding = only(fleet.devices[0].findings[0])
    assert sentences.certainty(finding) == "under guide, the only set asked for"
    assert sentences.certainty_sentence(finding) == "It holds under guide, the only set asked for."
    one = AuditReport((replace(fleet.devices[0], findings=(finding,)),), fleet.generated_at, "0.1.0")
    shown = render("text", one, DETAILED)
    assert "under guide, the only set asked for" in shown
    assert "all assumption sets" not in shown
    assert '"certainty": "all-assumptions"' in render("json", one)


def test_one_set_that_the_device_left_stays_all_that_stand(fleet):
    finding = only(fleet.devices[0].findings[0], "asa/sysopt/none", calibrated=("asa/sysopt/none",))
    assert sentences.certainty(finding) == "under all assumption sets"
    assert sentences.certainty(fleet.devices[0].findings[0]) == "under all assumption sets"


@pytest.mark.parametrize(
    ("safe", "tls", "said"),
    [
        (None, 1347, ""),
        (1347, 1347, "1347 bytes"),
        (
            1287,
            1347,
            "1287 bytes (the smallest over all suites that clients may negotiate, under every assumption set)",
        ),
        (1406, 1430, "1406 bytes (the largest that can be configured)"),
    ],
)
def test_a_safe_mtu_below_the_tls_mtu_says_why(fleet, safe, tls, said):
    finding = replace(fleet.devices[0].findings[0], safe_mtu=safe, tls_mtu=tls)
    assert sentences.safe_mtu(finding) == said


def test_with_one_set_only_the_suites_explain_the_safe_mtu(fleet):
    finding = only(fleet.devices[0].findings[0], safe_mtu=1287)
    assert sentences.safe_mtu(finding) == "1287 bytes (the smallest over all suites that clients may negotiate)"
    one = AuditReport((replace(fleet.devices[0], findings=(finding,)),), fleet.generated_at, "0.1.0")
    assert "  safe MTU: 1287 bytes (the smallest over all suites that clients may negotiate)\n" in render(
        "text", one, DETAILED
    )


@pytest.mark.parametrize("name", ["html", "markdown"])
def test_one_is_not_many(fleet, name):
    one = AuditReport(fleet.devices[:1], fleet.generated_at, "0.1.0")
    shown = render(name, one)
    assert ("of 1 firewall, " if name == "html" else "on 1 firewall were hit") in shown
    assert not re.search(r"\b1 (devices|findings|users)\b", shown.split("<script")[0])


def summary(unreadable):
    return LogSummary(
        lines=1, devices={}, client=(), events={}, unreadable=unreadable, unreadable_sample=("%ASA-6-722036: ?",)
    )


@pytest.mark.parametrize(
    ("unreadable", "said"),
    [
        (1, "1 line carries a message id of interest but could not be read"),
        (2, "2 lines carry a message id of interest but could not be read"),
    ],
)
@pytest.mark.parametrize("name", ["text", "html"])
def test_lines_that_could_not_be_read_are_said_in_plain_words(name, unreadable, said):
    assert said in LOGS_FORMATS.render(name, summary(unreadable), PLAIN)


@pytest.mark.parametrize("name", ["html", "markdown"])
def test_one_line_is_not_many(name):
    shown = LOGS_FORMATS.render(name, summary(0), PLAIN)
    assert "1 line, " in shown
    assert "could not be read" not in shown


@pytest.mark.parametrize("width", range(60, 141, 4))
def test_a_screen_breaks_no_verdict_and_no_name_within_a_word(fleet, width):
    named = replace(fleet, devices=(*fleet.devices, replace(fleet.devices[0], name="fw-tokyo.example.net/research")))
    lines = render("text", named, Style(terminal=True, width=width)).splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith("device "))
    table = lines[begin : lines.index("", begin)]
    assert max(map(len, table)) <= width
    assert "safe" in table[0].split()
    assert any("confirmed" in line for line in table)
    assert all("1347" in line for line in table[2:] if "confirmed" in line or "at-risk" in line)
    assert any(re.search(r"research\b", line) for line in table)
    assert any(line.startswith("fw-tokyo.") for line in table)
    assert {line.split()[0] for line in table[2:]} >= {"edge1.cfg"}
    assert max(map(len, lines)) <= width
    if width >= 120:
        assert "group policy" in table[0]
