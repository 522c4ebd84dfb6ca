"""Texts that are endless, deep, torn or in the wrong letters: a name and how its bytes are made."""

from __future__ import annotations

import codecs
import json

from tests.hostile.samples import CONFIG, LOG

MB = 1 << 20
MANY = 300_000
DROPPED = LOG.splitlines()[2]
"""One message of a packet that was too large."""
MESSAGE = DROPPED.decode()
TEXT = CONFIG.decode()
EVENT = "<Event><System><Provider Name='acvpnagent'/><TimeCreated SystemTime='2024-05-06T12:30:50Z'/></System>"
DIGITS = "9" * 5000


def config(old, new):
    """The configuration with something else in it."""
    assert old in TEXT, old
    return TEXT.replace(old, new).encode()


def mtu(value):
    return config(" vpn-tunnel-protocol", f" webvpn\n  anyconnect mtu {value}\n vpn-tunnel-protocol")


def log(old, new):
    assert old in LOG, old
    return LOG.replace(old, new)


def records(message=MESSAGE, **fields):
    return json.dumps([{"_raw": message, "_time": "2024-05-17T20:00:05Z", "host": "edge1", **fields}]).encode()


def event(text):
    return f"{EVENT}<EventData><Data>{text}</Data></EventData></Event>".encode()


LINES = {
    "one-line-of-50-MB.txt": lambda: b"x" * (50 * MB),
    "nothing-but-NUL.log": lambda: b"\0" * MANY,
    "nothing-but-line-ends.log": lambda: b"\n" * MANY,
    "nothing-but-carriage-returns.log": lambda: b"\r" * MANY,
    "nothing-but-blanks.cfg": lambda: b" " * MANY,
    "nothing-but-tabs.cfg": lambda: b"\t" * MANY,
    "nothing-but-quotes.csv": lambda: b'"' * MANY,
    "nothing-but-backslashes.json": lambda: b"\\" * MANY,
    "nothing-but-percents.log": lambda: b"%" * MANY,
    "nothing-but-angles.log": lambda: b"<" * MANY,
    "nothing-but-exclamations.cfg": lambda: b"!\n" * MANY,
    "nothing-but-backspaces.cfg": lambda: CONFIG + b"\x08" * MANY,
    "empty.cfg": lambda: b"",
    "one-byte.cfg": lambda: b"x",
    "tags-on-one-line.log": lambda: b"%ASA-6-722036: " * 20_000,
    "messages-on-one-line.log": lambda: DROPPED * 2000,
    "cut-messages.log": lambda: (DROPPED[:60] + b"\n") * 2_000,
    "stamps-on-one-line.log": lambda: b"May 17 2024 20:00:05 " * 20_000 + DROPPED,
    "priorities.log": lambda: b"<166>" * 50_000 + DROPPED,
    "endless-user.log": lambda: log(b"<alice>", b"<" + b"a" * MANY + b">"),
    "endless-group.log": lambda: log(b"<GP-STAFF>", b"<" + b"G " * MB + b">"),
    "repeated-for-ever.log": lambda: LOG + b"May 17 2024 20:00:06 edge1 last message repeated " + DIGITS.encode() + b" times\n",
    "long-numbers.log": lambda: log(b"1418 (threshold 1303)", f"{DIGITS} (threshold {DIGITS})".encode()),
    "negative-numbers.log": lambda: log(b"1418 (threshold 1303)", b"-1418 (threshold -1)"),
    "numbers-in-other-letters.log": lambda: log(b"1418", "١٤١٨".encode()),
    "year-0.log": lambda: log(b"2024", b"0000"),
    "year-9999.log": lambda: log(b"May 17 2024 20:00", b"9999-12-31T23:59").replace(b":05 edge1", b":05-23:59 edge1"),
    "30-february.log": lambda: log(b"May 17", b"Feb 30"),
    "29-february-no-year.log": lambda: log(b"May 17 2024", b"Feb 29"),
    "hour-99.log": lambda: log(b"20:0", b"99:9"),
    "offset-99.log": lambda: log(b"20:00:05", b"20:00:05+99:99"),
    "epochs.log": lambda: b"1" + b"9" * 18 + b" " + LOG + b"1999999999999999999 " + DROPPED,
    "users-without-end.log": lambda: b"".join(log(b"alice", b"u%d" % n) for n in range(800)),
    "devices-without-end.log": lambda: b"".join(log(b"edge1", b"fw%d" % n) for n in range(500)),
    "escapes.log": lambda: log(b"alice", b"\x1b[2J\x1b]0;owned\x07::error::"),
    "addresses-that-are-none.log": lambda: log(b"198.51.100.7", b"999.999.999.999").replace(b"<::>", b"<:::::::::::::>"),
    "xml-entities-in-lines.log": lambda: log(b"<", b"&lt;") + b"&#" + DIGITS.encode() + b";&lt;" * 50_000,
    "joined-by-escapes.log": lambda: LOG.replace(b"\n", b"\\n") * 2000,
}  # fmt: skip

