"""The HTML report in a real browser: it can be used, read by everybody, and nothing in it is obeyed."""

import json

import pytest

from nornir_anyconnect.asa.running_config import From, Notice, Sourced
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.finding import (
    DeviceAudit,
    Finding,
    FindingEvidence,
    Remedy,
    Scope,
    Status,
    Verdict,
)
from nornir_anyconnect.mtu.derive import Numbers, Step
from nornir_anyconnect.report import Style, render

pytestmark = pytest.mark.browser

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}",
    "\u2028alert(1)",
    "a&lt;b&amp;c",
    "<!--<script>",
]


def finding(name, verdict=Verdict.AT_RISK, users=0, tls=1287, dtls=1418, **more):
    remedy = Remedy(
        "mtu",
        (Scope.TUNNEL_GROUP, name),
        lines=(f"group-policy {name} attributes", "webvpn", f"anyconnect mtu {tls}"),
        rollback=(f"group-policy {name} attributes", "webvpn", "no anyconnect mtu"),
        closes=True,
        closes_under=("technote",),
        cost=Notice("cost", words="smaller packets"),
        predicted={"technote": Numbers(tls, tls)},
    )
    return Finding(
        Scope.TUNNEL_GROUP,
        name,
        f"GP-{name}",
        verdict,
        "dtls-mtu-exceeds-tls-mtu" if verdict is Verdict.AT_RISK else "dtls-disabled",
        certainty="all-assumptions" if verdict is Verdict.AT_RISK else None,
        tls_mtu=tls,
        dtls_mtu=dtls if verdict is Verdict.AT_RISK else None,
        tls_suite="AES256-SHA384",
        dtls_suite="AES256-SHA",
        safe_mtu=tls,
        numbers_from="technote",
        assumptions={"technote": Numbers(tls, dtls)},
        caveats=("icmp-path-unknown",),
        sources={"sysopt connection tcpmss": Sourced(1380, None, From.DEFAULT)},
        evidence=FindingEvidence(True, "yes", users=users, reconnects=users, thresholds=(1287,)) if users else None,
        remedies=(remedy,) if verdict is Verdict.AT_RISK else (),
        tls_steps=(Step("tls-mtu", "1344 - 8 - 48 - 1", tls),),
        dtls_steps=(Step("dtls-mtu", "1440 - 1 - 20 - 1", dtls),),
        **more,
    )


def report(*devices):
    return AuditReport(tuple(devices), "2026-01-02T03:04:05+00:00", "0.1.0")


FLEET = report(
    DeviceAudit("fw-oslo", findings=(finding("SALES", users=3), finding("OPS", Verdict.SAFE)), asa_version="9.16(4)"),
    DeviceAudit(
        "fw-bergen", findings=(finding("HR", tls=1303), finding("LAB", Verdict.UNKNOWN)), status=Status.PARTIAL
    ),
    DeviceAudit("fw-hostile", findings=tuple(finding(name) for name in HOSTILE)),
)
TREND = [(f"2026-01-{day:02}T03:00:00", {"at_risk": 12 - day}) for day in range(1, 9)]


@pytest.fixture
def address(tmp_path):
    path = tmp_path / "report.html"
    path.write_text(render("html", FLEET, Style(trend=tuple(TREND))), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(page, address):
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def names(page):
    return page.locator("#table tbody tr td:nth-child(3) button").all_inner_texts()


def test_the_worst_comes_first_and_everything_is_there(opened, tmp_path):
    assert names(opened)[0] == "SALES"
    assert len(names(opened)) == 4 + len(HOSTILE)
    assert opened.locator("#trend svg").is_visible()
    opened.screenshot(path=tmp_path / "report.png", full_page=True)
    assert (tmp_path / "report.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda p: p.fill("#search", "bergen"), ["HR", "LAB"]),
        (lambda p: p.fill("#search", "oslo gp-ops"), ["OPS"]),
        (lambda p: p.select_option("#verdict", "unknown"), ["LAB"]),
        (lambda p: p.check("#confirmed"), ["SALES"]),
        (lambda p: p.click(".tile.safe"), ["OPS"]),
    ],
)
def test_filters_keep_exactly_what_they_say(opened, act, expected):
    act(opened)
    assert names(opened) == expected
    opened.click("button[type=reset]")
    opened.locator("#table tbody tr").nth(5).wait_for()
    assert len(names(opened)) == 4 + len(HOSTILE)


