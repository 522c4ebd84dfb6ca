"""The documentation as a site: it builds, asks nobody for anything, and is searched from a folder as from a server."""

import functools
import re
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.once import once

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.long


def build(folder):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def site(kept):
    return once(kept / "site", build)


@pytest.fixture(scope="module")
def served(site):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_no_page_names_a_script_a_picture_or_a_style_of_another_host(site):
    fetched = [
        f"{path.name}: {address}"
        for path in site.rglob("*.html")
        for address in re.findall(
            r'<(?:script|img|iframe|source)[^>]+src="(https?://[^"]+)|<link[^>]+(?:stylesheet|preload|icon|preconnect)[^>]*href="(https?://[^"]+)',
            path.read_text("utf-8"),
        )
    ]
    assert not fetched


@pytest.fixture(scope="module")
def watched(browser):
    """A page, what it complained of, and all that was asked for."""
    context = browser.new_context()
    # the colours of an earlier visit are remembered
    context.add_init_script("location.protocol === 'about:' || localStorage.clear()")
    page = context.new_page()
    complaints, asked = [], []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("request", lambda r: asked.append(r.url))
    yield page, complaints, asked
    context.close()


@pytest.fixture
def opened(watched):
    """Opens a page, and fails the test where it complains or asks anybody else."""
    page, complaints, asked = watched
    bases = ["about:", "data:"]

    def open_page(base, name, width=1280, scheme="light"):
        bases.append(base)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{base}/{name}")
        return page

    page.goto("about:blank")
    complaints.clear()
    asked.clear()
    yield open_page
    assert complaints == []
    assert [each for each in asked if not each.startswith(tuple(bases))] == []


LINK = ".md-search-result__link"


def search(page, words):
    """As a reader types it, until something is found and stands there in its own colours, no longer faded in."""
    opener = page.locator("label.md-header__button[for=__search]")  # on a phone
    if opener.is_visible():
        opener.click()
    page.click("input[name=query]")
    page.keyboard.type(words)
    page.wait_for_selector(".md-search-result__item")
    page.wait_for_function("document.getAnimations().every((each) => each.playState !== 'running')")


@pytest.mark.browser
@pytest.mark.parametrize("way", ["folder", "server"])
def test_a_search_finds_its_page(request, site, opened, way):
    base = site.as_uri() if way == "folder" else request.getfixturevalue("served")
    page = opened(base, "start.html")
    search(page, "known_hosts doctor")
    # the list is drawn anew while letters are typed: it is looked at, and clicked, in one go
    page.wait_for_function(
        "link => [...document.querySelectorAll(link)].some((each) => each.pathname.endsWith('/troubleshooting.html'))",
        arg=LINK,
    )
    wanted = page.evaluate(
        "link => { const first = document.querySelector(link); first.click(); return first.pathname }", LINK
    )
    page.wait_for_function("wanted => location.pathname === wanted", arg=wanted)
    page.locator("h1").wait_for()


ONE_OF_EACH = """() => {
    const seen = new Set(), words = [...document.querySelectorAll("pre span")];
    const looks = words.map((each) => {
        const { color, fontSize, fontWeight } = getComputedStyle(each), behind = [];
        for (let at = each; at; at = at.parentElement) behind.push(getComputedStyle(at).backgroundColor);
        return [color, fontSize, fontWeight, ...behind].join();
    });
    words.forEach((each, n) => seen.has(looks[n]) && !each.id ? each.replaceWith(...each.childNodes) : seen.add(looks[n]));
    return seen.size;
}"""
"""Of the coloured words in blocks of code one of each colour stays: a contrast is computed for each word, in seconds."""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("index", 1400), ("index", 390), ("commands", 1400), ("cookbook", 390)])
def test_axe_finds_nothing(site, opened, name, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    page = opened(site.as_uri(), f"{name}.html", width, scheme)
    assert page.evaluate("document.body.dataset.mdColorScheme") == {"light": "default", "dark": "slate"}[scheme]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if name == "index":
        search(page, "df-bit-ignore")
    assert page.evaluate(ONE_OF_EACH) > 1 or name == "index"
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
    found = axe.Axe().run(page, options={"runOnly": rules, "preload": False})
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