JSON = {
    "deep-array.json": lambda: b"[" * MANY,
    "deep-array-closed.json": lambda: b"[" * 300_000 + b"1" + b"]" * 300_000,
    "deep-object.json": lambda: b'{"message":' * 100_000,
    "deep-object-closed.json": lambda: b'{"message":' * 50_000 + json.dumps(DROPPED.decode()).encode() + b"}" * 50_000,
    "deep-in-a-line.ndjson": lambda: (b'{"_raw":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n") * 20,
    "braces-around-every-tag.json": lambda: b'[{"_raw": ' + b"{ %ASA-6-722036: { " * 10_000,
    "broken-then-tags.json": lambda: records()[:-1] + b", ]" + b'{"a": "%ASA-6-722036: "' * 2_000,
    "no-value.json": lambda: b'{"_raw":}',
    "one-string-of-8-MB.json": lambda: json.dumps([{"_raw": DROPPED.decode() + "x" * MB}]).encode(),
    "number-of-5000-digits.json": lambda: records(_time=1).replace(b'"_time": 1', b'"_time": ' + DIGITS.encode()),
    "number-of-5000-digits.ndjson": lambda: b'{"_raw": %s, "_time": %s}\n' % (json.dumps(DROPPED.decode()).encode(), DIGITS.encode()),
    "number-with-an-exponent-of-20-digits.json": lambda: records(_time=1).replace(b'"_time": 1', b'"_time": 1e' + b"9" * 20),
    "number-of-4500-digits-and-a-half.json": lambda: records(_time=1).replace(b'"_time": 1', b'"_time": ' + b"1" * 4_500 + b".5"),
    "infinite-time.json": lambda: records(_time=float("inf")),
    "no-number.ndjson": lambda: records(_time=float("nan"))[1:-1] + b"\n",
    "time-of-1e300.json": lambda: records(_time=1e300),
    "time-before-all.json": lambda: records(_time=-62135596801),
    "time-that-is-a-list.json": lambda: records(_time=[[[]]], host={"a": {"b": None}}),
    "lone-surrogates.json": lambda: records(host="\ud800", user="\udfff"),
    "lone-surrogates.ndjson": lambda: (records(host="\ud800")[1:-1] + b"\n") * 3,
    "names-alike.json": lambda: b"[{" + b'"_raw":"x",' * 50_000 + records()[2:],
    "many-columns.json": lambda: records(**{f"c{n}": n for n in range(4_000)}),
    "table-without-columns.json": lambda: json.dumps({"columns": [], "rows": [[DROPPED.decode()]] * 500}).encode(),
    "columns-of-themselves.json": lambda: json.dumps({"columns": [{"name": {"name": []}}], "rows": [[[[DROPPED.decode()]]]]}).encode(),
    "array-of-nothing.json": lambda: b"[" + b"null," * 50_000 + b"null]",
    "nul-in-json.json": lambda: records().replace(b"edge1", b"\\u0000\0"),
    "endless-escape.json": lambda: b'[{"_raw": "%ASA-6-722036: ' + b"\\u00" * 200_000,
    "json-that-is-a-string.json": lambda: json.dumps(LOG.decode() * 50).encode(),
    "json-in-json-in-json.json": lambda: nested_json(9),
}  # fmt: skip


def nested_json(depth):
    text = DROPPED.decode()
    for _ in range(depth):
        text = json.dumps({"message": text})
    return text.encode()


YAML = {
    "alias-bomb.yaml": lambda: ("a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghijklmnopqrstuvw", "bcdefghijklmnopqrstuvwx", strict=True))).encode(),
    "alias-of-itself.yaml": lambda: b"a: &a [*a]\n",
    "deep.yaml": lambda: b"[" * 100_000,
    "deep-by-indentation.yaml": lambda: b"".join(b" " * n + b"a:\n" for n in range(500)),
    "an-object.yaml": lambda: b"!!python/object/apply:os.system ['touch owned']\n",
    "keys-that-are-maps.yaml": lambda: b"? {a: b}\n: c\n",
    "documents.yaml": lambda: b"--- a\n" * 20_000,
}  # fmt: skip

