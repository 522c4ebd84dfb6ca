"""Users stall exactly where the box's own numbers say so, and the box logs and counts it."""

import re

import pytest

from mock_devices import FleetError
from mock_devices.ciphers import negotiated
from mock_devices.entitlement import NotAllowedError, entitlement
from mock_devices.release import release
from mock_devices.tree import ConfigTree
from mock_devices.truth import Path, Truth, dtls_mtu, tls_mtu

TO_WEBVPN = ("group-policy STAFF attributes", "webvpn")


def logged(device, number):
    return [str(line) for line in device.world("").log if line.number == number]


@pytest.mark.parametrize(
    ("suite", "version", "path", "truth", "expected"),
    [
        ("RC4-SHA", "tlsv1", Path(), Truth(), 1347),
        ("RC4-SHA", "tlsv1", Path(tcpmss=1460), Truth(), 1427),
        ("RC4-SHA", "tlsv1", Path(tcpmss=0), Truth(), 1427),
        ("RC4-SHA", "tlsv1", Path(), Truth(mss="interface"), 1427),
        ("RC4-MD5", "tlsv1", Path(), Truth(), 1351),
        ("AES256-SHA", "tlsv1", Path(), Truth(), 1331),
        ("AES256-SHA", "tlsv1.2", Path(), Truth(), 1315),
        ("AES256-SHA256", "tlsv1.2", Path(), Truth(), 1303),
        ("ECDHE-RSA-AES256-SHA384", "tlsv1.2", Path(), Truth(), 1287),
        ("ECDHE-RSA-AES256-GCM-SHA384", "tlsv1.2", Path(), Truth(), 1287),
        ("ECDHE-RSA-AES256-GCM-SHA384", "tlsv1.2", Path(), Truth(accounting="record"), 1343),
        ("ECDHE-RSA-CHACHA20-POLY1305", "tlsv1.2", Path(), Truth(accounting="record"), 1351),
        ("TLS_AES_128_GCM_SHA256", "tlsv1.3", Path(), Truth(accounting="record"), 1350),
        ("AES256-SHA", "tlsv1.2", Path(tcpmss=1460), Truth(), 1395),
        ("AES256-SHA", "tlsv1.2", Path(tcpmss=1460, conf=1300), Truth(), 1300),
        ("RC4-SHA", "tlsv1", Path(tcpmss=1460), Truth(cap="1406"), 1406),
    ],
)
def test_tls_mtu(suite, version, path, truth, expected):
    assert tls_mtu(suite, version, path, truth) == expected


@pytest.mark.parametrize(
    ("suite", "version", "path", "truth", "expected"),
    [
        ("AES256-SHA", "dtlsv1", Path(), Truth(), 1418),
        ("AES256-SHA", "dtlsv1", Path(), Truth(cap="1406"), 1406),
        ("AES256-SHA", "dtlsv1", Path(conf=1430), Truth(cap="1406"), 1418),
        ("DES-CBC3-SHA", "dtlsv1", Path(), Truth(), 1426),
        ("AES256-SHA256", "dtlsv1.2", Path(), Truth(), 1406),
        ("ECDHE-RSA-AES256-GCM-SHA384", "dtlsv1.2", Path(), Truth(), 1390),
        ("ECDHE-RSA-AES256-GCM-SHA384", "dtlsv1.2", Path(), Truth(accounting="record"), 1434),
        ("AES256-SHA", "dtlsv1", Path(link=1400), Truth(), 1306),
    ],
)
def test_dtls_mtu(suite, version, path, truth, expected):
    assert dtls_mtu(suite, version, path, truth) == expected


@pytest.mark.parametrize("axis", ["accounting", "mss", "cap"])
def test_a_truth_that_is_none_is_refused(axis):
    with pytest.raises(ValueError, match=axis):
        Truth(**{axis: "maybe"})


