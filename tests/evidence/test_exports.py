"""Every form in which a log is handed in says the same: same users, packets, device, incidents, and nothing unread."""

from __future__ import annotations

import gzip
import json
import random
import re
import sys

import pytest
from export_forms import DEVICE, FORMS, NAMELESS, Line, log
from hypothesis import given
from hypothesis import strategies as st

import nornir_anyconnect.evidence.exports as package
from nornir_anyconnect.evidence.exports import registry
from nornir_anyconnect.evidence.exports.family import when
from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogInput
from nornir_anyconnect.sources.classify import Role, classify
from tests.amounts import examples
from tests.texts import name_of, texts

LOG = log()
ALL = {**FORMS, **NAMELESS}
INCIDENT = ("GP Home Office", 61.0, 4, 1367, 1406)


def read(raw: bytes, size: int = 1 << 18) -> tuple[str, LogInput, LogEvidence]:
    """What a log is read as, and what is in it; cut into chunks of a size."""
    kind = classify(raw[: 1 << 16])
    chunks = [raw[at : at + size] for at in range(0, len(raw), size)]
    evidence = LogEvidence()
    if kind.export is not None:
        return kind.read_as, evidence.read_export(kind.export, chunks), evidence
    assert kind.role is Role.SYSLOG
    return kind.read_as, evidence.read(chunks), evidence


def incidents(evidence: LogEvidence) -> dict[tuple[str, str], tuple[object, ...]]:
    return {
        (device, each.user): (each.group_policy, each.seconds, each.large_packets, each.threshold, each.packet)
        for device, seen in evidence.finish().items()
        for group in seen.groups.values()
        for each in group.incidents
    }


def expected(
    device: str = DEVICE, users: tuple[str, str] = ("dora", r"EXAMPLE\evan")
) -> dict[tuple[str, str], tuple[object, ...]]:
    return {(device, user): INCIDENT for user in users}


@pytest.mark.parametrize("size", [1 << 18, 4096, 177])
@pytest.mark.parametrize("order", ["oldest first", "newest first"])
@pytest.mark.parametrize("form", ALL)
def test_each_form_says_the_same(form, order, size):
    lines = LOG if order == "oldest first" else LOG[::-1]
    _, found, evidence = read(ALL[form](lines).encode(), size)
    device = DEVICE if form in FORMS else "-"
    assert (found.messages, found.unreadable, found.untimed, found.torn) == (len(LOG), 0, 0, False)
    assert (found.devices, found.order) == ((device,), order)
    assert (found.span.first, found.span.last) == (LOG[0].at, LOG[-1].at)
    assert evidence.lines >= len(LOG)
    assert incidents(evidence) == expected(device)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("Splunk CSV", "Splunk CSV"),
        ("Splunk JSON lines", "Splunk JSON lines"),
        ("Splunk results", "Splunk JSON"),
        ("Elastic hits", "Elastic JSON"),
        ("Kibana CSV", "Elastic CSV"),
        ("Filebeat", "Filebeat, Vector or Fluent JSON lines"),
        ("Graylog CSV", "Graylog CSV"),
        ("Sentinel Syslog CSV", "Microsoft Sentinel CSV"),
        ("Sentinel CommonSecurityLog CSV", "Microsoft Sentinel CSV"),
        ("CloudWatch", "CloudWatch JSON"),
        ("Loki text", "Loki"),
        ("Loki API", "Loki JSON"),
        ("journald", "journald JSON lines"),
        ("Docker", "Docker JSON lines"),
        ("ArcSight CEF", "ArcSight CEF"),
        ("ASDM", "ASDM log viewer"),
        ("an unknown CSV", "CSV"),
        ("an unknown JSON", "JSON lines"),
        ("grep -H", "syslog"),
        ("plain", "syslog"),
    ],
)
def test_what_it_was_read_as_is_said_as_people_call_it(form, name):
    assert read(ALL[form](LOG).encode())[0] == name


