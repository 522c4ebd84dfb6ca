"""Several messages on a line, lines broken anywhere: each message is read right, or counted as unreadable."""

from __future__ import annotations

import textwrap
from random import Random

import msgspec
import pytest
from test_evidence_syslog import BODIES, NOON, REFERENCE, WHERE, read

from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence.syslog.message_boundaries import BLOCK, blocks, shape_of
from nornir_anyconnect.evidence.syslog.reader import SyslogReader
from nornir_anyconnect.evidence.syslog.stamps import StampContext

HEAD = "May 06 2024 12:30:01 asa-1 : %ASA-6-"
LARGE = f"722036: {WHERE}Transmitting large packet 1418 (threshold 1347)."
UP = f"722033: {WHERE}First TCP SVC connection established for SVC session."
OTHERS = (
    "302013: Built inbound TCP connection 7 for outside:203.0.113.7/1 (203.0.113.7/1) to inside:10.1.1.1/443",
    '106023: Deny udp src outside:1.2.3.4/5 dst inside:10.2.2.2/53 by access-group "outside-in" [0x0, 0x0]',
    "302016: Teardown UDP connection 89743275 for outside:192.0.2.222/53 to inside:10.1.1.3/5 duration 1:23:45 bytes 140",
)


def met(text: str) -> tuple[list[ev.Event], int]:
    reader = SyslogReader(StampContext(reference=REFERENCE))
    return list(reader.read([text.encode()])), reader.unreadable


@pytest.mark.parametrize(
    "line",
    [
        f"{HEAD}{UP} {HEAD}{LARGE}",
        f"{HEAD}{UP} <166>{HEAD}{LARGE}",
        f"{HEAD}{OTHERS[0]} {HEAD}{UP} {HEAD}{OTHERS[2]} {HEAD}{LARGE} {HEAD}{OTHERS[1]}",
        f"%ASA-6-{UP} %ASA-6-{LARGE}",
        f"asa-1 : %ASA-6-{UP} asa-1 : %ASA-6-{LARGE}",
        f"{HEAD}111008: User 'ann' executed the 'show logging' command. {HEAD}{UP} {HEAD}{LARGE}",
        f"May 06 12:30:03 relay {HEAD}{UP} May 06 12:30:03 relay {HEAD}{LARGE}",
    ],
)
def test_each_message_on_a_line(line):
    events, unreadable = met(line)
    assert [each.message for each in events] == ["722033", "722036"]
    assert {each.device for each in events} in ({"asa-1"}, {"-"})
    assert {each.time for each in events} in ({NOON}, {None})
    assert unreadable == 0


def test_two_of_a_kind_keep_their_users():
    first, second = met(f"{HEAD}{LARGE} {HEAD}{LARGE.replace('<ann>', '<bob>')}")[0]
    assert (first.user, second.user) == ("ann", "bob")


@pytest.mark.parametrize(
    ("line", "unreadable"),
    [
        (f"{HEAD}111008: User 'ann' executed the 'banner motd {HEAD}{LARGE}' command.", 0),
        (f"{HEAD}111010: User 'ann', running 'CLI' from IP 0.0.0.0, executed 'banner {HEAD}{LARGE}'", 0),
        (f"{HEAD}302013: Built connection (LOCAL\\x %ASA-6-{LARGE})", 0),
        # nobody can tell a name at the login page from the message that follows it
        (f"{HEAD}113015: AAA user authentication Rejected : reason = x : user = {HEAD}{LARGE}", 1),
        (f"{HEAD}304001: 10.1.1.1 Accessed URL 192.0.2.1:/x {HEAD}{LARGE}", 1),
    ],
)
def test_what_somebody_typed_is_no_message(line, unreadable):
    assert met(line) == ([], unreadable)


