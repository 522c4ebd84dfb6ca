"""What is an incident and what is not, line by line; and that a forged log cannot fill the memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.evidence import incidents as module
from nornir_anyconnect.evidence import tallies
from nornir_anyconnect.evidence.incidents import Collector, observe, timeline
from nornir_anyconnect.evidence.observations import LargePacket
from nornir_anyconnect.evidence.session import LargePackets, bounds
from nornir_anyconnect.evidence.syslog.reader import SyslogReader
from nornir_anyconnect.evidence.syslog.sightings import Sighting
from nornir_anyconnect.evidence.syslog.stamps import microseconds
from tests.amounts import examples

START = datetime(2024, 5, 6, 12, 0, 0, tzinfo=UTC)


def line(seconds: float, text: str, *, user: str = "ann", address: str = "203.0.113.7", device: str = "asa") -> str:
    message, _, rest = text.partition(" ")
    stamp = START + timedelta(seconds=seconds)
    return f"{stamp:%b %d %Y %H:%M:%S} {device} : %ASA-6-{message}: Group <GP> User <{user}> IP <{address}> {rest}"


def up(seconds, **who):
    return line(seconds, "722033 First TCP SVC connection established for SVC session.", **who)


def assigned(seconds, **who):
    return line(seconds, "722051 IPv4 Address <10.9.0.4> IPv6 address <::> assigned to session", **who)


def udp(seconds, **who):
    return line(seconds, "722033 First UDP SVC connection established for SVC session.", **who)


def udp_ends(seconds, **who):
    return line(seconds, "722023 UDP SVC connection terminated without compression", **who)


def large(seconds, packet=1418, threshold=1347, **who):
    return line(seconds, f"722036 Transmitting large packet {packet} (threshold {threshold}).", **who)


def tcp(seconds, **who):
    return line(seconds, "722032 New TCP SVC connection replacing old connection.", **who)


def tcp_again(seconds, **who):
    return line(seconds, "722034 New TCP SVC connection, no existing connection.", **who)


def ends(seconds, user="ann", address="203.0.113.7", lasted=None):
    stamp = START + timedelta(seconds=seconds)
    hours, rest = divmod(seconds if lasted is None else lasted, 3600)
    duration = f"{hours}h:{rest // 60:02}m:{rest % 60:02}s"
    return (
        f"{stamp:%b %d %Y %H:%M:%S} asa : %ASA-4-113019: Group = TG, Username = {user}, IP = {address}, Session "
        f"disconnected. Session Type: SSL, Duration: {duration}, Bytes xmt: 1, Bytes rcv: 1, Reason: User Requested"
    )


def pmtu(seconds, destination="10.9.0.4", packet=1418, mtu=1347):
    stamp = START + timedelta(seconds=seconds)
    return (
        f"{stamp:%b %d %Y %H:%M:%S} asa : %ASA-6-602101: PMTU-D packet {packet} bytes greater than effective mtu {mtu}, "
        f"dest_addr={destination}, src_addr=10.1.1.1, prot=TCP"
    )


def seen(*lines, **options):
    reader = SyslogReader()
    devices = observe(reader.read(["\n".join(lines).encode()]), bounds(**options))
    assert reader.unreadable == 0
    return devices["asa"]


def incidents(*lines, **options):
    return [i for group in seen(*lines, **options).groups.values() for i in group.incidents]


@pytest.mark.parametrize("comes_up", [up, assigned, tcp_again])
@pytest.mark.parametrize("reconnects", [tcp, tcp_again])
def test_dtls_never_up(comes_up, reconnects):
    (found,) = incidents(comes_up(0), large(5), large(9), reconnects(61))
    assert (found.kind, found.seconds, found.large_packets) == ("dtls-never-up", 61, 2)
    assert (found.packet, found.threshold) == (1418, 1347)
    assert (found.user, found.group_policy, found.device, found.address) == ("ann", "GP", "asa", "203.0.113.7")
    assert (found.connected_at, found.reconnected_at) == (START, START + timedelta(seconds=61))


def test_dtls_lost():
    (found,) = incidents(up(0), udp(1), udp_ends(1000), large(1003), tcp(1400))
    assert (found.kind, found.seconds, found.large_packets) == ("dtls-lost", 1400, 1)
    assert (found.connected_at, found.stalled) == (START, 400)


def test_dtls_that_goes_silent():
    (found,) = incidents(up(0), udp(1), large(1000), large(1100), tcp(1200))
    assert (found.kind, found.seconds, found.stalled) == ("dtls-lost", 1200, 200)


def test_dtls_that_goes_silent_and_is_given_up_in_the_end():
    (found,) = incidents(up(0), udp(1), large(1000), large(1030), udp_ends(1060), tcp(1061))
    assert (found.kind, found.stalled, found.large_packets) == ("dtls-lost", 61, 2)


@pytest.mark.parametrize(
    ("why", "lines"),
    [
        ("drops, but nobody reconnects", [up(0), large(5)]),
        ("a reconnect without a large packet", [up(0), tcp(60)]),
        ("too early", [up(0), large(5), tcp(29)]),
        ("too late", [up(0), large(5), tcp(121)]),
        ("UDP came", [up(0), large(1), udp(3), tcp(60)]),
        ("UDP came back after it was lost", [up(0), udp(1), udp_ends(50), large(51), udp(52), tcp(60)]),
        ("the large packet is of another user", [up(0), large(5, user="bob"), tcp(60)]),
        ("the large packet is of another address", [up(0), large(5, address="198.51.100.1"), tcp(60)]),
        ("the session ended in between", [up(0), large(5), ends(30), tcp_again(60)]),
        ("a new login in between", [up(0), large(5), up(40), tcp_again(75)]),
        ("nobody knows when it came up", [large(5), tcp(60)]),
        ("the UDP that reconnects is not TCP", [up(0), large(5), line(60, "722034 New UDP SVC connection, no x")]),
        ("a large packet long before a change of network", [up(0), udp(1), large(100), tcp(3701)]),
        ("a large packet long before UDP ends", [up(0), udp(1), large(100), udp_ends(3701), tcp(3760)]),
    ],
)
def test_what_is_no_incident(why, lines):
    assert incidents(*lines) == [], why


def test_the_bounds_are_adjustable():
    story = (up(0), large(5), tcp(150))
    assert incidents(*story) == []
    (found,) = incidents(*story, longest=200)
    assert found.seconds == 150


def test_a_replaced_connection_starts_no_clock_anew():
    (found,) = incidents(up(0), large(5), tcp(10), tcp(60))
    assert (found.seconds, found.large_packets) == (60, 1)
    # 722034 is a session that comes up
    assert incidents(up(0), large(5), tcp_again(10), tcp(60)) == []


def test_without_any_stamp_no_reconnect_is_told():
    def unstamped(*lines, **options):
        text = "\n".join(each.partition(" : ")[2] for each in lines)
        (device,) = observe(SyslogReader().read([text.encode()]), bounds(**options)).values()
        return [each for group in device.groups.values() for each in group.incidents]

    # nobody can tell what came before what: the drops are seen, the reconnect is not
    for story in ((up(0), udp(1), udp_ends(2), large(3), tcp(4)), (up(0), udp(1), large(3), large(3), tcp(4))):
        assert unstamped(*story) == []


def test_dtls_lost_has_no_bound_once_its_end_is_logged():
    (found,) = incidents(up(0), udp(1), udp_ends(10), large(20), tcp(90_000))
    assert (found.kind, found.stalled) == ("dtls-lost", 89_990)


def test_how_long_dtls_may_be_silent_is_adjustable():
    story = (up(0), udp(1), large(600), large(605), large(1000), tcp(1700))
    (found,) = incidents(*story)
    assert (found.kind, found.large_packets, found.stalled) == ("dtls-lost", 3, 1100)
    assert incidents(*story, silence=300) == []
    (found,) = incidents(*story[:-1], tcp(1100), silence=300)
    assert (found.large_packets, found.stalled) == (1, 100)


def test_the_end_of_an_older_session_does_not_end_the_new_one():
    (found,) = incidents(up(0), large(5), ends(20, lasted=8 * 3600), tcp(60))
    assert found.seconds == 60
    # after a reconnect the session is still the one that logged in
    assert incidents(up(0), large(5), tcp(60), large(70), ends(100, lasted=99), tcp_again(130))[1:] == []


def test_a_new_parent_session_is_not_the_old_one():
    started = line(5000, "113039 AnyConnect parent session started.")
    assert incidents(up(0), udp(1), started, large(5005), tcp_again(5060)) == []


@pytest.mark.parametrize("lost", ["716058 AnyConnect session lost connection.", "716059 AnyConnect session resumed."])
def test_a_tunnel_group_is_no_group_policy(lost):
    device = seen(assigned(0), large(5), line(6, lost).replace("<GP>", "<TG>"), pmtu(7), line(8, lost), tcp(61))
    assert list(device.groups) == ["GP"]
    (found,) = device.groups["GP"].incidents
    assert (found.large_packets, [each.message for each in found.timeline].count(lost[:6])) == (1, 2)


def test_a_threshold_that_one_user_alone_met_is_not_corroborated():
    def kinds(*lines):
        return [each.corroborated for group in seen(*lines).groups.values() for each in group.large_packets]

    repeated = large(5).replace(" asa :", " relay: message repeated 9 times: [ asa :")
    assert kinds(up(0), large(5), large(6), repeated) == [False]
    assert kinds(large(5), large(6, user="bob")) == [True]
    assert kinds(large(5), large(6, address="198.51.100.1")) == [True]
    assert kinds(large(5), large(6, threshold=1300, user="bob")) == [False, False]
    assert kinds(large(5), large(6, packet=1400, user="bob").replace("<GP>", "<OTHER>")) == [True, True]


def test_602101_alone_is_told_from_722036():
    (alone,) = seen(assigned(0), pmtu(5)).groups["GP"].large_packets
    (both,) = seen(assigned(0), pmtu(5), large(5)).groups["GP"].large_packets
    assert (alone.sent, both.sent) == (False, True)


def test_the_time_covered_is_that_of_the_log():
    collector = Collector()
    for event in SyslogReader().read([up(60).encode()]):
        collector.feed(event)
    sighting = Sighting()
    for moment in (START, START + timedelta(hours=1)):
        sighting.note(6, microseconds(moment), microseconds(moment))
    collector.sighted("asa", sighting)
    collector.sighted("quiet", Sighting())
    devices = collector.finish()
    assert (devices["asa"].log_begins, devices["asa"].log_ends) == (START, START + timedelta(hours=1))
    assert (devices["asa"].lines, devices["quiet"].lines, devices["quiet"].met) == (1, 0, True)
    assert devices["quiet"].log_begins is None


def test_every_reconnect_counts_once():
    story = [up(0), assigned(1), large(5), tcp(60), tcp(60), tcp_again(60), large(70), tcp(125), up(0), tcp(60)]
    assert [found.seconds for found in incidents(*story)] == [60, 65]


def test_drops_are_evidence_without_a_reconnect():
    group = seen(assigned(0), large(5), large(6), large(7, 1400, 1303)).groups["GP"]
    assert group.large_packets == (LargePacket(1400, 1303, True, 1), LargePacket(1418, 1347, True, 2))
    assert group.users == {"ann"}
    assert group.incidents == ()


def test_a_packet_dropped_before_udp_came_up_is_not_one_without_udp():
    assert seen(up(0), large(1), udp(2)).groups["GP"].large_packets == (LargePacket(1418, 1347, False, 1),)


def test_a_packet_of_a_session_whose_beginning_is_missing_proves_nothing():
    assert seen(large(1)).groups["GP"].large_packets == (LargePacket(1418, 1347, False, 1),)


def test_path_mtu_messages_are_joined_through_the_assigned_address():
    device = seen(assigned(0), pmtu(5), pmtu(6), pmtu(7, destination="10.9.0.99", mtu=1300))
    assert device.groups["GP"].large_packets == (LargePacket(1418, 1347, True, 2),)
    assert device.effective_mtus == ((1418, 1300),)


def test_both_messages_of_one_drop_count_once():
    device = seen(assigned(0), large(5), pmtu(5), large(6), pmtu(6), pmtu(7))
    assert device.groups["GP"].large_packets == (LargePacket(1418, 1347, True, 3),)


def test_an_address_that_is_given_to_somebody_else_leads_to_him():
    device = seen(
        assigned(0), ends(10), assigned(20, user="bob", address="198.51.100.1"), large(25, user="bob"), pmtu(30)
    )
    assert device.effective_mtus == ()
    assert device.groups["GP"].users == {"bob"}


def test_users_with_hidden_names_are_told_apart_by_their_address():
    group = seen(
        up(0, user="*****"), large(1, user="*****"), up(0, user="*****", address="198.51.100.1"),
        large(1, user="*****", address="198.51.100.1"), large(2, user="", address="198.51.100.2"),
    ).groups["GP"]  # fmt: skip
    assert len(group.users) == 3


def test_devices_do_not_mix():
    reader = SyslogReader()
    lines = [up(0), large(5, device="other"), tcp(60)]
    devices = observe(reader.read(["\n".join(lines).encode()]))
    assert sorted(devices) == ["asa", "other"]
    assert all(not group.incidents for device in devices.values() for group in device.groups.values())
    assert (devices["asa"].lines, devices["other"].lines) == (2, 1)
    assert (devices["asa"].first, devices["asa"].last) == (START, START + timedelta(seconds=60))


def test_lines_are_put_in_order_however_they_arrive():
    assert len(incidents(tcp(60), large(55), up(0))) == 1
    assert len(incidents(up(0), udp(64), tcp(60), large(55))) == 1
    assert len(incidents(up(0), tcp(60), up(100, user="bob"), up(200, user="bob"), large(55))) == 1


def test_a_tie_within_one_second_is_read_as_cause_and_effect():
    assert len(incidents(tcp(60), large(60), up(0))) == 1
    assert incidents(up(0), udp(60), tcp(60), large(61), tcp(200)) != []
    assert incidents(up(0), udp(0), large(5), udp_ends(9), ends(9), up(9), tcp(60)) == []


def test_compression_and_refused_dtls_are_noted():
    group = seen(
        line(0, "722022 TCP SVC connection established with compression"),
        line(1, "722043 DTLS disabled: unable to negotiate cipher."),
        line(2, "722035 Received large packet 1500 (threshold 1347)."),
    ).groups["GP"]
    assert group.compression
    assert group.dtls_disabled == 1
    assert group.received_large == (LargePacket(1500, 1347, False, 1),)
    assert group.logged_users == 1


def test_ciphers_are_joined_through_the_handshake():
    def ssl(seconds, text):
        return f"{START + timedelta(seconds=seconds):%b %d %Y %H:%M:%S} asa : %ASA-6-{text}"

    group = seen(
        ssl(0, "725001: Starting SSL handshake with client outside:203.0.113.7/5001 for TLSv1.2 session"),
        ssl(1, "725012: Device chooses cipher AES256-SHA for the SSL session with client outside:203.0.113.7/5001"),
        up(2),
        ssl(3, "725001: Starting SSL handshake with client outside:203.0.113.7/5002 for DTLSv1 session"),
        ssl(3, "725012: Device chooses cipher AES128-SHA for the SSL session with client outside:203.0.113.7/5002"),
        ssl(3, "725012: Device chooses cipher RC4-SHA for the SSL session with client outside:198.51.100.9/1"),
        udp(4),
    ).groups["GP"]
    assert group.ciphers == {("tls", "AES256-SHA"), ("dtls", "AES128-SHA")}


def test_the_timeline_tells_the_story_in_order():
    (found,) = incidents(
        up(0), line(2, "722043 DTLS disabled: no cipher."), large(5), large(6),
        line(58, "722011 SVC Message: 17/WARNING: Reconnecting the VPN tunnel.."),
        line(59, "716058 AnyConnect session lost connection. Waiting to resume."), tcp(60),
    )  # fmt: skip
    assert [entry.message for entry in found.timeline] == ["722033", "722043", "722036", "722011", "716058", "722032"]
    lines = timeline(found)
    assert len(lines) == 6
    assert "+60 s" in lines[-1]
    assert "reconnects" in lines[-1]


def test_lines_without_a_stamp_show_drops_but_no_incident():
    reader = SyslogReader()
    text = "\n".join(each.partition(" : ")[2] for each in (up(0), large(5), tcp(60)))
    (device,) = observe(reader.read([text.encode()])).values()
    assert device.groups["GP"].large_packets == (LargePacket(1418, 1347, True, 1),)
    assert device.groups["GP"].incidents == ()
    assert device.first is None


def test_a_forged_stamp_in_the_future_does_not_disturb_the_order_for_long():
    forged = line(86400 * 3650, "722028 Stale SVC connection closed.", user="eve")
    assert len(incidents(forged, up(0), tcp(60), large(55))) == 1


def test_every_table_is_bounded(monkeypatch):
    for name in ("MAX_SESSIONS", "MAX_DEVICES", "MAX_HANDSHAKES"):
        monkeypatch.setattr(module, name, 5)
    for name in ("MAX_USERS", "MAX_GROUPS"):
        monkeypatch.setattr(tallies, name, 5)
    monkeypatch.setattr(LargePackets, "MAX_KINDS", 5)
    collector = Collector()
    for n in range(60):
        who = {"user": f"u{n}", "address": f"203.0.113.{n}", "device": f"asa{n % 20}"}
        text = [assigned(n, **who), up(n, **who), large(n, 1400 + n, **who), pmtu(n, f"10.8.0.{n}", mtu=1300 - n)]
        text = [each.replace("<GP>", f"<GP{n}>") for each in text]
        for event in SyslogReader().read(["\n".join(text).encode()]):
            collector.feed(event)
    assert len(collector._sessions) <= 5
    assert len(collector._assigned) <= 10
    devices = collector.finish()
    assert len(devices) <= 6
    assert tallies.OTHERS in devices
    for device in devices.values():
        assert len(device.groups) <= 6
        assert len(device.effective_mtus) <= 5
        for group in device.groups.values():
            assert len(group.users) <= 5
            assert len(group.large_packets) <= 5
    assert sum(device.lines for device in devices.values()) == 240


def test_incidents_beyond_the_bound_keep_their_numbers_without_a_timeline(monkeypatch):
    monkeypatch.setattr(tallies, "MAX_TIMELINES", 1)
    found = incidents(up(0), large(5), tcp(60), large(70), tcp(120))
    assert [bool(each.timeline) for each in found] == [True, False]


@examples(200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([up, assigned, udp, udp_ends, large, tcp, tcp_again, ends, pmtu]), st.integers(0, 400)
        ),
        max_size=30,
    )
)
def test_whatever_comes_in_whatever_order_an_incident_has_its_parts(story):
    found = incidents(*(make(seconds) for make, seconds in story)) if story else []
    for each in found:
        assert each.large_packets >= 1
        assert each.stalled >= 0
        # where the log begins after the login, only a loss can be told
        assert each.connected_at is None or each.stalled <= each.seconds
        assert (each.seconds is None) == (each.connected_at is None)
        if each.kind == "dtls-never-up":
            assert each.connected_at
            assert 30 <= each.seconds <= 120
        else:
            assert any(make in {udp, udp_ends} for make, _ in story)
        assert len(each.timeline) <= 17
