"""How heavy the HTML report of a large fleet is in a real Chromium, beside an empty page in the same browser.

Prints one line of JSON: the report's bytes; milliseconds until each page is ready for input (the best of some
loads; the report says so itself with data-ready); and the longest task of the main thread (milliseconds, from
the browser's own `longtask` entries, which begin at 50) while somebody types, filters, sorts and clears.

    python benchmarks/report_ratio.py [--devices 2000] [--loads 5] [--rounds 2]
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nornir_anyconnect import AuditReport, assess_text
from nornir_anyconnect.report import Style, render

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 5_000_000
"""Bytes of the report."""
SLOWEST = 6.0
"""Times the empty page."""
LONG_TASK = 50.0
"""Milliseconds."""
LOADS = 5
ROUNDS = 2
"""What is long in every round is the page's own, not that of a machine which does other things as well."""
NIGHTS = 90
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]

SUITES = (("AES256-SHA256", "AES256-SHA"), ("AES256-GCM-SHA384", "AES128-SHA"), ("AES256-SHA384", "AES256-SHA"))
EMPTY = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>empty</title></head><body><p>empty</p>'
    "<script>document.documentElement.dataset.ready = '1'</script></body></html>"
)
WATCH = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
  }).observe({ type: "longtask" });
}"""
BUSY = """() => new Promise((done) => setTimeout(() => {
  const end = performance.now() + 80;
  while (performance.now() < end);
  done();
}))"""
# ready means that it answers: a frame was drawn after it said so, and nothing of the start is left to run
READY = """
new MutationObserver((_, watch) => {
  if (!document.documentElement?.dataset.ready) return;
  watch.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.readyAt = performance.now(); }));
}).observe(document, { attributes: true, childList: true, subtree: true });
"""


def configuration(number: int) -> str:
    """One firewall out of a mixed fleet: three tunnel groups, a policy nobody names, an overriding user."""
    tls, dtls = SUITES[number % len(SUITES)]
    fixed = " webvpn\n  anyconnect mtu 1200\n" if number % 3 == 0 else ""
    groups = "".join(
        f"group-policy GP-{name} internal\ngroup-policy GP-{name} attributes\n vpn-tunnel-protocol ssl-client\n{mtu}"
        f"tunnel-group {name} type remote-access\ntunnel-group {name} general-attributes\n"
        f" default-group-policy GP-{name}\n"
        for name, mtu in (("STAFF", fixed), ("PARTNER", ""), (f"SITE-{number:04}", ""))
    )
    return (
        f": Saved\nASA Version 9.{12 + number % 8}(4)\nhostname fw-{number:04}\n"
        "interface GigabitEthernet0/0\n nameif outside\n security-level 0\n"
        f'ssl cipher tlsv1.2 custom "{tls}"\nssl cipher dtlsv1 custom "{dtls}"\n'
        f"webvpn\n enable outside\n anyconnect enable\n{groups}: end\n"
    )


def fleet(devices: int) -> AuditReport:
    """Real findings: as many kinds of box as differ are judged, the rest are the same under other names."""
    kinds = 24
    judged = [assess_text(configuration(number), f"fw-{number:04}") for number in range(min(kinds, devices))]
    boxes = [replace(judged[number % len(judged)], name=f"fw-{number:04}.example.net") for number in range(devices)]
    return AuditReport(tuple(boxes), "2026-01-01T02:15:00+00:00", "0.1.0")


def ready_ms(browser: Any, page: Path, loads: int) -> float:
    """Milliseconds from the start of the navigation until the page takes input, the best of some loads."""
    took = []
    for _ in range(loads):
        tab = browser.new_page()
        tab.add_init_script(READY)
        tab.goto(page.as_uri())
        tab.wait_for_function("window.readyAt !== undefined")
        took.append(tab.evaluate("window.readyAt"))
        tab.close()
    return min(took)


def actions(tab: Any) -> dict[str, Callable[[], None]]:
    """What people do to the table, with real keys and clicks; each leaves all findings shown."""

    def typing() -> None:
        tab.click("#search")
        for text in ("fw-17", "site-0042", "staff", ""):
            tab.keyboard.press("Control+A")
            tab.keyboard.press("Backspace")
            tab.keyboard.type(text)

    def choosing() -> None:
        for name, times in (("verdict", 4), ("scope", 3)):
            tab.focus(f"#{name}")
            for key in ["ArrowDown"] * times + ["ArrowUp"] * times:
                tab.keyboard.press(key)

    def tiles() -> None:
        for name in ("at-risk", "safe", "safe"):
            tab.click(f".tile.{name}")

    def sorting() -> None:
        for key in sorted(("device", "gap", "safe_mtu") * 3):  # up, down, off
            tab.click(f"[data-sort={key}]")

    return {
        "typing": typing,
        "choosing": choosing,
        "tiles": tiles,
        "sorting": sorting,
        "clearing": lambda: tab.click("button[type=reset]"),
    }


def longest_task_ms(browser: Any, page: Path, rounds: int) -> dict[str, float]:
    """The longest task per kind of filtering; 0 where none reached 50 ms."""
    tab = browser.new_page()
    tab.goto(page.as_uri())
    tab.wait_for_selector("html[data-ready]", state="attached")
    tab.evaluate(WATCH)
    tab.evaluate(BUSY)
    tab.wait_for_timeout(200)
    if tab.evaluate("window.longest") < LONG_TASK:
        raise RuntimeError("the browser does not report long tasks: nothing was measured")
    found: dict[str, float] = {}
    for name, act in list(actions(tab).items()) * rounds:
        tab.evaluate("window.longest = 0")
        before = tab.inner_text("#count")
        act()
        tab.wait_for_timeout(300)
        found[name] = min(found.get(name, math.inf), float(tab.evaluate("window.longest")))
        if tab.inner_text("#count") != before:
            raise RuntimeError(f"{name} did not end where it began: something else was measured")
    tab.close()
    return found


def main() -> int:
    """0 where the report is light enough, 1 where not, 2 where there is no browser to ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=2000)
    parser.add_argument("--loads", type=int, default=LOADS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        print("needs Chromium (Debian package chromium)", file=sys.stderr)
        return 2
    from playwright.sync_api import sync_playwright

    report = fleet(chosen.devices)
    trend = [(f"2025-{1 + n // 30:02}-{1 + n % 30:02}", {"at_risk": 900 - n}) for n in range(NIGHTS)]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page, empty = Path(folder, "report.html"), Path(folder, "empty.html")
        page.write_text(render("html", report, Style(trend=tuple(trend))), encoding="utf-8")
        empty.write_text(EMPTY, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        ready_ms(browser, empty, chosen.loads)  # the browser's own first page is slow
        plain, ours = (ready_ms(browser, each, chosen.loads) for each in (empty, page))
        tasks = longest_task_ms(browser, page, chosen.rounds)
        size = page.stat().st_size
        browser.close()

    result = {
        "devices": chosen.devices,
        "findings": report.summary.findings,
        "bytes": size,
        "ready_ms": {"report": round(ours, 1), "empty page": round(plain, 1), "ratio": round(ours / plain, 2)},
        "longest_task_ms": tasks,
    }
    print(json.dumps(result))
    light = size < LARGEST and ours <= SLOWEST * plain and max(tasks.values()) <= LONG_TASK
    return 0 if light else 1


if __name__ == "__main__":
    sys.exit(main())