@pytest.mark.parametrize("path", texts("exports"), ids=name_of)
def test_the_files_hold_what_they_are_said_to_hold(path):
    """Ours, which the code beside this test wrote, and those that another hand made of the same story."""
    _, found, evidence = read(path.read_bytes())
    device = "-" if path.name == "asdm.txt" else "edge7"
    assert (found.messages, found.unreadable, found.torn, found.devices) == (39, 0, False, (device,))
    assert incidents(evidence) == expected(device)


USERS = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="<>\u2028\u2029") | st.just(" "),
        min_size=1,
        max_size=20,
    )
    .map(str.strip)
    .filter(bool)
)
"""Names with commas, quotes, blanks, bars, backslashes and letters of any script."""


@examples(150)
@given(
    st.sampled_from(sorted(set(ALL) - {"a form nobody foresaw"})),
    st.lists(USERS, min_size=3, max_size=3, unique=True),
    st.randoms(use_true_random=False),
    st.integers(50, 5000),
)
def test_names_of_any_kind_shuffled_and_cut_anywhere(form, users, order, size):
    lines = log(tuple(users))
    plain, _, reference = read("".join(f"{each.whole}\n" for each in lines).encode())
    wanted = incidents(reference)
    order.shuffle(lines)
    _, _, evidence = read(ALL[form](lines).encode(), size)
    device = DEVICE if form in FORMS else "-"
    if form != "HTML" and "&" not in "".join(users):
        assert incidents(evidence) == {(device, user): each for (_, user), each in wanted.items()}
    assert plain == "syslog"


@examples(200)
@given(st.sampled_from(sorted(ALL)), st.data(), st.integers(60, 5000))
def test_a_cut_export_never_shows_more_and_never_hides_that_it_is_cut(form, data, size):
    """Wherever it is cut: no incident that the whole does not hold; what is missing is told of."""
    raw = ALL[form](LOG).encode()
    begin = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(begin, len(raw)))
    part = raw[begin:end]
    kind = classify(part)
    if kind.export is None and kind.role is not Role.SYSLOG:
        return
    _, _, evidence = read(part, size)
    devices = evidence.finish()
    for device, seen in devices.items():
        for group in seen.groups.values():
            for each in group.incidents:
                assert each.user in {"dora", r"EXAMPLE\evan"}, device
                assert each.large_packets <= INCIDENT[2]


@pytest.mark.parametrize(
    ("form", "last"),
    [
        ("Splunk CSV", '"2026-03-29T01:40:00.000Z","edge7","udp:514",'),
        ("Graylog CSV", '"2026-03-29T01:40:00.000Z","edge7",'),
        ("Splunk JSON lines", "{"),
        ("Splunk JSON lines", '{"preview": false, "result": {"_ra'),
        ("ArcSight CEF", "Mar 29 01:40:00 collector CEF:0|Cisco|ASA|9.16|"),
        ("Splunk array", None),
    ],
)
def test_a_record_that_was_cut_before_its_message_is_told_of(form, last):
    text = FORMS[form](LOG)
    cut = text.rstrip("\n").rpartition("\n")[0] + "\n" + last if last else text[: text.rindex("_raw") + 5]
    _, found, _ = read(cut.encode())
    assert found.messages == len(LOG) - 1
    assert found.torn


@pytest.mark.parametrize("end", range(0, 200, 3))
def test_a_line_of_cef_that_was_cut_anywhere_is_no_crash(end):
    registry.export_of(FORMS["ArcSight CEF"](LOG)[:end].encode())


GARBAGE = ["", "\x00\x01\x02", "}{", '"', "not a record at all", "{", "]", ",,,,", "{}", '{"a": 1}', "2026-03-29,x"]


@examples(150)
@given(
    st.sampled_from(sorted(form for form in ALL if "\n" in ALL[form](LOG)[:2000])),
    st.lists(st.sampled_from(GARBAGE), max_size=6),
    st.randoms(use_true_random=False),
)
def test_garbage_between_the_records_is_no_message(form, garbage, where):
    lines = ALL[form](LOG).splitlines(keepends=True)
    for each in garbage:
        lines.insert(where.randint(min(1, len(lines)), len(lines)), each + "\n")
    _, found, evidence = read("".join(lines).encode())
    assert found.messages <= len(LOG)
    assert set(incidents(evidence)) <= set(expected(DEVICE if form in FORMS else "-")) | set(expected("-"))