def test_a_name_that_quotes_a_message_stays_a_name():
    name = f"x {HEAD}722036: Group <GP> User <y> IP <6.6.6.6> Transmitting large packet 1500 (threshold 600). z"
    (event,), unreadable = met(f"{HEAD}{LARGE.replace('<ann>', f'<{name}>')}")
    assert (event.packet, event.threshold, event.address, unreadable) == (1418, 1347, "203.0.113.7", 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"May 06 2024 12:30:01 asa-1 : %ASA-6-\n{LARGE}\n", {"packet": 1418, "time": NOON, "device": "asa-1"}),
        (f"May 06 2024\n12:30:01 asa-1 : %ASA-6-{LARGE}\n", {"packet": 1418, "time": NOON, "device": "asa-1"}),
        (f"{HEAD}722036: {WHERE}Transmitting large packet 1418 (threshold 13\n47).\n", {"threshold": 1347}),
        (
            f"{HEAD}722036: Group <GP staff>\nUser <ann> IP <203.0.113.7> Transmitting\nlarge packet 1418\n(threshold 1347).",
            {"group_policy": "GP staff", "user": "ann", "packet": 1418},
        ),
        (
            (
                f"{HEAD}113019: Group = GP, Username = ann, IP = 203.0.113.7, Session disconnected. Session\nType: SSL, "
                "Duration: 0h:31m:26s, Bytes xmt: 13, Bytes rcv: 4,\nReason: User Requested"
            ),
            {"session_type": "SSL", "seconds": 1886, "reason": "User Requested"},
        ),
        (f"{HEAD}722022: {WHERE}TCP SVC connection established\nwith compression\n", {"compression": True}),
        (f"{HEAD}722037: {WHERE}SVC closing connection: DPD\nfailure.\n", {"reason": "DPD failure"}),
        (
            f"{HEAD}725001: Starting SSL handshake with client outside:203.0.113.7/5 to 198.51.100.1/443 for\nDTLSv1.2 session",
            {"version": "DTLSv1.2"},
        ),
    ],
)
def test_a_broken_line_is_read_whole(text, expected):
    (event,), unreadable = met(text)
    assert {name: getattr(event, name) for name in expected} == expected
    assert unreadable == 0


def test_a_continuation_that_holds_the_next_message():
    first, second = met(
        f"{HEAD}722036: {WHERE}Transmitting large packet 1418 (threshold\n1347). May 06 2024 12:30:01: %ASA-6-{UP}\n"
    )[0]
    assert (first.threshold, first.device) == (1347, "asa-1")
    # what is left of the message before is no device
    assert (second.message, second.device, second.time) == ("722033", "-", NOON)


@pytest.mark.parametrize(
    "body",
    [
        "113019: Group = GP, Username = ann, IP = 203.0.113.7, Session disconnected. Session",
        f"722022: {WHERE}TCP SVC connection established",
        "725001: Starting SSL handshake with client outside:203.0.113.7/50001 to 198.51.100.1/443 for",
        f"722036: {WHERE}Transmitting large packet 1418 (threshold 13",
        f"722051: {WHERE}IPv4 Address <10.9.0.4> IPv6 address",
    ],
)
def test_a_message_that_is_cut_is_counted_and_not_half_read(body):
    assert met(f"{HEAD}{body}\n{HEAD}{OTHERS[0]}\n") == ([], 1)


def test_the_rest_of_a_tag_is_counted():
    assert met(f"{HEAD}{OTHERS[0]}\n{HEAD}{OTHERS[1]} May 06 2024 12:30:01 asa-1 : %AS\nA-6-{LARGE}\n") == ([], 1)


def test_a_name_broken_by_one_or_the_other_is_not_guessed():
    # a terminal may have broken "ann", a document "an n": the line is the longest there is
    line = f"{HEAD}722036: Group <G> User <an"
    assert met(f"{line}\nn> IP <1.2.3.4> Transmitting large packet 9 (threshold 8).\n") == ([], 1)


