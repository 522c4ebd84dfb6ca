"""Promise 33: "nothing seen" only where it would have been seen, whatever became of the log on its way."""

from __future__ import annotations

import gzip
import json
import quopri
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.coverage import gaps
from nornir_anyconnect.evidence.device_evidence import observe_device
from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogOptions
from nornir_anyconnect.evidence.observations import DeviceObservations
from nornir_anyconnect.evidence.syslog.reader import SyslogReader
from nornir_anyconnect.logs import summarise_logs

sys.path.append(str(Path(__file__).parents[1] / "evidence"))
from export_forms import log
from test_merged_log import PLAIN

from tests.amounts import examples

TEXT = "".join(f"{line}\n" for line in PLAIN).encode()


def incidents_of(devices: dict[str, DeviceObservations]) -> set[tuple[str, str, object]]:
    return {
        (each.kind, each.user, each.reconnected_at)
        for device in devices.values()
        for group in device.groups.values()
        for each in group.incidents
    }


def read(*files: bytes) -> tuple[dict[str, DeviceObservations], LogEvidence]:
    evidence = LogEvidence(LogOptions())
    for file in files:
        evidence.read([file])
    return evidence.finish(), evidence


KNOWN = incidents_of(read(TEXT)[0])
NOISE = st.one_of(
    st.text(max_size=60).map(lambda text: text.replace("\n", " ").encode()),
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b" ")),
    st.sampled_from(
        [b"", b"---", b"Mar 29 2026 01:00:03 web nginx: GET / 200", b"<34>Mar 29 01:00:09 relay sshd[1]: x"]
    ),
)


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[bytes], set[int]]:
    """Files made of the log, and the numbers of the lines of which something stands in them."""
    lines = list(enumerate(TEXT.splitlines(keepends=True)))
    lines = draw(st.permutations(lines)) if draw(st.booleans()) else lines
    noisy = draw(st.booleans())
    pieces: list[tuple[int | None, bytes]] = []
    for number, line in lines:
        pieces.append((number, line))
        if noisy and draw(st.integers(0, 5)) == 0:
            pieces.append((None, draw(NOISE) + b"\n"))
    whole = b"".join(piece for _, piece in pieces)
    begin = draw(st.integers(0, len(whole)))
    end = draw(st.integers(begin, len(whole)))
    cuts = sorted({0, *([begin, end] if draw(st.booleans()) else [end]), len(whole)})
    kept = [(a, b) for a, b in zip(cuts, cuts[1:], strict=False) if draw(st.integers(0, 3))]
    touched, at = set(), 0
    for number, piece in pieces:
        # of a line of which only its end or its line feed is there nobody can know
        if number is not None and any(a < at + len(piece) - 1 and at < b for a, b in kept):
            touched.add(number)
        at += len(piece)
    files = [whole[a:b] for a, b in kept]
    return files + ([files[0]] if files and draw(st.booleans()) else []), touched


@examples(200)
@given(logs())
def test_never_an_incident_that_is_none_and_never_seen_what_was_not_read(made):
    files, touched = made
    devices, evidence = read(*files)
    assert incidents_of(devices) <= KNOWN
    seen = devices.get("edge7")
    if seen is None or gaps(seen):
        return
    held = {event for number in touched for event in SyslogReader().read([PLAIN[number].encode()])}
    met = {event for file in files for event in SyslogReader().read([file])}
    assert held <= met
    assert evidence.unreadable == 0


@pytest.mark.parametrize("at", range(1, len(PLAIN[0]) + 3, 2))
def test_a_log_cut_within_a_line_says_so_or_has_read_it(at):
    for file in (TEXT[at:], TEXT[:-at]):
        devices, _ = read(file)
        lines = sum(1 for line in file.split(b"\n") if line.strip())
        assert gaps(devices["edge7"]) or len(list(SyslogReader().read([file]))) == lines


JOINED = [" ", "\t", ";", " | ", "\r", "\v", "\f", "\0", "\x85", "\u2028", r"\n", r"\r\n", "<br>"]


