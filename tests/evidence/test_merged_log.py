"""Several logs made one: whatever the order of the lines and of the files, and however often a line was written."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.evidence import merged_log
from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogOptions
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.stamps import DateOrder, StampContext
from tests.amounts import examples

START = datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC)
WHERE = "Group <GP Home Office> User <{user}> IP <{address}> "
DROPS = (5, 8, 11, 14)


def session(at: int, user: str, address: str, assigned: str, *, udp: bool = False) -> list[tuple[int, str]]:
    """A session that suffers, or has DTLS, as (second, message)."""
    who = WHERE.format(user=user, address=address)
    lines = [
        (0, f"6-113039: {who}AnyConnect parent session started."),
        (0, f"4-722051: {who}IPv4 Address <{assigned}> IPv6 address <::> assigned to session"),
        (1, f"5-722033: {who}First TCP SVC connection established for SVC session."),
        (1, f"6-722022: {who}TCP SVC connection established without compression"),
    ]
    if udp:
        lines += [
            (2, f"5-722033: {who}First UDP SVC connection established for SVC session."),
            (2, f"6-722022: {who}UDP SVC connection established without compression"),
        ]
    else:
        lines += [(s, f"6-722036: {who}Transmitting large packet 1406 (threshold 1367).") for s in DROPS]
        lines += [(61, f"5-722032: {who}New TCP SVC connection replacing old connection.")]
    return [(at + second, text) for second, text in lines]


STORY = sorted(
    [
        *session(0, "dora", "192.0.2.7", "10.9.0.11"),
        *session(20, "finn", "192.0.2.8", "10.9.0.12", udp=True),
        *session(300, "EXAMPLE\\evan", "203.0.113.9", "10.9.0.13"),
    ],
    key=lambda line: line[0],
)


def usual(second: int, text: str) -> str:
    return f"<166>{START + timedelta(seconds=second):%b %d %Y %H:%M:%S} edge7 : %ASA-{text}"


PLAIN = [usual(*line) for line in STORY]


def read(*logs: list[str], date_order=None, **options):
    evidence = LogEvidence(LogOptions(stamps=StampContext(date_order=date_order), **options))
    inputs = [evidence.read(["".join(f"{line}\n" for line in log).encode()]) for log in logs]
    return evidence.finish(), inputs


def shown(*logs: list[str], **options):
    """What somebody would compare: incidents, packets and users."""
    devices, _ = read(*logs, **options)
    return {
        (name, policy): (
            [(i.kind, i.user, i.connected_at, i.reconnected_at, i.large_packets, i.threshold) for i in group.incidents],
            group.large_packets,
            sorted(group.users),
            sorted(group.hit),
        )
        for name, device in devices.items()
        for policy, group in device.groups.items()
    }


EXPECTED = shown(PLAIN)


def test_the_story():
    ((incidents, packets, users, hit),) = EXPECTED.values()
    assert [(each[1], each[4]) for each in incidents] == [("dora", 4), ("EXAMPLE\\evan", 4)]
    assert (sum(each.count for each in packets), all(each.without_udp for each in packets)) == (8, True)
    assert users == hit == ["EXAMPLE\\evan", "dora"]


def test_newest_first_oldest_first_and_mixed_give_the_same_answer():
    mixed = random.Random(7).sample(PLAIN, len(PLAIN))
    for log, order in ((PLAIN, "oldest first"), (PLAIN[::-1], "newest first"), (mixed, "mixed")):
        assert shown(log) == EXPECTED
        _, (source,) = read(log)
        assert (source.order, source.messages, source.devices) == (order, len(PLAIN), ("edge7",))
        assert (source.span.first, source.span.last) == (START, START + timedelta(seconds=361))


def test_the_same_lines_of_two_sources_count_once():
    assert shown(PLAIN, PLAIN[::-1]) == EXPECTED
    assert shown(PLAIN[:20], PLAIN[10:]) == EXPECTED  # two exports that overlap
    assert shown(PLAIN, PLAIN, PLAIN[5:9]) == EXPECTED


def test_a_copy_that_lacks_the_name_of_the_device_counts_once():
    unnamed = [line.replace(" edge7 :", ":") for line in PLAIN]
    found = shown(PLAIN, unnamed)
    assert {key: value for key, value in found.items() if key[0] == "edge7"} == EXPECTED
    assert not any(incidents for (device, _), (incidents, *_) in found.items() if device != "edge7")


@pytest.mark.parametrize("name", ["edge7.corp.example", "EDGE7", "Edge7.Corp.Example"])
def test_a_copy_with_the_domain_or_other_letters_counts_once(name):
    other = [line.replace(" edge7 :", f" {name} :") for line in PLAIN]
    later = [line.replace("01:0", "01:1") for line in other]
    assert list(shown(PLAIN, other).values()) == list(EXPECTED.values())
    assert len(read(PLAIN, later)[0]) == 1


def test_a_message_that_cannot_be_read_counts_once_by_however_many_names_its_log_calls_the_device():
    broken = usual(9, STORY[4][1][:40])
    other = [line.replace(" edge7 :", " EDGE7.corp.example :") for line in PLAIN]
    assert [seen.unreadable for seen in read([*PLAIN, *other, broken])[0].values()] == [1]


def test_one_name_in_two_domains_is_two_devices():
    domains = ("a.example", "b.example")
    found, _ = read(*([line.replace(" edge7 :", f" edge7.{domain} :") for line in PLAIN] for domain in domains))
    assert list(found) == ["edge7.a.example", "edge7.b.example"]


def test_a_source_in_which_each_line_stands_twice_is_a_copy():
    twice = list(itertools.chain.from_iterable((line, line) for line in PLAIN))
    assert shown(twice) == EXPECTED
    assert shown(twice, PLAIN) == EXPECTED


def test_the_same_line_may_well_occur_twice():
    again = [*PLAIN, usual(5, STORY[4][1]), usual(5, STORY[4][1])]
    (packets,) = [packets for _, packets, _, _ in shown(again).values()]
    assert sum(each.count for each in packets) == 10
    # of two sources the one that holds more of them tells how many there were
    assert shown(again, PLAIN) == shown(PLAIN, again) == shown(again)


def test_last_message_repeated():
    drop = next(n for n, line in enumerate(PLAIN) if "722036" in line and "dora" in line)
    relay = "Mar 29 2026 01:00:06 relay last message repeated 3 times"
    told = [*PLAIN[: drop + 1], relay, *PLAIN[drop + 1 :]]
    for log in (told, told[::-1]):
        (packets,) = [packets for _, packets, _, _ in shown(log).values()]
        assert sum(each.count for each in packets) == 11
    records = [Envelope(line.encode()) for line in told]
    evidence = LogEvidence()
    evidence.read_envelopes(records[::-1])
    (group,) = evidence.finish()["edge7"].groups.values()
    assert sum(each.count for each in group.large_packets) == 11


def relayed(log: list[tuple[int, str]], delay: int | random.Random) -> list[str]:
    """By a relay that writes its own clock, and passes on lines without the device's."""
    late = delay.randint if isinstance(delay, random.Random) else lambda _, __: delay
    return [f"{START + timedelta(seconds=s + late(0, 2)):%b %d %Y %H:%M:%S} edge7 %ASA-{text}" for s, text in log]