def test_a_letter_of_two_bytes_is_one_column_of_a_terminal():
    who = "Group <Außendienst Köln und Umgebung> User <GRUPPE\\jörg> IP <203.0.113.7>"
    lines = [
        f"{HEAD}722036: {name} Transmitting large packet 1418 (threshold 1347)." for name in [WHERE.strip()] * 9 + [who]
    ]
    width = lines[0].index("<") + 4
    pasted = "".join(line[at : at + width] + "\n" for line in lines for at in range(0, len(line), width))
    found, unreadable = met(pasted)
    assert ({each.user for each in found}, unreadable) == ({"ann", "GRUPPE\\jörg"}, 0)


def _as_pasted(random: Random, messages: list[str]) -> str:
    width = random.choice([60, 72, 80, 93, 100, 120])

    def by_words(text: str) -> str:
        hyphens = random.random() < 0.5
        return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=hyphens))

    def by_width(text: str) -> str:
        return "\n".join(text[at : at + width] for at in range(0, len(text), width))

    how = random.choice(["words", "width", "joined", "words of each", "width of each"])
    if how == "joined":
        return "".join(each + random.choice(" \n") for each in messages)
    broken = by_words if how.startswith("words") else by_width
    return "\n".join(map(broken, messages)) if how.endswith("each") else broken(" ".join(messages))


def _without_words(event: ev.Event) -> ev.Event:
    words = set(event.__struct_fields__) & {"reason", "text"}
    return msgspec.structs.replace(event, **dict.fromkeys(words, ""))


@pytest.mark.parametrize("hundred", range(4))
def test_whatever_breaks_the_lines_no_field_is_wrong_and_nothing_is_lost_unnoticed(hundred):
    expected = right = 0
    for number in range(100):
        random = Random(hundred * 100 + number)
        head = random.choice([HEAD, "May 06 2024 12:30:01: %ASA-6-", f"<166>{HEAD}"])
        messages, truth = [], []
        for _ in range(random.randint(3, 14)):
            if random.random() < 0.3:
                messages.append(head + random.choice(OTHERS))
            else:
                message, body, *_ = random.choice(BODIES)
                messages.append(f"{head}{message}: {body}")
                truth += [_without_words(each) for each in read(messages[-1])]
        text = _as_pasted(random, messages)
        events, unreadable = met(text)
        expected += len(truth)
        right += len(events)
        for event in map(_without_words, events):
            assert event in truth, text
            truth.remove(event)
        assert len(truth) <= unreadable, text
    assert right / expected > 0.97


def test_a_long_pasted_log_is_read_in_pieces():
    lines = "\n".join(textwrap.wrap(f"{HEAD}{OTHERS[0]} {HEAD}{LARGE} " * 2000, 80, break_long_words=False))
    raw = lines.encode()
    assert len(raw) > 5 * BLOCK
    assert shape_of(raw[:BLOCK]).broken
    for size in (1000, BLOCK, len(raw)):
        reader = SyslogReader(StampContext(reference=REFERENCE))
        events = list(reader.read(raw[at : at + size] for at in range(0, len(raw), size)))
        assert (len(events), reader.unreadable) == (2000, 0)
        assert reader.lines == lines.count("\n") + 1
        assert list(reader.sightings.devices) == ["asa-1"]


def test_a_log_with_whole_lines_is_not_taken_for_a_pasted_one():
    lines = [f"May 06 12:30:01 10.0.0.1 {HEAD}{OTHERS[0]}", "May 06 12:30:01 web nginx: GET / 200"] * 50
    stack = ["Exception in thread main", "\tat com.example.Main"]
    assert not shape_of("\n".join([*lines, *stack]).encode()).broken


def test_small_pieces_are_put_together():
    pieces = list(blocks([b"x" * 1000] * 200))
    assert b"".join(pieces) == b"x" * 200_000
    assert all(len(piece) >= BLOCK for piece in pieces[:-1])
