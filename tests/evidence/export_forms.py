"""One log of one firewall in every form in which people hand it in: written by the tests' own code, as products do.

The facts: edge7, two users whose DTLS never came up (``dora``, ``EXAMPLE\\evan``), 4 packets of 1406 bytes each that met
a threshold of 1367, a reconnect 61 s after each connect; and ``finn``, whose UDP works.
"""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

START = datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC)
DEVICE = "edge7"
POLICY = "GP Home Office"


class Line(NamedTuple):
    at: datetime
    level: int
    id: str
    text: str

    @property
    def tagged(self) -> str:
        return f"%ASA-{self.level}-{self.id}: {self.text}"

    @property
    def bare(self) -> str:
        """As a device sends it that prints no time."""
        return f"<{160 + self.level}>{DEVICE} : {self.tagged}"

    @property
    def whole(self) -> str:
        return f"<{160 + self.level}>{self.at:%b %d %Y %H:%M:%S} {DEVICE} : {self.tagged}"

    @property
    def iso(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M:%S}.000Z"


def log(users: tuple[str, str, str] = ("dora", r"EXAMPLE\evan", "finn"), policy: str = POLICY) -> list[Line]:
    lines = []
    for number, (user, udp) in enumerate(zip(users, (False, False, True), strict=True)):
        up = START + timedelta(minutes=5 * number)
        public, inside = f"192.0.2.{7 + number}", f"10.9.0.{11 + number}"
        who = f"Group <{policy}> User <{user}> IP <{public}>"

        def say(seconds: int, level: int, number: str, text: str, story: tuple[str, datetime] = (who, up)) -> None:
            lines.append(Line(story[1] + timedelta(seconds=seconds), level, number, text.replace("{who}", story[0])))

        say(0, 6, "113039", "{who} AnyConnect parent session started.")
        say(0, 4, "722051", "{who} IPv4 Address <" + inside + "> IPv6 address <::> assigned to session")
        say(1, 5, "722033", "{who} First TCP SVC connection established for SVC session.")
        say(1, 6, "722022", "{who} TCP SVC connection established without compression")
        if udp:
            say(3, 5, "722033", "{who} First UDP SVC connection established for SVC session.")
            say(3, 6, "722022", "{who} UDP SVC connection established without compression")
        else:
            for each in range(4):
                say(5 + 3 * each, 6, "722036", "{who} Transmitting large packet 1406 (threshold 1367).")
                flow = f"dest_addr={inside}, src_addr=10.20.30.40, prot=TCP"
                say(5 + 3 * each, 6, "602101", f"PMTU-D packet 1406 bytes greater than effective mtu 1367, {flow}")
            say(60, 5, "722011", "{who} SVC Message: 16/NOTICE: Reconnecting the VPN tunnel..")
            say(61, 5, "722032", "{who} New TCP SVC connection replacing old connection.")
            say(61, 6, "722022", "{who} TCP SVC connection established without compression")
        ended = f"Group = HOME, Username = {user}, IP = {public}, Session disconnected. Session Type: SSL, "
        say(1800, 4, "113019", ended + "Duration: 0h:30m:00s, Bytes xmt: 1000, Bytes rcv: 999, Reason: User Requested")
    return sorted(lines, key=lambda line: line.at)


def _csv(names: list[str], rows: list[list[str]], separator: str = ",", quoting: int = csv.QUOTE_ALL) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n")
    if names:
        writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def _ndjson(records: list[object], **options: object) -> str:
    return "".join(json.dumps(record, **options) + "\n" for record in records)


def _epoch(line: Line, factor: int = 1) -> int:
    return int(line.at.timestamp()) * factor


def _cef(line: Line, *, tagged: bool) -> str:
    said = line.text.replace("\\", "\\\\").replace("=", "\\=")
    name = line.text[:30].replace("\\", "\\\\").replace("|", "\\|")
    message = f"%ASA-{line.level}-{line.id}: {said}" if tagged else said
    return (
        f"{line.at:%b %d %H:%M:%S} collector CEF:0|Cisco|ASA|9.16|{line.id}|{name}|Low|"
        f"rt={_epoch(line, 1000)} dvchost={DEVICE} cat=vpn msg={message} deviceSeverity={line.level}"
    )


