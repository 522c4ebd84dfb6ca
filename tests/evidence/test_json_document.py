"""Records of one large document that nobody wants are passed over: what is left says the same, whatever is in them."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.exports import json_document, registry
from nornir_anyconnect.evidence.exports import records as records_of_exports
from nornir_anyconnect.evidence.log_evidence import LogEvidence

SIZES = st.sampled_from([97, 1000, 1 << 16])
WHO = "Group <GP> User <ann> IP <203.0.113.9>"
WANTED = f"Mar 02 2026 09:00:00 edge7 : %ASA-6-722036: {WHO} Transmitting large packet 1406 (threshold 1367)."
OTHER = "Mar 02 2026 09:00:01 edge7 : %ASA-6-302013: Built inbound TCP connection 7 for outside:198.51.100.7/443"
# a wanted id without a dash before it is that of no message
MESSAGES = (WANTED, OTHER, f"{OTHER} 722036", "%ASA-5-111008: User 'x' executed '}],[{ \"'", "no message", "")


@contextmanager
def from_the_first(*, passed_over: bool = True):
    """Records are passed over from the first one on, or none is."""
    element = json_document._ELEMENT if passed_over else re.compile(b"(?!)")
    with patch.object(json_document, "WHOLE", 0), patch.object(json_document, "_ELEMENT", element):
        yield


def read(document: bytes, size: int, *, passed_over: bool) -> tuple[object, ...]:
    """What is read of a document that comes in chunks of a size."""
    export = registry.export_of(document[: 1 << 16])
    assert isinstance(export, json_document.JsonDocument)
    with from_the_first(passed_over=passed_over):
        chunks = [document[at : at + size] for at in range(0, len(document), size)]
        found = list(export.envelopes(chunks))
    return [each for each in found if WANTED.encode() in each.message], export.lines, export.torn


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(["}", "]", '"', "\\", ","])
)
records = st.builds(
    lambda text, more: {"message": text, "timestamp": "2026-03-02T09:00:00Z", "source": "edge7", **more},
    st.sampled_from(MESSAGES),
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_size=3,
    ),
)


@given(
    st.lists(records, min_size=3, max_size=8),
    st.sampled_from([None, 1]),
    st.booleans(),
    SIZES,
    st.sampled_from(["{}", '{{"hits": {{"hits": {} }}, "took": 1}}', '{{"messages": {}, "total_results": 5}}']),
)
@example(
    [{"message": MESSAGES[0]}, {"message": MESSAGES[0], "hash": 2**64}, {"message": OTHER, "hash": 2**64}],
    None,
    False,
    97,
    "{}",
)
def test_what_is_wanted_is_read_as_if_everything_was(held, indent, ascii_only, size, around):
    held = [{"message": OTHER}, *held, {"message": OTHER}]
    document = around.format(json.dumps(held, indent=indent, ensure_ascii=ascii_only)).encode(errors="replace")
    found, _, torn = read(document, size, passed_over=True)
    expected, _, torn_whole = read(document, size, passed_over=False)
    assert found == expected
    assert torn == torn_whole


@given(st.lists(st.sampled_from(MESSAGES[:2]), min_size=5, max_size=16), SIZES, st.data())
def test_a_document_that_was_cut_anywhere_says_so_and_holds_no_more(texts, size, data):
    document = json.dumps([{"message": text} for text in (OTHER, *texts)]).encode()
    cut = document[: data.draw(st.integers(len(document) // 2, len(document) - 2))]
    found, _, torn = read(cut, size, passed_over=True)
    assert torn
    assert len(found) <= texts.count(WANTED)
    assert found == read(cut, size, passed_over=False)[0]


@pytest.mark.parametrize("size", [1, 97, 4299, 1 << 16])
@pytest.mark.parametrize("number", ["9" * 4300, "9" * 4301, "-" + "9" * 9000, "1" * 9000 + ".5", "1e" + "9" * 20])
def test_a_number_of_any_length_hides_no_message(size, number):
    """To ijson's C code a whole number of more digits than Python takes would be the end of the process."""
    before = json.dumps([{"message": OTHER}] * 30)
    document = f'{before[:-1]}, {{"message": "{WANTED}", "n": {number}}}, {{"message": "{WANTED}"}}]'.encode()
    found, _, torn = read(document, size, passed_over=True)
    assert len(found) == 2 or (found and torn)


@pytest.mark.parametrize("size", [97, 1 << 16])
def test_a_message_whose_id_is_written_with_escapes_or_that_was_repeated_is_not_passed_over(size):
    escaped = WANTED.replace("-6-722", "-6-\\u0037\\u0032\\u0032")
    texts = [OTHER] * 20 + [escaped] + [OTHER] * 20 + [WANTED, "last message repeated 3 times"] + [OTHER] * 20
    document = ('[{"message": "' + '"}, {"message": "'.join(texts) + '"}]').encode()
    export = registry.export_of(document)
    with from_the_first():
        log = LogEvidence().read_export(export, [document[at : at + size] for at in range(0, len(document), size)])
    assert log.messages == 2
    assert log.lines == len(texts)


@pytest.mark.parametrize(("total", "torn"), [(200, False), (201, True)])
def test_records_that_were_passed_over_are_counted_as_what_was_found(total, torn):
    hits = [{"_source": {"message": OTHER}} for _ in range(200)]
    document = json.dumps({"hits": {"hits": hits, "total": {"value": total}}}).encode()
    assert read(document, 4096, passed_over=True)[1:] == (200, torn)


