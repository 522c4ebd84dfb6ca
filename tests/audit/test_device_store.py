"""Devices that are packed are the same devices, and whoever goes through them holds one at a time."""

from dataclasses import replace

import pytest

from nornir_anyconnect import report
from nornir_anyconnect.audit import device_store
from nornir_anyconnect.audit.audit_report import AuditReport, once_per_chassis
from nornir_anyconnect.audit.device_store import DeviceStore, changed
from nornir_anyconnect.audit.finding import DeviceAudit, Status
from nornir_anyconnect.remedies.propose import assess_text

TEXT = """\
ASA Version 9.16(4)
hostname {name}
interface GigabitEthernet0/0
 nameif outside
webvpn
 enable outside
 anyconnect enable
group-policy {name} internal
group-policy {name} attributes
 vpn-tunnel-protocol ssl-client
tunnel-group {name} type remote-access
tunnel-group {name} general-attributes
 default-group-policy {name}
: end
"""
NAMES = ("fw-e", "fw-b", "fw-d", "fw-a", "fw-c")


@pytest.fixture(autouse=True)
def _two_are_kept(monkeypatch):
    monkeypatch.setattr(device_store, "AS_THEY_ARE", 2)


@pytest.fixture(scope="module")
def judged():
    serials = {"fw-e": ("S1",), "fw-b": ("S2", "S1"), "fw-d": ("S4",)}
    return [replace(assess_text(TEXT.format(name=name), name), serials=serials.get(name, ())) for name in NAMES]


def test_a_store_holds_what_was_put_in(judged):
    store = DeviceStore(judged)
    assert list(store) == judged
    assert (store[0], store[-1], len(store)) == (judged[0], judged[-1], 5)
    assert store[1:4] == judged[1:4]
    with pytest.raises(IndexError):
        store[5]


def test_once_per_chassis_is_the_same_for_a_store_and_a_list(judged):
    store = DeviceStore(judged)
    found = once_per_chassis(store)
    assert isinstance(found, DeviceStore)
    assert list(found) == once_per_chassis(judged)
    assert [(each.name, [told.code for told in each.warnings]) for each in found if len(each.serials) > 1] == [
        ("fw-b", ["same-chassis"])
    ]
    assert len(found) == 4


def test_changes_come_one_after_the_other_and_leave_the_store_as_it_was(judged):
    store = once_per_chassis(DeviceStore(judged))
    twice = changed(changed(store, lambda d: replace(d, name=d.name + "1")), lambda d: replace(d, name=d.name + "2"))
    assert [each.name for each in twice] == [f"{name}12" for name in ("fw-a", "fw-b", "fw-c", "fw-d")]
    assert [each.name for each in store] == ["fw-a", "fw-b", "fw-c", "fw-d"]
    assert changed(judged[:1], lambda d: replace(d, status=Status.FAILED))[0].status is Status.FAILED


@pytest.mark.parametrize("name", ["json", "ndjson", "text", "csv", "html", "sarif"])
def test_every_report_of_a_store_is_that_of_a_tuple(judged, name):
    made = ("2024-05-01T00:00:00+00:00", "1")
    of_store, of_tuple = (
        AuditReport(each, *made) for each in (once_per_chassis(DeviceStore(judged)), tuple(once_per_chassis(judged)))
    )
    assert (
        report.render(name, of_store)
        == report.render(name, of_tuple)
        == "".join(report.AUDIT_FORMATS.pieces(name, of_store))
    )


@pytest.mark.parametrize("name", ["json", "ndjson"])
def test_a_report_is_written_as_it_is_drawn(judged, name, monkeypatch):
    drawn = []
    real = DeviceAudit.head
    monkeypatch.setattr(DeviceAudit, "head", lambda device: drawn.append(device.name) or real(device))
    written = ""
    for piece in report.AUDIT_FORMATS.pieces(name, AuditReport(DeviceStore(judged), "2024-05-01T00:00:00+00:00", "1")):
        written += piece
        # a device is out before the one after the next is looked at
        assert sum(f'"name": "{each}", "context"' in written for each in NAMES) >= len(drawn) - 1
    assert drawn == list(NAMES)
