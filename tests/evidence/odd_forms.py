"""Forms in which people hand a log in that no product documents: made to break the reading, kept where they taught."""

from __future__ import annotations

import base64
import html
import json
import re
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from export_forms import DEVICE, FORMS, Line, _csv, _ndjson

Log = list[Line]
_DAY_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_LEVELS = {4: "Warning", 5: "Notification", 6: "Informational"}


def _plain(log: Log) -> str:
    return "".join(f"{each.whole}\n" for each in log)


def _each(form: str) -> Callable[[Log], str]:
    """One line each; ``{at:...}``, ``{e.tagged}`` and the like are filled in."""
    return lambda log: "".join(form.format(e=e, at=e.at, d=DEVICE, h=html.escape(e.tagged)) for e in log)


def _noted(note: str) -> Callable[[Log], str]:
    return lambda log: f"{_plain(log)}{note}\n"


def _halves(one: str, other: str) -> Callable[[Log], str]:
    return lambda log: FORMS[one](log[: len(log) // 2]) + "\n" + FORMS[other](log[len(log) // 2 :])


def _pager(log: Log, junk: str) -> str:
    return "".join(f"{each.whole}\r\n{junk if n % 5 == 4 else ''}" for n, each in enumerate(log))


def _grep(form: str, before: str, first: int) -> Callable[[Log], str]:
    return lambda log: "".join(
        before.format(n=n) + f"{line}\n" for n, line in enumerate(FORMS[form](log).splitlines()[first:], 3)
    )


def _excel(log: Log, point: str) -> str:
    rows = [[f"{(e.at - _DAY_ZERO) / timedelta(days=1):.6f}".replace(".", point), DEVICE, e.tagged] for e in log]
    return _csv(["_time", "host", "_raw"], rows, ";")


def _page(log: Log) -> str:
    rows = (
        f'<tr class="e"><td><span>{e.at:%m/%d/%y}</span><br></td><td class="r"><div>{html.escape(e.whole)}</div></td></tr>'
        for e in log
    )
    return f"<!DOCTYPE html><html><body><table>{''.join(rows)}</table></body></html>\n"


def _far(log: Log, written: Callable[[str], str]) -> str:
    """Behind what is read whole of an export."""
    filler = json.dumps({"_raw": "%ASA-6-302013: Built", "_time": "2026-03-29T01:00:00Z", "pad": "x" * 900}) + "\n"
    lines = (
        f'{{"_raw": "{written(json.dumps(e.tagged)[1:-1])}", "_time": "{e.iso}", "host": "{DEVICE}"}}\n' for e in log
    )
    return filler * 80 + "".join(lines) + filler * 9


def _tables(log: Log, names: list[str], row: Callable[[Line], list[str]]) -> str:
    columns = [{"name": name, "type": "string"} for name in names]
    return json.dumps({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [row(e) for e in log]}]})


