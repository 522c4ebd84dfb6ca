"""The published page is what the lab recorded, and what it recorded is what the engine says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from nornir_anyconnect.audit.finding import Finding
from tests.lab.cases import CASES, finding_of, with_commands
from tests.lab.page import disagreements, observed, render

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
RECORDED = {row["name"]: row for row in observed()["configurations"]}
AGAIN = "run: python -m tests.lab --write docs/proof.md"


def _pairs(finding: Finding) -> dict[str, tuple[int, int | None]]:
    if not finding.assumptions:
        return {finding.numbers_from: (finding.tls_mtu, finding.dtls_mtu)}
    return {name: (numbers.tls_mtu, numbers.dtls_mtu) for name, numbers in finding.assumptions.items()}


def _recorded_pairs(seen: list[dict]) -> dict[str, tuple[int, int | None]]:
    return {name: (each["tls_mtu"], each["dtls_mtu"]) for each in seen for name in each["sets"]}


def test_the_page_is_made_from_the_record():
    assert PAGE.read_text("utf-8") == render(observed()), AGAIN


def test_all_rows_of_the_record_agree():
    assert disagreements(observed()) == []
    assert list(RECORDED) == [case.name for case in CASES], AGAIN


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_engine_still_says_what_was_put_to_the_test(case):
    recorded, finding = RECORDED[case.name], finding_of(case.text)
    assert (recorded["verdict"], recorded["certainty"]) == (str(finding.verdict), finding.certainty), AGAIN
    assert _recorded_pairs(recorded["seen"]) == _pairs(finding), AGAIN
    for after in recorded["after"]:
        remedy = next(each for each in finding.remedies if each.kind == after["remedy"])
        assert after["commands"] == list(remedy.lines), AGAIN
        if not any(line.startswith("tunnel-group ") for line in remedy.lines):
            assert _recorded_pairs(after["seen"]) == _pairs(finding_of(with_commands(case.text, remedy.lines))), AGAIN


def test_a_record_that_disagrees_is_published_as_such():
    record = observed()
    record["data_path"][0]["measured"] += 1
    record["configurations"][0]["disagreements"] = ["a row that does not agree"]
    page = render(record)
    assert "**Not everything agrees:**" in page
    assert "- a row that does not agree" in page
    assert "| **no** |" in page
