"""The page of the long proofs holds what the commands printed, and nothing else."""

import pytest

from tests import proof as proofs
from tests.proof import PROOFS, Proof, page, section, sections_of

PRINTS = "print('began'); print('| a | b |'); print('| --- | ---: |'); print('| x | 3 |'); print('3 cases'); raise SystemExit({})"


def proof(code):
    return Proof(PROOFS[0].name, PROOFS[0].title, "What it shows.", ("-c", PRINTS.format(code)))


@pytest.mark.parametrize(("code", "words"), [(0, ": holds."), (1, "**does not hold** (exit 1)"), (77, "could not run")])
def test_a_section_says_how_it_ended_and_shows_what_was_printed(code, words):
    text, ended = section(proof(code))
    assert ended == code
    assert words in text
    assert "```text\nbegan\n```\n\n| a | b |\n| --- | ---: |\n| x | 3 |\n\n```text\n3 cases\n```" in text


def test_a_page_keeps_the_sections_that_did_not_run_this_time():
    text, _ = section(proof(0))
    whole = page({PROOFS[0].name: text})
    assert sections_of(whole) == {PROOFS[0].name: sections_of(whole)[PROOFS[0].name]}
    assert page(sections_of(whole)) == whole
    assert f"Not run yet: {'; '.join(each.title for each in PROOFS[1:])}." in whole


def test_one_proof_that_does_not_hold_fails_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(proofs, "PROOFS", (proof(0), Proof("second", "Second", "", ("-c", PRINTS.format(1)))))
    monkeypatch.setattr("sys.argv", ["proof", "--write", str(tmp_path / "page.md")])
    assert proofs.main() == 1
    assert "does not hold: second" in capsys.readouterr().out
    assert "## Second" in (tmp_path / "page.md").read_text()
