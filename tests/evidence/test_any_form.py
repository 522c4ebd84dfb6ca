"""Whatever becomes of a log on its way: no incident that it does not hold, and no all-clear with messages missing."""

from __future__ import annotations

import random
import re
import tempfile
from pathlib import Path

import pytest
from export_forms import FORMS, NAMELESS, Line, log
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from odd_forms import READ

from nornir_anyconnect.logs import summarise_logs
from tests.amounts import examples

LOG = log()
QUIET = [line for line in LOG if "finn" in line.text]
"""Nothing to be seen in it: what it says is the all-clear or that it cannot be told."""
ALL = {**FORMS, **NAMELESS, **READ}
NOISE = ("302013: Built inbound TCP connection 7 for outside:203.0.113.7/1 (203.0.113.7/1) to inside:10.1.1.1/443 "
         "(10.1.1.1/443)")  # fmt: skip
GARBAGE = (
    "", "\x00\x01\x02", "}{", '"', "not a record at all", "{", "]", ",,,,", "{}", '{"a": 1}', "2026-03-29,x", "> ",
    "<pre>", "</td>", "Mar 29 01:00:00 web nginx: GET /722036 200", "=20", "\\par", "\x1b[0m", "Größe", "722036", "%ASA-",
)  # fmt: skip


def noisy(lines: list[Line]) -> list[Line]:
    """With a message behind each that nobody asked for."""
    return [line for each in lines for line in (each, Line(each.at, 6, NOISE[:6], NOISE[8:]))]


def written(form: str, lines: list[Line]) -> bytes:
    text = ALL[form](lines)
    return text if isinstance(text, bytes) else text.encode()


def told(*files: bytes):
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(files):
            (Path(folder) / f"{number}.txt").write_bytes(file)
        return summarise_logs([folder])


def known(found) -> None:
    """Every incident is one of the plain log: who, when, and never more packets."""
    for each in found.incidents:
        # of a text whose head is lost nobody knows that it writes a backslash twice
        who = each.user.replace("\\\\", "\\")
        (number,) = [n for n, user in enumerate(("dora", r"EXAMPLE\evan")) if user == who]
        came_up = [line.at for line in LOG if who in line.text and line.id in {"722051", "722033", "722032"}]
        assert (each.kind, each.packet, each.threshold) == ("dtls-never-up", 1406, 1367)
        assert each.large_packets <= 4
        assert each.reconnected_at == max(came_up), number
        assert each.connected_at in came_up


def is_clear(found) -> bool:
    return found.to_dict()["observable"]["answer"] == "yes"


def read_of(found) -> int:
    return sum(found.events.values())


def touched(raw: bytes, begin: int, end: int, whole: bytes) -> int:
    """Wanted messages of which something is in a part of a text with a message per line."""
    at = 0
    count = 0
    for line in whole.splitlines(keepends=True):
        # a line of which nothing but its end is missing, or of which nothing is there, hides nothing
        if at < end and at + len(line.rstrip()) > begin and any(each.id.encode() in line for each in LOG):
            count += 1
        at += len(line)
    return count


LINES = sorted(form for form in {**FORMS, **NAMELESS} if written(form, LOG).count(b"\n") >= len(LOG) - 2)
"""A message per line: what a cut leaves of them can be counted."""
MANY = examples(120, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(st.sampled_from(sorted(ALL)), st.lists(st.sampled_from(sorted(ALL)), max_size=2), st.randoms(), st.data())
def test_in_any_forms_shuffled_and_spread_over_files(form, others, order, data):
    """The whole log in one form, parts of it in others: it says what the plain one says, once."""
    order = random.Random(order.random())
    lines = LOG if data.draw(st.booleans()) else QUIET
    files = [written(form, order.sample(lines, len(lines)))]
    for other in others:
        part = order.sample(lines, order.randint(1, len(lines)))
        files.append(written(other, part))
    found = told(*files)
    known(found)
    if form not in NAMELESS:
        expected = {"dora", r"EXAMPLE\evan"} if lines is LOG else set()
        devices = {each.device for each in found.incidents}
        # a part that names no device is nobody's, and may show a second time what it holds whole
        assert {each.user for each in found.incidents} == expected
        assert devices <= {"edge7", "-"}


@MANY
@given(st.sampled_from(sorted(ALL)), st.booleans(), st.data())
def test_cut_anywhere(form, quiet, data):
    raw = written(form, noisy(QUIET if quiet else LOG))
    begin = data.draw(st.just(0) | st.integers(0, len(raw)))
    end = data.draw(st.just(len(raw)) | st.integers(begin, len(raw)))
    nothing_is_hidden(form, raw, begin, end)


@pytest.mark.parametrize("form", ["Splunk CSV, semicolons", "Kibana CSV of messages", "an unknown CSV"])
def test_cut_between_the_columns_of_the_first_record(form):
    raw = written(form, noisy(LOG))
    for edge in re.finditer(rb'[",;:]', raw[: raw.find(b"\n", 250)]):
        nothing_is_hidden(form, raw, edge.end(), len(raw))


def nothing_is_hidden(form, raw, begin, end):
    found = told(raw[begin:end])
    known(found)
    if not is_clear(found):
        return
    if form in LINES:
        assert read_of(found) >= touched(raw, begin, end, raw)
    elif form in FORMS:  # one document: it is clear as a whole only
        assert (begin, raw[end:].strip()) == (0, b"")


@MANY
@given(st.sampled_from(LINES), st.booleans(), st.lists(st.sampled_from(GARBAGE), max_size=5), st.randoms())
def test_with_garbage_between(form, quiet, garbage, where):
    lines = written(form, QUIET if quiet else LOG).splitlines(keepends=True)
    for each in garbage:
        lines.insert(where.randint(min(1, len(lines)), len(lines)), each.encode() + b"\n")
    found = told(b"".join(lines))
    known(found)
    if is_clear(found):
        assert read_of(found) == len(QUIET if quiet else LOG)


@pytest.mark.parametrize("form", sorted(ALL))
def test_a_quiet_log_is_clear_and_the_whole_of_it_read(form):
    found = told(written(form, QUIET))
    assert is_clear(found)
    assert read_of(found) == len(QUIET)
