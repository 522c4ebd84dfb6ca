"""What clients write, in blocks and in single lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.clients.client_log import (
    is_client_log,
    may_tell_of_a_reconnect,
    read_client_log,
    reconnects,
)
from nornir_anyconnect.evidence.syslog.stamps import StampContext
from tests.texts import texts

RULE = "*" * 42


def block(clock: str, source: str, description: str, date: str = "05/06/2024", kind: str = "Warning") -> str:
    return f"{RULE}\n\nDate        : {date}\nTime        : {clock}\nType        : {kind}\nSource      : {source}\n\nDescription : {description}\n\n"


STORY = (
    block("12:30:01", "acvpnagent", "Reconfigure reason code 16:\nNew MTU configuration.")
    + block("12:30:01", "acvpnagent", "The entire VPN connection is being reconfigured.", kind="Information")
    + block("12:30:02", "acvpnui", "Message type information sent to the user:\nReconnecting to vpn.example.com...")
    + block(
        "12:30:02",
        "acvpnagent",
        "A new MTU needs to be applied to the VPN network interface.\nDisabling and re-enabling the Virtual Adapter.",
    )
)


def events(text: str, **known):
    return list(read_client_log(text.splitlines(), StampContext(**known)))


def test_blocks():
    said = events(STORY)
    assert [(e.reason_code, e.new_mtu, e.mtu_applied, e.reconnecting_to) for e in said] == [
        (16, True, False, None),
        (None, False, False, "vpn.example.com"),
        (None, False, True, None),
    ]
    assert [e.source for e in said] == ["acvpnagent", "acvpnui", "acvpnagent"]
    assert said[0].time == datetime(2024, 5, 6, 12, 30, 1, tzinfo=UTC)


def test_one_reconnect_out_of_several_records():
    (found,) = reconnects(events(STORY), "dart.txt")
    assert found.to_dict() == {
        "time": "2024-05-06T12:30:01+00:00",
        "headend": "vpn.example.com",
        "reason_code": 16,
        "because_of_mtu": True,
        "log": "dart.txt",
    }


def test_two_reconnects_a_minute_apart():
    again = STORY.replace("12:30:", "12:32:")
    assert len(reconnects(events(STORY + again))) == 2


def test_without_rules_and_blank_lines_between_the_records():
    text = "\n".join(line for line in STORY.splitlines() if line and not line.startswith("*"))
    assert len(events(text)) == 3


@pytest.mark.parametrize(
    ("date", "clock"),
    [("05/06/2024", "12:30:01"), ("5/6/2024", "12:30:01 PM"), ("2024-05-06", "12:30:01"), ("06.05.2024", "12:30:01")],
)
def test_dates_of_several_countries(date, clock):
    (said,) = events(block(clock, "acvpnagent", "Reconfigure reason code 16: New MTU configuration.", date))
    assert said.time == datetime(2024, 5, 6, 12, 30, 1, tzinfo=UTC)


def test_a_date_nobody_can_read_is_no_time():
    (said,) = events(block("noon", "acvpnagent", "Reconfigure reason code 16: New MTU configuration."))
    assert said.time is None


def test_the_clients_zone():
    (said, *_) = events(STORY, tz=timezone(timedelta(hours=2)))
    assert said.time == datetime(2024, 5, 6, 10, 30, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "May  6 12:30:01 mac acvpnagent[101]: Reconfigure reason code 16: New MTU configuration.",
        "May  6 12:30:01 host acvpnagent: Reconfigure reason code 16:  New MTU configuration.",
        "2024-05-06 12:30:01.000000+0000 mac vpnagentd[101]: [com.cisco.secureclient:vpn] Reconfigure reason code 16: New MTU configuration.",
        "2024-05-06T12:30:01+00:00 linux csc_vpnagent[7]: Reconfigure reason code 16: New MTU configuration.",
    ],
)
def test_one_line_form(line):
    (said,) = events(line, reference=datetime(2024, 6, 1, tzinfo=UTC))
    assert (said.reason_code, said.new_mtu, said.time) == (16, True, datetime(2024, 5, 6, 12, 30, 1, tzinfo=UTC))
    assert said.source


def test_another_reason_is_not_the_mtu():
    (found,) = reconnects(events(block("12:30:01", "acvpnagent", "Reconfigure reason code 9: Tunnel failure.")))
    assert (found.reason_code, found.because_of_mtu) == (9, False)


def test_records_about_something_else_say_nothing():
    assert events(block("12:30:01", "acvpnagent", "The network control state changed to restricted.")) == []


@pytest.mark.parametrize("date", ["16/11/2013", "2013/11/16", "16-11-2013", "11/16/2013", "2013-11-16", "16.11.2013"])
def test_every_way_to_write_a_day(date):
    (found,) = reconnects(events(f"Date : {date}\nTime : 01:28:50\nDescription : Reconfigure reason code 16:"))
    assert found.time == datetime(2013, 11, 16, 1, 28, 50, tzinfo=UTC)


def test_one_date_tells_how_the_others_are_written():
    reconnect = "Date : {}\nTime : 01:28:50\nDescription : Reconfigure reason code 16:\n"
    other = "Date : 25/11/2013\nTime : 01:28:50\nDescription : nothing\n"
    (found,) = reconnects(events(reconnect.format("05/11/2013") + other))
    assert found.time.month == 11
    (found,) = reconnects(events(reconnect.format("05/11/2013")))
    assert found.time.month == 5


def test_a_devices_message_is_no_client_record():
    line = (
        "May 06 2024 12:30:01 asa : %ASA-6-722011: Group <g> User <u> IP <1.2.3.4> SVC Message: New MTU configuration"
    )
    assert events(line) == []
    assert may_tell_of_a_reconnect(b"... Reconfigure reason code 16 ...")
    assert not may_tell_of_a_reconnect(line[:60].encode())


def test_a_hostile_headend_comes_out_harmless():
    (said,) = events("May  6 12:30:01 mac acvpnui: Reconnecting to \x1b[31mvpn<script>...")
    assert said.reconnecting_to == "\ufffd[31mvpn<script>"


def test_a_story_is_a_clients():
    assert is_client_log(STORY)


def test_a_device_log_is_not_a_clients():
    assert not is_client_log(
        "May 06 2024 12:30:01 asa : %ASA-6-722055: Group <g> Client Type: Cisco AnyConnect VPN Agent"
    )
    assert not is_client_log("nothing of either")


@given(st.text(max_size=300))
def test_any_text_and_no_crash(text):
    found = reconnects(events(text))
    assert len(found) <= len(text.splitlines()) + 1


def test_the_samples():
    for path in texts("client"):
        text = path.read_text()
        assert is_client_log(text)
        (found,) = reconnects(events(text))
        assert found.because_of_mtu
        assert found.time
