r"""ArcSight CEF: ``CEF:0|Cisco|ASA|9.16|722036|name|severity|key=value ...``, behind a header of syslog or without."""

from __future__ import annotations

import re

from nornir_anyconnect.evidence.exports.family import Family, tagged, when
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG

_CEF = re.compile(r"\bCEF:\s?\d\|")
_BAR = re.compile(r"(?<!\\)\|")
_KEY = re.compile(r"(?:^|\s)([A-Za-z][\w.\[\]-]{0,63})=")
_WORDS = re.compile(r"\S+")
_HEADER, _EXTENSION = 7, 7
_TIMES = ("rt", "end", "start", "deviceReceiptTime", "art")
_DEVICES = ("dvchost", "deviceHostName", "dvc", "deviceAddress")
_LONG = ("rawEvent", "msg", "message", "cs1", "cs2", "cs3")


def _line(line: str) -> Envelope | None:
    begin = _CEF.search(line)
    if begin is None:
        return None
    parts = _BAR.split(line[begin.start() :], _HEADER)
    if len(parts) < _HEADER:
        return None
    values = _extension(parts[_EXTENSION]) if len(parts) > _EXTENSION else {}
    text = next((values[key] for key in _LONG if ANY_TAG.search(values.get(key, ""))), "")
    if not text and ANY_TAG.search(parts[5]):
        text = _plain(parts[5])
    text = text or tagged(parts[4], max((values.get("msg", ""), _plain(parts[5])), key=len))
    if not text:
        return None
    head = line[: begin.start()].rstrip()
    time = when(next((values[key] for key in _TIMES if values.get(key)), ""))
    host = _WORDS.findall(head)[-1:]
    device = next((values[key] for key in _DEVICES if values.get(key)), host[0] if host else "")
    return Envelope(text.encode(errors="replace"), time or head.rpartition(" ")[0], device)


def _extension(text: str) -> dict[str, str]:
    found = list(_KEY.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    return {each[1]: _plain(text[each.end() : end].strip()) for each, end in zip(found, ends, strict=False)}


def _plain(text: str) -> str:
    # a backslash before anything else is part of a name: DOMAIN\\user is written either way
    return re.sub(r"\\([\\|=])", r"\1", text)


FAMILY = Family("ArcSight CEF", line=_line)