@pytest.mark.parametrize("between", JOINED)
def test_what_a_program_joins_to_one_line_is_read_or_counted(between):
    lines = TEXT.decode().splitlines()
    three = "\n".join(between.join(lines[at : at + 3]) for at in range(0, len(lines), 3)).encode()
    found, evidence = read(three)
    assert incidents_of(found) == KNOWN
    assert evidence.unreadable == 0
    # a line that is too long to be read: what is left out of it is said
    found, evidence = read(between.join(lines).encode())
    assert incidents_of(found) <= KNOWN
    assert sum(evidence.events.values()) + evidence.unreadable == sum(read(TEXT)[1].events.values())


def test_lines_that_end_with_a_carriage_return_alone_are_lines():
    found, evidence = read(TEXT.replace(b"\n", b"\r"))
    assert incidents_of(found) == KNOWN
    assert evidence.unreadable == 0


def test_a_line_without_an_end_is_counted_to_its_end():
    filler = b"x" * (1 << 21)
    _, evidence = read(TEXT.splitlines()[0] + filler + TEXT.replace(b"\n", b" "))
    assert evidence.unreadable


STORY = log()
IDS = sorted({line.id for line in STORY})
OF_EACH = {"722022", "722033", "722051"}


@examples(80)
@given(st.sets(st.sampled_from([each for each in IDS if each != "722036"])))
def test_a_log_of_which_only_some_messages_were_kept_is_no_all_clear(kept):
    """Whatever was left out with the drops: reconnects are there without them, or no session is there as a whole."""
    left = [line for line in STORY if line.id in kept]
    assert all(gaps(seen) for seen in read("".join(f"{line.whole}\n" for line in left).encode())[0].values())
    quiet = "".join(f"{line.whole}\n" for line in left if "finn" in line.text)
    for seen in read(quiet.encode())[0].values():
        assert bool(gaps(seen)) == (not kept >= OF_EACH)


@pytest.mark.parametrize("day", ["a", "b"])
def test_a_log_of_which_messages_were_left_out_is_none_beside_a_whole_one(day):
    quiet = [line for line in PLAIN if "finn" in line]
    left = [line.replace("Mar 29", "Mar 30") for line in quiet if "722022" not in line]
    logs = [quiet, left] if day == "a" else [left, quiet]
    evidence = LogEvidence()
    for each in logs:
        evidence.read(["".join(f"{line}\n" for line in each).encode()])
    (gap,) = gaps(evidence.finish()["edge7"])
    assert (gap.code, gap.number) == ("messages-left-out", 722022)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("725001: Starting SSL handshake with client outside:192.0.2.7/5000 to 198.51.100.1/443 for TLSv1.2 session",
         "no-session-begins"),
        ("722023: Group <GP> User <ann> IP <192.0.2.7> TCP SVC connection terminated without compression",
         "no-session-begins"),
        ("113039: Group <GP> User <ann> IP <192.0.2.7> AnyConnect parent session started.", "messages-left-out"),
        ("722022: Group <GP> User <ann> IP <192.0.2.7> UDP SVC connection established without compression",
         "messages-left-out"),
    ],
)  # fmt: skip
def test_a_log_without_a_session_that_begins_proves_nothing(line, code):
    found, _ = read(f"<166>Mar 29 2026 01:00:00 edge7 : %ASA-6-{line}\n".encode())
    assert [gap.code for gap in gaps(found["edge7"])] == [code]


QUIET = [line for line in PLAIN if "finn" in line]


def test_a_log_whose_level_rose_on_the_way_does_not_show_what_was_before():
    notices = [line for line in PLAIN if "dora" in line and re.search(r"-[45]-722(?:033|051)", line)]
    for sessions in (1, 20):
        before = [
            line.replace("Mar 29 ", "Mar 28 ").replace("dora", f"user{n}") for n in range(sessions) for line in notices
        ]
        found, _ = read("".join(f"{line}\n" for line in [*before, *QUIET]).encode())
        assert [(gap.code, gap.number) for gap in gaps(found["edge7"])] == [("messages-left-out", 722022)]