CSV = {
    "unclosed-quote.csv": lambda: b'_time,host,_raw\n"2024-05-17T20:00:05Z,edge1,' + DROPPED + b"\n" + LOG * 300,
    "unclosed-quote-and-no-line.csv": lambda: b'_time,host,_raw\n2024-05-17,edge1,"' + DROPPED + b"x" * MB,
    "quotes-in-quotes.csv": lambda: b"_time,host,_raw\n" + b'2024,edge1,"' + b'""' * MANY + b'"\n',
    "a-hundred-thousand-columns.csv": lambda: b"_raw," * 30_000 + b"\n" + b"x," * 30_000,
    "a-row-of-columns.csv": lambda: b"_time,host,_raw\n" + b"," * MANY,
    "header-alone.csv": lambda: b"_time,host,_raw\n",
    "header-without-end.csv": lambda: b"_time,host,_raw," + b"a" * MANY,
    "NUL.csv": lambda: b"_time,host,_raw\n\0,\0,\0\n" * 1000,
    "separator-line.csv": lambda: b"sep=\xff\n" + b"a\xffb\n" * 100,
    "carriage-returns.csv": lambda: b"_time,host,_raw\r" + b"2024,edge1," + DROPPED + b"\r",
    "formula.csv": lambda: b'_time,host,_raw\n2024-05-17T20:00:05Z,"=cmd|\' /C calc\'!A0","' + DROPPED.replace(b"alice", b"=1+1") + b'"\n',
    "graylog-torn.csv": lambda: b"timestamp,source,message\n" + (b'"2024-05-17T20:00:05.000Z","edge1","' + DROPPED + b"\n") * 300,
}  # fmt: skip

XML = {
    "entity-bomb.xml": lambda: (
        "<?xml version='1.0'?><!DOCTYPE Events [<!ENTITY a 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghi", "bcdefghij", strict=True))
        + f"]><Events>{EVENT}<EventData><Data>&j;</Data></EventData></Event></Events>"
    ).encode(),
    "entity-bomb-in-the-client-words.xml": lambda: (f"<!DOCTYPE x [<!ENTITY r 'Reconfigure reason code 16: New MTU configuration.'>]><Events>{EVENT}<Data>&r;</Data></Event></Events>").encode(),
    "entity-of-a-file.xml": lambda: (f"<!DOCTYPE x [<!ENTITY p SYSTEM 'file:///etc/passwd'>]><Events>{EVENT}<Data>&p;</Data></Event></Events>").encode(),
    "entity-of-a-server.xml": lambda: (f"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'><Events>{EVENT}</Event></Events>").encode(),
    "numbered-entities.xml": lambda: event("&#x" + "f" * 5000 + ";&#" + DIGITS + ";&#0;&#xd800;") * 20,
    "deep.xml": lambda: f"<Events>{EVENT}".encode() + b"<a>" * 200_000,
    "event-without-end.xml": lambda: f"<Events>{EVENT}\n".encode() + b"x\n" * 100_000,
    "event-on-one-line.xml": lambda: f"<Events>{EVENT}".encode() + b"<Data>x" * 100_000,
    "events-in-each-other.xml": lambda: EVENT.encode() * 20_000,
    "empty-events.xml": lambda: f"<Events>{EVENT}</Event>".encode() + b"<Event></Event>\n" * 10_000,
    "attributes.xml": lambda: f"<Events>{EVENT}<Data {'a=b ' * 100_000}>x</Data></Event>".encode(),
    "comment-without-end.xml": lambda: f"<Events>{EVENT}</Event><!--".encode() + b"-" * MANY,
    "utf-16.xml": lambda: f"<?xml version='1.0' encoding='utf-16'?><Events>{event('Reconnecting to x').decode()}</Events>".encode("utf-16"),
}  # fmt: skip

