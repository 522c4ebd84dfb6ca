"""The pages without a script, of ``plan`` and ``logs``, on a phone and read by everybody."""

import tempfile
from datetime import UTC, datetime

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.evidence.logs_report import LogSummary
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, Incident
from nornir_anyconnect.history.compare import keep_report
from nornir_anyconnect.history.pages import pages
from nornir_anyconnect.history.store import History
from nornir_anyconnect.report import LOGS_FORMATS, plan_text

pytestmark = pytest.mark.browser

CONFIG = """\
ASA Version 9.12(4)
webvpn
 enable outside
 anyconnect enable
group-policy DfltGrpPolicy attributes
 vpn-tunnel-protocol ssl-client
group-policy GP-OF-A-RATHER-LONG-NAME internal
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP-OF-A-RATHER-LONG-NAME
Cryptochecksum:0
"""


def plan_page():
    config = parse(CONFIG)
    device = judge(config, "fw-tokyo-branch-17.example.net")
    return plan_text.html(make_plan([PlanInput(config, device)], now=datetime(2026, 3, 1, tzinfo=UTC)))


def logs_page():
    at = datetime(2026, 3, 1, tzinfo=UTC)
    hit = Incident("dtls-never-up", "fw-1", "GP-STAFF", "alice@example.net", at, at, 60.0, 4, 1347, 1418)
    group = GroupObservations("GP-STAFF", users=frozenset({"alice@example.net"}), incidents=(hit,))
    return LOGS_FORMATS.render(
        "html", LogSummary(lines=9, devices={"fw-1": DeviceObservations("fw-1", groups={"GP-STAFF": group})})
    )


def history_page():
    """The first page of two nights."""
    with tempfile.TemporaryDirectory() as folder:
        history = History(f"sqlite:///{folder}/history.sqlite")
        for day in (1, 2):
            device = judge(parse(CONFIG), "fw-tokyo-branch-17.example.net")
            sites = {device.name: "Tokyo"}
            keep_report(history, AuditReport((device,), f"2026-03-0{day}T02:00:00+00:00", "0", sites=sites))
        return next(pages(history, 30))[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_history(inspected, tmp_path, scheme):
    path = tmp_path / "index.html"
    path.write_text(history_page(), encoding="utf-8")
    inspected.page.emulate_media(color_scheme=scheme)
    inspected.page.goto(path.as_uri())
    assert inspected(inspected.page) == []


@pytest.mark.parametrize("made", [plan_page, logs_page, history_page])
def test_on_a_phone_the_tables_scroll_and_the_page_does_not(page, tmp_path, made):
    path = tmp_path / "page.html"
    path.write_text(made(), encoding="utf-8")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("table:not(.scroll[tabindex] > table)").count() == 0
