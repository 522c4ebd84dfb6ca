"""The history as static pages: what a boss reads once a month."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from test_history import NIGHT, device, finding, keep, of_night

from nornir_anyconnect.audit.finding import Status, Verdict
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.history.pages import pages
from nornir_anyconnect.history.store import History


@pytest.fixture
def history(tmp_path):
    """Four nights: fw1 is cured on the third and comes back on the fourth; fw2 fails on the second."""
    opened = History(f"sqlite:///{tmp_path / 'h.sqlite'}")
    sites = {"fw1": "Oslo", "fw2": "Paris"}
    bad, good = finding("STAFF", tls_mtu=1303, dtls_mtu=1418, users=3), finding("STAFF", Verdict.SAFE)
    keep(opened, 0, device("fw1", bad), device("fw2", finding("LAB")), sites=sites)
    keep(opened, 1, device("fw1", bad), device("fw2", status=Status.FAILED), sites=sites)
    keep(opened, 2, device("fw1", good), device("fw2", finding("LAB", Verdict.SAFE)), sites=sites)
    keep(opened, 3, device("fw1", bad), device("fw2", finding("LAB", Verdict.SAFE)), sites=sites)
    yield opened
    opened.close()


class Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words, self.links, self.ids = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.words.append(data)


def read(text):
    parser = Text()
    parser.feed(text)
    return re.sub(r"\s+", " ", " ".join(parser.words)), parser.links


def test_the_first_page_says_how_it_stands_and_what_changed_when(history):
    found = dict(pages(history, 30))
    words, links = read(found["index.html"])
    assert "1 finding is at risk, 1 fewer than on 2026-01-01 ; since the audit before 1 new and 0 fixed." in words
    assert "not judged: fw2 tunnel-group LAB" in words
    assert "fixed: fw1 tunnel-group STAFF" in words
    assert "new: fw1 tunnel-group STAFF" in words
    assert "fw1 tunnel-group STAFF , opened 2 times" in words
    assert set(links) <= {name for name in found if name != "index.html"}
    assert {"devices/fw1.html", "devices/fw2.html"} <= set(links)


def test_the_sentence_counts_what_was_fixed_since_the_night_before(tmp_path):
    opened = History(f"sqlite:///{tmp_path / 'h.sqlite'}")
    keep(opened, 0, device("fw1", finding("STAFF"), finding("LAB")))
    keep(opened, 1, device("fw1", finding("STAFF", Verdict.SAFE), finding("LAB", Verdict.SAFE)))
    words, _ = read(dict(pages(opened, 30))["index.html"])
    opened.close()
    assert "0 findings are at risk, 2 fewer than on 2026-01-01 ; since the audit before 0 new and 2 fixed." in words


def test_two_audits_of_one_day_are_told_apart(tmp_path):
    opened = History(f"sqlite:///{tmp_path / 'h.sqlite'}")
    for hour in ("09:00", "17:30"):
        opened.keep(replace(of_night(0, device("fw1", finding("STAFF"))), generated_at=f"2026-01-01T{hour}:00+00:00"))
    page = dict(pages(opened, 30))["index.html"]
    opened.close()
    assert "1 finding is at risk, as many as on 2026-01-01 09:00 ; since" in read(page)[0]
    assert page.count('<span class="day">2026-01-01 09:00</span>') == 2
    assert '<td class="day">2026-01-01 17:30</td>' in page


def test_a_device_has_a_page_of_its_own_newest_first(history):
    words, links = read(dict(pages(history, 30))["devices/fw1.html"])
    assert links == ["../index.html"]
    assert "Oslo" in words
    headings = re.findall(r"2026-01-\d\d(?: to 2026-01-\d\d)?", words)
    assert headings == ["2026-01-04", "2026-01-03", "2026-01-01 to 2026-01-02"]
    assert "at-risk STAFF GP_STAFF 1303 1418 3" in words


def test_only_the_last_nights_are_shown(history):
    words, _ = read(dict(pages(history, 2))["index.html"])
    assert "1 finding is at risk, 1 more than on 2026-01-03" in words
    assert "2026-01-01" not in words


def test_one_night_has_nothing_to_compare(tmp_path):
    history = History(f"sqlite:///{tmp_path / 'h.sqlite'}")
    keep(history, 0, device("fw1", finding("A"), finding("B")))
    assert "2 findings are at risk." in read(dict(pages(history, 30))["index.html"])[0]


def test_an_empty_history_makes_no_pages(tmp_path):
    with pytest.raises(UsageError, match="the history is empty"):
        list(pages(History(f"sqlite:///{tmp_path / 'h.sqlite'}"), 30))


HOSTILE = ["../../etc/passwd", "<script>alert(1)</script>", ".htaccess", "fw/one", "fw_one", "fw one", "x" * 200, "é"]


def test_no_name_leaves_the_folder_runs_or_takes_anothers_page(tmp_path):
    history = History(f"sqlite:///{tmp_path / 'h.sqlite'}")
    keep(history, 0, *(device(name, finding("<img src=x onerror=alert(1)>")) for name in HOSTILE))
    found = list(pages(history, 30))
    names = [name for name, _ in found]
    assert len(set(names)) == len(HOSTILE) + 1
    assert all(re.fullmatch(r"(devices/)?[A-Za-z0-9_-][A-Za-z0-9._-]*\.html", name) for name in names)
    assert not any("<script" in text or "<img" in text for _, text in found)
    assert NIGHT.isoformat()[:10] in found[0][1]
