"""A large log read by several processes shows what it shows to one."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogOptions
from nornir_anyconnect.evidence.syslog.stamps import StampContext
from nornir_anyconnect.sources import log_parts
from nornir_anyconnect.sources.log_parts import read_in_parts

sys.path.append(str(Path(__file__).parents[1] / "evidence"))
from test_merged_log import FORMS, PLAIN, START, STORY

WRITTEN = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _three_processors(monkeypatch):
    monkeypatch.setattr(log_parts, "LARGE", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)


def both(path: Path, options: LogOptions = LogOptions()):  # noqa: B008 - it is frozen
    alone, together = LogEvidence(options), LogEvidence(options)
    told = []
    once = alone.read([path.read_bytes()], reference=WRITTEN)
    parts = read_in_parts(together, path, options, WRITTEN, told.append)
    assert (alone.lines, alone.events, alone.unreadable) == (together.lines, together.events, together.unreadable)
    assert sum(told) == path.stat().st_size
    return (once, alone.finish()), (parts, together.finish())


RELAY = "Mar 29 2026 01:00:06 relay last message repeated 3 times"
LOGS = {
    "oldest first": PLAIN * 3,
    "newest first": PLAIN[::-1],
    "with repetitions": [line for n, each in enumerate(PLAIN) for line in ((each, RELAY) if n % 9 == 0 else (each,))],
    "with noise": [line for each in PLAIN for line in (each, "Mar 29 01:00:00 web nginx: GET / 200", "")],
    "month first": [FORMS["month first"](START.replace(day=4), text) for _, text in STORY]
    + [FORMS["month first"](START, text) for _, text in STORY],
    "unreadable": [*PLAIN, "<166>Mar 29 2026 01:00:00 edge7 : %ASA-6-722036: garbage", *PLAIN],
}


@pytest.mark.parametrize("name", LOGS)
def test_the_same_as_in_one_piece(tmp_path, name):
    (tmp_path / "asa.log").write_text("".join(f"{line}\n" for line in LOGS[name]))
    once, parts = both(tmp_path / "asa.log")
    assert once == parts


def test_the_last_line_may_lack_its_end(tmp_path):
    (tmp_path / "asa.log").write_text("\n".join(PLAIN)[:-40])
    once, parts = both(tmp_path / "asa.log")
    assert once == parts


def test_a_part_whose_process_fails_is_read_here(tmp_path, monkeypatch):
    (tmp_path / "asa.log").write_text("".join(f"{line}\n" for line in PLAIN))
    monkeypatch.setattr(sys, "executable", "false")
    once, parts = both(tmp_path / "asa.log")
    assert once == parts


def test_what_a_process_took_before_it_died_is_read_here(tmp_path, monkeypatch):
    (tmp_path / "asa.log").write_text("".join(f"{line}\n" for line in PLAIN))
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\nhead -c 16\nexit 1\n")
    dying.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(dying))
    started = log_parts._other

    @contextlib.contextmanager
    def took_all(*given):
        with started(*given) as process:
            process.wait()
            yield process

    monkeypatch.setattr(log_parts, "_other", took_all)
    once, parts = both(tmp_path / "asa.log")
    assert once == parts


def test_without_room_for_what_was_found_a_log_is_read_in_one_piece(tmp_path, monkeypatch):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "asa.log").write_text("".join(f"{line}\n" for line in PLAIN))
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    assert read_in_parts(LogEvidence(), tmp_path / "asa.log", LogOptions(), WRITTEN) is None


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("\n".join(PLAIN), LogOptions(stamps=StampContext(year=2026))),
        ("\n".join(PLAIN), LogOptions(stamps=StampContext(tz=ZoneInfo("Europe/Berlin")))),
        ("\n".join(line[at : at + 50] for line in PLAIN for at in range(0, len(line), 50)), LogOptions()),
        (" ".join(PLAIN), LogOptions()),
    ],
    ids=["year", "zone", "broken lines", "one line"],
)
def test_what_the_lines_before_decide_is_read_in_one_piece(tmp_path, text, options):
    (tmp_path / "asa.log").write_text(text)
    assert read_in_parts(LogEvidence(options), tmp_path / "asa.log", options, WRITTEN) is None