READ: dict[str, Callable[[Log], str | bytes]] = {
    "UTF-16, no mark": lambda log: _plain(log).encode("utf-16-le"),
    "UTF-16 the other way, no mark": lambda log: FORMS["Splunk CSV"](log).encode("utf-16-be"),
    "UTF-32": lambda log: _plain(log).encode("utf-32"),
    "pager": lambda log: _pager(log, "<--- More --->\r              \r"),
    "pager in lines of its own": lambda log: _pager(log, "<--- More --->\r\n"),
    "a mail in HTML": lambda log: (
        "From: Bob <bob@corp.example>\nSubject: RE: VPN\nContent-Type: text/html\n\n<html><body><p>see below</p><pre>\n"
        + "".join(f"&gt; {html.escape(e.whole)}\n" for e in log)
        + "</pre></body></html>\n"
    ),
    "a quoted mail, wrapped": lambda log: "".join(
        f"> {part}\n" for e in log for part in textwrap.wrap(e.whole, 74, break_on_hyphens=False)
    ),
    "a page on one line": _page,
    "a page with hard blanks": lambda log: "<html><table>{}</table></html>\n".format(
        "".join(f"<tr><td>{e.iso}</td><td>{DEVICE}</td><td>{html.escape(e.tagged).replace(' ', '&nbsp;')}</td></tr>\n"
                for e in log)
    ),
    "XML on one line": lambda log: (
        "<events>" + "".join(f"<event><msg>{html.escape(e.whole)}</msg></event>" for e in log) + "</events>\n"
    ),
    "RTF": lambda log: (
        "{\\rtf1\\ansi\\deff0 {\\fonttbl{\\f0 Courier;}}\\f0\\fs20\n"
        + "".join(e.whole.replace("\\", "\\\\") + "\\par\n" for e in log)
        + "}"
    ),
    "hard blanks": lambda log: _plain(log).replace(" ", "\u00a0"),
    "colours": _each("\x1b[32m{e.whole}\x1b[0m\n"),
    "colours of grep": lambda log: _plain(log).replace("-722", "-7\x1b[01;31m\x1b[K2\x1b[m\x1b[K2"),
    "numbers for brackets": lambda log: _plain(log).replace("<", "&#60;").replace(">", "&#x3E;"),
    "a page in a page": lambda log: html.escape(html.escape(_plain(log))),
    r"\x3c": lambda log: _plain(log).replace("<", r"\x3c").replace(">", r"\x3e"),
    "%3C": lambda log: _plain(log).replace("<", "%3C").replace(">", "%3E"),
    "YAML list": lambda log: "logs:\n" + "".join(f"- {json.dumps(e.whole)}\n" for e in log),
    "Python": lambda log: "".join(f"{e.whole.encode()!r}\n" for e in log),
    "Excel's days": lambda log: _excel(log, "."),
    "Excel's days with a comma": lambda log: _excel(log, ","),
    "syslog-ng's JSON": lambda log: _ndjson(
        [{"PROGRAM": f"%ASA-{e.level}-{e.id}", "MESSAGE": e.text, "HOST": DEVICE, "ISODATE": e.iso} for e in log]
    ),
    "SolarWinds": lambda log: _csv(
        ["DateTime", "IP Address", "Hostname", "Message Type", "Message"],
        [[f"{e.at:%m/%d/%Y %I:%M:%S %p}", "192.0.2.1", DEVICE, f"ASA-{e.level}-{e.id}", e.tagged] for e in log],
    ),
    "PRTG": lambda log: _csv(
        ["Date Time", "Severity", "Hostname", "Tag", "Message"],
        [[f"{e.at:%m/%d/%Y %I:%M:%S %p}", "Info", DEVICE, f"%ASA-{e.level}-{e.id}", e.text] for e in log],
    ),
    "Kiwi": _each("{at:%m-%d-%Y}\t{at:%H:%M:%S}\tLocal4.Info\t{d}\t{e.tagged}\n"),
    "Sumo Logic": lambda log: _csv(
        ["_messagetimems", "_raw", "_sourcehost"], [[f"{e.at.timestamp():.0f}000", e.tagged, DEVICE] for e in log]
    ),
    "Event Hub": lambda log: _ndjson(
        [
            {"records": [{"time": e.iso, "Computer": DEVICE, "SyslogMessage": e.tagged} for e in log[n : n + 5]]}
            for n in range(0, len(log), 5)
        ]
    ),
    "Log Analytics, CommonSecurityLog": lambda log: _tables(
        log,
        ["TimeGenerated", "DeviceName", "DeviceEventClassID", "Message"],
        lambda e: [e.iso, DEVICE, e.id, e.text],
    ),
    "journalctl": _each("{at:%b %d %H:%M:%S} {d} %ASA-{e.level}-{e.id}[77]: {e.text}\n"),
    "a level in words before the message": lambda log: "".join(
        f"{e.at:%Y-%m-%d %H:%M:%S} {DEVICE} {_LEVELS[e.level]}: {e.tagged}\n" for e in log
    ),
    "a level in brackets": lambda log: "".join(
        f"{e.at:%Y-%m-%d %H:%M:%S} {DEVICE} [{_LEVELS[e.level].upper()}] {e.tagged}\n" for e in log
    ),
    "levels in columns nobody named": lambda log: _csv(
        [], [[f"{e.at:%d.%m.%Y %H:%M:%S}", _LEVELS[e.level], DEVICE, e.tagged] for e in log], ";"
    ),
    "LEEF": _each(
        "{at:%b %d %H:%M:%S} {d} LEEF:2.0|Cisco|ASA|9.x|{e.id}|^|devTime={at:%b %d %Y %H:%M:%S}^sev={e.level}^msg={e.tagged}\n"
    ),
    "Excel's dates": lambda log: _csv(
        ["Time", "Host", "Message"], [[f"{e.at:%d.%m.%Y %H:%M:%S}", DEVICE, e.tagged] for e in log], ";"
    ),
    "Kiwi's table": lambda log: _csv(
        [], [[f"{e.at:%Y-%m-%d}", f"{e.at:%H:%M:%S}", f"Local4.{_LEVELS[e.level]}", DEVICE, e.tagged] for e in log]
    ),
    "a day and a clock in columns of their own": lambda log: _csv(
        ["Date", "Time", "Hostname", "Message"],
        [[f"{e.at:%m/%d/%Y}", f"{e.at:%I:%M:%S %p}", DEVICE, e.tagged] for e in log],
    ),
    "columns between bars": _each("{at:%Y-%m-%d %H:%M:%S} | local4 | {d} | {e.tagged}\n"),
    "a level with a slash": _each("{at:%Y-%m-%d %H:%M:%S} {d} local4/{e.level} {e.tagged}\n"),
    "Grafana's text": lambda log: (
        'Common labels: {"job":"syslog"}\nLine limit: "1000 (72 returned)"\nTotal bytes processed: "12 kB"\n\n\n'
        + "".join(f"{e.at.timestamp() * 1000:.0f}\t{e.iso}\t{e.whole}\n" for e in log)
    ),
    "PuTTY's log": lambda log: (
        "=~=~=~=~=~=~= PuTTY log 2026.03.29 04:11:10 =~=~=~=~=~=~=\r\nbob@relay:~$ tail -f asa.log\r\n"
        + _plain(log).replace("\n", "\r\n")
        + "^C\r\nbob@relay:~$ "
    ),
    "Papertrail": lambda log: json.dumps(
        {"events": [{"received_at": e.iso, "hostname": DEVICE, "program": f"%ASA-{e.level}-{e.id}", "message": e.text}
                    for e in log], "reached_beginning": True}
    ),
    "Slack": lambda log: "bob  [3:12 AM]\n" + _plain(log),
    "Jira": lambda log: "Bob added a comment - 29/Mar/26 3:12 AM\n\n{code:java}\n" + _plain(log) + "{code}\n",
    "ServiceNow": lambda log: _csv(["number", "work_notes"], [["INC1", "2026-03-29 03:12:11 - Bob\n" + _plain(log)]]),
    "two CSV in one": _halves("Splunk CSV", "Graylog CSV"),
    "two arrays in one": _halves("Splunk array", "Splunk array"),
    "JSON lines behind lines": _halves("plain", "Splunk JSON lines"),
    "grep of a CSV": _grep("Splunk CSV", "exports/splunk.csv:", 1),
    "grep -n of a CSV": _grep("Splunk CSV, raw first", "{n}:", 1),
    "grep -Hn of a CSV, with its header": _grep("Splunk CSV, raw first", "splunk.csv:{n}:", 0),
    "grep of a CSV without a stamp of its own": _grep("Graylog CSV", "graylog.csv:", 0),
    "digits as escapes, far down": lambda log: _far(log, lambda text: re.sub(r"\d", lambda m: f"\\u003{m[0]}", text)),
    "dashes as escapes, far down": lambda log: _far(log, lambda text: text.replace("-", "\\u002D")),
}  # fmt: skip
"""Read as what they are: same incidents, users, packets."""

