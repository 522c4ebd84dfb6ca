"""A real Chromium, as it comes with the system."""

import shutil

import pytest

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
        chromium = started.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page that fails the test on any script error, console error or request to anywhere but the file."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    problems = []
    opened.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda e: problems.append(str(e)))
    opened.on("request", lambda r: problems.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
    opened.on("dialog", lambda d: (problems.append(f"dialog {d.message}"), d.dismiss()))
    yield opened
    context.close()
    assert problems == []
