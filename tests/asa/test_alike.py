"""What is read and judged once for all boxes of a template is what each of them would have got alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa import alike, effective, parser
from nornir_anyconnect.asa.alike import Known, KnownConfigs
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.asa.parser import PulledConfig, parse, parse_pull
from nornir_anyconnect.audit import context
from nornir_anyconnect.audit import judge as judging
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.evidence.observations import DeviceObservations

TEXT = """\
: Serial Number: {serial}
ASA Version {release}
!
{name}
interface GigabitEthernet0/0
 nameif outside
mtu outside {link}
webvpn
 enable outside
 anyconnect enable
group-policy STAFF internal
group-policy STAFF attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect mtu {mtu}
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy STAFF
{end}
"""
BOXES = st.fixed_dictionaries({
    "serial": st.sampled_from(["9A1", "9A2"]),
    "release": st.sampled_from(["9.16(4)", "9.8(2)"]),
    "name": st.sampled_from(["hostname a", "hostname b", "hostname b\nhostname c", "hostname two words", "", " hostname x"]),
    "link": st.sampled_from(["1500", "1400"]),
    "mtu": st.sampled_from(["1406", "1200", "x"]),
    "end": st.sampled_from([": end", ""]),
})  # fmt: skip


def afresh(monkeypatch):
    monkeypatch.setattr(parser, "_known", Known())
    monkeypatch.setattr(parser, "_answers", Known())
    monkeypatch.setattr(judging, "_known", KnownConfigs())
    monkeypatch.setattr(context, "_known", KnownConfigs())


@given(st.lists(BOXES, min_size=2, max_size=6))
def test_every_box_gets_what_it_would_get_alone(boxes):
    with pytest.MonkeyPatch.context() as patch:
        afresh(patch)
        texts = [TEXT.format(**each) for each in boxes]
        together = [(config := parse(text), judge(config, "fw")) for text in texts]
        for text, found in zip(texts, together, strict=True):
            afresh(patch)
            config = parse(text)
            assert found == (config, judge(config, "fw"))


def test_a_template_is_read_and_judged_once(monkeypatch):
    afresh(monkeypatch)
    read, judged = [], []
    for module, name, calls in ((parser, "_read_config", read), (judging, "_judged", judged)):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _real=real, _calls=calls, **k: _calls.append(1) or _real(*a, **k))
    box = {"release": "9.16(4)", "link": "1500", "mtu": "1406", "end": ": end"}
    found = []
    for number in range(5):
        config = parse(TEXT.format(name=f"hostname fw{number}", serial=f"9A{number}", **box))
        found.append((config.serials, judge(config, f"box{number}")))
    assert (len(read), len(judged)) == (1, 1)
    assert [(serials, each.name, each.hostname) for serials, each in found] == [
        ((f"9A{n}",), f"box{n}", f"fw{n}") for n in range(5)
    ]
    judge(config, "fw", options=Options(client_mtu=1492))
    judge(replace(config, tcpmss=None, complete=False), "fw")
    assert len(judged) == 3


def test_what_a_device_answers_is_read_once_too(monkeypatch):
    afresh(monkeypatch)
    read = []
    for name in ("_read_config", "_unnumbered"):
        real = getattr(parser, name)
        monkeypatch.setattr(parser, name, lambda *a, _real=real, **k: read.append(_real.__name__) or _real(*a, **k))
    section = "group-policy STAFF internal\ngroup-policy STAFF attributes\n vpn-tunnel-protocol ssl-client\n"
    pulled = [
        parse_pull(
            PulledConfig(
                sections={Section.GROUP_POLICY: section}, hostname=f"fw{n}", version_text=f"Serial Number: 9A{n}"
            )
        )
        for n in range(3)
    ]
    assert [(each.hostname, each.group_policies == pulled[0].group_policies) for each in pulled] == [
        (f"fw{n}", True) for n in range(3)
    ]
    assert read == ["_unnumbered", "_read_config"]


def test_the_last_ones_are_known():
    known = Known(most=2)
    for content in "aba":
        known.keep(content, content.upper())
    known.get("a")
    known.keep("c", "C")
    assert [known.get(each) for each in "abc"] == ["A", None, "C"]


@dataclass(frozen=True)
class Template:
    """Knows in which threads somebody has asked for it, and when all have."""

    threads: int
    asked: set[int] = field(default_factory=set)
    by_all: threading.Event = field(default_factory=threading.Event)

    def __hash__(self):
        self.asked.add(threading.get_ident())
        if len(self.asked) == self.threads:
            self.by_all.set()
        return 1


@pytest.mark.parametrize("fails", [False, True])
def test_boxes_that_answer_in_the_same_moment_are_read_once(fails):
    known, template, worked = Known(), Template(8), []

    def work():
        worked.append(1)
        assert template.by_all.wait(10)
        if fails and len(worked) == 1:
            raise ValueError
        return "read"

    def ask(_):
        try:
            return known.of(template, work)
        except ValueError:
            return None

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert (found.count("read"), len(worked)) == ((7, 2) if fails else (8, 1))
    assert not known._working


def test_nobody_waits_for_ever_for_another(monkeypatch):
    monkeypatch.setattr(alike, "PATIENCE", 0)
    known = Known()
    assert known.of("a", lambda: known.of("a", lambda: "worked out twice")) == "worked out twice"


def test_what_a_policy_gives_is_resolved_once_for_boxes_of_a_template(monkeypatch):
    afresh(monkeypatch)
    resolved = []
    real = effective.effective_policy
    monkeypatch.setattr(effective, "effective_policy", lambda *a: resolved.append(a[1]) or real(*a))
    box = {"release": "9.16(4)", "link": "1500", "mtu": "1406", "end": ": end", "serial": "9A1"}
    for number in range(3):
        judge(parse(TEXT.format(name=f"hostname fw{number}", **box)), "fw", DeviceObservations("fw"))
    assert sorted(resolved) == sorted(set(resolved))


def test_no_prediction_pushes_a_template_out(monkeypatch):
    afresh(monkeypatch)
    config = parse(
        TEXT.format(name="hostname fw", release="9.16(4)", link="1500", mtu="1406", end=": end", serial="9A1")
    )
    judge(config, "fw", only=frozenset())
    assert not context._known._known._found
    judge(config, "fw")
    assert len(context._known._known._found) == 1
