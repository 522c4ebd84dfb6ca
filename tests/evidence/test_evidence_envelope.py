"""Records of exports: what a message says itself wins, what it lacks comes from what the export wrapped around it."""

from __future__ import annotations

from datetime import UTC, datetime

from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.reader import SyslogReader

BODY = b"%ASA-6-722036: Group <GP> User <ann> IP <192.0.2.1> Transmitting large packet 1406 (threshold 1367)."
LATER = "2026-03-29T05:00:00.000Z"


def test_a_bare_message_takes_time_and_device_from_its_envelope():
    (event,) = SyslogReader().read_envelopes([Envelope(BODY, LATER, "edge7")])
    assert (event.device, event.time) == ("edge7", datetime(2026, 3, 29, 5, tzinfo=UTC))


def test_the_messages_own_stamp_and_device_win():
    own = b"<166>Mar 29 2026 01:00:05 inner : " + BODY
    (event,) = SyslogReader().read_envelopes([Envelope(own, LATER, "relay")])
    assert (event.device, event.time) == ("inner", datetime(2026, 3, 29, 1, 0, 5, tzinfo=UTC))


def test_a_message_nobody_asked_for_names_its_device():
    reader = SyslogReader()
    assert not list(reader.read_envelopes([Envelope(b"%ASA-6-302013: Built inbound TCP", LATER, "edge7")]))
    assert list(reader.sightings.devices) == ["edge7"]
