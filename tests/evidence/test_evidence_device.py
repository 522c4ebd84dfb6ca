"""Counters, the log's head, and everything of a device together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nornir_anyconnect.evidence.device_evidence import merge, observe_device
from nornir_anyconnect.evidence.device_output.counters import LogBuffer, log_buffer, no_fragment_drops, no_fragment_rate
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket

NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
DROPS = """\
Frame drop:
  Invalid IP header (invalid-ip-header)                                       10
  SVC Module unable to fragment packet (mp-svc-no-fragment)                 {}
  SVC Module does not have a channel for reinjection (mp-svc-no-channel)     156

Last clearing: Never

Flow drop:
  Flow is denied by access rule (acl-drop)                                    99
"""
LOG = """\
Syslog logging: enabled
    Facility: 20
    Timestamp logging: enabled
    Monitor logging: disabled
    Buffer logging: level {level}, {counted} messages logged
    Trap logging: level informational, facility 20, 39294 messages logged
May 06 2024 12:00:00: %ASA-6-722051: Group <GP> User <ann> IP <203.0.113.7> IPv4 Address <10.9.0.4> IPv6 address <::> assigned to session
May 06 2024 12:00:00: %ASA-5-722033: Group <GP> User <ann> IP <203.0.113.7> First TCP SVC connection established for SVC session.
May 06 2024 12:00:09 other : %ASA-6-722036: Group <GP> User <ann> IP <203.0.113.7> Transmitting large packet 1418 (threshold 1347).
May 06 2024 12:01:00: %ASA-5-722032: Group <GP> User <ann> IP <203.0.113.7> New TCP SVC connection replacing old connection.
"""
SESSIONS = """\
Username     : bob                    Index        : 1
Assigned IP  : 10.9.0.5               Public IP    : 203.0.113.8
Protocol     : AnyConnect-Parent SSL-Tunnel
Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES128
Hashing      : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA1
Group Policy : GP                     Tunnel Group : TG
"""


def test_drops():
    assert no_fragment_drops(DROPS.format(148934)) == 148934
    assert no_fragment_drops(DROPS.format(7).replace("no-fragment)", "no-fragment-ASP)")) == 7
    assert no_fragment_drops("Frame drop:\n  No route to host (no-route)  5\n") == 0
    assert no_fragment_drops("ERROR: % Invalid input") is None


@pytest.mark.parametrize(
    ("counts", "rate"), [([100, 400], 5.0), ([100, 250, 400], 5.0), ([100], None), ([400, 100], None), ([], None)]
)
def test_a_rate_needs_two_samples_and_a_counter_that_was_not_cleared(counts, rate):
    seconds = 60 / max(1, len(counts) - 1)
    samples = [(NOON + timedelta(seconds=n * seconds), DROPS.format(count)) for n, count in enumerate(counts)]
    assert no_fragment_rate(samples) == rate


def test_a_sample_that_was_refused_is_left_out():
    assert no_fragment_rate([(NOON, DROPS.format(1)), (NOON + timedelta(seconds=5), "ERROR")]) is None


def test_the_buffer_and_whether_it_wrapped():
    assert log_buffer(LOG.format(level="informational", counted=4)) == LogBuffer("informational", 4, 4)
    assert log_buffer(LOG.format(level="informational", counted=4)).wrapped is False
    assert log_buffer(LOG.format(level="warnings", counted=10003)).wrapped is True
    by_list = log_buffer(LOG.replace("level {level}", "list VPN").format(counted=99))
    assert by_list == LogBuffer("VPN", 99, 4)
    disabled = log_buffer("    Buffer logging: disabled\n")
    assert (disabled.level, disabled.wrapped) == ("disabled", None)
    assert log_buffer("no such thing") is None


def test_a_device_by_its_texts():
    seen = observe_device(
        "edge-1",
        logging_text=LOG.format(level="informational", counted=90),
        sessions_text=SESSIONS,
        summary_text="SSL-Tunnel  :  3 : 4 : 5\nDTLS-Tunnel  :  2 : 4 : 5\n",
        asp_drop=[(NOON, DROPS.format(5)), (NOON + timedelta(seconds=10), DROPS.format(25))],
    )
    assert seen.device == "edge-1"
    group = seen.groups["GP"]
    (incident,) = group.incidents
    assert (incident.device, incident.seconds) == ("edge-1", 60)
    assert (seen.lines, seen.buffer_wrapped, seen.buffer_level) == (4, True, "informational")
    assert (seen.no_fragment_drops, seen.no_fragment_rate) == (25, 2.0)
    assert (seen.ssl_tunnels, seen.dtls_tunnels) == (3, 2)
    assert (group.sessions, group.tls_only_users, group.users) == (1, {"bob"}, {"ann"})
    assert group.ciphers == {("tls", "AES128-SHA")}
    assert (seen.first, seen.last) == (NOON, NOON + timedelta(seconds=60))


def test_an_excerpt_without_a_head_counts_its_lines():
    seen = observe_device("edge-1", logging_text="\n".join(LOG.splitlines()[6:]) + "\n")
    assert (seen.lines, seen.buffer_wrapped) == (4, None)


def test_nothing_given_is_nothing_seen():
    assert observe_device("edge-1") == DeviceObservations(device="edge-1")


def test_it_reads_well_and_becomes_json():
    seen = observe_device("edge-1", logging_text=LOG.format(level="informational", counted=4), sessions_text=SESSIONS)
    assert str(seen) == "edge-1: 4 log lines, 1 large packets, 1 reconnects, 1 sessions, 1 users without DTLS"
    (group,) = seen.to_dict()["groups"]
    assert (group["thresholds"], group["users"], len(group["incidents"])) == ([1347], ["ann"], 1)


def packets(count: int, begin: int, end: int, *, users=("ann",)) -> DeviceObservations:
    group = GroupObservations("GP", users=frozenset(users), large_packets=(LargePacket(1418, 1347, True, count),))
    return DeviceObservations(
        "edge-1", {"GP": group}, first=NOON + timedelta(hours=begin), last=NOON + timedelta(hours=end), lines=count
    )


def test_the_same_drops_in_two_sources_count_once():
    (kind,) = merge(packets(5, 0, 2), packets(3, 1, 2)).groups["GP"].large_packets
    assert kind.count == 5


def test_drops_of_different_times_add_up():
    both = merge(packets(5, 0, 1), packets(3, 2, 3, users=["bob"]))
    assert both.groups["GP"].large_packets == (LargePacket(1418, 1347, True, 8),)
    assert both.groups["GP"].users == {"ann", "bob"}
    assert (both.first, both.last, both.lines) == (NOON, NOON + timedelta(hours=3), 8)


def test_an_incident_in_two_sources_is_one():
    seen = observe_device("edge-1", logging_text=LOG.format(level="informational", counted=4))
    assert merge(seen, seen).groups == seen.groups
    assert merge(DeviceObservations("edge-1"), seen) == seen
    assert merge(seen, DeviceObservations("edge-1")) == seen


def test_what_a_device_shows_itself_corroborates_and_what_a_file_says_does_not_unless_both_say_it():
    line = "May 06 2024 12:30:01: %ASA-6-722036: Group <GP> User <ann> IP <203.0.113.7> Transmitting large packet 1418 (threshold {})."
    live = observe_device("edge", logging_text=line.format(1347))
    assert [each.corroborated for each in live.groups["GP"].large_packets] == [True]
    kinds = (LargePacket(1418, 1347, False, corroborated=False), LargePacket(1418, 1300, False, corroborated=False))
    filed = DeviceObservations("edge", {"GP": GroupObservations("GP", large_packets=kinds)})
    assert {each.threshold: each.corroborated for each in merge(live, filed).groups["GP"].large_packets} == {
        1347: True,
        1300: False,
    }


def test_a_log_without_a_message_of_ours_was_read_all_the_same():
    seen = observe_device("edge", logging_text="May 06 2024 12:00:00: %ASA-6-302013: Built\n")
    assert (seen.met, seen.log_begins) == (True, NOON)
    assert merge(DeviceObservations("edge"), seen).log_ends == NOON