@pytest.mark.parametrize("places", [(18, 38, 39, 18), (35, 35, 25, 27), (19, 35, 36, 20)])
def test_quotes_that_stand_alone_let_no_message_count_twice(places):
    lines = ALL["Sentinel Syslog CSV"](LOG).splitlines(keepends=True)
    for place, each in zip(places, ('"', "\x00\x01\x02", '"', '"'), strict=True):
        lines.insert(place, f"{each}\n")
    _, found, _ = read("".join(lines).encode())
    assert found.messages <= len(LOG)
    assert found.torn


def test_a_quoted_field_may_hold_the_end_of_a_line():
    rows = [f'"{each.iso}","first\nsecond ""line""\n{"x" * 300}","{DEVICE}","{each.tagged}\n"\n' for each in LOG]
    raw = ("_time,note,host,_raw\n" + "".join(rows)).encode()
    for size in (1 << 18, 1000, 61):
        _, found, evidence = read(raw, size)
        assert (found.messages, found.unreadable, found.torn) == (len(LOG), 0, False)
        assert incidents(evidence) == expected()


def test_one_stray_quote_costs_one_record_at_most():
    rows = [f"{each.iso};{DEVICE};{each.tagged}\n" for each in LOG]
    rows[2:2] = ['2026-03-29T00:00:00Z;x;a size of 5" or so\n']
    _, found, evidence = read(("_time;host;_raw\n" + "".join(rows)).encode())
    assert found.messages >= len(LOG) - 1
    assert set(incidents(evidence)) <= set(expected())


@pytest.mark.parametrize("mark", ["\ufeff", "sep=;\n", "\n\n"])
def test_what_excel_puts_in_front(mark):
    text = FORMS["Splunk CSV, semicolons"](LOG)
    raw = (mark + text).encode().removeprefix(b"\xef\xbb\xbf")  # whoever opens the file takes the mark off
    _, found, evidence = read(raw)
    assert found.messages == len(LOG)
    assert incidents(evidence) == expected()


def test_an_unquoted_message_with_commas_is_put_together_again():
    raw = "_time,_raw,host\n" + "".join(f"{each.iso},{each.tagged},{DEVICE}\n" for each in LOG)
    _, found, evidence = read(raw.encode())
    assert (found.messages, found.devices) == (len(LOG), (DEVICE,))
    assert incidents(evidence) == expected()


def test_a_log_in_a_log_is_unwrapped():
    inner = [json.dumps({"message": each.tagged, "timestamp": each.iso, "host": DEVICE}) for each in LOG]
    raw = "".join(
        json.dumps({"log": each + "\n", "stream": "stdout", "time": "2027-01-01T00:00:00Z"}) + "\n" for each in inner
    )
    _, found, evidence = read(raw.encode())
    assert found.messages == len(LOG)
    assert incidents(evidence) == expected()


@pytest.mark.parametrize("form", ["Splunk array", "Elastic hits", "CloudWatch"])
def test_a_document_that_breaks_is_read_on_behind_the_break(form):
    text = FORMS[form](LOG)
    place = text.index("113039") + 200
    broken = text[:place].rstrip("\\") + '"\x00}}}]]' + text[place:]
    _, found, evidence = read(broken.encode())
    assert found.torn
    assert found.messages >= len(LOG) - 2
    assert set(incidents(evidence)) <= set(expected())


