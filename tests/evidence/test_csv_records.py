"""An export in columns read quickly, record by record of interest, shows what the csv module shows that reads them all."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.exports import records
from nornir_anyconnect.evidence.exports.registry import export_of
from nornir_anyconnect.evidence.exports.splunk import FAMILY
from nornir_anyconnect.evidence.log_evidence import LogEvidence
from nornir_anyconnect.evidence.syslog.reader import SyslogReader
from tests.amounts import examples

WHO = "Group <GP, {0}> User <user{0}> IP <192.0.2.{0}> "
LARGE = "%ASA-6-722036: " + WHO + "Transmitting large packet 1406 (threshold 1367)."
OWN = "<166>Mar 29 2026 01:00:{0:02} edge7 : "
NAMES = ("_time", "host", "_raw", "note")

numbers = st.integers(1, 40)
usual = numbers.map(lambda n: (OWN + LARGE).format(n))
bare = numbers.map(LARGE.format)
# what may stand in a field: quotes, ends of lines and separators among messages, whole records and their beginnings
pieces = st.one_of(
    usual,
    bare,
    st.sampled_from(
        [
            '"',
            '""',
            "\n",
            "\r\n",
            ",",
            ";",
            "\t",
            "x",
            '","',
            '"\n"',
            '"2026-03-29T01:00:00Z","edge7","',
            "-722036: ",
            "é",
        ]
    ),
)
hostile = st.lists(pieces, max_size=6).map("".join)
rows = st.tuples(
    st.sampled_from(["2026-03-29T01:00:00.000Z", "2026-03-29T02:00:00.000Z"]),
    st.sampled_from(["edge7", "edge8"]),
    usual | bare | hostile | st.just("<166>Mar 29 2026 01:00:00 edge7 : %ASA-6-302013: Built inbound TCP connection"),
    st.just("") | hostile,
)


def written(table: list[tuple[str, ...]], separator: str, end: str, quoting: int) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows([NAMES, *table])
    return out.getvalue()


def all_records(text: str, separator: str):
    names, *table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    fields = [dict(zip(names, row, strict=True)) for row in table if row]
    return list(SyslogReader().records_of(each for row in fields for each in FAMILY.envelopes(row)))


def quickly(text: str, cuts: list[int]):
    raw = text.encode()
    at = [0, *sorted(cut % (len(raw) + 1) for cut in cuts), len(raw)]
    export = export_of(raw)
    assert export.read_as == "Splunk CSV"
    return list(SyslogReader().records_of(export.envelopes(raw[a:b] for a, b in zip(at, at[1:], strict=False))))


@pytest.fixture(scope="module", autouse=True)
def _nothing_at_the_beginning_is_read_as_a_whole():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "WHOLE", 1)
        yield


FIRST = ("2026-03-29T01:00:00.000Z", "edge7", "", "")


@examples(400)
@given(
    st.lists(rows, max_size=12),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.lists(st.integers(0, 1 << 16), max_size=4),
)
@example([("t", "edge7", 'a\n"2026","edge9","' + (OWN + LARGE).format(1) + '"\nb', "")], ",", "\n", csv.QUOTE_ALL, [])
@example([("t", "edge7", "a\nx,y," + LARGE.format(2) + ",z\nb", "")], ",", "\n", csv.QUOTE_ALL, [])
@example([("t", "edge7", (OWN + LARGE).format(3), "a\n" + (OWN + LARGE).format(4))], ",", "\n", csv.QUOTE_ALL, [])
@example([("t", "edge7", LARGE.format(5), 'a\n"",""\nb\n"' + LARGE.format(6))], ",", "\r\n", csv.QUOTE_ALL, [90])
def test_what_is_read_quickly_is_what_reading_every_record_shows(table, separator, end, quoting, cuts):
    text = written([FIRST, *table], separator, end, quoting)
    assert quickly(text, cuts) == all_records(text, separator)


def test_a_record_with_several_messages_is_not_taken_for_one():
    begun = (OWN + "%ASA-6-113039: " + WHO + "AnyConnect parent session started.").format(1)
    for row, torn in (((begun, begun), False), ((begun, (OWN + LARGE).format(1)), True)):
        text = "one,two\n" + '"{}","{}"\n'.format(*row) * 3
        export = export_of(text.encode())
        assert export is not None
        assert LogEvidence().read_export(export, [text.encode()]).torn == torn
