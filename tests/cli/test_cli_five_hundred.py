"""`check` of a folder of 500 saved configurations of every shape: what a person has to read stays short."""

from pathlib import Path

from tests.acceptance.generate import Generator

SHAPES = 100
"""That are different; a template is read once for all its boxes."""


def test_five_hundred_files_fit_in_a_hundred_lines(cli, screens):
    Path("saved").mkdir()
    texts = [Generator(seed).text() for seed in range(SHAPES)]
    for number in range(500):
        Path(f"saved/fw-{number:03}-branch.example.net.cfg").write_text(texts[number % SHAPES])
    run = cli("check", "saved")
    assert run.code == 3  # some of them are cut
    for lines in (run.out.splitlines(), *screens()):
        assert len(lines) <= 100
        assert "firewalls are at risk" in " ".join(lines[:2])
        assert any(line.startswith("... and ") and "more, worst first" in line for line in lines)
        assert any(line == "next: nornir-anyconnect plan saved" for line in lines[-3:])