def test_the_last_record_shows_until_when_and_few_are_read():
    lines = [OTHER.replace("09:00:01", f"{hour:02}:{minute:02}:00") for hour in range(24) for minute in range(60)]
    document = json.dumps([{"message": line} for line in lines]).encode()
    with patch.object(json_document.Builder, "take", autospec=True, side_effect=json_document.Builder.take) as taken:
        log = LogEvidence().read_export(
            registry.export_of(document[: 1 << 16]), [document[at : at + 4096] for at in range(0, len(document), 4096)]
        )
    assert (log.span.first.hour, log.span.last.hour, log.span.last.minute) == (0, 23, 59)
    assert log.devices == ("edge7",)
    assert log.lines == len(lines)
    assert taken.call_count < len(lines) * 4 / 2, "the 64 KiB at the beginning, and few others"


def messages(count: int) -> list[str]:
    return [WANTED.replace("ann", f"u{number}") for number in range(count)]


@pytest.mark.parametrize("count", [2, 300, 301, 700])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda texts: {"lines": texts},
        lambda texts: [{"host": "relay", "lines": texts[::2]}, {"host": "relay", "lines": texts[1::2]}],
        lambda texts: {"message": {str(number): text for number, text in enumerate(texts)}},
        lambda texts: {str(number): {"message": text} for number, text in enumerate(texts)},
    ],
    ids=["field", "fields", "column", "rows by number"],
)
def test_texts_of_a_list_are_messages_wherever_it_stands(wrapped, indent, count):
    document = json.dumps(wrapped(messages(count)), indent=indent).encode()
    export = registry.export_of(document[: 1 << 16])
    evidence = LogEvidence()
    assert export is not None
    read = evidence.read_export(export, [document])
    assert read.messages == count
    assert not read.torn


def test_what_stands_beside_a_list_is_told_of_its_texts():
    bare = [text.partition("edge7 : ")[2] for text in messages(2)]
    document = json.dumps([{"time": "2026-03-02T09:00:00Z", "host": "edge8", "lines": bare}] * 2).encode()
    export = registry.export_of(document)
    assert export is not None
    assert {(each.time, each.device) for each in export.envelopes([document])} == {("2026-03-02T09:00:00Z", "edge8")}


REPEATED = "Mar 02 2026 09:00:02 relay last message repeated 5 times"


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("wrapped", [json.dumps, lambda held: "\n".join(map(json.dumps, held)) + "\n"])
def test_a_repetition_is_that_of_the_record_before_it_also_where_nobody_reads_that_one(order, wrapped):
    later = WANTED.replace("09:00:00", "09:00:09")
    held = [OTHER] * 5 + [WANTED] + [OTHER] * 30 + [REPEATED, later] + [OTHER] * 5
    document = wrapped([{"message": text} for text in held[::order]]).encode()
    export = registry.export_of(document)
    assert export is not None
    evidence = LogEvidence()
    with from_the_first(), patch.object(records_of_exports, "WHOLE", 1):
        evidence.read_export(export, [document])
    (drops,) = evidence.finish()["edge7"].groups["GP"].large_packets
    assert drops.count == 2


@pytest.mark.parametrize("wrapped", ['[{{"message": "{}"}}, {{"mess', '{{"message": "{}"}}\n{{"message": "{}", "x'])
def test_what_is_escaped_in_a_record_that_was_cut_is_read(wrapped):
    escaped = WANTED.replace("<", "\\u003c").replace(">", "\\u003e")
    document = wrapped.format(escaped, escaped).encode()
    export = registry.export_of(document)
    assert export is not None
    read = LogEvidence().read_export(export, [document])
    assert (read.messages, read.unreadable, read.torn) == (document.count(b"722036"), 0, True)


@pytest.mark.parametrize(
    "join",
    [
        lambda records: json.dumps(records),
        lambda records: json.dumps({"hits": [{"_source": each} for each in records]}),
        lambda records: "\n".join(map(json.dumps, records)) + "\n",
        lambda records: "\n".join(json.dumps({"_source": each}) for each in records) + "\n",
    ],
    ids=["array", "hits", "lines", "nested lines"],
)
def test_a_message_in_whose_place_another_stands_is_missed(join):
    """Bytes that are lost between two records may leave one that is well formed."""
    document = join([{"message": OTHER, "n": 1}] * 9 + [{"message": WANTED, "n": 1}, {"message": OTHER, "n": 1}])
    begin = document.index('"n"', document.index(WANTED))
    lost = document[:begin] + document[document.index('"message"', begin) :]
    assert json.loads(lost.splitlines()[-1])
    for text, torn in ((document, False), (lost, True)):
        export = registry.export_of(text.encode())
        assert export is not None
        assert LogEvidence().read_export(export, [text.encode()]).torn == torn


@pytest.mark.parametrize("instead", [": one}", ": 1 x}", ": NaN}", " 1; }"])
def test_what_is_passed_over_has_the_shape_of_json(instead):
    held = [json.dumps({"message": OTHER, "n": 1})] * 40
    held[20] = held[20].replace(": 1}", instead)
    assert read(f"[{', '.join(held)}]".encode(), 1 << 16, passed_over=True)[2]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "wrapped",
    [
        {"one": OTHER, "two": WANTED},
        {"a": {"message": OTHER}, "b": {"message": WANTED}},
        {"09:00:01": OTHER, "09:00:00": {"said": [WANTED]}},
    ],
)
def test_a_record_with_several_messages_is_not_taken_for_one(wrapped, indent):
    document = json.dumps(wrapped, indent=indent).encode()
    export = registry.export_of(document)
    assert export is not None
    assert LogEvidence().read_export(export, [document]).torn
