"""The screenshots of the documentation are those of the report as it is now.

``REFRESH_SCREENSHOTS=1 pytest tests/browser/test_docs_screenshots.py`` audits the simulated fleet and takes them anew; a
report that looks different since is noticed without a browser.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from mock_devices.fleet import start_fleet
from nornir_anyconnect import AuditReport, audit_fleet, load_inventory, render, sites_of
from nornir_anyconnect.report import Style

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "nornir_anyconnect" / "report" / "assets"
IMAGES = ROOT / "docs" / "images"
MADE_FROM = Path(__file__).with_name("screenshots_made_from.txt")
FLEET = ROOT / "mock_devices" / "fleet.yaml"


def look() -> str:
    """Stands for how the report looks."""
    parts = [path.read_bytes() for path in sorted(ASSETS.glob("*")) if path.name != "history.html.j2"]
    parts.append((ASSETS.parent / "answer.py").read_bytes())  # its sentence is the largest thing on the page
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def test_the_screenshots_are_of_the_report_as_it_looks_now():
    assert MADE_FROM.read_text("utf-8").strip() == look(), "take them anew: see the head of this file"
    for name in ("fleet.png", "finding.png"):
        assert (IMAGES / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.browser
def test_take_them_anew(request, tmp_path, monkeypatch):
    if "REFRESH_SCREENSHOTS" not in os.environ:
        pytest.skip("asked for with REFRESH_SCREENSHOTS=1")
    for name, value in (("PASSWORD", "demo-password"), ("ENABLE", "demo-enable")):
        monkeypatch.setenv(f"NORNIR_ANYCONNECT_{name}", value)
    with start_fleet(FLEET) as fleet:
        nornir = load_inventory(str(fleet.write_inventory(tmp_path / "inventory")))
        found = audit_fleet(nornir)
    report = AuditReport(found.devices, "2026-11-28T02:15:00+00:00", "0.1.0", sites=sites_of(nornir))
    path = tmp_path / "report.html"
    path.write_text(
        render("html", report, Style(next_commands=("nornir-anyconnect plan --out plan.yaml",))), encoding="utf-8"
    )
    page = request.getfixturevalue("page")  # its event loop must not run while the fleet does
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.screenshot(path=IMAGES / "fleet.png")
    page.click("#devices [data-device]")
    page.click("dialog [data-finding]")
    page.wait_for_selector("#before")
    page.screenshot(path=IMAGES / "finding.png")
    MADE_FROM.write_text(look() + "\n", encoding="utf-8")