LETTERS = {
    "utf-16-be-no-mark.cfg": lambda: TEXT.encode("utf-16-be"),
    "utf-16-cut.cfg": lambda: TEXT.encode("utf-16")[:-1],
    "utf-16-lone-surrogates.cfg": lambda: codecs.BOM_UTF16_LE + b"\x00\xd8" * 5000,
    "utf-32.cfg": lambda: TEXT.encode("utf-32"),
    "utf-7.cfg": lambda: TEXT.encode("utf-7").replace(b"STAFF", b"+AFM-TAFF"),
    "ebcdic.cfg": lambda: TEXT.encode("cp037"),
    "shift-jis.cfg": lambda: config("STAFF", "社員").decode().encode("shift-jis"),
    "gb18030.cfg": lambda: config("STAFF", "员工").decode().encode("gb18030"),
    "latin-1.cfg": lambda: config("STAFF", "Büro").decode().encode("latin-1"),
    "mixed.log": lambda: LOG + LOG.replace(b"alice", "Zoë".encode("latin-1")) + LOG.decode().encode("utf-16"),
    "overlong.cfg": lambda: CONFIG.replace(b"STAFF", b"\xc0\xae\xc0\xae\xe0\x80\xaf"),
    "surrogates-in-utf-8.cfg": lambda: CONFIG.replace(b"STAFF", b"\xed\xa0\x80"),
    "mark-alone.cfg": lambda: codecs.BOM_UTF8,
    "two-marks.cfg": lambda: codecs.BOM_UTF8 * 2 + CONFIG,
    "mark-of-utf-16-alone.log": lambda: codecs.BOM_UTF16_BE,
    "mark-in-the-middle.cfg": lambda: config("webvpn\n", "\ufeffwebvpn\n"),
    "right-to-left.cfg": lambda: config("STAFF", "\u202eFFATS\u2066"),
    "no-width.cfg": lambda: config("STAFF", "ST\u200bAFF\u2060"),
    "NUL-between-letters.cfg": lambda: b"\0".join(CONFIG[n : n + 1] for n in range(len(CONFIG))),
    "line-separators.cfg": lambda: config("\n", "\u2028"),
    "vertical-tabs.cfg": lambda: CONFIG.replace(b"\n", b"\x0b"),
    "random-bytes.cfg": lambda: bytes((n * 7919 >> 3) & 255 for n in range(200_000)),
    "random-bytes-behind-it.cfg": lambda: CONFIG + bytes((n * 7919 >> 3) & 255 for n in range(200_000)),
    "a-picture.cfg": lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 100,
    "a-program.log": lambda: b"\x7fELF\2\1\1" + bytes(range(256)) * 100,
    "a-document.txt": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"1 0 obj <</Type/Catalog>> endobj\n" * 1000,
    "a-database.cfg": lambda: b"SQLite format 3\0" + bytes(4096),
    "a-capture.log": lambda: b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(range(256)) * 100,
}  # fmt: skip

CONFIGS = {
    "mtu-of-5000-digits.cfg": lambda: mtu(DIGITS),
    "mtu-negative.cfg": lambda: mtu(-1),
    "mtu-zero.cfg": lambda: mtu(0),
    "mtu-in-other-letters.cfg": lambda: mtu("١٢٠٠"),
    "mtu-superscript.cfg": lambda: mtu("²"),
    "mtu-float.cfg": lambda: mtu("1e3"),
    "link-of-5000-digits.cfg": lambda: config(": end", f"mtu outside {DIGITS}\n: end"),
    "tcpmss-of-5000-digits.cfg": lambda: config("webvpn\n", f"sysopt connection tcpmss {DIGITS}\nwebvpn\n"),
    "port-of-5000-digits.cfg": lambda: config("webvpn\n", f"webvpn\n port {DIGITS}\n dtls port {DIGITS}\n"),
    "release-of-5000-digits.cfg": lambda: config("9.12(4)", f"{DIGITS}.{DIGITS}({DIGITS}){DIGITS}"),
    "rate-of-5000-digits.cfg": lambda: config("webvpn\n", f"icmp unreachable rate-limit {DIGITS} burst-size {DIGITS}\nwebvpn\n"),
    "a-hundred-thousand-suites.cfg": lambda: config("AES256-SHA256", ":".join(["AES256-SHA256"] * 100_000)),
    "unknown-suites.cfg": lambda: config("AES256-SHA256", ":".join(f"X{n}" for n in range(4_000))),
    "suite-without-end.cfg": lambda: config('"AES256-SHA256"', '"AES256-SHA256' + "A" * MANY),
    "quotes-without-end.cfg": lambda: config("STAFF general", '"STAFF' + '"' * 20_000 + " general"),
    "policies-without-end.cfg": lambda: config(": end", "".join(f"group-policy P{n} internal\n" for n in range(4_000)) + ": end"),
    "policy-of-itself.cfg": lambda: config(" vpn-tunnel", " default-group-policy GP-STAFF\n vpn-group-policy GP-STAFF\n vpn-tunnel"),
    "policies-in-a-circle.cfg": lambda: config("internal", "internal from GP-B\ngroup-policy GP-B internal from GP-STAFF"),
    "same-header-ten-thousand-times.cfg": lambda: config(": end", "group-policy GP-STAFF attributes\n" * 10_000 + ": end"),
    "deep-indentation.cfg": lambda: config(" vpn-tunnel", "".join(" " * n + f"a{n}\n" for n in range(1, 1500)) + " vpn-tunnel"),
    "numbered-to-the-end.cfg": lambda: b"".join(b"%d: %s\n" % (n, line) for n, line in enumerate(CONFIG.splitlines() * 500)),
    "quoted-a-thousand-times.cfg": lambda: b"\n".join(b"> " * 1000 + line for line in CONFIG.splitlines()),
    "prompts.cfg": lambda: b"edge1(config)# " * 20_000 + CONFIG,
    "pagers.cfg": lambda: CONFIG.replace(b"\n", b"\n<--- More --->\r              \r") * 200,
    "banner-without-end.cfg": lambda: config("webvpn\n", "banner login " + "^C" * MANY + "\nwebvpn\n"),
    "certificates-without-end.cfg": lambda: config("webvpn\n", "crypto ca certificate chain X\n certificate 01\n" + "    30820400 30820400\n" * 50_000 + "webvpn\n"),
    "ends.cfg": lambda: CONFIG + b": end\n" * 50_000,
    "fifty-dumps.cfg": lambda: CONFIG * 50,
    "name-of-a-megabyte.cfg": lambda: config("STAFF", "S" * MB),
    "names-that-escape.cfg": lambda: config("STAFF", "\x1b[2J<script>alert(1)</script>|`x`"),
    "names-of-workflows.cfg": lambda: config("STAFF", "::error::STAFF"),
    "names-of-markup.cfg": lambda: config("STAFF", "[/red][bold]%s{0}"),
    "ldap-maps-without-end.cfg": lambda: config(": end", "ldap attribute-map M\n" + "".join(f"  map-value memberOf CN=g{n} P{n}\n" for n in range(4_000)) + ": end"),
    "users-without-end.cfg": lambda: config(": end", "".join(f"username u{n} attributes\n vpn-group-policy GP-STAFF\n webvpn\n  anyconnect mtu 1{n % 400:03}\n" for n in range(800)) + ": end"),
}  # fmt: skip

