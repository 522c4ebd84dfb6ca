"""journald: ``journalctl -o json``, and what systemd-journal-remote keeps.

Where its syslog parser took the tag for the name of a program, the tag stands in a field of its own. ``_HOSTNAME`` is
the collector's name.
"""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "journald",
    marks=(("__realtime_timestamp",), ("syslog_identifier", "message"), ("__cursor",)),
    message=("message",),
    time=("_source_realtime_timestamp", "syslog_timestamp", "__realtime_timestamp"),
    device=("syslog_hostname", "hostname", "syslog_identifier", "_hostname"),
    ids=("syslog_identifier",),
    levels=("priority",),
)
