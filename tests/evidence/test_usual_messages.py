"""What a reader knows from lines before changes nothing: a line reads the same alone as behind any others."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.syslog.reader import SyslogReader
from tests.amounts import examples

names = st.sampled_from(
    ["alice", "GP 1", "x> IP <192.0.2.9", "a b", "EXAMPLE\\bob", "é", "%ASA-6-722036: x", "<x>", "", "> "]
)
addresses = st.sampled_from(["192.0.2.1", "2001:db8::1", "192.0.2.2> x"])
RESTS = (
    "6-722036: {} Transmitting large packet 1406 (threshold 1367).",
    "6-722036: {} Transmitting large packet 1406 (threshold 1367).> IP <192.0.2.5> Transmitting large packet 9 (threshold 8).",
    "5-722011: {} SVC Message: 17/> IP <192.0.2.3> Message: x..",
    "5-722011: {} SVC Message: é.",
    "4-722051: {} IPv4 Address <10.0.0.1> IPv6 address <::> assigned to session",
    "5-722033: {} First TCP SVC connection established for SVC session.",
    "6-722036: {} Transmitting large",
)
FORMS = ("Group <{}> User <{}> IP <{}>", "Group {} User {} IP {}", "Group <{}> User <{}> IP {}")
HEADERS = (
    "<166>Mar 29 2026 01:00:{:02} edge{} : %ASA-",
    "<166>1 2026-03-29T01:00:{:02}Z edge{} - - - - %ASA-",
    "edge %FTD-",
)
lines = st.builds(
    lambda header, second, form, group, user, address, rest: (
        header.format(second, second % 3) + rest.format(form.format(group, user, address))
    ),
    st.sampled_from(HEADERS),
    st.integers(0, 59),
    st.sampled_from(FORMS),
    names,
    names,
    addresses,
    st.sampled_from(RESTS),
)


def read(*log: str):
    reader = SyslogReader()
    found = list(reader.records(["".join(f"{line}\n" for line in log).encode()]))
    return found, reader.unreadable


@examples(300)
@given(st.lists(lines, min_size=1, max_size=8))
@example(
    [f"<166>Mar 29 2026 01:00:00 a : %ASA-{RESTS[0].format(FORMS[0].format('g', user, '192.0.2.1'))}" for user in "ab"]
)
def test_a_line_reads_the_same_behind_others(log):
    alone = [read(line) for line in log]
    together, unreadable = read(*log)
    assert together == [record for found, _ in alone for record in found]
    assert unreadable == sum(number for _, number in alone)