OUTPUTS = {
    "debug-of-5000-digits.txt": lambda: f"Iphdr=20 base-mtu={DIGITS} def-mtu=1500 conf-mtu={DIGITS}\ntcp-mss = {DIGITS}\ncomputed tls-mtu={DIGITS} dtls-mtu=1418 conf-mtu=1406\n".encode(),
    "debug-without-end.txt": lambda: b"Iphdr=20 base-mtu=1500 def-mtu=1500 conf-mtu=1406\n" * 20_000,
    "connect-of-5000-digits.txt": lambda: f"Got CONNECT response: HTTP/1.1 200 OK\nX-CSTP-MTU: {DIGITS}\nX-DTLS-MTU: {DIGITS}\nX-CSTP-Base-MTU: -1\n".encode(),
    "drops-of-5000-digits.txt": lambda: f"edge1# show asp drop\nFrame drop:\n  SVC Module does not support fragment (mp-svc-no-fragment)   {DIGITS}\n".encode(),
    "sessions-of-5000-digits.txt": lambda: f"edge1# show vpn-sessiondb anyconnect\nUsername     : alice   Index        : {DIGITS}\nProtocol     : AnyConnect-Parent SSL-Tunnel\nBytes Tx     : {DIGITS}\nDuration     : {DIGITS}h:99m:99s\nGroup Policy : GP-STAFF\n".encode(),
    "buffer-of-5000-digits.txt": lambda: f"edge1# show logging\nBuffer logging: level informational, {DIGITS} messages logged\n".encode() + LOG,
    "version-of-5000-digits.txt": lambda: f"edge1# show version\nCisco Adaptive Security Appliance Software Version 9.{DIGITS}({DIGITS})\nedge1 up {DIGITS} years {DIGITS} days\n".encode(),
    "commands-without-end.txt": lambda: b"edge1# show version\n" * 5_000,
    "client-log-of-no-date.txt": lambda: b"Date : 99/99/9999\nTime : 99:99:99\nType : Warning\nSource : acvpnagent\nDescription : Reconfigure reason code 16:\nNew MTU configuration.\n*****\n" * 50,
    "client-log-without-end.txt": lambda: b"******\nDate : 05/06/2024\nTime : 12:30:50\nSource : acvpnagent\nDescription : " + b"Reconnecting to \n" * 10_000,
}  # fmt: skip

TEXTS = LINES | JSON | YAML | CSV | XML | LETTERS | CONFIGS | OUTPUTS
