"""Text in, judged device out."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.remedies.propose import assess_text
from tests.texts import name_of, texts

BOX = """\
ASA Version 9.12(4)67
hostname vpn1
mtu outside 1500
webvpn
 enable outside
 anyconnect enable
group-policy STAFF internal
group-policy STAFF attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF-VPN type remote-access
tunnel-group STAFF-VPN general-attributes
 default-group-policy STAFF
: end
"""


def test_a_configuration_becomes_findings_with_remedies() -> None:
    audit = assess_text(BOX, "vpn1.cfg", path="backup/vpn1.cfg")
    worst = audit.findings[0]
    assert (audit.name, audit.path, audit.asa_version) == ("vpn1.cfg", "backup/vpn1.cfg", "9.12(4)67")
    assert (worst.name, worst.verdict, worst.safe_mtu) == ("STAFF-VPN", Verdict.AT_RISK, 1287)
    assert "mtu" in [remedy.kind for remedy in worst.remedies]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "backup/x.cfg is empty"),
        ("\ufeff \r\n\n", "backup/x.cfg is empty"),
        ("\x7fELF\x02\x01\x00\x00\x00", "backup/x.cfg is binary"),
        ("PK\ufffd\ufffd\x03\x04\ufffd\ufffd\ufffd", "backup/x.cfg is binary"),
        ("Dear colleague,\nplease find the list attached.\n", "backup/x.cfg is not an ASA or FTD configuration"),
    ],
)
def test_what_is_no_configuration_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(SourceError) as refused:
        assess_text(text, "x.cfg", path="backup/x.cfg")
    assert str(refused.value) == message
    assert refused.value.remedy


def test_a_captured_session_is_no_binary() -> None:
    paged = BOX.replace("hostname vpn1\n", "hostname vpn1\n<--- More --->\r\x00              \r\x00")
    assert assess_text(paged, "x").findings[0].name == "STAFF-VPN"


@given(st.text())
def test_any_text_is_judged_or_refused(text: str) -> None:
    with contextlib.suppress(SourceError):
        assert assess_text(text, "x").findings


@given(st.data())
def test_any_damage_to_a_configuration_is_judged_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(BOX)))
    damaged = BOX[:at] + data.draw(st.text(max_size=8)) + BOX[at + data.draw(st.integers(0, 20)) :]
    with contextlib.suppress(SourceError):
        assert assess_text(damaged, "x").findings


@pytest.mark.parametrize("path", texts("configs"), ids=name_of)
def test_a_real_sample_has_findings_that_cite_its_lines(path: Path) -> None:
    text = path.read_text("utf-8", errors="replace")
    lines = text.splitlines()
    for options in (Options(), Options(assume_complete=True)):
        audit = assess_text(text, path.name, options=options)
        assert "DefaultWEBVPNGroup" in [each.name for each in audit.findings]
        for finding in audit.findings:
            cited = [source for source in finding.sources.values() if source.line]
            for source in cited:
                assert lines[source.line - 1].strip()
                assert source.from_ != "default"


FIXTURES = sorted((Path(__file__).parent / "fixtures" / "configs").glob("*"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_no_cut_of_a_fixture_calls_a_risk_safe(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", errors="replace")
    audit = assess_text(text, "x", options=Options(assume_complete=True))
    risky = {(each.scope, each.name) for each in audit.findings if each.verdict is Verdict.AT_RISK}
    lines = text.splitlines(keepends=True)
    for end in range(len(lines)):
        with contextlib.suppress(SourceError):
            for finding in assess_text("".join(lines[:end]), "x").findings:
                if (finding.scope, finding.name) in risky:
                    assert finding.verdict in (Verdict.AT_RISK, Verdict.UNKNOWN), end


def test_fixtures_of_both_kinds_are_cut() -> None:
    verdicts = {
        finding.verdict
        for path in FIXTURES
        for finding in assess_text(path.read_bytes().decode("utf-8", errors="replace"), "x").findings
    }
    assert {Verdict.AT_RISK, Verdict.UNKNOWN} <= verdicts


def test_no_cut_of_a_real_sample_calls_a_risk_safe() -> None:
    cut_at = 0
    for path in texts("configs", "*.cfg"):
        text = path.read_text("utf-8", errors="replace")
        risky = {each.name for each in assess_text(text, "x").findings if each.verdict is Verdict.AT_RISK}
        lines = text.splitlines(keepends=True)
        for end in range(1, len(lines), max(1, len(lines) // 25)):
            try:
                audit = assess_text("".join(lines[:end]), "x")
            except SourceError:
                continue
            cut_at += 1
            for finding in audit.findings:
                if finding.name in risky:
                    assert finding.verdict in (Verdict.AT_RISK, Verdict.UNKNOWN), (path.name, end)
    assert cut_at > 50
