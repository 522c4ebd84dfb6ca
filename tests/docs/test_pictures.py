"""The pictures of the documentation show what the tool computes and prints now (``python tests/docs/pictures.py``)."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from pictures import IMAGES, PICTURES, ROOT, example

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_its_script_draws(name):
    drawn = PICTURES[name]()
    ET.fromstring(drawn)
    assert (IMAGES / name).read_text("utf-8") == drawn
    assert "prefers-color-scheme: dark" in drawn
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", drawn)


@pytest.mark.parametrize("name", ["minute.svg", "sizes.svg"])
def test_a_picture_has_the_numbers_of_the_example(name):
    finding = example()
    shown = (IMAGES / name).read_text("utf-8")
    assert str(finding.tls_mtu) in shown
    assert str(finding.dtls_mtu) in shown


def test_every_picture_is_shown_on_a_page_and_described():
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    for path in IMAGES.iterdir():
        assert re.search(rf"!\[[^\]]{{20,}}\]\((docs/)?images/{re.escape(path.name)}\)", text), path.name
