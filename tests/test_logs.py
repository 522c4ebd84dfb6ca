"""The whole way from files to a summary."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nornir_anyconnect.errors import SourceError
from nornir_anyconnect.evidence.log_evidence import LogOptions
from nornir_anyconnect.evidence.syslog.stamps import StampContext
from nornir_anyconnect.logs import LogReader, summarise_logs
from nornir_anyconnect.sources.files import sources, total_size
from nornir_anyconnect.sources.source import Source
from nornir_anyconnect.workflows.config_files import say_problem
from nornir_anyconnect.workflows.exit_codes import ExitCode

NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
HEAD = "May 06 2024 {} asa-1 : %ASA-6-"
STORY = (
    "12:00:00 722033: Group <GP> User <ann> IP <203.0.113.7> First TCP SVC connection established for SVC session.",
    "12:00:05 722036: Group <GP> User <ann> IP <203.0.113.7> Transmitting large packet 1418 (threshold 1347).",
    "12:00:06 302013: Built inbound TCP connection 7 for outside:203.0.113.7/1 to inside:10.1.1.1/443",
    "12:01:01 722034: Group <GP> User <ann> IP <203.0.113.7> New TCP SVC connection, no existing connection.",
    "12:01:02 722036: garbage",
)
CLIENT = "Date : 05/06/2024\nTime : 12:01:00\nSource : acvpnagent\nDescription : Reconfigure reason code 16:\nNew MTU configuration.\n"


def syslog(lines=STORY) -> bytes:
    return "".join(HEAD.format(line[:8]) + line[9:] + "\n" for line in lines).encode()


def test_the_json_of_logs(tmp_path):
    (tmp_path / "asa.log").write_bytes(syslog())
    (tmp_path / "client.txt").write_text(CLIENT, "utf-8")
    summary = summarise_logs([tmp_path])
    assert summary.to_dict() == {
        "schema": "nornir-anyconnect/logs/1",
        "lines": 10,
        "events": {"722033": 1, "722034": 1, "722036": 1},
        "unreadable": 1,
        "unreadable_sample": ["May 06 2024 12:01:02 asa-1 : %ASA-6-722036: garbage"],
        "incidents": [
            {
                "kind": "dtls-never-up",
                "device": "asa-1",
                "group_policy": "GP",
                "user": "ann",
                "connected_at": "2024-05-06T12:00:00+00:00",
                "reconnected_at": "2024-05-06T12:01:01+00:00",
                "seconds": 61.0,
                "stalled": 61.0,
                "large_packets": 1,
                "threshold": 1347,
                "packet": 1418,
            }
        ],
        "suspected": [],
        "observable": {
            "answer": "unknown",
            "gaps": [{"device": "asa-1", "code": "unreadable-messages", "number": 1}],
        },
        "groups": [
            {
                "device": "asa-1",
                "group_policy": "GP",
                "users": 1,
                "hit": 1,
                "large_packets": 1,
                "thresholds": [1347],
                "incidents": 1,
                "seconds_lost": 61.0,
                "first": "2024-05-06T12:00:00+00:00",
                "last": "2024-05-06T12:01:01+00:00",
            }
        ],
        "client": [
            {
                "time": "2024-05-06T12:01:00+00:00",
                "headend": None,
                "reason_code": 16,
                "because_of_mtu": True,
                "log": str(tmp_path / "client.txt"),
            }
        ],
        "inputs": [
            {
                "path": str(tmp_path / "asa.log"),
                "read_as": "syslog",
                "messages": 3,
                "unreadable": 1,
                "first": "2024-05-06T12:00:00+00:00",
                "last": "2024-05-06T12:01:02+00:00",
                "order": "oldest first",
                "devices": ["asa-1"],
                "problem": None,
            },
            {
                "path": str(tmp_path / "client.txt"),
                "read_as": "client log",
                "messages": 1,
                "unreadable": 0,
                "first": "2024-05-06T12:01:00+00:00",
                "last": "2024-05-06T12:01:00+00:00",
                "order": "unknown",
                "devices": [],
                "problem": None,
            },
        ],
    }
    assert summary.users == 1
    assert json.dumps(summary.to_dict()) == json.dumps(summarise_logs([tmp_path]).to_dict())


def test_an_incident_that_spans_two_rotated_files(tmp_path):
    (tmp_path / "asa.log.1.gz").write_bytes(gzip.compress(syslog(STORY[:2])))
    (tmp_path / "asa.log").write_bytes(syslog(STORY[2:]))
    assert len(summarise_logs([tmp_path / "asa.log", tmp_path / "asa.log.1.gz"]).incidents) == 1


@pytest.mark.parametrize(("since", "until", "events"), [(30, None, 1), (None, 30, 2), (1, 30, 1), (None, None, 3)])
def test_since_and_until(tmp_path, since, until, events):
    (tmp_path / "asa.log").write_bytes(syslog())
    summary = summarise_logs(
        [tmp_path],
        LogOptions(
            since=NOON + timedelta(seconds=since) if since else None,
            until=NOON + timedelta(seconds=until) if until else None,
        ),
    )
    assert sum(device.lines for device in summary.devices.values()) == events


def test_the_year_is_told_by_when_a_file_was_written(tmp_path):
    path = tmp_path / "asa.log"
    path.write_bytes(syslog().replace(b" 2024", b""))
    written = datetime(2021, 6, 1, tzinfo=UTC).timestamp()
    os.utime(path, (written, written))
    assert summarise_logs([path]).incidents[0].connected_at.year == 2021
    assert summarise_logs([path], LogOptions(stamps=StampContext(year=2017))).incidents[0].connected_at.year == 2017


def test_a_bundle_among_the_logs(tmp_path):
    with zipfile.ZipFile(tmp_path / "DART.zip", "w") as archive:
        archive.writestr("AnyConnect/AnyConnect.txt", CLIENT)
    progress = []
    summary = summarise_logs([tmp_path / "DART.zip"], on_progress=progress.append)
    (found,) = summary.client
    assert found.log == f"{tmp_path / 'DART.zip'}/AnyConnect/AnyConnect.txt"
    assert sum(progress) == total_size([tmp_path / "DART.zip"])


def test_progress_adds_up_to_the_size(tmp_path):
    (tmp_path / "asa.log").write_bytes(syslog() * 5000)
    (tmp_path / "asa.log.1.gz").write_bytes(gzip.compress(syslog()))
    done = []
    summarise_logs([tmp_path], on_progress=done.append)
    assert sum(done) == total_size([tmp_path])
    assert total_size(["-", tmp_path]) is None


def test_lines_without_a_device_take_the_name_that_is_given(tmp_path):
    (tmp_path / "asa.log").write_bytes(syslog().replace(b" asa-1 :", b":"))
    assert list(summarise_logs([tmp_path]).devices) == ["-"]
    assert list(summarise_logs([tmp_path], LogOptions(device="edge")).devices) == ["edge"]


def test_a_client_log_in_utf_16_that_is_larger_than_a_chunk(tmp_path):
    text = "Date : 05/06/2024\nDescription : nothing\n" * 20_000 + CLIENT
    (tmp_path / "AnyConnect.txt").write_text(text, "utf-16")
    assert len(summarise_logs([tmp_path]).client) == 1


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(SourceError):
        summarise_logs([tmp_path / "missing.log"])


def test_a_text_of_a_broken_archive_is_told_by_its_own_path_and_by_the_archives(tmp_path, capsys):
    """The cause names the archive; who reads it must know which text of it was read only in part."""
    line = "Jun 22 2022 13:29:11 fw %ASA-4-722036: Group <G> User <{}> IP <192.0.2.7> Transmitting large packet 1418 "
    text = "".join(f"{line.format(os.urandom(20).hex())}(threshold 1347).\n" for _ in range(4000)).encode()
    path = tmp_path / "logs.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("asa.log")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    path.write_bytes(path.read_bytes()[:-60_000])
    reader = LogReader()
    texts = (each for each in sources([path]) if isinstance(each, Source))
    read = reader.read(next(texts))
    assert (read.read_as, read.path, read.about) == ("syslog", f"{path}/asa.log", str(path))
    assert say_problem(read) is ExitCode.NOT_WHOLLY
    assert f"{path}/asa.log: {path} is damaged" in capsys.readouterr().err
    whole = replace(read, problem=f"{path}/asa.log is damaged", about="")
    say_problem(whole)
    assert f"{path}/asa.log: " not in capsys.readouterr().err
