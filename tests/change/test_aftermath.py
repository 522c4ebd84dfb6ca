"""What happened to the users since a change: only sessions that came up after it say anything."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nornir_anyconnect.asa.running_config import LoggingSettings, Sourced, notice
from nornir_anyconnect.audit.observable import Observable
from nornir_anyconnect.change.user_tally import Tally, as_data, device_time, in_words, tally, watched

SINCE = datetime(2024, 5, 6, 12, tzinfo=UTC)
HEAD = "    Buffer logging: level informational, {} messages logged\n"
YES = Observable("yes")
LOGGED = LoggingSettings(enabled=Sourced(True, None), buffered=Sourced("informational", None))


def said(clock, message, group="GP", user="ann", *, address="203.0.113.7"):
    text = {
        722051: "IPv4 Address <10.9.0.5> IPv6 address <::> assigned to session",
        722033: "First TCP SVC connection established for SVC session.",
        722032: "New TCP SVC connection replacing old connection.",
        722036: "Transmitting large packet 1418 (threshold 1347).",
        722035: "Received large packet 1418 (threshold 1347).",
        113039: "AnyConnect parent session started.",
    }[message]
    stamp = f"May 06 2024 {clock}: " if clock else ""
    return f"{stamp}%ASA-6-{message}: Group <{group}> User <{user}> IP <{address}> {text}\n"


def session(user, group, *tunnels):
    return (
        f"Username     : {user}                    Index        : 1\n"
        "Assigned IP  : 10.9.0.5               Public IP    : 203.0.113.8\n"
        f"Protocol     : {' '.join(('AnyConnect-Parent', *tunnels))}\n"
        f"Group Policy : {group}                     Tunnel Group : TG\n\n"
    )


def counted(*lines, since=SINCE, sessions=""):
    return tally(["GP"], "".join(lines), sessions, since)["GP"]


@pytest.mark.parametrize(
    ("clock", "time"),
    [
        ("10:11:12.123 UTC Mon May 6 2024", datetime(2024, 5, 6, 10, 11, 12, tzinfo=UTC)),
        ("9:11:12 CEST Mon May 06 2024\n", datetime(2024, 5, 6, 9, 11, 12, tzinfo=UTC)),
        ("ERROR: % Invalid input", None),
        ("", None),
    ],
)
def test_the_clock_of_the_device_is_its_local_time(clock, time):
    assert device_time(clock) == time


def test_what_is_connected_now_is_counted_per_policy():
    sessions = session("ann", "GP", "SSL-Tunnel") + session("bob", "GP", "SSL-Tunnel", "DTLS-Tunnel")
    found = tally(["GP", "OTHER"], "", sessions + session("eve", "NOBODY-ASKED", "SSL-Tunnel"), SINCE)
    assert found == {"GP": Tally(sessions=2, tls_only=1), "OTHER": Tally()}


def test_before_the_change_everything_counts():
    log = (
        said("11:00:00", 722036),
        said("12:00:01", 722033, user="bob"),
        said("12:00:09", 722036, user="bob"),
        said("12:01:00", 722032, user="bob"),
    )
    assert counted(*log, since=None) == Tally(large_packets=2, reconnects=1, hit=1)


@pytest.mark.parametrize("message", [722051, 113039, 722033])
@pytest.mark.parametrize(("clock", "packets"), [("11:59:59", 0), ("12:00:00", 1), ("12:00:01", 1)])
def test_a_large_packet_counts_where_its_session_came_up_after_the_change(message, clock, packets):
    assert counted(said(clock, message), said("12:05:00", 722036)).large_packets == packets


@pytest.mark.parametrize(("clock", "sessions"), [("11:59:59", 0), ("12:00:00", 1), ("12:00:01", 1)])
def test_an_address_that_is_assigned_after_the_change_is_a_session_that_came_up(clock, sessions):
    assert counted(said(clock, 722051)).came_up == sessions


def test_sessions_and_packets_add_up_over_users():
    log = [said("12:01:00", 722051, user=user) + said("12:02:00", 722036, user=user) * 2 for user in ("ann", "bob")]
    assert counted(*log) == Tally(came_up=2, large_packets=4)


def test_a_message_that_a_server_says_was_repeated_counts_as_often():
    line = said("12:02:00", 722036).strip().replace("%ASA", "fw1 message repeated 3 times: [ %ASA") + "]\n"
    assert counted(said("12:01:00", 722051), line).large_packets == 3


def test_a_reconnect_does_not_make_a_session_a_new_one():
    log = (said("11:00:00", 722051), said("12:01:00", 722032), said("12:02:00", 722036))
    assert counted(*log) == Tally()


def test_a_session_of_which_the_log_shows_no_beginning_counts_from_its_new_connection():
    assert counted(said("12:01:00", 722032), said("12:02:00", 722036)).large_packets == 1
    assert counted(said("12:02:00", 722036)) == Tally()


def test_a_user_at_another_address_is_another_session():
    log = (said("12:01:00", 722051), said("12:02:00", 722036, address="203.0.113.9"))
    assert counted(*log) == Tally(came_up=1)


def test_a_line_without_a_stamp_says_nothing_of_the_time_after_the_change():
    assert counted(said("", 722051), said("", 722036), said("12:02:00", 722036)) == Tally()


def test_a_packet_from_the_client_is_not_one_that_was_sent():
    assert counted(said("12:01:00", 722051), said("12:02:00", 722035)) == Tally(came_up=1)


@pytest.mark.parametrize(("up", "reconnects"), [("11:59:59", 0), ("12:00:00", 1), ("12:00:10", 1)])
def test_a_reconnect_counts_where_the_session_came_up_after_the_change(up, reconnects):
    log = (said(up, 722033), said("12:00:20", 722036), said("12:01:00", 722032))
    assert counted(*log).reconnects == reconnects


def test_without_the_time_of_the_change_nothing_can_be_seen():
    assert watched(LOGGED, HEAD.format(1), None) == ("no", notice("clock-not-known"))


def test_a_log_that_cannot_be_read_is_not_a_silent_one():
    assert watched(LOGGED, "", SINCE) == ("no", notice("log-not-readable"))


def test_a_device_without_a_buffer_shows_no_drop():
    answer = watched(LOGGED, "    Buffer logging: disabled\n", SINCE)
    assert answer == ("no", notice("no-log-buffer"))


def test_a_buffer_that_holds_everything_answers_as_it_is_configured():
    assert watched(LOGGED, HEAD.format(1) + said("12:02:00", 722051), SINCE) == YES
    answer = watched(replace(LOGGED, enabled=None), HEAD.format(1) + said("12:02:00", 722051), SINCE)
    assert answer == ("no", notice("logging-off"))


def test_a_syslog_server_that_gets_more_is_not_what_is_read_here():
    logging = replace(LOGGED, buffered=Sourced("errors", None), trap=Sourced("informational", None))
    assert watched(logging, HEAD.format(0), SINCE).answer == "no"


@pytest.mark.parametrize(("oldest", "answer"), [("11:59:59", "yes"), ("12:00:00", "yes"), ("12:00:01", "unknown")])
def test_a_wrapped_buffer_tells_where_it_reaches_back_to_the_change(oldest, answer):
    log = HEAD.format(9) + said(oldest, 722051) + said("12:30:00", 722036)
    assert watched(LOGGED, log, SINCE).answer == answer


def test_a_wrapped_buffer_without_stamps_reaches_back_to_nowhere():
    assert watched(LOGGED, HEAD.format(9) + said("", 722051), SINCE) == (
        "unknown",
        notice("buffer-wrapped-since-change"),
    )


def test_a_wrapped_buffer_that_keeps_too_little_is_no_matter_of_time():
    logging = replace(LOGGED, buffered=Sourced("errors", None))
    assert watched(logging, HEAD.format(9) + said("12:30:00", 722036), SINCE).answer == "no"


@pytest.mark.parametrize(
    ("counts", "watch", "words"),
    [
        (
            {"A": Tally(large_packets=1, reconnects=2), "B": Tally(came_up=1), "C": Tally(reconnects=1)},
            YES,
            "since the change 1 large packet and 2 reconnects in A; 0 large packets and 1 reconnect in C",
        ),
        (
            {"A": Tally(large_packets=3)},
            Observable("no", notice("no-log-buffer")),
            "since the change 3 large packets and 0 reconnects in A",
        ),
        (
            {"A": Tally(came_up=1)},
            Observable("no", notice("no-log-buffer")),
            "drops are not observable: the device keeps no log buffer (no logging buffered)",
        ),
        ({"A": Tally(sessions=5)}, YES, "no session came up since the change: no user has put it to the test yet"),
        (
            {"A": Tally(came_up=1)},
            YES,
            "1 session came up since the change, with no large packet and no reconnect",
        ),
        (
            {"A": Tally(came_up=1), "B": Tally(came_up=1)},
            Observable("unknown", notice("logging-list")),
            "2 sessions came up since the change, with no large packet and no reconnect (a logging list or class decides whether message 722036 is kept)",
        ),
    ],
)
def test_the_sentence_for_people(counts, watch, words):
    assert in_words(counts, watch) == words


def test_the_counts_as_data():
    names = {"sessions": 1, "came_up": 2, "tls_only": 3, "large_packets": 4, "reconnects": 5, "hit": 6}
    assert as_data({"GP": Tally(1, 2, 3, 4, 5, 6)}) == {"GP": names}
    assert as_data({}) == {}
    assert as_data(None) is None
