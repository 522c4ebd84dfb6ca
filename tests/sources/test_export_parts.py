"""A large export read by several processes shows what it shows to one."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime

import pytest

from nornir_anyconnect.evidence.exports.records import LineExport
from nornir_anyconnect.evidence.exports.registry import export_of
from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogOptions
from nornir_anyconnect.sources import log_parts
from nornir_anyconnect.sources.log_parts import read_in_parts
from tests.evidence.export_forms import FORMS, Line, log

WRITTEN = datetime(2026, 4, 1, tzinfo=UTC)
LOG = log()
NOISE = [Line(LOG[0].at, 6, "302013", f"Built inbound TCP connection {n} for outside") for n in range(1500)]
MIXED = [*NOISE, *LOG, *NOISE]
random.Random(3).shuffle(MIXED)


@pytest.fixture(autouse=True)
def _three_processors(monkeypatch):
    monkeypatch.setattr(log_parts, "LARGE", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)


@pytest.mark.parametrize("form", ["Splunk CSV", "Elastic NDJSON", "Graylog CSV", "ArcSight CEF"])
def test_the_same_as_in_one_piece(tmp_path, form):
    path = tmp_path / "export"
    path.write_text(FORMS[form](MIXED))
    raw = path.read_bytes()
    alone, together = LogEvidence(), LogEvidence()
    once = alone.read_export(export_of(raw[: 1 << 16]), [raw], reference=WRITTEN)
    export = export_of(raw[: 1 << 16])
    assert isinstance(export, LineExport)
    parts = read_in_parts(together, path, LogOptions(), WRITTEN, export=export)
    assert (parts.messages, parts.unreadable, parts.torn, parts.lines) == (len(LOG), 0, False, once.lines)
    assert parts == once
    assert alone.finish() == together.finish()


def test_a_field_that_looks_like_records_keeps_the_export_in_one_piece(tmp_path):
    path = tmp_path / "export"
    path.write_text(FORMS["Splunk CSV"](MIXED))
    header, *lines = path.read_text().splitlines(keepends=True)
    columns = header.count(",") + 1
    inside = (",".join(['""x""'] * columns) + "\n") * len(lines) * 8
    path.write_text("".join([header, *lines, ",".join(['"y"'] * (columns - 1)), f',"{inside}"\n', *lines]))
    export = export_of(path.read_bytes()[: 1 << 16])
    assert read_in_parts(LogEvidence(), path, LogOptions(), WRITTEN, export=export) is None