SHORTENED: dict[str, Callable[[Log], str]] = {
    "truncated": lambda log: _plain(log[:4]) + "[truncated 120 lines]\n" + _plain(log[6:]),
    "truncated within": lambda log: _plain(log[:4])[:-1] + " [truncated 12 lines]\n" + _plain(log[4:]),
    "omitted": lambda log: _plain(log[:4]) + "... 120 lines omitted ...\n" + _plain(log[6:]),
    "removed": lambda log: _plain(log[:4]) + "*** 120 lines removed ***\n" + _plain(log[6:]),
    "snip": lambda log: _plain(log[:4]) + "[snip]\n" + _plain(log[6:]),
    "snip at the end": lambda log: _plain(log) + "--- snip ---\n",
    "dots": lambda log: _plain(log[:4]) + "[...]\n" + _plain(log[6:]),
    "dots at the end": lambda log: _plain(log) + "...\n",
    "more": lambda log: _plain(log) + "<--- More --->",
    "more, and left": lambda log: _plain(log) + "<--- More --->\r              \redge7# \n",
    "another pager": lambda log: _plain(log) + "--More--\n",
    "a button": lambda log: _plain(log) + "Show 27 more lines\n",
    "a message too long": lambda log: _plain(log) + "Message truncated due to length\n",
    "far into a large text": lambda log: _plain(log) + "Mar 29 web nginx: GET / 200\n" * 9000 + "(snip)\n" + _plain(log),
    "the first ten hits": lambda log: json.dumps(
        {"hits": {"total": {"value": 39}, "hits": [{"_source": {"@timestamp": e.iso, "message": e.whole}} for e in log]}}
    ),
    "the first page": lambda log: json.dumps(
        {"events": [{"message": e.whole, "eventId": "1"} for e in log], "nextToken": "f/3"}
    ),
    "a search that ran out of time": lambda log: json.dumps(
        {"timed_out": True, "hits": {"hits": [{"_source": {"message": e.whole}} for e in log]}}
    ),
    "all that were counted": lambda log: json.dumps(
        {"hits": {"total": {"value": len(log), "relation": "gte"}, "hits": [{"_source": {"message": e.whole}} for e in log]}}
    ),
    "the first page of Loggly's": lambda log: json.dumps(
        {"total_events": 400, "events": [{"raw": e.whole} for e in log]}
    ),
    "a page that links to the next": lambda log: json.dumps(
        {"data": [{"attributes": {"message": e.whole}} for e in log], "links": {"next": "https://api.example/?after=2"}}
    ),
    "as many as Papertrail answers": lambda log: json.dumps(
        {"events": [{"message": e.whole} for e in log], "reached_record_limit": True}
    ),
    "the rest is attached": lambda log: (
        "From: bob@corp.example\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\n"
        + _plain(log)
        + "--B\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\nUEsDBBQAAAAIAA==\n--B--\n"
    ),
    **{
        note: _noted(note)
        for note in (
            "Only the first 10,000 rows are exported", "Displaying 1-100 of 4,512", "1-50 of 2,311 results",
            "500 of 2311 entries shown", "Records 1 to 100 of 2311", "Showing the last 100 lines",
            "First 500 entries shown", "Only 1000 events were returned", "The search results have been limited to 10000.",
            "Results may be incomplete", "Partial results", "Output was capped at 500 lines", "Row limit reached",
            'Line limit: "1000 reached, received logs cover 12.3% of your selected time range"', "... and 412 more",
            "Maximum number of rows reached",
        )
    },
    "an unwanted last line that was cut": lambda log: _plain(log) + log[0].whole.partition("%ASA")[0]
    + "%ASA-6-302013: Built inbound TCP connection 7 for outside:203.0",
    "a list that has no end": lambda log: "[" + "".join(json.dumps({"_raw": e.whole}) + ",\n" for e in log),
    "a table that has no end": lambda log: FORMS["Splunk CSV, semicolons"](log) + "2026-03-29T01:40:00.000Z;",
}  # fmt: skip
"""Not all there is, and they say so."""

