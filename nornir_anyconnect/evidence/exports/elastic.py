"""Elastic: documents as the search answers them, NDJSON, or the CSV that Kibana's Discover shares."""

from nornir_anyconnect.evidence.exports.family import Family

FAMILY = Family(
    "Elastic",
    marks=(
        ("event.original",),
        ("_source",),
        ("_index",),
        ("@timestamp", "observer.hostname"),
        ("cisco.asa.message_id",),
    ),
    message=("event.original", "message"),
    time=("@timestamp", "event.created"),
    device=("observer.hostname", "observer.name", "host.hostname"),
    ids=("event.code", "cisco.asa.message_id"),
    levels=("event.severity", "log.syslog.severity.code"),
)