@pytest.mark.parametrize(
    ("box", "lines", "tls", "dtls"),
    [
        ("8.2(5)", "", ("tlsv1", "RC4-SHA"), ("dtlsv1", "AES128-SHA")),
        ("9.1(7)", "ssl encryption rc4-sha1", ("tlsv1", "RC4-SHA"), None),
        ("9.8(4)", "", ("tlsv1.2", "ECDHE-RSA-AES256-GCM-SHA384"), ("dtlsv1", "DHE-RSA-AES256-SHA")),
        ("9.12(4)", "", ("tlsv1.2", "ECDHE-RSA-AES256-GCM-SHA384"), ("dtlsv1.2", "ECDHE-RSA-AES256-GCM-SHA384")),
        ("9.20(2)", "", ("tlsv1.3", "TLS_AES_256_GCM_SHA384"), ("dtlsv1.2", "ECDHE-RSA-AES256-GCM-SHA384")),
        (
            "9.12(4)",
            'ssl cipher tlsv1.2 custom "AES256-SHA256:AES128-SHA"\nssl server-version tlsv1.2 dtlsv1.2',
            ("tlsv1.2", "AES256-SHA256"),
            ("dtlsv1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
        ),
        ("9.1(7)", "ssl server-version tlsv1-only", ("tlsv1", "RC4-SHA"), ("dtlsv1", "AES128-SHA")),
    ],
)
def test_suites_follow_the_box_and_its_configuration(box, lines, tls, dtls):
    assert negotiated(ConfigTree.from_text(lines), release(box)) == (tls, dtls)


def test_settings_come_from_user_policy_default_policy_in_that_order():
    tree = ConfigTree.from_text(
        "group-policy DfltGrpPolicy attributes\n vpn-tunnel-protocol ssl-client\n webvpn\n  anyconnect mtu 1350\n"
        'group-policy "Two Words" attributes\n webvpn\n  anyconnect ssl dtls none\n'
        'tunnel-group T general-attributes\n default-group-policy "Two Words"\n'
        "username bob attributes\n webvpn\n  anyconnect mtu 1200\n"
    )
    box = release("9.12(4)")
    plain = entitlement(tree, box, "T", "ann")
    assert (plain.group_policy, plain.mtu, plain.dtls, plain.ssl_client) == ("Two Words", 1350, False, True)
    assert entitlement(tree, box, "T", "bob").mtu == 1200
    assert entitlement(tree, box, "T", "ann", "DfltGrpPolicy").dtls is True


NOTE = """\
interface GigabitEthernet0/0
 nameif outside
mtu outside 1500
logging enable
logging timestamp
logging buffered informational
logging buffer-size 100000
webvpn
 enable outside
 anyconnect enable
ssl encryption rc4-sha1 aes256-sha1
group-policy STAFF internal
group-policy STAFF attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy STAFF
"""


@pytest.fixture
def note(fleet_of):
    """The tech note's box."""
    return fleet_of({"name": "fw", "release": "9.1(7)", "config": NOTE}).devices["fw"]


def test_the_tech_notes_box_logs_the_tech_notes_numbers(note):
    note.add_user("cisco", "STAFF", dtls="blocked")
    note.run_traffic(5)
    assert "Transmitting large packet 1418 (threshold 1347)." in logged(note, 722036)[0]
    assert "PMTU-D packet 1418 bytes greater than effective mtu 1347" in logged(note, 602101)[0]
    assert note.users_hit() == {("cisco", "STAFF")}


def test_a_blocked_user_reconnects_after_one_minute_and_stalls_no_more(note):
    note.add_user("ann", "STAFF", dtls="blocked")
    note.run_traffic(30)
    (up,) = [line.when for line in note.world("").log if line.number == 722033]
    (again,) = [line.when for line in note.world("").log if line.number in (722032, 722034)]
    assert (again - up).total_seconds() == 60
    assert all(line.when < again for line in note.world("").log if line.number == 722036)
    (session,) = note.world("").sessions
    assert (session.adapter_mtu, session.dtls) == (1347, None)
    assert session.sent > 0


@pytest.mark.parametrize(
    "habits", [{"dtls": "open"}, {"dtls": "blocked", "does": "idle"}, {"dtls": "blocked", "does": "upload"}]
)
def test_who_has_dtls_or_downloads_nothing_does_not_stall(note, habits):
    note.add_user("ann", "STAFF", **habits)
    note.run_traffic(30)
    assert note.users_hit() == set()
    assert note.world("").drops == {}


def test_dtls_lost_later_stalls_then(note):
    note.add_user("ann", "STAFF", dtls="lost", lost_after=300)
    note.run_traffic(5)
    assert note.users_hit() == set()
    note.run_traffic(5)
    assert note.users_hit() == {("ann", "STAFF")}
    udp = [line for line in logged(note, 722033) if "First UDP" in line]
    assert len(udp) == 1


def test_a_server_that_hears_icmp_loses_one_packet(note):
    note.add_user("ann", "STAFF", dtls="blocked", icmp="passes")
    note.run_traffic(10)
    assert len(logged(note, 722036)) == 1
    assert note.users_hit() == {("ann", "STAFF")}


def test_a_lower_mtu_helps_new_sessions_and_not_old_ones(note):
    note.add_user("old", "STAFF", dtls="blocked", stays=600, returns_after=30)
    note.add_user("lost", "STAFF", dtls="lost", lost_after=900)
    note.run_traffic(5)
    assert note.users_hit() == {("old", "STAFF")}
    drops = note.world("").drops["mp-svc-no-fragment"]
    note.configure(*TO_WEBVPN, "anyconnect mtu 1300")
    note.add_user("new", "STAFF", dtls="blocked")
    note.run_traffic(8)
    assert note.world("").drops["mp-svc-no-fragment"] == drops
    assert {session.adapter_mtu for session in note.world("").sessions if session.user != "lost"} == {1300}
    note.run_traffic(10)
    assert note.users_hit() == {("old", "STAFF"), ("lost", "STAFF")}


def test_df_bit_ignore_lets_fragments_pass_and_the_adapter_is_still_reconfigured(note):
    note.configure(*TO_WEBVPN, "anyconnect ssl df-bit-ignore enable")
    note.add_user("ann", "STAFF", dtls="blocked")
    note.run_traffic(10)
    assert logged(note, 722036) == []
    assert note.world("").reconnects == [("ann", "STAFF")]
    assert note.users_hit() == set()


def test_dtls_none_never_stalls(note):
    note.configure(*TO_WEBVPN, "anyconnect ssl dtls none")
    note.add_user("ann", "STAFF")
    note.run_traffic(10)
    (session,) = note.world("").sessions
    assert (session.dtls, session.adapter_mtu) == (None, 1347)
    assert note.users_hit() == set()


def test_rc4_alone_cannot_carry_dtls(fleet_of):
    device = fleet_of({"name": "fw", "release": "9.1(7)", "config": NOTE.replace(" aes256-sha1", "")}).devices["fw"]
    device.add_user("ann", "STAFF")
    device.run_traffic(5)
    assert "DTLS disabled: unable to negotiate cipher." in logged(device, 722043)[0]
    assert device.users_hit() == set()


def test_a_release_with_one_mtu_never_stalls(fleet_of):
    config = NOTE.replace("ssl-client", "svc").replace("anyconnect enable", "svc enable")
    device = fleet_of({"name": "fw", "release": "8.2(5)", "config": config}).devices["fw"]
    device.add_user("ann", "STAFF", dtls="blocked")
    device.run_traffic(10)
    assert device.world("").sessions[0].adapter_mtu == 1347
    assert device.users_hit() == set()


def test_truth_decides_not_the_configuration(fleet_of):
    def hit(**truth):
        entry = {"name": "fw", "release": "9.1(7)", "config": f"{NOTE}sysopt connection tcpmss 1340\n", "truth": truth}
        device = fleet_of(entry).devices["fw"]
        device.add_user("ann", "STAFF", dtls="blocked")
        device.run_traffic(5)
        return (
            re.search(r"packet (\d+) \(threshold (\d+)", logged(device, 722036)[0]).groups()
            if device.users_hit()
            else None
        )

    assert hit() == ("1418", "1307")
    assert hit(cap=1406) == ("1406", "1307")
    assert hit(mss="interface") is None


def test_leaving_is_logged_with_tunnel_group_and_duration(note):
    note.add_user("ann", "STAFF", stays=125)
    note.run_traffic(5)
    assert note.world("").sessions == []
    assert (
        "Group = STAFF, Username = ann, IP = 198.18.0.2, Session disconnected. Session Type: SSL, "
        "Duration: 0h:02m:05s" in logged(note, 113019)[0]
    )


def test_logging_settings_hold(note):
    note.configure("no logging message 722036", "logging buffered notifications")
    note.add_user("ann", "STAFF", dtls="blocked")
    note.run_traffic(5)
    assert note.users_hit() == {("ann", "STAFF")}
    assert {line.number for line in note.world("").log} <= {722051, 722033, 722032, 722034, 722011, 722037}
    note.configure("logging message 602101 level alerts")
    note.add_user("bob", "STAFF", dtls="blocked")
    note.run_traffic(5)
    assert logged(note, 722036) == []
    assert "%ASA-1-602101" in logged(note, 602101)[0]


def test_a_small_buffer_wraps(fleet_of):
    device = fleet_of({"name": "fw", "release": "9.1(7)", "config": NOTE.replace("100000", "4096")}).devices["fw"]
    device.add_user("ann", "STAFF", dtls="blocked")
    device.add_user("bob", "STAFF", dtls="blocked")
    device.run_traffic(5)
    world = device.world("")
    assert world.logged > len(world.log)
    assert sum(len(str(line)) + 1 for line in world.log) == world.log_bytes <= 4096


def test_show_commands_tell_what_happened(fleet_of, connect):
    traffic = [{"users": 2, "tunnel_group": "STAFF", "dtls": "blocked"}, {"name": "open", "tunnel_group": "STAFF"}]
    device = fleet_of({"name": "fw", "release": "9.1(7)", "config": NOTE, "traffic": traffic}).devices["fw"]
    client = connect(device)
    client.enable()
    client.type("terminal pager 0")
    sessions = client.type("show vpn-sessiondb anyconnect")
    assert sessions.count("Protocol     : AnyConnect-Parent SSL-Tunnel\n") == 2
    assert sessions.count("Protocol     : AnyConnect-Parent SSL-Tunnel DTLS-Tunnel\n") == 1
    assert "Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)RC4  DTLS-Tunnel: (1)AES256\n" in sessions
    assert "Username     : staff-blocked-1        Index        : 2\n" in sessions
    drops = client.type("show asp drop")
    assert re.search(r"\(mp-svc-no-fragment\) +12\n", drops)
    summary = client.type("show vpn-sessiondb")
    assert re.search(r"^SSL-Tunnel +: +3 : +5 : +3$", summary, re.MULTILINE)
    assert re.search(r"^DTLS-Tunnel +: +1 : +1 : +1$", summary, re.MULTILINE)
    log = client.answer("show logging")
    assert f"    Buffer logging: level informational, {device.world('').logged} messages logged" in log
    assert sum("%ASA-6-722036: Group <STAFF>" in line for line in log) == 12
    client.type("clear asp drop")
    assert "no-fragment" not in client.type("show asp drop")


def test_fleet_traffic_ends_now(fleet_of):
    traffic = [{"users": 1, "tunnel_group": "STAFF", "dtls": "blocked"}]
    device = fleet_of(
        {"name": "fw", "config": NOTE, "release": "9.1(7)", "traffic": traffic, "traffic_minutes": 60}
    ).devices["fw"]
    up = device.world("").sessions[0].login
    assert 3595 < (device.clock.now() - up).total_seconds() < 3660
    assert abs(device.clock.moved.total_seconds()) < 1


def test_who_may_not_come_in_is_an_error(note):
    note.configure(TO_WEBVPN[0], "vpn-tunnel-protocol ikev2")
    note.add_user("ann", "STAFF")
    with pytest.raises(NotAllowedError, match="STAFF does not allow the SSL client"):
        note.run_traffic(1)


def test_logging_everybody_off(enabled):
    client = enabled(release="9.1(7)", config=NOTE, traffic=[{"users": 3, "tunnel_group": "STAFF"}])
    assert client.answer("vpn-sessiondb logoff all noconfirm") == ["INFO: Number of sessions logged off : 3"]
    assert client.answer("show vpn-sessiondb anyconnect")[0].startswith("INFO: There are presently no active sessions")


def test_compression_makes_large_packets_and_no_stall(fleet_of, connect):
    fleet = fleet_of({"name": "fw", "release": "9.1(7)", "config": NOTE})
    device = fleet.devices["fw"]
    device.configure(*TO_WEBVPN, "anyconnect ssl compression lzs", "anyconnect mtu 1300")
    device.add_user("ann", "STAFF", dtls="blocked")
    fleet.run_traffic(5)
    assert "Transmitting large packet 1311 (threshold 1300)." in logged(device, 722036)[0]
    assert "established with compression" in logged(device, 722022)[0]
    assert device.users_hit() == set()
    client = connect(device)
    client.enable()
    client.type("terminal pager 0")
    detail = client.answer("show vpn-sessiondb detail anyconnect")
    assert "  Encapsulation: TLSv1.0                Compression  : LZS" in detail
    assert "  Ciphersuite  : RC4-SHA" in detail


def test_long_names_have_lines_of_their_own(fleet_of, connect):
    traffic = [{"name": "longfirstname.longlastname@example.com", "tunnel_group": "STAFF"}]
    device = fleet_of({"name": "fw", "release": "9.1(7)", "config": NOTE, "traffic": traffic}).devices["fw"]
    client = connect(device)
    client.enable()
    shown = client.answer("show vpn-sessiondb anyconnect")
    assert shown[3:5] == ["Username     : longfirstname.longlastname@example.com", "Index        : 1"]


def test_an_ipv6_pool_hands_out_addresses(fleet_of, connect):
    config = (
        NOTE.replace(" default-group-policy STAFF", " ipv6-address-pool V6\n default-group-policy STAFF")
        + "ipv6 local pool V6 2001:db8::10/64 50\n"
    )
    traffic = [{"users": 2, "tunnel_group": "STAFF"}]
    device = fleet_of({"name": "fw", "release": "9.1(7)", "config": config, "traffic": traffic}).devices["fw"]
    assert "IPv6 address <2001:db8::11> assigned to session" in logged(device, 722051)[0]
    client = connect(device)
    client.enable()
    assert "Assigned IPv6: 2001:db8::11" in client.answer("show vpn-sessiondb anyconnect")


@pytest.mark.parametrize("entry", [{"dtls": "maybe"}, {"colour": "red"}, {"does": "sleep"}])
def test_a_wrong_habit_is_refused(fleet_of, entry):
    with pytest.raises(FleetError, match="fw: "):
        fleet_of({"name": "fw", "traffic": [{"tunnel_group": "STAFF", **entry}]})