def test_a_number_sorts_largest_first_then_smallest_then_as_before(opened):
    opened.fill("#search", "fw-")
    opened.select_option("#verdict", "at-risk")
    opened.click("th button[data-sort=tls_mtu]")
    assert names(opened)[0] == "HR"
    assert opened.locator("th:has([data-sort=tls_mtu])").get_attribute("aria-sort") == "descending"
    opened.click("th button[data-sort=tls_mtu]")
    assert names(opened)[-1] == "HR"
    opened.click("th button[data-sort=tls_mtu]")
    assert names(opened)[0] == "SALES"


def test_a_name_sorts_from_a_to_z_first(opened):
    opened.fill("#search", "fw-")
    opened.select_option("#verdict", "at-risk")
    opened.click("th button[data-sort=device]")
    assert names(opened)[0] == "HR"
    assert opened.locator("th:has([data-sort=device])").get_attribute("aria-sort") == "ascending"


def test_a_finding_shows_its_picture_arithmetic_remedy_and_inverse(opened):
    opened.click("text=SALES")
    panel = opened.locator("dialog[open]")
    panel.wait_for()
    text = panel.inner_text()
    for expected in (
        "SALES on fw-oslo",
        "tls-mtu = 1344 - 8 - 48 - 1 = 1287",
        "anyconnect mtu 1287",
        "722036",
        "sysopt connection tcpmss",
        "3 user(s) hit",
    ):
        assert expected in text
    assert "131 bytes too many" in panel.locator("figure svg").get_attribute("aria-label")
    panel.locator("summary").first.click()
    assert "no anyconnect mtu" in panel.inner_text()