def _sentinel(line: Line) -> str:
    return f"{line.at:%m/%d/%Y, %I:%M:%S.000 %p}"


def _asdm(line: Line, bar: str) -> str:
    return bar.join([str(line.level), f"{line.at:%b %d %Y}", f"{line.at:%H:%M:%S}", line.id, "", "", "", "", line.text])


FORMS: dict[str, Callable[[list[Line]], str]] = {
    "plain": lambda log: "".join(f"{each.whole}\n" for each in log),
    "RFC 5424": lambda log: "".join(f"<166>1 {each.iso} {DEVICE} - - - - {each.tagged}\n" for each in log),
    "syslog-ng structured data": lambda log: "".join(
        f'<166>1 {each.iso} {DEVICE} asa - - [meta sequenceId="{n}"][origin ip="192.0.2.1"] {each.tagged}\n'
        for n, each in enumerate(log)
    ),
    "Splunk CSV": lambda log: _csv(
        ["_time", "host", "source", "_raw"], [[each.iso, DEVICE, "udp:514", each.whole] for each in log]
    ),
    "Splunk CSV, raw first": lambda log: _csv(
        ["_raw", "_time", "host"], [[each.bare, each.iso, DEVICE] for each in log]
    ),
    "Splunk CSV, semicolons": lambda log: _csv(
        ["_time", "_raw", "host"], [[each.iso, each.tagged, DEVICE] for each in log], ";", csv.QUOTE_MINIMAL
    ),
    "Splunk CSV, no header": lambda log: _csv([], [[each.iso, DEVICE, "udp:514", each.tagged] for each in log]),
    "Splunk JSON lines": lambda log: _ndjson(
        [{"preview": False, "result": {"_raw": each.whole, "_time": each.iso, "host": DEVICE}} for each in log]
    ),
    "Splunk array": lambda log: json.dumps([{"_raw": each.tagged, "_time": each.iso, "host": DEVICE} for each in log]),
    "Splunk array, a record per line": lambda log: (
        "[" + ",\n".join(json.dumps({"_raw": each.tagged, "_time": each.iso, "host": DEVICE}) for each in log) + "]\n"
    ),
    "Splunk results": lambda log: json.dumps(
        {
            "preview": False,
            "fields": [{"name": "_time"}, {"name": "_raw"}],
            "results": [{"_time": f"{_epoch(each)}.000", "_raw": each.tagged, "host": DEVICE} for each in log],
        },
        indent=2,
    ),
    "Splunk raw": lambda log: "".join(f"{each.whole}\n" for each in log),
    "Elastic NDJSON": lambda log: _ndjson(
        [
            {
                "@timestamp": each.iso,
                "event": {"original": each.tagged, "code": each.id},
                "observer": {"hostname": DEVICE},
                "message": each.text,
            }
            for each in log
        ]
    ),
    "Elastic NDJSON, dotted": lambda log: _ndjson(
        [{"@timestamp": each.iso, "message": each.tagged, "host.hostname": DEVICE} for each in log]
    ),
    "Elastic, the id in a field of its own": lambda log: _ndjson(
        [
            {
                "_index": "i",
                "_source": {
                    "@timestamp": each.iso,
                    "message": each.text,
                    "event": {"code": each.id},
                    "observer": {"hostname": DEVICE},
                },
            }
            for each in log
        ]
    ),
    "Elastic hits": lambda log: json.dumps(
        {
            "took": 3,
            "hits": {
                "total": {"value": len(log)},
                "hits": [
                    {
                        "_index": "asa",
                        "_source": {
                            "@timestamp": each.iso,
                            "event": {"original": each.tagged},
                            "observer": {"hostname": DEVICE},
                            "tags": ["forwarded"],
                        },
                        "sort": [_epoch(each, 1000)],
                    }
                    for each in log
                ],
            },
        },
        indent=1,
    ),
    "Kibana CSV": lambda log: _csv(
        ["@timestamp", "event.original", "observer.hostname"],
        [[f"{each.at:%b %d, %Y @ %H:%M:%S}.000", each.bare, DEVICE] for each in log],
    ),
    "Kibana CSV of messages": lambda log: _csv(
        ["message", "@timestamp", "host.hostname"], [[each.tagged, each.iso, DEVICE] for each in log]
    ),
    "Filebeat": lambda log: _ndjson(
        [
            {
                "@timestamp": "2026-03-30T00:00:00.000Z",
                "log": {"source": {"address": "192.0.2.9:514"}},
                "host": {"name": "collector"},
                "message": each.whole,
            }
            for each in log
        ]
    ).replace("<", "\\u003c"),
    "Vector": lambda log: _ndjson(
        [{"host": DEVICE, "message": each.tagged, "source_type": "syslog", "timestamp": each.iso} for each in log]
    ),
    "Fluent": lambda log: _ndjson([{"date": float(_epoch(each)), "log": f"{each.bare}\n"} for each in log]),
    "Logstash": lambda log: _ndjson(
        [
            {"@version": "1", "@timestamp": each.iso, "host": {"hostname": DEVICE}, "message": f"{each.tagged}\r\n"}
            for each in log
        ]
    ),
    "Graylog CSV": lambda log: _csv(
        ["timestamp", "source", "message"], [[each.iso, DEVICE, each.tagged] for each in log]
    ),
    "Graylog JSON": lambda log: json.dumps(
        {
            "messages": [
                {"index": "g", "message": {"timestamp": each.iso, "source": DEVICE, "message": each.tagged}}
                for each in log
            ]
        }
    ),
    "Sentinel Syslog CSV": lambda log: _csv(
        ["TimeGenerated", "Computer", "HostName", "Facility", "SeverityLevel", "SyslogMessage"],
        [[_sentinel(each), "collector", DEVICE, "local4", "info", each.tagged] for each in log],
    ),
    "Sentinel CommonSecurityLog CSV": lambda log: _csv(
        ["TimeGenerated [UTC]", "DeviceVendor", "DeviceProduct", "DeviceEventClassID", "Message", "DeviceName"],
        [[_sentinel(each), "Cisco", "ASA", each.id, each.text, DEVICE] for each in log],
    ),
    "Sentinel CommonSecurityLog JSON": lambda log: json.dumps(
        [
            {"TimeGenerated": each.iso, "DeviceEventClassID": each.id, "Message": each.tagged, "DeviceName": DEVICE}
            for each in log
        ]
    ),
    "Log Analytics tables": lambda log: json.dumps(
        {
            "tables": [
                {
                    "name": "PrimaryResult",
                    "columns": [
                        {"name": "TimeGenerated", "type": "datetime"},
                        {"name": "HostName"},
                        {"name": "SyslogMessage"},
                    ],
                    "rows": [[each.iso, DEVICE, each.tagged] for each in log],
                }
            ]
        }
    ),
    "CloudWatch": lambda log: json.dumps(
        {
            "events": [
                {
                    "logStreamName": DEVICE,
                    "timestamp": _epoch(each, 1000),
                    "message": each.tagged,
                    "ingestionTime": 1,
                    "eventId": "1",
                }
                for each in log
            ],
            "searchedLogStreams": [],
        },
        indent=4,
    ),
    "CloudWatch CSV": lambda log: _csv(
        ["timestamp", "message", "logStreamName"], [[str(_epoch(each, 1000)), each.tagged, DEVICE] for each in log]
    ),
    "CloudWatch Insights": lambda log: json.dumps(
        {
            "results": [
                [
                    {"field": "@timestamp", "value": f"{each.at:%Y-%m-%d %H:%M:%S}.000"},
                    {"field": "@message", "value": each.bare},
                    {"field": "@ptr", "value": "x"},
                ]
                for each in log
            ],
            "status": "Complete",
        }
    ),
    "Loki text": lambda log: "".join(f'{each.iso} {{host="{DEVICE}", job="syslog"}} {each.tagged}\n' for each in log),
    "Loki JSON lines": lambda log: _ndjson(
        [{"labels": {"host": DEVICE}, "line": each.tagged, "timestamp": each.iso} for each in log]
    ),
    "Loki API": lambda log: json.dumps(
        {
            "status": "success",
            "data": {
                "resultType": "streams",
                "result": [
                    {"stream": {"host": DEVICE}, "values": [[str(_epoch(each, 10**9)), each.tagged] for each in log]}
                ],
            },
        }
    ),
    "journald": lambda log: _ndjson(
        [
            {
                "__REALTIME_TIMESTAMP": str(_epoch(each, 10**6)),
                "_HOSTNAME": "collector",
                "SYSLOG_IDENTIFIER": DEVICE,
                "MESSAGE": each.tagged,
            }
            for each in log
        ]
    ),
    "journald, the tag taken for a program": lambda log: _ndjson(
        [
            {
                "__REALTIME_TIMESTAMP": str(_epoch(each, 10**6)),
                "_HOSTNAME": DEVICE,
                "SYSLOG_IDENTIFIER": f"%ASA-{each.level}-{each.id}",
                "MESSAGE": list(each.text.encode()) if each.id == "722036" else each.text,
            }
            for each in log
        ]
    ),
    "Docker": lambda log: _ndjson([{"log": f"{each.whole}\n", "stream": "stdout", "time": each.iso} for each in log]),
    "ArcSight CEF": lambda log: "".join(f"{_cef(each, tagged=False)}\n" for each in log),
    "ArcSight CEF, tagged": lambda log: "".join(f"{_cef(each, tagged=True)}\n" for each in log),
    "grep -n": lambda log: "".join(f"{3 * n + 2}:{each.whole}\n" for n, each in enumerate(log)),
    "grep -H": lambda log: "".join(f"/var/log/asa/fw1.log:{each.whole}\n" for each in log),
    "zgrep -Hn": lambda log: "".join(
        f"logs/fw1.log.1.gz:{n + 1}:{each.bare_with_time}\n" for n, each in enumerate(map(_Timed, log))
    ),
    "quoted": lambda log: "".join(f"> {each.whole}\n" for each in log),
    "quoted twice": lambda log: "".join(f"> > {each.whole}\n" for each in log),
    "bullets": lambda log: "".join(f"  - {each.whole}\n" for each in log),
    "cat -n": lambda log: "".join(f"{n:6}\t{each.whole}\n" for n, each in enumerate(log, 1)),
    "numbered": lambda log: "".join(f"{n}. {each.whole}\n" for n, each in enumerate(log, 1)),
    "unknown words in front": lambda log: "".join(f"relay-3 kept this {each.whole}\n" for each in log),
    "HTML": lambda log: "".join(f"{html.escape(each.whole)}\n" for each in log),
    "fenced": lambda log: "```\n" + "".join(f"{each.whole}\n" for each in log) + "```\n",
    "a form nobody foresaw": lambda log: "".join(f"@@{n}@@ [[ {each.whole} ]]\n" for n, each in enumerate(log)),
    "an unknown CSV": lambda log: _csv(["seen", "what", "box"], [[each.iso, each.whole, "x"] for each in log]),
    "an unknown JSON": lambda log: _ndjson([{"a": {"b": [{"c": each.whole}]}, "n": n} for n, each in enumerate(log)]),
}
"""Forms that hold the log whole: with its device and its times."""

NAMELESS: dict[str, Callable[[list[Line]], str]] = {
    "ASDM": lambda log: "".join(f"{_asdm(each, '|')}\n" for each in log),
    "ASDM CSV": lambda log: "".join(f"{_asdm(each, ',')}\n" for each in log),
    "ASDM CSV, quoted": lambda log: _csv([], [_asdm(each, "\0").split("\0") for each in log]),
}
"""Forms that name no device."""


class _Timed:
    def __init__(self, line: Line) -> None:
        self.bare_with_time = f"{line.at:%b %d %Y %H:%M:%S} {DEVICE} : {line.tagged}"