@pytest.mark.parametrize(
    "line",
    [
        "Mar 29 01:10:05 relay rsyslogd: imudp from <10.0.0.1:514>: 5412 messages lost due to rate-limiting",
        "2026-03-29T01:10:05+00:00 relay rsyslogd[77]: imuxsock[pid 1]: begin to drop messages due to rate-limiting",
        "Mar 29 01:10:05 relay systemd-journald[310]: Suppressed 1203 messages from rsyslog.service",
        "Mar 29 01:10:05 relay syslog-ng[77]: Destination reliable queue full, dropping message; filename='/q', log_fifo='9'",
        "Showing 500 of 10,000 hits",
        "Showing 1 to 500 of 10,000 entries",
        "Results limited to 1000",
        "[Message clipped]  View entire message",
    ],
)
def test_what_a_relay_did_not_take_is_missing(line):
    found, _ = read("".join(f"{each}\n" for each in [*QUIET[:4], line, *QUIET[4:]]).encode())
    assert [gap.code for gap in gaps(found["edge7"])] == ["torn-logs"]


@pytest.mark.parametrize("line", ["Showing 1 to 20 of 20 entries", "Showing the last hour", "Rate limited to 5"])
def test_a_page_that_shows_all_of_its_hits_leaves_none_out(line):
    found, _ = read("".join(f"{each}\n" for each in [*QUIET[:4], line, *QUIET[4:]]).encode())
    assert gaps(found["edge7"]) == ()


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"\x04\x22\x4d\x18", b"\x1f\x9d\x90"])
def test_what_is_packed_by_what_is_not_opened_here_is_named(tmp_path, magic):
    (tmp_path / "quiet.log").write_text("".join(f"{line}\n" for line in QUIET))
    (tmp_path / "more.log").write_bytes(magic + bytes(range(256)))
    (packed,) = [each for each in summarise_logs([tmp_path]).inputs if each.problem]
    assert packed.lost
    assert "not opened here" in packed.problem


def test_what_is_compressed_twice_clears_nobody(tmp_path):
    (tmp_path / "quiet.log").write_text("".join(f"{line}\n" for line in QUIET))
    (tmp_path / "hit.log.gz").write_bytes(gzip.compress(gzip.compress(TEXT)))
    found = summarise_logs([tmp_path])
    assert [each.problem.endswith("compressed twice") for each in found.inputs if each.problem] == [True]
    assert [gap.code for gap in gaps(found.devices["edge7"])] == ["unread-files"]


def test_an_empty_log_buffer_shows_nothing():
    head = "Syslog logging: enabled\n    Buffer logging: level informational, 0 messages logged\n"
    assert [gap.code for gap in gaps(observe_device("edge7", logging_text=head))] == ["log-buffer-empty"]


def test_a_log_that_breaks_off_takes_the_all_clear_of_the_others_with_it(tmp_path):
    quiet = [line for line in PLAIN if "finn" in line]
    (tmp_path / "quiet.log").write_text("".join(f"{line}\n" for line in quiet))
    assert gaps(summarise_logs([tmp_path]).devices["edge7"]) == ()
    (tmp_path / "hit.log.gz").write_bytes(gzip.compress(TEXT * 50)[:-400])
    assert [gap.code for gap in gaps(summarise_logs([tmp_path]).devices["edge7"])] == ["torn-logs"]


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (("asa.log", "asa.log.1", "asa.log.2.gz"), 0),
        (("asa.log", "asa.log.2.gz"), 1),
        (("asa.log.2", "asa.log.5"), 2),
        (("asa.log.2", "other.log.5"), 0),
        (("asa.log-20260301", "asa.log-20260303"), 0),
        (("asa.log.2025", "asa.log.2027", "asa.log"), 0),
        (("asa.log.01", "asa.log.08"), 0),
        (("10.0.0.3", "10.0.0.9"), 0),
        (("10.0.0.3.1", "10.0.0.3.3"), 1),
    ],
)
def test_a_rotation_between_others_that_nobody_handed_in_is_missing(tmp_path, names, missing):
    for name in names:
        text = "".join(f"{line}\n" for line in QUIET).encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    expected = [("missing-rotations", missing)] if missing else []
    assert [(gap.code, gap.number) for gap in gaps(summarise_logs([tmp_path]).devices["edge7"])] == expected