UNREAD: dict[str, Callable[[Log], str | bytes]] = {
    "base64": lambda log: (
        "From: Bob <bob@corp.example>\nSubject: VPN\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(_plain(log).encode()).decode()
    ),
    "payloads in base64": lambda log: json.dumps(
        {"events": [{"payload": base64.b64encode(e.whole.encode()).decode()} for e in log]}
    ),
    "quoted for an address": lambda log: "".join(f"{quote(e.whole)}\n" for e in log),
    "other brackets": lambda log: _plain(log).replace("<", "‹").replace(">", "›"),
    "minutes": lambda log: _csv(
        ["_time", "host", "_raw"], [[f"{e.at:%d.%m.%Y %H:%M}", DEVICE, e.tagged] for e in log], ";"
    ),
    "minutes and seconds": lambda log: _csv(
        ["_time", "host", "_raw"], [[f"{e.at:%M:%S}.0", DEVICE, e.tagged] for e in log]
    ),
    "a number that Excel rounded": lambda log: _csv(
        ["timestamp", "message", "logStreamName"], [[f"{e.at.timestamp() * 1000:.5E}", e.tagged, DEVICE] for e in log]
    ),
    "YAML records": _each("- time: {e.iso}\n  host: {d}\n  message: '{e.tagged}'\n"),
    "journalctl -o export": _each("__CURSOR=s=1\n_HOSTNAME={d}\nMESSAGE={e.tagged}\n\n"),
    "tcpdump -X": lambda log: "".join(
        f"\t0x{at:04x}:  {e.whole.encode()[at:at + 16].hex(' ', 2):41}  {e.whole[at:at + 16]}\n"
        for e in log for at in range(0, len(e.whole), 16)
    ),
    "each word in a tag": lambda log: "<html><body>{}</body></html>\n".format(
        "".join(
            "<div>" + " ".join(f"<b>{html.escape(w)}</b>" for w in e.whole.split()) + "</div>\n" for e in log
        ).replace("&gt;", "<i>&gt;</i> ")
    ),
    "messages cut by a viewer": lambda log: _csv(
        ["@timestamp", "message", "host.hostname"], [[e.iso, f"{e.tagged[:60]}…", DEVICE] for e in log]
    ),
}  # fmt: skip
"""Nobody reads them yet: they are named, and clear nobody."""
