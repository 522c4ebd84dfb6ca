"""Graylog: the CSV or JSON of a search, ``timestamp``, ``source``, ``message``."""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "Graylog",
    marks=(("timestamp", "source", "message"), ("gl2_message_id",), ("full_message",), ("short_message",)),
    message=("message", "full_message", "short_message"),
    time=("timestamp",),
    device=("source", "host"),
)