def test_a_document_of_many_records_takes_bounded_memory():
    import tracemalloc

    line = LOG[4]
    record = json.dumps({"_time": line.iso, "_raw": line.tagged, "host": DEVICE, "tags": ["a", "b"]})

    def chunks():
        yield b"["
        for _ in range(300):
            yield (f"{record}," * 10).encode()
        yield f"{record}]".encode()

    export = registry.export_of(f"[{record},{record[:50]}".encode())
    tracemalloc.start()
    assert sum(1 for _ in export.envelopes(chunks())) == 3_001
    assert tracemalloc.get_traced_memory()[1] < 400_000 < 3_001 * len(record)
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1774746001", "2026-03-29T01:00:01+00:00"),
        ("1774746001.5", "2026-03-29T01:00:01.500000+00:00"),
        ("1774746001500", "2026-03-29T01:00:01.500000+00:00"),
        ("1774746001500000", "2026-03-29T01:00:01.500000+00:00"),
        ("1774746001500000000", "2026-03-29T01:00:01.500000+00:00"),
        ("2026-03-29T01:00:01Z", "2026-03-29T01:00:01Z"),
    ],
)
def test_seconds_since_1970_in_any_unit(text, read):
    assert when(text) == read


def test_a_form_is_one_file(tmp_path, monkeypatch):
    """A made-up product: its fields say what no usual name says, and its file is found."""
    (tmp_path / "acme.py").write_text(
        "from nornir_anyconnect.evidence.exports.family import Family\n"
        'FAMILY = Family("Acme", marks=(("what", "box"),), message=("what",), time=("moment",), device=("box",))\n'
    )
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    registry.families.cache_clear()
    try:
        raw = "moment,box,what\n" + "".join(
            f"{each.iso},{DEVICE},{each.tagged}\n" for each in LOG if "," not in each.text
        )
        name, found, _ = read(raw.encode())
        assert (name, found.devices) == ("Acme CSV", (DEVICE,))
    finally:
        registry.families.cache_clear()
        sys.modules.pop(f"{package.__name__}.acme", None)


def test_last_message_repeated_counts_in_an_export_as_well():
    large = [each for each in LOG if each.id == "722036"][:1]
    rest = [each for each in LOG if each.id != "722036"]
    records = [{"_time": each.iso, "_raw": each.whole, "host": DEVICE} for each in sorted([*large, *rest])]
    at = next(n for n, each in enumerate(records) if "722036" in each["_raw"])
    records.insert(
        at + 1, {"_time": large[0].iso, "_raw": f"{large[0].at:%b %d %Y %H:%M:%S} relay last message repeated 3 times"}
    )
    padding = [{"_raw": "x" * 1000}] * 100
    raw = "".join(json.dumps(each) + "\n" for each in (*padding, *records, *padding))
    _, _, evidence = read(raw.encode())
    assert incidents(evidence)[DEVICE, "dora"][2] == 4


@pytest.mark.parametrize("form", ["Splunk JSON lines", "Splunk CSV"])
def test_last_message_repeated_counts_where_a_block_begins_with_it(form):
    records = FORMS[form](LOG).splitlines(keepends=True)
    at = next(n for n, each in enumerate(records) if "722036" in each) + 1
    words = f"{LOG[4].at:%b %d %Y %H:%M:%S} relay last message repeated 3 times"
    again = re.sub(r"%ASA-6-722036.*\(threshold 1367\)\.", words, records[at - 1])
    other = re.sub(r"%ASA-\d-\d{6}", "no message", records[at - 1])
    before = records[0] + other * 900 + "".join(records[1:at])
    _, _, evidence = read((before + again + other * 5 + "".join(records[at:])).encode(), len(before.encode()))
    assert incidents(evidence)[DEVICE, "dora"][2] == 7


@given(st.binary(max_size=3000), st.sampled_from(["", '{"_raw": "', "[", "_time,_raw\n", "CEF:0|", '{"hits": ']))
@examples(150)
def test_any_bytes_and_no_crash(raw, begin):
    data = begin.encode() + raw + LOG[4].tagged.encode()
    export = registry.export_of(data)
    if export is not None:
        list(export.envelopes([data[:100], data[100:]]))


