"""The first minute with the HTML report: the answer, where it hurts, who was hit, what to type, and two pages of paper."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from test_html_report import FLEET, finding, report

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.finding import DeviceAudit, FindingEvidence, Verdict
from nornir_anyconnect.report import Style, render
from nornir_anyconnect.report.pseudonyms import Pseudonyms

pytestmark = pytest.mark.browser

STYLE = Style(
    next_commands=("nornir-anyconnect explain --host fw-0", "nornir-anyconnect plan --out plan.yaml"),
    trend=(("2026-01-01T03:00:00", {"at_risk": 9}), ("2026-01-02T03:00:00", {"at_risk": 8})),
)
CITIES = ("Oslo", "Paris", "Rome", "Tokyo", "London", "Berlin", "Vienna", "Madrid", "Dublin", "Prague")


def hit(*users):
    return FindingEvidence(True, "yes", users=len(users), user_names=users, reconnects=len(users), thresholds=(1287,))


def fleet(size, domain=""):
    """Firewalls of ten cities: each third has users that were hit, one is a pair, each has a finding for nobody."""
    devices = []
    for number in range(size):
        staff = finding("STAFF", Verdict.AT_RISK if number % 2 == 0 else Verdict.SAFE)
        if number % 6 == 0:
            staff = replace(staff, evidence=hit(f"ann{number}", f"=bob{number}"))
        nobody = replace(finding("DefaultWEBVPNGroup", Verdict.NOT_APPLICABLE), tls_mtu=None)
        mate = (notice("same-chassis", names=("fw-0-b",)),) if number == 0 else ()
        devices.append(
            DeviceAudit(f"fw-{number}{domain}", findings=(staff, replace(staff, name="SALES"), nobody), warnings=mate)
        )
    sites = {device.name: CITIES[number % 10] for number, device in enumerate(devices)}
    return replace(report(*devices), sites=sites)


SIZES = pytest.mark.parametrize("size", [13, 500])


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boss")
    for size in (13, 500):
        (folder / f"{size}.html").write_text(render("html", fleet(size), STYLE), encoding="utf-8")
    return {size: (folder / f"{size}.html").as_uri() for size in (13, 500)}


@pytest.fixture
def size():
    return 13


@pytest.fixture
def opened(page, addresses, size):
    address = addresses[size]
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


@SIZES
def test_answer_sites_and_next_command_are_seen_without_scrolling(opened):
    assert re.match(
        r"\d+ users on \d+ firewalls were hit; one line per group policy cures all of them", opened.inner_text("h1")
    )
    assert opened.inner_text("#next") == "nornir-anyconnect plan --out plan.yaml"
    for wanted in ("h1", "#next", "#tiles", "#sites", "#devices table"):
        box = opened.locator(wanted).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900


def test_sites_and_firewalls_are_summed_up_worst_first(opened):
    sites = opened.locator("#sites tbody tr").all_inner_texts()
    assert len(sites) == 8  # the first of ten
    opened.click("#sites button:text('Show all 10 sites')")
    assert opened.locator("#sites tbody tr").count() == 10
    users = opened.locator("#sites td:nth-child(4)").all_inner_texts()
    known = [int(cell) for cell in users if cell != "?"]
    assert users == [*map(str, sorted(known, reverse=True)), *["?"] * (10 - len(known))]
    assert "mate fw-0-b" in opened.locator("#devices tbody tr").first.inner_text()
    assert not any("fw-1\n" in row for row in opened.locator("#devices tbody tr").all_inner_texts())  # it is safe


def test_nobody_hit_is_said_only_where_it_would_have_been_seen(page, tmp_path):
    seen = replace(finding("STAFF", Verdict.AT_RISK), evidence=FindingEvidence(False, "yes"))
    blind = replace(finding("STAFF", Verdict.AT_RISK), evidence=FindingEvidence(False, "no"))
    silent = replace(finding("STAFF", Verdict.SAFE), evidence=None)
    devices = [DeviceAudit(name, findings=(each,)) for name, each in (("a", seen), ("b", blind), ("c", silent))]
    (tmp_path / "report.html").write_text(
        render("html", replace(report(*devices), sites={"a": "Oslo", "b": "Rome"}), STYLE)
    )
    page.goto((tmp_path / "report.html").as_uri())
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#devices td:nth-child(3)").all_inner_texts() == ["0", "?"]
    assert page.locator("#sites td:nth-child(4)").all_inner_texts() == ["0", "?", "?"]
    assert page.locator("#table td[data-label='Users hit']").all_inner_texts() == ["0", "?", "?"]


def test_paper_says_which_rows_of_a_summary_it_leaves_out(opened):
    left = opened.locator("#sites .left-out")
    assert not left.is_visible()
    opened.emulate_media(media="print")
    assert left.inner_text() == "The first 8 of 10 sites."


def test_a_first_click_on_a_number_of_a_summary_sorts_largest_first(opened):
    opened.click("#sites th button:text('Firewalls')")
    found = [int(cell) for cell in opened.locator("#sites td:nth-child(2)").all_inner_texts()]
    assert found == sorted(found, reverse=True)
    assert opened.locator("#sites th:nth-child(2)").get_attribute("aria-sort") == "descending"


def test_all_lines_of_a_firewall_are_one_text(opened):
    opened.click("#devices [data-device='0']")
    panel = opened.locator("dialog[open]")
    assert "Oslo, mate fw-0-b" in panel.inner_text()
    # two findings of one policy are cured by the same lines
    assert panel.locator("pre").first.inner_text() == "group-policy STAFF attributes\nwebvpn\nanyconnect mtu 1287"
    panel.locator("[data-finding]").first.click()
    opened.wait_for_selector("#before")
    headings = panel.locator("h3").all_inner_texts()
    assert headings[0] == "To type, in configuration mode"


def test_who_was_hit_is_saved_for_the_helpdesk(opened):
    opened.click("#hit summary")
    with opened.expect_download() as downloading:
        opened.click("#csv")
    assert downloading.value.suggested_filename == "users-hit.csv"
    rows = list(csv.DictReader(io.StringIO(Path(downloading.value.path()).read_text("utf-8-sig"))))
    assert rows[-1]["firewall"].startswith("fw-")
    assert {"'=bob0", "ann0"} <= {row["user"] for row in rows}  # no spreadsheet takes it for a formula
    assert {row["tunnel group"] for row in rows} == {"STAFF", "SALES"}


def test_what_is_not_applicable_is_folded(opened):
    assert "not-applicable" not in opened.locator("#table tbody").inner_text()
    opened.click("#fold")
    opened.click("#verdict >> xpath=.. >> select")
    opened.select_option("#verdict", "not-applicable")
    assert "DefaultWEBVPNGroup" in opened.locator("#table tbody").inner_text()


@SIZES
def test_it_prints_on_two_pages_that_begin_with_a_heading(opened):
    pdf = opened.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 2
    opened.emulate_media(media="print")
    loose = opened.evaluate("""() => [...document.querySelectorAll("h1, h2, h3, summary")].filter(
        (each) => each.offsetParent && !each.classList.contains("unseen") && each.tagName !== "H1"
            && getComputedStyle(each).breakAfter !== "avoid").map((each) => each.textContent)""")
    assert loose == []
    assert opened.locator("section.findings").evaluate("e => getComputedStyle(e).breakBefore") == "page"


@SIZES
@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_overlaps(opened, width):
    opened.set_viewport_size({"width": width, "height": 900})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    overlaps = opened.evaluate("""() => {
        const shown = [...document.querySelectorAll("h1, .meta, #next, .next button, .tile, h2:not(.unseen), th, td, summary, #filters > *")]
            .filter((each) => each.checkVisibility()).map((each) => [each, each.getBoundingClientRect()]).filter(([, box]) => box.width);
        const found = [];
        for (let i = 0; i < shown.length && i < 150; i++) for (let j = i + 1; j < shown.length && j < 150; j++) {
            const [a, x] = shown[i], [b, y] = shown[j];
            if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1) found.push([a.textContent.slice(0, 30), b.textContent.slice(0, 30)]);
        }
        return found;
    }""")
    assert overlaps == []


@pytest.mark.parametrize(("size", "scheme"), [(13, "light"), (13, "dark"), (500, "light")])
def test_axe_finds_nothing(inspected, addresses, size, scheme):
    page = inspected.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(addresses[size])
    page.wait_for_selector("html[data-ready]")
    page.click("#hit summary")
    page.click("#devices [data-device='0']")
    assert inspected(page) == []


@pytest.mark.parametrize("domain", ["-vpn.example.net", "-vpn-branch-office.emea.corp.example.net.cfg"])
def test_long_names_fit_on_two_pages_too(page, tmp_path, domain):
    path = tmp_path / "report.html"
    path.write_text(render("html", fleet(100, domain), STYLE), encoding="utf-8")
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4"))) == 2
    for wanted in ("#next", "#sites", "#devices table"):
        box = page.locator(wanted).bounding_box()
        assert box["y"] + box["height"] <= 900


def test_pseudonyms_take_the_place_of_names():
    page = render("html", Pseudonyms().report(fleet(13)), STYLE)
    assert "ann0" not in page
    assert "user-" in page


def test_a_report_without_sites_has_no_empty_table(page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(render("html", FLEET), encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert not page.locator("#sites").is_visible()
    assert page.locator("#devices").is_visible()
    assert not page.locator(".next").is_visible()