@pytest.mark.parametrize("wrapped", [lambda line: line, lambda line: json.dumps({"message": line})])
@pytest.mark.parametrize("middle", ["", "Mar 04 10:00:00 relay sshd[12]: Accepted publickey for root\n" * 5000])
def test_a_rotation_in_which_a_device_said_nothing_is_not_missing(tmp_path, middle, wrapped):
    text = "".join(f"{wrapped(line)}\n" for line in QUIET)
    (tmp_path / "asa.log").write_text(text)
    (tmp_path / "asa.log.2").write_text(text)
    found = summarise_logs([tmp_path])
    assert [gap.code for gap in gaps(found.devices["edge7"])] == ["missing-rotations"]
    (tmp_path / "asa.log.1").write_text(middle)
    assert gaps(summarise_logs([tmp_path]).devices["edge7"]) == ()


def test_what_a_relay_keeps_by_address_is_no_rotation(tmp_path):
    for number in (3, 9):
        lines = (f"{line}\n".replace("edge7", f"edge{number}") for line in QUIET)
        (tmp_path / f"10.0.0.{number}").write_text("".join(lines))
    assert [gaps(seen) for seen in summarise_logs([tmp_path]).devices.values()] == [(), ()]


def test_a_mail_that_was_saved_as_it_was_sent_holds_the_names_as_they_were():
    sent = b"From: Bob <bob@corp.example>\nSubject: VPN\n\n" + quopri.encodestring(TEXT)
    found, evidence = read(sent)
    assert sent.count(b"=\n") > len(PLAIN)
    assert incidents_of(found) == KNOWN
    assert (evidence.unreadable, gaps(found["edge7"])) == (0, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("From: Bob\nSubject: Re: VPN\n\nHi,\n", "\nBye\n"),
        ("<html><body><pre>\n", "</pre></body></html>"),
        ("<!DOCTYPE html>\n", "</html>"),
    ],
)
def test_what_a_log_is_wrapped_in_is_no_piece_of_it(before, after):
    found, _ = read(before.encode() + TEXT + after.encode())
    assert incidents_of(found) == KNOWN
    assert gaps(found["edge7"]) == ()


def test_the_cells_of_a_saved_page_are_no_names():
    rows = "".join(
        f"<tr><td>2026-03-29T01:00:{n:02}Z</td><td>edge7</td><td>%ASA-6-722036: Group &lt;GP&gt; User &lt;ann&gt; "
        f"IP &lt;192.0.2.7&gt; Transmitting large packet 1406 (threshold 1367).</td></tr>\n"
        for n in range(3)
    )
    found, _ = read(rows.encode())
    assert list(found) == ["edge7"]


def test_a_log_that_held_warnings_alone_for_a_while_does_not_show_what_was_then():
    warnings = [line for line in PLAIN if "dora" in line and "-4-722051" in line]
    before = [line.replace("Mar 29 ", "Mar 28 ").replace("dora", f"user{n}") for n in range(20) for line in warnings]
    found, _ = read("".join(f"{line}\n" for line in [*before, *QUIET]).encode())
    assert [(gap.code, gap.number) for gap in gaps(found["edge7"])] == [("messages-left-out", 722022)]


@pytest.mark.parametrize("packed", [b"\x1f\x8b\x08\x00" + b"junk" * 50, b"7z\xbc\xaf\x27\x1c" + bytes(range(256))])
def test_a_file_that_cannot_be_opened_may_be_the_log_that_matters(tmp_path, packed):
    (tmp_path / "quiet.log").write_text("".join(f"{line}\n" for line in QUIET))
    (tmp_path / "more.gz").write_bytes(packed)
    assert [gap.code for gap in gaps(summarise_logs([tmp_path]).devices["edge7"])] == ["unread-files"]