def test_growth_is_linear():
    """Four times the text takes about four times as long, and not sixteen times, for each form and for text made to be slow."""
    import time

    lines = [Line(LOG[4].at, 6, "722036", LOG[4].text)] * 200
    hostile = {
        "quotes": '"' * 60_000 + LOG[4].tagged,
        "braces": "{" * 60_000 + LOG[4].tagged,
        "bars": "|" * 60_000 + "CEF:0|" + LOG[4].tagged,
    }
    for make in (
        *(lambda n, form=form: ALL[form](lines * n) for form in ALL),
        *(lambda n, text=text: (text + "\n") * n for text in hostile.values()),
    ):
        taken = []
        for n in (1, 4):
            raw = make(n).encode()
            begin = time.process_time()
            export = registry.export_of(raw[: 1 << 16])
            if export is not None:
                for _ in export.envelopes([raw]):
                    pass
            taken.append(time.process_time() - begin)
        assert taken[1] < 10 * max(taken[0], 0.005)


def test_the_prefilter_reads_what_reading_every_record_reads(monkeypatch):
    """Behind the first 64 KiB only records with a wanted id are parsed: nothing else may be lost for that."""
    more = " for outside:192.0.2.7/443 to inside:10.1.1.9/50123" * 4
    quiet = [Line(LOG[0].at, 6, "302013", f"Built inbound TCP connection {n}{more}") for n in range(170)]
    mixed = [*quiet, *LOG, *quiet]
    random.Random(7).shuffle(mixed)
    for form, make in ALL.items():
        _, found, evidence = read(make(mixed).encode(), 5000)
        assert found.messages == len(LOG), form
        assert set(incidents(evidence)) == set(expected(DEVICE if form in FORMS else "-")), form


def test_a_compressed_export_is_one(tmp_path):
    from nornir_anyconnect.logs import summarise_logs

    (tmp_path / "x").write_bytes(gzip.compress(FORMS["Splunk CSV"](LOG).encode()))
    summary = summarise_logs([tmp_path])
    assert [each.read_as for each in summary.inputs] == ["Splunk CSV"]
    assert len(summary.incidents) == 2


def test_every_form_of_the_contract_is_in_the_list():
    for word in (
        "Splunk CSV", "Splunk JSON lines", "Splunk array", "Splunk raw", "Elastic NDJSON", "Elastic hits", "Kibana CSV",
        "Filebeat", "Vector", "Fluent", "Logstash", "Graylog CSV", "Sentinel Syslog CSV", "Sentinel CommonSecurityLog CSV",
        "Log Analytics tables", "CloudWatch", "Loki text", "Loki JSON lines", "journald", "Docker", "ArcSight CEF",
        "ASDM", "ASDM CSV", "grep -n", "grep -H", "zgrep -Hn", "quoted", "bullets", "unknown words in front", "HTML",
        "syslog-ng structured data",
    ):  # fmt: skip
        assert word in ALL
        assert re.search("722036", ALL[word](LOG))


def test_a_message_that_journald_keeps_as_numbers_is_found_far_down():
    kept = [line for line in LOG if line.id != "602101"]
    quiet = [kept[0]._replace(at=kept[0].at, id="302013", text=f"Built inbound TCP connection {n}") for n in range(900)]
    lines = [
        json.dumps({"__REALTIME_TIMESTAMP": str(int(each.at.timestamp() * 1e6)), "SYSLOG_IDENTIFIER": DEVICE,
                    "MESSAGE": list(f"{each.tagged}\r".encode())})
        for each in (*quiet, *kept)
    ]  # fmt: skip
    _, _, evidence = read("\n".join(lines).encode())
    assert incidents(evidence) == expected()


def test_the_name_of_a_level_is_no_device():
    lines = [f"{each.at:%Y-%m-%d %H:%M:%S}\tLocal4.Info\t10.0.0.1\t{each.tagged}" for each in LOG]
    _, found, evidence = read("\n".join(lines).encode())
    assert found.devices == ("10.0.0.1",)
    assert incidents(evidence) == expected("10.0.0.1")


def test_names_of_columns_are_no_piece_of_a_message():
    head = "Severity,Date,Time,Syslog ID,Source IP,Source Port,Destination IP,Destination Port,Description"
    rows = [f'{each.level},{each.at:%b %d %Y,%H:%M:%S},{each.id},,,,,"{each.text}"' for each in LOG]
    _, found, evidence = read("\n".join([head, *rows]).encode())
    assert (found.torn, incidents(evidence)) == (False, expected("-"))
