from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket

LOG = "logging enable\nlogging buffered informational\n"
SEEN = DeviceObservations(
    "vpn1", first=datetime(2024, 5, 1, 8, tzinfo=UTC), last=datetime(2024, 5, 2, 8, tzinfo=UTC), lines=100
)


@pytest.mark.parametrize(
    ("lines", "answer", "reason"),
    [
        (LOG, "yes", ""),
        ("logging enable\nlogging trap debugging\n", "yes", ""),
        ("logging enable\nlogging buffered 7\n", "yes", ""),
        ("logging enable\nlogging buffered notifications\n", "no", "the log keeps 'notifications'"),
        ("logging buffered informational\n", "no", "logging is not enabled"),
        ("logging enable\n", "no", "no destination"),
        (LOG + "no logging message 722036\n", "no", "suppresses message 722036"),
        (LOG + "logging message 722036 level debugging\n", "no", "is at level 7"),
        ("logging enable\nlogging buffered errors\nlogging message 722036 level errors\n", "yes", ""),
        (
            "logging enable\nlogging list VPN level informational class svc\nlogging trap VPN\n",
            "unknown",
            "logging list",
        ),
    ],
)
def test_logging_decides_what_could_be_seen(lines: str, answer: str, reason: str, finding) -> None:
    seen = finding((LOG, lines), seen=SEEN).evidence
    assert seen.observable == answer
    assert reason in (sentence(seen.observable_reason) if seen.observable_reason else "")
    assert bool(seen.observable_reason) == (answer != "yes")


def test_the_time_covered_is_told(finding) -> None:
    seen = finding(seen=SEEN).evidence
    assert seen.span == ("2024-05-01T08:00:00+00:00", "2024-05-02T08:00:00+00:00")


def test_a_wrapped_buffer_leaves_it_open(finding) -> None:
    wrapped = DeviceObservations("vpn1", lines=100, buffer_wrapped=True)
    seen = finding(seen=wrapped).evidence
    assert (seen.observable, seen.confirmed) == ("unknown", False)
    assert seen.observable_reason == notice("buffer-wrapped")


def test_sessions_alone_are_no_log(finding) -> None:
    sessions = DeviceObservations(
        "vpn1", {"STAFF": GroupObservations("STAFF", tls_only_users=frozenset({"bob"}), sessions=5)}
    )
    seen = finding(seen=sessions).evidence
    assert (seen.observable, seen.tls_only_sessions, seen.sessions) == ("no", 1, 5)


def test_what_was_seen_was_observable(finding) -> None:
    group = GroupObservations(
        "STAFF", users=frozenset({"bob", "al"}), large_packets=(LargePacket(1418, 1315, True, 7),)
    )
    seen = finding((LOG, ""), seen=DeviceObservations("vpn1", {"STAFF": group}, lines=7)).evidence
    assert (seen.observable, seen.large_packets, seen.thresholds) == ("yes", 7, (1315,))
    assert (seen.users, seen.user_names) == (2, ("al", "bob"))


def test_without_evidence_nothing_is_said_about_it(finding) -> None:
    assert finding().evidence is None


def test_an_excerpt_does_not_tell_how_the_box_logs(finding) -> None:
    end = "Cryptochecksum:00112233445566778899aabbccddeeff\n: end\n"
    seen = finding((LOG, ""), (end, ""), seen=SEEN).evidence
    assert seen.observable == "unknown"


QUIET = DeviceObservations(
    "vpn1",
    lines=3,
    met=True,
    level=6,
    log_begins=datetime(2024, 5, 1, tzinfo=UTC),
    log_ends=datetime(2024, 5, 9, tzinfo=UTC),
)
"""A log that would have shown it, and does not."""


def test_a_log_that_would_have_shown_it(finding) -> None:
    seen = finding(seen=QUIET).evidence
    assert (seen.observable, seen.observable_reason) == ("yes", None)
    assert seen.span == ("2024-05-01T00:00:00+00:00", "2024-05-09T00:00:00+00:00")
    silent = finding((LOG, LOG + "no logging message 722036\n"), seen=QUIET).evidence
    assert (silent.observable, silent.observable_reason == notice("message-suppressed")) == ("no", True)


@pytest.mark.parametrize(
    ("lacks", "answer", "code"),
    [
        ({"lines": 0}, "no", "no-vpn-message"),
        ({"level": 5}, "no", "only-notices"),
        ({"left_out": ("722022",)}, "no", "messages-left-out"),
        ({"no_beginning": True}, "unknown", "no-session-begins"),
        ({"unreadable": 2}, "unknown", "unreadable-messages"),
        ({"untimed": 1}, "unknown", "messages-without-time"),
        ({"torn": 1}, "unknown", "torn-logs"),
        ({"missing": 1}, "unknown", "missing-rotations"),
        ({"buffer_wrapped": True}, "unknown", "buffer-wrapped"),
        ({"lines": 0, "met": False}, "no", "no-log-given"),
    ],
)
def test_a_log_that_would_not_have_shown_all(finding, lacks, answer, code) -> None:
    seen = finding(seen=replace(QUIET, **lacks)).evidence
    assert (seen.observable, seen.observable_reason.code) == (answer, code)


def test_the_device_itself_picks_no_messages_out(finding) -> None:
    own = replace(QUIET, own_log=True, level=5)
    assert finding(seen=own).evidence.observable == "yes"


def test_where_some_were_seen_there_may_be_more(finding) -> None:
    group = GroupObservations("STAFF", users=frozenset({"al"}), large_packets=(LargePacket(1418, 1315, True, 7),))
    seen = finding(seen=replace(QUIET, groups={"STAFF": group}, unreadable=1)).evidence
    assert (seen.large_packets, seen.observable, seen.observable_reason.code) == (7, "unknown", "unreadable-messages")