def test_a_remedy_is_copied_as_it_stands(browser, address):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address)
    page.click("text=SALES")
    page.click("dialog >> text=Copy")
    page.wait_for_selector("dialog >> text=Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()
    assert copied == "group-policy SALES attributes\nwebvpn\nanyconnect mtu 1287"


def test_keyboard_alone_is_enough(opened):
    opened.keyboard.press("/")
    opened.keyboard.type("oslo")
    assert names(opened) == ["SALES", "OPS"]
    opened.locator("[data-finding]").first.focus()
    opened.keyboard.press("Enter")
    opened.wait_for_selector("dialog[open]")
    opened.keyboard.press("ArrowRight")
    opened.locator("#panel-title", has_text="OPS").wait_for()
    opened.keyboard.press("Escape")
    opened.wait_for_selector("dialog", state="hidden")
    opened.wait_for_url(lambda url: "finding" not in url)


def test_an_address_brings_a_colleague_to_the_same_view(page, address):
    page.goto(address + "#q=bergen&verdict=at-risk")
    page.wait_for_selector("html[data-ready]")
    assert names(page) == ["HR"]
    page.goto("about:blank")
    page.goto(address + "#finding=0")
    page.wait_for_selector("dialog[open]")
    assert "SALES" in page.inner_text("#panel-title")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert_and_shown_as_they_are(opened, name):
    row = opened.locator("#table tbody tr td:nth-child(3) button").filter(has_text=name.strip("\u2028"))
    assert row.count() >= 1
    row.first.click()
    opened.wait_for_selector("dialog[open]")
    assert opened.locator("dialog script, dialog img, dialog svg[onload]").count() == 0
    assert opened.locator("#table img, #table script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["table", "finding", "phone"])
def test_axe_finds_no_violation(inspected, address, scheme, view):
    page = inspected.page
    page.emulate_media(color_scheme=scheme)
    if view == "phone":
        page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    if view == "finding":
        page.click("text=SALES")
        page.wait_for_selector("dialog[open]")
    assert inspected(page) == []


def test_on_paper_the_findings_are_there_and_the_controls_are_not(opened):
    opened.emulate_media(media="print")
    assert not opened.locator("#filters").is_visible()
    assert opened.locator("#table").is_visible()


def printed(page, act=lambda _: None):
    """What stands on paper: the browser says itself that it prints."""
    act(page)
    page.evaluate(
        "async () => { while (!printable().slice(0, PRINTED).every(ready)) await new Promise((go) => setTimeout(go, 50)); }"
    )
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    return page.locator("#paper").inner_text()


def test_on_paper_stands_with_details_what_somebody_has_to_decide(opened):
    opened.evaluate("window.print = () => {}")
    text = printed(opened, lambda page: page.click("#print"))
    titles = opened.locator("#paper article h2").all_inner_texts()
    assert "SALES on fw-oslo" in titles
    assert "LAB on fw-bergen" in titles
    assert "OPS on fw-oslo" not in titles
    assert "no anyconnect mtu" in text
    assert opened.locator("#paper article").count() == 3 + len(HOSTILE)
    opened.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert opened.locator("#paper article").count() == 0


def test_on_paper_an_open_finding_stands_alone_and_whole(opened):
    opened.click("text=SALES")
    opened.wait_for_selector("dialog[open]")
    text = printed(opened)
    assert opened.locator("#paper article").count() == 1
    assert "What a user sees, and when" in text
    assert "Where each value comes from" in text
    assert not opened.locator("#table").is_visible()
    assert not opened.locator("dialog").is_visible()


def test_the_print_button_unpacks_before_it_prints(opened):
    asked = "() => new Promise((done) => { window.print = () => done(printable().every(ready)); $('print').click(); })"
    assert opened.evaluate(asked) is True


def test_on_paper_no_column_is_squeezed_and_captions_are_smaller_than_labels(opened):
    opened.set_viewport_size({"width": 700, "height": 990})
    opened.emulate_media(media="print")
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    assert opened.locator(".tile .hint").first.evaluate(size) < opened.locator(".tile .label").first.evaluate(size)
    widths = opened.locator("#table th").evaluate_all("all => all.map(e => e.offsetWidth)")
    assert min(widths[:4]) >= 80
    assert min(widths) >= 30


@pytest.fixture
def long_names(tmp_path):
    path = tmp_path / "long.html"
    device = DeviceAudit("fw-tokyo/research", findings=(finding("A-GROUP_WITH.MANY-PARTS/OF_A.NAME" * 4), finding("B")))
    path.write_text(render("html", report(device)), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [1280, 1000])
def test_a_device_name_breaks_after_its_slash_only(page, long_names, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(long_names)
    lines = page.locator("#table tbody tr:nth-child(1) td:nth-child(2)").inner_text().split()
    assert "".join(lines) == "fw-tokyo/research"
    pieces = page.locator("#table tbody tr:nth-child(1) td:nth-child(2)").evaluate("""cell => {
        const range = document.createRange(), heights = [];
        for (const text of cell.querySelector(".name").childNodes) if (text.nodeType === 3) {
            range.selectNodeContents(text); heights.push(range.getClientRects().length);
        }
        return heights;
    }""")
    assert len(pieces) == 2
    assert pieces[1] == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("wanted", ["#trend svg", "dialog figure svg"])
def test_letters_in_pictures_can_be_read_on_a_phone(page, address, wanted):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + "#finding=0")
    page.wait_for_selector("dialog[open]")
    drawn = page.locator(wanted).evaluate("svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width * 13")
    inside = page.locator(wanted).evaluate(
        "svg => [...svg.querySelectorAll('text')].every(t => t.getBBox().x >= -1 "
        "&& t.getBBox().x + t.getBBox().width <= svg.viewBox.baseVal.width + 1)"
    )
    sideways = page.locator("dialog").evaluate("d => d.scrollWidth - d.clientWidth")
    assert drawn >= 10.5
    assert inside
    assert sideways <= 0


def test_no_number_that_is_not_there_has_a_label_on_a_phone(opened):
    opened.set_viewport_size({"width": 390, "height": 844})
    empty = opened.locator("#table td.number:empty")
    assert empty.count()
    assert not any(empty.nth(at).is_visible() for at in range(empty.count()))


def test_a_safe_finding_has_no_empty_next_step(opened):
    opened.fill("#search", "oslo ops")
    opened.click("[data-finding]")
    opened.wait_for_selector("dialog[open]")
    assert "Next step:" not in opened.inner_text("dialog")


def test_a_phone_never_scrolls_sideways(page, address):
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_nothing_but_the_report_itself_may_run(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.hit = 1';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.hit = 1">');
    }""")
    page.wait_for_timeout(200)
    hit = page.evaluate("() => window.hit ?? null")
    context.close()
    assert hit is None


def test_the_same_report_gives_the_same_bytes():
    assert render("html", FLEET, Style(trend=tuple(TREND))) == render("html", FLEET, Style(trend=tuple(TREND)))


def test_nothing_points_outside():
    page = render("html", FLEET)
    head = page.split('<script type="application/json"')[0]
    assert "http://" not in head.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in head
    assert "@import" not in head
    assert "<link" not in head


def test_the_rows_are_the_findings():
    page = render("html", FLEET)
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert len(data["rows"]) == 4 + len(HOSTILE)
    assert data["rows"][0][2] == "SALES"
