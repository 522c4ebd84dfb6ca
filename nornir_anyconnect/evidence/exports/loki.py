"""Grafana Loki: JSON lines of logcli or of the Explore page, the answer of its API, and logcli's text."""

from __future__ import annotations

import re

from nornir_anyconnect.evidence.exports.family import Family
from nornir_anyconnect.evidence.syslog.envelope import Envelope
from nornir_anyconnect.evidence.syslog.messages import ANY_TAG

_TEXT = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d))[ \t]+\{([^{}]*)\}[ \t]*(.*)")
_LABEL = re.compile(r'(?<!\w)(\w+)="([^"]*)"')
_DEVICES = ("hostname", "host", "device", "instance", "nodename")


def _text(line: str) -> Envelope | None:
    found = _TEXT.fullmatch(line)
    if found is None or not ANY_TAG.search(found[3]):
        return None
    labels = dict(_LABEL.findall(found[2]))
    device = next((labels[name] for name in _DEVICES if labels.get(name)), "")
    return Envelope(found[3].encode(errors="replace"), found[1], device)


FAMILY = Family(
    "Loki",
    marks=(("line", "labels"), ("line", "timestamp"), ("resulttype",), ("labels.host",), ("stream.host",)),
    message=("line", "values", "1"),
    time=("timestamp", "ts", "0"),
    device=tuple(f"{where}{name}" for name in _DEVICES for where in ("labels.", "stream.", "")),
    line=_text,
)
