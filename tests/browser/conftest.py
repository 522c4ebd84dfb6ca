"""A real Chromium, as it comes with the system."""

import shutil

import pytest

from tests.waiting import LONG

# without these a headless Chromium looks for updates and services it will not find
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")  # a wider one would leave its event loop running under tests that start their own
def browser():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("browser tests need Chromium (Debian package chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=program, args=FLAGS, timeout=LONG * 1000)
        opened = chromium.new_context

        def patient(**look):
            context = opened(**look)
            context.set_default_timeout(LONG * 1000)  # a renderer runs behind everything else on a busy machine
            return context

        chromium.new_context = patient
        yield chromium
        chromium.close()


SIZE = {"width": 1280, "height": 900}


def as_new(page):
    """A page in a window of its own takes three times as long: one is emptied for each test."""
    page.goto("about:blank")
    page.set_viewport_size(SIZE)
    page.emulate_media(media="null", color_scheme="null")
    return page


@pytest.fixture(scope="module")
def watched(browser):
    """A page and what went wrong in it: any script error, console error, dialog, or request to anywhere but the file."""
    context = browser.new_context()
    opened = context.new_page()
    problems = []
    opened.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda e: problems.append(str(e)))
    opened.on("request", lambda r: problems.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
    opened.on("dialog", lambda d: (problems.append(f"dialog {d.message}"), d.dismiss()))
    yield opened, problems
    context.close()


@pytest.fixture
def page(watched):
    """A page that fails the test on what goes wrong in it."""
    opened, problems = watched
    as_new(opened)
    problems.clear()
    yield opened
    assert problems == []


@pytest.fixture(scope="module")
def unguarded(browser):
    """A page into which a test may put scripts of its own."""
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def inspected(unguarded):
    """A page that axe looks at: ``inspected(page)`` gives its violations, each with the first places."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]

    def look(page):
        found = axe.Axe().run(page, options={"runOnly": rules}).response["violations"]
        return [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found]

    look.page = as_new(unguarded)
    return look
