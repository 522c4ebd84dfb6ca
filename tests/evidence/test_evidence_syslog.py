"""Every message, in every header form; and no other line taken for one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence.syslog.header import HeaderReader
from nornir_anyconnect.evidence.syslog.reader import SyslogReader, scan
from nornir_anyconnect.evidence.syslog.stamps import StampContext
from nornir_anyconnect.evidence.syslog.text_reader import MAX_LINE, SAMPLE
from tests.texts import texts

WHO = ("GP staff", "ann", "203.0.113.7")
WHERE = "Group <GP staff> User <ann> IP <203.0.113.7> "
NOON = datetime(2024, 5, 6, 12, 30, 1, tzinfo=UTC)
REFERENCE = datetime(2024, 12, 31, tzinfo=UTC)


def read(text: str | bytes, **known) -> list[ev.Event]:
    raw = text if isinstance(text, bytes) else text.encode()
    return list(SyslogReader(StampContext(**{"reference": REFERENCE, **known})).read([raw]))


def one(text: str | bytes, **options) -> ev.Event:
    (event,) = read(text, **options)
    return event


BODIES = [
    ("722036", WHERE + "Transmitting large packet 1418 (threshold 1347).", ev.LargePacketSent, (*WHO, 1418, 1347, 1)),
    ("722035", WHERE + "Received large packet 1420 (threshold 1303).", ev.LargePacketReceived, (*WHO, 1420, 1303, 1)),
    ("722032", WHERE + "New TCP SVC connection replacing old connection.", ev.NewConnection, (*WHO, "TCP")),
    ("722032", WHERE + "New UDP AnyConnect connection replacing old connection.", ev.NewConnection, (*WHO, "UDP")),
    ("722033", WHERE + "First UDP SVC connection established for SVC session.", ev.NewConnection, (*WHO, "UDP")),
    ("722034", WHERE + "New TCP SVC connection, no existing connection.", ev.NewConnection, (*WHO, "TCP")),
    ("722034", WHERE + "New SVC connection, no existing connection.", ev.NewConnection, (*WHO, "")),
    (
        "722022",
        WHERE + "TCP SVC connection established without compression",
        ev.ConnectionState,
        (*WHO, "TCP", True, False),
    ),
    (
        "722022",
        WHERE + "UDP SVC connection established with compression",
        ev.ConnectionState,
        (*WHO, "UDP", True, True),
    ),
    (
        "722023",
        WHERE + "UDP SVC connection terminated without compression",
        ev.ConnectionState,
        (*WHO, "UDP", False, False),
    ),
    ("722028", WHERE + "Stale SVC connection closed.", ev.StaleConnectionClosed, WHO),
    ("722037", WHERE + "SVC closing connection: DPD failure.", ev.ConnectionClosing, (*WHO, "DPD failure")),
    (
        "722043",
        WHERE + "DTLS disabled: unable to negotiate cipher.",
        ev.DtlsDisabled,
        (*WHO, "unable to negotiate cipher"),
    ),
    (
        "722051",
        WHERE + "IPv4 Address <10.9.0.4> IPv6 address <::> assigned to session",
        ev.AddressAssigned,
        (*WHO, "10.9.0.4", None),
    ),
    (
        "722051",
        WHERE + "IPv4 Address <> IPv6 address <FD00::4> assigned to session",
        ev.AddressAssigned,
        (*WHO, None, "fd00::4"),
    ),
    ("722051", WHERE + "Address <10.9.0.4> assigned to session", ev.AddressAssigned, (*WHO, "10.9.0.4", None)),
    (
        "722011",
        WHERE + "SVC Message: 17/WARNING: Reconnecting the VPN tunnel..",
        ev.ClientMessage,
        (*WHO, "17/WARNING: Reconnecting the VPN tunnel.."),
    ),
    ("716058", WHERE + "AnyConnect session lost connection. Waiting to resume.", ev.SessionLost, WHO),
    ("716059", WHERE + "AnyConnect session resumed connection from IP <198.51.100.9>.", ev.SessionResumed, WHO),
    ("113039", WHERE + "AnyConnect parent session started.", ev.SessionStarted, WHO),
    (
        "113019",
        (
            "Group = GP staff, Username = ann, IP = 203.0.113.7, Session disconnected. Session Type: SSL, "
            "Duration: 1d 2h:03m:04s, Bytes xmt: 5, Bytes rcv: 6, Reason: Idle Timeout"
        ),
        ev.SessionEnded,
        (*WHO, "SSL", 93784, "Idle Timeout"),
    ),
    (
        "602101",
        "PMTU-D packet 1418 bytes greater than effective mtu 1347, dest_addr=10.9.0.4, src_addr=10.1.1.1, prot=tcp",
        ev.PathMtuExceeded,
        (1418, 1347, "10.9.0.4", "10.1.1.1", "TCP", 1),
    ),
    (
        "725001",
        "Starting SSL handshake with client outside:203.0.113.7/50001 to 198.51.100.1/443 for DTLSv1.2 session",
        ev.Handshake,
        ("203.0.113.7", 50001, "DTLSv1.2", False),
    ),
    (
        "725001",
        "Starting SSL handshake with client outside:2001:DB8::7/50001 for TLSv1 session.",
        ev.Handshake,
        ("2001:db8::7", 50001, "TLSv1", False),
    ),
    (
        "725002",
        "Device completed SSL handshake with client outside:203.0.113.7/50001",
        ev.Handshake,
        ("203.0.113.7", 50001, "", True),
    ),
    (
        "725012",
        "Device chooses cipher : AES256-SHA for the SSL session with client outside:203.0.113.7/50001",
        ev.CipherChosen,
        ("203.0.113.7", 50001, "AES256-SHA"),
    ),
    (
        "725012",
        (
            "Device chooses cipher ECDHE-RSA-AES256-GCM-SHA384 for the SSL session with client "
            "outside:203.0.113.7/50001 to 198.51.100.1/443"
        ),
        ev.CipherChosen,
        ("203.0.113.7", 50001, "ECDHE-RSA-AES256-GCM-SHA384"),
    ),
]


@pytest.mark.parametrize(("message", "body", "kind", "fields"), BODIES)
def test_every_message_into_its_fields(message, body, kind, fields):
    line = f"<166>May 06 2024 12:30:01 asa-1 : %ASA-6-{message}: {body}"
    assert one(line) == kind(message, NOON, "asa-1", *fields)


@pytest.mark.parametrize(("message", "body", "kind", "fields"), BODIES)
def test_matched_by_id_whatever_the_severity_and_the_product(message, body, kind, fields):
    for tag in (f"%FTD-3-{message}:", f"%PIX-7-{message}:", f"ASA-0-{message}:", f"%ASA-session-5-{message}:"):
        event = one(f"{tag} {body}")
        assert (type(event), event.message, event.time) == (kind, message, None)


HEADERS = [
    ("", None, "-"),
    ("%", None, "-"),
    ("<166>", None, "-"),
    ("<166>:", None, "-"),
    ("asa-1: ", None, "asa-1"),
    ("May  6 2024 12:30:01: ", NOON, "-"),
    ("May 06 2024 12:30:01 : ", NOON, "-"),
    ("May 06 12:30:01 ASA ", NOON, "ASA"),
    ("May 06 2024 12:30:01 ASA : ", NOON, "ASA"),
    ("<166>May 06 2024 12:30:01 asa-1 : ", NOON, "asa-1"),
    ("May 06 12:30:03 relay May 06 2024 12:30:01 asa-1 : ", NOON, "asa-1"),
    ("May 06 12:30:03 relay May 06 2024 12:30:01: ", NOON, "relay"),
    ("May 06 12:30:03 10.0.0.1 <166>May 06 2024 12:30:01: ", NOON, "10.0.0.1"),
    ("2024-05-06T12:30:03.1+00:00 relay May 06 12:30:01 asa-1 : ", NOON, "asa-1"),
    ("2024-05-06T12:30:01Z asa-1 : ", NOON, "asa-1"),
    ("<166>2024-05-06T12:30:01+00:00: ", NOON, "-"),
    ("2024-05-06 12:30:01\tLocal4.Info\tasa-1\t<166>", NOON, "asa-1"),
    ("<166>1 2024-05-06T12:30:01Z asa-1 - - - - ", NOON, "asa-1"),
    ("<166>1 2024-05-06T12:30:01.000Z asa-1 ASA 77 ID1 - ", NOON, "asa-1"),
    ("2024-05-06T12:30:01+00:00 local4.err asa-1 ", NOON, "asa-1"),
    ("May 06 2024 12:30:01 localhost CiscoASA[999]: ", NOON, "localhost"),
    ("May 06 2024 14:30:01 CEST: ", NOON, "-"),
    ("May 06 2024 14:30:01 CEST asa-1 : ", NOON, "asa-1"),
    ("May 06 2024 15:30:01 MSK/MSD: ", NOON, "-"),
    ("May 06 2024 12:30:01 2001:db8::1 : ", NOON, "2001:db8::1"),
    ("May 06 12:30:01 2024 asa-1 ", NOON, "asa-1"),
]


@pytest.mark.parametrize(("header", "time", "device"), HEADERS)
def test_every_header_form(header, time, device):
    event = one(f"{header}%ASA-6-722028: {WHERE}Stale SVC connection closed.")
    assert (event.time, event.device) == (time, device)


@pytest.mark.parametrize(
    "name", ["asa", "asa-1", "ASA1", "EDT", "UTC", "Local4.Info", "user.x", "fw.example.com", "a_b", "X-"]
)
@pytest.mark.parametrize(
    "stamp", ["May 06 2024 12:30:01", "Feb 30 2024 12:30:01", "May 06 2024 25:30:01", "Jan 01 0001 00:00:01"]
)
def test_the_usual_header_is_read_as_every_other(stamp, name, monkeypatch):
    raw = f"<166>{stamp} {name} : ".encode()
    at_once = HeaderReader().read(raw)
    monkeypatch.setattr("nornir_anyconnect.evidence.syslog.header._USUAL", re.compile(b"(?!)"))
    assert HeaderReader().read(raw) == at_once


def test_offsets_and_fractions_are_kept():
    event = one(f"2024-05-06T14:30:01.250+02:00 asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.")
    assert event.time == NOON + timedelta(milliseconds=250)


def test_the_zone_asked_for_where_the_line_names_none():
    berlin = timezone(timedelta(hours=2))
    line = f"May 06 2024 14:30:01 asa : %ASA-6-722028: {WHERE}Stale SVC connection closed."
    assert one(line, tz=berlin).time == NOON


def test_a_missing_year_is_the_latest_that_is_not_in_the_future():
    body = f"asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.\n"
    events = read(f"Dec 31 23:59:59 {body}Jan 01 00:00:01 {body}", reference=datetime(2024, 1, 2, tzinfo=UTC))
    assert [event.time.year for event in events] == [2023, 2024]


def test_a_year_that_is_given_turns_over_with_the_log():
    body = f"asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.\n"
    events = read(f"Dec 31 23:59:59 {body}Jan 01 00:00:01 {body}Dec 31 23:59:58 {body}", year=2019)
    assert [event.time.year for event in events] == [2019, 2020, 2019]


def test_a_year_that_is_given_lasts_for_a_log_of_more_than_half_a_year():
    body = f"asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.\n"
    events = read("".join(f"{month} 02 00:00:01 {body}" for month in ("Jan", "May", "Sep", "Dec", "Feb")), year=2019)
    assert [event.time.year for event in events] == [2019, 2019, 2019, 2019, 2020]


@pytest.mark.parametrize(
    ("first", "second", "seconds"),
    [
        ("Mar 31 2024 01:59:30", "Mar 31 2024 03:00:30", 60),
        ("Oct 27 2024 02:59:30", "Oct 27 2024 02:00:30", 60),
        ("Oct 27 2024 01:59:30", "Oct 27 2024 02:00:30", 60),
    ],
)
def test_no_hour_is_lost_or_won_where_clocks_are_set(first, second, seconds):
    body = f"asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.\n"
    before, after = read(f"{first} {body}{second} {body}", tz=ZoneInfo("Europe/Berlin"))
    assert (after.time - before.time).total_seconds() == seconds


def test_what_follows_does_not_tell_the_hour_of_what_came_before():
    body = f"asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.\n"
    clocks = ("02:59:30", "02:00:31", "02:20:00", "02:40:00", "02:58:00")
    found = read("".join(f"Oct 27 2024 {clock} {body}" for clock in clocks), tz=ZoneInfo("Europe/Berlin"))
    assert [f"{each.time:%H:%M:%S}" for each in found] == ["00:59:30", "01:00:31", "01:20:00", "01:40:00", "01:58:00"]


def test_a_stamp_at_the_end_of_time_is_no_time():
    assert one(f"0001-01-01T00:00:01+05:00 asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.").time is None


def test_a_leap_day_without_a_year_falls_into_a_leap_year():
    event = one(
        f"Feb 29 00:00:01 asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.",
        reference=datetime(2023, 6, 1, tzinfo=UTC),
    )
    assert event.time == datetime(2020, 2, 29, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["May 32 2024 12:30:01", "May 06 2024 25:30:01", "Feb 30 12:00:00"])
def test_an_impossible_stamp_is_no_time_but_the_event_stays(stamp):
    assert one(f"{stamp} asa : %ASA-6-722028: {WHERE}Stale SVC connection closed.").time is None


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("Group GP staff User ann IP 203.0.113.7", WHO),
        ("Group <GP staff> User <*****> IP <203.0.113.7>", ("GP staff", "*****", "203.0.113.7")),
        ("Group <GP staff> User <> IP <203.0.113.7>", ("GP staff", "", "203.0.113.7")),
        ("Group GP staff User  IP 203.0.113.7", ("GP staff", "", "203.0.113.7")),
        ("Group <GP staff> IP <203.0.113.7>", ("GP staff", "", "203.0.113.7")),
        ("Group <GP> User <CORP\\ann b> IP <2001:DB8::7>", ("GP", "CORP\\ann b", "2001:db8::7")),
        ("Group <GP> User <ann@example.com> IP <203.0.113.7>", ("GP", "ann@example.com", "203.0.113.7")),
        ("Group <Team User West> User <ann> IP <203.0.113.7>", ("Team User West", "ann", "203.0.113.7")),
        ("Group <Remote User VPN> User <ann> IP <1.2.3.4>", ("Remote User VPN", "ann", "1.2.3.4")),
        ("Group <VPN IP 1.2.3.4 x> User <ann> IP <203.0.113.7>", ("VPN IP 1.2.3.4 x", "ann", "203.0.113.7")),
        ("Group VPN IP Phones User ann IP 203.0.113.7", ("VPN IP Phones", "ann", "203.0.113.7")),
        ("Group VPN IP Phones User ann IP 2001:db8::7", ("VPN IP Phones", "ann", "2001:db8::7")),
        ("Group VPN IP Phones IP 203.0.113.7", ("VPN IP Phones", "", "203.0.113.7")),
    ],
)
def test_names_in_every_shape(who, expected):
    event = one(f"%ASA-6-722036: {who} Transmitting large packet 1418 (threshold 1347).")
    assert (event.group_policy, event.user, event.address) == expected
    assert (event.packet, event.threshold) == (1418, 1347)


@pytest.mark.parametrize(
    "text",
    [
        "722022: {} TCP SVC connection established without compression",
        "722037: {} SVC closing connection: DPD failure.",
        "722011: {} SVC Message: 17/WARNING: Reconnecting the VPN tunnel..",
        "716058: {} AnyConnect session lost connection. Waiting to resume.",
        "113039: {} AnyConnect parent session started.",
    ],
)
@pytest.mark.parametrize(
    "who", ["Group VPN IP Phones User ann IP 203.0.113.7", "Group <VPN User IP> User <ann> IP <203.0.113.7>"]
)
def test_a_group_with_the_words_of_the_message_in_its_name(text, who):
    event = one(f"%ASA-6-{text.format(who)}")
    assert event.group_policy in {"VPN IP Phones", "VPN User IP"}
    assert (event.user, event.address) == ("ann", "203.0.113.7")


def test_html_in_a_name_stays_text_and_escapes_lose_their_power():
    name = "<b onload=x>\x1b[31mred\x9b2J\u202eevil\x07"
    event = one(f"%ASA-6-722036: Group <G> User <{name}> IP <203.0.113.7> Transmitting large packet 9 (threshold 8).")
    assert event.user.startswith("<b onload=x>")
    assert event.user.isprintable() or "\ufffd" in event.user
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", event.user)


def test_a_name_that_plays_the_rest_of_the_line_does_not_move_the_address():
    name = "ann> IP <6.6.6.6> Transmitting large packet 1500 (threshold 600)."
    event = one(
        f"%ASA-6-722036: Group <G> User <{name}> IP <203.0.113.7> Transmitting large packet 1418 (threshold 1347)."
    )
    assert (event.address, event.packet, event.threshold) == ("203.0.113.7", 1418, 1347)


@pytest.mark.parametrize(
    "line",
    [
        "%ASA-6-302013: Built inbound TCP connection 722036 for outside:203.0.113.7/722 (x) to inside:10.1.1.1/443",
        "%ASA-5-111008: User 'ann' executed the 'no logging message 722036' command.",
        (
            f"%ASA-5-111010: User 'ann', running 'CLI' from IP 0.0.0.0, executed 'banner %ASA-6-722036: {WHERE}Transmitting"
            " large packet 1418 (threshold 1347).'"
        ),
        f"%ASA-6-113015: AAA user authentication Rejected : user = x-722036: %ASA-6-722036: {WHERE}",
        "%ASA-6-7220361: Group <g> User <u> IP <1.2.3.4> Transmitting large packet 1418 (threshold 1347).",
        "%ASA-6-72203: Group <g> User <u> IP <1.2.3.4> Transmitting large packet 1418 (threshold 1347).",
        "%IOS-6-722036: Group <g> User <u> IP <1.2.3.4> Transmitting large packet 1418 (threshold 1347).",
        "%ASA-8-722036: Group <g> User <u> IP <1.2.3.4> Transmitting large packet 1418 (threshold 1347).",
        "%ASA-6-722030: Group <g> User <u> IP <1.2.3.4> SVC Session Termination: In: 1 (+2) bytes, 3 (+4) packets, 5 drops.",
        "host-722036 asa-602101 nothing at all",
        "",
    ],
)
def test_no_other_line_is_taken_for_one(line):
    reader = SyslogReader()
    assert list(reader.read([line.encode()])) == []
    assert reader.unreadable == 0


def test_unreadable_lines_are_counted_and_a_few_are_kept():
    reader = SyslogReader()
    line = b"%ASA-6-722036: \x1b[2JGroup nobody can read this\n"
    assert list(reader.read([line * (SAMPLE + 5)])) == []
    assert reader.unreadable == SAMPLE + 5
    assert len(reader.unreadable_sample) == SAMPLE
    assert "\x1b" not in "".join(reader.unreadable_sample)
    assert not reader.counts


def test_lines_and_ids_are_counted():
    reader = SyslogReader()
    text = "".join(f"%ASA-6-{message}: {body}\n%ASA-6-302013: noise\n" for message, body, _, _ in BODIES)
    assert len(list(reader.read([text.encode()]))) == len(BODIES)
    assert reader.lines == 2 * len(BODIES)
    assert sum(reader.counts.values()) == len(BODIES)
    assert reader.counts["722051"] == 3


@pytest.mark.parametrize("glue", ["\n", "\r\n", " \n  "])
def test_a_line_that_was_wrapped_when_it_was_pasted(glue):
    text = f"%ASA-6-722036: Group <G> User <u> IP <203.0.113.7>{glue}Transmitting large packet 1418 (threshold 1347).\n"
    assert one(text).packet == 1418


def test_a_number_that_was_wrapped():
    assert (
        one(
            "%ASA-6-722036: Group <G> User <u> IP <203.0.113.7> Transmitting large packet 14\n18 (threshold 1347)."
        ).packet
        == 1418
    )


def test_a_repeated_message_counts_as_often_as_the_relay_says():
    event = one(
        f"May 06 12:30:03 relay asa: message repeated 27 times: [May 06 2024 12:30:01 asa-1 : %ASA-6-722036: {WHERE}"
        "Transmitting large packet 1418 (threshold 1347).]"
    )
    assert (event.count, event.device, event.time) == (27, "asa-1", NOON)


def test_latin_1_names_are_read():
    event = one(b"%ASA-6-722028: Group <G> User <j\xfcrgen> IP <203.0.113.7> Stale SVC connection closed.")
    assert event.user == "jürgen"


def test_read_line_takes_text_and_bytes():
    reader = SyslogReader(device="mine")
    line = f"%ASA-6-722028: {WHERE}Stale SVC connection closed."
    assert reader.read_line(line) == reader.read_line(line.encode())
    assert reader.read_line("nothing") is None
    assert reader.lines == 3


@given(st.data())
def test_where_a_stream_is_cut_changes_nothing(data):
    text = "".join(f"May 06 2024 12:30:01 asa : %ASA-6-{message}: {body}\nnoise\n" for message, body, _, _ in BODIES)
    raw = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    reader = SyslogReader()
    assert list(reader.read(pieces)) == read(raw)
    assert reader.lines == 2 * len(BODIES)


@given(st.binary(max_size=400))
def test_any_bytes_and_no_crash(raw):
    reader = SyslogReader()
    assert len(list(reader.read([raw]))) == sum(reader.counts.values())


@given(
    st.sampled_from([message for message, _, _, _ in BODIES]),
    st.binary(max_size=120),
    st.binary(max_size=200),
)
def test_any_bytes_around_a_wanted_id_are_read_or_counted(message, before, after):
    reader = SyslogReader()
    raw = before.replace(b"\n", b"") + b" %ASA-6-" + message.encode() + b": " + after.replace(b"\n", b"")
    events = list(reader.read([raw]))
    assert len(events) + reader.unreadable <= 1
    for event in events:
        assert event.device.isprintable() or "\ufffd" in event.device


@pytest.mark.parametrize("filler", ["Group ", " User ", " IP ", "<", ">", " ", "Group  User ", "Address < "])
def test_a_hostile_line_costs_no_time_worth_mentioning(filler):
    import time

    line = ("%ASA-6-722051: Group " + filler * 5000).encode()
    began = time.process_time()
    for message in ("722036", "722051", "113019", "722037"):
        read(line.replace(b"722051", message.encode()))
    assert time.process_time() - began < 2


def test_a_line_without_end_is_read_up_to_its_bound():
    reader = SyslogReader()
    chunk = b"x" * 100_000
    list(reader.read([f"%ASA-6-722028: {WHERE}Stale SVC connection closed.".encode(), *[chunk] * 100]))
    assert reader.counts["722028"] == 1
    assert len(chunk) > MAX_LINE


def test_scan_finds_only_candidates():
    text = f"noise\n%ASA-6-722028: {WHERE}\nnoise -302013\n".encode()
    assert [text[begin:end] for begin, end in scan(text)] == [f"%ASA-6-722028: {WHERE}".encode()]


def test_the_devices_of_a_log_are_met_whatever_their_lines_say():
    text = "".join(
        f"May 06 2024 12:{minute:02}:01 asa-{1 + minute // 30} : %ASA-6-302013: Built connection {minute}\n"
        for minute in range(60)
    )
    # in a long log the last line of each piece stands for the others
    for filler in ("", "May 06 2024 12:59:30 web nginx: GET / 200\n" * 20_000):
        reader = SyslogReader()
        assert list(reader.read([(text + filler + text).encode()])) == []
        found = {name: (met.span.first.minute, met.span.last.minute) for name, met in reader.sightings.devices.items()}
        assert found == {"asa-1": (0, 29), "asa-2": (30, 59)}


def test_every_wanted_line_of_the_samples_is_read():
    tag = re.compile(r"(?:ASA|FTD|PIX)-(?:\w+-)?[0-7]-(722\d{3}|602101|113019|113039|71605[89]|72500[12]|725012)\b")
    wanted = set(re.findall(r"\d{6}", " ".join(message for message, _, _, _ in BODIES)))
    seen = 0
    for path in texts("logs"):
        raw = path.read_bytes()
        expected = sum(1 for line in raw.decode("latin-1").splitlines() if (m := tag.search(line)) and m[1] in wanted)
        reader = SyslogReader()
        events = list(reader.read([raw]))
        assert (len(events), reader.unreadable) == (expected, 0), path.name
        for event in events:
            if isinstance(event, ev.UserEvent):
                assert event.group_policy, path.name
                assert re.fullmatch(r"[0-9a-f.:]+", event.address), path.name
        seen += expected
    assert seen > 0
