"""A form of client logs is one file; and the files of exports that every clone has are what the tests' code writes."""

from __future__ import annotations

import sys

import pytest
from export_forms import FORMS, NAMELESS, log

import nornir_anyconnect.evidence.clients as package
from nornir_anyconnect.evidence.clients import registry
from nornir_anyconnect.evidence.clients.client_log import read_client_log, reconnects
from tests.texts import OURS


def test_a_form_of_client_logs_is_one_file(tmp_path, monkeypatch):
    (tmp_path / "acme.py").write_text(
        "from nornir_anyconnect.evidence.clients.client_log import ClientLogForm\n"
        "def blocks(lines):\n"
        "    for line in lines:\n"
        "        date, time, said = line.split('~')\n"
        "        yield {'Date': date, 'Time': time, 'Source': 'acme', 'Description': said}\n"
        "FORMS = (ClientLogForm('Acme client', lambda start: '~' in start, blocks),)\n"
    )
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    registry.forms.cache_clear()
    try:
        line = "03/29/2026~01:01:01~Reconfigure reason code 16: New MTU configuration."
        form = registry.client_log_of(line)
        assert form.name == "Acme client"
        (found,) = reconnects(read_client_log([line], form=form))
        assert (found.because_of_mtu, found.time.isoformat()) == (True, "2026-03-29T01:01:01+00:00")
    finally:
        registry.forms.cache_clear()
        sys.modules.pop(f"{package.__name__}.acme", None)


WRITTEN = {
    "asdm.txt": "ASDM", "docker.json": "Docker", "elastic.ndjson": "Elastic NDJSON", "filebeat.ndjson": "Filebeat",
    "grep_H.log": "grep -H", "plain.log": "plain", "graylog.csv": "Graylog CSV", "kibana.csv": "Kibana CSV",
    "loki.jsonl": "Loki JSON lines", "newest_first.log": "plain", "sentinel_syslog.csv": "Sentinel Syslog CSV",
    "splunk.csv": "Splunk CSV", "splunk.json": "Splunk JSON lines",
}  # fmt: skip
NEWEST_FIRST = {
    "graylog.csv", "kibana.csv", "loki.jsonl", "newest_first.log", "sentinel_syslog.csv", "splunk.csv", "splunk.json",
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_the_files_of_exports_are_written_by_this_code(name):
    lines = log()[::-1] if name in NEWEST_FIRST else log()
    assert (OURS / "exports" / name).read_text() == {**FORMS, **NAMELESS}[WRITTEN[name]](lines)