@pytest.mark.parametrize("delay", [0, 1, 2, random.Random(5), random.Random(11)])
def test_two_relays_whose_clocks_differ_count_once(delay):
    first, second = relayed(STORY, 0), relayed(STORY, delay)
    alternating = [line for pair in zip(first, second, strict=True) for line in pair]
    for logs in ((first, second), (second[::-1], first), (alternating,), (first, second, first)):
        ((_, packets, users, _),) = shown(*logs).values()
        incidents = [
            each[:2] + each[4:] for ((each_incidents, *_),) in [shown(*logs).values()] for each in each_incidents
        ]
        assert incidents == [("dtls-never-up", "dora", 4, 1367), ("dtls-never-up", "EXAMPLE\\evan", 4, 1367)]
        assert (sum(each.count for each in packets), users) == (8, ["EXAMPLE\\evan", "dora"])


def test_what_happens_every_second_is_counted_every_second():
    drops = [(s, STORY[4][1]) for s in range(5, 25)]
    story = sorted([*STORY[:4], *drops, *(line for line in STORY if "722032" in line[1] and "dora" in line[1])])
    for logs in ((relayed(story, 0),), (relayed(story, 0), relayed(story, 1)), (relayed(story, 0), relayed(story, 2))):
        ((_, packets, _, _),) = shown(*logs).values()
        assert sum(each.count for each in packets) == 20
    # two logs that have nothing in common but a user who suffers at the same time are no copies
    ((_, packets, _, _),) = shown(relayed([*STORY[:4], *drops[::2]], 0), relayed(drops[1::2], 0)).values()
    assert sum(each.count for each in packets) == 20


FORMS = {
    "iso": lambda t, text: f"{t:%Y-%m-%dT%H:%M:%S.000Z} edge7 %ASA-{text}",
    "day first": lambda t, text: f"{t:%d/%m/%Y %H:%M:%S} edge7 %ASA-{text}",
    "month first": lambda t, text: f"{t:%m/%d/%Y, %I:%M:%S.000 %p} edge7 %ASA-{text}",
    "dots": lambda t, text: f"{t:%d.%m.%Y %H:%M:%S} edge7 %ASA-{text}",
    "slashes, year first": lambda t, text: f"{t:%Y/%m/%d %H:%M:%S} edge7 %ASA-{text}",
    "kibana": lambda t, text: f"{t:%b %d, %Y @ %H:%M:%S.000} edge7 %ASA-{text}",
    "day, month by name": lambda t, text: f"{t:%d %b %Y %H:%M:%S} edge7 %ASA-{text}",
    "month in full": lambda t, text: f"{t:%A, %B %d, %Y %I:%M:%S %p} edge7 %ASA-{text}",
    "unknown columns": lambda t, text: f"17;{t:%Y-%m-%d %H:%M:%S};edge7;%ASA-{text};x",
    "unknown quotes": lambda t, text: f'"17","{t:%Y-%m-%d %H:%M:%S}","edge7","%ASA-{text}"',
    "apache": lambda t, text: f"{t:%d/%b/%Y:%H:%M:%S +0000} edge7 %ASA-{text}",
    "seconds since 1970": lambda t, text: f"{int(t.timestamp())} edge7 %ASA-{text}",
    "thousandths": lambda t, text: f"{int(t.timestamp())}000 edge7 %ASA-{text}",
    "fractions": lambda t, text: f"{int(t.timestamp())}.000 edge7 %ASA-{text}",
    "half days": lambda t, text: f"{t:%m/%d/%y %I:%M:%S %p} edge7 %ASA-{text}",
    "zone": lambda t, text: f"{t + timedelta(hours=2):%b %d %Y %H:%M:%S} CEST edge7 : %ASA-{text}",
    "offset": lambda t, text: f"{t - timedelta(hours=5):%Y-%m-%dT%H:%M:%S}-05:00 edge7 : %ASA-{text}",
    "grep -H": lambda t, text: f"/var/log/fw.log:<166>{t:%b %d %Y %H:%M:%S} edge7 : %ASA-{text}",
    "grep -n": lambda t, text: f"17:<166>{t:%b %d %Y %H:%M:%S} edge7 : %ASA-{text}",
    "quoted": lambda t, text: f'> "{t:%b %d %Y %H:%M:%S} edge7 : %ASA-{text}"',
    "bullet": lambda t, text: f"  * {t:%b %d %Y %H:%M:%S} edge7 : %ASA-{text}",
    "page": lambda t, text: f"{t:%b %d %Y %H:%M:%S} edge7 : %ASA-{text}".replace("<", "&lt;").replace(">", "&gt;"),
    "json": lambda t, text: f"{t:%b %d %Y %H:%M:%S} edge7 : %ASA-{text}".replace("<", "\\u003c").replace(
        ">", "\\u003e"
    ),
    "structured data": lambda t, text: f'<166>1 {t:%Y-%m-%dT%H:%M:%SZ} edge7 - - - [meta sequenceId="2"] %ASA-{text}',
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_each_form_of_a_stamp_gives_the_same_answer(form, newest_first):
    log = [FORMS[form](START + timedelta(seconds=second), text) for second, text in STORY]
    assert shown(log[::-1] if newest_first else log) == EXPECTED


def test_day_and_month_are_told_apart_by_the_whole_log():
    def on(day: datetime, form: str) -> list[str]:
        return [FORMS[form](day + timedelta(seconds=second), text) for second, text in STORY]

    fourth, thirteenth = datetime(2026, 3, 4, 1, tzinfo=UTC), datetime(2026, 3, 13, 1, tzinfo=UTC)
    for form in ("day first", "month first"):
        alone, both = on(fourth, form), [*on(fourth, form), *on(thirteenth, form)]
        for log in (both, both[::-1]):
            _, (source,) = read(log)
            assert (source.span.first, source.undecided_dates) == (fourth, False)
        _, (source,) = read(alone)
        assert source.undecided_dates
        order = DateOrder.DAY_FIRST if form == "day first" else DateOrder.MONTH_FIRST
        _, (source,) = read(alone, date_order=order)
        assert (source.span.first, source.undecided_dates) == (fourth, False)
    # the days of a log follow each other
    days = [line for day in (4, 5, 6) for line in on(datetime(2026, 3, day, 1, tzinfo=UTC), "month first")]
    _, (source,) = read([line.replace(" AM", "") for line in days])
    assert (source.span.first, source.undecided_dates) == (fourth, True)


def test_a_log_without_times_shows_drops_and_users_and_no_reconnect():
    log = [f"edge7 : %ASA-{text}" for _, text in STORY]
    for lines in (log, log[::-1]):
        devices, (source,) = read(lines)
        (group,) = devices["edge7"].groups.values()
        assert (group.incidents, sorted(group.users)) == ((), ["EXAMPLE\\evan", "dora"])
        assert sum(each.count for each in group.large_packets if each.without_udp) == 8
        assert (source.untimed, source.order) == (len(log), "unknown")
        assert devices["edge7"].untimed == len(log)
    # finn has UDP: a drop of his would be none without it, wherever it stands
    finn = WHERE.format(user="finn", address="192.0.2.8") + "Transmitting large packet 1406 (threshold 1367)."
    devices, _ = read([f"edge7 : %ASA-6-722036: {finn}", *log])
    (group,) = devices["edge7"].groups.values()
    assert [each.users for each in group.large_packets if not each.without_udp] == [{"finn"}]


def test_many_messages_wait_on_disk(monkeypatch):
    monkeypatch.setattr(merged_log, "MAX_HELD", 7)
    monkeypatch.setattr(merged_log, "_BATCH", 3)
    mixed = random.Random(3).sample(PLAIN, len(PLAIN))
    for logs in ((PLAIN,), (PLAIN[::-1],), (mixed, PLAIN)):
        assert shown(*logs) == EXPECTED


def test_a_log_of_notices_shows_what_is_suspected():
    notices = [line for line in PLAIN if "%ASA-6-" not in line]
    devices, _ = read(notices)
    (group,) = devices["edge7"].groups.values()
    assert [(each.kind, each.user, each.seconds) for each in group.suspected] == [
        ("suspected", "dora", 61), ("suspected", "EXAMPLE\\evan", 61)
    ]  # fmt: skip
    assert (group.incidents, group.users, devices["edge7"].level) == ((), frozenset(), 5)
    # with informational lines the drops would be there, unless somebody left them out
    devices, _ = read([line for line in PLAIN if "722036" not in line])
    assert [(each.user, each.seconds) for group in devices["edge7"].groups.values() for each in group.suspected] == [
        ("dora", 61), ("EXAMPLE\\evan", 61)
    ]  # fmt: skip
    # where a drop is there, they are
    dora = [line for line in PLAIN if "722036" not in line or "dora" in line]
    assert not any(group.suspected for group in read(dora)[0]["edge7"].groups.values())


def test_drops_that_compression_or_udp_explains_hit_nobody():
    compressed = [line.replace("without compression", "with compression") for line in PLAIN if "722032" not in line]
    (group,) = read(compressed)[0]["edge7"].groups.values()
    assert (len(group.users), group.hit) == (2, frozenset())
    plain = [line for line in PLAIN if "722032" not in line]
    (group,) = read(plain)[0]["edge7"].groups.values()
    assert group.hit == {"dora", "EXAMPLE\\evan"}


@pytest.mark.parametrize(
    ("log", "torn"),
    [
        ("\n".join(PLAIN), False),
        ("\n".join(PLAIN) + "\n", False),
        ("\n".join(PLAIN)[7:], False),  # the stamp is cut, and the message is without a time
        ("\n".join(PLAIN)[len(PLAIN[0]) - 30 :], True),
        ("\n".join([*PLAIN, PLAIN[0][:40]]), True),
    ],
)
def test_a_log_that_begins_or_ends_within_a_line(log, torn):
    evidence = LogEvidence()
    source = evidence.read([log.encode()])
    assert source.torn == torn
    assert evidence.finish()["edge7"].torn == torn


@examples(60)
@given(st.data())
def test_however_it_is_shuffled_and_spread_over_files(data):
    log = data.draw(st.permutations(PLAIN))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(log)), max_size=3)))
    files = [log[a:b] for a, b in itertools.pairwise([0, *cuts, len(log)])]
    files += data.draw(st.lists(st.sampled_from([PLAIN, PLAIN[::-1], log[:10]]), max_size=2))
    assert shown(*(file for file in files if file)) == EXPECTED


def test_the_level_of_a_log_is_that_of_the_time_asked_for():
    notices = [line for line in PLAIN if "%ASA-6-" not in line]
    devices, _ = read(notices * 40, since=START + timedelta(seconds=100))
    assert (devices["edge7"].level, devices["edge7"].lines) == (5, 3)
    assert read(notices, since=START + timedelta(days=1))[0] == {}
